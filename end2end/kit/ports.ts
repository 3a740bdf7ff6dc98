// Ports of the loopback that nobody uses.

import net from "node:net";

/** Starts `listener` on a free port and tells which. */
export function listening(listener: net.Server): Promise<number> {
  return new Promise((done, fail) => {
    listener.once("error", fail);
    listener.listen(0, "127.0.0.1", () => {
      listener.off("error", fail);
      done((listener.address() as net.AddressInfo).port);
    });
  });
}

// Below those that the system gives to connections (32768 and up on Linux), any of which may take a port that is free now; a
// stretch for each of the processes that run tests side by side.
const STRETCH = 2_000;
const FIRST = 20_000 + Number(process.env.TEST_PARALLEL_INDEX ?? 0) * STRETCH;
let next = process.pid % STRETCH;

/** A port that is free, and that nothing else takes by chance. */
export async function freePort(): Promise<number> {
  for (;;) {
    next = (next + 1) % STRETCH;
    const port = FIRST + next;
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((done) => {
    const listener = net.createServer();
    listener.once("error", () => done(false));
    listener.listen(port, "127.0.0.1", () => listener.close(() => done(true)));
  });
}

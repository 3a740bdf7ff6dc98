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

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const listener = net.createServer();
  const port = await listening(listener);
  await new Promise((done) => listener.close(done));
  return port;
}

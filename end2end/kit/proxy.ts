// A TCP proxy between a browser and the server, to break the network on purpose.
//
// Playwright's `setOffline` leaves an open WebSocket open and delivers its frames later, so a page without any reconnect
// code passes a test with it. Here the sockets themselves end, or hold back their bytes.
//
// Must not know: HTTP, pages, people.

import net from "node:net";
import { listening } from "./ports";

/** A direction reads no further while this many of its chunks wait to be written (64 KiB each at most). */
const CHUNKS_AHEAD = 64;

export class Proxy {
  readonly port: number;
  readonly #listener: net.Server;
  readonly #links = new Set<Link>();
  #isCut = false;
  #isStalled = false;
  #delayMs = 0;
  #troubledUntil = Number.NEGATIVE_INFINITY;

  /** Opens a proxy on a free port of the loopback that leads to `target` there. */
  static async open(target: number): Promise<Proxy> {
    const listener = net.createServer({ allowHalfOpen: true });
    const port = await listening(listener);
    return new Proxy(listener, port, target);
  }

  private constructor(listener: net.Server, port: number, target: number) {
    this.port = port;
    this.#listener = listener;
    listener.on("connection", (client) => {
      if (this.#isCut) {
        client.on("error", () => {}); // the other end may be gone already
        client.resetAndDestroy();
        return;
      }
      const upstream = net.connect({ port: target, host: "127.0.0.1", allowHalfOpen: true });
      const link = new Link(client, upstream, () => this.#delayMs);
      if (this.#isStalled) link.hold();
      this.#links.add(link);
      link.whenDown(() => this.#links.delete(link));
    });
  }

  /** How many connections lead through it now. */
  get nLinks(): number {
    return this.#links.size;
  }

  /** Whether a failing request now, or until a moment ago, is what the test wanted. */
  get isTroubled(): boolean {
    return this.#isCut || this.#isStalled || performance.now() < this.#troubledUntil;
  }

  /** Ends all connections with a reset and refuses new ones. */
  cut(): void {
    this.#isCut = true;
    for (const link of this.#links) link.reset();
  }

  /** Lets new connections through again; those that were cut stay dead. */
  restore(): void {
    this.#isCut = false;
    this.#afterTrouble();
  }

  /** Holds all bytes, both ways, on open and new connections; nothing ends. */
  stall(): void {
    this.#isStalled = true;
    for (const link of this.#links) link.hold();
  }

  /** Delivers what was held, in order, and goes on. */
  flow(): void {
    this.#isStalled = false;
    for (const link of this.#links) link.release();
    this.#afterTrouble();
  }

  /** Makes every byte wait `ms` before it goes on, each way. 0 ends it for what comes from now on. */
  delay(ms: number): void {
    this.#delayMs = ms;
  }

  /** Ends everything. */
  async close(): Promise<void> {
    const closed = new Promise((done) => this.#listener.close(done));
    for (const link of this.#links) link.reset();
    await closed;
  }

  /** A browser reports a failed request a little after it failed. */
  #afterTrouble(): void {
    this.#troubledUntil = performance.now() + 2_000;
  }
}

/** One connection: the browser's socket, the server's socket, and the two ways between them. */
class Link {
  readonly #sockets: [net.Socket, net.Socket];
  readonly #ways: [Way, Way];

  constructor(client: net.Socket, upstream: net.Socket, delayMs: () => number) {
    this.#sockets = [client, upstream];
    this.#ways = [new Way(client, upstream, delayMs), new Way(upstream, client, delayMs)];
    for (const socket of this.#sockets) {
      socket.setNoDelay(true);
      socket.on("error", () => this.reset());
    }
  }

  whenDown(call: () => void): void {
    let open = 2;
    for (const socket of this.#sockets) {
      socket.on("close", () => {
        open -= 1;
        if (open === 0) call();
      });
    }
  }

  hold(): void {
    for (const way of this.#ways) way.hold();
  }

  release(): void {
    for (const way of this.#ways) way.release();
  }

  reset(): void {
    for (const way of this.#ways) way.drop();
    for (const socket of this.#sockets) if (!socket.destroyed) socket.resetAndDestroy();
  }
}

/** One direction of a connection. The end of the stream waits in the same line as its bytes. */
class Way {
  readonly #from: net.Socket;
  readonly #to: net.Socket;
  readonly #line: { bytes: Buffer | null; dueMs: number }[] = [];
  #isHeld = false;
  #isFull = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(from: net.Socket, to: net.Socket, delayMs: () => number) {
    this.#from = from;
    this.#to = to;
    const enqueue = (bytes: Buffer | null) => {
      this.#line.push({ bytes, dueMs: performance.now() + delayMs() });
      if (this.#line.length >= CHUNKS_AHEAD) from.pause();
      this.#advance();
    };
    from.on("data", enqueue);
    from.on("end", () => enqueue(null));
    to.on("drain", () => {
      this.#isFull = false;
      this.#advance();
    });
  }

  hold(): void {
    this.#isHeld = true;
  }

  release(): void {
    this.#isHeld = false;
    this.#advance();
  }

  drop(): void {
    clearTimeout(this.#timer);
    this.#line.length = 0;
  }

  /** Writes what may go now, in order; sets a timer for what is due later. */
  #advance(): void {
    clearTimeout(this.#timer);
    while (!this.#isHeld && !this.#isFull) {
      const first = this.#line[0];
      if (first === undefined) break;
      const waitMs = first.dueMs - performance.now();
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.#advance(), waitMs);
        break;
      }
      this.#line.shift();
      if (first.bytes === null) this.#to.end();
      else this.#isFull = !this.#to.write(first.bytes);
    }
    if (this.#line.length < CHUNKS_AHEAD && !this.#from.destroyed) this.#from.resume();
  }
}

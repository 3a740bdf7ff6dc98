// A bad network in the page itself, for developers and tests: what it does to requests and to the live channel is decided
// before the program loads. Type `musterNetwork({ delay: 300, jitter: 200, loss: 0.05 })` into the console, or
// `musterNetwork({ offline: true })`, and `musterNetwork(null)` for the real one again; this tab remembers it across reloads.
//
// delay: milliseconds each way. jitter: up to so many more, at random. loss: which share of requests gets lost, half of them on
// their way and half on their way back, and how often a message breaks the live channel instead of arriving.
//
// Must not know: what is sent.

const KEY = "muster:network";
const REAL = Object.freeze({ delay: 0, jitter: 0, loss: 0, offline: false });
const [realFetch, RealSocket] = [globalThis.fetch, globalThis.WebSocket];
const sockets = new Set();
let now = { ...REAL, ...JSON.parse(sessionStorage.getItem(KEY) ?? "{}") };

const isLost = (share) => Math.random() < share;
const wait = () => now.delay + Math.random() * now.jitter;
const later = (ms) => new Promise((done) => setTimeout(done, ms));
const broken = () => new TypeError("the simulated network lost this");

globalThis.fetch = async (...request) => {
  await later(wait());
  if (now.offline || isLost(now.loss / 2)) throw broken();
  const answer = await realFetch(...request);
  await later(wait());
  if (now.offline || isLost(now.loss / 2)) throw broken();
  return answer;
};

/** Things in their order, each after a delay of its own. */
class Line {
  #free = 0;

  put(act) {
    this.#free = Math.max(performance.now() + wait(), this.#free);
    setTimeout(act, this.#free - performance.now());
  }
}

globalThis.WebSocket = class extends RealSocket {
  #out = new Line();
  #in = new Line();

  constructor(...address) {
    super(...address);
    sockets.add(this);
    this.addEventListener("close", () => sockets.delete(this));
    if (now.offline) this.close();
  }

  send(data) {
    this.#out.put(() => this.#breaks() || super.send(data));
  }

  set onmessage(handler) {
    const heard = (event) => this.#in.put(() => this.#breaks() || super.onmessage === null || handler.call(this, event));
    super.onmessage = handler && heard;
  }

  /** Whether it is over, or is now. */
  #breaks() {
    if (this.readyState === RealSocket.OPEN && isLost(now.loss)) this.close();
    return this.readyState !== RealSocket.OPEN;
  }
};

Object.defineProperty(Navigator.prototype, "onLine", { get: () => !now.offline, configurable: true });

globalThis.musterNetwork = (wanted) => {
  if (wanted === undefined) return now;
  const before = now;
  now = { ...REAL, ...wanted };
  sessionStorage.setItem(KEY, JSON.stringify(now));
  if (now.offline) for (const socket of sockets) socket.close();
  if (now.offline !== before.offline) dispatchEvent(new Event(now.offline ? "offline" : "online"));
  return now;
};

// The kit itself: a test that cuts the network must know that it was cut.

import http from "node:http";
import net from "node:net";
import { expect, test } from "@playwright/test";
import { freePort, listening } from "../kit/ports";
import { Proxy } from "../kit/proxy";
import { troublesIn } from "../kit/server";
import { Watch } from "../kit/watch";

/** An echo server with a network in front that can be broken, and another that never is; closed after the test. */
const echoTest = test.extend<{ network: Proxy; calm: Proxy; echo: number }>({
  echo: async ({}, use) => {
    const echo = net.createServer({ allowHalfOpen: true }, (socket) => {
      socket.on("error", () => {});
      socket.pipe(socket);
    });
    await use(await listening(echo));
    await new Promise((done) => echo.close(done));
  },
  network: async ({ echo }, use) => {
    const proxy = await Proxy.open(echo);
    await use(proxy);
    await proxy.close();
  },
  calm: async ({ echo }, use) => {
    const proxy = await Proxy.open(echo);
    await use(proxy);
    await proxy.close();
  },
});

/** A connection through the proxy that remembers what it received. */
class Caller {
  readonly socket: net.Socket;
  readonly closed: Promise<unknown>;
  received = "";

  constructor(proxy: Proxy) {
    this.socket = net.connect({ port: proxy.port, host: "127.0.0.1", allowHalfOpen: true });
    this.socket.on("error", () => {}); // being reset is what the tests want
    this.socket.on("data", (bytes) => {
      this.received += bytes.toString();
    });
    this.closed = new Promise((closed) => this.socket.once("close", closed));
  }

  async receives(text: string): Promise<void> {
    await expect.poll(() => this.received).toBe(text);
  }
}

echoTest("bytes pass both ways, and the end of a stream passes too", async ({ network }) => {
  const caller = new Caller(network);
  caller.socket.write("one ");
  await caller.receives("one ");
  caller.socket.end("two");
  await caller.closed;
  expect(caller.received).toBe("one two");
  await expect.poll(() => network.nLinks).toBe(0);
});

echoTest("a large body arrives whole and in order", async ({ network }) => {
  const caller = new Caller(network);
  const body = Array.from({ length: 200_000 }, (_, n) => `${n},`).join("");
  caller.socket.end(body);
  await caller.closed;
  expect(caller.received === body, "the echo equals what was sent").toBe(true);
});

echoTest("a cut ends open connections and refuses new ones until it is restored", async ({ network }) => {
  const open = new Caller(network);
  open.socket.write("before");
  await open.receives("before");

  network.cut();
  await open.closed;
  expect(network.isTroubled).toBe(true);
  const refused = new Caller(network);
  refused.socket.write("lost");
  await refused.closed;
  expect(refused.received).toBe("");

  network.restore();
  const later = new Caller(network);
  later.socket.end("after");
  await later.closed;
  expect(later.received).toBe("after");
  expect(open.socket.destroyed, "what was cut stays dead").toBe(true);
});

echoTest("a stall holds the bytes of open and new connections, and the flow delivers all in order", async ({ network, calm }) => {
  const open = new Caller(network);
  open.socket.write("1");
  await open.receives("1");

  network.stall();
  open.socket.write("2");
  const fresh = new Caller(network);
  fresh.socket.write("a");
  await expect.poll(() => network.nLinks).toBe(2);
  open.socket.write("3");
  // What is sent after them by another way comes back, so they had the time to.
  const witness = new Caller(calm);
  witness.socket.write("x");
  await witness.receives("x");
  witness.socket.write("y");
  await witness.receives("xy");
  expect([open.received, fresh.received]).toEqual(["1", ""]);
  expect([open.socket.destroyed, fresh.socket.destroyed], "nothing ends").toEqual([false, false]);

  network.flow();
  await open.receives("123");
  fresh.socket.write("b");
  await fresh.receives("ab");
  for (const caller of [open, fresh, witness]) caller.socket.destroy();
});

echoTest("a delay holds every byte that long on each way, and keeps the order", async ({ network }) => {
  network.delay(60);
  const caller = new Caller(network);
  const started = performance.now();
  caller.socket.write("a");
  caller.socket.write("b");
  await caller.receives("ab");
  expect(performance.now() - started).toBeGreaterThanOrEqual(119); // timers may be a millisecond early
  caller.socket.end("c");
  await caller.closed;
  expect(caller.received).toBe("abc");
});

test("where nobody listens the connection ends", async () => {
  const proxy = await Proxy.open(await freePort());
  const caller = new Caller(proxy);
  await caller.closed;
  expect(caller.received).toBe("");
  await proxy.close();
});

test("errors and panics in a log are found, and nothing else", () => {
  const log = [
    "2026-03-11T09:41:00Z  INFO muster: listening on http://localhost:4000",
    "2026-03-11T09:41:01Z  WARN muster: no keyring, one was made",
    "2026-03-11T09:41:02Z ERROR store: the disk is full",
    "thread 'main' panicked at server/src/main.rs:4:5:",
  ];
  expect(troublesIn(log)).toEqual([`The server's log says: ${log[2]}`, `The server's log says: ${log[3]}`]);
});

/** A site with the given page at `/`, for as long as `visit` takes. */
async function withSite(body: string, policy: string, visit: (origin: string) => Promise<void>): Promise<void> {
  const site = http.createServer((request, answer) => {
    if (request.url !== "/") answer.writeHead(404).end();
    else answer.writeHead(200, { "content-type": "text/html", "content-security-policy": policy }).end(`<!doctype html><link rel="icon" href="data:,">${body}`);
  });
  const port = await listening(site);
  await visit(`http://localhost:${port}`);
  site.closeAllConnections();
  await new Promise((done) => site.close(done));
}

const LENIENT = "default-src * data: 'unsafe-inline'";

test("a quiet page has no trouble", async ({ context, page }) => {
  const watch = await Watch.over(context);
  await withSite("<script>console.warn('only a warning')</script>", LENIENT, async (origin) => {
    await page.goto(origin);
    await expect(page.locator("body")).toBeAttached();
  });
  expect(watch.troubles).toEqual([]);
});

test("console errors, uncaught errors and failed requests are trouble", async ({ context, page }) => {
  const watch = await Watch.over(context);
  await withSite("<script>console.error('wrong'); setTimeout(() => { throw new Error('thrown') })</script><img src=/gone alt=''>", LENIENT, async (origin) => {
    await page.goto(origin);
    await expect.poll(() => watch.troubles.length).toBe(3);
  });
  const troubles = watch.troubles.join("\n");
  expect(troubles).toContain("wrong");
  expect(troubles).toContain("thrown");
  expect(troubles).toContain("/gone");
});

test("an inline style under a strict policy is trouble", async ({ context, page }) => {
  const watch = await Watch.over(context);
  await withSite('<p style="color: red">Text</p>', "default-src 'none'; img-src data:", async (origin) => {
    await page.goto(origin);
    await expect.poll(() => watch.troubles.some((trouble) => trouble.includes("style-src-attr"))).toBe(true);
  });
});

test("a message that the test expects is no trouble, another one is", async ({ context, page }) => {
  const watch = await Watch.over(context);
  watch.expect(/status of 404/);
  await withSite("<img src=/gone alt=''><script>console.error('other')</script>", LENIENT, async (origin) => {
    await page.goto(origin);
    await expect.poll(() => watch.troubles.length).toBe(1);
  });
  expect(watch.troubles[0]).toContain("other");
});

test("requests that fail while the network is cut on purpose are no trouble, at other times they are", async ({ context, page }) => {
  let isDown = true;
  const watch = await Watch.over(context, () => isDown);
  await withSite("", LENIENT, async (origin) => {
    await page.goto(origin);
    const fail = async () => {
      const reported = page.waitForEvent("console", (message) => message.type() === "error");
      await page.evaluate((url) => fetch(url, { mode: "no-cors" }).catch(() => {}), "http://localhost:9/");
      await reported;
    };
    await fail();
    expect(watch.troubles).toEqual([]);
    isDown = false;
    await fail();
    expect(watch.troubles).toHaveLength(1);
  });
});

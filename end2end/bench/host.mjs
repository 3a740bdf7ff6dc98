// What every measurement here needs: a server of its own, a browser, and somebody who is signed in.
//
// The server is MUSTER_BIN (with MUSTER_SITE for a debug build) on a fresh SQLite database, the browser MUSTER_CHROMIUM.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import net from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { chromium } from "@playwright/test";

const HERE = path.dirname(fileURLToPath(import.meta.url));
const BINARY = path.resolve(process.env.MUSTER_BIN ?? path.join(HERE, "../../target/release/muster"));
const PASSWORD = "slow copper kettle on a tram";

/** A port that nobody listens on. */
export async function freePort() {
  const server = net.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

async function start(directory) {
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  const env = { ...process.env, DATABASE_URL: `sqlite://${path.join(directory, "muster.db")}`, MUSTER_DATA: directory, MUSTER_LISTEN: `127.0.0.1:${port}`, MUSTER_ORIGIN: origin, NO_COLOR: "1" };
  const child = spawn(BINARY, ["serve"], { cwd: directory, env, stdio: ["ignore", "pipe", "pipe"] });
  const setup = new Promise((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => {
        const found = /\/setup\/[\w-]+/.exec(line)?.[0];
        if (found !== undefined) resolve(found);
      });
    }
    child.once("error", reject);
    child.once("close", (code) => reject(new Error(`The server ended with ${code}.`)));
  });
  return { child, origin, setup: await setup };
}

/** Does something with a server and a browser, which are gone afterwards. */
export async function measured(args, act) {
  const directory = await mkdtemp(path.join(tmpdir(), "muster-bench-"));
  const server = await start(directory);
  const browser = await chromium.launch({ executablePath: process.env.MUSTER_CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu", ...args] });
  try {
    await act(browser, server);
  } finally {
    await browser.close();
    server.child.removeAllListeners("close");
    if (server.child.exitCode === null && server.child.signalCode === null) {
      server.child.kill("SIGTERM");
      await once(server.child, "close");
    }
    await rm(directory, { recursive: true, force: true });
  }
}

/** Makes the account of the admin, and gives the signed-in context with the page of the projects. */
export async function signUp(browser, { origin, setup }, serviceWorkers = "block") {
  const context = await browser.newContext({ baseURL: origin, viewport: { width: 1440, height: 900 }, serviceWorkers });
  const page = await context.newPage();
  const ready = () => page.locator("body[data-hydrated]").waitFor({ state: "attached" });
  await page.goto(setup);
  await ready();
  await page.getByRole("textbox", { name: "Name", exact: true }).fill("Ana Petrović");
  await page.getByRole("textbox", { name: "Email", exact: true }).fill("ana@example.org");
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "Create the first admin", exact: true }).click();
  await page.getByRole("button", { name: "Leave all of this out", exact: true }).click();
  await page.getByRole("heading", { name: "Projects", level: 1 }).waitFor();
  await ready();
  return { context, page };
}

/** The value below which this part of the values lies. */
export function quantile(values, part) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * part) - 1)];
}

export const ms = (value) => `${value.toFixed(1)} ms`;
export const print = (name, value) => console.log(`${name.padEnd(46)} ${value}`);

/** Remembers when the page answers to hands, what blocked it, and its memory. */
export function watch() {
  globalThis.bench = { blocked: 0, hydrated: 0, memory: undefined };
  const { bench } = globalThis;
  new PerformanceObserver((list) => {
    for (const task of list.getEntries()) bench.blocked += Math.max(0, task.duration - 50);
  }).observe({ type: "longtask", buffered: true });
  new MutationObserver((_, observer) => {
    if (document.body?.hasAttribute("data-hydrated")) {
      bench.hydrated = performance.now();
      observer.disconnect();
    }
  }).observe(document, { subtree: true, childList: true, attributes: true });
  for (const name of ["instantiate", "instantiateStreaming"]) {
    const original = WebAssembly[name];
    WebAssembly[name] = async (...given) => {
      const made = await original.apply(WebAssembly, given);
      bench.memory = (made.instance ?? made).exports.memory ?? bench.memory;
      return made;
    };
  }
  /** Calls back after the next frame was painted. */
  bench.painted = () =>
    new Promise((resolve) => {
      requestAnimationFrame(() => {
        const channel = new MessageChannel();
        channel.port1.onmessage = () => resolve(performance.now());
        channel.port2.postMessage(undefined);
      });
    });
  /** Calls back when something is so, looked at after each change of the document. */
  bench.until = (isSo) =>
    new Promise((resolve) => {
      if (isSo()) return resolve();
      new MutationObserver((_, observer) => {
        if (isSo()) {
          observer.disconnect();
          resolve();
        }
      }).observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
    });
}

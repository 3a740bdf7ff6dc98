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
    server.child.kill("SIGTERM");
    await once(server.child, "close");
    await rm(directory, { recursive: true, force: true });
  }
}

/** Makes the account of the admin, and gives the signed-in context with the page of the projects. */
export async function signUp(browser, { origin, setup }) {
  const context = await browser.newContext({ baseURL: origin, viewport: { width: 1440, height: 900 }, serviceWorkers: "block" });
  const page = await context.newPage();
  const ready = () => page.locator("body[data-hydrated]").waitFor({ state: "attached" });
  await page.goto(setup);
  await ready();
  await page.getByRole("textbox", { name: "Name", exact: true }).fill("Ana Petrović");
  await page.getByRole("textbox", { name: "Email", exact: true }).fill("ana@example.org");
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "Create the first admin", exact: true }).click();
  await page.getByRole("heading", { name: "Projects", level: 1 }).waitFor();
  await ready();
  return { context, page };
}

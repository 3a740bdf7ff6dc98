// What Lighthouse says about a board: `node end2end/bench/lighthouse.mjs <lighthouse's folder>`.
//
// Lighthouse is large and not needed by any test, so it is not among the packages of the repository: `npm install lighthouse`
// somewhere, and name its folder (…/node_modules/lighthouse). Starts the server (MUSTER_BIN, with MUSTER_SITE for a debug
// build) with the sample team on a fresh SQLite database, and opens the largest board in Chromium (MUSTER_CHROMIUM).

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import net from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath, pathToFileURL } from "node:url";
import { chromium } from "@playwright/test";

const HERE = path.dirname(fileURLToPath(import.meta.url));
const BINARY = path.resolve(process.env.MUSTER_BIN ?? path.join(HERE, "../../target/release/muster"));
const CATEGORIES = ["performance", "accessibility", "best-practices"];
const PASSWORD = "slow copper kettle on a tram";

async function freePort() {
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
    child.once("close", (code) => reject(new Error(`The server ended with ${code}.`)));
  });
  return { child, origin, setup: await setup };
}

/** Makes the admin and a board with tasks in it, and signs the browser's own pages in, which Lighthouse opens. */
async function prepare(browser, { origin, setup }) {
  const context = await browser.newContext({ baseURL: origin });
  const page = await context.newPage();
  const ready = () => page.locator("body[data-hydrated]").waitFor({ state: "attached" });
  await page.goto(setup);
  await page.getByRole("textbox", { name: "Name", exact: true }).fill("Ana Petrović");
  await page.getByRole("textbox", { name: "Email", exact: true }).fill("ana@example.org");
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "Create the first admin", exact: true }).click();
  await page.getByRole("heading", { name: "Projects", level: 1 }).waitFor();
  await ready();
  await page.getByRole("button", { name: "New project", exact: true }).first().click();
  const dialog = page.getByRole("dialog", { name: "New project" });
  await dialog.getByRole("textbox", { name: "Name", exact: true }).fill("Otter M2 launch");
  await dialog.getByRole("textbox", { name: "Key", exact: true }).fill("OTR");
  await dialog.getByRole("button", { name: "Create project", exact: true }).click();
  await page.getByRole("list", { name: "Board", exact: true }).waitFor();
  await page.getByRole("button", { name: "Add task to Todo", exact: true }).click();
  const field = page.getByRole("form", { name: "Quick add" }).getByRole("textbox", { name: "New task" });
  for (let n = 1; n <= 30; n += 1) {
    await field.fill(`Check the torque sensor of unit ${n} after a 40 °C soak tomorrow !high`);
    await field.press("Enter");
  }
  // Further down they are not mounted; the count knows of all.
  await page.getByRole("heading", { name: /^Todo 30/ }).waitFor();
  await page.getByRole("status").filter({ hasText: /^Live/ }).waitFor();
  const cookies = (await context.cookies()).map(({ name, value }) => ({ name, value, url: origin, httpOnly: name !== "reader" }));
  await context.close();
  const devtools = await browser.newBrowserCDPSession();
  await devtools.send("Storage.setCookies", { cookies });
}

const folder = process.argv[2];
if (folder === undefined) throw new Error("Name the folder of lighthouse: …/node_modules/lighthouse");
const { default: lighthouse } = await import(pathToFileURL(path.join(path.resolve(folder), "core/index.js")).href);
const desktop = (await import(pathToFileURL(path.join(path.resolve(folder), "core/config/desktop-config.js")).href)).default;
const directory = await mkdtemp(path.join(tmpdir(), "muster-lighthouse-"));
const server = await start(directory);
const debugPort = await freePort();
const browser = await chromium.launch({ executablePath: process.env.MUSTER_CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu", `--remote-debugging-port=${debugPort}`] });
try {
  await prepare(browser, server);
  for (const [name, config] of [["desktop", desktop], ["phone", undefined]]) {
    const flags = { port: debugPort, onlyCategories: CATEGORIES, disableStorageReset: true, logLevel: "error" };
    const { lhr } = await lighthouse(`${server.origin}/p/OTR`, flags, config);
    if (!lhr.finalDisplayedUrl.endsWith("/p/OTR")) throw new Error(`It came to ${lhr.finalDisplayedUrl}.`);
    console.log(`${name}: ${CATEGORIES.map((id) => `${id} ${Math.round(lhr.categories[id].score * 100)}`).join(", ")}`);
    for (const audit of Object.values(lhr.audits)) {
      const counts = CATEGORIES.some((id) => lhr.categories[id].auditRefs.some((ref) => ref.id === audit.id && ref.weight > 0));
      if (counts && audit.score !== null && audit.score < 0.9) console.log(`  ${audit.score} ${audit.id}: ${audit.displayValue ?? audit.title}`);
    }
  }
} finally {
  await browser.close();
  server.child.removeAllListeners("close");
  server.child.kill("SIGTERM");
  await once(server.child, "close");
  await rm(directory, { recursive: true, force: true });
}

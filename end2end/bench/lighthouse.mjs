// What Lighthouse says about a board: `node end2end/bench/lighthouse.mjs <lighthouse's folder>`.
//
// Lighthouse is large and not needed by any test, so it is not among the packages of the repository: `npm install lighthouse`
// somewhere, and name its folder (…/node_modules/lighthouse). Starts the server (MUSTER_BIN, with MUSTER_SITE for a debug
// build) with the sample team on a fresh SQLite database, and opens the largest board in Chromium (MUSTER_CHROMIUM).

import path from "node:path";
import { pathToFileURL } from "node:url";
import { freePort, measured, signUp } from "./host.mjs";

const CATEGORIES = ["performance", "accessibility", "best-practices"];

/** Makes the admin and a board with tasks in it, and signs the browser's own pages in, which Lighthouse opens. */
async function prepare(browser, server) {
  const { context, page } = await signUp(browser, server);
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
  const cookies = (await context.cookies()).map(({ name, value }) => ({ name, value, url: server.origin, httpOnly: name !== "reader" }));
  await context.close();
  const devtools = await browser.newBrowserCDPSession();
  await devtools.send("Storage.setCookies", { cookies });
}

const folder = process.argv[2];
if (folder === undefined) throw new Error("Name the folder of lighthouse: …/node_modules/lighthouse");
const { default: lighthouse } = await import(pathToFileURL(path.join(path.resolve(folder), "core/index.js")).href);
const desktop = (await import(pathToFileURL(path.join(path.resolve(folder), "core/config/desktop-config.js")).href)).default;
const debugPort = await freePort();
await measured([`--remote-debugging-port=${debugPort}`], async (browser, server) => {
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
});

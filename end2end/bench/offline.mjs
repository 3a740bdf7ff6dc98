// How soon a board can be used that opens from the device alone: `node end2end/bench/offline.mjs [tasks] [columns]`, 1,000 tasks in 5
// columns unless told otherwise.
//
// Opens the board once with the server (MUSTER_BIN, with MUSTER_SITE for a debug build), kills the server, and opens the same address
// in new tabs of the same browser. It judges nothing: the aim is 500 ms, on a quiet machine.

import { once } from "node:events";
import { fill } from "./filled.mjs";
import { measured, ms, print, quantile, signUp, watch } from "./host.mjs";

const N_TASKS = Number(process.argv[2] ?? 1000);
const N_COLUMNS = Number(process.argv[3] ?? 5);
const ROUNDS = 7;

/** When the page was loaded that far, in milliseconds since its navigation began. */
async function open(context) {
  const page = await context.newPage();
  await page.addInitScript(watch);
  await page.addInitScript(() => {
    new MutationObserver((_, observer) => {
      if (!document.querySelector(".card")) return;
      observer.disconnect();
      globalThis.bench.painted().then((at) => {
        globalThis.bench.card = at;
      });
    }).observe(document, { subtree: true, childList: true });
  });
  await page.goto("/p/BIG");
  await page.waitForFunction(() => globalThis.bench.card > 0 && globalThis.bench.hydrated > 0);
  return { page, ...(await page.evaluate(() => ({ card: globalThis.bench.card, usable: globalThis.bench.hydrated }))) };
}

await measured([], async (browser, server) => {
  const { context, page: projects } = await signUp(browser, server, "allow");
  await fill(context, server.origin, N_TASKS, N_COLUMNS);
  await projects.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  const online = await open(context);
  await online.page.getByRole("status").filter({ hasText: /^Live/ }).waitFor();
  // Twice: the second answer comes through the worker, and all that the page needs is kept.
  await online.page.reload();
  await online.page.getByRole("status").filter({ hasText: /^Live/ }).waitFor();
  await online.page.waitForLoadState("networkidle");
  await projects.close();

  server.child.removeAllListeners("close");
  server.child.kill("SIGKILL");
  await once(server.child, "close");
  await online.page.close();
  const starts = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const { page, ...start } = await open(context);
    starts.push(start);
    if (round === ROUNDS - 1) await isUsable(page);
    await page.close();
  }
  for (const [name, what] of [["first card painted", "card"], ["answers to hands", "usable"]]) {
    const times = starts.map((start) => start[what]);
    print(`without a server: ${name}, p50, slowest of ${ROUNDS}`, `${ms(quantile(times, 0.5))}, ${ms(Math.max(...times))}`);
  }
});

/** A task can be added, and is there. */
async function isUsable(page) {
  await page.getByRole("button", { name: "Add task to Column 1", exact: true }).click();
  const field = page.getByRole("form", { name: "Quick add" }).getByRole("textbox");
  await field.fill("Written without a server");
  await field.press("Enter");
  await page.getByText("Written without a server").first().waitFor();
}

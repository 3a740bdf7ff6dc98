// What a large board costs: `node end2end/bench/board.mjs [tasks] [columns]`, 4,000 tasks in 20 columns unless told otherwise.
//
// Starts the server (MUSTER_BIN, with MUSTER_SITE for a debug build) on a fresh SQLite database, fills one project through
// POST /api/execute, opens it in Chromium (MUSTER_CHROMIUM), and prints figures. It judges nothing: they are compared with
// `design/performance.md` (M10, M11) by hand, on a quiet machine.

import { fill, give } from "./filled.mjs";
import { measured, ms, print, quantile, signUp, watch } from "./host.mjs";

const N_TASKS = Number(process.argv[2] ?? 4000);
const N_COLUMNS = Math.min(20, Number(process.argv[3] ?? 20));

async function measureAnswer(context) {
  const times = [];
  let size = 0;
  for (let round = 0; round < 15; round += 1) {
    const begun = performance.now();
    size = (await (await context.request.get("/p/BIG")).body()).length;
    times.push(performance.now() - begun);
  }
  print("server answer, whole document, p50", `${ms(quantile(times, 0.5))} (${Math.round(size / 1024)} kB)`);
}

async function open(context) {
  const page = await context.newPage();
  await page.addInitScript(watch);
  await page.goto("/p/BIG");
  await page.locator("body[data-hydrated]").waitFor({ state: "attached" });
  await page.getByRole("status").filter({ hasText: /^Live/ }).waitFor();
  return page;
}

async function measureLoad(context) {
  const loads = [];
  for (let round = 0; round < 5; round += 1) {
    const page = await open(context);
    const devtools = await context.newCDPSession(page);
    await devtools.send("Performance.enable");
    await page.waitForLoadState("networkidle");
    await devtools.send("HeapProfiler.collectGarbage");
    const { metrics } = await devtools.send("Performance.getMetrics");
    const load = await page.evaluate(() => {
      const sent = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
      return {
        paint: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? Number.NaN,
        hydrated: globalThis.bench.hydrated,
        blocked: globalThis.bench.blocked,
        nodes: document.querySelectorAll("*").length,
        wasm: globalThis.bench.memory?.buffer.byteLength ?? 0,
        kB: sent.reduce((sum, entry) => sum + entry.transferSize, 0) / 1024,
      };
    });
    loads.push({ ...load, heap: metrics.find((m) => m.name === "JSHeapUsedSize").value });
    await page.close();
  }
  const of = (name) => quantile(loads.map((load) => load[name]), 0.5);
  print("sent in the first load (later ones are cached)", `${Math.round(loads[0].kB)} kB`);
  print("first paint, p50 of 5", ms(of("paint")));
  print("interactive, p50 of 5", ms(of("hydrated")));
  print("blocked beyond 50 ms a task, p50 of 5", ms(of("blocked")));
  print("elements", String(of("nodes")));
  print("heap", `${(of("heap") / 1048576).toFixed(1)} MB of JavaScript, ${(of("wasm") / 1048576).toFixed(1)} MB of wasm`);
}

async function measureAdding(page) {
  await page.getByRole("button", { name: "Add task to Column 1", exact: true }).click();
  const field = page.getByRole("form", { name: "Quick add" }).getByRole("textbox");
  const times = [];
  for (let round = 0; round < 40; round += 1) {
    await field.fill(`Added ${round + 1}`);
    times.push(
      await field.evaluate(async (input) => {
        const count = document.querySelector(".column .count");
        const before = count.textContent;
        const painted = globalThis.bench.until(() => count.textContent !== before).then(() => globalThis.bench.painted());
        const begun = performance.now();
        input.form.requestSubmit();
        return (await painted) - begun;
      }),
    );
  }
  await field.press("Escape");
  print("own action to paint (a task added), p50, p95", `${ms(quantile(times, 0.5))}, ${ms(quantile(times, 0.95))}`);
}

async function measureMoving(page) {
  const times = [];
  for (let round = 0; round < 40; round += 1) {
    times.push(
      await page.evaluate(async (round) => {
        const { bench } = globalThis;
        const column = document.querySelectorAll(".column")[round % 2];
        const press = (key) => document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
        const link = column.querySelector(".card-link");
        link.focus();
        const id = link.closest("li").dataset.task;
        press(" ");
        press(round % 2 === 0 ? "ArrowRight" : "ArrowLeft");
        await bench.painted();
        const other = document.querySelectorAll(".column")[1 - (round % 2)];
        const painted = bench.until(() => other.querySelector(`[data-task="${id}"]`) !== null).then(() => bench.painted());
        const begun = performance.now();
        press(" ");
        return (await painted) - begun;
      }, round),
    );
  }
  print("own action to paint (a task moved), p50, p95", `${ms(quantile(times, 0.5))}, ${ms(quantile(times, 0.95))}`);
}

async function measureRemote(context, origin, page, { person, project, tasks }) {
  const times = [];
  for (let round = 0; round < 30; round += 1) {
    const title = `Renamed ${round + 1}`;
    const task = await page.locator(".column").nth(2).locator("li[data-task]").first().getAttribute("data-task");
    const painted = page.evaluate(async (wanted) => {
      await globalThis.bench.until(() => document.querySelectorAll(".column")[2].textContent.includes(wanted));
      await globalThis.bench.painted();
      return Date.now();
    }, title);
    const begun = Date.now();
    await give(context, origin, person, [{ rename_task: { project, task: task ?? tasks[2], title } }]);
    times.push((await painted) - begun);
  }
  print("somebody else's change, sent to painted, p50, p95", `${ms(quantile(times, 0.5))}, ${ms(quantile(times, 0.95))}`);
}

async function measureDragging(page) {
  const card = await page.locator(".column").nth(1).locator(".card").nth(1).boundingBox();
  await page.mouse.move(card.x + 40, card.y + 40);
  await page.mouse.down();
  await page.mouse.move(card.x + 60, card.y + 60, { steps: 3 });
  await page.evaluate(() => {
    const { bench } = globalThis;
    bench.frames = [];
    const frame = (now) => {
      bench.frames.push(now);
      bench.request = requestAnimationFrame(frame);
    };
    bench.request = requestAnimationFrame(frame);
  });
  const until = Date.now() + 4000;
  for (let step = 0; Date.now() < until; step += 1) {
    // Over all columns in view, up and down, and at last to the edge, where the board scrolls.
    await page.mouse.move(300 + ((step * 17) % 1130), 200 + ((step * 29) % 620));
  }
  const frames = await page.evaluate(() => {
    cancelAnimationFrame(globalThis.bench.request);
    return globalThis.bench.frames;
  });
  await page.keyboard.press("Escape");
  await page.mouse.up();
  const gaps = frames.slice(1).map((at, n) => at - frames[n]);
  print("frames per second while dragging", `${((1000 * gaps.length) / (frames.at(-1) - frames[0])).toFixed(1)} (longest gap ${ms(Math.max(...gaps))}, p95 ${ms(quantile(gaps, 0.95))})`);
}

await measured([], async (browser, server) => {
  const { context, page: projects } = await signUp(browser, server);
  await projects.close();
  const filled = await fill(context, server.origin, N_TASKS, N_COLUMNS);
  await measureAnswer(context);
  await measureLoad(context);
  const page = await open(context);
  await measureAdding(page);
  await measureMoving(page);
  await measureRemote(context, server.origin, page, filled);
  await measureDragging(page);
});

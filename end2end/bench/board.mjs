// What a large board costs: `node end2end/bench/board.mjs [tasks] [columns]`, 4,000 tasks in 20 columns unless told otherwise.
//
// Starts the server (MUSTER_BIN, with MUSTER_SITE for a debug build) on a fresh SQLite database, fills one project through
// POST /api/execute, opens it in Chromium (MUSTER_CHROMIUM), and prints figures. It judges nothing: they are compared with
// `design/performance.md` (M10, M11) by hand, on a quiet machine.

import { randomFillSync } from "node:crypto";
import { measured, signUp } from "./host.mjs";

const N_TASKS = Number(process.argv[2] ?? 4000);
const N_COLUMNS = Math.min(20, Number(process.argv[3] ?? 20));
const CATEGORIES = ["backlog", "todo", "in_progress", "done", "cancelled"];
const PRIORITIES = [undefined, "low", "medium", "high", "urgent"];
const VERBS = ["Check", "Order", "Rework", "Measure", "Film", "Translate", "Replace", "Document"];
const THINGS = ["the torque sensor after a 40 °C soak", "a second source for the motor driver", "the packaging drop test", "the quick-start guide in three languages", "the emergency-stop section of the manual"];

/** A new id: a UUIDv7 in base64url, as the page makes them. */
function newId() {
  const bytes = randomFillSync(Buffer.alloc(16));
  bytes.writeUIntBE(Date.now(), 0, 6);
  bytes[6] = (bytes[6] & 0x0f) | 0x70;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return bytes.toString("base64url");
}

/** The value below which this part of the values lies. */
function quantile(values, part) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * part) - 1)];
}

const ms = (value) => `${value.toFixed(1)} ms`;
const print = (name, value) => console.log(`${name.padEnd(46)} ${value}`);

async function read(context, address) {
  const text = await (await context.request.get(address)).text();
  return JSON.parse(/<script[^>]*id="told"[^>]*>([\s\S]*?)<\/script>/.exec(text)[1]).answer.told.page;
}

/** Gives commands in batches of 50. */
async function give(context, origin, person, commands) {
  for (let at = 0; at < commands.length; at += 50) {
    const data = commands.slice(at, at + 50).map((command) => ({ op: newId(), command }));
    const answer = await context.request.post("/api/execute", { data, headers: { "x-muster-person": person, origin } });
    const answers = await answer.json();
    const refused = answer.ok() ? answers.filter((one) => "refused" in one) : [answers];
    if (refused.length > 0) throw new Error(`Refused: ${JSON.stringify(refused[0])}`);
  }
}

async function fill(context, origin) {
  const person = (await read(context, "/")).home.me.person.id;
  const project = newId();
  const statuses = Array.from({ length: N_COLUMNS }, (_, n) => ({ id: newId(), name: `Column ${n + 1}`, category: CATEGORIES[Math.min(4, Math.floor((n * 5) / N_COLUMNS))] }));
  const labels = Array.from({ length: 8 }, (_, n) => ({ id: newId(), name: `Label ${n + 1}`, hue: n + 1 }));
  await give(context, origin, person, [
    { create_project: { project, key: "BIG", name: "A large board", hue: 5, statuses } },
    ...labels.map((label) => ({ put_label: { project, label } })),
  ]);
  const tasks = Array.from({ length: N_TASKS }, (_, n) => {
    const task = { project, task: newId(), title: `${VERBS[n % 8]} ${THINGS[n % 5]} (${n + 1})`, status: statuses[n % N_COLUMNS].id, labels: [labels[n % 8].id, labels[(n * 3) % 8].id], assignees: n % 3 === 0 ? [person] : [] };
    if (n % 4 !== 0) task.due = { day: `2031-0${1 + (n % 9)}-1${n % 10}` };
    if (PRIORITIES[n % 5] !== undefined) task.priority = PRIORITIES[n % 5];
    return { create_task: task };
  });
  const begun = performance.now();
  await give(context, origin, person, tasks);
  print(`filled with ${N_TASKS} tasks in ${N_COLUMNS} columns`, `${((performance.now() - begun) / 1000).toFixed(1)} s`);
  return { person, project, statuses, tasks: tasks.map((t) => t.create_task.task) };
}

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

/** Remembers when the page answers to hands, what blocked it, and its memory. */
function watch() {
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
  const filled = await fill(context, server.origin);
  await measureAnswer(context);
  await measureLoad(context);
  const page = await open(context);
  await measureAdding(page);
  await measureMoving(page);
  await measureRemote(context, server.origin, page, filled);
  await measureDragging(page);
});

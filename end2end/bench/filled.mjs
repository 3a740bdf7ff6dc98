// A project with many tasks, filled through POST /api/execute as pages do it.
//
// Must not know: what is measured with it.

import { randomFillSync } from "node:crypto";
import { print } from "./host.mjs";

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

async function read(context, address) {
  const text = await (await context.request.get(address)).text();
  return JSON.parse(/<script[^>]*id="told"[^>]*>([\s\S]*?)<\/script>/.exec(text)[1]).answer.told.page;
}

/** Gives commands in batches of 50. */
export async function give(context, origin, person, commands) {
  for (let at = 0; at < commands.length; at += 50) {
    const data = commands.slice(at, at + 50).map((command) => ({ op: newId(), command }));
    const answer = await context.request.post("/api/execute", { data, headers: { "x-muster-person": person, origin } });
    const answers = await answer.json();
    const refused = answer.ok() ? answers.filter((one) => "refused" in one) : [answers];
    if (refused.length > 0) throw new Error(`Refused: ${JSON.stringify(refused[0])}`);
  }
}

/** A project with the key BIG, of so many tasks in so many columns, at most 20. */
export async function fill(context, origin, nTasks, nColumns) {
  const person = (await read(context, "/")).home.me.person.id;
  const project = newId();
  const statuses = Array.from({ length: nColumns }, (_, n) => ({ id: newId(), name: `Column ${n + 1}`, category: CATEGORIES[Math.min(4, Math.floor((n * 5) / nColumns))] }));
  const labels = Array.from({ length: 8 }, (_, n) => ({ id: newId(), name: `Label ${n + 1}`, hue: n + 1 }));
  await give(context, origin, person, [
    { create_project: { project, key: "BIG", name: "A large board", hue: 5, statuses } },
    ...labels.map((label) => ({ put_label: { project, label } })),
  ]);
  const tasks = Array.from({ length: nTasks }, (_, n) => {
    const task = { project, task: newId(), title: `${VERBS[n % 8]} ${THINGS[n % 5]} (${n + 1})`, status: statuses[n % nColumns].id, labels: [labels[n % 8].id, labels[(n * 3) % 8].id], assignees: n % 3 === 0 ? [person] : [] };
    if (n % 4 !== 0) task.due = { day: `2031-0${1 + (n % 9)}-1${n % 10}` };
    if (PRIORITIES[n % 5] !== undefined) task.priority = PRIORITIES[n % 5];
    return { create_task: task };
  });
  const begun = performance.now();
  await give(context, origin, person, tasks);
  print(`filled with ${nTasks} tasks in ${nColumns} columns`, `${((performance.now() - begun) / 1000).toFixed(1)} s`);
  return { person, project, statuses, tasks: tasks.map((t) => t.create_task.task) };
}


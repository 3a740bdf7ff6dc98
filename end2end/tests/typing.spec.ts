// Somebody types while others work: neither the focus nor a letter is lost.

import { type Command, give, newId, told } from "../kit/commands";
import { expect, type Person, test } from "../kit/fixture";
import * as project from "../kit/project";

/** Numbers that look like chance and are the same each time (mulberry32). */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

test("200 moves by somebody else leave what is being typed, and where, as it is", async ({ person }) => {
  const ana = await person("Ana Petrović");
  const ben = await person("Ben Okafor");
  await project.createProject(ana, "Otter launch", "OTR");
  await project.addMember(ana, ben.name);
  const { person: me, project: id, statuses } = await told(ana, "/p/OTR");
  const tasks = Array.from({ length: 40 }, (_, n) => ({ task: newId(), title: `Task ${n + 1}`, status: statuses[n % statuses.length]!.id }));
  await give(ana, me, tasks.map((task): Command => ({ create_task: { project: id, ...task } })));
  await expect(project.card(ana, "Task 2")).toBeVisible();

  // The form of a column on the board, among the tasks that move.
  await ana.page.getByRole("button", { name: "Add task to Todo", exact: true }).click();
  const field = ana.page.getByRole("form", { name: "Quick add" }).getByRole("textbox", { name: "New task" });
  const text = "Measure the torque of the lift arm again after the soak";
  const draw = chance(42);
  const pick = <T>(of: T[]): T => of[Math.floor(draw() * of.length)]!;
  const { person: other } = await told(ben, "/p/OTR");
  const moves = Array.from({ length: 200 }, (): Command => {
    const { task } = pick(tasks);
    const spot = draw() < 0.5 ? "first" : "last";
    return { move_task: { project: id, task, to: pick(statuses).id, spot } };
  });
  for (let n = 0; n < 20; n += 1) {
    const from = Math.round((n * text.length) / 20);
    const upTo = Math.round(((n + 1) * text.length) / 20);
    await Promise.all([give(ben, other, moves.slice(n * 10, n * 10 + 10)), ana.page.keyboard.type(text.slice(from, upTo))]);
    await expect(field).toBeFocused();
    await expect(field).toHaveValue(text.slice(0, upTo));
  }
  await expect(field).toHaveValue(text);
  expect(await field.evaluate((input: HTMLInputElement | HTMLTextAreaElement) => input.selectionStart)).toBe(text.length);
  await ben.goto("/p/OTR");
  await project.isLive(ben);
  // What is further down is mounted on neither page or on one of them.
  const upper = async (of: Person) => (await project.read(of)).map((column) => ({ ...column, tasks: column.tasks.slice(0, 4) }));
  const asBenSees = await upper(ben);
  await expect.poll(() => upper(ana)).toEqual(asBenSees);
});

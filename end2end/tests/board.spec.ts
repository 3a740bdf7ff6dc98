// The board under the hand: what a card tells, carrying tasks with mouse, finger and keys, long columns.

import type { Locator } from "@playwright/test";
import { type Command, give, newId, told } from "../kit/commands";
import { expect, type Person, test } from "../kit/fixture";
import * as project from "../kit/project";

const PROJECT = "Otter launch";

/** A project with these tasks in Todo, and who stands before its board. */
async function withTasks(person: Person, ...titles: string[]): Promise<void> {
  await project.createProject(person, PROJECT, "OTR");
  await fill(person, "Todo", titles);
}

/** Puts tasks into a column, as many as are wanted, without the form. Gives their ids. */
async function fill(person: Person, column: string, titles: string[]): Promise<string[]> {
  const { person: me, project: id, statuses } = await told(person, "/p/OTR");
  const status = statuses.find((s) => s.name === column)?.id;
  const tasks = titles.map((title) => ({ task: newId(), title }));
  await give(person, me, tasks.map(({ task, title }): Command => ({ create_task: { project: id, task, title, status } })));
  await expect(project.column(person, column).getByRole("heading", { level: 2 })).toContainText(/\d/);
  return tasks.map(({ task }) => task);
}

/** The titles in a column, from top to bottom, as far as they are mounted. */
const titles = (person: Person, column: string) => project.column(person, column).getByRole("article").getByRole("heading").allTextContents();

const said = (person: Person) => person.page.locator("p[role=status][aria-live=polite]").last();

async function middle(locator: Locator): Promise<{ x: number; y: number; height: number }> {
  const box = await locator.boundingBox();
  if (box === null) throw new Error("It is not on the screen.");
  return { x: box.x + box.width / 2, y: box.y + box.height / 2, height: box.height };
}

test("a card tells how urgent, which labels, until when, how many parts, what was said and who", async ({ person }) => {
  const ana = await person("Ana Petrović");
  await project.createProject(ana, PROJECT, "OTR");
  const { person: me, project: id, statuses } = await told(ana, "/p/OTR");
  const at = (name: string) => statuses.find((s) => s.name === name)?.id;
  const [task, label] = [newId(), newId()];
  await give(ana, me, [
    { put_label: { project: id, label: { id: label, name: "Hardware", hue: 1 } } },
    { create_task: { project: id, task, title: "Torque sensor drifts", status: at("Todo"), priority: "urgent", labels: [label], assignees: [me], due: { day: "2031-03-14" } } },
    { create_task: { project: id, task: newId(), title: "Cut one open", status: at("Todo"), parent: task } },
    { create_task: { project: id, task: newId(), title: "Log the zero", status: at("Done"), parent: task } },
    { add_comment: { project: id, task, comment: newId(), text: "Three of five units." } },
  ]);
  const card = project.card(ana, "Torque sensor drifts", "Todo");
  await expect(card.getByRole("img", { name: "Priority: urgent" })).toBeVisible();
  await expect(card.getByRole("list", { name: "Labels" }).getByRole("listitem")).toHaveText(["Hardware"]);
  await expect(card).toContainText("14 Mar");
  await expect(card).toContainText("1/2 sub-tasks done");
  await expect(card).toContainText("1 comment");
  await expect(card.getByRole("img", { name: "Ana Petrović" })).toBeVisible();
  await expect(project.card(ana, "Cut one open").getByRole("img", { name: "Priority: none" })).toBeVisible();

  await give(ana, me, [{ put_label: { project: id, label: { id: label, name: "Mechanics", hue: 2 } } }]);
  await expect(card.getByRole("list", { name: "Labels" })).toHaveText("Mechanics");
  const before = await project.read(ana);
  await ana.page.reload();
  await ana.hydrated();
  await project.isLive(ana);
  expect(await project.read(ana)).toEqual(before);
});

test("a task is dragged with the mouse to a place in another column, and Escape puts it back", async ({ person }) => {
  const ana = await person("Ana");
  const ben = await person("Ben");
  await withTasks(ana, "First", "Second", "Third");
  await fill(ana, "In progress", ["Upper", "Lower"]);
  await project.addMember(ana, ben.name);
  await ben.goto("/");
  await project.openProject(ben, PROJECT);
  const { mouse } = ana.page;

  const from = await middle(project.card(ana, "Second"));
  const lower = await middle(project.card(ana, "Lower"));
  await mouse.move(from.x, from.y);
  await mouse.down();
  await mouse.move(from.x + 3, from.y);
  await expect(ana.page.locator(".drag-layer"), "a hand that trembles drags nothing").toHaveCount(0);
  await mouse.move(lower.x, lower.y - lower.height / 4, { steps: 4 });
  await expect(ana.page.locator(".drag-layer")).toBeVisible();
  await expect(project.column(ana, "In progress")).toHaveAttribute("data-drop", "true");
  await expect(project.card(ana, "Second", "Todo")).toHaveAttribute("data-state", "ghost");
  await ana.page.keyboard.press("Escape");
  await expect(ana.page.locator(".drag-layer")).toHaveCount(0);
  await mouse.up();
  await expect.poll(() => titles(ana, "Todo")).toEqual(["First", "Second", "Third"]);
  await expect(said(ana)).toHaveText("Put back Second, 2 of 3 in Todo.");

  await mouse.move(from.x, from.y);
  await mouse.down();
  await mouse.move(lower.x, lower.y - lower.height / 4, { steps: 4 });
  await expect(ana.page.locator(".cards > li[data-drop]").filter({ hasText: "Upper" })).toBeVisible();
  await mouse.up();
  await expect.poll(() => titles(ana, "In progress")).toEqual(["Upper", "Second", "Lower"]);
  await expect(said(ana)).toHaveText("Dropped Second, 2 of 3 in In progress.");
  await expect(ana.page, "the card was not clicked").toHaveURL(/\/p\/OTR$/);
  await expect.poll(() => titles(ben, "In progress")).toEqual(["Upper", "Second", "Lower"]);

  await test.step("a task that somebody else removes leaves the hand, and the page says so", async () => {
    const { person: me, project: id } = await told(ana, "/p/OTR");
    const [task] = await fill(ana, "Todo", ["Fourth"]);
    const fourth = await middle(project.card(ana, "Fourth"));
    await mouse.move(fourth.x, fourth.y);
    await mouse.down();
    await mouse.move(lower.x, lower.y, { steps: 4 });
    await expect(ana.page.locator(".drag-layer")).toBeVisible();
    await give(ana, me, [{ trash_task: { project: id, task, on: true } }]);
    await expect(ana.page.locator(".drag-layer")).toHaveCount(0);
    await expect(ana.page.getByText("removed by somebody else")).toBeVisible();
    await mouse.up();
    await expect(project.card(ana, "Fourth")).toHaveCount(0);
  });
});

test("a finger that rests carries a task, one that moves scrolls", async ({ person }) => {
  const ana = await person("Ana");
  await withTasks(ana, "First", "Second", "Third");
  const phone = await ana.device({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
  await phone.goto("/p/OTR");
  await project.column(phone, "Todo").scrollIntoViewIfNeeded();
  const input = await phone.context.newCDPSession(phone.page);
  const touch = (type: "touchStart" | "touchMove" | "touchEnd", x: number, y: number) =>
    input.send("Input.dispatchTouchEvent", { type, touchPoints: type === "touchEnd" ? [] : [{ x, y }] });
  const [first, third] = [await middle(project.card(phone, "First")), await middle(project.card(phone, "Third"))];

  await touch("touchStart", first.x, first.y);
  await touch("touchMove", first.x, first.y + 30);
  await touch("touchMove", first.x, first.y + 60);
  await touch("touchEnd", first.x, first.y + 60);
  await expect(phone.page.locator(".drag-layer")).toHaveCount(0);

  await touch("touchStart", first.x, first.y);
  await expect(phone.page.locator(".drag-layer")).toBeVisible();
  await touch("touchMove", first.x, (first.y + third.y) / 2);
  await touch("touchMove", third.x, third.y + third.height / 3);
  await expect(phone.page.locator(".cards > li[data-drop]").filter({ hasText: "Third" })).toBeVisible();
  await touch("touchEnd", third.x, third.y + third.height / 3);
  await expect.poll(() => titles(phone, "Todo")).toEqual(["Second", "Third", "First"]);
});

test("a task is found, carried and dropped with the keyboard alone, and each step is said", async ({ person }) => {
  const ana = await person("Ana");
  await withTasks(ana, "First", "Second", "Third");
  await fill(ana, "In progress", ["Upper"]);
  const { keyboard } = ana.page;
  const focused = (title: string) => expect(project.card(ana, title).getByRole("link")).toBeFocused();
  await expect(ana.page.locator(".board .card-link[tabindex='0']"), "the board is one stop of the Tab key").toHaveCount(1);
  await project.card(ana, "First").getByRole("link").focus();
  await keyboard.press("ArrowDown");
  await focused("Second");
  await keyboard.press("j");
  await focused("Third");
  await keyboard.press("k");
  await keyboard.press("ArrowRight");
  await focused("Upper");
  await keyboard.press("ArrowLeft");
  await focused("First");
  await keyboard.press("ArrowDown");
  await focused("Second");

  await keyboard.press("Space");
  await expect(said(ana)).toHaveText(/^Lifted Second, 2 of 3 in Todo\./);
  await keyboard.press("ArrowUp");
  await expect(said(ana)).toHaveText("1 of 3 in Todo.");
  await keyboard.press("Escape");
  await expect(said(ana)).toHaveText("Put back Second, 2 of 3 in Todo.");
  await focused("Second");

  await keyboard.press("Space");
  await keyboard.press("ArrowRight");
  await expect(said(ana)).toHaveText("2 of 2 in In progress.");
  await keyboard.press("ArrowUp");
  await expect(said(ana)).toHaveText("1 of 2 in In progress.");
  await keyboard.press("Space");
  await expect(said(ana)).toHaveText("Dropped Second, 1 of 2 in In progress.");
  await expect.poll(() => titles(ana, "In progress")).toEqual(["Second", "Upper"]);
  await focused("Second");
  await keyboard.press("Enter");
  await expect(ana.page.getByRole("region", { name: "Second", exact: true })).toBeVisible();
});

test("the focus stays on its task whatever others move, and goes on beside it when it is removed", async ({ person }) => {
  const ana = await person("Ana");
  await withTasks(ana);
  const names = Array.from({ length: 8 }, (_, n) => `Task ${n + 1}`);
  const tasks = await fill(ana, "Todo", names);
  const { person: me, project: id, statuses } = await told(ana, "/p/OTR");
  const link = (title: string) => project.card(ana, title).getByRole("link");
  await expect(project.column(ana, "Todo").getByRole("article")).toHaveCount(8);
  await link("Task 5").focus();
  for (let round = 0; round < 40; round += 1) {
    const [task, to] = [tasks[(round * 7) % 8], statuses[(round * 5) % statuses.length]?.id];
    await give(ana, me, [{ move_task: { project: id, task, to, spot: round % 2 === 0 ? "first" : "last" } }]);
  }
  await give(ana, me, [{ move_task: { project: id, task: tasks[7], to: statuses[0]?.id, spot: "first" } }]);
  await expect.poll(async () => (await titles(ana, statuses[0]?.name ?? ""))[0]).toBe("Task 8");
  await expect(link("Task 5")).toBeFocused();
  await give(ana, me, [{ trash_task: { project: id, task: tasks[4], on: true } }]);
  await expect(link("Task 5")).toHaveCount(0);
  await expect(ana.page.locator(".card-link:focus")).toHaveCount(1);
});

test("of a long column only what is near the view is mounted, and keys and scrolling reach the rest", async ({ person }) => {
  const ana = await person("Ana");
  await withTasks(ana);
  await fill(ana, "Todo", Array.from({ length: 300 }, (_, n) => `Task ${n + 1}`));
  await ana.page.reload();
  await ana.hydrated();
  const lane = ana.page.getByRole("list", { name: "Todo tasks" });
  const rows = lane.locator("> li");
  await expect(rows.first()).toHaveAttribute("aria-setsize", "300");
  await expect(project.column(ana, "Todo").getByRole("heading", { level: 2 })).toContainText("300");
  expect(await rows.count()).toBeLessThan(40);

  // The rest of the rows has its room.
  await expect.poll(() => lane.evaluate((list) => list.scrollHeight)).toBeGreaterThan(300 * 50);

  await lane.evaluate((list) => list.scrollTo(0, list.scrollHeight));
  await expect(project.card(ana, "Task 300")).toBeVisible();
  await expect(rows.last()).toHaveAttribute("aria-posinset", "300");
  await expect.poll(() => rows.count()).toBeLessThan(40);
  await expect.poll(() => lane.evaluate((list) => Math.abs(list.scrollHeight - list.scrollTop - list.clientHeight))).toBeLessThan(3);

  // The focus is kept however far away the view goes, and the next key goes on from there.
  await project.card(ana, "Task 300").getByRole("link").focus();
  await lane.evaluate((list) => list.scrollTo(0, 0));
  await expect(project.card(ana, "Task 1")).toBeVisible();
  await expect(project.card(ana, "Task 300").getByRole("link")).toBeFocused();
  await ana.page.keyboard.press("ArrowUp");
  await expect(project.card(ana, "Task 299").getByRole("link")).toBeFocused();
  await expect(project.card(ana, "Task 299")).toBeInViewport();
  for (let n = 298; n > 280; n -= 1) {
    await ana.page.keyboard.press("ArrowUp");
    await expect(project.card(ana, `Task ${n}`).getByRole("link")).toBeFocused();
  }
  await expect(project.card(ana, "Task 281")).toBeInViewport();
});

test("columns far from the view are a heading and a count, until one goes there", async ({ person }) => {
  const ana = await person("Ana");
  await withTasks(ana);
  const { person: me, project: id, statuses } = await told(ana, "/p/OTR");
  const more = Array.from({ length: 12 }, (_, n) => ({ id: newId(), name: `Step ${n + 1}`, category: "in_progress" }));
  await give(ana, me, [
    ...more.map((status, n): Command => ({ add_status: { project: id, status, place: statuses.length + n } })),
    ...more.map((status, n): Command => ({ create_task: { project: id, task: newId(), title: `In step ${n + 1}`, status: status.id } })),
  ]);
  await ana.page.reload();
  await ana.hydrated();
  const last = project.column(ana, "Step 12");
  await expect(project.card(ana, "In step 1")).toHaveCount(1);
  await expect(last.getByRole("heading", { level: 2 })).toContainText("1");
  await expect(last.getByRole("article")).toHaveCount(0);
  await last.scrollIntoViewIfNeeded();
  await expect(project.card(ana, "In step 12", "Step 12")).toBeVisible();
  await expect(project.card(ana, "In step 1")).toHaveCount(0);
});

test("several tasks are selected by key, click and range, changed at once, and taken back as one", async ({ person }) => {
  const ana = await person("Ana");
  await withTasks(ana, "First", "Second", "Third", "Fourth");
  const { page } = ana;
  const bar = page.getByRole("toolbar", { name: /^Actions for/ });
  const link = (title: string) => project.card(ana, title).getByRole("link");
  await link("First").focus();
  await page.keyboard.press("x");
  await expect(page.getByRole("toolbar", { name: "Actions for 1 selected task", exact: true })).toBeVisible();
  await expect(said(ana)).toHaveText("Selected First, 1 selected.");
  await expect(project.card(ana, "First")).toHaveAttribute("data-selected", "true");
  await link("Third").click({ modifiers: ["Shift"] });
  await expect(page.getByRole("toolbar", { name: "Actions for 3 selected tasks", exact: true })).toBeVisible();
  await link("Second").click({ modifiers: ["ControlOrMeta"] });
  await expect(page.getByRole("toolbar", { name: "Actions for 2 selected tasks", exact: true })).toBeVisible();
  await expect(page, "a click that selects opens nothing").toHaveURL(/\/p\/OTR$/);

  await bar.getByRole("button", { name: "Priority" }).click();
  await page.getByRole("option", { name: "High" }).click();
  await expect(project.card(ana, "First").getByRole("img", { name: "Priority: high" })).toBeVisible();
  await expect(project.card(ana, "Third").getByRole("img", { name: "Priority: high" })).toBeVisible();
  await expect(project.card(ana, "Second").getByRole("img", { name: "Priority: none" })).toBeVisible();

  await bar.getByRole("button", { name: "Status" }).click();
  await page.getByRole("option", { name: "Done" }).click();
  await expect.poll(() => titles(ana, "Done")).toEqual(["First", "Third"]);
  await expect(page.getByText("2 tasks moved to Done.")).toBeVisible();
  await page.keyboard.press("Control+z");
  await expect.poll(() => titles(ana, "Todo")).toEqual(["First", "Second", "Third", "Fourth"]);

  await bar.getByLabel("Due").fill("2031-03-14");
  await expect(project.card(ana, "Third")).toContainText("14 Mar");
  await bar.getByRole("button", { name: "Clear selection" }).click();
  await expect(bar).toHaveCount(0);

  await test.step("what is selected is carried together", async () => {
    await link("First").click({ modifiers: ["ControlOrMeta"] });
    await link("Third").click({ modifiers: ["ControlOrMeta"] });
    const [from, to] = [await middle(project.card(ana, "Third")), await middle(project.column(ana, "In progress"))];
    await page.mouse.move(from.x, from.y);
    await page.mouse.down();
    await page.mouse.move(to.x, to.y, { steps: 4 });
    await expect(project.card(ana, "First")).toHaveAttribute("data-state", "ghost");
    await page.mouse.up();
    await expect.poll(() => titles(ana, "In progress")).toEqual(["First", "Third"]);
  });

  await bar.getByRole("button", { name: "Delete" }).click();
  await expect(bar).toHaveCount(0);
  await expect.poll(() => titles(ana, "In progress")).toEqual([]);
});

test("who leads a project adds, changes, moves and removes its statuses on the board, and others cannot", async ({ person }) => {
  const ana = await person("Ana");
  const ben = await person("Ben");
  await withTasks(ana, "First");
  await project.addMember(ana, ben.name);
  await ben.goto("/");
  await project.openProject(ben, PROJECT);
  const { page } = ana;
  const names = () => page.getByRole("list", { name: "Board", exact: true }).locator(".column h2").evaluateAll((all) => all.map((h) => h.firstElementChild?.nextSibling?.textContent));
  const choose = async (column: string, item: string) => {
    await page.getByRole("button", { name: `${column} column menu`, exact: true }).click();
    await page.getByRole("menuitem", { name: item, exact: true }).click();
  };

  await choose("Todo", "Add status to the right");
  const adding = page.getByRole("dialog", { name: "New status" });
  await adding.getByRole("textbox", { name: "Name" }).fill("Blocked");
  await adding.getByRole("button", { name: "Add status", exact: true }).click();
  await expect(project.column(ben, "Blocked")).toBeVisible();
  await expect.poll(names).toEqual(["Backlog", "Todo", "Blocked", "In progress", "In review", "Done"]);

  await choose("Blocked", "Edit status");
  const editing = page.getByRole("dialog", { name: "Edit status" });
  await expect(editing.getByRole("textbox", { name: "Name" })).toHaveValue("Blocked");
  await editing.getByRole("textbox", { name: "Name" }).fill("Waiting");
  await editing.getByLabel("Means").selectOption("Todo");
  await editing.getByRole("button", { name: "Save", exact: true }).click();
  await expect(project.column(ben, "Waiting").locator(".status")).toHaveAttribute("data-status", "todo");

  await choose("Waiting", "Move left");
  await expect.poll(names).toEqual(["Backlog", "Waiting", "Todo", "In progress", "In review", "Done"]);

  await choose("Todo", "Remove status");
  const removing = page.getByRole("dialog", { name: "Remove status" });
  await removing.getByLabel("Its tasks go to").selectOption("Done");
  await removing.getByRole("button", { name: "Remove status", exact: true }).click();
  await expect.poll(names).toEqual(["Backlog", "Waiting", "In progress", "In review", "Done"]);
  await expect(project.card(ben, "First", "Done")).toBeVisible();

  await page.getByRole("button", { name: "Add status", exact: true }).click();
  await expect(adding.getByRole("textbox", { name: "Name" })).toHaveValue("");
  await adding.getByRole("textbox", { name: "Name" }).fill("Shipped");
  await adding.getByRole("button", { name: "Add status", exact: true }).click();
  await expect(project.column(ben, "Shipped")).toBeVisible();
  await expect(ben.page.getByRole("button", { name: "Done column menu" })).toHaveCount(0);
  await expect(ben.page.getByRole("button", { name: "Add status" })).toHaveCount(0);
});

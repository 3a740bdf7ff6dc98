// The other ways to see tasks: what one has to do in all projects, a project as a list, filters, and search.

import { type Locator } from "@playwright/test";
import { expect, type Person, test } from "../kit/fixture";
import * as project from "../kit/project";

/** Assigns a task to somebody and makes it due, in the list of its project, and comes back to the board. */
async function plan(person: Person, number: string, assignee: string | undefined, due?: string): Promise<void> {
  await person.page.getByRole("link", { name: "List", exact: true }).click();
  if (assignee !== undefined) await pick(person, `Assignees of ${number}`, assignee);
  if (due !== undefined) await person.page.getByLabel(`Due date of ${number}`, { exact: true }).fill(due);
  await person.page.getByRole("link", { name: "Board", exact: true }).click();
  await expect(person.page.getByRole("list", { name: "Board", exact: true })).toBeVisible();
}

/** The group of tasks under a heading of My tasks. */
function group(person: Person, name: string): Locator {
  return person.page.getByRole("region", { name, exact: true });
}

async function openMine(person: Person): Promise<void> {
  await person.page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: /^My tasks/ }).click();
  await expect(person.page.getByRole("heading", { name: "My tasks", level: 1 })).toBeVisible();
  await project.isLive(person);
}

test("my tasks of all projects are there by due, stay live, and are completed there", async ({ person }) => {
  const ana = await person("Ana Petrović");
  const ben = await person("Ben Okafor");
  await project.createProject(ana, "Otter M2 launch", "OTR");
  await project.addMember(ana, ben.name);
  await project.addTasks(ana, "Todo", "Approve the carton artwork", "Launch page copy", "Not for Ben");
  await plan(ana, "OTR-1", ben.name, "2020-03-09");
  await plan(ana, "OTR-2", ben.name, "2099-03-19");
  await project.createProject(ana, "Field pilots", "PIL");
  await project.addMember(ana, ben.name);
  await project.addTasks(ana, "Backlog", "Choose the second pilot site");
  await plan(ana, "PIL-1", ben.name);

  await ben.goto("/my");
  await project.isLive(ben);
  await expect(group(ben, "Overdue").getByRole("listitem")).toHaveCount(1);
  await expect(group(ben, "Overdue").getByRole("link", { name: "Approve the carton artwork" })).toBeVisible();
  await expect(group(ben, "Later").getByRole("listitem")).toContainText(["19 Mar 2099"]);
  await expect(group(ben, "No date").getByRole("listitem")).toContainText(["Field pilots · PIL-1"]);
  await expect(ben.page.getByText("Not for Ben")).toHaveCount(0);
  await expect(ben.page.getByText("1 for today, 1 of them overdue")).toBeVisible();
  await expect(ben.page.getByRole("link", { name: "My tasks 1 for today" })).toBeVisible();

  // What Ana does in a project whose board Ben has not opened arrives.
  await plan(ana, "PIL-1", undefined, "2020-03-10");
  await expect(group(ben, "Overdue").getByRole("listitem")).toHaveCount(2);
  await expect(ben.page.getByRole("link", { name: "My tasks 2 for today" })).toBeVisible();

  await ben.page.getByRole("button", { name: "Complete OTR-1", exact: true }).click();
  await expect(group(ben, "Overdue").getByRole("listitem")).toHaveCount(1);
  await expect(ben.page.getByRole("button", { name: "Complete PIL-1", exact: true })).toBeFocused();
  await project.openProject(ana, "Otter M2 launch");
  await expect(project.card(ana, "Approve the carton artwork", "Done")).toBeVisible();

  // And back.
  await ben.page.getByRole("button", { name: "Undo", exact: true }).click();
  await expect(group(ben, "Overdue").getByRole("listitem")).toHaveCount(2);
  await expect(project.card(ana, "Approve the carton artwork", "Todo")).toBeVisible();
});

test("who has nothing to do is told where to go", async ({ person }) => {
  const ana = await person("Ana Petrović");
  await openMine(ana);
  await expect(ana.page.getByRole("heading", { name: "Nothing to do" })).toBeVisible();
  await ana.page.getByRole("link", { name: "Go to your projects" }).click();
  await expect(ana.page.getByRole("heading", { name: "Projects", level: 1 })).toBeVisible();
});

/** The row of a task in the list of a project. */
function row(person: Person, title: string): Locator {
  return person.page.getByRole("table").getByRole("row").filter({ has: person.page.getByRole("link", { name: title, exact: true }) });
}

/** Chooses a value in a control of the list; its values come when it has the focus. */
async function pick(person: Person, name: string, label: string): Promise<void> {
  const control = person.page.getByRole("combobox", { name, exact: true });
  await control.focus();
  await control.selectOption({ label });
}

/** The numbers of the tasks in the list, from top to bottom. */
async function order(person: Person): Promise<string[]> {
  return await person.page.getByRole("table").locator("td.c-id").allTextContents();
}

test("a project is a list: grouped, ordered, changed in place, and live", async ({ person }) => {
  const ana = await person("Ana Petrović");
  const ben = await person("Ben Okafor");
  await project.createProject(ana, "Otter M2 launch", "OTR");
  await project.addMember(ana, ben.name);
  await project.addTasks(ana, "Todo", "Book the EMC chamber", "Write the manual");
  await project.addTasks(ana, "In progress", "Torque sensor drifts");

  await ana.page.getByRole("link", { name: "List", exact: true }).click();
  await expect(ana.page.getByRole("table", { name: "Tasks grouped by status" })).toBeVisible();
  await expect(ana.page.getByRole("rowheader")).toHaveText([/^Todo\s*2 tasks/, /^In progress\s*1 task/]);

  // Each value where it is read.
  await pick(ana, "Priority of OTR-2", "Urgent");
  await expect(row(ana, "Write the manual").getByRole("img", { name: "Priority: urgent" })).toBeVisible();
  await pick(ana, "Assignees of OTR-2", ben.name);
  await expect(row(ana, "Write the manual").getByRole("img", { name: ben.name })).toBeVisible();
  await ana.page.getByLabel("Due date of OTR-1").fill("2020-03-10");
  await expect(row(ana, "Book the EMC chamber")).toContainText("10 Mar 2020, overdue");
  await ana.page.getByRole("link", { name: "Torque sensor drifts", exact: true }).press("F2");
  await ana.page.getByRole("textbox", { name: "Title", exact: true }).fill("Torque sensor drifts after a soak");
  await ana.page.getByRole("textbox", { name: "Title", exact: true }).press("Enter");
  await expect(ana.page.getByRole("link", { name: "Torque sensor drifts after a soak", exact: true })).toBeFocused();
  await pick(ana, "Status of OTR-1", "In progress");
  await expect(ana.page.getByRole("rowheader")).toHaveText([/^Todo\s*1 task/, /^In progress\s*2 tasks/]);

  // The order stands in the address.
  await ana.page.getByRole("button", { name: "Sort by ID" }).click();
  await expect(ana.page).toHaveURL(/\/list\?sort=id$/);
  await expect.poll(() => order(ana)).toEqual(["OTR-2", "OTR-1", "OTR-3"]);
  await ana.page.getByRole("combobox", { name: "Group by" }).selectOption({ label: "Group: assignee" });
  await expect(ana.page.getByRole("rowheader")).toHaveText([/^Ben Okafor\s*1 task/, /^No one\s*2 tasks/]);
  await ana.page.getByRole("button", { name: "Collapse No one" }).click();
  await expect.poll(() => order(ana)).toEqual(["OTR-2"]);

  // A link to it shows the same to somebody else, and what they change arrives.
  await ben.goto(new URL(ana.page.url()).pathname + new URL(ana.page.url()).search);
  await project.isLive(ben);
  await expect(ben.page.getByRole("rowheader")).toHaveText([/^Ben Okafor\s*1 task/, /^No one\s*2 tasks/]);
  await pick(ben, "Assignees of OTR-3", ben.name);
  await expect.poll(() => order(ana)).toEqual(["OTR-2", "OTR-3"]);

  // A task opens beside the list, and closing it leads back there.
  await row(ben, "Write the manual").getByRole("link").click();
  await expect(ben.page.getByRole("region", { name: "Write the manual", exact: true })).toBeVisible();
  await expect(ben.page.getByRole("table", { name: "Tasks grouped by assignee" })).toBeVisible();
  await project.closeTask(ben);
  await expect(ben.page).toHaveURL(/\/p\/OTR\/list\?group=assignee&sort=id$/);
  await expect(ben.page.getByRole("link", { name: "Write the manual", exact: true })).toBeFocused();
});

test("tasks of a list are selected by box, range and key, and changed at once", async ({ person }) => {
  const ana = await person("Ana");
  const ben = await person("Ben");
  await project.createProject(ana, "Otter M2 launch", "OTR");
  await project.addTasks(ana, "Todo", "First", "Second", "Third", "Fourth");
  const { page } = ana;
  await page.getByRole("link", { name: "List", exact: true }).click();
  const box = (number: number) => page.getByRole("checkbox", { name: `Select OTR-${number}`, exact: true });
  const all = page.getByRole("checkbox", { name: "Select all" });
  const bar = (told: string) => page.getByRole("toolbar", { name: `Actions for ${told}`, exact: true });
  await box(1).check();
  await expect(bar("1 selected task")).toBeVisible();
  await box(3).click({ modifiers: ["Shift"] });
  await expect(bar("3 selected tasks")).toBeVisible();
  await box(2).uncheck();
  await expect(bar("2 selected tasks")).toBeVisible();

  await bar("2 selected tasks").getByRole("button", { name: "Status" }).click();
  await page.getByRole("option", { name: "Done" }).click();
  await expect(page.getByLabel("Status of OTR-1", { exact: true })).toHaveValue(/.+/);
  await expect(page.getByText("2 tasks moved to Done.")).toBeVisible();
  await expect(page.getByRole("button", { name: "Collapse Done" })).toBeVisible();
  await expect(box(1), "they stay selected in their new group").toBeChecked();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("toolbar", { name: /^Actions for/ })).toHaveCount(0);

  await test.step("with the keyboard, in the order of the list", async () => {
    await page.getByRole("link", { name: "Second" }).focus();
    await page.keyboard.press("j");
    await expect(page.getByRole("link", { name: "Fourth" })).toBeFocused();
    await page.keyboard.press("x");
    await expect(box(4)).toBeChecked();
    await page.keyboard.press("k");
    await page.keyboard.press("x");
    await expect(bar("2 selected tasks")).toBeVisible();
  });

  await all.check();
  await expect(bar("4 selected tasks")).toBeVisible();
  await bar("4 selected tasks").getByRole("button", { name: "Delete" }).click();
  await expect(page.getByRole("checkbox", { name: /^Select OTR/ })).toHaveCount(0);
  await page.keyboard.press("Control+z");
  await expect(page.getByRole("checkbox", { name: /^Select OTR/ })).toHaveCount(4);

  await test.step("who only looks has no boxes", async () => {
    await project.addMember(ana, ben.name);
    await ana.page.getByRole("link", { name: "Members", exact: true }).click();
    await ana.page.getByLabel(`Role of ${ben.name}`).selectOption("Viewer");
    await ben.goto("/p/OTR/list");
    await expect(ben.page.getByRole("link", { name: "First" })).toBeVisible();
    await expect(ben.page.getByRole("checkbox")).toHaveCount(0);
  });
});

test("filters are chips, stand in the address, and say how many tasks they leave", async ({ person }) => {
  const ana = await person("Ana Petrović");
  await project.createProject(ana, "Otter M2 launch", "OTR");
  await project.addTasks(ana, "Todo", "Book the EMC chamber", "Write the manual");
  await project.addTasks(ana, "In progress", "Torque sensor drifts");
  const { page } = ana;
  const choose = async (field: string, value: string) => {
    await page.getByRole("button", { name: "Filter", exact: true }).click();
    const dialog = page.getByRole("dialog", { name: "Filter", exact: true });
    await dialog.getByRole("combobox", { name: field, exact: true }).selectOption({ label: value });
    await dialog.getByRole("button", { name: "Show tasks" }).click();
    await expect(dialog).toBeHidden();
  };

  await choose("Status", "Todo");
  await expect(page.getByText("2 of 3 tasks")).toBeVisible();
  await expect(project.card(ana, "Torque sensor drifts")).toHaveCount(0);
  await expect(page).toHaveURL(/\/p\/OTR\?status=/);

  // The address keeps them while a task is opened, and in the list.
  await project.openTask(ana, "Write the manual");
  await expect(page).toHaveURL(/\/p\/OTR\/2\?status=/);
  await project.closeTask(ana);
  await expect(page).toHaveURL(/\/p\/OTR\?status=/);
  await page.getByRole("link", { name: "List", exact: true }).click();
  await expect.poll(() => order(ana)).toEqual(["OTR-1", "OTR-2"]);
  await page.reload();
  await ana.hydrated();
  await expect.poll(() => order(ana)).toEqual(["OTR-1", "OTR-2"]);
  await page.getByRole("link", { name: "Board", exact: true }).click();

  // Nothing fits: it is said, with the way out.
  await choose("Assignee", "Me");
  await expect(page.getByRole("heading", { name: "No task fits the filter" })).toBeVisible();
  await page.getByRole("button", { name: "Remove filter: Assignee is me" }).click();
  await expect(page.getByText("2 of 3 tasks")).toBeVisible();
  await expect(page.getByRole("button", { name: "Filter", exact: true })).toBeFocused();

  // What is made while a filter is on stays where one sees it.
  await page.getByRole("button", { name: "Remove filter: Status is Todo" }).click();
  await choose("Due", "overdue");
  await expect(page.getByRole("heading", { name: "No task fits the filter" })).toBeVisible();
  await page.getByRole("button", { name: "Clear filters" }).click();
  await choose("Assignee", "No one");
  await choose("Status", "Todo");
  await project.addTasks(ana, "In progress", "Made just now");
  await expect(project.card(ana, "Made just now", "In progress")).toBeVisible();
});

test("tasks of all projects are found by their words, as one types", async ({ person }) => {
  const ana = await person("Ana Petrović");
  const ben = await person("Ben Okafor");
  await project.createProject(ana, "Otter M2 launch", "OTR");
  await project.addTasks(ana, "Todo", "Torque sensor drifts", "Order adhesive");
  const panel = await project.openTask(ana, "Order adhesive");
  await project.comment(panel, "The sensor supplier confirms it.");
  await ana.goto("/search?q=SENS");
  const results = ana.page.getByRole("list", { name: "Results" }).getByRole("listitem");
  await expect(results).toHaveCount(2);
  await expect(results.nth(0)).toContainText("Torque sensor drifts");
  await expect(results.nth(1)).toContainText("Comment: The sensor supplier confirms it.");

  const field = ana.page.getByRole("searchbox", { name: "Search tasks" });
  await field.fill("otr-2");
  await expect(results).toHaveText([/Order adhesive/]);
  await expect(field).toBeFocused();
  await expect(ana.page).toHaveURL(/\/search\?q=otr-2$/);
  await field.fill("nothing like it");
  await expect(ana.page.getByRole("heading", { name: "Nothing found" })).toBeVisible();
  await field.fill("drift");
  await results.getByRole("link", { name: "Torque sensor drifts" }).click();
  await expect(ana.page.getByRole("region", { name: "Torque sensor drifts", exact: true })).toBeVisible();

  // Who is not in the project finds nothing of it.
  await ben.goto("/search?q=sensor");
  await expect(ben.page.getByRole("heading", { name: "Nothing found" })).toBeVisible();
});

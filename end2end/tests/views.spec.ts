// The other ways to see tasks: what one has to do in all projects, a project as a list, filters, and search.

import { type Locator } from "@playwright/test";
import { expect, type Person, test } from "../kit/fixture";
import * as project from "../kit/project";

/** Assigns a task to somebody and makes it due, in its panel. */
async function plan(person: Person, title: string, assignee: string | undefined, due?: string): Promise<void> {
  const panel = await project.openTask(person, title);
  if (assignee !== undefined) await panel.getByLabel("Assignee", { exact: true }).selectOption({ label: assignee });
  if (due !== undefined) await panel.getByLabel("Due", { exact: true }).fill(due);
  await project.closeTask(person);
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
  await plan(ana, "Approve the carton artwork", ben.name, "2020-03-09");
  await plan(ana, "Launch page copy", ben.name, "2099-03-19");
  await project.createProject(ana, "Field pilots", "PIL");
  await project.addMember(ana, ben.name);
  await project.addTasks(ana, "Backlog", "Choose the second pilot site");
  await plan(ana, "Choose the second pilot site", ben.name);

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
  await plan(ana, "Choose the second pilot site", undefined, "2020-03-10");
  await expect(group(ben, "Overdue").getByRole("listitem")).toHaveCount(2);
  await expect(ben.page.getByRole("link", { name: "My tasks 2 for today" })).toBeVisible();

  await ben.page.getByRole("button", { name: "Complete OTR-1", exact: true }).click();
  await expect(group(ben, "Overdue").getByRole("listitem")).toHaveCount(1);
  await expect(ben.page.getByRole("button", { name: "Complete PIL-1", exact: true })).toBeFocused();
  await project.openProject(ana, "Otter M2 launch");
  await expect(project.card(ana, "Approve the carton artwork", "Done")).toBeVisible();

  // And back, by somebody else.
  const panel = await project.openTask(ana, "Approve the carton artwork");
  await panel.getByLabel("Status", { exact: true }).selectOption({ label: "Todo" });
  await expect(group(ben, "Overdue").getByRole("listitem")).toHaveCount(2);
});

test("who has nothing to do is told where to go", async ({ person }) => {
  const ana = await person("Ana Petrović");
  await openMine(ana);
  await expect(ana.page.getByRole("heading", { name: "Nothing to do" })).toBeVisible();
  await ana.page.getByRole("link", { name: "Go to your projects" }).click();
  await expect(ana.page.getByRole("heading", { name: "Projects", level: 1 })).toBeVisible();
});

// A task from its beginning to its end with the keyboard alone: no step needs a mouse, and each is said.

import { expect, test } from "../kit/fixture";
import * as project from "../kit/project";

test("a task is created, moved, assigned, commented on and all of it taken back with the keyboard alone", async ({ person }) => {
  const ana = await person("Ana Petrović");
  await project.createProject(ana, "Otter launch", "OTR");
  const { page } = ana;
  const { keyboard } = page;
  const said = page.locator("p[role=status][aria-live=polite]").last();
  const card = (status: string) => project.card(ana, "Solder the loom", status);

  await keyboard.press("c");
  await expect(page.getByRole("dialog", { name: "New task" })).toBeVisible();
  await keyboard.type("Solder the loom");
  await keyboard.press("Enter");
  await expect(card("Todo")).toBeVisible();
  await project.isStored(ana, "Solder the loom");
  if (await page.getByRole("dialog", { name: "New task" }).isVisible()) await keyboard.press("Escape");
  await expect(page.getByRole("dialog", { name: "New task" })).toBeHidden();

  // The board is one stop of the Tab key; from nowhere, a step begins there.
  while (!(await card("Todo").getByRole("link").evaluate((link) => link === document.activeElement))) await keyboard.press("Tab");
  await keyboard.press("Space");
  await expect(said).toHaveText(/^Lifted Solder the loom, 1 of 1 in Todo\./);
  await keyboard.press("ArrowRight");
  await expect(said).toHaveText("1 of 1 in In progress.");
  await keyboard.press("Space");
  await expect(said).toHaveText("Dropped Solder the loom, 1 of 1 in In progress.");
  await expect(card("In progress").getByRole("link")).toBeFocused();

  await keyboard.press("a");
  await expect(page.getByRole("dialog", { name: "Assign" })).toBeVisible();
  await keyboard.type("Ana");
  await keyboard.press("Enter");
  await expect(card("In progress").getByRole("img", { name: ana.name })).toBeVisible();
  await keyboard.press("Escape");
  await keyboard.press("Escape");
  await expect(card("In progress").getByRole("link")).toBeFocused();

  await keyboard.press("Enter");
  const panel = page.getByRole("region", { name: "Solder the loom", exact: true });
  await expect(panel.getByRole("heading", { name: "Solder the loom" })).toBeFocused();
  await keyboard.press("p");
  await keyboard.type("Urgent");
  await keyboard.press("Enter");
  await expect(card("In progress").getByRole("img", { name: "Priority: urgent" })).toBeVisible();
  await keyboard.press("m");
  await expect(panel.getByRole("textbox", { name: "Comment", exact: true })).toBeFocused();
  await keyboard.type("With the lead-free wire.");
  await keyboard.press("Control+Enter");
  await expect(panel.getByRole("article").filter({ hasText: "With the lead-free wire." })).toHaveCount(1);
  await keyboard.press("Escape");
  await expect(panel).toBeHidden();

  // Back over every step, the last one first.
  await keyboard.press("Control+z");
  await keyboard.press("Control+z");
  await expect(card("In progress").getByRole("img", { name: "Priority: none" })).toBeVisible();
  await keyboard.press("Control+z");
  await expect(card("In progress").getByRole("img", { name: ana.name })).toHaveCount(0);
  await keyboard.press("Control+z");
  await expect(card("Todo")).toBeVisible();
  await keyboard.press("Control+z");
  await expect(project.card(ana, "Solder the loom")).toHaveCount(0);
});

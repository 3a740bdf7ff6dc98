// A task on its panel: all that can be said about it and done with it, seen by the other at once.

import { expect, test } from "../kit/fixture";
import * as project from "../kit/project";

const TITLE = "Torque sensor drifts after a soak";

test("properties are chosen from lists with the keyboard, and a list closes without closing the task", async ({ person }) => {
  const ana = await person("Ana Petrović");
  const ben = await person("Ben Okafor");
  await project.createProject(ana, "Otter launch", "OTR");
  await project.addMember(ana, ben.name);
  await project.addTasks(ana, "Todo", "Pilot build", TITLE);
  const panel = await project.openTask(ana, TITLE);
  const { keyboard } = ana.page;
  const button = (property: string) => panel.getByRole("button", { name: new RegExp(`^${property}: `) });

  await test.step("arrows and Enter choose a status, and the focus returns", async () => {
    await button("Status").press("Enter");
    const field = panel.getByRole("combobox", { name: "Status" });
    await expect(field).toBeFocused();
    await keyboard.type("progr");
    await expect(panel.getByRole("option")).toHaveCount(1);
    await keyboard.press("Enter");
    await expect(button("Status")).toHaveText("Status: In progress");
    await expect(button("Status")).toBeFocused();
    await expect(project.card(ana, TITLE, "In progress")).toBeVisible();
  });

  await test.step("Escape closes the list and leaves the task open", async () => {
    await button("Priority").press("Enter");
    await expect(panel.getByRole("listbox", { name: "Priority" })).toBeVisible();
    await expect(panel.getByRole("combobox", { name: "Priority" })).toBeFocused();
    await keyboard.press("Escape");
    await expect(panel.getByRole("listbox", { name: "Priority" })).toBeHidden();
    await expect(panel).toBeVisible();
    await button("Priority").press("Enter");
    await expect(panel.getByRole("combobox", { name: "Priority" })).toBeFocused();
    await keyboard.press("ArrowDown");
    await keyboard.press("Enter");
    await expect(button("Priority")).toHaveText("Priority: Urgent");
  });

  await test.step("a key in the moment in which a list opens is the list's, not the task's", async () => {
    await button("Priority").evaluate((opener: HTMLElement) => {
      opener.focus();
      opener.click();
      document.activeElement?.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true, cancelable: true }));
    });
    await expect(panel.getByRole("combobox", { name: "Priority" })).toBeFocused();
    await keyboard.press("Escape");
    await expect(panel.getByRole("listbox", { name: "Priority" })).toBeHidden();
    await expect(panel).toBeVisible();
  });

  await test.step("several people do it; an accent need not be typed", async () => {
    await button("Assignees").press("Enter");
    await expect(panel.getByRole("combobox", { name: "Assignees" })).toBeFocused();
    await keyboard.type("petrovic");
    await keyboard.press("Enter");
    await expect(panel.getByRole("option", { name: "Ana Petrović" })).toHaveAttribute("aria-selected", "true");
    await keyboard.type("ben");
    await keyboard.press("Enter");
    await keyboard.press("Escape");
    await expect(button("Assignees")).toHaveText(/Ana, Ben$/);
  });

  await test.step("a label is made where it is needed", async () => {
    await button("Labels").press("Enter");
    await expect(panel.getByRole("combobox", { name: "Labels" })).toBeFocused();
    await keyboard.type("Hardware");
    await keyboard.press("Enter");
    await expect(panel.getByRole("option", { name: "Hardware", exact: true })).toHaveAttribute("aria-selected", "true");
    await keyboard.press("Escape");
    await expect(button("Labels")).toHaveText(/Hardware$/);
  });

  await test.step("it becomes a part of another task, which leads there", async () => {
    await project.choose(panel, "Part of", "OTR-1 Pilot build");
    await panel.getByRole("link", { name: "OTR-1", exact: true }).click();
    const parent = ana.page.getByRole("region", { name: "Pilot build", exact: true });
    await expect(parent.getByRole("region", { name: "Sub-tasks" }).getByRole("link", { name: TITLE })).toBeVisible();
  });
});

test("parts are added, completed and counted, also on the other's page", async ({ person }) => {
  const ana = await person("Ana Petrović");
  const ben = await person("Ben Okafor");
  await project.createProject(ana, "Otter launch", "OTR");
  await project.addMember(ana, ben.name);
  await project.addTasks(ana, "Todo", TITLE);
  await ben.goto("/p/OTR/1");
  const parts = (await project.openTask(ana, TITLE)).getByRole("region", { name: "Sub-tasks" });
  const seen = ben.page.getByRole("region", { name: "Sub-tasks" });

  await parts.getByRole("button", { name: "Add sub-task" }).click();
  const field = parts.getByRole("textbox", { name: "New sub-task" });
  await expect(field).toBeFocused();
  for (const title of ["Log drift on all units", "Repeat the soak"]) {
    await field.fill(title);
    await field.press("Enter");
    await expect(parts.getByRole("link", { name: title })).toBeVisible();
  }
  await field.press("Escape");
  await expect(field).toBeHidden();
  await expect(parts.getByRole("button", { name: "Add sub-task" })).toBeFocused();

  await parts.getByRole("button", { name: "Complete OTR-2" }).click();
  await expect(parts.getByText("1 of 2 done")).toBeVisible();
  await expect(parts.getByRole("button", { name: "Reopen OTR-2" })).toBeFocused();
  await expect(seen.getByText("1 of 2 done")).toBeVisible();
  await expect(seen.getByRole("progressbar", { name: "Sub-tasks done" })).toHaveAttribute("value", "1");
  await seen.getByRole("button", { name: "Reopen OTR-2" }).click();
  await expect(parts.getByText("0 of 2 done")).toBeVisible();
});

test("a task is followed, duplicated, archived and thrown away from its menu, and comes back", async ({ person }) => {
  const ana = await person("Ana Petrović");
  const ben = await person("Ben Okafor");
  await project.createProject(ana, "Otter launch", "OTR");
  await project.addMember(ana, ben.name);
  await project.addTasks(ana, "Todo", TITLE);
  await ben.goto("/p/OTR/1");
  const other = ben.page.getByRole("region", { name: TITLE, exact: true });
  const follow = other.getByRole("button", { name: "Follow this task" });
  await expect(follow).toHaveAttribute("aria-pressed", "false");
  await follow.click();
  await expect(follow).toHaveAttribute("aria-pressed", "true");

  const panel = await project.openTask(ana, TITLE);
  await expect(panel.getByRole("complementary").getByRole("img", { name: ben.name })).toBeVisible();
  const menu = panel.getByRole("button", { name: "Task menu" });

  await test.step("the menu is gone through with the keyboard", async () => {
    await menu.press("Enter");
    const lines = panel.getByRole("menuitem");
    await expect(lines.first()).toBeFocused();
    await ana.page.keyboard.press("End");
    await expect(lines.last()).toBeFocused();
    await ana.page.keyboard.press("ArrowDown");
    await expect(lines.first()).toBeFocused();
    await ana.page.keyboard.press("a");
    await expect(panel.getByRole("menuitem", { name: "Archive" })).toBeFocused();
    await ana.page.keyboard.press("Escape");
    await expect(menu).toBeFocused();
    await expect(panel).toBeVisible();
  });

  await test.step("an archived task says so and stays as it is until it is brought back", async () => {
    await menu.click();
    await panel.getByRole("menuitem", { name: "Archive" }).click();
    await expect(other.getByText("This task is archived.")).toBeVisible();
    await expect(panel.getByRole("button", { name: /^Status: / })).toBeDisabled();
    await expect(project.card(ana, TITLE)).toHaveCount(0);
    await ben.page.setViewportSize({ width: 390, height: 844 });
    await expect(other.getByRole("region", { name: "Description" }), "on a phone right below").toBeInViewport();
    await panel.getByRole("button", { name: "Bring back" }).click();
    await expect(project.card(ana, TITLE)).toBeVisible();
    await expect(other.getByText("This task is archived.")).toBeHidden();
  });

  await test.step("what is in the trash is restored", async () => {
    await menu.click();
    await panel.getByRole("menuitem", { name: "Move to trash" }).click();
    await expect(other.getByText("This task is in the trash.")).toBeVisible();
    await other.getByRole("button", { name: "Restore" }).click();
    await expect(project.card(ana, TITLE)).toBeVisible();
  });

  await test.step("a duplicate has the same values and is opened", async () => {
    await project.choose(panel, "Priority", "High");
    await project.describe(panel, "Three of five units lose their zero.");
    await menu.click();
    await panel.getByRole("menuitem", { name: "Duplicate" }).click();
    const copy = ana.page.getByRole("region", { name: `Copy of ${TITLE}`, exact: true });
    await expect(copy.getByRole("region", { name: "Description" })).toContainText("Three of five units lose their zero.");
    await expect(copy.getByRole("button", { name: /^Priority: / })).toHaveText("Priority: High");
    await expect(ana.page).toHaveURL(/\/p\/OTR\/2$/);
  });
});

test("a comment is changed and removed by who wrote it, names somebody, and the history can be read alone", async ({ person }) => {
  const ana = await person("Ana Petrović");
  const ben = await person("Ben Okafor");
  await project.createProject(ana, "Otter launch", "OTR");
  await project.addMember(ana, ben.name);
  await project.addTasks(ana, "Todo", TITLE);
  await ben.goto("/p/OTR/1");
  const panel = await project.openTask(ana, TITLE);
  await project.choose(panel, "Priority", "High");
  await project.choose(panel, "Priority", "Urgent");

  const form = panel.getByRole("form", { name: "Add a comment" });
  const field = form.getByRole("textbox", { name: "Comment", exact: true });
  await field.fill("The supplier confirms.");
  await form.getByRole("button", { name: /^Mention someone/ }).click();
  await form.getByRole("option", { name: ben.name }).click();
  await expect(field).toBeFocused();
  await expect(field).toHaveValue(`The supplier confirms. @${ben.name} `);
  await field.press("Control+Enter");
  const mine = panel.getByRole("article", { name: `Comment by ${ana.name}` });
  const theirs = ben.page.getByRole("article", { name: `Comment by ${ana.name}` });
  await expect(theirs).toContainText(`The supplier confirms. @${ben.name}`);
  await expect(theirs.getByRole("button", { name: "Comment menu" }), "not Ben's, and he does not lead").toHaveCount(0);

  await test.step("in place, with what was typed kept over a reload", async () => {
    await mine.getByRole("button", { name: "Comment menu" }).click();
    await mine.getByRole("menuitem", { name: "Edit" }).click();
    const edit = mine.getByRole("textbox", { name: "Comment" });
    await expect(edit).toHaveValue(`The supplier confirms. @${ben.name} `);
    await edit.fill(`The supplier confirms it. @${ben.name}`);
    await ana.page.reload();
    await ana.hydrated();
    await expect(edit).toHaveValue(`The supplier confirms it. @${ben.name}`);
    await mine.getByRole("button", { name: "Save" }).click();
    await expect(theirs).toContainText(`The supplier confirms it. @${ben.name}`);
  });

  await test.step("what it said before is one press away, for everybody", async () => {
    const before = theirs.getByRole("list", { name: "Before" });
    await theirs.getByRole("button", { name: "edited: what it said before" }).click();
    await expect(before.getByRole("listitem")).toHaveCount(1);
    await expect(before).toContainText(`The supplier confirms. @${ben.name}`);
    await theirs.getByRole("button", { name: "edited: what it said before" }).click();
    await expect(before).toHaveCount(0);
  });

  await test.step("the history alone, with old and new values, and the comments alone", async () => {
    const activity = panel.getByRole("list", { name: "Activity" });
    const show = panel.getByRole("group", { name: "Show" });
    await show.getByRole("button", { name: "History" }).click();
    await expect(activity.getByRole("article")).toHaveCount(0);
    await expect(activity).toContainText("changed the priority from High to Urgent");
    await show.getByRole("button", { name: "Comments" }).click();
    await expect(activity.getByRole("article")).toHaveCount(1);
    await expect(activity).not.toContainText("changed the priority");
  });

  await mine.getByRole("button", { name: "Comment menu" }).click();
  await mine.getByRole("menuitem", { name: "Remove" }).click();
  await expect(mine).toContainText("This comment was removed.");
  await expect(theirs).toContainText("This comment was removed.");
  await ana.page.getByRole("button", { name: "Undo" }).click();
  await expect(theirs).toContainText("The supplier confirms it.");
});

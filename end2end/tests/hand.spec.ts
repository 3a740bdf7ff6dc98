// The speed of hand: taking back, shortcuts, the palette, and what is understood of a line.

import { expect, type Person, test } from "../kit/fixture";
import * as project from "../kit/project";

const PROJECT = "Otter launch";

const messages = (person: Person) => person.page.getByRole("status", { name: "Messages" });
const palette = (person: Person) => person.page.getByRole("dialog", { name: "Command palette" });
const search = (person: Person) => palette(person).getByRole("combobox", { name: "Search or run a command" });
const result = (person: Person, name: string | RegExp) => palette(person).getByRole("option", { name });

async function begin(person: (name: string) => Promise<Person>): Promise<Person> {
  const ana = await person("Ana Petrović");
  await project.createProject(ana, PROJECT, "OTR");
  return ana;
}

/** A place without a field, a menu or a button under the focus. */
const stepOut = (person: Person) => person.page.locator("#main").focus();

test("what was done is taken back and done again with the keyboard, in order", async ({ person }) => {
  const ana = await begin(person);
  const ben = await person("Ben Okafor");
  await project.addMember(ana, ben.name);
  await project.addTasks(ana, "Todo", "Film the clip");
  const panel = await project.openTask(ana, "Film the clip");
  await project.describe(panel, "Forty seconds.");
  await project.describe(panel, "Thirty seconds.");
  await project.closeTask(ana);
  await stepOut(ana);

  await ana.page.keyboard.press("Control+z");
  await expect(messages(ana)).toContainText("Undone");
  await ana.page.keyboard.press("Control+z");
  await project.openTask(ana, "Film the clip");
  await expect(panel.getByRole("region", { name: "Description" })).not.toContainText("seconds");
  await stepOut(ana);
  await ana.page.keyboard.press("Control+Shift+z");
  await expect(panel.getByRole("region", { name: "Description" })).toContainText("Forty seconds.");
  await ana.page.keyboard.press("Control+y");
  await expect(panel.getByRole("region", { name: "Description" })).toContainText("Thirty seconds.");
  await project.closeTask(ana);

  await stepOut(ana);
  for (const _ of ["text", "text", "task"]) await ana.page.keyboard.press("Control+z");
  await expect(project.card(ana, "Film the clip")).toHaveCount(0);
  await ana.page.keyboard.press("Control+Shift+z");
  await expect(project.card(ana, "Film the clip", "Todo")).toBeVisible();
  await ben.goto("/");
  await project.openProject(ben, PROJECT);
  await expect(project.card(ben, "Film the clip", "Todo")).toBeVisible();
});

test("the palette finds tasks by words and numbers, changes the open one, and offers to undo", async ({ person }) => {
  const ana = await begin(person);
  const { page } = ana;
  await project.addTasks(ana, "Todo", "Charging dock handshake times out", "Film the dock-pairing clip", "Freeze the colour");
  await stepOut(ana);

  await page.keyboard.press("Control+k");
  await expect(search(ana)).toBeFocused();
  await search(ana).fill("dock hand");
  await expect(result(ana, /Charging dock handshake/)).toHaveAttribute("aria-selected", "true");
  await page.keyboard.press("Enter");
  await expect(palette(ana)).toBeHidden();
  const panel = page.getByRole("region", { name: "Charging dock handshake times out", exact: true });
  await expect(panel).toBeVisible();

  await page.keyboard.press("/");
  await search(ana).fill("assign to me");
  await page.keyboard.press("Enter");
  await expect(messages(ana)).toContainText("OTR-1 is assigned to you.");
  await expect(project.card(ana, "Charging dock handshake times out").getByRole("img", { name: ana.name, exact: true })).toBeVisible();
  await messages(ana).getByRole("button", { name: "Undo", exact: true }).click();
  await expect(messages(ana)).toContainText("Undone: OTR-1 is assigned to you.");
  await expect(project.card(ana, "Charging dock handshake times out").getByRole("img", { name: ana.name, exact: true })).toHaveCount(0);

  await page.keyboard.press("Control+k");
  await result(ana, "Move to…").click();
  await search(ana).fill("done");
  await page.keyboard.press("Enter");
  await expect(project.card(ana, "Charging dock handshake times out", "Done")).toBeVisible();

  await page.keyboard.press("Control+k");
  await search(ana).fill("otr-3");
  await expect(palette(ana).getByRole("option").first()).toContainText("Freeze the colour");
  await search(ana).fill("Buy tape");
  await expect(palette(ana).getByRole("option")).toHaveCount(1);
  await page.keyboard.press("Enter");
  await expect(project.card(ana, "Buy tape", "Todo")).toBeVisible();
});

test("single keys work on the page, not in a field, and can be switched off on the device", async ({ person }) => {
  const ana = await begin(person);
  const { page } = ana;
  const sheet = page.getByRole("dialog", { name: "Keyboard shortcuts" });
  const dialog = page.getByRole("dialog", { name: "New task" });

  await stepOut(ana);
  await page.keyboard.press("c");
  await expect(dialog).toBeVisible();
  await dialog.getByRole("textbox", { name: "Title" }).pressSequentially("cg?");
  await expect(sheet).toBeHidden();
  await page.keyboard.press("Escape");

  await stepOut(ana);
  await page.keyboard.press("g");
  await page.keyboard.press("m");
  await expect(page.getByRole("table")).toBeVisible();
  await stepOut(ana);
  await page.keyboard.press("g");
  await page.keyboard.press("b");
  await expect(page.getByRole("list", { name: "Board", exact: true })).toBeVisible();

  await stepOut(ana);
  await page.keyboard.press("?");
  await expect(sheet).toContainText("New task");
  await sheet.getByRole("switch", { name: "Single-key shortcuts" }).uncheck();
  await page.keyboard.press("Escape");
  await page.reload();
  await ana.hydrated();
  await stepOut(ana);
  await page.keyboard.press("c");
  await page.keyboard.press("Control+k");
  await expect(search(ana)).toBeFocused();
  await expect(dialog).toBeHidden();
});

test("a line is understood, its chips become text again, and pasted lines become tasks that are undone at once", async ({ person }) => {
  const ana = await begin(person);
  const { page } = ana;
  await page.getByRole("button", { name: "Add task to Todo", exact: true }).click();
  const form = page.getByRole("form", { name: "Quick add" });
  const field = form.getByRole("textbox", { name: "New task" });
  const chips = form.getByRole("list", { name: "Read from your text" });

  await field.fill("Look at the sun 27 mar 2031 +me !high");
  await expect(chips.getByRole("button")).toHaveCount(3);
  await expect(chips.getByRole("button").first()).toContainText("Sun");
  await chips.getByRole("button").first().click();
  await expect(field).toBeFocused();
  await expect(chips).toContainText("27 Mar 2031");
  await field.press("Enter");
  await expect(project.card(ana, "Look at the sun", "Todo")).toContainText("27 Mar 2031");
  await expect(project.card(ana, "Look at the sun").getByRole("img", { name: ana.name, exact: true })).toBeVisible();

  await field.evaluate((input) => {
    const data = new DataTransfer();
    data.setData("text/plain", "- Book the hall\n- Invite\n- Pay");
    input.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
  });
  await expect(messages(ana)).toContainText("3 tasks created.");
  for (const title of ["Book the hall", "Invite", "Pay"]) await project.isStored(ana, title);
  await messages(ana).getByRole("button", { name: "Undo", exact: true }).click();
  for (const title of ["Book the hall", "Invite", "Pay"]) await expect(project.card(ana, title)).toHaveCount(0);
});

test("a refused undo says why, and what is there stays", async ({ person }) => {
  const ana = await begin(person);
  const ben = await person("Ben Okafor");
  await project.addMember(ana, ben.name);
  await project.addTasks(ana, "Todo", "Write the manual");
  const panel = await project.openTask(ana, "Write the manual");
  await project.describe(panel, "By Ana.");
  await ben.goto("/");
  await project.openProject(ben, PROJECT);
  await project.describe(await project.openTask(ben, "Write the manual"), "By Ben.");
  await expect(panel.getByRole("region", { name: "Description" })).toContainText("By Ben.");
  await stepOut(ana);
  await ana.page.keyboard.press("Control+z");
  await expect(messages(ana)).not.toContainText("Undone");
  await expect(messages(ana)).toContainText("Somebody changed this text");
  await expect(panel.getByRole("region", { name: "Description" })).toContainText("By Ben.");
});

for (const { prefix, viewport } of [
  { prefix: "", viewport: { width: 1440, height: 900 } },
  { prefix: "m-", viewport: { width: 390, height: 844 } },
]) {
  test(`the palette, the sheet and a new task fit a window of ${viewport.width} pixels`, async ({ person }, info) => {
    const ana = await begin(person);
    const { page } = ana;
    await project.addTasks(ana, "Todo", "Charging dock handshake times out", "Film the dock-pairing clip");
    await page.setViewportSize(viewport);
    const shoot = async (name: string) => {
      for (const theme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
        const surplus = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        expect(surplus, `${name} must not scroll sideways`).toBeLessThanOrEqual(0);
        await page.screenshot({ path: info.outputPath(`${prefix}${name}-${theme}.png`), caret: "hide" });
      }
    };
    await stepOut(ana);
    await page.keyboard.press("Control+k");
    await search(ana).fill("dock");
    await expect(palette(ana).getByRole("option").first()).toBeVisible();
    await shoot("palette");
    await page.keyboard.press("Escape");
    await page.keyboard.press("?");
    await shoot("keys");
    await page.keyboard.press("Escape");
    await page.keyboard.press("c");
    const dialog = page.getByRole("dialog", { name: "New task" });
    await dialog.getByRole("textbox", { name: "Title" }).fill("Send the chamber report to the lab next fri 14:00 +me !high");
    await expect(dialog.getByRole("list", { name: "Read from your text" }).getByRole("button")).toHaveCount(4);
    await shoot("new-task");
    await dialog.getByRole("button", { name: "Create task", exact: true }).click();
    await expect(messages(ana)).toContainText("Send the chamber report to the lab created.");
    await shoot("undo");
  });
}

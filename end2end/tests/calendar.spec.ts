// A project as a calendar: what is due when, moved by mouse, finger and keyboard.

import { type Locator } from "@playwright/test";
import { give, newId, told } from "../kit/commands";
import { expect, type Person, test } from "../kit/fixture";
import * as project from "../kit/project";

const PROJECT = "Otter M2 launch";

/** What the live region says. */
const said = (person: Person) => person.page.locator("p[role=status][aria-live=polite]").last();

/** A day of the month, such as `Friday 14 March`; in another year than this one, with that. */
const day = (person: Person, name: string) => person.page.getByRole("gridcell", { name: new RegExp(`^${name}\\b`) });

const task = (place: Locator, title: string) => place.getByRole("link", { name: title, exact: true });

async function middle(locator: Locator) {
  const box = await locator.boundingBox();
  if (box === null) throw new Error("It is not on the screen.");
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

/** A project with tasks that are due on days, and one that is not. */
async function withTasks(ana: Person, tasks: [title: string, due?: string][]): Promise<string[]> {
  await project.createProject(ana, PROJECT, "OTR");
  const { person: me, project: id, statuses } = await told(ana, "/p/OTR");
  const status = statuses.find((s) => s.name === "Todo")?.id;
  const ids = tasks.map(() => newId());
  await give(
    ana,
    me,
    tasks.map(([title, due], place) => ({
      create_task: { project: id, task: ids[place], title, status, ...(due === undefined ? {} : { due: { day: due } }) },
    })),
  );
  return ids;
}

async function open(person: Person, month = "2031-03"): Promise<void> {
  await person.goto(`/p/OTR/calendar?month=${month}`);
  await project.isLive(person);
}

test("tasks lie on the days on which they are due, and the month stands in the address beside the filter", async ({ person }) => {
  const ana = await person("Ana");
  await withTasks(ana, [["First", "2031-03-14"], ["Second", "2031-03-14"], ["April", "2031-04-01"], ["Undated"]]);
  const { page } = ana;
  await page.getByRole("link", { name: "Calendar", exact: true }).click();
  await expect(page).toHaveURL(/\/p\/OTR\/calendar$/);
  await expect(page.getByRole("complementary", { name: "No date" }).getByRole("link")).toHaveText(["Undated"]);

  await open(ana);
  await expect(page.getByRole("grid", { name: "March 2031" })).toBeVisible();
  await expect(page.getByRole("columnheader")).toHaveText(["Week", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]);
  await expect(page.getByRole("gridcell", { name: /^Friday 14 March 2031, 2 tasks First/ })).toBeVisible();
  await expect(day(ana, "Friday 14 March").getByRole("link")).toHaveText(["First", "Second"]);
  await expect(day(ana, "Tuesday 1 April").getByRole("link"), "the last week is shown in full").toHaveText(["April"]);

  await page.getByRole("button", { name: "Next month" }).click();
  await expect(page).toHaveURL(/\?month=2031-04$/);
  await expect(page.getByRole("heading", { name: "April 2031" })).toBeVisible();
  await page.getByRole("button", { name: "Previous month" }).click();
  await page.getByRole("button", { name: "Previous month" }).click();
  await expect(page.getByRole("grid", { name: "February 2031" })).toBeVisible();
  await page.getByRole("button", { name: "Today" }).click();
  await expect(page).toHaveURL(/\/p\/OTR\/calendar$/);
  await expect(page.locator("[aria-current=date]")).toHaveCount(1);

  await page.goto("/p/OTR/calendar?month=2031-03&text=sec");
  await ana.hydrated();
  await expect(day(ana, "Friday 14 March").getByRole("link")).toHaveText(["Second"]);
  await task(day(ana, "Friday 14 March"), "Second").click();
  await expect(page.getByRole("region", { name: "Second", exact: true })).toBeVisible();
  await expect(page).toHaveURL(/\/p\/OTR\/2\?view=calendar&month=2031-03&text=sec$/);
  await expect(page.getByRole("grid", { name: "March 2031" })).toBeVisible();
  await project.closeTask(ana);
  await expect(page).toHaveURL(/\/p\/OTR\/calendar\?month=2031-03&text=sec$/);
  await expect(task(day(ana, "Friday 14 March"), "Second")).toBeFocused();
});

test("a week begins where the reader's does, and a full day says how many more there are", async ({ person }) => {
  const ana = await person("Ana");
  await withTasks(ana, [1, 2, 3, 4, 5].map((n) => [`Task ${n}`, "2031-03-14"]));
  const american = await ana.device({ locale: "en-US" });
  await open(american);
  await expect(american.page.getByRole("columnheader")).toHaveText(["Week", "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]);
  await open(ana);
  const friday = day(ana, "Friday 14 March");
  await expect(friday.getByRole("link")).toHaveText(["Task 1", "Task 2"]);
  const more = friday.getByRole("button", { name: "3 more on Friday 14 March 2031" });
  await more.click();
  await expect(friday.getByRole("link")).toHaveCount(5);
  await friday.getByRole("button", { name: "Show less on Friday 14 March 2031" }).click();
  await expect(friday.getByRole("link")).toHaveCount(2);
});

test("a task is dragged to another day, out of the tray and back, live and undone", async ({ person }) => {
  const ana = await person("Ana");
  const ben = await person("Ben");
  await withTasks(ana, [["First", "2031-03-14"], ["Undated"]]);
  await project.addMember(ana, ben.name);
  await open(ben);
  await open(ana);
  const { mouse } = ana.page;
  const drag = async (what: Locator, to: Locator) => {
    const [from, goal] = [await middle(what), await middle(to)];
    await mouse.move(from.x, from.y);
    await mouse.down();
    await mouse.move(goal.x, goal.y, { steps: 5 });
    await expect(ana.page.locator(".drag-layer")).toBeVisible();
    await expect(to).toHaveAttribute("data-drop", "true");
  };
  const [friday, tuesday] = [day(ana, "Friday 14 March"), day(ana, "Tuesday 18 March")];

  await drag(task(friday, "First"), tuesday);
  await expect(task(friday, "First")).toHaveAttribute("data-state", "ghost");
  await ana.page.keyboard.press("Escape");
  await mouse.up();
  await expect(said(ana)).toHaveText("Put back First, Friday 14 March 2031.");

  await drag(task(friday, "First"), tuesday);
  await mouse.up();
  await expect(task(tuesday, "First")).toBeVisible();
  await expect(said(ana)).toHaveText("Dropped First, Tuesday 18 March 2031.");
  await expect(ana.page, "nothing was clicked").toHaveURL(/calendar\?month=2031-03$/);
  await expect(ana.page.getByRole("dialog", { name: "New task" })).toBeHidden();
  await expect(task(day(ben, "Tuesday 18 March"), "First")).toBeVisible();
  await ana.page.getByRole("button", { name: "Undo", exact: true }).click();
  await expect(task(day(ben, "Friday 14 March"), "First")).toBeVisible();

  const [tray, bensTray] = [ana, ben].map((p) => p.page.getByRole("complementary", { name: "No date" }));
  await drag(task(tray!, "Undated"), tuesday);
  await mouse.up();
  await expect(task(day(ben, "Tuesday 18 March"), "Undated")).toBeVisible();
  await drag(task(friday, "First"), tray!);
  await mouse.up();
  await expect(task(bensTray!, "First")).toBeVisible();
  await expect(ana.page.getByText("First has no date.")).toBeVisible();
});

test("days are gone through and tasks carried with the keyboard alone, and each step is said", async ({ person }) => {
  const ana = await person("Ana");
  await withTasks(ana, [["First", "2031-03-14"], ["Undated"]]);
  await open(ana);
  const { keyboard } = ana.page;
  await expect(ana.page.locator("td[tabindex='0']"), "the month is one stop of the Tab key").toHaveCount(1);
  await day(ana, "Saturday 1 March").focus();
  for (const [key, name] of [
    ["ArrowDown", "Saturday 8 March"],
    ["ArrowRight", "Sunday 9 March"],
    ["Home", "Monday 3 March"],
    ["End", "Sunday 9 March"],
    ["ArrowUp", "Sunday 2 March"],
    ["PageDown", "Wednesday 2 April"],
    ["PageUp", "Sunday 2 March"],
    ["ArrowDown", "Sunday 9 March"],
    ["ArrowDown", "Sunday 16 March"],
    ["ArrowLeft", "Saturday 15 March"],
    ["ArrowLeft", "Friday 14 March"],
  ] as const) {
    await keyboard.press(key);
    await expect(day(ana, name), key).toBeFocused();
  }
  await keyboard.press("Tab");
  await expect(task(day(ana, "Friday 14 March"), "First")).toBeFocused();
  await keyboard.press("Space");
  await expect(said(ana)).toHaveText(/^Lifted First, Friday 14 March 2031\. Arrow keys/);
  await keyboard.press("ArrowRight");
  await expect(said(ana)).toHaveText("Saturday 15 March 2031.");
  await keyboard.press("Escape");
  await expect(said(ana)).toHaveText("Put back First, Friday 14 March 2031.");
  await expect(task(day(ana, "Friday 14 March"), "First")).toBeFocused();

  await keyboard.press("Space");
  for (let week = 0; week < 4; week += 1) await keyboard.press("ArrowDown");
  await expect(said(ana)).toHaveText("Friday 11 April 2031.");
  await expect(day(ana, "Friday 11 April")).toBeFocused();
  await keyboard.press("Space");
  await expect(said(ana)).toHaveText("Dropped First, Friday 11 April 2031.");
  await expect(task(day(ana, "Friday 11 April"), "First")).toBeFocused();
  await expect(ana.page.getByText("First is due on Friday 11 April 2031.")).toBeVisible();
  await keyboard.press("ControlOrMeta+z");
  await expect(day(ana, "Friday 11 April").getByRole("link")).toHaveCount(0);
  await expect(day(ana, "Friday 11 April"), "the focus stays on the day").toBeFocused();

  const undated = task(ana.page.getByRole("complementary", { name: "No date" }), "Undated");
  await undated.focus();
  await keyboard.press("Space");
  await keyboard.press("ArrowRight");
  await keyboard.press("Space");
  await expect(said(ana)).toHaveText(/^Dropped Undated, /);
  await expect(undated).toHaveCount(0);
});

test("a new task is begun on an empty place of a day, by mouse and by keyboard", async ({ person }) => {
  const ana = await person("Ana");
  await withTasks(ana, [["First", "2031-03-14"]]);
  await open(ana);
  const dialog = ana.page.getByRole("dialog", { name: "New task" });
  const create = async (title: string, due: string) => {
    await expect(dialog.getByLabel("Due", { exact: true })).toHaveValue(due);
    await dialog.getByRole("textbox", { name: "Title" }).fill(title);
    await dialog.getByRole("button", { name: "Create task" }).click();
    await expect(dialog).toBeHidden();
  };
  const box = await day(ana, "Friday 14 March").boundingBox();
  await ana.page.mouse.click(box!.x + box!.width / 2, box!.y + box!.height - 6);
  await create("By mouse", "2031-03-14");
  await expect(task(day(ana, "Friday 14 March"), "By mouse")).toBeVisible();
  await day(ana, "Friday 14 March").focus();
  await ana.page.keyboard.press("ArrowRight");
  await ana.page.keyboard.press("Enter");
  await create("By keyboard", "2031-03-15");
  await expect(task(day(ana, "Saturday 15 March"), "By keyboard")).toBeVisible();
  await ana.page.getByRole("navigation", { name: "Main" }).getByRole("button", { name: /^New task/ }).click();
  await expect(dialog.getByLabel("Due", { exact: true }), "from elsewhere it is for no day").toHaveValue("");
});

test("who only looks moves and adds nothing", async ({ person }) => {
  const ana = await person("Ana");
  const eve = await person("Eve");
  await withTasks(ana, [["First", "2031-03-14"]]);
  const { person: me, project: id } = await told(ana, "/p/OTR");
  await eve.goto("/my");
  const eveId = await eve.page.evaluate(() => JSON.parse(document.getElementById("told")!.textContent!).answer.told.page.my_tasks.me.person.id);
  await give(ana, me, [{ add_member: { project: id, person: eveId, role: "viewer" } }]);
  await open(eve);
  await task(day(eve, "Friday 14 March"), "First").focus();
  await eve.page.keyboard.press("Space");
  await expect(said(eve)).toHaveText("");
  await day(eve, "Saturday 15 March").click();
  await expect(eve.page.getByRole("dialog", { name: "New task" })).toHaveCount(0);
});

test("on a phone the days are below the month, and a finger carries tasks between them", async ({ person }) => {
  const ana = await person("Ana");
  const [, later] = await withTasks(ana, [["First", "2031-03-14"], ["Later", "2031-03-20"]]);
  const phone = await ana.device({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
  await open(phone);
  const { page } = phone;
  const group = (name: string) => page.getByRole("region", { name, exact: true });
  await day(phone, "Friday 14 March").tap();
  await expect(task(group("Friday 14 March 2031"), "First")).toBeVisible();
  await expect(task(group("Thursday 20 March 2031"), "Later")).toBeVisible();
  await expect(page.getByRole("dialog", { name: "New task" })).toBeHidden();
  expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth), "it does not scroll sideways").toBeLessThanOrEqual(0);

  const input = await phone.context.newCDPSession(page);
  const touch = (type: "touchStart" | "touchMove" | "touchEnd", x: number, y: number) =>
    input.send("Input.dispatchTouchEvent", { type, touchPoints: type === "touchEnd" ? [] : [{ x, y }] });
  const first = await middle(task(group("Friday 14 March 2031"), "First"));
  const goal = await middle(day(phone, "Wednesday 26 March"));
  await touch("touchStart", first.x, first.y);
  await expect(page.locator(".drag-layer")).toBeVisible();
  await touch("touchMove", goal.x, (first.y + goal.y) / 2);
  await touch("touchMove", goal.x, goal.y);
  await expect(day(phone, "Wednesday 26 March")).toHaveAttribute("data-drop", "true");
  await touch("touchEnd", goal.x, goal.y);
  await expect(task(group("Wednesday 26 March 2031"), "First")).toBeVisible();
  await expect(group("Friday 14 March 2031")).toContainText("Nothing is due.");

  const { person: me, project: id } = await told(ana, "/p/OTR");
  await give(ana, me, [{ rename_task: { project: id, task: later, title: "Later than that" } }]);
  await expect(task(group("Thursday 20 March 2031"), "Later than that"), "it stays live").toBeVisible();
  await group("Friday 14 March 2031").getByRole("button", { name: "New task on Friday 14 March 2031" }).tap();
  await expect(page.getByRole("dialog", { name: "New task" }).getByLabel("Due", { exact: true })).toHaveValue("2031-03-14");
});

// The inbox: what others do comes in at once, is read, marked and put away with keys, and on a phone one pane at a time.

import { expect, test } from "../kit/fixture";
import type { Person } from "../kit/person";
import * as project from "../kit/project";

const SOAK = "Torque sensor drifts after a soak";
const DOCK = "Charging dock handshake times out";

const link = (person: Person) => person.page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: /^Inbox/ });
const notices = (person: Person) => person.page.getByRole("list", { name: "Notifications" });
const notice = (person: Person, text: string | RegExp) => notices(person).getByRole("link", { name: text });

async function say(panel: import("@playwright/test").Locator, text: string): Promise<void> {
  const form = panel.getByRole("form", { name: "Add a comment" });
  await form.getByRole("textbox", { name: "Comment", exact: true }).fill(text);
  await form.getByRole("button", { name: "Comment", exact: true }).click();
  await expect(form.getByRole("textbox")).toHaveValue("");
}

async function team(person: (name: string) => Promise<Person>): Promise<[Person, Person]> {
  const ben = await person("Ben Okafor");
  const ana = await person("Ana Petrović");
  await project.createProject(ben, "Otter launch", "OTR");
  await project.addMember(ben, ana.name);
  await project.addTasks(ben, "Todo", SOAK, DOCK);
  return [ben, ana];
}

test("what others do comes in live, and is read by being opened", async ({ person }) => {
  const [ben, ana] = await team(person);
  await ana.goto("/");
  await expect(link(ana)).toHaveText("Inbox");

  await test.step("an assignment and a mention of one task are one thing that is new", async () => {
    const panel = await project.openTask(ben, SOAK);
    await project.choose(panel, "Assignees", ana.name);
    await expect(link(ana)).toHaveText("Inbox1 unread");
    await say(panel, `@${ana.name} can we ship **five** of them?`);
    await project.closeTask(ben);
    const other = await project.openTask(ben, DOCK);
    await project.choose(other, "Assignees", ana.name);
    await expect(link(ana)).toHaveText("Inbox2 unread");
    // What one does by oneself is no news.
    await expect(link(ben)).toHaveText("Inbox");
  });

  await test.step("G then I leads there; opening reads", async () => {
    await ana.page.keyboard.press("g");
    await ana.page.keyboard.press("i");
    await expect(ana.page).toHaveURL(/\/inbox$/);
    await expect(notices(ana).getByRole("listitem")).toHaveCount(2);
    await notice(ana, /^Unread\. Ben Okafor mentioned you/).click();
    const reader = ana.page.getByRole("region", { name: SOAK });
    await expect(reader.getByRole("article", { name: "Comment by Ben Okafor" })).toContainText("can we ship five of them?");
    await expect(reader.getByText("@Ana Petrović")).toBeVisible();
    await expect(reader.getByRole("listitem").first()).toContainText("Ben Okafor assigned you");
    await expect(notice(ana, /^Ben Okafor mentioned you/)).toHaveAttribute("aria-current", "true");
    await expect(link(ana)).toHaveText("Inbox1 unread");
  });

  await test.step("what is said while it is open appears there, and is read", async () => {
    await project.closeTask(ben);
    const panel = await project.openTask(ben, SOAK);
    await say(panel, "Hartmann agrees.");
    const reader = ana.page.getByRole("region", { name: SOAK });
    await expect(reader.getByText("Hartmann agrees.")).toBeVisible();
    await expect(notice(ana, /^Ben Okafor commented on a task you follow/)).toContainText("3 updates");
    await expect(link(ana)).toHaveText("Inbox1 unread");
  });

  await test.step("a task that is opened elsewhere is read", async () => {
    await ana.goto("/p/OTR/2");
    await expect(link(ana)).toHaveText("Inbox");
    await ana.goto("/inbox");
    await expect(notice(ana, /^Ben Okafor assigned you/)).toBeVisible();
    await ana.page.getByRole("button", { name: /^Unread/ }).click();
    await expect(ana.page.getByRole("heading", { name: "All is read" })).toBeVisible();
  });
});

test("an inbox is worked through with keys, and what was put away comes back", async ({ person }) => {
  const [ben, ana] = await team(person);
  for (const title of [SOAK, DOCK]) {
    const panel = await project.openTask(ben, title);
    await project.choose(panel, "Assignees", ana.name);
    await project.closeTask(ben);
  }
  await ana.goto("/inbox");
  await expect(link(ana)).toHaveText("Inbox2 unread");
  const { keyboard } = ana.page;
  const first = notice(ana, new RegExp(DOCK));
  const second = notice(ana, new RegExp(SOAK));

  await keyboard.press("j");
  await expect(first).toBeFocused();
  await keyboard.press("j");
  await expect(second).toBeFocused();
  await keyboard.press("u");
  await expect(second).not.toHaveAttribute("data-unread");
  await expect(link(ana)).toHaveText("Inbox1 unread");
  await expect(second).toBeFocused();
  await keyboard.press("u");
  await expect(link(ana)).toHaveText("Inbox2 unread");
  await keyboard.press("k");
  await keyboard.press("Enter");
  await expect(ana.page.getByRole("heading", { name: DOCK, level: 2 })).toBeFocused();
  await expect(link(ana)).toHaveText("Inbox1 unread");
  await keyboard.press("Escape");
  await expect(first).toBeFocused();

  await keyboard.press("e");
  await expect(first).toHaveCount(0);
  await expect(second).toBeFocused();
  await ana.page.reload();
  await expect(notices(ana).getByRole("listitem")).toHaveCount(1);
  await ana.hydrated();
  await second.focus();
  await keyboard.press("e");
  await expect(ana.page.getByRole("heading", { name: "Nothing new for you" })).toBeVisible();
  await ana.page.getByRole("button", { name: "Undo" }).click();
  await expect(second).toBeVisible();

  const panel = await project.openTask(ben, SOAK);
  await say(panel, "One more");
  await expect(link(ana)).toHaveText("Inbox1 unread");
  await ana.page.getByRole("button", { name: "Mark all as read" }).click();
  await expect(link(ana)).toHaveText("Inbox");
  await expect(ana.page.getByRole("button", { name: "Mark all as read" })).toBeDisabled();
});

test("on a phone there is one pane at a time", async ({ person }) => {
  const [ben, ana] = await team(person);
  const panel = await project.openTask(ben, SOAK);
  await project.choose(panel, "Assignees", ana.name);
  await ana.page.setViewportSize({ width: 390, height: 844 });
  await ana.goto("/");
  await ana.page.getByRole("navigation", { name: "Quick navigation" }).getByRole("link", { name: "Inbox 1 unread" }).click();
  await expect(notices(ana)).toBeVisible();
  await notice(ana, /assigned you/).click();
  await expect(notices(ana)).toBeHidden();
  await expect(ana.page.getByRole("heading", { name: SOAK, level: 2 })).toBeVisible();
  await ana.page.getByRole("button", { name: "Back to notifications" }).click();
  await expect(notice(ana, /assigned you/)).toBeFocused();
  await notice(ana, /assigned you/).click();
  await ana.page.getByRole("link", { name: "Open task" }).click();
  await expect(ana.page).toHaveURL(/\/p\/OTR\/1$/);
});

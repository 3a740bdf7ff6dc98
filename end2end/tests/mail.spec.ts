// What comes by mail: the way into an account and back into it, what happened, what is due, and the way out of it.

import { expect, test } from "../kit/fixture";
import * as commands from "../kit/commands";
import * as project from "../kit/project";
import type { Person } from "../kit/person";
import type { Server } from "../kit/server";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const SOAK = "Torque sensor drifts after a soak";

/** Moves the server's clock on to the next time that Lisbon's clocks show this hour; nobody is gone long enough to be signed out. */
async function until(server: Server, from: number, hour: number, ...people: Person[]): Promise<number> {
  const shown = new Intl.DateTimeFormat("en-GB", { timeZone: "Europe/Lisbon", hour: "numeric", minute: "numeric", second: "numeric", hourCycle: "h23" });
  const [h, m, s] = shown.format(from).split(":").map(Number) as [number, number, number];
  let left = ((hour - h + 24) % 24) * HOUR - m * MINUTE - s * 1000;
  if (left < 0) left += 24 * HOUR;
  const at = from + left;
  for (; left > 0; left -= 6 * HOUR) {
    await server.advance(Math.min(left, 6 * HOUR));
    for (const person of people) await person.page.request.get("/");
  }
  return at;
}

test("an address is confirmed by its link alone, and a forgotten password is replaced", async ({ visitor, person }) => {
  await person("Ana Petrović");
  const ben = await visitor("Ben Okafor");
  ben.watch.expect(/status of 4\d\d/);
  const { page } = ben;

  await test.step("before the link nobody comes in", async () => {
    await ben.askForAccount();
    await ben.goto("/signin");
    await page.getByRole("textbox", { name: "Email", exact: true }).fill(ben.email);
    await page.getByLabel("Password", { exact: true }).fill(ben.password);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await expect(page.getByRole("alert")).toContainText("Your address is not confirmed yet.");
  });

  await test.step("the newest link and the password let him in", async () => {
    await expect(async () => expect(await ben.mails()).toHaveLength(2)).toPass();
    const [newest, oldest] = (await ben.mails()).map((mail) => new URL(mail.links.find((link) => link.includes("/verify/"))!).pathname);
    for (const [link, password, says] of [
      [newest, "not the right one at all", "This is not the password of this account."],
      [oldest, ben.password, "The link is used up or has expired."],
    ] as const) {
      await ben.goto(link!);
      await page.getByLabel("Password", { exact: true }).fill(password);
      await page.getByRole("button", { name: "Confirm my address" }).click();
      await expect(page.getByText(says)).toBeVisible();
    }
    await ben.goto(newest!);
    await page.getByLabel("Password", { exact: true }).fill(ben.password);
    await page.getByRole("button", { name: "Confirm my address" }).click();
    await expect(page.getByRole("heading", { name: "Projects", level: 1 })).toBeVisible();
    await ben.hydrated();
  });

  await test.step("another password by mail signs him out everywhere, and lets him in", async () => {
    const elsewhere = await visitor("Ben elsewhere");
    await elsewhere.goto("/signin");
    await elsewhere.page.getByRole("link", { name: "Forgot your password?" }).click();
    await elsewhere.hydrated();
    await elsewhere.page.getByRole("textbox", { name: "Email" }).fill(ben.email);
    await elsewhere.page.getByRole("button", { name: "Send the link" }).click();
    await expect(elsewhere.page.getByRole("status")).toContainText("a link is on its way");
    await elsewhere.goto(await ben.linkByMail("/reset/"));
    await elsewhere.page.getByLabel("Password", { exact: true }).fill("quiet lamps over the water");
    await elsewhere.page.getByRole("button", { name: "Change the password" }).click();
    await expect(elsewhere.page.getByRole("status")).toContainText("Your password was changed.");
    await elsewhere.page.getByRole("textbox", { name: "Email" }).fill(ben.email);
    await elsewhere.page.getByLabel("Password", { exact: true }).fill("quiet lamps over the water");
    await elsewhere.page.getByRole("button", { name: "Sign in", exact: true }).click();
    await expect(elsewhere.page.getByRole("heading", { name: "Projects", level: 1 })).toBeVisible();
    await ben.mail(/^Your password was changed$/);
    await page.goto("/");
    await expect(page.getByRole("button", { name: "Sign in", exact: true })).toBeVisible();
  });
});

test("whoever gets a task hears of it, is reminded of it, and can have less of that", async ({ server, person }) => {
  const ana = await person("Ana Petrović");
  const ben = await person("Ben Okafor");
  await project.createProject(ana, "Otter launch", "OTR");
  await project.addMember(ana, ben.name);
  const now = await until(server, Date.now(), 7, ana, ben);

  await test.step("the mail about the task has a link that leads to it", async () => {
    const told = await commands.told(ana, "/p/OTR");
    const of = (await commands.told(ben, "/p/OTR")).person;
    const tomorrow = new Date(now + 24 * HOUR).toISOString().slice(0, 10);
    const task = commands.newId();
    const status = told.statuses[1]!.id;
    const create = { project: told.project, task, title: SOAK, status, due: { day: tomorrow }, assignees: [of], labels: [] };
    await commands.give(ana, told.person, [{ create_task: create }]);
    await expect(async () => expect((await inboxOf(ben)).includes(SOAK)).toBe(true)).toPass();
    await server.advance(6 * MINUTE);
    const mail = await ben.mail(/OTR-1/);
    expect(mail.text).toContain("Ana Petrović assigned this task to you.");
    const link = mail.links.find((link) => link.includes("/p/OTR/1"))!;
    await ben.goto(new URL(link).pathname);
    await expect(ben.page.getByRole("region", { name: SOAK })).toBeVisible();
  });

  await test.step("in the morning it is in the summary of the day, and he is reminded that it is due tomorrow", async () => {
    await server.advance(HOUR);
    await ben.mail(/^OTR-1 is due tomorrow/);
    const summary = await ben.mail(/^Your tasks for/);
    expect(summary.text).toContain(SOAK);

    const link = new URL(summary.unsubscribe!).pathname;
    const answer = await fetch(`http://127.0.0.1:${server.port}${link}`, {
      method: "POST",
      body: "List-Unsubscribe=One-Click",
      headers: { "content-type": "application/x-www-form-urlencoded" },
    });
    expect(answer.status).toBe(200);
  });

  await test.step("one click was enough, and the settings say so", async () => {
    await ben.goto("/settings/notifications");
    const box = (name: string) => ben.page.getByRole("checkbox", { name });
    await expect(box("Summary of the day")).not.toBeChecked();
    await expect(box("Summary of the week")).toBeChecked();
    await box("Your task is overdue").uncheck();
    await ben.page.getByLabel("Summaries and reminders of a day come at").selectOption("9");
    await ben.page.getByLabel("Otter launch").selectOption("Muted");
    await ben.page.getByRole("button", { name: "Save" }).click();
    await expect(ben.page.getByRole("form", { name: "Mail" }).getByRole("status")).toHaveText("Saved.");
    await ben.page.reload();
    await expect(box("Your task is overdue")).not.toBeChecked();
    await expect(ben.page.getByLabel("Summaries and reminders of a day come at")).toHaveValue("9");
    await expect(ben.page.getByLabel("Otter launch")).toHaveValue("muted");
  });
});

test("people see where they are signed in, and end it there", async ({ person }) => {
  const ana = await person("Ana Petrović");
  const phone = await ana.device({});
  await phone.context.clearCookies();
  await phone.signIn();
  await ana.goto("/settings/security");
  const rows = ana.page.getByRole("region", { name: "Where you are signed in" }).getByRole("listitem");
  await expect(rows).toHaveCount(2);
  await expect(rows.filter({ hasText: "This device" })).toHaveCount(1);
  await rows.filter({ hasNotText: "This device" }).getByRole("button", { name: "Sign out" }).click();
  await expect(rows).toHaveCount(1);
  await phone.page.goto("/");
  await expect(phone.page.getByRole("button", { name: "Sign in", exact: true })).toBeVisible();

  ana.watch.expect(/status of 422/);
  await ana.page.getByLabel("Current password").fill("not this one, surely");
  await ana.page.getByLabel("New password").fill("quiet lamps over the water");
  await ana.page.getByRole("button", { name: "Change password" }).click();
  await expect(ana.page.getByLabel("Current password")).toHaveAccessibleDescription(/This is not your password/);
  await ana.page.getByLabel("Current password").fill(ana.password);
  await ana.page.getByRole("button", { name: "Change password" }).click();
  await expect(ana.page.getByText("Your password was changed.")).toBeVisible();
});

async function inboxOf(person: Person): Promise<string> {
  return (await person.page.request.get("/inbox")).text();
}

// The pages as they look: at both sizes and in both themes they fit, axe has nothing serious to say about them, and they
// look as in the pictures in `shots/`, which lie beside the reference design. `--update-snapshots` takes them anew.

import type { BrowserContextOptions } from "@playwright/test";
import { expect, type Person, test } from "../kit/fixture";
import { looksWell } from "../kit/looks";
import * as project from "../kit/project";

const SIZES: { prefix: string; options: BrowserContextOptions }[] = [
  { prefix: "", options: { viewport: { width: 1440, height: 900 } } },
  { prefix: "m-", options: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true } },
];

/** A project with something of everything, on whose board the person ends. */
async function furnish(ana: Person, ben: Person): Promise<void> {
  await project.createProject(ana, "Otter M2 launch", "OTR");
  await project.addMember(ana, ben.name);
  await project.addTasks(ana, "Todo", "Book the EMC chamber for the full scan", "Write the emergency-stop section of the manual", "Packaging drop test from 1.2 m");
  await project.addTasks(ana, "In progress", "Charging dock handshake times out at 0 °C", "Torque sensor drifts after a 40 °C soak");
  await project.addTasks(ana, "Done", "UN 38.3 battery transport report", "Order 60 long-lead motor drivers");
  const panel = await project.openTask(ana, "Torque sensor drifts after a 40 °C soak");
  await project.choose(panel, "Assignees", ben.name);
  await project.choose(panel, "Assignees", ana.name);
  await project.choose(panel, "Priority", "High");
  await panel.getByLabel("Due", { exact: true }).fill("2031-03-14");
  await project.describe(panel, "The lift-arm torque sensor loses its zero after two hours at 40 °C.");
  await project.comment(panel, "The supplier confirms that batch 2417 used another adhesive.");
  await project.closeTask(ana);
  const chamber = await project.openTask(ana, "Book the EMC chamber for the full scan");
  await chamber.getByLabel("Due", { exact: true }).fill("2031-03-18");
  await project.choose(chamber, "Assignees", ana.name);
  await project.closeTask(ana);
}

for (const { prefix, options } of SIZES) {
  test(`the pages for visitors look well in a window of ${options.viewport?.width} pixels`, async ({ server, visitor }) => {
    test.setTimeout(180_000);
    const guest = await visitor("Guest", options);
    await guest.goto(server.setupPath);
    await looksWell(guest.page, `${prefix}setup`);
    for (const [path, button] of [
      ["signin", "Sign in"],
      ["register", "Create account"],
      ["registered", "Send the link again"],
      ["verify/x", "Confirm my address"],
      ["forgot?sent=1", "Send the link"],
      ["reset/x", "Change the password"],
      ["unsubscribe/x", "Unsubscribe"],
      ["signin/code", "Sign in"],
      ["email-back/x", "Take my address back"],
    ] as const) {
      await guest.goto(`/${path}`);
      await expect(guest.page.getByRole("button", { name: button, exact: true })).toBeVisible();
      await looksWell(guest.page, prefix + path.replace(/\/x$|\?.*/, "").replace("/", "-"));
    }
  });
}

for (const { prefix, options } of SIZES) {
  test(`the first steps and a sample look well in a window of ${options.viewport?.width} pixels`, async ({ server, visitor }) => {
    test.setTimeout(180_000);
    const ana = await visitor("Ana Petrović", options);
    await ana.begin(server.setupPath);
    const { page } = ana;
    await looksWell(page, `${prefix}welcome`);
    await ana.goto("/welcome/project");
    await looksWell(page, `${prefix}welcome-project`);
    await page.getByRole("button", { name: "Begin with a sample project" }).click();
    await expect(page.getByRole("heading", { name: "Invite people", level: 1 })).toBeVisible();
    await ana.hydrated();
    await looksWell(page, `${prefix}welcome-people`);
    await page.getByRole("button", { name: "To my projects" }).click();
    await expect(page.getByRole("heading", { name: "Projects", level: 1 })).toBeVisible();
    await ana.goto("/p/TRY");
    await project.isLive(ana);
    await looksWell(page, `${prefix}sample`);
  });
}

for (const { prefix, options } of SIZES) {
  test(`the pages of a project look well in a window of ${options.viewport?.width} pixels`, async ({ person }) => {
    test.setTimeout(180_000);
    const ana = await person("Ana Petrović");
    const ben = await person("Ben Okafor");
    await furnish(ana, ben);
    const board = new URL(ana.page.url()).pathname;
    const device = await ana.device(options);
    const { page } = device;
    await device.goto(`${board}/5`);
    const panel = page.getByRole("region", { name: "Torque sensor drifts after a 40 °C soak", exact: true });
    await expect(panel).toBeVisible();
    await expect(page.getByRole("article", { name: "Comment by Ana Petrović", exact: true })).toBeVisible();
    await looksWell(page, `${prefix}task`);
    await project.closeTask(device);
    await project.isLive(device);
    await looksWell(page, `${prefix}board`);
    for (const [tail, name, shown] of [
      ["list", "list", page.getByRole("table").first()],
      ["calendar?month=2031-03", "calendar", page.getByRole("heading", { name: "March 2031", exact: true })],
      ["overview", "overview", page.getByRole("heading", { name: "Burn-up" })],
      ["members", "members", page.getByRole("table").first()],
      ["settings", "settings", page.getByRole("heading", { name: "Archive and trash" })],
    ] as const) {
      await device.goto(`${board}/${tail}`);
      await expect(shown).toBeVisible();
      await looksWell(page, prefix + name);
    }
  });
}

for (const { prefix, options } of SIZES) {
  test(`the pages across projects look well in a window of ${options.viewport?.width} pixels`, async ({ person }) => {
    test.setTimeout(180_000);
    const ana = await person("Ana Petrović");
    const ben = await person("Ben Okafor");
    await furnish(ana, ben);
    const device = await ana.device(options);
    const { page } = device;
    for (const [path, name, heading] of [
      ["/", "home", "Projects"],
      ["/my", "my-tasks", "My tasks"],
      ["/search?q=torque", "search", "Search"],
    ] as const) {
      await device.goto(path);
      await expect(page.getByRole("heading", { name: heading, level: 1 })).toBeVisible();
      await looksWell(page, prefix + name);
    }
    // Ben was told that a task was assigned to him, and of the comment.
    const his = await ben.device(options);
    await his.goto("/inbox");
    await expect(his.page.getByRole("list", { name: "Notifications" }).getByRole("listitem")).toHaveCount(1);
    await looksWell(his.page, `${prefix}inbox`);
    await his.goto("/settings/security/close");
    await expect(his.page.getByRole("button", { name: "Close my account" })).toBeVisible();
    await looksWell(his.page, `${prefix}close`);
  });

  test(`the settings look well in a window of ${options.viewport?.width} pixels`, async ({ person }) => {
    test.setTimeout(180_000);
    const ana = await person("Ana Petrović");
    await project.createProject(ana, "Otter M2 launch", "OTR");
    const device = await ana.device(options);
    const { page } = device;
    for (const [path, name, heading] of [
      ["/settings/security", "security", "Security"],
      ["/settings/security/confirm", "confirm", "Security"],
      ["/settings/security/email", "email", "Security"],
      ["/settings/notifications", "notifications", "Notifications"],
      ["/settings/exports", "exports", "Exports"],
      ["/admin/jobs?state=discarded", "jobs", "Jobs"],
      ["/admin/mails", "mails", "Mails"],
      ["/admin/audit?action=project.create", "audit", "Audit log"],
      ["/admin/keys", "keys", "Encryption keys"],
      ["/admin/keys?do=rotate", "keys-rotate", "Encryption keys"],
    ] as const) {
      await device.goto(path);
      await expect(page.getByRole("heading", { name: heading, level: 1 })).toBeVisible();
      await looksWell(page, prefix + name);
    }
  });
}

test("the people of the installation look well at both sizes", async ({ person, visitor }) => {
  test.setTimeout(180_000);
  const ana = await person("Ana Petrović");
  const ben = await person("Ben Okafor");
  await project.createProject(ana, "Otter M2 launch", "OTR");
  await ana.goto("/admin/people");
  const guest = await visitor("Sofia Lind");
  await ana.page.getByLabel("Email addresses").fill(guest.email);
  await ana.page.getByText("Add them to projects").click();
  await ana.page.getByRole("checkbox", { name: "Otter M2 launch" }).check();
  await ana.page.getByRole("button", { name: "Send invitation" }).click();
  await expect(ana.page.getByText("On their way.")).toBeVisible();
  const link = await guest.linkByMail("/invite/");
  for (const { prefix, options } of SIZES) {
    const device = await ana.device(options);
    const { page } = device;
    await device.goto("/admin/people");
    await expect(page.getByRole("region", { name: "People, by name" })).toBeVisible();
    await looksWell(page, `${prefix}people`);
    await page.getByRole("link", { name: `Manage ${ben.name}` }).click();
    await device.hydrated();
    await expect(page.getByRole("heading", { name: ben.name, level: 2 })).toBeVisible();
    await looksWell(page, `${prefix}person`);
    await device.goto("/admin/people?by=link");
    await expect(page.getByRole("button", { name: "Make the link" })).toBeVisible();
    await looksWell(page, `${prefix}invite-link`);
    const invited = await visitor(`Sofia at ${options.viewport?.width}`, options);
    await invited.goto(link);
    await expect(invited.page.getByRole("button", { name: "Make my account" })).toBeVisible();
    await looksWell(invited.page, `${prefix}invite`);
  }
});

test("what opens above a page looks well at both sizes", async ({ person }) => {
  test.setTimeout(180_000);
  const ana = await person("Ana Petrović");
  const ben = await person("Ben Okafor");
  await furnish(ana, ben);
  const board = new URL(ana.page.url()).pathname;

  for (const { prefix, options } of SIZES) {
    const device = await ana.device(options);
    const { page } = device;
    await device.goto(board);
    await project.isLive(device);
    await page.keyboard.press("Control+k");
    await expect(page.getByRole("dialog")).toBeVisible();
    await looksWell(page, `${prefix}palette`);
    await page.keyboard.press("Escape");
    await page.keyboard.press("?");
    await expect(page.getByRole("dialog")).toBeVisible();
    await looksWell(page, `${prefix}shortcuts`);
    await page.keyboard.press("Escape");
    await page.keyboard.press("c");
    await expect(page.getByRole("dialog")).toBeVisible();
    await page.getByRole("dialog").getByRole("textbox").first().fill("Order 40 sensors tomorrow !high");
    await looksWell(page, `${prefix}quick-add`);
  }
});

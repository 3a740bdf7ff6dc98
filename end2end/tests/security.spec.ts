// What protects one's own account: codes from an app, recovery codes, another address, and the end of the account.

import { expect, test } from "../kit/fixture";
import { App } from "../kit/codes";
import { faults } from "../kit/looks";
import type { Person } from "../kit/person";
import * as project from "../kit/project";

async function confirm(person: Person, code?: string): Promise<void> {
  const { page } = person;
  await expect(page.getByRole("heading", { name: "Confirm that it is you" })).toBeVisible();
  await page.getByLabel("Password", { exact: true }).fill(person.password);
  if (code !== undefined) await page.getByLabel("Code from your app").fill(code);
  await page.getByRole("button", { name: "Go on" }).click();
}

async function password(person: Person, email = person.email): Promise<void> {
  const { page } = person;
  await person.goto("/signin");
  await page.getByRole("textbox", { name: "Email", exact: true }).fill(email);
  await page.getByLabel("Password", { exact: true }).fill(person.password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
}

async function signOut(person: Person): Promise<void> {
  await person.goto("/settings/notifications");
  await person.page.getByRole("navigation", { name: "Main" }).getByRole("button", { name: "Sign out" }).click();
  await expect(person.page.getByRole("heading", { name: "Sign in", level: 1 })).toBeVisible();
}

async function isIn(person: Person): Promise<void> {
  await expect(person.page.getByRole("heading", { name: "Projects", level: 1 })).toBeVisible();
}

test("codes from an app are turned on, asked for, and replaced by a recovery code", async ({ server, person }) => {
  test.setTimeout(120_000);
  const ana = await person("Ana Petrović");
  const { page } = ana;
  ana.watch.expect(/status of 4(01|22)/);
  const app = new App(server);
  let codes: string[] = [];
  const code = page.getByLabel("Code", { exact: true });
  const signIn = page.getByRole("button", { name: "Sign in", exact: true });

  await test.step("the first code turns them on, and ten recovery codes are shown once", async () => {
    // It is a while since she showed who she is.
    await app.wait(6 * 60_000);
    await ana.goto("/settings/security");
    await page.getByRole("link", { name: "Turn on" }).click();
    await ana.hydrated();
    expect(await faults(page)).toEqual([]);
    await confirm(ana);
    await expect(page.getByRole("img", { name: "QR code for your app" })).toBeVisible();
    await ana.hydrated();
    expect(await faults(page)).toEqual([]);
    app.secret = await page.locator("#on-secret").innerText();
    const first = page.getByLabel("Type in the code that the app shows now");
    await first.fill("000000");
    await page.getByRole("button", { name: "Turn on" }).click();
    await expect(first).toHaveAccessibleDescription(/not the code/);
    await first.fill(app.now());
    await page.getByRole("button", { name: "Turn on" }).click();
    await expect(page.getByRole("heading", { name: "Keep your recovery codes" })).toBeFocused();
    codes = await page.locator(".codes li").allInnerTexts();
    expect(codes).toHaveLength(10);
    expect(await faults(page)).toEqual([]);
    const download = page.waitForEvent("download");
    await page.getByRole("link", { name: "Download" }).click();
    expect((await download).suggestedFilename()).toBe("muster-recovery-codes.txt");
    await page.getByRole("link", { name: "I have kept them" }).click();
    await expect(page.getByRole("region", { name: "Codes from an app" })).toContainText("10 of 10 left");
    await ana.mail(/^Codes from an app are on$/);
  });

  await test.step("signing in asks for a code, and nothing opens before it", async () => {
    await signOut(ana);
    await password(ana);
    await expect(page.getByRole("heading", { name: "Type in a code" })).toBeVisible();
    await ana.hydrated();
    expect(await faults(page)).toEqual([]);
    await page.goto("/my");
    await expect(page.getByRole("heading", { name: "Sign in", level: 1 })).toBeVisible();
    await ana.goto("/signin/code?next=%2Fmy");
    await code.fill("000000");
    await signIn.click();
    await expect(code).toHaveAccessibleDescription(/not right/);
    await code.fill(await app.next());
    await signIn.click();
    await expect(page.getByRole("heading", { name: "My tasks", level: 1 })).toBeVisible();
  });

  await test.step("without the phone, a recovery code lets her in, once", async () => {
    await signOut(ana);
    await password(ana);
    await expect(page.getByRole("heading", { name: "Type in a code" })).toBeVisible();
    await ana.hydrated();
    await code.fill(codes[0]!);
    await signIn.click();
    await isIn(ana);
    await ana.mail(/^A recovery code was used$/);
    await ana.goto("/settings/security");
    await expect(page.getByRole("region", { name: "Codes from an app" })).toContainText("9 of 10 left");
  });

  await test.step("to show again who she is takes a code, too", async () => {
    await app.wait(6 * 60_000);
    await page.getByRole("link", { name: "Make new codes" }).click();
    await ana.hydrated();
    await confirm(ana, await app.next());
    await ana.hydrated();
    await page.getByRole("button", { name: "Make new codes" }).click();
    await expect(page.locator(".codes li")).toHaveCount(10);
    expect(await page.locator(".codes li").allInnerTexts()).not.toContain(codes[1]);
  });

  await test.step("turned off, they are not asked for", async () => {
    await ana.goto("/settings/security");
    await page.getByRole("link", { name: "Turn off" }).click();
    await ana.hydrated();
    await page.getByRole("button", { name: "Turn off" }).click();
    await expect(page.getByRole("link", { name: "Turn on" })).toBeVisible();
    await signOut(ana);
    await password(ana);
    await isIn(ana);
  });
});

test("an address is changed through the mailbox, and the old one can take it back", async ({ person, visitor }) => {
  const ana = await person("Ana Petrović");
  const { page } = ana;
  ana.watch.expect(/status of 4(01|22)/);
  const fresh = await visitor("Ana New");

  await test.step("the link at the new address makes it hers", async () => {
    await ana.goto("/settings/security");
    await page.getByRole("region", { name: "Address" }).getByRole("link", { name: "Change" }).click();
    await ana.hydrated();
    expect(await faults(page)).toEqual([]);
    await page.getByLabel("New address").fill(fresh.email);
    await page.getByRole("button", { name: "Send the link" }).click();
    await expect(page.getByRole("status")).toContainText("A link is on its way");
    await ana.goto(await fresh.linkByMail("/email/"));
    expect(await faults(page)).toEqual([]);
    await page.getByRole("button", { name: "Use this address" }).click();
    await expect(page.getByRole("region", { name: "Address" })).toContainText(fresh.email);
    await signOut(ana);
    await password(ana, fresh.email);
    await isIn(ana);
  });

  await test.step("the old one takes it back, and another password is chosen", async () => {
    const old = await visitor("Ana Petrović");
    await old.goto(await old.linkByMail("/email-back/"));
    expect(await faults(old.page)).toEqual([]);
    await old.page.getByRole("button", { name: "Take my address back" }).click();
    await expect(old.page.getByRole("status")).toContainText("Your address is back.");
    await page.goto("/");
    await expect(page.getByRole("heading", { name: "Sign in", level: 1 })).toBeVisible();
    await old.goto(await old.linkByMail("/reset/"));
    await old.page.getByLabel("Password", { exact: true }).fill("quiet lamps over the water");
    await old.page.getByRole("button", { name: "Change the password" }).click();
    await expect(old.page.getByRole("status")).toContainText("Your password was changed.");
  });
});

test("an account is closed, and others see a former member at once", async ({ person }) => {
  const ana = await person("Ana Petrović");
  const ben = await person("Ben Okafor");
  ben.watch.expect(/status of 4(01|22)/);
  await project.createProject(ana, "Otter launch", "OTR");
  await project.addMember(ana, ben.name);
  await project.addTasks(ana, "Todo", "Paint the fence");
  await ben.goto("/");
  await project.openProject(ben, "Otter launch");
  const panel = await project.openTask(ben, "Paint the fence");
  await project.comment(panel, "Green, please.");
  const told = await project.openTask(ana, "Paint the fence");
  await expect(told.getByRole("article", { name: "Comment by Ben Okafor" })).toBeVisible();

  await ben.goto("/settings/security");
  await ben.page.getByRole("link", { name: "Close my account" }).click();
  await ben.hydrated();
  expect(await faults(ben.page)).toEqual([]);
  await ben.page.getByLabel(/Type in your address/).fill("yes");
  await ben.page.getByRole("button", { name: "Close my account" }).click();
  await expect(ben.page.getByLabel(/Type in your address/)).toHaveAccessibleDescription(/your own address/);
  await ben.page.getByLabel(/Type in your address/).fill(ben.email);
  await ben.page.getByRole("button", { name: "Close my account" }).click();
  await expect(ben.page.getByRole("status")).toContainText("Your account is closed.");

  await expect(told.getByRole("article", { name: "Comment by Former member" })).toBeVisible();
  await ben.mail(/^Your account was closed$/);
  await ana.goto("/settings/security/close");
  await expect(ana.page.getByRole("heading", { name: "You are the only Admin" })).toBeVisible();
});

test("a password is judged while it is typed", async ({ visitor }) => {
  const guest = await visitor("Guest");
  await guest.goto("/register");
  const { page } = guest;
  await page.getByRole("textbox", { name: "Name", exact: true }).fill("Zebulonia");
  await page.getByRole("textbox", { name: "Email", exact: true }).fill("zebulonia@example.org");
  const password = page.getByLabel("Password", { exact: true });
  const meter = page.getByRole("progressbar", { name: "How good the password is" });
  await password.fill("passwordpassword");
  await expect(page.getByText(/^Easy to guess/)).toBeVisible();
  await expect(meter).not.toHaveAttribute("value", "4");
  await password.fill("slow copper kettle on a tram");
  await expect(page.getByText(/^Strong/)).toBeVisible();
  await expect(meter).toHaveJSProperty("value", 4);
  expect(await faults(page)).toEqual([]);
});

// One person's whole way with an account: into it, what protects it, back into it, and what an Admin changes about it.

import { expect, test } from "../kit/fixture";
import { App } from "../kit/codes";
import { faults } from "../kit/looks";
import type { Person } from "../kit/person";

const OTHER = "quiet lamps over the water";

async function signOut(person: Person): Promise<void> {
  await person.goto("/settings/security");
  await person.page.getByRole("navigation", { name: "Main" }).getByRole("button", { name: "Sign out" }).click();
  await expect(person.page.getByRole("heading", { name: "Sign in", level: 1 })).toBeVisible();
}

async function typePassword(person: Person, email: string, password: string): Promise<void> {
  await person.goto("/signin");
  await person.page.getByRole("textbox", { name: "Email", exact: true }).fill(email);
  await person.page.getByLabel("Password", { exact: true }).fill(password);
  await person.page.getByRole("button", { name: "Sign in", exact: true }).click();
}

async function typeCode({ page }: Person, code: string): Promise<void> {
  await expect(page.getByRole("heading", { name: "Type in a code" })).toBeVisible();
  await page.locator("body[data-hydrated]").waitFor({ state: "attached" });
  await page.getByLabel("Code", { exact: true }).fill(code);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
}

async function isIn({ page }: Person): Promise<void> {
  await expect(page.getByRole("heading", { name: "Projects", level: 1 })).toBeVisible();
}

test("an account from its first mail to another role, with everything that protects it", async ({ server, person, visitor }) => {
  test.setTimeout(240_000);
  const ana = await person("Ana Petrović");
  const ben = await visitor("Ben Okafor");
  const { page } = ben;
  ben.watch.expect(/status of 4(01|22)|script/i);
  const app = new App(server);
  let codes: string[] = [];

  await test.step("he registers, and confirms his address by the mail in the development mailbox", async () => {
    await ben.askForAccount();
    await ben.mail(/^Confirm your address$/);
    await page.goto("/dev/mailbox");
    await expect(page.getByRole("heading", { name: "Confirm your address", level: 1 })).toBeVisible();
    const link = page.frameLocator("iframe").getByRole("link", { name: "Confirm my address" });
    await ben.goto(new URL((await link.getAttribute("href"))!).pathname);
    await page.getByLabel("Password", { exact: true }).fill(ben.password);
    await page.getByRole("button", { name: "Confirm my address", exact: true }).click();
    await isIn(ben);
  });

  await test.step("he turns on codes from an app", async () => {
    await ben.goto("/settings/security/codes");
    await app.add(page);
    await expect(page.getByRole("heading", { name: "Keep your recovery codes" })).toBeFocused();
    codes = await page.locator(".codes li").allInnerTexts();
    expect(codes).toHaveLength(10);
  });

  await test.step("he signs out, and in with a code", async () => {
    await signOut(ben);
    await typePassword(ben, ben.email, ben.password);
    await typeCode(ben, await app.next());
    await isIn(ben);
  });

  await test.step("without the phone a recovery code lets him in", async () => {
    await signOut(ben);
    await typePassword(ben, ben.email, ben.password);
    await typeCode(ben, codes[0]!);
    await isIn(ben);
    await ben.mail(/^A recovery code was used$/);
  });

  await test.step("another password by mail does not pass by the code", async () => {
    await signOut(ben);
    await page.getByRole("link", { name: "Forgot your password?" }).click();
    await ben.hydrated();
    await page.getByRole("textbox", { name: "Email" }).fill(ben.email);
    await page.getByRole("button", { name: "Send the link" }).click();
    await expect(page.getByRole("status")).toContainText("a link is on its way");
    await ben.goto(await ben.linkByMail("/reset/"));
    await page.getByLabel("Password", { exact: true }).fill(OTHER);
    await page.getByRole("button", { name: "Change the password" }).click();
    await expect(page.getByRole("status")).toContainText("Your password was changed.");
    await typePassword(ben, ben.email, OTHER);
    await typeCode(ben, await app.next());
    await isIn(ben);
  });

  await test.step("he sees where he is signed in, and the other browser that he signs out follows at once", async () => {
    const phone = await ben.device({});
    phone.watch.expect(/status of 401/);
    await phone.context.clearCookies();
    await typePassword(phone, ben.email, OTHER);
    await typeCode(phone, await app.next());
    await isIn(phone);
    await phone.hydrated();
    await ben.goto("/settings/security");
    const rows = page.getByRole("region", { name: "Where you are signed in" }).getByRole("listitem");
    await expect(rows).toHaveCount(2);
    await rows.filter({ hasNotText: "This device" }).getByRole("button", { name: "Sign out" }).click();
    await expect(rows).toHaveCount(1);
    await expect(phone.page.getByText("You are signed out.")).toBeVisible();
  });

  await test.step("he moves to another address", async () => {
    const fresh = await visitor("Ben New");
    await ben.goto("/settings/security/email");
    await page.getByLabel("New address").fill(fresh.email);
    await page.getByRole("button", { name: "Send the link" }).click();
    await expect(page.getByRole("status")).toContainText("A link is on its way");
    await ben.goto(await fresh.linkByMail("/email/"));
    await page.getByRole("button", { name: "Use this address" }).click();
    await expect(page.getByRole("region", { name: "Address" })).toContainText(fresh.email);
    await ben.mail(/^Your address was changed$/);
  });

  await test.step("an Admin makes him a Manager, and his page follows at once", async () => {
    await ben.goto("/");
    await expect(page.getByRole("link", { name: "People and roles" })).toHaveCount(0);
    await ana.goto("/admin/people");
    await ana.page.getByRole("link", { name: `Manage ${ben.name}`, exact: true }).click();
    await ana.hydrated();
    await ana.page.getByLabel(`Role of ${ben.name}`).selectOption("Manager");
    await ana.page.getByRole("button", { name: "Change", exact: true }).click();
    await expect(page.getByRole("link", { name: "People and roles" })).toBeVisible();
  });
});

test("an Admin lets somebody in who lost the phone and the recovery codes; a lone Admin is helped at the machine", async ({
  server,
  person,
}) => {
  test.setTimeout(120_000);
  const ana = await person("Ana Petrović");
  const ben = await person("Ben Okafor");
  ben.watch.expect(/status of 401/);
  ana.watch.expect(/status of 401/);
  const app = new App(server);
  await ben.goto("/settings/security/codes");
  await app.add(ben.page);
  await expect(ben.page.getByRole("heading", { name: "Keep your recovery codes" })).toBeVisible();
  await ben.goto("/");

  await test.step("she shows again who she is, and turns his codes off", async () => {
    await app.wait(11 * 60_000);
    const { page } = ana;
    await ana.goto("/admin/people");
    await page.getByRole("link", { name: `Manage ${ben.name}`, exact: true }).click();
    await ana.hydrated();
    expect(await faults(page)).toEqual([]);
    await page.getByRole("button", { name: "Turn codes off" }).click();
    await expect(page.getByRole("heading", { name: "Confirm that it is you" })).toBeVisible();
    await ana.hydrated();
    await page.getByLabel("Password", { exact: true }).fill(ana.password);
    await page.getByRole("button", { name: "Go on" }).click();
    await expect(page.getByRole("region", { name: ben.name, exact: true })).toBeVisible();
    await ana.hydrated();
    await page.getByRole("button", { name: "Turn codes off" }).click();
    await expect(page.getByText("Codes are off. Their password alone is enough now.")).toBeVisible();
    await expect(page.getByRole("button", { name: "Turn codes off" })).toHaveCount(0);
  });

  await test.step("he is signed out, told by mail, and comes in with his password", async () => {
    await expect(ben.page.getByText("You are signed out.")).toBeVisible();
    await ben.mail(/^An admin turned off your codes$/);
    await typePassword(ben, ben.email, ben.password);
    await isIn(ben);
  });

  await test.step("she has codes herself and loses them: nobody else could help, and the terminal does", async () => {
    await ana.goto("/settings/security/codes");
    await app.add(ana.page);
    await expect(ana.page.getByRole("heading", { name: "Keep your recovery codes" })).toBeVisible();
    expect(await server.command("user", "factor-off", "nobody@example.org")).toContain("no account that can come in has this address");
    expect(await server.command("user", "factor-off", ana.email)).toContain("Codes are off.");
    expect(await server.command("user", "factor-off", ana.email)).toContain("asks for no codes");
    await ana.mail(/^An admin turned off your codes$/);
    await typePassword(ana, ana.email, ana.password);
    await isIn(ana);
  });
});

// The vault's keys: an admin sees them, rotates, retires the old one and is told what may not be done; so does an operator at the
// command line, beside the running server. Everybody goes on working.

import { expect, test } from "../kit/fixture";
import { faults } from "../kit/looks";
import * as project from "../kit/project";

test("an admin rotates the key while somebody works, and retires the old one", async ({ person, server }) => {
  test.setTimeout(240_000);
  const ana = await person("Ana Petrović");
  const ben = await person("Ben Okafor");
  const { page } = ana;
  await project.createProject(ben, "Otter M2 launch", "OTR");
  const versions = page.getByRole("region", { name: "Key versions" }).last();
  const row = (key: string) => versions.getByRole("row").filter({ has: page.getByRole("cell", { name: key, exact: true }) });

  await ana.goto("/admin/keys");
  await expect(row("Key 1")).toContainText("Active");
  expect(await faults(page)).toEqual([]);

  await test.step("a wrong password changes nothing", async () => {
    ana.watch.expect(/status of 422/);
    await page.getByRole("link", { name: "Rotate key" }).click();
    await ana.hydrated();
    await expect(page.getByText("Nobody has to stop working.")).toBeVisible();
    expect(await faults(page)).toEqual([]);
    await page.getByLabel("Your password").fill("not my password at all");
    await page.getByRole("button", { name: "Rotate key" }).click();
    await expect(page.getByText("This is not your password. Try again.")).toBeVisible();
    await expect(row("Key 2")).toHaveCount(0);
  });

  await test.step("the right one makes a new key, and everything is re-encrypted", async () => {
    await page.getByLabel("Your password").fill(ana.password);
    await page.getByRole("button", { name: "Rotate key" }).click();
    await expect(page.getByRole("heading", { name: "Re-encryption to key 2" })).toBeVisible();
    await expect(row("Key 2")).toContainText("Active");
    await expect(page.getByText("100% done")).toBeVisible({ timeout: 20_000 });
    await expect(row("Key 1")).toContainText("Not used any more", { timeout: 20_000 });
  });

  await test.step("nobody was disturbed: the other still works, and signs in elsewhere", async () => {
    await project.addTasks(ben, "Todo", "Book the EMC chamber");
    await ben.page.reload();
    await expect(ben.page.getByText("Book the EMC chamber")).toBeVisible();
  });

  await test.step("the old key is retired, which signs out who came in under it", async () => {
    // Until the audit log was signed with the new key, too, it is refused.
    await server.advance(61_000);
    await expect(async () => expect(await server.command("keys", "retire", "1")).toContain("signed 2 sessions")).toPass({ timeout: 30_000 });
    await ana.goto("/admin/keys");
    await page.getByRole("link", { name: "Retire key 1" }).click();
    await ana.hydrated();
    await expect(page.getByText("2 open sessions that it signed are signed out")).toBeVisible();
    await page.getByLabel("Your password").fill(ana.password);
    await page.getByRole("button", { name: "Retire key and sign out" }).click();
    await expect(page).toHaveURL(/signin/);
    await ana.signIn();
    await ana.goto("/admin/keys");
    await expect(row("Key 1")).toContainText("Retired");
    expect(await faults(page)).toEqual([]);
  });
});

test("an operator rotates at the command line, beside the server, and each step has its gate", async ({ person, server }) => {
  test.setTimeout(240_000);
  const ana = await person("Ana Petrović");
  const muster = (...words: string[]) => server.command("keys", ...words);
  expect(await muster("status")).toMatch(/1 +active/);
  expect((await muster("retire", "1")).trim()).toContain("key 1 is the active key");
  expect(await muster("add")).toContain("Key 2 is in the file");
  await expect(async () => expect(await muster("status")).toContain("has: 1 active, 2 decrypt_only")).toPass({ timeout: 20_000 });
  expect(await muster("promote", "2")).toContain("Key 2 encrypts what is written from now on");
  expect(await muster("retire", "1")).toContain("key 1 cannot be retired");
  await expect(async () => expect(await muster("status")).toContain("has: 2 active, 1 decrypt_only")).toPass({ timeout: 20_000 });
  expect(await muster("retire", "1")).toMatch(/key 1 cannot be retired: \d+ records are encrypted with it/);
  expect(await muster("rotate", "--wait")).toContain("Everything is encrypted with the active key");
  await server.advance(61_000);
  await expect(async () => expect(await muster("retire", "1")).toContain("signed 1 sessions that are still open")).toPass({ timeout: 30_000 });
  expect(await muster("retire", "1", "--sign-out")).toContain("Key 1 decrypts nothing any more");
  await ana.page.goto("/");
  await ana.signIn();
});

test("for others there is no such page", async ({ person }) => {
  await person("Ana Petrović");
  const ben = await person("Ben Okafor");
  ben.watch.expect(/status of 404/);
  await ben.goto("/settings/security");
  await expect(ben.page.getByRole("link", { name: "Encryption keys" })).toHaveCount(0);
  const origin = new URL(ben.page.url()).origin;
  const data = { order: "rotate", password: ben.password };
  const answer = await ben.page.request.post("/api/keys", { data, headers: { origin } });
  expect(answer.status()).toBe(404);
  await ben.goto("/admin/keys");
  await expect(ben.page.getByRole("heading", { name: "Encryption keys" })).toHaveCount(0);
});

// What became of mails: an admin sees to whom each goes and why one did not leave, and has it tried again; nobody else does.

import { expect, test } from "../kit/fixture";
import { faults } from "../kit/looks";

test("an admin sees that a mail did not leave and why, and has it tried again", async ({ person, visitor }) => {
  const ana = await person("Ana Petrović");
  const { page } = ana;
  const ben = await person("Ben Okafor");
  await ana.goto("/admin/jobs");
  await page.getByRole("button", { name: "Pause mail", exact: true }).click();
  await expect(page.getByRole("button", { name: "Resume mail", exact: true })).toBeVisible();

  await test.step("a link that Ben asks for waits", async () => {
    const guest = await visitor("Guest");
    await guest.goto("/forgot");
    await guest.page.getByRole("textbox", { name: "Email" }).fill(ben.email);
    await guest.page.getByRole("button", { name: "Send the link" }).click();
    await expect(guest.page.getByRole("status")).toContainText("on its way");
    await ana.goto("/admin/mails?show=waiting");
    const row = page.getByRole("row").filter({ hasText: ben.email });
    await expect(row).toContainText("Waiting");
    await expect(row).toContainText("Ben Okafor");
    await expect(row).toContainText("Account");
    await expect(page.getByText(/choose another password/i)).toHaveCount(0);
  });

  await test.step("when its job is cancelled, it has failed, and the reason stands below it", async () => {
    await ana.goto("/admin/jobs?state=available");
    await page.getByRole("button", { name: "Cancel Send mail" }).click();
    await expect(page.getByText("There are no such jobs.")).toBeVisible();
    await ana.goto("/admin/mails");
    const row = page.getByRole("row").filter({ hasText: ben.email }).filter({ hasText: "Failed" });
    await expect(row).toBeVisible();
    await expect(page.getByText("an admin cancelled it")).toBeVisible();
    expect(await faults(page)).toEqual([]);
  });

  await test.step("it is sent when it is tried again", async () => {
    await page.getByRole("button", { name: "Try the mail to Ben Okafor again" }).click();
    await expect(page.getByText("an admin cancelled it")).toHaveCount(0);
    await ana.goto("/admin/jobs");
    await page.getByRole("button", { name: "Resume mail", exact: true }).click();
    await expect(page.getByRole("button", { name: "Pause mail", exact: true })).toBeVisible();
    await ben.linkByMail("/reset/");
    await ana.goto("/admin/mails");
    const row = page.getByRole("row").filter({ hasText: ben.email }).filter({ hasText: "Account" }).first();
    await expect(row).toContainText("Sent");
    await page.getByRole("link", { name: /^Failed/ }).click();
    await expect(page.getByText("There are no such mails.")).toBeVisible();
  });

  await test.step("for others there is no such page", async () => {
    ben.watch.expect(/status of 404/);
    await ben.goto("/settings/security");
    await expect(ben.page.getByRole("link", { name: "Mails" })).toHaveCount(0);
    await ben.goto("/admin/mails");
    await expect(ben.page.getByRole("heading", { name: "Mails", exact: true })).toHaveCount(0);
  });
});

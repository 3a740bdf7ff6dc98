// The page of kept mails: a list, a mail in a frame that can do nothing, and its text.

import { expect, test } from "../kit/fixture";
import { faults } from "../kit/looks";

test("the kept mails can be read in the mailbox", async ({ server, visitor }) => {
  const ana = await visitor("Ana Petrović");
  const { page } = ana;
  // The mail wants to run a script, and the browser says that it may not.
  ana.watch.expect(/script/i);
  await page.goto("/dev/mailbox");
  await expect(page.getByRole("heading", { name: "No mail yet" })).toBeVisible();

  await server.keepMail("01795426200000-m1@localhost", "Größe prüfen <b>", "https://localhost/verify/1");
  await server.keepMail("01795426300000-m2@localhost", "Second", "https://localhost/verify/2");
  await page.goto("/dev/mailbox");
  await expect(page.getByRole("heading", { name: "Second", level: 1 })).toBeVisible();
  await page.getByRole("navigation", { name: "Mailbox" }).getByRole("link", { name: "Größe prüfen <b>" }).click();
  await expect(page.getByRole("heading", { name: "Größe prüfen <b>", level: 1 })).toBeVisible();
  const letter = page.frameLocator("iframe");
  await expect(letter.getByRole("link", { name: "Open" })).toHaveAttribute("href", "https://localhost/verify/1");
  await expect(letter.locator("body")).not.toHaveAttribute("data-ran", /.*/);
  await expect(page.getByLabel("Plain text")).toContainText("https://localhost/verify/1");
  const listed = await (await page.request.get("/dev/mailbox.json")).json();
  expect(listed.map((mail: { subject: string }) => mail.subject)).toEqual(["Second", "Größe prüfen <b>"]);
  // axe wants to run in every frame, and in this one nothing runs.
  await page.locator("iframe").evaluate((frame) => frame.remove());
  for (const theme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme: theme });
    expect(await faults(page), theme).toEqual([]);
  }
});

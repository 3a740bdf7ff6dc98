// The jobs of the installation: an admin sees what waits and what went wrong, and decides; nobody else sees that it is there.

import { expect, test } from "../kit/fixture";

test("an admin pauses a queue, sees what waits in it, cancels it, and lets it go on", async ({ person, visitor }) => {
  const ana = await person("Ana Petrović");
  const { page } = ana;
  const ben = await person("Ben Okafor");
  await ana.goto("/admin/jobs");
  const queue = page.getByRole("listitem").filter({ has: page.getByRole("heading", { name: /^mail/ }) });
  await expect(queue).toContainText("Healthy");
  await page.getByRole("button", { name: "Pause mail", exact: true }).click();
  await expect(queue).toContainText("Paused");

  await test.step("a mail that is asked for now waits, and is cancelled", async () => {
    const guest = await visitor("Guest");
    await guest.goto("/forgot");
    await guest.page.getByRole("textbox", { name: "Email" }).fill(ben.email);
    await guest.page.getByRole("button", { name: "Send the link" }).click();
    await expect(guest.page.getByRole("status")).toContainText("on its way");
    const row = page.getByRole("row").filter({ hasText: "Waiting" }).filter({ hasText: "Send mail" });
    await expect(row).toBeVisible();
    await row.getByRole("button", { name: "Cancel Send mail" }).click();
    await expect(page.getByText("an admin cancelled it")).toBeVisible();
  });

  await test.step("it is sent after all when it is tried again", async () => {
    await page.getByRole("link", { name: /^Cancelled/ }).click();
    await ana.hydrated();
    await page.getByRole("button", { name: "Retry all" }).click();
    await expect(page.getByText("There are no such jobs.")).toBeVisible();
    await page.getByRole("button", { name: "Resume mail", exact: true }).click();
    await ben.linkByMail("/reset/");
  });

  await test.step("for others there is no such page", async () => {
    ben.watch.expect(/status of 404/);
    await ben.goto("/settings/security");
    await expect(ben.page.getByRole("link", { name: "Jobs" })).toHaveCount(0);
    const origin = new URL(ben.page.url()).origin;
    const answer = await ben.page.request.post("/api/jobs", { data: { order: "pause", queue: "mail" }, headers: { origin } });
    expect(answer.status()).toBe(404);
    await ben.goto("/admin/jobs");
    await expect(ben.page.getByRole("heading", { name: "Jobs", exact: true })).toHaveCount(0);
  });
});

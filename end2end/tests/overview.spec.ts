// How a project goes on: figures and charts that follow what people do.

import { give, newId, told } from "../kit/commands";
import { expect, type Person, test } from "../kit/fixture";
import * as project from "../kit/project";

/** A figure of the summary. */
const figure = (person: Person, name: string) =>
  person.page.getByRole("region", { name: "Summary" }).locator("div").filter({ has: person.page.getByText(name, { exact: true }) }).locator("dd");

test("the overview tells what was done and is late, and follows what somebody else does", async ({ person }) => {
  const ana = await person("Ana Petrović");
  const ben = await person("Ben Okafor");
  await project.createProject(ana, "Otter M2 launch", "OTR");
  await project.addMember(ana, ben.name);
  const { person: me, project: id, statuses } = await told(ana, "/p/OTR");
  const at = (name: string) => statuses.find((s) => s.name === name)?.id;
  const [late, other] = [newId(), newId()];
  await give(ana, me, [
    { create_task: { project: id, task: newId(), title: "Freeze drawing", status: at("Done") } },
    { create_task: { project: id, task: late, title: "RoHS <b>declarations</b>", status: at("Todo"), assignees: [me], due: { day: "2026-01-05" } } },
    { create_task: { project: id, task: other, title: "Dock handshake", status: at("In progress") } },
  ]);
  const { page } = ben;
  await ben.goto("/p/OTR/overview");
  await project.isLive(ben);
  await expect(page).toHaveTitle("Overview of Otter M2 launch · Muster");
  await expect(figure(ben, "Done")).toHaveText("1 of 3");
  await expect(figure(ben, "Overdue")).toHaveText("1 of 2 open");
  await expect(page.getByRole("img", { name: /^Burn-up since .* 1 of 3 tasks done by/ })).toBeVisible();
  await expect(page.getByRole("img", { name: /^Tasks done per week .*: 1\. The four-week average is 0\./ })).toBeVisible();
  await expect(page.getByRole("list", { name: "Open tasks per person" }).getByRole("listitem")).toHaveText([/Ana Petrović1 open, 1 overdue/, /No one1 open/]);
  const overdue = page.getByRole("region", { name: /^Overdue/ });
  await expect(overdue.getByRole("link", { name: "RoHS <b>declarations</b>", exact: true })).toBeVisible();
  await expect(page.getByText(/^Days are counted in/)).toBeVisible();

  // The focus stays where it is when it is drawn again.
  await overdue.getByRole("link", { name: "Open as list" }).focus();
  await give(ana, me, [{ move_task: { project: id, task: other, to: at("Done"), spot: "last" } }]);
  await expect(figure(ben, "Done")).toHaveText("2 of 3");
  await expect(overdue.getByRole("link", { name: "Open as list" })).toBeFocused();
  await overdue.getByRole("link", { name: "RoHS <b>declarations</b>", exact: true }).click();
  await expect(page.getByRole("region", { name: "RoHS <b>declarations</b>", exact: true })).toBeVisible();
  await page.goBack();
  await expect(figure(ben, "Done")).toHaveText("2 of 3");
  await give(ana, me, [{ move_task: { project: id, task: late, to: at("Done"), spot: "last" } }]);
  await expect(figure(ben, "Done")).toHaveText("3 of 3");
  await expect(overdue).toContainText("Nothing is overdue.");
});

test("the overview is reached by a shortcut and says what is empty", async ({ person }) => {
  const ana = await person("Ana");
  await project.createProject(ana, "Otter M2 launch", "OTR");
  await ana.page.keyboard.press("g");
  await ana.page.keyboard.press("o");
  await expect(ana.page).toHaveURL(/\/p\/OTR\/overview$/);
  await expect(ana.page.getByText("Nothing is overdue.")).toBeVisible();
  await expect(figure(ana, "Done")).toHaveText("0 of 0");
  const phone = await ana.device({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
  await phone.goto("/p/OTR/overview");
  await expect(figure(phone, "Done")).toHaveText("0 of 0");
  const surplus = await phone.page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  expect(surplus, "it does not scroll sideways").toBeLessThanOrEqual(0);
  await ana.page.keyboard.press("g");
  await ana.page.keyboard.press("c");
  await expect(ana.page.getByRole("grid")).toBeVisible();
});

// Days and moments: chosen where one person is, shown where another is, and written as each of them is used to.

import { expect, test } from "../kit/fixture";
import * as project from "../kit/project";

const TOKYO = { locale: "en-US", timezoneId: "Asia/Tokyo" };

test("a moment that is chosen in one zone is shown to others in theirs, as they are used to", async ({ person }) => {
  const ana = await person("Ana Petrović");
  await project.createProject(ana, "Otter M2 launch", "OTR");
  await project.addTasks(ana, "Todo", "Call the carrier");
  const here = await project.openTask(ana, "Call the carrier");
  await expect(here.getByLabel("Due at", { exact: true })).toBeHidden();
  await here.getByLabel("Due", { exact: true }).fill("2031-07-14");
  await here.getByLabel("Due at", { exact: true }).fill("09:30");
  await expect(project.card(ana, "Call the carrier")).toContainText("14 Jul 2031 09:30");
  await expect(here.getByText(/in Europe/)).toHaveCount(0);

  // The same person far away: the server knows them from Lisbon until the browser has told otherwise.
  const away = await ana.device(TOKYO);
  await away.goto(new URL(ana.page.url()).pathname);
  const there = away.page.getByRole("region", { name: "Call the carrier", exact: true });
  await expect(project.card(away, "Call the carrier")).toContainText("Jul 14, 2031 5:30 pm");
  await expect(there.getByLabel("Due at", { exact: true })).toHaveValue("17:30");
  await expect(there.getByText("Jul 14, 2031 9:30 am in Europe/Lisbon")).toBeVisible();
  // From now on it paints so at once.
  const painted = await (await away.page.request.get(away.page.url())).text();
  expect(painted).toContain("Jul 14, 2031 5:30 pm");

  // Half past midnight there is the day before here.
  await there.getByLabel("Due at", { exact: true }).fill("00:30");
  await expect(here.getByLabel("Due", { exact: true })).toHaveValue("2031-07-13");
  await expect(here.getByLabel("Due at", { exact: true })).toHaveValue("16:30");
  await expect(here.getByText("14 Jul 2031 00:30 in Asia/Tokyo")).toBeVisible();
  await expect(there.getByText(/in Europe/)).toHaveCount(0);
});

test("a day is the same day everywhere, and weeks begin where the reader begins them", async ({ person }) => {
  const ana = await person("Ana Petrović");
  await project.createProject(ana, "Otter M2 launch", "OTR");
  await project.addTasks(ana, "Todo", "Call the carrier");
  const here = await project.openTask(ana, "Call the carrier");
  await here.getByLabel("Due", { exact: true }).fill("2031-07-14");
  await project.choose(here, "Assignees", ana.name);
  await ana.goto("/my");
  await expect(ana.page.getByRole("region", { name: "Later" }).getByRole("listitem")).toContainText(["14 Jul 2031"]);
  await expect(ana.page.getByRole("columnheader").first()).toHaveText("Mo");

  const away = await ana.device(TOKYO);
  await away.goto("/my");
  await expect(away.page.getByRole("region", { name: "Later" }).getByRole("listitem")).toContainText(["Jul 14, 2031"]);
  await expect(away.page.getByRole("columnheader").first()).toHaveText("Su");
});

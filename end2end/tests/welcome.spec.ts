// The first steps of whoever has set up the installation, the name of the team, and the sample project.

import { expect, type Person, test } from "../kit/fixture";
import * as project from "../kit/project";
import { faults } from "../kit/looks";

const heading = (person: Person, name: string) => person.page.getByRole("heading", { name, level: 1, exact: true });

test("the first admin names the team, begins a project and invites people, and is never led there again", async ({ server, visitor }) => {
  const ana = await visitor("Ana Petrović");
  const guest = await visitor("Sofia Lind");
  await ana.begin(server.setupPath);
  const { page } = ana;
  expect(await faults(page)).toEqual([]);

  // What is typed stays over a reload and on the way back.
  const team = page.getByRole("textbox", { name: "What your team is called" });
  await team.fill("Norrvik Robotics");
  await page.reload();
  await ana.hydrated();
  await expect(team).toHaveValue("Norrvik Robotics");
  await page.getByRole("link", { name: "Skip this step" }).click();
  await expect(heading(ana, "Your first project")).toBeVisible();
  await page.goBack();
  await ana.hydrated();
  await expect(team).toHaveValue("Norrvik Robotics");
  await team.press("Enter");

  await expect(heading(ana, "Your first project")).toBeVisible();
  await ana.hydrated();
  expect(await faults(page)).toEqual([]);
  await page.getByRole("textbox", { name: "Name", exact: true }).fill("Otter M2 launch");
  await page.getByRole("textbox", { name: "Key", exact: true }).fill("1");
  ana.watch.expect(/status of 422/);
  await page.getByRole("button", { name: "Create project" }).click();
  await expect(page.getByRole("textbox", { name: "Key", exact: true })).toHaveAccessibleDescription(/begins with a letter/);
  await page.getByRole("textbox", { name: "Key", exact: true }).fill("");
  await page.getByRole("button", { name: "Create project" }).click();

  await expect(heading(ana, "Invite people")).toBeVisible();
  await ana.hydrated();
  expect(await faults(page)).toEqual([]);
  // Going back shows what was done, and nothing has to be typed again.
  await page.getByRole("navigation", { name: "First steps" }).getByRole("link", { name: "Project" }).click();
  await expect(page.getByRole("link", { name: "Otter M2 launch" })).toHaveAttribute("href", "/p/OML");
  await expect(page.getByRole("button", { name: "Create project" })).toHaveCount(0);
  await page.getByRole("link", { name: "Go on" }).click();
  await ana.hydrated();
  await page.getByRole("textbox", { name: "Email addresses" }).fill(guest.email);
  await expect(page.getByRole("checkbox", { name: "Otter M2 launch" })).toBeChecked();
  await page.getByRole("button", { name: "Send invitations" }).click();
  await expect(page.getByText("On their way.", { exact: true })).toBeVisible();
  await expect(page.getByRole("listitem").filter({ hasText: guest.email })).toBeVisible();
  await expect(page.getByRole("textbox", { name: "Email addresses" })).toHaveValue("");
  await page.getByRole("button", { name: "Send a test mail" }).click();
  await expect(page.getByText(/The test mail was kept/)).toBeVisible({ timeout: 20_000 });
  await ana.mail(/A test mail/);

  // The steps are there until they are ended, also from the projects.
  await page.goto("/");
  await expect(heading(ana, "What is your team called?")).toBeVisible();
  await expect(team).toHaveValue("Norrvik Robotics");
  await page.goto("/welcome/people");
  await ana.hydrated();
  await page.getByRole("button", { name: "To my projects" }).click();
  await expect(heading(ana, "Projects")).toBeVisible();
  await ana.goto("/welcome");
  await expect(heading(ana, "Projects")).toBeVisible();

  // The name is in the side bar, in the invitation and at the door.
  await expect(page.getByRole("navigation", { name: "Main" }).getByText("Norrvik Robotics")).toBeVisible();
  expect((await guest.mail(/invites you/)).subject).toBe("Ana Petrović invites you to Norrvik Robotics");
  await guest.goto("/signin");
  await expect(guest.page.getByText("Norrvik Robotics", { exact: true })).toBeVisible();
});

test("another name of the team is on every open page at once", async ({ person }) => {
  const ana = await person("Ana Petrović");
  const ben = await person("Ben Okafor");
  await ben.goto("/");
  await project.isLive(ben);
  await ana.goto("/admin/people");
  await ana.page.getByRole("textbox", { name: "What your team is called" }).fill("Norrvik Robotics");
  await ana.page.getByRole("form", { name: "Name of the team" }).getByRole("button", { name: "Save" }).click();
  await expect(ben.page.getByRole("navigation", { name: "Main" }).getByText("Norrvik Robotics")).toBeVisible();
});

test("a sample project is begun from the empty list with the keyboard, and one press removes it everywhere", async ({ person }) => {
  const ana = await person("Ana Petrović");
  const ben = await person("Ben Okafor");
  await ben.goto("/");
  expect(await faults(ben.page)).toEqual([]);
  await ben.page.getByRole("button", { name: "Begin with a sample project" }).focus();
  await ben.page.keyboard.press("Enter");
  await expect(heading(ben, "Try Muster")).toBeVisible();
  expect(new URL(ben.page.url()).pathname).toBe("/p/TRY");
  expect(await faults(ben.page)).toEqual([]);
  await expect(project.card(ben, "Move this task to In hand")).toBeVisible();

  // The admin sees it, on its board and in the list of projects, until Ben removes it.
  await ana.goto("/p/TRY");
  await project.isLive(ana);
  const list = await ana.device({});
  await list.goto("/");
  await project.isLive(list);
  await expect(list.page.getByRole("link", { name: "Try Muster" }).first()).toBeVisible();

  await project.isLive(ben);
  await ben.page.getByRole("button", { name: "Remove it" }).focus();
  await ben.page.keyboard.press("Enter");
  await expect(ben.page.getByRole("heading", { name: "No projects yet" })).toBeVisible();
  await expect(heading(ana, "There is nothing at this address")).toBeVisible();
  await expect(list.page.getByRole("link", { name: "Try Muster" })).toHaveCount(0);
});

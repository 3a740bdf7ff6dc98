// The people of the installation: what an admin changes about them counts at once, and who is invited comes in.

import { expect, type Person, test } from "../kit/fixture";
import { faults } from "../kit/looks";
import * as project from "../kit/project";

/** Opens what an admin sees about somebody. */
async function manage(admin: Person, name: string): Promise<void> {
  await admin.goto("/admin/people");
  await admin.page.getByRole("link", { name: `Manage ${name}`, exact: true }).click();
  await expect(admin.page.getByRole("region", { name, exact: true })).toBeVisible();
  await admin.hydrated();
}

/** Gives somebody another role. */
async function setRole(admin: Person, name: string, role: string): Promise<void> {
  await admin.page.getByLabel(`Role of ${name}`).selectOption(role);
  await admin.page.getByRole("button", { name: "Change", exact: true }).click();
}

test("an admin changes a role and the other's page follows at once; then they are disabled and it ends", async ({ person }) => {
  const ana = await person("Ana Petrović");
  const ben = await person("Ben Okafor");
  await project.createProject(ana, "Otter launch", "OTR");
  await ben.goto("/");
  const people = ben.page.getByRole("link", { name: "People and roles" });
  const otter = ben.page.getByRole("main").getByRole("link", { name: /Otter launch/ });
  await expect(people).toHaveCount(0);
  await expect(otter).toHaveCount(0);
  await manage(ana, ben.name);

  await test.step("as an Admin he sees what there is for Admins, without doing anything", async () => {
    await setRole(ana, ben.name, "Admin");
    await expect(ana.page.getByText("The role was changed.")).toBeVisible();
    await expect(people).toBeVisible();
    await expect(otter).toBeVisible();
    await expect(ben.page.getByRole("navigation", { name: "Main" })).toContainText(/Ben Okafor\s*Admin/);
  });

  await test.step("as a User he sees it no more, also not the board that he has open", async () => {
    await project.openProject(ben, "Otter launch");
    await setRole(ana, ben.name, "User");
    await expect(people).toHaveCount(0);
    await expect(ben.page.getByRole("list", { name: "Board", exact: true })).toHaveCount(0);
    await expect(ben.page.getByRole("navigation", { name: "Main" })).toContainText(/Ben Okafor\s*User/);
  });

  await test.step("the last admin stays one, and is told why", async () => {
    ana.watch.expect(/status of 409/);
    await manage(ana, ana.name);
    await setRole(ana, ana.name, "User");
    await expect(ana.page.getByRole("alert")).toContainText("Make somebody else Admin first.");
  });

  await test.step("disabled he is out, and comes in no more", async () => {
    ben.watch.expect(/status of 401/);
    await manage(ana, ben.name);
    await ana.page.getByRole("button", { name: "Disable the account" }).click();
    await expect(ana.page.getByText("They cannot sign in any more.")).toBeVisible();
    await expect(ben.page.getByText("You are signed out.")).toBeVisible();
    await ben.goto("/signin");
    await ben.page.getByRole("textbox", { name: "Email", exact: true }).fill(ben.email);
    await ben.page.getByLabel("Password", { exact: true }).fill(ben.password);
    await ben.page.getByRole("button", { name: "Sign in", exact: true }).click();
    await expect(ben.page.getByText("The address or the password is not right.")).toBeVisible();
    await ana.page.getByRole("button", { name: "Enable the account" }).click();
    await expect(ana.page.getByText("They can sign in again.").first()).toBeVisible();
    await ben.signIn();
  });
});

test("who is invited by mail makes an account by the link and is in the project", async ({ person, visitor }) => {
  const ana = await person("Ana Petrović");
  await project.createProject(ana, "Otter launch", "OTR");
  const sofia = await visitor("Sofia Lind");
  const { page } = ana;
  await ana.goto("/admin/people");
  expect(await faults(page)).toEqual([]);
  await page.getByLabel("Email addresses").fill(`${sofia.email}, not an address`);
  ana.watch.expect(/status of 422/);
  await page.getByRole("button", { name: "Send invitation" }).click();
  await expect(page.getByLabel("Email addresses")).toHaveAccessibleDescription(/This is not a mail address/);
  await page.getByLabel("Email addresses").fill(sofia.email);
  await page.getByText("Add them to projects").click();
  await page.getByRole("checkbox", { name: "Otter launch" }).check();
  await page.getByRole("button", { name: "Send invitation" }).click();
  await expect(page.getByText("On their way.")).toBeVisible();
  const invitations = page.getByRole("region", { name: "Invitations" });
  await expect(invitations.getByRole("listitem")).toContainText([`${sofia.email}`]);

  await sofia.goto(await sofia.linkByMail("/invite/"));
  await expect(sofia.page.getByText("Ana Petrović invites you")).toBeVisible();
  await expect(sofia.page.getByText("You join the project Otter launch.")).toBeVisible();
  expect(await faults(sofia.page)).toEqual([]);
  await sofia.page.getByRole("textbox", { name: "Name", exact: true }).fill(sofia.name);
  await sofia.page.getByLabel("Password", { exact: true }).fill(sofia.password);
  await sofia.page.getByRole("button", { name: "Make my account" }).click();
  await expect(sofia.page.getByRole("heading", { name: "Projects", level: 1 })).toBeVisible();
  await sofia.hydrated();
  await project.openProject(sofia, "Otter launch");

  await ana.goto("/admin/people?q=sof");
  const rows = page.getByRole("region", { name: "People, by name" }).getByRole("row");
  await expect(rows.filter({ hasText: "Sofia Lind" })).toContainText(sofia.email);
  await expect(rows, "the head, and her").toHaveCount(2);
  await expect(invitations).toContainText("accepted");
  expect(await faults(page)).toEqual([]);
});

test("a link lets somebody in by their own mail, and registration can be closed", async ({ person, visitor }) => {
  const ana = await person("Ana Petrović");
  const { page } = ana;
  await ana.goto("/admin/people?by=link");
  await page.getByRole("button", { name: "Make the link" }).click();
  await expect(page.getByText("Copy the link now: it is not shown again.")).toBeVisible();
  const link = new URL(await page.getByLabel("The link", { exact: true }).inputValue()).pathname;
  await page.getByLabel("Accounts are for").selectOption("Only who was invited");
  await page.getByRole("form", { name: "Who may register" }).getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("Saved.")).toBeVisible();

  const sofia = await visitor("Sofia Lind");
  await test.step("nobody registers any more", async () => {
    await sofia.goto("/signin");
    await expect(sofia.page.getByRole("link", { name: "Create one" })).toHaveCount(0);
    await sofia.goto("/register");
    await expect(sofia.page.getByRole("heading", { name: "By invitation only" })).toBeVisible();
    const data = { name: sofia.name, email: sofia.email, password: sofia.password };
    const origin = new URL(sofia.page.url()).origin;
    const answer = await sofia.page.request.post("/api/account/register", { data, headers: { origin } });
    expect(answer.status()).toBe(422);
  });

  await test.step("by the link she gets her own invitation, and is in", async () => {
    await sofia.goto(link);
    await sofia.page.getByRole("textbox", { name: "Email" }).fill(sofia.email);
    await sofia.page.getByRole("button", { name: "Send me the link" }).click();
    await expect(sofia.page.getByRole("heading", { name: "Open the mail we sent you" })).toBeVisible();
    await sofia.goto(await sofia.linkByMail("/invite/"));
    await sofia.page.getByRole("textbox", { name: "Name", exact: true }).fill(sofia.name);
    await sofia.page.getByLabel("Password", { exact: true }).fill(sofia.password);
    await sofia.page.getByRole("button", { name: "Make my account" }).click();
    await expect(sofia.page.getByRole("heading", { name: "Projects", level: 1 })).toBeVisible();
    await sofia.hydrated();
  });

  await test.step("the link was for one", async () => {
    const tom = await visitor("Tom");
    await tom.goto(link);
    await expect(tom.page.getByRole("heading", { name: "This invitation works no more" })).toBeVisible();
  });
});

test("a manager invites to their own projects and sees nothing else", async ({ person }) => {
  const ana = await person("Ana Petrović");
  const ben = await person("Ben Okafor");
  await manage(ana, ben.name);
  await setRole(ana, ben.name, "Manager");
  await expect(ana.page.getByText("The role was changed.")).toBeVisible();
  await project.createProject(ben, "Otter launch", "OTR");
  await ben.page.getByRole("link", { name: "People and roles" }).click();
  await ben.hydrated();
  const { page } = ben;
  await expect(page.getByRole("region", { name: "People, by name" })).toHaveCount(0);
  await expect(page.getByLabel("Accounts are for")).toHaveCount(0);
  ben.watch.expect(/status of (422|404)/);
  await page.getByLabel("Email addresses").fill("tom@norrvik.example");
  await page.getByRole("button", { name: "Send invitation" }).click();
  await expect(page.getByRole("alert")).toContainText("Choose a project");
  await page.getByRole("checkbox", { name: "Otter launch" }).check();
  await page.getByRole("button", { name: "Send invitation" }).click();
  await expect(page.getByText("On their way.")).toBeVisible();
  await page.getByRole("button", { name: "Revoke the invitation to tom@norrvik.example" }).click();
  await expect(page.getByRole("region", { name: "Invitations" })).toContainText("revoked");
  expect(await faults(page)).toEqual([]);
  const origin = new URL(page.url()).origin;
  const data = { order: "role", person: "AAAAAAAAAAAAAAAAAAAAAA", role: "admin" };
  const answer = await page.request.post("/api/people/act", { data, headers: { origin } });
  expect(answer.status()).toBe(404);
});

// The forms for visitors: what is wrong is said where it is, and nothing that was typed is lost.

import { expect, test } from "../kit/fixture";

test("a form says what is wrong at its field and keeps what was typed", async ({ visitor }) => {
  const guest = await visitor("Guest");
  guest.watch.expect(/status of 422/);
  await guest.goto("/register");
  const { page } = guest;
  const name = page.getByRole("textbox", { name: "Name", exact: true });
  const email = page.getByRole("textbox", { name: "Email", exact: true });
  const password = page.getByLabel("Password", { exact: true });
  const create = page.getByRole("button", { name: "Create account", exact: true });

  await name.fill("Guest");
  await email.fill("guest");
  await password.fill("slow copper kettle on a tram");
  await create.click();
  await expect(email).toHaveAttribute("aria-invalid", "true");
  await expect(email).toHaveAccessibleDescription(/address/);
  await expect(email).toBeFocused();
  await expect(password).toHaveValue("slow copper kettle on a tram");

  await email.fill("guest@example.org");
  await password.fill("short");
  await create.click();
  await expect(email).not.toHaveAttribute("aria-invalid");
  await expect(password).toHaveAccessibleDescription(/15 characters/);
  await expect(password).toBeFocused();
  await expect(name).toHaveValue("Guest");
});

test("a wrong password is told, the address stays, and the password can be shown", async ({ person, visitor }) => {
  await person("Ana Petrović");
  const guest = await visitor("Guest");
  guest.watch.expect(/status of 401/);
  await guest.goto("/signin");
  const { page } = guest;
  const password = page.getByLabel("Password", { exact: true });
  await page.getByRole("textbox", { name: "Email", exact: true }).fill("ana-petrovic@example.org");
  await password.fill("not the right one at all");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page.getByRole("alert")).toContainText("The address or the password is not right.");
  await expect(page.getByRole("textbox", { name: "Email", exact: true })).toHaveValue("ana-petrovic@example.org");

  await page.getByRole("button", { name: "Show password" }).click();
  await expect(password).toHaveAttribute("type", "text");
  await expect(password).toHaveValue("not the right one at all");
});

// How a project is set up, and that the others see it at once.

import { expect, test } from "../kit/fixture";
import * as project from "../kit/project";

test("a Lead changes name, statuses and labels, and the other's open board shows it", async ({ person }) => {
  const lead = await person("Lead");
  const other = await person("Other");
  await project.createProject(lead, "Otter launch", "OTR");
  await project.addMember(lead, other.name);
  await other.goto("/");
  await project.openProject(other, "Otter launch");
  await project.addTasks(lead, "Todo", "Write the manual");

  const { page } = lead;
  await page.getByRole("link", { name: "Settings", exact: true }).click();

  await test.step("another name", async () => {
    const name = page.getByRole("textbox", { name: "Name of the project" });
    await name.fill("Otter M2 launch");
    await name.press("Tab");
    await expect(other.page.getByRole("heading", { name: "Otter M2 launch", level: 1 })).toBeVisible();
    await name.fill("   ");
    await name.press("Tab");
    await expect(name).toHaveAttribute("aria-invalid", "true");
    await name.press("Escape");
    await expect(name).toHaveValue("Otter M2 launch");
  });

  await test.step("a new status, put in front of the last", async () => {
    await page.getByRole("textbox", { name: "New status" }).fill("Testing");
    await page.getByLabel("What it means", { exact: true }).selectOption("In progress");
    await page.getByRole("button", { name: "Add status" }).click();
    await page.getByRole("button", { name: "Move Testing up" }).click();
    const headings = other.page.getByRole("list", { name: "Board", exact: true }).getByRole("heading", { level: 2 });
    await expect(headings).toContainText(["Backlog", "Todo", "In progress", "In review", "Testing", "Done"]);
  });

  await test.step("a status that has tasks says where they go", async () => {
    await page.getByRole("button", { name: "Remove Todo" }).click();
    await page.getByLabel("Its 1 task go to").selectOption("Testing");
    await page.getByRole("button", { name: "Remove status" }).click();
    await expect(project.card(other, "Write the manual", "Testing")).toBeVisible();
  });

  await test.step("labels", async () => {
    const labels = page.getByRole("list", { name: "Labels", exact: true });
    await page.getByRole("textbox", { name: "New label" }).fill("Safety");
    await page.getByRole("button", { name: "Add label" }).click();
    await expect(labels.getByRole("textbox")).toHaveValue("Safety");
    await labels.getByRole("radio", { name: "Violet" }).check();
    await page.getByRole("textbox", { name: "New label" }).fill("safety");
    await page.getByRole("button", { name: "Add label" }).click();
    await expect(page.getByRole("form", { name: "Add a label" })).toContainText("Another label is called the same.");
    await page.getByRole("button", { name: "Remove Safety" }).click();
    await expect(labels.getByRole("textbox")).toHaveCount(0);
  });

  await test.step("an archived project says so to everybody and comes back", async () => {
    await page.getByRole("button", { name: "Archive project" }).click();
    await expect(other.page.getByText("This project is archived.")).toBeVisible();
    await page.getByRole("button", { name: "Bring back", exact: true }).click();
    await expect(other.page.getByText("This project is archived.")).toBeHidden();
  });
});

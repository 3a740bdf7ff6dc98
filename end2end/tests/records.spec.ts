// What is recorded and what can be taken away: the audit log with its proofs, and exports.

import { readFile } from "node:fs/promises";
import { expect, test } from "../kit/fixture";
import { faults } from "../kit/looks";
import * as project from "../kit/project";

test("an admin finds who renamed a task, what it was called before, and the proof", async ({ person, server }) => {
  const ana = await person("Ana Petrović");
  const { page } = ana;
  await project.createProject(ana, "Otter M2 launch", "OTR");
  await project.addTasks(ana, "Todo", "Paint the fence");
  await page.getByRole("link", { name: "List", exact: true }).click();
  await page.getByRole("link", { name: "Paint the fence", exact: true }).press("F2");
  const title = page.getByRole("textbox", { name: "Title", exact: true });
  await title.fill("Paint the gate");
  await title.press("Enter");
  await expect(page.getByRole("link", { name: "Paint the gate", exact: true })).toBeFocused();

  await ana.goto("/admin/audit");
  // The page without the program is as new as its last loading, and the change may still be on its way.
  await expect(async () => {
    await page.reload();
    await page.getByRole("combobox", { name: "Action" }).selectOption("task.rename", { timeout: 500 });
  }).toPass();
  await page.getByRole("searchbox", { name: "Task" }).fill("otr-1");
  await page.getByRole("button", { name: "Filter" }).click();
  const row = page.getByRole("row").filter({ hasText: "task.rename" });
  await expect(row).toContainText("Ana Petrović");
  await row.getByRole("link", { name: /^#/ }).click();
  const entry = page.getByRole("complementary", { name: /^Entry #/ });
  await expect(entry.getByRole("row", { name: "Title Paint the fence Paint the gate" })).toBeVisible();
  expect(await faults(page)).toEqual([]);

  await test.step("the proof is there once the entry is signed", async () => {
    await server.advance(61_000);
    const link = entry.getByRole("link", { name: "Download proof" });
    // The log is signed by a look at the clock, some times a second.
    await expect(async () => {
      await page.reload();
      await expect(link).toBeVisible({ timeout: 500 });
    }).toPass();
    const download = page.waitForEvent("download");
    await entry.getByRole("link", { name: "Download proof" }).click();
    expect(await readFile(await (await download).path(), "utf8")).toMatch(/^c2sp\.org\/tlog-proof@v1\nextra /);
  });

  await test.step("all of it is verified when she asks", async () => {
    await page.getByRole("link", { name: "Close entry" }).click();
    await page.getByRole("button", { name: "Verify now" }).click();
    await expect(page.getByText(/^Whole up to #/)).toBeVisible();
  });
});

test("a lead reads the log of their project, a member does not", async ({ person }) => {
  const ana = await person("Ana Petrović");
  const ben = await person("Ben Okafor");
  const chiara = await person("Chiara Lombardi");
  await project.createProject(ben, "Field pilots", "FP");
  await project.addMember(ben, chiara.name);
  const board = new URL(ben.page.url()).pathname;
  await ben.goto(`${board}/settings`);
  await ben.page.getByRole("link", { name: "Audit log", exact: true }).click();
  await expect(ben.page.getByRole("row").filter({ hasText: "member.add" })).toContainText("Chiara Lombardi");
  await expect(ben.page.getByRole("button", { name: "Verify now" })).toHaveCount(0);
  const address = new URL(ben.page.url());

  await test.step("what others do comes by itself", async () => {
    await chiara.goto(board);
    await project.addTasks(chiara, "Todo", "Order the magnets");
    await expect(ben.page.getByRole("row").filter({ hasText: "task.create" })).toContainText("Chiara Lombardi");
  });

  await test.step("its entries can be taken away", async () => {
    await ben.page.getByRole("link", { name: "Export", exact: true }).click();
    await ben.hydrated();
    await expect(ben.page.getByRole("combobox", { name: "What" })).toHaveValue(/^log-/);
    await ben.page.getByRole("button", { name: "Export", exact: true }).click();
    const row = ben.page.getByRole("listitem").filter({ hasText: "Audit log of Field pilots, CSV" });
    const download = ben.page.waitForEvent("download");
    await row.getByRole("link", { name: "Download" }).click();
    const text = await readFile(await (await download).path(), "utf8");
    expect(text).toMatch(/^Entry,Time,Person,Action,About,Result,Changes,Request,Hash\r\n/);
    expect(text).toContain(",Ben Okafor,member.add,");
  });
  chiara.watch.expect(/status of 404/);
  await chiara.goto(address.pathname + address.search);
  await expect(chiara.page.getByRole("heading", { name: "Audit log" })).toHaveCount(0);
  expect(ana.name).toBe("Ana Petrović");
});

test("somebody exports a project, watches it being made, and fetches it; nobody else can", async ({ person }) => {
  const ana = await person("Ana Petrović");
  const ben = await person("Ben Okafor");
  const { page } = ana;
  await project.createProject(ana, "Otter M2 launch", "OTR");
  await project.addTasks(ana, "Todo", "Paint the fence", "=1+1");
  const board = new URL(page.url()).pathname;
  await ana.goto(`${board}/settings`);
  await page.getByRole("link", { name: "Export tasks" }).click();
  await ana.hydrated();
  await expect(page.getByRole("combobox", { name: "What" })).toHaveValue(/.{20}/);
  await page.getByRole("button", { name: "Export", exact: true }).click();
  const row = page.getByRole("listitem").filter({ hasText: "Otter M2 launch, CSV" });
  const link = row.getByRole("link", { name: "Download" });
  await expect(link).toBeVisible();
  await expect(row).toContainText("2 tasks");
  expect(await faults(page)).toEqual([]);
  const href = await link.getAttribute("href");
  const download = page.waitForEvent("download");
  await link.click();
  const text = await readFile(await (await download).path(), "utf8");
  expect(text.split("\r\n").slice(0, 3)).toEqual([
    "Task,Title,Status,Category,Priority,Assignees,Labels,Due,Part of,Project,Description,Created by,Created,Archived",
    expect.stringContaining("OTR-1,Paint the fence,Todo,"),
    expect.stringContaining("OTR-2,'=1+1,Todo,"),
  ]);
  expect((await ben.page.request.get(`${href}`)).status()).toBe(404);
  await row.getByRole("button", { name: /^Delete/ }).click();
  await expect(page.getByText("You have no exports.")).toBeVisible();
});

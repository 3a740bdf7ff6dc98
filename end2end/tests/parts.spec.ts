// What of the program comes after the page runs: until it is here everything else works, and what was asked for meanwhile happens
// when it comes.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, type Person, test } from "../kit/fixture";
import * as project from "../kit/project";

const SITE = process.env.MUSTER_SITE ?? join(import.meta.dirname, "../../target/site/pkg");
const { parts } = JSON.parse(readFileSync(join(SITE, "assets.json"), "utf8")) as { parts: Record<string, string[]> };
const files = new Set(Object.values(parts).flat());
const name = (url: string) => new URL(url).pathname.replace("/pkg/", "");

test.skip(files.size === 0, "A page to develop with is one piece.");

/** Keeps the parts back, from the next document on. What is returned lets them through, or says that they cannot be had. */
async function keepBack({ page }: Person): Promise<(how: "let through" | "refuse") => void> {
  let decide: (how: "let through" | "refuse") => void = () => {};
  const decided = new Promise<"let through" | "refuse">((done) => {
    decide = done;
  });
  const isPart = (url: URL) => files.has(name(url.href));
  await page.route(isPart, async (route) => {
    await ((await decided) === "refuse" ? route.abort() : route.continue());
  });
  return decide;
}

test("a board runs before its parts have come, and what was asked for meanwhile opens when they do", async ({ person }) => {
  const ana = await person("Ana Petrović");
  await project.createProject(ana, "Otter launch", "OTR");
  await project.addTasks(ana, "Todo", "Solder the loom");
  const { page } = ana;
  const release = await keepBack(ana);
  await ana.goto("/p/OTR");
  await project.isLive(ana);

  await test.step("a card is carried", async () => {
    await project.card(ana, "Solder the loom", "Todo").getByRole("link").focus();
    await page.keyboard.press("Space");
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("Space");
    await expect(project.card(ana, "Solder the loom", "In progress")).toBeVisible();
  });

  await test.step("another page is gone to, and the board stays until it is here", async () => {
    await page.getByRole("link", { name: "My tasks", exact: true }).first().click();
    await expect(page).toHaveURL(/\/my$/);
    await expect(project.card(ana, "Solder the loom", "In progress")).toBeVisible();
    await page.goBack();
    await expect(page).toHaveURL(/\/p\/OTR$/);
  });

  await page.keyboard.press("?");
  const sheet = page.getByRole("dialog", { name: "Keyboard shortcuts" });
  await expect(sheet).toBeHidden();
  release("let through");
  await expect(sheet.getByText("Search and commands")).toBeVisible();
});

test("the first view is taken over with the parts that it needs, and asks for no others before", async ({ person }) => {
  const ana = await person("Ana Petrović");
  await project.createProject(ana, "Otter launch", "OTR");
  await project.addTasks(ana, "Todo", "Solder the loom");
  for (const [path, needed] of [
    ["/p/OTR", []],
    ["/p/OTR/1", parts.opened ?? []],
    ["/my", parts.pages ?? []],
  ] as const) {
    await test.step(path, async () => {
      const preloaded = async () => {
        const links = ana.page.locator("link[rel=preload][as=fetch]:not(#wasm)");
        return (await links.evaluateAll((all) => all.map((link) => (link as HTMLLinkElement).href))).map(name).sort();
      };
      await ana.goto(path);
      expect(await preloaded()).toEqual([...needed].sort());
    });
  }
});

test("a page that cannot have what it begins with says so", async ({ person }) => {
  const ana = await person("Ana Petrović");
  ana.watch.expect(/net::ERR_FAILED|Failed to fetch|a part of the program could not be loaded/);
  const release = await keepBack(ana);
  await ana.page.goto("/my", { waitUntil: "commit" });
  release("refuse");
  await expect(ana.page.getByRole("alert")).toContainText("could not be loaded in full");
});

// The pages of a project, in the words of the people who use them: what a person does and sees there.
//
// Everything is found by role and name, as assistive technology finds it. Must not know: the server, the network.

import { expect, type Locator } from "@playwright/test";
import type { Person } from "./person";

/** A board as a person reads it: the columns with what lies in them, from top to bottom. */
export type Board = { status: string; count: string; tasks: string[] }[];

/** Makes a project on the home page and ends on its board. */
export async function createProject(person: Person, name: string, key: string): Promise<void> {
  const { page } = person;
  await person.goto("/");
  await page.getByRole("button", { name: "New project", exact: true }).click();
  const dialog = page.getByRole("dialog", { name: "New project" });
  await dialog.getByRole("textbox", { name: "Name", exact: true }).fill(name);
  await dialog.getByRole("textbox", { name: "Key", exact: true }).fill(key);
  await dialog.getByRole("button", { name: "Create project", exact: true }).click();
  await expect(dialog).toBeHidden();
  await openProject(person, name);
}

/** Ends on the board of a project, from wherever the person is. */
export async function openProject(person: Person, name: string): Promise<void> {
  const board = person.page.getByRole("list", { name: "Board", exact: true });
  const title = person.page.getByRole("heading", { name, level: 1, exact: true });
  if (!((await board.isVisible()) && (await title.isVisible()))) {
    await person.page.getByRole("link", { name, exact: true }).first().click();
  }
  await expect(title).toBeVisible();
  await expect(board).toBeVisible();
  await isLive(person);
}

/** Adds somebody on the members page and comes back to the board. */
export async function addMember(person: Person, name: string): Promise<void> {
  const { page } = person;
  await page.getByRole("link", { name: "Members", exact: true }).click();
  await page.getByRole("textbox", { name: "Add a person" }).fill(name);
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await expect(page.getByRole("table").getByText(name, { exact: true })).toBeVisible();
  await page.getByRole("link", { name: "Board", exact: true }).click();
  await expect(page.getByRole("list", { name: "Board", exact: true })).toBeVisible();
}

/** The page says that it hears every change. */
export async function isLive(person: Person): Promise<void> {
  await expect(badge(person)).toHaveText("Live");
}

/** The page says that it does not hear changes now. */
export async function isCutOff(person: Person): Promise<void> {
  await expect(badge(person)).toHaveText(/^(Reconnecting|Offline)/);
}

function badge(person: Person): Locator {
  return person.page.getByRole("status").filter({ hasText: /^(Live|Reconnecting|Offline)/ });
}

export function column(person: Person, status: string): Locator {
  const heading = person.page.getByRole("heading", { level: 2, name: new RegExp(`^${status}\\b`) });
  return person.page.getByRole("list", { name: "Board", exact: true }).locator("> li").filter({ has: heading });
}

/** The card of a task, in a column if one is named. */
export function card(person: Person, title: string, status?: string): Locator {
  const place = status === undefined ? person.page.getByRole("list", { name: "Board", exact: true }) : column(person, status);
  return place.getByRole("article", { name: title, exact: true });
}

/** Writes titles into the form of a column, one task per Enter, and waits until the server has numbered them. */
export async function addTasks(person: Person, status: string, ...titles: string[]): Promise<void> {
  const { page } = person;
  await page.getByRole("button", { name: `Add task to ${status}`, exact: true }).click();
  const field = page.getByRole("form", { name: "Quick add" }).getByRole("textbox", { name: "New task" });
  for (const title of titles) {
    await field.fill(title);
    await field.press("Enter");
    await expect(card(person, title, status)).toBeVisible();
    await expect(field).toHaveValue("");
  }
  await field.press("Escape");
  await expect(field).toBeHidden();
  for (const title of titles) await isStored(person, title);
}

/** The server has accepted a task: it has a number instead of New. */
export async function isStored(person: Person, title: string): Promise<void> {
  await expect(card(person, title)).toContainText(/[A-Z]+-\d+/);
}

/** Opens a task from the board and gives its panel. */
export async function openTask(person: Person, title: string): Promise<Locator> {
  await card(person, title).getByRole("link", { name: title, exact: true }).click();
  const panel = person.page.getByRole("region", { name: title, exact: true });
  await expect(panel).toBeVisible();
  return panel;
}

export async function closeTask(person: Person): Promise<void> {
  await person.page.getByRole("button", { name: "Close task", exact: true }).click();
  await expect(person.page.getByRole("button", { name: "Close task", exact: true })).toBeHidden();
}

/** Chooses a value of a property of the open task from its list, found by typing. */
export async function choose(panel: Locator, property: string, value: string): Promise<void> {
  await panel.getByRole("button", { name: new RegExp(`^${property}: `) }).click();
  const list = panel.getByRole("dialog", { name: property, exact: true });
  await list.getByRole("combobox").fill(value);
  const isSeveral = (await list.getByRole("listbox").getAttribute("aria-multiselectable")) === "true";
  await list.getByRole("option", { name: value, exact: true }).click();
  // A list of several stays open for the next.
  if (isSeveral) await list.getByRole("combobox").press("Escape");
  await expect(list).toBeHidden();
}

export async function describe(panel: Locator, text: string): Promise<void> {
  const description = panel.getByRole("region", { name: "Description" });
  await description.getByRole("button", { name: "Edit description", exact: true }).click();
  await description.getByRole("textbox", { name: "Description", exact: true }).fill(text);
  await description.getByRole("button", { name: "Save", exact: true }).click();
  await expect(description.getByRole("textbox")).toBeHidden();
  await expect(description).toContainText(text);
}

export async function comment(panel: Locator, text: string): Promise<void> {
  const form = panel.getByRole("form", { name: "Add a comment" });
  await form.getByRole("textbox", { name: "Comment", exact: true }).fill(text);
  await form.getByRole("button", { name: "Comment", exact: true }).click();
  await expect(panel.getByRole("article").filter({ hasText: text })).toHaveCount(1);
  await expect(form.getByRole("textbox")).toHaveValue("");
}

/** What the page shows of the board, to compare two pages; without who is there at the moment, which each sees of the others. */
export async function read(person: Person): Promise<Board> {
  return await person.page.getByRole("list", { name: "Board", exact: true }).evaluate((board) =>
    [...board.querySelectorAll(":scope > li:has(h2)")].map((column) => {
      const text = (element: Element | null) => (element?.textContent ?? "").replace(/\s+/g, " ").trim();
      const heading = column.querySelector("h2");
      const count = heading?.querySelector(".count") ?? null;
      const people = (task: Element) => [...task.querySelectorAll("[role=img]")].map((image) => image.getAttribute("aria-label"));
      const lasting = (task: Element) => {
        const copy = task.cloneNode(true) as Element;
        for (const passing of copy.querySelectorAll(".card-flag, .card-viewers")) passing.remove();
        return copy;
      };
      return {
        status: text(heading).replace(text(count), "").trim(),
        count: text(count),
        tasks: [...column.querySelectorAll("article")].map(lasting).map((task) => [text(task), ...people(task)].join(" · ")),
      };
    }),
  );
}

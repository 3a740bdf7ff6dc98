// The bad network that developers and tests can give a page: it delays, loses and cuts, and still nothing gets lost.

import { expect, type Person, test } from "../kit/fixture";
import * as project from "../kit/project";

type Network = { delay?: number; jitter?: number; loss?: number; offline?: boolean } | null;

/** Gives the page of a person this network, or the real one back. */
const network = (person: Person, wanted: Network) =>
  person.page.evaluate((to) => void (globalThis as unknown as { musterNetwork(to: Network): void }).musterNetwork(to), wanted);

/** Writes titles down without waiting for the server. */
async function write(person: Person, ...titles: string[]): Promise<void> {
  await person.page.getByRole("button", { name: "Add task to Todo", exact: true }).click();
  const field = person.page.getByRole("form", { name: "Quick add" }).getByRole("textbox", { name: "New task" });
  for (const title of titles) {
    await field.fill(title);
    await field.press("Enter");
    await expect(project.card(person, title, "Todo")).toBeVisible();
  }
  await field.press("Escape");
}

test("on a network that delays and loses, everything that was done arrives once and in order", async ({ person }) => {
  const author = await person("Author");
  const other = await person("Other");
  await project.createProject(author, "Otter launch", "OTR");
  await project.addMember(author, other.name);
  await other.goto("/");
  await project.openProject(other, "Otter launch");
  await project.isLive(author);

  await network(author, { delay: 60, jitter: 120, loss: 0.2 });
  await network(other, { delay: 60, jitter: 120, loss: 0.2 });
  const titles = Array.from({ length: 6 }, (_, n) => `Crate ${n + 1}`);
  await write(author, ...titles);

  await network(author, null);
  await network(other, null);
  for (const who of [author, other]) {
    await project.isLive(who);
    for (const title of titles) {
      await project.isStored(who, title);
      await expect(project.card(who, title, "Todo")).toHaveCount(1);
    }
  }
  await expect.poll(async () => JSON.stringify(await project.read(other))).toBe(JSON.stringify(await project.read(author)));
});

test("a page that is offline says so, keeps what is done on it, and brings it when it is online", async ({ person }) => {
  const author = await person("Author");
  author.watch.expect(/WebSocket connection to .* failed/);
  await project.createProject(author, "Otter launch", "OTR");
  await project.isLive(author);

  await network(author, { offline: true });
  await project.isCutOff(author);
  await write(author, "Count the crates");

  await network(author, null);
  await project.isLive(author);
  await project.isStored(author, "Count the crates");
  await author.page.reload();
  await expect(project.card(author, "Count the crates", "Todo")).toHaveCount(1);
});

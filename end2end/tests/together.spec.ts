// Two people in one project: what one does, the other sees; also what was done while the other was cut off.

import { expect, type Person, test } from "../kit/fixture";
import * as project from "../kit/project";

const TITLE = "Torque sensor drifts after a soak";
const PROJECT = "Otter launch";

/** A document that is loaded again forgets the mark. */
const mark = (person: Person) => person.page.evaluate(() => void document.body.setAttribute("data-same-document", ""));
const isSameDocument = (person: Person) => expect(person.page.locator("body[data-same-document]")).toBeAttached();

test("a new task, its changes and a comment appear on the other's open pages without a reload, and a cut network catches up", async ({
  person,
  proxyFor,
}) => {
  const author = await person("Author");
  const other = await person("Other");

  await test.step("both stand before the same board", async () => {
    await project.createProject(author, PROJECT, "OTR");
    await project.addMember(author, other.name);
    await other.goto("/");
    await project.openProject(other, PROJECT);
    await project.isLive(author);
    await mark(author);
    await mark(other);
  });

  await test.step("a task that one creates and assigns shows on the other's board", async () => {
    await project.addTasks(author, "Todo", TITLE);
    await expect(project.card(other, TITLE, "Todo")).toBeVisible();

    const panel = await project.openTask(author, TITLE);
    await project.choose(panel, "Assignees", other.name);
    await panel.getByLabel("Due", { exact: true }).fill("2031-03-14");
    await project.describe(panel, "Three of five units lose their zero.");
    await expect(project.card(other, TITLE).getByRole("img", { name: other.name, exact: true })).toBeVisible();
    await expect(project.card(other, TITLE)).toContainText("14 Mar");
    await isSameDocument(other);
  });

  await test.step("the other's comment shows in the panel that the first has open", async () => {
    const panel = await project.openTask(other, TITLE);
    await expect(panel.getByRole("region", { name: "Description" })).toContainText("Three of five units lose their zero.");
    await project.comment(panel, "The drift follows the sensor.");
    const seen = author.page.getByRole("article", { name: `Comment by ${other.name}`, exact: true });
    await expect(seen).toContainText("The drift follows the sensor.");
    await expect(seen).toHaveCount(1);
    await project.closeTask(other);
    await isSameDocument(author);
  });

  await test.step("what the first changes while the other is cut off arrives when the network is back, once", async () => {
    const before = await project.read(other);
    proxyFor(other.name).cut();
    await project.isCutOff(other);

    const panel = author.page.getByRole("region", { name: TITLE, exact: true });
    await project.choose(panel, "Status", "In progress");
    await expect(project.card(author, TITLE, "In progress")).toBeVisible();
    await project.comment(panel, "Sensors are on their way.");
    await project.closeTask(author);
    await project.addTasks(author, "Todo", "Repeat the soak at 45 degrees");
    expect(await project.read(other), "nothing comes through a cut").toEqual(before);

    proxyFor(other.name).restore();
    await project.isLive(other);
    await expect(project.card(other, TITLE, "In progress")).toHaveCount(1);
    await expect(project.card(other, TITLE)).toHaveCount(1);
    await expect(project.card(other, "Repeat the soak at 45 degrees", "Todo")).toHaveCount(1);
    const wanted = await project.read(author);
    await expect.poll(() => project.read(other)).toEqual(wanted);
    const caughtUp = await project.openTask(other, TITLE);
    await expect(caughtUp.getByRole("article", { name: /^Comment by / })).toHaveCount(2);
    await expect(caughtUp.getByText("Sensors are on their way.")).toHaveCount(1);
    await isSameDocument(other);
    await isSameDocument(author);
  });

  await test.step("a reload shows the same as the events did", async () => {
    await project.closeTask(other);
    const folded = await project.read(other);
    await other.page.reload();
    await other.hydrated();
    await project.isLive(other);
    expect(await project.read(other)).toEqual(folded);
  });
});

test("a change made while one's own network hangs is painted at once and stored when it flows again", async ({ person, proxyFor }) => {
  const author = await person("Author");
  const other = await person("Other");
  await project.createProject(author, PROJECT, "OTR");
  await project.addMember(author, other.name);
  await project.addTasks(author, "Todo", TITLE);
  await other.goto("/");
  await project.openProject(other, PROJECT);

  const panel = await project.openTask(author, TITLE);
  proxyFor(author.name).stall();
  await project.choose(panel, "Status", "Done");
  await expect(project.card(author, TITLE, "Done")).toBeVisible();
  await expect(project.card(other, TITLE, "Todo")).toBeVisible();

  proxyFor(author.name).flow();
  await expect(project.card(other, TITLE, "Done")).toBeVisible();
  const wanted = await project.read(other);
  await expect.poll(() => project.read(author)).toEqual(wanted);
});

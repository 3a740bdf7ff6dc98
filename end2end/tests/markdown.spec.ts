// Descriptions and comments as people read them: rendered for everybody at once, and ticked where they stand.

import { expect, test } from "../kit/fixture";
import * as project from "../kit/project";

const TITLE = "Torque sensor drifts after a soak";
const TEXT = `## Done when

- [ ] five units **stay below** 0.3 N·m
- [ ] the delivery note names the limit

See OTR-1, [the report](https://norrvik.example/report) and @Ben Okafor. <img src=x onerror=alert(1)>

| Unit | Drift |
|------|------:|
| 7    |   0.1 |`;

test("a description is rendered for everybody, and its boxes are ticked in place and taken back", async ({ person }) => {
  const ana = await person("Ana Petrović");
  const ben = await person("Ben Okafor");
  await project.createProject(ana, "Otter launch", "OTR");
  await project.addMember(ana, ben.name);
  await project.addTasks(ana, "Todo", TITLE);
  await ben.goto("/p/OTR/1");
  const panel = await project.openTask(ana, TITLE);
  const written = panel.getByRole("region", { name: "Description" });
  const seen = ben.page.getByRole("region", { name: "Description" });

  await test.step("the other sees what it means, as it is saved", async () => {
    await written.getByRole("button", { name: "Edit description" }).click();
    await written.getByRole("textbox", { name: "Description" }).fill(TEXT);
    await written.getByRole("button", { name: "Save" }).click();
    for (const text of [written, seen]) {
      await expect(text.getByRole("heading", { name: "Done when", level: 4 })).toBeVisible();
      await expect(text.getByRole("checkbox")).toHaveCount(2);
      await expect(text.getByRole("checkbox", { name: "five units stay below 0.3 N·m" })).not.toBeChecked();
      await expect(text.getByRole("link", { name: "the report" })).toHaveAttribute("rel", "noopener nofollow ugc");
      await expect(text.getByText("@Ben Okafor", { exact: true })).toBeVisible();
      await expect(text.getByText("<img src=x onerror=alert(1)>")).toBeVisible();
      await expect(text.getByRole("img")).toHaveCount(0);
      await expect(text.getByRole("columnheader", { name: "Drift" })).toBeVisible();
    }
  });

  await test.step("a box is ticked with the keyboard, keeps the focus, and is ticked for the other", async () => {
    const box = written.getByRole("checkbox", { name: "five units stay below 0.3 N·m" });
    await box.press("Space");
    await expect(box).toBeChecked();
    await expect(box).toBeFocused();
    await expect(seen.getByRole("checkbox", { name: "five units stay below 0.3 N·m" })).toBeChecked();
    await seen.getByRole("checkbox", { name: "the delivery note names the limit" }).click();
    await expect(written.getByRole("checkbox", { name: "the delivery note names the limit" })).toBeChecked();
    await expect(box).toBeFocused();
  });

  await test.step("what was ticked is taken back", async () => {
    await ben.page.keyboard.press("Control+z");
    for (const text of [written, seen]) {
      await expect(text.getByRole("checkbox", { name: "the delivery note names the limit" })).not.toBeChecked();
      await expect(text.getByRole("checkbox", { name: "five units stay below 0.3 N·m" })).toBeChecked();
    }
  });

  await test.step("a number leads to its task without loading the page anew", async () => {
    await ana.page.evaluate(() => Object.assign(globalThis, { isHere: true }));
    await written.getByRole("link", { name: "OTR-1", exact: true }).click();
    await expect(ana.page).toHaveURL(/\/p\/OTR\/1$/);
    expect(await ana.page.evaluate(() => "isHere" in globalThis)).toBe(true);
  });

  await test.step("the document brings it rendered", async () => {
    const document = await (await ben.context.request.get("/p/OTR/1")).text();
    expect(document).toContain("<strong>stay below</strong>");
    expect(document).not.toContain("<img src=x");
    await ben.goto("/p/OTR/1");
    await expect(seen.getByText("@Ben Okafor", { exact: true })).toBeVisible();
    await expect(seen.getByRole("checkbox")).toHaveCount(2);
  });
});

test("a comment has its code, and only who said it ticks its boxes", async ({ person }) => {
  const ana = await person("Ana Petrović");
  const ben = await person("Ben Okafor");
  await project.createProject(ana, "Otter launch", "OTR");
  await project.addMember(ana, ben.name);
  await project.addTasks(ana, "Todo", TITLE);
  await ben.goto("/p/OTR/1");
  const panel = await project.openTask(ana, TITLE);
  const form = panel.getByRole("form", { name: "Add a comment" });
  await form.getByRole("textbox", { name: "Comment" }).fill("Set `zero` first:\n\n```\nlet zero = 0.3;\n```\n\n- [ ] tell the supplier");
  await form.getByRole("button", { name: "Comment", exact: true }).click();
  const said = panel.getByRole("article", { name: "Comment by Ana Petrović" });
  const heard = ben.page.getByRole("article", { name: "Comment by Ana Petrović" });
  for (const comment of [said, heard]) {
    await expect(comment.getByRole("code")).toHaveText(["zero", "let zero = 0.3;\n"]);
  }
  await expect(heard.getByRole("checkbox", { name: "tell the supplier" })).toBeDisabled();
  await said.getByRole("checkbox", { name: "tell the supplier" }).click();
  await expect(said.getByRole("checkbox", { name: "tell the supplier" })).toBeChecked();
  await expect(heard.getByRole("checkbox", { name: "tell the supplier" })).toBeChecked();
  await expect(heard.getByText("edited")).toBeVisible();
});

test("what the server has not rendered yet is shown as it was typed", async ({ person, proxyFor }) => {
  const ana = await person("Ana Petrović");
  await project.createProject(ana, "Otter launch", "OTR");
  await project.addTasks(ana, "Todo", TITLE);
  const panel = await project.openTask(ana, TITLE);
  const text = panel.getByRole("region", { name: "Description" });
  proxyFor(ana.name).cut();
  await text.getByRole("button", { name: "Edit description" }).click();
  await text.getByRole("textbox", { name: "Description" }).fill("**bold**\n<b>");
  await text.getByRole("button", { name: "Save" }).click();
  await expect(text.getByText("**bold** <b>")).toBeVisible();
  proxyFor(ana.name).restore();
  await expect(text.getByText("bold", { exact: true })).toBeVisible();
  await expect(text.getByText("<b>")).toBeVisible();
});

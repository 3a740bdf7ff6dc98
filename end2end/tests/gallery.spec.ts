// The gallery of all parts: it has no fault that axe finds, and looks as in the pictures, with what the pointer and the focus do.

import type { BrowserContextOptions, Page } from "@playwright/test";
import { expect, test } from "../kit/fixture";
import { looksWell } from "../kit/looks";

const SIZES: { prefix: string; options: BrowserContextOptions }[] = [
  { prefix: "", options: { viewport: { width: 1440, height: 900 } } },
  { prefix: "m-", options: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true } },
];

/** Puts each part into the state that it names, as the developer tools do. */
async function force(page: Page): Promise<number> {
  const tools = await page.context().newCDPSession(page);
  await tools.send("DOM.enable");
  await tools.send("CSS.enable");
  const { root } = await tools.send("DOM.getDocument");
  const { nodeIds } = await tools.send("DOM.querySelectorAll", { nodeId: root.nodeId, selector: "[data-force]" });
  for (const nodeId of nodeIds) {
    const { attributes } = await tools.send("DOM.getAttributes", { nodeId });
    const state = attributes[attributes.indexOf("data-force") + 1] ?? "";
    const forcedPseudoClasses = state === "focus-visible" ? ["focus", "focus-visible"] : [state];
    await tools.send("CSS.forcePseudoState", { nodeId, forcedPseudoClasses });
  }
  return nodeIds.length;
}

for (const { prefix, options } of SIZES) {
  test(`every part looks well in a window of ${options.viewport?.width} pixels`, async ({ visitor }) => {
    test.setTimeout(120_000);
    const guest = await visitor("Guest", options);
    const { page } = guest;
    await page.goto("/dev/gallery");
    expect(await force(page)).toBeGreaterThan(10);
    // A window as high as the page: all of it is in the picture.
    const height = await page.evaluate(() => document.documentElement.scrollHeight);
    await page.setViewportSize({ width: options.viewport?.width ?? 1440, height });
    await looksWell(page, `${prefix}gallery`);
  });
}

test("what opens by a press is shown open, with the roles that it has in the product", async ({ visitor }) => {
  const { page } = await visitor("Guest");
  await page.goto("/dev/gallery");
  await expect(page.getByRole("menuitem", { name: "Move to trash" })).toBeVisible();
  await expect(page.getByRole("listbox", { name: "Assignees" }).getByRole("option")).toHaveCount(6);
  await expect(page.getByRole("option", { name: "In progress" })).toHaveAttribute("aria-selected", "true");
  await expect(page.getByRole("heading", { name: "New project" })).toBeVisible();
  await expect(page.locator("script")).toHaveCount(0);
});

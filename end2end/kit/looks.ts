// How a page looks, and what assistive technology makes of it: in both themes, at the size of the window.
//
// Must not know: which pages there are.

import AxeBuilder from "@axe-core/playwright";
import { expect, type Page } from "@playwright/test";

/** People's colours come from identifiers, which are new in each run. In the pictures all have the same. */
const STILL = ".avatar, .card-flag, [data-editing], .card[data-hue] { --h: 118 !important; }";
const THEMES = ["light", "dark"] as const;

/** The page fits its window, axe finds nothing serious, and it looks as in the picture that is kept of it. */
export async function looksWell(page: Page, name: string): Promise<void> {
  // A sheet that is made by script: the site's policy refuses style elements.
  await page.evaluate((still) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(still);
    document.adoptedStyleSheets = [sheet];
  }, STILL);
  for (const theme of THEMES) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
    await page.evaluate(() => document.fonts.ready);
    const surplus = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(surplus, `${name} must not scroll sideways`).toBeLessThanOrEqual(0);
    expect(await faults(page), `${name} in ${theme}`).toEqual([]);
    // Times pass: what differs from one run to the next is small.
    await expect.soft(page).toHaveScreenshot(`${name}-${theme}.png`, { caret: "hide", maxDiffPixelRatio: 0.01 });
  }
}

/** What axe finds serious or critical, in a line each. */
export async function faults(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const bad = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  return bad.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target.join(" ")}: ${failureSummary?.split("\n").slice(1).join(" ") ?? ""}`),
  );
}

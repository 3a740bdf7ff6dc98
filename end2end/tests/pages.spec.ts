// The pages as they look: at both sizes and in both themes they fit, nothing goes wrong on them, and a picture of each is
// kept beside the reference design (MUSTER_SHOTS=1 writes it to `shots/`; otherwise it stays with the results).

import path from "node:path";
import { type BrowserContextOptions, type Page, type TestInfo } from "@playwright/test";
import { expect, test } from "../kit/fixture";
import * as project from "../kit/project";

const SIZES: { prefix: string; options: BrowserContextOptions }[] = [
  { prefix: "", options: { viewport: { width: 1440, height: 900 } } },
  { prefix: "m-", options: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true } },
];
const THEMES = ["light", "dark"] as const;

/** Takes a picture in both themes, after the fonts are there and nothing moves. */
async function shoot(page: Page, name: string, info: TestInfo): Promise<void> {
  for (const theme of THEMES) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
    await page.evaluate(() => document.fonts.ready);
    const surplus = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(surplus, `${name} must not scroll sideways`).toBeLessThanOrEqual(0);
    const file = `${name}-${theme}.png`;
    const target = process.env.MUSTER_SHOTS === "1" ? path.join(import.meta.dirname, "../shots", file) : info.outputPath(file);
    await page.screenshot({ path: target, caret: "hide" });
  }
}

for (const { prefix, options } of SIZES) {
  test(`sign-in fits a window of ${options.viewport?.width} pixels`, async ({ visitor }, info) => {
    const guest = await visitor("Guest", options);
    await guest.goto("/signin");
    await expect(guest.page.getByRole("button", { name: "Sign in", exact: true })).toBeVisible();
    await shoot(guest.page, `${prefix}signin`, info);
  });
}

test("board and task fit both sizes", async ({ person }, info) => {
  const ana = await person("Ana Petrović");
  const ben = await person("Ben Okafor");
  await project.createProject(ana, "Otter M2 launch", "OTR");
  await project.addMember(ana, ben.name);
  await project.addTasks(ana, "Todo", "Book the EMC chamber for the full scan", "Write the emergency-stop section of the manual", "Packaging drop test from 1.2 m");
  await project.addTasks(ana, "In progress", "Charging dock handshake times out at 0 °C", "Torque sensor drifts after a 40 °C soak");
  await project.addTasks(ana, "Done", "UN 38.3 battery transport report", "Order 60 long-lead motor drivers");
  const panel = await project.openTask(ana, "Torque sensor drifts after a 40 °C soak");
  await project.choose(panel, "Assignees", ben.name);
  await panel.getByLabel("Due", { exact: true }).fill("2031-03-14");
  await project.describe(panel, "The lift-arm torque sensor loses its zero after two hours at 40 °C.");
  await project.comment(panel, "The supplier confirms that batch 2417 used another adhesive.");
  const address = new URL(ana.page.url()).pathname;

  for (const { prefix, options } of SIZES) {
    const device = await ana.device(options);
    await device.goto(address);
    await expect(device.page.getByRole("region", { name: "Torque sensor drifts after a 40 °C soak", exact: true })).toBeVisible();
    await expect(device.page.getByRole("article", { name: "Comment by Ana Petrović", exact: true })).toBeVisible();
    await shoot(device.page, `${prefix}task`, info);
    await project.closeTask(device);
    await project.isLive(device);
    await shoot(device.page, `${prefix}board`, info);
  }
});

// How the browser tests run. What they need from outside: MUSTER_BIN (the server), MUSTER_CHROMIUM (the browser).

import { defineConfig } from "@playwright/test";
import { BROWSER } from "./kit/browser";

export default defineConfig({
  testDir: "tests",
  outputDir: "test-results",
  // Every test has a server of its own, so two may run side by side.
  fullyParallel: true,
  workers: 2,
  // A test that passes the second time has found something the first time.
  retries: 0,
  forbidOnly: true,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  snapshotPathTemplate: "shots/{arg}{ext}",
  reporter: [["list"]],
  use: {
    launchOptions: BROWSER,
    viewport: { width: 1440, height: 900 },
    locale: "en-GB",
    timezoneId: "Europe/Lisbon",
    // Its cache would answer where the test wants to see the network fail.
    serviceWorkers: "block",
    // Recording one takes a quarter of the time of every test; for one that fails: `npx playwright test --trace retain-on-failure -g ...`.
    trace: "off",
    screenshot: "only-on-failure",
  },
});

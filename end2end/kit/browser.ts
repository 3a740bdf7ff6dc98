// Which browser, and how it is started: the system's Chromium, without what calls home or differs between machines.

import type { LaunchOptions } from "@playwright/test";

export const BROWSER: LaunchOptions = {
  executablePath: process.env.MUSTER_CHROMIUM ?? "/usr/bin/chromium",
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
};

// Draws the icons of the installed app from the product's icon: `node icons.mjs` writes `style/app-icons`. The results are
// checked in, so that a build needs no browser.
//
// A maskable icon is cut to a shape by the system: what matters lies within the middle 80 per cent, on a ground that goes
// to the edges (W3C, "Web Application Manifest", section on icon masks).

import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { chromium } from "@playwright/test";

const style = path.resolve(import.meta.dirname, "../style");
const icon = await readFile(path.join(style, "icon.svg"), "utf8");
const browser = await chromium.launch({ executablePath: process.env.MUSTER_CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
const page = await browser.newPage();

async function draw(name, size, isMaskable) {
  const ground = /<rect[^>]*fill="([^"]+)"/.exec(icon)?.[1] ?? "#ffffff";
  const inner = isMaskable ? Math.round(size * 0.8) : size;
  const colour = isMaskable ? ground : "transparent";
  await page.setViewportSize({ width: size, height: size });
  await page.setContent(
    `<body style="margin:0;display:grid;place-items:center;width:${size}px;height:${size}px;background:${colour}">` +
      `<img width="${inner}" height="${inner}" src="data:image/svg+xml;base64,${Buffer.from(icon).toString("base64")}">`,
  );
  await writeFile(path.join(style, "app-icons", name), await page.screenshot({ omitBackground: !isMaskable }));
}

await draw("icon-192.png", 192, false);
await draw("icon-512.png", 512, false);
await draw("icon-maskable.png", 512, true);
await draw("icon-touch.png", 180, true);
await browser.close();

// An app for codes (TOTP), as somebody has it on their phone.
//
// Must not know: the pages, but for the one that shows its secret.

import type { Page } from "@playwright/test";
import { createHmac } from "node:crypto";
import type { Server } from "./server";

const STEP_MS = 30_000;

/** What an app with this secret shows at a time: RFC 6238 with SHA-1, six digits, 30 s. */
function codeOf(secret: string, atMs: number): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...secret.replaceAll(" ", "")].map((c) => alphabet.indexOf(c).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(atMs / STEP_MS)));
  const mac = createHmac("sha1", key).update(step).digest();
  const at = mac[19]! & 0x0f;
  return ((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).toString().padStart(6, "0");
}

/** An app for codes whose clock goes with the server's. */
export class App {
  secret = "";
  #moved = 0;
  constructor(readonly server: Server) {}

  async wait(ms: number): Promise<void> {
    this.#moved += ms;
    await this.server.advance(ms);
  }

  now(): string {
    return codeOf(this.secret, Date.now() + this.#moved);
  }

  /** Learns the secret from the page that shows it, and answers with its first code. */
  async add(page: Page): Promise<void> {
    this.secret = await page.locator("#on-secret").innerText();
    await page.getByLabel("Type in the code that the app shows now").fill(this.now());
    await page.getByRole("button", { name: "Turn on" }).click();
  }

  /** A code that was not used yet. */
  async next(): Promise<string> {
    await this.wait(STEP_MS);
    return this.now();
  }
}

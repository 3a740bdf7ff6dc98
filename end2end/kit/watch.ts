// Watches pages for what must not happen on any of them: console errors, uncaught errors, violations of the content
// security policy.
//
// Must not know: what the pages show.

import type { BrowserContext, ConsoleMessage, Page } from "@playwright/test";

/** What Chromium writes to the console by itself when a request or a socket does not come through. */
const NETWORK_FAILURE = /net::ERR_|WebSocket connection to .* failed|ERR_EMPTY_RESPONSE|Failed to fetch|NetworkError/;
const VIOLATION = "Content security policy violation";

export class Watch {
  readonly #troubles: string[] = [];
  readonly #expected: RegExp[] = [];
  readonly #isNetworkDown: () => boolean;

  /** Watches all pages of a context, also those that open later. `isNetworkDown`: whether failing requests are wanted now. */
  static async over(context: BrowserContext, isNetworkDown: () => boolean = () => false): Promise<Watch> {
    const watch = new Watch(isNetworkDown);
    await context.addInitScript((name) => {
      document.addEventListener("securitypolicyviolation", (event) => {
        console.error(`${name}: ${event.effectiveDirective} blocked ${event.blockedURI} (${event.sourceFile}:${event.lineNumber})`);
      });
    }, VIOLATION);
    context.on("page", (page) => watch.#add(page));
    for (const page of context.pages()) watch.#add(page);
    return watch;
  }

  private constructor(isNetworkDown: () => boolean) {
    this.#isNetworkDown = isNetworkDown;
  }

  /** What went wrong so far; empty is good. */
  get troubles(): readonly string[] {
    return this.#troubles;
  }

  /** Says that messages like this are part of the test: a refused request is an error to the console. */
  expect(pattern: RegExp): void {
    this.#expected.push(pattern);
  }

  #add(page: Page): void {
    page.on("console", (message) => {
      if (message.type() === "error") this.#judge(textOf(message), page);
    });
    page.on("pageerror", (error) => this.#judge(`uncaught: ${error.stack ?? error.message}`, page));
    page.on("crash", () => this.#judge("the page crashed", page));
  }

  #judge(text: string, page: Page): void {
    if (NETWORK_FAILURE.test(text) && this.#isNetworkDown()) return;
    if (this.#expected.some((pattern) => pattern.test(text))) return;
    this.#troubles.push(`${page.url()}: ${text}`);
  }
}

/** The address matters: "Failed to load resource" does not say which. */
function textOf(message: ConsoleMessage): string {
  const { url } = message.location();
  return url === "" ? message.text() : `${message.text()} (${url})`;
}

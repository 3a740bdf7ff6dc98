// A person: one browser with its own cookies, one network, one account.
//
// Knows the pages everybody passes (set-up, registration, sign-in) by what they say; must not know projects and tasks.

import { type Browser, type BrowserContext, type BrowserContextOptions, expect, type Page } from "@playwright/test";
import type { Proxy } from "./proxy";
import { Watch } from "./watch";

/** Long enough, without any name in it, and in no list. */
const PASSWORD = "slow copper kettle on a tram";

/** A mail that the server kept instead of sending it. */
export interface Mail {
  to: string;
  subject: string;
  text: string;
  links: string[];
  unsubscribe: string | null;
}

export class Person {
  readonly name: string;
  readonly email: string;
  readonly password = PASSWORD;
  readonly proxy: Proxy;
  readonly context: BrowserContext;
  readonly page: Page;
  readonly watch: Watch;
  readonly #browser: Browser;
  readonly #devices: Person[] = [];

  /** Opens a browser for somebody who has no account yet. */
  static async arrive(name: string, browser: Browser, proxy: Proxy, options: BrowserContextOptions = {}): Promise<Person> {
    const context = await browser.newContext({ ...options, baseURL: originOf(proxy) });
    const watch = await Watch.over(context, () => proxy.isTroubled);
    return new Person(name, browser, proxy, context, await context.newPage(), watch);
  }

  private constructor(name: string, browser: Browser, proxy: Proxy, context: BrowserContext, page: Page, watch: Watch) {
    this.name = name;
    this.email = `${slug(name)}@example.org`;
    this.#browser = browser;
    this.proxy = proxy;
    this.context = context;
    this.page = page;
    this.watch = watch;
  }

  /** Goes to a path of the server and waits until the page answers to clicks. */
  async goto(path: string): Promise<void> {
    await this.page.goto(path);
    await this.hydrated();
  }

  /** Waits until the code of the page has taken over what the server painted. */
  async hydrated(): Promise<void> {
    await this.page.locator("body[data-hydrated]").waitFor({ state: "attached" });
  }

  /** The first admin, who has left the first steps out, before their projects. Done by requests: the pages for it have tests of their own. */
  async setUp(setupPath: string): Promise<void> {
    await this.page.goto("/signin");
    await this.#post("account/set-up", { token: setupPath.split("/").at(-1), ...this.#account() });
    await this.#post("welcome/end", {});
    await this.goto("/");
    await this.#arriveAtProjects();
  }

  /** Makes the account of the first admin on the page behind the link from the terminal, and ends before the first steps. */
  async begin(setupPath: string): Promise<void> {
    await this.goto(setupPath);
    await this.#fillIn("Create the first admin");
    await expect(this.page.getByRole("heading", { name: "What is your team called?", level: 1 })).toBeVisible();
    await this.hydrated();
  }

  /** Asks for an account, which is there when the link of the mail has been opened. */
  async askForAccount(): Promise<void> {
    await this.goto("/register");
    await this.#fillIn("Create account");
    await expect(this.page.getByRole("heading", { name: "Open the mail we sent you" })).toBeVisible();
  }

  /** Somebody with an account and a confirmed address, before their projects. Done by requests, as for the admin. */
  async register(): Promise<void> {
    await this.page.goto("/signin");
    await this.#post("account/register", this.#account());
    const link = await this.linkByMail("/verify/");
    await this.#post("account/verify", { token: link.split("/").at(-1), password: this.password });
    await this.goto("/");
    await this.#arriveAtProjects();
  }

  /** The mails to this person, newest first. */
  async mails(): Promise<Mail[]> {
    const answer = await fetch(`${originOf(this.proxy)}/dev/mailbox.json`);
    return ((await answer.json()) as Mail[]).filter((mail) => mail.to === this.email);
  }

  /** The newest mail to this person whose subject fits; waits for it. */
  async mail(subject: RegExp): Promise<Mail> {
    let found: Mail | undefined;
    await expect(async () => {
      found = (await this.mails()).find((mail) => subject.test(mail.subject));
      expect(found, `a mail about ${subject}`).toBeDefined();
    }).toPass({ timeout: 15_000 });
    return found as Mail;
  }

  /** The path of the newest link in a mail to this person that begins like this; waits for it. */
  async linkByMail(path: string): Promise<string> {
    let found: string | undefined;
    await expect(async () => {
      const links = (await this.mails()).flatMap((mail) => mail.links.map((link) => new URL(link)));
      found = links.find((link) => link.pathname.startsWith(path))?.pathname;
      expect(found, `a link to ${path}`).toBeDefined();
    }).toPass({ timeout: 15_000 });
    return found as string;
  }

  async signIn(): Promise<void> {
    await this.goto("/signin");
    await this.#signInHere();
  }

  /** Another device of the same person, signed in already. It closes with the first. */
  async device(options: BrowserContextOptions): Promise<Person> {
    const storageState = await this.context.storageState();
    const device = await Person.arrive(this.name, this.#browser, this.proxy, { ...options, storageState });
    this.#devices.push(device);
    return device;
  }

  /** Closes the browser and tells what went wrong on its pages; empty is good. */
  async leave(): Promise<string[]> {
    const troubles = this.watch.troubles.map((trouble) => `${this.name}: ${trouble}`);
    for (const device of this.#devices) troubles.push(...(await device.leave()));
    await this.context.close();
    return troubles;
  }

  #account(): object {
    return { name: this.name, email: this.email, password: this.password };
  }

  /** Sends a form as its page does. */
  async #post(path: string, data: object): Promise<void> {
    const answer = await this.page.evaluate(
      async ([to, body]) => {
        const sent = await fetch(to, { method: "POST", headers: { "content-type": "application/json" }, body });
        return sent.ok ? "" : `${sent.status}: ${await sent.text()}`;
      },
      [`/api/${path}`, JSON.stringify(data)] as const,
    );
    expect(answer, `the answer to ${path}`).toBe("");
  }

  async #fillIn(button: string): Promise<void> {
    await this.page.getByRole("textbox", { name: "Name", exact: true }).fill(this.name);
    await this.page.getByRole("textbox", { name: "Email", exact: true }).fill(this.email);
    await this.page.getByLabel("Password", { exact: true }).fill(this.password);
    // What is said of the password moves the button: a press that begins before that may end beside it.
    await expect(this.page.getByText(/^Strong: /)).toBeVisible();
    await this.page.getByRole("button", { name: button, exact: true }).click();
  }

  async #arriveAtProjects(): Promise<void> {
    await expect(this.page.getByRole("heading", { name: "Projects", level: 1 })).toBeVisible();
    await this.hydrated();
  }

  async #signInHere(): Promise<void> {
    await this.page.getByRole("textbox", { name: "Email", exact: true }).fill(this.email);
    await this.page.getByLabel("Password", { exact: true }).fill(this.password);
    await this.page.getByRole("button", { name: "Sign in", exact: true }).click();
    await this.#arriveAtProjects();
  }
}

/** The server compares the origin letter by letter; `localhost` is the one that browsers trust without TLS. */
function originOf(proxy: Proxy): string {
  return `http://localhost:${proxy.port}`;
}

/** `Ana Petrović` → `ana-petrovic`. */
function slug(name: string): string {
  return name
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-");
}

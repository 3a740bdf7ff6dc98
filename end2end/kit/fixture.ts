// What a test starts with: a server of its own, and people in front of it, each with a browser and a network of their own.

import { type BrowserContextOptions, expect, test as base } from "@playwright/test";
import { Person } from "./person";
import type { Proxy } from "./proxy";
import { Server } from "./server";

export { expect };
export type { Person };

/** How many people a test may have. The server has to know all origins when it starts. */
const MOST_PEOPLE = 6;

interface Kit {
  /** The server of this test. After the test its log must hold no error. */
  server: Server;
  /** The network of one person: cut it, stall it, slow it. */
  proxyFor: (name: string) => Proxy;
  /** Somebody without an account. */
  visitor: (name: string, options?: BrowserContextOptions) => Promise<Person>;
  /** Somebody who is registered and signed in; the first of a test is the admin. The same name is the same person. */
  person: (name: string) => Promise<Person>;
}

export const test = base.extend<Kit>({
  server: async ({}, use, info) => {
    const server = await Server.start(MOST_PEOPLE);
    await use(server);
    const troubles = await server.stop();
    await info.attach("server.log", { body: server.log.join("\n"), contentType: "text/plain" });
    expect(troubles, "the server must have no trouble").toEqual([]);
  },

  proxyFor: async ({ server }, use) => {
    const names: string[] = [];
    await use((name) => {
      if (!names.includes(name)) names.push(name);
      const proxy = server.proxies[names.indexOf(name)];
      if (proxy === undefined) throw new Error(`A test may have ${MOST_PEOPLE} people; ${name} is one more.`);
      return proxy;
    });
  },

  visitor: async ({ browser, proxyFor }, use) => {
    const arrived: Person[] = [];
    await use(async (name, options) => {
      const person = await Person.arrive(name, browser, proxyFor(name), options);
      arrived.push(person);
      return person;
    });
    const troubles = await Promise.all(arrived.map((person) => person.leave()));
    expect(troubles.flat(), "the pages must have no trouble").toEqual([]);
  },

  person: async ({ server, visitor }, use) => {
    const people = new Map<string, Promise<Person>>();
    // One after the other: the first to come becomes the admin.
    let before: Promise<unknown> = Promise.resolve();
    const signUp = async (name: string, isFirst: boolean) => {
      const person = await visitor(name);
      await (isFirst ? person.setUp(server.setupPath) : person.register());
      return person;
    };
    await use((name) => {
      const known = people.get(name);
      if (known !== undefined) return known;
      const isFirst = people.size === 0;
      const person = before.then(() => signUp(name, isFirst));
      people.set(name, person);
      before = person.catch(() => {}); // who awaits the person hears of it
      return person;
    });
  },
});

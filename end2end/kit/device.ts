// What a browser keeps of Muster on the device, seen from a test.
//
// Must not know: projects and their pages.

import { expect, type Page } from "@playwright/test";

/** The door to what is kept, as the page's program has it. */
interface Muster {
  recall(question: string): Promise<string[] | undefined>;
}

/** Waits until a worker keeps the page's files and answers for this page. */
export async function isInstalled(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const worker = navigator.serviceWorker;
    await worker.ready;
    if (worker.controller === null) await new Promise((next) => worker.addEventListener("controllerchange", next, { once: true }));
  });
}

/** Waits until the device keeps the answer to a question. */
export async function isKept(page: Page, question: unknown): Promise<void> {
  const text = JSON.stringify({ question });
  const isThere = () => page.evaluate(async (q) => ((await (globalThis as unknown as { muster: Muster }).muster.recall(q)) ?? []).length > 0, text);
  await expect.poll(isThere, `${text} is kept`).toBe(true);
}

/** What lies in a store of a person's database; nothing when there is no such database. */
export async function stored(page: Page, store: string): Promise<unknown[]> {
  return await page.evaluate(async (name) => {
    const done = <T>(ask: IDBRequest<T>) => new Promise<T>((yes, no) => ((ask.onsuccess = () => yes(ask.result)), (ask.onerror = () => no(ask.error))));
    const all: unknown[] = [];
    for (const { name: database } of await indexedDB.databases()) {
      const base = await done(indexedDB.open(database!));
      if (base.objectStoreNames.contains(name)) all.push(...(await done(base.transaction(name).objectStore(name).getAll())));
      base.close();
    }
    return all;
  }, store);
}

/** The addresses in all caches of the worker. */
export async function cached(page: Page): Promise<string[]> {
  return await page.evaluate(async () => {
    const paths: string[] = [];
    for (const name of await caches.keys()) {
      for (const request of await (await caches.open(name)).keys()) paths.push(new URL(request.url).pathname);
    }
    return paths;
  });
}

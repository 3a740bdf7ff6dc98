// Addresses that lead nowhere.

import { expect, test } from "../kit/fixture";

test("an address that leads nowhere is answered with 404 and a page that says so", async ({ person }) => {
  const ana = await person("Ana");
  // Asked beside the page: a browser writes an error to its console for every page with such a status.
  for (const path of ["/nowhere", "/p/NONE", "/p/NONE/7"]) {
    const answer = await ana.page.request.get(path);
    expect(answer.status(), path).toBe(404);
    expect(await answer.text(), path).toContain("There is nothing at this address");
  }
});

// What a test needs to have been done before it begins: commands sent as the page sends them, without its forms.
//
// Must not know: pages, beyond the answer that a document brings with it.

import { randomFillSync } from "node:crypto";
import type { Person } from "./person";

export type Command = Record<string, Record<string, unknown>>;

/** A status of a project, as the document tells it. */
export interface Status {
  id: string;
  name: string;
}

/** What the board's document tells about the project and the reader. */
export interface Told {
  person: string;
  project: string;
  statuses: Status[];
}

/** A new id: a UUIDv7 in base64url, as the page makes them. */
export function newId(): string {
  const bytes = randomFillSync(Buffer.alloc(16));
  bytes.writeUIntBE(Date.now(), 0, 6);
  bytes[6] = (bytes[6]! & 0x0f) | 0x70;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return bytes.toString("base64url");
}

/** Reads a board's document anew and what it tells. */
export async function told(person: Person, path: string): Promise<Told> {
  const page = await person.context.request.get(path);
  const text = /<script[^>]*id="told"[^>]*>([\s\S]*?)<\/script>/.exec(await page.text())?.[1];
  if (text === undefined) throw new Error(`${path} tells nothing.`);
  const { me, page: answer } = JSON.parse(text).answer.told.page.board;
  const statuses = (answer.board.statuses as [string, string, string][]).map(([id, name]) => ({ id, name }));
  return { person: me.person.id, project: answer.board.project, statuses };
}

/** Gives commands in order, 50 at a time, and fails if one is refused. */
export async function give(person: Person, as: string, commands: Command[]): Promise<void> {
  for (let at = 0; at < commands.length; at += 50) {
    const data = commands.slice(at, at + 50).map((command) => ({ op: newId(), command }));
    const origin = new URL(person.page.url()).origin;
    const answer = await person.context.request.post("/api/execute", { data, headers: { "x-muster-person": as, origin } });
    if (!answer.ok()) throw new Error(`${answer.status()}: ${await answer.text()}`);
    const refused = ((await answer.json()) as object[]).filter((one) => "refused" in one);
    if (refused.length > 0) throw new Error(`Refused: ${JSON.stringify(refused)}`);
  }
}

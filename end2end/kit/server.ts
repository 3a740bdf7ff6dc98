// The real server, as a person starts it: the binary, a fresh SQLite database, a free port.
//
// Must not know: pages. It learns the set-up link from the terminal like everybody else.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { freePort } from "./ports";
import { Proxy } from "./proxy";

const BINARY = path.resolve(process.env.MUSTER_BIN ?? path.join(import.meta.dirname, "../../target/release/muster"));
/** A debug build on a busy machine takes this long to migrate and listen; a release build a tenth of a second. */
const START_MS = 30_000;
const STOP_MS = 15_000;

export class Server {
  readonly port: number;
  /** Ways in. The server accepts the origin of each, because a person may have one of their own. */
  readonly proxies: readonly Proxy[];
  readonly #directory: string;
  readonly #log: string[] = [];
  #process: ChildProcess;
  #hasEnded = false;
  #setup: string | undefined;

  /** Starts a server with `nProxies` ways in; resolves when it answers. */
  static async start(nProxies: number): Promise<Server> {
    const directory = await mkdtemp(path.join(tmpdir(), "muster-"));
    const port = await freePort();
    const proxies = await Promise.all(Array.from({ length: nProxies }, () => Proxy.open(port)));
    const server = new Server(directory, port, proxies);
    try {
      await server.#answers();
    } catch (error) {
      await server.#end("SIGKILL");
      await server.#clear();
      throw error;
    }
    return server;
  }

  private constructor(directory: string, port: number, proxies: readonly Proxy[]) {
    this.#directory = directory;
    this.port = port;
    this.proxies = proxies;
    this.#process = this.#spawn();
  }

  /** Everything the server wrote so far, by line, without colours. */
  get log(): readonly string[] {
    return this.#log;
  }

  /** The path of the one-time link that makes the first admin: `/setup/<token>`. */
  get setupPath(): string {
    if (this.#setup === undefined) throw new Error(`The server printed no set-up link:\n${this.#log.join("\n")}`);
    return this.#setup;
  }

  /** Moves the server's clock on. */
  async advance(ms: number): Promise<void> {
    const body = JSON.stringify({ ms });
    const headers = { "content-type": "application/json" };
    const answer = await fetch(`http://127.0.0.1:${this.port}/dev/clock`, { method: "POST", headers, body });
    if (!answer.ok) throw new Error(`The clock could not be moved: ${answer.status}`);
  }

  /** Puts a mail into the folder of kept mails, as if it had been sent: HTML that tries to run a script, and a text with the link. */
  async keepMail(id: string, subject: string, link: string): Promise<void> {
    const folder = path.join(this.#directory, "mail");
    const mail = [
      "From: Muster <muster@localhost>",
      "To: Bo <bo@example.org>",
      `Subject: =?utf-8?B?${Buffer.from(subject).toString("base64")}?=`,
      "Date: Mon, 23 Nov 2026 09:30:00 +0000",
      'Content-Type: multipart/alternative; boundary="b"',
      "MIME-Version: 1.0",
      "",
      "--b",
      "Content-Type: text/plain; charset=utf-8",
      "",
      `Open: ${link}`,
      "--b",
      "Content-Type: text/html; charset=utf-8",
      "",
      `<html lang="en"><head><title>Mail</title></head><body onload="this.dataset.ran = 1"><main><h1>Mail</h1><a href="${link}">Open</a></main></body></html>`,
      "--b--",
      "",
    ];
    await mkdir(folder, { recursive: true });
    await writeFile(path.join(folder, `${id}.eml`), mail.join("\r\n"));
  }

  /** Runs a command of the binary beside the server, on the same data; answers all that it says, whether it succeeds or not. */
  async command(...words: string[]): Promise<string> {
    const child = spawn(BINARY, words, { cwd: this.#directory, env: this.#env(), stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (bytes: Buffer) => (said += bytes.toString()));
    await once(child, "close");
    return said;
  }

  /** Kills the server as a power cut does and starts it again on the same data and port. */
  async crashAndRestart(): Promise<void> {
    await this.#end("SIGKILL");
    this.#process = this.#spawn();
    await this.#answers();
  }

  /** Asks the server to stop, waits for it, and tells what was wrong in its life; empty is good. */
  async stop(): Promise<string[]> {
    const troubles: string[] = [];
    if (this.#hasEnded) troubles.push("The server ended before the test did.");
    else if (!(await this.#end("SIGTERM"))) troubles.push(`The server did not stop within ${STOP_MS} ms.`);
    else if (this.#process.exitCode !== 0) troubles.push(`The server ended with ${this.#process.exitCode ?? this.#process.signalCode}.`);
    troubles.push(...troublesIn(this.#log));
    await this.#clear();
    return troubles;
  }

  #env(): NodeJS.ProcessEnv {
    return {
      ...process.env,
      DATABASE_URL: `sqlite://${path.join(this.#directory, "muster.db")}`,
      MUSTER_DATA: this.#directory,
      MUSTER_MAIL: `file:${path.join(this.#directory, "mail")}`,
      MUSTER_TEST_CLOCK: "true",
      MUSTER_LISTEN: `127.0.0.1:${this.port}`,
      MUSTER_ORIGIN: this.proxies.map((proxy) => `http://localhost:${proxy.port}`).join(","),
      NO_COLOR: "1",
      FORCE_COLOR: undefined, // set by the test runner for itself
    };
  }

  #spawn(): ChildProcess {
    const child = spawn(BINARY, ["serve"], { cwd: this.#directory, env: this.#env(), stdio: ["ignore", "pipe", "pipe"] });
    this.#hasEnded = false;
    child.once("error", (error) => this.#log.push(`${BINARY} does not start: ${error.message}`));
    child.once("close", () => {
      this.#hasEnded = true;
    });
    for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on("line", (line) => this.#hear(line));
    return child;
  }

  #hear(line: string): void {
    this.#log.push(line);
    this.#setup ??= /\/setup\/[\w-]+/.exec(line)?.[0];
  }

  /** Resolves when `/healthz` says 200. */
  async #answers(): Promise<void> {
    const until = performance.now() + START_MS;
    for (;;) {
      if (this.#hasEnded) throw new Error(`The server did not start:\n${this.#log.join("\n")}`);
      const isUp = await fetch(`http://127.0.0.1:${this.port}/healthz`).then(
        (answer) => answer.ok,
        () => false,
      );
      if (isUp) return;
      if (performance.now() > until) throw new Error(`No answer from the server within ${START_MS} ms:\n${this.#log.join("\n")}`);
      await new Promise((next) => setTimeout(next, 20));
    }
  }

  /** Whether the process ended by itself after `signal`; it is ended by force otherwise. */
  async #end(signal: NodeJS.Signals): Promise<boolean> {
    if (this.#hasEnded) return true;
    const closed = once(this.#process, "close");
    this.#process.kill(signal);
    const force = setTimeout(() => this.#process.kill("SIGKILL"), STOP_MS);
    await closed;
    clearTimeout(force);
    return signal === "SIGKILL" || this.#process.signalCode !== "SIGKILL";
  }

  async #clear(): Promise<void> {
    await Promise.all(this.proxies.map((proxy) => proxy.close()));
    await rm(this.#directory, { recursive: true, force: true });
  }
}

/** The lines of a log that say the server failed at something. */
export function troublesIn(log: readonly string[]): string[] {
  return log.filter((line) => /\bERROR\b|\bpanicked at\b/.test(line)).map((line) => `The server's log says: ${line}`);
}

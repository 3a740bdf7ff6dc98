// What the page keeps on this device, and what its tabs tell each other: unsent changes, drafts, and what the server told last.
//
// All of it lies in one IndexedDB per person, `muster-<person>`. The page's program calls `muster.…` with texts and hears
// `(what, key, text)`. It is JavaScript because the same in wasm would be ten times the bytes.
//
// Must not know: what a change means. Of answers it knows only which are worth keeping, and the number of a board's event.
//
// | store | key | holds |
// |---|---|---|
// | `outbox` | operation | a change that the server has not answered, as the program wrote it; `n` orders them |
// | `drafts` | field | what is typed there |
// | `told` | question | the last answer to it; a board's has the number of its last event in `seq` |
// | `events` | project, number of the last event | frames of the feed that came after the board |

/** How long storage may take before the page stops counting on it. A hung disk must not hang the page. */
const PATIENCE_MS = 1000;
/** So many frames after a board, and it is read anew. */
const LONGEST_TAIL = 500;
/** How many characters of answers are kept; the oldest go first. */
const MOST_TOLD = 20_000_000;
/** The person whose data the next page on this device may show without asking. */
const PERSON = "muster:person";
/** Who reads, as the server described them last. */
const READER = "muster:reader";

const drafts = new Map();
/** Changes that another tab has told to be over, perhaps before this one has read them. */
const over = new Set();
/** The projects whose boards are kept, each with the number of frames behind it. */
const tails = new Map();
/** How many boards are about to be kept: frames that come meanwhile may belong behind one of them. */
let expected = 0;
let hear = () => {};
let who = "";
let opening;
let channel;
let n = 0;
/** Whether storage failed or hangs: then what is not sent is in memory only. */
let isLost = false;
let writing = 0;
/** The browser's offer to install the page. */
let offer;

/** What is left of `localStorage` where the browser forbids it: nothing, and no error. */
const local = {
  get: (key) => {
    try {
      return localStorage.getItem(key) ?? "";
    } catch {
      return "";
    }
  },
  set: (key, text) => {
    try {
      if (text) localStorage.setItem(key, text);
      else localStorage.removeItem(key);
    } catch {
      // The next page on this device will ask the server who is there.
    }
  },
};
const idle = globalThis.requestIdleCallback ?? ((act) => setTimeout(act, 200));
const say = (...words) => channel?.postMessage(words);
const done = (ask) =>
  new Promise((yes, no) => {
    ask.onsuccess = () => yes(ask.result);
    ask.onerror = () => no(ask.error);
  });

function within(ms, promise) {
  let timer;
  const late = new Promise((_, no) => {
    timer = setTimeout(no, ms, new Error("storage is too slow"));
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

function lost(is) {
  if (isLost === is) return;
  isLost = is;
  hear(is ? "lost" : "kept", "", "");
}

/** The database of a person; opened once. */
function opened(person) {
  if (who !== person || !opening) {
    who = person;
    opening = new Promise((yes, no) => {
      const ask = indexedDB.open(`muster-${person}`, 1);
      ask.onupgradeneeded = () => {
        const base = ask.result;
        base.createObjectStore("outbox", { keyPath: "op" });
        base.createObjectStore("drafts");
        base.createObjectStore("told", { keyPath: "question" }).createIndex("project", "project");
        base.createObjectStore("events");
      };
      ask.onsuccess = () => {
        // A sign-out in another tab removes the database; an open one would make it wait.
        ask.result.onversionchange = () => ask.result.close();
        yes(ask.result);
      };
      ask.onerror = () => no(ask.error);
    });
    opening.catch(() => {});
  }
  return opening;
}

/** Writes, all or nothing. Whether it was in time is told by `lost`. An `act` that looks first and then writes answers true. */
async function write(stores, act, durability = "relaxed") {
  writing += 1;
  const base = opening ?? Promise.reject(new Error("nobody is signed in"));
  const written = base.then(
    (open) =>
      new Promise((yes, no) => {
        const change = open.transaction(stores, "readwrite", { durability });
        change.oncomplete = yes;
        change.onabort = () => no(change.error);
        const goesOn = act((store) => change.objectStore(store));
        // Not waiting for the answers of single writes: a page that closes now has said all it has to say.
        if (goesOn !== true) change.commit?.();
      }),
  );
  written.then(
    () => lost(false),
    () => {},
  );
  await within(PATIENCE_MS, written).catch(() => lost(true));
  writing -= 1;
}

/** The tab that holds the lock sends for all. Where there are no locks each sends: an operation is done once anyway. */
function lead() {
  const won = () => hear("lead", "", "");
  if (!navigator.locks || isLost) return won();
  navigator.locks.request(`muster-${who}`, () => {
    won();
    return new Promise(() => {});
  });
}

async function load(person) {
  const base = await opened(person);
  const read = base.transaction(["outbox", "drafts"]);
  const [entries, keys, texts] = await Promise.all([
    done(read.objectStore("outbox").getAll()),
    done(read.objectStore("drafts").getAllKeys()),
    done(read.objectStore("drafts").getAll()),
  ]);
  keys.forEach((key, at) => drafts.has(key) || drafts.set(key, texts[at]));
  hear("drafts", "", "");
  entries.sort((a, b) => a.n - b.n);
  for (const { op, text } of entries) if (!over.has(op)) hear("entry", op, text);
}

/** Drops the oldest answers when there are too many of them, except boards. */
async function prune() {
  const base = await opening;
  const all = (await done(base.transaction("told").objectStore("told").getAll())).sort((a, b) => b.at - a.at);
  let size = 0;
  const old = all.filter(({ text, seq }) => {
    size += text.length;
    return size > MOST_TOLD && seq === undefined;
  });
  if (old.length > 0) await write(["told"], (of) => old.forEach(({ question }) => of("told").delete(question)));
}

/** All frames of a project, or those up to a number. */
const frames = (project, upTo = Number.POSITIVE_INFINITY) => IDBKeyRange.bound([project, 0], [project, upTo]);

/** Keeps an answer, if it is one that is worth keeping. */
function remember(question, text) {
  const asked = JSON.parse(question).question;
  if (asked !== "home" && asked !== "my_tasks" && !asked.board && !asked.task) return;
  if (asked.board) expected += 1;
  idle(() => {
    if (asked.board) expected -= 1;
    const reply = JSON.parse(text);
    const board = reply.board?.page.board;
    if (asked.board && !board) return;
    const { project = asked.task?.project, seq } = board ?? {};
    if (board) tails.set(project, 0);
    write(board ? ["told", "events"] : ["told"], (of) => {
      of("told").put({ question, project, seq, text, at: Date.now() });
      if (board) of("events").delete(frames(project, seq));
    });
  });
}

/** Asks for a board again when too much has followed it. */
async function renew(project) {
  const base = await opening;
  const kept = await done(base.transaction("told").objectStore("told").index("project").getAll(project));
  const question = kept.find(({ seq }) => seq !== undefined)?.question;
  if (!question) return;
  const headers = { "content-type": "application/json", accept: "application/json" };
  const answer = await fetch("/api/ask", { method: "POST", headers, body: question });
  if (answer.ok) remember(question, await answer.text());
}

globalThis.muster = {
  /** Begins for a person: brings what was kept, then hears other tabs. Memory alone is used if storage does not answer. */
  async open(person, listener) {
    hear = listener;
    local.set(PERSON, person);
    channel = new BroadcastChannel(`muster-${person}`);
    channel.onmessage = ({ data }) => {
      if (data[0] === "over") over.add(data[1]);
      hear(...data);
    };
    if (offer) hear("offer", "", "");
    await within(PATIENCE_MS, load(person)).then(
      () => idle(() => prune().catch(() => {})),
      () => lost(true),
    );
    lead();
  },

  /** A new change, for this device and the other tabs. */
  entry(op, text) {
    n = Math.max(n + 1, Date.now() * 1000);
    const value = { op, text, n };
    // The disk itself, and not only the system's cache: this is what a power cut must not take.
    write(["outbox"], (of) => of("outbox").put(value), "strict");
    say("entry", op, text);
  },

  /** A change is over. What came of it is told to the other tabs. */
  over(op, result) {
    write(["outbox"], (of) => of("outbox").delete(op));
    say("over", op, result);
  },

  say,

  /** Whether the page may be closed without losing anything that it was given. */
  isSafe: () => !isLost && writing === 0,

  draft: (key) => drafts.get(key) ?? "",

  setDraft(key, text) {
    if (text) drafts.set(key, text);
    else drafts.delete(key);
    write(["drafts"], (of) => (text ? of("drafts").put(text, key) : of("drafts").delete(key)));
  },

  remember,

  /** Keeps what the document told. */
  first(question) {
    expected += 1;
    idle(() => {
      expected -= 1;
      const told = document.getElementById("told");
      const first = told && JSON.parse(told.textContent);
      if (!first?.answer.told) return;
      const { page, task } = first.answer.told;
      local.set(READER, JSON.stringify(first.reader));
      remember(question, JSON.stringify(page));
      const board = page.board?.page.board;
      if (!board || !task) return;
      const opened = { question: { task: { project: board.project, task: task.page.task } } };
      remember(JSON.stringify(opened), JSON.stringify({ task }));
    });
  },

  /** A frame of a project's feed. Kept only behind a board. */
  follow(project, last, text) {
    if (!tails.has(project) && expected === 0) return;
    const length = (tails.get(project) ?? 0) + 1;
    tails.set(project, length);
    write(["events"], (of) => of("events").put(text, [project, Number(last)]));
    if (length % LONGEST_TAIL === 0) idle(() => renew(project).catch(() => {}));
  },

  /** The answer that is kept: when it came, its text, then the frames that came after it. */
  async recall(question) {
    const person = who || local.get(PERSON);
    if (!person) return undefined;
    try {
      const base = await within(PATIENCE_MS, opened(person));
      const read = base.transaction(["told", "events"]);
      const kept = await done(read.objectStore("told").get(question));
      if (!kept) return undefined;
      const isBoard = kept.seq !== undefined;
      const after = isBoard ? await done(read.objectStore("events").getAll(frames(kept.project))) : [];
      if (isBoard) tails.set(kept.project, after.length);
      return [String(kept.at), kept.text, ...after];
    } catch {
      return undefined;
    }
  },

  /** The reader as they were described last; for a page that comes without its server. */
  reader: () => local.get(READER),

  /** A project that the person may see no more. */
  forget(project) {
    tails.delete(project);
    write(["told", "events"], (of) => {
      of("events").delete(frames(project));
      of("told").index("project").openKeyCursor(project).onsuccess = ({ target: { result: at } }) => {
        if (!at) return;
        of("told").delete(at.primaryKey);
        at.continue();
      };
      return true;
    });
  },

  /** Everything of this person goes from this device, and from its other tabs. */
  async wipe() {
    const person = who || local.get(PERSON);
    channel ??= new BroadcastChannel(`muster-${person}`);
    say("bye", "", "");
    try {
      (await within(PATIENCE_MS, opened(person))).close();
      await within(PATIENCE_MS, done(indexedDB.deleteDatabase(`muster-${person}`)));
    } catch {
      // Storage that does not answer now did not answer before either.
    }
    for (const key of [PERSON, READER]) local.set(key, "");
    sessionStorage.clear();
    drafts.clear();
    opening = undefined;
  },

  /** How many changes of the person who was here last have not been sent. */
  async left() {
    const person = who || local.get(PERSON);
    if (!person) return 0;
    const base = await within(PATIENCE_MS, opened(person));
    return done(base.transaction("outbox").objectStore("outbox").count());
  },

  /** Shows the browser's own question whether to install the page. */
  install() {
    offer?.prompt();
    offer = undefined;
  },
};

addEventListener("beforeinstallprompt", (event) => {
  event.preventDefault();
  offer = event;
  hear("offer", "", "");
});

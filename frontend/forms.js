// The whole program of the pages that need no wasm: those for visitors, the settings and the administration. It sends their
// forms, says what is wrong at its field and keeps what was typed, shows a password, ticks off what a new one has to be and says
// how good it is, shows codes that are told once, and reads again what changes by itself.
//
// What is valid is the server's to say; so is each sentence. Must not know which forms there are.

const field = (form, name) => form.elements.namedItem(name);

/** Says what is wrong with the form: at the field, if it has it, and otherwise above all of them. */
function tell(form, name, why) {
  for (const old of form.querySelectorAll("[data-fault]")) old.remove();
  for (const control of form.elements) {
    control.removeAttribute("aria-invalid");
    control.setAttribute("aria-describedby", control.dataset.described ?? "");
  }
  if (!why) return;
  const control = name && field(form, name);
  const fault = document.getElementById(control ? "fault-at-field" : "fault").content.firstElementChild.cloneNode(true);
  fault.dataset.fault = "";
  fault.querySelector("[data-why]").textContent = why;
  if (control) {
    fault.id = `${control.id}-error`;
    control.setAttribute("aria-invalid", "true");
    control.setAttribute("aria-describedby", `${fault.id} ${control.dataset.described ?? ""}`.trim());
    control.closest(".field").append(fault);
    control.focus();
  } else {
    form.prepend(fault);
    form.querySelector("[type=password]")?.focus();
  }
}

/** What a form says. Boxes of one name that ends in `[]` are a list of their values, numbers are numbers, `""` of them nothing. */
function said(form) {
  const body = {};
  for (const control of form.elements) {
    const { name, type, value } = control;
    if (!name) continue;
    if (type === "checkbox" && name.endsWith("[]")) {
      const list = (body[name.slice(0, -2)] ??= []);
      if (control.checked) list.push(value);
    } else if (type === "checkbox") body[name] = control.checked;
    else if (control.dataset.is === "number") body[name] = value === "" ? null : Number(value);
    else body[name] = value;
  }
  return body;
}

/** Before somebody leaves, this device must hold nothing of theirs that was not sent. Says whether they may. */
async function mayLeave(form) {
  const n = await globalThis.muster.left().catch(() => 0);
  if (n > 0) tell(form, null, form.dataset.left);
  return n === 0;
}

async function send(form) {
  const leaves = form.dataset.left !== undefined;
  if (leaves && !(await mayLeave(form))) return;
  const body = JSON.stringify(said(form));
  const options = { method: "POST", headers: { "content-type": "application/json" }, body };
  let answer;
  try {
    answer = await fetch(form.dataset.post, { ...options, signal: AbortSignal.timeout(12000) });
  } catch {
    return tell(form, null, form.dataset.offline);
  }
  // Another step comes first; it leads on to where this one does.
  const go = answer.headers.get("x-muster-go");
  if (go) {
    const next = answer.ok && form.dataset.then ? form.dataset.then : location.pathname + location.search;
    return location.assign(`${go}?next=${encodeURIComponent(next)}`);
  }
  if (answer.ok && form.dataset.keeps) sessionStorage.removeItem(form.dataset.keeps);
  if (answer.ok && leaves) await globalThis.muster.wipe();
  if (answer.ok && form.dataset.told) return showLines(form, (await answer.json()).lines);
  if (answer.ok) return form.dataset.then ? location.assign(form.dataset.then) : saved(form, await answer.json());
  const why = answer.headers.get("x-muster-why");
  tell(form, answer.headers.get("x-muster-field"), why ? decodeURIComponent(why) : form.dataset.offline);
}

/** Puts what is told once in the place of the form, to be copied and kept. */
function showLines(form, lines) {
  const part = document.getElementById(form.dataset.told).content.cloneNode(true);
  const text = lines.join("\n") + "\n";
  for (const line of lines) part.querySelector("[data-lines]").appendChild(document.createElement("li")).textContent = line;
  part.querySelector("[data-downloads]").href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  const copy = part.querySelector("[data-copies]");
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text);
    copy.lastChild.textContent = copy.dataset.copies;
  });
  const heading = part.querySelector("h2");
  form.replaceWith(part);
  heading.focus();
}

/** Says that it was done, shows what the answer has for the reader, and how things are now. */
async function saved(form, answer) {
  const words = form.querySelector("[data-saved]") ?? document.getElementById(form.dataset.tells);
  if ("clears" in form.dataset) form.reset();
  if (words) words.textContent = form.dataset.saved ?? words.dataset.saved;
  const shown = form.querySelector("[data-answer]");
  if (shown) {
    shown.hidden = false;
    shown.querySelector("input").value = answer[shown.dataset.answer];
  }
  await refresh();
}

/** The fields of a form in which somebody types. */
const typed = (form) => [...form.elements].filter(({ name, type }) => name && type !== "hidden" && type !== "checkbox");

/** Keeps what is typed until it is sent: over reloads and on the way back, in this tab. */
function keep(form) {
  const place = form.dataset.keeps;
  if (!place) return;
  const kept = JSON.parse(sessionStorage.getItem(place) ?? "{}");
  for (const control of typed(form)) if (control.name in kept) control.value = kept[control.name];
  form.addEventListener("input", () => {
    const values = typed(form).map(({ name, value }) => [name, value]);
    sessionStorage.setItem(place, JSON.stringify(Object.fromEntries(values)));
  });
}

function listen(form) {
  const button = form.querySelector("[type=submit]");
  form.addEventListener("input", () => {
    const words = form.querySelector("[data-saved]");
    if (words) words.textContent = "";
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.ariaBusy) return;
    button.ariaBusy = "true";
    tell(form);
    await send(form);
    button.ariaBusy = null;
  });
}

/** Reads the parts again that are marked as `data-live`. What has the focus keeps it. */
async function refresh() {
  const parts = [...document.querySelectorAll("[data-live]")];
  if (parts.length === 0) return;
  let text;
  try {
    const answer = await fetch(location.href, { headers: { accept: "text/html" } });
    // Whoever is signed out, or may not see this any more, sees that.
    if (answer.redirected || answer.status === 404) return location.reload();
    if (!answer.ok) return;
    text = await answer.text();
  } catch {
    return;
  }
  const page = new DOMParser().parseFromString(text, "text/html");
  for (const part of parts) {
    const fresh = page.getElementById(part.id);
    if (!fresh || fresh.innerHTML === part.innerHTML) continue;
    const focus = part.contains(document.activeElement) ? document.activeElement.id : "";
    part.replaceChildren(...fresh.childNodes);
    for (const form of part.querySelectorAll("form[data-post]")) listen(form);
    if (focus) document.getElementById(focus)?.focus();
  }
}

for (const form of document.querySelectorAll("form[data-post]")) {
  keep(form);
  listen(form);
}

for (const button of document.querySelectorAll("[data-shows]")) {
  const control = document.getElementById(button.dataset.shows);
  button.addEventListener("click", () => {
    control.type = control.type === "password" ? "text" : "password";
    button.ariaPressed = String(control.type === "text");
  });
}

for (const button of document.querySelectorAll("[data-copies]")) {
  const control = document.getElementById(button.dataset.copies);
  button.addEventListener("click", async () => {
    control.select();
    // Without a clipboard (a page without TLS has none) it is selected, to be copied by hand.
    await navigator.clipboard?.writeText(control.value);
  });
}

for (const list of document.querySelectorAll("[data-least]")) {
  const control = document.getElementById(list.dataset.of);
  control.addEventListener("input", () => {
    list.toggleAttribute("data-ok", [...control.value].length >= Number(list.dataset.least));
  });
}

for (const meter of document.querySelectorAll("[data-meter]")) {
  const control = document.getElementById(meter.dataset.meter);
  const [bar, words] = meter.children;
  let pause;
  control.addEventListener("input", () => {
    clearTimeout(pause);
    pause = setTimeout(async () => {
      const typed = control.value;
      const of = (name) => field(control.form, name)?.value ?? "";
      const body = JSON.stringify({ password: typed, name: of("name"), email: of("email") });
      const options = { method: "POST", headers: { "content-type": "application/json" }, body };
      // Without an answer nothing is said: the form says it when it is sent.
      const answer = typed && (await fetch("/api/account/strength", options).catch(() => null));
      if (control.value !== typed) return;
      const told = answer?.ok ? await answer.json() : { score: 0, is_fine: true, words: "" };
      bar.value = told.score;
      bar.dataset.tone = told.is_fine ? "" : told.score < 2 ? "bad" : "warn";
      words.textContent = told.words;
    }, 250);
  });
}

// Where one is, is seen also where the bar goes on beside the edge of a phone.
document.querySelector(".bottom-nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

const pace = Number(document.querySelector("[data-every]")?.dataset.every);
if (pace) setInterval(() => document.hidden || refresh(), pace * 1000);

document.body.dataset.hydrated = "true";

// The whole program of the pages that need no wasm: those for visitors, the settings and the administration. It sends their
// forms, says what is wrong at its field and keeps what was typed, shows a password, ticks off what a new one has to be, and
// reads again what changes by itself.
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

async function send(form) {
  const body = JSON.stringify(said(form));
  const options = { method: "POST", headers: { "content-type": "application/json" }, body };
  let answer;
  try {
    answer = await fetch(form.dataset.post, { ...options, signal: AbortSignal.timeout(12000) });
  } catch {
    return tell(form, null, form.dataset.offline);
  }
  if (answer.ok) return form.dataset.then ? location.assign(form.dataset.then) : saved(form);
  const why = answer.headers.get("x-muster-why");
  tell(form, answer.headers.get("x-muster-field"), why ? decodeURIComponent(why) : form.dataset.offline);
}

/** Says that it was done, and shows how things are now. */
async function saved(form) {
  const words = form.querySelector("[data-saved]");
  if (words) words.textContent = words.dataset.saved;
  await refresh();
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

for (const form of document.querySelectorAll("form[data-post]")) listen(form);

for (const button of document.querySelectorAll("[data-shows]")) {
  const control = document.getElementById(button.dataset.shows);
  button.addEventListener("click", () => {
    control.type = control.type === "password" ? "text" : "password";
    button.ariaPressed = String(control.type === "text");
  });
}

for (const list of document.querySelectorAll("[data-least]")) {
  const control = document.getElementById(list.dataset.of);
  control.addEventListener("input", () => {
    list.toggleAttribute("data-ok", [...control.value].length >= Number(list.dataset.least));
  });
}

const pace = Number(document.querySelector("[data-every]")?.dataset.every);
if (pace) setInterval(() => document.hidden || refresh(), pace * 1000);

document.body.dataset.hydrated = "true";

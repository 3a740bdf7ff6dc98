// The whole program of the pages for visitors: it sends their forms, says what is wrong at its field and keeps what was
// typed, shows a password, and ticks off what a new one has to be. The pages for people who are signed in are wasm.
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

async function send(form) {
  const body = Object.fromEntries(new FormData(form));
  for (const box of form.querySelectorAll("[type=checkbox]")) body[box.name] = box.checked;
  const options = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  let answer;
  try {
    answer = await fetch(form.dataset.post, { ...options, signal: AbortSignal.timeout(12000) });
  } catch {
    return tell(form, null, form.dataset.offline);
  }
  if (answer.ok) return location.assign(form.dataset.then);
  const why = answer.headers.get("x-muster-why");
  tell(form, answer.headers.get("x-muster-field"), why ? decodeURIComponent(why) : form.dataset.offline);
}

for (const form of document.querySelectorAll("form[data-post]")) {
  const button = form.querySelector("[type=submit]");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.ariaBusy) return;
    button.ariaBusy = "true";
    tell(form);
    await send(form);
    button.ariaBusy = null;
  });
}

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

document.body.dataset.hydrated = "true";

// Loads the page's program, and registers the worker that keeps it for times without a network. If the program cannot be
// loaded, the page can be read but not used: it says so and offers to load again.
//
// Must not know: what the program does.

const href = (id) => document.getElementById(id).href;

async function boot() {
  const program = await import(href("program"));
  await program.default({ module_or_path: href("wasm") });
  program.run(() => failed(new Error("a part of the program could not be loaded")));
}

function failed(error) {
  console.error(error);
  const banner = document.createElement("div");
  banner.className = "banner";
  banner.dataset.tone = "bad";
  banner.setAttribute("role", "alert");
  const words = document.createElement("p");
  words.textContent = "This page could not be loaded in full. Check your connection, then load it again.";
  const again = document.createElement("button");
  again.className = "btn";
  again.type = "button";
  again.textContent = "Load again";
  again.onclick = () => location.reload();
  banner.append(words, again);
  document.body.prepend(banner);
}

boot().catch(failed);

// After the page is there: what it needs itself comes first.
if (navigator.serviceWorker) {
  const register = () => navigator.serviceWorker.register("/sw.js").catch(() => {});
  if (document.readyState === "complete") register();
  else addEventListener("load", register);
}

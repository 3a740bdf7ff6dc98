// The worker that keeps the page's program on the device, so that a page opens without a network.
//
// The server writes two lines before this: `BUILD`, and `FILES` with the address of everything that this build loads. There
// is one cache per build, filled at once or not at all, and the one before it stays: tabs that were opened before still
// ask for its files. No page with anybody's data is ever in it, only a shell that is the same for everybody.
//
// Must not know: questions, changes, sessions. What is not a page or one of our files passes by.

const SHELL = "/shell";
const PREFIX = "muster-";
/** A page that takes longer is opened from what is kept, and catches up. */
const PATIENCE_MS = 1500;
/** What the page's program paints. Other pages need their server, and wait for it. */
const IN_PROGRAM = /^\/(|my|inbox|search|p\/.+)$/;

async function install() {
  const cache = await caches.open(PREFIX + BUILD);
  await cache.addAll([SHELL, ...FILES]);
  // Taking over at once is safe: files are named by their content, and the shell is only for pages that cannot be had.
  await skipWaiting();
}

async function activate() {
  const names = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== PREFIX + BUILD);
  await Promise.all(names.slice(0, -1).map((name) => caches.delete(name)));
  await clients.claim();
}

async function file(request) {
  return (await caches.match(request, { ignoreVary: true })) ?? fetch(request);
}

async function page(request) {
  const shell = () => caches.match(SHELL, { cacheName: PREFIX + BUILD });
  const asked = fetch(request);
  const isOurs = IN_PROGRAM.test(new URL(request.url).pathname);
  const late = new Promise((no) => setTimeout(no, PATIENCE_MS));
  try {
    const answer = await (isOurs ? Promise.race([asked, late]) : asked);
    // A proxy that finds no server behind it.
    const isThere = answer && ![502, 503, 504].includes(answer.status);
    if (isThere) return answer;
    asked.catch(() => {});
    return (await shell()) ?? answer ?? asked;
  } catch (error) {
    const kept = await shell();
    if (kept) return kept;
    throw error;
  }
}

addEventListener("install", (event) => event.waitUntil(install()));
addEventListener("activate", (event) => event.waitUntil(activate()));
addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin) return;
  if (pathname.startsWith("/pkg/")) event.respondWith(file(request));
  else if (request.mode === "navigate" && !pathname.startsWith("/dev/")) event.respondWith(page(request));
});

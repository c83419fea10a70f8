// The screen of a service point. The code itself is fetched by htmx; here is only what happens when it cannot be:
// a code that no longer changes must not look like one that works. The page's own clock counts, not the tablet's.
const STALE_AFTER_MS = 15000;
const stale = document.getElementById("stale");
const live = document.getElementById("live");
let fetchedAt = performance.now();

document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.successful) fetchedAt = performance.now();
});

setInterval(() => {
  const isStale = performance.now() - fetchedAt > STALE_AFTER_MS;
  stale.hidden = !isStale;
  live.classList.toggle("is-stale", isStale);
}, 1000);

// A tablet on the wall should not go dark; where the browser has no such wish, its settings decide.
async function stayAwake() {
  try {
    if (document.visibilityState === "visible") await navigator.wakeLock.request("screen");
  } catch {
    // Not over plain http, and not on every tablet.
  }
}
if ("wakeLock" in navigator) {
  stayAwake();
  document.addEventListener("visibilitychange", stayAwake);
}

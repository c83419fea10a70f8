// The service worker of the station, and of nothing else: without a network it answers with the page that the station
// kept (templates/offline/station.html) and its files. Everything is asked of the network first, so that nothing grows old here.
const KEPT = "timebank-station";
const PATIENCE_MS = 5000;
const STATION = /^\/c\/[^/]+\/points\/\d+\/station(\/offline)?$/;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (request.mode === "navigate" && STATION.test(url.pathname)) {
    event.respondWith(networkOr(request, `${url.pathname.replace(/\/offline$/, "")}/offline`));
  } else if (url.pathname.startsWith("/static/")) {
    event.respondWith(networkOr(request, url.pathname));
  }
});

/** The network's answer; what was kept where there is none, or none within a while. */
async function networkOr(request, kept) {
  const late = new Promise((_, reject) => setTimeout(reject, PATIENCE_MS));
  const asked = fetch(request);
  asked.catch(() => {});
  try {
    return await Promise.race([asked, late]);
  } catch {
    return (await (await caches.open(KEPT)).match(kept)) ?? asked;
  }
}

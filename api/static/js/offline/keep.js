// What a station keeps in its browser: its key, its counter, and the scans until they are answered (IndexedDB).
//
//   devices   one a point, by place ("TPL/1"): { place, id, number, name, privateKey, counter }
//   scans     by key: { key, place, code, direction, scanned_at, seen_by, state, answer }
//             state: kept (not sent yet), sent (on its way, perhaps there), answered
//
// The private key cannot be taken out: it was made non-extractable, and only signs.

import { openDB } from "../../vendor/idb.js";

const CURVE = { name: "ECDSA", namedCurve: "P-256" };
const SIGNING = { name: "ECDSA", hash: "SHA-256" };
const KEPT_FILES = "timebank-station";
const DAY_MS = 24 * 3600 * 1000;

/** What is missing for scanning without a network, as a word of the panel; "" if nothing. */
export function missing() {
  if (!window.isSecureContext) return "insecure";
  const has = crypto.subtle && window.indexedDB && navigator.serviceWorker && window.caches && navigator.locks;
  return has ? "" : "unable";
}

let opened = null;

function database() {
  opened ??= openDB("timebank-offline", 1, {
    upgrade(made) {
      made.createObjectStore("devices", { keyPath: "place" });
      made.createObjectStore("scans", { keyPath: "key" }).createIndex("place", "place");
    },
  });
  return opened;
}

export async function device(place) {
  return (await database()).get("devices", place);
}

export async function devices() {
  return (await database()).getAll("devices");
}

/** A key for this browser: what is sent to be registered, and the half that stays. */
export async function newDeviceKey(community, point) {
  const pair = await crypto.subtle.generateKey(CURVE, false, ["sign", "verify"]);
  const publicKey = hex(await crypto.subtle.exportKey("raw", pair.publicKey));
  const statement = `timebank device\n${community}\n${point}\n${publicKey}\n`;
  const proof = hex(await crypto.subtle.sign(SIGNING, pair.privateKey, new TextEncoder().encode(statement)));
  return { privateKey: pair.privateKey, publicKey, proof };
}

export async function keepDevice(made) {
  await (await database()).put("devices", { counter: 0, ...made });
  await navigator.storage?.persist?.(); // asks the browser not to throw scans away when its disk is full
}

export async function forgetDevice(place) {
  await (await database()).delete("devices", place);
}

/** The next counter, written down before it is used: whatever happens to the batch, it is not used again. */
export async function nextCounter(place, atLeast = 0) {
  const transaction = (await database()).transaction("devices", "readwrite");
  const kept = await transaction.store.get(place);
  kept.counter = Math.max(kept.counter, atLeast) + 1;
  await transaction.store.put(kept);
  await transaction.done;
  return kept.counter;
}

/** The raw signature (r and s, 64 bytes) as base64url. */
export async function sign(kept, text) {
  const made = await crypto.subtle.sign(SIGNING, kept.privateKey, new TextEncoder().encode(text));
  const bytes = String.fromCharCode(...new Uint8Array(made));
  return btoa(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** JSON with sorted names and no spaces; of texts, whole numbers, lists and objects (RFC 8785). */
export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const names = Object.keys(value).sort();
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(",")}}`;
}

/** Write down a scan. Resolves when it is on the disk: only then may anybody be told so. */
export async function keepScan({ place, code, direction, seenBy }) {
  const at = Date.now();
  const scan = { key: newKey(at), place, code, direction, scanned_at: at, seen_by: seenBy, state: "kept", answer: null };
  const transaction = (await database()).transaction("scans", "readwrite", { durability: "strict" });
  await transaction.store.add(scan);
  await transaction.done;
  return scan;
}

/** The scans of a place in order of time. */
export async function scans(place) {
  const found = await (await database()).getAllFromIndex("scans", "place", place);
  return found.sort((one, other) => (one.key < other.key ? -1 : 1));
}

export async function changeScans(keys, change) {
  const transaction = (await database()).transaction("scans", "readwrite", { durability: "strict" });
  for (const key of keys) {
    const scan = await transaction.store.get(key);
    if (scan) await transaction.store.put({ ...scan, ...change(scan) });
  }
  await transaction.done;
}

export async function forgetScans(keys) {
  const transaction = (await database()).transaction("scans", "readwrite");
  for (const key of keys) await transaction.store.delete(key);
  await transaction.done;
}

/** Accepted scans are kept for a day, to know who comes and who goes; the others until somebody has read them. */
export async function forgetOld(place) {
  const old = (await scans(place)).filter(
    (scan) => scan.answer?.outcome === "accepted" && Date.now() - scan.scanned_at > DAY_MS,
  );
  await forgetScans(old.map((scan) => scan.key));
}

/** Keep the page that works without a network, and its files, and let the service worker answer with them. */
export async function keepPage({ scope, shellUrl, files }) {
  await navigator.serviceWorker.register("/sw.js", { scope });
  const cache = await caches.open(KEPT_FILES);
  const shell = await fetch(shellUrl);
  if (!shell.ok || shell.redirected) return; // signed out meanwhile: what was kept before stays
  await cache.put(shellUrl, shell);
  await cache.addAll(files);
}

/** A UUIDv7 of this device's clock. */
export function newKey(atMs) {
  const random = crypto.getRandomValues(new Uint8Array(10));
  random[0] = 0x70 | (random[0] & 0x0f);
  random[2] = 0x80 | (random[2] & 0x3f);
  const all = atMs.toString(16).padStart(12, "0") + hex(random);
  return [all.slice(0, 8), all.slice(8, 12), all.slice(12, 16), all.slice(16, 20), all.slice(20)].join("-");
}

function hex(bytes) {
  return [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

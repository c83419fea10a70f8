// Sends what a station kept, batch by batch, and keeps the answers.
//
// A batch whose answer is lost is not sent again as it was: its sent_at would be old by then, and the server would take
// that for a clock that is wrong. A new batch with a new counter carries the same scans under the same keys, and each is
// answered as the first time.

import * as keep from "./keep.js";

const SCANS_A_BATCH = 100; // a slow server answers them within PATIENCE_MS
const PATIENCE_MS = 30_000;
const ASK_AGAIN_MS = 10 * 60_000;
const RUNS_MOST = 50;

/** What is to be sent: what was not answered, and what waits, now and then. */
export function due(scans, { all = false } = {}) {
  const askBefore = all ? Infinity : Date.now() - ASK_AGAIN_MS;
  return scans.filter(
    (scan) => scan.state !== "answered" || (scan.answer?.outcome === "waiting" && (scan.asked_at ?? 0) < askBefore),
  );
}

/** Send all that is due. Resolves to {state, message}: done, busy (another tab does it), unreachable, later, or refused. */
export function send(place, url, { all = false } = {}) {
  return navigator.locks.request(`timebank-offline ${place}`, { ifAvailable: true }, async (lock) => {
    if (!lock) return { state: "busy", message: "" };
    const asked = new Set();
    let atLeast = 0;
    for (let run = 0; run < RUNS_MOST; run += 1) {
      const batch = due(await keep.scans(place), { all })
        .filter((scan) => !asked.has(scan.key))
        .slice(0, SCANS_A_BATCH);
      if (batch.length === 0) return { state: "done", message: "" };
      const told = await sendBatch(place, url, batch, atLeast);
      if (told.state === "counter") atLeast = told.last;
      else if (told.state !== "done") return told;
      else for (const scan of batch) asked.add(scan.key);
    }
    return { state: "later", message: "" };
  });
}

async function sendBatch(place, url, batch, atLeast) {
  const device = await keep.device(place);
  if (!device) return { state: "unregistered", message: "" };
  const counter = await keep.nextCounter(place, atLeast);
  await keep.changeScans(batch.map((scan) => scan.key), (scan) => (scan.state === "kept" ? { state: "sent" } : {}));
  const scans = batch.map(({ key, code, direction, scanned_at, seen_by }) => ({ key, code, direction, scanned_at, seen_by }));
  const body = keep.canonical({ counter, device: device.id, scans, sent_at: Date.now() });
  let answer;
  let said;
  try {
    answer = await fetch(url, {
      method: "POST",
      body,
      headers: {
        "Content-Type": "application/json",
        "Timebank-Signature": await keep.sign(device, body),
        Accept: "application/json",
      },
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    said = await answer.json();
  } catch {
    return { state: "unreachable", message: "" };
  }
  if (answer.ok) {
    const now = Date.now();
    const byKey = new Map(said.answers.map((one) => [one.key, one]));
    await keep.changeScans([...byKey.keys()], (scan) => ({ state: "answered", answer: byKey.get(scan.key), asked_at: now }));
    return { state: "done", message: "" };
  }
  if (said.error?.code === "counter_seen") return { state: "counter", last: said.error.facts.last };
  // A refusal of the whole batch loses nothing: the scans stay, and the panel says why.
  return { state: answer.status >= 500 ? "later" : "refused", message: said.error?.message ?? "" };
}

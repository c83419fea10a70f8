// The station without a network: keeps what cannot be sent, shows how much waits, and sends it by itself or by button.
//
// Markup: templates/offline/_panel.html; every sentence stands there. It listens to the station's own events (station.js):
// "station:scan" before a card is sent, "station:unreachable" when the server could not be reached.

import * as keep from "./keep.js";
import { due, send } from "./send.js";

const TRY_EVERY_MS = 15_000;
const SAME_SCAN_MS = 5 * 60_000;
const REMEMBERED_MS = 12 * 3600_000;

class Panel {
  constructor(root, panel) {
    this.root = root;
    this.panel = panel;
    this.place = panel.dataset.place;
    this.words = panel.dataset;
    this.always = panel.hasAttribute("data-offline-always");
    this.state = "";
    this.message = "";
  }

  async begin() {
    const lacking = keep.missing();
    if (!lacking) this.device = await keep.device(this.place);
    if (!this.device) {
      // Here nothing could be kept, and nothing may be taken as if it were.
      if (this.always) this.root.querySelector("[data-scan]").inert = true;
      return this.say(lacking || "unregistered");
    }
    this.panel.querySelector("[data-offline-name]").textContent = this.device.name;
    this.listen();
    await keep.forgetOld(this.place);
    await this.show();
    if (navigator.onLine) {
      this.send();
      this.keepPage();
    }
    return undefined;
  }

  listen() {
    this.root.addEventListener("station:scan", (event) => {
      if (!this.always && navigator.onLine) return;
      event.preventDefault();
      this.take(event.detail);
    });
    this.root.addEventListener("station:unreachable", (event) => {
      event.preventDefault();
      this.state = "unreachable";
      this.take(event.detail);
    });
    window.addEventListener("online", () => this.send());
    window.addEventListener("offline", () => this.show());
    document.addEventListener("visibilitychange", () => !document.hidden && this.send());
    setInterval(() => this.send(), TRY_EVERY_MS);
    this.panel.querySelector("[data-offline-send]").addEventListener("click", () => this.send({ all: true }));
    this.panel.addEventListener("click", (event) => this.pressed(event.target.closest("button[data-key]")));
  }

  async keepPage() {
    try {
      await keep.keepPage({
        scope: this.words.scope,
        shellUrl: this.words.shellUrl,
        files: JSON.parse(this.words.files),
      });
      this.panel.dataset.kept = "yes";
    } catch {
      // Without the page kept, an open page still scans; it says so when it is asked for.
      this.panel.querySelector("[data-offline-not-kept]").hidden = false;
    }
  }

  /** One card that could not be sent. */
  async take({ text, direction }) {
    if (direction === "rest") return this.band("rest", text);
    const same = await this.lastOf(text);
    if (!direction && same && Date.now() - same.scanned_at < SAME_SCAN_MS) return this.band("again", text);
    const guessed = direction || (same?.direction === "in" ? "out" : "in");
    try {
      await keep.keepScan({ place: this.place, code: text, direction: guessed, seenBy: this.words.seenBy });
    } catch {
      return this.band("full", text);
    }
    this.band(guessed, text);
    await this.show();
    return this.send();
  }

  /** The last scan of the same code in these hours that was not refused. */
  async lastOf(text) {
    const told = (await keep.scans(this.place)).filter(
      (scan) => scan.code === text && scan.answer?.outcome !== "refused" && Date.now() - scan.scanned_at < REMEMBERED_MS,
    );
    return told.at(-1);
  }

  async send(options) {
    if (!navigator.onLine || this.sending || due(await keep.scans(this.place), options).length === 0) {
      return this.show();
    }
    this.sending = true;
    this.state = "sending";
    await this.show();
    try {
      ({ state: this.state, message: this.message } = await send(this.place, this.words.batchesUrl, options));
    } catch {
      this.state = "unreachable";
    }
    this.sending = false;
    return this.show();
  }

  async pressed(button) {
    if (!button) return;
    const { key } = button.dataset;
    // What was sent, or may have been, is a fact by now: the desk decides about it.
    if (button.dataset.does === "turn") {
      await keep.changeScans([key], (scan) =>
        scan.state === "kept" ? { direction: scan.direction === "in" ? "out" : "in" } : {},
      );
    } else {
      await keep.forgetScans([key]);
    }
    await this.show();
  }

  say(name) {
    for (const sentence of this.panel.querySelectorAll("[data-offline-says]")) {
      sentence.hidden = sentence.dataset.offlineSays !== name;
    }
    this.panel.dataset.state = name;
  }

  async show() {
    const scans = await keep.scans(this.place);
    const unsent = scans.filter((scan) => scan.state !== "answered");
    const isOffline = !navigator.onLine || this.state === "unreachable";
    const count = this.panel.querySelector("[data-offline-count]");
    count.hidden = unsent.length === 0 && !isOffline;
    count.textContent = (isOffline ? this.words.offlineWords : this.words.toSend).replace("{n}", unsent.length);
    this.panel.dataset.unsent = unsent.length;
    this.panel.querySelector("[data-offline-send]").hidden = scans.length === 0 || due(scans, { all: true }).length === 0;
    const problem = this.panel.querySelector("[data-offline-problem]");
    problem.hidden = !this.message;
    problem.querySelector("[data-offline-message]").textContent = this.message;
    if (isOffline) this.say("offline");
    else if (this.state === "sending") this.say("sending");
    else this.say(unsent.length ? "waiting" : "ready");
    this.list(scans);
  }

  list(scans) {
    const shown = scans.filter((scan) => scan.answer?.outcome !== "accepted").reverse();
    const done = scans.filter((scan) => scan.answer?.outcome === "accepted").reverse().slice(0, 10);
    this.fill("[data-offline-open]", shown);
    this.fill("[data-offline-done]", done);
  }

  fill(where, scans) {
    const list = this.panel.querySelector(where);
    list.replaceChildren(...scans.map((scan) => this.row(scan)));
    list.closest("[data-offline-list]").hidden = scans.length === 0;
  }

  row(scan) {
    const row = this.panel.querySelector("template[data-offline-row]").content.cloneNode(true).firstElementChild;
    const { answer } = scan;
    const outcome = answer?.outcome ?? scan.state;
    row.dataset.outcome = outcome;
    const put = (name, text) => {
      const place = row.querySelector(`[data-row="${name}"]`);
      place.textContent = text;
      place.hidden = !text;
    };
    put("when", new Date(answer?.corrected_at ?? scan.scanned_at).toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" }));
    put("who", answer?.name ? `${answer.name} ${answer.person}` : spoken(scan.code));
    put("direction", this.words[scan.direction]);
    put("outcome", this.words[`outcome${outcome[0].toUpperCase()}${outcome.slice(1)}`] ?? outcome);
    put("message", answer?.message ?? "");
    put("next", answer?.next ?? "");
    for (const button of row.querySelectorAll("button")) {
      button.dataset.key = scan.key;
      button.hidden = button.dataset.does === "turn" ? scan.state !== "kept" : outcome !== "refused";
      if (button.dataset.does === "turn") button.textContent = this.words[scan.direction === "in" ? "turnOut" : "turnIn"];
    }
    return row;
  }

  /** The full band over the page, as after a card with a network. */
  band(name, text) {
    const made = document.createElement("div");
    made.className = "station-answer";
    made.dataset.stationAnswer = "";
    made.dataset.sound = { in: "in", out: "out", again: "again" }[name] ?? "stop";
    made.append(this.panel.querySelector(`template[data-offline-band="${name}"]`).content.cloneNode(true));
    const who = made.querySelector("[data-offline-who]");
    if (who) who.textContent = spoken(text);
    this.root.dispatchEvent(new CustomEvent("station:show", { detail: made }));
  }
}

/** A code as people may read it: a typed number whole, of a card the end of its token. */
function spoken(code) {
  return code.includes("/") ? `…${code.slice(-4)}` : code;
}

const root = document.querySelector("[data-station]");
const panel = document.querySelector("[data-offline]");
if (root && panel) new Panel(root, panel).begin();

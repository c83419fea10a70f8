// The staff's station: a card is sent at once, its answer fills the page, is heard and felt, and gives way to the next.
//
// Without this file each card is a form and a page; the bands' words are the server's in both cases. The markup comes from
// templates/attendance/station.html:
//
//   <div data-station data-url data-point data-now data-back-seconds>
//     <div data-station-band>            where the answer comes
//     <form data-station-direction>      automatic, in, out, rest
//     <div data-station-activity hidden> the chosen activity
//     <template data-station-unreachable>
//
// Before a card is sent, "station:scan" is dispatched on the station with {text, direction, activity, key, at}; whoever
// calls preventDefault() has taken the card over. When the server cannot be reached, "station:unreachable" comes with
// the same detail, and whoever calls preventDefault() answers for it. "station:show" with an answer as detail shows it.

const SAME_CODE_MS = 2500;
const KEY_RANDOM_BYTES = 8;

// What is heard: pairs of hertz and seconds. Each answer has its own, so that nobody has to look.
const SOUNDS = {
  in: [[660, 0.12], [990, 0.18]],
  out: [[990, 0.12], [660, 0.18]],
  rest: [[780, 0.1], [780, 0.1]],
  again: [[520, 0.12]],
  stop: [[330, 0.2], [330, 0.25]],
  no: [[180, 0.5]],
};
const SHAKES = { in: [80], out: [80, 60, 80], rest: [40, 40, 40], again: [30], stop: [200, 80, 200], no: [500] };

let audio = null;

function play(name) {
  navigator.vibrate?.(SHAKES[name] ?? [80]);
  try {
    audio ??= new AudioContext();
    let at = audio.currentTime;
    for (const [hertz, seconds] of SOUNDS[name] ?? SOUNDS.again) {
      const tone = audio.createOscillator();
      const volume = audio.createGain();
      tone.type = name === "no" ? "square" : "sine";
      tone.frequency.value = hertz;
      volume.gain.setValueAtTime(0.25, at);
      volume.gain.exponentialRampToValueAtTime(0.001, at + seconds);
      tone.connect(volume).connect(audio.destination);
      tone.start(at);
      tone.stop(at + seconds);
      at += seconds + 0.03;
    }
  } catch {
    // No sound device: the band and the shaking say it all the same.
  }
}

/** A request key: a UUIDv7 of the server's time whose low 16 bits are zero. */
export function newKey(atMs) {
  const time = atMs.toString(16).padStart(12, "0");
  const random = crypto.getRandomValues(new Uint8Array(KEY_RANDOM_BYTES));
  const hex = [...random].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const variant = (8 + (random[7] & 3)).toString(16);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${hex.slice(0, 3)}-${variant}${hex.slice(3, 6)}-${hex.slice(6, 14)}0000`;
}

export class Station {
  constructor(root) {
    this.root = root;
    this.band = root.querySelector("[data-station-band]");
    this.form = root.querySelector("form.scan-typed");
    this.field = root.querySelector("[data-scan-field]");
    this.ahead = Number(root.dataset.now) - Date.now();
    this.last = { text: "", at: 0 };
    this.backTimer = 0;
    this.sending = Promise.resolve();
  }

  listen() {
    for (const button of this.root.querySelectorAll("[data-without-script]")) button.hidden = true;
    const activity = this.root.querySelector("[data-station-activity]");
    if (activity) activity.hidden = false;
    this.root.querySelector("[data-station-direction]")?.addEventListener("submit", (event) => event.preventDefault());
    this.root.addEventListener("scan", (event) => {
      event.preventDefault();
      this.take(event.detail.text);
    });
    // A hand-held scanner types faster than anybody and ends with Enter; a chosen name is a form with a hidden code.
    document.addEventListener("submit", (event) => {
      const code = event.target.querySelector("input[name=code]");
      if (!code || event.target.action !== new URL(this.root.dataset.url, location.href).href) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      this.take(code.value.trim());
      if (code === this.field) code.value = "";
    }, { capture: true });
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.back();
    });
    this.band.addEventListener("click", () => this.back());
    this.root.addEventListener("station:show", (event) => this.showNode(event.detail));
    if (this.band.firstElementChild) this.shown();
  }

  /** One card. The same code within 2.5 s is one card held before the reader. */
  take(text) {
    const now = Date.now();
    const isRepeated = text === this.last.text && now - this.last.at < SAME_CODE_MS && now >= this.last.at;
    this.last = { text, at: now };
    if (!text || isRepeated) return;
    const at = now + this.ahead;
    const detail = { text, direction: this.direction, activity: this.activity, key: newKey(at), at };
    if (!this.root.dispatchEvent(new CustomEvent("station:scan", { detail, cancelable: true }))) return;
    // One after the other: the second card of a queue must not be answered before the first.
    this.sending = this.sending.then(() => this.send(detail));
  }

  get direction() {
    return this.root.querySelector("[data-station-direction] input:checked")?.value ?? "";
  }

  get activity() {
    return this.root.querySelector("#station-activity")?.value ?? "";
  }

  async send(detail) {
    const body = new FormData();
    body.set("code", detail.text);
    body.set("direction", detail.direction);
    body.set("activity", detail.activity);
    body.set("key", detail.key);
    body.set("csrf_token", this.form.querySelector("[name=csrf_token]").value);
    let answer;
    let page;
    try {
      answer = await fetch(this.root.dataset.url, { method: "POST", body, headers: { "X-Piece": "band" } });
      page = await answer.text();
    } catch {
      this.unreachable(detail);
      return;
    }
    if (!page.includes("data-station-answer")) {
      location.reload(); // signed out meanwhile, or no longer staff: the page itself says so
      return;
    }
    this.show(page);
  }

  unreachable(detail) {
    const event = new CustomEvent("station:unreachable", { detail, cancelable: true });
    if (!this.root.dispatchEvent(event)) return;
    const made = document.createElement("div");
    made.className = "station-answer";
    made.dataset.stationAnswer = "";
    made.dataset.sound = "stop";
    made.append(this.root.querySelector("template[data-station-unreachable]").content.cloneNode(true));
    this.showNode(made);
  }

  /** The server's piece of page: the band, and who is in now. */
  show(page) {
    const piece = new DOMParser().parseFromString(page, "text/html");
    const present = piece.querySelector("[data-station-present]");
    const there = this.root.querySelector("[data-station-present]");
    if (present && there) there.replaceWith(present);
    else if (present) this.root.append(present);
    this.showNode(piece.querySelector("[data-station-answer]"));
  }

  showNode(node) {
    this.band.replaceChildren(node);
    this.shown();
  }

  shown() {
    const answer = this.band.querySelector("[data-station-answer]");
    if (!answer) return;
    const present = this.band.querySelector("[data-station-present]");
    if (present) this.root.append(present);
    answer.classList.add("is-over");
    play(answer.dataset.sound);
    clearTimeout(this.backTimer);
    this.backTimer = setTimeout(() => this.back(), Number(this.root.dataset.backSeconds) * 1000);
  }

  /** Ready for the next card. */
  back() {
    clearTimeout(this.backTimer);
    this.band.replaceChildren();
    this.field?.focus();
  }
}

const root = document.querySelector("[data-station]");
export const station = root ? new Station(root) : null;
station?.listen();

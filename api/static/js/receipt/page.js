// The page that checks a receipt: takes text, file and keys, and says what `check` found. It talks to nobody.
//
// Every sentence stands in the page's words, so that it is translated, with {fact} where a fact belongs.

import { check, originOf } from "./proof.js";

const KEPT = "receipt.keys";
const FILE_MOST = 8_000_000; // a photograph
const TEXT_MOST = 100_000; // what the field takes; receipts have some 2,000 signs
const page = document.querySelector("[data-receipt-check]");
const words = JSON.parse(document.getElementById("receipt-words").textContent);
const field = (name) => page.querySelector(`[name=${name}]`);

/** The keys that this device remembers, by log; private windows and some files may refuse. */
const kept = {
  all() {
    try {
      return JSON.parse(localStorage.getItem(KEPT)) ?? {};
    } catch {
      return {};
    }
  },
  keep(origin, key) {
    try {
      localStorage.setItem(KEPT, JSON.stringify({ ...this.all(), [origin]: key }));
    } catch {
      // The receipt is checked all the same.
    }
  },
};

function say(name, facts = {}) {
  return (words.sentences[name] ?? name).replace(/\{(\w+)\}/g, (whole, fact) => String(facts[fact] ?? whole));
}

function element(tag, text = "", className = "") {
  const made = document.createElement(tag);
  made.textContent = text;
  made.className = className;
  return made;
}

// What was booked

/** Of a time beyond all calendars the milliseconds: a forger's number stops nothing. */
function time(ms) {
  const at = new Date(ms);
  if (Number.isNaN(at.getTime())) return String(ms);
  return at.toLocaleString(document.documentElement.lang, { timeZone: "Asia/Shanghai", dateStyle: "long", timeStyle: "short" });
}

/** What the page has words for; names come from a receipt, and objects have names of their own. */
const wordsFor = (list, name) => (typeof name === "string" && Object.hasOwn(list, name) ? list[name] : undefined);

function amount(entry, detail) {
  const legs = entry.legs ?? [];
  const moved = legs.reduce((sum, [, number]) => sum + Math.max(number, 0), 0);
  const unit = legs.map(([account]) => words.accounts[account]?.unit).find(Boolean) ?? wordsFor(words.uses, detail?.use_case)?.unit;
  if (!moved) return "";
  if (unit === "min") return say("amount.min", { number: moved });
  if (unit === "pt") return say("amount.pt", { number: moved / 10 });
  return say("amount.any", { number: moved });
}

function leg([account, number]) {
  const class_ = words.accounts[account]?.class;
  return `${say("account", { account })}${class_ ? ` (${class_})` : ""}: ${number > 0 ? "+" : "\u2212"}${Math.abs(number)}`;
}

function facts({ entry, detail, note }) {
  const list = element("dl", "", "facts");
  const add = (name, value) => {
    if (!value) return;
    const row = element("div");
    row.append(element("dt", say(`fact.${name}`)), element("dd", value));
    list.append(row);
  };
  add("what", [wordsFor(words.kinds, entry.kind) ?? entry.kind, wordsFor(words.uses, detail?.use_case)?.words].filter(Boolean).join(" \u00b7 "));
  add("amount", amount(entry, detail));
  add("at", say("time", { time: time(entry.at) }));
  add("on", entry.on);
  add("legs", entry.legs?.slice(0, 12).map(leg).join("\n"));
  add("of", entry.of === undefined ? "" : String(entry.of));
  add("seq", String(entry.seq));
  add("log", note.origin);
  add("size", String(note.size));
  return list;
}

// The answer

const SIGNS = new Map([[true, "\u2713"], [false, "\u2717"], [null, "\u2013"]]);

function stepLine(step) {
  const kind = { true: "good", false: "bad", null: "none" }[step.ok];
  const line = element("li", "", `check-${kind}`);
  const told = { ...step.facts, newest: step.facts.newest ? time(step.facts.newest) : "" };
  line.append(element("span", SIGNS.get(step.ok), "check-sign"));
  line.lastChild.setAttribute("aria-hidden", "true");
  const body = element("div");
  body.append(element("b", `${say(`step.${step.name}`)}: ${say(kind)}`));
  body.append(element("p", say(step.ok === false ? `wrong.${step.why}` : `${kind}.${step.name}`, told)));
  line.append(body);
  line.dataset.step = step.name;
  return line;
}

function show(result) {
  const out = page.querySelector("[data-result]");
  const band = element("div", "", `band ${result.isGood ? "green" : "red"}`);
  band.setAttribute("role", result.isGood ? "status" : "alert");
  const told = element("div");
  told.append(element("p", say(result.isGood ? "all.good" : "all.bad"), "band-title"));
  const failed = result.steps.find((step) => step.ok === false);
  if (result.isGood) told.append(element("p", say("all.limits")));
  if (failed) told.append(element("p", say(`wrong.${failed.why}`, failed.facts)));
  band.append(told);
  out.replaceChildren(band);
  if (result.entry) {
    out.append(element("h2", say(result.isGood ? "facts.proved" : "facts.claimed")), facts(result));
    if (result.detail) {
      const more = element("details");
      more.append(element("summary", say("detail.shown")), element("pre", JSON.stringify(result.detail, null, 2), "leaf"));
      out.append(more);
    }
  }
  const list = element("ol", "", "checks");
  list.append(...result.steps.map(stepLine));
  out.append(element("h2", say("steps")), list);
  out.hidden = false;
  out.dataset.answer = result.isGood ? "good" : "bad";
  out.focus();
}

function tell(name) {
  page.querySelector("[data-note]").textContent = name ? say(name) : "";
}

let isAtWork = false;

async function run() {
  if (isAtWork) return; // a second tap
  isAtWork = true;
  const button = page.querySelector("[data-check]");
  button.setAttribute("aria-busy", "true");
  page.querySelector("[data-result]").hidden = true;
  try {
    const logKey = field("vkey").value;
    const result = await check(field("receipt").value, { logKey, trust: field("trust").value });
    show(result);
    if (result.isGood && field("remember").checked) kept.keep(result.note.origin, logKey.trim());
  } finally {
    isAtWork = false;
    button.removeAttribute("aria-busy");
  }
}

// What goes in

/** The key that was kept for this log is filled in; another one in the field is warned of. */
function recall() {
  const known = wordsFor(kept.all(), originOf(field("receipt").value));
  const typed = field("vkey").value.trim();
  if (known && !typed) field("vkey").value = known;
  tell(known && typed && typed !== known ? "key.other" : known ? "key.recalled" : "");
}

export function give(text) {
  const plain = text.trim();
  if (text.length > TEXT_MOST) return tell("file.large");
  if (/^[^\s+]+\+[0-9a-f]{8}\+[A-Za-z0-9+/=]+$/.test(plain)) field("vkey").value = plain;
  else field("receipt").value = plain;
  recall();
}

async function take(file, readPicture) {
  if (!file) return;
  if (file.size > FILE_MOST) return tell("file.large");
  if (!file.type.startsWith("image/")) return give(await file.text());
  const found = readPicture ? await readPicture(file).catch(() => "") : "";
  if (found) give(found);
  else tell("file.picture");
}

export function start({ readPicture } = {}) {
  page.hidden = false;
  page.querySelector("[data-check]").addEventListener("click", run);
  field("vkey").addEventListener("keydown", (event) => {
    if (event.key === "Enter") run();
  });
  field("receipt").addEventListener("input", recall);
  field("vkey").addEventListener("input", recall);
  const input = field("file");
  input.addEventListener("change", () => take(input.files[0], readPicture));
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    take(event.dataTransfer.files[0], readPicture);
  });
  page.addEventListener("scan", (event) => {
    event.preventDefault();
    give(event.detail.text);
  });
  recall();
}

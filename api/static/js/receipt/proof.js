// What a receipt proves, worked out here and nowhere else: docs/log-format.md and https://c2sp.org/tlog-proof.
//
// Nothing is asked of a server. `check` gives steps in order, each with `name`, `ok` (true, false, or null: not asked for)
// and facts; the first that fails stops those that rest on it.

import * as noble from "../../vendor/noble-ed25519.js";
import { isEntry } from "./entry.js";
import { sha256, sha512 } from "./hashes.js";

noble.hashes.sha512 = sha512;

const CHARACTERS_MOST = 2_000_000;
const PATH_MOST = 64;
const LOG = 0x01;
const WITNESS = 0x04;
// A name of https://c2sp.org/signed-note: no space of Unicode, no plus, no control characters.
// eslint-disable-next-line no-control-regex
const NAME = /^[^\p{White_Space}+\x00-\x1f\x7f]+$/u;
const utf8 = new TextEncoder();

/** Something is not as it must be; `why` names a sentence of the page. */
export class Wrong extends Error {
  constructor(why, facts = {}) {
    super(why);
    this.why = why;
    this.facts = facts;
  }
}

export async function check(text, { logKey, trust = "" }) {
  const steps = [];
  const step = async (name, work) => {
    try {
      const facts = await work();
      steps.push({ name, ok: facts === null ? null : true, facts: facts ?? {} });
      return true;
    } catch (error) {
      if (!(error instanceof Wrong)) throw error;
      steps.push({ name, ok: false, why: error.why, facts: error.facts });
      return false;
    }
  };
  let receipt, note, key, entry, detail, witnesses;
  const isRead = await step("form", () => {
    receipt = readReceipt(text);
    note = readNote(receipt.note);
    return { origin: note.origin, size: note.size, characters: text.length };
  });
  const hasKeys = await step("key", () => {
    key = readKey(logKey, LOG);
    return { name: key.name, id: key.id };
  });
  const hasTrust = await step("trust", () => {
    witnesses = readTrust(trust);
    return witnesses === null ? null : { count: witnesses.keys.size };
  });
  if (isRead) {
    await step("entry", () => {
      entry = readEntry(receipt);
      return { seq: entry.seq, hash: hex(leafHash(receipt.leaf)) };
    });
    if (hasKeys) await step("signature", () => checkSignature(note, key));
    await step("path", () => checkPath(receipt, note));
    if (entry) {
      await step("detail", () => {
        detail = readDetail(receipt, entry);
        return detail === null ? null : { hash: entry.ref };
      });
    }
    if (hasTrust && witnesses !== null) await step("witnesses", () => checkWitnesses(note, witnesses));
  }
  const isGood = steps.every((one) => one.ok !== false) && Boolean(entry && key);
  return { isGood, steps, entry, detail, note };
}

/** The log that a receipt says it is of, if it says so at all: to find the key that was kept for it. */
export function originOf(text) {
  try {
    return readNote(readReceipt(text).note).origin;
  } catch {
    return "";
  }
}

// The receipt

function readReceipt(text) {
  if (text.length > CHARACTERS_MOST) throw new Wrong("form.long");
  const plain = text.replace(/^\uFEFF/, "").replaceAll("\r\n", "\n").trim();
  const end = plain.indexOf("\n\n");
  const lines = plain.slice(0, Math.max(end, 0)).split("\n", PATH_MOST + 5);
  if (lines[0] !== "c2sp.org/tlog-proof@v1") throw new Wrong(end < 0 && plain.startsWith("c2sp.org") ? "form.cut" : "form.other");
  if (lines.length > PATH_MOST + 3 || !lines[1]?.startsWith("extra ")) throw new Wrong("form.lines");
  const index = /^index (0|[1-9][0-9]{0,15})$/.exec(lines[2] ?? "");
  if (!index) throw new Wrong("form.lines");
  const path = lines.slice(3).map(fromBase64);
  if (path.some((hash) => hash.length !== 32)) throw new Wrong("form.lines");
  return { seq: BigInt(index[1]), path, note: `${plain.slice(end + 2)}\n`, ...readExtra(fromBase64(lines[1].slice(6))) };
}

function readExtra(bytes) {
  const told = readJson(bytes);
  const names = told === null || typeof told !== "object" ? "" : JSON.stringify(Object.keys(told));
  const isComplete = names === '["leaf"]' || names === '["detail","leaf","salt"]';
  if (!isComplete || !Object.values(told).every((value) => typeof value === "string")) throw new Wrong("form.extra");
  if (told.salt !== undefined && !/^[0-9a-f]{64}$/.test(told.salt)) throw new Wrong("form.extra");
  // eslint-disable-next-line no-control-regex
  if (!/^[\x20-\x7e]{2,65535}$/.test(told.leaf)) throw new Wrong("form.extra");
  return { leaf: utf8.encode(told.leaf), leafText: told.leaf, salt: told.salt, detailText: told.detail };
}

/** Canonical JSON: what is read must be written with the very same bytes, so nothing is there twice or hidden. */
function readJson(bytes) {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    const value = JSON.parse(text);
    return canonical(value) === text ? value : null;
  } catch {
    return null;
  }
}

function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object") {
    if (typeof value === "number" && !Number.isSafeInteger(value)) throw new RangeError("no whole number");
    // Half a sign has no UTF-8: it would be hashed as another one.
    if (typeof value === "string" && /\p{Surrogate}/u.test(value)) throw new RangeError("half a sign");
    return JSON.stringify(value);
  }
  return `{${Object.keys(value)
    .sort()
    .map((name) => `${canonical(name)}:${canonical(value[name])}`)
    .join(",")}}`;
}

// The entry and what it commits to

function readEntry({ leaf, seq }) {
  const entry = readJson(leaf);
  if (!isEntry(entry)) throw new Wrong("entry.form");
  if (BigInt(entry.seq) !== seq) throw new Wrong("entry.index", { seq: entry.seq, index: String(seq) });
  return entry;
}

function readDetail({ salt, detailText }, entry) {
  if (salt === undefined) return null;
  const detail = utf8.encode(detailText);
  const found = hex(sha256(joined([0x02], fromHex(salt), detail)));
  if (found !== entry.ref) throw new Wrong("detail.ref");
  const told = readJson(detail);
  if (told === null || typeof told !== "object" || Array.isArray(told)) throw new Wrong("detail.form");
  return told;
}

// The tree

const leafHash = (leaf) => sha256(joined([0x00], leaf));
const nodeHash = (left, right) => sha256(joined([0x01], left, right));

/** RFC 9162, 2.1.3.2: from the leaf up, and the root must be the one that was signed. */
function checkPath({ leaf, seq, path }, { size, root }) {
  if (seq >= size) throw new Wrong("path.beyond", { seq: String(seq), size: String(size) });
  let [own, last, hash] = [seq, size - 1n, leafHash(leaf)];
  for (const beside of path) {
    if (last === 0n) throw new Wrong("path.count", { count: path.length });
    if (own & 1n || own === last) {
      hash = nodeHash(beside, hash);
      while (!(own & 1n) && own !== 0n) [own, last] = [own >> 1n, last >> 1n];
    } else {
      hash = nodeHash(hash, beside);
    }
    [own, last] = [own >> 1n, last >> 1n];
  }
  if (last !== 0n) throw new Wrong("path.count", { count: path.length });
  if (hex(hash) !== hex(root)) throw new Wrong("path.root");
  return { count: path.length, size: String(size), root: hex(root) };
}

// Signed notes

function readNote(note) {
  const end = note.lastIndexOf("\n\n");
  const [origin, size, root, ...more] = note.slice(0, Math.max(end, 0)).split("\n", 5);
  // eslint-disable-next-line no-control-regex
  if (end < 0 || more.length || root === undefined || /[\x00-\x09\x0b-\x1f\x7f]/.test(note)) throw new Wrong("form.note");
  if (!/^(0|[1-9][0-9]{0,15})$/.test(size) || !NAME.test(origin)) throw new Wrong("form.note");
  const bytes = fromBase64(root);
  const lines = note.slice(end + 2).replace(/\n$/, "").split("\n", 102);
  if (bytes.length !== 32 || lines.length > 100) throw new Wrong("form.note");
  return { origin, size: BigInt(size), root: bytes, text: note.slice(0, end + 1), signatures: lines.map(readSignature) };
}

function readSignature(line) {
  const parts = line.split(" ");
  if (parts.length !== 3 || parts[0] !== "\u2014" || !NAME.test(parts[1])) throw new Wrong("form.note");
  const bytes = fromBase64(parts[2]);
  if (bytes.length < 5) throw new Wrong("form.note");
  return { name: parts[1], id: hex(bytes.subarray(0, 4)), bytes: bytes.subarray(4) };
}

async function checkSignature(note, key) {
  if (key.name !== note.origin) throw new Wrong("signature.name", { name: key.name, origin: note.origin });
  const made = madeBy(note, key);
  if (!made.length) throw new Wrong("signature.missing", { id: key.id });
  for (const one of made) {
    if (!(await isSigned(key.bytes, utf8.encode(note.text), one.bytes))) throw new Wrong("signature.wrong", { id: key.id });
  }
  return { name: key.name, id: key.id, size: String(note.size) };
}

const madeBy = (note, key) => note.signatures.filter((one) => one.name === key.name && one.id === key.id);

async function isSigned(key, message, signature) {
  if (signature.length !== 64) return false;
  try {
    const point = noble.Point.fromBytes(key);
    // Where both points lie in the large group, all ways to check a signature agree.
    if (!point.isTorsionFree() || !noble.Point.fromBytes(signature.subarray(0, 32)).isTorsionFree()) return false;
    if (point.isSmallOrder()) return false;
  } catch {
    return false; // no points of the curve, or not in their one form
  }
  const subtle = globalThis.crypto?.subtle;
  if (subtle) {
    try {
      const imported = await subtle.importKey("raw", key, { name: "Ed25519" }, false, ["verify"]);
      return await subtle.verify({ name: "Ed25519" }, imported, signature, message);
    } catch {
      // An older browser, whose WebCrypto has no Ed25519.
    }
  }
  return noble.verify(signature, message, key, { zip215: false });
}

/** A verifier key: name, eight hex digits, and the bytes after a byte that says what it signs. */
function readKey(line, kind) {
  const [, name, id, encoded] = /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(line.trim()) ?? [];
  if (!line.trim()) throw new Wrong("key.missing");
  if (!name || !NAME.test(name)) throw new Wrong("key.form");
  const bytes = fromBase64(encoded, "key.form");
  if (bytes.length !== 33) throw new Wrong("key.form");
  if (bytes[0] !== kind) throw new Wrong("key.kind", { name });
  if (hex(sha256(joined(utf8.encode(`${name}\n`), bytes)).subarray(0, 4)) !== id) throw new Wrong("key.id", { name });
  return { name, id, bytes: bytes.subarray(1) };
}

// Witnesses: lines of keys, or a policy (https://c2sp.org/tlog-policy)

function readTrust(text) {
  const lines = text.slice(0, 100_000).split(/\r?\n/).map((line) => line.trim());
  const told = lines.filter((line) => line && !line.startsWith("#")).map((line) => line.split(/[ \t]+/));
  if (!told.length) return null;
  const keys = new Map();
  if (told.every((words) => words.length === 1)) {
    for (const [line] of told) keys.set(line, readKey(line, WITNESS));
    return { keys, quorum: null };
  }
  const groups = new Map();
  const members = new Set(); // of groups above: nobody counts twice
  let quorum;
  const readWitness = (name, rest) => {
    const key = readKey(rest[0], WITNESS);
    if ([...keys.values()].some((one) => hex(one.bytes) === hex(key.bytes))) throw new Wrong("trust.line", { line: `witness ${name}` });
    return key;
  };
  for (const [what, name, ...rest] of told) {
    const isNew = name && name !== "none" && !keys.has(name) && !groups.has(name);
    if (what === "log") continue;
    else if (what === "witness" && isNew && (rest.length === 1 || rest.length === 2)) keys.set(name, readWitness(name, rest));
    else if (what === "group" && isNew && rest.length > 1) groups.set(name, readGroup(rest, keys, groups, members));
    else if (what === "quorum" && !rest.length && quorum === undefined && (name === "none" || keys.has(name) || groups.has(name))) quorum = name;
    else throw new Wrong("trust.line", { line: [what, name ?? ""].join(" ") });
  }
  if (quorum === undefined) throw new Wrong("trust.quorum");
  return { keys, groups, quorum };
}

function readGroup([many, ...names], keys, groups, members) {
  const counts = new Map([["any", 1], ["all", names.length]]);
  const least = counts.get(many) ?? (/^[1-9][0-9]{0,3}$/.test(many) ? Number(many) : 0);
  let isFit = least > 0 && least <= names.length;
  for (const name of names) {
    isFit &&= (keys.has(name) || groups.has(name)) && !members.has(name);
    members.add(name);
  }
  if (!isFit) throw new Wrong("trust.line", { line: `group ${many}` });
  return { least, members: names };
}

async function checkWitnesses(note, { keys, groups, quorum }) {
  const seen = new Set();
  const names = [];
  let newest = 0;
  for (const [label, key] of keys) {
    for (const one of madeBy(note, key)) {
      const at = one.bytes.length === 72 ? Number(new DataView(one.bytes.buffer, one.bytes.byteOffset).getBigUint64(0)) : NaN;
      const message = utf8.encode(`cosignature/v1\ntime ${at}\n${note.text}`);
      if (!Number.isSafeInteger(at) || !(await isSigned(key.bytes, message, one.bytes.subarray(8)))) {
        throw new Wrong("witnesses.wrong", { name: key.name });
      }
      if (!seen.has(label)) names.push(key.name);
      seen.add(label);
      newest = Math.max(newest, at * 1000);
    }
  }
  const isEnough = (name) => {
    const group = groups.get(name);
    return group ? group.members.filter(isEnough).length >= group.least : seen.has(name);
  };
  const facts = { count: seen.size, of: keys.size, names: names.join(", "), newest };
  if (quorum === null ? !seen.size : quorum !== "none" && !isEnough(quorum)) throw new Wrong("witnesses.few", facts);
  return facts;
}

// Bytes

function joined(...parts) {
  const out = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const fromHex = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));

/** Standard base64, padded, and the one way to write these bytes. */
function fromBase64(text, why = "form.base64") {
  try {
    const bytes = Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
    let written = "";
    for (let at = 0; at < bytes.length; at += 8_192) written += String.fromCharCode(...bytes.subarray(at, at + 8_192));
    if (btoa(written) === text) return bytes;
  } catch {
    // said below
  }
  throw new Wrong(why);
}

// The form of an entry, docs/log-format.md section 1: its kinds, their fields, and the type of each.

const isWhole = (value, least) => Number.isSafeInteger(value) && value >= least;
const isSeq = (value) => isWhole(value, 0);
const isAccount = (value) => isWhole(value, 1);
const isNumber = (value) => Number.isSafeInteger(value);
const isText = (pattern) => (value) => typeof value === "string" && pattern.test(value);
const isWord = isText(/^[a-z][a-z_]{0,31}$/);
const isHash = isText(/^[0-9a-f]{64}$/);

const isAscending = (most, fits) => (value) =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.length <= most &&
  value.every((one, at) => fits(one) && (at === 0 || value[at - 1] < one));

function isDay(value) {
  if (!isText(/^\d{4}-\d{2}-\d{2}$/)(value) || value < "1900") return false;
  const day = new Date(`${value}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(value);
}

function isLegs(legs) {
  const isLeg = (leg, at) =>
    Array.isArray(leg) &&
    leg.length === 2 &&
    isAccount(leg[0]) &&
    isNumber(leg[1]) &&
    leg[1] !== 0 &&
    (at === 0 || legs[at - 1][0] < leg[0]);
  if (!Array.isArray(legs) || legs.length < 2 || legs.length > 1_000 || !legs.every(isLeg)) return false;
  return legs.reduce((sum, [, number]) => sum + BigInt(number), 0n) === 0n; // exact, however large they are
}

const TYPES = new Map(
  Object.entries({
    account: isAccount,
    accounts: isAscending(1_000, isAccount),
    approvers: isAscending(10, isAccount),
    at: isSeq,
    ceiling: isSeq,
    cites: isSeq,
    class: isWord,
    digest: isHash,
    ends: isSeq,
    floor: isNumber,
    from: isSeq,
    hold: isSeq,
    id: isText(/^[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}$/),
    key: isHash,
    kind: isWord,
    legs: isLegs,
    of: isSeq,
    on: isDay,
    owner: isAccount,
    quota: isSeq,
    reason: isWord,
    ref: isHash,
    seq: isSeq,
    subject: isText(/^[ !#-[\]-~]{1,200}$/),
    to: isAscending(32, isWord),
    topic: isWord,
    two_from_min: isAccount,
    two_from_pt: isAccount,
    unit: isText(/^(min|pt)$/),
    until: isSeq,
    v: (value) => value === 1,
    zone: isText(/^[+-](0[0-9]|1[0-4]):(00|15|30|45)$/),
  }),
);

// Of each kind: the fields that it has beside those of all, and those that it may have.
const KINDS = new Map(
  Object.entries({
    rule: ["two_from_min two_from_pt zone", "cites"],
    key: ["key from", ""],
    open: ["account unit class", "owner ceiling ends to"],
    limit: ["account cites approvers", "floor ceiling quota"],
    post: ["legs on ref", "cites"],
    hold: ["legs ref", "until"],
    capture: ["hold legs on ref", ""],
    release: ["hold", ""],
    expire: ["hold", ""],
    reverse: ["of on reason approvers ref", ""],
    close: ["account", ""],
    note: ["topic subject digest", ""],
    erase: ["accounts", ""],
  }).map(([kind, names]) => [kind, names.map((one) => one.split(" ").filter(Boolean))]),
);
const COMMON = ["at", "id", "kind", "seq", "v"];

/** Whether what was read from a leaf is an entry as a log writes it. */
export function isEntry(entry) {
  if (entry === null || typeof entry !== "object" || Array.isArray(entry)) return false;
  const [needed, allowed] = KINDS.get(entry.kind) ?? [];
  if (!needed) return false;
  const known = [...COMMON, ...needed, ...allowed];
  return (
    [...COMMON, ...needed].every((name) => Object.hasOwn(entry, name)) &&
    Object.entries(entry).every(([name, value]) => known.includes(name) && TYPES.get(name)(value))
  );
}

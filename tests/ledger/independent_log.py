"""Small logs and evidence bundles, made from docs/log-format.md alone, by the plainest means that the page allows.

Nothing here comes from the software that keeps the log, nor from the verifier: everything is computed anew from the list of
entries, by recursion and by adding up, however slow that is.
"""

import base64
import hashlib
import io
import json
import zipfile
from datetime import UTC, datetime, timedelta, timezone

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

ORIGIN = "timebank.example/log/ZJ01"
SEED = bytes(range(32))
CHINA = timezone(timedelta(hours=8))
DAY_MS = 86_400_000

ACCOUNTS = "account,unit,class,owner,floor,ceiling,quota,issued,balance,held,ends,to,closed"
HOLDS = "hold,account,held,until,resolved"
TRIAL = "unit,account,class,opening,added,taken,closing"


def instant(year, month, day, hour=0):
    """Milliseconds of an hour in China."""
    return int(datetime(year, month, day, hour, tzinfo=CHINA).timestamp()) * 1000


START = instant(2026, 8, 1, 9)


def canonical(value):
    """Canonical JSON of what these tests use: ASCII keys, no fractions."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def sha256(content):
    return hashlib.sha256(content).digest()


def leaf_hash(leaf):
    return sha256(b"\x00" + leaf)


def root_of(hashes):
    """RFC 6962, section 2.1, word by word, over leaf hashes."""
    if not hashes:
        return sha256(b"")
    if len(hashes) == 1:
        return hashes[0]
    k = 1
    while k * 2 < len(hashes):
        k *= 2
    return sha256(b"\x01" + root_of(hashes[:k]) + root_of(hashes[k:]))


def half(count):
    """Where RFC 6962 divides a tree: the greatest power of two below the number of leaves."""
    k = 1
    while k * 2 < count:
        k *= 2
    return k


def inclusion(hashes, m):
    """PATH(m, D[n]) of RFC 6962, word by word."""
    if len(hashes) == 1:
        return []
    k = half(len(hashes))
    if m < k:
        return [*inclusion(hashes[:k], m), root_of(hashes[k:])]
    return [*inclusion(hashes[k:], m - k), root_of(hashes[:k])]


def consistency(hashes, m, *, whole=True):
    """PROOF(m, D[n]) of RFC 6962, word by word; SUBPROOF where `whole` is false."""
    if m == len(hashes):
        return [] if whole else [root_of(hashes)]
    k = half(len(hashes))
    if m <= k:
        return [*consistency(hashes[:k], m, whole=whole), root_of(hashes[k:])]
    return [*consistency(hashes[k:], m - k, whole=False), root_of(hashes[:k])]


def request_key(number, at):
    """A UUIDv7 with its low 16 bits zero."""
    return f"{at % 2**48:012x}7{number % 0xFFF:03x}8{number:011x}0000"


class Signer:
    """A log's key and what it signs."""

    def __init__(self, seed=SEED, origin=ORIGIN):
        self.origin = origin
        self.private = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    @property
    def id(self):
        return sha256(self.origin.encode() + b"\n\x01" + self.public)[:4]

    @property
    def vkey(self):
        typed = base64.b64encode(b"\x01" + self.public).decode()
        return f"{self.origin}+{self.id.hex()}+{typed}"

    def line(self, text):
        signature = self.id + self.private.sign(text.encode())
        return f"\u2014 {self.origin} {base64.b64encode(signature).decode()}\n"

    def note(self, size, root):
        text = f"{self.origin}\n{size}\n{base64.b64encode(root).decode()}\n"
        return (text + "\n" + self.line(text)).encode()


class Witness:
    """Somebody who puts a time and a signature under checkpoints (C2SP cosignature/v1)."""

    def __init__(self, name="witness.example/w1", seed=None):
        self.name = name
        self.private = Ed25519PrivateKey.from_private_bytes(seed or sha256(name.encode()))
        self.public = self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    @property
    def id(self):
        return sha256(self.name.encode() + b"\n\x04" + self.public)[:4]

    @property
    def vkey(self):
        typed = base64.b64encode(b"\x04" + self.public).decode()
        return f"{self.name}+{self.id.hex()}+{typed}"

    def line(self, note, time=1_785_600_000):
        """The line that it adds to a note; the text is what stands before the empty line."""
        text = note.decode().split("\n\n")[0] + "\n"
        signed = self.private.sign(f"cosignature/v1\ntime {time}\n{text}".encode())
        line = self.id + time.to_bytes(8, "big") + signed
        return f"\u2014 {self.name} {base64.b64encode(line).decode()}\n".encode()


class Log:
    """A log under construction. Verbs add an entry and return its seq; what they leave out is filled in."""

    def __init__(self, *, origin=ORIGIN, seed=SEED, zone="+08:00", two_from_min=600, two_from_pt=500):
        self.origin = origin
        self.signer = Signer(seed, origin)
        self.leaves = []
        self.entries = []
        self.details = {}
        self.at = START
        self._keys = 0
        self.add("rule", two_from_min=two_from_min, two_from_pt=two_from_pt, zone=zone)
        self.add("key", key=self.signer.public.hex(), **{"from": 0})

    # Entries

    def add(self, kind, *, detail=None, salt=None, **fields):
        """Append an entry of any kind. `at`, `id`, `seq`, `v`, `on` and `ref` may be given to be wrong."""
        seq = len(self.leaves)
        self.at = self.at + 1000 if "at" not in fields else fields["at"]
        entry = {"at": self.at, "kind": kind, "seq": seq, "v": 1, **fields}
        if "id" not in fields:
            self._keys += 1
            entry["id"] = request_key(self._keys, self.at)
        if kind in ("post", "capture", "reverse") and "on" not in fields:
            entry["on"] = self.today()
        if kind in ("post", "hold", "capture", "reverse"):
            content = canonical({"use_case": "test", "n": seq} if detail is None else detail)
            salt = sha256(b"salt %d" % seq) if salt is None else salt
            entry.setdefault("ref", sha256(b"\x02" + salt + content.encode()).hex())
            self.details[seq] = (salt, content)
        for name in [name for name, value in entry.items() if value is None]:
            del entry[name]
        return self.append(canonical(entry).encode(), entry)

    def append(self, leaf, entry=None):
        """Append bytes as they are."""
        self.leaves.append(leaf)
        self.entries.append(entry)
        return len(self.leaves) - 1

    def today(self):
        return (datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=self.at)).astimezone(CHINA).date().isoformat()

    def open(self, account, class_="member", unit="min", **fields):
        return self.add("open", account=account, unit=unit, **{"class": class_}, **fields)

    def limit(self, account, *, approvers=(1, 2), **numbers):
        """A note that decides the numbers, and the limit that cites it."""
        content = {"account": account, **numbers}
        note = self.note("limit", str(account), content)
        return self.add("limit", account=account, cites=note, approvers=list(approvers), **numbers)

    def note(self, topic, subject, content):
        return self.add("note", topic=topic, subject=subject, digest=sha256(canonical(content).encode()).hex())

    def post(self, legs, **fields):
        return self.add("post", legs=pairs(legs), **fields)

    def hold(self, legs, **fields):
        return self.add("hold", legs=pairs(legs), **fields)

    def capture(self, hold, legs, **fields):
        return self.add("capture", hold=hold, legs=pairs(legs), **fields)

    def reverse(self, of, **fields):
        return self.add("reverse", **{"of": of, "reason": "mistake", "approvers": [1, 2], **fields})

    # Tree

    @property
    def size(self):
        return len(self.leaves)

    def root(self, size=None):
        return root_of([leaf_hash(leaf) for leaf in self.leaves[:size]])

    def signer_at(self, size):
        """Whose turn it is to sign at a size. Only the tests of a change of key replace this."""
        return self.signer

    def checkpoint(self, size=None):
        size = self.size if size is None else size
        return self.signer_at(size).note(size, self.root(size))

    def lines(self, size=None):
        """The first three lines, as a printed QR code has them."""
        return "\n".join(self.checkpoint(size).decode().split("\n")[:3])

    def path(self, seq, size=None):
        """The inclusion proof of RFC 6962, section 2.1.1: hashes from the leaf's sibling up."""
        return inclusion([leaf_hash(leaf) for leaf in self.leaves[:size]], seq)

    def receipt(self, seq, size=None, *, detail=True, note=None):
        """A receipt as the page's section 6 has it."""
        extra = {"leaf": self.leaves[seq].decode()}
        if detail and seq in self.details:
            salt, content = self.details[seq]
            extra |= {"salt": salt.hex(), "detail": content}
        lines = [
            "c2sp.org/tlog-proof@v1",
            f"extra {base64.b64encode(canonical(extra).encode()).decode()}",
            f"index {seq}",
        ]
        lines += [base64.b64encode(one).decode() for one in self.path(seq, size)]
        return "\n".join(lines).encode() + b"\n\n" + (self.checkpoint(size) if note is None else note)

    # Bundle

    def files(self, *, details=False, tables=True, checkpoints=(), period=None, made_at=None):
        """The files of a bundle by name, to be spoilt before `zipped`."""
        period = period or (START - START % DAY_MS, self.at + DAY_MS)
        described = {
            "v": 1,
            "origin": self.origin,
            "size": self.size,
            "root": self.root().hex(),
            "made_at": made_at or self.at + 5000,
            "details": details,
            "period": list(period),
        }
        files = {
            "bundle.json": canonical(described).encode(),
            "vkey": (self.signer.vkey + "\n").encode(),
            "checkpoint": self.checkpoint(),
            "policy.json": b"{}",
        }
        for size in checkpoints:
            files[f"checkpoints/{size}"] = self.checkpoint(size)
        files |= tile_files(self.leaves)
        files |= table_files(self.entries, period) if tables else empty_tables()
        if details:
            files["details.jsonl"] = self.details_file()
        return files

    def details_file(self, without=()):
        lines = [
            canonical({"detail": content, "salt": salt.hex(), "seq": seq})
            for seq, (salt, content) in sorted(self.details.items())
            if seq not in without
        ]
        return "".join(line + "\n" for line in lines).encode()

    def bundle(self, **options):
        return zipped(self.files(**options))


def pairs(legs):
    """Legs of a dict, or as they are given."""
    return [[account, amount] for account, amount in sorted(legs.items())] if isinstance(legs, dict) else legs


def zipped(files, compression=zipfile.ZIP_DEFLATED):
    """An archive as an open file."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", compression) as archive:
        for name, body in files.items():
            archive.writestr(name, body)
    content.seek(0)
    return content


def tile_path(kind, number, width):
    digits = str(number)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[i : i + 3] for i in range(0, len(digits), 3)]
    path = "/".join(["x" + group for group in groups[:-1]] + groups[-1:])
    return f"tile/{kind}/{path}" + ("" if width == 256 else f".p/{width}")


def tile_files(leaves):
    """Entry bundles, and the tiles of every level from the definition: hash i of level L is the root of 256^L leaves."""
    files = {}
    for number in range((len(leaves) + 255) // 256):
        part = leaves[number * 256 : (number + 1) * 256]
        files[tile_path("entries", number, len(part))] = entry_bundle(part)
    hashes = [leaf_hash(leaf) for leaf in leaves]
    level = 0
    while hashes:
        for number in range((len(hashes) + 255) // 256):
            part = hashes[number * 256 : (number + 1) * 256]
            files[tile_path(level, number, len(part))] = b"".join(part)
        hashes = [root_of(hashes[i * 256 : (i + 1) * 256]) for i in range(len(hashes) // 256)]
        level += 1
    return files


def entry_bundle(leaves):
    return b"".join(len(leaf).to_bytes(2, "big") + leaf for leaf in leaves)


def empty_tables():
    return {
        "tables/accounts.csv": (ACCOUNTS + "\n").encode(),
        "tables/holds.csv": (HOLDS + "\n").encode(),
        "tables/trial_balance.csv": (TRIAL + "\n").encode(),
    }


def table_files(entries, period):
    """The three tables of a log that obeys the rules."""
    accounts, holds, moves = standing(entries)
    rows = []
    for number, a in sorted(accounts.items()):
        balance = sum(amount for _, account, amount in moves if account == number)
        row = [number, a["unit"], a["class"], a.get("owner", number), a["floor"], a.get("ceiling", ""), a["quota"]]
        row += [a["issued"], balance, held(holds, number), a.get("ends", ""), " ".join(a.get("to", [])), a["closed"]]
        rows.append(row)
    hold_rows = [
        [seq, account, -amount, hold.get("until", ""), hold["resolved"]]
        for seq, hold in sorted(holds.items())
        for account, amount in hold["legs"]
        if amount < 0
    ]
    return {
        "tables/accounts.csv": csv_bytes(ACCOUNTS, rows),
        "tables/holds.csv": csv_bytes(HOLDS, hold_rows),
        "tables/trial_balance.csv": csv_bytes(TRIAL, trial_rows(accounts, moves, period)),
    }


def standing(entries):
    """Accounts, holds and every movement of a log, without a single check."""
    accounts, holds, moves = {}, {}, []
    for entry in entries:
        kind, seq = entry["kind"], entry["seq"]
        if kind == "open":
            numbers = {"floor": 0, "quota": 0, "issued": 0, "closed": "", "opened": entry["at"]}
            accounts[entry["account"]] = entry | numbers
        elif kind == "limit":
            set_limits(accounts[entry["account"]], entry)
        elif kind == "close":
            accounts[entry["account"]]["closed"] = seq
        elif kind == "hold":
            holds[seq] = entry | {"resolved": ""}
        elif kind in ("capture", "release", "expire"):
            holds[entry["hold"]]["resolved"] = seq
        for account, amount in movement(entries, entry):
            moves.append((entry["at"], account, amount))
            if kind == "post" and amount < 0 and accounts[account]["class"] in ("issue", "opening"):
                accounts[account]["issued"] -= amount
    return accounts, holds, moves


def set_limits(account, entry):
    account.pop("ceiling", None)
    account.update({"floor": entry.get("floor", 0), "quota": entry.get("quota", 0), "issued": 0})
    if "ceiling" in entry:
        account["ceiling"] = entry["ceiling"]


def movement(entries, entry):
    if entry["kind"] in ("post", "capture"):
        return entry["legs"]
    if entry["kind"] == "reverse":
        return [[account, -amount] for account, amount in entries[entry["of"]]["legs"]]
    return []


def held(holds, account):
    return -sum(
        amount
        for hold in holds.values()
        if hold["resolved"] == ""
        for number, amount in hold["legs"]
        if number == account and amount < 0
    )


def trial_rows(accounts, moves, period):
    start, end = period
    rows = []
    for unit in ("min", "pt"):
        mine: list = []
        for number, account in sorted(accounts.items()):
            if account["unit"] == unit and account["opened"] < end:
                opening = sum(n for at, a, n in moves if a == number and at < start)
                added = sum(n for at, a, n in moves if a == number and start <= at < end and n > 0)
                taken = -sum(n for at, a, n in moves if a == number and start <= at < end and n < 0)
                mine.append([unit, number, account["class"], opening, added, taken, opening + added - taken])
        rows.append((mine, [unit, "", "total"] + [sum(row[i] for row in mine) for i in range(3, 7)]))
    return [row for mine, _ in rows for row in mine] + [total for mine, total in rows if mine]


def csv_bytes(header, rows):
    return "".join(line + "\n" for line in [header, *(",".join(map(str, row)) for row in rows)]).encode()


def make_village(**options):
    """A log in which minutes and points can be issued, held and spent.

    Accounts: 1 issue:min, 2 opening:min, 3 pool:min, 4 lapsed:min, 11 issue:pt; members 101, 102 and 103 of minutes, 103 with
    a ceiling of 1000; 201 a household's points. 101 has 400 minutes, 102 has 60.
    """
    log = Log(**options)
    log.open(1, "issue")
    log.open(2, "opening")
    log.open(3, "pool")
    log.open(4, "lapsed")
    log.open(11, "issue", "pt")
    for account in (1, 2, 11):
        log.limit(account, quota=100_000)
    log.open(101)
    log.open(102)
    log.open(103, ceiling=1000)
    log.open(201, "household", "pt")
    log.post({1: -400, 101: 400}, detail=hours(400))
    log.post({1: -60, 102: 60}, detail=hours(60))
    return log


def hours(minutes):
    """The detail of service, credited in steps of 5 minutes: a little more time than was credited."""
    return {
        "use_case": "test",
        "credited": minutes,
        "rounding": 5,
        "spans": [[minutes * 60 + 59, 100]],
        "uncapped": minutes,
    }


def make_story(**options):
    """A log with an entry of every kind, each obeying the rules."""
    log = make_village(**options)
    log.note("month", "2026-07", {"closed": True})
    rule = {"two_from_min": 480, "two_from_pt": 400, "zone": "+08:00"}
    log.add("rule", cites=log.note("rule", "rule", rule), **rule)
    log.open(104, "gift", owner=102, ends=instant(2028, 9, 1), to=["member", "pool"])
    log.post({101: -30, 104: 30}, cites=log.note("gift", "104", {}))
    hold = log.hold({101: -120, 103: 120}, until=log.at + DAY_MS, detail={"held": 120})
    log.capture(hold, {101: -90, 103: 90}, detail={"credited": 90})
    log.add("release", hold=log.hold({104: -10, 103: 10}))
    due = log.hold({104: -20, 103: 20}, until=log.at + 60_000)
    log.at += 120_000
    log.add("expire", hold=due)
    wrong = log.post({11: -50, 201: 50})
    log.reverse(wrong, approvers=[7])
    log.post({11: -25, 201: 25})
    log.open(105, "member")
    log.add("close", account=105)
    log.add("erase", accounts=[105])
    log.limit(102, floor=-30, ceiling=5000)
    return log

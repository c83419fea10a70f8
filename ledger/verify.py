"""Check an evidence bundle or a receipt, trusting nobody: `python3 -I -S verify.py FILE`.

This one file stands alone. It needs Python 3.11 and nothing else, and it was written from docs/log-format.md, not from the
software that keeps the log, so that a mistake there is not repeated here. Copy it into an empty folder and run it.

Over a bundle it climbs, and stops at the first thing that is wrong:

    archive       the zip archive holds the files it should and no others
    signature     the newest checkpoint is signed with the log's key
    tiles         the hashes in the tiles are those of the entries
    root          the entries add up to the root that was signed
    evidence      older checkpoints, in the bundle and from outside, are of the same log: nothing was rewritten
    cosignatures  enough of the witnesses that a policy names have seen the log (with `--policy`)
    rules         every entry is well formed and obeys the rules of the ledger, read in order
    tables        balances, holds and trial balance are what the entries say
    details       each detail shown is the one its entry names

The part that needs something from outside is `--checkpoint` (an older checkpoint that somebody kept, as a file, a folder of
them, or the text that a printed QR code gives; receipts will do too), `--older` (an older bundle), `--policy` (whose
cosignatures count) and `--vkey` (the log's key as it was published). Without these a bundle can only be shown to agree with
itself. A receipt needs `--vkey` or `--policy`. Exit code: 0 all is well, 1 something is wrong, 2 cannot be read.
"""

import argparse
import base64
import binascii
import functools
import hashlib
import io
import json
import os
import re
import sqlite3
import struct
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date
from itertools import islice, pairwise
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, NoReturn, Self

MAX = 2**53 - 1
TILE = 256
DAY_MS = 86_400_000
EPOCH = date(1970, 1, 1).toordinal()
BOM = b"\xef\xbb\xbf"
MAX_DAY = date.max.toordinal() - EPOCH
UNITS = ("min", "pt")
ISSUING = frozenset({"issue", "opening"})
SINKS = frozenset({"pool", "lapsed"})
SPECIAL = ISSUING | SINKS | {"clearing"}

# A hostile archive may claim anything: these bound what is read into memory, far above what an honest log needs.
MAX_DIRECTORY_BYTES = 16 * 2**20  # the list of files of a log of some 20 million entries
MAX_EXPANSION = 200  # deflated leaves shrink to about a fifth; hashes do not shrink at all
MAX_NOTE_BYTES = 1_000_000
MAX_SIGNATURES = 100
MAX_LEAF_BYTES = 65_535
MAX_SMALL_FILE_BYTES = 65_536
MAX_TABLE_LINE_BYTES = 16_384
MAX_DETAIL_LINE_BYTES = 2**20
KEPT_TILES = 4
STEP_TOLD = 100_000
MAX_KEYS = 10_000
MAX_CHECKPOINTS_BYTES = 2**26  # one a day for a century, each with some cosignatures
MAX_FOLDER_FILES = 10_000
MAX_POLICY_LINES = 10_000
MAX_RECEIPT_BYTES = 2_000_000
MAX_PATH = 64

# How much of what grows with the log is in memory before it goes to disk.
FRESH_IDS = 2**16
FRESH_BYTES = 2**23


class Words(NamedTuple):
    """The same sentence in Simplified Chinese and in English."""

    zh: str
    en: str


NOTHING = Words("", "")


STEPS = {
    "archive": Words("压缩包齐全", "the archive is complete"),
    "receipt": Words("回执的格式", "the form of the receipt"),
    "inclusion": Words("记录在日志里", "the entry is in the log"),
    "signature": Words("检查点的签名", "the checkpoint's signature"),
    "tiles": Words("哈希块与记录一致", "the tiles against the entries"),
    "root": Words("根哈希", "the root"),
    "evidence": Words("历次检查点", "older checkpoints"),
    "cosignatures": Words("见证方的签名", "what witnesses signed"),
    "rules": Words("每条记录的格式与规则", "form and rules of every entry"),
    "tables": Words("余额表、冻结表、试算平衡表", "the tables of balances, holds and trial balance"),
    "details": Words("明细", "the details"),
}

# What stands in the way of checking at all: exit code 2. Everything else found is exit code 1.
UNREADABLE = frozenset(
    {"no_file", "no_room", "not_zip", "evidence_form", "folder_large", "vkey_argument", "vkey_needed", "policy_form",
     "older_broken", "evidence_broken"}
)  # fmt: skip


class Wrong(Exception):
    """The first thing that is wrong: a code of FINDINGS and the facts of its sentence."""

    def __init__(self, code: str, **facts: Any) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found, where, and why, to be told in either language."""

    step: str
    code: str
    facts: dict[str, Any]

    @property
    def seq(self) -> int | None:
        """The entry that is wrong, where it is one entry."""
        return self.facts.get("seq")

    @property
    def account(self) -> int | None:
        """The account that is wrong, where it is one account."""
        return self.facts.get("account")

    @property
    def tile(self) -> str | None:
        """The tile or file that is wrong, where it is one file."""
        return self.facts.get("tile") or self.facts.get("file")

    def text(self, lang: str) -> str:
        """The sentence, `zh` or `en`."""
        return _say(FINDINGS[self.code], lang, **self.facts)


@dataclass(slots=True)
class Report:
    """All that came out: what was passed, what was counted, and the first thing that is wrong if anything is."""

    step: str = "archive"
    passed: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    warnings: list[dict[str, int]] = field(default_factory=list)
    checked: dict[str, Any] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether all is well."""
        return not self.findings

    @property
    def exit_code(self) -> int:
        """0 all is well, 1 something is wrong, 2 cannot be read."""
        if self.ok:
            return 0
        return 2 if self.findings[0].code in UNREADABLE else 1

    def climb(self, step: str) -> None:
        """Note that the step before is passed and this one has begun."""
        if step != self.step:
            self.passed.append(self.step)
        self.step = step


Source = str | Path | BinaryIO
Progress = Callable[[int, int], None]  # told how many of how many entries are read


def verify(
    bundle: Source,
    *,
    checkpoints: Sequence[str | Path] = (),
    older: Sequence[Source] = (),
    vkey: str | Sequence[str] | None = None,
    policy: str | Path | None = None,
    progress: Progress | None = None,
) -> Report:
    """Say whether a bundle is what it claims to be. Reads only; never raises for what a file may hold.

    `checkpoints` are paths or texts of checkpoints and receipts kept outside, or folders of them; `older` are older bundles,
    `vkey` is the key as published (of several, any will do), `policy` a file that says whose cosignatures count.
    """
    report = Report()
    try:
        with ExitStack() as opened:
            _climb(
                report,
                opened,
                bundle,
                checkpoints=checkpoints,
                older=older,
                vkey=vkey,
                policy=policy,
                progress=progress,
            )
    except Wrong as wrong:
        report.findings.append(Finding(report.step, wrong.code, wrong.facts))
    except sqlite3.Error as error:
        report.findings.append(Finding(report.step, "no_room", {"reason": str(error)}))
    else:
        report.passed.append(report.step)
    return report


def _climb(
    report: Report,
    opened: ExitStack,
    source: Source,
    *,
    checkpoints: Sequence[str | Path],
    older: Sequence[Source],
    vkey: str | Sequence[str] | None,
    policy: str | Path | None,
    progress: Progress | None,
) -> None:
    """The steps, in order."""
    expected_keys = _key_arguments(vkey)
    trusted = None if policy is None else read_policy(policy)
    outside = _outside(checkpoints, report)
    log = opened.enter_context(Bundle(source))
    if expected_keys and (log.first_name, log.first_key) not in expected_keys:
        raise Wrong("vkey_foreign")
    older_logs = [_older_bundle(opened, each) for each in older]
    for old in older_logs:
        outside.append(Evidence(old.label, old.newest, from_older_bundle=True))
        outside += [Evidence(f"{old.label}: {each.label}", each.checkpoint) for each in old.older_checkpoints()]
    inside = log.older_checkpoints()

    # One pass over the entries does the work of three steps: reading them thrice would take twice as long. What it finds
    # is told when its step is reached.
    replay = opened.enter_context(Replay(log))
    reading = Reading(log, {evidence.checkpoint.size for evidence in [*inside, *outside]}, replay, progress)

    report.climb("signature")
    keys = KeyRing(log.first_key, reading.keys)
    _check_newest(log, keys, reading)

    report.climb("tiles")
    reading.tell_tiles()

    report.climb("root")
    _check_root(log, reading)

    report.climb("evidence")
    judge = Judge(log, keys, trusted)
    judge.compare(reading.roots, inside=inside, outside=outside, older_logs=older_logs)
    witnessed = None
    if trusted is not None:
        report.climb("cosignatures")
        witnessed = judge.witnessed([*inside, *outside])

    report.climb("rules")
    reading.tell_rules()

    report.climb("tables")
    _check_tables(log, replay)

    report.checked |= _counted(log, replay, inside=inside, outside=outside) | {"witnessed": witnessed}
    if log.has_details:
        report.climb("details")
        report.checked["details"] = _check_details(log, replay)
    report.warnings = replay.idle_lots(log.made_at)


# ---------------------------------------------------------------------------------------------------------------------
# archive: the zip file, its layout, bundle.json and vkey
# ---------------------------------------------------------------------------------------------------------------------

# All that the standard library may raise over a damaged or malicious archive.
DAMAGED = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, ValueError, IndexError, OverflowError,
           NotImplementedError, RuntimeError)  # fmt: skip

FIXED_FILES = ("bundle.json", "vkey", "checkpoint", "tables/accounts.csv", "tables/holds.csv", "tables/trial_balance.csv",
               "policy.json")  # fmt: skip


class Bundle:
    """An evidence bundle, read piece by piece: nothing in it is believed, and no piece is read beyond its bound."""

    def __init__(self, source: Source) -> None:
        self.label = str(source) if isinstance(source, str | Path) else "bundle"
        self._file = _opened(source, self.label)
        self._is_ours = self._file is not source
        self._kept: dict[int, list[bytes]] = {}
        try:
            self._zip, self._files = _archive(self._file, self.label)
            self._read_description()
            self._check_layout()
            self.first_name, self.first_key = self._first_key()
            self.newest = self._newest_checkpoint()
        except BaseException:
            self.__exit__()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._is_ours:
            self._file.close()

    def read(self, name: str, limit: int) -> bytes:
        """The whole of a file of at most `limit` bytes."""
        try:
            with self._zip.open(self._files[name]) as stream:
                content = stream.read(limit + 1)
        except DAMAGED:
            raise Wrong("archive_damaged", file=name) from None
        if len(content) > limit:
            raise Wrong("file_large", file=name)
        return content

    def lines(self, name: str, limit: int) -> Iterator[bytes]:
        """The lines of a file of any length, one by one, each with its end."""
        try:
            with self._zip.open(self._files[name]) as stream:
                while line := stream.readline(limit + 1):
                    if len(line) > limit:
                        raise Wrong("file_large", file=name)
                    yield line
        except DAMAGED:
            raise Wrong("archive_damaged", file=name) from None

    def tile(self, level: int, number: int) -> bytes:
        """The hashes of a tile, of the length that it must have."""
        width = min(TILE, (self.size >> (8 * level)) - number * TILE)
        name = tile_name(str(level), number, width)
        content = self.read(name, TILE * 32)
        if len(content) != width * 32:
            raise Wrong("tile_length", tile=name, shown=len(content), bytes=width * 32)
        return content

    def tile_hashes(self) -> Iterator[bytes]:
        """The hashes of all entries, as the tiles of level 0 give them."""
        for number in range(-(-self.size // TILE)):
            tile = self.tile(0, number)
            yield from (tile[position : position + 32] for position in range(0, len(tile), 32))

    def entry_tile(self, number: int) -> tuple[str, bytes, int]:
        """Name, content and number of entries of an entry bundle."""
        width = min(TILE, self.size - number * TILE)
        name = tile_name("entries", number, width)
        return name, self.read(name, TILE * (2 + MAX_LEAF_BYTES)), width

    def leaves(self) -> Iterator[bytes]:
        """All entries in order; their tiles are checked already."""
        for number in range(-(-self.size // TILE)):
            yield from split_entries(*self.entry_tile(number), first=number * TILE)

    def leaf(self, seq: int) -> bytes:
        """One entry, for the few that name another."""
        number = seq // TILE
        if number not in self._kept:
            if len(self._kept) >= KEPT_TILES:
                self._kept.pop(next(iter(self._kept)))
            self._kept[number] = split_entries(*self.entry_tile(number), first=number * TILE)
        return self._kept[number][seq % TILE]

    def older_checkpoints(self) -> list["Evidence"]:
        """The checkpoints under checkpoints/, by size."""
        found = []
        if (
            sum(i.file_size for name, i in self._files.items() if name.startswith("checkpoints/"))
            > MAX_CHECKPOINTS_BYTES
        ):
            raise Wrong("file_large", file="checkpoints/")
        for name in self._files:
            if name.startswith("checkpoints/"):
                checkpoint = read_checkpoint(self.read(name, MAX_NOTE_BYTES), name)
                size = int(name.removeprefix("checkpoints/"))
                if checkpoint.size != size:
                    raise Wrong("checkpoint_size", file=name, shown=checkpoint.size, size=size)
                found.append(Evidence(name, checkpoint, from_bundle=True))
        return sorted(found, key=lambda evidence: evidence.checkpoint.size)

    def _read_description(self) -> None:
        if "bundle.json" not in self._files:
            raise Wrong("archive_missing", file="bundle.json")
        content = self.read("bundle.json", MAX_SMALL_FILE_BYTES)
        try:
            described = strict_json(content.decode("utf-8"))
        except ValueError:
            raise Wrong("bundle_form", field="JSON") from None
        if type(described) is not dict:
            raise Wrong("bundle_form", field="JSON")
        for name, check in DESCRIPTION.items():
            if name not in described or not check(described[name]):
                raise Wrong("bundle_form", field=name)
        if unknown := described.keys() - DESCRIPTION.keys():
            raise Wrong("bundle_form", field=min(unknown))
        self.origin: str = described["origin"]
        self.size: int = described["size"]
        self.root = bytes.fromhex(described["root"])
        self.has_details: bool = described["details"]
        self.made_at: int = described["made_at"]
        self.period: tuple[int, int] = (described["period"][0], described["period"][1])

    def _check_layout(self) -> None:
        """All files of a tree of this size, and none besides. Stops at the first that is missing, however large the size."""
        required = set()
        for name in self._required():
            if name not in self._files:
                raise Wrong("archive_missing", file=name)
            required.add(name)
        for name in self._files:
            older = re.fullmatch(r"checkpoints/([1-9][0-9]{0,15})", name)
            if name not in required and not (older and 2 <= int(older[1]) < self.size):
                raise Wrong("archive_unknown", file=name)

    def _required(self) -> Iterator[str]:
        yield from FIXED_FILES
        if self.has_details:
            yield "details.jsonl"
        level, count = 0, self.size
        while count:
            for kind in ("entries", "0") if level == 0 else (str(level),):
                for number in range(-(-count // TILE)):
                    yield tile_name(kind, number, min(TILE, count - number * TILE))
            level, count = level + 1, count // TILE

    def _first_key(self) -> tuple[str, bytes]:
        content = self.read("vkey", MAX_SMALL_FILE_BYTES)
        try:
            name, key = read_vkey(content.decode("utf-8").removesuffix("\n").removesuffix("\r"))
        except ValueError:
            raise Wrong("vkey_form") from None
        if name != self.origin:
            raise Wrong("vkey_origin", name=name, origin=self.origin)
        return name, key

    def _newest_checkpoint(self) -> "Checkpoint":
        newest = read_checkpoint(self.read("checkpoint", MAX_NOTE_BYTES), "checkpoint")
        if newest.origin != self.origin:
            raise Wrong("checkpoint_origin", file="checkpoint", name=newest.origin, origin=self.origin)
        if newest.size != self.size:
            raise Wrong("checkpoint_size", file="checkpoint", shown=newest.size, size=self.size)
        return newest


def tile_name(kind: str, number: int, width: int) -> str:
    """The path of a tile: `tile/0/x001/x234/067`, partial ones with `.p/<width>`."""
    path = f"{number % 1000:03d}"
    while number := number // 1000:
        path = f"x{number % 1000:03d}/{path}"
    return f"tile/{kind}/{path}" + (f".p/{width}" if width < TILE else "")


def split_entries(name: str, content: bytes, width: int, *, first: int) -> list[bytes]:
    """The leaves of an entry bundle, each after its length in two bytes."""
    leaves: list[bytes] = []
    position, end = 0, len(content)
    while position < end:
        start = position + 2
        position = start + (content[position] << 8 | content[position + 1]) if start <= end else end + 1
        if position > end:
            raise Wrong("entries_form", tile=name, seq=first + len(leaves))
        leaves.append(content[start:position])
        if len(leaves) > 2 * TILE:  # absurd already; millions of empty leaves would fit into what is allowed
            raise Wrong("entries_form", tile=name, seq=first + width)
    return leaves


def _opened(source: Source, label: str) -> BinaryIO:
    if not isinstance(source, str | Path):
        return source
    try:
        return Path(source).open("rb")
    except (OSError, ValueError) as error:
        raise Wrong("no_file", file=label, reason=getattr(error, "strerror", None) or type(error).__name__) from None


def _archive(file: BinaryIO, label: str) -> tuple[zipfile.ZipFile, dict[str, zipfile.ZipInfo]]:
    """Open the archive, after its list of files was measured: reading that list costs far more memory than it is long."""
    try:
        length, listed = _directory_bytes(file)
        if listed > MAX_DIRECTORY_BYTES:
            raise Wrong("archive_directory", bytes=listed)
        archive = zipfile.ZipFile(file)
    except DAMAGED:
        raise Wrong("not_zip", file=label) from None
    files: dict[str, zipfile.ZipInfo] = {}
    for info in archive.infolist():
        if info.filename in files:
            raise Wrong("archive_duplicate", file=info.filename)
        if info.flag_bits & 1 or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise Wrong("archive_method", file=info.filename)
        if info.orig_filename != info.filename:  # a zero byte hides the rest of a name
            raise Wrong("archive_unknown", file=info.orig_filename)
        files[info.filename] = info
    before = 0
    for info in sorted(files.values(), key=lambda info: info.header_offset):
        if info.header_offset < before:  # the same bytes told as several files: the trick of small bombs
            raise Wrong("archive_overlap", file=info.filename)
        before = info.header_offset + 30 + len(info.filename) + info.compress_size
    expanded = sum(info.file_size for info in files.values())
    if expanded > MAX_EXPANSION * length + 2**20:
        raise Wrong("archive_expands", bytes=expanded)
    return archive, files


def _directory_bytes(file: BinaryIO) -> tuple[int, int]:
    """Length of the archive, and of its list of files as its last record states it."""
    length = file.seek(0, io.SEEK_END)
    tail_at = max(0, length - 65_535 - 22 - 20 - 56)
    file.seek(tail_at)
    tail = file.read()
    end = len(tail) - 22 if tail[-22:].startswith(b"PK\5\6") and tail.endswith(b"\0\0") else tail.rfind(b"PK\5\6")
    if end < 0:
        raise zipfile.BadZipFile
    listed: int = struct.unpack_from("<L", tail, end + 12)[0]
    if end >= 76 and tail[end - 20 : end - 16] == b"PK\6\7":  # more than 65,535 files: the larger record stands before
        listed = max(0 if listed == 0xFFFFFFFF else listed, struct.unpack_from("<Q", tail, end - 76 + 40)[0])
    return length, listed


def strict_json(text: str) -> Any:
    """Canonical JSON (RFC 8785 without fractions), or ValueError: what is read must be written back as the same text."""
    try:
        value = json.loads(text, parse_float=_no_number, parse_constant=_no_number, parse_int=_whole_number)
        if canonical(value) != text:
            raise ValueError
    except RecursionError:
        raise ValueError from None
    return value


def canonical(value: Any) -> str:
    """The one way to write a value of the kind that `strict_json` reads."""
    if type(value) is dict:
        # RFC 8785 sorts keys by their UTF-16 code units.
        names = sorted(value, key=lambda name: name.encode("utf-16-be", "surrogatepass"))
        return "{" + ",".join(canonical(name) + ":" + canonical(value[name]) for name in names) + "}"
    if type(value) is list:
        return "[" + ",".join(map(canonical, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def _no_number(text: str) -> NoReturn:
    raise ValueError(text)


def _whole_number(text: str) -> int:
    if len(text) > 17 or not -MAX <= int(text) <= MAX:
        raise ValueError(text)
    return int(text)


# ---------------------------------------------------------------------------------------------------------------------
# signature: signed notes and Ed25519
# ---------------------------------------------------------------------------------------------------------------------

LOG_KEY, WITNESS_KEY = 1, 4  # the types of keys: Ed25519 over a note, and over a note with a time (cosignature/v1)
NOTE = re.compile(r"([^\n]+)\n(0|[1-9][0-9]{0,15})\n([^\n]+)\n(?:\n((?:\u2014 [^ \n]+ [^ \n]+\n)+))")
ORIGIN = re.compile(r"[^\s+\x00-\x1f\x7f]+/log/[^\s+\x00-\x1f\x7f]+")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log once said of itself: at `size` entries its root was this. `signatures` are name, key id, signature."""

    origin: str
    size: int
    root: bytes
    signatures: tuple[tuple[str, bytes, bytes], ...]

    @property
    def text(self) -> str:
        """The three lines that are signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


@dataclass(frozen=True, slots=True)
class Evidence:
    """A checkpoint and where it came from. One from the bundle itself shows less: who rewrites the log makes these too."""

    label: str
    checkpoint: Checkpoint
    from_bundle: bool = False
    from_older_bundle: bool = False
    entry: tuple[int, bytes] | None = None  # number and hash of an entry that a receipt proves to be under it


def read_checkpoint(content: bytes, file: str) -> Checkpoint:
    """A signed note with the three lines of a checkpoint."""
    try:
        return _signed_note(content.decode("utf-8"))
    except ValueError:
        raise Wrong("checkpoint_form", file=file) from None


def _signed_note(text: str) -> Checkpoint:
    parts = NOTE.fullmatch(text)
    if not parts or any(sign < " " and sign != "\n" for sign in text):
        raise ValueError
    lines = parts[4].removesuffix("\n").split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise ValueError
    return Checkpoint(*_checkpoint_lines(parts[1], parts[2], parts[3]), tuple(map(_signature_line, lines)))


def _checkpoint_lines(origin: str, size: str, root: str) -> tuple[str, int, bytes]:
    hashed = base64_bytes(root)
    counted = int(size) if re.fullmatch(r"0|[1-9][0-9]{0,15}", size) else MAX + 1
    if not ORIGIN.fullmatch(origin) or counted > MAX or len(hashed) != 32:
        raise ValueError
    return origin, counted, hashed


def _signature_line(line: str) -> tuple[str, bytes, bytes]:
    _, name, encoded = line.split(" ")
    signature = base64_bytes(encoded)
    if len(signature) < 5 or not name or "+" in name or re.search(r"\s", name):
        raise ValueError
    return name, signature[:4], signature[4:]


def _outside(given: Sequence[str | Path], report: Report) -> list[Evidence]:
    """All that was kept outside: checkpoints and receipts as files or texts, or folders of them, in any order.

    A folder may hold other files too; those that were passed over are told.
    """
    found: list[Evidence] = []
    passed_over: list[str] = []
    for each in given:
        if not _is(os.path.isdir, each):
            found.append(_outside_checkpoint(each))
            continue
        files = _folder(Path(each))
        before = len(found)
        for file in files:
            try:
                found.append(_outside_checkpoint(file))
            except Wrong as wrong:
                if wrong.code != "evidence_form":
                    raise
                passed_over.append(str(file))
        if len(found) == before:
            raise Wrong("evidence_form", file=str(each))
    if passed_over:
        report.checked["passed_over"] = passed_over
    return found


def _folder(folder: Path) -> list[Path]:
    """The files of a folder, by name; not what links point to, and not the folders in it."""
    try:
        with os.scandir(folder) as listed:
            some = list(islice(listed, MAX_FOLDER_FILES + 1))
    except OSError as error:
        raise Wrong("no_file", file=str(folder), reason=error.strerror or type(error).__name__) from None
    if len(some) > MAX_FOLDER_FILES:
        raise Wrong("folder_large", file=str(folder), most=MAX_FOLDER_FILES)
    return sorted(Path(each.path) for each in some if each.is_file(follow_symlinks=False))


def _outside_checkpoint(given: str | Path) -> Evidence:
    """A checkpoint that somebody kept: a file or its text, or a receipt that shows one."""
    is_text = isinstance(given, str) and len(given.split()) >= 3 and not _is(os.path.isfile, given)
    label = "--checkpoint" if is_text else str(given)
    content = str(given).encode("utf-8", "replace") if is_text else _file_content(Path(given), label)
    if content.removeprefix(BOM).startswith(RECEIPT.encode()):
        try:
            receipt = read_receipt(content, label)
            receipt.check_inclusion()
        except Wrong as wrong:
            raise Wrong("evidence_broken", file=label, why=_why(wrong)) from None
        return Evidence(label, receipt.checkpoint, entry=(receipt.seq, leaf_hash(receipt.leaf)))
    try:
        return Evidence(label, _kept_checkpoint(content.removeprefix(BOM).decode("utf-8")))
    except ValueError:
        raise Wrong("evidence_form", file=label) from None


def _kept_checkpoint(text: str) -> Checkpoint:
    """A whole signed note or only the three lines that a QR code or a sheet shows, however they were kept.

    Scanners, mail and editors change line ends, add a mark at the beginning, lose the last line end or empty lines. None of
    the words in a signed note holds white space, so the words are read; the signature is over the text they make.
    """
    words = text.split(None, 3 * MAX_SIGNATURES + 3)
    signatures = [" ".join(words[place : place + 3]) for place in range(3, len(words), 3)]
    if len(words) < 3 or not all(re.fullmatch("\u2014 [^ ]+ [^ ]+", line) for line in signatures):
        raise ValueError
    return Checkpoint(*_checkpoint_lines(*words[:3]), tuple(map(_signature_line, signatures)))


def _why(wrong: Wrong) -> Words:
    """What was found, as part of another sentence."""
    finding = Finding("archive", wrong.code, wrong.facts)
    return Words(finding.text("zh"), finding.text("en"))


def _is(kind: Callable[[str | Path], bool], path: str | Path) -> bool:
    try:
        return kind(path)
    except (OSError, ValueError):
        return False


def _file_content(path: Path, label: str, most: int = MAX_NOTE_BYTES) -> bytes:
    with _opened(path, label) as file:
        try:
            return file.read(most + 1)
        except OSError as error:
            raise Wrong("no_file", file=label, reason=error.strerror or type(error).__name__) from None


def read_vkey(text: str) -> tuple[str, bytes]:
    """Name and Ed25519 public key of a log's verifier key, or ValueError."""
    name, kind, key = _any_vkey(text)
    if not ORIGIN.fullmatch(name) or kind != LOG_KEY:
        raise ValueError
    return name, key


def _any_vkey(text: str) -> tuple[str, int, bytes]:
    """Name, type and public key of a verifier key of whatever type, or ValueError."""
    name, identity, encoded = text.split("+", 2)
    typed = base64_bytes(encoded)
    if not name or re.search(r"\s", name) or not re.fullmatch(r"[0-9a-f]{8}", identity) or len(typed) < 2:
        raise ValueError
    if typed[0] in (LOG_KEY, WITNESS_KEY) and (len(typed) != 33 or key_id(name, typed[1:], typed[0]).hex() != identity):
        raise ValueError
    return name, typed[0], typed[1:]


def key_id(name: str, key: bytes, kind: int = 1) -> bytes:
    """The four bytes by which a signature line names its key."""
    return hashlib.sha256(name.encode("utf-8", "surrogateescape") + b"\n" + bytes([kind]) + key).digest()[:4]


def base64_bytes(text: str) -> bytes:
    """Standard, padded, canonical base64, or ValueError."""
    content = base64.b64decode(text, validate=True)
    if base64.b64encode(content).decode() != text:
        raise ValueError
    return content


def _key_arguments(vkey: str | Sequence[str] | None) -> list[tuple[str, bytes]]:
    given = [vkey] if isinstance(vkey, str) else vkey or []
    try:
        return [read_vkey(each.strip()) for each in given]
    except ValueError:
        raise Wrong("vkey_argument") from None


class KeyRing:
    """The log's keys in time: the first from vkey, later ones from `key` entries.

    Entries are looked at here before they are checked. That is safe: a false `key` entry is found by a later step.
    """

    def __init__(self, first: bytes, entries: Iterable[tuple[int, bytes]]) -> None:
        self._keys = [(0, 1, first)]
        for seq, leaf in entries:
            try:
                entry = read_leaf(leaf, seq)
            except Wrong:
                continue
            if entry["kind"] == "key" and seq > 1 and entry["from"] > seq:  # any other is refused with the rules
                self._keys.append((entry["from"], seq, bytes.fromhex(entry["key"])))

    def at(self, size: int) -> bytes | None:
        """The key that signs a checkpoint of this size."""
        known = [key for key in self._keys if key[0] <= size and key[1] < size]
        return max(known)[2] if known else None

    def check(self, checkpoint: Checkpoint, file: str) -> None:
        """Refuse a checkpoint that the key in force did not sign, or with a false line of any key of the log. Those of witnesses are let be."""
        key = self.at(checkpoint.size)
        if key is None:
            raise Wrong("signature_key", file=file, size=checkpoint.size)
        signed = [known for _, _, known in self._keys if signed_by(checkpoint, known, file)]
        if key not in signed:
            raise Wrong("signature_missing", file=file)


def signed_by(checkpoint: Checkpoint, key: bytes, file: str) -> bool:
    """Whether this key of the log signed it. A line that names the key and does not fit is refused."""
    mine = [
        signature
        for name, identity, signature in checkpoint.signatures
        if name == checkpoint.origin and identity == key_id(name, key)
    ]
    if not all(ed25519_verify(key, checkpoint.text.encode(), signature) for signature in mine):
        raise Wrong("signature_wrong", file=file)
    return bool(mine)


def _check_newest(log: Bundle, keys: KeyRing, reading: "Reading") -> None:
    try:
        keys.check(log.newest, "checkpoint")
    except Wrong:
        reading.tell_tiles()  # the key may come from an entry: if entries do not fit their tiles, that is what is wrong
        raise
    if log.newest.root != log.root:
        raise Wrong("root_shown")


P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
SQRT_MINUS_1 = pow(2, (P - 1) // 4, P)
BASE = bytes.fromhex("58" + "66" * 31)

# A point of the curve in extended coordinates: x = X/Z, y = Y/Z, x * y = T/Z.
Point = tuple[int, int, int, int]
NEUTRAL: Point = (0, 1, 1, 0)


def ed25519_verify(public: bytes, message: bytes, signature: bytes) -> bool:
    """RFC 8032, strictly: S below L, canonical points, no public key of small order."""
    if len(public) != 32 or len(signature) != 64:
        return False
    s = int.from_bytes(signature[32:], "little")
    of_public = _windows(public)
    if s >= L or of_public is None:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % L
    of_base = _windows(BASE)
    assert of_base is not None
    # R = S*B - k*A, compared as bytes, so that a non-canonical R never fits.
    x, y, z, t = _multiply(of_public, k)
    return _encode_point(_add(_multiply(of_base, s), (P - x, y, z, P - t))) == signature[:32]


@functools.lru_cache(maxsize=16)
def _windows(encoded: bytes) -> list[list[Point]] | None:
    """Multiples 0..15 of a point times 16, 256, ...: made once a key, they leave 64 additions for each signature."""
    point = _decode_point(encoded)
    if point is None or _small_order(point):
        return None
    windows = []
    for _ in range(64):
        row = [NEUTRAL]
        for _ in range(15):
            row.append(_add(row[-1], point))
        windows.append(row)
        point = _add(row[-1], point)
    return windows


def _multiply(windows: list[list[Point]], scalar: int) -> Point:
    total = NEUTRAL
    for row in windows:
        if scalar & 15:
            total = _add(total, row[scalar & 15])
        scalar >>= 4
    return total


def _add(a: Point, b: Point) -> Point:
    """Complete addition: right for equal points and for the neutral one too."""
    x1, y1, z1, t1 = a
    x2, y2, z2, t2 = b
    minus = (y1 - x1) * (y2 - x2) % P
    plus = (y1 + x1) * (y2 + x2) % P
    t = 2 * t1 * t2 * D % P
    z = 2 * z1 * z2 % P
    e, f, g, h = plus - minus, z - t, z + t, plus + minus
    return e * f % P, g * h % P, f * g % P, e * h % P


def _small_order(point: Point) -> bool:
    for _ in range(3):
        point = _add(point, point)
    return point[0] % P == 0 and (point[1] - point[2]) % P == 0


def _encode_point(point: Point) -> bytes:
    inverse = pow(point[2], -1, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def _decode_point(encoded: bytes) -> Point | None:
    number = int.from_bytes(encoded, "little")
    sign, y = number >> 255, number & (2**255 - 1)
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * SQRT_MINUS_1 % P
    if x * x % P != square or (x == 0 and sign):
        return None
    x = x if x & 1 == sign else P - x
    return x, y, 1, x * y % P


# ---------------------------------------------------------------------------------------------------------------------
# tiles and root: the Merkle tree of RFC 6962
# ---------------------------------------------------------------------------------------------------------------------


_sha256 = hashlib.sha256


def leaf_hash(leaf: bytes) -> bytes:
    """The hash of an entry."""
    return _sha256(b"\0" + leaf).digest()


class Frontier:
    """A tree that only grows: the roots of its full subtrees, largest first, are all that need be kept."""

    def __init__(self) -> None:
        self.size = 0
        self.full: list[bytes] = []

    def append(self, hashed: bytes) -> list[bytes]:
        """Add a leaf's hash. Returns the roots of the subtrees that it completed: of 1, 2, 4, ... leaves."""
        completed = [hashed]
        size = self.size
        while size & 1:
            hashed = hashlib.sha256(b"\1" + self.full.pop() + hashed).digest()
            completed.append(hashed)
            size >>= 1
        self.full.append(hashed)
        self.size += 1
        return completed

    def root(self) -> bytes:
        """The root of the tree as it is now."""
        if not self.full:
            return hashlib.sha256().digest()
        root = self.full[-1]
        for left in reversed(self.full[:-1]):
            root = hashlib.sha256(b"\1" + left + root).digest()
        return root


def edge_of(hashes: list[bytes]) -> list[bytes]:
    """The roots of the full subtrees over a row of hashes, largest first: as `Frontier.full`, for a whole row at once."""
    full = []
    while hashes:
        width = 1 << (len(hashes).bit_length() - 1)
        row, hashes = hashes[:width], hashes[width:]
        while len(row) > 1:
            row = [_sha256(b"\1" + left + right).digest() for left, right in zip(row[::2], row[1::2], strict=True)]
        full += row
    return full


class Reading:
    """The one pass over all entries: their hashes against the tiles, the tree over them, their keys, and the replay.

    It raises nothing by itself. What is wrong is kept until its step is reached, and after that nothing more is read.
    """

    def __init__(
        self, log: Bundle, sizes: Iterable[int], replay: "Replay | None" = None, progress: "Progress | None" = None
    ) -> None:
        self.keys: list[tuple[int, bytes]] = []
        self.roots: dict[int, bytes] = {}
        self._tiles_wrong: Wrong | None = None
        self._rules_wrong: Wrong | None = None
        self._replay = replay
        self._above: list[list[bytes]] = [[] for _ in range(8)]
        try:
            self._read(log, sorted({size for size in sizes if size <= log.size} | {log.size}), progress)
            self._check_upper_tiles(log)
        except Wrong as wrong:
            self._tiles_wrong = wrong
        if replay is not None and self._rules_wrong is None:
            self._rules_wrong = replay.used_twice()

    def tell_tiles(self) -> None:
        """Raise what is wrong with the tiles, if anything is."""
        if self._tiles_wrong is not None:
            raise self._tiles_wrong

    def tell_rules(self) -> None:
        """Raise the first entry's fault, if there is one."""
        if self._rules_wrong is not None:
            raise self._rules_wrong

    def _read(self, log: Bundle, sizes: list[int], progress: "Progress | None") -> None:
        tree = Frontier()  # of the roots of full tiles
        for number in range(-(-log.size // TILE)):
            first = number * TILE
            content, leaves, hashes = _tile_of_entries(log, number)
            while sizes and sizes[0] <= first + len(hashes):
                size = sizes.pop(0)
                self.roots[size] = _folded([*tree.full, *edge_of(hashes[: size - first])])
            if len(hashes) == TILE:
                completed = tree.append(edge_of(hashes)[0])
                for level in range(1, (len(completed) - 1) // 8 + 2):
                    self._above[level].append(completed[8 * (level - 1)])
            if b'"kind":"key"' in content:
                self._collect_keys(leaves, first)
            if self._replay is not None and self._rules_wrong is None:
                self._rules_wrong = self._replay.read(leaves, first)
            if progress is not None:
                progress(first + len(leaves), log.size)

    def _collect_keys(self, leaves: list[bytes], first: int) -> None:
        self.keys += [(seq, leaf) for seq, leaf in enumerate(leaves, first) if b'"kind":"key"' in leaf]
        if len(self.keys) > MAX_KEYS:
            raise Wrong("keys_many", seq=self.keys[MAX_KEYS][0])

    def _check_upper_tiles(self, log: Bundle) -> None:
        for level, hashes in enumerate(self._above):
            for number in range(-(-len(hashes) // TILE)):
                computed = hashes[number * TILE : (number + 1) * TILE]
                differs = _first_difference(b"".join(computed), log.tile(level, number))
                if differs is not None:
                    first = (number * TILE + differs) << (8 * level)
                    raise Wrong("tile_altered", tile=tile_name(str(level), number, len(computed)), seq=first)


def _folded(full: list[bytes]) -> bytes:
    """The root over full subtrees, largest first."""
    root = full[-1] if full else _sha256().digest()
    for left in reversed(full[:-1]):
        root = _sha256(b"\1" + left + root).digest()
    return root


def _tile_of_entries(log: Bundle, number: int) -> tuple[bytes, list[bytes], list[bytes]]:
    """An entry bundle, its leaves, and their hashes, after comparing these with the tile of level 0."""
    first = number * TILE
    name, content, width = log.entry_tile(number)
    try:
        tile = log.tile(0, number)
    except Wrong:
        # A tile that is not full is made from the entries, and is short if one of them is missing.
        if (missing := _gap(content, first, width)) is not None:
            raise Wrong("entry_missing", tile=name, seq=missing) from None
        raise
    try:
        leaves = split_entries(name, content, width, first=first)
    except Wrong as wrong:
        # Whatever comes before the cut may be wrong already; the hashes tell.
        hashes = [leaf_hash(leaf) for leaf in _readable(content, wrong.facts["seq"] - first)]
        differs = _first_difference(b"".join(hashes), tile[: 32 * len(hashes)])
        raise Wrong("entries_form", tile=name, seq=first + (len(hashes) if differs is None else differs)) from None
    hashes = [_sha256(b"\0" + leaf).digest() for leaf in leaves]
    if len(leaves) != width or b"".join(hashes) != tile:
        raise _blame(log, name, number, hashes)
    return content, leaves, hashes


def _gap(content: bytes, first: int, width: int) -> int | None:
    """The first entry that is missing from an entry bundle, by the numbers that entries have; None if none or nobody can say."""
    try:
        leaves = split_entries("", content, width, first=first)
    except Wrong:
        return None
    others = (seq for seq, leaf in enumerate(leaves, first) if (_own_number(leaf) or seq) > seq)
    return next(others, first + len(leaves)) if len(leaves) < width else None


def _own_number(leaf: bytes) -> int | None:
    """What an entry calls itself, before it is read in full."""
    shown = re.search(rb'"seq":([0-9]{1,16}),"v":1}$', leaf)
    return int(shown[1]) if shown else None


def _readable(content: bytes, count: int) -> list[bytes]:
    leaves: list[bytes] = []
    position = 0
    for _ in range(min(count, TILE)):
        length = content[position] << 8 | content[position + 1]
        leaves.append(content[position + 2 : position + 2 + length])
        position += 2 + length
    return leaves


def _first_difference(hashes: bytes, others: bytes) -> int | None:
    """The index of the first hash that is not the same in both, or None."""
    if hashes == others:
        return None
    for index in range(min(len(hashes), len(others)) // 32):
        if hashes[32 * index : 32 * index + 32] != others[32 * index : 32 * index + 32]:
            return index
    return min(len(hashes), len(others)) // 32


def _blame(log: Bundle, name: str, number: int, found: list[bytes]) -> Wrong:
    """Entries and their hashes differ. Which of the two was signed, the checkpoint tells."""
    first = number * TILE
    width = min(TILE, log.size - first)
    differs = _first_difference(b"".join(found), log.tile(0, number))
    at = min(len(found), width) if differs is None else differs
    facts = {"tile": name, "seq": first + at}
    if _root_of(log.tile_hashes()) == log.newest.root:
        return _misplaced(log, number, found, at, facts)
    if len(found) != width:
        return Wrong("entries_count", shown=len(found), count=width, **facts)
    signed = _root_of(map(leaf_hash, log.leaves())) == log.newest.root
    facts["tile"] = tile_name("0", number, width)
    return Wrong("tile_altered" if signed else "tile_differs", **facts)


def _misplaced(log: Bundle, number: int, found: list[bytes], at: int, facts: dict[str, Any]) -> Wrong:
    """The tiles are those signed, and from `at` on the entries are not. An entry whose hash stands elsewhere was moved."""
    first = number * TILE
    hashes = log.tile(0, number)
    if first + TILE < log.size:
        hashes += log.tile(0, number + 1)  # what was taken out at a tile's end shows in the next
    signed = [hashes[place : place + 32] for place in range(0, len(hashes), 32)]
    if at == len(found):  # cut short, but whole until then
        return Wrong("entry_removed", last=min(log.size, first + TILE) - 1, **facts)
    if at >= len(signed):
        return Wrong("entry_inserted", **facts)
    here = found[at]
    later = signed.index(here, at) if here in signed[at:] else None
    if later is not None and later < len(found) and found[later] == signed[at]:
        return Wrong("entries_swapped", other=first + later, **facts)
    if later is not None:
        return Wrong("entry_removed", last=first + later - 1, **facts)
    if signed[at] in found[at + 1 :]:
        return Wrong("entry_inserted", **facts)
    return Wrong("entry_altered", **facts)


def _root_of(hashes: Iterable[bytes]) -> bytes | None:
    """The root of these leaves' hashes, or None where some cannot be read."""
    tree = Frontier()
    try:
        for hashed in hashes:
            tree.append(hashed)
    except Wrong:
        return None
    return tree.root()


def _check_root(log: Bundle, reading: Reading) -> None:
    root = reading.roots[log.size]
    if root != log.newest.root:
        raise Wrong("root", root=root.hex(), shown=log.newest.root.hex(), **_misnumbered(log))


def _misnumbered(log: Bundle) -> dict[str, Any]:
    """Entries and tiles were made anew, and differ from what was signed. Where an entry has another's number, it shows."""
    for seq, leaf in enumerate(log.leaves()):
        shown = _own_number(leaf)
        if shown is not None and shown != seq:
            return {"seq": seq, "place": _filled(REMARKS["misnumbered"], seq=seq, shown=shown)}
    return {"place": NOTHING}


# ---------------------------------------------------------------------------------------------------------------------
# evidence: older checkpoints and older bundles
# ---------------------------------------------------------------------------------------------------------------------


def _older_bundle(opened: ExitStack, source: Source) -> Bundle:
    """An older bundle counts only if its own entries carry its own signed root."""
    try:
        old = opened.enter_context(Bundle(source))
        reading = Reading(old, ())
        _check_newest(old, KeyRing(old.first_key, reading.keys), reading)
        reading.tell_tiles()
        _check_root(old, reading)
    except Wrong as wrong:
        if wrong.code in ("no_file", "not_zip"):
            raise
        label = str(source) if isinstance(source, str | Path) else "bundle"
        raise Wrong("older_broken", file=label, why=_why(wrong)) from None
    return old


class Judge:
    """Weighs what others kept of the log against the log."""

    def __init__(self, log: Bundle, keys: KeyRing, policy: "Policy | None") -> None:
        self._log = log
        self._keys = keys
        self._policy = policy

    def compare(
        self,
        roots: dict[int, bytes],
        *,
        inside: list[Evidence],
        outside: list[Evidence],
        older_logs: list[Bundle],
    ) -> None:
        """Older checkpoints must be of this log, at their size its root, and signed with its key of that time."""
        for evidence in [*inside, *outside]:
            if evidence.checkpoint.origin != self._log.origin:
                name = evidence.checkpoint.origin
                raise Wrong("checkpoint_origin", file=evidence.label, name=name, origin=self._log.origin)
        self._compare_older_bundles(older_logs)
        contradicted: list[Evidence] = []
        agreeing = 0
        for evidence in sorted([*outside, *inside], key=lambda each: (each.checkpoint.size, each.from_bundle)):
            if roots.get(evidence.checkpoint.size) != evidence.checkpoint.root:
                contradicted.append(evidence)
            elif not contradicted:
                # A checkpoint in the bundle agrees with the bundle whoever made it: it narrows nothing down.
                if not evidence.from_bundle:
                    agreeing = evidence.checkpoint.size
                if evidence.checkpoint.signatures:
                    self._keys.check(evidence.checkpoint, evidence.label)
        if contradicted:
            raise self._contradiction(contradicted, agreeing)

    def witnessed(self, evidence: list[Evidence]) -> dict[str, Any]:
        """The greatest checkpoint that the policy's quorum cosigned. All that stands in it was seen by these witnesses.

        It may be one before the newest, whose cosignatures come some minutes after it; at least one there must be.
        """
        policy, log = self._policy, self._log
        assert policy is not None
        if policy.logs and not any(key in policy.logs for key in ((log.origin, log.first_key), self._newest_key())):
            raise Wrong("policy_log", origin=log.origin)
        newest = Evidence("checkpoint", log.newest)
        most: dict[str, int] = {}
        for each in sorted([newest, *evidence], key=lambda each: -each.checkpoint.size):
            found = policy.cosigners(each.checkpoint, each.label)
            if policy.met(found):
                size = each.checkpoint.size
                return {"size": size, "by": _printable(found), "newest": size == log.size}
            most = max(most, found, key=len)
        raise Wrong("quorum", quorum=policy.quorum, names=", ".join(most) or "-", count=len(most))

    def _newest_key(self) -> tuple[str, bytes | None]:
        return self._log.origin, self._keys.at(self._log.size)

    def _contradiction(self, contradicted: list[Evidence], agreeing: int) -> Wrong:
        """What the first of them shows, and how closely all of them together tell where the logs part."""
        first, size = contradicted[0], self._log.size
        facts = {"file": first.label, "signed": self._worth(first.checkpoint), "others": _others(contradicted[1:])}
        # A receipt shows an entry: where that is another one, the logs part there or before.
        known = [
            index + 1
            for index, hashed in (each.entry for each in contradicted if each.entry)
            if index < size and leaf_hash(self._log.leaf(index)) != hashed
        ]
        if first.checkpoint.size > size and not known:
            place = REMARKS["same_so_far"] if first.from_older_bundle else NOTHING
            return Wrong("removed", older=first.checkpoint.size, size=size, place=place, **facts)
        return Wrong(
            "rewritten", size=first.checkpoint.size, **_bracket(agreeing, min([first.checkpoint.size, *known])), **facts
        )

    def _compare_older_bundles(self, older_logs: list[Bundle]) -> None:
        """An older bundle shows more than its root: which entry is the first that is not the same."""
        found = [(first, old) for old in older_logs if (first := _first_other_entry(self._log, old)) is not None]
        if found:
            first, old = min(found, key=lambda each: each[0])
            facts = {"file": old.label, "size": old.size, "signed": self._worth(old.newest), "others": NOTHING}
            raise Wrong("rewritten", **_bracket(first, first + 1), **facts)

    def _worth(self, checkpoint: Checkpoint) -> Words:
        """Who signed a checkpoint that contradicts the log: so much does it weigh."""
        if not checkpoint.signatures:
            return REMARKS["signed_no"]
        try:
            self._keys.check(checkpoint, "")
            signed = REMARKS["signed_yes"]
        except Wrong:
            signed = REMARKS["signed_bad"]
        try:
            witnesses = {} if self._policy is None else self._policy.cosigners(checkpoint, "")
        except Wrong:
            witnesses = {}
        if not witnesses:
            return signed
        seen = _filled(REMARKS["signed_witnesses"], names=str(_shown(", ".join(witnesses), "en")))
        return Words(signed.zh + seen.zh, signed.en + seen.en)


def _printable(cosigners: dict[str, int]) -> dict[str, int]:
    """Names in a policy may be any bytes."""
    return {str(_shown(name, "en")): time for name, time in cosigners.items()}


def _others(contradicted: list[Evidence]) -> Words:
    if not contradicted:
        return NOTHING
    names = str(_shown(", ".join(each.label for each in contradicted[:5]), "en"))
    return _filled(REMARKS["others"], count=len(contradicted), names=names)


def _bracket(low: int, high: int) -> dict[str, Any]:
    """Where the first difference lies, if the first `low` entries are the same and the first `high` are not."""
    if high - low == 1:
        return {"seq": low, "low": low, "high": low, "place": _filled(REMARKS["first_exact"], low=low)}
    return {"low": low, "high": high - 1, "place": _filled(REMARKS["first_between"], low=low, high=high - 1)}


def _first_other_entry(log: Bundle, old: Bundle) -> int | None:
    """The first entry of an older bundle that this log has otherwise. The tiles of both are checked already."""
    shared = min(log.size, old.size)
    for number in range(-(-shared // TILE)):
        count = min(TILE, shared - number * TILE)
        differs = _first_difference(log.tile(0, number)[: 32 * count], old.tile(0, number)[: 32 * count])
        if differs is not None:
            return number * TILE + differs
    return None


def _filled(words: Words, **facts: object) -> Words:
    return Words(words.zh.format(**facts), words.en.format(**facts))


# ---------------------------------------------------------------------------------------------------------------------
# cosignatures: a C2SP tlog-policy, and what its witnesses signed
# ---------------------------------------------------------------------------------------------------------------------


class Policy:
    """Whose word counts for the reader: the logs and witnesses by their keys, and how many of them are needed."""

    def __init__(self) -> None:
        self.logs: list[tuple[str, bytes]] = []
        self.quorum = ""
        self._witnesses: dict[str, tuple[str, int, bytes]] = {}
        self._groups: dict[str, tuple[int, list[str]]] = {}
        self._members: set[str] = set()

    def take(self, words: list[str]) -> None:
        """One line of the policy, or ValueError."""
        match words:
            case ["log", vkey] | ["log", vkey, _]:
                name, kind, key = _any_vkey(vkey)
                if kind == WITNESS_KEY or any(key == other for _, other in self.logs):
                    raise ValueError
                self.logs.append((name, key))
            case ["witness", name, vkey] | ["witness", name, vkey, _]:
                self._new(name)
                witness = _any_vkey(vkey)
                if witness[1] == LOG_KEY or any(witness[2] == other[2] for other in self._witnesses.values()):
                    raise ValueError
                self._witnesses[name] = witness
            case ["group", name, needed, *members] if members:
                self._new(name)
                for member in members:
                    if not self._is_known(member) or member in self._members:
                        raise ValueError
                    self._members.add(member)
                self._groups[name] = self._needed(needed, len(members)), members
            case ["quorum", name] if not self.quorum and (name == "none" or self._is_known(name)):
                self.quorum = name
            case []:
                pass
            case _:
                raise ValueError

    def cosigners(self, checkpoint: Checkpoint, file: str) -> dict[str, int]:
        """The witnesses that cosigned a checkpoint, by their names here, and when (seconds since 1970)."""
        found: dict[str, int] = {}
        for name, identity, signature in checkpoint.signatures:
            for witness, (key_name, kind, key) in self._witnesses.items():
                if kind == WITNESS_KEY and key_name == name and key_id(name, key, kind) == identity:
                    time = int.from_bytes(signature[:8], "big")
                    message = f"cosignature/v1\ntime {time}\n{checkpoint.text}".encode()
                    if time >= 2**63 or not ed25519_verify(key, message, signature[8:]):
                        raise Wrong("cosignature_wrong", file=file, name=witness)
                    found[witness] = max(time, found.get(witness, 0))
        return found

    def met(self, cosigners: Iterable[str]) -> bool:
        """Whether these witnesses are enough."""
        agreed = {"none", *cosigners}
        for name, (needed, members) in self._groups.items():  # a group names only groups before it
            if sum(member in agreed for member in members) >= needed:
                agreed.add(name)
        return self.quorum in agreed

    def _is_known(self, name: str) -> bool:
        return name in self._witnesses or name in self._groups

    def _new(self, name: str) -> None:
        if name == "none" or self._is_known(name):
            raise ValueError

    @staticmethod
    def _needed(text: str, members: int) -> int:
        needed = {"all": members, "any": 1}.get(text) or int(text if re.fullmatch(r"[1-9][0-9]{0,5}", text) else "0")
        if not 1 <= needed <= members:
            raise ValueError
        return needed


def read_policy(file: str | Path) -> Policy:
    """A policy file. Names are whatever bytes they are; line ends of Windows and a mark at the beginning are let pass."""
    content = _file_content(Path(file), str(file)).removeprefix(BOM).replace(b"\r\n", b"\n")
    policy = Policy()
    lines = content.decode("utf-8", "surrogateescape").split("\n")
    if len(lines) > MAX_POLICY_LINES or len(content) > MAX_NOTE_BYTES:
        raise Wrong("policy_form", file=str(file), line=min(len(lines), MAX_POLICY_LINES))
    for number, line in enumerate(lines, 1):
        try:
            policy.take(_policy_words(line))
        except ValueError:
            raise Wrong("policy_form", file=str(file), line=number) from None
    if not policy.quorum:
        raise Wrong("policy_form", file=str(file), line=len(lines))
    return policy


def _policy_words(line: str) -> list[str]:
    """What stands on a line between blanks and tabs; nothing where it is empty or a comment."""
    if re.search(r"[\x00-\x08\x0a-\x1f\x7f]", line):
        raise ValueError
    words = re.split(r"[ \t]+", line.strip(" \t"))
    return [] if words == [""] or words[0].startswith("#") else words


# ---------------------------------------------------------------------------------------------------------------------
# receipts: that one entry is in the log
# ---------------------------------------------------------------------------------------------------------------------

RECEIPT = "c2sp.org/tlog-proof@v1"


@dataclass(frozen=True, slots=True)
class Receipt:
    """An entry, the hashes that lead from it to a root, and the checkpoint that signs this root."""

    label: str
    seq: int
    leaf: bytes
    path: list[bytes]
    checkpoint: Checkpoint
    salt: str | None
    detail: str | None

    def check_inclusion(self) -> None:
        """Refuse a receipt whose entry does not lead to the root that it shows."""
        hashed, index, last = leaf_hash(self.leaf), self.seq, self.checkpoint.size - 1
        fits = index <= last
        for beside in self.path:
            fits = fits and last > 0
            if index & 1 or index == last:
                hashed = _sha256(b"\1" + beside + hashed).digest()
                while index and not index & 1:
                    index, last = index >> 1, last >> 1
            else:
                hashed = _sha256(b"\1" + hashed + beside).digest()
            index, last = index >> 1, last >> 1
        if not fits or last or hashed != self.checkpoint.root:
            raise Wrong("receipt_proof", file=self.label, seq=self.seq)


def read_receipt(content: bytes, file: str) -> Receipt:
    """A C2SP tlog-proof with our extra line. Line ends of Windows, a lost last one and a mark at the beginning are let pass."""
    try:
        if len(content) > MAX_RECEIPT_BYTES:
            raise Wrong("file_large", file=file)
        return _receipt(content.removeprefix(BOM).decode("utf-8").replace("\r\n", "\n").rstrip("\n") + "\n", file)
    except ValueError:
        raise Wrong("receipt_form", file=file) from None


def _receipt(text: str, file: str) -> Receipt:
    head, _, note = text.partition("\n\n")
    form = re.fullmatch(
        rf"{re.escape(RECEIPT)}\nextra (\S+)\nindex (0|[1-9][0-9]{{0,15}})((?:\n\S{{44}}){{0,{MAX_PATH}}})", head
    )
    if form is None:
        raise ValueError
    path = [base64_bytes(line) for line in form[3].split()]
    shown = strict_json(base64_bytes(form[1]).decode("utf-8"))
    types = RECEIPT_SHOWS
    if any(len(each) != 32 for each in path) or type(shown) is not dict:
        raise ValueError
    if shown.keys() not in ({"leaf"}, types.keys()) or not all(types[name](shown[name]) for name in shown):
        raise ValueError
    leaf = shown["leaf"].encode("utf-8")
    return Receipt(file, int(form[2]), leaf, path, _signed_note(note), shown.get("salt"), shown.get("detail"))


def verify_receipt(
    receipt: str | Path,
    *,
    checkpoints: Sequence[str | Path] = (),
    vkey: str | Sequence[str] | None = None,
    policy: str | Path | None = None,
) -> Report:
    """Say whether a receipt proves its entry. Needs the log's key, as `vkey` or as a log of the policy."""
    report = Report("receipt")
    try:
        _climb_receipt(report, receipt, checkpoints=checkpoints, vkey=vkey, policy=policy)
    except Wrong as wrong:
        report.findings.append(Finding(report.step, wrong.code, wrong.facts))
    else:
        report.passed.append(report.step)
    return report


def _climb_receipt(
    report: Report,
    file: str | Path,
    *,
    checkpoints: Sequence[str | Path],
    vkey: str | Sequence[str] | None,
    policy: str | Path | None,
) -> None:
    trusted = Policy() if policy is None else read_policy(policy)
    keys = [*_key_arguments(vkey), *trusted.logs]
    if not keys:
        raise Wrong("vkey_needed")
    outside = _outside(checkpoints, report)
    receipt = read_receipt(_file_content(Path(file), str(file), MAX_RECEIPT_BYTES), str(file))
    checkpoint = receipt.checkpoint
    entry = read_leaf(receipt.leaf, receipt.seq)
    of_this_log = [key for name, key in keys if name == checkpoint.origin]
    if not of_this_log:
        raise Wrong("checkpoint_origin", file=receipt.label, name=checkpoint.origin, origin=keys[0][0])

    report.climb("signature")
    signed = [signed_by(checkpoint, key, receipt.label) for key in of_this_log]
    if not any(signed):
        raise Wrong("receipt_key", size=checkpoint.size)

    report.climb("inclusion")
    receipt.check_inclusion()

    if outside:
        report.climb("evidence")
    compared = _compare_receipt(receipt, outside)
    witnessed = None
    if policy is not None:
        report.climb("cosignatures")
        found = trusted.cosigners(checkpoint, receipt.label)
        if not trusted.met(found):
            raise Wrong("quorum", quorum=trusted.quorum, names=", ".join(found) or "-", count=len(found))
        witnessed = {"size": checkpoint.size, "by": _printable(found), "newest": True}

    detail = None
    if receipt.salt is not None and receipt.detail is not None:
        report.climb("details")
        detail = _receipt_detail(entry, receipt.salt, receipt.detail)
    report.checked |= {
        "receipt": entry,
        "detail": detail,
        "origin": checkpoint.origin,
        "size": checkpoint.size,
        "cosignatures": len(checkpoint.signatures) - 1,
        "witnessed": witnessed,
        "outside": len(outside),
        "compared": compared,
    }


def _compare_receipt(receipt: Receipt, outside: list[Evidence]) -> int:
    """Whether anything kept contradicts the receipt. Returns how many could be compared: those of its size or its entry."""
    compared = 0
    for evidence in outside:
        other, entry = evidence.checkpoint, evidence.entry
        if other.origin != receipt.checkpoint.origin:
            raise Wrong("checkpoint_origin", file=evidence.label, name=other.origin, origin=receipt.checkpoint.origin)
        same_size = other.size == receipt.checkpoint.size
        same_entry = entry is not None and entry[0] == receipt.seq
        if (same_size and other.root != receipt.checkpoint.root) or (
            same_entry and entry is not None and entry[1] != leaf_hash(receipt.leaf)
        ):
            raise Wrong("receipt_contradicted", file=evidence.label, seq=receipt.seq, size=other.size)
        compared += same_size or same_entry
    return compared


def _receipt_detail(entry: dict[str, Any], salt: str, text: str) -> Any:
    if hashlib.sha256(b"\2" + bytes.fromhex(salt) + text.encode()).hexdigest() != entry.get("ref"):
        raise Wrong("ref", seq=entry["seq"])
    try:
        return strict_json(text)
    except ValueError:
        raise Wrong("detail_json", seq=entry["seq"]) from None


# ---------------------------------------------------------------------------------------------------------------------
# rules, first part: the form of an entry
# ---------------------------------------------------------------------------------------------------------------------


def _whole(low: int, high: int = MAX) -> Callable[[Any], bool]:
    return lambda value: type(value) is int and low <= value <= high


def _text(pattern: str) -> Callable[[Any], bool]:
    matches = re.compile(pattern).fullmatch
    return lambda value: type(value) is str and matches(value) is not None


def _ascending(most: int, item: Callable[[Any], bool]) -> Callable[[Any], bool]:
    def check(value: Any) -> bool:
        return (
            type(value) is list
            and 1 <= len(value) <= most
            and all(map(item, value))
            and all(a < b for a, b in pairwise(value))
        )

    return check


def _legs(value: Any) -> bool:
    if type(value) is not list or not 2 <= len(value) <= 1000:
        return False
    before = 0
    for leg in value:
        if type(leg) is not list or len(leg) != 2:
            return False
        account, amount = leg
        if type(account) is not int or type(amount) is not int:
            return False
        if not before < account <= MAX or not -MAX <= amount <= MAX or amount == 0:
            return False
        before = account
    return True


@functools.lru_cache(maxsize=4096)
def _day_number(day: str) -> int | None:
    """Days since 1970 of a real date from 1900 to 9999, or None."""
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", day) or day < "1900":
        return None
    try:
        return date.fromisoformat(day).toordinal() - EPOCH
    except ValueError:
        return None


WORD = r"[a-z][a-z_]{0,31}"
TYPES: dict[str, Callable[[Any], bool]] = {
    "one": _whole(1, 1),
    "seq": _whole(0),
    "ms": _whole(0),
    "account": _whole(1),
    "positive": _whole(1),
    "natural": _whole(0),
    "integer": _whole(-MAX),
    "day": lambda value: type(value) is str and _day_number(value) is not None,
    "hex64": _text(r"[0-9a-f]{64}"),
    "id": _text(r"[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}"),
    "unit": lambda value: type(value) is str and value in UNITS,
    "word": _text(WORD),
    "words": _ascending(32, _text(WORD)),
    "text": _text(r"[ !#-\[\]-~]{1,200}"),
    "legs": _legs,
    "officers": _ascending(10, _whole(1)),
    "accounts": _ascending(1000, _whole(1)),
    "zone": _text(r"[+-](0[0-9]|1[0-4]):(00|15|30|45)"),
}

KINDS = {
    "rule": "two_from_min:positive two_from_pt:positive zone:zone cites?:seq",
    "key": "key:hex64 from:seq",
    "open": "account:account unit:unit class:word owner?:account ceiling?:natural ends?:ms to?:words",
    "limit": "account:account floor?:integer ceiling?:natural quota?:natural cites:seq approvers:officers",
    "post": "legs:legs on:day ref:hex64 cites?:seq",
    "hold": "legs:legs until?:ms ref:hex64",
    "capture": "hold:seq legs:legs on:day ref:hex64",
    "release": "hold:seq",
    "expire": "hold:seq",
    "reverse": "of:seq on:day reason:word approvers:officers ref:hex64",
    "close": "account:account",
    "note": "topic:word subject:text digest:hex64",
    "erase": "accounts:accounts",
}
RESERVED = frozenset({"clear_hold", "clear_post", "clear_decline", "clear_capture", "clear_release"})


def _shape(fields: str) -> tuple[dict[str, Callable[[Any], bool]], frozenset[str]]:
    """What each field of a kind must be, and which must be there."""
    pairs = [pair.split(":") for pair in f"at:ms id:id kind:word seq:seq v:one {fields}".split()]
    checks = {name.removesuffix("?"): TYPES[type_] for name, type_ in pairs}
    return checks, frozenset(name for name, _ in pairs if not name.endswith("?"))


SHAPES = {kind: _shape(fields) for kind, fields in KINDS.items()}
DESCRIPTION: dict[str, Callable[[Any], bool]] = {
    "v": TYPES["one"],
    "origin": lambda value: type(value) is str and ORIGIN.fullmatch(value) is not None,
    "size": _whole(2),
    "root": TYPES["hex64"],
    "made_at": TYPES["ms"],
    "details": lambda value: type(value) is bool,
    "period": lambda value: (
        type(value) is list and len(value) == 2 and all(map(_whole(0), value)) and value[0] <= value[1]
    ),
}
RECEIPT_SHOWS: dict[str, Callable[[Any], bool]] = {
    "leaf": lambda value: type(value) is str,
    "salt": TYPES["hex64"],
    "detail": lambda value: type(value) is str,
}
_decode = json.JSONDecoder().decode
_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode


def read_leaf(leaf: bytes, seq: int) -> dict[str, Any]:
    """The fields of an entry of exactly the form required, or Wrong.

    The JSON reader is lenient, and that does no harm: whatever it let pass (fractions, NaN, true for 1, double keys, white
    space, escapes, -0) is either not of its field's type or is not written back as the same bytes.
    """
    try:
        text = leaf.decode("ascii")
        entry = _decode(text)
    except UnicodeDecodeError:
        raise Wrong("leaf_ascii", seq=seq) from None
    except (ValueError, RecursionError):
        raise Wrong("leaf_json", seq=seq) from None
    if type(entry) is not dict:
        raise Wrong("leaf_json", seq=seq)
    _check_fields(entry, text, seq)
    if _encode(entry) != text:
        raise Wrong("leaf_canonical", seq=seq)
    if entry["seq"] != seq:
        raise Wrong("leaf_seq", seq=seq, shown=entry["seq"])
    return entry


def _check_fields(entry: dict[str, Any], text: str, seq: int) -> None:
    kind = entry.get("kind")
    shape = SHAPES.get(kind) if type(kind) is str else None
    if shape is None:
        code = "leaf_reserved" if type(kind) is str and kind in RESERVED else "leaf_kind"
        raise Wrong(code, seq=seq, kind=str(kind))
    checks, required = shape
    for name, value in entry.items():
        check = checks.get(name)
        if check is None:
            raise Wrong("leaf_field", seq=seq, field=name)
        if not check(value):
            raise Wrong("leaf_type", seq=seq, field=name)
    if not required <= entry.keys():
        raise Wrong("leaf_missing", seq=seq, field=min(required - entry.keys()))
    if twice := _double_key(text, len(entry)):
        raise Wrong("leaf_duplicate", seq=seq, field=twice)
    if "legs" in entry and (difference := sum([amount for _, amount in entry["legs"]])):
        raise Wrong("leaf_sum", seq=seq, sum=difference)


def _double_key(text: str, fields: int) -> str | None:
    """A key that the object has twice. Strings hold neither quotes nor colons with quotes before them, so counting will do."""
    if text.count('":') == fields:
        return None
    names = re.findall(r'"([^"]*)":', text)
    return next((name for name in names if names.count(name) > 1), None)


# ---------------------------------------------------------------------------------------------------------------------
# rules, second part: the ledger replayed
# ---------------------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Account:
    """An account as the entries so far have left it. `owner` is always a number: its own where it has no other."""

    number: int
    unit: str
    class_: str
    owner: int
    ceiling: int | None
    ends: int | None
    to: frozenset[str] | None
    opened_at: int
    issuing: bool  # whether minutes or points come into being here
    floor: int = 0
    quota: int = 0
    issued: int = 0
    balance: int = 0
    held: int = 0
    closed: int | None = None
    # The same for the trial balance: balance before its period, credits and debits in it.
    opening: int = 0
    added: int = 0
    taken: int = 0

    @property
    def turn(self) -> tuple[bool, int, bool, int]:
        """Its place in the spending order of its owner."""
        return (self.ends is None, self.ends or 0, self.to is None, self.number)

    def ended(self, at: int) -> bool:
        """Whether its last day is over."""
        return self.ends is not None and self.ends <= at


class Shelf:
    """Lists by number, on disk but for the newest: a log may hold more notes and holds than memory does."""

    def __init__(self, disk: sqlite3.Connection, name: str) -> None:
        self._disk = disk
        self._name = name
        self._fresh: dict[int, str] = {}
        self._weight = 0
        disk.execute(f"CREATE TABLE {name} (number INTEGER PRIMARY KEY, content TEXT)")

    def __contains__(self, number: int) -> bool:
        return self.get(number) is not None

    def get(self, number: int) -> list[Any] | None:
        """The list put under this number last."""
        content = self._fresh.get(number)
        if content is None:
            row = self._disk.execute(f"SELECT content FROM {self._name} WHERE number = ?", (number,)).fetchone()
            if row is None:
                return None
            content = row[0]
        found: list[Any] = json.loads(content)
        return found

    def put(self, number: int, content: list[Any]) -> None:
        """Keep a list under a number, in place of the one before."""
        written = self._fresh[number] = json.dumps(content)
        self._weight += len(written) + 100
        if self._weight > FRESH_BYTES:
            self._flush()

    def items(self) -> Iterator[tuple[int, list[Any]]]:
        """All of them, by number."""
        self._flush()
        for number, content in self._disk.execute(f"SELECT number, content FROM {self._name} ORDER BY number"):
            yield number, json.loads(content)

    def _flush(self) -> None:
        self._disk.executemany(f"INSERT OR REPLACE INTO {self._name} VALUES (?, ?)", sorted(self._fresh.items()))
        self._fresh.clear()
        self._weight = 0


class UsedIds:
    """The request keys seen so far: the newest in memory, those before in blocks on disk, each with its least and greatest.

    Keys begin with their time, so a block seldom overlaps another and is then not looked at. They are compared a block at a
    time, so a second use is told later than it is read.
    """

    def __init__(self, disk: sqlite3.Connection) -> None:
        self._disk = disk
        self._fresh: dict[bytes, int] = {}
        self._twice: tuple[int, bytes] | None = None
        disk.execute("CREATE TABLE ids (least BLOB, greatest BLOB, keys BLOB)")

    def add(self, key: bytes, seq: int) -> None:
        """Note a key of 28 hex digits as used by this entry."""
        if self._fresh.setdefault(key, seq) != seq:
            self._twice = min(self._twice or (seq, key), (seq, key))
        elif len(self._fresh) >= FRESH_IDS:
            self._flush()

    def used_twice(self) -> tuple[int, bytes] | None:
        """The first entry that used a key again, and the key."""
        if self._fresh:
            self._flush()
        return self._twice

    def any_twice(self) -> bool:
        """Whether a second use was found already."""
        return self._twice is not None

    def _flush(self) -> None:
        fresh = self._fresh
        least, greatest = min(fresh), max(fresh)
        overlapping = "SELECT keys FROM ids WHERE least <= ? AND greatest >= ?"
        for (packed,) in self._disk.execute(overlapping, (greatest, least)):
            keys = binascii.hexlify(packed)
            for key in fresh.keys() & {keys[place : place + 28] for place in range(0, len(keys), 28)}:
                self._twice = min(self._twice or (fresh[key], key), (fresh[key], key))
        self._disk.execute("INSERT INTO ids VALUES (?, ?, ?)", (least, greatest, binascii.unhexlify(b"".join(fresh))))
        fresh.clear()


Legs = list[tuple[Account, int]]

# The exact bytes of a post of two legs that cites nothing: nearly all of a log. One amount is the other with a minus.
PLAIN_POST = re.compile(
    rb'\{"at":([1-9][0-9]{0,15}),"id":"([0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{11})([0-9a-f]{4})","kind":"post",'
    rb'"legs":\[\[([1-9][0-9]{0,15}),(-)?(?P<amount>[1-9][0-9]{0,15})\],\[([1-9][0-9]{0,15}),(?(5)|-)(?P=amount)\]\],'
    rb'"on":"([0-9]{4}-[0-9]{2}-[0-9]{2})","ref":"[0-9a-f]{64}","seq":([1-9][0-9]{0,15}),"v":1\}'
).fullmatch


class Replay:
    """The ledger, executed again from its entries alone. Each rule broken is refused by the code of the format's page.

    What grows with the log is kept in a temporary file, which vanishes by itself; only accounts stay in memory.
    """

    def __init__(self, log: Bundle) -> None:
        self._log = log
        self._two_from: dict[str, int] = {}
        self._zone_ms = 0
        self._open_by_owner: dict[int, list[Account]] = {}
        self._last_key = b""
        self._last_n = 0
        self._last_on = b""
        self._on_from = MAX + 1
        self._start, self._end = log.period
        self._disk = sqlite3.connect("", isolation_level=None)  # without a name it is a file that no other sees
        for setting in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -32768"):
            self._disk.execute(f"PRAGMA {setting}")
        self._disk.execute("BEGIN")
        self._ids = UsedIds(self._disk)
        self._notes = Shelf(self._disk, "notes")  # topic, subject, digest, whether it was used
        self._reversed = Shelf(self._disk, "reversed")  # the entry that reversed it
        self.holds = Shelf(self._disk, "holds")  # legs, until, the entry that resolved it
        self.hold_count = 0
        self.accounts: dict[int, Account] = {}
        self.erased: set[int] = set()
        self.seq = 0
        self.at = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._disk.close()

    def read(self, leaves: list[bytes], first: int) -> Wrong | None:
        """Carry out these entries, the first of which is entry `first`. Returns what is wrong with the first that is wrong."""
        seq, plain_post = first, self._plain_post
        try:
            for seq, leaf in enumerate(leaves, first):
                if not plain_post(leaf, seq):
                    self.apply(read_leaf(leaf, seq))
        except Wrong as wrong:
            return self.used_twice(before=seq) or wrong
        return self.used_twice() if self._ids.any_twice() else None

    def used_twice(self, before: int = MAX) -> Wrong | None:
        """The first entry, of those before this one, that has an id of one before it."""
        seq, key = self._ids.used_twice() or (MAX, b"")
        return Wrong("id", seq=seq, id=key.decode() + "0000") if seq < before else None

    def _plain_post(self, leaf: bytes, seq: int) -> bool:
        """Book a post of two legs between free accounts if nothing at all speaks against it.

        A short cut for nearly all entries: it only ever says yes. False means that nothing was done and that `apply`, which
        knows every rule and every reason, must judge.
        """
        found = PLAIN_POST(leaf)
        if found is None:
            return False
        at_, key, n_, low, minus, amount_, high, on, shown = found.groups()
        at, amount, low_number, high_number = int(at_), int(amount_), int(low), int(high)
        payer = self.accounts.get(low_number if minus else high_number)
        payee = self.accounts.get(high_number if minus else low_number)
        if on != self._last_on:
            self._last_on, self._on_from = on, self._midnight(on.decode())
        if (
            low_number >= high_number
            or amount > MAX
            or int(shown) != seq
            or seq < 2
            or not self.at <= at <= MAX
            or at < self._on_from
            or payer is None
            or payee is None
            # Both are open and of one unit; the payer's owner has no other account, so that it is not the payee's owner and
            # nothing comes first; the payee has not ended.
            or payer.closed is not None
            or payee.closed is not None
            or payer.unit != payee.unit
            or payer.to is not None
            or payer.ends is not None
            or (payee.ends is not None and payee.ends <= at)
            or payee.issuing
            or len(self._open_by_owner[payer.owner]) > 1
            # The amount is there, or may be issued, and there is room for it.
            or (
                payer.issued + amount > payer.quota
                if payer.issuing
                else payer.balance - payer.held - amount < payer.floor
            )
            or payer.balance - amount < -MAX
            or payee.balance + amount > (MAX if payee.ceiling is None else payee.ceiling)
        ):
            return False
        if n_ == b"0000":
            self._ids.add(key, seq)
            self._last_n = 0
        elif key == self._last_key and int(n_, 16) == self._last_n + 1:
            self._last_n += 1
        else:
            return False
        self._last_key = key
        self.at, self.seq = at, seq
        if payer.issuing:
            payer.issued += amount
        payer.balance -= amount
        payee.balance += amount
        if at < self._start:
            payer.opening -= amount
            payee.opening += amount
        elif at < self._end:
            payer.taken += amount
            payee.added += amount
        return True

    def _midnight(self, day: str) -> int:
        """The moment from which an entry may be dated on this day; never, if there is no such day."""
        number = _day_number(day)
        return MAX + 1 if number is None else number * DAY_MS - self._zone_ms

    def apply(self, entry: dict[str, Any]) -> None:
        """Check an entry against the rules and the state, and carry it out."""
        before, self.seq, self.at = self.at, entry["seq"], entry["at"]
        kind = entry["kind"]
        if self.seq < 2:
            self._check_beginning(entry)
        if self.at < before:
            self._refuse("clock", at=self.at, before=before)
        self._check_id(entry["id"])
        if "on" in entry and self.at < self._midnight(entry["on"]):
            self._refuse("future_day", on=entry["on"])
        VERBS[kind](self, entry)

    def idle_lots(self, now: int) -> list[dict[str, int]]:
        """Accounts that ended a week ago and were never emptied: no error, but somebody should look."""
        return [
            {"account": account.number, "balance": account.balance}
            for account in self.accounts.values()
            if account.closed is None and account.ended(now - 7 * DAY_MS) and account.balance > 0 and not account.held
        ]

    # Every entry

    def _refuse(self, code: str, **facts: Any) -> NoReturn:
        raise Wrong(code, seq=self.seq, **facts)

    def _check_beginning(self, entry: dict[str, Any]) -> None:
        if self.seq == 0 and (entry["kind"] != "rule" or "cites" in entry):
            self._refuse("first_entries")
        if self.seq == 1 and (entry["kind"] != "key" or entry["from"] != 0):
            self._refuse("first_entries")

    def _check_id(self, id_: str) -> None:
        key, n = id_[:28].encode(), int(id_[28:], 16)
        if n == 0:
            self._ids.add(key, self.seq)
        elif key != self._last_key or n != self._last_n + 1:
            self._refuse("id", id=id_)
        self._last_key, self._last_n = key, n

    # Accounts and their limits

    def _rule(self, entry: dict[str, Any]) -> None:
        content = {name: entry[name] for name in ("two_from_min", "two_from_pt", "zone")}
        if self.seq:
            self._use_note(entry, "rule", "rule", content)
        self._two_from = {"min": entry["two_from_min"], "pt": entry["two_from_pt"]}
        zone = entry["zone"]
        minutes = int(zone[1:3]) * 60 + int(zone[4:])
        self._zone_ms = (-minutes if zone[0] == "-" else minutes) * 60_000
        self._last_on = b""

    def _key(self, entry: dict[str, Any]) -> None:
        if self.seq == 1:
            if bytes.fromhex(entry["key"]) != self._log.first_key:
                self._refuse("vkey_first")
        elif entry["from"] <= self.seq:
            self._refuse("key_from", **{"from": entry["from"]})

    def _open(self, entry: dict[str, Any]) -> None:
        number, class_ = entry["account"], sys.intern(entry["class"])
        if number in self.accounts:
            self._refuse("account_exists", account=number)
        account = Account(
            number=number,
            unit=sys.intern(entry["unit"]),
            class_=class_,
            owner=entry.get("owner", number),
            ceiling=entry.get("ceiling"),
            ends=entry.get("ends"),
            to=_classes(*entry["to"]) if "to" in entry else None,
            opened_at=self.at,
            issuing=class_ in ISSUING,
        )
        if class_ in SPECIAL and not entry.keys().isdisjoint({"owner", "ends", "to"}):
            self._refuse("special_account", account=number)
        if class_ in ISSUING and "ceiling" in entry:
            self._refuse("special_account", account=number)
        if "owner" in entry:
            self._check_owner(account)
        if account.ends is not None and (account.ends <= self.at or (account.ends + self._zone_ms) % DAY_MS):
            self._refuse("ends", account=number, ends=account.ends)
        self.accounts[number] = account
        self._open_by_owner.setdefault(account.owner, []).append(account)

    def _check_owner(self, account: Account) -> None:
        owner = self._account(account.owner)
        if (
            owner.unit != account.unit
            or owner.closed is not None
            or owner.class_ in SPECIAL
            or owner.owner != owner.number
        ):
            self._refuse("owner", account=account.number, owner=owner.number)
        for other in self._open_by_owner[owner.number]:
            if (other.class_, other.ends) == (account.class_, account.ends):
                self._refuse("lot_exists", account=account.number)

    def _limit(self, entry: dict[str, Any]) -> None:
        account = self._open_account(entry["account"])
        if len(entry["approvers"]) < 2:
            self._refuse("two_approvers")
        content: dict[str, Any] = {
            name: entry[name] for name in ("account", "ceiling", "floor", "quota") if name in entry
        }
        floor, ceiling = entry.get("floor", 0), entry.get("ceiling")
        wrong = {"floor", "ceiling"} if account.issuing else {"quota"}
        if not wrong.isdisjoint(entry) or (ceiling is not None and ceiling < floor):
            self._refuse("limit_fields", account=account.number)
        self._use_note(entry, "limit", str(account.number), content)
        account.floor, account.ceiling, account.quota = floor, ceiling, entry.get("quota", 0)
        if account.issuing:
            account.issued = 0

    def _close(self, entry: dict[str, Any]) -> None:
        account = self._open_account(entry["account"])
        if account.balance or account.held:
            self._refuse("not_empty", account=account.number)
        family = self._open_by_owner[account.owner]
        if account.owner == account.number and len(family) > 1:
            lot = next(other.number for other in family if other is not account)
            self._refuse("has_lots", account=account.number, lot=lot)
        family.remove(account)
        account.closed = self.seq

    def _erase(self, entry: dict[str, Any]) -> None:
        for number in entry["accounts"]:
            if self._account(number).closed is None:
                self._refuse("not_closed", account=number)
            if number in self.erased:
                self._refuse("already_erased", account=number)
            self.erased.add(number)

    # Notes

    def _note(self, entry: dict[str, Any]) -> None:
        self._notes.put(self.seq, [entry["topic"], entry["subject"], entry["digest"], False])

    def _use_note(self, entry: dict[str, Any], topic: str, subject: str, content: dict[str, Any]) -> None:
        """A change of rules cites a note that decided exactly this, and no decision is used twice."""
        cites = entry.get("cites")
        if cites is None:
            self._refuse("note_mismatch", cites="-")
        digest = hashlib.sha256(_encode(content).encode()).hexdigest()
        note = self._notes.get(cites)
        if note is None:
            self._refuse("unknown_note", cites=cites)
        if note[:3] != [topic, subject, digest]:
            self._refuse("note_mismatch", cites=cites)
        if note[3]:
            self._refuse("note_used", cites=cites)
        self._notes.put(cites, [topic, subject, digest, True])

    # Minutes and points

    def _post(self, entry: dict[str, Any]) -> None:
        debits, credits_ = self._check_legs(entry["legs"])
        if "cites" in entry and entry["cites"] not in self._notes:
            self._refuse("unknown_note", cites=entry["cites"])
        self._check_debits(debits, credits_)
        self._check_credits(credits_)
        for account, amount in debits:
            if account.issuing:
                account.issued += amount
                if account.issued > account.quota:
                    self._refuse("quota", account=account.number, issued=account.issued, quota=account.quota)
        self._book(entry["legs"])

    def _hold(self, entry: dict[str, Any]) -> None:
        debits, credits_ = self._check_legs(entry["legs"])
        until = entry.get("until")
        if until is not None and until <= self.at:
            self._refuse("until")
        for account, _ in debits:
            if account.issuing:
                self._refuse("issuing_hold", account=account.number)
        self._check_debits(debits, credits_)
        for account, amount in debits:
            account.held += amount
            self._check_range(account)
        self.holds.put(self.seq, [entry["legs"], until, None])
        self.hold_count += 1

    def _capture(self, entry: dict[str, Any]) -> None:
        hold = self._unresolved(entry["hold"])
        set_aside = debits_of(hold)
        debits, credits_ = self._check_legs(entry["legs"])
        taken = {account.number: amount for account, amount in debits}
        for account, amount in debits:
            held = set_aside.get(account.number, 0)
            if amount > held:
                self._refuse("capture_exceeds", account=account.number, needed=amount, held=held)
            self._check_to(account, credits_)
            for number, kept in set_aside.items():
                other = self.accounts[number]
                if other.owner == account.owner and other.turn < account.turn and taken.get(number, 0) < kept:
                    self._refuse("order", account=account.number, first=number)
        self._check_credits(credits_)
        self._resolve(entry["hold"], hold)
        self._book(entry["legs"])

    def _release(self, entry: dict[str, Any]) -> None:
        self._resolve(entry["hold"], self._unresolved(entry["hold"]))

    def _expire(self, entry: dict[str, Any]) -> None:
        hold = self._unresolved(entry["hold"])
        until = hold[1]
        if until is None or until > self.at:
            self._refuse("not_due", hold=entry["hold"])
        self._resolve(entry["hold"], hold)

    def _reverse(self, entry: dict[str, Any]) -> None:
        of = entry["of"]
        if of >= self.seq:
            self._refuse("unknown_entry", of=of)
        undone = entry_again(self._log, of)
        if undone["kind"] not in ("post", "capture"):
            self._refuse("not_reversible", of=of)
        if of in self._reversed:
            self._refuse("already_reversed", of=of)
        legs = [[number, -amount] for number, amount in undone["legs"]]
        accounts = [self._open_account(number) for number, _ in legs]
        if len(entry["approvers"]) < 2 and positive_sum(legs) >= self._two_from[accounts[0].unit]:
            self._refuse("two_approvers")
        self._reversed.put(of, [self.seq])
        self._book(legs)

    # What these share

    def _account(self, number: int) -> Account:
        account = self.accounts.get(number)
        if account is None:
            self._refuse("unknown_account", account=number)
        return account

    def _open_account(self, number: int) -> Account:
        account = self._account(number)
        if account.closed is not None:
            self._refuse("closed_account", account=number)
        return account

    def _unresolved(self, seq: int) -> list[Any]:
        hold = self.holds.get(seq)
        if hold is None:
            self._refuse("unknown_hold", hold=seq)
        if hold[2] is not None:
            self._refuse("hold_resolved", hold=seq, resolved=hold[2])
        return hold

    def _resolve(self, seq: int, hold: list[Any]) -> None:
        for number, amount in debits_of(hold).items():
            self.accounts[number].held -= amount
        self.holds.put(seq, [*hold[:2], self.seq])

    def _check_legs(self, legs: list[list[int]]) -> tuple[Legs, Legs]:
        """The debits, as positive amounts, and the credits, if these accounts may stand in one entry."""
        debits: Legs = []
        credits_: Legs = []
        for number, amount in legs:
            account = self._open_account(number)
            if amount < 0:
                debits.append((account, -amount))
            else:
                credits_.append((account, amount))
        unit = debits[0][0].unit
        payers = {account.owner for account, _ in debits}
        for account, _ in debits:
            if account.unit != unit:
                self._refuse("unit_mismatch", account=account.number)
        for account, _ in credits_:
            if account.unit != unit:
                self._refuse("unit_mismatch", account=account.number)
            if account.issuing:
                self._refuse("issuing_credited", account=account.number)
            if account.owner in payers:
                self._refuse("one_hop", owner=account.owner)
        return debits, credits_

    def _check_debits(self, debits: Legs, credits_: Legs) -> None:
        """For a post or hold: what is spent may be spent, is there, and is spent in the owner's order."""
        spent = {account.number: amount for account, amount in debits}
        sinks_only = all(account.class_ in SINKS for account, _ in credits_)
        for account, amount in debits:
            self._check_to(account, credits_)
            if account.ended(self.at) and not sinks_only:
                self._refuse("ended", account=account.number)
            available = account.balance - account.held
            if not account.issuing and available - amount < account.floor:
                self._refuse(
                    "insufficient", account=account.number, available=available, needed=amount, floor=account.floor
                )
        for account, _ in debits:
            for other in self._open_by_owner[account.owner]:
                if (
                    other is account
                    or other.turn > account.turn
                    or not _allows(other, credits_)
                    or (other.ended(self.at) and not sinks_only)
                ):
                    continue
                if other.balance - other.held - spent.get(other.number, 0) > max(other.floor, 0):
                    self._refuse("order", account=account.number, first=other.number)

    def _check_to(self, account: Account, credits_: Legs) -> None:
        if not _allows(account, credits_):
            forbidden = next(credited.class_ for credited, _ in credits_ if credited.class_ not in (account.to or ()))
            self._refuse("to_forbids", account=account.number, **{"class": forbidden})

    def _check_credits(self, credits_: Legs) -> None:
        for account, amount in credits_:
            if account.ended(self.at):
                self._refuse("ended", account=account.number)
            if account.ceiling is not None and account.balance + amount > account.ceiling:
                balance = account.balance + amount
                self._refuse("ceiling", account=account.number, balance=balance, ceiling=account.ceiling)

    def _check_range(self, account: Account) -> None:
        if not -MAX <= account.balance <= MAX or not account.held <= MAX:
            self._refuse("range", account=account.number)

    def _book(self, legs: list[list[int]]) -> None:
        for number, amount in legs:
            account = self.accounts[number]
            account.balance += amount
            self._check_range(account)
            if self.at < self._start:
                account.opening += amount
            elif self.at < self._end and amount > 0:
                account.added += amount
            elif self.at < self._end:
                account.taken -= amount


VERBS: dict[str, Callable[[Replay, dict[str, Any]], None]] = {kind: getattr(Replay, "_" + kind) for kind in KINDS}


@functools.lru_cache(maxsize=4096)
def _classes(*names: str) -> frozenset[str]:
    """The same object for the same names: many accounts have the same few."""
    return frozenset(names)


def debits_of(hold: list[Any]) -> dict[int, int]:
    """What a hold sets aside, by account and as positive amounts."""
    return {number: -amount for number, amount in hold[0] if amount < 0}


def _allows(account: Account, credits_: Legs) -> bool:
    return account.to is None or all(credited.class_ in account.to for credited, _ in credits_)


def entry_again(log: Bundle, seq: int) -> dict[str, Any]:
    """The fields of an entry whose form was checked before."""
    fields: dict[str, Any] = _decode(log.leaf(seq).decode())
    return fields


def positive_sum(legs: list[list[int]]) -> int:
    """What an entry moves: the sum of its credits."""
    return sum(amount for _, amount in legs if amount > 0)


# ---------------------------------------------------------------------------------------------------------------------
# tables: what people read, against what the entries say
# ---------------------------------------------------------------------------------------------------------------------

ACCOUNT_COLUMNS = "account,unit,class,owner,floor,ceiling,quota,issued,balance,held,ends,to,closed"
HOLD_COLUMNS = "hold,account,held,until,resolved"
TRIAL_COLUMNS = "unit,account,class,opening,added,taken,closing"


def _check_tables(log: Bundle, replay: Replay) -> None:
    _check_table(log, "tables/accounts.csv", ACCOUNT_COLUMNS, _account_rows(replay), key=("account",))
    _check_table(log, "tables/holds.csv", HOLD_COLUMNS, _hold_rows(replay), key=("hold", "account"))
    _check_table(
        log, "tables/trial_balance.csv", TRIAL_COLUMNS, _trial_rows(log, replay), key=("unit", "account", "class")
    )


def _account_rows(replay: Replay) -> Iterator[list[object]]:
    for number, each in sorted(replay.accounts.items()):
        limits = [each.floor, each.ceiling, each.quota, each.issued]
        to = " ".join(sorted(each.to or ()))
        yield [number, each.unit, each.class_, each.owner, *limits, each.balance, each.held, each.ends, to, each.closed]


def _hold_rows(replay: Replay) -> Iterator[list[object]]:
    for seq, hold in replay.holds.items():
        for number, amount in sorted(debits_of(hold).items()):
            yield [seq, number, amount, *hold[1:]]


def _trial_rows(log: Bundle, replay: Replay) -> Iterator[list[object]]:
    totals: dict[str, list[int]] = {}
    for each in sorted(replay.accounts.values(), key=lambda account: (account.unit, account.number)):
        if each.opened_at < log.period[1]:
            amounts = [each.opening, each.added, each.taken, each.opening + each.added - each.taken]
            total = totals.setdefault(each.unit, [0, 0, 0, 0])
            totals[each.unit] = [a + b for a, b in zip(total, amounts, strict=True)]
            yield [each.unit, each.number, each.class_, *amounts]
    for unit, total in sorted(totals.items()):
        yield [unit, None, "total", *total]


def _check_table(log: Bundle, file: str, columns: str, rows: Iterable[list[object]], *, key: tuple[str, ...]) -> None:
    """Compare a table with the rows that it must have, cell by cell as text."""
    names = columns.split(",")
    shown = (_table_row(file, number, line) for number, line in enumerate(log.lines(file, MAX_TABLE_LINE_BYTES), 1))
    if next(shown, None) != names:
        raise Wrong("table_header", file=file)
    for row in rows:
        expected = ["" if cell is None else str(cell) for cell in row]
        found = next(shown, None)
        if found != expected:
            raise _table_difference(file, names, key, found, expected)
    if (extra := next(shown, None)) is not None:
        raise Wrong("table_extra", file=file, shown=",".join(extra))


def _table_row(file: str, number: int, line: bytes) -> list[str]:
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        raise Wrong("table_line", file=file, line=number) from None
    if not text.endswith("\n"):
        raise Wrong("table_line", file=file, line=number)
    return text[:-1].removesuffix("\r").split(",")


def _table_difference(
    file: str, names: list[str], key: tuple[str, ...], found: list[str] | None, expected: list[str]
) -> Wrong:
    wanted = dict(zip(names, expected, strict=True))
    seen = dict(zip(names, found or [], strict=False))
    if found is None or len(found) != len(names) or any(seen[name] != wanted[name] for name in key):
        facts: dict[str, Any] = {"account": int(wanted["account"])} if wanted["account"] else {}
        return Wrong(
            "table_row",
            file=file,
            shown="-" if found is None else ",".join(found),
            replayed=",".join(expected),
            **facts,
        )
    column = next(name for name in names if seen[name] != wanted[name])
    facts = {"file": file, "column": column, "shown": seen[column] or "-", "replayed": wanted[column] or "-"}
    if not wanted["account"]:
        return Wrong("table_total", unit=wanted["unit"], **facts)
    return Wrong("table_cell", account=int(wanted["account"]), **facts)


# ---------------------------------------------------------------------------------------------------------------------
# details: what an entry's `ref` stands for
# ---------------------------------------------------------------------------------------------------------------------


def _check_details(log: Bundle, replay: Replay) -> dict[str, int]:
    """Check every detail shown; one may be missing only where an account was erased. Returns how many there are."""
    counts = {"shown": 0, "erased": 0}
    shown = _detail_lines(log)
    detail = next(shown, None)
    for seq, leaf in enumerate(log.leaves()):
        entry = _decode(leaf.decode())
        if detail is not None and detail["seq"] == seq:
            if "ref" not in entry:
                raise Wrong("detail_extra", seq=seq)
            _check_detail(log, entry, detail)
            counts["shown"] += 1
            detail = next(shown, None)
        elif "ref" in entry:
            if replay.erased.isdisjoint(_named(log, replay, entry)):
                raise Wrong("detail_missing", seq=seq)
            counts["erased"] += 1
    if detail is not None:
        raise Wrong("detail_extra", seq=detail["seq"])
    return counts


def _detail_lines(log: Bundle) -> Iterator[dict[str, Any]]:
    types = {"detail": lambda value: type(value) is str, "salt": TYPES["hex64"], "seq": TYPES["seq"]}
    before = -1
    for number, line in enumerate(log.lines("details.jsonl", MAX_DETAIL_LINE_BYTES), 1):
        try:
            text = line.decode("utf-8")
            detail = strict_json(text.removesuffix("\n"))
        except ValueError:
            raise Wrong("detail_form", line=number) from None
        if not text.endswith("\n") or type(detail) is not dict or detail.keys() != types.keys():
            raise Wrong("detail_form", line=number)
        if not all(types[name](value) for name, value in detail.items()):
            raise Wrong("detail_form", line=number)
        if detail["seq"] <= before:
            raise Wrong("detail_order", seq=detail["seq"])
        before = detail["seq"]
        yield detail


def _named(log: Bundle, replay: Replay, entry: dict[str, Any]) -> set[int]:
    """The accounts that an entry names: in its legs, its hold's, or those of the entry that it reverses."""
    legs = entry.get("legs") or entry_again(log, entry["of"])["legs"]
    accounts = {number for number, _ in legs}
    if "hold" in entry:
        hold = replay.holds.get(entry["hold"])
        accounts |= {number for number, _ in hold[0]} if hold else set()
    return accounts


def _check_detail(log: Bundle, entry: dict[str, Any], shown: dict[str, Any]) -> None:
    seq = entry["seq"]
    text = shown["detail"].encode()
    if hashlib.sha256(b"\2" + bytes.fromhex(shown["salt"]) + text).hexdigest() != entry["ref"]:
        raise Wrong("ref", seq=seq)
    try:
        detail = strict_json(shown["detail"])
    except ValueError:
        raise Wrong("detail_json", seq=seq) from None
    if type(detail) is not dict:
        return
    booked = positive_sum(entry["legs"]) if "legs" in entry else -_negative_sum(entry_again(log, entry["of"])["legs"])
    amounts = ("credited", "held") if entry["kind"] == "hold" else ("credited",)
    for name in amounts:
        if name in detail and (type(detail[name]) is not int or detail[name] != booked):
            raise Wrong("credited", seq=seq, field=name, shown=str(detail[name]), booked=booked)
    if "spans" in detail:
        if not any(name in detail for name in amounts):
            raise Wrong("spans", seq=seq)
        _check_spans(seq, detail, booked)


def _negative_sum(legs: list[list[int]]) -> int:
    return sum(amount for _, amount in legs if amount < 0)


def _check_spans(seq: int, detail: dict[str, Any], booked: int) -> None:
    """Seconds served, each with its percentage, rounded down once: never less than what was credited."""
    spans, rounding, uncapped = detail["spans"], detail.get("rounding"), detail.get("uncapped")
    natural = _whole(0)
    if type(spans) is not list or type(rounding) is not int or rounding < 1 or not natural(uncapped):
        raise Wrong("spans", seq=seq)
    if not all(type(span) is list and len(span) == 2 and all(map(natural, span)) for span in spans):
        raise Wrong("spans", seq=seq)
    computed = sum(seconds * percent for seconds, percent in spans) // (6000 * rounding) * rounding
    if uncapped != computed:
        raise Wrong("uncapped", seq=seq, shown=uncapped, computed=computed)
    if booked > computed:
        raise Wrong("above_uncapped", seq=seq, credited=booked, computed=computed)


# ---------------------------------------------------------------------------------------------------------------------
# what is told
# ---------------------------------------------------------------------------------------------------------------------


# Each thing that can be found: its code and its sentence. Codes of the rules are those of docs/log-format.md, section 2.
FINDINGS = {
    # cannot be read
    "no_file": Words("打不开 {file}：{reason}。", "{file} cannot be opened: {reason}."),
    "no_room": Words("临时文件写不下：{reason}。请清理磁盘，或用环境变量 TMPDIR 指定别的文件夹。",
                     "A temporary file could not be written: {reason}. Make room, or name another folder in TMPDIR."),
    "folder_large": Words("文件夹 {file} 里的文件超过 {most} 个。", "The folder {file} holds more than {most} files."),
    "vkey_needed": Words("核对回执需要日志的公钥：请用 --vkey 给出，或用 --policy 给出写有它的策略文件。",
                         "A receipt is checked against the log's key: give it with --vkey, or a policy that names it with --policy."),
    "policy_form": Words("策略文件 {file} 第 {line} 行不合规定。", "Line {line} of the policy {file} is not as it should be."),
    "not_zip": Words("{file} 不是可读的 zip 压缩包。", "{file} is not a zip archive that can be read."),
    "evidence_form": Words("外部检查点 {file} 读不懂：应为三行文字或完整的签名文件。",
                           "The outside checkpoint {file} cannot be understood: three lines or the whole signed note are needed."),
    "vkey_argument": Words("给出的校验公钥读不懂。", "The verifier key that was given cannot be understood."),
    "evidence_broken": Words("回执 {file} 本身不对，不能作证：{why}", "The receipt {file} is itself wrong and proves nothing: {why}"),
    "older_broken": Words("旧证据包 {file} 本身不对，不能作证：{why}", "The older bundle {file} is itself wrong and proves nothing: {why}"),
    # archive
    "archive_directory": Words("压缩包的文件目录太大（{bytes} 字节）。", "The archive's list of files is too large ({bytes} bytes)."),
    "archive_expands": Words("压缩包展开后大得不合情理（{bytes} 字节）。", "The archive would expand beyond all reason ({bytes} bytes)."),
    "archive_duplicate": Words("压缩包里有两个同名文件 {file}。", "The archive holds {file} twice."),
    "archive_method": Words("{file} 加了密，或用了规定之外的压缩方法。", "{file} is encrypted or compressed in a way that is not allowed."),
    "archive_overlap": Words("压缩包里的 {file} 与另一个文件占用同一段内容。", "{file} shares its content with another file of the archive."),
    "archive_damaged": Words("压缩包里的 {file} 已损坏。", "{file} in the archive is damaged."),
    "archive_missing": Words("压缩包里缺少 {file}。", "{file} is missing from the archive."),
    "archive_unknown": Words("压缩包里有规定之外的文件 {file}。", "The archive holds {file}, which does not belong there."),
    "file_large": Words("{file} 太大。", "{file} is too large."),
    "bundle_form": Words("bundle.json 不合规定：{field}。", "bundle.json is not as it should be: {field}."),
    "vkey_form": Words("vkey 文件不合规定。", "The file vkey is not as it should be."),
    "vkey_origin": Words("vkey 的名称是 {name}，不是日志 {origin}。", "vkey is of {name}, not of the log {origin}."),
    "vkey_foreign": Words("证据包里的公钥不是给出的公钥：这是另一把钥匙签的日志。",
                          "The bundle's key is not the key that was given: this log was signed by somebody else."),
    # checkpoints
    "checkpoint_form": Words("{file} 不是规定格式的检查点。", "{file} is not a checkpoint in the form required."),
    "checkpoint_origin": Words("{file} 是日志 {name} 的，不是 {origin} 的。", "{file} is of the log {name}, not of {origin}."),
    "checkpoint_size": Words("{file} 的记录数是 {shown}，应为 {size}。", "{file} is for {shown} entries; it should be for {size}."),
    "signature_key": Words("规模为 {size} 的检查点 {file} 没有可用的公钥。", "No key was in force for the checkpoint {file} of size {size}."),
    "signature_missing": Words("{file} 没有本日志当时有效公钥的签名。", "{file} carries no signature by the key that was in force in this log."),
    "signature_wrong": Words("{file} 的签名不对。", "The signature of {file} is wrong."),
    "keys_many": Words("日志换钥过于频繁（第 {seq} 条起不再读）。", "The log has more keys than any honest one (from entry {seq} on)."),
    # cosignatures
    "policy_log": Words("策略文件不认这个日志 {origin} 的公钥。", "The policy does not name the key of the log {origin}."),
    "cosignature_wrong": Words("{file} 上见证方 {name} 的签名不对。", "The cosignature of the witness {name} on {file} is wrong."),
    "quorum": Words("见证方的签名不够：策略要求 {quorum}，有效的只有 {count} 份（{names}）。",
                    "Too few witnesses signed: the policy asks for {quorum}; {count} did ({names})."),
    # receipts
    "receipt_form": Words("{file} 不是规定格式的回执。", "{file} is not a receipt in the form required."),
    "receipt_key": Words("回执上的检查点（{size} 条时）不是给出的公钥签的。日志换过钥匙的话，请用该规模时有效的公钥：审计员的证据包里，每把后来的公钥都是一条 key 记录。",
                         "The receipt's checkpoint, of {size} entries, is not signed with the key given. If the log has changed its key, give "
                         "the one that was in force at that size: in an auditor's bundle each later key is an entry of kind key."),
    "receipt_proof": Words("回执 {file} 不成立：第 {seq} 条记录算不出检查点所签的根哈希。",
                           "The receipt {file} proves nothing: entry {seq} does not lead to the root that was signed."),
    "receipt_contradicted": Words("回执与 {file}（{size} 条时）矛盾：同一个日志对不同的人说了不同的话，第 {seq} 条记录不可信。",
                                  "The receipt contradicts {file}, made at {size} entries: the log told different people different "
                                  "things, and entry {seq} cannot be relied on."),
    # tiles and root
    "entries_form": Words("{tile} 从第 {seq} 条记录起被截断或长度不对。", "{tile} is cut short or wrongly measured from entry {seq} on."),
    "entries_count": Words("{tile} 有 {shown} 条记录，应有 {count} 条；从第 {seq} 条起与哈希不符。",
                           "{tile} holds {shown} entries, not {count}; from entry {seq} on they are not those hashed."),
    "entry_missing": Words("第 {seq} 条记录不见了：{tile} 里记录的号码在此中断。", "Entry {seq} is missing: the numbers of the entries in {tile} break off there."),
    "entry_removed": Words("第 {seq} 条记录被删去了（到第 {last} 条为止）：签过的哈希还在，记录不在（{tile}）。",
                           "Entry {seq} was taken out (up to entry {last}): the hash that was signed is there, the entry is not ({tile})."),
    "entry_inserted": Words("第 {seq} 条处多出一条没有签过的记录（{tile}）。",
                            "At entry {seq} stands one that was put in: its hash is not among those signed ({tile})."),
    "entries_swapped": Words("第 {seq} 条与第 {other} 条记录被调换（{tile}）。", "The entries {seq} and {other} were swapped ({tile})."),
    "entry_altered": Words("第 {seq} 条记录被改动：它的哈希不是检查点所签的那一个（{tile}）。",
                           "Entry {seq} was altered: its hash is not the one that the checkpoint signs ({tile})."),
    "tile_altered": Words("哈希块 {tile} 被改动：第 {seq} 条记录起的哈希与记录不符，而记录与检查点相符。",
                          "Tile {tile} was altered: its hash for entry {seq} does not fit, while the entries fit the checkpoint."),
    "tile_differs": Words("哈希块 {tile} 与记录在第 {seq} 条处不符，两者都不符合检查点。",
                          "Tile {tile} and the entries differ at entry {seq}, and neither fits the checkpoint."),
    "tile_length": Words("哈希块 {tile} 长 {shown} 字节，应为 {bytes} 字节。", "Tile {tile} is {shown} bytes long, not {bytes}."),
    "root": Words("记录的根哈希是 {root}，检查点签的是 {shown}：记录不是被签的那些。{place}",
                  "The entries have the root {root}, but the checkpoint signs {shown}: these are not the entries that were signed.{place}"),
    "root_shown": Words("bundle.json 写的根哈希与检查点不同。", "The root in bundle.json is not the checkpoint's."),
    # evidence
    "rewritten": Words("日志被改写过：{file}（{size} 条时）与现在的日志矛盾。{place}{signed}{others}",
                       "The log was rewritten: it contradicts {file}, made at {size} entries.{place}{signed}{others}"),
    "removed": Words("{file} 证明日志曾有 {older} 条，现在只有 {size} 条：末尾的记录被删去了（除非这个证据包比它更早）。{place}{signed}{others}",
                     "{file} shows that the log had {older} entries; now it has {size}: entries were removed from its end "
                     "(unless this bundle was made before it).{place}{signed}{others}"),
    # form of an entry
    "leaf_ascii": Words("第 {seq} 条记录含有 ASCII 以外的字节。", "Entry {seq} holds bytes that are not ASCII."),
    "leaf_json": Words("第 {seq} 条记录不是 JSON 对象。", "Entry {seq} is not a JSON object."),
    "leaf_duplicate": Words("第 {seq} 条记录的字段 {field} 出现两次。", "Entry {seq} has the field {field} twice."),
    "leaf_kind": Words("第 {seq} 条记录的种类 {kind} 不认识。", "Entry {seq} is of an unknown kind {kind}."),
    "leaf_reserved": Words("第 {seq} 条记录的种类 {kind} 留待以后版本使用。", "Entry {seq} is of kind {kind}, reserved for a later version."),
    "leaf_field": Words("第 {seq} 条记录有多余的字段 {field}。", "Entry {seq} has a field {field} that does not belong there."),
    "leaf_missing": Words("第 {seq} 条记录缺少字段 {field}。", "Entry {seq} lacks the field {field}."),
    "leaf_type": Words("第 {seq} 条记录的字段 {field} 不合规定。", "The field {field} of entry {seq} is not of its type."),
    "leaf_sum": Words("第 {seq} 条记录借贷不平，差 {sum}。", "The legs of entry {seq} do not balance: they add up to {sum}."),
    "leaf_canonical": Words("第 {seq} 条记录不是规范写法（字段次序、空格、-0 或转义）。",
                            "Entry {seq} is not in canonical form (order of keys, white space, -0 or escapes)."),
    "leaf_seq": Words("第 {seq} 条记录自称是第 {shown} 条：有记录被删、被重复或调换。",
                      "Entry {seq} calls itself {shown}: an entry was dropped, doubled or swapped."),
    # rules
    "first_entries": Words("第 {seq} 条不对：日志应以规则和公钥两条开头。", "Entry {seq} is wrong: a log begins with its rule and its key."),
    "vkey_first": Words("第 1 条记录的公钥不是 vkey 里的公钥。", "The key in entry 1 is not the key in vkey."),
    "clock": Words("第 {seq} 条的入账时间早于上一条（{at} < {before}）。", "Entry {seq} is booked before the entry ahead of it ({at} < {before})."),
    "id": Words("第 {seq} 条的编号 {id} 已用过或不接续。", "The id {id} of entry {seq} was used before or does not follow on."),
    "future_day": Words("第 {seq} 条的日期 {on} 晚于入账当天。", "Entry {seq} is dated {on}, after the day of its booking."),
    "range": Words("第 {seq} 条使账户 {account} 的数额超出范围。", "Entry {seq} takes account {account} out of the range of numbers."),
    "unknown_account": Words("第 {seq} 条提到没有开立的账户 {account}。", "Entry {seq} names account {account}, which was never opened."),
    "unknown_hold": Words("第 {seq} 条提到的第 {hold} 条不是冻结。", "Entry {seq} names {hold}, which is not a hold before it."),
    "unknown_entry": Words("第 {seq} 条提到的第 {of} 条不在它之前。", "Entry {seq} names entry {of}, which is not before it."),
    "unknown_note": Words("第 {seq} 条引用的第 {cites} 条不是备注。", "Entry {seq} cites {cites}, which is not a note before it."),
    "note_mismatch": Words("第 {seq} 条与它引用的备注 {cites} 内容不符。", "Entry {seq} does not say what the note {cites} that it cites says."),
    "note_used": Words("第 {seq} 条引用的备注 {cites} 已被用过。", "The note {cites} cited by entry {seq} was used before."),
    "key_from": Words("第 {seq} 条的新公钥应从它之后起用，写的是 {from}。", "The key of entry {seq} must count from after it, not from {from}."),
    "account_exists": Words("第 {seq} 条再次开立账户 {account}。", "Entry {seq} opens account {account} again."),
    "special_account": Words("第 {seq} 条给特殊账户 {account} 加了不许有的内容。", "Entry {seq} gives the special account {account} what it may not have."),
    "owner": Words("第 {seq} 条：{owner} 不能做账户 {account} 的主账户。", "Entry {seq}: {owner} cannot be the owner of account {account}."),
    "ends": Words("第 {seq} 条：账户 {account} 的到期时刻 {ends} 不是之后的当地零点。",
                  "Entry {seq}: account {account} ends at {ends}, which is not a local midnight to come."),
    "lot_exists": Words("第 {seq} 条：同一人、同类、同到期日的账户已有，不能再开 {account}。",
                        "Entry {seq} opens {account} although its owner has an open account of that class and end."),
    "closed_account": Words("第 {seq} 条动用已关闭的账户 {account}。", "Entry {seq} touches account {account}, which is closed."),
    "unit_mismatch": Words("第 {seq} 条：账户 {account} 的单位与同条其他账户不同。", "Entry {seq}: account {account} is of another unit than the others."),
    "issuing_credited": Words("第 {seq} 条把数额记回发放账户 {account}。", "Entry {seq} credits the issuing account {account}."),
    "one_hop": Words("第 {seq} 条：主账户 {owner} 既转出又转入。", "Entry {seq} both debits and credits the owner {owner}."),
    "to_forbids": Words("第 {seq} 条：账户 {account} 不得转给 {class} 类账户。", "Entry {seq}: account {account} may not pay an account of class {class}."),
    "ended": Words("第 {seq} 条动用已到期的账户 {account}。", "Entry {seq} uses account {account} after its end."),
    "insufficient": Words("第 {seq} 条：账户 {account} 可用 {available}，下限 {floor}，不足 {needed}。",
                          "Entry {seq}: account {account} has {available} available above a floor of {floor}, too little for {needed}."),
    "issuing_hold": Words("第 {seq} 条冻结发放账户 {account}。", "Entry {seq} holds on the issuing account {account}."),
    "quota": Words("第 {seq} 条：账户 {account} 的发放额将达 {issued}，超过限额 {quota}。",
                   "Entry {seq}: account {account} would have issued {issued}, beyond its quota of {quota}."),
    "order": Words("第 {seq} 条动用账户 {account}，应先用账户 {first}。", "Entry {seq} spends from account {account} before account {first}, which comes first."),
    "ceiling": Words("第 {seq} 条使账户 {account} 余额达 {balance}，超过上限 {ceiling}。",
                     "Entry {seq} takes account {account} to {balance}, above its ceiling of {ceiling}."),
    "until": Words("第 {seq} 条的冻结期限不在入账之后。", "The hold {seq} ends before it begins."),
    "hold_resolved": Words("第 {seq} 条：第 {hold} 条冻结已由第 {resolved} 条了结。", "Entry {seq}: the hold {hold} was already resolved by {resolved}."),
    "capture_exceeds": Words("第 {seq} 条从账户 {account} 扣 {needed}，只冻结了 {held}。", "Entry {seq} takes {needed} from account {account}, where {held} was held."),
    "not_due": Words("第 {seq} 条：第 {hold} 条冻结还没到期。", "Entry {seq}: the hold {hold} is not yet due."),
    "not_reversible": Words("第 {seq} 条：第 {of} 条不能冲销。", "Entry {seq}: entry {of} is not one that can be reversed."),
    "already_reversed": Words("第 {seq} 条：第 {of} 条已冲销过。", "Entry {seq}: entry {of} was reversed before."),
    "two_approvers": Words("第 {seq} 条需要两人批准。", "Entry {seq} needs two approvers."),
    "limit_fields": Words("第 {seq} 条给账户 {account} 的限额不合规定。", "Entry {seq} sets limits that account {account} may not have."),
    "not_empty": Words("第 {seq} 条关闭的账户 {account} 还有余额或冻结。", "Entry {seq} closes account {account}, which is not empty."),
    "has_lots": Words("第 {seq} 条关闭的账户 {account} 名下还有账户 {lot}。", "Entry {seq} closes account {account}, which still owns {lot}."),
    "not_closed": Words("第 {seq} 条抹去的账户 {account} 没有关闭。", "Entry {seq} erases account {account}, which is not closed."),
    "already_erased": Words("第 {seq} 条：账户 {account} 已抹去过。", "Entry {seq}: account {account} was erased before."),
    # tables
    "table_line": Words("{file} 第 {line} 行不是规定的写法。", "Line {line} of {file} is not written as it should be."),
    "table_header": Words("{file} 的表头不对。", "The header of {file} is wrong."),
    "table_cell": Words("{file} 中账户 {account} 的 {column} 写的是 {shown}，按记录应为 {replayed}。",
                        "{file} gives {column} of account {account} as {shown}; the entries say {replayed}."),
    "table_total": Words("{file} 中 {unit} 合计的 {column} 写的是 {shown}，按记录应为 {replayed}。",
                         "{file} gives {column} of the total of {unit} as {shown}; the entries say {replayed}."),
    "table_row": Words("{file} 应有一行 {replayed}，写的是 {shown}。", "{file} should have the row {replayed}; it has {shown}."),
    "table_extra": Words("{file} 多出一行 {shown}。", "{file} has a row too many: {shown}."),
    # details
    "detail_form": Words("details.jsonl 第 {line} 行不合规定。", "Line {line} of details.jsonl is not as it should be."),
    "detail_order": Words("details.jsonl 中第 {seq} 条的明细次序不对或重复。", "The detail of entry {seq} is out of order or there twice."),
    "detail_extra": Words("第 {seq} 条记录没有明细可言，却给了明细。", "A detail is shown for entry {seq}, which has none."),
    "detail_missing": Words("第 {seq} 条的明细缺失，而它不涉及抹去的账户。", "The detail of entry {seq} is missing, though it names no erased account."),
    "detail_json": Words("第 {seq} 条的明细不是规范的 JSON。", "The detail of entry {seq} is not canonical JSON."),
    "ref": Words("第 {seq} 条的明细被改动：哈希不符。", "The detail of entry {seq} was altered: it is not the one that the entry names."),
    "credited": Words("第 {seq} 条的明细写 {field} {shown}，入账的是 {booked}。", "The detail of entry {seq} says {field} {shown}; what was booked is {booked}."),
    "uncapped": Words("第 {seq} 条的明细：按时段应为 {computed}，写的是 {shown}。", "The detail of entry {seq} says {shown} uncapped; its spans give {computed}."),
    "above_uncapped": Words("第 {seq} 条入账 {credited}，多于按时段算出的 {computed}。", "Entry {seq} credits {credited}, more than the {computed} of its spans."),
    "spans": Words("第 {seq} 条明细的时段、取整或入账数不合规定。", "The spans, rounding or credit in the detail of entry {seq} are not as they should be."),
}  # fmt: skip

KIND_WORDS = {
    "rule": Words("规则", "the rules"),
    "key": Words("公钥", "a key of the log"),
    "open": Words("开立账户", "an account opened"),
    "limit": Words("限额", "limits of an account"),
    "post": Words("记账", "a booking"),
    "hold": Words("冻结", "an amount held"),
    "capture": Words("从冻结中扣除", "a booking from what was held"),
    "release": Words("解除冻结", "a hold released"),
    "expire": Words("冻结到期", "a hold that ran out"),
    "reverse": Words("冲销", "a reversal"),
    "close": Words("关闭账户", "an account closed"),
    "note": Words("备注", "a note of an outside fact"),
    "erase": Words("抹去个人明细", "details erased"),
}

UNIT_WORDS = {"min": Words("分钟", "Minutes"), "pt": Words("积分（以 0.1 分计）", "Points (in tenths)")}

FIELD_WORDS = {
    "account": Words("账户", "account"),
    "accounts": Words("账户", "accounts"),
    "approvers": Words("批准人", "approved by"),
    "ceiling": Words("上限", "ceiling"),
    "cites": Words("依据的备注", "note cited"),
    "class": Words("类别", "class"),
    "ends": Words("到期（毫秒）", "ends (ms)"),
    "floor": Words("下限", "floor"),
    "from": Words("从第几条起用", "from entry"),
    "hold": Words("冻结记录", "entry of the hold"),
    "id": Words("编号", "id"),
    "of": Words("冲销的记录", "entry reversed"),
    "on": Words("日期", "day"),
    "owner": Words("主账户", "main account"),
    "quota": Words("发放限额", "quota"),
    "reason": Words("原因", "reason"),
    "ref": Words("明细的哈希", "hash of the detail"),
    "subject": Words("对象", "subject"),
    "to": Words("可转给", "may pay"),
    "topic": Words("事由", "topic"),
    "unit": Words("单位", "unit"),
    "until": Words("冻结期限（毫秒）", "until (ms)"),
}

REMARKS = {
    "first_exact": Words("第一条不同的记录是第 {low} 条。", " The first entry that differs is {low}."),
    "first_between": Words("第一条不同的记录在第 {low} 条到第 {high} 条之间（只有根哈希，不能更准）。",
                           " The first entry that differs is one of {low} to {high}; a root alone cannot say which."),
    "same_so_far": Words("剩下的各条与旧证据包相同。", " The entries that are left are as in the older bundle."),
    "signed_yes": Words("它有本日志公钥的有效签名。", " It is signed with this log's own key."),
    "signed_no": Words("它没有签名：分量取决于它的来处。", " It carries no signature: it weighs as much as the place it came from."),
    "signed_bad": Words("它的签名不是本日志现有公钥的：或不属于本日志，或钥匙也被换过。",
                        " Its signature is not by a key of this log: it is not of this log, or the key was exchanged too."),
    "signed_witnesses": Words("策略里的见证方也签过它：{names}。", " Witnesses of the policy signed it too: {names}."),
    "others": Words("另有 {count} 个检查点也矛盾：{names}。", " It contradicts {count} more: {names}."),
    "misnumbered": Words("第 {seq} 条处放着第 {shown} 条记录。", " In the place of entry {seq} stands the one numbered {shown}."),
    "idle_lot": Words("提示：账户 {account} 到期已过 7 天，仍有余额 {balance}。",
                      "Note: account {account} ended more than 7 days ago and still has {balance}."),
    "progress": Words("已读 {done} / {size} 条（{percent}%）", "read {done} of {size} entries ({percent} %)"),
    "passed": Words("[通过] {step}", "[ok]    {step}"),
    "failed": Words("[不符] {step}", "[WRONG] {step}"),
    "well": Words("结论：一切相符。", "Result: All is well."),
    "not_well": Words("结论：核对不通过，问题见上。请保留这份文件，并拿给监督人看。",
                      "Result: NOT in order, for the reason above. Keep this file and show it to whoever supervises the books."),
    "unread": Words("结论：没能核对，原因见上；账目对不对，这里没有说明。",
                    "Result: nothing could be checked, for the reason above. This says nothing about the books."),
    "log": Words("日志 {origin}：{entries} 条记录，{accounts} 个账户，{holds} 个冻结；核对了检查点 {checkpoints} 个，其中外部提供 {outside} 个。",
                 "Log {origin}: {entries} entries, {accounts} accounts, {holds} holds; checkpoints checked: {checkpoints}, "
                 "from outside: {outside}."),
    "unit": Words("{unit}：{accounts} 个账户，正余额合计 {positive}，负余额合计 {negative}，总和 {sum}，冻结 {held}。",
                  "{unit}: {accounts} accounts, positive balances {positive}, negative balances {negative}, sum {sum}, held {held}."),
    "details": Words("明细 {shown} 份相符，{erased} 份已依规抹去。", "{shown} details agree; {erased} were erased as the rules allow."),
    "no_policy": Words("没有给出策略文件（--policy）：检查点上的 {count} 个见证签名没有核对。",
                       "No policy was given (--policy): the {count} cosignatures on the checkpoint were not checked."),
    "no_cosignature": Words("检查点上没有见证方的签名。", "No witness has signed the checkpoint."),
    "witnessed": Words("见证方已签到第 {size} 条为止（共 {entries} 条）：{names}。", "Witnesses saw the first {size} of {entries} entries: {names}."),
    "not_yet_witnessed": Words("其后的记录还没有足够的见证方签过：请过些时候再取一份证据包核对。",
                               "The entries after these have not yet been signed by enough witnesses: check a later bundle too."),
    "no_witness_asked": Words("策略不要求见证方（quorum none）。", "The policy asks for no witnesses (quorum none)."),
    "passed_over": Words("文件夹里这些文件不是检查点，没有用上：{names}。", "These files of the folder are no checkpoints and were passed over: {names}."),
    "receipt_well": Words("结论：回执有效，上面这条记录确在日志 {origin} 里（检查点 {size} 条时）。",
                          "Result: The receipt is good. The entry above is in the log {origin}, as signed at {size} entries."),
    "receipt_means": Words("它证明这笔记录在签名时已经入账且没有变过；以后是否冲销，要看日志本身。",
                           "It proves that this was booked and unchanged when it was signed; whether it was reversed later, the log tells."),
    "receipt_not_compared": Words("给出的检查点中有 {count} 个与回执规模不同，单凭根哈希不能比较；与证据包一起用（verify.py 证据包 --checkpoint 回执）才能比较。",
                                  "Of the checkpoints given, {count} are of another size, and a root alone cannot be compared; with a bundle it "
                                  "can (verify.py BUNDLE --checkpoint RECEIPT)."),
    "entry_head": Words("第 {seq} 条记录：{kind}，入账时间 {at}", "Entry {seq}: {kind}, booked at {at}"),
    "entry_leg": Words("  账户 {account}：{amount}", "  account {account}: {amount}"),
    "entry_legs_unit": Words("  （数额为分钟，积分账户为 0.1 分）", "  (amounts in minutes, on accounts of points in tenths)"),
    "entry_field": Words("  {name}：{value}", "  {name}: {value}"),
    "detail_head": Words("明细（与记录相符）：", "Its detail, which is the one that the entry names:"),
    "no_detail": Words("回执里没有明细（没有，或已依规抹去）。", "The receipt holds no detail: there is none, or it was erased as the rules allow."),
    "alone": Words("没有外部检查点可比：以上只证明这个证据包自身一致。请保存下面三行，以后可用 --checkpoint 核对有无改写。",
                   "No outside checkpoint was given: the bundle agrees with itself, no more is shown. Keep these three lines; "
                   "given later with --checkpoint they show whether the log was rewritten."),
}  # fmt: skip


def _counted(log: Bundle, replay: Replay, *, inside: list[Evidence], outside: list[Evidence]) -> dict[str, Any]:
    """What an accountant wants to see when all is well."""
    units: dict[str, dict[str, int]] = {}
    for account in replay.accounts.values():
        unit = units.setdefault(account.unit, {"accounts": 0, "positive": 0, "negative": 0, "sum": 0, "held": 0})
        unit["accounts"] += 1
        unit["positive" if account.balance > 0 else "negative"] += account.balance
        unit["sum"] += account.balance
        unit["held"] += account.held
    return {
        "origin": log.origin,
        "entries": log.size,
        "root": log.root.hex(),
        "checkpoint": log.newest.text,
        "accounts": len(replay.accounts),
        "holds": replay.hold_count,
        "checkpoints": 1 + len(inside) + len(outside),
        "outside": len(outside),
        "cosignatures": len(log.newest.signatures) - 1,
        "units": dict(sorted(units.items())),
    }


def _say(words: Words, lang: str, **facts: object) -> str:
    sentence = words.zh if lang == "zh" else words.en
    return sentence.format(**{name: _shown(fact, lang) for name, fact in facts.items()})


def _shown(fact: object, lang: str) -> object:
    """A fact as it may be printed: text out of an archive could steer a terminal or fill it."""
    if isinstance(fact, Words):
        return fact.zh if lang == "zh" else fact.en
    if not isinstance(fact, str):
        return fact
    visible = "".join(sign if sign.isprintable() else f"\\x{ord(sign):02x}" for sign in fact[:200])
    return visible + ("..." if len(fact) > 200 else "")


def told(report: Report, lang: str) -> str:
    """The report as people read it."""
    lines = [_say(REMARKS["passed"], lang, step=STEPS[step]) for step in report.passed]
    for finding in report.findings:
        lines += [_say(REMARKS["failed"], lang, step=STEPS[finding.step]), f"{finding.text(lang)} [{finding.code}]"]
        lines += ["", _say(REMARKS["unread" if report.exit_code == 2 else "not_well"], lang)]
    if report.ok:
        lines += ["", *(_told_receipt if "receipt" in report.checked else _told_bundle)(report, lang)]
    return "\n".join(lines) + "\n"


def _told_bundle(report: Report, lang: str) -> Iterator[str]:
    checked = report.checked
    yield _say(REMARKS["log"], lang, **checked)
    for unit, totals in checked["units"].items():
        yield _say(REMARKS["unit"], lang, unit=UNIT_WORDS[unit], **totals)
    if "details" in checked:
        yield _say(REMARKS["details"], lang, **checked["details"])
    for warning in report.warnings:
        yield _say(REMARKS["idle_lot"], lang, **warning)
    yield from _told_witnesses(checked, lang)
    if not checked["outside"]:
        yield _say(REMARKS["alone"], lang)
        yield from (str(_shown(line, lang)) for line in checked["checkpoint"].split("\n")[:3])
    yield ""
    yield _say(REMARKS["well"], lang)


def _told_witnesses(checked: dict[str, Any], lang: str) -> Iterator[str]:
    witnessed = checked["witnessed"]
    if "passed_over" in checked:
        yield _say(REMARKS["passed_over"], lang, names=", ".join(checked["passed_over"]))
    if witnessed is None:
        yield _say(
            REMARKS["no_policy" if checked["cosignatures"] else "no_cosignature"], lang, count=checked["cosignatures"]
        )
    elif not witnessed["by"]:
        yield _say(REMARKS["no_witness_asked"], lang)
    else:
        names = ", ".join(f"{name} ({instant(time * 1000)})" for name, time in sorted(witnessed["by"].items()))
        entries = checked.get("entries", checked.get("size"))
        yield _say(REMARKS["witnessed"], lang, size=witnessed["size"], entries=entries, names=names)
        if not witnessed["newest"]:
            yield _say(REMARKS["not_yet_witnessed"], lang)


def _told_receipt(report: Report, lang: str) -> Iterator[str]:
    checked = report.checked
    entry, detail = checked["receipt"], checked["detail"]
    yield _say(REMARKS["entry_head"], lang, seq=entry["seq"], kind=KIND_WORDS[entry["kind"]], at=instant(entry["at"]))
    for account, amount in entry.get("legs", ()):
        yield _say(REMARKS["entry_leg"], lang, account=account, amount=f"{amount:+d}")
    if "legs" in entry:
        yield _say(REMARKS["entry_legs_unit"], lang)
    for name, value in entry.items():
        if name not in ("at", "kind", "legs", "seq", "v"):
            yield _say(REMARKS["entry_field"], lang, name=FIELD_WORDS.get(name, name), value=value)
    yield _say(REMARKS["no_detail" if detail is None else "detail_head"], lang)
    for name, value in detail.items() if type(detail) is dict else ():
        yield _say(REMARKS["entry_field"], lang, name=name, value=value if type(value) is str else canonical(value))
    yield from _told_witnesses(checked, lang)
    if checked["outside"] > checked["compared"]:
        yield _say(REMARKS["receipt_not_compared"], lang, count=checked["outside"] - checked["compared"])
    yield _say(REMARKS["receipt_means"], lang)
    yield ""
    yield _say(REMARKS["receipt_well"], lang, **checked)


def instant(ms: int) -> str:
    """A time as people read it, UTC."""
    days, rest = divmod(ms // 1000, 86_400)
    if not 0 <= days <= MAX_DAY:
        return f"{ms} ms"
    return f"{date.fromordinal(days + EPOCH).isoformat()} {rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d} UTC"


def as_json(report: Report, lang: str) -> str:
    """The report as programs read it."""
    findings = [
        {
            "step": finding.step,
            "code": finding.code,
            "message": finding.text(lang),
            "facts": {name: _shown(fact, lang) for name, fact in finding.facts.items()},
        }
        for finding in report.findings
    ]
    facts = {"ok": report.ok, "exit_code": report.exit_code, "passed": report.passed, "findings": findings}
    return (
        json.dumps(facts | {"warnings": report.warnings, "checked": report.checked}, ensure_ascii=False, indent=2)
        + "\n"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description="核对证据包或回执 / Check an evidence bundle or a receipt")
    parser.add_argument(
        "bundle", metavar="FILE", help="证据包或回执 / an evidence bundle (.zip) or a receipt (.tlog-proof)"
    )
    parser.add_argument(
        "--checkpoint",
        action="append",
        default=[],
        metavar="FILE_OR_TEXT",
        help="以前保存的检查点或回执：文件、文件夹或文字 / an older checkpoint or receipt: a file, a folder or the text",
    )
    parser.add_argument("--older", action="append", default=[], metavar="BUNDLE", help="以前的证据包 / an older bundle")
    parser.add_argument("--vkey", action="append", default=[], help="公布的公钥 / the log's key as published")
    parser.add_argument("--policy", metavar="FILE", help="信任哪些见证方 / which witnesses count (C2SP tlog-policy)")
    parser.add_argument("--lang", choices=("zh", "en"), default="zh", help="语言 / language")
    parser.add_argument("--json", action="store_true", help="输出 JSON / print JSON")
    parser.add_argument("--progress", action="store_true", help="显示进度 / show how far it is")
    given = parser.parse_args(arguments)
    outside: dict[str, Any] = {"checkpoints": given.checkpoint, "vkey": given.vkey, "policy": given.policy}
    if is_receipt(given.bundle):
        report = verify_receipt(given.bundle, **outside)
    else:
        shown = given.progress or sys.stderr.isatty()
        report = verify(given.bundle, older=given.older, progress=Counter(given.lang) if shown else None, **outside)
    print((as_json if given.json else told)(report, given.lang), end="")
    return report.exit_code


def is_receipt(file: str) -> bool:
    """Whether a file begins as receipts do."""
    try:
        with Path(file).open("rb") as opened:
            return opened.read(64).removeprefix(BOM).startswith(RECEIPT.encode())
    except (OSError, ValueError):
        return False


class Counter:
    """Tells on the terminal how many entries are read; nothing for logs that take less than a second."""

    def __init__(self, lang: str) -> None:
        self._lang = lang
        self._next = STEP_TOLD

    def __call__(self, done: int, size: int) -> None:
        if done < self._next and not (done == size > STEP_TOLD):
            return
        self._next = done + STEP_TOLD
        text = _say(REMARKS["progress"], self._lang, done=done, size=size, percent=100 * done // size)
        print(f"\r{text}", end="\n" if done == size else "", file=sys.stderr, flush=True)


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal without Chinese still gets an answer
    sys.exit(main())

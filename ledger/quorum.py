"""Which witnesses one trusts, and how many of them must have signed: the policy file of C2SP tlog-policy. Pure.

https://c2sp.org/tlog-policy. Lines `log`, `witness`, `group` and `quorum`; names are opaque, whatever their bytes are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from ledger import note
from ledger.note import COSIGNATURE, LOG_SIGNATURE, BadNote, Key

NONE = "none"
BYTES_MOST = 256 * 1024
LINES_MOST = 1_000
_WORDS = re.compile(r"[^ \t]+")
_URL = re.compile(r"https?://[!-~]+")


class BadPolicy(ValueError):
    """Not a policy; says in which line, and why."""


@dataclass(frozen=True)
class Witness:
    """A witness of the policy: `name` means something within the file only, `url` is empty where none is told."""

    name: str
    key: Key
    url: str = ""


@dataclass(frozen=True)
class Policy:
    """Logs and witnesses that are trusted. `groups`: name to how many of which members must have signed."""

    logs: tuple[Key, ...]
    witnesses: tuple[Witness, ...]
    groups: dict[str, tuple[int, tuple[str, ...]]]
    quorum: str

    @property
    def asks_for_witnesses(self) -> bool:
        """Whether a checkpoint needs any cosignature at all."""
        return self.quorum != NONE

    def is_reached(self, keys: Collection[bytes]) -> bool:
        """Whether the witnesses with these public keys are enough."""
        signed = {one.name for one in self.witnesses if one.key.public_key in keys}
        # Groups name what stands before them only, so that one pass in the order of the file is enough.
        for name, (least, members) in self.groups.items():
            if len(signed.intersection(members)) >= least:
                signed.add(name)
        return self.quorum == NONE or self.quorum in signed


NOBODY = Policy((), (), {}, NONE)


def read_policy(raw: bytes) -> Policy:
    """The policy in a file.

    Raises:
        BadPolicy: with the number of the line.
    """
    if len(raw) > BYTES_MOST or re.search(rb"[\x00-\x08\x0b-\x1f\x7f]", raw):
        raise BadPolicy("a policy is a text of lines, without other control characters than tabs, of at most 256 KiB")
    # A name in another encoding is a name too, and can be shown: its bytes stand there as \\xe9.
    lines = raw.decode("utf-8", "backslashreplace").split("\n")
    if len(lines) > LINES_MOST:
        raise BadPolicy(f"a policy of more than {LINES_MOST} lines")
    reader = _Reader()
    for number, line in enumerate(lines, start=1):
        words = _WORDS.findall(line)
        if not words or words[0].startswith("#"):
            continue
        try:
            reader.take(words)
        except (BadNote, BadPolicy) as bad:
            raise BadPolicy(f"line {number}: {bad}") from None
    if reader.quorum is None:
        raise BadPolicy("there is no line `quorum`")
    return Policy(tuple(reader.logs), tuple(reader.witnesses), reader.groups, reader.quorum)


@dataclass
class _Reader:
    logs: list[Key] = field(default_factory=list)
    witnesses: list[Witness] = field(default_factory=list)
    groups: dict[str, tuple[int, tuple[str, ...]]] = field(default_factory=dict)
    quorum: str | None = None
    names: set[str] = field(default_factory=set)
    members: set[str] = field(default_factory=set)

    def take(self, words: list[str]) -> None:
        verbs: dict[str, tuple[Callable[[list[str]], None], int, int]] = {
            "log": (self._log, 1, 2),
            "witness": (self._witness, 2, 3),
            "group": (self._group, 3, LINES_MOST),
            "quorum": (self._quorum, 1, 1),
        }
        verb, least, most = verbs.get(words[0], (None, 0, 0))
        if verb is None:
            raise BadPolicy("lines begin with log, witness, group or quorum")
        if not least <= len(words) - 1 <= most:
            raise BadPolicy(f"`{words[0]}` takes {least} words" + ("" if most == least else " or more"))
        verb(words[1:])

    def _log(self, words: list[str]) -> None:
        key = note.read_key(words[0], kind=LOG_SIGNATURE)
        if any(one.public_key == key.public_key for one in self.logs):
            raise BadPolicy("this log is listed already")
        _url(words[1:])
        self.logs.append(key)

    def _witness(self, words: list[str]) -> None:
        key = note.read_key(words[1], kind=COSIGNATURE)
        if any(one.key.public_key == key.public_key for one in self.witnesses):
            raise BadPolicy("this witness is listed already")
        self.witnesses.append(Witness(self._named(words[0]), key, _url(words[2:])))

    def _group(self, words: list[str]) -> None:
        told, *members = words[1:]
        counts = {"any": 1, "all": len(members)}
        if told not in counts and not re.fullmatch(r"[1-9][0-9]{0,3}", told):
            raise BadPolicy("a group is `any`, `all` or a number of its members")
        least = counts.get(told) or int(told)
        if least > len(members):
            raise BadPolicy(f"{least} of {len(members)} members")
        for member in members:
            if member not in self.names:
                raise BadPolicy(f"nothing above is called {member}")
            if member in self.members:
                raise BadPolicy(f"{member} stands in a group already")
            self.members.add(member)
        self.groups[self._named(words[0])] = (least, tuple(members))

    def _quorum(self, words: list[str]) -> None:
        if self.quorum is not None:
            raise BadPolicy("there is a quorum already")
        if words[0] != NONE and words[0] not in self.names:
            raise BadPolicy(f"nothing above is called {words[0]}")
        self.quorum = words[0]

    def _named(self, name: str) -> str:
        if name == NONE or name in self.names:
            raise BadPolicy(f"{name} is taken")
        self.names.add(name)
        return name


def _url(words: list[str]) -> str:
    if words and not _URL.fullmatch(words[0]):
        raise BadPolicy("an address begins with https:// or http://")
    return words[0].rstrip("/") if words else ""

"""The ledger's rules once more, as plainly as dicts allow: every rule that an entry would break, not just the first.

Written from docs/log-format.md, slow and without any care for it; what the book says is held against this.
"""

from __future__ import annotations

import datetime
import hashlib
import json
from typing import Any

DAY_MS = 86_400_000
MOST = 2**53 - 1
SPECIAL = {"issue", "opening", "pool", "lapsed", "clearing"}
ISSUING = {"issue", "opening"}
SINKS = {"pool", "lapsed"}
ZONE_MS = 8 * 3_600_000

Fields = dict[str, Any]


def digest(numbers: Fields) -> str:
    return hashlib.sha256(json.dumps(numbers, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


class Model:
    """What a log amounts to. `broken(kind, fields, at)` tells the codes; `do` books an entry that breaks none."""

    def __init__(self) -> None:
        self.log: list[tuple[str, Fields]] = []
        self.accounts: dict[int, Fields] = {}
        self.held: dict[int, Fields] = {}
        self.notes: dict[int, Fields] = {}
        self.reversed: set[int] = set()
        self.rule: Fields = {}
        self.at = 0

    # Asking

    def broken(self, kind: str, fields: Fields, at: int) -> set[str]:
        codes = set(getattr(self, "broken_" + kind)(fields, at))
        if len(self.log) == 0 and (kind != "rule" or "cites" in fields):
            codes.add("first_entries")
        if len(self.log) == 1 and (kind != "key" or fields["from"]):
            codes.add("first_entries")
        if at < self.at:
            codes.add("clock")
        if "on" in fields and self.rule:
            today = datetime.datetime.fromtimestamp((at + ZONE_MS) / 1000, datetime.UTC).date().isoformat()
            if fields["on"] > today:
                codes.add("future_day")
        return codes

    def open_group(self, owner: int) -> list[int]:
        group = [number for number, one in self.accounts.items() if one["owner"] == owner and one["closed"] is None]
        return sorted(group, key=self.turn)

    def turn(self, number: int) -> tuple[Any, ...]:
        one = self.accounts[number]
        return (one["ends"] is None, one["ends"] or 0, one["to"] is None, number)

    def available(self, number: int) -> int:
        return int(self.accounts[number]["balance"] - self.accounts[number]["held"])

    def may(self, number: int, classes: set[str]) -> bool:
        to = self.accounts[number]["to"]
        return to is None or classes <= set(to)

    def is_ended(self, number: int, at: int) -> bool:
        ends = self.accounts[number]["ends"]
        return ends is not None and ends <= at

    def broken_legs(self, legs: list[list[int]]) -> set[str]:
        codes = set()
        if any(number not in self.accounts for number, _ in legs):
            return {"unknown_account"}
        accounts = [self.accounts[number] for number, _ in legs]
        if any(one["closed"] is not None for one in accounts):
            codes.add("closed_account")
        if len({one["unit"] for one in accounts}) > 1:
            codes.add("unit_mismatch")
        if any(self.accounts[number]["class"] in ISSUING for number, amount in legs if amount > 0):
            codes.add("issuing_credited")
        owners = [
            {self.accounts[number]["owner"] for number, amount in legs if (amount > 0) == way} for way in (True, False)
        ]
        if owners[0] & owners[1]:
            codes.add("one_hop")
        return codes

    def credited_classes(self, legs: list[list[int]]) -> set[str]:
        return {self.accounts[number]["class"] for number, amount in legs if amount > 0}

    def broken_debits(self, legs: list[list[int]], at: int, kind: str) -> set[str]:
        codes = set()
        classes = self.credited_classes(legs)
        amounts = {number: amount for number, amount in legs}  # noqa: C416  # dict() takes tuples only
        for number, amount in legs:
            if amount > 0:
                continue
            one = self.accounts[number]
            if not self.may(number, classes):
                codes.add("to_forbids")
            if self.is_ended(number, at) and not classes <= SINKS:
                codes.add("ended")
            if one["class"] in ISSUING:
                if kind == "hold":
                    codes.add("issuing_hold")
                elif one["issued"] - amount > one["quota"]:
                    codes.add("quota")
                continue
            if self.available(number) + amount < one["floor"]:
                codes.add("insufficient")
            for other in self.open_group(one["owner"]):
                if (
                    self.turn(other) < self.turn(number)
                    and self.may(other, classes)
                    and (classes <= SINKS or not self.is_ended(other, at))
                ):
                    left = self.available(other) + min(0, amounts.get(other, 0))
                    if left > max(0, self.accounts[other]["floor"]):
                        codes.add("order")
        return codes

    def broken_credits(self, legs: list[list[int]], at: int) -> set[str]:
        codes = set()
        for number, amount in legs:
            one = self.accounts[number]
            if amount > 0:
                if self.is_ended(number, at):
                    codes.add("ended")
                if one["ceiling"] is not None and one["balance"] + amount > one["ceiling"]:
                    codes.add("ceiling")
            if abs(one["balance"] + amount) > MOST:
                codes.add("range")
        return codes

    def broken_cite(self, seq: int, topic: str, subject: str, numbers: Fields) -> set[str]:
        if seq not in self.notes:
            return {"unknown_note"}
        note = self.notes[seq]
        codes = set()
        if (note["topic"], note["subject"], note["digest"]) != (topic, subject, digest(numbers)):
            codes.add("note_mismatch")
        if note["used"]:
            codes.add("note_used")
        return codes

    def broken_rule(self, fields: Fields, at: int) -> set[str]:
        if "cites" not in fields:
            return {"note_mismatch"} if self.log else set()
        return self.broken_cite(
            fields["cites"], "rule", "rule", {name: fields[name] for name in ("two_from_min", "two_from_pt", "zone")}
        )

    def broken_key(self, fields: Fields, at: int) -> set[str]:
        return {"key_from"} if len(self.log) > 1 and fields["from"] <= len(self.log) else set()

    def broken_open(self, fields: Fields, at: int) -> set[str]:
        codes = set()
        if fields["account"] in self.accounts:
            codes.add("account_exists")
        if fields["class"] in SPECIAL and (
            fields.keys() & {"owner", "ends", "to"} or (fields["class"] in ISSUING and "ceiling" in fields)
        ):
            codes.add("special_account")
        if "ends" in fields and (fields["ends"] <= at or (fields["ends"] + ZONE_MS) % DAY_MS):
            codes.add("ends")
        if "owner" in fields:
            owner = fields["owner"]
            if owner not in self.accounts:
                codes.add("unknown_account")
            elif self.accounts[owner]["closed"] is not None:
                codes.add("closed_account")
            else:
                main = self.accounts[owner]
                if main["owner"] != owner or main["unit"] != fields["unit"] or main["class"] in SPECIAL:
                    codes.add("owner")
                for other in self.open_group(owner):
                    one = self.accounts[other]
                    if (one["class"], one["ends"]) == (fields["class"], fields.get("ends")):
                        codes.add("lot_exists")
        return codes

    def broken_limit(self, fields: Fields, at: int) -> set[str]:
        number = fields["account"]
        if number not in self.accounts:
            return {"unknown_account"}
        one = self.accounts[number]
        numbers: Fields = {name: fields[name] for name in ("floor", "ceiling", "quota") if name in fields}
        codes = self.broken_cite(fields["cites"], "limit", str(number), {"account": number, **numbers})
        if one["closed"] is not None:
            codes.add("closed_account")
        if len(fields["approvers"]) < 2:
            codes.add("two_approvers")
        wrong = numbers.keys() - {"quota"} if one["class"] in ISSUING else numbers.keys() & {"quota"}
        if wrong or ("ceiling" in numbers and numbers["ceiling"] < numbers.get("floor", 0)):
            codes.add("limit_fields")
        return codes

    def broken_post(self, fields: Fields, at: int) -> set[str]:
        codes = self.broken_legs(fields["legs"])
        if "cites" in fields and fields["cites"] not in self.notes:
            codes.add("unknown_note")
        if "unknown_account" in codes:
            return codes
        return codes | self.broken_debits(fields["legs"], at, "post") | self.broken_credits(fields["legs"], at)

    def broken_hold(self, fields: Fields, at: int) -> set[str]:
        codes = self.broken_legs(fields["legs"])
        if "until" in fields and fields["until"] <= at:
            codes.add("until")
        if "unknown_account" in codes:
            return codes
        return codes | self.broken_debits(fields["legs"], at, "hold")

    def broken_resolve(self, seq: int) -> set[str]:
        if seq not in self.held:
            return {"unknown_hold"}
        return {"hold_resolved"} if self.held[seq]["resolved"] else set()

    def broken_capture(self, fields: Fields, at: int) -> set[str]:
        codes = self.broken_resolve(fields["hold"])
        legs = fields["legs"]
        codes |= self.broken_legs(legs)
        if {"unknown_hold", "unknown_account"} & codes:
            return codes
        held = {number: -amount for number, amount in self.held[fields["hold"]]["legs"] if amount < 0}
        amounts = {number: -amount for number, amount in legs if amount < 0}
        for number, amount in amounts.items():
            if amount > held.get(number, 0):
                codes.add("capture_exceeds")
            if not self.may(number, self.credited_classes(legs)):
                codes.add("to_forbids")
            for other, kept in held.items():
                same = self.accounts[other]["owner"] == self.accounts[number]["owner"]
                if same and self.turn(other) < self.turn(number) and amounts.get(other, 0) < kept:
                    codes.add("order")
        return codes | self.broken_credits(legs, at)

    def broken_release(self, fields: Fields, at: int) -> set[str]:
        return self.broken_resolve(fields["hold"])

    def broken_expire(self, fields: Fields, at: int) -> set[str]:
        codes = self.broken_resolve(fields["hold"])
        if not codes and (self.held[fields["hold"]]["until"] is None or at < self.held[fields["hold"]]["until"]):
            codes.add("not_due")
        return codes

    def broken_reverse(self, fields: Fields, at: int) -> set[str]:
        of = fields["of"]
        if of >= len(self.log):
            return {"unknown_entry"}
        kind, entry = self.log[of]
        if kind not in ("post", "capture"):
            return {"not_reversible"}
        codes = set()
        if of in self.reversed:
            codes.add("already_reversed")
        if any(self.accounts[number]["closed"] is not None for number, _ in entry["legs"]):
            codes.add("closed_account")
        unit = self.accounts[entry["legs"][0][0]]["unit"]
        if (
            sum(abs(amount) for _, amount in entry["legs"]) // 2 >= self.rule["two_from_" + unit]
            and len(fields["approvers"]) < 2
        ):
            codes.add("two_approvers")
        return codes

    def broken_close(self, fields: Fields, at: int) -> set[str]:
        number = fields["account"]
        if number not in self.accounts:
            return {"unknown_account"}
        one = self.accounts[number]
        if one["closed"] is not None:
            return {"closed_account"}
        codes = set()
        if one["balance"] or one["held"]:
            codes.add("not_empty")
        if one["owner"] == number and self.open_group(number) != [number]:
            codes.add("has_lots")
        return codes

    def broken_note(self, fields: Fields, at: int) -> set[str]:
        return set()

    def broken_erase(self, fields: Fields, at: int) -> set[str]:
        codes = set()
        for number in fields["accounts"]:
            if number not in self.accounts:
                codes.add("unknown_account")
            elif self.accounts[number]["closed"] is None:
                codes.add("not_closed")
            elif self.accounts[number]["erased"]:
                codes.add("already_erased")
        return codes

    # Doing

    def do(self, kind: str, fields: Fields, at: int) -> None:
        seq = len(self.log)
        self.log.append((kind, fields))
        self.at = at
        if kind == "rule":
            self.rule = fields
            self.use(fields.get("cites"))
        elif kind == "open":
            number = fields["account"]
            self.accounts[number] = {
                "unit": fields["unit"],
                "class": fields["class"],
                "owner": fields.get("owner", number),
                "ceiling": fields.get("ceiling"),
                "ends": fields.get("ends"),
                "to": fields.get("to"),
                **dict.fromkeys(("floor", "quota", "issued", "balance", "held"), 0),
                "closed": None,
                "erased": False,
            }
        elif kind == "limit":
            one = self.accounts[fields["account"]]
            one.update(floor=fields.get("floor", 0), ceiling=fields.get("ceiling"), quota=fields.get("quota", 0))
            if one["class"] in ISSUING:
                one["issued"] = 0
            self.use(fields["cites"])
        elif kind == "post":
            self.move(fields["legs"])
            for number, amount in fields["legs"]:
                if self.accounts[number]["class"] in ISSUING:
                    self.accounts[number]["issued"] -= amount
        elif kind == "hold":
            self.held[seq] = {"legs": fields["legs"], "until": fields.get("until"), "resolved": False}
            for number, amount in fields["legs"]:
                self.accounts[number]["held"] -= min(amount, 0)
        elif kind in ("capture", "release", "expire"):
            hold = self.held[fields["hold"]]
            hold["resolved"] = True
            for number, amount in hold["legs"]:
                self.accounts[number]["held"] += min(amount, 0)
            self.move(fields.get("legs", []))
        elif kind == "reverse":
            self.reversed.add(fields["of"])
            self.move([[number, -amount] for number, amount in self.log[fields["of"]][1]["legs"]])
        elif kind == "close":
            self.accounts[fields["account"]]["closed"] = seq
        elif kind == "note":
            self.notes[seq] = {**fields, "used": False}
        elif kind == "erase":
            for number in fields["accounts"]:
                self.accounts[number]["erased"] = True

    def move(self, legs: list[list[int]]) -> None:
        for number, amount in legs:
            self.accounts[number]["balance"] += amount

    def use(self, seq: int | None) -> None:
        if seq is not None:
            self.notes[seq]["used"] = True

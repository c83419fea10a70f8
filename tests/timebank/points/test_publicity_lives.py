"""Batches with every fate that a line can have: publicity, objections and bookings always add up, and every edge and refusal is met.

A line's fate is a little story that waits for the phases of its batch. All fates run side by side, in an order drawn anew
in each round, over bookings in pieces of which some crash.
"""

import datetime as dt
import importlib
import pkgutil
import random
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import func, insert, update
from sqlmodel import col, select

from ledger import book_of, projections, reading
from tests.timebank.hours.arrange_activities import change_policy
from timebank import accounts
from timebank.errors import Refused
from timebank.people import kin
from timebank.permissions import Actor
from timebank.points import publicity as package
from timebank.points.awards.tables import Award
from timebank.points.household_accounts import Shortfall
from timebank.points.publicity import (
    batches,
    booking,
    checking,
    corrections,
    going_on,
    lines,
    objections,
    preparing,
    refused,
    states,
)
from timebank.points.publicity.tables import AwardCorrection, Objection, PublicityBatch, PublicityLine
from timebank.points.publicity.taking_back import take_back
from timebank.points.table.tables import PointsItem, PointsTable
from timebank.storage import new_id

OFTEN = 20
PHASES = ("open", "answer", "appeal", "decide", "over", "booked", "late", "late_appeal", "late_decide", "confirm")
DAYS = {
    "answer": 1,
    "appeal": 1,
    "decide": 1,
    "over": 12,
    "booked": 8,
    "late": 1,
    "late_appeal": 1,
    "late_decide": 1,
    "confirm": 1,
}
SMALL, LARGE = 50, 1_500
OBJECTION_VERBS = {
    (before, after): verb
    for verb, ways in states.OBJECTION_MOVES.items()
    for before, afters in ways.items()
    for after in afters
}
BATCH_VERBS = {(before, ways[before][0]): verb for verb, ways in states.BATCH_MOVES.items() for before in ways}


class Boom(Exception):
    """A crash between the pieces of a booking."""


class Life:
    """The village, its people, and what was met."""

    def __init__(self, village, chance: random.Random) -> None:
        self.village, self.chance = village, chance
        self.edges: Counter[tuple[str, str, str, str]] = Counter()
        self.refusals: Counter[str] = Counter()
        self.people = [village.make_person(f"村民{number}") for number in range(30)]
        self.turn = 0
        self.relative = village.make_person("亲戚")
        clerk = Actor.console(village.community_id, "test")
        self.relative_of = self.people[0]
        village.write(
            lambda s, now: kin.declare(
                s, actor=clerk, now=now, person_id=self.relative.id, relative_number=self.relative_of.number,
                relation="sibling", evidence="户口簿",
            )
        )  # fmt: skip
        self.table_id, self.items = self.make_table()

    def make_table(self):
        village, now = self.village, self.village.now
        table_id, today = new_id(now), village.today - dt.timedelta(days=400)
        table = {
            "community_id": village.community_id, "id": table_id, "title": "积分表", "source": "", "state": "in_force",
            "digest": "ab" * 32, "drafted_at": now, "drafted_by": "test", "version": 1, "adopted_on": today,
            "body": "assembly", "quorum": 10, "present": 20, "votes_for": 15, "votes_against": 1,
            "minutes_digest": "cd" * 32, "minutes_name": "纪要.pdf", "adopted_by": "test", "published_at": now,
            "published_until": now, "in_force_from": today, "note": 1,
        }  # fmt: skip
        items = [
            {"community_id": village.community_id, "id": new_id(now), "table_id": table_id, "position": number,
             "category": "甲", "title": title, "kind": kind, "value_steps": steps, "per": "once", "subject": "household",
             "in_use": True, "in_use_from": today, "remark": "", "clause": "", "evidence": ""}
            for number, (title, kind, steps) in enumerate(
                [("小", "award", SMALL), ("大", "award", LARGE), ("扣", "deduction", -200), ("基础", "base", 600)], 1
            )
        ]  # fmt: skip

        def write(session, at):
            draft = {
                name: table[name]
                for name in ("community_id", "id", "title", "source", "digest", "drafted_at", "drafted_by")
            }
            session.execute(insert(PointsTable), [{**draft, "state": "draft"}])
            session.execute(insert(PointsItem), items)
            session.execute(update(PointsTable).where(col(PointsTable.id) == table_id).values(**table))
            return {}

        village.write(write)
        return table_id, items

    # -- people

    def resident(self, but=()):
        """Somebody in her turn, so that nobody waits for too many answers."""
        while True:
            self.turn += 1
            found = self.people[self.turn % len(self.people)]
            if found.id not in {one.id for one in but}:
                return found

    def herself(self, person):
        return self.village.actor(person=person)

    def committee(self):
        return self.village.actor("committee")

    # -- deeds

    def do(self, use_case: Callable, actor, **asked):
        """One deed on the lane; what it changed of objections and batches is counted by what it was before."""
        before = self.snapshot()
        done = self.village.write(lambda session, now: use_case(session, actor=actor, now=now, **asked))
        after = self.snapshot()
        for key, state in after.items():
            was = before.get(key)
            if was is None or was == state:
                continue
            if key[0] == "objection":
                self.edges["objection", OBJECTION_VERBS[was, state], was, state] += 1
            elif key[0] == "batch":
                self.edges["batch", BATCH_VERBS[was, state], was, state] += 1
        return done

    def move(self, verb: str, line: "Line", use_case: Callable, actor, **asked):
        """A deed that takes a line along an edge."""
        was = line.state(self)
        done = self.do(use_case, actor, **asked)
        state = line.state(self)
        assert state in states.LINE_MOVES[verb].get(was, ()), f"{verb}: {was} to {state}"
        self.edges["line", verb, was, state] += 1
        return done

    def refused(self, code: str, use_case: Callable, actor, **asked) -> None:
        before = self.snapshot()
        with pytest.raises(Refused) as refusal:
            self.do(use_case, actor, **asked)
        assert refusal.value.code == code, f"wanted {code}, got {refusal.value}"
        assert self.snapshot() == before
        self.refusals[code] += 1

    def snapshot(self):
        with self.village.read() as session:
            said = select(Objection.id, Objection.state).where(Objection.batch_number == self.batch)
            found = {("objection", one): state for one, state in session.execute(said)}
            hung = select(PublicityBatch.number, PublicityBatch.state).where(PublicityBatch.number == self.batch)
            found |= {("batch", number): state for number, state in session.execute(hung)}
        return found

    batch = 0

    # -- a batch

    def award(self, kind: str, person, now, back: int):
        """An award of so many days ago: the same deed of the same household on one day would be taken for a double."""
        item = self.items[{"small": 0, "large": 1, "deduction": 2, "base": 3}[kind]]
        return {
            "community_id": self.village.community_id, "id": new_id(now), "household_id": person.household_id,
            "person_id": person.id if self.chance.random() < 0.8 else None, "item_id": item["id"],
            "table_id": self.table_id, "on_day": self.village.today - dt.timedelta(days=back), "times": 1, "uncapped_steps": item["value_steps"],
            "credited_steps": item["value_steps"], "evidence": "签到表", "heard_on": self.village.today,
            "state": "approved", "entered_at": now, "entered_by": "TPL-8001-1", "source": "", "reviewed_at": now,
            "reviewed_by": "TPL-8002-2", "reviewer": 8002, "review_remark": "", "taken_steps": 0, "closed_reason": "",
        }  # fmt: skip

    def round(self) -> None:
        """A month: approved, published in pieces, objected, booked in pieces, objected late."""
        told = [*FATES, *[(quiet, kind) for kind in self.chance.choices(("small", "deduction", "base"), k=3)]]
        self.chance.shuffle(told)
        told.insert(0, (meddling, "small"))
        now, self.greedy = self.village.now, self.village.make_person()
        rows = [
            self.award(kind, self.chance.choice(self.people[:12]), now, back) for back, (_, kind) in enumerate(told)
        ]
        rows[0] |= {"household_id": self.relative_of.household_id, "person_id": self.relative_of.id}
        for row, (fate, _) in zip(rows, told, strict=True):
            if fate in (unbookable, unbookable_after_an_objection):
                closed = self.household_with_closed_account()
                row |= {"household_id": closed.household_id, "person_id": closed.id}
        self.publish(rows)
        with self.village.read() as session:
            numbers = {row.award_id: row.number for row in session.scalars(select(PublicityLine).where(PublicityLine.batch_number == self.batch))}  # fmt: skip
        stories = [fate(self, Line(self.batch, numbers[row["id"]], row["id"])) for (fate, _), row in zip(told, rows, strict=True)]  # fmt: skip
        waiting: dict[str, list[Iterator[str]]] = defaultdict(list)
        waiting["open"] = stories
        for phase in PHASES:
            if phase in DAYS:
                self.village.pass_time(days=DAYS[phase])
            mine = waiting.pop(phase, [])
            if phase == "over":  # between the period's end and the booking
                run_all(self, mine, waiting)
                mine = []
            if phase in ("over", "booked", "late"):
                self.book()
            run_all(self, mine, waiting)
            self.adds_up()
        assert not any(waiting.values())
        self.refused("batch_wrong_state", booking.begin_booking, self.committee(), number=self.batch)

    def household_with_closed_account(self):
        person = self.village.make_person("注销户")

        def close(session, now):
            own = {"kind": "household", "owner_id": person.household_id, "unit": "pt"}
            book_of(session).close(accounts.open_main(session, self.village.community_id, **own))
            return {}

        self.village.write(close)
        return person

    def publish(self, rows) -> None:
        village, committee = self.village, self.committee()
        self.batch = 0
        self.refused("nothing_to_publish", batches.publish, committee)
        village.write(lambda session, now: session.execute(insert(Award), rows) and {})
        held = rows[0]["id"]
        self.do(preparing.hold_back, committee, award_id=held, reason="等照片")
        self.refused("held_back", preparing.hold_back, committee, award_id=held, reason="等照片")
        self.do(preparing.release, committee, award_id=held)
        self.refused("not_held_back", preparing.release, committee, award_id=held)
        done = self.do(batches.publish, committee, limit=self.chance.randint(1, 6))
        self.batch = done["batch"]
        self.refused("publishing_already", batches.publish, committee)
        job = Actor.system(village.community_id, "end_publicity")
        with village.read() as session, pytest.raises(Refused):
            batches.batch_of(session, village.community_id, self.batch)  # nobody sees it before it is whole
        self.crash(batches.lay, job, number=self.batch, limit=3)
        while done["left"]:
            done = self.do(batches.lay, job, number=self.batch, limit=self.chance.randint(2, 7))
            self.edges["batch", "lay", "publishing", "publishing"] += int(bool(done["left"]))
        assert done["lines"] == len(rows)
        self.refused("batch_wrong_state", batches.lay, job, number=self.batch)
        self.refused("period_not_over", booking.begin_booking, committee, number=self.batch)

    def book(self) -> None:
        """By a click and in pieces, one of which crashes; the rest as the runner does it."""
        village, job = self.village, Actor.system(self.village.community_id, "end_publicity")
        before = self.line_states()
        with village.read() as session:
            state = session.get(PublicityBatch, (village.community_id, self.batch)).state
        if state == "hanging":
            self.crash(booking.begin_booking, self.committee(), number=self.batch)
            self.do(booking.book_some, job, number=self.batch, limit=self.chance.randint(1, 4))
        self.crash(booking.book_some, job, number=self.batch, limit=3)
        was = self.snapshot()
        going_on.go_on(
            village.storage, village.community_id, self.batch, pause=lambda _: None, piece=self.chance.randint(1, 9)
        )
        now = self.snapshot()
        if was["batch", self.batch] != now["batch", self.batch]:
            self.edges["batch", "close", was["batch", self.batch], now["batch", self.batch]] += 1
        for number, state in self.line_states().items():
            if state != before[number]:
                self.edges["line", "book", before[number], state] += 1

    def crash(self, use_case, actor, **asked) -> None:
        """A write that dies after its work: nothing of it is kept."""

        def dying(session, now):
            use_case(session, actor=actor, now=now, **asked)
            raise Boom

        before = self.line_states(), self.snapshot()
        with pytest.raises(Boom):
            self.village.write(dying)
        assert (self.line_states(), self.snapshot()) == before

    def line_states(self):
        with self.village.read() as session:
            rows = session.execute(select(PublicityLine.number, PublicityLine.state).where(PublicityLine.batch_number == self.batch))  # fmt: skip
            return dict(map(tuple, rows))

    # -- what must hold

    def adds_up(self) -> None:
        community_id = self.village.community_id
        with self.village.read() as session:
            (standing,) = batches.standings(session, [batches.batch_of(session, community_id, self.batch)])
            assert standing.adds_up
            assert standing.states == {
                state: counted for state in states.LINE
                if (counted := lines.counted(session, community_id, self.batch).get(state))
            }  # fmt: skip
            booked = (Award.state == "booked", Award.community_id == community_id)
            won = session.scalar(select(func.coalesce(func.sum(Award.credited_steps), 0)).where(*booked, Award.credited_steps > 0))  # fmt: skip
            lost = session.scalar(select(func.coalesce(func.sum(-Award.credited_steps), 0)).where(*booked, Award.credited_steps < 0))  # fmt: skip
            owed = session.scalar(select(func.coalesce(func.sum(Shortfall.owed_steps), 0)))
            of = {number: reading.account(session, community_id, number).balance for number in (accounts.ISSUE_PT, accounts.RETURNED_PT)}  # fmt: skip
            assert of[accounts.ISSUE_PT] == -won
            assert of[accounts.RETURNED_PT] + owed == lost
            everyone = [one.balance for one in reading.accounts(session, community_id) if one.unit == "pt"]
            assert sum(everyone) == 0


class Line:
    """One line of the batch, for its fate."""

    def __init__(self, batch: int, number: int, award_id: uuid.UUID) -> None:
        self.batch, self.number, self.award_id = batch, number, award_id
        self.objectors: list[Any] = []

    def state(self, life: Life) -> str:
        with life.village.read() as session:
            of = (PublicityLine.batch_number == self.batch, PublicityLine.number == self.number)
            return session.scalar(select(PublicityLine.state).where(*of))

    def object(self, life: Life, verb="object"):
        person = life.resident(but=[*self.objectors, *self.owners(life)])
        self.objectors.append(person)
        done = life.move(verb, self, objections.object_to, life.herself(person), **self.asked())
        return Said(person, uuid.UUID(done["objection_id"]))

    def owners(self, life: Life):
        with life.village.read() as session:
            home = session.get(Award, (life.village.community_id, self.award_id)).household_id
        return [person for person in life.people if person.household_id == home]

    def asked(self):
        return {"batch_number": self.batch, "line_number": self.number, "reason": "他没有参加"}

    def answer(self, life: Life, said, verb, **more):
        upheld = verb not in ("reject", "reject_late")
        return life.move(verb, self, objections.answer, life.committee(), objection_id=said.id, upheld=upheld, text="已核实", **more)  # fmt: skip

    def appeal(self, life: Life, said, verb="appeal"):
        return life.move(verb, self, objections.appeal, life.herself(said.person), objection_id=said.id, text="请再查")

    def take_back(self, life: Life, said, verb="take_back"):
        return life.move(verb, self, take_back, life.herself(said.person), objection_id=said.id)

    def decline(self, life: Life):
        life.edges["correction", "decline", "asked", "declined"] += 1
        return life.move("decline_reversal", self, corrections.decline_correction, life.village.actor("community_manager"),
                         award_id=self.award_id, reason="照片上就是他")  # fmt: skip

    def decide(self, life: Life, said, verb, **more):
        upheld = verb not in ("decide_reject", "decide_reject_late")
        supervisor = life.village.actor("supervision_committee")
        return life.move(verb, self, objections.decide, supervisor, objection_id=said.id, upheld=upheld, text="已复核", **more)  # fmt: skip


class Said:
    def __init__(self, person, objection_id) -> None:
        self.person, self.id = person, objection_id


def run_all(life: Life, stories, waiting) -> None:
    life.chance.shuffle(stories)
    for story in stories:
        following = next(story, None)
        if following is not None:
            waiting[following].append(story)


# Fates ----------------------------------------------------------------------------------------------------------------


def quiet(life, line):
    return
    yield


def rejected(life, line):
    said = line.object(life)
    life.refused("objected_already", objections.object_to, life.herself(said.person), **line.asked())
    life.refused("own_objection", objections.answer, life.village.actor("committee", person=said.person),
                 objection_id=said.id, upheld=False, text="好")  # fmt: skip
    yield "answer"
    line.answer(life, said, "reject")
    life.refused(
        "objection_wrong_state", objections.answer, life.committee(), objection_id=said.id, upheld=True, text="再答"
    )
    yield "over"
    life.refused("appeal_too_late", objections.appeal, life.herself(said.person), objection_id=said.id, text="晚了")


def withdrawn(life, line):
    said = line.object(life)
    yield "answer"
    line.answer(life, said, "withdraw")
    life.refused("line_done", objections.object_to, life.herself(life.resident(but=line.objectors)), **line.asked())


def corrected(life, line):
    said = line.object(life)
    yield "answer"
    line.answer(life, said, "correct", corrected=objections.Corrected("2"))


def joined(life, line):
    first, second = line.object(life), line.object(life)
    yield "answer"
    assert line.answer(life, first, "reject")["joined"] == 2
    yield "appeal"
    line.appeal(life, first)
    line.appeal(life, second)
    yield "decide"
    assert line.decide(life, second, "decide_reject")["joined"] == 2


def again(life, line):
    first = line.object(life)
    yield "answer"
    line.answer(life, first, "reject")
    second = line.object(life)
    yield "appeal"
    line.appeal(life, first)
    yield "decide"
    line.decide(life, first, "decide_reject")
    line.answer(life, second, "reject")


def upheld_on_appeal(life, line):
    first = line.object(life)
    yield "answer"
    line.answer(life, first, "reject")
    line.appeal(life, first)
    second = line.object(life)
    yield "appeal"
    line.answer(life, second, "reject")
    yield "decide"
    line.decide(life, first, "withdraw")
    life.refused("line_done", objections.appeal, life.herself(second.person), objection_id=second.id, text="再查")


def corrected_on_appeal(life, line):
    said = line.object(life)
    yield "answer"
    line.answer(life, said, "reject")
    yield "appeal"
    line.appeal(life, said)
    yield "decide"
    line.decide(life, said, "correct", corrected=objections.Corrected("2"))


def settled_by_another(life, line):
    first = line.object(life)
    yield "answer"
    line.answer(life, first, "reject")
    line.appeal(life, first)
    second = line.object(life)
    yield "appeal"
    line.answer(life, second, "withdraw")


def late_and_rejected(life, line):
    yield "booked"
    first, second = line.object(life, "object_late"), line.object(life, "object_late")
    yield "late"
    line.answer(life, first, "reject_late")
    yield "late_appeal"
    line.appeal(life, first, "appeal_late")
    line.appeal(life, second, "appeal_late")
    yield "late_decide"
    line.decide(life, first, "decide_reject_late")


def late_and_again(life, line):
    yield "booked"
    first = line.object(life, "object_late")
    yield "late"
    line.answer(life, first, "reject_late")
    line.appeal(life, first, "appeal_late")
    second = line.object(life, "object_late")
    line.answer(life, second, "reject_late")  # the appeal still stands
    third = line.object(life, "object_late")
    yield "late_appeal"
    line.decide(life, first, "decide_reject_late")
    line.answer(life, third, "reject_late")


def late_and_reversed(life, line):
    yield "booked"
    said = line.object(life, "object_late")
    yield "late"
    assert not line.answer(life, said, "reverse")["needs_another"]


def late_and_large(life, line):
    yield "booked"
    said = line.object(life, "object_late")
    yield "late"
    asker = life.committee()
    life.move("ask_reversal", line, objections.answer, asker, objection_id=said.id, upheld=True, text="已核实")
    life.refused("needs_another_officer", corrections.confirm_correction, asker, award_id=line.award_id)
    yield "confirm"
    confirmed(life, line)


def asked_back(life, line):
    life.refused("not_booked", corrections.ask_correction, life.committee(), award_id=line.award_id, reason="记错")
    yield "booked"
    life.move("ask_reversal", line, corrections.ask_correction, life.committee(), award_id=line.award_id, reason="记错")
    yield "confirm"
    confirmed(life, line)


def taken_back(life, line):
    said = line.object(life)
    life.refused(
        "not_refused",
        refused.give_up,
        life.committee(),
        batch_number=line.batch,
        line_number=line.number,
        reason="注销",
    )
    yield "answer"
    line.take_back(life, said)
    life.refused("objection_wrong_state", take_back, life.herself(said.person), objection_id=said.id)
    assert line.state(life) == "hanging"


def taken_back_by_one_of_two(life, line):
    first, second = line.object(life), line.object(life)
    yield "answer"
    line.take_back(life, first)
    line.answer(life, second, "reject")
    third = line.object(life)
    line.take_back(life, third)  # the answer stands
    yield "appeal"
    line.appeal(life, second)
    fourth = line.object(life)
    line.take_back(life, fourth)  # the appeal stands
    yield "decide"
    line.decide(life, second, "decide_reject")


def late_and_taken_back(life, line):
    yield "booked"
    first, second = line.object(life, "object_late"), line.object(life, "object_late")
    yield "late"
    line.take_back(life, first, "take_back_late")
    line.take_back(life, second, "take_back_late")


def late_and_declined(life, line):
    """Upheld, but the second officer keeps it in the books; the supervision committee's word on it is not declined any more."""
    yield "booked"
    said = line.object(life, "object_late")
    yield "late"
    life.move("ask_reversal", line, objections.answer, life.committee(), objection_id=said.id, upheld=True, text="是")
    line.decline(life)
    yield "late_appeal"
    line.appeal(life, said, "appeal_late")
    yield "late_decide"
    supervisor = life.village.actor("supervision_committee")
    life.move("ask_reversal", line, objections.decide, supervisor, objection_id=said.id, upheld=True, text="应当冲正")
    life.refused("decision_final", corrections.decline_correction, life.village.actor("community_manager"),
                 award_id=line.award_id, reason="不同意")  # fmt: skip
    yield "confirm"
    confirmed(life, line, asked=2)


def late_and_declined_while_appealed(life, line):
    """An appeal that an answer to somebody else had ended goes on when that answer's booking back is declined."""
    yield "booked"
    first = line.object(life, "object_late")
    yield "late"
    line.answer(life, first, "reject_late")
    line.appeal(life, first, "appeal_late")
    second = line.object(life, "object_late")
    life.move("ask_reversal", line, objections.answer, life.committee(), objection_id=second.id, upheld=True, text="是")
    line.decline(life)
    yield "late_decide"
    line.decide(life, first, "decide_reject_late")


def unbookable(life, line):
    """The household's account is closed: the others are booked, this line waits, and is given up."""
    yield "booked"
    assert line.state(life) == "hanging"
    life.move(
        "give_up",
        line,
        refused.give_up,
        life.committee(),
        batch_number=line.batch,
        line_number=line.number,
        reason="注销了",
    )


def unbookable_after_an_objection(life, line):
    said = line.object(life)
    yield "answer"
    line.answer(life, said, "reject")
    yield "booked"
    life.move(
        "give_up",
        line,
        refused.give_up,
        life.committee(),
        batch_number=line.batch,
        line_number=line.number,
        reason="注销了",
    )


def confirmed(life, line, asked=1):
    life.move("confirm_reversal", line, corrections.confirm_correction, life.village.actor("community_manager"),
              award_id=line.award_id)  # fmt: skip
    with life.village.read() as session:
        every = session.scalars(select(AwardCorrection).where(col(AwardCorrection.award_id) == line.award_id)).all()
        assert len(every) == asked
        (last,) = [one for one in every if one.confirmed_at]
        assert last.confirmed_by != last.asked_by
    life.edges["correction", "confirm", "asked", "confirmed"] += 1


def meddling(life, line):
    """What is refused of the first line, whose household has a relative on the committee; it is rejected in the end."""
    line.objectors.append(life.relative_of)
    said = line.object(life)
    asked = {"objection_id": said.id, "upheld": False, "text": "好"}
    life.refused(
        "too_near_to_answer", objections.answer, life.village.actor("committee", person=life.relative), **asked
    )
    life.refused("own_household", objections.answer, life.village.actor("committee", person=life.relative_of), **asked)
    reviewer = Actor(
        life.village.community_id, "TPL-8002-2", grants=life.committee().grants, area_path=life.village.area_path
    )
    life.refused("reviewed_it", objections.answer, reviewer, **asked)
    yield "answer"
    line.answer(life, said, "reject")
    with pytest.raises(states.LineWrongState):
        states.line_after("withdrawn", "book", line=1)
    life.refusals["line_wrong_state"] += 1
    yield "over"
    free = life.resident(but=line.objectors)
    hanging = next((number for number, state in life.line_states().items() if state == "hanging"), None)
    if hanging is not None:
        life.refused(
            "objection_too_late", objections.object_to, life.herself(free), **{**line.asked(), "line_number": hanging}
        )


def greedy(life, line):
    """One resident objects to line after line; nobody waits for more than three answers at once."""
    with life.village.read() as session:
        mine = session.scalars(select(Objection.id).where(Objection.person_id == life.greedy.id)).all()
    if len(mine) == 3:
        life.refused("too_many_objections", objections.object_to, life.herself(life.greedy), **line.asked())
        return
    done = life.move("object", line, objections.object_to, life.herself(life.greedy), **line.asked())
    yield "answer"
    line.answer(life, Said(life.greedy, uuid.UUID(done["objection_id"])), "reject")


FATES = [
    *[(greedy, "small")] * 4,
    (rejected, "small"),
    (withdrawn, "deduction"),
    (corrected, "small"),
    (joined, "deduction"),
    (again, "large"),
    (upheld_on_appeal, "base"),
    (corrected_on_appeal, "small"),
    (settled_by_another, "small"),
    (late_and_rejected, "small"),
    (late_and_again, "deduction"),
    (late_and_reversed, "deduction"),
    (late_and_reversed, "small"),
    (late_and_large, "large"),
    (asked_back, "small"),
    (taken_back, "small"),
    (taken_back_by_one_of_two, "deduction"),
    (late_and_taken_back, "base"),
    (late_and_declined, "large"),
    (late_and_declined_while_appealed, "large"),
    (unbookable, "small"),
    (unbookable_after_an_objection, "large"),
]


def codes() -> set[str]:
    """Every refusal of the module."""
    for found in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{found.name}")

    def below(kind):
        for one in kind.__subclasses__():
            yield one
            yield from below(one)

    return {one.code for one in below(Refused) if one.__module__.startswith(package.__name__)}


@pytest.mark.slow
@pytest.mark.parametrize("db", ["sqlite"], indirect=True)
def test_publicity_objections_and_bookings_always_add_up(village):
    change_policy(village, objections_open_most=3)
    life = Life(village, random.Random(20_261_122))
    village.clock.move(dt.timedelta(days=1))
    for _ in range(OFTEN):
        life.round()
    with village.read() as session:
        assert list(projections.differences(session.connection(), village.community_id)) == []
        assert list(checking.differences(session, village.community_id)) == []
    assert {edge: life.edges[edge] for edge in states.EDGES if life.edges[edge] < OFTEN} == {}
    assert {code: life.refusals[code] for code in codes() | {"own_household"} if life.refusals[code] < OFTEN} == {}

"""Honour lists by chance: every edge and refusal twenty times; no name in full without the head's word, no black list beyond its decision."""

import datetime as dt
import random
import uuid
from collections import Counter

import pytest
from sqlalchemy import insert
from sqlmodel import col, select

from ledger import book_of
from tests.timebank.points.booked import booked, codes_of, edges_of, table_of
from tests.timebank.points.test_years import is_sound
from timebank import accounts
from timebank.errors import Refused
from timebank.notices import Notice
from timebank.people.households import Household
from timebank.people.residents import Person
from timebank.permissions import Actor
from timebank.points import honours as package
from timebank.points.awards.tables import Award
from timebank.points.honours import deciding, listing, states, totals
from timebank.points.honours import reading as honour_reading
from timebank.points.honours.tables import HonourList
from timebank.storage import new_id

OFTEN = 20
BLACK = {"from_steps": 50, "days": 30, "public": 0}


class Honours:
    """A village with four households and a crowd of long ago, and what was met."""

    def __init__(self, village, chance: random.Random) -> None:
        self.village, self.chance = village, chance
        self.edges: Counter = Counter()
        self.refusals: Counter = Counter()
        self.items = table_of(village)
        self.heads = [village.make_person(name, relation="户主") for name in ("欧阳明", "张三", "张四", "李五")]
        self.first, self.second = village.actor("committee"), village.actor("supervision_committee")
        self.near = village.actor("committee", person=self.heads[0])
        self.long_ago = village.today - dt.timedelta(days=700)
        self.crowd()

    def crowd(self) -> None:
        """More households than a list holds, each with something of one day long ago."""
        village, now = self.village, self.village.now
        homes = [new_id(now) for _ in range(listing.MOST_LINES + 1)]
        common = {"community_id": village.community_id}
        rows = [{**common, "id": home, "number": 10_000 + number, "name": "", "address": "",
                 "area_path": village.area_path, "opened_at": now} for number, home in enumerate(homes)]  # fmt: skip
        people = [
            {**common, "id": new_id(now), "serial": 10_000 + number, "number": f"X-{number}", "name": "人", "search_key": "人",
             "household_id": home, "area_path": village.area_path, "relation": "户主", "joined_at": now}
            for number, home in enumerate(homes)
        ]  # fmt: skip

        def write(session, at):
            session.execute(insert(Household), rows)
            session.execute(insert(Person), people)
            numbers = accounts.open_mains(session, village.community_id, kind="household", unit="pt", owner_ids=homes)
            for home in homes:
                award_id = new_id(at)
                detail = {"use_case": "publicity.book", "award": award_id.hex, "credited": 1}
                entry = book_of(session).post(
                    {accounts.ISSUE_PT: -1, numbers[home]: 1}, on=village.today, detail=detail
                )
                session.add(
                    Award(id=award_id, household_id=home, item_id=self.items["修路"], table_id=self.items["table"],
                          on_day=self.long_ago, times=1, uncapped_steps=1, credited_steps=1, evidence="照片",
                          state="booked", entered_at=now, entered_by="test", reviewed_at=now, reviewed_by="other",
                          batch_number=999, entry=entry, booked_at=now, **common)
                )  # fmt: skip
            return {}

        village.write(write)

    # -- deeds

    def do(self, verb, use_case, actor=None, **asked):
        before = self.state(asked.get("list_id"))
        done = self.village.write(lambda s, now: use_case(s, actor=actor or self.first, now=now, **asked))
        if verb:
            self.edges[verb, before, self.state(asked.get("list_id"))] += 1
        return done

    def refused(self, code, use_case, actor=None, **asked):
        with pytest.raises(Refused) as refusal:
            self.do("", use_case, actor, **asked)
        assert refusal.value.code == code, f"wanted {code}, got {refusal.value}"
        self.refusals[code] += 1

    def state(self, list_id) -> str:
        if list_id is None:
            return ""
        with self.village.read() as session:
            return session.get(HonourList, (self.village.community_id, list_id)).state

    def herself(self, person) -> Actor:
        return self.village.actor(person=person)

    # -- a list

    def propose(self, kind="red", rule=None) -> uuid.UUID:
        yesterday = self.village.today - dt.timedelta(days=1)
        done = self.do("", listing.propose, kind=kind, title="榜", from_day=yesterday - dt.timedelta(days=20), to_day=yesterday,
                       rule=rule or {"kind": "threshold", "steps": 1})  # fmt: skip
        return uuid.UUID(done["list_id"])

    def confirm(self, list_id) -> None:
        self.refused("honour_second_person", listing.confirm, list_id=list_id)
        self.do("confirm", listing.confirm, self.second, list_id=list_id)

    def publish(self, list_id) -> None:
        self.do("publish", listing.publish, list_id=list_id)
        self.refused("honour_wrong_state", listing.publish, list_id=list_id)

    def touch(self, list_id) -> None:
        """What can be done to a red list in every state until it ends: a word on the name, a line taken off."""
        lines = self.lines(list_id)
        line = self.chance.choice(lines)
        head = next(one for one in self.heads if one.household_id == line.household_id)
        given = self.chance.random() < 0.6
        self.do("consent", listing.consent, self.herself(head), list_id=list_id, position=line.position, is_given=given)
        near = next((one for one in lines if one.household_id == self.heads[0].household_id), None)
        if near is not None:
            self.refused(
                "honour_too_near", listing.take_off, self.near, list_id=list_id, position=near.position, reason="撤"
            )
        if len(lines) > 1 or self.state(list_id) == states.STANDING:
            off = self.chance.choice(lines)
            self.do("take_off", listing.take_off, list_id=list_id, position=off.position, reason="记错了")
        self.shown_as_agreed(list_id)

    def lines(self, list_id):
        with self.village.read() as session:
            found = session.get(HonourList, (self.village.community_id, list_id))
            return [one for one in honour_reading.lines_of(session, found) if one.taken_off_at is None]

    def shown_as_agreed(self, list_id) -> None:
        with self.village.read() as session:
            found = session.get(HonourList, (self.village.community_id, list_id))
            for row in honour_reading.told(session, found):
                assert row.in_full == (found.kind == "red" and row.line.consent == "given")
                assert row.in_full or "*" in row.name
                assert row.line.taken_off_at is None

    def pass_days(self, days) -> None:
        self.village.pass_time(days=days)

    def settle(self, *expected) -> None:
        """The clock's work; each expected list with the verb that takes it on."""
        before = {list_id: self.state(list_id) for list_id, _ in expected}
        self.village.write(lambda s, now: listing.settle_due(s, actor=Actor.system(self.village.community_id, "settle"), now=now))  # fmt: skip
        for list_id, verb in expected:
            self.edges[verb, before[list_id], self.state(list_id)] += 1
            assert self.state(list_id) == states.MOVES[verb][before[list_id]]

    # -- a season

    def season(self) -> None:
        self.earn()
        self.pass_days(1)
        black = self.decisions()
        red = self.red_lists()
        dark = self.black_lists(black)
        self.pass_days(8)
        self.after(red, dark)
        with self.village.read() as session:
            homes = [one.household_id for one in self.heads]
            earned = totals.lifetime(session, self.village.community_id, homes)
            awarded = session.scalars(select(Award).where(col(Award.household_id).in_(homes))).all()
        for home in homes:
            assert earned[home] == max(sum(one.credited_steps for one in awarded if one.household_id == home), 0)

    def earn(self) -> None:
        """All earn something; the last has a deduction, and less than the others."""
        for head in self.heads:
            booked(self.village, self.items, head.household_id, self.chance.randint(60, 90))
        booked(self.village, self.items, self.heads[3].household_id, -self.chance.randint(50, 59))

    def decisions(self) -> uuid.UUID:
        """No black list without a decision by two; it ends every season."""
        yesterday = self.village.today - dt.timedelta(days=1)
        days = {"from_day": yesterday - dt.timedelta(days=5), "to_day": yesterday, "title": "榜"}
        self.refused("no_black_list", listing.propose, kind="black", rule={}, **days)
        old = {"from_day": self.long_ago, "to_day": self.long_ago, "title": "榜", "kind": "red"}
        self.refused("too_many_on_list", listing.propose, rule={"kind": "threshold", "steps": 1}, **old)
        self.refused("nobody_on_list", listing.propose, rule={"kind": "threshold", "steps": 10**6}, kind="red", **days)
        today = self.village.today
        done = self.do("", deciding.draft, kind="black", content=BLACK, in_force_on=today, decided_on=today, body="assembly",
                       reason="决定", ends_on=today + dt.timedelta(days=40))  # fmt: skip
        made = {"decision_id": uuid.UUID(done["decision_id"])}
        self.refused("honour_second_person", deciding.confirm, **made)
        self.do("", deciding.confirm, self.second, **made)
        self.refused("honour_decision_wrong_state", deciding.confirm, self.second, **made)
        return made["decision_id"]

    def red_lists(self) -> list[uuid.UUID]:
        """Withdrawn in each state; objected to and answered; one that will stand, one that waits for an answer."""
        for steps in range(3):
            lost = self.propose()
            if steps > 0:
                self.confirm(lost)
            if steps > 1:
                self.publish(lost)
            self.do("withdraw", listing.withdraw, list_id=lost, reason="再议")
        standing, waiting = self.propose(), self.propose(rule={"kind": "top", "n": 2})
        for one in (standing, waiting):
            self.touch(one)
            self.confirm(one)
            self.touch(one)
            self.publish(one)
        self.touch(standing)
        self.objected(standing, answered=True)
        self.objected(waiting, answered=False)
        return [standing, waiting]

    def objected(self, list_id, *, answered) -> None:
        line = self.chance.choice(self.lines(list_id))
        who = next(one for one in self.heads if one.household_id != line.household_id)
        asked = {"list_id": list_id, "position": line.position, "reason": "不是他家"}
        done = self.do("object", listing.object_to, self.herself(who), **asked)
        self.refused("honour_objected", listing.object_to, self.herself(who), **asked)
        if not answered:
            return
        told = {"objection_id": uuid.UUID(done["objection_id"]), "upheld": False, "text": "核实无误"}
        relative = self.village.actor("committee", person=who)
        self.refused("honour_too_near", listing.answer, relative, **told)
        before = self.state(list_id)
        self.do("", listing.answer, self.second, **told)
        self.edges["answer", before, self.state(list_id)] += 1
        with self.village.read() as session:
            kinds = set(session.scalars(select(Notice.kind).where(col(Notice.person_id) == who.id)))
        assert "honour_answered" in kinds

    def black_lists(self, decision_id) -> list[uuid.UUID]:
        """Each household is heard before; one list stands, one is still objected to when it ends."""
        found = []
        for _ in range(2):
            made = self.propose("black")
            self.refused("honour_not_heard", listing.confirm, self.second, list_id=made)
            for line in self.lines(made):
                self.do(
                    "hear", listing.hear, list_id=made, position=line.position, heard_on=self.village.today, said="知道"
                )
            self.confirm(made)
            self.publish(made)
            self.shown_as_agreed(made)
            found.append(made)
        self.objected(found[1], answered=False)
        assert decision_id
        return found

    def after(self, red, dark) -> None:
        standing, waiting = red
        line = self.lines(standing)[0]
        who = next(one for one in self.heads if one.household_id != line.household_id)
        self.refused("honour_objections_over", listing.object_to, self.herself(who), list_id=standing, position=line.position,
                     reason="晚了")  # fmt: skip
        self.settle((standing, "settle"), (dark[0], "settle"))
        self.touch(standing)
        assert self.state(waiting) == "published"  # an open objection keeps it
        self.do("end", listing.withdraw, list_id=standing, reason="换下一季")
        self.do("withdraw", listing.withdraw, list_id=waiting, reason="换下一季")
        assert set(self.shown(outside=False)) == {"black"}
        assert self.shown(outside=True) == []
        self.pass_days(33)
        assert self.shown(outside=False) == []  # ended by itself, before any job ran
        self.settle((dark[0], "end"), (dark[1], "end"))

    def shown(self, *, outside) -> list[str]:
        with self.village.read() as session:
            found = honour_reading.shown_lists(session, self.village.community_id, self.village.now, outside=outside)
            return [one.kind for one in found]


@pytest.mark.slow
@pytest.mark.parametrize("db", ["sqlite"], indirect=True)
def test_lists_come_and_go_and_name_nobody_who_did_not_agree(village):
    life = Honours(village, random.Random(20_261_122))
    village.clock.move(dt.timedelta(days=1))
    for _ in range(OFTEN):
        life.season()
    assert is_sound(village)
    assert {edge: life.edges[edge] for edge in edges_of(states.MOVES) if life.edges[edge] < OFTEN} == {}
    assert {code: life.refusals[code] for code in codes_of(package) if life.refusals[code] < OFTEN} == {}

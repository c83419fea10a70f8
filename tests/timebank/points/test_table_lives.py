"""Tables by chance: every way and every refusal is met, what was voted never changes, and each day has one version for ever.

A round is a month or two of the committee: four drafts go to the vote side by side. One comes into force, one is voted
down, one is sent back by an objection, one is withdrawn. Edits, days and values are drawn anew each time.
"""

import datetime as dt
import random
import uuid
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import col, select

from ledger import tables as ledger_tables
from tests.timebank.hours.arrange_activities import change_policy
from tests.timebank.people.test_kin import confirm, declare
from tests.timebank.points import make
from tests.timebank.points.lives import OFTEN, Met, codes
from timebank.errors import Refused
from timebank.permissions import Actor
from timebank.points import table as package
from timebank.points.table import adoption, bodies, deliberating, drafts, editing, objecting, staging, states, voting
from timebank.points.table.digests import digest_of_items
from timebank.points.table.life_tables import PointsComment, PointsMember, PointsVote
from timebank.points.table.reading import read_file
from timebank.points.table.stages import standing
from timebank.points.table.tables import PointsItem, PointsTable
from timebank.points.table.words import MOST_ROWS
from timebank.storage import new_id

TITLES = ("扫街", "巡河", "劝架", "种树", "值班", "送餐", "夜巡", "宣传", "清淤", "护林")
CONSTANT = "到会"  # in every version, so that its value tells by which an event was scored
MINUTES = "ab" * 32


class Life(Met):
    """The village, its bodies, and what was voted when."""

    def __init__(self, village, chance: random.Random) -> None:
        super().__init__()
        self.village, self.chance, self.value = village, chance, 10
        self.one, self.other = village.actor("committee"), village.actor("community_manager")
        self.people = [village.make_person(f"村民{number}") for number in range(6)]
        self.assembly = make.assembly(village)
        self.voted: dict[uuid.UUID, str] = {}
        self.of_day: dict[dt.date, uuid.UUID | None] = {}
        self.empty = self.begin("空白")
        self.full = self.begin("满")
        self.council, self.talker = self.crowds()
        near = village.make_person("亲戚")
        confirm(village, declare(village, near, self.people[0]), self.herself(0))
        self.near = village.actor("committee", person=near)

    def crowds(self):
        """A draft that is full, a body that is full, and somebody who has said enough, put there at once."""
        village, now = self.village, self.village.now
        body = make.council(village, self.people[0], name="全满的会")
        village_id = village.community_id

        def write(session, at):
            for number in range(MOST_ROWS):
                session.add(PointsItem(community_id=village_id, id=new_id(now), table_id=self.full, position=number + 1,
                                       category="甲", title=f"第{number}项", kind="award", value_steps=10, per="once",
                                       subject="household"))  # fmt: skip
            for _ in range(bodies.MOST_MEMBERS - 1):
                session.add(PointsMember(community_id=village_id, id=new_id(now), body_id=body,
                                         person_id=self.people[1].id, role="member", since_on=village.today,
                                         seated_by="test"))  # fmt: skip
            return {}

        village.write(write)
        return body, self.people[5]

    # -- steps

    def herself(self, number: int) -> Actor:
        return self.village.actor(person=self.people[number])

    def call(self, use_case, actor=None, **asked: Any) -> dict[str, Any]:
        return self.village.write(lambda s, now: use_case(s, actor=actor or self.one, now=now, **asked))

    def no(self, code: str, use_case, actor=None, **asked: Any) -> None:
        before = self.snapshot()
        self.refused(code, lambda: self.call(use_case, actor, **asked))
        assert self.snapshot() == before

    def step(self, verb: str, of: uuid.UUID, use_case, actor=None, /, **asked: Any) -> dict[str, Any]:
        """A step that takes one table along a way; nothing that was voted changes with it."""
        before = self.stage(of)
        done = self.call(use_case, actor, **asked)
        after = self.stage(of)
        assert states.MOVES[verb].get(before) == after, f"{verb}: {before} to {after}"
        self.edges[before, verb, after] += 1
        self.stays(of)
        return done

    def stage(self, table_id: uuid.UUID) -> str:
        with self.village.read() as session:
            return standing(session, self.village.community_id, table_id).stage

    def snapshot(self) -> list[Any]:
        told = "SELECT t.id, t.state, t.digest, l.stage, l.revision FROM points_table t JOIN points_life l ON l.table_id = t.id"
        with self.village.read() as session:
            return session.connection().exec_driver_sql(told).all()

    def stages(self) -> dict[uuid.UUID, str]:
        with self.village.read() as session:
            return adoption.stages_of(session, session.scalars(select(PointsTable)).all())

    def items(self, table_id: uuid.UUID):
        with self.village.read() as session:
            return adoption.items_of(session, self.village.community_id, table_id)

    def revision(self, table_id: uuid.UUID) -> int:
        with self.village.read() as session:
            return standing(session, self.village.community_id, table_id).life.revision

    def stays(self, table_id: uuid.UUID) -> None:
        """A draft's digest is that of its items; what was voted has the digest that was voted."""
        with self.village.read() as session:
            table = session.get(PointsTable, (self.village.community_id, table_id))
            digest = digest_of_items(adoption.items_of(session, self.village.community_id, table_id))
            if table.version is not None:
                self.voted.setdefault(table_id, table.digest)
                note = session.execute(select(ledger_tables.note.c.digest).where(ledger_tables.note.c.seq == table.note)).scalar_one()  # fmt: skip
                assert note == table.digest == self.voted[table_id]
        assert table.digest == digest

    # -- drafts

    def begin(self, title: str, origin: uuid.UUID | None = None) -> uuid.UUID:
        return uuid.UUID(self.call(drafts.begin, title=title, from_table_id=origin)["table_id"])

    def draft(self) -> uuid.UUID:
        """From a file, mended, and edited; its items are drawn anew."""
        self.value += 1
        chosen = self.chance.sample(TITLES, 4)
        rows = [f"甲,{title},{self.chance.randint(1, 90)}" for title in chosen]
        content = "\n".join(["类别,项目,分值", f"甲,{CONSTANT},{self.value / 10}", "丙,乱倒,-3", *rows, ""])
        bad = self.staged(content + "甲,看不懂,很多\n")
        self.no("table_has_problems", staging.draft, staging_id=bad, title="坏表")
        good = self.staged(content)
        mended = {"staging_id": good, "row": 2, "cells": {"category": "甲", "title": chosen[0], "value": "7"}}
        self.call(staging.mend, seen=0, **mended)
        self.no("staging_changed", staging.mend, seen=0, **mended)
        table_id = uuid.UUID(self.call(staging.draft, staging_id=good, title=f"第{self.value}稿")["table_id"])
        self.no("staging_used", staging.draft, staging_id=good, title="再来")
        again = self.staged(content)
        self.call(staging.mend, seen=0, **mended | {"staging_id": again})
        self.no("same_table_again", staging.draft, staging_id=again, title="一样的")
        for _ in range(self.chance.randint(1, 4)):
            self.edit(table_id)
        return table_id

    def staged(self, content: str) -> uuid.UUID:
        return uuid.UUID(self.call(staging.stage, name="表.csv", reading=read_file(content.encode()))["staging_id"])

    def edit(self, table_id: uuid.UUID) -> None:
        """One change by chance; some are taken back, and then the draft is what it was."""
        items, revision = list(self.items(table_id)), self.revision(table_id)
        before = digest_of_items(items)
        item = self.chance.choice([one for one in items if one.title not in (CONSTANT, "乱倒")])
        about = {"table_id": table_id, "item_id": item.id, "revision": revision}
        cells = {"category": "乙", "title": f"新项{revision}", "value": str(self.chance.randint(1, 50))}
        verb, asked = self.chance.choice([
            (editing.add, {"table_id": table_id, "cells": cells, "position": self.chance.randint(0, 3)}),
            (editing.change, about | {"cells": cells}),
            (editing.delete, about),
            (editing.duplicate, about),
            (editing.move, about | {"position": self.chance.randint(1, len(items))}),
        ])  # fmt: skip
        self.step("edit", table_id, verb, **asked)
        if verb in (editing.change, editing.delete):
            self.no("draft_changed", editing.change, **about, cells=cells)
        if len(self.items(table_id)) < 4 or (self.revision(table_id) > revision and self.chance.random() < 0.4):
            self.step("edit", table_id, editing.undo, table_id=table_id, revision=self.revision(table_id))
            assert digest_of_items(self.items(table_id)) == before

    # -- a round

    def round(self) -> None:
        """From drafts to a table in force."""
        first, down, back, late = [self.draft() for _ in range(4)]
        every = (first, down, back, late)
        self.early(first)
        for table_id in every:
            self.step("open_deliberation", table_id, deliberating.open_deliberation, table_id=table_id, days=3)
        self.deliberate(first)
        self.village.pass_time(days=3)
        self.no("deliberation_over", deliberating.comment, self.herself(1), table_id=down, text="晚了")
        for table_id in every:
            self.vote(table_id, carried=table_id != down)
        self.publicity(first, back, late)
        self.into_force(first)

    def early(self, table_id: uuid.UUID) -> None:
        """What is refused of drafts."""
        village = self.village
        self.no(
            "item_unreadable",
            editing.add,
            table_id=table_id,
            cells={"category": "甲", "title": "种花", "value": "很多"},
        )
        self.no("nothing_to_undo", editing.undo, table_id=self.empty, revision=0)
        self.no("draft_empty", deliberating.open_deliberation, table_id=self.empty, days=3)
        self.no(
            "draft_full", editing.add, table_id=self.full, cells={"category": "甲", "title": "多一项", "value": "1"}
        )
        self.no("table_wrong_state", deliberating.revise, table_id=table_id, reason="改")
        self.no("forbidden", editing.add, self.herself(1), table_id=table_id, cells={"title": "偷加", "value": "9"})
        gone = self.begin("不要了")
        self.step("withdraw", gone, deliberating.withdraw, table_id=gone)
        self.no("body_name_taken", bodies.open_body, name="村民会议", kind="assembly")
        today = village.today
        seat = {"role": "member", "since_on": today, "until_on": None}
        self.no("body_full", bodies.seat, body_id=self.council, person_id=self.people[2].id, **seat)
        name = f"理事会{self.value}"
        council = make.council(village, self.people[0], self.people[1], name=name)
        self.no("seated_already", bodies.seat, body_id=council, person_id=self.people[1].id, **seat)
        self.no("chair_taken", bodies.seat, body_id=council, person_id=self.people[2].id, **seat | {"role": "chair"})
        with village.read() as session:
            member = bodies.seats_on(session, village.community_id, council, today)[1].member.id
        self.no("not_seated", bodies.unseat, member_id=member, until_on=today - dt.timedelta(days=1))

    def deliberate(self, table_id: uuid.UUID) -> None:
        """Said, answered, taken back to be revised, hung out again; and another one given up."""
        village = self.village
        comment = {"table_id": table_id, "text": "分值低了"}
        said = [
            uuid.UUID(
                self.step("comment", table_id, deliberating.comment, self.herself(number), **comment)["comment_id"]
            )
            for number in (1, 2, 3)
        ]
        answer = {"comment_id": said[0], "text": "再议"}
        self.step("answer_comment", table_id, deliberating.answer_comment, **answer)
        self.no("comment_answered", deliberating.answer_comment, **answer)
        self.no("deliberation_goes_on", voting.record_vote, **self.counted(table_id))
        self.enough(table_id)
        self.no("comments_enough", deliberating.comment, village.actor(person=self.talker), **comment)
        self.step("revise", table_id, deliberating.revise, table_id=table_id, reason="改一条")
        self.step("answer_comment", table_id, deliberating.answer_comment, comment_id=said[1], text="已改")
        self.edit(table_id)
        self.step("open_deliberation", table_id, deliberating.open_deliberation, table_id=table_id, days=3)
        self.open_comment = said[2]
        given_up = self.begin("不议了", table_id)
        self.step(
            "edit", given_up, editing.add, table_id=given_up, cells={"category": "丁", "title": "唱歌", "value": "1"}
        )
        self.step("open_deliberation", given_up, deliberating.open_deliberation, table_id=given_up, days=3)
        self.step("withdraw", given_up, deliberating.withdraw, table_id=given_up, reason="并到另一稿")

    def enough(self, table_id: uuid.UUID) -> None:
        now = self.village.now

        def write(session, at):
            for number in range(deliberating.MOST_COMMENTS):
                session.add(PointsComment(community_id=self.village.community_id, id=new_id(now), table_id=table_id,
                                          person_id=self.talker.id, channel="page", text=f"第{number}条",
                                          written_at=now, written_by="test"))  # fmt: skip
            return {}

        self.village.write(write)

    def counted(self, table_id: uuid.UUID, **changes: Any) -> dict[str, Any]:
        return {"table_id": table_id, "body_id": self.assembly, "held_on": self.village.today, "entitled": 66,
                "present": 41, "votes_for": 30, "votes_against": 2, "minutes_digest": MINUTES} | changes  # fmt: skip

    def vote(self, table_id: uuid.UUID, *, carried: bool) -> None:
        ayes = self.chance.randint(21, 39) if carried else self.chance.randint(0, 20)
        told = self.counted(table_id, votes_for=ayes)
        if carried and self.open_comment:
            self.no("no_quorum", voting.record_vote, **told | {"present": 33, "votes_for": 9})
            self.no("votes_do_not_add_up", voting.record_vote, **told | {"votes_for": 40})
        self.step("record_vote", table_id, voting.record_vote, **told)
        if self.open_comment:
            self.step(
                "answer_comment", table_id, deliberating.answer_comment, comment_id=self.open_comment, text="谢谢"
            )
            self.open_comment = None
            self.no("vote_needs_second_person", voting.confirm_vote, table_id=table_id)
            self.step(
                "send_back_vote", table_id, voting.send_back_vote, self.other, table_id=table_id, reason="人数不符"
            )
            self.step("record_vote", table_id, voting.record_vote, **told)
            self.moved(table_id)
            change_policy(self.village, table_versions_a_year=0)
            self.no("too_many_versions", voting.confirm_vote, self.other, table_id=table_id)
            change_policy(self.village, table_versions_a_year=90)
        self.step("carry" if carried else "vote_down", table_id, voting.confirm_vote, self.other, table_id=table_id)
        with self.village.read() as session:
            vote = session.scalars(select(PointsVote).where(PointsVote.table_id == table_id).order_by(col(PointsVote.id).desc())).first()  # fmt: skip
            assert vote.recorded_by != vote.decided_by
            assert (vote.votes_for * 2 > vote.present) == carried

    open_comment: uuid.UUID | None = None

    def moved(self, table_id: uuid.UUID) -> None:
        """An item is changed behind the record's back, and put back."""
        change = text("UPDATE points_item SET remark = :r WHERE table_id = :t AND position = 1")
        for remark in ("改过", ""):
            self.village.write(lambda s, now, r=remark: s.execute(change, {"r": r, "t": table_id.bytes}) and {})
            if remark:
                self.no("draft_moved", voting.confirm_vote, self.other, table_id=table_id)

    def publicity(self, first: uuid.UUID, back: uuid.UUID, late: uuid.UUID) -> None:
        """Objections: rejected, upheld; a published one taken back; the deduction decided on."""
        objection = {"table_id": first, "reason": "分值太高"}
        raised = self.step("object_to", first, objecting.object_to, self.herself(0), **objection)
        self.no("table_objected_already", objecting.object_to, self.herself(0), **objection)
        answer = {"objection_id": uuid.UUID(raised["objection_id"]), "upheld": False, "text": "维持"}
        self.no("too_near_to_objection", objecting.answer, self.near, **answer)
        self.step("answer_objection", first, objecting.answer, **answer)
        self.no("table_objection_answered", objecting.answer, **answer)
        raised = self.step("object_to", back, objecting.object_to, self.herself(2), table_id=back, reason="不公平")
        answer = {"objection_id": uuid.UUID(raised["objection_id"]), "upheld": True, "text": "有理"}
        made = self.step("return_to_draft", back, objecting.answer, **answer)
        draft = uuid.UUID(made["draft_id"])
        self.stays(draft)
        self.step("withdraw", draft, deliberating.withdraw, table_id=draft)
        self.step("withdraw", late, deliberating.withdraw, table_id=late, reason="会议人数有误")
        self.switch(first, in_use=True)
        self.village.pass_time(days=self.chance.randint(8, 12))
        self.no("table_objection_too_late", objecting.object_to, self.herself(3), **objection)

    def switch(self, table_id: uuid.UUID, *, in_use: bool) -> None:
        item = next(one for one in self.items(table_id) if one.title == "乱倒")
        asked = {"item_id": item.id, "in_use": in_use, "decided_on": self.village.today, "reason": "代表会议决定"}
        self.step("switch", table_id, adoption.switch, **asked)

    def into_force(self, table_id: uuid.UUID) -> None:
        """Its day comes; the one before it is superseded, and days that are over keep their version."""
        with self.village.read() as session:
            first_day = session.get(PointsTable, (self.village.community_id, table_id)).in_force_from
        while self.village.today < first_day:
            self.remember()
            self.village.pass_time(days=1)
        self.no("too_late_to_withdraw", deliberating.withdraw, table_id=table_id, reason="后悔")
        before = self.stages()
        make.bring_into_force(self.village)
        after = self.stages()
        for one, stage in after.items():
            if before[one] != stage:
                verb = "come_into_force" if stage == "in_force" else "supersede"
                assert states.MOVES[verb][before[one]] == stage
                self.edges[before[one], verb, stage] += 1
        assert [one for one, stage in after.items() if stage == "in_force"] == [table_id]
        self.switch(table_id, in_use=False)
        for _ in range(self.chance.randint(1, 5)):
            self.remember()
            self.village.pass_time(days=1)
        self.events()

    # -- days

    def in_force_on(self, day: dt.date) -> uuid.UUID | None:
        with self.village.read() as session:
            found = adoption.in_force_on(session, self.village.community_id, day)
        return found.id if found else None

    def remember(self) -> None:
        """What today is scored by; what was remembered of another day still holds."""
        self.of_day[self.village.today] = self.in_force_on(self.village.today)
        day = self.chance.choice(sorted(self.of_day))
        assert self.in_force_on(day) == self.of_day[day], day

    def events(self) -> None:
        """Deeds of days that are over, told today, come to what the version of their day says; each day has one version."""
        for day in self.chance.sample(sorted(self.of_day), min(2, len(self.of_day))):
            person = self.village.make_person()
            if self.of_day[day] is None:
                with pytest.raises(Refused, match="no_table_in_force"):
                    make.enter(self.village, person, CONSTANT, on=day.isoformat())
                continue
            award_id = make.enter(self.village, person, CONSTANT, on=day.isoformat())
            item = next(one for one in self.items(self.of_day[day]) if one.title == CONSTANT)
            with self.village.read() as session:
                row = make.reading.by_id(session, self.village.community_id, award_id)
            assert (row.table_id, row.item_id, row.credited_steps) == (self.of_day[day], item.id, item.value_steps)
        with self.village.read() as session:
            begun = session.scalars(
                select(PointsTable).where(col(PointsTable.state).in_(("in_force", "superseded"))).order_by(col(PointsTable.in_force_from))
            ).all()  # fmt: skip
        ends = [one.in_force_until for one in begun]
        assert ends == [*[one.in_force_from for one in begun[1:]], None], "a day without or with two versions"


@pytest.mark.slow
@pytest.mark.parametrize("db", ["sqlite"], indirect=True)
def test_tables_by_chance_meet_every_way_and_refusal_and_each_day_keeps_its_version(village):
    change_policy(village, table_versions_a_year=90)
    life = Life(village, random.Random(20_261_122))
    for _ in range(OFTEN + 1):  # the first supersedes none
        life.round()
    for one in life.voted:
        life.stays(one)
    assert life.short(states.edges(), codes(package) | {"forbidden"}) == {}

"""Awards from every source, by chance: every way and every refusal is met, and after each step nobody got more than the table says.

What is drawn for a second look hangs on a secret seed, so a life goes on from what became of it. Each step is written
down; in the end the steps are run again by the rules alone, and every score must come out the same.
"""

import datetime as dt
import random
import uuid
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from typing import Any

import pytest
from sqlalchemy import update
from sqlmodel import col, select

from tests.timebank.hours import arrange
from tests.timebank.hours.arrange_activities import change_policy, plan
from tests.timebank.points import make
from tests.timebank.points.lives import OFTEN, Met, codes
from tests.timebank.points.test_claims import bind
from tests.timebank.test_attendance_points import say_minutes, serve
from timebank import attendance_points
from timebank.attendance_points import awarding, deciding
from timebank.attendance_points.tables import AttendanceAward
from timebank.errors import Refused
from timebank.hours.service_classes import ACTIVITY_CLASSES
from timebank.people import kin
from timebank.people.residents import Person
from timebank.permissions import Actor
from timebank.points import awards, rules
from timebank.points.awards import claiming, entering, hearings, reviewing, sources, states
from timebank.points.awards.rows import rows_of_file
from timebank.points.awards.tables import Award, AwardInvitation, AwardReview
from timebank.points.table.tables import PointsItem
from timebank.storage import new_id

TABLE = """类别,项目,分值,单位,上限,对象,申报人
甲,扫村道,5分,一次,,,
甲,帮邻居,3分,一次,每天最多9分,,
甲,带头示范,酌情加1-3分,一次,每年最多4分,,
甲,学习,5分,一次,每年最多8分,个人,
甲,评优,9分,一次,,,村委会
甲,清洁家园,6分,每小时,每月最多45分,,签到、本人
甲,早到,2分,一次,每天仅前2名,,
乙,乱倒垃圾,酌情扣2-8分,一次,,,
乙,占道,-6分,一次,,,
""".encode()
SWEEP, HELP, LEAD, STUDY, BEST, CLEAN, EARLY = (
    "扫村道", "帮邻居", "带头示范", "学习", "评优", "清洁家园", "早到",
)  # fmt: skip
DUMP, BLOCK = "乱倒垃圾", "占道"
COMMON = (SWEEP, HELP, LEAD, STUDY, EARLY, DUMP, BLOCK, SWEEP, DUMP, LEAD)
ROLES = ("committee", "reviewer", "community_manager")
GRID = "320102010101"
HOURS = dt.timezone(dt.timedelta(hours=8))
MOST_ROUNDS = 26
SOURCES = ("committee", "file", "grid", "claim", "behalf", "helper", "attendance")
# Read past SQLAlchemy: it is asked after each step.
ROWS = (
    "SELECT id, state, stage, item_id, household_id, person_id, on_day, times, minutes, chosen_steps, source_kind,"
    " uncapped_steps, credited_steps, limited_by, again_reason, entered_by, claimant_id, double_of FROM award WHERE id >= ? ORDER BY id"
)
PROBLEMS = ("already_entered", "again_needs_reason", "cap_reached_year", "cap_reached_day", "first_taken")


@dataclass(frozen=True)
class Score:
    """What decided the steps of an award, and what they are."""

    title: str
    household_id: uuid.UUID
    person_id: uuid.UUID | None
    on: dt.date
    times: int | None
    minutes: int | None
    chosen: int | None
    source: str
    uncapped: int
    credited: int
    limited_by: str | None


@dataclass(frozen=True)
class Kept:
    """An award as the database has it."""

    life: str
    score: Score
    again_reason: str | None
    entered_by: str
    claimant_id: uuid.UUID | None

    @property
    def live(self) -> bool:
        return self.life in (states.HEARING, states.ENTERED, states.SECOND, states.COMMITTEE, states.APPROVED)


class Life(Met):
    """The village, its officers, and what was done."""

    def __init__(self, village, chance: random.Random) -> None:
        super().__init__()
        self.village, self.chance = village, chance
        table_id = make.table_in_force(village, TABLE)
        self.items: dict[str, PointsItem] = make.items(village, table_id)
        for title in (DUMP, BLOCK):
            make.switch_on(village, self.items[title])
        change_policy(village, second_review_percent=45, claims_open_a_day=2, claims_helped_a_day=2)
        village.pass_time(days=60)  # into a new year, so that the days before today are of one
        homes = [village.make_household(f"户主{n}", f"家人{n}", grid=GRID) for n in range(10)]
        self.people = [one for home in homes for one in home]
        self.far = village.make_person(grid="320102010102")
        self.gone = village.make_person("离开的人")
        village.write(lambda s, now: s.execute(update(Person).where(col(Person.id) == self.gone.id).values(left_on=village.today, left_reason="搬走")) and {})  # fmt: skip
        self.helper, self.elders = village.make_person("代办人"), homes[9]
        for elder in self.elders:
            bind(village, elder, self.helper)
        self.officers = [village.actor(*ROLES) for _ in range(4)]
        self.officers += [village.actor(*ROLES, person=home[0]) for home in homes[:4]]
        self.worker, self.desk = village.actor("grid_worker", grid=GRID), village.actor("desk_staff")
        self.near: Counter[tuple[uuid.UUID, uuid.UUID]] = Counter()  # (who decides, about whom)
        self.kept: dict[uuid.UUID, Kept] = {}
        self.rows: dict[bytes, Any] = {}
        self.since = b""  # awards before this id are done with
        self.mine: dict[Any, set[uuid.UUID]] = defaultdict(set)  # by item and whose caps it uses
        self.given: dict[uuid.UUID, list[Actor]] = defaultdict(list)  # who gave the verdicts that stand
        self.journal: list[tuple[uuid.UUID, Kept]] = []
        self.sources: Counter[str] = Counter()
        self.problems: Counter[str] = Counter()
        self.titles = {item.id: item.title for item in self.items.values()}
        self.popular = self.of_sixty_relatives()
        self.point, self.volunteer = arrange.make_point(village), arrange.make_volunteer(village)
        self.link = self.link_clean()

    def of_sixty_relatives(self) -> Person:
        found, now = self.village.make_person("亲戚多"), self.village.now

        def write(session, at):
            people = session.scalars(
                select(Person.id).where(col(Person.id).not_in((found.id, self.far.id))).limit(kin.MOST)
            ).all()
            for relative in people:
                session.add(kin.Kin(community_id=self.village.community_id, id=new_id(now), person_id=found.id,
                                    relative_id=relative, relation="other", how="own", declared_at=now,
                                    declared_by="test"))  # fmt: skip
            return {}

        for _ in range(kin.MOST - 20):
            self.village.make_person()
        self.village.write(write)
        return found

    # -- steps

    def do(self, verb: str, use_case, actor, **asked: Any) -> dict[str, Any]:
        """One step on the lane; what it made of each award is written down, and must be a way that there is."""
        done = self.village.write(lambda s, now: use_case(s, actor=actor, now=now, **asked))
        for award_id, kept in self.changed():
            was = self.kept.get(award_id)
            self.kept[award_id] = kept
            self.mine[kept.score.title, whose(self.items[kept.score.title], kept.score)].add(award_id)
            self.journal.append((award_id, kept))
            if was is not None and was.life != kept.life:
                assert kept.life in states.MOVES[verb].get(was.life, ()), f"{verb}: {was.life} to {kept.life}"
                self.edges[verb, was.life, kept.life] += 1
            self.holds(kept)
        if verb == "invite":
            self.edges["invite", states.HEARING, states.HEARING] += 1
        return done

    def no(self, code: str, use_case, actor, **asked: Any) -> None:
        """A step that is refused and changes nothing."""
        self.refused(code, lambda: self.village.write(lambda s, now: use_case(s, actor=actor, now=now, **asked)))
        assert self.changed() == []

    def changed(self) -> list[tuple[uuid.UUID, Kept]]:
        """The awards that are not as they were at the last look, in the order in which they were made."""
        with self.village.read() as session:
            rows = {row[0]: row for row in session.connection().exec_driver_sql(ROWS, (self.since,))}
        ids = [one for one, row in rows.items() if self.rows.get(one) != row]
        self.rows |= rows
        return [(uuid.UUID(bytes=one), self.kept_of(*rows[one][1:-1])) for one in ids]

    def kept_of(self, state, stage, item_id, home, person_id, on, times, minutes, chosen, source, *told) -> Kept:  # noqa: PLR0917 - a row
        uncapped, credited, limited_by, again_reason, entered_by, claimant_id = told
        score = Score(self.titles[_id(item_id)], _id(home), _id(person_id), dt.date.fromisoformat(on), times, minutes,
                      chosen, source, uncapped, credited, limited_by)  # fmt: skip
        return Kept(stage or state, score, again_reason, entered_by, _id(claimant_id))

    def deed(self, title: str, *, source: str = "", **told: Any) -> uuid.UUID | None:
        """Something is told, by any source; None if the table lets it not count."""
        source = source or self.chance.choice(("committee", "grid", "claim", "behalf", "helper"))
        if self.items[title].kind == "deduction" and source != "grid":
            source = "committee"
        if source == "helper" and "person" in told:
            source = "behalf"
        person = told.pop("person", None) or self.chance.choice(self.elders if source == "helper" else self.people)
        on = told.pop("on", None) or self.village.today - dt.timedelta(days=self.chance.randint(0, 55))
        if title == HELP and self.chance.random() < 0.5:
            told["again_reason"] = "又帮了一家"
        about = {"item_id": self.items[title].id, "on": on.isoformat(), "evidence": "现场照片", **told}
        try:
            if source == "committee":
                heard = self.village.today.isoformat() if title in (DUMP, BLOCK) and self.chance.random() < 0.5 else ""
                row = replace(make.award_row(self.village, person, title, on=on.isoformat(), heard_on=heard),
                              again_reason=told.get("again_reason", ""))  # fmt: skip
                made = self.do("", entering.enter, self.chance.choice(self.officers), row=row)
            elif source == "grid":
                made = self.do("", claiming.report, self.worker, household="", person=person.number, **about)
            else:
                actor = {"claim": self.village.actor(person=person), "behalf": self.desk,
                         "helper": self.village.actor(person=self.helper)}[source]  # fmt: skip
                made = self.do("", claiming.claim, actor, person_id=person.id, **about)
        except Refused as refused:
            known = {"award_refused", "claims_full", "helped_claims_full"}
            assert refused.code in known, refused
            self.refusals[refused.code] += 1
            problems = refused.facts.get("problems", [])
            assert isinstance(problems, list)
            self.problems.update(str(one).split(":")[1] for one in problems)
            assert self.changed() == []
            return None
        self.sources[source] += 1
        return uuid.UUID(made["award_id"])

    def fresh(self, title: str, *, source: str = "committee", **told: Any) -> uuid.UUID:
        """A deed that counts: tried on other people and days until one does."""
        for _ in range(60):
            found = self.deed(title, source=source, **told)
            if found is not None:
                return found
        raise AssertionError(f"no {title} counts any more")

    def entered(self, title: str = SWEEP, **told: Any) -> uuid.UUID:
        """A deed that waits for its first verdict."""
        found = self.fresh(title, **told)
        if self.life(found) == states.HEARING:
            self.do("hear", hearings.write_down, self.officer(found), award_id=found, heard_on=self.village.today,
                    words="已知情", present="邻居")  # fmt: skip
        return found

    def rejected(self, title: str = SWEEP, **told: Any) -> uuid.UUID:
        """Rejected, by two where it was drawn."""
        found = self.entered(title, **told)
        while self.life(found) != states.REJECTED:
            self.verdict(found, approved=False)
        return found

    def life(self, award_id: uuid.UUID) -> str:
        return self.kept[award_id].life

    # -- who may

    def row(self, award_id: uuid.UUID) -> Award:
        with self.village.read() as session:
            return session.get(Award, (self.village.community_id, award_id))

    def verdicts(self, award_id: uuid.UUID) -> list[AwardReview]:
        with self.village.read() as session:
            return list(reviewing.verdicts_of(session, session.get(Award, (self.village.community_id, award_id))))

    def kept_from(self, actor: Actor, award_id: uuid.UUID, *, only_near: bool = False) -> str:
        """Why this officer does not decide, by what the test knows; "" if she does."""
        kept = self.kept[award_id]
        if actor.household_id is not None and actor.household_id == kept.score.household_id:
            return "own_household"
        if actor.household_id is not None and self.near[actor.household_id, kept.score.household_id] > 0:
            return "own_relatives"
        if only_near:
            return ""
        if kept.entered_by == actor.number or (kept.claimant_id is not None and kept.claimant_id == actor.person_id):
            return "own_entry"
        looking_again = kept.life in (states.SECOND, states.COMMITTEE)
        return "same_reviewer" if looking_again and actor in self.given[award_id] else ""

    def officer(self, award_id: uuid.UUID, *, only_near: bool = True) -> Actor:
        return self.chance.choice([one for one in self.officers if not self.kept_from(one, award_id, only_near=only_near)])  # fmt: skip

    def verdict(self, award_id: uuid.UUID, *, approved: bool, steps: int | None = None, actor=None) -> Actor:
        """Reviewed by anybody; who may not is refused, and somebody else does it."""
        actor = actor or self.chance.choice(self.officers)
        score = self.kept[award_id].score
        chosen = steps or self.chance.choice((20, 50, 80) if score.title == DUMP else (10, 20, 30))
        asked = {"award_ids": [award_id], "approved": approved, "remark": "看过", "both_reason": "两件事",
                 "chosen_steps": {award_id: chosen} if score.title in (LEAD, DUMP) else None}  # fmt: skip
        code = self.kept_from(actor, award_id)
        if code:
            self.no(code, reviewing.review, actor, **asked)
            actor = self.officer(award_id, only_near=False)
        was = self.life(award_id)
        ends = states.APPROVED if approved else states.REJECTED
        self.do("review", reviewing.review, actor, **asked)
        self.given[award_id].append(actor)
        first, *_, latest = self.verdicts(award_id) * 2
        if was == states.ENTERED:
            assert self.life(award_id) == (states.SECOND if latest.asks else ends)
        else:
            agrees = (first.verdict, first.steps) == (latest.verdict, latest.steps)
            assert self.life(award_id) == (ends if agrees else states.COMMITTEE)
        return actor

    # -- a life

    def walk(self, award_id: uuid.UUID) -> None:
        """What becomes of an award, as far as it goes today."""
        by = 0  # verdicts of this walk: they can still be taken back
        for _ in range(8):
            life, luck = self.life(award_id), self.chance.random()
            if life == states.HEARING:
                if not self.hearing(award_id, luck):
                    return
            elif life == states.WITHDRAWN or (life in (states.APPROVED, states.REJECTED) and luck > 0.55):
                return
            elif luck < 0.12 and life != states.REJECTED:
                self.do("withdraw", entering.withdraw, self.officer(award_id), award_id=award_id, reason="记错")
            elif life in (states.ENTERED, states.SECOND) and (luck < 0.85 or not by):
                agreeing = life == states.SECOND and self.chance.random() < 0.4
                first = self.verdicts(award_id)[0] if life == states.SECOND else None
                approved = (first.verdict == "approve") if agreeing and first else self.chance.random() < 0.6
                steps = abs(first.chosen_steps) if agreeing and first and first.chosen_steps else None
                self.verdict(award_id, approved=approved, steps=steps)
                by += 1
            elif life == states.COMMITTEE and (luck < 0.7 or not by):
                self.decide(award_id)
                by += 1
            elif by and life != states.ENTERED:
                self.undo(award_id)
                by -= 1

    def decide(self, award_id: uuid.UUID, *, approved: bool | None = None) -> None:
        actor, title = self.officer(award_id, only_near=False), self.kept[award_id].score.title
        asked = {
            "approved": self.chance.random() < 0.5 if approved is None else approved,
            "remark": "看过两份意见",
            "steps": {LEAD: 20, DUMP: 50}.get(title),
        }
        self.do("decide", reviewing.decide, actor, award_id=award_id, **asked)
        self.given[award_id].append(actor)

    def undo(self, award_id: uuid.UUID) -> None:
        try:
            self.do("undo", reviewing.undo, self.given[award_id][-1], award_id=award_id)
        except Refused as refused:
            assert refused.code in ("told_again_since", "award_cap_reached"), refused
            self.refusals[refused.code] += 1
            assert self.changed() == []
        else:
            self.given[award_id].pop()

    def hearing(self, award_id: uuid.UUID, luck: float) -> bool:
        """Invited, heard, or not come; False if it waits for another day."""
        actor, now = self.officer(award_id), self.village.now
        with self.village.read() as session:
            invited = hearings.invitations_of(session, self.row(award_id))
        meets_at = dt.datetime.combine(self.village.today + dt.timedelta(days=3), dt.time(15), HOURS)
        over = [one for one in invited if one.meets_at.astimezone(HOURS).date() < self.village.today]
        near = self.chance.choice(self.officers)
        if code := self.kept_from(near, award_id, only_near=True):
            self.no(code, hearings.write_down, near, award_id=award_id, heard_on=self.village.today, words="好", present="邻居")  # fmt: skip
        if luck < 0.25:
            told = {"heard_on": self.village.today, "words": "那天是风吹倒的", "present": "网格员"}
            self.do("hear", hearings.write_down, actor, award_id=award_id, **told)
            return True
        if luck < 0.32:
            self.do("withdraw", entering.withdraw, actor, award_id=award_id, reason="查无此事")
            return False
        if len(over) >= 2:
            self.do("not_come", hearings.did_not_come, actor, award_id=award_id)
            return True
        self.no("invited_too_little", hearings.did_not_come, actor, award_id=award_id)
        if invited and invited[-1].meets_at > now:
            self.no("invitation_stands", hearings.invite, actor, award_id=award_id, meets_at=meets_at, place="村委会")
        else:
            self.do("invite", hearings.invite, actor, award_id=award_id, meets_at=meets_at, place="村委会")
        return False

    # -- what must hold after each step

    def holds(self, changed: Kept) -> None:
        """Caps are kept and no deed counts twice, looked at by the test's own sums."""
        score = changed.score
        if not changed.live:
            return
        item = self.items[score.title]
        mine = [(one, self.kept[one]) for one in self.mine[score.title, whose(item, score)] if self.kept[one].live]
        for period, cap in rules.caps_of(item).items():
            same = [one.score.credited for _, one in mine if period_of(period, one.score.on) == period_of(period, score.on)]  # fmt: skip
            assert sum(map(abs, same)) <= cap, f"{score.title} of a {period}: {same}"
        deeds = [(award_id, one) for award_id, one in mine if one.score.on == score.on]
        groups: dict[str, list[Kept]] = defaultdict(list)
        for _, one in deeds:
            groups[sources.SOURCES[one.score.source].group].append(one)
        for group, told in groups.items():
            # Two visits of a day are two deeds; who helps several neighbours says so.
            unexplained = [one for one in told if item.title != HELP or not one.again_reason]
            assert group == "attendance" or len(unexplained) <= 1, f"{score.title} told twice by {group}"
        approved = [one for _, one in deeds if one.life == states.APPROVED]
        beside = {sources.SOURCES[one.score.source].group for one in approved if not one.again_reason}
        assert len(beside) <= 1, f"{score.title} counts by {beside} without a reason"
        if item.title == EARLY:
            early = (self.kept[one] for (title, _), ids in self.mine.items() if title == EARLY for one in ids)
            taken = {one.score.household_id for one in early if one.live and one.score.on == score.on}
            assert len(taken) <= 2

    # -- other sources

    def link_clean(self) -> uuid.UUID:
        today = self.village.today
        asked = {"kind": "service_class", "target": "public", "item_id": self.items[CLEAN].id, "from_on": today,
                 "decided_on": today, "reason": "村民代表会议决定"}  # fmt: skip
        officer = self.officers[0]
        made = self.village.write(lambda s, now: deciding.decide(s, actor=officer, now=now, **asked))
        return uuid.UUID(made["link_id"])

    def visit(self) -> None:
        """A visit is scanned and gives an award; some are corrected later."""
        activity = plan(self.village, self.point, starts_in=0.01)
        self.village.clock.move(dt.timedelta(minutes=5))
        visit_id = serve(self.village, self.volunteer, self.point, minutes=self.chance.randint(16, 40), activity=activity)  # fmt: skip
        job = Actor.system(self.village.community_id, "award_visits")
        self.do("", awarding.award_visits, job)
        with self.village.read() as session:
            row = awarding.award_of(session, self.village.community_id, visit_id)
        self.sources["attendance"] += row.award_id is not None
        if row.award_id is None:
            self.problems[row.reason] += 1
            return
        if self.chance.random() < 0.4:
            say_minutes(self.village, visit_id, minutes=self.chance.randint(41, 70))
            self.do("withdraw", awarding.follow_corrections, job)
            again = self.attended(visit_id)
            assert (again.state, again.award_id == row.award_id) in (("awarded", False), ("taken_back", True))
        else:
            self.walk(row.award_id)

    def attended(self, visit_id: uuid.UUID) -> AttendanceAward:
        with self.village.read() as session:
            return awarding.award_of(session, self.village.community_id, visit_id)

    def file(self) -> None:
        """A file is entered whole or not at all, and once."""
        actor, on = self.chance.choice(self.officers), self.village.today.isoformat()
        told = "户号,编号,项目,日期,数量,存证\n" + "".join(
            f",{one.number},{SWEEP},{on},,签到表\n" for one in self.people[::2]
        )
        wrong = told + f",{self.people[0].number},没有这一项,{on},,签到表\n"
        for content, code in ((wrong, "awards_have_problems"), (told, "award_file_used")):
            rows, problems = rows_of_file(content.encode())
            rows = [one for one in rows if one.item != SWEEP or not self.told_today(one.person)]
            staged = self.do("", entering.stage, actor, name="六月.csv", rows=rows, problems=problems)
            asked = {"staging_id": uuid.UUID(staged["staging_id"])}
            if code == "award_file_used":
                before = set(self.kept)
                self.do("", entering.enter_file, actor, **asked)
                self.sources["file"] += len(set(self.kept) - before)
            self.no(code, entering.enter_file, actor, **asked)
        for award_id in self.chance.sample(sorted(set(self.kept) - before), 1):
            self.walk(award_id)

    def told_today(self, number: str) -> bool:
        home = next(one.household_id for one in self.people if one.number == number)
        return any(one.live and one.score.title == SWEEP and one.score.on == self.village.today
                   and one.score.household_id == home for one in self.kept.values())  # fmt: skip

    def relatives(self) -> None:
        """Kinships come and go: declared, confirmed, written down, ended; each binds as it says."""
        one, other = self.chance.choice(self.people[:4]), self.chance.choice(self.people[4:8])
        mine, theirs = one.household_id, other.household_id
        herself, relative = self.village.actor(person=one), self.village.actor(person=other)
        asked = {"person_id": one.id, "relative_number": other.number, "relative_name": other.name, "relation": "other"}
        kin_id = {"kin_id": uuid.UUID(self.do("", kin.declare, herself, **asked)["kin_id"])}
        self.near[mine, theirs] += 1
        self.no("kin_stands", kin.declare, herself, **asked)
        self.no("kin_not_found", kin.declare, herself, **asked | {"relative_name": "别人"})
        self.no("kin_too_near", kin.end, self.village.actor("desk_staff", person=other), **kin_id, reason="不是")
        related = self.deed(SWEEP, source="grid", person=other) or self.entered(person=other)
        if self.life(related) == states.ENTERED:
            self.no(
                "own_relatives",
                reviewing.review,
                self.deciding_in(mine),
                award_ids=[related],
                approved=True,
                remark="好",
            )
        self.do("", kin.confirm, self.chance.choice((relative, self.desk)), **kin_id)
        self.near[theirs, mine] += 1
        self.no("kin_confirmed", kin.confirm, relative, **kin_id)
        self.walk_some(1)
        self.do("", kin.end, self.desk, **kin_id, reason="核实不是")
        self.near[mine, theirs] -= 1
        self.near[theirs, mine] -= 1
        self.no("kin_ended", kin.end, self.desk, **kin_id, reason="核实不是")

    def deciding_in(self, household_id: uuid.UUID) -> Actor:
        return next(one for one in self.officers if one.household_id == household_id)

    def there_and_back(self) -> None:
        """Every way between the states once, drawn and not drawn; the walks mix them."""

        def drawn(approved: bool) -> uuid.UUID:
            return self.first(states.SECOND, approved=approved)

        def withdraw(award_id: uuid.UUID) -> None:
            self.do("withdraw", entering.withdraw, self.officer(award_id), award_id=award_id, reason="重来")

        one = drawn(approved=True)
        self.undo(one)
        self.verdict(one, approved=True)  # what was drawn stays drawn
        for approved, back in ((False, True), (False, False)):
            self.verdict(one, approved=approved)
            if back:
                self.undo(one)
        for approved in (True, False):
            self.decide(one, approved=approved)
            self.undo(one)
        withdraw(one)
        two = drawn(approved=True)
        self.verdict(two, approved=True)
        self.undo(two)
        withdraw(two)
        three = drawn(approved=False)
        self.verdict(three, approved=False)
        self.undo(three)
        four = self.first(states.REJECTED, approved=False)
        self.undo(four)
        self.verdict(four, approved=True)
        self.undo(four)
        withdraw(four)
        withdraw(self.first(states.APPROVED, approved=True))

    def first(self, wanted: str, *, approved: bool) -> uuid.UUID:
        """A deed that the first verdict left so: drawn, or not."""
        for _ in range(60):
            found = self.entered()
            self.verdict(found, approved=approved)
            if self.life(found) == wanted:
                return found
        raise AssertionError(f"nothing becomes {wanted}")

    def walk_some(self, count: int) -> None:
        for _ in range(count):
            person = self.chance.choice(self.people[:8])
            award_id = self.deed(self.chance.choice(COMMON), person=person)
            if award_id is not None:
                self.walk(award_id)

    # -- what is refused

    def provoke(self) -> None:
        village, officer, today = self.village, self.officers[0], self.village.today
        review, good = reviewing.review, {"approved": True, "remark": "看过"}
        waiting, home, mine = self.entered(person=self.people[17]), self.officers[4], self.people[1]
        self.no("too_many_at_once", review, officer, award_ids=[uuid.uuid4() for _ in range(201)], **good)
        self.no("forbidden", review, self.desk, award_ids=[waiting], **good)
        self.no("forbidden", claiming.claim, village.actor(person=self.people[3]), person_id=self.people[6].id,
                **self.about(SWEEP))  # fmt: skip
        self.no("forbidden", claiming.report, self.worker, household="", person=self.far.number, **self.about(SWEEP))
        self.no("award_wrong_state", reviewing.decide, self.officer(waiting), award_id=waiting, approved=True, remark="好")  # fmt: skip
        own = self.entered(person=mine)
        self.no("own_household", review, home, award_ids=[own], **good)
        entered_by = next(one for one in self.officers if one.number == self.kept[waiting].entered_by)
        self.no("own_entry", review, entered_by, award_ids=[waiting], **good)
        self.no("award_refused", entering.enter, officer, row=make.award_row(village, mine, "没有这一项"))
        self.no("item_not_claimed", claiming.claim, self.desk, person_id=mine.id, **self.about(BEST))
        self.no("claimant_has_left", claiming.claim, self.desk, person_id=self.gone.id, **self.about(SWEEP))
        # A deduction of a household that nobody heard.
        unheard = self.fresh(BLOCK, source="grid")
        self.no("household_not_heard_yet", review, self.officer(unheard), award_ids=[unheard], **good)
        soon = dt.datetime.combine(today + dt.timedelta(days=2), dt.time(15), HOURS)
        self.no("invitation_too_soon", hearings.invite, self.officer(unheard), award_id=unheard, meets_at=soon, place="村口")  # fmt: skip
        self.no("invited_too_little", hearings.did_not_come, self.officer(unheard), award_id=unheard)
        later = soon + dt.timedelta(days=1)
        invite = {"award_id": unheard, "meets_at": later, "place": "村口"}
        self.do("invite", hearings.invite, self.officer(unheard), **invite)
        self.no("invitation_stands", hearings.invite, self.officer(unheard), **invite)
        self.invited_often(unheard)
        self.no("invited_often", hearings.invite, self.officer(unheard), **invite)
        self.do("not_come", hearings.did_not_come, self.officer(unheard), award_id=unheard)
        unheard = self.fresh(BLOCK, source="grid")
        self.do("withdraw", entering.withdraw, self.officer(unheard), award_id=unheard, reason="查无此事")
        self.flood()
        # Within a range.
        ranged = self.entered(DUMP, source="grid")
        reviewer = self.officer(ranged, only_near=False)
        self.no("value_needed", review, reviewer, award_ids=[ranged], **good)
        self.no("value_outside_range", review, reviewer, award_ids=[ranged], chosen_steps={ranged: 90}, **good)
        # Verdicts taken back.
        drawn = self.first(states.SECOND, approved=True)
        first = self.given[drawn][0]
        self.no("same_reviewer", review, first, award_ids=[drawn], **good)
        self.no("not_your_verdict", reviewing.undo, next(x for x in self.officers if x is not first), award_id=drawn)
        self.gone_by()
        self.capped()
        self.links()
        asked = {"person_id": self.popular.id, "relative_number": self.far.number, "relative_name": self.far.name}
        self.no("kin_too_many", kin.declare, village.actor(person=self.popular), **asked, relation="other")

    def about(self, title: str) -> dict[str, Any]:
        return {"item_id": self.items[title].id, "on": self.village.today.isoformat(), "evidence": "照片"}

    def invited_often(self, award_id: uuid.UUID) -> None:
        """Five invitations, all of them days ago."""
        now = self.village.now - dt.timedelta(days=2)

        def write(session, at):
            session.execute(
                update(AwardInvitation).where(col(AwardInvitation.award_id) == award_id).values(meets_at=now)
            )
            for number in range(2, 6):
                session.add(AwardInvitation(community_id=self.village.community_id, award_id=award_id, number=number,
                                            meets_at=now, place="村口", invited_at=now, invited_by="test"))  # fmt: skip
            return {}

        self.village.write(write)

    def gone_by(self) -> None:
        """A rejection whose place was taken, a double without a reason, and one that is too late to take back."""
        rejected = self.rejected(source="claim")
        by = self.given[rejected][-1]
        score = self.kept[rejected].score
        person = next(one for one in self.people if one.id == score.person_id)
        again = self.deed(SWEEP, source="behalf", person=person, on=score.on)
        assert again is not None
        self.no("told_again_since", reviewing.undo, by, award_id=rejected)
        beside = self.deed(SWEEP, source="grid", person=person, on=score.on)
        if beside is not None:
            self.no("double_unexplained", reviewing.review, self.officer(beside, only_near=False),
                    award_ids=[beside], approved=True, remark="好")  # fmt: skip
        self.do("withdraw", entering.withdraw, self.officer(again), award_id=again, reason="重来")
        self.village.clock.move(dt.timedelta(minutes=31))
        self.no("undo_too_late", reviewing.undo, by, award_id=rejected)

    def flood(self) -> None:
        """More claims of a day than may wait, by herself and by a helper."""
        for code, source, people in (
            ("claims_full", "claim", self.people),
            ("helped_claims_full", "helper", self.elders),
        ):
            person, before = self.chance.choice(people), self.refusals[code]
            while self.refusals[code] == before:
                self.deed(SWEEP, source=source, **({"person": person} if source == "claim" else {}))

    def capped(self) -> None:
        """A rejection whose share of the cap was given to other days."""
        person, today = self.village.make_person(grid=GRID), self.village.today
        rejected = self.rejected(STUDY, person=person, on=today)
        by = self.given[rejected][-1]
        for back in (7, 8):
            assert self.deed(STUDY, source="committee", person=person, on=today - dt.timedelta(days=back))
        self.no("award_cap_reached", reviewing.undo, by, award_id=rejected)
        # What the table lets not count, by the codes of its columns.
        on = {"on": (today - dt.timedelta(days=9)).isoformat()}
        self.do("", entering.enter, by, row=make.award_row(self.village, person, HELP, **on, quantity="3"))
        for code, title, told in (
            ("again_needs_reason", HELP, {}),
            ("cap_reached_day", HELP, {"again_reason": "又帮了一家"}),
            ("cap_reached_year", STUDY, {}),
        ):
            row = make.award_row(self.village, person, title, **on, **told)
            self.no("award_refused", entering.enter, by, row=row)
            with self.village.read() as session:
                (problem,) = entering.preview(session, actor=by, now=self.village.now, row=row).problems
            assert problem.code == code
            self.problems[code] += 1
        before = self.problems["first_taken"]
        for one in self.people[::2]:
            if self.problems["first_taken"] == before:
                self.deed(EARLY, source="committee", person=one, on=today)

    def links(self) -> None:
        """Decisions on points by attendance."""
        today = self.village.today
        asked = {"kind": "service_class", "item_id": self.items[CLEAN].id, "from_on": today, "decided_on": today,
                 "reason": "会议决定"}  # fmt: skip
        officer, other = self.officers[0], next(one for one in ACTIVITY_CLASSES if one != "public")
        self.no("attendance_link_stands", deciding.decide, officer, **asked, target="public")
        self.no("attendance_link_wrong", deciding.decide, officer, **asked | {"item_id": self.items[BEST].id}, target=other)  # fmt: skip
        link_id = uuid.UUID(self.do("", deciding.decide, officer, **asked, target=other)["link_id"])
        self.do("", deciding.stop, officer, link_id=link_id, until_on=today)
        self.no("attendance_link_ended", deciding.stop, officer, link_id=link_id, until_on=today)

    def round(self) -> None:
        """Some days: deeds from every source, hearings that go on, kinships, and all that is refused."""
        self.village.clock.move(self.morning() + dt.timedelta(days=self.chance.randint(1, 3)))
        waiting = [one for one, kept in self.kept.items() if kept.life == states.HEARING]
        self.since = min((*waiting, *list(self.kept)[-100:]), default=uuid.UUID(int=0)).bytes
        for award_id in waiting[:-4]:
            self.do("withdraw", entering.withdraw, self.officer(award_id), award_id=award_id, reason="查无此事")
        for award_id in waiting[-4:]:
            self.walk(award_id)
        self.there_and_back()
        for _ in range(2):
            award_id = self.deed(self.chance.choice(COMMON))
            if award_id is not None:
                self.walk(award_id)
        self.relatives()
        self.file()
        self.provoke()
        self.visit()

    def morning(self) -> dt.timedelta:
        """Back to nine o'clock, on the way to another day."""
        local = self.village.now.astimezone(HOURS)
        return dt.timedelta(hours=9 - local.hour, minutes=-local.minute)


def event_of(item: PointsItem, score: Score) -> rules.Event:
    return rules.Event(whose(item, score), score.on, score.times, score.minutes, score.chosen, score.source == "attendance")  # fmt: skip


def differences(life: Life) -> list[str]:
    """The steps run again by the rules alone: each score after all that was live then."""
    standing: dict[uuid.UUID, Kept] = {}
    found = []
    for award_id, kept in life.journal:
        item, was = life.items[kept.score.title], standing.get(award_id)
        if was is None or was.score != kept.score:
            history = rules.History()
            for other_id, other in standing.items():
                if other_id != award_id and other.live and other.score.title == item.title:
                    history.add(item, event_of(item, other.score), other.score.credited)
            got = rules.score(item, event_of(item, kept.score), history)
            told = (kept.score.uncapped, kept.score.credited, kept.score.limited_by)
            if (got.uncapped_steps, got.credited_steps, got.limited_by) != told:
                found.append(f"{kept.score}: {got}")
        standing[award_id] = kept
    return found


@pytest.mark.slow
@pytest.mark.parametrize("db", ["sqlite"], indirect=True)
def test_awards_by_chance_meet_every_way_and_refusal_and_come_out_the_same_when_run_again(village):
    life = Life(village, random.Random(20_261_122))
    every = codes(awards, attendance_points, kin) | {"forbidden"}
    for done in range(MOST_ROUNDS):
        life.round()
        if done >= OFTEN - 1 and not life.short(states.EDGES, every):
            break
    assert life.short(states.EDGES, every) == {}
    assert {one: life.sources[one] for one in SOURCES if life.sources[one] < OFTEN} == {}
    assert {one: life.problems[one] for one in PROBLEMS if life.problems[one] < OFTEN} == {}
    assert differences(life) == []


def _id(content: bytes | None) -> uuid.UUID | None:
    return None if content is None else uuid.UUID(bytes=content)


def whose(item: PointsItem, score: Score) -> Any:
    return score.person_id if item.subject == "person" else score.household_id


def period_of(period: str, on: dt.date) -> tuple[int, ...]:
    return {"year": (on.year,), "month": (on.year, on.month), "day": (on.year, on.month, on.day)}[period]

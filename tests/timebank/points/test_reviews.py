"""Reviews: who may not decide, what is drawn for a second look and how that is checked, how the committee ends it."""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid
from typing import Any

import pytest

from tests.refusals import fields_of
from tests.timebank.hours.arrange_activities import change_policy
from tests.timebank.people.test_kin import declare
from tests.timebank.points import make
from tests.village import Village
from timebank.errors import BadInput, Forbidden, NotFound
from timebank.permissions import Actor
from timebank.points.awards import claiming, drawing, entering, reading, reviewing, states
from timebank.points.awards.reading import Filters
from timebank.points.awards.states import AwardWrongState
from timebank.points.awards.tables import Award, AwardReview, ReviewDraw
from timebank.points.table.tables import PointsItem

TABLE = "类别,项目,分值,单位,上限\n甲,扫村道,5分,一次,\n甲,帮邻居,3分,一次,每天最多9分\n甲,带头示范,酌情加1-3分,一次,\n乙,乱倒垃圾,酌情扣2-8分,一次,\n".encode()
SWEEP, HELP, LEAD, DUMP = "扫村道", "帮邻居", "带头示范", "乱倒垃圾"
on_sqlite = pytest.mark.parametrize("db", ["sqlite"], indirect=True)


@pytest.fixture
def table(village: Village) -> uuid.UUID:
    """A table with a range, an item that comes again, and a deduction that is in use; nothing is drawn."""
    table_id = make.table_in_force(village, TABLE)
    make.switch_on(village, make.items(village, table_id)[DUMP])
    change_policy(village, second_review_percent=0)
    return table_id


def undo(village, award_id, actor, at=None):
    return village.write(lambda s, now: reviewing.undo(s, actor=actor, now=at or now, award_id=award_id))


def end_of_undo(village, award_id):
    """The very instant at which the default 30 minutes are over."""
    return look(village, award_id).reviewed_at + dt.timedelta(minutes=30)


def decide(village, award_id, actor=None, **told):
    told |= {"approved": True, "remark": "看过两份意见"} | told
    actor = actor or village.actor("committee")
    return village.write(lambda s, now: reviewing.decide(s, actor=actor, now=now, award_id=award_id, **told))


def heard(village, person, item=DUMP, **changes):
    return make.enter(village, person, item, heard_on=village.today.isoformat(), **changes)


def look(village, award_id):
    with village.read() as session:
        return reading.by_id(session, village.community_id, award_id)


@on_sqlite
def test_relatives_of_the_reviewers_household_are_not_hers_to_review(village: Village, table):
    reviewer, husband = village.make_household("孙志明", "赵强")
    brother, nephew = village.make_household("赵刚", "赵小刚")
    declare(village, husband, brother)
    award_id = make.enter(village, nephew, SWEEP)
    actor = village.actor("reviewer", person=reviewer)
    with pytest.raises(entering.OwnRelatives):
        make.review(village, award_id, actor=actor)
    with village.read() as session:
        rows = reading.awards_of(session, actor=actor)
        assert reviewing.kept_from(session, actor, rows) == {award_id: "own_relatives"}
    make.review(village, award_id)
    assert make.life(village, award_id) == "approved"


@on_sqlite
def test_nobody_lets_a_deduction_of_the_own_household_or_of_relatives_disappear(village: Village, table):
    wife, husband = village.make_household("孙志明", "赵强")
    (brother,) = village.make_household("赵刚")
    declare(village, husband, brother)
    staff = village.actor("committee", person=wife)
    for person, reason in ((husband, entering.OwnHousehold), (brother, entering.OwnRelatives)):
        award_id = heard(village, person)
        for _ in range(2):  # before and after the review
            with pytest.raises(reason):
                withdraw(village, award_id, staff)
            if make.life(village, award_id) == "entered":
                make.review(village, award_id, chosen_steps={award_id: 20}, remark="一袋垃圾")
        withdraw(village, award_id, village.actor("committee"))
        assert make.life(village, award_id) == "withdrawn"


def withdraw(village, award_id, actor):
    village.write(lambda s, now: entering.withdraw(s, actor=actor, now=now, award_id=award_id, reason="弄错了"))


def test_a_drawn_verdict_needs_another_person_and_the_draw_can_be_checked(village: Village):
    """second_review_percent: 100 draws every verdict, 0 none; the same deed entered again gets the same draw."""
    make.table_in_force(village, TABLE)
    change_policy(village, second_review_percent=100)
    ana, first = village.make_person(), village.actor("reviewer")
    award_id = make.enter(village, ana, SWEEP)
    assert make.review(village, award_id, actor=first)["second"] == 1
    assert make.life(village, award_id) == "second"
    with pytest.raises(reviewing.SameReviewer):
        make.review(village, award_id, actor=first)
    assert make.review(village, award_id)["second"] == 0
    assert make.life(village, award_id) == "approved"
    # Withdrawn and entered again, when nothing is drawn any more but what was: it stays drawn.
    village.write(
        lambda s, now: entering.withdraw(s, actor=village.actor("committee"), now=now, award_id=award_id, reason="重来")
    )
    again = make.enter(village, ana, SWEEP)
    change_policy(village, second_review_percent=1)
    assert make.review(village, again)["second"] == 1
    change_policy(village, second_review_percent=0)
    other = make.enter(village, village.make_person(), SWEEP)
    assert make.review(village, other)["second"] == 0
    auditor, month = village.actor("auditor"), f"{village.today:%Y-%m}"
    with village.read() as session:
        (seed,) = drawing.months(session, actor=auditor)
        assert seed.commitment == hashlib.sha256(seed.seed).hexdigest()
        drawn = drawing.drawn_in(session, actor=auditor, month=month)
        assert [one.agrees for one in drawn] == [None] * 3  # the seed is a secret until the month is over
        assert {drawing.value_of(seed.seed, one.key.encode()) for one in drawn[:2]} == {drawn[0].review.draw_value}
        for outsider in (first, ana):
            with pytest.raises(Forbidden):
                drawing.months(session, actor=outsider if isinstance(outsider, Actor) else village.actor(person=ana))
    assert reveal(village)["months"] == []
    village.pass_time(days=31)
    assert reveal(village)["months"] == [month]
    assert reveal(village)["months"] == []
    with village.read() as session:
        (seed,) = drawing.months(session, actor=auditor)
        drawn = drawing.drawn_in(session, actor=auditor, month=month)
        assert [(one.agrees, one.review.asks) for one in drawn] == [(True, "drawn"), (True, "drawn"), (True, "")]
        notes = session.connection().exec_driver_sql("SELECT seq, digest FROM ledger_note WHERE topic = 'review_draw'")
        assert {row[0]: row[1] for row in notes} == {seed.note: seed.commitment, seed.reveal_note: seed.seed.hex()}


def reveal(village):
    job = Actor.system(village.community_id, "reveal_draws")
    return village.write(lambda s, now: drawing.reveal_over(s, actor=job, now=now))


def test_the_share_that_is_drawn_is_the_percent_and_depends_on_seed_and_deed_alone():
    seed = bytes(range(32))
    values = [drawing.value_of(seed, f"deed {n}".encode()) for n in range(20_000)]
    assert 900 < sum(value < 5 for value in values) < 1_100
    assert set(values) == set(range(100))
    assert drawing.value_of(seed, b"deed 1") != drawing.value_of(bytes(32), b"deed 1")


def test_a_households_deed_is_drawn_alike_whoever_of_it_is_named():
    """Else naming another member would be another draw."""
    deed: dict[str, Any] = {"household_id": uuid.UUID(int=1), "on_day": dt.date(2026, 12, 1)}
    item: dict[str, Any] = {"category": "劳动", "title": "扫街"}
    keys = {
        subject: {
            drawing.key_of(Award(person_id=uuid.uuid4(), **deed), PointsItem(subject=subject, **item))
            for _member in range(2)
        }
        for subject in ("household", "person")
    }
    assert (len(keys["household"]), len(keys["person"])) == (1, 2)


@on_sqlite
def test_a_drawn_deed_told_of_another_day_is_drawn_again_unless_it_was_looked_at(village: Village, table):
    """Whoever takes a drawn award back learns that it was drawn; three days to both sides do not help."""
    ana, bo = village.make_person(), village.make_person()
    village.pass_time(days=12)
    deed_on, committee = village.today - dt.timedelta(days=6), village.actor("committee")

    def told(person, after):
        on = (deed_on + dt.timedelta(days=after)).isoformat()
        award_id = make.enter(village, person, SWEEP, on=on)
        return award_id, make.review(village, award_id)["second"]

    def by_chance(award_id):
        with village.read() as session:
            (verdict,) = reading.reviews_of(session, village.community_id, award_id)
        return int(verdict.draw_value < verdict.draw_percent)

    change_policy(village, second_review_percent=100)
    looked_at, taken_back = told(ana, 0)[0], told(bo, 0)[0]
    make.review(village, looked_at)
    village.write(lambda s, now: entering.withdraw(s, actor=committee, now=now, award_id=taken_back, reason="重来"))
    change_policy(village, second_review_percent=1)
    # Looked at and approved: its neighbours are deeds of their own.
    beside, second = told(ana, 1)
    assert second == by_chance(beside)
    assert [told(bo, after)[1] for after in (-3, 3)] == [1, 1]
    far, second = told(bo, 4)
    assert second == by_chance(far)


@on_sqlite
def test_two_who_differ_leave_it_to_the_committee_with_both_reasons(village: Village, table):
    change_policy(village, second_review_percent=100)
    ana, one, two = village.make_person(), village.actor("reviewer"), village.actor("committee", "reviewer")
    award_id = make.enter(village, ana, SWEEP)
    make.review(village, award_id, actor=one)
    with pytest.raises(BadInput):
        make.review(village, award_id, actor=two, approved=False)
    make.review(village, award_id, actor=two, approved=False, remark="照片看不清")
    assert make.life(village, award_id) == "committee"
    with pytest.raises(AwardWrongState):
        make.review(village, award_id)
    with pytest.raises(reviewing.SameReviewer):
        decide(village, award_id, two)
    with pytest.raises(entering.OwnHousehold):
        decide(village, award_id, village.actor("committee", person=ana))
    with pytest.raises(Forbidden):
        decide(village, award_id, village.actor("reviewer"))
    with pytest.raises(BadInput):
        decide(village, award_id, remark=" ")
    chair = village.actor("committee")
    assert decide(village, award_id, chair, approved=False)["life"] == "rejected"
    assert undo(village, award_id, chair)["life"] == "committee"
    assert decide(village, award_id)["life"] == "approved"
    with village.read() as session:
        verdicts = reading.reviews_of(session, village.community_id, award_id)
    told = [(one.turn, one.verdict, one.remark) for one in verdicts if one.undone_at is None]
    assert told == [
        ("first", "approve", ""),
        ("second", "reject", "照片看不清"),
        ("committee", "approve", "看过两份意见"),
    ]


@on_sqlite
def test_review_undo_minutes_let_the_reviewer_take_the_latest_verdict_back_while_it_hangs_nowhere(
    village: Village, table
):
    one, two = village.actor("reviewer"), village.actor("reviewer")
    award_id = make.enter(village, village.make_person(), SWEEP)
    with pytest.raises(AwardWrongState):
        undo(village, award_id, one)
    make.review(village, award_id, actor=one)
    with pytest.raises(reviewing.NotYourVerdict):
        undo(village, award_id, two)
    last = end_of_undo(village, award_id) - dt.timedelta(milliseconds=1)
    assert undo(village, award_id, one, at=last)["life"] == "entered"
    with pytest.raises(AwardWrongState):  # a second tap
        undo(village, award_id, one)
    assert look(village, award_id).reviewed_by is None
    make.review(village, award_id, actor=one, approved=False, remark="不属实")
    with pytest.raises(reviewing.UndoTooLate):
        undo(village, award_id, one, at=end_of_undo(village, award_id))
    other = make.enter(village, village.make_person(), SWEEP)
    make.review(village, other, actor=one)
    make.publish(village)
    with pytest.raises(AwardWrongState):
        undo(village, other, one)


@on_sqlite
def test_the_reviewer_chooses_within_the_range_and_says_why(village: Village, table):
    award_id = make.enter(village, village.make_person(), LEAD)
    assert look(village, award_id).credited_steps == 10  # the lower end, until somebody chose
    with pytest.raises(reviewing.ValueNeeded) as refused:
        make.review(village, award_id, remark="好")
    assert refused.value.facts == {"item": LEAD, "least_steps": 10, "most_steps": 30}
    for outside in (9, 31):
        with pytest.raises(reviewing.ValueOutside):
            make.review(village, award_id, remark="好", chosen_steps={award_id: outside})
    with pytest.raises(BadInput):
        make.review(village, award_id, chosen_steps={award_id: 20})
    reviewer = village.actor("reviewer")
    make.review(village, award_id, remark="带动三户", chosen_steps={award_id: 30}, actor=reviewer)
    row = look(village, award_id)
    assert (row.credited_steps, row.chosen_steps) == (30, 30)
    undo(village, award_id, reviewer)
    assert look(village, award_id).credited_steps == 10
    # Two who choose differently differ.
    change_policy(village, second_review_percent=100)
    make.review(village, award_id, remark="带动三户", chosen_steps={award_id: 30})
    make.review(village, award_id, remark="只有一户", chosen_steps={award_id: 10})
    assert make.life(village, award_id) == "committee"
    decide(village, award_id, steps=20)
    assert look(village, award_id).credited_steps == 20


@on_sqlite
def test_taking_back_the_second_verdict_leaves_the_value_of_the_first(village: Village, table):
    change_policy(village, second_review_percent=100)
    one, two, chair = village.actor("reviewer"), village.actor("reviewer"), village.actor("committee")
    award_id = make.enter(village, village.make_person(), LEAD)
    make.review(village, award_id, remark="三户", chosen_steps={award_id: 30}, actor=one)
    make.review(village, award_id, remark="一户", chosen_steps={award_id: 10}, actor=two)
    assert look(village, award_id).credited_steps == 10
    undo(village, award_id, two)
    assert (look(village, award_id).life, look(village, award_id).chosen_steps) == ("second", 30)
    make.review(village, award_id, remark="一户", chosen_steps={award_id: 10}, actor=two)
    decide(village, award_id, chair, steps=20)
    undo(village, award_id, chair)
    assert (look(village, award_id).life, look(village, award_id).credited_steps) == ("committee", 10)


@on_sqlite
def test_a_rejection_is_not_taken_back_when_others_came_in_its_place(village: Village, table):
    """Neither does one deed count twice nor do caps hold more than they say."""
    reviewer, ana = village.actor("reviewer"), village.make_person(grid="320102010101")

    def rejected(item, **told):
        award_id = make.enter(village, ana, item, **told)
        make.review(village, award_id, actor=reviewer, approved=False, remark="不属实")
        return award_id

    first = rejected(SWEEP)
    again = make.enter(village, ana, SWEEP)
    with pytest.raises(reviewing.ToldAgain) as refused:
        undo(village, first, reviewer)
    assert refused.value.facts == {"other": again.hex}
    helped = rejected(HELP)  # three a day
    for number in range(3):
        make.enter(village, ana, HELP, again_reason=f"第{number}次" if number else "")
    with pytest.raises(reviewing.ToldAgain):
        undo(village, helped, reviewer)
    helped = rejected(HELP, again_reason="又一次", on=(village.today - dt.timedelta(days=1)).isoformat())
    make.enter(village, ana, HELP, on=(village.today - dt.timedelta(days=1)).isoformat(), quantity="3")
    with pytest.raises(reviewing.NothingLeft):
        undo(village, helped, reviewer)
    # By another source it stands beside, and the reviewer says why both count.
    led = rejected(LEAD)
    item = make.items(village, table)[LEAD]
    village.write(
        lambda s, now: claiming.report(
            s, actor=village.actor("grid_worker", grid="320102010101"), now=now, household="", person=ana.number,
            item_id=item.id, on=village.today.isoformat(), evidence="巡查时看到",
        )
    )  # fmt: skip
    undo(village, led, reviewer)
    with pytest.raises(reviewing.DoubleUnexplained):
        make.review(village, led, remark="好", chosen_steps={led: 10}, actor=reviewer)


@on_sqlite
@pytest.mark.parametrize("steps, asked", [(50, 0), (51, 1)])
def test_deduction_two_from_steps_takes_two_reviewers_above_it(village: Village, table, steps, asked):
    award_id = heard(village, village.make_person())
    done = make.review(village, award_id, remark="多次劝说", chosen_steps={award_id: steps})
    assert done["second"] == asked
    row = look(village, award_id)
    assert row.credited_steps == -steps
    assert row.life == ("second" if asked else "approved")
    if asked:
        make.review(village, award_id, remark="属实", chosen_steps={award_id: steps})
        assert make.life(village, award_id) == "approved"


@on_sqlite
def test_the_same_deed_is_refused_or_needs_a_reason_where_the_table_lets_it_come_again(village: Village, table):
    ana = village.make_person()
    make.enter(village, ana, HELP)
    with pytest.raises(entering.AwardRefused) as refused:
        make.enter(village, ana, HELP)
    assert refused.value.facts["problems"] == ["项目:again_needs_reason"]
    again = make.enter(village, ana, HELP, again_reason="下午又帮了一次")
    assert make.review(village, again)["awards"] == 1
    make.enter(village, ana, SWEEP)
    with pytest.raises(entering.AwardRefused) as refused:
        make.enter(village, ana, SWEEP, again_reason="下午又扫了一次")
    assert refused.value.facts["problems"] == ["项目:already_entered"]


@on_sqlite
def test_a_review_is_all_or_nothing_and_bounded_and_for_the_own_community(village: Village, other_village, table):
    ana, bo = make.enter(village, village.make_person(), SWEEP), make.enter(village, village.make_person(), LEAD)
    with pytest.raises(reviewing.ValueNeeded):
        make.review(village, ana, bo, remark="好")
    assert make.life(village, ana) == "entered"
    assert make.review(village, ana, ana)["awards"] == 1  # a double tap in one form
    with pytest.raises(AwardWrongState):  # two people at once
        make.review(village, ana)
    with pytest.raises(reviewing.TooManyAtOnce):
        make.review(village, *[uuid.uuid4() for _ in range(201)])
    with pytest.raises(BadInput) as refused:
        make.review(village)
    assert fields_of(refused.value) == {"award_id": "required"}
    with pytest.raises(NotFound):
        make.review(other_village, bo)
    with pytest.raises(NotFound):
        decide(other_village, bo)


@on_sqlite
def test_lists_are_filtered_by_life_source_and_day(village: Village, table):
    ana = village.make_person()
    plain, waiting = make.enter(village, ana, SWEEP), make.enter(village, ana, DUMP)
    village.pass_time(days=1)
    later = make.enter(village, ana, SWEEP)
    committee = village.actor("committee")

    def shown(**told):
        with village.read() as session:
            return [row.award.id for row in reading.awards_of(session, actor=committee, filters=Filters(**told))]

    assert shown() == [later, waiting, plain]
    assert shown(life="hearing") == [waiting]
    assert shown(life="entered") == [later, plain]
    assert shown(kind="deduction") == [waiting]
    assert shown(source="committee", until=village.today - dt.timedelta(days=1)) == [waiting, plain]
    assert shown(source="grid") == []
    assert shown(household_id=ana.household_id, since=village.today) == [later]
    with village.read() as session:
        assert reading.stage_counts(session, actor=committee) == {"hearing": 1}


def test_every_way_of_an_award_leads_to_a_state_that_there_is():
    assert {after for _, _, after in states.EDGES} <= set(states.LIFE)
    for verb, before, after in states.EDGES:
        state, stage = states.after(before, verb, after)
        assert states.life(state, stage) == after
        assert verb in states.verbs_in(before)
    with pytest.raises(AwardWrongState):
        states.after("booked", "withdraw", "withdrawn")
    with pytest.raises(AwardWrongState):
        states.after("entered", "review", "booked")


@on_sqlite
def test_the_database_keeps_one_verdict_a_turn(village: Village, table):
    from sqlalchemy.exc import IntegrityError

    award_id = make.enter(village, village.make_person(), SWEEP)
    make.review(village, award_id)

    def twice(session, now):
        session.add(
            AwardReview(community_id=village.community_id, id=uuid.uuid4(), award_id=award_id, turn="first", verdict="approve",
                        steps=0, reviewed_at=now, reviewed_by="x", officer=1)
        )  # fmt: skip
        session.flush()
        return {}

    with pytest.raises(IntegrityError):
        village.write(twice)
    with village.read() as session:
        assert session.get(ReviewDraw, (village.community_id, f"{village.today:%Y-%m}")) is not None

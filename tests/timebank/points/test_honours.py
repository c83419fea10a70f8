"""Honours: levels by recorded decision, red lists by rule with consent for a name in full, a black list only where it was decided."""

import datetime as dt
import uuid

import pytest

from tests.timebank.hours.arrange_activities import change_policy
from tests.timebank.points import make
from tests.timebank.points.test_household_changes import ask_merge, carry_out
from tests.timebank.points.test_years import announced, move_to, run, start
from timebank.errors import BadInput, Forbidden
from timebank.permissions import Actor
from timebank.points import overview
from timebank.points.honours import deciding, listing, states, totals
from timebank.points.honours import reading as honour_reading

TABLE = (
    "类别,项目,分值,计分单位,备注\n"
    "好事,帮邻居,5,一次,\n好事,见义勇为,50,一次,上红榜公示\n卫生,乱倒垃圾,-20,一次,\n"
).encode()  # fmt: skip
LEVELS = [["一星", 50], ["二星", 100], ["三星", 200]]

on_sqlite = pytest.mark.parametrize("db", ["sqlite"], indirect=True)


@pytest.fixture
def told(village):
    """A table in force, and three households with what they did this month: 100, 50 and 50 less 200 steps."""
    table_id = make.table_in_force(village, TABLE)
    items = make.items(village, table_id)
    make.switch_on(village, items["乱倒垃圾"])
    people = [village.make_person(name) for name in ("欧阳明", "张三", "张四")]
    ids = [make.enter(village, people[0], "帮邻居", quantity="2"), make.enter(village, people[1], "帮邻居"),
           make.enter(village, people[2], "帮邻居")]  # fmt: skip
    heard = village.today.isoformat()
    ids.append(make.enter(village, people[2], "乱倒垃圾", heard_on=heard))
    make.approve(village, *ids)
    make.publish(village)
    village.pass_time(days=12)
    make.book_due(village)
    village.people = people
    return village


def decide(village, kind, content, *, confirmed=True, first=None, second=None, **changes):
    first = first or village.actor("committee")
    when = {
        "in_force_on": village.today,
        "decided_on": village.today,
        "body": "assembly",
        "reason": "村民会议决定",
    } | changes
    made = village.write(lambda s, now: deciding.draft(s, actor=first, now=now, kind=kind, content=content, **when))
    decision_id = uuid.UUID(made["decision_id"])
    if confirmed:
        second = second or village.actor("supervision_committee")
        village.write(lambda s, now: deciding.confirm(s, actor=second, now=now, decision_id=decision_id))
    return decision_id


def propose(village, rule=None, *, kind="red", actor=None, days=30):
    actor = actor or village.actor("committee")
    yesterday = village.today - dt.timedelta(days=1)
    made = village.write(
        lambda s, now: listing.propose(
            s, actor=actor, now=now, kind=kind, title="季度红榜", from_day=yesterday - dt.timedelta(days=days),
            to_day=yesterday, rule=rule or {"kind": "top", "n": 1},
        )
    )  # fmt: skip
    return uuid.UUID(made["list_id"])


def do(village, verb, list_id, actor=None, **told):
    actor = actor or village.actor("supervision_committee" if verb is listing.confirm else "committee")
    return village.write(lambda s, now: verb(s, actor=actor, now=now, list_id=list_id, **told))


def published(village, **changes):
    list_id = propose(village, **changes)
    do(village, listing.confirm, list_id)
    do(village, listing.publish, list_id)
    return list_id


def settle(village):
    job = Actor.system(village.community_id, "settle_honours")
    return village.write(lambda s, now: listing.settle_due(s, actor=job, now=now))


def shown(village, *, outside=True):
    with village.read() as session:
        return [
            (one.kind, [row.name for row in honour_reading.told(session, one)])
            for one in honour_reading.shown_lists(session, village.community_id, village.now, outside=outside)
        ]


@on_sqlite
def test_levels_count_what_was_earned_and_no_year_end_or_redeeming_takes_them_away(told):
    village, (first, second, third) = told, told.people
    change_policy(village, carry_percent=0)
    same = village.actor("committee")
    with pytest.raises(deciding.HonourSecondPerson):
        decide(village, "levels", {"by": "lifetime", "levels": LEVELS}, first=same, second=same)
    for wrong in ({"by": "lifetime", "levels": [["一星", 100], ["二星", 100]]}, {"by": "moon", "levels": LEVELS},
                  {"by": "year", "levels": []}, {"by": "year", "levels": [["", 5]]}):  # fmt: skip
        with pytest.raises(BadInput):
            decide(village, "levels", wrong)
    with pytest.raises(BadInput):
        decide(village, "levels", {"by": "year", "levels": LEVELS}, in_force_on=village.today - dt.timedelta(days=1))

    def standing(person):
        with village.read() as session:
            return deciding.standing_of(session, village.community_id, person.household_id, village.today)

    assert standing(first) is None
    decide(village, "levels", {"by": "lifetime", "levels": LEVELS}, in_force_on=village.today + dt.timedelta(days=1))
    assert standing(first) is None  # from tomorrow
    village.pass_time(days=1)
    assert (standing(first).name, standing(first).next_name, standing(first).missing_steps) == ("二星", "三星", 100)
    assert (standing(second).level, standing(third).level) == (1, 0)
    close_id = announced(village, year=village.today.year)
    move_to(village, village.today.year + 1, 2, 3, 9)
    start(village, close_id)
    run(village)
    assert (standing(first).name, standing(second).steps) == ("二星", 50)
    # A household that took another one in has earned what both did.
    carry_out(village, ask_merge(village, second, first))
    assert standing(first).steps == 150
    decide(village, "levels", {"by": "year", "levels": LEVELS})
    assert standing(first).level == 0
    with village.read() as session:
        seen = overview.overview(
            session, actor=village.actor(person=first), now=village.now, household_id=first.household_id
        )
        assert (seen.lifetime_steps, seen.year_steps, seen.held.available_steps) == (150, 0, 0)


@on_sqlite
def test_a_red_list_takes_all_who_share_the_last_place_and_shows_names_only_with_the_heads_consent(told):
    village, (first, second, _) = told, told.people
    with pytest.raises(listing.NobodyOnList):
        propose(village, {"kind": "threshold", "steps": 101})
    with pytest.raises(listing.NobodyOnList):
        propose(village, {"kind": "remark"})
    for wrong in ({"kind": "top"}, {"kind": "top", "n": 0}, {"kind": "who_i_like"}):
        with pytest.raises(BadInput):
            propose(village, wrong)
    proposer = village.actor("committee")
    list_id = propose(village, {"kind": "threshold", "steps": 50}, actor=proposer)
    with village.read() as session:
        found = honour_reading.list_of(session, village.community_id, list_id)
        assert [(one.position, one.steps, one.masked_name) for one in honour_reading.lines_of(session, found)] == [
            (1, 100, "欧阳*"),
            (2, 50, "张*"),
        ]
    with pytest.raises(deciding.HonourSecondPerson):
        do(village, listing.confirm, list_id, proposer)
    with pytest.raises(states.HonourWrongState):
        do(village, listing.publish, list_id)
    do(village, listing.confirm, list_id)
    assert shown(village) == []
    do(village, listing.publish, list_id)
    assert shown(village) == [("red", ["欧阳*", "张*"])]
    with pytest.raises(Forbidden):
        do(village, listing.consent, list_id, village.actor(person=second), position=1, is_given=True)
    with pytest.raises(BadInput):
        do(village, listing.consent, list_id, village.actor("desk_staff"), position=1, is_given=True)
    do(village, listing.consent, list_id, village.actor(person=first), position=1, is_given=True)
    do(village, listing.consent, list_id, village.actor("desk_staff"), position=2, is_given=False, present=True)
    assert shown(village) == [("red", ["欧阳明", "张*"])]
    do(village, listing.consent, list_id, village.actor(person=first), position=1, is_given=False)
    assert shown(village) == [("red", ["欧阳*", "张*"])]


@on_sqlite
def test_honour_objection_days_end_at_midnight_and_an_open_objection_keeps_the_list_from_standing(told):
    """honour_objection_days is 7: through the last second of the seventh day after it was hung out."""
    village, (first, second, third) = told, told.people
    list_id = published(village)
    with village.read() as session:
        until = honour_reading.list_of(session, village.community_id, list_id).objections_until
    assert until == dt.datetime.combine(
        village.today + dt.timedelta(days=8), dt.time(), tzinfo=dt.timezone(dt.timedelta(hours=8))
    )
    village.clock.move(until - village.now - dt.timedelta(seconds=1))
    made = do(village, listing.object_to, list_id, village.actor(person=third), position=1, reason="不是他做的")
    with pytest.raises(listing.ListObjected):
        do(village, listing.object_to, list_id, village.actor(person=third), position=1, reason="再说一次")
    village.pass_time(seconds=1)
    with pytest.raises(listing.ObjectionsOver):
        do(village, listing.object_to, list_id, village.actor(person=second), position=1, reason="晚了")
    assert settle(village) == {"code": "honours_settled", "settled": 0, "ended": 0}

    def answer(actor, **told):
        told |= {"upheld": True, "text": "核实属实"} | told
        objection_id = uuid.UUID(made["objection_id"])
        return village.write(lambda s, now: listing.answer(s, actor=actor, now=now, objection_id=objection_id, **told))

    for near in (first, third):  # whose line it is, and who objected
        with pytest.raises(listing.TooNearToList):
            answer(village.actor("committee", person=near))
    answer(village.actor("committee"))
    assert shown(village) == [("red", [])]
    assert settle(village)["settled"] == 1
    with pytest.raises(states.HonourWrongState):
        do(village, listing.object_to, list_id, village.actor(person=second), position=1, reason="晚了")
    do(village, listing.withdraw, list_id, reason="换下一季")
    assert shown(village) == []


@on_sqlite
def test_there_is_no_black_list_without_a_decision_a_hearing_and_an_end(told):
    village, (_, _, third) = told, told.people
    content = {"from_steps": 200, "days": 30, "public": 0}
    with pytest.raises(listing.NoBlackList):
        propose(village, kind="black")
    with pytest.raises(BadInput):
        decide(village, "black", content)  # it must have an end
    ends = village.today + dt.timedelta(days=90)
    decide(village, "black", content, ends_on=ends, confirmed=False)
    with pytest.raises(listing.NoBlackList):
        propose(village, kind="black")
    decision_id = decide(village, "black", content, ends_on=ends)
    list_id = propose(village, kind="black")
    with pytest.raises(listing.NotHeard) as refused:
        do(village, listing.confirm, list_id)
    assert refused.value.facts == {"households": 1}
    do(village, listing.hear, list_id, position=1, heard_on=village.today, said="那天不在家")
    do(village, listing.confirm, list_id)
    do(village, listing.publish, list_id)
    with pytest.raises(Forbidden):
        do(village, listing.consent, list_id, village.actor(person=third), position=1, is_given=True)
    assert shown(village, outside=False) == [("black", ["张*"])]
    assert shown(village, outside=True) == []  # the decision says: not on the public page
    village.pass_time(days=29)
    assert shown(village, outside=False) == [("black", ["张*"])]
    village.pass_time(days=1)
    assert shown(village, outside=False) == []  # ends by itself, before any job ran
    assert settle(village)["ended"] == 1
    # The decision taken back, what still hangs goes at once.
    again = published_black(village)
    assert shown(village, outside=False) == [("black", ["张*"])]
    village.write(
        lambda s, now: deciding.withdraw(s, actor=village.actor("committee"), now=now, decision_id=decision_id)
    )
    assert shown(village, outside=False) == []
    with pytest.raises(listing.NoBlackList):
        propose(village, kind="black", days=90)
    assert again


def published_black(village):
    list_id = propose(village, kind="black", days=90)
    do(village, listing.hear, list_id, position=1, heard_on=village.today, said="知道了")
    do(village, listing.confirm, list_id)
    do(village, listing.publish, list_id)
    return list_id


@on_sqlite
def test_wrong_roles_make_no_lists(told):
    village = told
    for wrong in ("desk_staff", "auditor", "supervision_committee", "reviewer"):
        with pytest.raises(Forbidden):
            propose(village, actor=village.actor(wrong))
        with pytest.raises(Forbidden):
            decide(village, "levels", {"by": "year", "levels": LEVELS}, first=village.actor(wrong), confirmed=False)
    list_id = propose(village)
    with pytest.raises(Forbidden):
        do(village, listing.confirm, list_id, village.actor("desk_staff"))
    with village.read() as session:
        assert sum(totals.everybody(session, village.community_id, dt.date(2026, 1, 1), village.today).values()) == 0


def test_every_way_between_states_is_one_of_those_written_down():
    for verb, ways in states.MOVES.items():
        for before in states.STATES:
            if before in ways:
                assert states.after(before, verb, number=1) in states.STATES
            else:
                with pytest.raises(states.HonourWrongState):
                    states.after(before, verb, number=1)

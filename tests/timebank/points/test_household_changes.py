"""Households split and merge: both sides agree, register and points change together, and it can be taken back for a while."""

import datetime as dt
import uuid

import pytest
from sqlmodel import col, select

from tests.timebank.hours.arrange_activities import change_policy
from tests.timebank.points import make
from tests.timebank.points.booked import book_back, booked, table_of
from tests.timebank.points.test_publicity import book_all, deduct, mixed_with_deductions
from tests.timebank.points.test_shop import cancel, redeem
from tests.timebank.points.test_years import announced, give, is_sound, line, move_to, points, run, start
from tests.timebank.points.test_years import undo as undo_year
from timebank import accounts
from timebank.errors import AlreadyDone, BadInput, Forbidden
from timebank.notices import Notice
from timebank.people import household_history, household_members, households, kin, residents
from timebank.permissions import Actor
from timebank.points import household_accounts, statement
from timebank.points.household_changes import asking, carrying_out, states, words_given
from timebank.points.household_changes.tables import HouseholdChange
from timebank.points.publicity import corrections

BOTH = ("giver", "taker")

on_sqlite = pytest.mark.parametrize("db", ["sqlite"], indirect=True)


def person_of(village, person):
    """The person as the register has her now."""
    with village.read() as session:
        return residents.person(session, village.community_id, person.id)


def ask_split(village, head, *going, actor=None, new_head=None, **told):
    told |= {"share_percent": 40, "reason": "儿子成家分户", "present": BOTH} | told
    if "share_steps" in told:
        told["share_percent"] = None
    made = village.write(
        lambda s, now: asking.ask_split(
            s, actor=actor or village.actor("desk_staff"), now=now, household_id=head.household_id,
            going={one.id: "" for one in going}, new_head_id=(new_head or going[0]).id, **told,
        )
    )  # fmt: skip
    return written_down(village, uuid.UUID(made["change_id"]), told["present"])


def written_down(village, change_id, present):
    """Where both sides came to the desk, the others who move signed there too."""
    with village.read() as session:
        missing = words_given.missing(session, asking.change_of(session, village.community_id, change_id))
    for word in missing if present == BOTH else ():
        agree(village, change_id, village.actor("desk_staff"), member_id=word.person.id, evidence="在协议上签字")
    return change_id


def ask_merge(village, giver, taker, *, actor=None, **told):
    told = {"reason": "老人随子女生活", "present": BOTH} | told
    made = village.write(
        lambda s, now: asking.ask_merge(
            s, actor=actor or village.actor("desk_staff"), now=now, household_id=giver.household_id,
            other_id=taker.household_id, **told,
        )
    )  # fmt: skip
    return written_down(village, uuid.UUID(made["change_id"]), told["present"])


def carry_out(village, change_id, actor=None):
    actor = actor or village.actor("desk_staff")
    return village.write(lambda s, now: carrying_out.carry_out(s, actor=actor, now=now, change_id=change_id))


def undo(village, change_id, actor=None):
    actor = actor or village.actor("desk_staff")
    return village.write(
        lambda s, now: carrying_out.undo(s, actor=actor, now=now, change_id=change_id, reason="办错了")
    )


def agree(village, change_id, actor, **told):
    return village.write(lambda s, now: asking.agree(s, actor=actor, now=now, change_id=change_id, **told))


def change_of(village, change_id):
    with village.read() as session:
        return session.get(HouseholdChange, (village.community_id, change_id))


def owe(village, person, steps):
    """A deduction of more than there is."""

    def deduct(session, now):
        household_accounts._owe(
            session, village.community_id, person.household_id, award_id=uuid.uuid4(), steps=steps, entry=None, now=now
        )
        return {}

    village.write(deduct)


def owed(village, person):
    with village.read() as session:
        return household_accounts.owed(session, village.community_id, person.household_id)


def held(village, person):
    person = person_of(village, person)
    with village.read() as session:
        return statement.held(session, actor=village.actor(person=person), household_id=person.household_id)


@on_sqlite
def test_a_split_by_parts_moves_people_points_and_debt_and_both_statements_show_it(village):
    father, _, son, wife = village.make_household("张大山", "李秀兰", "张小河", "陈芳", steps=101)
    give(village, father, 600, base=True)
    change_id = ask_split(village, father, son, wife)
    assert change_of(village, change_id).state == "agreed"
    done = carry_out(village, change_id)
    assert (done["points_steps"], points(village, father)) == (40, 61)  # 40 % of 101, rounded down
    son, wife = person_of(village, son), person_of(village, wife)
    assert son.household_id == wife.household_id != father.household_id
    assert (son.relation, wife.relation) == ("户主", "")
    assert (held(village, father).base_steps, held(village, son).base_steps) == (600, 0)
    for one, moved in ((father, -40), (son, 40)):
        with village.read() as session:
            told = statement.statement(session, actor=village.actor(person=one), household_id=one.household_id)
        assert [(row.line.amount, row.line.detail["use_case"]) for row in told][:1] == [
            (moved, "households.split")
        ] or (
            moved,
            "households.split",
        ) in [(row.line.amount, row.line.detail["use_case"]) for row in told]
    with village.read() as session:
        events = household_history.events_of(session, village.community_id, son.household_id)
        assert {one.kind for one in events} == {"moved_in", "split_from", "head"}
        stays = household_history.stays(residents.members(session, village.community_id, son.household_id), events)
        assert {(one.person_id, one.until) for one in stays} == {(son.id, None), (wife.id, None)}
    assert is_sound(village)
    # Somebody who lived there has nothing to do with the other household's points any more.
    with pytest.raises(Forbidden), village.read() as session:
        statement.held(session, actor=village.actor(person=son), household_id=father.household_id)


@on_sqlite
def test_what_is_owed_is_shared_by_the_same_part_and_stays_where_an_amount_was_agreed(village):
    father, son, daughter = village.make_household("张大山", "张小河", "张小花", steps=0)
    owe(village, father, 25)
    carry_out(village, ask_split(village, father, son))
    assert (owed(village, father), owed(village, person_of(village, son))) == (15, 10)
    carry_out(village, ask_split(village, father, daughter, share_steps=0))
    assert (owed(village, father), owed(village, person_of(village, daughter))) == (15, 0)
    # A household that ends leaves what it owes to the one that takes it in.
    carry_out(village, ask_merge(village, person_of(village, son), person_of(village, father)))
    assert owed(village, father) == 25


@on_sqlite
def test_an_amount_is_not_more_than_is_there_and_what_is_held_is_not_there(village):
    item_id, _, _ = make.shop(village, price_steps=30)
    father, son = village.make_household("张大山", "张小河", steps=100)
    redeem(village, father, item_id)
    change_id = ask_split(village, father, son, share_steps=71)
    with pytest.raises(carrying_out.ShareTooLarge) as refused:
        carry_out(village, change_id)
    assert refused.value.facts == {"share_steps": 71, "available_steps": 70}
    village.write(
        lambda s, now: asking.withdraw(s, actor=village.actor("desk_staff"), now=now, change_id=change_id, reason="改")
    )
    carry_out(village, ask_split(village, father, son, share_steps=70))
    assert (points(village, father), points(village, person_of(village, son))) == (30, 70)


@on_sqlite
def test_each_side_agrees_by_her_own_sign_in_and_only_the_desk_carries_out(village):
    father, son = village.make_household("张大山", "张小河", steps=100)
    stranger = village.make_person("王五")
    change_id = ask_split(village, father, son, actor=village.actor(person=son), present=())
    assert change_of(village, change_id).state == "asked"
    with pytest.raises(states.HouseholdChangeWrongState):
        carry_out(village, change_id)
    with pytest.raises(states.HouseholdChangeWrongState):
        agree(village, change_id, village.actor(person=son))
    for wrong in (village.actor(person=stranger), village.actor("committee")):
        with pytest.raises(Forbidden):
            agree(village, change_id, wrong, side="giver", present=True)
    with pytest.raises(BadInput):
        agree(village, change_id, village.actor("desk_staff"), side="giver")  # who is not present does not agree
    assert agree(village, change_id, village.actor(person=father))["state"] == "agreed"
    told = change_of(village, change_id)
    assert (told.giver_way, told.taker_way, told.giver_recorded_by) == ("own", "own", father.number)
    with pytest.raises(Forbidden):
        carry_out(village, change_id, village.actor(person=father))
    carry_out(village, change_id)
    with pytest.raises(states.HouseholdChangeWrongState):
        carry_out(village, change_id)


@on_sqlite
def test_declined_withdrawn_or_forgotten_nothing_moves(village):
    """household_consent_days is 30: at the midnight after the thirtieth day it lapses, not before."""
    father, son = village.make_household("张大山", "张小河", steps=100)
    first = ask_split(village, father, son, actor=village.actor(person=son), present=())
    with pytest.raises(asking.ChangeOpen):
        ask_split(village, father, son)
    village.write(
        lambda s, now: asking.decline(s, actor=village.actor(person=father), now=now, change_id=first, reason="不同意")
    )
    assert change_of(village, first).state == "declined"
    second = ask_split(village, father, son)
    village.clock.move(change_of(village, second).ends_at - village.now - dt.timedelta(seconds=1))
    job = Actor.system(village.community_id, "lapse_household_changes")
    assert village.write(lambda s, now: asking.lapse_due(s, actor=job, now=now))["lapsed"] == 0
    village.pass_time(seconds=1)
    assert village.write(lambda s, now: asking.lapse_due(s, actor=job, now=now))["lapsed"] == 1
    assert change_of(village, second).state == "lapsed"
    assert points(village, father) == 100
    assert person_of(village, son).household_id == father.household_id


@on_sqlite
def test_who_can_ask_for_what(village):
    father, son, child = village.make_household("张大山", "张小河", "张小小", steps=10)
    (alone,) = village.make_household("王五")
    minor = village.make_person("陈小明", born_on=dt.date(2012, 1, 1), household_id=father.household_id)
    with pytest.raises(Forbidden):
        ask_split(village, father, son, actor=village.actor(person=alone), present=())
    with pytest.raises(Forbidden):
        ask_split(
            village, father, son, actor=village.actor(person=son)
        )  # nobody says of herself that others are present
    with pytest.raises(asking.NobodyStays):
        ask_split(village, alone, alone)
    with pytest.raises(household_members.NotOfHousehold):
        ask_split(village, father, alone)
    with pytest.raises(asking.ConsentNeedsAdult):
        ask_split(village, father, minor)
    with pytest.raises(BadInput):
        ask_split(village, father, son, new_head=child)
    for wrong in ({"share_percent": 101}, {"share_percent": None}, {"share_steps": -1}, {"reason": " "}):
        with pytest.raises(BadInput):
            ask_split(village, father, son, **wrong)
    with pytest.raises(asking.SameHousehold):
        ask_merge(village, father, father)
    # Nobody carries out the own household's, nor that of relatives.
    change_id = ask_split(village, father, son)
    clerk = village.make_person("李建芳")
    with pytest.raises(carrying_out.OwnHouseholdChange):
        carry_out(village, change_id, village.actor("desk_staff", person=father))
    village.write(
        lambda s, now: kin.declare(
            s, actor=village.actor(person=clerk), now=now, person_id=clerk.id, relative_number=son.number,
            relative_name=son.name, relation="sibling", since_on=None,
        )
    )  # fmt: skip
    with pytest.raises(carrying_out.OwnHouseholdChange):
        carry_out(village, change_id, village.actor("desk_staff", person=clerk))


@on_sqlite
def test_a_merge_waits_for_what_must_end_first_and_then_leaves_nothing_behind(village):
    make.table_in_force(village)
    item_id, _, _ = make.shop(village, price_steps=30)
    elder, spouse = village.make_household("王秀英", "李老汉", steps=100)
    (son,) = village.make_household("李建国", steps=5)
    give(village, elder, 600, base=True)
    order = redeem(village, elder, item_id)
    award_id = make.enter(village, elder, "参加公益理发")
    change_id = ask_merge(village, elder, son)
    with pytest.raises(carrying_out.HouseholdChangeBlocked) as refused:
        carry_out(village, change_id)
    assert refused.value.facts == {"blocks": ["awards:1", "shop_orders:1"]}
    cancel(village, order, village.actor(person=elder))
    make.approve(village, award_id)
    make.publish(village)
    village.pass_time(days=10)
    make.book_due(village)
    had = points(village, elder)
    assert had > 100
    carry_out(village, change_id)
    assert (points(village, elder), points(village, son)) == (0, had + 5)
    assert person_of(village, spouse).household_id == son.household_id
    with village.read() as session:
        ended = households.household(session, village.community_id, elder.household_id)
        assert ended.closed_on == village.today
        assert held(village, son).base_steps == 0
    assert village.balance(accounts.LAPSED_PT) == 600
    with pytest.raises(household_members.HouseholdEnded):
        ask_merge(village, son, elder)
    assert is_sound(village)


def test_household_undo_hours_end_and_anything_spent_ends_it_too(village):
    """household_undo_hours is 72: a millisecond before, it can be taken back, at the hour it cannot."""
    item_id, _, _ = make.shop(village, price_steps=10)
    father, mother, son = village.make_household("张大山", "李秀兰", "张小河", steps=100)
    first = ask_split(village, father, son)
    carry_out(village, first)
    village.clock.move(change_of(village, first).undo_until - village.now - dt.timedelta(milliseconds=50))
    undo(village, first)
    assert points(village, father) == 100
    assert person_of(village, son).household_id == father.household_id
    second = ask_split(village, father, son)
    carry_out(village, second)
    village.clock.move(change_of(village, second).undo_until - village.now)
    with pytest.raises(carrying_out.HouseholdUndoOver) as refused:
        undo(village, second)
    assert refused.value.facts["why"] == "late"
    # A third one is taken back as long as nothing was ordered.
    (other,) = village.make_household("赵六", steps=20)
    third = ask_merge(village, other, mother)
    carry_out(village, third)
    redeem(village, person_of(village, son), item_id)
    undo(village, third)
    assert (points(village, other), points(village, father)) == (20, 60)
    fourth = ask_merge(village, person_of(village, other), mother)
    carry_out(village, fourth)
    order = redeem(village, mother, item_id)
    cancel(village, order, village.actor(person=mother))
    with pytest.raises(carrying_out.HouseholdUndoOver) as refused:
        undo(village, fourth)
    assert refused.value.facts["why"] == "ordered"
    assert is_sound(village)


def test_old_points_stay_old_in_another_household_and_an_undone_year_follows_a_merge(village):
    change_policy(village, carry_percent=0)
    father, son = village.make_household("张大山", "张小河", steps=100)
    (aunt,) = village.make_household("张大姑", steps=50)
    close_id = announced(village)
    move_to(village, 2027, 1, 8, 9)
    give(village, father, 30)
    carry_out(village, ask_split(village, father, son, share_steps=60))
    son = person_of(village, son)
    give(village, son, 7)
    move_to(village, 2027, 2, 1, 9)
    start(village, close_id)
    run(village)
    assert (line(village, close_id, father).lapsed_steps, line(village, close_id, son).lapsed_steps) == (40, 60)
    assert (points(village, father), points(village, son)) == (30, 7)
    carry_out(village, ask_merge(village, aunt, father))
    undo_year(village, close_id)
    run(village)
    assert points(village, aunt) == 0
    assert points(village, father) == 30 + 40 + 50
    assert points(village, son) == 67
    assert is_sound(village)


@on_sqlite
def test_nothing_is_taken_back_while_a_year_is_closed_or_once_base_points_paid_what_was_owed(village):
    change_policy(village, carry_percent=0)
    father, son = village.make_household("张大山", "张小河", steps=100)
    close_id = announced(village)
    move_to(village, 2027, 1, 31, 23)
    split = ask_split(village, father, son, share_percent=100)
    carry_out(village, split)
    move_to(village, 2027, 2, 1, 9)
    start(village, close_id)
    run(village, limit=1, most=1)  # the father's is done, the son's is not
    with pytest.raises(carrying_out.HouseholdChangeBlocked) as blocked:
        undo(village, split)
    assert blocked.value.facts == {"blocks": ["year_close:1"]}
    run(village)
    assert (points(village, father), points(village, person_of(village, son))) == (0, 0)
    (aunt,), (niece,) = village.make_household("张大姑"), village.make_household("张小花")
    owe(village, aunt, 25)
    merge = ask_merge(village, aunt, niece)
    carry_out(village, merge)
    give(village, niece, 600, base=True)

    def pay(session, now):
        household_accounts.pay_shortfall(
            session, village.community_id, niece.household_id, award_id=uuid.uuid4(), steps=600, on=village.today,
            now=now, detail={}, cites=change_of(village, merge).note,
        )  # fmt: skip
        return {}

    village.write(pay)
    assert owed(village, niece) == 0
    with pytest.raises(carrying_out.HouseholdUndoOver) as refused:
        undo(village, merge)
    assert refused.value.facts["why"] == "spent"


@on_sqlite
@pytest.mark.parametrize("kind", ["split", "merge"])
def test_a_deduction_that_is_booked_back_is_forgiven_where_its_debt_went(village, kind):
    """Nobody paid any of it: no points come back, and nobody owes it any more, whoever was to pay."""
    mixed_with_deductions(village)
    father, son = village.make_household("张大山", "张小河")
    (aunt,) = village.make_household("张大姑")
    wrong = deduct(village, father, "房前屋后不整洁")
    book_all(village)
    debt = owed(village, father)
    assert debt > 0
    change = ask_split(village, father, son) if kind == "split" else ask_merge(village, father, aunt)
    carry_out(village, change)
    other = person_of(village, son) if kind == "split" else aunt
    assert owed(village, other) == (debt * 40 // 100 if kind == "split" else debt)
    first, second = village.actor("committee"), village.actor("community_manager")
    village.write(lambda s, now: corrections.ask_correction(s, actor=first, now=now, award_id=wrong, reason="记错"))
    village.write(lambda s, now: corrections.confirm_correction(s, actor=second, now=now, award_id=wrong))
    with village.read() as session:
        assert household_accounts.owed(session, village.community_id, father.household_id) == 0
    assert owed(village, other) == 0
    assert village.balance(accounts.RETURNED_PT) == 0
    assert is_sound(village)


@on_sqlite
def test_moving_and_naming_heads_keeps_points_where_they_are(village):
    father, mother, son = village.make_household("张大山", "李秀兰", "张小河", steps=100)
    (aunt,) = village.make_household("张大姑")
    desk = village.actor("desk_staff")

    def move(who, to, actor=desk):
        return village.write(
            lambda s, now: household_members.move(
                s, actor=actor, now=now, person_id=who.id, household_id=to.household_id, relation="侄子", reason="搬家"
            )
        )

    def head(who, home, actor=desk):
        return village.write(
            lambda s, now: household_members.change_head(
                s, actor=actor, now=now, household_id=home.household_id, person_id=who.id, former_relation="夫",
                reason="户主变更",
            )
        )  # fmt: skip

    head(father, father)
    for wrong in (village.actor("committee"), village.actor(person=father)):
        with pytest.raises(Forbidden):
            head(mother, father, wrong)
    with pytest.raises(AlreadyDone):
        head(father, father)
    with pytest.raises(household_members.NotOfHousehold):
        head(aunt, father)
    with pytest.raises(household_members.HeadFirst):
        move(father, aunt)
    # Clerks who would come to the points of others, or bring them in.
    for own, who, to in ((aunt, son, aunt), (son, son, aunt)):
        with pytest.raises(Forbidden):
            move(who, to, village.actor("desk_staff", person=own))
    head(mother, father)
    assert person_of(village, father).relation == "夫"
    move(son, aunt)
    assert person_of(village, son).household_id == aunt.household_id
    assert points(village, father) == 100
    with pytest.raises(AlreadyDone):
        move(son, aunt)
    move(father, aunt)
    with pytest.raises(household_members.LastOfHousehold):
        move(mother, aunt)
    with village.read() as session:
        events = household_history.events_of(session, village.community_id, father.household_id)
        stays = household_history.stays(residents.members(session, village.community_id, father.household_id), events)
    assert [(one.person_id, one.until) for one in stays] == [
        (mother.id, None),
        (father.id, village.today),
        (son.id, village.today),
    ]


def test_every_way_between_states_is_one_of_those_written_down():
    for verb, ways in states.MOVES.items():
        for before in states.STATES:
            if before in ways:
                assert states.after(before, verb, number=1) in states.STATES
            else:
                with pytest.raises(states.HouseholdChangeWrongState):
                    states.after(before, verb, number=1)


@on_sqlite
def test_nobody_is_moved_without_her_own_word_and_a_child_not_without_a_parents(village):
    father, mother, son, wife = village.make_household("张大山", "李秀兰", "张小河", "陈芳", steps=100)
    child = village.make_person("张小宝", household_id=father.household_id, born_on=dt.date(2019, 5, 1))
    desk = village.actor("desk_staff")
    recorded = {"person_id": child.id, "relative_number": mother.number, "relation": "parent", "evidence": "户口簿"}
    village.write(lambda s, now: kin.declare(s, actor=desk, now=now, **recorded))
    made = village.write(
        lambda s, now: asking.ask_split(
            s, actor=desk, now=now, household_id=father.household_id, new_head_id=son.id, share_percent=40,
            going={son.id: "", wife.id: "配偶", child.id: "孙"}, reason="分家", present=BOTH,
        )
    )  # fmt: skip
    change_id = uuid.UUID(made["change_id"])
    assert change_of(village, change_id).state == "asked"
    with village.read() as session:
        missing = words_given.missing(session, asking.change_of(session, village.community_id, change_id))
    assert [(word.person.id, word.for_child) for word in missing] == [(wife.id, False), (child.id, True)]
    with pytest.raises(states.HouseholdChangeWrongState):
        carry_out(village, change_id)
    for wrong, told in (
        (village.actor(person=father), {"member_id": wife.id, "evidence": "她同意"}),  # nobody says it for another one
        (village.actor(person=son), {"member_id": child.id, "evidence": "他同意"}),
    ):
        with pytest.raises(Forbidden):
            agree(village, change_id, wrong, **told)
    with pytest.raises(BadInput):
        agree(village, change_id, desk, member_id=wife.id)  # the clerk says what she saw
    assert agree(village, change_id, village.actor(person=wife))["state"] == "asked"
    with pytest.raises(states.HouseholdChangeWrongState):
        agree(village, change_id, desk, member_id=wife.id, evidence="签字")
    assert agree(village, change_id, village.actor(person=mother))["state"] == "agreed"
    with village.read() as session:
        moving = words_given.members_of(session, change_of(village, change_id))
        words = {person.id: member for person, member in moving}
        kinds = sorted(session.scalars(select(Notice.kind).where(col(Notice.person_id) == wife.id)))
    assert (words[wife.id].agreed_way, words[child.id].agreed_way, words[son.id].agreed_at) == ("own", "own", None)
    assert words[child.id].recorded_by == mother.number
    assert kinds == ["household_asked"]
    # Who agreed can still say no, until it is carried out; then nothing has moved.
    village.write(
        lambda s, now: asking.decline(
            s, actor=village.actor(person=wife), now=now, change_id=change_id, reason="再想想"
        )
    )
    assert change_of(village, change_id).state == "declined"
    assert points(village, father) == 100
    # With both parents the child needs nobody else's word.
    goes_along = ask_split(village, father, mother, child, present=())
    with village.read() as session:
        assert words_given.missing(session, change_of(village, goes_along)) == []


@on_sqlite
def test_a_merge_is_not_taken_back_once_a_debt_of_it_was_forgiven(village):
    """Before, the one whose deduction was booked back had the other's debt, and that one none."""
    items = table_of(village)
    (elder,), (son,) = village.make_household("张大山"), village.make_household("张小河")
    wrong, _ = (booked(village, items, one.household_id, -100) for one in (elder, son))
    change_id = ask_merge(village, elder, son)
    carry_out(village, change_id)
    assert owed(village, son) == 200
    village.clock.move(dt.timedelta(minutes=5))
    book_back(village, wrong)
    assert owed(village, son) == 100
    with pytest.raises(carrying_out.HouseholdUndoOver) as refused:
        undo(village, change_id)
    assert refused.value.facts["why"] == "spent"


@on_sqlite
def test_base_points_of_a_close_that_was_undone_do_not_come_back_with_the_merge_they_lapsed_in(village):
    """Before, a household came back with base points of a close that had never been, and got them again at the next."""
    table_of(village)
    (elder,), (son,) = village.make_household("张大山"), village.make_household("张小河", steps=20)
    close_id = announced(village, gives_base=True)
    move_to(village, 2027, 2, 1, 9)
    start(village, close_id)
    run(village)
    change_id = ask_merge(village, elder, son)
    carry_out(village, change_id)
    assert change_of(village, change_id).base_steps == 600
    undo_year(village, close_id)
    run(village)
    with pytest.raises(carrying_out.HouseholdUndoOver) as refused:
        undo(village, change_id)
    assert refused.value.facts["why"] == "changed"
    assert is_sound(village)


@on_sqlite
def test_points_for_what_is_owed_stay_where_the_debt_stays(village):
    """An amount leaves the debt where it is, and points for it; a part takes its part of both."""
    father, son, wife, _ = village.make_household("张大山", "张小河", "陈芳", "张小妹")
    owe(village, father, 100)
    give(village, father, 160)
    change_id = ask_split(village, father, son, share_steps=61)
    with pytest.raises(carrying_out.ShareTooLarge) as refused:
        carry_out(village, change_id)
    assert refused.value.facts == {"share_steps": 61, "available_steps": 60}
    desk = village.actor("desk_staff")
    village.write(lambda s, now: asking.withdraw(s, actor=desk, now=now, change_id=change_id, reason="改数"))
    carry_out(village, ask_split(village, father, son, share_steps=60))
    son = person_of(village, son)
    assert (points(village, son), owed(village, son), points(village, father), owed(village, father)) == (
        60,
        0,
        100,
        100,
    )
    carry_out(village, ask_split(village, father, wife, share_percent=40))
    wife = person_of(village, wife)
    assert (points(village, wife), owed(village, wife), owed(village, father)) == (40, 40, 60)

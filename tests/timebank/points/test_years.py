"""The year's end: what is left of the year lapses as voted, some households at a time, and can be undone as a whole."""

import datetime as dt
import threading
import uuid

import pytest
from sqlmodel import col, select

from ledger import book_of
from tests.timebank.hours.arrange_activities import change_policy
from tests.timebank.points import make
from tests.timebank.points.test_shop import cancel, code_of, hand_over, redeem
from timebank import accounts, checks, policy
from timebank.errors import BadInput, Forbidden
from timebank.notices import Notice
from timebank.permissions import Actor
from timebank.points import household_accounts, statement
from timebank.points.years import closing, deciding, states
from timebank.points.years.tables import YearClose, YearCloseLine

on_sqlite = pytest.mark.parametrize("db", ["sqlite"], indirect=True)


def local(*when):
    """An instant by the village's clock."""
    zone = dt.timezone(dt.timedelta(hours=8))
    return dt.datetime.combine(dt.date(*when[:3]), dt.time(*when[3:]), tzinfo=zone)


def move_to(village, *when):
    village.clock.move(local(*when) - village.now)


def give(village, person, steps, *, base=False):
    """Points from the issuing account, as awards bring them."""

    def post(session, now):
        account = (household_accounts.base_account if base else household_accounts.main_account)(
            session, village.community_id, person.household_id
        )
        detail = {"use_case": "test", "credited": steps}
        book_of(session).post({accounts.ISSUE_PT: -steps, account: steps}, on=village.today, detail=detail)
        return {}

    village.write(post)


def draft(village, *, year=2026, actor=None, **changes):
    told = {
        "year": year,
        "decided_on": village.today,
        "body": "representatives",
        "reason": "村民代表会议决定",
    } | changes
    actor = actor or village.actor("committee")
    made = village.write(lambda s, now: deciding.draft(s, actor=actor, now=now, **told))
    return uuid.UUID(made["close_id"])


def announce(village, close_id, actor=None):
    actor = actor or village.actor("supervision_committee")
    return village.write(lambda s, now: deciding.announce(s, actor=actor, now=now, close_id=close_id))


def announced(village, **changes):
    close_id = draft(village, **changes)
    announce(village, close_id)
    return close_id


def start(village, close_id, actor=None):
    actor = actor or village.actor("committee")
    return village.write(lambda s, now: deciding.start(s, actor=actor, now=now, close_id=close_id))


def run(village, *, limit=200, most=1000):
    job = Actor.system(village.community_id, "carry_on_years")
    for turn in range(most):
        if not village.write(lambda s, now: closing.carry_on(s, actor=job, now=now, limit=limit))["left"]:
            return turn + 1
    return most


def undo(village, close_id, first=None, second=None):
    first, second = first or village.actor("committee"), second or village.actor("supervision_committee")
    village.write(lambda s, now: deciding.ask_undo(s, actor=first, now=now, close_id=close_id, reason="算错了"))
    village.write(lambda s, now: deciding.undo(s, actor=second, now=now, close_id=close_id))


def close(village, close_id):
    with village.read() as session:
        return session.get(YearClose, (village.community_id, close_id))


def line(village, close_id, person):
    with village.read() as session:
        return session.get(YearCloseLine, (village.community_id, close_id, person.household_id))


def points(village, person):
    return village.balance(village.main_account(person.household_id, "pt"))


def is_sound(village):
    with village.read() as session:
        return list(checks.findings(session, village.community_id)) == []


@on_sqlite
def test_carry_percent_says_what_lapses_of_what_is_left_of_the_year(village):
    """carry_percent is the policy's of 31 December: what it becomes on 1 January counts for the next year."""
    change_policy(village, carry_percent=50)
    (rich,) = village.make_household("张三", steps=101)
    (spender,) = village.make_household("李四", steps=100)
    (poor,) = village.make_household("王五")
    item_id, _, _ = make.shop(village, price_steps=30)
    move_to(village, 2026, 12, 20, 9)
    village.write(
        lambda s, now: {
            "v": policy.change(s, village.community_id, numbers={"carry_percent": 0}, on=dt.date(2027, 1, 1))
        }
    )
    close_id = announced(village)
    assert close(village, close_id).carry_percent == 50
    move_to(village, 2027, 1, 10, 9)
    give(village, spender, 40)  # of the new year: it stays, whatever is spent
    redeem(village, spender, item_id)  # held over the close: not touched
    move_to(village, 2027, 2, 1, 9)
    start(village, close_id)
    run(village)
    assert points(village, rich) == 101 - 50  # the half step is carried
    kept = line(village, close_id, spender)
    assert (kept.old_steps, kept.lapsed_steps, kept.held_steps) == (70, 35, 30)
    assert points(village, spender) == 140 - 35
    assert line(village, close_id, poor) is None
    done = close(village, close_id)
    assert (done.state, done.lapsed_steps, done.carried_steps) == ("closed", 85, 51 + 35)
    assert village.balance(accounts.LAPSED_PT) == 85
    assert is_sound(village)


def test_old_points_are_spent_first_and_what_was_booked_back_was_never_spent(village):
    change_policy(village, carry_percent=0)
    (person,) = village.make_household("张三", steps=100)
    item_id, _, seller = make.shop(village, price_steps=60)
    close_id = announced(village)
    move_to(village, 2027, 1, 5, 9)
    give(village, person, 50)
    made = redeem(village, person, item_id)
    cancel(village, made, village.actor(person=person))
    hand_over(village, seller, code_of(village, redeem(village, person, item_id)))
    move_to(village, 2027, 2, 3, 9)
    start(village, close_id)
    run(village)
    assert line(village, close_id, person).old_steps == 40
    assert points(village, person) == 50
    # Closed again after its undoing: neither the lapse nor its counter-entry was spending.
    undo(village, close_id)
    run(village)
    assert points(village, person) == 90
    again = announced(village)
    village.pass_time(days=31)
    start(village, again)
    run(village)
    assert line(village, again, person).old_steps == 40
    assert points(village, person) == 50
    assert is_sound(village)


@on_sqlite
def test_year_redeem_days_end_with_31_january_24_00_by_the_local_clock(village):
    """year_redeem_days is 31: at 23:59:59 of 31 January it is too early, at midnight it is not; points of 23:59:59 on 31 December are old, of midnight new."""
    change_policy(village, carry_percent=0)
    (person,) = village.make_household("张三", steps=10)
    move_to(village, 2026, 12, 1, 9)
    close_id = announced(village)
    move_to(village, 2026, 12, 31, 23, 59, 59)
    give(village, person, 5)
    move_to(village, 2027, 1, 1, 0)
    give(village, person, 7)
    move_to(village, 2027, 1, 31, 23, 59, 59)
    with pytest.raises(deciding.YearTooEarly) as refused:
        start(village, close_id)
    assert refused.value.facts == {"year": 2026, "from_on": "2027-02-01"}
    move_to(village, 2027, 2, 1, 0)
    start(village, close_id)
    run(village)
    assert points(village, person) == 7


@on_sqlite
def test_year_notice_days_are_full_days_after_the_announcement(village):
    """year_notice_days is 30: announced on 20 January, it may begin on 20 February; all may redeem until the day before."""
    village.make_household("张三", steps=10)
    move_to(village, 2027, 1, 20, 18)
    close_id = announced(village)
    told = close(village, close_id)
    assert (told.redeem_until, told.closes_from) == (dt.date(2027, 2, 19), dt.date(2027, 2, 20))
    move_to(village, 2027, 2, 19, 23, 59, 59)
    with pytest.raises(deciding.YearTooEarly):
        start(village, close_id)
    move_to(village, 2027, 2, 20, 0)
    assert start(village, close_id)["code"] == "year_started"


@on_sqlite
def test_year_undo_days_end_at_the_midnight_after_the_sixtieth_also_in_a_leap_year(village):
    """year_undo_days is 60: closed on 1 February 2028, a leap year, it can be undone through 1 April."""
    change_policy(village, carry_percent=0)
    (person,) = village.make_household("张三", steps=10)
    move_to(village, 2027, 12, 20, 9)
    close_id = announced(village, year=2027)
    move_to(village, 2028, 2, 1, 0)
    start(village, close_id)
    run(village)
    assert close(village, close_id).undo_until == local(2028, 4, 2)
    move_to(village, 2028, 4, 1, 23, 59, 58)
    undo(village, close_id)
    run(village)
    assert points(village, person) == 10
    again = announced(village, year=2027)
    village.pass_time(days=31)
    start(village, again)
    run(village)
    village.clock.move(close(village, again).undo_until - village.now)
    with pytest.raises(deciding.UndoOver):
        undo(village, again)


def test_a_close_that_stops_goes_on_where_it_was_and_does_nothing_twice(village):
    change_policy(village, carry_percent=0)
    people = [village.make_household(f"户{n}", steps=10 + n)[0] for n in range(7)]
    close_id = announced(village)
    move_to(village, 2027, 2, 1, 9)
    start(village, close_id)
    run(village, limit=3, most=1)
    half = close(village, close_id)
    assert (half.state, half.households) == ("closing", 3)
    give(village, people[6], 5)  # booking goes on meanwhile: what comes now is of the new year
    run(village, limit=3)
    run(village, limit=3)
    done = close(village, close_id)
    assert (done.state, done.households, done.lapsed_steps) == ("closed", 7, sum(range(10, 17)))
    assert [points(village, one) for one in people] == [0] * 6 + [5]
    with pytest.raises(deciding.YearStands):
        draft(village)
    with pytest.raises(states.YearWrongState):
        start(village, close_id)
    undo(village, close_id)
    run(village, limit=2, most=1)
    assert close(village, close_id).state == "undoing"
    run(village, limit=2)
    assert [points(village, one) for one in people] == [10, 11, 12, 13, 14, 15, 21]
    assert village.balance(accounts.LAPSED_PT) == 0
    assert is_sound(village)


@on_sqlite
def test_an_undone_year_passes_over_the_closed_account_of_somebody_who_was_erased(village):
    change_policy(village, carry_percent=0)
    (gone,), (stays,) = village.make_household("独居", steps=40), village.make_household("张三", steps=30)
    close_id = announced(village)
    move_to(village, 2027, 2, 1, 9)
    start(village, close_id)
    run(village)
    account = village.main_account(gone.household_id, "pt")
    village.write(lambda s, now: {"seq": book_of(s).close(account)})
    undo(village, close_id)
    run(village)
    assert close(village, close_id).state == "undone"
    assert (points(village, gone), points(village, stays)) == (0, 30)
    assert village.balance(accounts.LAPSED_PT) == 40
    assert is_sound(village)


def test_whoever_redeems_in_the_same_batch_waits_for_the_next_piece(village):
    """Many redeem while the close runs, from other threads: nobody's new points lapse, and the sums hold."""
    change_policy(village, carry_percent=0)
    item_id, _, _ = make.shop(village, price_steps=5, stock=100)
    people = [village.make_household(f"户{n}", steps=20)[0] for n in range(8)]
    close_id = announced(village)
    move_to(village, 2027, 2, 1, 9)
    for one in people:
        give(village, one, 10)
    start(village, close_id)
    gate = threading.Barrier(5)

    def redeems(some):
        gate.wait()
        for one in some:
            redeem(village, one, item_id)

    threads = [threading.Thread(target=redeems, args=(people[n::4],)) for n in range(4)]
    for thread in threads:
        thread.start()
    gate.wait()
    run(village, limit=1)
    for thread in threads:
        thread.join()
    run(village)
    for one in people:
        told = line(village, close_id, one)
        # Either the goods were ordered before, from old points, or after, from new ones.
        assert told.lapsed_steps in (15, 20)
        assert points(village, one) == 30 - told.lapsed_steps
    assert is_sound(village)


@on_sqlite
def test_base_points_end_and_new_ones_are_given_once_where_the_table_says_so(village):
    change_policy(village, carry_percent=100)
    (person, _) = village.make_household("张三", "张小三", steps=30)
    (other,) = village.make_household("李四")
    give(village, person, 600, base=True)
    text = "类别,项目,分值,计分单位\n基础,每户基础分,60,每年\n好事,帮邻居,5,一次\n".encode()
    table_id = make.table_in_force(village, text)
    base = make.items(village, table_id)["每户基础分"]
    assert base.kind == "base"
    make.switch_on(village, base)
    with pytest.raises(BadInput):
        draft(village, ends_base=False, gives_base=True)
    close_id = announced(village, gives_base=True)
    move_to(village, 2027, 2, 2, 9)
    early = make.enter(village, other, "每户基础分")  # somebody enters this year's by hand: it is not given twice
    assert early
    start(village, close_id)
    run(village)
    told = line(village, close_id, person)
    assert (told.base_lapsed_steps, told.base_given_steps, told.lapsed_steps) == (600, 600, 0)
    assert line(village, close_id, other) is None or line(village, close_id, other).base_given_steps == 0
    with village.read() as session:
        held = statement.held(session, actor=village.actor(person=person), household_id=person.household_id)
    assert (held.base_steps, held.available_steps) == (600, 30)
    undo(village, close_id)
    run(village)
    with village.read() as session:
        held = statement.held(session, actor=village.actor(person=person), household_id=person.household_id)
    assert (held.base_steps, held.available_steps) == (600, 30)
    assert is_sound(village)


@on_sqlite
def test_base_points_of_the_new_year_stay_whatever_else_lapses(village):
    """The ledger takes base points first: where others lapse, the new ones go and come back in the same close."""
    change_policy(village, carry_percent=0)
    (poor,) = village.make_household("张三")
    (rich,) = village.make_household("李四", steps=30)
    for one in (poor, rich):
        give(village, one, 600, base=True)
    close_id = announced(village)
    move_to(village, 2027, 1, 20, 9)
    for one in (poor, rich):
        give(village, one, 500, base=True)
    move_to(village, 2027, 2, 2, 9)
    start(village, close_id)
    run(village)
    first, second = line(village, close_id, poor), line(village, close_id, rich)
    assert (first.base_lapsed_steps, first.base_given_steps) == (600, 0)
    assert (second.base_lapsed_steps, second.base_given_steps, second.lapsed_steps) == (1100, 500, 30)
    for one in (poor, rich):
        with village.read() as session:
            held = statement.held(session, actor=village.actor(person=one), household_id=one.household_id)
        assert (held.base_steps, held.available_steps) == (500, 0)
    undo(village, close_id)
    run(village)
    with village.read() as session:
        held = statement.held(session, actor=village.actor(person=rich), household_id=rich.household_id)
    assert (held.base_steps, held.available_steps) == (1100, 30)
    assert is_sound(village)


@on_sqlite
def test_two_officers_the_right_roles_and_the_right_order(village):
    village.make_household("张三", steps=10)
    first = village.actor("committee")
    for wrong in ("desk_staff", "auditor", "supervision_committee", "reviewer"):
        with pytest.raises(Forbidden):
            draft(village, actor=village.actor(wrong))
    with pytest.raises(deciding.YearNotOpen):
        draft(village, year=2025)  # the community was not open yet
    with pytest.raises(deciding.YearNotOpen):
        draft(village, year=2027)
    with pytest.raises(BadInput):
        draft(village, decided_on=village.today + dt.timedelta(days=1))
    close_id = draft(village, actor=first)
    with pytest.raises(deciding.YearSecondPerson):
        announce(village, close_id, first)
    with pytest.raises(states.YearWrongState):
        start(village, close_id)
    with pytest.raises(deciding.YearStands):
        draft(village)
    announce(village, close_id)
    run(village)
    with village.read() as session:
        kinds = session.scalars(select(Notice.kind).where(col(Notice.community_id) == village.community_id)).all()
    assert kinds == ["year_announced"]
    with pytest.raises(states.YearWrongState):
        undo(village, close_id)
    village.write(lambda s, now: deciding.withdraw(s, actor=first, now=now, close_id=close_id, reason="再议"))
    with pytest.raises(states.YearWrongState):
        start(village, close_id)
    # Decided anew, on another number: what was announced does not run on the old one.
    close_id = announced(village)
    change_policy(village, carry_percent=0)
    move_to(village, 2027, 2, 1, 9)
    with pytest.raises(deciding.CarryChanged) as refused:
        start(village, close_id)
    assert refused.value.facts == {"was": 100, "now": 0}
    village.write(lambda s, now: deciding.withdraw(s, actor=first, now=now, close_id=close_id, reason="比例改了"))
    close_id = announced(village)
    village.pass_time(days=31)
    start(village, close_id)
    run(village)
    village.write(lambda s, now: deciding.ask_undo(s, actor=first, now=now, close_id=close_id, reason="错"))
    with pytest.raises(deciding.YearSecondPerson):
        village.write(lambda s, now: deciding.undo(s, actor=first, now=now, close_id=close_id))


@on_sqlite
def test_a_later_close_makes_the_earlier_one_final(village):
    change_policy(village, year_undo_days=120, year_notice_days=1, year_redeem_days=0)
    village.make_household("张三", steps=10)
    move_to(village, 2026, 12, 31, 9)
    first = announced(village)
    move_to(village, 2027, 12, 31, 9)
    start(village, first)
    run(village)
    second = announced(village, year=2027)
    move_to(village, 2028, 1, 2, 9)
    start(village, second)
    run(village)
    with pytest.raises(deciding.UndoOver) as refused:
        undo(village, first)
    assert refused.value.facts == {"year": 2026, "later": 2027}


def test_every_way_between_states_is_one_of_those_written_down():
    for verb, ways in states.MOVES.items():
        for before in states.STATES:
            if before in ways:
                assert states.after(before, verb, year=2026) in states.STATES
            else:
                with pytest.raises(states.YearWrongState):
                    states.after(before, verb, year=2026)

"""Who did not come: written by staff or by a job, excused, withdrawn; three in 90 days block for 30."""

import datetime

import pytest
from sqlalchemy import select

from tests.timebank.hours.arrange import come, enter_late, go, make_point, make_volunteer, review, scan
from tests.timebank.hours.arrange_activities import (
    cancel,
    change_policy,
    decide,
    excuse,
    give_up,
    on_sqlite,
    plan,
    put_down,
    sign_up,
    stands,
    told,
    volunteers,
    write_down,
    write_down_due,
)
from tests.timebank.hours.arrange_orders import Orders, make_elder
from tests.timebank.hours.arrange_orders import make_volunteer as make_order_volunteer
from timebank import policy
from timebank.errors import BadInput, Forbidden
from timebank.hours.activities import absences, no_shows
from timebank.hours.activities.refusals import (
    AbsenceTooEarly,
    AbsenceTooLate,
    BusyThen,
    NoPlace,
    NothingToDecide,
    OwnExcuse,
    PlaceCameLate,
    SignUpBlocked,
    WasThere,
)
from timebank.hours.activities.tables import Absence
from timebank.hours.orders import claiming
from timebank.policy import Policy

NOW = datetime.datetime(2026, 11, 20, 1, 0, tzinfo=datetime.UTC)
RULES = Policy()


def days_ago(*ago: float) -> list[datetime.datetime]:
    return sorted(NOW - datetime.timedelta(days=days) for days in ago)


def missed(village, who, point=None, hours=2.0):
    """She had a place, did not come, and staff wrote it down right after the end."""
    number = plan(village, point or make_point(village), starts_in=1, hours=hours)
    sign_up(village, who, number)
    village.pass_time(hours=1 + hours)
    write_down(village, who, number)
    return number


def blocked_until(village, who):
    with village.read() as session:
        rules = policy.of(session, village.community_id, village.today)
        return no_shows.blocked_until(session, village.community_id, who.person_id, village.now, rules)


def counted(village, who):
    with village.read() as session:
        return len(
            no_shows.missed_places(
                session, village.community_id, who.person_id, since=village.now - datetime.timedelta(days=120)
            )
        )


# The rule, by itself


@pytest.mark.parametrize(
    "ago, blocks",
    [
        ([0, 45, 90], True),  # the ninetieth day counts
        ([0, 45, 90.001], False),
        ([0, 1], False),
        ([29, 60, 119], True),
        ([], False),
    ],
)
def test_three_within_ninety_days_block(ago, blocks):
    assert (no_shows.block_of(days_ago(*ago), RULES) is not None) is blocks


def test_the_block_lasts_thirty_days_from_the_last():
    assert no_shows.block_of(days_ago(10, 20, 30), RULES) == NOW + datetime.timedelta(days=20)
    assert no_shows.block_of(days_ago(10, 20, 30, 100), RULES) == NOW + datetime.timedelta(days=20)


def test_the_numbers_are_the_communitys():
    rules = Policy(no_show_most=2, no_show_days=7, no_show_block_days=3)
    assert no_shows.block_of(days_ago(0, 7), rules) == NOW + datetime.timedelta(days=3)
    assert no_shows.block_of(days_ago(0, 8), rules) is None


# Written by staff


def test_three_missed_places_block_signing_up_for_thirty_days(village):
    who, point = make_volunteer(village), make_point(village)
    for _ in range(2):
        missed(village, who, point)
    assert blocked_until(village, who) is None
    missed(village, who, point)
    number = plan(village, point, starts_in=24 * 40)
    with pytest.raises(SignUpBlocked) as refused:
        sign_up(village, who, number)
    assert (refused.value.facts["count"], refused.value.facts["days"]) == (3, 90)
    village.pass_time(days=29, hours=23, minutes=58)
    with pytest.raises(SignUpBlocked):
        sign_up(village, who, number)
    village.pass_time(minutes=3)
    assert sign_up(village, who, number)["code"] == "signed_up"


def test_missed_orders_and_missed_places_are_counted_together(village):
    orders, elder, point = Orders(village), make_elder(village), make_point(village)
    who = make_order_volunteer(village)
    order_id = orders.place(elder)
    orders.claim(order_id, who)
    village.pass_time(hours=2, minutes=20)
    orders.do(claiming.no_show, orders.desk, order_id=order_id, is_excused=False, note="没有来")
    orders.cancel(order_id)
    missed(village, who, point)
    assert blocked_until(village, who) is None
    missed(village, who, point)
    with pytest.raises(SignUpBlocked):
        sign_up(village, who, plan(village, point))
    with pytest.raises(claiming.ClaimingBlocked):
        orders.claim(orders.place(elder), who)
    assert orders.minutes(who) == (0, 0)


@on_sqlite
def test_a_claimed_order_and_a_place_exclude_each_other(village):
    orders, elder, point = Orders(village), make_elder(village), make_point(village)
    who = make_order_volunteer(village)
    order_id = orders.place(elder, hours_ahead=24)
    orders.claim(order_id, who)
    with pytest.raises(BusyThen) as refused:
        sign_up(village, who, plan(village, point, starts_in=25))
    assert refused.value.facts["kind"] == "order"
    sign_up(village, who, plan(village, point, starts_in=48, title="清洁河道"))
    other = orders.place(make_elder(village, name="赵奶奶"), hours_ahead=49)
    with pytest.raises(BusyThen) as refused:
        orders.claim(other, who)
    assert refused.value.facts["other"] == "清洁河道"


@on_sqlite
def test_writing_it_twice_counts_once(village):
    who = make_volunteer(village)
    number = missed(village, who)
    write_down(village, who, number)
    assert counted(village, who) == 1
    assert told(village, who) == ["absence_written"]


@on_sqlite
@pytest.mark.parametrize("minutes, is_early", [(14, True), (16, False)])
def test_who_is_late_is_not_missing_yet(village, minutes, is_early):
    who, point = make_volunteer(village), make_point(village)
    number = plan(village, point, starts_in=1)
    sign_up(village, who, number)
    village.pass_time(hours=1, minutes=minutes)
    if is_early:
        with pytest.raises(AbsenceTooEarly):
            write_down(village, who, number)
    else:
        write_down(village, who, number)


@on_sqlite
def test_it_is_written_within_seven_days(village):
    who, point = make_volunteer(village), make_point(village)
    number = plan(village, point, starts_in=1, hours=1)
    sign_up(village, who, number)
    village.pass_time(hours=2, days=7, minutes=1)
    with pytest.raises(AbsenceTooLate):
        write_down(village, who, number)


@on_sqlite
def test_who_has_a_visit_was_there_and_who_has_no_place_was_not_expected(village):
    point, (a, b, c) = make_point(village), volunteers(village, "甲", "乙", "丙")
    number = plan(village, point, starts_in=0.5, capacity=1)
    sign_up(village, a, number)
    sign_up(village, b, number)
    come(village, a, scan(village, point))
    village.pass_time(hours=1)
    with pytest.raises(WasThere):
        write_down(village, a, number)
    for who in (b, c):
        with pytest.raises(NoPlace):
            write_down(village, who, number)


def test_a_visit_that_is_entered_later_takes_the_absence_away(village):
    who, point = make_volunteer(village), make_point(village)
    missed(village, who, point)
    assert counted(village, who) == 1
    entered = enter_late(
        village,
        village.actor("desk_staff"),
        who.person_id,
        village.now - datetime.timedelta(hours=2),
        village.now - datetime.timedelta(hours=1),
        place="太平里服务点",
        source="第 7 页",
    )
    assert counted(village, who) == 0
    review(village, village.actor("reviewer"), _id(entered["visit_id"]), verdict="reject", note="认错人")
    assert counted(village, who) == 1


@on_sqlite
def test_a_visit_elsewhere_does_not(village):
    point, elsewhere, who = make_point(village), make_point(village, "东门"), make_volunteer(village)
    number = plan(village, point, starts_in=1)
    sign_up(village, who, number)
    village.pass_time(hours=1, minutes=20)
    come(village, who, scan(village, elsewhere), activity=0)
    village.pass_time(minutes=30)
    go(village, who, scan(village, elsewhere))
    write_down(village, who, number)
    assert counted(village, who) == 1


@on_sqlite
def test_what_was_called_off_afterwards_does_not_count(village):
    who, point = make_volunteer(village), make_point(village)
    number = plan(village, point, starts_in=1, hours=4)
    sign_up(village, who, number)
    village.pass_time(hours=2)
    write_down(village, who, number)
    cancel(village, number)
    assert counted(village, who) == 0


@on_sqlite
def test_a_mistake_is_withdrawn_by_somebody_else(village):
    who = make_volunteer(village)
    number = missed(village, who)
    herself = village.actor("desk_staff", person=_Person(who))

    def withdraw(by):
        return village.write(
            lambda session, now: absences.withdraw(session, actor=by, now=now, number=number, person_id=who.person_id)
        )

    with pytest.raises(OwnExcuse):
        withdraw(herself)
    withdraw(village.actor("desk_staff"))
    withdraw(village.actor("desk_staff"))
    assert counted(village, who) == 0


@on_sqlite
def test_only_planners_and_the_leader_write_it(village):
    who, leader, point = make_volunteer(village), make_volunteer(village, "队长"), make_point(village)
    number = plan(village, point, starts_in=1, leader=leader.person_id)
    sign_up(village, who, number)
    village.pass_time(hours=2)

    def by(actor):
        return village.write(
            lambda session, now: absences.write_down(
                session, actor=actor, now=now, number=number, person_id=who.person_id
            )
        )

    with pytest.raises(Forbidden):
        by(make_volunteer(village, "丙"))
    assert by(leader)["code"] == "absence_written"


# Reasons


@on_sqlite
def test_a_reason_before_the_start_frees_the_place_and_counts_for_nothing(village):
    point, (a, b) = make_point(village), volunteers(village, "甲", "乙")
    number = plan(village, point, starts_in=10, capacity=1)
    sign_up(village, a, number)
    sign_up(village, b, number)
    assert excuse(village, a, number)["code"] == "excused_before"
    assert (stands(village, a, number), stands(village, b, number)) == ("gave up", "place")
    assert counted(village, a) == 0


@on_sqlite
def test_a_reason_afterwards_counts_until_it_is_accepted(village):
    who = make_volunteer(village)
    number = missed(village, who)
    assert excuse(village, who, number)["code"] == "excuse_given"
    assert counted(village, who) == 1
    decide(village, who, number, "accepted")
    decide(village, who, number, "accepted")
    assert counted(village, who) == 0
    assert told(village, who) == ["absence_written", "excuse_accepted"]
    with pytest.raises(NothingToDecide):
        decide(village, who, number, "refused")


@on_sqlite
def test_a_refused_reason_counts_and_may_be_accepted_after_all(village):
    who = make_volunteer(village)
    number = missed(village, who)
    with pytest.raises(NothingToDecide):
        decide(village, who, number, "accepted")
    excuse(village, who, number)
    decide(village, who, number, "refused")
    assert counted(village, who) == 1
    decide(village, who, number, "accepted")
    assert counted(village, who) == 0


@on_sqlite
def test_nobody_decides_about_herself(village):
    who = make_volunteer(village)
    number = missed(village, who)
    excuse(village, who, number)
    with pytest.raises(OwnExcuse):
        decide(village, who, number, "accepted", by=village.actor("desk_staff", person=_Person(who)))


@on_sqlite
def test_staff_write_a_reason_that_was_told_by_phone(village):
    who = make_volunteer(village)
    number = missed(village, who)
    village.write(
        lambda session, now: absences.excuse_for(
            session,
            actor=village.actor("desk_staff"),
            now=now,
            number=number,
            person_id=who.person_id,
            reason="住院",
        )
    )
    assert counted(village, who) == 0


@on_sqlite
def test_a_reason_is_given_within_thirty_days_and_is_not_empty(village):
    who = make_volunteer(village)
    number = missed(village, who)
    for empty in ("", "   ", "长" * 201):
        with pytest.raises(BadInput):
            excuse(village, who, number, empty)
    village.pass_time(days=30, minutes=1)
    with pytest.raises(AbsenceTooLate):
        excuse(village, who, number)


# Written by the job


def arrange_end(village, *, capacity=None):
    """Two came, one did not; the activity has just ended."""
    point, people = make_point(village), volunteers(village, "甲", "乙", "丙")
    number = plan(village, point, starts_in=0.5, hours=2, capacity=capacity)
    for who in people:
        sign_up(village, who, number)
    for who in people[:2]:
        come(village, who, scan(village, point))
    village.pass_time(hours=2, minutes=30)
    return number, people


def test_the_job_writes_who_has_no_visit_some_time_after_the_end(village):
    _number, people = arrange_end(village)
    village.pass_time(minutes=119)
    assert write_down_due(village)["count"] == 0
    village.pass_time(minutes=2)
    assert write_down_due(village)["count"] == 1
    assert write_down_due(village)["count"] == 0
    with village.read() as session:
        row = session.scalars(select(Absence)).one()
    assert (row.person_id, row.missed_how, row.missed_by) == (people[2].person_id, "job", "job:write_absences")
    assert told(village, people[2]) == ["absence_written"]


@on_sqlite
def test_how_long_after_the_end_is_the_communitys_number(village):
    change_policy(village, absent_after_minutes=30)
    arrange_end(village)
    village.pass_time(minutes=29)
    assert write_down_due(village)["count"] == 0
    village.pass_time(minutes=2)
    assert write_down_due(village)["count"] == 1


@on_sqlite
def test_where_nobody_was_recorded_nobody_is_blamed(village):
    point, who = make_point(village), make_volunteer(village)
    number = plan(village, point, starts_in=1)
    sign_up(village, who, number)
    village.pass_time(hours=6)
    assert write_down_due(village)["count"] == 0


@on_sqlite
def test_the_job_leaves_alone_who_waited_gave_up_or_was_withdrawn(village):
    arrange_end(village, capacity=2)
    village.pass_time(hours=3)
    assert write_down_due(village)["count"] == 0


@on_sqlite
def test_what_was_withdrawn_is_not_written_again(village):
    number, people = arrange_end(village)
    village.pass_time(hours=3)
    write_down_due(village)
    village.write(
        lambda session, now: absences.withdraw(
            session, actor=village.actor("desk_staff"), now=now, number=number, person_id=people[2].person_id
        )
    )
    assert write_down_due(village)["count"] == 0
    assert counted(village, people[2]) == 0


@pytest.mark.parametrize("hours_before, blamed", [(12.1, True), (11.9, False)])
def test_who_came_up_at_the_last_moment_is_not_blamed(village, hours_before, blamed):
    point, (a, b, c) = make_point(village), volunteers(village, "甲", "乙", "丙")
    number = plan(village, point, starts_in=24, capacity=2)
    for who in (a, b, c):
        sign_up(village, who, number)
    village.pass_time(hours=24 - hours_before)
    give_up(village, a, number)
    village.pass_time(hours=hours_before)
    come(village, b, scan(village, point), activity=number)
    village.pass_time(hours=5)
    if not blamed:
        with pytest.raises(PlaceCameLate):
            write_down(village, c, number)
    assert write_down_due(village)["count"] == int(blamed)


@on_sqlite
def test_the_notice_of_promotion_is_the_communitys_number(village):
    change_policy(village, promotion_notice_minutes=60)
    point, (a, b, c) = make_point(village), volunteers(village, "甲", "乙", "丙")
    number = plan(village, point, starts_in=24, capacity=2)
    for who in (a, b, c):
        sign_up(village, who, number)
    village.pass_time(hours=22, minutes=55)
    give_up(village, a, number)
    village.pass_time(hours=1, minutes=5)
    come(village, b, scan(village, point), activity=number)
    village.pass_time(hours=5)
    assert write_down_due(village)["count"] == 1


@on_sqlite
def test_who_was_put_down_at_the_point_is_not_missing(village):
    point, person = make_point(village), make_volunteer(village)
    number = plan(village, point, starts_in=0.1, hours=1)
    village.pass_time(minutes=10)
    put_down(village, _Person(person), number)
    come(village, make_volunteer(village, "乙"), scan(village, point), activity=number)
    village.pass_time(hours=5)
    assert write_down_due(village)["count"] == 0


# What is listed


def test_reasons_that_wait_are_listed_first_and_what_counts_is_told(village):
    who = make_volunteer(village)
    number = missed(village, who)
    with village.read() as session:
        assert absences.listed(session, actor=village.actor("desk_staff"), now=village.now, waiting=True) == []
        (line,) = absences.listed(session, actor=village.actor("desk_staff"), now=village.now, waiting=False)
        assert line.counts
        with pytest.raises(Forbidden):
            absences.listed(session, actor=who, now=village.now, waiting=False)
    excuse(village, who, number)
    with village.read() as session:
        (line,) = absences.listed(session, actor=village.actor("desk_staff"), now=village.now, waiting=True)
        assert (line.absence.excuse, line.counts) == ("孩子发烧", True)
    decide(village, who, number, "accepted")
    with village.read() as session:
        (line,) = absences.of_person(session, village.community_id, who.person_id, village.now)
    assert not line.counts


class _Person:
    """The register's view of an actor."""

    def __init__(self, actor):
        self.id, self.number, self.household_id = actor.person_id, actor.number, actor.household_id


def _id(text):
    import uuid

    return uuid.UUID(text)

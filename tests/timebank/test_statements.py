"""Statements by month: every list adds up, and the months of a person are those of the books."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest

from tests.timebank.hours import arrange
from tests.timebank.lived_in import live
from tests.timebank.test_month_end import _books, _close, _go_to, credit
from timebank.errors import Forbidden, NotFound
from timebank.hours import team_hours
from timebank.people import teams
from timebank.reports import held, owners, tallies
from timebank.reports.tallies import Span

# Rules that no database can see: shown once.
on_sqlite = pytest.mark.parametrize("db", ["sqlite"], indirect=True)
NOVEMBER, DECEMBER = dt.date(2026, 11, 1), dt.date(2026, 12, 1)


def test_a_persons_months_add_up_and_are_those_of_the_books(village):
    person = village.make_person("李志愿", minutes=120)
    account = village.main_account(person.id, "min")
    credit(village, account, 90)
    _go_to(village, dt.date(2026, 12, 2))
    _close(village, NOVEMBER)
    credit(village, account, 45, on=dt.date(2026, 11, 29))
    credit(village, account, 30)
    found = _by_month(village, person)
    assert [(one.month, one.opening, one.added, one.closing, one.adjusted) for one in found.months] == [
        (DECEMBER, 210, 75, 285, 45),
        (NOVEMBER, 0, 210, 210, 0),
    ]
    assert (found.added, found.taken, found.balance) == (285, 0, village.balance(account))
    for one in found.months:
        (row,) = [row for row in _books(village, one.month).balances[0].rows if row.account == account]
        assert (row.opening, row.added, row.taken, row.closing) == (one.opening, one.added, one.taken, one.closing)


def test_the_lines_of_a_month_add_up_and_say_which_are_adjustments(village):
    person = village.make_person("李志愿", minutes=120)
    account = village.main_account(person.id, "min")
    _go_to(village, dt.date(2026, 12, 2))
    _close(village, NOVEMBER)
    late = credit(village, account, 45, on=dt.date(2026, 11, 29))
    credit(village, account, 30)
    with village.read() as session:
        actor = village.actor(person=person)
        owner = owners.person(session, actor=actor, person_id=person.id)
        found = owners.of_month(session, actor=actor, owner=owner, month=DECEMBER, today=village.today)
    assert [line.seq for line in found.lines if line.is_adjustment] == [late]
    assert found.month.opening + sum(line.amount for line in found.lines) == found.month.closing == 195
    assert found.lines[-1].balance == found.month.closing


@on_sqlite
def test_a_statement_is_for_its_owner_and_those_who_may(village):
    person = village.make_person("李志愿")
    with village.read() as session:
        with pytest.raises(Forbidden):
            owners.person(session, actor=village.actor(person=village.make_person("张三")), person_id=person.id)
        assert owners.person(session, actor=village.actor("auditor"), person_id=person.id).name == "李志愿"


def test_points_add_up_to_all_that_was_served(village):
    """Two points, an order at home, and a visit typed from paper; the people of the total are counted once."""
    story = live(village)
    point = arrange.make_point(village, "第二服务点")
    other = arrange.make_volunteer(village, "王志愿")
    arrange.serve(village, other, point, minutes=61)
    arrange.serve(village, story.volunteer, point, minutes=30)
    with village.read() as session:
        span = Span(NOVEMBER, DECEMBER)
        rows, total = tallies.points(session, actor=village.actor("auditor"), span=span)
        found, by_month, of_point = tallies.point_by_month(
            session, actor=village.actor("auditor"), number=point, span=span
        )
    assert {row.kind for row in rows} == {"point", "orders"}
    for name in ("visits", "real_minutes", "credited_minutes", "waiting"):
        assert sum(getattr(row.tally, name) for row in rows) == getattr(total, name)
        assert sum(getattr(tally, name) for _, tally in by_month) == getattr(of_point, name)
    assert sum(row.tally.people for row in rows) > total.people == 2
    assert found.name == "第二服务点"
    assert (of_point.visits, of_point.people, of_point.real_minutes, of_point.credited_minutes) == (2, 2, 91, 90)


def test_a_visit_counts_in_the_month_in_which_it_began(village):
    point = arrange.make_point(village)
    volunteer = arrange.make_volunteer(village)
    _go_to(village, dt.date(2026, 11, 30), hour=23, minute=30)
    arrange.serve(village, volunteer, point, minutes=60)
    with village.read() as session:
        counted = [
            tallies.points(session, actor=village.actor("auditor"), span=Span(month, month))[1].visits
            for month in (NOVEMBER, DECEMBER)
        ]
    assert counted == [1, 0]


@on_sqlite
def test_there_is_no_statement_of_a_point_that_is_not_there(village):
    with village.read() as session, pytest.raises(NotFound):
        tallies.point_by_month(session, actor=village.actor("auditor"), number=99, span=Span(NOVEMBER, NOVEMBER))


@on_sqlite
def test_what_is_held_is_told_order_by_order(village):
    story = live(village)
    with village.read() as session:
        purse = held.purse(session, actor=village.actor("desk_staff"), person_id=story.elder.id)
    assert purse.held == sum(one.minutes for one in purse.holds) == 60
    assert purse.other_held == 0
    assert purse.balance == village.balance(village.main_account(story.elder.id, "min"))
    assert [one.order_id for one in purse.holds] == [story.open_order_id]


def _by_month(village, person):
    with village.read() as session:
        actor = village.actor(person=person)
        owner = owners.person(session, actor=actor, person_id=person.id)
        return owners.by_month(session, actor=actor, owner=owner, today=village.today)


def test_a_teams_statement_is_its_account_and_the_visits_for_it(village):
    """The leader reads it, an ordinary member does not; minutes of the account and of the visits are told side by side."""
    clerk, leader = village.actor("desk_staff"), village.make_person("张队长")
    served = arrange.serve(village, arrange.make_volunteer(village), arrange.make_point(village), minutes=61)
    number = village.write(lambda session, now: teams.found(session, actor=clerk, now=now, kind="team", name="银龄队"))[
        "number"
    ]

    def fill(session, now):
        team = teams.by_number(session, village.community_id, number)
        teams.add_member(session, actor=clerk, now=now, number=number, person_id=leader.id)
        teams.appoint(session, actor=clerk, now=now, number=number, person_id=leader.id)
        team_hours.count_for(
            session,
            community_id=team.community_id,
            visit_id=uuid.UUID(served["visit_id"]),
            team=team,
            now=now,
            by="test",
        )
        return {"account": team_hours.account_of(session, team)}

    account = village.write(fill)["account"]
    credit(village, account, 60)
    with village.read() as session:
        owner = owners.team(session, actor=village.actor(person=leader), number=number, today=village.today)
        found = owners.by_month(session, actor=village.actor(person=leader), owner=owner, today=village.today)
        rows, total = tallies.team_list(session, actor=village.actor("auditor"), span=Span(NOVEMBER, DECEMBER))
        with pytest.raises(Forbidden):
            owners.team(session, actor=village.actor("volunteer"), number=number, today=village.today)
    assert (found.balance, found.months[0].added) == (60, 60)
    assert [(row.name, row.tally) for row in rows] == [("银龄队", total)]
    assert (total.visits, total.people, total.real_minutes, total.credited_minutes) == (1, 1, 61, 60)

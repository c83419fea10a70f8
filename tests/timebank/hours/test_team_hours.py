"""A team's hours: served by members who chose so, counted in their caps, and donated, never paid to anybody."""

import uuid
from datetime import timedelta

import pytest

from ledger import book_of
from tests.timebank.hours.arrange import Someone, come, go, make_point, make_volunteer, scan, serve, visit_of
from tests.timebank.hours.arrange_teams import appoint, end, go_from, join, make_group, make_team, team_minutes
from tests.village import Village
from timebank import accounts, checks, policy
from timebank.errors import BadInput, Forbidden, NotEnough, NotFound, RefusedByLedger
from timebank.hours import activities, team_hours
from timebank.hours.attendance import check_in
from timebank.hours.team_hours import DonationGiven
from timebank.people import residents, teams
from timebank.permissions import Actor
from timebank.storage import new_key

on_sqlite = pytest.mark.parametrize("db", ["sqlite"], indirect=True)


def begin_for(village: Village, who: Actor, point: int, team: int):
    """Scan now, and choose the team (0: oneself)."""
    ticket = scan(village, point)
    return village.write(
        lambda session, now: check_in(session, actor=who, now=now, ticket=ticket, team_number=team), team=team
    )


def serve_for(village: Village, who: Actor, point: int, team: int, **how_long: float):
    begin_for(village, who, point, team)
    village.pass_time(**how_long)
    return go(village, who, scan(village, point))


def pool(village: Village) -> int:
    return village.balance(accounts.POOL_MIN)


def own_minutes(village: Village, who: Actor) -> int:
    with village.read() as session:
        number = accounts.find_main(session, village.community_id, who.person_id, "min")
    return 0 if number is None else village.balance(number)


def donate(village: Village, team: int, minutes: int, *, by=None, key=None):
    return village.write(
        lambda session, now: team_hours.donate(
            session, actor=by or village.actor("community_manager"), now=now, number=team, minutes=minutes
        ),
        key=key,
        minutes=minutes,
    )


def take_back(village: Village, donation: str, *, by=None):
    return village.write(
        lambda session, now: team_hours.take_back(
            session, actor=by or village.actor("community_manager"), now=now, donation_id=uuid.UUID(donation)
        )
    )


def give_due(village: Village):
    job = Actor.system(village.community_id, "give_team_donations")
    return village.write(lambda session, now: team_hours.give_due(session, actor=job, now=now))


def no_findings(village: Village) -> bool:
    with village.read() as session:
        return checks.find(session, actor=Actor.console(village.community_id, "test")) == []


@pytest.fixture
def served(village: Village):
    """A team with 120 minutes, its leader (a volunteer), and the point at which he served."""
    who, point, team = make_volunteer(village), make_point(village), make_team(village)
    member = _person(who)
    join(village, team, member)
    appoint(village, team, member)
    serve_for(village, who, point, team, hours=2)
    return who, point, team


def test_minutes_served_for_a_team_are_the_teams(village, served):
    who, point, team = served
    assert (team_minutes(village, team), own_minutes(village, who)) == (120, 0)
    village.pass_time(minutes=1)
    assert serve(village, who, point, hours=1)["credited_minutes"] == 60
    assert (team_minutes(village, team), own_minutes(village, who)) == (120, 60)
    assert no_findings(village)


@on_sqlite
def test_what_one_serves_for_a_team_counts_in_ones_own_caps(village, served):
    who, point, team = served
    for for_team in (0, team, 0):
        village.pass_time(minutes=1)
        outcome = serve_for(village, who, point, for_team, hours=3)
    assert outcome["credited_minutes"] == 0  # the ninth to eleventh hour of his day
    assert (team_minutes(village, team), own_minutes(village, who)) == (120 + 180, 180)


@on_sqlite
def test_only_a_member_of_that_day_serves_for_a_team(village):
    who, point, team = make_volunteer(village), make_point(village), make_team(village)
    with pytest.raises(teams.NotAMember):
        serve_for(village, who, point, team, hours=1)
    join(village, team, _person(who), from_on=village.today + timedelta(days=1))
    with pytest.raises(teams.NotAMember):
        serve_for(village, who, point, team, hours=1)
    village.pass_time(days=1)
    assert serve_for(village, who, point, team, hours=1)["team"] == "蓝马甲志愿队"
    go_from(village, team, _person(who))
    village.pass_time(minutes=1)
    with pytest.raises(teams.NotAMember):
        serve_for(village, who, point, team, hours=1)


@on_sqlite
def test_who_leaves_his_team_during_a_visit_has_served_it_for_the_team(village):
    who, point, team = make_volunteer(village), make_point(village), make_team(village)
    join(village, team, _person(who))
    begin_for(village, who, point, team)
    go_from(village, team, _person(who))
    village.pass_time(hours=1)
    assert go(village, who, scan(village, point))["team"] == "蓝马甲志愿队"
    assert team_minutes(village, team) == 60


def test_minutes_of_a_team_that_ended_meanwhile_go_to_the_pool(village):
    who, point, team = make_volunteer(village), make_point(village), make_team(village)
    join(village, team, _person(who))
    begin_for(village, who, point, team)
    end(village, team)
    village.pass_time(hours=1)
    outcome = go(village, who, scan(village, point))
    assert (outcome["credited_minutes"], outcome["pool_minutes"]) == (60, 60)
    assert (team_minutes(village, team), pool(village), own_minutes(village, who)) == (0, 60, 0)
    assert no_findings(village)


@on_sqlite
def test_what_was_chosen_when_signing_up_counts_at_check_in_unless_one_says_otherwise(village):
    who, point, team = make_volunteer(village), make_point(village), make_team(village)
    join(village, team, _person(who))
    groups = [make_group(village, point), make_group(village, point)]

    def choose(group, number):
        return village.write(
            lambda session, now: team_hours.choose(
                session, actor=who, now=now, activity_number=group, team_number=number
            ),
            group=group,
            number=number,
        )

    for group in groups:
        assert choose(group, team)["code"] == "serves_for_team"
        choose(group, team)  # twice is harmless
    assert come(village, who, scan(village, point), groups[0])["team"] == "蓝马甲志愿队"
    village.pass_time(minutes=30)
    go(village, who, scan(village, point))
    choose(groups[1], 0)
    village.pass_time(minutes=1)
    assert come(village, who, scan(village, point), groups[1])["team"] is None


@on_sqlite
def test_a_team_is_chosen_by_its_members_and_before_the_activity_is_over(village):
    who, point, team = make_volunteer(village), make_point(village), make_team(village)
    group = make_group(village, point, hours=1)

    def choose():
        return village.write(
            lambda session, now: team_hours.choose(session, actor=who, now=now, activity_number=group, team_number=team)
        )

    with pytest.raises(teams.NotAMember):
        choose()
    join(village, team, _person(who))
    village.pass_time(hours=1)
    with pytest.raises(activities.ActivityOver):
        choose()


def test_a_donation_is_held_for_a_day_and_then_the_pools(village, served):
    who, _, team = served
    given = donate(village, team, 90, by=who)
    assert (given["left_minutes"], team_minutes(village, team), pool(village)) == (30, 120, 0)
    village.pass_time(hours=23, minutes=59)
    assert give_due(village)["given"] == 0
    village.pass_time(minutes=1)
    assert give_due(village)["given"] == 1
    give_due(village)  # twice is harmless
    assert (team_minutes(village, team), pool(village)) == (30, 90)
    with pytest.raises(DonationGiven):
        take_back(village, given["donation"], by=who)
    assert no_findings(village)


@on_sqlite
def test_a_donation_is_taken_back_until_its_day_is_over_and_not_at_its_end(village, served):
    who, _, team = served
    first, second = donate(village, team, 60, by=who), donate(village, team, 60, by=who)
    assert take_back(village, first["donation"], by=who)["minutes"] == 60
    assert take_back(village, first["donation"], by=who)["minutes"] == 60  # twice is harmless
    village.pass_time(hours=24)
    with pytest.raises(DonationGiven):  # though the job has not come round yet
        take_back(village, second["donation"], by=who)
    give_due(village)
    assert (team_minutes(village, team), pool(village)) == (60, 60)
    assert no_findings(village)


@on_sqlite
def test_the_day_of_a_donation_is_the_policys(village, served):
    who, _, team = served
    village.write(
        lambda session, now: {
            "version": policy.change(
                session,
                village.community_id,
                numbers={"team_donation_undo_hours": 0},
                on=village.today + timedelta(days=1),
            )
        }
    )
    village.pass_time(days=1)
    given = donate(village, team, 60, by=who)
    with pytest.raises(DonationGiven):
        take_back(village, given["donation"], by=who)


@on_sqlite
def test_what_is_held_cannot_be_donated_again_and_a_second_tap_gives_the_first_answer(village, served):
    who, _, team = served
    key = new_key(village.now)
    first = donate(village, team, 70, by=who, key=key)
    assert donate(village, team, 70, by=who, key=key) == first
    with pytest.raises(NotEnough) as refused:
        donate(village, team, 51, by=who)
    assert refused.value.facts == {"needed_minutes": 51, "available_minutes": 50}
    for minutes in (0, -5):
        with pytest.raises(BadInput):
            donate(village, team, minutes, by=who)


@on_sqlite
def test_only_who_leads_the_team_today_or_answers_for_the_community_donates(village, served):
    who, _point, team = served
    other, member = make_team(village, "乙队"), make_volunteer(village)
    join(village, team, _person(member))
    join(village, other, _person(member))
    appoint(village, other, _person(member))
    given = donate(village, team, 10, by=who)
    for stranger in (member, village.actor("desk_staff"), village.actor("team_leader"), village.actor("volunteer")):
        with pytest.raises(Forbidden):
            donate(village, team, 10, by=stranger)
        with pytest.raises(Forbidden):
            take_back(village, given["donation"], by=stranger)
    go_from(village, team, _person(who))
    with pytest.raises(Forbidden):
        donate(village, team, 10, by=who)
    assert donate(village, team, 10)["minutes"] == 10


@on_sqlite
def test_a_team_that_ends_leaves_all_to_the_pool_what_is_held_too(village, served):
    who, _, team = served
    donate(village, team, 50, by=who)
    assert end(village, team)["given_minutes"] == 70
    assert (team_minutes(village, team), pool(village)) == (0, 120)
    assert give_due(village)["given"] == 0
    end(village, team)  # twice is harmless
    with pytest.raises(teams.TeamEnded):
        donate(village, team, 1)
    assert no_findings(village)


@on_sqlite
def test_the_ledger_lets_a_teams_minutes_go_nowhere_but_to_the_pool(village, served):
    """By every entry that moves minutes: post, hold, capture, and with a bystander that pays too."""
    _who, _, team = served
    rich = village.make_person(minutes=500)
    detail = {"use_case": "test"}
    with village.read() as session:
        row = teams.by_number(session, village.community_id, team)
        account = accounts.main(session, village.community_id, row.id, "min")
        receiver = accounts.main(session, village.community_id, rich.id, "min")
    targets = (receiver, accounts.FUND_MIN, accounts.OPENING_MIN, accounts.ISSUE_MIN)

    def attempt(move):
        return village.write(lambda session, now: {"seq": move(book_of(session), now)})

    for target in targets:
        for move in (
            lambda book, now, to=target: book.post({account: -30, to: 30}, on=village.today, detail=detail),
            lambda book, now, to=target: book.post(
                {account: -30, accounts.POOL_MIN: 20, to: 10}, on=village.today, detail=detail
            ),
            lambda book, now, to=target: book.hold({account: -30, to: 30}, detail=detail),
        ):
            with pytest.raises(RefusedByLedger) as refused:
                attempt(move)
            assert refused.value.code in {"to_forbids", "issuing_credited"}, target
    with pytest.raises(RefusedByLedger):  # hidden behind somebody else's payment into the pool
        attempt(
            lambda book, now: book.post(
                {account: -30, receiver: 10, accounts.POOL_MIN: 20}, on=village.today, detail=detail
            )
        )
    held = attempt(lambda book, now: book.hold({account: -30, accounts.POOL_MIN: 30}, detail=detail))["seq"]
    with pytest.raises(RefusedByLedger) as captured:
        attempt(lambda book, now: book.capture(held, {account: -30, receiver: 30}, on=village.today, detail=detail))
    assert captured.value.code == "to_forbids"
    assert (team_minutes(village, team), village.balance(receiver)) == (120, 500)


@on_sqlite
def test_an_order_is_never_paid_from_a_teams_account(village, served):
    """Placing, giving and settling look accounts up by person: a team's id leads to nobody."""
    _, _, team = served
    with village.read() as session:
        row = teams.by_number(session, village.community_id, team)
        kind, owner = accounts.owner_of(
            session, village.community_id, accounts.main(session, village.community_id, row.id, "min")
        )
        assert (kind, owner) == ("team", row.id)
        with pytest.raises(NotFound):
            residents.person(session, village.community_id, row.id)


@on_sqlite
def test_a_visit_tells_for_whom_it_was(village, served):
    who, point, team = served
    village.pass_time(minutes=1)
    came = begin_for(village, who, point, team)
    assert came["team"] == "蓝马甲志愿队"
    village.pass_time(hours=1)
    outcome = go(village, who, scan(village, point))
    assert (outcome["team"], "balance_minutes" in outcome) == ("蓝马甲志愿队", False)
    assert visit_of(village, uuid.UUID(outcome["visit_id"])).credited_minutes == 60


def _person(who: Actor):
    return Someone(who.person_id, who.number, who.household_id)

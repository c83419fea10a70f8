"""Teams: who belongs when, who leads whom, and what an end ends."""

from __future__ import annotations

import datetime

import pytest

from tests.refusals import fields_of
from tests.timebank.hours.arrange_teams import appoint, end, go_from, join, make_team
from tests.village import Village
from timebank.errors import BadInput, Forbidden, NotFound
from timebank.people import residents, teams
from timebank.people.teams import reading
from timebank.people.teams.belonging import AlreadyMember
from timebank.people.teams.founding import TeamNameTaken
from timebank.permissions import Actor

on_sqlite = pytest.mark.parametrize("db", ["sqlite"], indirect=True)
DAY = datetime.timedelta(days=1)


def belongs(village: Village, team: int, person, day) -> bool:
    with village.read() as session:
        return teams.belongs(session, teams.by_number(session, village.community_id, team), person.id, day)


def leads(village: Village, team: int, person, day) -> bool:
    with village.read() as session:
        return teams.leads(session, teams.by_number(session, village.community_id, team), person.id, day)


def members(village: Village, team: int, *, past: bool = False) -> list[str]:
    with village.read() as session:
        row = teams.by_number(session, village.community_id, team)
        found = reading.members(
            session, community_id=village.community_id, team_id=row.id, today=village.today, past=past
        )
        return [line.name for line in found]


def test_a_member_belongs_from_his_first_day_until_the_eve_of_his_going(village: Village) -> None:
    team, person, today = make_team(village), village.make_person(), village.today
    join(village, team, person, from_on=today + DAY)
    go_from(village, team, person, gone_on=today + 3 * DAY)
    assert [belongs(village, team, person, today + n * DAY) for n in range(5)] == [False, True, True, False, False]


def test_who_comes_back_has_two_stretches_and_is_listed_once(village: Village) -> None:
    team, person, today = make_team(village), village.make_person("李回来"), village.today
    join(village, team, person)
    go_from(village, team, person)
    assert (members(village, team), members(village, team, past=True)) == ([], ["李回来"])
    village.pass_time(days=3)
    join(village, team, person)
    assert members(village, team) == ["李回来"]
    assert [belongs(village, team, person, today + n * DAY) for n in range(5)] == [False, False, False, True, True]


@on_sqlite
def test_a_stretch_cannot_begin_within_the_one_before_nor_before_the_team(village: Village) -> None:
    team, person, today = make_team(village), village.make_person(), village.today
    with pytest.raises(BadInput) as early:
        join(village, team, person, from_on=today - DAY)
    join(village, team, person)
    with pytest.raises(AlreadyMember):
        join(village, team, person)
    go_from(village, team, person, gone_on=today + 5 * DAY)
    with pytest.raises(BadInput) as within:
        join(village, team, person, from_on=today + 4 * DAY)
    join(village, team, person, from_on=today + 5 * DAY)
    assert [fields_of(refused.value)["from_on"] for refused in (early, within)] == ["before_team", "overlaps"]


def test_one_person_belongs_to_several_teams(village: Village) -> None:
    person, elsewhere = village.make_person(), village.make_person()
    numbers = [make_team(village, name) for name in ("甲队", "乙队", "丙队")]
    for number in numbers[:2]:
        join(village, number, person)
    join(village, numbers[2], elsewhere)
    with village.read() as session:
        found = teams.teams_of(session, village.community_id, person.id, village.today)
    assert [team.name for team in found] == ["甲队", "乙队"]


def test_a_leader_leads_only_while_a_member_and_only_his_team(village: Village) -> None:
    team, other = make_team(village, "甲队"), make_team(village, "乙队")
    leader, newcomer, today = village.make_person(), village.make_person(), village.today
    with pytest.raises(teams.NotAMember):
        appoint(village, team, leader)
    join(village, team, leader)
    appoint(village, team, leader)
    acting = village.actor(person=leader)
    join(village, team, newcomer, by=acting)
    with pytest.raises(Forbidden):
        join(village, other, newcomer, by=acting)
    go_from(village, team, leader)  # the row of his leading ends with his membership
    with pytest.raises(Forbidden):
        go_from(village, team, newcomer, by=acting)
    join(village, team, leader)
    assert not leads(village, team, leader, today)  # coming back does not make him a leader again
    with pytest.raises(Forbidden):
        join(village, team, village.make_person(), by=acting)


@on_sqlite
def test_a_leader_who_left_the_register_leads_nobody(village: Village) -> None:
    team, leader = make_team(village), village.make_person()
    join(village, team, leader)
    appoint(village, team, leader)
    assert leads(village, team, leader, village.today)
    village.write(
        lambda session, now: residents.leave(
            session,
            actor=village.actor("desk_staff"),
            now=now,
            person_id=leader.id,
            left_on=village.today,
            left_reason="moved",
            reason="",
        )
    )
    assert not leads(village, team, leader, village.today)
    with pytest.raises(residents.HasLeft):
        join(village, make_team(village, "乙队"), leader)


@on_sqlite
def test_a_dismissed_leader_stays_a_member_and_a_leader_may_step_back(village: Village) -> None:
    team, first, second = make_team(village), village.make_person(), village.make_person()
    for person in (first, second):
        join(village, team, person)
        appoint(village, team, person)

    def dismiss(person, by: Actor):
        return village.write(
            lambda session, now: teams.dismiss(session, actor=by, now=now, number=team, person_id=person.id)
        )

    with pytest.raises(Forbidden):
        dismiss(first, village.actor(person=second))  # leaders do not dismiss one another
    dismiss(first, village.actor("community_manager"))
    dismiss(second, village.actor(person=second))
    dismiss(second, village.actor(person=second))
    for person in (first, second):
        assert not leads(village, team, person, village.today)
        assert belongs(village, team, person, village.today)


@on_sqlite
def test_a_member_may_leave_by_himself_and_nobody_else_s_place(village: Village) -> None:
    team, person, other = make_team(village), village.make_person(), village.make_person()
    for each in (person, other):
        join(village, team, each)
    with pytest.raises(Forbidden):
        go_from(village, team, other, by=village.actor(person=person))
    go_from(village, team, person, by=village.actor(person=person))
    assert go_from(village, team, person, by=village.actor(person=person))["code"] == "member_gone"  # twice is harmless
    with pytest.raises(teams.NotAMember):
        go_from(village, team, village.make_person())


@on_sqlite
def test_an_organisation_that_ends_lets_its_members_go_and_its_teams_go_on(village: Village) -> None:
    organisation = make_team(village, "阳光社工中心", kind="organisation")
    team, person = make_team(village, "阳光一队", parent=organisation), village.make_person()
    for number in (organisation, team):
        join(village, number, person)
    appoint(village, organisation, person)
    assert end(village, organisation)["code"] == "team_ended_now"
    end(village, organisation)  # twice is harmless
    assert not belongs(village, organisation, person, village.today)
    assert not leads(village, organisation, person, village.today)
    assert belongs(village, team, person, village.today)
    with village.read() as session:
        assert reading.listed(session, actor=village.actor("desk_staff"), now=village.now)[0].parent == ""
    with pytest.raises(teams.TeamEnded):
        join(village, organisation, village.make_person())
    make_team(village, "阳光社工中心", kind="organisation")  # the name is free again


@on_sqlite
def test_two_teams_of_today_do_not_share_a_name(village: Village) -> None:
    make_team(village, "甲队")
    with pytest.raises(TeamNameTaken):
        make_team(village, " 甲队 ")


@on_sqlite
@pytest.mark.parametrize(
    "name, kind, field", [("", "team", "name"), ("队" * 61, "team", "name"), ("甲", "club", "kind")]
)
def test_what_cannot_be_a_team_is_refused_by_field(village: Village, name: str, kind: str, field: str) -> None:
    with pytest.raises(BadInput) as refused:
        make_team(village, name, kind=kind)
    assert list(fields_of(refused.value)) == [field]


@on_sqlite
def test_a_team_stands_under_organisations_only(village: Village) -> None:
    team = make_team(village, "甲队")
    with pytest.raises(BadInput):
        make_team(village, "乙队", parent=team)
    with pytest.raises(BadInput):
        make_team(village, "中心", kind="organisation", parent=team)


@on_sqlite
def test_nobody_reaches_the_teams_of_another_community(village: Village, other_village: Village) -> None:
    team, stranger = make_team(village), other_village.make_person()
    with pytest.raises(NotFound):
        join(village, team, stranger)
    with pytest.raises(NotFound):
        join(other_village, team, stranger)
    with village.read() as session, pytest.raises(Forbidden):
        reading.listed(session, actor=Actor(None, "TPL-0-0"), now=village.now)

"""Where rules of attendance meet: another number of the policy, a team chosen before, a reason that was refused."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import select

from tests.timebank.erasure.traces import left_in_files
from tests.timebank.hours import arrange, arrange_teams
from tests.timebank.hours.arrange_activities import (
    change_policy,
    decide,
    excuse,
    on_sqlite,
    plan,
    sign_up,
    told,
    volunteers,
    write_down_due,
)
from tests.timebank.hours.arrange_offline import codes, make_device, make_volunteer, outcomes
from tests.village import Village
from timebank.hours import team_hours
from timebank.hours.activities import no_shows
from timebank.hours.attendance import resting
from timebank.hours.attendance.offline import OfflineScan

HOUR, MINUTE = dt.timedelta(hours=1), dt.timedelta(minutes=1)


@on_sqlite
def test_a_community_that_lets_clocks_run_further_ahead_accepts_such_scans(village: Village) -> None:
    change_policy(village, offline_ahead_minutes=10)
    village.pass_time(days=40)
    device = make_device(village, arrange.make_point(village))
    volunteer = make_volunteer(village)
    now = village.now
    answers = device.sends(device.scan(volunteer.number, "in", now + 8 * MINUTE), at=now)
    assert codes(answers) == ["checked_in"]


@on_sqlite
def test_a_visit_before_another_counts_for_the_team_that_was_chosen(village: Village) -> None:
    point = arrange.make_point(village)
    device = make_device(village, point)
    volunteer = make_volunteer(village)
    who = village.actor("volunteer", person=volunteer)
    team = arrange_teams.make_team(village)
    arrange_teams.join(village, team, volunteer)
    activity = arrange_teams.make_group(village, point, hours=1)
    sign_up(village, who, activity)
    village.write(
        lambda session, now: team_hours.choose(session, actor=who, now=now, activity_number=activity, team_number=team)
    )
    began = village.now
    village.pass_time(hours=2)
    arrange.come(village, who, arrange.scan(village, point))
    village.pass_time(minutes=45)
    answers = device.sends(
        device.scan(volunteer.number, "in", began), device.scan(volunteer.number, "out", began + HOUR)
    )
    assert outcomes(answers) == ["accepted", "accepted"]
    assert arrange_teams.team_minutes(village, team) == 60


@on_sqlite
def test_a_reason_that_was_refused_before_the_job_came_counts(village: Village) -> None:
    point = arrange.make_point(village)
    here, missing = volunteers(village, "张来", "李缺")
    number = plan(village, point, starts_in=1, hours=2)
    sign_up(village, here, number)
    sign_up(village, missing, number)
    village.pass_time(hours=1, minutes=5)
    arrange.come(village, here, arrange.scan(village, point))
    excuse(village, missing, number)
    village.pass_time(hours=1)
    arrange.go(village, here, arrange.scan(village, point))
    decide(village, missing, number, "refused")
    village.pass_time(hours=6)
    write_down_due(village)
    with village.read() as session:
        found = no_shows.missed_places(
            session, village.community_id, missing.person_id, since=village.now - dt.timedelta(days=1)
        )
    assert len(found) == 1
    assert "absence_written" in told(village, missing)


@on_sqlite
def test_a_rest_that_ended_after_a_guessed_end_is_not_counted_when_the_true_end_is_known(village: Village) -> None:
    who, point = arrange.make_volunteer(village), arrange.make_point(village)
    came = arrange.come(village, who, arrange.scan(village, point))
    visit_id = uuid.UUID(came["visit_id"])
    village.pass_time(minutes=60)
    village.write(lambda session, now: resting.begin_rest(session, actor=who, now=now, visit_id=visit_id))
    village.pass_time(minutes=90)
    village.write(lambda session, now: resting.end_rest(session, actor=who, now=now, visit_id=visit_id))
    arrange.close_forgotten(village)  # at 11:00, while the rest lasted until 11:30
    assert arrange.visit_of(village, visit_id).state == "estimated"
    village.pass_time(minutes=30)
    done = arrange.go(village, who, arrange.scan(village, point))
    assert (done["rest_minutes"], done["credited_minutes"]) == (90, 90)


@on_sqlite
def test_what_is_neither_a_card_nor_a_number_is_not_kept_of_an_offline_scan(village: Village) -> None:
    device = make_device(village, arrange.make_point(village))
    volunteer = make_volunteer(village)
    name, now = "欧阳苇航", village.now
    wrong = device.scan(name, "in", now - HOUR, seen_by=name)
    right = device.scan(volunteer.number, "in", now - HOUR, seen_by=volunteer.number)
    answers = device.sends(wrong, right)
    assert codes(answers) == ["code_not_read", "checked_in"]
    assert codes(device.sends(wrong, right)) == codes(answers)
    with village.read() as session:
        kept = sorted((scan.code, scan.seen_by) for scan in session.scalars(select(OfflineScan)))
    assert kept == [("", ""), (volunteer.number, volunteer.number)]
    assert not left_in_files(village, (name,))

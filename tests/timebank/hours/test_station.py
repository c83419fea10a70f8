"""The staff's station at a service point, on both databases."""

import dataclasses
import datetime
import threading
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest

from tests.timebank.hours.arrange import (
    close_forgotten,
    come,
    go,
    make_known_volunteer,
    make_point,
    make_resident,
    make_volunteer,
    scan,
)
from tests.timebank.hours.arrange import visit_of as row_of
from timebank.columns import new_key
from timebank.errors import BadInput, Forbidden
from timebank.hours import service_points
from timebank.hours.attendance import station
from timebank.hours.attendance.rests import AlreadyResting
from timebank.hours.attendance.scans import AlreadyCheckedOut, JustCheckedIn, NotAVolunteer, NotCheckedIn
from timebank.hours.attendance.visits import AlreadyCheckedIn, CheckedInElsewhere, OverlappingVisit
from timebank.people import logins

on_sqlite = pytest.mark.parametrize("db", ["sqlite"], indirect=True)


def card(village, staff, point, someone, *, direction=None, at=None, key=None):
    """Staff scan somebody's card now."""
    return village.write(
        lambda session, now: station.scan(
            session,
            actor=staff,
            now=now,
            point_number=point,
            person_id=someone.id,
            scanned_at=at or now,
            direction=direction,
        ),
        key=key,
        point=point,
        person=someone.number,
        direction=direction,
    )


def test_a_card_scanned_twice_by_staff_is_as_good_as_two_live_codes(village):
    staff, point, someone = village.actor("desk_staff"), make_point(village), make_known_volunteer(village)
    came = card(village, staff, point, someone)
    assert (came["code"], came["since"], came["evidence"]) == ("checked_in", "09:00", "A")
    village.pass_time(minutes=95)
    left = card(village, staff, point, someone)
    assert (left["code"], left["state"], left["credited_minutes"]) == ("checked_out", "settled", 90)
    visit = row_of(village, _id(left))
    assert visit.started_by == visit.ended_by == staff.number


@on_sqlite
def test_the_same_card_again_within_minutes_says_since_when_and_changes_nothing(village):
    staff, point, someone = village.actor("desk_staff"), make_point(village), make_known_volunteer(village)
    card(village, staff, point, someone)
    village.pass_time(minutes=4, seconds=50)
    with pytest.raises(AlreadyCheckedIn) as refused:
        card(village, staff, point, someone)
    assert refused.value.facts["since"] == "09:00"
    village.pass_time(seconds=11)
    assert card(village, staff, point, someone)["code"] == "checked_out"
    village.pass_time(minutes=4)
    with pytest.raises(AlreadyCheckedOut) as gone:
        card(village, staff, point, someone)
    assert gone.value.facts["until"] == "09:05"
    village.pass_time(minutes=2)
    assert card(village, staff, point, someone)["code"] == "checked_in"


@on_sqlite
def test_a_direction_is_meant_so(village):
    staff, point, someone = village.actor("desk_staff"), make_point(village), make_known_volunteer(village)
    with pytest.raises(NotCheckedIn):
        card(village, staff, point, someone, direction="out")
    card(village, staff, point, someone, direction="in")
    with pytest.raises(JustCheckedIn):
        card(village, staff, point, someone, direction="out")
    village.pass_time(hours=1)
    with pytest.raises(AlreadyCheckedIn):
        card(village, staff, point, someone, direction="in")
    assert card(village, staff, point, someone, direction="out")["credited_minutes"] == 60
    with pytest.raises(BadInput):
        card(village, staff, point, someone, direction="sideways")


@on_sqlite
def test_who_scans_his_own_card_or_his_familys_waits_for_review(village):
    point, someone = make_point(village), make_known_volunteer(village)
    himself = village.actor("desk_staff", person=someone)
    assert card(village, himself, point, someone)["evidence"] == "B"
    village.pass_time(hours=1)
    left = card(village, village.actor("desk_staff"), point, someone)
    assert (left["state"], left["evidence"], left["review_reasons"]) == ("under_review", "B", ["own_card"])


def test_one_person_is_in_one_place_for_staff_too(village):
    staff, here, there = village.actor("desk_staff"), make_point(village), make_point(village, "北门服务点")
    someone = make_known_volunteer(village)
    card(village, staff, here, someone)
    village.pass_time(minutes=30)
    for direction in (None, "in", "out", "rest"):
        with pytest.raises(CheckedInElsewhere) as refused:
            card(village, staff, there, someone, direction=direction)
        assert refused.value.facts["place"] == "太平里服务点"


def test_an_own_scan_and_a_staff_scan_at_the_same_moment_open_one_visit(village):
    """Real threads on the real lane: staff at two points and the volunteer's own phone."""
    here, there, someone = make_point(village), make_point(village, "北门服务点"), make_known_volunteer(village)
    staff, own, ticket = village.actor("desk_staff"), village.actor("volunteer", person=someone), scan(village, here)
    barrier = threading.Barrier(6)

    def one(at):
        barrier.wait()
        try:
            if at % 3 == 0:
                return come(village, own, ticket)["code"]
            return card(village, staff, here if at % 3 == 1 else there, someone, direction="in")["code"]
        except (AlreadyCheckedIn, CheckedInElsewhere):
            return "refused"

    with ThreadPoolExecutor(6) as pool:
        codes = sorted(pool.map(one, range(6)))
    assert codes == ["checked_in"] + ["refused"] * 5


@on_sqlite
def test_checked_in_by_phone_and_out_by_staff_is_one_visit(village):
    staff, point, someone = village.actor("desk_staff"), make_point(village), make_known_volunteer(village)
    own = village.actor("volunteer", person=someone)
    come(village, own, scan(village, point))
    village.pass_time(hours=1)
    assert card(village, staff, point, someone)["state"] == "settled"
    village.pass_time(minutes=10)
    card(village, staff, point, someone)
    village.pass_time(minutes=45)
    assert go(village, own, scan(village, point))["credited_minutes"] == 45


@on_sqlite
def test_who_is_no_volunteer_is_told_so_at_the_station(village):
    staff, point = village.actor("desk_staff"), make_point(village)
    with pytest.raises(NotAVolunteer):
        card(village, staff, point, make_resident(village))


@on_sqlite
def test_who_came_in_as_a_volunteer_goes_when_the_role_has_ended(village):
    staff, point, someone = village.actor("desk_staff"), make_point(village), make_known_volunteer(village)
    card(village, staff, point, someone)
    with village.read() as session:
        (held,) = logins.grants_of_person(session, community_id=1, person_id=someone.id, on=village.today)
    village.storage.write_global(lambda session, now: logins.revoke(session, now=now, grant_id=held.id))
    village.pass_time(minutes=60)
    assert card(village, staff, point, someone)["credited_minutes"] == 60
    village.pass_time(minutes=60)
    with pytest.raises(NotAVolunteer):
        card(village, staff, point, someone)
    # By her own phone as well.
    other = make_volunteer(village)
    come(village, other, scan(village, point))
    village.pass_time(minutes=60)
    former = dataclasses.replace(other, grants=())
    assert go(village, former, scan(village, point))["credited_minutes"] == 60
    village.pass_time(minutes=60)
    for verb in (come, go):
        with pytest.raises(NotAVolunteer):
            verb(village, former, scan(village, point))


@on_sqlite
def test_only_staff_of_the_point_scan_there(village):
    point, someone = make_point(village), make_known_volunteer(village)
    elsewhere = village.actor("desk_staff", grid="320102010101")
    for who in (make_volunteer(village, "别人"), elsewhere, village.actor("reviewer")):
        with pytest.raises(Forbidden):
            card(village, who, point, someone)


@on_sqlite
def test_a_closed_point_scans_nobody(village):
    staff, point, someone = village.actor("community_manager"), make_point(village), make_known_volunteer(village)
    village.write(lambda session, now: service_points.close(session, actor=staff, now=now, number=point))
    with pytest.raises(service_points.PointClosed):
        card(village, staff, point, someone)


def test_a_scan_that_is_older_than_the_last_visits_end_overlaps(village):
    staff, point, someone = village.actor("desk_staff"), make_point(village), make_known_volunteer(village)
    before = village.now
    village.pass_time(minutes=1)
    card(village, staff, point, someone)
    village.pass_time(hours=1)
    card(village, staff, point, someone)
    with pytest.raises(OverlappingVisit):
        card(village, staff, point, someone, direction="in", at=before + datetime.timedelta(minutes=30))


@on_sqlite
def test_a_scan_from_the_future_is_a_wrong_clock(village):
    staff, point, someone = village.actor("desk_staff"), make_point(village), make_known_volunteer(village)
    with pytest.raises(station.ScanFromTheFuture):
        card(village, staff, point, someone, at=village.now + datetime.timedelta(minutes=6))


@on_sqlite
def test_a_forgotten_check_out_is_mended_by_staff_while_a_visit_could_last_and_asked_after(village):
    staff, point, someone = village.actor("desk_staff"), make_point(village), make_known_volunteer(village)
    came = card(village, staff, point, someone)
    village.pass_time(hours=2, minutes=30)
    assert close_forgotten(village)["closed"] == 1
    assert card(village, staff, point, someone)["credited_minutes"] == 150
    village.pass_time(minutes=30)
    card(village, staff, point, someone)
    village.pass_time(hours=4)
    close_forgotten(village)
    with pytest.raises(station.DirectionUnclear) as refused:
        card(village, staff, point, someone)
    assert refused.value.facts["since"] == "12:00"
    assert card(village, staff, point, someone, direction="in")["code"] == "checked_in"
    assert row_of(village, _id(came)).state == "settled"


def test_rest_begins_ends_and_a_second_look_changes_nothing(village):
    staff, point, someone = village.actor("desk_staff"), make_point(village), make_known_volunteer(village)
    card(village, staff, point, someone)
    village.pass_time(hours=1)
    assert card(village, staff, point, someone, direction="rest")["code"] == "rest_begun"
    with pytest.raises(AlreadyResting) as refused:
        card(village, staff, point, someone, direction="rest")
    assert refused.value.facts["since"] == "10:00"
    village.pass_time(minutes=20)
    assert card(village, staff, point, someone)["code"] == "rest_ended"


@on_sqlite
def test_the_same_key_again_gives_the_first_answer(village):
    staff, point, someone = village.actor("desk_staff"), make_point(village), make_known_volunteer(village)
    key, at = new_key(village.now), village.now
    first = card(village, staff, point, someone, key=key, at=at)
    village.pass_time(hours=2)
    assert card(village, staff, point, someone, key=key, at=at) == first


def _id(outcome):
    return UUID(str(outcome["visit_id"]))

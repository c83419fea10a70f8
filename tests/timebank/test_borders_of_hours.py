"""The numbers of the policy that count time, each at its border: just below, at it, just above; midnight, month end, birthdays.

Visits are written down from paper with their exact instants and reviewed, so that they go through the whole reckoning.
"""

import datetime as dt
from typing import Any
from uuid import UUID

import pytest

from tests.timebank.hours import arrange
from tests.timebank.hours.arrange_activities import change_policy
from tests.timebank.hours.test_station import card
from tests.village import Village
from timebank import accounts, policy
from timebank.errors import BadInput
from timebank.hours import service_points
from timebank.hours.attendance import late, scans, tickets
from timebank.hours.attendance.scans import AlreadyCheckedOut
from timebank.hours.attendance.visits import AlreadyCheckedIn
from timebank.permissions import Actor

MS = dt.timedelta(milliseconds=1)
SECRET = b"s" * 32

pytestmark = pytest.mark.parametrize("db", ["sqlite"], indirect=True)


def local(*when: int) -> dt.datetime:
    """An instant by the village's clock."""
    return dt.datetime(*when, tzinfo=dt.timezone(dt.timedelta(hours=8)))  # type: ignore[misc,arg-type]


def credited(village: Village, who: Actor, start: dt.datetime, **long: float) -> int:
    """What a visit of this length from paper is worth, after as many reviews as it needs."""
    desk = village.actor("desk_staff")
    entered = arrange.enter_late(
        village, desk, who.person_id, start, start + dt.timedelta(**long), place="二号楼", source="登记簿"
    )
    outcome: dict[str, Any] = {"state": "under_review"}
    while outcome["state"] == "under_review":
        outcome = arrange.review(village, village.actor("reviewer"), UUID(entered["visit_id"]))
    return int(outcome["credited_minutes"])


# Counting


def test_rounding_minutes_floor_a_visit_once(village: Village):
    who, start = arrange.make_volunteer(village), local(2026, 11, 19, 9)
    lengths = [(14, 59), (15, 0), (29, 59), (30, 0)]
    found = [
        credited(village, who, start + dt.timedelta(hours=n), minutes=minutes, seconds=seconds)
        for n, (minutes, seconds) in enumerate(lengths)
    ]
    assert found == [0, 15, 15, 30]
    change_policy(village, rounding_minutes=1)
    assert credited(village, who, village.now - dt.timedelta(hours=1), minutes=14, seconds=59) == 14


def test_visit_cap_minutes_end_what_one_visit_is_worth(village: Village):
    who = arrange.make_volunteer(village)
    found = [
        credited(village, who, local(2026, 11, 16 + n, 9), minutes=minutes, seconds=seconds)
        for n, (minutes, seconds) in enumerate([(179, 59), (180, 0), (195, 0)])
    ]
    assert found == [165, 180, 180]


def test_day_cap_minutes_are_full_in_the_middle_of_a_visit_and_empty_again_at_midnight(village: Village):
    """day_cap_minutes is 480: 465 are there, half an hour more gives 15; over midnight the new day takes the rest."""
    who = arrange.make_volunteer(village)
    for hour, minutes in [(6, 180), (10, 180), (14, 105)]:
        credited(village, who, local(2026, 11, 18, hour), minutes=minutes)
    assert credited(village, who, local(2026, 11, 18, 18), minutes=30) == 15
    assert credited(village, who, local(2026, 11, 18, 20), minutes=30) == 0
    assert credited(village, who, local(2026, 11, 18, 23, 30), minutes=60) == 30
    assert credited(village, who, local(2026, 11, 19, 9), minutes=180) == 180


def test_day_cap_from_age_holds_from_the_birthday_on(village: Village):
    """day_cap_from_age is 70, day_cap_aged_minutes 240: a day before the birthday, on it, and for 29 February on 1 March."""
    for born, day, second in [
        (dt.date(1956, 11, 19), dt.date(2026, 11, 18), 180),
        (dt.date(1956, 11, 19), dt.date(2026, 11, 19), 60),
    ]:
        who = arrange.make_volunteer(village, born_on=born)
        credited(village, who, local(day.year, day.month, day.day, 8), minutes=180)
        assert credited(village, who, local(day.year, day.month, day.day, 12), minutes=180) == second
    leapling = arrange.make_volunteer(village, born_on=dt.date(1956, 2, 29))
    village.clock.move(local(2027, 2, 27, 9) - village.now)
    change_policy(village, day_cap_from_age=71)
    village.clock.move(local(2027, 3, 2, 9) - village.now)
    for day, second in [(dt.date(2027, 2, 28), 180), (dt.date(2027, 3, 1), 60)]:
        credited(village, leapling, local(day.year, day.month, day.day, 8), minutes=180)
        assert credited(village, leapling, local(day.year, day.month, day.day, 12), minutes=180) == second


def test_day_cap_aged_minutes_end_the_day_of_who_is_aged(village: Village):
    who = arrange.make_volunteer(village, born_on=dt.date(1950, 1, 1))
    change_policy(village, day_cap_aged_minutes=45)
    start = village.now - dt.timedelta(minutes=90)
    found = [credited(village, who, start + dt.timedelta(minutes=minute), minutes=15) for minute in (0, 15, 30, 45)]
    assert found == [15, 15, 15, 0]


def test_month_cap_minutes_begin_anew_on_the_first(village: Village):
    """month_cap_minutes set to 60: full on 30 November, half of a visit over midnight counts for December."""
    who = arrange.make_volunteer(village)
    change_policy(village, month_cap_minutes=60, day_cap_minutes=60, visit_cap_minutes=60, day_cap_aged_minutes=60)
    village.clock.move(local(2026, 12, 2, 9) - village.now)
    assert credited(village, who, local(2026, 11, 29, 9), minutes=45) == 45
    assert credited(village, who, local(2026, 11, 30, 9), minutes=30) == 15
    assert credited(village, who, local(2026, 11, 30, 23, 30), minutes=60) == 30
    assert credited(village, who, local(2026, 12, 1, 9), minutes=45) == 30


def test_ceiling_minutes_of_the_day_an_account_is_opened_send_the_rest_to_the_pool(village: Village):
    change_policy(village, ceiling_minutes=60)
    who = arrange.make_volunteer(village)
    start = village.now - dt.timedelta(hours=3)
    assert credited(village, who, start, minutes=60) == 60
    assert village.balance(accounts.POOL_MIN) == 0
    assert credited(village, who, start + dt.timedelta(hours=1), minutes=15) == 15
    assert village.balance(village.main_account(who.person_id, "min")) == 60
    assert village.balance(accounts.POOL_MIN) == 15


def test_late_close_minutes_end_a_forgotten_visit_at_their_very_instant(village: Village):
    who, point = arrange.make_volunteer(village), arrange.make_point(village)
    came = arrange.come(village, who, arrange.scan(village, point))
    started = arrange.visit_of(village, UUID(came["visit_id"])).started_at
    ends = started + dt.timedelta(minutes=120)  # late_close_minutes
    with village.read() as session:
        assert late.forgotten(session, village.community_id, ends - MS, 120, 5) == []
        assert len(late.forgotten(session, village.community_id, ends, 120, 5)) == 1
    village.clock.move(ends - village.now)
    assert arrange.close_forgotten(village)["closed"] == 1
    assert arrange.visit_of(village, UUID(came["visit_id"])).ended_at == ends


@pytest.mark.parametrize("seconds, state", [(0, "settled"), (1, "under_review")])
def test_review_two_from_minutes_ask_for_a_second_reviewer_above_four_hours(village: Village, seconds, state):
    """review_two_from_minutes is 240: at it one person is enough."""
    who, start = arrange.make_volunteer(village), local(2026, 11, 19, 9)
    entered = arrange.enter_late(
        village,
        village.actor("desk_staff"),
        who.person_id,
        start,
        start + dt.timedelta(minutes=240, seconds=seconds),
        place="二号楼",
        source="登记簿",
    )
    assert arrange.review(village, village.actor("reviewer"), UUID(entered["visit_id"]))["state"] == state


def test_late_entry_days_end_at_their_very_instant(village: Village):
    """late_entry_days is 30."""
    who, desk, now = arrange.make_volunteer(village), village.actor("desk_staff"), village.now
    for early, taken in [(dt.timedelta(), True), (MS, False)]:
        start = now - dt.timedelta(days=30) - early

        def enter(session: Any, _now: Any, start: dt.datetime = start) -> dict[str, Any]:
            return late.enter_late(
                session,
                actor=desk,
                now=now,
                person_id=who.person_id,
                started_at=start,
                ended_at=start + dt.timedelta(minutes=15),
                place="二号楼",
                source="登记簿",
            )

        if taken:
            village.write(enter)
        else:
            with pytest.raises(BadInput):
                village.write(enter)


# Scanning


def test_code_step_seconds_and_code_window_steps_say_how_long_a_code_is_taken(village: Village):
    """code_step_seconds is 30 and code_window_steps 1: a code is taken until the end of the step after its own."""
    point = arrange.make_point(village)
    village.pass_time(minutes=10)
    code, ends_at = _code(village, point, step_seconds=30)
    assert _taken(village, point, code, ends_at + dt.timedelta(seconds=30) - MS)
    assert not _taken(village, point, code, ends_at + dt.timedelta(seconds=30))
    assert _taken(village, point, code, ends_at - dt.timedelta(seconds=60))  # a clock that is a step behind
    assert not _taken(village, point, code, ends_at - dt.timedelta(seconds=60) - MS)
    change_policy(village, code_step_seconds=60, code_window_steps=0)
    code, ends_at = _code(village, point, step_seconds=60)
    assert [_taken(village, point, code, ends_at - ahead) for ahead in (dt.timedelta(seconds=60), MS)] == [True, True]
    assert not _taken(village, point, code, ends_at)
    assert not _taken(village, point, code, ends_at - dt.timedelta(seconds=60) - MS)


def test_ticket_seconds_end_a_ticket(village: Village):
    """ticket_seconds is 600."""
    ticket = tickets.Ticket(village.community_id, 1, village.now.replace(microsecond=0), "A", 7)
    text = tickets.seal(ticket, secret=SECRET, browser="one")

    def opened(after: dt.timedelta) -> tickets.Ticket:
        return tickets.open_sealed(
            text,
            secret=SECRET,
            browser="one",
            community_id=village.community_id,
            now=ticket.scanned_at + after,
            good_for=dt.timedelta(seconds=policy.DEFAULT.ticket_seconds),
        )

    assert opened(dt.timedelta(seconds=600)).point_number == 1
    with pytest.raises(tickets.TicketExpired):
        opened(dt.timedelta(seconds=600) + MS)


def test_presence_hours_end_what_a_late_scan_can_mend_and_a_claim_of_presence(village: Village):
    """presence_hours is 12."""
    who, point = arrange.make_volunteer(village), arrange.make_point(village)
    came = arrange.come(village, who, arrange.scan(village, point))
    village.pass_time(hours=2)
    arrange.close_forgotten(village)
    visit = arrange.visit_of(village, UUID(came["visit_id"]))
    ends = visit.started_at + dt.timedelta(hours=12)
    with village.read() as session:
        assert scans.open_until(session, visit) == ends
        asked = (village.community_id, who.person_id, visit.point_id)
        assert scans.mendable_visit(session, *asked, ends - MS).id == visit.id
        assert scans.mendable_visit(session, *asked, ends) is None


def test_station_again_minutes_keep_a_second_look_from_being_a_check_out(village: Village):
    """station_again_minutes is 5."""
    staff, point = village.actor("desk_staff"), arrange.make_point(village)
    someone = arrange.make_known_volunteer(village)
    came_at = village.now
    card(village, staff, point, someone, at=came_at)
    left_at = came_at + dt.timedelta(minutes=5)
    village.pass_time(minutes=20)
    with pytest.raises(AlreadyCheckedIn):
        card(village, staff, point, someone, at=left_at - MS)
    assert card(village, staff, point, someone, at=left_at)["code"] == "checked_out"
    with pytest.raises(AlreadyCheckedOut):
        card(village, staff, point, someone, at=left_at + dt.timedelta(minutes=5) - MS)
    assert card(village, staff, point, someone, at=left_at + dt.timedelta(minutes=5))["code"] == "checked_in"


def _code(village: Village, point: int, *, step_seconds: int) -> tuple[str, dt.datetime]:
    """The code that the screen shows now, and when the next one comes."""
    with village.read() as session:
        found = service_points.by_number(session, village.community_id, point)
        shown = service_points.live_code(found, now=village.now, step_seconds=step_seconds)
        return shown.link_code, shown.ends_at


def _taken(village: Village, point: int, code: str, at: dt.datetime) -> bool:
    with village.read() as session:
        try:
            scans.ticket_of_code(session, community_id=village.community_id, point_number=point, code=code, now=at)
        except (service_points.StaleCode, service_points.WrongCode):
            return False
        return True

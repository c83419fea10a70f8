"""Checking in and out, on both databases."""

import datetime
import threading
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import select

from ledger import book_of, reading
from tests.timebank.hours.arrange import (
    close_forgotten,
    come,
    enter_late,
    go,
    make_point,
    make_resident,
    make_volunteer,
    review,
    scan,
    scan_printed,
    serve,
    visit_of,
)
from timebank import accounts
from timebank.columns import new_key
from timebank.errors import BadInput, Forbidden, NotFound
from timebank.hours import activities, multipliers, service_points
from timebank.hours.attendance import reading as visits_read
from timebank.hours.attendance import tickets
from timebank.hours.attendance.reviews import NotUnderReview, OwnVisit, ReviewedByYou
from timebank.hours.attendance.scans import (
    AlreadyCheckedOut,
    JustCheckedIn,
    NotAVolunteer,
    NotCheckedIn,
    ticket_of_code,
    told,
)
from timebank.hours.attendance.tables import Visit
from timebank.hours.attendance.visits import (
    AlreadyCheckedIn,
    CheckedInElsewhere,
    OverlappingVisit,
    close_visit,
    open_visit,
    reckon_visit,
    settle_visit,
)
from timebank.hours.depositors import UnderAge
from timebank.people import residents
from timebank.permissions import Actor


def balance_of(village, who):
    with village.read() as session:
        number = accounts.find_main(session, village.community_id, who.person_id, "min")
        return 0 if number is None else reading.account(session, village.community_id, number).balance


def test_two_scans_bank_the_minutes_with_the_detail_that_explains_them(village):
    who, point = make_volunteer(village), make_point(village)
    outcome = serve(village, who, point, minutes=107)
    assert (outcome["code"], outcome["state"], outcome["evidence"]) == ("checked_out", "settled", "A")
    assert (outcome["real_minutes"], outcome["credited_minutes"], outcome["balance_minutes"]) == (107, 105, 105)
    assert outcome["reasons"] == [{"code": "rounding", "minutes": -2, "limit_minutes": 15}]
    assert balance_of(village, who) == 105
    with village.read() as session:
        detail = reading.entry(session, village.community_id, outcome["entry_seq"]).detail
    assert detail["use_case"] == "attendance.settle"
    assert detail["visit"] == outcome["visit_id"]
    assert detail["spans"][0][0] // 60 == 107
    assert (detail["rounding"], detail["uncapped"], detail["credited"]) == (15, 105, 105)
    assert (detail["evidence"], detail["reviewers"]) == ("A", [])


def test_check_in_counts_from_the_scan_not_from_the_tap(village):
    who, point = make_volunteer(village), make_point(village)
    ticket = scan(village, point)
    village.pass_time(minutes=9)
    come(village, who, ticket)
    with village.read() as session:
        visit = session.scalars(select(Visit)).one()
    assert visit.started_at == ticket.scanned_at
    assert visit.started_recorded_at - visit.started_at > datetime.timedelta(minutes=8)


def test_a_second_tap_is_told_since_when_and_changes_nothing(village):
    who, point = make_volunteer(village), make_point(village)
    come(village, who, scan(village, point))
    village.pass_time(minutes=1)
    with pytest.raises(AlreadyCheckedIn) as refused:
        come(village, who, scan(village, point))
    assert refused.value.facts["since"] == "09:00"
    assert refused.value.facts["place"] == "太平里服务点"


def test_the_same_key_again_gives_the_first_answer(village):
    who, point = make_volunteer(village), make_point(village)
    key, ticket = new_key(village.now), scan(village, point)
    assert come(village, who, ticket, key=key) == come(village, who, ticket, key=key)


def test_one_person_is_in_one_place(village):
    who, here, there = make_volunteer(village), make_point(village), make_point(village, "北门服务点")
    come(village, who, scan(village, here))
    with pytest.raises(CheckedInElsewhere) as refused:
        come(village, who, scan(village, there))
    assert refused.value.facts["place"] == "太平里服务点"
    village.pass_time(minutes=30)
    with pytest.raises(CheckedInElsewhere):
        go(village, who, scan(village, there))


def test_two_taps_at_once_open_one_visit(village):
    """Real threads on the real lane."""
    who, point = make_volunteer(village), make_point(village)
    ticket, barrier = scan(village, point), threading.Barrier(8)

    def tap(_):
        barrier.wait()
        try:
            return come(village, who, ticket)["code"]
        except AlreadyCheckedIn as refused:
            return refused.code

    with ThreadPoolExecutor(8) as pool:
        codes = sorted(pool.map(tap, range(8)))
    assert codes == ["already_checked_in"] * 7 + ["checked_in"]


def test_two_check_outs_at_once_bank_once(village):
    who, point = make_volunteer(village), make_point(village)
    come(village, who, scan(village, point))
    village.pass_time(minutes=60)
    ticket, barrier = scan(village, point), threading.Barrier(6)

    def tap(_):
        barrier.wait()
        try:
            return go(village, who, ticket)["code"]
        except AlreadyCheckedOut as refused:
            return refused.code

    with ThreadPoolExecutor(6) as pool:
        codes = sorted(pool.map(tap, range(6)))
    assert codes == ["already_checked_out"] * 5 + ["checked_out"]
    assert balance_of(village, who) == 60


def test_many_people_check_in_at_once(village):
    point = make_point(village)
    people = [make_volunteer(village, f"志愿者{at}") for at in range(12)]
    ticket = scan(village, point)
    with ThreadPoolExecutor(12) as pool:
        codes = list(pool.map(lambda who: come(village, who, ticket)["code"], people))
    assert codes == ["checked_in"] * 12


def test_the_database_itself_refuses_a_second_open_visit(village):
    who, point = make_volunteer(village), make_point(village)
    come(village, who, scan(village, point))

    def copy(session, now):
        visit = session.scalars(select(Visit)).one()
        later = visit.started_at + datetime.timedelta(hours=1)
        values = visit.model_dump() | {"id": new_key(now), "started_at": later, "started_recorded_at": later}
        session.add(Visit(**values))
        session.flush()
        return {}

    with pytest.raises(DBAPIError):
        village.write(copy)


@pytest.mark.parametrize("shift, overlaps", [(-60, False), (-59, True), (0, True), (59, True), (60, False)])
def test_the_database_itself_refuses_overlapping_spans(village, shift, overlaps):
    who, point = make_volunteer(village), make_point(village)
    serve(village, who, point, minutes=60)

    def copy(session, now):
        visit = session.scalars(select(Visit)).one()
        by = datetime.timedelta(minutes=shift)
        if shift in {60, -60}:  # to the millisecond
            by = (visit.ended_at - visit.started_at) * (1 if shift > 0 else -1)
        values = visit.model_dump() | {
            "id": new_key(now),
            "started_at": visit.started_at + by,
            "ended_at": visit.ended_at + by,
            "state": "under_review",
            "credited_minutes": None,
            "entry_seq": None,
        }
        session.add(Visit(**values))
        session.flush()
        return {"code": "copied"}

    if overlaps:
        with pytest.raises(DBAPIError, match="visit_overlap"):
            village.write(copy)
    else:
        assert village.write(copy) == {"code": "copied"}


def test_a_visit_cannot_be_moved_onto_another_by_sql(village):
    who, point = make_volunteer(village), make_point(village)
    first = serve(village, who, point, minutes=60)
    village.pass_time(minutes=5)
    serve(village, who, point, minutes=60)

    def move(session, now):
        session.execute(
            text(
                "UPDATE visit SET started_at = started_at + 3900000, ended_at = ended_at + 3900000 WHERE entry_seq = :seq"
            ),
            {"seq": first["entry_seq"]},
        )
        return {}

    with pytest.raises(DBAPIError, match="visit_overlap"):
        village.write(move)


def test_the_check_in_code_does_not_check_out(village):
    """Evidence A is two scans of two codes."""
    who, point = make_volunteer(village), make_point(village)
    ticket = scan(village, point)
    come(village, who, ticket)
    village.pass_time(seconds=20)
    with pytest.raises(JustCheckedIn):
        go(village, who, ticket)


def test_checking_out_without_a_visit_says_so(village):
    who, point = make_volunteer(village), make_point(village)
    with pytest.raises(NotCheckedIn):
        go(village, who, scan(village, point))


def test_an_elders_own_or_a_strangers_scan_is_no_volunteers(village):
    point = make_point(village)
    resident = village.actor(person=make_resident(village))
    for who in (resident, village.actor("volunteer"), village.actor("desk_staff")):
        with pytest.raises(NotAVolunteer):
            come(village, who, scan(village, point))


def test_a_volunteer_of_one_grid_serves_in_the_whole_village(village):
    person, point = make_resident(village), make_point(village)
    assert come(village, village.actor("volunteer", person=person, grid="320102010101"), scan(village, point))


@pytest.mark.parametrize(
    "born_on, needs",
    [("2008-11-21", "consent"), ("2012-11-20", "consent"), ("2012-11-21", "group"), ("2008-11-20", None)],
)
def test_under_age_is_judged_on_the_day_of_service(village, born_on, needs):
    who, point = make_volunteer(village, born_on=datetime.date.fromisoformat(born_on)), make_point(village)
    if needs is None:
        assert come(village, who, scan(village, point))["code"] == "checked_in"
        return
    with pytest.raises(UnderAge) as refused:
        come(village, who, scan(village, point))
    assert refused.value.facts["needs"] == needs


def test_with_a_guardians_consent_sixteen_is_old_enough(village):
    who, point = make_volunteer(village, born_on=datetime.date(2010, 3, 1)), make_point(village)
    village.write(
        lambda session, now: residents.flag(
            session,
            actor=village.actor("desk_staff"),
            now=now,
            person_id=who.person_id,
            flag="guardian_consent",
            evidence="同意书 12 号",
            from_on=village.today,
            until_on=None,
        )
    )
    assert come(village, who, scan(village, point))["code"] == "checked_in"


def test_what_a_cap_takes_stays_as_real_minutes(village):
    who, point = make_volunteer(village), make_point(village)
    assert serve(village, who, point, hours=3.5)["credited_minutes"] == 180
    village.pass_time(minutes=1)
    assert serve(village, who, point, hours=3)["credited_minutes"] == 180
    village.pass_time(minutes=1)
    outcome = serve(village, who, point, hours=2.5)
    assert outcome["real_minutes"] == 150
    assert outcome["credited_minutes"] == 120
    assert [(reason["code"], reason["minutes"]) for reason in outcome["reasons"]] == [("day_cap", -30)]
    village.pass_time(minutes=1)
    again = come(village, who, scan(village, point))
    assert again["day_left_minutes"] == 0
    assert balance_of(village, who) == 480


def test_from_seventy_on_the_day_is_shorter(village):
    who, point = make_volunteer(village, born_on=datetime.date(1956, 11, 20)), make_point(village)
    serve(village, who, point, hours=3)
    village.pass_time(minutes=1)
    assert serve(village, who, point, hours=3)["credited_minutes"] == 60
    younger = make_volunteer(village, born_on=datetime.date(1956, 11, 21))
    village.pass_time(minutes=1)
    serve(village, younger, point, hours=3)
    village.pass_time(minutes=1)
    assert serve(village, younger, point, hours=3)["credited_minutes"] == 180


def test_a_visit_without_credit_is_settled_without_an_entry(village):
    who, point = make_volunteer(village), make_point(village)
    outcome = serve(village, who, point, minutes=14)
    assert (outcome["state"], outcome["credited_minutes"], outcome["entry_seq"]) == ("settled", 0, None)


def test_what_is_above_the_ceiling_goes_to_the_pool(village):
    who, point = make_volunteer(village), make_point(village)

    def open_low(session, now):
        accounts.open_main(
            session, village.community_id, kind="person", owner_id=who.person_id, unit="min", ceiling=100
        )
        return {}

    village.write(open_low)
    outcome = serve(village, who, point, minutes=120)
    assert (outcome["credited_minutes"], outcome["pool_minutes"], outcome["balance_minutes"]) == (120, 20, 100)
    assert village.balance(accounts.POOL_MIN) == 20
    assert village.balance(accounts.ISSUE_MIN) == -120


def test_a_spent_quota_lets_people_go_home_and_waits_for_review(village):
    who, point = make_volunteer(village), make_point(village)

    def spend(session, now):
        book = book_of(session)
        room = book.account(accounts.ISSUE_MIN)
        amount = room.quota - room.issued - 30
        book.post(
            {accounts.ISSUE_MIN: -amount, accounts.FUND_MIN: amount}, on=village.today, detail={"use_case": "test"}
        )
        return {}

    village.write(spend)
    outcome = serve(village, who, point, minutes=60)
    assert (outcome["state"], outcome["review_reasons"]) == ("under_review", ["quota"])
    with village.read() as session:
        waiting = visits_read.waiting(session, actor=village.actor("reviewer"))
    assert [line.review_reasons for line in waiting] == [["quota"]]


def test_a_forgotten_check_out_ends_two_hours_after_check_in(village):
    who, point = make_volunteer(village), make_point(village)
    come(village, who, scan(village, point))
    village.pass_time(minutes=119)
    assert close_forgotten(village)["closed"] == 0
    village.pass_time(minutes=2)
    assert close_forgotten(village)["closed"] == 1
    assert close_forgotten(village)["closed"] == 0
    with village.read() as session:
        visit = session.scalars(select(Visit)).one()
    assert visit.ended_at - visit.started_at == datetime.timedelta(hours=2)
    assert (visit.state, visit.estimated) == ("estimated", True)
    assert balance_of(village, who) == 0


def plan(village, point, *, starts_in=0.0, hours=3.0, capacity=None, title="清洁家园"):
    return village.write(
        lambda session, now: activities.plan(
            session,
            actor=village.actor("desk_staff"),
            now=now,
            point_number=point,
            title=title,
            service_class="public",
            starts_at=now + datetime.timedelta(hours=starts_in),
            ends_at=now + datetime.timedelta(hours=starts_in + hours),
            capacity=capacity,
            leader_id=None,
        ),
        title=title,
    )["number"]


def sign_up(village, who, number):
    return village.write(
        lambda session, now: activities.sign_up(session, actor=who, now=now, number=number), by=who.number
    )


def test_a_forgotten_check_out_of_an_activity_ends_when_it_was_planned_to(village):
    who, point = make_volunteer(village), make_point(village)
    activity = plan(village, point, hours=3)
    sign_up(village, who, activity)
    come(village, who, scan(village, point))
    village.pass_time(minutes=179)
    assert close_forgotten(village)["closed"] == 0
    village.pass_time(minutes=2)
    assert close_forgotten(village)["closed"] == 1
    with village.read() as session:
        visit = session.scalars(select(Visit)).one()
    assert visit.ended_at == visit.planned_end_at


def test_a_late_scan_mends_a_forgotten_check_out(village):
    who, point = make_volunteer(village), make_point(village)
    come(village, who, scan(village, point))
    village.pass_time(minutes=150)
    close_forgotten(village)
    outcome = go(village, who, scan(village, point))
    assert (outcome["state"], outcome["real_minutes"], outcome["credited_minutes"]) == ("settled", 150, 150)


def test_after_a_night_a_forgotten_check_out_is_no_longer_mended_by_a_scan(village):
    who, point = make_volunteer(village), make_point(village)
    come(village, who, scan(village, point))
    village.pass_time(hours=13)
    close_forgotten(village)
    with pytest.raises(NotCheckedIn):
        go(village, who, scan(village, point))


def test_an_estimated_visit_is_settled_by_another_persons_word(village):
    who, point = make_volunteer(village), make_point(village)
    come(village, who, scan(village, point))
    village.pass_time(hours=3)
    close_forgotten(village)
    with village.read() as session:
        (line,) = visits_read.waiting(session, actor=village.actor("reviewer"))
    reviewer = village.actor("reviewer")
    better_end = line.started_at + datetime.timedelta(minutes=90)
    outcome = review(village, reviewer, line.id, ended_at=better_end, note="小组长说 10:30 走的")
    assert (outcome["state"], outcome["credited_minutes"]) == ("settled", 90)
    with village.read() as session:
        shown = visits_read.explained(session, actor=who, visit_id=line.id)
        detail = reading.entry(session, village.community_id, outcome["entry_seq"]).detail
    assert shown.reviews[0].ended_at_before == line.ended_at
    assert shown.line.estimated
    assert detail["reviewers"] == [reviewer.officer]
    with pytest.raises(NotUnderReview):
        review(village, village.actor("reviewer"), line.id)


def test_nobody_reviews_his_own_visit(village):
    person, point = make_resident(village), make_point(village)
    who = village.actor("volunteer", "reviewer", person=person)
    come(village, who, scan(village, point))
    village.pass_time(hours=3)
    close_forgotten(village)
    with village.read() as session:
        (line,) = visits_read.waiting(session, actor=who)
    with pytest.raises(OwnVisit):
        review(village, who, line.id)
    with pytest.raises(Forbidden):
        review(village, village.actor("desk_staff"), line.id)


def test_a_rejected_visit_needs_a_reason_and_frees_its_time(village):
    who, point = make_volunteer(village), make_point(village)
    come(village, who, scan(village, point))
    village.pass_time(hours=3)
    close_forgotten(village)
    with village.read() as session:
        (line,) = visits_read.waiting(session, actor=village.actor("reviewer"))
    with pytest.raises(BadInput):
        review(village, village.actor("reviewer"), line.id, verdict="reject")
    review(village, village.actor("reviewer"), line.id, verdict="reject", note="没有来")
    assert visit_of(village, line.id).state == "rejected"
    assert enter_late(
        village,
        village.actor("desk_staff"),
        who.person_id,
        line.started_at,
        line.ended_at,
        place="门口",
        source="登记簿第 3 页",
    )


def test_a_printed_code_proves_less_and_waits_for_a_second_word(village):
    who, point = make_volunteer(village), make_point(village)
    manager = village.actor("community_manager")
    village.write(lambda session, now: service_points.issue_fixed_code(session, actor=manager, now=now, number=point))
    come(village, who, scan_printed(village, point))
    village.pass_time(minutes=60)
    outcome = go(village, who, scan(village, point))
    assert (outcome["evidence"], outcome["state"], outcome["review_reasons"]) == ("B", "under_review", ["static_code"])
    assert review(village, village.actor("reviewer"), UUID(outcome["visit_id"]))["credited_minutes"] == 60


def test_a_late_entry_from_paper_is_reviewed_by_somebody_else(village):
    who = make_volunteer(village)
    clerk = village.actor("desk_staff", "reviewer")
    start = village.now - datetime.timedelta(days=1)
    entered = enter_late(
        village,
        clerk,
        who.person_id,
        start,
        start + datetime.timedelta(hours=2),
        place="二号楼",
        source="登记簿第 12 页",
    )
    visit_id = UUID(entered["visit_id"])
    assert visit_of(village, visit_id).evidence == "D"
    with pytest.raises(OwnVisit):
        review(village, clerk, visit_id)
    assert review(village, village.actor("reviewer"), visit_id)["credited_minutes"] == 120


def test_more_than_four_hours_from_paper_need_two_people(village):
    who = make_volunteer(village)
    start = village.now - datetime.timedelta(days=1)
    entered = enter_late(
        village,
        village.actor("desk_staff"),
        who.person_id,
        start,
        start + datetime.timedelta(hours=5),
        place="二号楼",
        source="登记簿第 12 页",
    )
    visit_id, first, second = UUID(entered["visit_id"]), village.actor("reviewer"), village.actor("reviewer")
    assert review(village, first, visit_id)["state"] == "under_review"
    with pytest.raises(ReviewedByYou):
        review(village, first, visit_id)
    outcome = review(village, second, visit_id)
    assert (outcome["state"], outcome["credited_minutes"]) == ("settled", 180)
    with village.read() as session:
        detail = reading.entry(session, village.community_id, outcome["entry_seq"]).detail
    assert detail["reviewers"] == sorted([first.officer, second.officer])


def test_an_own_report_names_a_witness(village):
    who = make_volunteer(village)
    start = village.now - datetime.timedelta(hours=5)
    end = start + datetime.timedelta(hours=1)
    with pytest.raises(BadInput) as refused:
        enter_late(village, who, who.person_id, start, end, place="三号楼")
    assert refused.value.facts["fields"] == {"witness": "required"}
    assert enter_late(village, who, who.person_id, start, end, place="三号楼", witness="王阿姨")["evidence"] == "C"


@pytest.mark.parametrize(
    "start_hours, end_hours, field",
    [(-2, 1, "ended_at"), (-2, -3, "ended_at"), (-20, -1, "ended_at"), (-24 * 40, -24 * 40 + 2, "started_at")],
)
def test_a_late_entry_must_be_over_short_and_recent(village, start_hours, end_hours, field):
    who, now = make_volunteer(village), village.now
    with pytest.raises(BadInput) as refused:
        enter_late(
            village,
            village.actor("desk_staff"),
            who.person_id,
            now + datetime.timedelta(hours=start_hours),
            now + datetime.timedelta(hours=end_hours),
            place="x",
            source="y",
        )
    fields = refused.value.facts["fields"]
    assert isinstance(fields, dict)
    assert list(fields) == [field]


def test_a_late_entry_may_not_overlap_but_may_touch(village):
    who, point = make_volunteer(village), make_point(village)
    before = village.now
    serve(village, who, point, minutes=60)
    clerk = village.actor("desk_staff")
    with pytest.raises(OverlappingVisit) as refused:
        enter_late(
            village,
            clerk,
            who.person_id,
            before - datetime.timedelta(hours=1),
            before + datetime.timedelta(minutes=30),
            place="二号楼",
            source="第 1 页",
        )
    assert refused.value.facts["place"] == "太平里服务点"
    with village.read() as session:
        started_at = session.scalars(select(Visit)).one().started_at
    assert enter_late(
        village,
        clerk,
        who.person_id,
        started_at - datetime.timedelta(hours=1),
        started_at,
        place="二号楼",
        source="第 1 页",
    )


def test_multipliers_come_from_an_adopted_table_only(village):
    who, point = make_volunteer(village), make_point(village)
    committee = village.actor("committee")
    rows = [multipliers.Percent("public", 9 * 60 + 30, 10 * 60 + 30, 150)]
    village.write(
        lambda session, now: multipliers.adopt(
            session,
            actor=committee,
            now=now,
            rows=rows,
            adopted_on=village.today,
            in_force_from=village.today,
            body="居民代表会议",
            minutes_digest="0" * 64,
        )
    )
    sign_up(village, who, plan(village, point, hours=4))
    outcome = serve(village, who, point, minutes=90)
    assert outcome["credited_minutes"] == 120
    assert {reason["code"] for reason in outcome["reasons"]} == {"multiplier"}
    with village.read() as session:
        entry = reading.entry(session, village.community_id, outcome["entry_seq"])
        notes = reading.entries(session, village.community_id, kind="note")
    assert entry.detail["table_digest"] in {note.fields["digest"] for note in notes}
    assert [percent for _, percent in entry.detail["spans"]] == [100, 150]


def test_a_table_is_never_retroactive(village):
    rows = [multipliers.Percent("public", 0, 60, 120)]
    with pytest.raises(multipliers.TableNotAhead):
        village.write(
            lambda session, now: multipliers.adopt(
                session,
                actor=village.actor("committee"),
                now=now,
                rows=rows,
                adopted_on=village.today,
                in_force_from=village.today - datetime.timedelta(days=1),
                body="居民代表会议",
                minutes_digest="0" * 64,
            )
        )


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [multipliers.Percent("public", 0, 60, 130)],
        [multipliers.Percent("public", 60, 60, 120)],
        [multipliers.Percent("public", 0, 60, 120), multipliers.Percent("public", 59, 90, 150)],
        [multipliers.Percent("astrology", 0, 60, 120)],
    ],
)
def test_windows_that_cannot_be_are_refused(village, rows):
    with pytest.raises(BadInput):
        village.write(
            lambda session, now: multipliers.adopt(
                session,
                actor=village.actor("committee"),
                now=now,
                rows=rows,
                adopted_on=village.today,
                in_force_from=village.today,
                body="居民代表会议",
                minutes_digest="0" * 64,
            )
        )


def test_a_full_activity_takes_nobody_else_at_the_door(village):
    point = make_point(village)
    first, second = make_volunteer(village), make_volunteer(village, "王志愿")
    activity = plan(village, point, capacity=1, starts_in=0.5)
    sign_up(village, first, activity)
    sign_up(village, first, activity)
    with pytest.raises(activities.ActivityFull):
        come(village, second, scan(village, point), activity=activity)
    village.write(lambda session, now: activities.give_up(session, actor=first, now=now, number=activity))
    assert come(village, second, scan(village, point), activity=activity)["activity"] == "清洁家园"


def test_a_cancelled_activity_takes_nobody(village):
    point, who = make_point(village), make_volunteer(village)
    activity = plan(village, point)
    village.write(
        lambda session, now: activities.cancel(
            session, actor=village.actor("desk_staff"), now=now, number=activity, reason="下雨"
        )
    )
    with pytest.raises(activities.ActivityCancelled) as refused:
        sign_up(village, who, activity)
    assert refused.value.facts["reason"] == "下雨"


# Codes and tickets


def ticket_at(village, point, code, later):
    with village.read() as session:
        return ticket_of_code(
            session,
            community_id=village.community_id,
            point_number=point,
            code=code,
            now=village.now + datetime.timedelta(seconds=later),
        )


def shown_code(village, point):
    with village.read() as session:
        row = service_points.by_number(session, village.community_id, point)
        return service_points.live_code(row, now=village.now, step_seconds=30)


def test_a_code_is_taken_for_one_step_after_its_own(village):
    point = make_point(village)
    village.pass_time(minutes=10)
    code = shown_code(village, point)
    step = ticket_at(village, point, code.link_code, 0).step
    assert ticket_at(village, point, code.digits, 30).step == step
    for later in (60, 600, 7000):
        with pytest.raises(service_points.StaleCode):
            ticket_at(village, point, code.link_code, later)
    with pytest.raises(service_points.WrongCode):
        ticket_at(village, point, code.link_code, 9000)


@pytest.mark.parametrize("code", ["", "12345", "abcdef", "0000000000", "１２３４５６", "-12345", "123456 "])
def test_what_is_no_code_is_wrong(village, code):
    with pytest.raises(service_points.WrongCode):
        ticket_at(village, make_point(village), code, 0)


def test_a_code_of_another_point_names_that_point(village):
    here, there = make_point(village), make_point(village, "北门服务点")
    with pytest.raises(service_points.CodeOfAnotherPoint) as refused:
        ticket_at(village, here, shown_code(village, there).digits, 0)
    assert refused.value.facts == {"point": "太平里服务点", "other_point": "北门服务点"}


def test_after_a_rotation_what_was_carried_away_is_void(village):
    point, manager = make_point(village), village.actor("community_manager")
    village.write(lambda session, now: service_points.issue_fixed_code(session, actor=manager, now=now, number=point))
    code = shown_code(village, point)
    with village.read() as session:
        before = service_points.by_number(session, village.community_id, point)
        screen, printed = before.screen_token, before.fixed_token
    village.write(lambda session, now: service_points.rotate(session, actor=manager, now=now, number=point))
    with pytest.raises(service_points.WrongCode):
        ticket_at(village, point, code.link_code, 0)
    with village.read() as session:
        with pytest.raises(NotFound):
            service_points.of_screen(session, village.community_id, point, screen)
        with pytest.raises(service_points.WrongCode):
            service_points.check_fixed_code(service_points.by_number(session, village.community_id, point), printed)


def test_a_closed_point_takes_no_code(village):
    point = make_point(village)
    code = shown_code(village, point)
    village.write(
        lambda session, now: service_points.close(
            session, actor=village.actor("community_manager"), now=now, number=point
        )
    )
    with pytest.raises(service_points.PointClosed):
        ticket_at(village, point, code.link_code, 0)


SECRET = b"s" * 32


def sealed(village):
    ticket = tickets.Ticket(village.community_id, 1, village.now, "A", 7)
    text_of = tickets.seal(ticket, secret=SECRET, browser="one")
    return ticket, text_of


def opened(village, text_of, *, browser="one", secret=SECRET, community_id=1, minutes=0.0):
    return tickets.open_sealed(
        text_of,
        secret=secret,
        browser=browser,
        community_id=community_id,
        now=village.now + datetime.timedelta(minutes=minutes),
        good_for=datetime.timedelta(minutes=10),
    )


def test_a_ticket_comes_back_as_it_was(village):
    ticket, text_of = sealed(village)
    got = opened(village, text_of, minutes=9.9)
    assert (got.step, got.evidence, got.point_number) == (ticket.step, ticket.evidence, ticket.point_number)
    assert abs(got.scanned_at - ticket.scanned_at) < datetime.timedelta(milliseconds=1)


def test_a_ticket_is_good_for_ten_minutes_in_its_own_browser(village):
    _, text_of = sealed(village)
    with pytest.raises(tickets.TicketExpired):
        opened(village, text_of, minutes=10.1)
    with pytest.raises(tickets.TicketOfAnotherBrowser):
        opened(village, text_of, browser="two")
    with pytest.raises(tickets.ClockWentBack):
        opened(village, text_of, minutes=-6)
    with pytest.raises(tickets.TicketBroken):
        opened(village, text_of, community_id=2)


def test_every_changed_character_breaks_a_ticket(village):
    _, text_of = sealed(village)
    for at in range(0, len(text_of) - 2, 7):
        changed = text_of[:at] + ("A" if text_of[at] != "A" else "B") + text_of[at + 1 :]
        with pytest.raises(tickets.TicketBroken):
            opened(village, changed)
    for nonsense in ("", ".", "a.b", "ä.ö", "a.b.c", text_of.split(".")[0]):
        with pytest.raises(tickets.TicketBroken):
            opened(village, nonsense)


# Visits of orders


def test_a_visit_of_an_order_is_closed_and_left_to_the_order(village):
    who, point = make_volunteer(village), make_point(village)
    order_id = new_key(village.now)

    def begin(session, now):
        visit_id = open_visit(
            session,
            community_id=village.community_id,
            person_id=who.person_id,
            started_at=now,
            now=now,
            evidence="B",
            recorded_by=who.number,
            place="二号楼 301",
            order_id=order_id,
            service_class="medical_escort",
        )
        return {"visit_id": visit_id.hex}

    def end(session, now):
        visit = session.scalars(select(Visit)).one()
        close_visit(session, visit=visit, ended_at=now, now=now, evidence="B", recorded_by=who.number)
        reckoning = reckon_visit(session, visit)
        settle_visit(session, visit=visit, reckoning=reckoning, now=now, entry_seq=None, credited_minutes=45)
        return told(session, visit, "done")

    village.write(begin)
    with pytest.raises(CheckedInElsewhere) as refused:
        come(village, who, scan(village, point))
    assert refused.value.facts["place"] == "二号楼 301"
    village.pass_time(minutes=61)
    assert village.write(end)["credited_minutes"] == 45


def test_a_statement_lists_visits_newest_first_in_pages(village):
    who, point = make_volunteer(village), make_point(village)
    for _ in range(5):
        serve(village, who, point, minutes=16)
        village.pass_time(minutes=1)
    with village.read() as session:
        first = visits_read.statement(session, actor=who, person_id=who.person_id, limit=3)
        rest = visits_read.statement(
            session, actor=who, person_id=who.person_id, before=(first[-1].started_at, first[-1].id), limit=3
        )
        totals = visits_read.totals(session, actor=who, person_id=who.person_id)
        lines = visits_read.account_lines(session, actor=who, person_id=who.person_id)
    starts = [line.started_at for line in (*first, *rest)]
    assert len(starts) == 5
    assert starts == sorted(starts, reverse=True)
    assert (
        totals.credited_minutes
        == sum(line.credited_minutes for line in (*first, *rest))
        == totals.balance_minutes
        == 75
    )
    assert [line.amount for line in lines] == [15] * 5


def test_a_statement_is_for_its_owner_and_staff(village):
    who, other = make_volunteer(village), make_volunteer(village, "王志愿")
    with village.read() as session:
        with pytest.raises(Forbidden):
            visits_read.statement(session, actor=other, person_id=who.person_id)
        for role in ("desk_staff", "auditor", "reviewer", "community_manager"):
            assert visits_read.statement(session, actor=village.actor(role), person_id=who.person_id) == []


def test_who_is_here_is_told_to_staff(village):
    who, point = make_volunteer(village), make_point(village)
    come(village, who, scan(village, point))
    with village.read() as session:
        assert [line.person_number for line in visits_read.here_now(session, actor=village.actor("desk_staff"))] == [
            who.number
        ]
        with pytest.raises(Forbidden):
            visits_read.here_now(session, actor=who)


def test_the_same_volunteer_number_elsewhere_is_another_person(village, other_village):
    """Nothing of one community is seen or settled in the other."""
    who, point = make_volunteer(village), make_point(village)
    come(village, who, scan(village, point))
    stranger = Actor(
        other_village.community_id,
        who.number,
        person_id=who.person_id,
        grants=who.grants,
        area_path=other_village.area_path,
    )
    with village.read() as session:
        assert visits_read.open_line(session, actor=stranger) is None
    with pytest.raises(NotAVolunteer):
        come(village, stranger, scan(village, point))


def test_a_night_shift_is_capped_by_local_day(village):
    who, point = make_volunteer(village), make_point(village)
    village.pass_time(hours=13.5)  # 22:30
    outcome = serve(village, who, point, hours=3)
    with village.read() as session:
        days = visits_read.explained(session, actor=who, visit_id=UUID(outcome["visit_id"])).days
    assert [(day.day.isoformat(), day.credited_minutes) for day in days] == [("2026-11-20", 90), ("2026-11-21", 90)]

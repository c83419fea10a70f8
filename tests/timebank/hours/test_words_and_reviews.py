"""What two live scans do not prove: witnesses' words, printed codes confirmed, the review queue, pages of paper."""

import datetime
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from tests.refusals import fields_of
from tests.timebank.hours.arrange import (
    come,
    enter_late,
    go,
    make_known_volunteer,
    make_point,
    make_resident,
    make_volunteer,
    review,
    scan_printed,
    visit_of,
)
from timebank.errors import BadInput, Forbidden, NotFound
from timebank.hours import service_points
from timebank.hours.attendance import paper, reviews, witnesses
from timebank.hours.attendance.reviews import OwnVisit, ReviewedByYou
from timebank.hours.attendance.tables import PaperRow, Visit
from timebank.hours.attendance.witnesses import NothingToConfirm, WordGiven
from timebank.notices import Notice
from timebank.permissions import Grant

on_sqlite = pytest.mark.parametrize("db", ["sqlite"], indirect=True)


@pytest.fixture
def who(village):
    return make_volunteer(village)


def report(village, who, **words):
    """An own report of an hour yesterday morning."""
    begins = village.now - timedelta(days=1)
    return UUID(
        enter_late(village, who, who.person_id, begins, begins + timedelta(hours=1), place="二号楼", **words)[
            "visit_id"
        ]
    )


def say(village, who, visit_id, confirms=True, note=""):
    return village.write(
        lambda session, now: witnesses.give_word(
            session, actor=who, now=now, visit_id=visit_id, confirms=confirms, note=note
        ),
        visit=visit_id.hex,
        confirms=confirms,
    )


def ask(village, who, visit_id, person_id):
    return village.write(
        lambda session, now: witnesses.ask_recipient(
            session, actor=who, now=now, visit_id=visit_id, person_id=person_id
        ),
        visit=visit_id.hex,
    )


def printed(village, who, point=None):
    """Two scans of a printed code, an hour apart."""
    if point is None:
        point = make_point(village)
        staff = village.actor("community_manager")
        village.write(lambda session, now: service_points.issue_fixed_code(session, actor=staff, now=now, number=point))
    come(village, who, scan_printed(village, point))
    village.pass_time(hours=1)
    return UUID(go(village, who, scan_printed(village, point))["visit_id"])


def kinds_told(village, person_id):
    with village.read() as session:
        return [one.kind for one in session.scalars(select(Notice).where(col(Notice.person_id) == person_id))]


def test_a_witness_who_is_a_resident_is_asked_and_her_word_waits_with_the_report(village, who):
    witness = make_resident(village, "王阿姨")
    visit_id = report(village, who, witness_id=witness.id)
    assert kinds_told(village, witness.id) == ["word_asked"]
    herself = village.actor(person=witness)
    with village.read() as session:
        (line,) = witnesses.asked_of(session, actor=herself)
        assert (line.volunteer_number, line.asked_as, line.word) == (who.number, "witness", None)
    assert say(village, herself, visit_id)["state"] == "under_review"
    with pytest.raises(WordGiven):
        say(village, herself, visit_id, confirms=False, note="不是")
    assert review(village, village.actor("reviewer"), visit_id)["credited_minutes"] == 60
    assert kinds_told(village, who.person_id) == ["visit_settled"]


@on_sqlite
def test_a_denial_needs_a_reason_and_keeps_the_report_from_bulk(village, who):
    witness = make_resident(village, "王阿姨")
    visit_id, herself = report(village, who, witness_id=witness.id), village.actor(person=witness)
    with pytest.raises(BadInput):
        say(village, herself, visit_id, confirms=False)
    say(village, herself, visit_id, confirms=False, note="那天我不在")
    assert accept(village, village.actor("reviewer"), visit_id)["refused"] == {visit_id.hex: "not_plain"}


@on_sqlite
def test_a_witness_who_is_no_resident_is_a_name_and_is_never_asked(village, who):
    visit_id = report(village, who, witness="路过的张先生")
    with pytest.raises(NotFound):
        say(village, village.actor("desk_staff"), visit_id)
    assert accept(village, village.actor("reviewer"), visit_id)["refused"] == {visit_id.hex: "not_plain"}
    assert review(village, village.actor("reviewer"), visit_id)["state"] == "settled"


@on_sqlite
def test_nobody_is_his_own_or_his_familys_witness(village, who):
    wife = village.make_person("家人", household_id=who.household_id)
    for person_id, why in ((who.person_id, "witness_own"), (wife.id, "witness_family")):
        with pytest.raises(BadInput) as refused:
            report(village, who, witness_id=person_id)
        assert refused.value.facts["fields"] == {"witness": why}


@on_sqlite
def test_the_desk_writes_down_the_word_of_who_has_no_phone_but_not_on_its_own_visit(village):
    clerk = village.actor("desk_staff", "volunteer", person=make_resident(village, "职员"))
    witness = make_resident(village, "无手机")
    visit_id = report(village, clerk, witness_id=witness.id)
    with pytest.raises(NothingToConfirm):
        say(village, clerk, visit_id)
    with pytest.raises(Forbidden):
        say(village, make_volunteer(village, "别人"), visit_id)
    assert say(village, village.actor("desk_staff"), visit_id)["word"] == "confirmed"


def test_a_printed_code_is_banked_when_who_was_served_confirms(village, who):
    elder = make_resident(village, "孙奶奶", datetime.date(1944, 3, 1))
    visit_id = printed(village, who)
    ask(village, who, visit_id, elder.id)
    said = say(village, village.actor(person=elder), visit_id)
    assert (said["state"], said["credited_minutes"], said["evidence"]) == ("settled", 60, "B")


@on_sqlite
def test_who_served_at_the_same_time_was_not_served(village, who):
    visit_id = printed(village, who)
    with village.read() as session:
        point = service_points.by_id(session, village.community_id, visit_of(village, visit_id).point_id).number
    other = make_volunteer(village, "同班")
    begins = visit_of(village, visit_id).started_at
    enter_late(village, other, other.person_id, begins, begins + timedelta(minutes=30), place="", witness="某")
    with pytest.raises(BadInput) as refused:
        ask(village, who, visit_id, other.person_id)
    assert refused.value.facts["fields"] == {"witness": "witness_served"}
    assert point == 1


@on_sqlite
def test_another_can_be_asked_until_a_word_is_said(village, who):
    first, second = make_resident(village, "甲"), make_resident(village, "乙")
    visit_id = printed(village, who)
    ask(village, who, visit_id, first.id)
    ask(village, who, visit_id, second.id)
    with pytest.raises(Forbidden):
        say(village, village.actor(person=first), visit_id)
    say(village, village.actor(person=second), visit_id, confirms=False, note="没有来")
    with pytest.raises(WordGiven):
        ask(village, who, visit_id, first.id)


@on_sqlite
def test_staff_of_the_point_are_the_second_confirmation_of_its_printed_code(village, who):
    visit_id = printed(village, who)
    elsewhere = village.actor("desk_staff", grid="320102010101")
    with pytest.raises(Forbidden):
        review(village, elsewhere, visit_id)
    assert review(village, village.actor("desk_staff"), visit_id)["state"] == "settled"


@on_sqlite
def test_desk_staff_do_not_review_what_is_the_reviewers(village, who):
    visit_id = report(village, who, witness="某")
    with pytest.raises(Forbidden):
        review(village, village.actor("desk_staff"), visit_id)


@on_sqlite
def test_nobody_reviews_his_familys_visit_or_one_that_rests_on_his_own_word(village, who):
    wife = village.make_person("家人", household_id=who.household_id)
    witness = make_resident(village, "见证人")
    visit_id = report(village, who, witness_id=witness.id)
    for person in (wife, witness):
        with pytest.raises(OwnVisit):
            review(village, village.actor("reviewer", person=person), visit_id)


def accept(village, who, *visit_ids):
    return village.write(
        lambda session, now: reviews.accept_many(session, actor=who, now=now, visit_ids=visit_ids),
        visits=[one.hex for one in visit_ids],
    )


def line(village, someone, number, *, begins=None, minutes=60, page=12, place="活动室", **more):
    begins = begins or village.now - timedelta(days=2)
    return paper.PaperLine(page, number, someone.number, begins, begins + timedelta(minutes=minutes), place, **more)


def type_page(village, clerk, *lines, book="2026 登记册"):
    return village.write(
        lambda session, now: paper.type_page(session, actor=clerk, now=now, book=book, lines=lines),
        book=book,
        lines=len(lines),
        at=str(village.now),
    )


def visits(village):
    with village.read() as session:
        return [one.id for one in session.scalars(select(Visit).order_by(col(Visit.started_at), col(Visit.id)))]


def test_a_page_of_paper_is_typed_whole_and_accepted_at_once_up_to_four_hours(village):
    clerk, people = village.actor("desk_staff"), [make_known_volunteer(village, f"志愿{at}") for at in range(3)]
    lines = [line(village, one, at + 1, minutes=(60, 240, 241)[at]) for at, one in enumerate(people)]
    assert type_page(village, clerk, *lines)["rows"] == 3
    reviewer, typed = village.actor("reviewer"), visits(village)
    done = accept(village, reviewer, *typed)
    assert (done["settled"], list(done["refused"].values())) == (2, ["not_plain"])
    long = next(UUID(one) for one in done["refused"])
    assert review(village, reviewer, long)["state"] == "under_review"
    with pytest.raises(ReviewedByYou):
        review(village, reviewer, long)
    with pytest.raises(OwnVisit):
        review(village, replace(clerk, grants=(Grant("reviewer", clerk.area_path),)), long)
    assert review(village, village.actor("reviewer"), long)["state"] == "settled"


def test_the_same_row_typed_twice_is_refused_however_the_book_is_spelled(village):
    clerk, one, two = (
        village.actor("desk_staff"),
        make_known_volunteer(village),
        make_known_volunteer(village, "另一个"),
    )
    type_page(village, clerk, line(village, one, 3))
    with pytest.raises(BadInput) as refused:
        type_page(village, clerk, line(village, two, 4), line(village, two, 3), book=" 2026\u3000登记册 ")
    assert fields_of(refused.value)["rows.1.line"] == "typed_before"
    assert len(visits(village)) == 1  # nothing half done
    again = "UPDATE paper_row SET line = line"
    village.write(lambda session, now: {"rows": session.connection().execute(text(again)).rowcount})
    twice = """
        INSERT INTO paper_row (community_id, visit_id, book, page, line, typed_at, typed_by)
        SELECT v.community_id, v.id, p.book, p.page, p.line, p.typed_at, p.typed_by FROM paper_row p, visit v
    """
    with pytest.raises(DBAPIError):
        village.write(lambda session, now: {"rows": session.connection().execute(text(twice)).rowcount})


@on_sqlite
def test_a_rejected_row_can_be_typed_again(village):
    clerk, one = village.actor("desk_staff"), make_known_volunteer(village)
    type_page(village, clerk, line(village, one, 3))
    (wrong,) = visits(village)
    with pytest.raises(BadInput):
        review(village, village.actor("reviewer"), wrong, verdict="reject")
    review(village, village.actor("reviewer"), wrong, verdict="reject", note="日期抄错了")
    assert kinds_told(village, one.id) == ["visit_rejected"]
    type_page(village, clerk, line(village, one, 3))
    with village.read() as session:
        assert [row.void_at is None for row in session.scalars(select(PaperRow).order_by(col(PaperRow.typed_at)))] == [
            False,
            True,
        ]


@on_sqlite
def test_every_row_that_cannot_be_is_told_with_its_reason_and_none_is_written(village):
    me = make_resident(village, "职员")
    clerk, one = village.actor("desk_staff", person=me), make_known_volunteer(village)
    child = make_known_volunteer(village, "小朋友", datetime.date(2015, 1, 1))
    nobody = type(one)(None, "TPL-999-9", None)
    begins = village.now - timedelta(days=3)
    lines = [
        line(village, one, 1, begins=begins),
        line(village, one, 2, begins=begins + timedelta(minutes=59)),
        line(village, one, 2, begins=begins + timedelta(hours=5)),
        line(village, nobody, 4),
        line(village, me, 5),
        line(village, child, 6),
        line(village, one, 7, begins=village.now + timedelta(days=1)),
        line(village, one, 8, begins=village.now - timedelta(days=31)),
        line(village, one, 201, begins=begins + timedelta(hours=8)),
        line(village, one, 10, begins=begins + timedelta(hours=1, minutes=59)),
    ]
    with pytest.raises(BadInput) as refused:
        type_page(village, clerk, *lines)
    assert refused.value.facts["fields"] == {
        "rows.0.person": "overlap_here",
        "rows.1.person": "overlap_here",
        "rows.2.line": "twice",
        "rows.3.person": "unknown",
        "rows.4.person": "own",
        "rows.5.person": "under_age",
        "rows.6.ended_at": "future",
        "rows.7.started_at": "too_old",
        "rows.8.line": "place",
    }
    assert visits(village) == []


@on_sqlite
def test_a_bulk_of_reviews_tells_what_it_did_not_do(village, who):
    plain, own = printed(village, who), make_resident(village, "审核员")
    reviewer = village.actor("reviewer", "volunteer", person=own)
    village.pass_time(hours=1)
    mine = printed(village, reviewer, point=1)
    done = accept(village, reviewer, plain, mine, plain)
    assert (done["settled"], done["refused"]) == (1, {mine.hex: "own_visit"})
    assert accept(village, reviewer, plain)["refused"] == {plain.hex: "not_under_review"}
    for too_few_or_many in ((), tuple(UUID(int=at + 1) for at in range(51))):
        with pytest.raises(BadInput):
            accept(village, reviewer, *too_few_or_many)

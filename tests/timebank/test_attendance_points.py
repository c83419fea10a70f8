"""Points for service that was scanned: by a recorded decision, one award a visit, following the visit's corrections."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
from sqlalchemy import text

from tests.refusals import fields_of
from tests.timebank.hours import arrange
from tests.timebank.hours.arrange_activities import change_policy, plan
from tests.timebank.points import make
from tests.timebank.points.test_publicity import answer, object_to
from tests.village import Village
from timebank.attendance_points import awarding, deciding
from timebank.attendance_points.tables import AttendanceAward
from timebank.errors import BadInput, Forbidden, NotFound
from timebank.permissions import Actor
from timebank.points.awards import claiming, reading, reviewing
from timebank.points.publicity import corrections

TABLE = "类别,项目,分值,单位,申报人\n甲,清洁家园,6分,每小时,签到、本人\n甲,到场,2分,一次,\n甲,评优,9分,一次,村委会\n".encode()
CLEAN, CAME, BEST = "清洁家园", "到场", "评优"
DAY = dt.timedelta(days=1)
pytestmark = pytest.mark.parametrize("db", ["sqlite"], indirect=True)


@pytest.fixture
def items(village: Village):
    table_id = make.table_in_force(village, TABLE)
    change_policy(village, second_review_percent=0)
    village.pass_time(hours=1)
    return make.items(village, table_id)


def decide(village, item, *, kind="service_class", target="public", actor=None, **told):
    told = {"from_on": village.today, "decided_on": village.today, "reason": "村民代表会议 12 月决定"} | told
    actor = actor or village.actor("committee")
    made = village.write(
        lambda s, now: deciding.decide(s, actor=actor, now=now, kind=kind, target=target, item_id=item.id, **told)
    )
    return uuid.UUID(made["link_id"])


def run(village):
    job = Actor.system(village.community_id, "award_visits")
    return village.write(lambda s, now: awarding.award_visits(s, actor=job, now=now))


def follow(village):
    job = Actor.system(village.community_id, "follow_visits")
    return village.write(lambda s, now: awarding.follow_corrections(s, actor=job, now=now))


def serve(village, who, point, *, minutes, activity=None):
    """A stay of so many minutes in an activity, scanned at both ends."""
    arrange.come(village, who, arrange.scan(village, point), activity=activity)
    village.clock.move(dt.timedelta(minutes=minutes))
    gone = arrange.go(village, who, arrange.scan(village, point))
    return uuid.UUID(gone["visit_id"])


def became(village, visit_id) -> AttendanceAward:
    with village.read() as session:
        return awarding.award_of(session, village.community_id, visit_id)


def award(village, award_id):
    with village.read() as session:
        return reading.by_id(session, village.community_id, award_id)


def say_minutes(village, visit_id, *, minutes=None, state=None):
    """A visit that is corrected: no use case does it yet to one that is settled, so that it is said to the database."""

    def write(session, now):
        if minutes is not None:
            session.execute(
                text("UPDATE visit SET real_minutes = :m WHERE id = :id"), {"m": minutes, "id": visit_id.bytes}
            )
        if state is not None:
            session.execute(
                text("UPDATE visit SET state = :s, credited_minutes = NULL, entry_seq = NULL WHERE id = :id"),
                {"s": state, "id": visit_id.bytes},
            )
        return {}

    village.write(write)


def test_each_finished_visit_makes_one_award_beside_its_minutes(village: Village, items):
    point, who = arrange.make_point(village), arrange.make_volunteer(village)
    activity = plan(village, point, starts_in=0.01)
    village.clock.move(dt.timedelta(minutes=5))
    before = serve(village, who, point, minutes=61, activity=activity)
    assert run(village) == {"code": "visits_awarded", "awarded": 0, "looked_at": 0, "left": False}
    link = decide(village, items[CLEAN])
    assert run(village)["awarded"] == 1  # after the fact: the day of the decision counts whole
    assert run(village)["awarded"] == 0
    second = serve(village, who, point, minutes=40, activity=activity)
    assert run(village)["awarded"] == 1  # the second visit of a day is another deed
    for visit_id, minutes, steps in ((before, 61, 61), (second, 40, 40)):
        row = became(village, visit_id)
        made = award(village, row.award_id)
        assert (row.state, row.minutes, row.link_id) == ("awarded", minutes, link)
        assert (made.comes_from, made.minutes, made.credited_steps, made.life) == (
            "attendance",
            minutes,
            steps,
            "entered",
        )
        assert made.double_of is None
        with village.read() as session:
            assert awarding.visit_of(session, village.community_id, made.id).visit_id == visit_id
    assert arrange.visit_of(village, before).credited_minutes == 60  # the hours are what they were
    make.approve(village, became(village, before).award_id)
    with village.read() as session:
        (standing,) = deciding.links(session, actor=village.actor("auditor"))
        assert (standing.awarded, standing.skipped) == (2, 0)
        assert len(awarding.looked_at(session, actor=village.actor("auditor"), link_id=link)) == 2


def test_the_claim_of_a_deed_that_was_scanned_stands_beside_it(village: Village, items):
    point, who = arrange.make_point(village), arrange.make_volunteer(village)
    activity = plan(village, point, starts_in=0.01)
    decide(village, items[CLEAN], kind="activity_kind", target="activity")
    village.clock.move(dt.timedelta(minutes=5))
    visit_id = serve(village, who, point, minutes=60, activity=activity)
    run(village)
    made = village.write(
        lambda s, now: claiming.claim(
            s, actor=who, now=now, person_id=who.person_id, item_id=items[CLEAN].id, on=village.today.isoformat(),
            quantity="1", evidence="我去了",
        )
    )  # fmt: skip
    scanned, claimed = became(village, visit_id).award_id, uuid.UUID(made["award_id"])
    assert award(village, claimed).double_of == scanned
    make.review(village, scanned)
    with pytest.raises(reviewing.DoubleUnexplained):
        make.review(village, claimed)
    make.review(village, claimed, both_reason="扫了两段路,一段没有签到")


def test_the_most_particular_decision_counts_on_its_days(village: Village, items):
    point, who = arrange.make_point(village), arrange.make_volunteer(village)
    activity = plan(village, point, starts_in=0.01)
    broad = decide(village, items[CLEAN])
    narrow = decide(village, items[CAME], kind="activity", target=str(activity))
    with pytest.raises(deciding.LinkStands):
        decide(village, items[CAME])
    village.clock.move(dt.timedelta(minutes=5))
    visit_id = serve(village, who, point, minutes=30, activity=activity)
    run(village)
    assert became(village, visit_id).link_id == narrow
    assert award(village, became(village, visit_id).award_id).credited_steps == 20
    for link_id in (broad, narrow):
        stop(village, link_id, village.today + DAY)
    with pytest.raises(deciding.LinkEnded):
        stop(village, broad, village.today + 2 * DAY)
    village.pass_time(days=1)
    later = plan(village, point, starts_in=0.01)
    village.clock.move(dt.timedelta(minutes=5))
    after = serve(village, who, point, minutes=30, activity=later)
    assert run(village)["looked_at"] == 0
    assert became(village, after) is None


def stop(village, link_id, until_on, actor=None):
    actor = actor or village.actor("committee")
    village.write(lambda s, now: deciding.stop(s, actor=actor, now=now, link_id=link_id, until_on=until_on))


def test_a_decision_names_what_there_is_and_never_reaches_back(village: Village, other_village, items):
    for told, error in (
        ({"target": "gardening"}, deciding.LinkWrong),
        ({"kind": "series", "target": "9"}, deciding.LinkWrong),
        ({"kind": "activity", "target": "1; DROP"}, deciding.LinkWrong),
        ({"kind": "weather"}, deciding.LinkWrong),
        ({"actor": village.actor("reviewer")}, Forbidden),
    ):
        with pytest.raises(error):
            decide(village, items[CLEAN], **told)
    with pytest.raises(deciding.LinkWrong) as refused:
        decide(village, items[BEST])  # the table lets the committee alone report it
    assert refused.value.facts == {"field": "item_id", "reason": "reporters"}
    for dated, field in (
        ({"from_on": village.today - DAY}, "from_on"),
        ({"decided_on": village.today + DAY, "from_on": village.today + DAY}, "decided_on"),
        ({"reason": ""}, "reason"),
    ):
        with pytest.raises(BadInput) as bad:
            decide(village, items[CLEAN], **dated)
        assert list(fields_of(bad.value)) == [field]
    link = decide(village, items[CLEAN])
    with pytest.raises(BadInput):
        stop(village, link, village.today - DAY)
    with pytest.raises(NotFound):
        stop(other_village, link, village.today)


def test_what_gives_nothing_says_why_and_is_looked_at_again_when_asked(village: Village, items):
    point, who = arrange.make_point(village), arrange.make_volunteer(village)
    link = decide(village, items[CAME])
    activity = plan(village, point, starts_in=0.01)
    switch(village, items[CAME], in_use=False)
    village.clock.move(dt.timedelta(minutes=5))
    visit_id = serve(village, who, point, minutes=30, activity=activity)
    run(village)
    assert (became(village, visit_id).state, became(village, visit_id).reason) == ("skipped", "item_not_in_use")
    switch(village, items[CAME], in_use=True)
    assert run(village)["looked_at"] == 0
    again = village.actor("committee")
    assert village.write(lambda s, now: deciding.try_again(s, actor=again, now=now, link_id=link))["visits"] == 1
    assert run(village)["looked_at"] == 1


def switch(village, item, *, in_use):
    from timebank.points.table import adoption

    actor = village.actor("committee")
    village.write(
        lambda s, now: adoption.switch(
            s, actor=actor, now=now, item_id=item.id, in_use=in_use, decided_on=village.today, reason="代表会议"
        )
    )


def test_a_corrected_visit_corrects_its_award_or_asks_to_book_it_back(village: Village, items):
    point, who = arrange.make_point(village), arrange.make_volunteer(village)
    decide(village, items[CLEAN])
    activity = plan(village, point, starts_in=0.01, hours=10)
    village.clock.move(dt.timedelta(minutes=5))
    visits = [serve(village, who, point, minutes=60, activity=activity) for _ in range(3)]
    run(village)
    first, second, third = visits
    assert follow(village)["visits"] == 0
    # Unbooked: withdrawn and made anew, also when it was approved.
    entered = became(village, first).award_id
    make.approve(village, entered)
    say_minutes(village, first, minutes=30)
    assert follow(village)["visits"] == 1
    assert follow(village)["visits"] == 0
    assert award(village, entered).life == "withdrawn"
    assert award(village, became(village, first).award_id).credited_steps == 30
    # Rejected since: withdrawn, and nothing comes in its place.
    say_minutes(village, second, state="rejected")
    follow(village)
    assert became(village, second).state == "taken_back"
    assert award(village, became(village, second).award_id).life == "withdrawn"
    # Hanging out it waits; booked, two people book it back, and then it is made anew.
    hanging = became(village, third).award_id
    make.approve(village, hanging)
    make.publish(village)
    say_minutes(village, third, minutes=20)
    assert follow(village)["visits"] == 0
    village.pass_time(days=12)
    make.book_due(village)
    assert award(village, hanging).life == "booked"
    objected = object_to(village, award(village, hanging).batch_number, 1, village.make_person())
    assert follow(village)["visits"] == 0  # the objection is answered first, and nobody else's visit waits for that
    answer(village, objected, upheld=False)
    follow(village)
    assert became(village, third).state == "correction"
    assert follow(village)["visits"] == 0
    officer = village.actor("committee")
    village.write(lambda s, now: corrections.confirm_correction(s, actor=officer, now=now, award_id=hanging))
    assert award(village, hanging).life == "reversed"
    follow(village)
    assert became(village, third).state == "awarded"
    assert award(village, became(village, third).award_id).credited_steps == 20

"""Reviewers beside each other: what is counted of each, and that a list of many awards costs what a page costs."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from tests.statements import heard
from tests.timebank.hours.arrange_activities import change_policy
from tests.timebank.points import make
from tests.timebank.points.test_reviews import LEAD, SWEEP, TABLE
from tests.village import Village
from timebank.errors import Forbidden
from timebank.points.awards import reading, reviewing, statistics
from timebank.points.awards.reading import Filters

pytestmark = pytest.mark.parametrize("db", ["sqlite"], indirect=True)


def compared(village, actor=None):
    with village.read() as session:
        found = statistics.reviewers(session, actor=actor or village.actor("supervision_committee"))
    return {one.number: one for one in found}


def test_reviewers_are_compared_on_the_same_items_and_told_when_they_were_overturned(village: Village):
    make.table_in_force(village, TABLE)
    change_policy(village, second_review_percent=0)
    mild, strict = village.actor("reviewer", person=village.make_person("孙志明")), village.actor("reviewer")
    swept = [make.enter(village, village.make_person(), SWEEP) for _ in range(12)]
    make.review(village, *swept[:6], actor=mild)
    make.review(village, *swept[6:9], actor=strict)
    make.review(village, *swept[9:], actor=strict, approved=False, remark="没有照片")
    led = [make.enter(village, village.make_person(), LEAD) for _ in range(2)]
    make.review(village, led[0], actor=mild, remark="好", chosen_steps={led[0]: 30})
    make.review(village, led[1], actor=strict, remark="一般", chosen_steps={led[1]: 15})
    # Taken back: it does not count. Overturned by the second reviewer and the committee: it does.
    slip = make.enter(village, village.make_person(), SWEEP)
    make.review(village, slip, actor=mild)
    village.write(lambda s, now: reviewing.undo(s, actor=mild, now=now, award_id=slip))
    change_policy(village, second_review_percent=100)
    make.review(village, slip, actor=mild)
    make.review(village, slip, approved=False, remark="不是同一天")
    chair = village.actor("committee")
    village.write(
        lambda s, now: reviewing.decide(s, actor=chair, now=now, award_id=slip, approved=False, remark="不是同一天")
    )
    found = compared(village)
    assert set(found) == {mild.number, strict.number}
    one, other = found[mild.number], found[strict.number]
    assert (one.person.name, one.approved, one.rejected, one.by_second) == ("孙志明", 8, 0, 1)
    assert (other.person, other.approved, other.rejected, other.by_second) == (None, 4, 3, 0)
    assert (one.range_share, other.range_share) == (1000, 250)
    # Of seven on what both reviewed he approved all, where the colleague approves half; and the other way round.
    assert one.approval_gap > 400
    assert other.approval_gap < 0
    assert one.value_gap > 0
    assert other.value_gap < 0
    with pytest.raises(Forbidden):
        compared(village, village.actor("committee"))


def test_a_page_of_twenty_thousand_awards_is_found_by_indexes(village: Village):
    make.table_in_force(village, TABLE)
    person = village.make_person()
    first = make.enter(village, person, SWEEP)
    many = """
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
        INSERT INTO award (community_id, id, household_id, item_id, table_id, on_day, times, uncapped_steps, credited_steps,
          evidence, state, entered_at, entered_by, source, review_remark, taken_steps, closed_reason, reviewed_by, batch_number,
          booked_at, stage, claimant_id)
        SELECT community_id, randomblob(16), household_id, item_id, table_id, on_day, 1, 50, 50, '', CASE i % 20 WHEN 0 THEN
          'entered' ELSE 'booked' END, entered_at, 'x', '', '', 0, '', 'y', 1, 1, CASE i % 100 WHEN 0 THEN 'second' END,
          CASE i % 500 WHEN 1 THEN :claimant END
        FROM award, n WHERE award.id = :first
    """

    def fill(session, now):
        session.execute(text(many), {"first": first.bytes, "claimant": person.id.bytes})
        session.execute(text("ANALYZE"))
        return {}

    village.write(fill)
    committee, mine = village.actor("committee"), village.actor(person=person)
    for told, asks, index in (
        ({"life": "entered"}, committee, "ix_award_state"),
        ({"life": "second"}, committee, "ix_award_stage"),
        ({"claimant_id": person.id}, mine, "ix_award_claimant"),
        ({}, committee, "sqlite_autoindex_award_1"),
    ):
        with village.read() as session:
            driver = session.connection().connection.dbapi_connection
            with heard(driver) as asked:
                rows = reading.awards_of(session, actor=asks, filters=Filters(**told))
            plan = str(driver.execute(f"EXPLAIN QUERY PLAN {asked[0][0]}").fetchall())
        assert len(rows) == (40 if "claimant_id" in told else 50)
        assert index in plan, plan
        assert "TEMP B-TREE" not in plan, plan
        assert len(asked) <= 6

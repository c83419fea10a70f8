"""Whoever changes what is kept twice of publicity is found: tallies, lines, awards and the noted digest."""

import pytest
from sqlalchemy import text

from tests.timebank.points import make
from timebank import checks
from timebank.permissions import Actor

ITEM = "参加公益理发"


@pytest.mark.parametrize("db", ["sqlite"], indirect=True)
def test_each_figure_of_a_batch_that_somebody_changed_is_found(village):
    make.table_in_force(village)
    make.published(village, *[(village.make_person(), ITEM) for _ in range(3)])
    village.pass_time(days=12)
    make.book_due(village)
    auditor = Actor.console(village.community_id, "test")

    def found():
        with village.read() as session:
            return {one.code for one in checks.find(session, actor=auditor)}

    assert found() == set()
    for change, back, codes in (
        ("UPDATE publicity_tally SET lines = lines + 1 WHERE state = 'booked'",
         "UPDATE publicity_tally SET lines = lines - 1 WHERE state = 'booked'", {"tally_lines"}),
        ("UPDATE publicity_tally SET steps = steps - 5 WHERE state = 'booked'",
         "UPDATE publicity_tally SET steps = steps + 5 WHERE state = 'booked'", {"tally_steps"}),
        ("UPDATE publicity_batch SET lines = 4", "UPDATE publicity_batch SET lines = 3", {"batch_lines"}),
        ("UPDATE publicity_batch SET total_steps = total_steps + 1",
         "UPDATE publicity_batch SET total_steps = total_steps - 1", {"batch_steps"}),
        ("UPDATE publicity_line SET state = 'withdrawn' WHERE number = 2",
         "UPDATE publicity_line SET state = 'booked' WHERE number = 2", {"tally_lines", "tally_steps", "line_state"}),
        ("UPDATE publicity_batch SET digest = 'ab' || substr(digest, 3), month = digest",
         "UPDATE publicity_batch SET digest = month", {"batch_note"}),
    ):  # fmt: skip
        village.write(lambda session, now, change=change: session.execute(text(change)) and {})
        assert found() == codes, change
        village.write(lambda session, now, back=back: session.execute(text(back)) and {})
        assert found() == set(), back

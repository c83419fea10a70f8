"""Every row of the benchmarks at tiny sizes: both sides do the same work, or the row refuses. No times are judged here."""

import pytest

from bench import proving, verifying
from bench.__main__ import FAMILIES, measured
from bench.ground import Ground, changes, transfers
from bench.measure import TINY
from bench.rows import NotMeasured, Row, table

PEERS = {"hordak", "python-accounting", "beancount", "proof"}


@pytest.fixture
def ground(postgres_server):
    ground = Ground(TINY, server=postgres_server, with_peers=False)
    yield ground
    ground.close()


@pytest.mark.postgres
@pytest.mark.parametrize("name", sorted(set(FAMILIES) - PEERS))
def test_a_row_does_the_same_work_on_both_sides(ground, name):
    rows = measured(ground, [name])
    assert rows
    assert all(isinstance(row, Row) and row.ratio > 0 for row in rows)


@pytest.mark.postgres
def test_a_peer_that_is_not_there_is_named_in_the_table(ground):
    rows = measured(ground, sorted(PEERS))
    assert [row.what for row in rows if isinstance(row, NotMeasured)] == sorted(PEERS)
    assert "- hordak: not measured, environments of peers are not wanted" in table(rows)


def test_the_log_that_is_measured_holds_and_its_proofs_lead_to_its_root():
    ground = Ground(TINY, with_peers=False)
    try:
        assert {"signature", "tiles", "root", "rules", "tables"} <= set(verifying.passed(ground))
        assert proving.holds(ground, [0, 1, 255, 256, TINY.log])
    finally:
        ground.close()


def test_members_give_and_receive_as_much_over_time():
    assert max(map(abs, changes(transfers(0, 7_000, 500), 500))) <= 5 * 15


def row(ours, theirs, **more):
    return Row(what="this", against="that", unit="posts/s", ours=ours, theirs=theirs, **more)


def test_the_ratio_is_that_of_the_medians_and_the_spread_that_of_single_rounds():
    measured = row([10, 20, 90], [10, 40, 30])
    assert (measured.ratio, measured.spread) == (20 / 30, (0.5, 3.0))


@pytest.mark.parametrize(
    "ratio, aim, at_most, missed",
    [(0.4, 0.5, False, 0.2), (0.5, 0.5, False, 0), (0.6, 0.5, False, 0), (1.8, 1.5, True, 0.2), (1.4, 1.5, True, 0)],
)
def test_a_missed_aim_is_told_with_how_far(ratio, aim, at_most, missed):
    measured = row([ratio], [1], aim=aim, at_most=at_most)
    assert measured.missed_by == pytest.approx(missed)
    side = "above" if at_most else "below"
    assert (f"{100 * missed:.0f} % {side} its aim" in table([measured])) == bool(missed)


def test_without_an_aim_nothing_is_missed():
    assert not row([1], [1_000]).missed_by

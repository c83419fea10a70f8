"""Jobs: harmless when run twice, silent when nothing is due, led by one process."""

from __future__ import annotations

import datetime as dt
import threading

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from api import jobs
from api.clock import Clock
from api.keys import SigningKeys
from ledger import log, tables
from tests.ledger.books import attack, credit, fill, make_volunteer
from tests.village import SECRET
from timebank.storage import Request, Storage


@pytest.fixture
def here(village, tmp_path):
    keys = SigningKeys(tmp_path / "keys")
    keys.folder.mkdir()
    (keys.folder / f"{village.code}.seed").write_bytes(village.seed.private_bytes_raw())
    return jobs.Installation(village.storage, keys)


def test_idle_communities_are_not_written_to(village, here):
    _run_all(here)
    before = _count(village, Request)
    village.pass_time(hours=2)
    _run_all(here)
    assert _count(village, Request) == before


def test_the_log_is_signed_when_it_grew_and_only_then(village, here):
    _run(here, "sign_checkpoints")
    assert _count(village, tables.checkpoint) == 1
    _run(here, "sign_checkpoints")
    assert _count(village, tables.checkpoint) == 1
    credit(village, make_volunteer(village))
    _run(here, "sign_checkpoints")
    with village.read() as session:
        assert log.newest(session, village.community_id).size == log.end(session, village.community_id).size
        assert _count(village, tables.checkpoint) == 2


def test_a_community_without_its_seed_does_not_stop_the_others(village, other_village, here):
    (here.keys.folder / f"{village.code}.seed").rename(here.keys.folder / f"{other_village.code}.seed")
    (here.keys.folder / f"{other_village.code}.seed").write_bytes(other_village.seed.private_bytes_raw())
    _run(here, "sign_checkpoints")
    with village.read() as session:
        assert log.newest(session, village.community_id) is None
        assert log.newest(session, other_village.community_id) is not None


def test_old_requests_are_pruned_and_young_ones_kept(village, here):
    credit(village, make_volunteer(village))
    village.pass_time(days=32)
    credit(village, make_volunteer(village))
    _run(here, "prune_requests")
    with village.read() as session:
        oldest = min(session.scalars(select(col(Request.recorded_at))))
    assert village.now - oldest < dt.timedelta(days=1)


def test_the_nightly_comparison_tells_of_an_edited_balance(village, here, capsys):
    first, _ = fill(village, posts=3)
    _run(here, "compare")
    assert "differences=0" in capsys.readouterr().out
    attack(village, ("UPDATE ledger_account SET balance = balance + 1 WHERE number = ?", (first,)))
    _run(here, "compare")
    told = capsys.readouterr().out
    assert "projection differs" in told
    assert str(first) in told


@pytest.mark.parametrize("db", ["sqlite"], indirect=True)
def test_advancing_a_demo_stops_wherever_a_job_comes_due(village, db, tmp_path, here):
    clock = Clock(tmp_path / "offset")
    storage = Storage(db.owner_url, clock=clock.now, secret=SECRET, exclusive=False)
    moved = jobs.Installation(storage, here.keys)
    try:
        start = clock.now()
        run = jobs.run_due(moved, clock, until=start + dt.timedelta(hours=30))
        assert clock.now() >= start + dt.timedelta(hours=30)
        hourly = sum(1 for job in jobs.JOBS if job.every <= jobs.HOUR)
        assert run in range(hourly * 29, hourly * 31 + 5)
        with storage.read() as session:
            # Opened by the village's clock, signed within the skipped time.
            assert log.newest(session, village.community_id) is not None
    finally:
        storage.close()


def test_a_period_has_one_start(village):
    job = jobs.Job("compare", jobs.DAY, jobs.compare, after=dt.timedelta(hours=18, minutes=10))
    early, late = dt.datetime(2026, 11, 20, 18, 10, tzinfo=dt.UTC), dt.datetime(2026, 11, 21, 18, 9, tzinfo=dt.UTC)
    assert job.period_start(early) == job.period_start(late) == early
    due = list(job.due_between(early, early + dt.timedelta(days=3), at_least=jobs.HOUR))
    assert due == [early + dt.timedelta(days=day) for day in (1, 2, 3)]


@pytest.mark.parametrize("db", ["postgresql"], indirect=True)
@pytest.mark.postgres
def test_one_process_leads_and_the_next_follows_when_it_is_gone(db):
    stopped = threading.Event()
    url = db.storage.url.render_as_string(hide_password=False)
    leader = jobs.lead(url, stopped=stopped)
    assert leader is not None
    assert jobs.still_leads(leader)
    impatient = threading.Event()
    impatient.set()
    assert jobs.lead(url, stopped=impatient) is None
    leader.close()
    leader.engine.dispose()
    follower = jobs.lead(url, stopped=stopped)
    assert follower is not None
    follower.close()
    follower.engine.dispose()


def _run(here, name):
    jobs.run(next(job for job in jobs.JOBS if job.name == name), here)


def _run_all(here):
    for job in jobs.JOBS:
        jobs.run(job, here)


def _count(village, table):
    with village.read() as session:
        return session.scalar(select(func.count()).select_from(table))

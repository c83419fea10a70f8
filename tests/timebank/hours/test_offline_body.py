"""What a device sends, read without a database: bytes, borders of time, and a vector that clients can be tried with."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.entries import canonical
from ledger.errors import BadEntry
from timebank.columns import from_ms
from timebank.hours.attendance import devices
from timebank.hours.attendance.offline import body

NOW = dt.datetime(2026, 11, 20, 1, 0, tzinfo=dt.UTC)
MS = dt.timedelta(milliseconds=1)
DEVICE = UUID("019a9f4e-1c00-7000-8000-00000000abcd")

# The vector of docs/offline.md.
PUBLIC_KEY = bytes.fromhex(
    "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
    "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"
)
SENT = (
    b'{"counter":1,"device":"019a9f4e-1c00-7000-8000-00000000abcd","scans":[{"code":"TPL-12-3","direction":"in",'
    b'"key":"019a9f4e-1c01-7000-8000-000000000001","scanned_at":1763600000000}],"sent_at":1763603600000}'
)

SIGNATURE = bytes.fromhex(
    "f103947421762e070134abb6a1144e11a508ef329a25f4a4f0fb380cac83601b"
    "0d30d4ba44c2d95c24100e5fd5e91382f1e926e26273e24fe9b6d50def07d3ac"
)


@pytest.mark.parametrize("hours", [0, 1, 72])
def test_the_last_instant_back_is_accepted_and_the_one_before_it_is_not(hours: int) -> None:
    """Policy: offline_back_hours."""
    edge = NOW - dt.timedelta(hours=hours)
    assert not body.is_too_old(edge, received_at=NOW, back_hours=hours)
    assert body.is_too_old(edge - MS, received_at=NOW, back_hours=hours)


@pytest.mark.parametrize("minutes", [0, 5])
def test_the_last_instant_ahead_is_accepted_and_the_one_after_it_is_not(minutes: int) -> None:
    """Policy: offline_ahead_minutes."""
    edge = NOW + dt.timedelta(minutes=minutes)
    assert not body.is_ahead(edge, received_at=NOW, ahead_minutes=minutes)
    assert body.is_ahead(edge + MS, received_at=NOW, ahead_minutes=minutes)


@given(
    st.integers(-(10**11), 10**11),
    st.integers(0, 72 * 3_600_000),
)
def test_a_clock_that_is_wrong_by_any_amount_is_put_right(wrong_ms: int, ago_ms: int) -> None:
    wrong = wrong_ms * MS
    scanned_at = NOW - ago_ms * MS
    assert body.corrected(scanned_at + wrong, sent_at=NOW + wrong, received_at=NOW) == scanned_at


def test_times_beyond_the_calendar_stay_within_it() -> None:
    latest, earliest = from_ms(body.LATEST_MS), from_ms(0)
    assert body.corrected(latest, sent_at=earliest, received_at=NOW) == latest
    assert body.corrected(earliest, sent_at=latest, received_at=NOW) == earliest


@given(st.binary(max_size=300))
def test_bytes_that_are_no_batch_are_refused_and_never_a_fault(sent: bytes) -> None:
    with pytest.raises((body.BadBatch, body.BatchTooLarge)):
        body.read(sent)


@given(st.recursive(st.none() | st.integers() | st.text(max_size=9), lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=9), inner), max_leaves=9))  # fmt: skip
def test_a_scan_of_any_shape_is_bad_by_itself(said: object) -> None:
    sent = SENT.decode()
    try:
        written = canonical(said).decode()
    except (ValueError, BadEntry):
        return
    read = body.read((sent.replace('"scans":[', f'"scans":[{written},')).encode())
    assert isinstance(read.scans[0], body.BadScan)
    assert isinstance(read.scans[1], body.SaidScan)


def test_the_vector_of_the_format_reads_and_is_signed_as_it_says() -> None:
    read = body.read(SENT)
    (scan,) = read.scans
    assert isinstance(scan, body.SaidScan)
    assert (read.device, read.counter, scan.code, scan.direction) == (DEVICE, 1, "TPL-12-3", "in")
    assert body.corrected(scan.scanned_at, sent_at=read.sent_at, received_at=NOW) == NOW - dt.timedelta(hours=1)
    assert devices.is_signed(PUBLIC_KEY, SIGNATURE, SENT)
    assert not devices.is_signed(PUBLIC_KEY, SIGNATURE, SENT.replace(b'"in"', b'"out"'))

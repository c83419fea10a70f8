"""Quotas of issue that change more than once in a year, and what a verifier of the books says to that."""

import datetime as dt
import io

import pytest

from ledger.verify import verify
from tests.ledger.books import bundle_of
from tests.timebank.test_policy_changes import _confirm, _draft, _left, _pass_until, _set_quotas
from tests.village import Village
from timebank import accounts
from timebank.errors import RefusedByLedger

SQLITE = pytest.mark.parametrize("db", ["sqlite"], indirect=True)


@SQLITE
def test_what_was_issued_beyond_a_lower_quota_is_not_given_again_by_a_higher_one(village: Village):
    """Of 1,000 minutes 900 were issued; lowered to 500 and raised to 1,000 again, 100 are left, and the books verify."""
    drafter, second = village.actor("committee"), village.actor("committee")

    def change(quota: int) -> None:
        _confirm(village, second, _draft(village, drafter, {"quota_opening_minutes": quota}, in_force=1))
        village.pass_time(days=1)
        _set_quotas(village)

    change(1000)
    village.make_person(minutes=900)
    change(500)
    assert _left(village, accounts.OPENING_MIN) == 0
    with pytest.raises(RefusedByLedger, match="quota"):
        village.make_person(minutes=1)
    change(1000)
    assert _left(village, accounts.OPENING_MIN) == 100
    village.make_person(minutes=60)
    change(1100)
    assert _left(village, accounts.OPENING_MIN) == 140
    _pass_until(village, dt.datetime(2026, 12, 31, 16, 0, tzinfo=dt.UTC))  # the new year begins in the village
    _set_quotas(village)
    village.make_person(minutes=200)
    change(1000)
    assert _left(village, accounts.OPENING_MIN) == 800
    assert verify(io.BytesIO(bundle_of(village))).ok

"""Every number that a community may set, with its default and where it comes from; kept in versions that the ledger notes.

"(own)" marks our proposal. A version is in force from a day on; what happened on a day is judged by the version of that day.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from hashlib import sha256
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, Text, UniqueConstraint, bindparam, select, type_coerce
from sqlmodel import Field, Session, SQLModel, col

from ledger import book_of
from ledger.entries import canonical, digest_of
from timebank.columns import Day, Instant, Json, Number
from timebank.errors import NotFound, Refused
from timebank.storage.prepared import Prepared
from timebank.storage.sessions import shared

ISSUE_MIN, OPENING_MIN, ISSUE_PT, OPENING_PT = 1, 2, 11, 12  # as in accounts.py, which lies above
_KNOWN = "policies"  # what a session has read, in what it shares


@dataclass(frozen=True)
class Policy:
    """The rules of one community on one day. Minutes are whole minutes, steps are tenths of a point."""

    # Counting service time
    rounding_minutes: int = 15  # credited time is floored to this (own; Engelsystem #208, #710)
    visit_cap_minutes: int = 180  # (own)
    day_cap_minutes: int = 480  # (own)
    day_cap_from_age: int = 70  # from this age the day's cap is lower (own)
    day_cap_aged_minutes: int = 240  # (own)
    month_cap_minutes: int = 2400  # (own; Engelsystem #746)
    ceiling_minutes: int = 90_000  # 1,500 hours; what is above goes to the pool (Nanjing)
    late_close_minutes: int = (
        120  # a forgotten check-out closes this long after check-in, if nothing was planned (Ubersystem, EMF)
    )
    review_two_from_minutes: int = 240  # a clerk's entry from paper above this needs two reviewers (own)
    late_entry_days: int = 30  # how long afterwards a late entry is taken (own)

    # Scanning
    code_step_seconds: int = 30
    code_window_steps: int = 1
    ticket_seconds: int = 600  # (own)
    presence_hours: int = 12  # a claim of presence ends by itself after this (own)
    station_again_minutes: int = 5  # staff scan a card again so soon: nothing changes, since when is told (own)
    offline_back_hours: int = 72  # how old an offline scan may be when it comes (pretix check-in)
    offline_ahead_minutes: int = 5  # how far ahead its corrected time may lie (pretix check-in)
    offline_batches_a_day: int = 300  # batches of a device that are taken on a day: one every five minutes (own)

    # Who may deposit and redeem
    depositor_min_age: int = 18  # Beijing, Shanghai
    depositor_min_age_guardian: int = 14  # with a guardian's consent (own split)
    depositor_age_may_be_unknown: int = 1  # 1: who has no birthday in the register counts as of age; 0: refused (own)
    redeemer_min_age: int = 65  # Shanghai 2026
    redeemer_min_age_hardship: int = 60  # Beijing, Nanjing
    gift_month_cap_minutes: int = 1200  # (own)
    gift_ends_months: int = 24  # (own)
    grant_month_minutes: int = 300  # (own)
    grant_ends_days: int = 30  # after its month (own)

    # Teams
    team_donation_undo_hours: int = 24  # how long a team's donation can be taken back (own)

    # Orders
    order_early_minutes: int = 60  # how long before its time an order may be begun (own)
    order_over_percent: int = 25  # at most this much more than was held, with consent (own)
    order_confirm_silence_days: int = 3
    order_unclaimed_hours: int = 24  # then the grid worker is told
    order_guarantee_days: int = 7  # then it is escalated (Nanjing)
    order_undo_minutes: int = 30  # how long a wrong tap can be taken back (own)
    tear_off_tries: int = 5
    no_show_days: int = 90
    no_show_most: int = 3
    no_show_block_days: int = 30
    helpers_most: int = 3

    # Activities and duty rosters
    absent_after_minutes: int = 120  # so long after an activity's end a job writes down who did not come (own)
    promotion_notice_minutes: int = (
        720  # who comes up from the waiting list later than this before it is not blamed (own)
    )
    duty_days_a_week: int = 3  # on so many days a week somebody is on duty at a service point
    duty_weeks_ahead: int = 4  # for so many weeks ahead volunteers can put themselves down for duty (own)

    # Points
    table_deliberation_days: int = 3  # a draft hangs out for comments at least so long (own)
    table_quorum_percent: int = 66  # of a body with a roll more than so many in a hundred must be present (two thirds)
    table_assembly_quorum_percent: int = 50  # of the assembly, more than half
    table_publicity_days: int = 7
    table_versions_a_year: int = 2
    publicity_days: int = 5  # working days
    objection_answer_days: int = 5  # working days
    appeal_days: int = 7
    appeal_decision_days: int = 10  # working days for the supervision committee's word (own)
    objections_open_most: int = 5  # of one resident that wait for an answer or a decision (own)
    late_objection_days: int = 90  # after a line was booked (own)
    reversal_two_from_steps: int = 1000  # booking back from here on takes two officers (own)
    batch_due_day: int = 10  # of the month: those who publish are reminded if the month before has no batch (own)
    second_review_percent: int = 5
    review_undo_minutes: int = 30  # how long a verdict on an award can be taken back (own)
    deduction_two_from_steps: int = 50  # a deduction of more points than this takes two reviewers (own)
    hearing_notice_days: int = 3  # so many days before it a household is invited to be heard (own)
    claims_open_a_day: int = 5  # claims of one resident and day that may wait at once (own)
    claims_helped_a_day: int = 10  # claims of a day that one helper made for those she helps and that may wait (own)
    carry_percent: int = 100
    year_redeem_days: int = 31  # of the new year: so long all points are redeemed, then what is not carried lapses
    year_notice_days: int = 30
    year_undo_days: int = 60
    household_undo_hours: int = 72  # how long a split or merge can be taken back, while nothing was spent (own)
    household_consent_days: int = 30  # how long the other side may take to agree to a split or merge (own)
    honour_objection_days: int = 7

    # Points shop
    shop_hold_hours: int = 48  # at least so long (own)
    shop_opening_days: int = 2  # fetched by the end of the merchant's second opening day (own)
    shop_return_days: int = 30  # so long after the hand-over faulty goods are taken back (own)
    shop_count_two_from_steps: int = 500  # a stock-taking that differs by so much takes a second person (own)

    # Quotas of issue, a year
    quota_min_minutes: int = 6_000_000  # 100,000 hours (own)
    quota_pt_steps: int = 10_000_000  # 1,000,000 points (own)
    quota_opening_minutes: int = 6_000_000
    quota_opening_steps: int = 10_000_000

    # Proofs
    public_bundle: int = 1  # 1: anybody may download the evidence bundle without details; 0: auditors only (own)

    # Privacy
    photo_days: int = 90  # then the picture of a photographed deed goes, its digest stays
    erasure_notice_days: int = 7  # between the second officer's word and the erasing; can be cancelled until then (own)

    # Notices
    notice_days: int = 180  # how long a notice stays in its reader's list (own)

    # Jobs
    sign_every_seconds: int = 60

    def digest(self) -> str:
        """SHA-256 of the canonical JSON of all numbers, as the ledger's note holds it."""
        return sha256(canonical(asdict(self))).hexdigest()


DEFAULT = Policy()

# Numbers as published; where a city is silent, the default holds.
PROFILES: dict[str, Policy] = {
    "default": DEFAULT,
    "nanjing-2019": replace(DEFAULT, redeemer_min_age=60, redeemer_min_age_hardship=60, ceiling_minutes=1_500 * 60),
    "beijing-2022": replace(DEFAULT, depositor_min_age=18, redeemer_min_age=60, redeemer_min_age_hardship=60),
    "shanghai-2026": replace(DEFAULT, depositor_min_age=18, redeemer_min_age=65, redeemer_min_age_hardship=60),
}


class PolicyVersion(SQLModel, table=True):
    """The policy of a community from a day on; `note_seq` is the ledger's note of its digest."""

    __tablename__: ClassVar[str] = "policy_version"
    __table_args__ = (
        CheckConstraint("version >= 1", name="ck_policy_version_version"),
        UniqueConstraint("community_id", "in_force_on", name="uq_policy_version_day"),
    )

    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    version: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    in_force_on: datetime.date = Field(sa_type=Day)
    profile: str
    numbers: dict[str, int] = Field(sa_type=Json)
    note_seq: int = Field(sa_type=Number)
    recorded_at: datetime.datetime = Field(sa_type=Instant)


# Made once, and the numbers as text: every use case asks it.
_VERSIONS = Prepared(
    select(col(PolicyVersion.in_force_on), type_coerce(col(PolicyVersion.numbers), Text))
    .where(col(PolicyVersion.community_id) == bindparam("community_id"))
    .order_by(col(PolicyVersion.version))
)


class UnknownProfile(Refused):
    code = "unknown_profile"
    status = 422


class PolicyNumber(Refused):
    """A number that a policy does not have, or that cannot be."""

    code = "policy_number"
    status = 422


def open_with(
    session: Session, community_id: int, *, profile: str, on: datetime.date, approvers: Sequence[int]
) -> None:
    """Give a new community its first policy, and its issuing accounts their quotas; two officers answer for them.

    Raises:
        UnknownProfile: facts `profile` and `known`.
    """
    if profile not in PROFILES:
        raise UnknownProfile(profile=profile, known=sorted(PROFILES))
    numbers = PROFILES[profile]
    _record(session, community_id, 1, numbers, profile=profile, on=on)
    set_quotas(session, community_id, numbers, approvers=approvers)


def change(session: Session, community_id: int, *, numbers: dict[str, int], on: datetime.date) -> int:
    """Put a changed policy in force from `on`, not before the newest version's day; returns its version.

    Raises:
        PolicyNumber: facts `name`, of a number that there is not or that is negative.
    """
    latest = _latest(session, community_id)
    known = asdict(DEFAULT)
    for name, value in numbers.items():
        if name not in known or type(value) is not int or value < 0:
            raise PolicyNumber(name=name)
    if on <= latest.in_force_on:
        raise PolicyNumber(name="in_force_on", after=latest.in_force_on.isoformat())
    changed = replace(Policy(**latest.numbers), **numbers)
    _record(session, community_id, latest.version + 1, changed, profile=latest.profile, on=on)
    return latest.version + 1


def newest(session: Session, community_id: int) -> PolicyVersion:
    """The newest version, in force or still to come; NotFound if the community has none."""
    return _latest(session, community_id)


def set_quotas(session: Session, community_id: int, numbers: Policy, *, approvers: Sequence[int]) -> None:
    """Begin a year of issue: each issuing account's quota by note and limit."""
    book = book_of(session)
    for account, quota in (
        (ISSUE_MIN, numbers.quota_min_minutes),
        (OPENING_MIN, numbers.quota_opening_minutes),
        (ISSUE_PT, numbers.quota_pt_steps),
        (OPENING_PT, numbers.quota_opening_steps),
    ):
        note = book.note("limit", str(account), digest_of(account=account, quota=quota))
        book.limit(account, quota=quota, cites=note, approvers=approvers)


def of(session: Session, community_id: int, on: datetime.date) -> Policy:
    """The policy of a community on a day; before its first day, the first one. Read once a session: use cases ask often.

    Raises:
        NotFound: the community has none.
    """
    known: dict[int, list[tuple[datetime.date, Policy]]] = shared(session).setdefault(_KNOWN, {})
    if community_id not in known:
        versions = _VERSIONS.rows(session, community_id=community_id)
        known[community_id] = [(in_force_on, _read(written)) for in_force_on, written in versions]
    if not known[community_id]:
        del known[community_id]
        raise NotFound(what="policy", community=community_id)
    held = [numbers for in_force_on, numbers in known[community_id] if in_force_on <= on]
    return held[-1] if held else known[community_id][0][1]


@lru_cache(maxsize=256)
def _read(written: str) -> Policy:
    """A policy as it is stored; the same text is the same policy, so it is read once."""
    return Policy(**json.loads(written))


def _latest(session: Session, community_id: int) -> PolicyVersion:
    found = session.scalars(
        select(PolicyVersion)
        .where(col(PolicyVersion.community_id) == community_id)
        .order_by(col(PolicyVersion.version).desc())
        .limit(1)
    ).one_or_none()
    if found is None:
        raise NotFound(what="policy", community=community_id)
    return found


def _record(
    session: Session, community_id: int, version: int, numbers: Policy, *, profile: str, on: datetime.date
) -> None:
    book = book_of(session)
    shared(session).pop(_KNOWN, None)
    written: dict[str, Any] = asdict(numbers)
    note = book.note("policy", f"policy/{version}", numbers.digest())
    session.add(
        PolicyVersion(
            community_id=community_id,
            version=version,
            in_force_on=on,
            profile=profile,
            numbers=written,
            note_seq=note,
            recorded_at=book.at,
        )
    )
    session.flush()

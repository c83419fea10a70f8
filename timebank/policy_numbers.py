"""What each number of a policy is: its unit, between what it may be set, where it comes from, what it is about. Pure.

The words for people stand in api/messages/policy.py, by the same names; a test compares both with `Policy`, and another one
demands a test at the border of each number (tests/timebank/policy_rows.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass

GROUPS = ("counting", "scanning", "who", "gifts", "orders", "activities", "teams", "points", "shop", "quotas", "proofs")
UNITS = (
    "minutes",
    "hours",
    "days",
    "working_days",
    "weeks",
    "months",
    "seconds",
    "years",
    "times",
    "people",
    "percent",
    "steps",
    "yes_no",
)


@dataclass(frozen=True)
class Number:
    """One number. `least` and `most` are bounds that a decision cannot leave; `source` is a code, `own` for our proposal.

    `is_used` False: the matter it governs comes with a later release; it can be set, and nothing asks for it yet.
    """

    group: str
    unit: str
    least: int
    most: int
    source: str = "own"
    is_used: bool = True


NUMBERS: dict[str, Number] = {
    "rounding_minutes": Number("counting", "minutes", 1, 60),
    "visit_cap_minutes": Number("counting", "minutes", 15, 1440),
    "day_cap_minutes": Number("counting", "minutes", 15, 1440),
    "day_cap_from_age": Number("counting", "years", 18, 150),
    "day_cap_aged_minutes": Number("counting", "minutes", 0, 1440),
    "month_cap_minutes": Number("counting", "minutes", 15, 44_640),
    "ceiling_minutes": Number("counting", "minutes", 60, 6_000_000, "nanjing"),
    "late_close_minutes": Number("counting", "minutes", 15, 720, "events"),
    "review_two_from_minutes": Number("counting", "minutes", 0, 1440),
    "late_entry_days": Number("counting", "days", 0, 366),
    "code_step_seconds": Number("scanning", "seconds", 15, 300),
    "code_window_steps": Number("scanning", "times", 0, 3),
    "ticket_seconds": Number("scanning", "seconds", 60, 3600),
    "presence_hours": Number("scanning", "hours", 1, 24),
    "station_again_minutes": Number("scanning", "minutes", 0, 60),
    "offline_back_hours": Number("scanning", "hours", 0, 168, "events"),
    "offline_ahead_minutes": Number("scanning", "minutes", 0, 60, "events"),
    "offline_batches_a_day": Number("scanning", "times", 1, 5_000),
    "depositor_min_age": Number("who", "years", 14, 25, "beijing_shanghai"),
    "depositor_min_age_guardian": Number("who", "years", 6, 25),
    "depositor_age_may_be_unknown": Number("who", "yes_no", 0, 1),
    "redeemer_min_age": Number("who", "years", 18, 100, "shanghai_2026"),
    "redeemer_min_age_hardship": Number("who", "years", 18, 100, "beijing_nanjing"),
    "helpers_most": Number("who", "people", 0, 3),
    "gift_month_cap_minutes": Number("gifts", "minutes", 0, 44_640, is_used=False),
    "gift_ends_months": Number("gifts", "months", 1, 120, is_used=False),
    "grant_month_minutes": Number("gifts", "minutes", 0, 44_640, is_used=False),
    "grant_ends_days": Number("gifts", "days", 0, 366, is_used=False),
    "order_early_minutes": Number("orders", "minutes", 0, 1440),
    "order_over_percent": Number("orders", "percent", 0, 100),
    "order_confirm_silence_days": Number("orders", "days", 1, 60),
    "order_unclaimed_hours": Number("orders", "hours", 1, 720),
    "order_guarantee_days": Number("orders", "days", 1, 60, "nanjing"),
    "tear_off_tries": Number("orders", "times", 1, 20),
    "no_show_days": Number("orders", "days", 1, 366),
    "no_show_most": Number("orders", "times", 1, 100),
    "no_show_block_days": Number("orders", "days", 0, 366),
    "order_undo_minutes": Number("orders", "minutes", 0, 1440),
    "absent_after_minutes": Number("activities", "minutes", 0, 1440),
    "promotion_notice_minutes": Number("activities", "minutes", 0, 10_080),
    "duty_days_a_week": Number("activities", "days", 0, 7, "practice"),
    "duty_weeks_ahead": Number("activities", "weeks", 1, 26),
    "team_donation_undo_hours": Number("teams", "hours", 0, 720),
    "table_deliberation_days": Number("points", "days", 1, 60),
    "table_quorum_percent": Number("points", "percent", 1, 99),
    "table_assembly_quorum_percent": Number("points", "percent", 1, 99),
    "table_publicity_days": Number("points", "days", 1, 60),
    "table_versions_a_year": Number("points", "times", 1, 12),
    "publicity_days": Number("points", "working_days", 1, 30),
    "objection_answer_days": Number("points", "working_days", 1, 30),
    "appeal_days": Number("points", "days", 1, 60),
    "appeal_decision_days": Number("points", "working_days", 1, 60),
    "objections_open_most": Number("points", "times", 1, 100),
    "late_objection_days": Number("points", "days", 0, 366),
    "reversal_two_from_steps": Number("points", "steps", 0, 100_000),
    "batch_due_day": Number("points", "days", 1, 28),
    "second_review_percent": Number("points", "percent", 0, 100),
    "review_undo_minutes": Number("points", "minutes", 0, 1440),
    "deduction_two_from_steps": Number("points", "steps", 0, 100_000),
    "hearing_notice_days": Number("points", "days", 1, 30),
    "claims_open_a_day": Number("points", "times", 1, 50),
    "claims_helped_a_day": Number("points", "times", 1, 50),
    "carry_percent": Number("points", "percent", 0, 100, "practice"),
    "year_redeem_days": Number("points", "days", 0, 180, "practice"),
    "year_notice_days": Number("points", "days", 1, 120, "practice"),
    "year_undo_days": Number("points", "days", 0, 120, "practice"),
    "household_undo_hours": Number("points", "hours", 0, 720),
    "household_consent_days": Number("points", "days", 1, 120),
    "honour_objection_days": Number("points", "days", 1, 60),
    "shop_hold_hours": Number("shop", "hours", 1, 720),
    "shop_opening_days": Number("shop", "days", 1, 30),
    "shop_return_days": Number("shop", "days", 0, 366),
    "shop_count_two_from_steps": Number("shop", "steps", 1, 100_000),
    "quota_min_minutes": Number("quotas", "minutes", 0, 10**12),
    "quota_pt_steps": Number("quotas", "steps", 0, 10**12),
    "quota_opening_minutes": Number("quotas", "minutes", 0, 10**12),
    "quota_opening_steps": Number("quotas", "steps", 0, 10**12),
    "public_bundle": Number("proofs", "yes_no", 0, 1),
    "photo_days": Number("proofs", "days", 1, 3660),
    "erasure_notice_days": Number("proofs", "days", 0, 60),
    "notice_days": Number("proofs", "days", 1, 3660),
    "sign_every_seconds": Number("proofs", "seconds", 60, 60, is_used=False),
}

# Pairs of which the first may not be above the second.
ORDERED = (
    ("rounding_minutes", "visit_cap_minutes"),
    ("visit_cap_minutes", "day_cap_minutes"),
    ("day_cap_aged_minutes", "day_cap_minutes"),
    ("day_cap_minutes", "month_cap_minutes"),
    ("depositor_min_age_guardian", "depositor_min_age"),
    ("redeemer_min_age_hardship", "redeemer_min_age"),
)


def wrong_numbers(changed: Mapping[str, int], whole: Mapping[str, int]) -> dict[str, str]:
    """What is wrong with changed numbers, by name: unknown, whole_number, out_of_range, or `above:<other>`.

    `whole` are all numbers as they would be; a pair is judged at the one of its numbers that is changed.
    """
    wrong: dict[str, str] = {}
    for name, value in changed.items():
        number = NUMBERS.get(name)
        if number is None:
            wrong[name] = "unknown"
        elif type(value) is not int:
            wrong[name] = "whole_number"
        elif not number.least <= value <= number.most:
            wrong[name] = "out_of_range"
    for lower, upper in ORDERED:
        if not {lower, upper} & set(changed) or {lower, upper} & set(wrong) or whole[lower] <= whole[upper]:
            continue
        wrong[lower if lower in changed else upper] = f"above:{upper}" if lower in changed else f"below:{lower}"
    return wrong

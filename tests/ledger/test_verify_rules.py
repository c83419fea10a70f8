"""Every rule of docs/log-format.md, section 2: an honest log with one entry that breaks it is refused by that rule's name."""

import re
from pathlib import Path

import pytest

from ledger.verify import FINDINGS, UNREADABLE, verify
from tests.ledger.independent_log import DAY_MS, Log, canonical, instant, make_story, make_village, request_key, sha256

PAGE = (Path(__file__).parents[2] / "docs" / "log-format.md").read_text()
CASES: list = []


def breaks(code, **facts):
    """Register a story whose last entry breaks a rule; `facts` are some of those that the finding must name."""

    def register(story):
        CASES.append(pytest.param(story, code, facts, id=f"{code}:{story.__name__}"))
        return story

    return register


def keeps(story):
    """Register a story that goes to a rule's very edge and breaks none."""
    CASES.append(pytest.param(story, None, {}, id=f"keeps:{story.__name__}"))
    return story


# Every entry


@breaks("first_entries", seq=0)
def log_without_rule(log):
    del log.leaves[:], log.entries[:]
    log.note("month", "x", {})
    log.add("key", key=log.signer.public.hex(), **{"from": 0})


@breaks("first_entries", seq=0)
def first_rule_with_cites(log):
    del log.leaves[:], log.entries[:]
    log.add("rule", two_from_min=1, two_from_pt=1, zone="+08:00", cites=0)
    log.add("key", key=log.signer.public.hex(), **{"from": 0})


@breaks("first_entries", seq=1)
def log_without_key(log):
    del log.leaves[1:], log.entries[1:]
    log.note("month", "x", {})


@breaks("first_entries", seq=1)
def first_key_from_later(log):
    del log.leaves[1:], log.entries[1:]
    log.add("key", key=log.signer.public.hex(), **{"from": 1})


@breaks("vkey_first", seq=1)
def first_key_is_another(log):
    del log.leaves[1:], log.entries[1:]
    log.add("key", key="ab" * 32, **{"from": 0})


@breaks("clock")
def time_goes_back(log):
    log.add("note", at=log.at - 1, topic="month", subject="x", digest="0" * 64)


@keeps
def time_stands_still(log):
    log.add("note", at=log.at, topic="month", subject="x", digest="0" * 64)


@breaks("id")
def id_used_again(log):
    log.add("note", id=log.entries[5]["id"], topic="month", subject="x", digest="0" * 64)


@breaks("id")
def id_not_continued(log):
    log.add("note", id=request_key(999, log.at)[:-1] + "1", topic="month", subject="x", digest="0" * 64)


@breaks("id")
def id_skips_a_number(log):
    log.add("note", id=log.entries[-1]["id"][:-1] + "2", topic="month", subject="x", digest="0" * 64)


@breaks("id", seq=0)
def log_begins_inside_a_request(log):
    entry = log.entries[0] | {"id": log.entries[0]["id"][:-1] + "1"}
    log.leaves[0], log.entries[0] = canonical(entry).encode(), entry


@keeps
def id_continues(log):
    for n in (1, 2):
        log.add("note", id=f"{log.entries[-1]['id'][:-1]}{n}", topic="month", subject="x", digest="0" * 64)


@breaks("future_day", on="2026-08-02")
def dated_tomorrow(log):
    log.post({101: -1, 102: 1}, on="2026-08-02")


@keeps
def dated_today_by_the_zone_of_the_log(log):
    log.post({101: -1, 102: 1}, at=instant(2026, 8, 3), on="2026-08-03")


@breaks("future_day")
def dated_today_an_hour_too_early(log):
    log.post({101: -1, 102: 1}, at=instant(2026, 8, 3) - 1, on="2026-08-03")


@keeps
def dated_long_ago(log):
    log.post({101: -1, 102: 1}, on="1900-01-01")


@breaks("range", account=3)
def balance_beyond_all_numbers(log):
    log.limit(1, quota=2**53 - 1)
    log.post({1: 461 - 2**53, 3: 2**53 - 461})  # 460 were issued before
    log.post({2: -461, 3: 461})


@breaks("unknown_account", account=999)
def leg_of_no_account(log):
    log.post({101: -1, 999: 1})


@breaks("unknown_account", account=999)
def owner_of_no_account(log):
    log.open(300, "gift", owner=999)


@breaks("unknown_account", account=300)
def owner_of_itself(log):
    log.open(300, "gift", owner=300)


@breaks("unknown_account", account=999)
def limit_of_no_account(log):
    log.limit(999, floor=-1)


@breaks("unknown_account", account=999)
def close_of_no_account(log):
    log.add("close", account=999)


@breaks("unknown_account", account=999)
def erase_of_no_account(log):
    log.add("erase", accounts=[999])


@breaks("unknown_hold", hold=7)
def release_of_no_hold(log):
    log.add("release", hold=7)


@breaks("unknown_hold")
def capture_of_itself(log):
    log.capture(log.size, {101: -1, 102: 1})


@breaks("unknown_entry")
def reverse_of_itself(log):
    log.reverse(log.size)


@breaks("unknown_note", cites=3)
def post_citing_an_account(log):
    log.post({101: -1, 102: 1}, cites=3)


@breaks("unknown_note")
def limit_citing_what_is_to_come(log):
    log.add("limit", account=101, floor=-5, cites=log.size + 1, approvers=[1, 2])


# rule, key


@breaks("note_mismatch")
def rule_without_decision(log):
    log.add("rule", two_from_min=1, two_from_pt=1, zone="+08:00")


@breaks("note_mismatch")
def rule_other_than_decided(log):
    note = log.note("rule", "rule", {"two_from_min": 1, "two_from_pt": 1, "zone": "+08:00"})
    log.add("rule", two_from_min=2, two_from_pt=1, zone="+08:00", cites=note)


@breaks("note_mismatch")
def rule_citing_a_note_of_another_topic(log):
    note = log.note("limit", "rule", {"two_from_min": 1, "two_from_pt": 1, "zone": "+08:00"})
    log.add("rule", two_from_min=1, two_from_pt=1, zone="+08:00", cites=note)


@breaks("note_used")
def rule_decided_once_and_made_twice(log):
    rule = {"two_from_min": 1, "two_from_pt": 1, "zone": "+08:00"}
    note = log.note("rule", "rule", rule)
    log.add("rule", cites=note, **rule)
    log.add("rule", cites=note, **rule)


@breaks("key_from")
def key_from_the_past(log):
    log.add("key", key="ab" * 32, **{"from": log.size})


# open


@breaks("account_exists", account=101)
def open_twice(log):
    log.open(101)


@breaks("account_exists", account=102)
def open_again_after_close(log):
    log.post({102: -60, 3: 60})
    log.add("close", account=102)
    log.open(102)


@breaks("special_account")
def pool_with_owner(log):
    log.open(300, "pool", owner=101)


@breaks("special_account")
def clearing_with_end(log):
    log.open(300, "clearing", ends=instant(2027, 1, 1))


@breaks("special_account")
def lapsed_with_to(log):
    log.open(300, "lapsed", to=["member"])


@breaks("special_account")
def issue_with_ceiling(log):
    log.open(300, "issue", ceiling=5)


@keeps
def pool_with_ceiling(log):
    log.open(300, "pool", ceiling=5)


@breaks("owner", owner=201)
def lot_in_another_unit(log):
    log.open(300, "gift", owner=201)


@breaks("owner", owner=3)
def lot_of_the_pool(log):
    log.open(300, "gift", owner=3)


@breaks("owner", owner=300)
def lot_of_a_lot(log):
    log.open(300, "gift", owner=101)
    log.open(301, "gift", owner=300)


@breaks("owner", owner=103)
def lot_of_a_closed_account(log):
    log.add("close", account=103)
    log.open(300, "gift", owner=103)


@breaks("ends")
def end_inside_a_day(log):
    log.open(300, "gift", owner=101, ends=instant(2027, 1, 1) + 1)


@breaks("ends")
def end_at_midnight_elsewhere(log):
    log.open(300, "gift", owner=101, ends=instant(2027, 1, 1, 8))


@breaks("ends")
def end_now(log):
    log.open(300, "gift", owner=101, ends=instant(2026, 9, 1), at=instant(2026, 9, 1))


@breaks("lot_exists", account=301)
def two_lots_of_one_end(log):
    log.open(300, "gift", owner=101, ends=instant(2027, 1, 1))
    log.open(301, "gift", owner=101, ends=instant(2027, 1, 1))


@breaks("lot_exists", account=301)
def two_lots_without_end(log):
    log.open(300, "gift", owner=101)
    log.open(301, "gift", owner=101, to=["pool"])


@breaks("lot_exists", account=300)
def lot_of_the_class_of_its_owner(log):
    log.open(300, "member", owner=101)


@keeps
def lot_again_after_the_first_is_closed(log):
    log.open(300, "gift", owner=101)
    log.add("close", account=300)
    log.open(301, "gift", owner=101)


# legs


@breaks("closed_account", account=103)
def credit_to_a_closed_account(log):
    log.add("close", account=103)
    log.post({101: -1, 103: 1})


@breaks("closed_account", account=103)
def hold_for_a_closed_account(log):
    log.add("close", account=103)
    log.hold({101: -1, 103: 1})


@breaks("unit_mismatch", account=201)
def minutes_become_points(log):
    log.post({101: -1, 201: 1})


@breaks("issuing_credited", account=2)
def minutes_given_back(log):
    log.post({101: -1, 2: 1})


@breaks("one_hop", owner=101)
def own_lot_filled_from_own_account(log):
    log.open(300, "gift", owner=101)
    log.post({101: -1, 300: 1})


@breaks("one_hop", owner=101)
def hold_between_own_accounts(log):
    log.open(300, "gift", owner=101)
    log.hold({101: -1, 300: 1})


# post and hold


def give_lot(log, account=300, amount=50, **fields):
    """A lot of 101 that ends at the end of 2026 unless told otherwise, filled by 102."""
    log.open(account, "gift", owner=101, **({"ends": instant(2027, 1, 1)} | fields))
    log.post({1: -amount, account: amount})
    return account


@breaks("to_forbids", **{"class": "pool"})
def lot_spent_on_what_it_forbids(log):
    lot = give_lot(log, to=["member"])
    log.post({3: 1, lot: -1})


@breaks("to_forbids")
def lot_held_for_what_it_forbids(log):
    lot = give_lot(log, to=["member"])
    log.hold({3: 1, lot: -1})


@breaks("ended", account=300)
def lot_spent_after_its_end(log):
    lot = give_lot(log)
    log.post({lot: -1, 102: 1}, at=instant(2027, 1, 1))


@breaks("ended", account=300)
def lot_held_after_its_end(log):
    lot = give_lot(log)
    log.hold({lot: -1, 102: 1}, at=instant(2027, 1, 1))


@keeps
def lot_spent_the_moment_before_its_end(log):
    lot = give_lot(log)
    log.post({lot: -1, 102: 1}, at=instant(2027, 1, 1) - 1)


@keeps
def lot_lapses_after_its_end(log):
    lot = give_lot(log)
    log.post({lot: -50, 4: 50}, at=instant(2027, 1, 1))


@breaks("ended", account=300)
def lot_credited_after_its_end(log):
    lot = give_lot(log)
    log.post({lot: 1, 102: -1}, at=instant(2027, 1, 1))


@breaks("insufficient", account=102, available=60, needed=61, floor=0)
def post_of_more_than_is_there(log):
    log.post({102: -61, 103: 61})


@breaks("insufficient", account=102, available=10, needed=11)
def post_of_what_is_held(log):
    log.hold({102: -50, 103: 50})
    log.post({102: -11, 103: 11})


@breaks("insufficient", account=102)
def hold_of_more_than_is_there(log):
    log.hold({102: -61, 103: 61})


@breaks("insufficient", account=3)
def pool_below_its_floor(log):
    log.post({3: -1, 102: 1})


@keeps
def floor_reached_exactly(log):
    log.limit(102, floor=-10)
    log.post({102: -70, 103: 70})


@breaks("insufficient", floor=-10)
def floor_passed(log):
    log.limit(102, floor=-10)
    log.post({102: -71, 103: 71})


@breaks("issuing_hold", account=1)
def hold_on_the_mint(log):
    log.hold({1: -1, 102: 1})


@breaks("quota", account=1, issued=100_001, quota=100_000)
def quota_passed(log):
    log.post({1: -99_541, 101: 99_541})


@keeps
def quota_reached(log):
    log.post({1: -99_540, 101: 99_540})


@breaks("quota", quota=0)
def mint_without_quota(log):
    log.open(300, "opening", "pt")
    log.post({201: 1, 300: -1})


@breaks("quota")
def reversal_does_not_refill_the_quota(log):
    wrong = log.post({1: -99_540, 101: 99_540})
    log.reverse(wrong)
    log.post({1: -1, 101: 1})


@keeps
def new_quota_begins_anew(log):
    log.post({1: -99_540, 101: 99_540})
    log.limit(1, quota=10)
    log.post({1: -10, 101: 10})


@breaks("order", account=101, first=300)
def main_account_spent_before_an_ending_lot(log):
    give_lot(log)
    log.post({101: -1, 102: 1})


@breaks("order", account=301, first=300)
def later_lot_held_before_the_earlier(log):
    give_lot(log)
    give_lot(log, 301, ends=instant(2027, 2, 1))
    log.hold({301: -1, 102: 1})


@breaks("order", account=101, first=300)
def free_account_before_one_with_to(log):
    give_lot(log, ends=None, to=["member"])
    log.post({101: -1, 102: 1})


@breaks("order", account=101, first=300)
def lot_left_with_something(log):
    give_lot(log)
    log.post({101: -1, 102: 50, 300: -49})


@keeps
def lot_emptied_with_the_main_account(log):
    give_lot(log)
    log.post({101: -1, 102: 51, 300: -50})


@keeps
def lot_that_may_not_be_spent_here_is_passed_over(log):
    give_lot(log, to=["pool"])
    log.post({101: -1, 102: 1})


@keeps
def ended_lot_is_passed_over(log):
    give_lot(log)
    log.post({101: -1, 102: 1}, at=instant(2027, 1, 1))


@breaks("order", account=101, first=300)
def ended_lot_must_lapse_first(log):
    give_lot(log)
    log.post({101: -1, 4: 1}, at=instant(2027, 1, 1))


@keeps
def lot_that_is_all_held_is_passed_over(log):
    lot = give_lot(log)
    log.hold({lot: -50, 102: 50})
    log.post({101: -1, 102: 1})


@breaks("ceiling", account=103, balance=1001, ceiling=1000)
def ceiling_passed(log):
    log.post({1: -1001, 103: 1001})


@keeps
def ceiling_reached(log):
    log.post({1: -1000, 103: 1000})


@keeps
def ceiling_is_not_looked_at_by_a_hold(log):
    log.post({1: -1000, 103: 1000})
    log.hold({101: -1, 103: 1})


@breaks("until")
def hold_that_ends_at_once(log):
    log.hold({101: -1, 102: 1}, until=log.at, at=log.at)


# capture, release, expire


@breaks("hold_resolved")
def captured_twice(log):
    hold = log.hold({101: -10, 102: 10})
    log.capture(hold, {101: -10, 102: 10})
    log.capture(hold, {101: -10, 102: 10})


@breaks("hold_resolved")
def released_twice(log):
    hold = log.hold({101: -10, 102: 10})
    log.add("release", hold=hold)
    log.add("release", hold=hold)


@breaks("hold_resolved")
def expired_after_capture(log):
    hold = log.hold({101: -10, 102: 10}, until=log.at + 5000)
    log.capture(hold, {101: -10, 102: 10})
    log.add("expire", hold=hold, at=log.at + 9000)


@breaks("hold_resolved")
def captured_after_reversal(log):
    hold = log.hold({101: -10, 102: 10})
    log.reverse(log.capture(hold, {101: -10, 102: 10}))
    log.capture(hold, {101: -10, 102: 10})


@breaks("capture_exceeds", account=101, needed=11, held=10)
def more_taken_than_held(log):
    log.capture(log.hold({101: -10, 102: 10}), {101: -11, 102: 11})


@breaks("capture_exceeds", account=103, held=0)
def taken_where_nothing_was_held(log):
    log.post({1: -5, 103: 5})
    log.capture(log.hold({101: -10, 102: 10}), {102: 1, 103: -1})


@keeps
def capture_to_somebody_else(log):
    log.capture(log.hold({101: -10, 102: 10}), {101: -5, 103: 5})


@keeps
def capture_after_the_lot_ended(log):
    lot = give_lot(log)
    hold = log.hold({lot: -50, 102: 50})
    log.capture(hold, {lot: -50, 102: 50}, at=instant(2027, 1, 2))


@breaks("to_forbids")
def capture_to_what_the_lot_forbids(log):
    lot = give_lot(log, to=["member"])
    log.capture(log.hold({lot: -50, 102: 50}), {lot: -50, 3: 50})


@breaks("ended", account=302)
def capture_to_an_ended_account(log):
    log.open(302, "gift", owner=102, ends=instant(2027, 1, 1))
    hold = log.hold({101: -10, 302: 10})
    log.capture(hold, {101: -10, 302: 10}, at=instant(2027, 1, 1))


@breaks("ceiling", account=103)
def capture_above_a_ceiling(log):
    hold = log.hold({101: -10, 103: 10})
    log.post({1: -1000, 103: 1000})
    log.capture(hold, {101: -10, 103: 10})


@breaks("order", account=101, first=300)
def capture_out_of_order(log):
    give_lot(log)
    hold = log.hold({101: -10, 102: 60, 300: -50})
    log.capture(hold, {101: -10, 102: 59, 300: -49})


@keeps
def capture_in_order(log):
    give_lot(log)
    hold = log.hold({101: -10, 102: 60, 300: -50})
    log.capture(hold, {101: -1, 102: 51, 300: -50})


@breaks("closed_account", account=103)
def capture_for_a_closed_account(log):
    hold = log.hold({101: -10, 103: 10})
    log.add("close", account=103)
    log.capture(hold, {101: -10, 103: 10})


@breaks("not_due")
def expired_too_soon(log):
    hold = log.hold({101: -10, 102: 10}, until=log.at + 60_000)
    log.add("expire", hold=hold, at=log.at + 58_999)


@keeps
def expired_on_the_moment(log):
    until = log.at + 60_000
    log.add("expire", hold=log.hold({101: -10, 102: 10}, until=until), at=until)


@breaks("not_due")
def expired_without_a_term(log):
    log.add("expire", hold=log.hold({101: -10, 102: 10}))


@keeps
def capture_after_the_term_and_before_expiry(log):
    hold = log.hold({101: -10, 102: 10}, until=log.at + 60_000)
    log.capture(hold, {101: -10, 102: 10}, at=log.at + DAY_MS)


# reverse


@breaks("not_reversible")
def reversal_of_a_hold(log):
    log.reverse(log.hold({101: -10, 102: 10}))


@breaks("not_reversible")
def reversal_of_a_reversal(log):
    log.reverse(log.reverse(log.post({101: -10, 102: 10})))


@breaks("already_reversed")
def reversed_twice(log):
    wrong = log.post({101: -10, 102: 10})
    log.reverse(wrong)
    log.reverse(wrong)


@keeps
def reversal_takes_an_account_below_its_floor(log):
    wrong = log.post({101: -60, 102: 60})
    log.post({102: -120, 103: 120})
    log.reverse(wrong)


@breaks("closed_account", account=103)
def reversal_on_a_closed_account(log):
    wrong = log.post({101: -10, 103: 10})
    log.post({103: -10, 102: 10})
    log.add("close", account=103)
    log.reverse(wrong)


@breaks("two_approvers")
def large_reversal_by_one(log):
    log.reverse(log.post({1: -600, 101: 600}), approvers=[1])


@keeps
def small_reversal_by_one(log):
    log.reverse(log.post({1: -599, 101: 599}), approvers=[1])


@breaks("two_approvers")
def reversal_by_one_under_the_newer_rule(log):
    rule = {"two_from_min": 10, "two_from_pt": 10, "zone": "+08:00"}
    log.add("rule", cites=log.note("rule", "rule", rule), **rule)
    log.reverse(log.post({101: -10, 102: 10}), approvers=[1])


@breaks("future_day")
def reversal_dated_tomorrow(log):
    log.reverse(log.post({101: -10, 102: 10}), on="2026-08-02")


# limit


@breaks("two_approvers")
def limit_by_one(log):
    log.limit(101, floor=-10, approvers=(1,))


@breaks("note_mismatch")
def limit_other_than_decided(log):
    note = log.note("limit", "101", {"account": 101, "floor": -10})
    log.add("limit", account=101, floor=-11, cites=note, approvers=[1, 2])


@breaks("note_mismatch")
def limit_of_another_account_than_decided(log):
    note = log.note("limit", "102", {"account": 101, "floor": -10})
    log.add("limit", account=101, floor=-10, cites=note, approvers=[1, 2])


@breaks("note_used")
def limit_decided_once_and_set_twice(log):
    note = log.note("limit", "1", {"account": 1, "quota": 5})
    log.add("limit", account=1, quota=5, cites=note, approvers=[1, 2])
    log.add("limit", account=1, quota=5, cites=note, approvers=[1, 2])


@breaks("limit_fields", account=1)
def floor_for_the_mint(log):
    log.limit(1, floor=-5, quota=5)


@breaks("limit_fields", account=101)
def quota_for_a_member(log):
    log.limit(101, quota=5)


@breaks("limit_fields", account=101)
def ceiling_below_floor(log):
    log.limit(101, floor=10, ceiling=9)


@breaks("closed_account", account=103)
def limit_of_a_closed_account(log):
    log.add("close", account=103)
    log.limit(103, floor=-1)


@breaks("ceiling", account=101)
def limit_replaces_the_ceiling(log):
    log.limit(101, ceiling=400)
    log.post({1: -1, 101: 1})


@keeps
def limit_removes_the_ceiling(log):
    log.limit(103, floor=-1)
    log.post({1: -2000, 103: 2000})


# close, erase


@breaks("not_empty", account=102)
def close_with_a_balance(log):
    log.add("close", account=102)


@breaks("not_empty", account=102)
def close_with_something_held(log):
    log.hold({102: -60, 103: 60})
    log.limit(102, floor=-60)
    log.post({102: -60, 103: 60})
    log.add("close", account=102)


@breaks("has_lots", account=103, lot=300)
def close_with_a_lot_open(log):
    log.open(300, "gift", owner=103)
    log.add("close", account=103)


@breaks("closed_account", account=103)
def closed_twice(log):
    log.add("close", account=103)
    log.add("close", account=103)


@breaks("not_closed", account=103)
def erased_while_open(log):
    log.add("erase", accounts=[103])


@breaks("already_erased", account=103)
def erased_twice(log):
    log.add("close", account=103)
    log.add("erase", accounts=[103])
    log.add("erase", accounts=[103])


# The judgement itself stands last, when all stories are registered.


@pytest.mark.parametrize("story, code, facts", CASES)
def test_entry_is_judged_by_the_rules(story, code, facts):
    log = make_village()
    story(log)
    report = verify(log.bundle(tables=code is None))
    if code is None:
        assert report.ok, report.findings
        return
    (finding,) = report.findings
    assert (finding.code, finding.step) == (code, "rules")
    assert {name: finding.facts.get(name) for name in facts} == facts
    if "seq" not in facts:
        assert finding.seq == log.size - 1
    assert report.exit_code == 1
    assert finding.text("zh") != finding.text("en")


def test_every_code_of_the_page_is_named_by_some_story():
    rules = PAGE[PAGE.index("## 2.") : PAGE.index("## 3.")]
    bracketed = re.findall(r"[\[(]((?:`[a-z_]+`(?:, )?)+)[\])]", rules)
    codes = {code for group in bracketed for code in re.findall(r"`([a-z_]+)`", group)}
    assert len(codes) >= 40
    assert codes == {case.values[1] for case in CASES if case.values[1] in codes}
    assert codes <= FINDINGS.keys() - UNREADABLE


def test_story_with_every_kind_of_entry_is_well():
    log = make_story()
    kinds = {entry["kind"] for entry in log.entries}
    assert len(kinds) == 13
    assert verify(log.bundle(details=True)).ok


def test_reserved_kinds_are_refused():
    for kind in re.findall(r"`(clear_[a-z]+)`", PAGE):
        log = Log()
        log.add(kind, legs=[[1, -1], [2, 1]])
        (finding,) = verify(log.bundle(tables=False)).findings
        assert (finding.code, finding.seq) == ("leaf_reserved", 2)


def test_day_of_an_entry_far_in_the_future_is_still_compared():
    log = make_village()
    log.post({101: -1, 102: 1}, at=2**53 - 1, on="9999-12-31")
    assert verify(log.bundle(tables=False, period=(0, 1), made_at=2**53 - 1)).findings[0].step == "tables"


def test_ended_lot_that_nobody_emptied_is_pointed_out():
    log = make_village()
    give_lot(log)
    report = verify(log.bundle(made_at=instant(2027, 1, 8)))
    assert report.ok
    assert report.warnings == [{"account": 300, "balance": 50}]
    assert verify(log.bundle(made_at=instant(2027, 1, 8) - 1)).warnings == []


def test_digest_of_a_decision_is_of_its_canonical_form():
    log = make_village()
    digest = sha256(b'{"account":101,"ceiling":7,"floor":-3}').hex()
    note = log.add("note", topic="limit", subject="101", digest=digest)
    log.add("limit", account=101, floor=-3, ceiling=7, cites=note, approvers=[1, 2])
    assert verify(log.bundle()).ok

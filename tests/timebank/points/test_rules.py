"""Kinds of rules: what an event comes to by each of them, with its borders, and what went before."""

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timebank.points import rules
from timebank.points.rules import KINDS, Event, History, score
from timebank.points.rules.cells import count_of, in_digits
from timebank.points.table.tables import PointsItem

JANUARY = dt.date(2026, 1, 10)


def an_item(**changes) -> PointsItem:
    told: dict[str, Any] = {"category": "环境", "title": "扫地", "kind": "award", "value_steps": 50, "per": "once"}
    return PointsItem(**(told | changes))


def an_event(whose="张家", on=JANUARY, **changes) -> Event:
    return Event(whose, on, **({"times": 1} | changes))


def run(item, *events):
    """Score events in order; what each was credited, or the code of its reason."""
    history = History()
    told: list[int | str] = []
    for event in events:
        result = score(item, event, history)
        if result.reason:
            told.append(result.reason.code)
        else:
            told.append(result.credited_steps)
            history.add(item, event, result.credited_steps)
    return told


caps = st.none() | st.integers(1, 2_000)


@given(
    value=st.integers(1, 500),
    sign=st.sampled_from([1, -1]),
    day=caps,
    month=caps,
    year=caps,
    events=st.lists(st.tuples(st.integers(1, 20), st.integers(0, 40)), max_size=30),
)
def test_credited_steps_never_pass_a_cap_however_events_come(value, sign, day, month, year, events):  # noqa: PLR0917 - drawn
    item = an_item(value_steps=sign * value, cap_day_steps=day, cap_month_steps=month, cap_year_steps=year)
    by_day: dict[dt.date, int] = {}
    history = History()
    for times, offset in events:
        event = an_event(on=JANUARY + dt.timedelta(days=offset), times=times)
        result = score(item, event, history)
        if result.reason:
            assert result.reason.code.startswith("cap_reached_")
        assert result.uncapped_steps == sign * value * times
        assert 0 <= sign * result.credited_steps <= value * times
        assert (result.limited_by is None) == (result.credited_steps == result.uncapped_steps)
        history.add(item, event, result.credited_steps)
        by_day[event.on] = by_day.get(event.on, 0) + abs(result.credited_steps)
    assert all(steps <= (day or 10**9) for steps in by_day.values())
    for number in (1, 2):
        assert sum(v for d, v in by_day.items() if d.month == number) <= (month or 10**9)
    assert sum(by_day.values()) <= (year or 10**9)


@given(value=st.integers(1, 500), minutes=st.integers(1, 1440))
def test_points_per_hour_are_floored_to_a_tenth(value, minutes):
    result = score(an_item(value_steps=value, per="hour"), Event("张家", JANUARY, minutes=minutes), History())
    assert result.credited_steps * 60 <= value * minutes < (result.credited_steps + 1) * 60
    assert (result.reason is not None) == (value * minutes < 60)


def test_an_event_must_bring_what_the_rule_asks_for():
    hourly, attended = an_item(per="hour"), an_item(per="hour", rule={"kind": "attended"})
    assert run(hourly, an_event()) == ["minutes_needed"]
    assert run(hourly, an_event(times=None, minutes=24 * 60 + 1)) == ["minutes_needed"]
    assert run(an_item(), an_event(times=0), an_event(times=None)) == ["times_needed", "times_needed"]
    assert run(attended, an_event(times=None, minutes=90)) == ["attendance_needed"]
    assert run(attended, an_event(times=None, minutes=90, attended=True)) == [75]


@pytest.mark.parametrize("per, once", [("month", (2026, 1)), ("year", 2026)])
def test_what_is_scored_by_the_month_or_year_is_scored_once_in_it(per, once):
    day_after = JANUARY + dt.timedelta(days=1)
    next_one = dt.date(2026, 2, 1) if per == "month" else dt.date(2027, 1, 1)
    last = next_one - dt.timedelta(days=1)
    found = run(an_item(per=per), an_event(), an_event(on=day_after), an_event(on=last), an_event(on=next_one))
    assert found == [50, f"cap_reached_{per}", f"cap_reached_{per}", 50]
    assert rules.base.period_of(per, last) == once


def test_base_points_are_given_once_a_year_whatever_their_unit():
    item = an_item(kind="base", title="每户基础分", value_steps=600)
    assert run(item, an_event(), an_event(on=dt.date(2026, 12, 31)), an_event(on=dt.date(2027, 1, 1))) == [
        600, "cap_reached_year", 600,
    ]  # fmt: skip


def test_a_range_is_shown_at_its_lower_end_until_the_reviewer_chose_within_it():
    item = an_item(value_steps=-10, kind="deduction", rule={"kind": "range", "most_steps": -30})
    open_one = score(item, an_event(), History())
    assert (open_one.credited_steps, open_one.undecided) == (-10, True)
    chosen = score(item, an_event(chosen_steps=-30), History())
    assert (chosen.credited_steps, chosen.undecided) == (-30, False)
    for wrong in (-9, -31, 20, 0):
        assert run(item, an_event(chosen_steps=wrong)) == ["outside_range"]
    hourly = an_item(per="hour", rule={"kind": "range", "most_steps": 60})
    assert run(hourly, an_event(times=None, minutes=90, chosen_steps=60)) == [90]
    monthly = an_item(per="month", rule={"kind": "range", "most_steps": 80})
    assert run(monthly, an_event(chosen_steps=80), an_event(chosen_steps=50)) == [80, "cap_reached_month"]


def test_only_the_first_few_are_scored_each_once_in_their_period():
    item = an_item(rule={"kind": "first", "count": 2, "period": "month"})
    found = run(
        item,
        an_event("张家"),
        an_event("张家", on=JANUARY + dt.timedelta(days=1)),
        an_event("李家", on=dt.date(2026, 1, 31)),
        an_event("王家", on=dt.date(2026, 1, 1)),
        an_event("王家", on=dt.date(2026, 2, 1)),
    )
    assert found == [50, "first_already", 50, "first_taken", 50]
    assert run(item, an_event(times=2)) == ["times_needed"]  # each once means once


def test_a_streak_counts_no_month_twice():
    item = an_item(rule={"kind": "streak", "months": 3})
    days = [dt.date(2026, 3, 5), dt.date(2026, 5, 31), dt.date(2026, 6, 1)]
    assert run(item, *(an_event(on=day) for day in days)) == [50, "streak_counted", 50]
    # Over the new year, too.
    assert run(item, an_event(on=dt.date(2026, 12, 1)), an_event(on=dt.date(2027, 2, 1))) == [50, "streak_counted"]


def test_a_streak_of_another_item_needs_an_award_of_it_in_every_month():
    monthly = an_item(title="清洁户", per="month", value_steps=20)
    bonus = an_item(rule={"kind": "streak", "months": 3, "title": "清洁户"})
    history = History()
    for month in (1, 2, 4):
        history.add(monthly, an_event(on=dt.date(2026, month, 3)), 20)
    broken = score(bonus, an_event(on=dt.date(2026, 4, 30)), history)
    assert (broken.reason.code, broken.reason.facts["month"]) == ("streak_broken", "2026-03")
    history.add(monthly, an_event(on=dt.date(2026, 3, 1)), 20)
    assert score(bonus, an_event(on=dt.date(2026, 4, 30)), history).credited_steps == 50
    assert score(bonus, an_event("李家", on=dt.date(2026, 4, 30)), history).reason.code == "streak_broken"


def test_a_new_version_opens_no_second_cap_and_no_second_first():
    old, new = an_item(cap_year_steps=60), an_item(value_steps=100, cap_year_steps=60)
    history = History()
    history.add(old, an_event(), 50)
    assert score(new, an_event(on=dt.date(2026, 7, 1)), history).credited_steps == 10


@pytest.mark.parametrize(
    "item, code",
    [
        (an_item(rule={"kind": "range", "most_steps": 50}), "rule_range"),
        (an_item(rule={"kind": "range", "most_steps": -80}), "rule_range"),
        (an_item(rule={"kind": "range"}), "rule_range"),
        (an_item(rule={"kind": "first", "count": 0, "period": "year"}), "rule_number"),
        (an_item(rule={"kind": "first", "count": 3, "period": "century"}), "rule_period"),
        (an_item(rule={"kind": "first", "count": True, "period": "year"}), "rule_number"),
        (an_item(rule={"kind": "streak", "months": 1}), "rule_number"),
        (an_item(rule={"kind": "streak", "months": 3, "title": " "}), "rule_title"),
        (an_item(rule={"kind": "streak", "months": 3}), None),
        (an_item(per="hour", rule={"kind": "attended"}), None),
        (an_item(rule={"kind": "range", "most_steps": 51}), None),
    ],
)
def test_parameters_that_cannot_be_are_named(item, code):
    reason = rules.rule_of(item).wrong(item)
    assert (reason.code if reason else None) == code


def test_every_kind_says_what_it_is():
    for name, rule in KINDS.items():
        assert rule.name == name
        assert rule.label
        assert "%(points)s" in rule.says
        assert set(rule.brings) <= {"times", "minutes", "chosen_steps", "attended"}


@pytest.mark.parametrize(
    "text, count",
    [("3", 3), ("三", 3), ("两", 2), ("十", 10), ("十二", 12), ("二十", 20), ("三十五", 35), ("一百", 100), ("一百零五", 105), ("半", None), ("", None)],
)  # fmt: skip
def test_numbers_in_characters(text, count):
    assert count_of(text) == count


def test_only_numbers_before_a_unit_become_digits():
    assert in_digits("前三名各加五分,不超过二十分;统一安排") == "前3名各加5分,不超过20分;统一安排"

"""From two instants to credited minutes: pure rules, so that anybody can do the sum again.

Order of the rules: whole seconds between the two scans, without those of rests; weighed by the multiplier of each window, cut exactly
where a window begins; floored to the rounding once per visit; then the caps of the visit, of each local day and of each
month. What a cap takes away stays on the record as honour.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

PLAIN_PERCENT = 100


@dataclass(frozen=True)
class Window:
    """Part of a local day, in minutes from midnight, in which an hour counts `percent` of an hour."""

    from_minute: int
    to_minute: int
    percent: int


@dataclass(frozen=True)
class Limits:
    """What a community allows: minutes per visit, per local day (by age on that day), per local month."""

    rounding_minutes: int
    visit_minutes: int
    day_minutes: Callable[[date], int]
    month_minutes: int


@dataclass(frozen=True)
class Share:
    """The part of a visit that fell on one local day."""

    day: date
    seconds: int
    credited_minutes: int


@dataclass(frozen=True)
class Reason:
    """One step from real to credited minutes; the minutes of all reasons add up to the difference."""

    code: str  # multiplier, rounding, visit_cap, day_cap, month_cap; order: what settling an order made of it
    minutes: int
    day: date | None = None
    limit_minutes: int | None = None

    def as_json(self) -> dict[str, int | str]:
        """Without what does not apply, as it is stored on the visit and in the entry's detail."""
        told: dict[str, int | str] = {"code": self.code, "minutes": self.minutes}
        if self.day is not None:
            told["day"] = self.day.isoformat()
        if self.limit_minutes is not None:
            told["limit_minutes"] = self.limit_minutes
        return told


@dataclass(frozen=True)
class Reckoning:
    """A visit's sum with everything that led to it."""

    seconds: int
    spans: tuple[tuple[int, int], ...]  # (seconds, percent), in order of time
    rounding_minutes: int
    uncapped_minutes: int
    credited_minutes: int
    shares: tuple[Share, ...]
    reasons: tuple[Reason, ...]
    rest_seconds: int = 0  # between the scans, and not in `seconds`
    rests: tuple[tuple[datetime, datetime], ...] = ()

    @property
    def real_minutes(self) -> int:
        """Whole minutes of service: between the scans, without rests."""
        return self.seconds // 60


def seconds_between(started_at: datetime, ended_at: datetime) -> int:
    """Whole seconds of the clock, so that spans cut at window edges add up to the same number."""
    return int(ended_at.timestamp()) - int(started_at.timestamp())


def reckon(
    started_at: datetime,
    ended_at: datetime,
    *,
    zone: ZoneInfo,
    windows_of: Callable[[date], Sequence[Window]],
    limits: Limits,
    credited_before: Mapping[date, int],
    rests: Sequence[tuple[datetime, datetime]] = (),
) -> Reckoning:
    """What a visit is worth. `rests` are cut out before anything is weighed; the visit is floored once, over all its parts.

    `credited_before` holds the minutes already credited to this person by local day: all days of every month that
    the visit touches.
    """
    pauses = [(int(began.timestamp()), int(ended.timestamp())) for began, ended in rests]
    days = [
        (day, _weigh(start, end, _windows_in_time(day, zone, windows_of(day)), pauses))
        for day, start, end in by_day(started_at, ended_at, zone)
    ]
    spans = _joined([span for _, of_day in days for span in of_day])
    seconds = sum(length for length, _ in spans)
    weighted = sum(length * percent for length, percent in spans) // (PLAIN_PERCENT * 60)
    uncapped = weighted // limits.rounding_minutes * limits.rounding_minutes
    after_visit = min(uncapped, limits.visit_minutes)
    shares, cap_reasons = _capped(days, after_visit, limits, credited_before)
    reasons = [
        Reason("multiplier", weighted - seconds // 60),
        Reason("rounding", uncapped - weighted, limit_minutes=limits.rounding_minutes),
        Reason("visit_cap", after_visit - uncapped, limit_minutes=limits.visit_minutes),
        *cap_reasons,
    ]
    return Reckoning(
        seconds=seconds,
        spans=tuple(spans) or ((0, PLAIN_PERCENT),),
        rounding_minutes=limits.rounding_minutes,
        uncapped_minutes=uncapped,
        credited_minutes=sum(share.credited_minutes for share in shares),
        shares=tuple(shares),
        reasons=tuple(reason for reason in reasons if reason.minutes),
        rest_seconds=seconds_between(started_at, ended_at) - seconds,
        rests=tuple(rests),
    )


def by_day(started_at: datetime, ended_at: datetime, zone: ZoneInfo) -> list[tuple[date, int, int]]:
    """(local day, from, to) in whole seconds since 1970, cut at each local midnight; the first day even if empty."""
    start, end = int(started_at.timestamp()), int(ended_at.timestamp())
    day = started_at.astimezone(zone).date()
    pieces = []
    while True:
        midnight = second_of(day + timedelta(days=1), 0, zone)
        pieces.append((day, start, min(end, midnight)))
        if end <= midnight:
            return pieces
        day, start = day + timedelta(days=1), midnight


def second_of(day: date, minute: int, zone: ZoneInfo) -> int:
    """The instant of a local minute of a day; minute 1440 is the next midnight."""
    day, minute = day + timedelta(days=minute // 1440), minute % 1440
    return int(datetime.combine(day, time(minute // 60, minute % 60), tzinfo=zone).timestamp())


def _windows_in_time(day: date, zone: ZoneInfo, windows: Sequence[Window]) -> list[tuple[int, int, int]]:
    return [
        (second_of(day, window.from_minute, zone), second_of(day, window.to_minute, zone), window.percent)
        for window in windows
    ]


def _weigh(
    start: int, end: int, windows: Sequence[tuple[int, int, int]], pauses: Sequence[tuple[int, int]]
) -> list[tuple[int, int]]:
    """(seconds, percent) of the served parts between two instants, cut where a window or a rest begins or ends."""
    cuts = [*((opens, closes) for opens, closes, _ in windows), *pauses]
    edges = {start, end, *(edge for cut in cuts for edge in cut if start < edge < end)}
    return [
        (stop - begin, _percent_at(begin, windows))
        for begin, stop in pairwise(sorted(edges))
        if not any(began <= begin < ended for began, ended in pauses)
    ]


def _percent_at(second: int, windows: Sequence[tuple[int, int, int]]) -> int:
    return next((percent for opens, closes, percent in windows if opens <= second < closes), PLAIN_PERCENT)


def _joined(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for length, percent in spans:
        if joined and joined[-1][1] == percent:
            joined[-1] = (joined[-1][0] + length, percent)
        elif length:
            joined.append((length, percent))
    return joined


def _capped(
    days: Sequence[tuple[date, Sequence[tuple[int, int]]]],
    minutes: int,
    limits: Limits,
    credited_before: Mapping[date, int],
) -> tuple[list[Share], list[Reason]]:
    """Spread the visit's minutes over its days from the first on, and take away what a day or a month has no room for."""
    shares, reasons = [], []
    weighted, spread, in_month = 0, 0, _by_month(credited_before)
    for day, spans in days:
        weighted += sum(length * percent for length, percent in spans)
        offered = min(minutes, weighted // (PLAIN_PERCENT * 60)) - spread
        spread += offered
        day_limit = limits.day_minutes(day)
        after_day = min(offered, max(0, day_limit - credited_before.get(day, 0)))
        month = (day.year, day.month)
        after_month = min(after_day, max(0, limits.month_minutes - in_month.get(month, 0)))
        in_month[month] = in_month.get(month, 0) + after_month
        shares.append(Share(day, sum(length for length, _ in spans), after_month))
        reasons.append(Reason("day_cap", after_day - offered, day, day_limit))
        reasons.append(Reason("month_cap", after_month - after_day, day, limits.month_minutes))
    return shares, reasons


def _by_month(credited: Mapping[date, int]) -> dict[tuple[int, int], int]:
    months: dict[tuple[int, int], int] = {}
    for day, minutes in credited.items():
        months[day.year, day.month] = months.get((day.year, day.month), 0) + minutes
    return months

"""The only place that reads the clock.

In a demo or test database the clock may run ahead: an offset that only moves forward is kept beside the database, and every page shows that it does.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from pathlib import Path


def system_now() -> datetime.datetime:
    """The present instant, aware, in UTC, cut to the millisecond that everything is kept in."""
    now = datetime.datetime.now(datetime.UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


@dataclass(frozen=True)
class Clock:
    """What time it is here; `offset_file` exists only beside a demo or test database."""

    offset_file: Path | None = None

    def now(self) -> datetime.datetime:
        return system_now() + self.offset()

    def offset(self) -> datetime.timedelta:
        """How far the demo's clock is ahead."""
        if self.offset_file is None or not self.offset_file.exists():
            return datetime.timedelta(0)
        return datetime.timedelta(seconds=int(self.offset_file.read_text(encoding="ascii")))

    def advance(self, by: datetime.timedelta) -> datetime.timedelta:
        """Move a demo's clock forward; returns the whole offset.

        Raises:
            ValueError: backwards, or this is not a demo.
        """
        if self.offset_file is None:
            raise ValueError("only a demo's clock moves")
        if by < datetime.timedelta(0):
            raise ValueError("the clock only moves forward")
        offset = self.offset() + by
        written = self.offset_file.with_suffix(".new")
        written.write_text(str(int(offset.total_seconds())), encoding="ascii")
        written.replace(self.offset_file)
        return offset

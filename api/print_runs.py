"""Printing in the background: a run is started, left, and found again until its file is fetched or its hour is over.

Runs live in the serving process and their files in the data folder, readable by their owner alone: they hold one-time
codes. After a restart a run is simply printed again; cards keep their tokens.
"""

import threading
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from api import card_sheets
from timebank.columns import key_instant, new_id
from timebank.errors import NotFound

log = structlog.get_logger()

KEPT = timedelta(hours=1)


@dataclass
class PrintRun:
    """One PDF in the making. `asked_by` alone may see and fetch it."""

    id: uuid.UUID
    community_id: int
    asked_by: str
    cards: int
    total: int
    ends_at: datetime
    done: int = 0
    failed: bool = False
    path: Path | None = None


@dataclass
class PrintRuns:
    """The runs of this process, one at a time: a run keeps a processor busy."""

    folder: Path
    _runs: dict[uuid.UUID, PrintRun] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _workers: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="print"))

    def start(self, pages: Sequence[str], *, community_id: int, asked_by: str, cards: int, now: datetime) -> PrintRun:
        """Begin to draw these pages and return at once."""
        self._forget_old(now)
        run = PrintRun(new_id(now), community_id, asked_by, cards, len(pages), now + KEPT)
        with self._lock:
            self._runs[run.id] = run
        self._workers.submit(self._draw, run, list(pages))
        return run

    def run(self, run_id: uuid.UUID, *, community_id: int, asked_by: str, now: datetime) -> PrintRun:
        """The run, for who started it; NotFound for everybody else, and when its hour is over."""
        self._forget_old(now)
        with self._lock:
            found = self._runs.get(run_id)
        if found is None or (found.community_id, found.asked_by) != (community_id, asked_by):
            raise NotFound(what="print_run")
        return found

    def _draw(self, run: PrintRun, pages: list[str]) -> None:
        try:
            drawn = card_sheets.pdf(pages, progress=lambda done: setattr(run, "done", done))
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            path = self.folder / f"{run.id.hex}.pdf"
            path.touch(mode=0o600)
            path.write_bytes(drawn)
            run.path = path
        except Exception:
            # The page says that it failed; why is for the log.
            log.exception("printing failed", run=run.id.hex)
            run.failed = True

    def _forget_old(self, now: datetime) -> None:
        with self._lock:
            for old in [run for run in self._runs.values() if run.ends_at <= now]:
                del self._runs[old.id]
                if old.path:
                    old.path.unlink(missing_ok=True)
            if not self._runs and self.folder.is_dir():
                # What a process before this one left behind.
                for left in self.folder.glob("*.pdf"):
                    left.unlink(missing_ok=True)


def throw_away(folder: Path, now: datetime) -> None:
    """Throw away the files of runs whose hour is over; a run's name tells when it began."""
    for path in folder.glob("*.pdf"):
        if key_instant(uuid.UUID(path.stem)) + KEPT <= now:
            path.unlink(missing_ok=True)

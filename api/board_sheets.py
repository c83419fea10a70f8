"""Sheets for the wall: a batch as A4 or A3 pages with big type, drawn once for each state of it and kept on disk.

A page holds a fixed number of lines, so that "page 3 of 9" is known before anything is drawn, and a long batch is drawn
page by page: beside the requests, one at a time, with progress. A drawn page stays in memory until its file is written,
some megabytes of it: so a batch of ten thousand lines is several files, each of as many pages as a small server can hold.
Anybody may ask for a sheet, and everybody who asks for the same one waits for the same drawing. What a batch looked like
before it changed is thrown away.
"""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from api import card_sheets
from api.kept_files import KeptFiles
from api.paper_columns import width

log = structlog.get_logger()

KEPT_MOST = 200  # files
AT_ONCE_MOST = 4  # pages that a request waits for; more are drawn beside
PART_PAGES = 30  # pages of one file
WAITING_MOST = 8  # files that are drawn or wait for it; whoever asks for one more asks again


@dataclass(frozen=True)
class Format:
    """A size of paper: how many lines a page holds, each two lines of type high, and how wide an item's name may be, in full-width characters."""

    size: str
    lines: int
    title_width: int
    type_points: float


@dataclass(frozen=True)
class Part:
    """One file of a batch's sheets: its number, and its pages from 0, the last not of it."""

    number: int
    first: int
    end: int

    @property
    def pages(self) -> int:
        return self.end - self.first


def parts_of(pages: int) -> list[Part]:
    """The files that so many pages come to."""
    starts = range(0, max(pages, 1), PART_PAGES)
    return [Part(number, first, min(first + PART_PAGES, max(pages, 1))) for number, first in enumerate(starts, 1)]


FORMATS = {"A4": Format("A4", 18, 20, 13.0), "A3": Format("A3", 19, 30, 17.0)}


@dataclass
class SheetRun:
    """A sheet in the making, or made: how many pages of it are drawn."""

    total: int
    done: int = 0
    failed: bool = False
    path: Path | None = None


@dataclass
class SheetRuns:
    """The sheets of an installation."""

    folder: Path
    _runs: dict[str, SheetRun] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _workers: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="sheets"))

    @property
    def _kept(self) -> KeptFiles:
        return KeptFiles(self.folder, KEPT_MOST)

    def sheet(self, name: str, revision: str, pages: Callable[[], Sequence[str]], *, total: int) -> SheetRun:
        """The sheet of this name in this revision: made, in the making, or begun now; a small one is waited for.

        `pages` gives its HTML, and is asked only when it is drawn; it is rendered within the request, drawn beside it.
        """
        path = self._kept.path(name, revision, "pdf")
        if path.is_file():
            return SheetRun(total, total, path=path)
        with self._lock:
            found = self._runs.get(path.name)
            if found is None and len(self._runs) >= WAITING_MOST:
                return SheetRun(total)
            if found is None or found.failed:
                found = self._runs[path.name] = SheetRun(total)
                drawing = self._workers.submit(self._draw, found, path.name, name, revision, list(pages()))
            else:
                drawing = None
        if drawing is not None and total <= AT_ONCE_MOST:
            drawing.result()
        return found

    def look(self, name: str, revision: str, *, total: int) -> SheetRun | None:
        """The sheet as it is, made or in the making; None if nobody asked for it yet."""
        path = self._kept.path(name, revision, "pdf")
        if path.is_file():
            return SheetRun(total, total, path=path)
        with self._lock:
            return self._runs.get(path.name)

    def _draw(self, run: SheetRun, key: str, name: str, revision: str, pages: list[str]) -> None:
        try:
            drawn = card_sheets.pdf(pages, progress=lambda done: setattr(run, "done", done))
            run.path = self._kept.keep(name, revision, "pdf", drawn)
        except Exception:
            # The page says that it failed; why is for the log.
            log.exception("sheet failed", sheet=key)
            run.failed = True
        finally:
            if run.path is not None:
                with self._lock:
                    self._runs.pop(key, None)


def fitting(text: str, most: int, *, tail: str = "") -> str:
    """A text and its tail cut to so many full-width characters: a row of the wall has two lines.

    What is left out is of the text, with an ellipsis in its place; the tail, how often or how long, always stands.
    """
    whole = f"{text} {tail}" if tail else text
    if width(whole) <= most:
        return whole
    room = most - width(f"… {tail}" if tail else "…")
    kept = max((at for at in range(len(text) + 1) if width(text[:at]) <= room), default=0)
    return f"{text[:kept]}… {tail}".rstrip()

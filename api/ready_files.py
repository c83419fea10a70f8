"""Files that anybody may ask for without signing in: made once for each state of what they show, then served from disk.

Making one of ten thousand lines keeps a processor busy for seconds, so one is made at a time, whoever asks for the same
one meanwhile waits for it, and beyond a few who wait everybody else is told to come again: phones of a whole village that
press at once cost what one of them costs. What a file was before its batch changed is thrown away.
"""

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from timebank.errors import Refused

KEPT_MOST = 100  # files
WAIT_MOST = 4  # of the server's threads


class FilesBusy(Refused):
    """As many wait for a file that is being made as may wait."""

    code = "files_busy"
    status = 503


@dataclass
class ReadyFiles:
    """The kept files of an installation."""

    folder: Path
    _making: threading.Lock = field(default_factory=threading.Lock)
    _room: threading.BoundedSemaphore = field(default_factory=lambda: threading.BoundedSemaphore(WAIT_MOST))

    def content(self, name: str, revision: str, suffix: str, make: Callable[[], bytes]) -> bytes:
        """The file of this name in this revision, as it was made or made now. `name` has no dot.

        Raises:
            FilesBusy.
        """
        path = self.folder / f"{name}.{revision}.{suffix}"
        found = _read(path)
        if found is not None:
            return found
        if not self._room.acquire(blocking=False):
            raise FilesBusy
        try:
            with self._making:
                found = _read(path)  # whoever was before made it
                return self._made(path, name, suffix, make()) if found is None else found
        finally:
            self._room.release()

    def _made(self, path: Path, name: str, suffix: str, content: bytes) -> bytes:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.{os.getpid()}.part")
        part.write_bytes(content)
        part.replace(path)
        for old in self.folder.glob(f"{name}.*.{suffix}"):
            if old != path:
                old.unlink(missing_ok=True)
        kept = sorted(self.folder.glob("*.*.*"), key=_made_at, reverse=True)
        for old in kept[KEPT_MOST:]:
            old.unlink(missing_ok=True)
        return content


def _made_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:  # another process threw it away meanwhile
        return 0.0


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None

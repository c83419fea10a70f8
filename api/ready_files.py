"""Files that anybody may ask for without signing in: made once for each state of what they show, then served from disk.

Making one of ten thousand lines keeps a processor busy for seconds, so one is made at a time, whoever asks for the same
one meanwhile waits for it, and beyond a few who wait everybody else is told to come again: phones of a whole village that
press at once cost what one of them costs.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from api.kept_files import KeptFiles
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

    @property
    def _kept(self) -> KeptFiles:
        return KeptFiles(self.folder, KEPT_MOST)

    def content(self, name: str, revision: str, suffix: str, make: Callable[[], bytes]) -> bytes:
        """The file of this name in this revision, as it was made or made now. `name` has no dot.

        Raises:
            FilesBusy.
        """
        path = self._kept.path(name, revision, suffix)
        found = _read(path)
        if found is not None:
            return found
        if not self._room.acquire(blocking=False):
            raise FilesBusy
        try:
            with self._making:
                found = _read(path)  # whoever was before made it
                if found is None:
                    found = make()
                    self._kept.keep(name, revision, suffix, found)
                return found
        finally:
            self._room.release()


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None

"""Going on with confirmed files of residents, beside the requests: begun by who confirms one, or looks at one that stands still.

Nothing is lost with this process: a job goes on with what nobody goes on with.
"""

import threading
import time
import uuid

import structlog

from timebank.people import imports
from timebank.people.communities import Community
from timebank.storage import Storage

log = structlog.get_logger()


_one_at_a_time = threading.Lock()  # each pauses for the others' writes, not for those of another file


def go_on(storage: Storage, community_id: int, batch_id: uuid.UUID) -> None:
    """Go on with a confirmed file at the pace of who shares the database with others, when no other file is gone on with here."""
    with _one_at_a_time:
        imports.go_on(storage, community_id, batch_id, pace=imports.Pace(time.sleep))


class Importing:
    """The files that this process goes on with, one after the other; without `beside` the caller goes on with it to its end."""

    def __init__(self, *, beside: bool) -> None:
        self._beside = beside
        self._going_on: dict[tuple[int, uuid.UUID], threading.Thread] = {}
        self._lock = threading.Lock()

    def go_on(self, storage: Storage, place: Community, batch_id: uuid.UUID) -> None:
        """Go on with a confirmed file, if this process does not already; harmless where nothing is left."""
        if not self._beside:
            imports.go_on(storage, place.id, batch_id, pace=imports.AllAtOnce())
            return
        with self._lock:
            if (place.id, batch_id) in self._going_on:
                return
            # A process that ends does not wait for it: what is left is gone on with after its restart.
            thread = threading.Thread(target=self._run, args=(storage, place, batch_id), name="importing", daemon=True)
            self._going_on[place.id, batch_id] = thread
        thread.start()

    def finish(self) -> None:
        """Wait until all that was begun is in."""
        with self._lock:
            threads = list(self._going_on.values())
        for thread in threads:
            thread.join()

    def _run(self, storage: Storage, place: Community, batch_id: uuid.UUID) -> None:
        try:
            go_on(storage, place.id, batch_id)
        except Exception:
            # The thread has nobody above it; the job tries again.
            log.exception("import stopped", community=place.code, batch=batch_id.hex)
        finally:
            with self._lock:
                del self._going_on[place.id, batch_id]

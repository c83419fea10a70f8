"""Going on with batches of awards beside the requests: laying one out, and booking it; begun by a click, or by who looks at one that stands still.

Nothing is lost with this process: the hourly job goes on with what nobody goes on with.
"""

import threading
import time

import structlog
from flask import Flask, current_app

from api import edge
from timebank.people.communities import Community
from timebank.points.publicity import going_on
from timebank.storage import Storage

log = structlog.get_logger()

_EXTENSION = "timebank_batches"


class BatchRuns:
    """The batches that this process goes on with; without `beside` the caller goes on with it to its end."""

    def __init__(self, storage: Storage, *, beside: bool) -> None:
        self._storage = storage
        self._beside = beside
        self._going_on: dict[tuple[int, int], threading.Thread] = {}
        self._lock = threading.Lock()

    def go_on(self, place: Community, number: int) -> None:
        """Go on with a batch, if this process does not already; harmless where nothing is left."""
        if not self._beside:
            going_on.go_on(self._storage, place.id, number, pause=lambda _: None)
            return
        with self._lock:
            if (place.id, number) in self._going_on:
                return
            # A process that ends does not wait for it: what is left is gone on with after its restart.
            thread = threading.Thread(target=self._run, args=(place, number), name="batch", daemon=True)
            self._going_on[place.id, number] = thread
        thread.start()

    def _run(self, place: Community, number: int) -> None:
        try:
            going_on.go_on(self._storage, place.id, number, pause=time.sleep)
        except Exception:
            # The thread has nobody above it; the job tries again.
            log.exception("batch stopped", community=place.code, batch=number)
        finally:
            with self._lock:
                del self._going_on[place.id, number]


def serve_beside(app: Flask, storage: Storage) -> None:
    """In a server, go on in threads of its own; elsewhere who asks goes on with it to its end."""
    app.extensions[_EXTENSION] = BatchRuns(storage, beside=True)


def runs() -> BatchRuns:
    """The runs of this application."""
    found: BatchRuns = current_app.extensions.setdefault(_EXTENSION, BatchRuns(edge.storage(), beside=False))
    return found

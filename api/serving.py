"""Serving the application with granian, one process: on SQLite the write lane lives in it."""

import gc
import logging
import sys

import structlog
from flask import Flask
from granian import Granian
from granian.constants import Interfaces

from api import batch_runs, jobs, static_files
from api.app import create_app
from api.importing import Importing
from api.settings import Settings


def serve(settings: Settings) -> None:
    """Serve until a signal; the worker reads the same settings from the environment."""
    settings.prepare()
    # Most of a request's time is waiting for its turn on the write lane: more threads than processors are meant.
    logging.getLogger("_granian").addFilter(lambda record: "Python threads" not in str(record.msg))
    static_files.compress(settings.data_dir / "static")
    Granian(
        "api.serving:application",
        factory=True,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=settings.threads,
        respawn_failed_workers=False,
        websockets=False,
    ).serve()


def application() -> Flask:
    """The application of a worker."""
    write_logs()
    app = create_app(Settings())
    storage = app.extensions["timebank_storage"]
    app.extensions["timebank_importing"] = Importing(beside=True)
    batch_runs.serve_beside(app, storage)
    if storage.sqlite:
        # One process writes: the jobs live in it, and it says at once if another one is there.
        storage.hold_lane()
        settings = app.extensions["timebank_settings"]
        here = jobs.Installation.of(settings, storage)
        jobs.start(here)
    _collect_less()
    return app


def _collect_less() -> None:
    """Look for garbage less often, and never at what lives as long as the process: that took a tenth of a request's time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def write_logs() -> None:
    """One JSON line an event, to standard error."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )

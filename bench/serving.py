"""One of the servers with an application in it: `python -m bench.serving SERVER APPLICATION PORT THREADS`.

Ours under granian is served by `timebank serve`'s own code; the others are given the same factory and as many threads. They
are the servers' own defaults otherwise. gunicorn and waitress come from an environment of their own, on PYTHONPATH.
"""

from __future__ import annotations

import importlib
import sys

OURS, BARE = "api.serving:application", "bench.bare_view:application"
SERVERS = ("granian", "gunicorn", "waitress")


def main() -> None:
    server, application, port, threads = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    {"granian": _granian, "gunicorn": _gunicorn, "waitress": _waitress}[server](application, port, threads)


def _granian(application: str, port: int, threads: int) -> None:
    if application == OURS:
        from api import serving
        from api.settings import Settings

        serving.serve(Settings(host="127.0.0.1", port=port, threads=threads))
        return
    from granian import Granian
    from granian.constants import Interfaces

    Granian(
        application,
        factory=True,
        address="127.0.0.1",
        port=port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=threads,
        websockets=False,
    ).serve()


def _gunicorn(application: str, port: int, threads: int) -> None:
    from gunicorn.app.wsgiapp import run  # type: ignore[import-untyped,import-not-found,unused-ignore]

    options = ["--bind", f"127.0.0.1:{port}", "--worker-class", "gthread", "--threads", str(threads), "--workers", "1"]
    sys.argv = ["gunicorn", *options, "--log-level", "error", f"{application}()"]
    run()


def _waitress(application: str, port: int, threads: int) -> None:
    from waitress import serve  # type: ignore[import-untyped,import-not-found,unused-ignore]

    module, name = application.split(":")
    serve(getattr(importlib.import_module(module), name)(), host="127.0.0.1", port=port, threads=threads)


if __name__ == "__main__":
    main()

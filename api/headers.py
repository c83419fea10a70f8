"""The headers that every answer has, put on at the last moment: by then they cost next to nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

Wsgi = Callable[[Any, Any], Iterable[bytes]]


class Headed:
    """A WSGI application with headers added to its answers, except where an answer has its own of that name."""

    def __init__(self, app: Wsgi, headers: Mapping[str, str]) -> None:
        self._app = app
        self._headers = [(name.lower(), (name, value)) for name, value in headers.items()]

    def __call__(self, environ: Any, start_response: Any) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            there = {name.lower() for name, _ in headers}
            return start_response(status, headers + [made for name, made in self._headers if name not in there], *error)

        return self._app(environ, start)

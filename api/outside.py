"""Asking another machine over HTTP: one request, no redirects, bounded in size and in time. Only witnesses are asked.

The standard library's client is enough for that; a deadline closes the connection, since a timeout on each read alone lets
a slow answer drip for hours.
"""

import http.client
import re
import socket
import ssl
import threading
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

ANSWER_BYTES_MOST = 64 * 1024
CONNECT_SECONDS_MOST = 5.0
SECONDS_MOST = 15.0
HEADERS = {"Content-Type": "text/plain; charset=utf-8", "User-Agent": "timebank", "Connection": "close"}


class Unreachable(Exception):
    """There was no answer, or none in time; says why."""


@dataclass(frozen=True)
class Answer:
    """What came back; `kind` is its content type."""

    status: int
    kind: str
    body: bytes

    def size(self) -> int | None:
        """The size that a witness names in a conflict."""
        told = re.fullmatch(rb"(0|[1-9][0-9]{0,18})\n", self.body) if self.kind == "text/x.tlog.size" else None
        return int(told[1]) if told else None

    def text(self) -> str:
        """Its beginning, for whoever reads the log."""
        return _printable(self.body[:200].decode("utf-8", "replace"))


def post(url: str, body: bytes) -> Answer:
    """Send this; raises Unreachable."""
    return _asked("POST", url, body)


def get(url: str, **query: str) -> Answer:
    """Fetch this; raises Unreachable."""
    asked = "&".join(f"{name}={quote(value, safe='')}" for name, value in query.items())
    return _asked("GET", f"{url}?{asked}" if asked else url, None)


def _asked(method: str, url: str, body: bytes | None) -> Answer:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        connection = (
            http.client.HTTPSConnection(host, port, timeout=CONNECT_SECONDS_MOST, context=ssl.create_default_context())
            if parts.scheme == "https"
            else http.client.HTTPConnection(host, port, timeout=CONNECT_SECONDS_MOST)
        )
    except (ValueError, http.client.InvalidURL) as bad:
        raise Unreachable(str(bad)) from bad
    late = threading.Event()
    try:
        connection.connect()
        deadline = threading.Timer(SECONDS_MOST, _cut, args=(connection.sock, late))
        deadline.daemon = True
        deadline.start()
        try:
            connection.request(method, f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}", body, HEADERS)
            answer = connection.getresponse()
            read = answer.read(ANSWER_BYTES_MOST + 1)
        finally:
            deadline.cancel()
    except (OSError, http.client.HTTPException, ValueError) as gone:
        raise Unreachable(_printable(f"{type(gone).__name__}: {gone}")) from gone
    finally:
        connection.close()
    if late.is_set():
        raise Unreachable(f"no whole answer within {SECONDS_MOST} seconds")
    if len(read) > ANSWER_BYTES_MOST:
        raise Unreachable(f"an answer of more than {ANSWER_BYTES_MOST} bytes")
    return Answer(answer.status, answer.headers.get("Content-Type", "").strip().lower(), read)


def _printable(told: str) -> str:
    """On one line, without what moves a terminal."""
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in " ".join(told.split()))


def _cut(connected: socket.socket, late: threading.Event) -> None:
    """Let whoever reads from it find the end."""
    late.set()
    with suppress(OSError):
        connected.shutdown(socket.SHUT_RDWR)

"""The load: a process of its own, which sends requests made before over so many connections and takes the time of each answer.

One line of JSON on standard input tells what to do: the server's port, how many connections, and a file of requests, each
with its length before it. A connection sends its next request when the last is answered. The answer is a line of JSON: the
milliseconds of each request, the statuses by how often they came, the seconds from the first byte to the last, and the
processor time that this process itself took. It never reads further into an answer than its length, so that it can send
some twenty thousand requests a second on one processor; what it took is told, so that nobody need believe that.
"""

from __future__ import annotations

import json
import selectors
import socket
import sys
import time
from collections import Counter
from pathlib import Path


class Connection:
    """One keep-alive connection; `begun` is when its request was sent."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.begun = 0.0
        self.open()

    def open(self) -> None:
        self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.answer = b""

    def send(self, request: bytes) -> None:
        self.begun = time.perf_counter()
        self.socket.sendall(request)

    def take(self) -> tuple[int, bool] | None:
        """The status of an answer that is whole, and whether the server wants the connection closed; else None."""
        part = self.socket.recv(65_536)
        if not part:
            raise ConnectionError("the server closed the connection before it answered")
        self.answer += part
        head, found, body = self.answer.partition(b"\r\n\r\n")
        if not found:
            return None
        fields = head.lower()
        start = fields.find(b"\r\ncontent-length:")
        if start < 0:
            raise ValueError(f"an answer without its length: {head[:200]!r}")
        length = int(fields[start + 17 : fields.find(b"\r\n", start + 17) % (len(fields) + 1)])
        if len(body) < length:
            return None
        self.answer = b""
        return int(head[9:12]), b"\r\nconnection: close" in fields


def run(port: int, connections: int, requests: list[bytes]) -> dict[str, object]:
    """Send all requests and wait for all answers."""
    chosen = selectors.DefaultSelector()
    waits: list[float] = []
    statuses: Counter[int] = Counter()
    queue = iter(requests)
    made = [Connection(port) for _ in range(min(connections, len(requests)))]
    cpu, begun = time.process_time(), time.perf_counter()
    for one in made:
        chosen.register(one.socket, selectors.EVENT_READ, one)
        one.send(next(queue))
    left = len(requests)
    while left:
        for event, _ in chosen.select():
            one = event.data
            told = one.take()
            if told is None:
                continue
            waits.append(1_000 * (time.perf_counter() - one.begun))
            status, closes = told
            statuses[status] += 1
            left -= 1
            following = next(queue, None)
            if closes or following is None:
                chosen.unregister(one.socket)
                one.socket.close()
            if following is not None:
                if closes:
                    one.open()
                    chosen.register(one.socket, selectors.EVENT_READ, one)
                one.send(following)
    return {
        "seconds": time.perf_counter() - begun,
        "cpu": time.process_time() - cpu,
        "waits": waits,
        "statuses": statuses,
    }


def read(path: Path) -> list[bytes]:
    """The requests of a file."""
    content, at, found = path.read_bytes(), 0, []
    while at < len(content):
        end = at + 4 + int.from_bytes(content[at : at + 4])
        found.append(content[at + 4 : end])
        at = end
    return found


def write(path: Path, requests: list[bytes]) -> None:
    path.write_bytes(b"".join(len(one).to_bytes(4) + one for one in requests))


def main() -> None:
    for line in sys.stdin:
        asked = json.loads(line)
        print(json.dumps(run(asked["port"], asked["connections"], read(Path(asked["requests"])))), flush=True)


if __name__ == "__main__":
    main()

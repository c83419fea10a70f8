"""How long a check-in waits while a file of 50,000 residents is taken in, against how long it waits otherwise.

The check-ins are requests over HTTP as in checking_in.py, from 16 connections. A file holds 5,000 rows at most, so there
are several; they were uploaded and looked at before, and somebody at the desk confirms one after the other by the page's
own form, each when the one before is in. Load and confirmations begin together, and the load goes on until all are in. The same load with nothing else to
do comes before and after.
"""

from __future__ import annotations

import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import create_engine, select
from sqlmodel import Session, col

from bench.checking_in import Load, Server, environment_of, p99
from bench.community import Community, Volunteer, name_of, phone_of
from bench.ground import Ground, PostgresPlace, SqlitePlace
from bench.rows import Row
from bench.serving import OURS
from timebank import spreadsheets
from timebank.people import imports
from timebank.people.identity import Vault
from timebank.storage import new_key

AIM = 2
A_FILE = spreadsheets.MOST_ROWS


def rows(ground: Ground) -> Iterator[Row]:
    """One row a database; the file is taken in once, and what is compared are waits within that one run."""
    for place in ground.served:
        yield _row(ground, place)


def _row(ground: Ground, place: SqlitePlace | PostgresPlace) -> Row:
    scale = ground.scale
    community = Community(place, ground.folder / f"import-{place.name}")
    connections = min(scale.connections)
    community.sign_in(connections * scale.check_ins)
    community.sign_in(1, role="desk_staff")
    *volunteers, clerk = community.volunteers
    batches = [
        _stage(community, start, min(A_FILE, scale.imported - start)) for start in range(0, scale.imported, A_FILE)
    ]
    community.storage.close()
    waits: dict[str, list[float]] = {"alone": [], "beside": []}
    with (
        Server("granian", OURS, environment_of(community), threads=scale.server_threads) as server,
        Load(ground.folder) as load,
    ):

        def go(to: str) -> None:
            asked = community.check_ins(volunteers)
            load.start(server.port, connections, asked)
            waits[to] += load.answered(expected=303)[0]["waits"]
            community.forget_visits()

        go("alone")
        waits["alone"].clear()
        for _ in range(scale.runs):
            go("alone")
        told: list[int] = []
        confirming = threading.Thread(
            target=lambda: told.extend(_confirm(community, server.port, clerk, batch) for batch in batches)
        )
        begun = time.monotonic()
        confirming.start()
        while confirming.is_alive():
            go("beside")
        confirming.join()
        took = time.monotonic() - begun
        for _ in range(scale.runs):
            go("alone")
    if set(told) != {303}:
        raise RuntimeError(f"not every file was taken in: {told}")
    community.drop()
    return Row(
        what=f"check-in beside an import of {scale.imported:,} ({took:.0f} s), {place.name}, wait of 1 in 100",
        against="the same without",
        unit="ms",
        ours=[p99(waits["beside"])],
        theirs=[p99(waits["alone"])],
        aim=AIM,
        at_most=True,
    )


def _stage(community: Community, start: int, count: int) -> Any:
    """A file, read and judged as after its upload; one household for every four, nobody known before."""
    lines = ["姓名,性别,出生日期,手机号,户号"]
    lines += [
        f"{name_of(one)},女,{1930 + one % 70}-0{1 + one % 9}-1{one % 9},{phone_of(one)[3:]},B{(one - 10**6) // 4}"
        for one in range(10**6 + start, 10**6 + start + count)
    ]
    content = "\n".join(lines).encode()
    actor = community.village.actor("desk_staff")
    sheet = spreadsheets.read(content, columns=imports.COLUMNS)
    vault = Vault(community.secret)

    def stage(session: Session, now: Any) -> Any:
        return imports.stage(
            session, actor=actor, now=now, sheet=sheet, file_name="residents.csv", content=content, vault=vault
        )

    return community.storage.write_global(stage)


def _confirm(community: Community, port: int, clerk: Volunteer, batch: Any) -> int:
    form = {"csrf_token": clerk.csrf_token, "key": str(new_key(community.clock.now())), "with_doubtful": "1"}
    path = f"http://127.0.0.1:{port}/c/{community.village.code}/imports/{batch}/confirm"
    request = urllib.request.Request(path, data=urlencode(form).encode(), headers={"Cookie": clerk.cookies})
    opener = urllib.request.build_opener(_Stay)
    try:
        with opener.open(request, timeout=600) as answer:
            status = int(answer.status)
    except urllib.error.HTTPError as answer:
        status = int(answer.code)
    if status == 303:
        _wait_for(community, batch)
    return status


def _wait_for(community: Community, batch: Any) -> None:
    """Until the file is in, behind the server's back, so that looking costs it nothing.

    Raises:
        RuntimeError: it was not in after ten minutes.
    """
    engine = create_engine(community.urls.owner_url)
    ended = select(col(imports.ImportRun.ended_at)).where(col(imports.ImportRun.batch_id) == batch)
    until = time.monotonic() + 600
    while time.monotonic() < until:
        with engine.connect() as connection:
            if connection.scalar(ended) is not None:
                engine.dispose()
                return
        time.sleep(0.2)
    raise RuntimeError("a file is not in after ten minutes")


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follows nowhere: where the page leads is not measured."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None

"""A village to test with: a community opened through the real use cases on a real database, and sentences to arrange it."""

from __future__ import annotations

import datetime
import itertools
import sqlite3
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Dialect, Engine, event
from sqlalchemy.util import LRUCache
from sqlmodel import Session

from api import schema
from ledger import book_of, reading
from tests.lending import Lender
from tests.postgres import APP_ROLE, PostgresServer
from timebank import accounts
from timebank.people import areas, communities, numbers, residents
from timebank.permissions import Actor, Grant
from timebank.storage import Storage, new_key

START = datetime.datetime(2026, 11, 20, 1, 0, tzinfo=datetime.UTC)  # Friday, 9 in the morning in the village
SECRET = b"a secret of the tests, 32 bytes!"
AREAS = [
    ("32", "江苏省", "province", ""),
    ("3201", "南京市", "city", "32"),
    ("320102", "玄武区", "county", "3201"),
    ("32010201", "梅园街道", "township", "320102"),
    ("3201020101", "太平里社区", "community", "32010201"),
    ("3201020102", "后宰门社区", "community", "32010201"),
    ("320102010101", "第一网格", "grid", "3201020101"),
    ("320102010102", "第二网格", "grid", "3201020101"),
    ("320102010201", "东网格", "grid", "3201020102"),
]


THE_VILLAGE: dict[str, Any] = {"code": "TPL", "name": "太平里社区", "area_code": "3201020101"}


class VillageClock:
    """A clock that the test moves; it ticks a millisecond at each look, so that nothing happens at the same instant by chance."""

    def __init__(self) -> None:
        self._now = START
        self._lock = threading.Lock()

    def now(self) -> datetime.datetime:
        with self._lock:
            self._now += datetime.timedelta(milliseconds=1)
            return self._now

    def move(self, by: datetime.timedelta) -> None:
        with self._lock:
            self._now += by


@dataclass
class Village:
    """A community on a storage, with a clock of its own; `seed` is its log's signing key."""

    storage: Storage
    clock: VillageClock
    community_id: int
    code: str
    area_path: str
    seed: Ed25519PrivateKey
    owner_url: str
    _numbers: Iterator[int]

    @property
    def now(self) -> datetime.datetime:
        return self.clock.now()

    @property
    def today(self) -> datetime.date:
        """The local day in the village."""
        return (self.clock.now() + datetime.timedelta(hours=8)).date()

    def pass_time(self, **by: float) -> None:
        """Move the clock: `village.pass_time(days=8)`."""
        self.clock.move(datetime.timedelta(**by))

    def read(self) -> Any:
        return self.storage.read()

    def write(
        self,
        change: Callable[[Session, datetime.datetime], dict[str, Any]],
        *,
        key: uuid.UUID | None = None,
        **content: Any,
    ) -> dict[str, Any]:
        """Run a change on the lane: `village.write(lambda session, now: check_in(session, actor=..., now=now, ...))`."""
        return self.storage.write(
            self.community_id, key or new_key(self.clock.now()), change, actor="test", use_case="test", content=content
        )

    def actor(self, *roles: str, person: Any = None, grid: str = "") -> Actor:
        """Somebody with these roles over the village (or one of its grids); a stranger to the register unless `person` is given."""
        area = self.area_path + (f"{grid}/" if grid else "")
        grants = tuple(Grant(role, area) for role in roles)
        if person is None:
            number = numbers.written(self.code, 9_000 + next(self._numbers))
            return Actor(self.community_id, number, login_id=uuid.uuid4(), grants=grants, area_path=self.area_path)
        return Actor(
            self.community_id,
            person.number,
            login_id=uuid.uuid4(),
            person_id=person.id,
            household_id=person.household_id,
            grants=grants,
            area_path=self.area_path,
        )

    def make_person(
        self,
        name: str = "",
        *,
        born_on: datetime.date | None = datetime.date(1980, 5, 17),
        household_id: uuid.UUID | None = None,
        grid: str = "",
        minutes: int = 0,
        **particulars: str,
    ) -> residents.Person:
        """Admit somebody, in a household of her own unless one is named; `minutes` come from old books."""
        name = name or f"村民{next(self._numbers)}"
        clerk = Actor.console(self.community_id, "test")

        def admit(session: Session, now: datetime.datetime) -> dict[str, Any]:
            area = self.area_path + (f"{grid}/" if grid else "")
            told = residents.Particulars(name=name, born_on=born_on, **particulars)
            person = residents.admit(
                session, actor=clerk, now=now, particulars=told, household_id=household_id, area_path=area
            )
            account = accounts.opened_or_main(session, self.community_id, kind="person", owner_id=person.id, unit="min")
            if minutes:
                detail = {"use_case": "test", "credited": minutes, "source_page": "旧账第1页"}
                book_of(session).post({accounts.OPENING_MIN: -minutes, account: minutes}, on=self.today, detail=detail)
            return {"id": person.id.hex}

        made = self.write(admit)
        with self.read() as session:
            return residents.person(session, self.community_id, uuid.UUID(made["id"]))

    def make_household(self, *names: str, grid: str = "", steps: int = 0) -> list[residents.Person]:
        """People who live together, the first being the head; `steps` of points come from old books."""
        first = self.make_person(names[0] if names else "", grid=grid)
        people = [first, *(self.make_person(name, household_id=first.household_id, grid=grid) for name in names[1:])]

        def open_account(session: Session, now: datetime.datetime) -> dict[str, Any]:
            account = accounts.opened_or_main(
                session, self.community_id, kind="household", owner_id=first.household_id, unit="pt"
            )
            if steps:
                detail = {"use_case": "test", "credited": steps, "source_page": "旧账第1页"}
                book_of(session).post({accounts.OPENING_PT: -steps, account: steps}, on=self.today, detail=detail)
            return {"account": account}

        self.write(open_account)
        return people

    def main_account(self, owner_id: uuid.UUID, unit: str) -> int:
        """The number of somebody's main account."""
        with self.read() as session:
            return accounts.main(session, self.community_id, owner_id, unit)

    def balance(self, account: int) -> int:
        """What the books say now."""
        with self.read() as session:
            return reading.account(session, self.community_id, account).balance


@dataclass
class Database:
    """A migrated database: the storage that the application uses, and the owner's address; empty, unless `opened`."""

    storage: Storage
    clock: VillageClock
    owner_url: str
    opened: Opened | None = None


@dataclass(frozen=True)
class Opened:
    """A file in which the village stands, opened until `at`."""

    path: Path
    at: datetime.datetime
    seed: Ed25519PrivateKey
    area_path: str


def make_schema(owner_url: str, *, app_role: str | None = None) -> None:
    """All tables and guards, made by the migrations."""
    schema.migrate(owner_url, app_role=app_role)


@cache
def _sqlite_template(folder: Path) -> Path:
    path = folder / "template.db"
    make_schema(f"sqlite:///{path}")
    return path


@cache
def _opened_template(folder: Path) -> Opened:
    """The village, opened once a run: nearly every test begins with it, and opening took most of what it had to wait for."""
    path = folder / "village.db"
    path.write_bytes(_sqlite_template(folder).read_bytes())
    clock = VillageClock()
    storage = open_storage(f"sqlite:///{path}", clock)
    made = open_village(Database(storage, clock, ""), **THE_VILLAGE)
    storage.close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return Opened(path, clock.now(), made.seed, made.area_path)


def open_storage(url: str, clock: VillageClock, *, sharing: bool = True) -> Storage:
    """A storage for an ordinary test, which needs no durability: those that show it make their own."""
    storage = Storage(url, clock=clock.now, secret=SECRET)
    for engine in (storage._engine, storage._writer):
        if storage.sqlite:
            event.listen(engine, "connect", _forget_fsync)
        if sharing:
            _share_statements(engine)
    return storage


def _forget_fsync(connection: Any, record: object) -> None:
    connection.execute("PRAGMA synchronous = OFF")


def _share_statements(engine: Engine) -> None:
    """Let all databases of a kind use what was compiled for one, as all requests do in a server.

    What SQLAlchemy has compiled belongs to an engine and its dialect; a quarter of a test's time went into compiling.
    """
    if engine.name not in _KINDS:
        engine.connect().close()  # a dialect asks its first server what it can
        # Not a dict in the execution options: a trace that tells local variables would write it out, for minutes.
        _KINDS[engine.name] = engine.dialect, LRUCache(10_000)
    engine.dialect, engine._compiled_cache = _KINDS[engine.name]


_KINDS: dict[str, tuple[Dialect, LRUCache[Any, Any]]] = {}


@pytest.fixture(scope="session")
def schema_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("schema")


@pytest.fixture(scope="session")
def sharing_statements() -> bool:
    """Whether databases share what was compiled for others; who stands between SQLAlchemy and a driver says no."""
    return True


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def db(
    request: pytest.FixtureRequest, tmp_path: Path, schema_folder: Path, *, sharing_statements: bool
) -> Iterator[Database]:
    """A migrated database; each test that asks for it runs on SQLite and on PostgreSQL.

    It is empty, or on SQLite the village stands in it already, where the test asks for that.
    """
    clock, opened = VillageClock(), None
    if request.param == "sqlite":
        path = tmp_path / "timebank.db"
        if sharing_statements and "village" in request.fixturenames:
            opened = _opened_template(schema_folder)
            clock.move(opened.at - START)
        path.write_bytes((opened.path if opened else _sqlite_template(schema_folder)).read_bytes())
        url = owner_url = f"sqlite:///{path}"
    else:
        lender: Lender = request.getfixturevalue("postgres_lender")
        lent = lender.lend()
        url, owner_url = lent.urls.app_url, lent.urls.owner_url
    storage = open_storage(url, clock, sharing=sharing_statements)
    yield Database(storage, clock, owner_url, opened)
    storage.close()
    if request.param == "postgresql":
        lender.take_back(lent)


@pytest.fixture(scope="session")
def postgres_template(postgres_server: PostgresServer) -> str:
    return postgres_server.make_template("migrated", lambda urls: make_schema(urls.owner_url, app_role=APP_ROLE))


@pytest.fixture(scope="session")
def postgres_lender(postgres_server: PostgresServer, postgres_template: str) -> Lender:
    return Lender(postgres_server, postgres_template)


@pytest.fixture
def village(db: Database) -> Village:
    """The community 太平里社区 (code TPL), with the default policy, on each database."""
    made = db.opened
    if made is None:
        return open_village(db, **THE_VILLAGE)
    number, code = 1, THE_VILLAGE["code"]
    return Village(db.storage, db.clock, number, code, made.area_path, made.seed, db.owner_url, itertools.count(1))


@pytest.fixture
def other_village(db: Database, village: Village) -> Village:
    """A second community in the same database."""
    return open_village(db, code="HZM", name="后宰门社区", area_code="3201020102", community_id=2)


@contextmanager
def lasting_village(folder: Path, schema_folder: Path) -> Iterator[Village]:
    """A village on SQLite that outlives a test: for several that only read what was costly to arrange."""
    clock = VillageClock()
    path = folder / "timebank.db"
    path.write_bytes(_sqlite_template(schema_folder).read_bytes())
    storage = open_storage(f"sqlite:///{path}", clock)
    db = Database(storage, clock, f"sqlite:///{path}")
    yield open_village(db, **THE_VILLAGE)
    storage.close()


def open_village(
    db: Database, *, code: str, name: str, area_code: str, community_id: int = 1, profile: str = "default"
) -> Village:
    """Open a community as an operator would."""
    rows = [
        areas.AreaRow(number=at, code=row[0], name=row[1], level=row[2], parent=row[3])
        for at, row in enumerate(AREAS, start=2)
    ]
    console = Actor.console(None, "test")
    db.storage.write_global(lambda session, now: areas.import_tree(session, actor=console, now=now, rows=rows))
    seed = Ed25519PrivateKey.generate()
    origin = communities.origin_of("timebank.example", code)
    db.storage.found(
        community_id,
        new_key(db.clock.now()),
        lambda session, now: communities.open_community(
            session,
            actor=Actor.console(community_id, "test"),
            now=now,
            community_id=community_id,
            code=code,
            name=name,
            area_code=area_code,
            profile=profile,
            origin=origin,
            public_key=seed.public_key().public_bytes_raw(),
        ),
        origin=origin,
        actor="test",
        use_case="test",
    )
    with db.storage.read() as session:
        path = communities.community(session, community_id).area_path
    return Village(db.storage, db.clock, community_id, code, path, seed, db.owner_url, itertools.count(1))

"""The demo: filled through the use cases, adding up, kept, and moved forward."""

import datetime as dt
import re
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import func, select, text
from sqlmodel import col

from api import demo, jobs, seals
from api.app import create_app, open_storage
from api.clock import system_now
from api.demo import cast, fill, sign_ins
from api.keys import SigningKeys
from api.settings import Settings
from ledger import projections, verify
from timebank import checks, evidence, policy, reports
from timebank.people import communities, logins
from timebank.permissions import Actor
from timebank.storage import Request, Storage

pytestmark = pytest.mark.slow

FILLED_IN_SECONDS = 60
ALONE_SECONDS = 0.5  # ten million additions on the two slow cores that the minute is promised for
TABLES = ("service_order", "visit", "award", "objection", "shop_order", "points_table")


@dataclass
class Filled:
    """A filled demo."""

    settings: Settings
    storage: Storage
    seconds: float
    told: tuple[dt.datetime, dt.datetime] | None = None  # the first and the last instant of the story
    filled_at: dt.datetime | None = None
    was: dict[str, dict[str, int]] = field(
        default_factory=dict
    )  # the counts when it was filled: a test moves the clock

    def counts(self, table: str, *, community_id: int = 1) -> dict[str, int]:
        with self.storage.read() as session:
            rows = session.execute(
                text(f"SELECT state, count(*) FROM {table} WHERE community_id = :c GROUP BY state"), {"c": community_id}
            )
            return {row[0]: row[1] for row in rows}


def slowness() -> float:
    """How much slower than alone this process runs now, since other programs share the processor and its caches."""
    began = time.process_time()
    total = 0
    for number in range(10_000_000):
        total += number
    return max(1.0, (time.process_time() - began) / ALONE_SECONDS)


@pytest.fixture(scope="session", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def filled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    """Filled once for all tests of a run, on each database. The minute is promised on SQLite."""
    folder = tmp_path_factory.mktemp("demo") / "demo"
    settings = Settings(data_dir=folder, demo=True, database_url="", owner_url=None)
    if request.param == "postgresql":
        urls = request.getfixturevalue("postgres_server").new_database()
        settings = Settings(data_dir=folder, demo=True, database_url=urls.app_url, owner_url=urls.owner_url)
    settings.prepare()
    slow, began, worked = slowness(), time.monotonic(), time.process_time()
    demo.prepare_database(settings)
    sign_ins.keep(folder, fill.fill(settings, say=lambda told: None))
    spent = time.process_time() - worked
    slower = (slowness() + slow) / 2
    print(
        f"\nfilled on {request.param} in {time.monotonic() - began:.0f} s, {spent:.0f} s of them working, {slower:.1f} x slowed"
    )
    storage = open_storage(settings)
    filled = Filled(settings, storage, spent / slower)
    with storage.read() as session:
        told = session.execute(select(func.min(col(Request.recorded_at)), func.max(col(Request.recorded_at)))).one()
    filled.told, filled.filled_at = (told[0], told[1]), system_now()
    filled.was = {table: filled.counts(table) for table in TABLES}
    yield filled
    storage.close()


def test_is_filled_within_a_minute(filled):
    assert filled.seconds < FILLED_IN_SECONDS * (1 if filled.storage.sqlite else 3)


def test_everything_of_the_week_is_there_to_be_tried(filled):
    orders = filled.was["service_order"]
    every = {"submitted", "accepted", "dispatched", "claimed", "in_service", "to_confirm", "disputed", "overdue", "done",
             "rated", "cancelled"}  # fmt: skip
    assert every <= orders.keys()
    visits = filled.was["visit"]
    assert visits["settled"] > 1_900
    assert visits["open"] >= 4
    assert visits.get("estimated", 0) + visits.get("under_review", 0) >= 2
    awards = filled.was["award"]
    assert {"entered", "published", "frozen", "booked", "rejected", "withdrawn", "reversed"} <= awards.keys()
    assert {"open", "appealed", "rejected", "upheld"} <= filled.was["objection"].keys()
    assert {"ordered", "handed_over", "cancelled", "expired"} <= filled.was["shop_order"].keys()
    assert filled.was["points_table"] == {"in_force": 1, "draft": 1}


def test_the_village_is_believable(filled):
    with filled.storage.read() as session:

        def one(query: str) -> int:
            return int(session.execute(text(query)).scalar_one())

        assert 550 <= one("SELECT count(*) FROM person WHERE community_id = 1") <= 650
        assert 245 <= one("SELECT count(*) FROM household WHERE community_id = 1") <= 255
        assert one("SELECT count(*) FROM person WHERE community_id = 1 AND name = '王秀英'") == 2
        assert one("SELECT count(*) FROM person WHERE phone IS NULL") > 60
        assert one("SELECT count(*) FROM person WHERE born_on IS NULL") >= 1
        assert (
            one("SELECT max(n) FROM (SELECT count(*) AS n FROM person WHERE phone IS NOT NULL GROUP BY phone) AS x")
            >= 2
        )
        assert one("SELECT count(*) FROM person WHERE name LIKE '%㛃%' OR name LIKE '%𠮷%' OR name LIKE '%䶮%'") >= 1
        assert one("SELECT count(*) FROM login") == len([part for part in cast.CAST if part.signs_in]) + 2


def test_the_books_add_up(filled):
    with filled.storage.read() as session:
        for place in communities.communities(session):
            actor = Actor.console(place.id, "test")
            assert list(projections.differences(session.connection(), place.id)) == []
            assert list(checks.find(session, actor=actor, limit=5)) == []
            today = communities.local_day(place, filled.storage.clock())
            period = reports.period_of(session, place.id, today - dt.timedelta(days=400), today)
            for balance in reports.trial_balance(session, actor=actor, period=period):
                assert sum(row.closing for row in balance.rows) == 0
                assert sum(abs(row.closing) for row in balance.rows) > 0


def test_the_bundle_of_each_community_verifies(filled, tmp_path):
    with filled.storage.read() as session:
        places = [(place.id, place.code) for place in communities.communities(session)]
        rules = asdict(policy.of(session, 1, dt.date(2030, 1, 1)))
    for community_id, code in places:
        path = tmp_path / f"{code}.zip"
        with path.open("wb") as file:
            evidence.bundle(
                filled.storage,
                actor=Actor.console(community_id, "test"),
                community_id=community_id,
                seal=seals.seal_of(SigningKeys(filled.settings.keys), code),
                file=file,
                period=(filled.storage.clock() - dt.timedelta(days=400), filled.storage.clock()),
                details=True,
                policy=rules,
            )
        assert verify.main([str(path)]) == 0


def test_history_has_its_own_dates_and_ends_at_the_present(filled):
    first, last = filled.told
    assert last - first > dt.timedelta(days=360)
    assert dt.timedelta(0) <= filled.filled_at - last < dt.timedelta(hours=1)


def test_every_demo_person_signs_in(filled):
    people = sign_ins.people(filled.settings.data_dir)
    assert len(people) >= 13
    with filled.storage.read() as session:
        for one in people:
            found = logins.candidates(session, number=one["sign_in"], phone="", name=one["sign_in"])
            assert bool(found) == bool(one["password"])
            if found:
                assert logins.password_matches(found[0].password_hash, one["password"])


def test_advancing_moves_the_clock_and_runs_what_came_due(filled):
    here = jobs.Installation(filled.storage, SigningKeys(filled.settings.keys))
    now = filled.storage.clock()
    jobs.run_due(here, filled.settings.clock, until=now + dt.timedelta(days=8))
    assert filled.storage.clock() - now >= dt.timedelta(days=8)
    after = filled.counts("award")
    assert after["booked"] > filled.was["award"]["booked"]
    assert "published" not in after
    assert filled.counts("visit").get("open", 0) == 0


def test_a_filled_folder_is_kept(tmp_path: Path, monkeypatch, capsys):
    folder = tmp_path / "demo"
    folder.mkdir()
    (folder / sign_ins.FILE).write_text('{"people": [{"zh": "志愿者", "en": "volunteer", "name": "林晓燕", "sign_in": "BGC-1-1",'
                                        ' "password": "x", "community": "BGC", "do_zh": "看", "do_en": "look"}]}')  # fmt: skip
    monkeypatch.setattr(fill, "fill", lambda *_, **__: pytest.fail("filled again"))
    assert demo.main(["--no-serve", "--folder", str(folder)]) == 0
    assert "BGC-1-1" in capsys.readouterr().out


def test_every_demo_person_finds_pages_that_open(filled):
    app = create_app(filled.settings, filled.storage)
    with filled.storage.read() as session:
        played = [
            (one["en"], logins.candidates(session, number=one["sign_in"], phone="", name=one["sign_in"])[0].id)
            for one in sign_ins.people(filled.settings.data_dir)
            if one["password"]
        ]
    for who, login_id in played:
        token = filled.storage.write_global(
            lambda session, now, login_id=login_id: logins.start_session(
                session, now=now, login_id=login_id, shared_device=False
            )
        )
        browser = app.test_client()
        with browser.session_transaction() as cookie:
            cookie["_user_id"], cookie["_fresh"] = token, True
        for code in ("BGC", "LXS"):
            home = browser.get(f"/c/{code}/", headers={"Accept-Language": "en"})
            assert home.status_code == 200
            for address in set(re.findall(rf'href="(/c/{code}/[^"#]*)"', home.text)):
                page = browser.get(address, follow_redirects=True)  # a list of one leads on to that one
                assert page.status_code == 200, f"{who}: {address}"


@pytest.mark.postgres
def test_the_role_of_the_application_is_made_where_the_owner_may(postgres_server, tmp_path):
    urls = postgres_server.new_database()
    database = urls.app_url.rpartition("/")[2]
    settings = Settings(
        data_dir=tmp_path,
        demo=True,
        database_url=f"postgresql+psycopg://demo_newcomer:it's%25made@127.0.0.1:{postgres_server.port}/{database}",
        owner_url=postgres_server.url("postgres", database),
    )
    demo.prepare_database(settings)
    storage = open_storage(settings)
    with storage.read() as session:
        assert session.execute(text("SELECT current_user")).scalar_one() == "demo_newcomer"
        assert communities.communities(session) == []
    storage.close()

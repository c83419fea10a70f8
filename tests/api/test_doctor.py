"""The doctor as an fsck: each injected corruption is found under its code, told in words, and an honest village is well."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine

from api import doctor
from api.doctor import books, owners, place
from api.doctor.finding import silent
from api.doctor.words import MEANINGS
from api.keys import SigningKeys
from api.settings import Settings
from tests.ledger.books import attack, fill, seal_of
from tests.timebank.erasure import traces
from tests.timebank.lived_in import live
from tests.village import SECRET, Village
from timebank import evidence
from timebank.storage import Storage

only_sqlite = pytest.mark.parametrize("db", ["sqlite"], indirect=True)
OF_THE_BOOKS = (place.guards, books.checkpoints, books.projection, books.details)
ADVICE = {"unsigned", "address_local", "address_plain", "erasure_unscrubbed"}


@pytest.fixture
def settings(village: Village, tmp_path: Path) -> Settings:
    made = Settings(
        data_dir=tmp_path / "data",
        database_url=village.storage.url.render_as_string(hide_password=False),
        owner_url=village.owner_url,
        public_url="https://timebank.example",
    ).prepare()
    keys = SigningKeys(made.keys)
    seed = keys.folder / f"{village.code}.seed"
    seed.write_bytes(village.seed.private_bytes_raw())
    seed.chmod(0o600)
    return made


def test_a_village_that_lived_is_well_on_each_database(village: Village, settings: Settings) -> None:
    live(village)
    evidence.checkpoint(village.storage, village.community_id, seal_of(village))
    assert _found(village, settings) == []


# The corruption, and the codes under which it must be found.
CORRUPTIONS: list[tuple[str, set[str]]] = [
    ("UPDATE ledger_account SET balance = balance + 1 WHERE number = 1001", {"account_differs"}),
    ("UPDATE ledger_account SET held = held + 1 WHERE number = 1001", {"account_differs"}),
    ("UPDATE ledger_account SET quota = quota + 1 WHERE number = 1", {"account_differs"}),
    ("UPDATE ledger_account SET erased = 1 WHERE number = 1001", {"account_differs", "detail_of_erased"}),
    ("DELETE FROM ledger_account WHERE number = 1001", {"account_differs"}),
    ("UPDATE ledger_posting SET amount = amount + 1 WHERE account = 1001", {"posting_differs"}),
    ("DELETE FROM ledger_posting WHERE account = 1001", {"posting_differs"}),
    ("UPDATE ledger_hold SET resolved = NULL", {"hold_differs"}),
    ("DELETE FROM ledger_hold", {"hold_differs"}),
    ("UPDATE ledger_note SET used_by = NULL", {"note_differs"}),
    ("DELETE FROM ledger_reversal", {"reversal_differs"}),
    ("UPDATE ledger_tail SET at = at + 1", {"tail_differs"}),
    ("UPDATE ledger_tail SET size = size + 1", {"tail_differs"}),
    ("UPDATE ledger_tail SET edge = x''", {"tail_differs"}),
    ("DELETE FROM ledger_tail", {"tail_differs"}),
    ("DELETE FROM ledger_tile", {"tile_differs"}),
    ("UPDATE ledger_tile SET root = x'00'", {"tile_differs"}),
    ("UPDATE ledger_checkpoint SET root = x'00'", {"checkpoint_differs", "checkpoint_signature"}),
    ("UPDATE ledger_checkpoint SET note = replace(note, 'A', 'B')", {"checkpoint_signature"}),
    ("UPDATE ledger_detail SET detail = replace(detail, 'test', 'best') WHERE seq = 100", {"detail_ref"}),
    ("UPDATE ledger_detail SET salt = x'00' WHERE seq = 100", {"detail_ref"}),
    ("DELETE FROM ledger_detail WHERE seq = 100", {"detail_missing"}),
    ("INSERT INTO ledger_detail VALUES (1, 0, x'00', '{}')", {"detail_extra"}),
    ("INSERT INTO ledger_detail VALUES (1, 999999, x'00', '{}')", {"detail_extra"}),
    ("UPDATE ledger_entry SET leaf = CAST(replace(leaf, '60', '61') AS BLOB) WHERE seq = 100", {"checkpoint_differs"}),
    ("UPDATE ledger_entry SET leaf = 'no bytes' WHERE seq = 100", {"examination_failed"}),
    ("UPDATE ledger_entry SET kind = 'close' WHERE seq = 100", {"entry_differs"}),
    ("UPDATE ledger_entry SET id = x'0101' WHERE seq = 100", {"entry_differs"}),
    ("UPDATE ledger_entry SET at = at + 1 WHERE seq = 100", {"entry_differs"}),
    ("INSERT INTO ledger_tile SELECT community_id, 5, number, root, hashes FROM ledger_tile", {"tile_differs"}),
    ("DELETE FROM ledger_entry WHERE seq = 25", {"log_broken"}),
    ("DELETE FROM ledger_entry WHERE seq = (SELECT max(seq) FROM ledger_entry)", {"log_broken"}),
]


@only_sqlite
@pytest.mark.parametrize(
    "corruption, code",
    [
        ("DROP INDEX ix_ledger_account_owner", "tables_differ"),
        ("DELETE FROM household", "reference_broken"),
    ],
)
def test_tables_and_pages_that_are_not_sound_are_named(
    village: Village, settings: Settings, corruption: str, code: str
) -> None:
    village.make_person()
    with closing(sqlite3.connect(str(village.storage.url.database))) as database:
        database.executescript(corruption)
        database.commit()
    assert code in {one.code for one in place.soundness(settings, village.storage, silent)}


@only_sqlite
def test_a_page_that_the_disk_spoiled_is_named(village: Village, settings: Settings) -> None:
    path = Path(village.storage.url.database or "")
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        size = database.execute("PRAGMA page_size").fetchone()[0]
        page = database.execute("SELECT rootpage FROM sqlite_master WHERE name = 'ledger_entry'").fetchone()[0]
    with path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)
    assert "file_damaged" in {one.code for one in place.soundness(settings, village.storage, silent)}


@only_sqlite
def test_each_corruption_is_found_under_its_code(village: Village, settings: Settings, tmp_path: Path) -> None:
    """One village, and a copy of its file for each."""
    fill(village)
    evidence.checkpoint(village.storage, village.community_id, seal_of(village))
    missed = {}
    for at, (change, codes) in enumerate(CORRUPTIONS):
        path = tmp_path / f"{at}.db"
        with closing(sqlite3.connect(village.storage.url.database or "")) as live_one:
            live_one.execute("VACUUM INTO ?", (str(path),))
        url = f"sqlite:///{path}"
        copy = replace(village, storage=Storage(url, clock=village.clock.now, secret=SECRET), owner_url=url)
        attack(copy, (change, ()))
        found = {one.code for one in _found(copy, settings, OF_THE_BOOKS)}
        copy.storage.close()
        if not codes | {"guard_missing"} <= found:
            missed[change] = found
    assert missed == {}


@only_sqlite
def test_an_edited_row_of_the_domain_is_found(village: Village, settings: Settings) -> None:
    live(village)
    attack(village, ("UPDATE visit SET credited_minutes = 90 WHERE order_id IS NULL", ()))
    assert "row_differs" in {one.code for one in _found(village, settings)}


ELDERS_TO_THE_VOLUNTEER = (
    "UPDATE account_owner SET owner_id = (SELECT volunteer_id FROM service_order WHERE capture_seq IS NOT NULL)"
    " WHERE owner_id = (SELECT recipient_id FROM service_order WHERE capture_seq IS NOT NULL)"
)


@only_sqlite
@pytest.mark.parametrize(
    "change, code",
    [
        ("DELETE FROM account_owner WHERE account = 1001", "owner_missing"),
        ("UPDATE account_owner SET unit = 'pt' WHERE account = 1001", "owner_differs"),
        (ELDERS_TO_THE_VOLUNTEER, "owner_differs"),
        (
            "UPDATE account_owner SET owner_id = x'00112233445566778899aabbccddeeff' WHERE kind = 'person'",
            "owner_differs",
        ),
    ],
)
def test_an_account_that_was_given_to_somebody_else_is_found(
    village: Village, settings: Settings, change: str, code: str
) -> None:
    live(village)
    attack(village, (change, ()))
    assert {one.code for one in _found(village, settings, (owners.owners,))} == {code}


def test_rights_that_the_application_should_not_have_are_found(village: Village, settings: Settings) -> None:
    if village.storage.sqlite:
        pytest.skip("SQLite has no roles")
    owner = create_engine(village.owner_url, isolation_level="AUTOCOMMIT")
    role = village.storage.url.username
    with owner.connect() as connection:
        connection.exec_driver_sql(f'GRANT UPDATE ON ledger_entry TO "{role}"')
        connection.exec_driver_sql("ALTER TABLE ledger_tile DISABLE TRIGGER ledger_tile_change")
    owner.dispose()
    assert {one.code for one in _found(village, settings)} - ADVICE == {"role_may_change", "guard_missing"}


@only_sqlite
def test_what_is_left_of_an_erased_person_is_found(village: Village, settings: Settings) -> None:
    told = traces.leave_traces(village)
    traces.erase(village, told.person)
    assert {one.code for one in _found(village, settings)} <= ADVICE
    helper, person = told.helper.id.bytes, told.person.id.bytes
    bound = (
        "INSERT INTO helper_binding (community_id, id, elder_id, helper_id, slot, relation, state, asked_at, asked_by)"
        " VALUES (1, ?, ?, ?, 1, 'neighbour', 'asked', 0, '')"
    )
    attack(
        village,
        ("UPDATE person SET name = ?, left_on = NULL, left_reason = '' WHERE id = ?", ("又来了", person)),
        (bound, (b"0" * 16, helper, person)),
    )
    (settings.keys / f"{village.code}.erased").write_text(
        f'{{"person": "{told.person.id.hex}", "number": "{told.person.number}", "at": "2026-11-20"}}\n'
    )
    (settings.keys / f"{village.code}.erased").chmod(0o600)
    found = {one.code: one.text for one in _found(village, settings)}
    assert "helper_binding, person" in found["erased_still_there"]
    assert told.person.number in found["erasure_back"]


@only_sqlite
def test_an_erasure_that_cannot_be_carried_out_says_why(village: Village, settings: Settings) -> None:
    told = traces.leave_traces(village)
    traces.approve(village, traces.ask(village, told.person))
    village.pass_time(days=9)
    traces.Orders(village).place(told.person, minutes=30, hours_ahead=50)
    (waits,) = [one for one in _found(village, settings) if one.code == "erasure_waits"]
    assert waits.text == f"{told.person.number} waits: open_orders"


def test_every_code_is_told_in_words() -> None:
    source = "".join(path.read_text() for path in Path(doctor.__file__).parent.glob("*.py"))
    for code, (means, remedy) in MEANINGS.items():
        assert f'"{code}"' in source or code.endswith("_differs"), code
        assert means.endswith(".")
        assert remedy.endswith((".", ")."))


def _found(village: Village, settings: Settings, examinations: Any = doctor.EXAMINATIONS) -> list[Any]:
    found = list(doctor.examine(settings, village.storage, examinations=examinations))
    for one in found:
        assert one.means
        assert one.remedy
    return found

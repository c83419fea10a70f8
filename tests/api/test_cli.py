"""The command line on an installation of its own: opening, signing, taking out, backing up, restoring, examining."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from api.cli import main
from ledger import book_of
from ledger.verify import verify
from tests.village import AREAS
from timebank import accounts
from timebank.columns import new_id
from timebank.storage import new_key

pytestmark = pytest.mark.slow


@pytest.fixture
def timebank(tmp_path, monkeypatch):
    """A fresh installation."""
    monkeypatch.setenv("TIMEBANK_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("TIMEBANK_PUBLIC_URL", "https://village.example")

    return Installation(tmp_path / "data")


@dataclass
class Installation:
    """One data folder; calling it runs a command there and gives exit code and output."""

    data: Path

    def __call__(self, *arguments: object) -> tuple[int, str]:
        done = CliRunner().invoke(main, [str(one) for one in arguments], catch_exceptions=False)
        return done.exit_code, done.output


@pytest.fixture
def opened(timebank, opened_once):
    """A community opened by an operator at the console, with 300 entries; each test has its own copy."""
    shutil.copytree(opened_once.data, timebank.data)
    return timebank


@pytest.fixture(scope="module")
def opened_once(tmp_path_factory):
    folder = tmp_path_factory.mktemp("opened")
    timebank = Installation(folder / "data")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("TIMEBANK_DATA_DIR", str(timebank.data))
        patched.setenv("TIMEBANK_PUBLIC_URL", "https://village.example")
        _open(timebank, folder)
    return timebank


def _open(timebank, folder: Path) -> None:
    assert timebank("migrate")[0] == 0
    tree = folder / "areas.csv"
    tree.write_text(
        "编码,名称,级别,上级编码\n"
        + "".join(f"{code},{name},{level},{parent}\n" for code, name, level, parent in AREAS),
        encoding="utf-8",
    )
    assert timebank("import", "areas", tree)[0] == 0
    code, told = timebank(
        "open-community", "TPL", "--name", "太平里社区", "--area", "3201020101", "--profile", "nanjing-2019"
    )
    assert code == 0, told
    book_some(300)


def book_some(count: int) -> int:
    """Book visits as the server would; returns the account."""
    from api.app import open_storage
    from api.settings import Settings

    storage = open_storage(Settings())

    def change(session, now):
        number = accounts.open_main(session, 1, kind="person", owner_id=new_id(now), unit="min")
        for _ in range(count):
            book_of(session).post(
                {accounts.ISSUE_MIN: -15, number: 15}, on=now.date(), detail={"use_case": "test.settle", "credited": 15}
            )
        return {"account": number}

    try:
        return int(
            storage.write(1, new_key(storage.clock()), change, actor="test", use_case="test", content={})["account"]
        )
    finally:
        storage.close()


def test_a_bundle_taken_at_the_console_verifies(opened, tmp_path):
    code, told = opened("export", "bundle", "TPL", tmp_path / "b.zip", "--with-details")
    assert code == 0, told
    assert verify(tmp_path / "b.zip").ok
    code, told = opened("verify", tmp_path / "b.zip", "--lang", "en")
    assert code == 0, told
    packed = bytearray((tmp_path / "b.zip").read_bytes())
    packed[len(packed) // 2] ^= 1
    (tmp_path / "b.zip").write_bytes(bytes(packed))
    assert opened("verify", tmp_path / "b.zip")[0] in (1, 2)


def test_a_checkpoint_is_printed_and_kept(opened):
    code, first = opened("checkpoint", "TPL")
    assert (code, first.startswith("timebank.example/log/TPL\n")) == (0, True)
    assert opened("checkpoint")[1] == first


def test_the_trial_balance_adds_up(opened):
    _, told = opened("export", "trial-balance", "TPL", "--from", "2020-01-01", "--to", "2999-12-31")
    rows = [json.loads(line) for line in told.splitlines()]
    assert sum(row["closing"] for row in rows) == 0
    assert sum(row["added"] for row in rows) == sum(row["taken"] for row in rows) == 4500


def test_an_area_tree_with_a_wrong_row_changes_nothing(timebank, tmp_path):
    timebank("migrate")
    tree = tmp_path / "areas.csv"
    tree.write_text("编码,名称,级别,上级编码\n32,江苏省,province,\n3299,某市,city,77\n", encoding="utf-8")
    code, told = timebank("import", "areas", tree)
    assert code == 1
    assert "row 3" in told
    with closing(sqlite3.connect(timebank.data / "timebank.sqlite")) as database:
        assert database.execute("SELECT count(*) FROM area").fetchone() == (0,)


def test_a_well_installation_is_told_so(opened):
    opened("checkpoint")
    code, told = opened("doctor")
    assert (code, told.splitlines()[-1]) == (0, "all is well"), told


def test_the_doctor_names_an_edited_balance_and_rebuilds_it(opened):
    _sql(opened, "UPDATE ledger_account SET balance = balance + 60 WHERE number = 1001")
    code, told = opened("doctor")
    assert code == 1
    assert "ledger_account row 1001" in told
    code, told = opened("doctor", "--rebuild")
    assert code == 0, told
    assert "TPL: made again from" in told


def test_the_doctor_warns_of_readable_secrets_and_missing_seeds(opened, monkeypatch):
    monkeypatch.setenv("TIMEBANK_PUBLIC_URL", "http://127.0.0.1:8000")
    (opened.data / "secret").chmod(0o644)
    (opened.data / "keys" / "TPL.seed").rename(opened.data / "TPL.seed.elsewhere")
    code, told = opened("doctor")
    assert code == 1
    for words in ("127.0.0.1", "chmod go-rwx", "signing seed is missing"):
        assert words in told


def test_a_backup_is_restored_and_goes_on(opened, tmp_path):
    opened("checkpoint")
    assert opened("backup", tmp_path / "backup")[0] == 0
    code, told = opened("restore", tmp_path / "backup", "--yes")
    assert (code, "goes on" in told) == (0, True), told
    book_some(10)
    assert opened("checkpoint")[0] == 0


def test_a_backup_older_than_a_signed_checkpoint_is_never_signed(opened, tmp_path):
    opened("checkpoint")
    opened("backup", tmp_path / "backup")
    book_some(10)
    opened("checkpoint")
    code, told = opened("restore", tmp_path / "backup", "--yes")
    assert code == 1
    assert "NOT SIGNED" in told
    book_some(5)
    code, told = opened("checkpoint")
    assert code == 1
    assert "would_fork_the_log" in told
    assert "older than checkpoint" in opened("doctor")[1]


def test_a_restore_keeps_what_it_takes_the_place_of(opened, tmp_path):
    opened("backup", tmp_path / "backup")
    database = opened.data / "timebank.sqlite"
    with closing(
        sqlite3.connect(database)
    ) as left_open:  # as after a crash: what was committed is in the -wal file only
        left_open.execute("INSERT INTO counter (community_id, name, last) VALUES (1, 'late', 7)")
        left_open.commit()
        for _ in range(2):
            opened("restore", tmp_path / "backup", "--yes")
    kept = [database.with_name(f"{database.name}.before-restore-{number}") for number in (1, 2)]
    late = "SELECT count(*) FROM counter WHERE name = 'late'"
    found = []
    for path in [*kept, database]:
        with closing(sqlite3.connect(path)) as copy:
            found += copy.execute(late).fetchone()
    assert found == [1, 0, 0]


def test_a_restore_says_who_was_erased_since_and_erases_her_again(opened, tmp_path):
    people = tmp_path / "people.csv"
    people.write_text("姓名\n令狐冬\n", encoding="utf-8")
    assert opened("import", "residents", "TPL", people, "--confirm")[0] == 0
    opened("backup", tmp_path / "backup")
    with closing(sqlite3.connect(opened.data / "timebank.sqlite")) as database:
        ((person_id, number),) = database.execute("SELECT hex(id), number FROM person").fetchall()
    erased = opened.data / "keys" / "TPL.erased"
    erased.write_text(json.dumps({"person": person_id.lower(), "number": number, "at": "2026-11-20"}) + "\n")
    erased.chmod(0o600)
    _, told = opened("restore", tmp_path / "backup", "--yes")
    assert f"{number} was erased on 2026-11-20 and is back" in told
    assert "[erasure_back]" in opened("doctor")[1]
    code, told = opened("erase")
    assert (code, told.splitlines()[-1]) == (0, "TPL: 1 erased")
    assert "[erasure_back]" not in opened("doctor")[1]
    assert opened("scrub")[0] == 0
    assert "令狐冬".encode() not in (opened.data / "timebank.sqlite").read_bytes()


def test_the_doctor_says_what_findings_mean_as_lines_and_as_json(opened):
    _sql(opened, "UPDATE ledger_account SET balance = balance + 60 WHERE number = 1001")
    code, told = opened("doctor", "--json")
    found = json.loads(told)
    assert (code, found["well"]) == (1, False)
    (differs,) = [one for one in found["findings"] if one["code"] == "account_differs"]
    assert differs["community"] == "TPL"
    assert "--rebuild" in differs["remedy"]
    assert differs["means"] in opened("doctor")[1]


def test_a_log_that_is_damaged_itself_is_not_rebuilt(opened):
    _sql(opened, "DROP TRIGGER ledger_entry_delete")
    _sql(opened, "DELETE FROM ledger_entry WHERE seq = 40")
    code, told = opened("doctor", "--rebuild")
    assert code == 2
    assert "Nothing was changed" in told


def test_a_changed_backup_is_refused(opened, tmp_path):
    opened("backup", tmp_path / "backup")
    with (tmp_path / "backup" / "timebank.sqlite").open("r+b") as file:
        file.seek(5000)
        file.write(b"x")
    code, told = opened("restore", tmp_path / "backup", "--yes")
    assert (code, "was changed" in told) == (1, True)


def test_commands_say_that_the_server_holds_the_database(opened):
    from api.app import open_storage
    from api.settings import Settings

    server = open_storage(Settings())
    server.hold_lane()
    try:
        book = opened("doctor", "--rebuild")
        assert (book[0], "server holds the database" in book[1]) == (1, True)
        assert opened("checkpoint")[0] == 1
        assert opened("serve")[0] == 1
    finally:
        server.close()


def test_on_postgresql_a_backup_is_told_how(timebank, monkeypatch, tmp_path):
    monkeypatch.setenv("TIMEBANK_DATABASE_URL", "postgresql+psycopg://somebody@127.0.0.1:1/nowhere")
    code, told = timebank("backup", tmp_path / "backup")
    assert (code, "pg_dump" in told) == (1, True)


def test_a_sign_in_for_an_operator_is_made_once(opened):
    code, told = opened("login", "operator-one")
    assert (code, "password" in told) == (0, True)
    assert opened("login", "operator-one")[0] == 1


def _sql(opened, statement: str) -> None:
    with closing(sqlite3.connect(opened.data / "timebank.sqlite")) as database:
        database.execute(statement)
        database.commit()

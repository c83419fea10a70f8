"""The books from the command line: a beancount journal and CSV files, whole or not at all."""

from __future__ import annotations

import csv
import gzip
import io
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from api.cli import main
from tests.ledger.books import attack, credit, make_volunteer
from tests.ledger.exports.every_kind import keep_books
from tests.village import lasting_village

TABLES = ["accounts.csv", "entries.csv", "postings.csv", "trial_balance.csv"]


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory, schema_folder: Path) -> Path:
    """A data folder whose database holds books with every kind of entry; nobody serves it."""
    folder = tmp_path_factory.mktemp("data")
    with lasting_village(folder, schema_folder) as village:
        keep_books(village)
    return folder


def run(installation: Path, *arguments: object) -> Result:
    environment = {
        "TIMEBANK_DATA_DIR": str(installation),
        "TIMEBANK_DATABASE_URL": f"sqlite:///{installation}/timebank.db",
        "TIMEBANK_PUBLIC_URL": "https://village.example",
    }
    return CliRunner().invoke(main, ["export", *map(str, arguments)], env=environment, catch_exceptions=False)


def test_a_journal_goes_to_standard_output_a_file_or_a_packed_file(installation: Path, tmp_path: Path) -> None:
    told = run(installation, "beancount", "TPL")
    assert told.exit_code == 0, told.output
    path, packed = tmp_path / "books.beancount", tmp_path / "books.beancount.gz"
    assert run(installation, "beancount", "TPL", path).exit_code == 0
    assert run(installation, "beancount", "TPL", packed).exit_code == 0
    assert path.read_text("ascii") == told.stdout == gzip.decompress(packed.read_bytes()).decode("ascii")
    again = tmp_path / "again.beancount.gz"
    assert run(installation, "beancount", "TPL", again).exit_code == 0
    assert again.read_bytes() == packed.read_bytes()
    bean_check = Path(sys.executable).with_name("bean-check")
    checked = subprocess.run([bean_check, "--no-cache", path], capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")


def test_options_reach_the_journal(installation: Path, tmp_path: Path) -> None:
    path = tmp_path / "books.beancount"
    arguments = ["TPL", path, "--unit", "pt", "--from", "2026-12-01", "--to", "2026-12-31", "--by", "booked"]
    assert run(installation, "beancount", *arguments).exit_code == 0
    text = path.read_text("ascii")
    assert ";; counted by the day of booking, from 2026-12-01 to 2026-12-31" in text
    assert " MIN" not in text
    assert "2027-01-01 balance " in text


def test_tables_go_to_a_folder_or_an_archive(installation: Path, tmp_path: Path) -> None:
    folder, archive = tmp_path / "books", tmp_path / "books.zip"
    assert run(installation, "csv", "TPL", folder).exit_code == 0
    assert run(installation, "csv", "TPL", archive).exit_code == 0
    assert sorted(path.name for path in folder.iterdir()) == TABLES
    with zipfile.ZipFile(archive) as packed:
        assert sorted(packed.namelist()) == TABLES
        assert packed.testzip() is None
        assert all(packed.read(name) == (folder / name).read_bytes() for name in TABLES)
    rows = list(csv.DictReader(io.StringIO((folder / "entries.csv").read_text("ascii"))))
    assert [int(row["seq"]) for row in rows] == list(range(len(rows)))


@pytest.mark.parametrize("form", ["beancount", "csv"])
def test_what_cannot_be_done_is_said_and_nothing_is_left(installation: Path, tmp_path: Path, form: str) -> None:
    kept = tmp_path / "kept.zip"
    kept.write_bytes(b"what was there")
    full = tmp_path / "full"
    full.mkdir()
    (full / "mine.txt").write_text("mine")
    refused = {
        "there is no community XYZ": ["XYZ", tmp_path / "out"],
        "No such file or directory": ["TPL", tmp_path / "nowhere" / "out.zip"],
        "is after": ["TPL", tmp_path / "out", "--from", "2026-02-01", "--to", "2026-01-01"],
        "'cny' is not one of": ["TPL", tmp_path / "out", "--unit", "cny"],
        "does not match the format": ["TPL", tmp_path / "out", "--from", "gestern"],
    }
    if form == "csv":
        refused["there are files already"] = ["TPL", full]
    for told, arguments in refused.items():
        done = run(installation, form, *arguments)
        assert done.exit_code != 0
        assert told in done.output
        assert "Traceback" not in done.output
    assert sorted(path.name for path in tmp_path.iterdir()) == ["full", "kept.zip"]
    assert (full / "mine.txt").read_text() == "mine"


def test_a_full_disk_leaves_what_was_there(installation: Path, tmp_path: Path) -> None:
    path = tmp_path / "books.beancount"
    path.write_bytes(b"last year's")
    (tmp_path / ".books.beancount.part").symlink_to("/dev/full")
    assert Path("/dev/full").is_char_device()
    done = run(installation, "beancount", "TPL", path)
    assert done.exit_code == 1
    assert "No space left on device" in done.output
    assert path.read_bytes() == b"last year's"
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


def test_a_database_without_tables_is_told_as_such(tmp_path: Path) -> None:
    done = run(tmp_path, "csv", "TPL", tmp_path / "out")
    assert (done.exit_code, "timebank migrate" in done.output) == (1, True)


def test_a_damaged_log_is_told_as_such(installation: Path, tmp_path: Path, schema_folder: Path) -> None:
    with lasting_village(tmp_path, schema_folder) as village:
        seq = credit(village, make_volunteer(village), times=3)
        attack(village, ("DELETE FROM ledger_entry WHERE seq = ?", (seq - 1,)))
    done = run(tmp_path, "beancount", "TPL", tmp_path / "out")
    assert done.exit_code == 1
    assert f"the log is damaged: entry {seq - 1} is missing" in done.output
    assert not (tmp_path / "out").exists()

"""A log long enough for three levels of tiles, and Go's opinion of it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.interop.outsider import Copy
from tests.ledger.books import credit, make_volunteer
from tests.village import lasting_village

PROGRAM = Path(__file__).with_name("gocheck") / "main.go"
GO_PACKAGES = Path("/usr/share/gocode")
LONG = 65_800

Ask = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def go_program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Our small program around golang.org/x/mod/sumdb, built from Debian's packages alone."""
    if shutil.which("go") is None or not (GO_PACKAGES / "src/golang.org/x/mod/sumdb").is_dir():
        pytest.skip("golang-go and golang-golang-x-mod-dev are not installed: `make setup-dev` says how")
    folder = tmp_path_factory.mktemp("go")
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "GOCACHE": str(folder / "cache"),
        "GOPATH": str(GO_PACKAGES),
        "GO111MODULE": "off",
        "GOFLAGS": "",
        "CGO_ENABLED": "0",
    }
    command = ["go", "build", "-o", str(folder / "gocheck"), str(PROGRAM)]
    built = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    return folder / "gocheck"


@pytest.fixture
def ask_go(go_program: Path) -> Ask:
    """What Go says, by name of the case: an answer whose `error` is empty where it accepts."""

    def ask(**cases: dict[str, Any]) -> dict[str, Any]:
        asked = {"cases": [{"Name": name, **case} for name, case in cases.items()]}
        said = subprocess.run([go_program], input=json.dumps(asked), capture_output=True, text=True, check=True)
        answers = {answer["name"]: answer for answer in json.loads(said.stdout)}
        assert list(answers) == list(cases)
        return answers

    return ask


@pytest.fixture(scope="session")
def long_copy(tmp_path_factory: pytest.TempPathFactory, schema_folder: Path) -> Iterator[Copy]:
    """A village of more than 65,536 entries on SQLite, and a copy of its log as an outsider fetches it."""
    folder = tmp_path_factory.mktemp("long")
    with lasting_village(folder, schema_folder) as village:
        member = make_volunteer(village)
        for _ in range(LONG // 10_000):
            credit(village, member, minutes=1, times=10_000)
        credit(village, member, minutes=1, times=LONG % 10_000)
        with village.read() as session:
            yield Copy(session, village, folder / "log")

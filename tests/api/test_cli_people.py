"""Residents from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from api.cli import main
from tests.village import AREAS

pytestmark = pytest.mark.slow


@pytest.fixture
def timebank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Run a command in an installation with one open community; returns exit code and output."""
    monkeypatch.setenv("TIMEBANK_DATA_DIR", str(tmp_path / "data"))

    def run(*arguments: object) -> tuple[int, str]:
        done = CliRunner().invoke(main, [str(one) for one in arguments], catch_exceptions=False)
        return done.exit_code, done.output

    tree = tmp_path / "areas.csv"
    tree.write_text("code,name,level,parent\n" + "".join(",".join(row) + "\n" for row in AREAS), encoding="utf-8")
    for command in (
        ("migrate",),
        ("import", "areas", tree),
        ("open-community", "TPL", "--name", "太平里社区", "--area", "3201020101"),
    ):
        code, told = run(*command)
        assert code == 0, told
    return run


def test_rows_are_looked_at_first_and_taken_in_when_confirmed(timebank, tmp_path: Path) -> None:
    file = tmp_path / "名册.csv"
    file.write_bytes(
        "姓名,户号,期初分钟,原账页码,经办人,复核人\n陈素珍,001,120,第3页,张明,李红\n李四,002,,,,\n".encode("gb18030")
    )
    assert timebank("import", "residents", "TPL", file) == (0, "2 new, 0 known, 0 doubtful, 0 error\n")
    code, told = timebank("import", "residents", "TPL", file, "--confirm")
    assert code == 0, told
    assert "2 people" in told
    assert "120 opening_minutes" in told
    code, told = timebank("import", "residents", "TPL", file)
    assert "0 new, 2 known" in told


def test_wrong_rows_are_named_and_nothing_is_taken_in(timebank, tmp_path: Path) -> None:
    file = tmp_path / "名册.csv"
    file.write_text("姓名,出生日期\n张三,1940-02-30\n李四,\n", encoding="utf-8")
    code, told = timebank("import", "residents", "TPL", file, "--confirm")
    assert code == 1
    assert "2\terror\t张三" in told
    assert "出生日期" in told
    assert "import_has_errors" in told
    code, told = timebank("import", "residents", "TPL", file)
    assert "1 new, 0 known, 0 doubtful, 1 error" in told


def test_an_unknown_community_is_told(timebank, tmp_path: Path) -> None:
    file = tmp_path / "名册.csv"
    file.write_text("姓名\n张三\n", encoding="utf-8")
    code, told = timebank("import", "residents", "NOPE", file)
    assert code == 1
    assert "no community NOPE" in told

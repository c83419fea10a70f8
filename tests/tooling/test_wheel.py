"""What is installed from the wheel is the whole product: it serves from an empty folder, with nothing of the checkout."""

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from tools.setup import ROOT

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel as it would be published."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment of its own, where the project is there only as that wheel.

    The libraries are the checkout's: they are what the locks name, and fetching them again would show nothing. (The
    line that makes the checkout importable stands in a .pth of that folder, and those are read only where Python starts.)
    """
    environment = tmp_path_factory.mktemp("installed")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True)
    programs = environment / "bin"
    pip = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        str(programs / "python"),
        "install",
        "-qq",
        "--no-deps",
        "--no-index",
    ]
    subprocess.run([*pip, str(wheel)], check=True, stdin=subprocess.DEVNULL)
    packages = environment / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
    (packages / "libraries.pth").write_text(f"{sysconfig.get_path('purelib')}\n", encoding="utf-8")
    return programs


@pytest.fixture
def empty_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "empty"
    folder.mkdir()
    return folder


def clean_environment(**settings: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TIMEBANK_", "PYTHON"))}
    return {**kept, **settings}


def in_checkout(*patterns: str) -> set[str]:
    """Files of these folders that a reader of pages needs, by their place in the repository."""
    found = (path for pattern in patterns for path in ROOT.glob(pattern) if path.is_file())
    return {str(path.relative_to(ROOT)) for path in found if "__pycache__" not in path.parts}


def test_templates_translations_static_files_and_migrations_are_in_the_wheel(wheel: Path):
    needed = in_checkout(
        "templates/**/*", "api/static/**/*", "api/translations/**/*.mo", "api/migrations/**/*", "timebank/samples/*"
    )
    assert {"templates/layout.html", "api/static/vendor/htmx.min.js", "api/static/vendor/zxing_reader.wasm"} <= needed
    assert "api/translations/en/LC_MESSAGES/messages.mo" in needed
    with zipfile.ZipFile(wheel) as archive:
        carried = set(archive.namelist())
    assert needed - carried == set()


def test_nothing_else_is_in_the_wheel(wheel: Path):
    with zipfile.ZipFile(wheel) as archive:
        carried = archive.namelist()
    tops = {name.partition("/")[0] for name in carried}
    assert tops == {"api", "ledger", "templates", "timebank", "timebank-0.1.0.dist-info"}
    assert [name for name in carried if name.endswith((".po", ".pot", ".pyc", ".sqlite", ".db", "-draft"))] == []


def test_what_runs_is_the_wheel_and_not_the_checkout(installed: Path, empty_folder: Path):
    code = "import api, ledger, templates, timebank; print(api.__file__, ledger.__file__, templates.__file__, timebank.__file__)"
    done = subprocess.run(
        [installed / "python", "-c", code],
        cwd=empty_folder,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    places = done.stdout.split()
    assert len(places) == 4
    assert all(Path(place).is_relative_to(installed.parent) for place in places)

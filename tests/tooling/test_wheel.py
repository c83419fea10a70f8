"""What is installed from the wheel is the whole product: it serves from an empty folder, with nothing of the checkout."""

import os
import signal
import socket
import subprocess
import sys
import sysconfig
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
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


@pytest.fixture
def served(installed: Path, empty_folder: Path) -> Iterator[str]:
    """The address of a server started from the wheel in an empty folder."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = clean_environment(TIMEBANK_PORT=str(port))
    log = empty_folder.parent / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [installed / "timebank", "serve"],
            cwd=empty_folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        url = f"http://127.0.0.1:{port}"
        wait_for(f"{url}/healthz", process, log)
        yield url
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if fetch(url)[0] == 200:
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
    pytest.fail(f"it did not come up:\n{log.read_text(encoding='utf-8', errors='replace')}")


def fetch(url: str, language: str = "zh-CN") -> tuple[int, str]:
    request = urllib.request.Request(url, headers={"Accept-Language": language})  # noqa: S310 -- our own address
    with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310 -- our own address
        return answer.status, answer.read().decode("utf-8", errors="replace")


def command(installed: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [installed / "timebank", *arguments],
        cwd=folder,
        env=clean_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("name", ["", "serve", "doctor", "export", "verify"])
def test_a_command_tells_how_it_is_used_and_leaves_nothing_behind(installed: Path, empty_folder: Path, name: str):
    done = command(installed, empty_folder, *filter(None, [name, "--help"]))
    assert done.returncode == 0, done.stderr
    assert done.stdout.casefold().startswith("usage: timebank")
    assert list(empty_folder.iterdir()) == []


def test_a_fresh_installation_is_well(installed: Path, empty_folder: Path):
    assert command(installed, empty_folder, "doctor").returncode != 0, "no tables yet"
    made = command(installed, empty_folder, "migrate")
    assert made.returncode == 0, made.stderr
    examined = command(installed, empty_folder, "doctor")
    assert examined.returncode == 0, examined.stdout + examined.stderr


def test_pages_are_served_from_an_empty_folder_in_both_languages(served: str):
    status, chinese = fetch(f"{served}/sign-in")
    assert (status, "登录" in chinese) == (200, True)
    status, english = fetch(f"{served}/sign-in", language="en")
    assert (status, "Sign in" in english) == (200, True)
    assert fetch(f"{served}/readyz")[0] == 200


def test_style_sheets_and_scripts_are_served_from_an_empty_folder(served: str):
    page = fetch(f"{served}/sign-in")[1]
    addresses = {part.partition('"')[0] for part in page.split('="')[1:] if part.startswith("/static/")}
    assert any(".css" in address for address in addresses)
    assert any(".js" in address for address in addresses)
    for address in addresses:
        assert fetch(f"{served}{address}")[0] == 200

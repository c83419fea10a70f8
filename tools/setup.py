"""Make this checkout ready: `make setup`, and first in `make demo`, `make test` and `make check`.

Runs on a machine that has Python 3.11 and nothing of the project, with the standard library alone. Each step keeps a
digest of what it was made from in .venv/setup/, so that a second run does nothing and takes a moment.

    python3 tools/setup.py          for the demo and for serving
    python3 tools/setup.py --dev    for tests and checks too

Debian packages are installed where that is allowed (root, apt-get, and no --no-debian); elsewhere a message names
what is missing and what will not work, and set-up goes on.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 -- said in a sentence, before an import fails
    sys.exit("setup: needs Python 3.11 or newer; name it with make PYTHON=/path/to/python3.11")

import argparse
import ctypes
import fcntl
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BIN = VENV / "bin"
STAMPS = VENV / "setup"
GO_LOG_PACKAGES = Path("/usr/share/gocode/src/golang.org/x/mod/sumdb")  # where Debian puts Go sources
PIP = [str(BIN / "python"), "-m", "pip", "--disable-pip-version-check", "--no-input"]


def main() -> None:
    parser = argparse.ArgumentParser(description="Make this checkout ready.")
    parser.add_argument("--dev", action="store_true", help="install what tests and checks need, too")
    parser.add_argument("--no-debian", action="store_true", help="install no Debian packages, only say what is missing")
    arguments = parser.parse_args()
    os.chdir(ROOT)
    with Path(__file__).open(encoding="utf-8") as itself:
        fcntl.flock(itself, fcntl.LOCK_EX)  # two terminals may run make at the same moment
        debian_packages(dev=arguments.dev, install=not arguments.no_debian)
        virtual_environment()
        python_packages(dev=arguments.dev)
        this_project()
        browser_parts()
        translations()


# What is asked of Debian


@dataclass(frozen=True)
class DebianPackage:
    name: str
    is_there: Callable[[], bool]
    without_it: str
    dev_only: bool = False


def has_command(name: str) -> Callable[[], bool]:
    return lambda: shutil.which(name) is not None


def has_library(name: str) -> Callable[[], bool]:
    def loads() -> bool:
        try:
            ctypes.CDLL(name)
        except OSError:
            return False
        return True

    return loads


def has_cjk_font() -> bool:
    folders = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), Path.home() / ".local/share/fonts")
    return any(next(folder.rglob("NotoSansCJK*"), None) is not None for folder in folders)


DEBIAN_PACKAGES = (
    DebianPackage("fonts-noto-cjk", has_cjk_font, "printed cards and sheets show boxes in place of Chinese characters"),
    DebianPackage("libpango-1.0-0", has_library("libpango-1.0.so.0"), "no PDF can be made"),
    DebianPackage("libpangoft2-1.0-0", has_library("libpangoft2-1.0.so.0"), "no PDF can be made"),
    DebianPackage("libharfbuzz-subset0", has_library("libharfbuzz-subset.so.0"), "PDFs grow by whole fonts"),
    DebianPackage(
        "python3-venv", lambda: importlib.util.find_spec("ensurepip") is not None, "no virtual environment can be made"
    ),
    DebianPackage("chromium", has_command("chromium"), "the browser tests cannot run", dev_only=True),
    DebianPackage(
        "strace", has_command("strace"), "the test that sees fsync before an answer cannot run", dev_only=True
    ),
    DebianPackage("golang-go", has_command("go"), "Go's own log packages check no log of ours", dev_only=True),
    DebianPackage(
        "golang-golang-x-mod-dev",
        GO_LOG_PACKAGES.is_dir,
        "Go's own log packages check no log of ours",
        dev_only=True,
    ),
)


def debian_packages(*, dev: bool, install: bool, packages: Sequence[DebianPackage] = DEBIAN_PACKAGES) -> None:
    def missing() -> list[DebianPackage]:
        return [package for package in packages if (dev or not package.dev_only) and not package.is_there()]

    wanted = missing()
    if not wanted:
        return
    if install and os.geteuid() == 0 and shutil.which("apt-get"):
        names = [package.name for package in wanted]
        say(f"installing Debian packages: {' '.join(names)}")
        apt = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-qq", "--no-install-recommends", *names]):
            subprocess.run(command, env=apt, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=False)
        wanted = missing()
    if wanted:
        say("not on this machine, and not installed:")
        for package in wanted:
            say(f"    {package.name:<20} without it {package.without_it}")
        say(f"    to have them: sudo apt-get install {' '.join(package.name for package in wanted)}")


# What is made in this folder


def virtual_environment() -> None:
    made_from = f"{sys.version_info.major}.{sys.version_info.minor} {ROOT}"
    if not is_made("venv", made_from, BIN / "python"):
        say(f"making .venv with Python {sys.version.split()[0]}")
        shutil.rmtree(VENV, ignore_errors=True)
        run([sys.executable, "-m", "venv", str(VENV)])
        mark_made("venv", made_from)


def python_packages(*, dev: bool) -> None:
    run_lock, dev_lock = digest_of(ROOT / "requirements/run.txt"), digest_of(ROOT / "requirements/dev.txt")
    if is_made("python-dev", dev_lock) or (not dev and is_made("python-run", run_lock)):
        return
    name, lock = ("dev", dev_lock) if dev else ("run", run_lock)
    say(f"installing Python packages: requirements/{name}.txt")
    run([*PIP, "install", "-qq", "--require-hashes", "-r", f"requirements/{name}.txt"])
    mark_made(f"python-{name}", lock)


def this_project() -> None:
    """Install the project so that its folders are imported from here, with the command `timebank`."""
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    build = {
        "build-system": declared["build-system"],
        "project": declared["project"],
        "hatch": declared["tool"]["hatch"],
    }
    made_from = digest(json.dumps(build, sort_keys=True))
    if not is_made("project", made_from, BIN / "timebank"):
        say("installing the project")
        run([*PIP, "install", "-qq", "--no-deps", "--no-build-isolation", "--no-index", "--editable", "."])
        mark_made("project", made_from)


def browser_parts() -> None:
    lock = digest_of(ROOT / "package-lock.json")
    if not is_made("npm", lock, ROOT / "node_modules"):
        environment = with_node()
        say("installing npm packages: package-lock.json")
        quiet = [
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--fetch-retries=1",
            "--loglevel=error",
            "--no-update-notifier",
        ]
        run(["npm", "ci", *quiet], env=environment, stdout=subprocess.DEVNULL)
        mark_made("npm", lock)
    made_from = lock + digest_of(ROOT / "tools/build_static.py")
    if not is_made("static", made_from, ROOT / "api/static/vendor/LICENSES.txt"):
        say("copying the browser's parts to api/static/vendor")
        run([sys.executable, "tools/build_static.py"], stdout=subprocess.DEVNULL)
        mark_made("static", made_from)


def with_node() -> dict[str, str]:
    """The environment for npm: as it is where there is a Node, else with the one from PyPI first on the path."""
    if shutil.which("node") and shutil.which("npm"):
        return dict(os.environ)
    lock = digest_of(ROOT / "requirements/node.txt")
    if not is_made("node", lock, BIN / "npm"):
        say("installing Node from PyPI: requirements/node.txt")
        run([*PIP, "install", "-qq", "--require-hashes", "-r", "requirements/node.txt"])
        mark_made("node", lock)
    return {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}


def translations() -> None:
    catalog = ROOT / "api/translations/en/LC_MESSAGES/messages.po"
    made_from = digest_of(catalog)
    if not is_made("translations", made_from, catalog.with_suffix(".mo")):
        say("compiling translations")
        run([str(BIN / "python"), "tools/translations.py", "compile"])
        mark_made("translations", made_from)


# What is remembered


def is_made(step: str, made_from: str, *outcomes: Path) -> bool:
    stamp = STAMPS / step
    return (
        stamp.is_file() and stamp.read_text(encoding="utf-8") == made_from and all(path.exists() for path in outcomes)
    )


def mark_made(step: str, made_from: str) -> None:
    STAMPS.mkdir(exist_ok=True)
    (STAMPS / step).write_text(made_from, encoding="utf-8")


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def digest_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def run(
    command: list[str], *, env: dict[str, str] | None = None, stdout: int | None = None, stderr: int | None = None
) -> None:
    done = subprocess.run(command, env=env, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr, check=False)
    if done.returncode:
        sys.exit(f"setup: failed: {' '.join(command)}")


def say(text: str) -> None:
    print(f"setup: {text}", flush=True)


if __name__ == "__main__":
    main()

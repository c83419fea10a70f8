"""Set-up is quick when nothing changed, says what it could not do, and installs only what the locks name."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tools.setup import ROOT, DebianPackage, debian_packages, digest_of, is_made

REQUIREMENTS = sorted((ROOT / "requirements").glob("*.txt"))


def run_setup() -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "tools/setup.py", "--dev", "--no-debian"], cwd=ROOT, capture_output=True, text=True, check=True
    )


def test_a_second_run_does_nothing():
    run_setup()
    vendor = ROOT / "api" / "static" / "vendor" / "htmx.min.js"
    before = vendor.stat().st_mtime_ns
    assert run_setup().stdout == ""
    assert vendor.stat().st_mtime_ns == before


def test_what_was_made_from_something_else_is_made_again():
    lock = digest_of(ROOT / "requirements" / "dev.txt")
    assert is_made("python-dev", lock)
    assert not is_made("python-dev", "another lock")
    assert not is_made("python-dev", lock, ROOT / "no such outcome")


def test_what_is_missing_is_named_with_what_will_not_work(capsys: pytest.CaptureFixture[str]):
    packages = [
        DebianPackage("fonts-made-up", lambda: False, "sheets show boxes"),
        DebianPackage("browser-made-up", lambda: False, "the browser tests cannot run", dev_only=True),
        DebianPackage("library-made-up", lambda: True, "nothing works"),
    ]
    debian_packages(dev=False, install=False, packages=packages)
    said = capsys.readouterr().out
    assert re.search(r"fonts-made-up +without it sheets show boxes", said)
    assert "apt-get install fonts-made-up\n" in said
    assert "browser-made-up" not in said, "the demo needs no browser of ours"
    debian_packages(dev=True, install=False, packages=packages)
    said = capsys.readouterr().out
    assert "the browser tests cannot run" in said
    assert "library-made-up" not in said


@pytest.mark.parametrize("path", REQUIREMENTS, ids=lambda path: path.name)
def test_every_python_package_is_pinned_by_hash_and_names_no_registry(path: Path):
    text = path.read_text(encoding="utf-8")
    assert "://" not in text
    pins = re.split(r"\n(?=[a-z])", text)
    assert len(pins) > 1
    for pin in pins:
        assert re.match(r"[a-z0-9.-]+(\[[a-z,]+\])?==\S+", pin)
        assert "--hash=sha256:" in pin


def test_npm_packages_are_pinned_by_hash_and_name_no_registry():
    lock = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))
    packages = {name: package for name, package in lock["packages"].items() if name}
    assert packages
    for name, package in packages.items():
        assert package["integrity"].startswith("sha512-"), name
        assert "resolved" not in package, name
    assert "://" not in (ROOT / ".npmrc").read_text(encoding="utf-8")


def test_what_is_declared_is_locked():
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = {"run": declared["project"]["dependencies"], **declared["dependency-groups"]}
    for lock, names in {"run": ("run", "source"), "dev": ("run", "source", "dev"), "node": ("node",)}.items():
        locked = set(
            re.findall(r"^[a-z0-9.-]+", (ROOT / f"requirements/{lock}.txt").read_text(encoding="utf-8"), re.MULTILINE)
        )
        wanted = {re.match(r"[a-z0-9.-]+", wish).group() for name in names for wish in groups[name]}
        assert wanted <= locked


def test_what_runs_is_what_was_tested():
    def pins(name: str) -> dict[str, str]:
        text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
        return dict(re.findall(r"^([a-z0-9.-]+)(?:\[[a-z,]+\])?==(\S+)", text, re.MULTILINE))

    run, dev = pins("run.txt"), pins("dev.txt")
    assert run
    assert run.items() <= dev.items()

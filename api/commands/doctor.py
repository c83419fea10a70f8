"""`timebank doctor`: examine an installation, and make projections again."""

import json
import sys
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress

from api import doctor as examinations
from api.app import open_storage
from api.settings import Settings
from ledger.errors import LogBroken


@click.command()
@click.option(
    "--rebuild",
    is_flag=True,
    help="make balances, postings, holds, quotas and the log's end again from the leaves alone",
)
@click.option("--json", "as_json", is_flag=True, help="one JSON document instead of lines")
def doctor(*, rebuild: bool, as_json: bool) -> None:
    """Examine the installation, and say what is found, what it means and what to do.

    Secrets, clock, guards, rights, erasures, checkpoints, projections against leaves, details against their
    fingerprints, rows against entries.

    Ends with 0 if all is well (advice counts as well), 1 if something is wrong, 2 if --rebuild was refused.
    """
    settings = Settings().prepare()
    storage = open_storage(settings)
    try:
        with Progress(console=Console(stderr=True), transient=True) as shown:
            told = _Told(shown)
            rebuilt = _rebuild(settings, storage, told) if rebuild else {}
            found = list(examinations.examine(settings, storage, progress=told))
    finally:
        storage.close()
    wrong = any(finding.trouble for finding in found)
    if as_json:
        click.echo(
            json.dumps({"well": not wrong, "rebuilt": rebuilt, "findings": [_plain(one) for one in found]}, indent=2)
        )
    else:
        for code, entries in rebuilt.items():
            click.echo(f"{code}: made again from {entries} entries")
        _say(found)
        click.echo("something is wrong" if wrong else "all is well")
    sys.exit(1 if wrong else 0)


class _Told:
    """Bars for what takes long."""

    def __init__(self, shown: Progress) -> None:
        self._shown = shown
        self._tasks: dict[str, Any] = {}

    def __call__(self, what: str, done: int, size: int) -> None:
        if what not in self._tasks:
            self._tasks[what] = self._shown.add_task(what, total=size)
        self._shown.update(self._tasks[what], completed=done, total=size)


def _rebuild(settings: Settings, storage: Any, told: _Told) -> dict[str, int]:
    try:
        return examinations.rebuild(settings, storage, progress=told)
    except LogBroken as broken:
        click.echo(f"not rebuilt: {broken}", err=True)
        click.echo(
            "Nothing was changed. The record itself is damaged, and whatever were made from it would be wrong too: keep this"
            " database, restore the newest backup that is well, and compare a bundle of it with older checkpoints"
            " (`timebank verify`).",
            err=True,
        )
        sys.exit(2)


def _say(found: list[examinations.Finding]) -> None:
    """Each finding a line; what a code means once, below its last."""
    for at, one in enumerate(found):
        place = f"{one.community}: " if one.community else ""
        click.echo(f"{'!!' if one.trouble else '--'} {place}{one.text} [{one.code}]")
        if at + 1 == len(found) or found[at + 1].code != one.code:
            click.echo(f"   {one.means} {one.remedy}")


def _plain(one: examinations.Finding) -> dict[str, Any]:
    return {
        "code": one.code,
        "trouble": one.trouble,
        "community": one.community,
        "text": one.text,
        "means": one.means,
        "remedy": one.remedy,
    }


COMMANDS = [doctor]

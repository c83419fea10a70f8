"""The books as other programs read them, from the command line: beancount and CSV."""

import datetime as dt
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.progress import Progress

from api import drafts, schema
from api.app import open_storage
from api.settings import Settings
from ledger.exports.journal import By, Wanted
from timebank import exports
from timebank.people import communities
from timebank.people.communities import Community
from timebank.permissions import Actor
from timebank.storage import Storage

DAYS = click.DateTime(formats=["%Y-%m-%d"])

FIRST = click.option("--from", "first", type=DAYS, help="first day (the beginning)")
LAST = click.option("--to", "last", type=DAYS, help="last day (the end)")
UNIT = click.option("--unit", type=click.Choice(["min", "pt"]), help="minutes or points alone")
BY = click.option(
    "--by",
    type=click.Choice(["on", "booked"]),
    default="on",
    show_default=True,
    help="the day that an entry is about, or the day it was booked, as the trial balance counts",
)


@click.command(name="beancount")
@click.argument("community")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True), default="-")
@FIRST
@LAST
@UNIT
@BY
def export_beancount(
    *, community: str, file: Path, first: dt.datetime | None, last: dt.datetime | None, unit: str | None, by: By
) -> None:
    """Write the books as a beancount journal, to a file (compressed if it ends with .gz) or standard output.

    `bean-check FILE` checks it, and with it that the stored balances are what the entries say. Nobody is named.
    """
    wanted = _wanted(first, last, unit, by)
    with _opened(community) as (storage, place), Progress(disable=str(file) == "-") as shown:
        task = shown.add_task(place.code, total=None)
        actor = Actor.console(place.id, "export")

        def told(done: int, size: int) -> None:
            shown.update(task, completed=done, total=size)

        if str(file) == "-":
            with click.open_file("-", "wb") as out:
                exports.write_journal(storage, actor=actor, community_id=place.id, file=out, wanted=wanted)
            return
        with _told(), drafts.file_at(file) as written:
            count = exports.write_journal(
                storage, actor=actor, community_id=place.id, file=written, wanted=wanted, progress=told
            )
    click.echo(f"{file}: {count} entries")


@click.command(name="csv")
@click.argument("community")
@click.argument("target", type=click.Path(path_type=Path))
@FIRST
@LAST
@UNIT
@BY
def export_csv(
    *, community: str, target: Path, first: dt.datetime | None, last: dt.datetime | None, unit: str | None, by: By
) -> None:
    """Write the books as CSV files into a new folder, or into an archive if its name ends with .zip.

    accounts.csv, entries.csv, postings.csv and trial_balance.csv; docs/operations.md names their columns.
    """
    wanted = _wanted(first, last, unit, by)
    with _opened(community) as (storage, place), Progress() as shown, _told():
        task = shown.add_task(place.code, total=None)
        actor = Actor.console(place.id, "export")

        def told(done: int, size: int) -> None:
            shown.update(task, completed=done, total=size)

        if target.suffix == ".zip":
            with drafts.file_at(target) as file, zipfile.ZipFile(file, "w") as archive:
                files: drafts.Zip | drafts.Folder = drafts.Zip(archive)
                count = exports.write_tables(
                    storage, actor=actor, community_id=place.id, files=files, wanted=wanted, progress=told
                )
        else:
            with drafts.folder_at(target) as folder:
                files = drafts.Folder(folder)
                count = exports.write_tables(
                    storage, actor=actor, community_id=place.id, files=files, wanted=wanted, progress=told
                )
    click.echo(f"{target}: {count} entries")


def _wanted(first: dt.datetime | None, last: dt.datetime | None, unit: str | None, by: By) -> Wanted:
    wanted = Wanted(first=first.date() if first else None, last=last.date() if last else None, unit=unit, by=by)
    if wanted.first and wanted.last and wanted.first > wanted.last:
        raise click.BadParameter(f"{wanted.first} is after {wanted.last}", param_hint="--from")
    return wanted


@contextmanager
def _opened(code: str) -> Iterator[tuple[Storage, Community]]:
    storage = open_storage(Settings().prepare())
    try:
        with storage.connect() as connection:
            if not schema.is_current(connection):
                raise click.ClickException("the tables are of another version: run `timebank migrate` first")
        with storage.read() as session:
            place = communities.by_code(session, code)
        if place is None:
            raise click.ClickException(f"there is no community {code}")
        yield storage, place
    finally:
        storage.close()


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except drafts.CannotWrite as refused:
        raise click.ClickException(f"cannot write {refused}") from None


# Listed by api/cli.py below `timebank export`.
COMMANDS = [export_beancount, export_csv]

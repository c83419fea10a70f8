"""The command line: `timebank ...`. Each command says what it did, or why not; a refusal ends with exit code 1."""

import datetime as dt
import json
import secrets
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from rich.progress import Progress

from api import errors
from api.app import open_storage
from api.commands import books, doctor, erasures, notices, people, witness
from api.keys import SigningKeys
from api.settings import Settings
from ledger.errors import LogBroken
from timebank.errors import Busy, Refused
from timebank.people.communities import Community
from timebank.permissions import Actor
from timebank.storage import Storage, new_key

DAYS = click.DateTime(formats=["%Y-%m-%d"])
FOLDER = click.Path(path_type=Path, file_okay=False)
FILE = click.Path(path_type=Path, dir_okay=False)


class Commands(click.Group):
    """Commands whose refusals are told to people instead of traces."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except Busy as busy:
            raise click.ClickException(
                f"the server holds the database ({busy.facts.get('file')}): stop it first, or use its pages"
            ) from None
        except Refused as refused:
            told = ", ".join(f"{name}={value}" for name, value in refused.facts.items())
            raise click.ClickException(f"{errors.words(refused.code, refused.facts)} [{refused.code}] {told}") from None
        except LogBroken as broken:
            raise click.ClickException(f"the log is damaged: {broken}") from None


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="timebank")
def main() -> None:
    """Time bank and village points on one append-only ledger that anybody can verify."""


@main.command()
@click.option("--host", help="address to listen on")
@click.option("--port", type=click.IntRange(1, 65535), help="port to listen on")
def serve(host: str | None, port: int | None) -> None:
    """Serve the pages and the API; on SQLite the jobs run inside."""
    from api import serving

    settings = _settings(host=host, port=port)
    with _opened(settings) as storage:
        if storage.sqlite:
            storage.hold_lane()  # a second server says so here, not in a worker's trace
            _migrate(settings)
        else:
            _refuse_older_tables(storage)
    click.echo(f"{settings.public_url} on {settings.host}:{settings.port}, data in {settings.data_dir.absolute()}")
    serving.serve(settings)


@main.command()
def jobs() -> None:
    """Run the jobs of an installation on PostgreSQL; a second one waits until the first is gone."""
    from api import jobs as declared
    from api import serving

    settings = _settings()
    with _opened(settings) as storage:
        if storage.sqlite:
            raise click.ClickException("on SQLite the server runs the jobs itself")
        serving.write_logs()
        stopped = threading.Event()
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, lambda _number, _frame: stopped.set())
        here = declared.Installation.of(settings, storage)
        if not declared.serve(here, url=settings.url, stopped=stopped):
            sys.exit(1)


@main.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def demo(arguments: tuple[str, ...]) -> None:
    """Fill a believable village and serve it; see `timebank demo --help`."""
    from importlib import import_module

    sys.exit(import_module("api.demo").main(list(arguments)))


@main.command()
def migrate() -> None:
    """Bring the tables to this version; on PostgreSQL by the owner's role."""
    settings = _settings()
    with _opened(settings) as storage:
        storage.hold_lane()
        _migrate(settings)
    click.echo("the tables are of this version")


@main.group(name="import")
def import_() -> None:
    """Take files in; residents and points tables have a preview on their pages."""


@import_.command(name="areas")
@click.argument("file", type=FILE)
def import_areas(file: Path) -> None:
    """Import an area tree (CSV or Excel: code, name, level, parent), all rows or none."""
    from timebank import spreadsheets
    from timebank.people import areas

    sheet = spreadsheets.read(file.read_bytes(), columns=areas.COLUMNS)
    rows = areas.rows_of(sheet)
    with _opened(_settings()) as storage:
        with storage.read() as session:
            planned = areas.plan(rows, areas.by_code(session))
        refused = [row for row in planned if row.verdict == "refuse"]
        for row in refused:
            click.echo(f"row {row.row.number}: {row.row.code} {row.row.name}: {', '.join(row.problems)}", err=True)
        if refused:
            raise click.ClickException(f"{len(refused)} rows are wrong, nothing was imported")
        actor = Actor.console(None, "import")
        done = storage.write_global(lambda session, now: areas.import_tree(session, actor=actor, now=now, rows=rows))
    click.echo(", ".join(f"{count} {name}" for name, count in done.items()))


for command in people.COMMANDS:
    import_.add_command(command)
for command in witness.COMMANDS:
    main.add_command(command)
for command in (*erasures.COMMANDS, *doctor.COMMANDS, *notices.COMMANDS):
    main.add_command(command)


@main.command(name="open-community")
@click.argument("code")
@click.option("--name", required=True, help="the village's or community's name")
@click.option("--area", required=True, help="code of its area")
@click.option(
    "--profile", default="default", show_default=True, help="default, nanjing-2019, beijing-2022, shanghai-2026"
)
@click.option(
    "--approvers", type=(int, int), default=(1, 2), show_default=True, help="officers who answer for the quotas"
)
def open_community(code: str, name: str, area: str, profile: str, approvers: tuple[int, int]) -> None:
    """Open a community: its ledger, fixed accounts, quotas, policy and signing key."""
    from timebank.people import communities

    settings = _settings()
    with _opened(settings) as storage:
        with storage.read() as session:
            communities.refuse_if_taken(session, code=code, area_code=area)
            community_id = communities.next_id(session)
        origin = communities.origin_of(settings.installation, code)
        public_key = SigningKeys(settings.keys).create(code)
        storage.found(
            community_id,
            new_key(storage.clock()),
            lambda session, now: communities.open_community(
                session,
                actor=Actor.console(community_id, "open-community"),
                now=now,
                community_id=community_id,
                code=code,
                name=name,
                area_code=area,
                profile=profile,
                origin=origin,
                public_key=public_key,
                approvers=approvers,
            ),
            origin=origin,
            actor="console:open-community",
            use_case="communities.open_community",
        )
    click.echo(
        f"{code} {name} is open; its log is {origin}. Back up {settings.keys.absolute()} apart from the database."
    )


@main.command()
@click.argument("name")
@click.option("--area", default="/", show_default=True, help="path of the area that the role covers")
@click.option("--role", default="operator", show_default=True)
def login(name: str, area: str, role: str) -> None:
    """Make a sign-in that is no resident (operator, auditor), and print its first password once."""
    from timebank.people import logins

    password = secrets.token_urlsafe(12)
    hashed = logins.hash_password(password, also_not=[name])

    def make(session: Any, now: dt.datetime) -> None:
        login_id = logins.open_login(session, now=now, password_hash=hashed, name=name)
        logins.grant(
            session,
            now=now,
            role=role,
            area_path=area,
            from_on=now.date(),
            until_on=None,
            given_by="console",
            login_id=login_id,
        )

    with _opened(_settings()) as storage:
        storage.write_global(make)
    click.echo(f"sign in as {name} with password {password}, and change it")


@main.group()
def export() -> None:
    """Take out of the books what an auditor wants."""


for command in books.COMMANDS:
    export.add_command(command)


@export.command(name="bundle")
@click.argument("community")
@click.argument("file", type=FILE)
@click.option("--with-details", is_flag=True, help="with salts and details: personal, for auditors only")
@click.option("--from", "first", type=DAYS, help="first day of the trial balance (this year's first)")
@click.option("--to", "last", type=DAYS, help="last day of the trial balance (today)")
def export_bundle(
    community: str, file: Path, first: dt.datetime | None, last: dt.datetime | None, *, with_details: bool
) -> None:
    """Write the evidence bundle of a community; check it with `timebank verify`."""
    from dataclasses import asdict

    from api import seals
    from timebank import evidence, policy, reports
    from timebank.people import communities

    settings = _settings()
    with _opened(settings) as storage, Progress() as shown:
        place = _community(storage, community)
        today = communities.local_day(place, storage.clock())
        with storage.read() as session:
            period = reports.period_of(
                session,
                place.id,
                first.date() if first else today.replace(month=1, day=1),
                last.date() if last else today,
            )
            rules = asdict(policy.of(session, place.id, today))
        task = shown.add_task(place.code, total=None)
        draft = file.with_name(f".{file.name}.part")
        try:
            with draft.open("wb") as out:
                signed = evidence.bundle(
                    storage,
                    actor=Actor.console(place.id, "export"),
                    community_id=place.id,
                    seal=seals.seal_of(SigningKeys(settings.keys), place.code),
                    file=out,
                    period=(period.start, period.end),
                    details=with_details,
                    policy=rules,
                    progress=lambda done, size: shown.update(task, completed=done, total=size),
                )
            draft.replace(file)
        finally:
            draft.unlink(missing_ok=True)
    click.echo(f"{file}: {signed.size} entries")


@export.command(name="trial-balance")
@click.argument("community")
@click.option("--from", "first", type=DAYS, required=True)
@click.option("--to", "last", type=DAYS, required=True)
def export_trial_balance(community: str, first: dt.datetime, last: dt.datetime) -> None:
    """Print the trial balance as JSON lines: one an account, in whole minutes and steps of 0.1 point."""
    from timebank import reports

    with _opened(_settings()) as storage:
        place = _community(storage, community)
        with storage.read() as session:
            period = reports.period_of(session, place.id, first.date(), last.date())
            found = reports.trial_balance(session, actor=Actor.console(place.id, "export"), period=period)
    for balance in found:
        for row in balance.rows:
            numbers = {"opening": row.opening, "added": row.added, "taken": row.taken, "closing": row.closing}
            click.echo(json.dumps({"unit": row.unit, "account": row.account, "class": row.class_, **numbers}))


@main.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def verify(arguments: tuple[str, ...]) -> None:
    """Check an evidence bundle, as the one file ledger/verify.py does; see `timebank verify --help`."""
    from ledger import verify as verifier

    sys.exit(verifier.main(list(arguments)))


@main.command()
@click.argument("community", required=False)
def checkpoint(community: str | None) -> None:
    """Sign where the log of a community (or of each) stands, and print the checkpoint."""
    from api import seals
    from timebank import evidence

    settings = _settings()
    with _opened(settings) as storage:
        for place in [_community(storage, community)] if community else _communities(storage):
            signed = evidence.checkpoint(storage, place.id, seals.seal_of(SigningKeys(settings.keys), place.code))
            click.echo(signed.note)


@main.command()
@click.argument("folder", type=FOLDER)
def backup(folder: Path) -> None:
    """Write a backup of a SQLite installation into an empty folder; the server may run meanwhile."""
    from api import backups

    try:
        backups.make(_settings(), folder)
    except backups.BackupRefused as refused:
        raise click.ClickException(str(refused)) from None
    click.echo(f"{folder}: the signing seeds are not in it, back them up apart")


@main.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.confirmation_option(prompt="The present database is put aside. Go on?")
def restore(folder: Path) -> None:
    """Restore a backup; a log that would fork is served but not signed."""
    from api import backups

    try:
        found = backups.restore(_settings(), folder)
    except backups.BackupRefused as refused:
        raise click.ClickException(str(refused)) from None
    for held in found:
        if held.forks:
            click.echo(
                f"{held.community}: holds {held.size} entries, but a checkpoint of {held.newest_known} was signed:"
                " NOT SIGNED until a newer backup is restored",
                err=True,
            )
        else:
            click.echo(f"{held.community}: holds {held.size} entries, goes on")
    _say_who_is_back()
    if witness.ask_all(_settings()) or any(held.forks for held in found):
        sys.exit(1)


def _say_who_is_back() -> None:
    """After a restore: who was erased since the backup was made."""
    from api import erasing, schema

    settings = _settings()
    with _opened(settings) as storage:
        with storage.connect() as connection:
            if not schema.is_current(connection):
                click.echo(
                    "the tables are of an older version: run `timebank migrate`, then `timebank doctor`", err=True
                )
                return
        for place in _communities(storage):
            for one in erasing.back(storage, SigningKeys(settings.keys), place):
                click.echo(
                    f"{place.code}: {one.number} was erased on {one.at[:10]} and is back:"
                    " run `timebank erase`, or leave it to the night",
                    err=True,
                )


def _settings(**changed: Any) -> Settings:
    return Settings(**{name: value for name, value in changed.items() if value is not None}).prepare()


@contextmanager
def _opened(settings: Settings) -> Iterator[Storage]:
    storage = open_storage(settings)
    try:
        yield storage
    finally:
        storage.close()


def _community(storage: Storage, code: str) -> Community:
    found = next((place for place in _communities(storage) if place.code == code), None)
    if found is None:
        raise click.ClickException(f"there is no community {code}")
    return found


def _communities(storage: Storage) -> list[Community]:
    from timebank.people import communities

    with storage.read() as session:
        return communities.communities(session)


def _refuse_older_tables(storage: Storage) -> None:
    from api import schema

    with storage.connect() as connection:
        if not schema.is_current(connection):
            raise click.ClickException("the tables are of an older version: run `timebank migrate` first")


def _migrate(settings: Settings) -> None:
    from api import schema

    role = schema.role_of(settings.url) if settings.owner_url else None
    schema.migrate(settings.owner_url or settings.url, app_role=role)

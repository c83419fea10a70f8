"""`timebank demo`: a believable village in a folder of its own, filled by the use cases of the pages, and served.

chance, names, places   what is drawn and where it lies
register, cast          who lives there, and who can be played
tale                    the clock that is moved through a year, and the agenda
beginning               communities, registers, cards, roles, sign-ins
serving, ordering, scoring, shopping   the year itself, and the week in progress
rosters                 opening hours and duty, what is planned, and who did not come
closing                 month end: two months closed by two people
fill, sign_ins          all of it together, and the table that is printed
"""

import datetime as dt
import re
import shutil
import socket
from pathlib import Path

import click
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

from api import schema
from api.clock import Clock
from api.demo import sign_ins
from api.settings import Settings

FOLDER = Path("timebank-data/demo")
SPANS = {"d": "days", "h": "hours", "m": "minutes"}


class Span(click.ParamType[dt.timedelta]):
    """A time to move the clock by: 8d, 36h, 90m."""

    name = "8d"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> dt.timedelta:
        found = re.fullmatch(r"([1-9][0-9]{0,3})([dhm])", value)
        if found is None:
            self.fail(f"{value!r} is no time such as 8d, 36h or 90m", param, ctx)
        return dt.timedelta(**{SPANS[found[2]]: int(found[1])})


def main(arguments: list[str]) -> int:
    """The command; returns its exit code."""
    return int(demo.main(arguments, prog_name="timebank demo", standalone_mode=False) or 0)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--no-serve", is_flag=True, help="fill, print the demo people with their sign-ins, and exit")
@click.option("--advance", type=Span(), help="move the demo's clock forward (8d, 36h, 90m) and run what came due")
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False), default=FOLDER, show_default=True)
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
def demo(*, no_serve: bool, advance: dt.timedelta | None, folder: Path, port: int) -> int:
    """Fill a believable village and serve it on 127.0.0.1; what is there already is kept.

    On PostgreSQL if TIMEBANK_DATABASE_URL (and TIMEBANK_OWNER_URL) say so, else on SQLite in the folder.
    """
    address = f"http://127.0.0.1:{port}"
    settings = Settings(data_dir=folder, demo=True, host="127.0.0.1", port=port, public_url=address)
    if not sign_ins.is_filled(folder):
        _fill(settings)
    if advance:
        _advance(settings, advance)
    click.echo(sign_ins.table(folder, address))
    if no_serve:
        return 0
    from api import serving

    _refuse_taken_port(port)
    settings.pass_on()
    click.echo(f"\n{address}  (Ctrl-C 结束 / ends)")
    serving.serve(settings)
    return 0


def _fill(settings: Settings) -> None:
    """Into a folder beside it, which takes the name at the end: a filling that was interrupted leaves nothing half."""
    from api.demo import fill

    folder = settings.data_dir
    if (folder / "timebank.sqlite").exists():
        raise click.ClickException(f"{folder} holds another installation's database: name an empty folder")
    draft = folder.with_name(f"{folder.name}.filling")
    shutil.rmtree(draft, ignore_errors=True)
    drafted = settings.model_copy(update={"data_dir": draft}).prepare()
    prepare_database(drafted)
    began = Clock().now()
    sign_ins.keep(draft, fill.fill(drafted, say=lambda told: click.echo(told, err=True)))
    if folder.exists():
        for kept in folder.iterdir():
            shutil.move(kept, draft / kept.name)
        folder.rmdir()
    draft.replace(folder)
    click.echo(f"用时 filled in {(Clock().now() - began).total_seconds():.0f} s: {folder}", err=True)


def prepare_database(settings: Settings) -> None:
    """The tables, and on PostgreSQL the role that the application signs in as, if the owner may make it."""
    role = schema.role_of(settings.url) if settings.owner_url else None
    if role and settings.owner_url:
        _make_role(settings.owner_url, settings.url)
    schema.migrate(settings.owner_url or settings.url, app_role=role)
    engine = create_engine(settings.url, poolclass=NullPool)
    with engine.connect() as connection:
        if connection.execute(text("SELECT count(*) FROM community")).scalar():
            raise click.ClickException("the database holds communities already: give the demo an empty one")


def _make_role(owner_url: str, url: str) -> None:
    wanted = make_url(url)
    engine = create_engine(owner_url, poolclass=NullPool)
    with engine.begin() as connection:
        there = connection.execute(text("SELECT 1 FROM pg_roles WHERE rolname = :name"), {"name": wanted.username})
        if there.first() is None:
            from psycopg import sql

            made = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(
                sql.Identifier(wanted.username or ""), sql.Literal(wanted.password or "")
            )
            statement = made.as_string(connection.connection.dbapi_connection)  # type: ignore[arg-type]
            connection.exec_driver_sql(statement, execution_options={"no_parameters": True})


def _refuse_taken_port(port: int) -> None:
    """The server would share the port with whoever listens there, and answer every other request."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise click.ClickException(f"port {port} is taken: name another with --port") from None


def _advance(settings: Settings, by: dt.timedelta) -> None:
    """Move the clock, stopping wherever a job comes due; pages tell how far it is ahead."""
    from api import jobs, serving
    from api.app import open_storage
    from api.keys import SigningKeys

    serving.write_logs()
    clock = settings.clock
    storage = open_storage(settings)
    try:
        storage.hold_lane()
        run = jobs.run_due(jobs.Installation(storage, SigningKeys(settings.keys)), clock, until=clock.now() + by)
    finally:
        storage.close()
    click.echo(
        f"演示时钟 the clock is {round(clock.offset() / dt.timedelta(hours=1))} h ahead; {run} jobs ran", err=True
    )

"""Erasures from the command line: what is due, who came back with a backup, and cleaning the database's files."""

import sys

import click

from api import erasing, serving
from api.app import open_storage
from api.keys import SigningKeys
from api.settings import Settings
from timebank.people import communities
from timebank.people.identity import Vault


@click.command()
def erase() -> None:
    """Carry out the erasures that are due, and erase again who came back with a restored backup; the nightly job does the same."""
    serving.write_logs()  # to standard error
    settings = Settings().prepare()
    storage, keys, waits = open_storage(settings), SigningKeys(settings.keys), False
    try:
        with storage.read() as session:
            places = communities.communities(session)
        for place in places:
            told = erasing.work_off(storage, keys, place, data_dir=settings.data_dir, vault=Vault(settings.secret))
            click.echo(f"{place.code}: {told['erased']} erased")
            for number, obstacles in told["waiting"].items():
                waits = True
                click.echo(f"{place.code}: {number} waits: {', '.join(obstacles)}", err=True)
    finally:
        storage.close()
    sys.exit(1 if waits else 0)


@click.command()
def scrub() -> None:
    """Write the database's files anew, so that what was deleted cannot be read from them; on PostgreSQL as the owner.

    Takes as long as copying the database. On PostgreSQL each table with personal data is locked while it is copied.
    """
    settings = Settings().prepare()
    storage = open_storage(settings)
    try:
        if not storage.sqlite and not settings.owner_url:
            raise click.ClickException("set TIMEBANK_OWNER_URL: only the owner of the tables can write them anew")
        with storage.read() as session:
            places = communities.communities(session)
        if not erasing.scrub(storage, places, owner_url=settings.owner_url):
            raise click.ClickException("somebody reads the database all the time: try again")
    finally:
        storage.close()
    click.echo("the files hold nothing any more of what was deleted")


COMMANDS = [erase, scrub]

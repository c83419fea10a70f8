"""Witnesses from the command line: whose logs we witness, and who witnesses ours."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from api import schema, seals, witnesses
from api.app import open_storage
from api.keys import SigningKeys
from api.settings import Settings
from api.witnessing import Witness, witness_of
from ledger.note import BadNote
from ledger.quorum import BadPolicy, Policy
from timebank.people import communities
from timebank.people.communities import Community
from timebank.storage import Storage


@click.group(name="witness")
def witness() -> None:
    """Witness the logs of others, and have ours witnessed (docs/operations.md)."""


@witness.command(name="key")
def key() -> None:
    """Print the line by which others trust this installation as a witness; the key is made at the first time."""
    with _here() as here:
        click.echo(here.make_key().line)


@witness.command(name="list")
def listed() -> None:
    """The logs that are witnessed here, and how far each was seen."""
    with _here() as here:
        for one in here.listed():
            seen = here.seen(one.name)
            click.echo(f"{one.line}\t{f'{seen.size} entries' if seen.size else 'never asked'}")


@witness.command(name="add")
@click.argument("vkey")
def add(vkey: str) -> None:
    """List a log by its verifier key (its page of proofs, or /log/CODE/vkey); a second key of a log is for changing to."""
    with _here() as here:
        try:
            added = here.add(vkey)
        except BadNote as bad:
            raise click.ClickException(f"this is no log's verifier key: {bad}") from None
        made = here.make_key()
    click.echo(f"{added.name} is witnessed here; its operator puts this into the policy file:")
    click.echo(f"witness {made.name} {made.line} {Settings().public_url}/witness")


@witness.command(name="remove")
@click.argument("log")
def remove(log: str) -> None:
    """Take a log (its origin) or one of its verifier keys off the list; what was signed stays remembered."""
    with _here() as here:
        gone = here.remove(log)
    if not gone:
        raise click.ClickException(f"{log} is not on the list")
    click.echo("\n".join(f"{one.line} is off the list" for one in gone))


@witness.command(name="ask")
@click.argument("community", required=False)
def ask(community: str | None) -> None:
    """Ask the witnesses of the policy file to sign the newest checkpoint now; a running server asks every five minutes."""
    settings = Settings().prepare()
    policy = _policy(settings)
    wrong = False
    with _opened(settings) as storage:
        for place in _places(storage, community):
            for told in witnesses.Asking(storage, SigningKeys(settings.keys), place, policy, {}).ask(anyway=True):
                wrong |= told.outcome != "signed"
                click.echo(f"{place.code}\t{told.witness}\t{told.outcome}\t{told.size}\t{told.told}".rstrip())
    if wrong:
        raise click.exceptions.Exit(1)


@witness.command(name="show")
@click.argument("community", required=False)
def show(community: str | None) -> None:
    """Who witnessed our logs last, and whether that is enough."""
    settings = Settings().prepare()
    policy = _policy(settings)
    with _opened(settings) as storage:
        for place in _places(storage, community):
            with storage.read() as session:
                found = witnesses.standing(session, place, policy, SigningKeys(settings.keys), now=storage.clock())
            for one in found.signers:
                told = f"{one.size} entries at {one.at:%Y-%m-%d %H:%M} UTC" if one.at else "never"
                click.echo(f"{place.code}\t{one.name}\t{told}")
            click.echo(f"{place.code}\t{_verdict(found)}")


@witness.command(name="settle")
@click.argument("community")
@click.option(
    "--checkpoint",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="the newest checkpoint that somebody kept",
)
@click.option(
    "--the-witness-is-wrong", "wrong", is_flag=True, help="sign on without proof; take it out of the policy first"
)
def settle(community: str, checkpoint: Path | None, *, wrong: bool) -> None:
    """End an alarm: what a witness has seen is shown to be part of the log that we hold."""
    settings = Settings().prepare()
    keys = SigningKeys(settings.keys)
    with _opened(settings) as storage:
        (place,) = _places(storage, community)
        alarm = seals.alarm_of(keys, place.code)
        if alarm is None:
            click.echo(f"{place.code}: there is no alarm")
            return
        if wrong:
            seals.settle_alarm(keys, place.code)
        elif checkpoint is None:
            raise click.ClickException("give --checkpoint FILE, or restore a newer backup and `timebank witness ask`")
        elif not witnesses.Asking(storage, keys, place, _policy(settings), {}).settle(_note_in(checkpoint)):
            raise click.ClickException(
                f"this checkpoint does not show that the database goes as far as {alarm.witness} has seen: {alarm.size} entries"
            )
    click.echo(f"{place.code}: settled, it is signed again")


def ask_all(settings: Settings) -> bool:
    """After a restore: ask whether a witness has seen more of a log than the backup holds. True if one has; it is not signed then."""
    policy = witnesses.policy_in(settings.policy_of_witnesses)
    further = False
    if policy is not None:
        with _opened(settings) as storage:
            with storage.connect() as connection:
                if not schema.is_current(connection):
                    click.echo(
                        "the tables are of an older version: `timebank migrate`, then `timebank witness ask`", err=True
                    )
                    return False
            resting: witnesses.Resting = {}
            for place in _places(storage, None):
                for told in witnesses.Asking(storage, SigningKeys(settings.keys), place, policy, resting).ask(
                    anyway=True
                ):
                    further |= told.outcome == "alarm"
                    click.echo(f"{place.code}: witness {told.witness}: {told.outcome} {told.told}".rstrip(), err=True)
    return further


def _verdict(found: witnesses.Standing) -> str:
    if found.alarm:
        return f"ALARM: {found.alarm.witness} has seen {found.alarm.size} entries of this log, or others: nothing is signed"
    if not found.asks_for_witnesses:
        return "the policy asks for no witness"
    if found.reached_at is None:
        return "quorum not reached these days"
    late = " STALE" if found.is_stale else ""
    return f"quorum reached for {found.reached_size} entries at {found.reached_at:%Y-%m-%d %H:%M} UTC{late}"


def _note_in(path: Path) -> str:
    """A kept checkpoint, also where an editor or a phone changed its line ends."""
    return path.read_text(encoding="utf-8-sig").rstrip("\n") + "\n"


def _policy(settings: Settings) -> Policy:
    try:
        found = witnesses.policy_in(settings.policy_of_witnesses)
    except BadPolicy as bad:
        raise click.ClickException(f"{settings.policy_of_witnesses}: {bad}") from None
    if found is None:
        raise click.ClickException(f"there is no policy file {settings.policy_of_witnesses}: see docs/operations.md")
    return found


def _places(storage: Storage, code: str | None) -> list[Community]:
    with storage.read() as session:
        found = [place for place in communities.communities(session) if code in (None, place.code)]
    if code is not None and not found:
        raise click.ClickException(f"there is no community {code}")
    return found


@contextmanager
def _here() -> Iterator[Witness]:
    settings = Settings().prepare()
    with _opened(settings) as storage:
        yield witness_of(settings, storage)


@contextmanager
def _opened(settings: Settings) -> Iterator[Storage]:
    storage = open_storage(settings)
    try:
        yield storage
    finally:
        storage.close()


# Listed by api/cli.py below `timebank`.
COMMANDS = [witness]

"""Notices from the command line: how their sending stands, and a trial of the mail server."""

import click

from api.app import open_storage
from api.clock import Clock
from api.outgoing import Message, NotSent, sender_of
from api.settings import Settings
from timebank.outbox import deliveries
from timebank.people import communities
from timebank.permissions import Actor


@click.command()
@click.option(
    "--try", "address", metavar="ADDRESS", help="send one mail there by the settings, and say what came of it"
)
def notices(address: str | None) -> None:
    """How the sending of notices stands, community by community; nobody is named."""
    settings = Settings().prepare()
    if address:
        _try(settings, address)
        return
    storage = open_storage(settings)
    try:
        with storage.read() as session:
            for place in communities.communities(session):
                for one in deliveries.standing(session, actor=Actor.console(place.id, "notices")):
                    counts = ", ".join(f"{count} {state}" for state, count in sorted(one.counts.items()))
                    click.echo(
                        f"{place.code} {one.channel}: {counts}" + (f" ({one.last_error})" if one.last_error else "")
                    )
    finally:
        storage.close()
    click.echo(f"carried by: {settings.notices}")


def _try(settings: Settings, address: str) -> None:
    from api import outgoing

    sender = sender_of(settings)
    if sender is None:
        raise click.ClickException(
            "TIMEBANK_NOTICES is off: set it to smtp, with TIMEBANK_SMTP_HOST and TIMEBANK_MAIL_FROM"
        )
    now = Clock().now()
    message = Message(f"trial.{int(now.timestamp())}", address, "时间银行 / Time bank", "邮件通了。 / Mail works.", now)
    try:
        with outgoing.words().app_context():
            sender.send(message)
    except NotSent as failed:
        raise click.ClickException(f"not sent: {failed.told}") from None
    click.echo(f"handed over for {address}")


COMMANDS = [notices]

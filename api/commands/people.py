"""Residents from the command line: the same preview as on the page, confirmed by an option."""

import time
from pathlib import Path
from typing import Any

import click

from api.app import open_storage
from api.messages.people import NOTE_WORDS, PROBLEM_WORDS, refusal_words
from api.settings import Settings
from timebank import spreadsheets
from timebank.people import communities, imports
from timebank.people.identity import Vault
from timebank.people.imports import Planned
from timebank.permissions import Actor
from timebank.storage import Storage, new_key


@click.command(name="residents")
@click.argument("community")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--confirm", is_flag=True, help="write; without it the rows are only looked at")
@click.option("--with-doubtful", is_flag=True, help="also take in who may be in the register already")
def import_residents(community: str, file: Path, *, confirm: bool, with_doubtful: bool) -> None:
    """Import residents and households (CSV or Excel) into a community; a file with a wrong row takes nobody in.

    Prints what would become of each row that is not simply new.
    """
    content = file.read_bytes()
    sheet = spreadsheets.read(content, columns=imports.COLUMNS)
    settings = Settings().prepare()
    storage = open_storage(settings)
    try:
        done = _import(
            storage,
            code=community,
            sheet=sheet,
            content=content,
            name=file.name,
            vault=Vault(settings.secret),
            confirm=confirm,
            with_doubtful=with_doubtful,
        )
    finally:
        storage.close()
    click.echo(", ".join(f"{count} {name}" for name, count in done.items()))


def _import(
    storage: Storage,
    *,
    code: str,
    sheet: spreadsheets.Sheet,
    content: bytes,
    name: str,
    vault: Vault,
    confirm: bool,
    with_doubtful: bool,
) -> dict[str, Any]:
    with storage.read() as session:
        place = communities.by_code(session, code)
    if place is None:
        raise click.ClickException(f"there is no community {code}")
    actor = Actor.console(place.id, "import")
    batch_id = storage.write_global(
        lambda session, now: imports.stage(
            session, actor=actor, now=now, sheet=sheet, file_name=name, content=content, vault=vault
        )
    )
    with storage.read() as session:
        rows = imports.rows(session, place.id, batch_id, limit=spreadsheets.MOST_ROWS)
        counted = dict(imports.summary(session, place.id, batch_id).verdicts)
    for row in rows:
        if row.verdict != "new" or row.notes:
            click.echo(f"{row.number}\t{row.verdict}\t{row.entry.name}\t{'; '.join(_reasons(row))}", err=True)
    if not confirm:
        return counted
    with storage.read() as session:
        checked = imports.check(
            session, actor=actor, now=storage.clock(), batch_id=batch_id, with_doubtful=with_doubtful
        )
    storage.write(
        place.id,
        new_key(storage.clock()),
        lambda session, now: imports.confirm(session, actor=actor, now=now, checked=checked),
        actor=actor.number,
        use_case="imports.confirm",
        content={"batch": batch_id.hex, "with_doubtful": with_doubtful},
    )
    # On SQLite nobody else writes now; on PostgreSQL a server may, and is given its turns.
    imports.go_on(storage, place.id, batch_id, pace=imports.AllAtOnce() if storage.sqlite else imports.Pace(time.sleep))
    with storage.read() as session:
        facts = imports.batch(session, place.id, batch_id, now=storage.clock()).facts
        refused = imports.refusals(session, place.id, batch_id)
    for number, reason in refused.items():
        click.echo(f"{number}\t{imports.REFUSED}\t{refusal_words(reason)}", err=True)
    return {told: value for told, value in facts.items() if isinstance(value, int)}


def _reasons(row: Planned) -> list[str]:
    titles = {column.name: column.titles[0] for column in imports.COLUMNS}
    said = []
    for told in (*row.problems, *row.notes):
        words = str((PROBLEM_WORDS | NOTE_WORDS).get(told["code"], told["code"]))
        facts = {**told, "column": titles.get(told.get("column", ""), ""), "people": ", ".join(told.get("people", []))}
        said.append(f"{facts['column']} {words % facts}".strip())
    return said


# Listed by api/cli.py below `timebank import`.
COMMANDS = [import_residents]

"""Somebody who left traces everywhere, and sentences to erase her and to look for what is left."""

from __future__ import annotations

import datetime
import sqlite3
import uuid
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import String, create_engine, text, update
from sqlalchemy.pool import NullPool

from tests.timebank.hours import arrange
from tests.timebank.hours.arrange_orders import Orders, card_of, give
from tests.timebank.points import make
from tests.timebank.points.test_publicity import answer, object_to
from tests.timebank.points.test_shop import code_of, hand_over, redeem
from tests.village import SECRET, Village
from timebank import modules, spreadsheets
from timebank.columns import Json
from timebank.erasure import asking, carrying_out
from timebank.erasure.columns import TEXTS, table
from timebank.people import helpers, imports, logins, residents
from timebank.people.identity import Vault
from timebank.people.residents import Particulars
from timebank.permissions import Actor

NAME = "欧阳苇航"
PHONE = "+8613912345678"
IDENTITY = "32010219550308242X"
BORN = datetime.date(1955, 3, 8)
VAULT = Vault(SECRET)
NEEDLES = (NAME, "13912345678", "139 1234 5678", IDENTITY, "ouyangweihang", "太平里 9 号楼 101")


@dataclass
class Traces:
    """Who left them, and who was there too."""

    person: Any
    volunteer: Any
    helper: Any
    order_id: uuid.UUID
    login_id: uuid.UUID


def leave_traces(village: Village) -> Traces:
    """One of everything in which a person stands, through the use cases; and her name in every free text."""
    console = Actor.console(village.community_id, "test")
    person = _admitted(village, console)
    give(village, person, 600)
    card_of(village, person)
    login_id = _sign_in_of(village, person)
    helper = village.make_person("周代办")
    asked = village.write(
        lambda s, now: helpers.ask(
            s, actor=console, now=now, elder_id=person.id, helper_id=helper.id, relation="neighbour"
        )
    )
    village.write(
        lambda s, now: helpers.review(
            s, actor=village.actor("desk_staff"), now=now, binding_id=uuid.UUID(asked["binding_id"]), is_accepted=True
        )
    )
    volunteer = arrange.make_volunteer(village, "李志愿")
    arrange.serve(village, volunteer, arrange.make_point(village), minutes=107)
    arrange.serve(village, village.actor("volunteer", person=person), 1, minutes=61)
    orders = Orders(village)
    order_id = orders.served(person, volunteer, stay_minutes=97)
    orders.confirm(order_id, person)
    _score(village, person)
    _shop(village, person)
    _upload(village, console)
    _write_her_into_every_text(village)
    return Traces(person, volunteer, helper, order_id, login_id)


def ask(village: Village, person: Any, *, by: Actor | None = None, gives_rest: bool = True) -> uuid.UUID:
    actor = by or village.actor("community_manager")
    asked = village.write(
        lambda s, now: asking.ask(
            s, actor=actor, now=now, person_id=person.id, reason=f"{NAME} 本人到服务台提出", gives_rest=gives_rest
        )
    )
    return uuid.UUID(asked["erasure"])


def approve(village: Village, erasure_id: uuid.UUID, *, by: Actor | None = None) -> None:
    actor = by or village.actor("committee")
    village.write(lambda s, now: asking.approve(s, actor=actor, now=now, erasure_id=erasure_id))


def carry_out(village: Village, erasure_id: uuid.UUID) -> dict[str, Any]:
    """Both steps, as the job does them."""
    job = Actor.system(village.community_id, "erase")
    village.write(lambda s, now: carrying_out.dispose(s, actor=job, now=now, erasure_id=erasure_id))
    return village.write(
        lambda s, now: carrying_out.carry_out(s, actor=job, now=now, erasure_id=erasure_id, vault=VAULT)
    )


def erase(village: Village, person: Any) -> uuid.UUID:
    """Ask, approve, wait, carry out, scrub."""
    erasure_id = ask(village, person)
    approve(village, erasure_id)
    village.pass_time(days=8)
    carry_out(village, erasure_id)
    village.storage.scrub()
    return erasure_id


def left_in_files(village: Village, needles: tuple[str, ...] = NEEDLES) -> set[str]:
    """Which needles can still be read: in the bytes of the SQLite files, or in the text of every row of PostgreSQL."""
    if village.storage.sqlite:
        path = Path(village.storage.url.database or "")
        raw = b"".join(part.read_bytes() for part in (path, path.with_name(path.name + "-wal")) if part.exists())
        return {needle for needle in needles if needle.encode() in raw}
    engine = create_engine(village.owner_url, poolclass=NullPool)
    with engine.connect() as connection:
        rows = [
            str(row)
            for metadata in modules.load()
            for one in metadata.sorted_tables
            for row in connection.execute(text(f'SELECT t::text FROM "{one.name}" AS t')).scalars()
        ]
    engine.dispose()
    return {needle for needle in needles if any(needle in row for row in rows)}


def integrity(village: Village) -> str:
    """What SQLite says of its own file."""
    with closing(sqlite3.connect(village.storage.url.database or "")) as connection:
        return str(connection.execute("PRAGMA integrity_check").fetchone()[0])


def _admitted(village: Village, console: Actor) -> Any:
    def admit(session: Any, now: Any) -> dict[str, Any]:
        told = Particulars(name=NAME, sex="f", born_on=BORN, phone=PHONE, relation="户主", identity_number=IDENTITY)
        person = residents.admit(
            session,
            actor=console,
            now=now,
            particulars=told,
            area_path=village.area_path,
            address="太平里 9 号楼 101",
            vault=VAULT,
        )
        return {"id": person.id.hex}

    person_id = uuid.UUID(village.write(admit)["id"])
    village.write(
        lambda s, now: residents.flag(
            s,
            actor=console,
            now=now,
            person_id=person_id,
            flag="lives_alone",
            evidence=f"走访 {NAME}",
            from_on=village.today,
            until_on=None,
        )
    )
    told = Particulars(name=NAME, sex="f", born_on=BORN, phone=PHONE, relation="本人")
    village.write(
        lambda s, now: residents.change(
            s, actor=console, now=now, person_id=person_id, particulars=told, reason=f"{NAME} 来电"
        )
    )
    with village.read() as session:
        return residents.person(session, village.community_id, person_id)


def _sign_in_of(village: Village, person: Any) -> uuid.UUID:
    def open_login(session: Any, now: Any) -> uuid.UUID:
        login_id = logins.open_login(session, now=now, password_hash="x" * 60, phone=PHONE)
        logins.link(
            session,
            now=now,
            login_id=login_id,
            community_id=village.community_id,
            person_id=person.id,
            number=person.number,
        )
        logins.start_session(session, now=now, login_id=login_id, shared_device=False)
        return login_id

    made: uuid.UUID = village.storage.write_global(open_login)
    return made


def _score(village: Village, person: Any) -> None:
    make.table_in_force(village)
    other = village.make_person("张三")
    batch = make.published(village, (person, "参加社区环境卫生整治"), (other, "参加社区环境卫生整治"))
    answer(village, object_to(village, batch, 2, person), upheld=False)
    village.pass_time(days=20)
    make.book_due(village)


def _shop(village: Village, person: Any) -> None:
    item_id, _merchant, seller = make.shop(village, stock=3, price_steps=10)
    hand_over(village, seller, code_of(village, redeem(village, person, item_id)))


def _upload(village: Village, console: Actor) -> None:
    """A file of residents that names her and still waits."""
    content = f"姓名,电话\n{NAME},13912345678\n新来的,\n".encode()
    sheet = spreadsheets.read(content, columns=imports.COLUMNS)
    village.storage.write_global(
        lambda s, now: imports.stage(
            s, actor=console, now=now, sheet=sheet, file_name=f"{NAME}.csv", content=content, vault=VAULT
        )
    )


def _write_her_into_every_text(village: Village) -> None:
    """Her name, phone and identity number in every free text of every row, hers and others'."""
    said = f"{NAME} {PHONE[3:]} {IDENTITY}"

    def write(session: Any, now: Any) -> dict[str, Any]:
        for name, columns in TEXTS.items():
            for column in columns:
                if isinstance(table(name).c[column].type, Json):
                    value: Any = {"reason": said} if column == "facts" else {"name": [said, said]}
                elif isinstance(table(name).c[column].type, String) and name != "erasure":
                    value = said
                else:
                    continue
                if (name, column) == ("household", "name"):
                    continue  # a household is named after its head
                session.execute(update(table(name)).values({column: value}))
        return {}

    village.write(write)

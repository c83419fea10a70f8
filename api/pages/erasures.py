"""Erasing a person, asked for and approved by two officers; and what is held of oneself, to take away."""

import csv
import io
import json
import uuid
import zipfile
from typing import Any

from flask import Blueprint, Response
from flask_babel import gettext as _

from api import edge
from api.exports import FORMULA_STARTS
from api.pages.people import vault
from api.schemas import erasures as schemas
from timebank import accounts, permissions, policy
from timebank.erasure import asking, own_data, standing
from timebank.erasure.tables import APPROVED, ASKED
from timebank.errors import NotFound, Refused
from timebank.people import communities, residents
from timebank.permissions import Actor

blueprint = Blueprint("erasures", __name__, url_prefix="/c/<community_code>")

RECEIPTS_SHOWN = 100


@blueprint.get("/erasures")
@edge.signed_in
def listed() -> Any:
    """What waits, and what was carried out."""
    found = asking.listed(edge.read(), actor=edge.actor())
    people = residents.persons_of(edge.read(), edge.community().id, [one.person_id for one in found])
    return edge.page(
        "erasures/list.html",
        wishes=found,
        people=people,
        states=schemas.STATES,
        open_states=(ASKED, APPROVED),
        may_cancel=permissions.may(edge.actor(), "erasure.cancel", community_id=edge.community().id),
    )


@blueprint.get("/people/<uuid:person_id>/erasure")
@edge.signed_in
def look(person_id: uuid.UUID) -> Any:
    """What erasing somebody would mean, and the form to ask for it."""
    return edge.page("erasures/one.html", **_facts(person_id))


@blueprint.post("/people/<uuid:person_id>/erasure")
@edge.signed_in
def ask(person_id: uuid.UUID) -> Any:
    _may_ask(person_id)
    try:
        asked = edge.load(schemas.Wish)
        edge.submit(
            "erasure.ask",
            lambda session, now: asking.ask(
                session,
                actor=edge.actor(),
                now=now,
                person_id=person_id,
                reason=asked["reason"],
                gives_rest=bool(asked["gives_rest"]),
            ),
            content={**asked, "person": person_id},
        )
    except Refused as refused:
        return edge.again("erasures/one.html", refused, **_facts(person_id))
    edge.flash_done(_("已受理,请第二个人批准。"))
    return edge.back("erasures.look", person_id=person_id)


@blueprint.post("/erasures/<uuid:erasure_id>/approve")
@edge.signed_in
def approve(erasure_id: uuid.UUID) -> Any:
    """A second officer's word."""
    return _do(asking.approve, "erasure.approve", erasure_id, _("已批准。期满以前还可以撤回。"))


@blueprint.post("/erasures/<uuid:erasure_id>/cancel")
@edge.signed_in
def cancel(erasure_id: uuid.UUID) -> Any:
    """Taken back: by an officer, or by the person herself."""
    return _do(asking.cancel, "erasure.cancel", erasure_id, _("已撤回,什么都没有删除。"))


@blueprint.get("/my/data")
@edge.signed_in
def mine() -> Any:
    """What is held of oneself, and the way to take it or to have it erased."""
    person_id = edge.actor().person_id
    if person_id is None:
        raise NotFound(what="person")
    return edge.page(
        "erasures/mine.html",
        person=residents.person(edge.read(), edge.community().id, person_id),
        wish=asking.open_of(edge.read(), edge.community().id, person_id),
        states=schemas.STATES,
        days=_notice_days(),
    )


@blueprint.get("/people/<uuid:person_id>/data.zip")
@edge.signed_in
def export(person_id: uuid.UUID) -> Any:
    """What is held of a person as a file: JSON and CSV, a file a table."""
    told = own_data.of(edge.read(), actor=edge.actor(), now=edge.now(), person_id=person_id, vault=vault())
    person = residents.person(edge.read(), edge.community().id, person_id)
    return Response(
        packed(told),
        mimetype="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{person.number}.zip"', "Cache-Control": "no-store"},
    )


def packed(told: own_data.Told) -> bytes:
    """The file: `data.json` with all of it, and a CSV a table, which a spreadsheet opens."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data.json", json.dumps(told, ensure_ascii=False, indent=2, sort_keys=True))
        for name, rows in told.items():
            text = io.StringIO()
            writer = csv.DictWriter(text, fieldnames=list(dict.fromkeys(key for row in rows for key in row)))
            writer.writeheader()
            writer.writerows({key: _cell(value) for key, value in row.items()} for row in rows)
            archive.writestr(f"{name}.csv", "\ufeff" + text.getvalue())
    return file.getvalue()


def _cell(value: Any) -> Any:
    """A cell that a spreadsheet does not run as a formula."""
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value
    return f"'{text}" if isinstance(text, str) and text.startswith(FORMULA_STARTS) else text


def _do(use_case: Any, name: str, erasure_id: uuid.UUID, done: str) -> Any:
    place = edge.community()
    wish = asking.erasure(edge.read(), place.id, erasure_id)
    person_id = wish.person_id
    permissions.require(edge.actor(), name, community_id=place.id, person_id=person_id)
    edge.submit(
        name,
        lambda session, now: use_case(session, actor=edge.actor(), now=now, erasure_id=erasure_id),
        content={"erasure": erasure_id},
    )
    edge.flash_done(done)
    if person_id == edge.actor().person_id:
        return edge.back("erasures.mine")
    return edge.back("erasures.listed")


def _may_ask(person_id: uuid.UUID) -> None:
    found = residents.person(edge.read(), edge.community().id, person_id)
    permissions.require(edge.actor(), "erasure.ask", community_id=edge.community().id, area_path=found.area_path)


def _facts(person_id: uuid.UUID) -> dict[str, Any]:
    session, place, asks = edge.read(), edge.community(), edge.actor()
    person, found = asking.look(session, actor=asks, now=edge.now(), person_id=person_id)
    return {
        "person": person,
        "found": found,
        "stops": [one for one in found.obstacles if one.code in schemas.OBSTACLES],
        "obstacle": lambda one: str(schemas.OBSTACLES[one.code]) % {"count": one.count},
        "topics": schemas.TOPICS,
        "others": _others(found),
        "receipts": list(found.seqs_shared[:RECEIPTS_SHOWN]),
        "wish": asking.open_of(session, place.id, person.id),
        "states": schemas.STATES,
        "days": _notice_days(),
        "may_ask": permissions.may(asks, "erasure.ask", community_id=place.id, area_path=person.area_path),
        "may_approve": _may_approve(asks, person.id),
        "may_cancel": permissions.may(asks, "erasure.cancel", community_id=place.id),
        "may_export": permissions.may(asks, "erasure.export", community_id=place.id, area_path=person.area_path),
        "may_receipts": permissions.may(asks, "receipts.make", community_id=place.id),
    }


def _may_approve(asks: Actor, person_id: uuid.UUID) -> bool:
    return asks.person_id != person_id and permissions.may(asks, "erasure.approve", community_id=edge.community().id)


def _others(found: standing.Preview) -> list[tuple[str, int]]:
    """(number of a person or household, how many of their entries lose their detail)."""
    session, place = edge.read(), edge.community()
    owners = accounts.owners_of(session, place.id, found.others)
    people = residents.persons_of(
        session, place.id, [one.owner_id for one in owners.values() if one.kind == "person" and one.owner_id]
    )
    told = []
    for number, count in sorted(found.others.items()):
        owner = owners[number]
        person = people.get(owner.owner_id) if owner.owner_id else None
        told.append((f"{person.name} {person.number}" if person else _("账户 %(number)s", number=number), count))
    return told


def _notice_days() -> int:
    today = communities.local_day(edge.community(), edge.now())
    return policy.of(edge.read(), edge.community().id, today).erasure_notice_days

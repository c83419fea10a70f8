"""Printing cards, replacing them, and what a phone sees that scans one."""

import uuid
from collections.abc import Sequence
from typing import Any, cast

from flask import Blueprint, current_app, make_response, request
from flask_babel import gettext as _
from sqlalchemy import select
from sqlmodel import col

from api import card_sheets, edge, look, sign_in
from api.card_sheets import CardFace
from api.pages.people import place_names
from api.print_runs import PrintRun, PrintRuns
from api.schemas import people as schemas
from timebank import permissions
from timebank.errors import NotFound, Refused
from timebank.people import cards, communities, households, imports, residents, roles
from timebank.people.households import Household
from timebank.people.residents import Person

blueprint = Blueprint("cards", __name__, url_prefix="/c/<community_code>/cards")


class NamesUnprintable(Refused):
    """Names hold characters that no font here has: they would print as empty boxes."""

    code = "names_unprintable"
    status = 409


class NothingToPrint(Refused):
    """Everybody who was chosen has a card."""

    code = "nothing_to_print"
    status = 409


def runs() -> PrintRuns:
    found = current_app.extensions.setdefault("timebank_print_runs", PrintRuns(edge.settings().data_dir / "prints"))
    return cast(PrintRuns, found)


@blueprint.get("")
@edge.signed_in
def choose() -> Any:
    """Which cards to print."""
    return edge.page("cards/choose.html", **_choose_facts())


@blueprint.post("")
@edge.signed_in
def start_printing() -> Any:
    """See to it that everybody chosen has a card, and draw the sheets in the background."""
    _require()
    try:
        asked = edge.load(schemas.CardChoice)
        if asked["whose"] == "import" and asked["batch_id"] is None:
            raise edge.bad("batch_id", _("请从列出的选项中选择。"))
        run = _print_people(asked) if asked["kind"] == "personal" else _print_doors(asked)
    except Refused as refused:
        return edge.again("cards/choose.html", refused, **_choose_facts())
    return edge.back("cards.run", run_id=run.id)


@blueprint.get("/runs/<uuid:run_id>")
@edge.signed_in
def run(run_id: uuid.UUID) -> Any:
    """How far a run is; the page asks again by itself and can be left."""
    return edge.page("cards/run.html", run=_run(run_id))


@blueprint.get("/runs/<uuid:run_id>.pdf")
@edge.signed_in
def run_file(run_id: uuid.UUID) -> Any:
    found = _run(run_id)
    if found.path is None:
        raise NotFound(what="print_run")
    response = make_response(found.path.read_bytes())
    response.headers["Content-Type"] = "application/pdf"
    response.headers["Content-Disposition"] = 'inline; filename="cards.pdf"'
    return response


@blueprint.post("/<uuid:card_id>/replace")
@edge.signed_in
def replace(card_id: uuid.UUID) -> Any:
    """Take a card back and make the next one, which is then printed from the person's or household's page."""
    asked = edge.load(schemas.Replacement)
    place = edge.community()
    edge.submit(
        "cards.replace",
        lambda session, now: cards.replace(
            session, actor=edge.actor(), now=now, card_id=card_id, reason=asked["reason"]
        ),
        content={**asked, "card": card_id},
    )
    edge.flash_done(_("旧卡已作废,新卡已发;请打印新卡。"))
    owner = edge.read().get(cards.Card, (place.id, card_id))
    if owner is not None and owner.household_id is not None:
        return edge.back("people.household", household_id=owner.household_id)
    return edge.back("people.person", person_id=owner.person_id if owner else None)


def _require() -> None:
    permissions.require(edge.actor(), "cards.issue", community_id=edge.community().id)


def _run(run_id: uuid.UUID) -> PrintRun:
    _require()
    return runs().run(run_id, community_id=edge.community().id, asked_by=edge.actor().number, now=edge.now())


def _choose_facts() -> dict[str, Any]:
    _require()
    session, place = edge.read(), edge.community()
    return {
        "places": place_names(),
        "batch_choices": [
            (batch.id, f"{batch.file_name} · {look.instant(batch.staged_at)}")
            for batch, _run_of_it in imports.batches(session, place.id, now=edge.now())
            if batch.state == "applied"
        ],
        "chosen": {name: request.values.get(name, "") for name in ("kind", "whose", "area_path", "batch_id")},
        "public_url": edge.settings().public_url,
        "is_local": "//127.0.0.1" in edge.settings().public_url or "//localhost" in edge.settings().public_url,
    }


def _print_people(asked: dict[str, Any]) -> PrintRun:
    place = edge.community()
    people = _people(asked)
    _refuse_unprintable([(person.name, person.number) for person in people], asked)
    _issue(person_ids=[person.id for person in people])
    made = cards.working_cards(edge.read(), place.id, person_ids=[person.id for person in people])
    today = communities.local_day(place, edge.now())
    officers = roles.not_to_sign_in_for(edge.read(), actor=edge.actor(), on=today)
    with_code = {person.id for person in people if asked["with_codes"] and person.id not in officers}
    if asked["with_codes"] and len(with_code) < len(people):
        edge.flash_note(_("有 %(count)s 人担任职务,激活条由社区管理员打印。", count=len(people) - len(with_code)))
    faces = [
        CardFace(
            kind="personal",
            name=person.name,
            number=person.number,
            payload=_payload(made[person.id]),
            code=sign_in.activation_code(place.id, person.id, made[person.id].id) if person.id in with_code else "",
        )
        for person in people
    ]
    return _start(faces)


def _print_doors(asked: dict[str, Any]) -> PrintRun:
    place = edge.community()
    homes = _homes(asked)
    if not homes:
        raise NothingToPrint
    _issue(household_ids=[home.id for home in homes])
    made = cards.working_cards(edge.read(), place.id, household_ids=[home.id for home in homes])
    # A door card hangs where visitors see it: a number, and no name.
    faces = [
        CardFace(
            kind="door",
            name=_("第 %(number)s 户", number=home.number),
            number=f"{place.code}-{home.number}",
            payload=_payload(made[home.id]),
        )
        for home in homes
    ]
    return _start(faces)


def _start(faces: Sequence[CardFace]) -> PrintRun:
    place = edge.community()
    pages = card_sheets.sheets(faces, community=place.name, public_url=edge.settings().public_url)
    return runs().start(pages, community_id=place.id, asked_by=edge.actor().number, cards=len(faces), now=edge.now())


def _issue(*, person_ids: Sequence[uuid.UUID] = (), household_ids: Sequence[uuid.UUID] = ()) -> None:
    edge.submit(
        "cards.issue",
        lambda session, now: cards.issue(
            session, actor=edge.actor(), now=now, person_ids=person_ids, household_ids=household_ids
        ),
        content={"people": list(person_ids), "households": list(household_ids)},
    )


def _payload(card: cards.Card) -> str:
    return cards.payload(
        edge.settings().public_url, kind=card.kind, community_code=edge.community().code, token=card.token
    )


def _people(asked: dict[str, Any]) -> list[Person]:
    """Who was chosen, by number; those who left have no card."""
    session, place = edge.read(), edge.community()
    if asked["whose"] == "one":
        return [residents.person(session, place.id, asked["person_id"] or uuid.UUID(int=0))]
    query = select(Person).where(col(Person.community_id) == place.id, col(Person.left_on).is_(None))
    if asked["whose"] == "import":
        query = query.where(col(Person.import_id) == asked["batch_id"])
    if asked["area_path"] in place_names():
        query = query.where(col(Person.area_path).startswith(asked["area_path"], autoescape=True))
    found = list(session.scalars(query.order_by(col(Person.serial))))
    if asked["whose"] == "without":
        have = cards.working_cards(session, place.id, person_ids=[person.id for person in found])
        found = [person for person in found if person.id not in have]
    if not found:
        raise NothingToPrint
    return found


def _homes(asked: dict[str, Any]) -> list[Household]:
    session, place = edge.read(), edge.community()
    if asked["whose"] == "one":
        return [households.household(session, place.id, asked["household_id"] or uuid.UUID(int=0))]
    query = select(Household).where(col(Household.community_id) == place.id, col(Household.closed_on).is_(None))
    if asked["whose"] == "import":
        there = select(col(Person.household_id)).where(
            col(Person.community_id) == place.id, col(Person.import_id) == asked["batch_id"]
        )
        query = query.where(col(Household.id).in_(there))
    if asked["area_path"] in place_names():
        query = query.where(col(Household.area_path).startswith(asked["area_path"], autoescape=True))
    found = list(session.scalars(query.order_by(col(Household.number))))
    if asked["whose"] == "without":
        have = cards.working_cards(session, place.id, household_ids=[home.id for home in found])
        found = [home for home in found if home.id not in have]
    return found


def _refuse_unprintable(names: Sequence[tuple[str, str]], asked: dict[str, Any]) -> None:
    """Say whose names would print with empty boxes, unless that was accepted."""
    if asked["print_anyway"]:
        return
    missing = card_sheets.unprintable([name for name, _number in names])
    if missing:
        told = [f"{name} {number}({missing[name]})" for name, number in names if name in missing]
        raise NamesUnprintable(count=len(told), names="、".join(told[:10]))

"""The register in the browser: residents and households, found, read and corrected by staff."""

import uuid
from typing import Any

from flask import Blueprint
from flask_babel import gettext as _

from api import edge
from api.messages.eligibility import WAYS, WRONG
from api.messages.people import FIELD_WORDS
from api.schemas import people as schemas
from ledger import reading
from timebank import accounts, permissions
from timebank.errors import BadInput, NotFound, Refused
from timebank.hours import eligibility
from timebank.people import areas, cards, circumstances, communities, consents, households, residents
from timebank.people.households import Household
from timebank.people.identity import Vault
from timebank.people.residents import Particulars, Person

blueprint = Blueprint("people", __name__, url_prefix="/c/<community_code>")

A_PAGE = 50


def vault() -> Vault:
    """Where identity numbers are locked; its key lies outside the database."""
    return Vault(edge.settings().secret)


@blueprint.get("/people")
@edge.signed_in
def residents_list() -> Any:
    """Everybody in the register, by name, pinyin, number or phone."""
    asked = edge.load(schemas.Search)
    actor, place = edge.actor(), edge.community()
    permissions.require(actor, "residents.search", community_id=place.id)
    found = residents.search(
        edge.read(),
        place.id,
        asked["q"],
        A_PAGE + 1,
        after=asked["after"],
        area_paths=_my_areas("residents.search"),
        vault=vault(),
    )
    homes = households.households_of(edge.read(), place.id, {person.household_id for person in found})
    return edge.page(
        "people/residents.html",
        people=found[:A_PAGE],
        homes=homes,
        places=place_names(),
        asked=asked,
        next_after=found[A_PAGE - 1].serial if len(found) > A_PAGE else 0,
        may_admit=permissions.may(actor, "residents.admit", community_id=place.id),
        spoken_phone=residents.spoken_phone,
    )


@blueprint.get("/people/<uuid:person_id>")
@edge.signed_in
def person(person_id: uuid.UUID) -> Any:
    return edge.page("people/person.html", **_person_facts(person_id))


@blueprint.get("/people/new")
@edge.signed_in
def new_person() -> Any:
    permissions.require(edge.actor(), "residents.admit", community_id=edge.community().id)
    return edge.page("people/new.html", **_new_facts())


@blueprint.post("/people/new")
@edge.signed_in
def admit() -> Any:
    try:
        asked = edge.load(schemas.NewPerson)
        home = _household_of_number(asked["household_number"])
        done = edge.submit(
            "residents.admit",
            lambda session, now: {
                "person": residents.admit(
                    session,
                    actor=edge.actor(),
                    now=now,
                    particulars=_particulars(asked),
                    household_id=home.id if home else None,
                    area_path=_area_inside(asked["area_path"]),
                    address=asked["address"],
                    vault=vault(),
                ).id.hex
            },
            content=asked,
        )
    except Refused as refused:
        return edge.again("people/new.html", _worded(refused), **_new_facts())
    edge.flash_done(_("已登记。"))
    return edge.back("people.person", person_id=uuid.UUID(done["person"]))


@blueprint.get("/people/<uuid:person_id>/edit")
@edge.signed_in
def edit_person(person_id: uuid.UUID) -> Any:
    found = _changeable(person_id)
    return edge.page("people/edit.html", person=found, **_form_facts())


@blueprint.post("/people/<uuid:person_id>/edit")
@edge.signed_in
def change_person(person_id: uuid.UUID) -> Any:
    found = _changeable(person_id)
    try:
        asked = edge.load(schemas.ChangedPerson)
        edge.submit(
            "residents.change",
            lambda session, now: residents.change(
                session,
                actor=edge.actor(),
                now=now,
                person_id=person_id,
                particulars=_particulars(asked),
                reason=asked["reason"],
                vault=vault(),
            ),
            content={**asked, "person": person_id},
        )
    except Refused as refused:
        return edge.again("people/edit.html", _worded(refused), person=found, **_form_facts())
    edge.flash_done(_("已改好,原来的内容留在修改记录里。"))
    return edge.back("people.person", person_id=person_id)


@blueprint.post("/people/<uuid:person_id>/leave")
@edge.signed_in
def leave(person_id: uuid.UUID) -> Any:
    _changeable(person_id)
    try:
        asked = edge.load(schemas.Leaving)
        edge.submit(
            "residents.leave",
            lambda session, now: residents.leave(session, actor=edge.actor(), now=now, person_id=person_id, **asked),
            content={**asked, "person": person_id},
        )
    except Refused as refused:
        return edge.again("people/person.html", _worded(refused), **_person_facts(person_id))
    edge.flash_done(_("已记下离开。时间和积分原样保留。"))
    return edge.back("people.person", person_id=person_id)


@blueprint.post("/people/<uuid:person_id>/flags")
@edge.signed_in
def flag(person_id: uuid.UUID) -> Any:
    _changeable(person_id)
    try:
        asked = edge.load(schemas.NewFlag)
        edge.submit(
            "residents.flag",
            lambda session, now: circumstances.note(session, actor=edge.actor(), now=now, person_id=person_id, **asked),
            content={**asked, "person": person_id},
        )
    except Refused as refused:
        return edge.again("people/person.html", _worded(refused), **_person_facts(person_id))
    edge.flash_done(_("已登记情况。"))
    return edge.back("people.person", person_id=person_id)


@blueprint.get("/households")
@edge.signed_in
def households_list() -> Any:
    asked = edge.load(schemas.Search)
    place = edge.community()
    permissions.require(edge.actor(), "households.search", community_id=place.id)
    found = households.households(
        edge.read(),
        place.id,
        text=asked["q"],
        after=asked["after"],
        limit=A_PAGE + 1,
        area_paths=_my_areas("households.search"),
    )
    return edge.page(
        "people/households.html",
        homes=found[:A_PAGE],
        places=place_names(),
        asked=asked,
        next_after=found[A_PAGE - 1].number if len(found) > A_PAGE else 0,
    )


@blueprint.get("/households/<uuid:household_id>")
@edge.signed_in
def household(household_id: uuid.UUID) -> Any:
    return edge.page("people/household.html", **_household_facts(household_id))


@blueprint.post("/households/<uuid:household_id>")
@edge.signed_in
def change_household(household_id: uuid.UUID) -> Any:
    home = _household(household_id)
    permissions.require(
        edge.actor(), "households.change_household", community_id=edge.community().id, area_path=home.area_path
    )
    try:
        asked = edge.load(schemas.ChangedHousehold)
        path = _area_inside(asked["area_path"])
        edge.submit(
            "households.change_household",
            lambda session, now: households.change_household(
                session,
                actor=edge.actor(),
                now=now,
                household_id=household_id,
                name=asked["name"],
                address=asked["address"],
                area_path=path,
            ),
            content={**asked, "household": household_id},
        )
    except Refused as refused:
        return edge.again("people/household.html", _worded(refused), **_household_facts(household_id))
    edge.flash_done(_("已保存。"))
    return edge.back("people.household", household_id=household_id)


def _person_facts(person_id: uuid.UUID) -> dict[str, Any]:
    session, place, actor = edge.read(), edge.community(), edge.actor()
    found = residents.person(session, place.id, person_id)
    permissions.require(actor, "residents.look", community_id=place.id, person_id=found.id, area_path=found.area_path)
    today = communities.local_day(place, edge.now())
    flags = residents.flags_of(session, place.id, person_id)
    return {
        "person": found,
        "home": households.household(session, place.id, found.household_id),
        "age": residents.age_on(found, today),
        "priority": eligibility.priority_of(session, place.id, [found], today)[found.id],
        "used": {noted.id for noted in residents.flags_of(session, place.id, person_id, on=today)},
        "sensitive": consents.SENSITIVE,
        "consent_ways": list(WAYS.items()),
        "flags": flags,
        "today": today,
        "history": residents.history_of(session, place.id, person_id),
        "told": _told,
        "cards": cards.cards_of(session, place.id, person_id),
        "minutes": _balance(found.id, "min"),
        "steps": _balance(found.household_id, "pt"),
        "place_names": areas.names_along(session, found.area_path)[-2:],
        "may_change": permissions.may(actor, "residents.change", community_id=place.id, area_path=found.area_path),
        "spoken_phone": residents.spoken_phone(found.phone),
        "has_left": residents.has_left(found),
        "left_choices": [(reason, schemas.LEFT_WORDS[reason]) for reason in residents.LEFT_REASONS],
        "may_erase": not residents.is_erased(found)
        and permissions.may(actor, "erasure.look", community_id=place.id, area_path=found.area_path),
        **_form_facts(),
    }


def _told(change: residents.PersonChange) -> list[tuple[str, str, str]]:
    """What was changed, in words: the field, what it said before, and after."""
    return [
        (_field_label(name), _plain(name, before), _plain(name, after))
        for name, (before, after) in change.changes.items()
    ]


def _field_label(name: str) -> str:
    """A field as people call it; of a circumstance, which one."""
    kind = name.removeprefix("flag:")
    return str(schemas.FIELD_LABELS.get(name) or schemas.FLAG_WORDS.get(kind, name))


def _plain(name: str, value: str) -> str:
    """A kept value as people read it: a household by its number, an area by its name."""
    words = {"sex": schemas.SEX_WORDS, "left_reason": schemas.LEFT_WORDS}.get(name, {})
    if value in words:
        return str(words[value])
    if name == "phone":
        return residents.spoken_phone(value) or "—"
    if name == "household" and value:
        home = households.household(edge.read(), edge.community().id, uuid.UUID(value))
        return _("第 %(number)s 户", number=home.number)
    if name.startswith("flag:"):
        return value or _("没有截止日期")
    if name == "area":
        return place_names().get(value, value)
    return value or "—"


def _balance(owner_id: uuid.UUID, unit: str) -> int | None:
    """What an owner's main account holds; None if none was opened yet."""
    session, place = edge.read(), edge.community()
    account = accounts.find_main(session, place.id, owner_id, unit)
    return None if account is None else reading.account(session, place.id, account).balance


def _household_facts(household_id: uuid.UUID) -> dict[str, Any]:
    session, place = edge.read(), edge.community()
    home = _household(household_id)
    return {
        "home": home,
        "members": residents.members(session, place.id, household_id),
        "cards": cards.cards_of(session, place.id, household_id),
        "steps": _balance(household_id, "pt"),
        "places": place_names(),
        "may_change": permissions.may(
            edge.actor(), "households.change_household", community_id=place.id, area_path=home.area_path
        ),
        **_form_facts(),
    }


def _household(household_id: uuid.UUID) -> Household:
    place = edge.community()
    found = households.household(edge.read(), place.id, household_id)
    permissions.require(
        edge.actor(), "households.look", community_id=place.id, household_id=found.id, area_path=found.area_path
    )
    return found


def _changeable(person_id: uuid.UUID) -> Person:
    place = edge.community()
    found = residents.person(edge.read(), place.id, person_id)
    permissions.require(edge.actor(), "residents.change", community_id=place.id, area_path=found.area_path)
    return found


def _new_facts() -> dict[str, Any]:
    return {"places": place_names(), **_form_facts()}


def _form_facts() -> dict[str, Any]:
    return {
        "sex_words": schemas.SEX_WORDS,
        "flag_words": schemas.FLAG_WORDS,
        "left_words": schemas.LEFT_WORDS,
        "revoked_words": schemas.REVOKED_WORDS,
    }


def _particulars(asked: dict[str, Any]) -> Particulars:
    return Particulars(
        name=asked["name"],
        sex=asked["sex"],
        born_on=asked["born_on"],
        phone=asked["phone"],
        relation=asked["relation"],
        identity_number=asked["identity_number"],
    )


def _household_of_number(number: int | None) -> Household | None:
    if number is None:
        return None
    try:
        return households.by_number(edge.read(), edge.community().id, number)
    except NotFound:
        raise BadInput(fields={"household_number": "household"}) from None


def _area_inside(path: str | None) -> str:
    """A grid or building of this community, or the community itself."""
    if path in place_names():
        return str(path)
    return edge.community().area_path


def place_names() -> dict[str, str]:
    """The community's grids and buildings by path, the community first."""
    below = areas.under(edge.read(), edge.community().area_path)
    names = {area.path: area.name for area in below}
    return {
        path: " · ".join(
            names[above] for above in names if above != edge.community().area_path and path.startswith(above)
        )
        or name
        for path, name in names.items()
    }


def _my_areas(use_case: str) -> tuple[str, ...]:
    """The grids within the community that somebody sees; empty for who sees all of it."""
    actor, place = edge.actor(), edge.community()
    roles = permissions.RULES[use_case].roles
    if actor.trusted or actor.has(roles):
        return ()
    return tuple(
        grant.area_path for grant in actor.grants if grant.role in roles and grant.area_path.startswith(place.area_path)
    )


def _worded(refused: Refused) -> Refused:
    """A refusal whose fields say what is wrong in words."""
    fields = refused.facts.get("fields")
    if isinstance(refused, BadInput) and isinstance(fields, dict):
        return BadInput(
            fields={name: str(FIELD_WORDS.get(code) or WRONG.get(code, code)) for name, code in fields.items()}
        )
    return refused

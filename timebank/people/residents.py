"""Residents (居民): the register of a community.

A person needs no login, no phone, no e-mail and no identity number; shares a name or a phone with others at will; and
has a number of her own, which stands on her card. What was changed about her stays readable: what, when, by whom, why.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar

import phonenumbers
from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    UniqueConstraint,
    and_,
    or_,
    select,
    text,
)
from sqlmodel import Field, Session, SQLModel, col

from timebank import permissions
from timebank.columns import Day, Id, Instant, Json, Number
from timebank.errors import BadInput, NotFound, Refused
from timebank.people import communities, consents, finding, households, identity, numbers, pinyin, words
from timebank.people.communities import community_of
from timebank.people.finding import Found
from timebank.people.identity import Vault
from timebank.permissions import Actor
from timebank.spreadsheets import clean_name, half_width
from timebank.storage import new_id, next_number

SEXES = ("f", "m", "")
LEFT_REASONS = ("moved", "died", "mistake")
ERASED = "erased"  # in the place of such a reason: nobody any more, by timebank.erasure
# What the register may know of a person's circumstances; each with its evidence and, mostly, an end.
FLAGS = ("lives_alone", "low_income", "disabled", "hardship", "guardian_consent")


class Person(SQLModel, table=True):
    """A membership in one community. `number` is for people, `serial` the officer number in the ledger."""

    __tablename__: ClassVar[str] = "person"
    __table_args__ = (
        UniqueConstraint("community_id", "serial", name="uq_person_serial"),
        UniqueConstraint("community_id", "identity_index", name="uq_person_identity"),
        ForeignKeyConstraint(
            ["community_id", "household_id"], ["household.community_id", "household.id"], name="fk_person_household"
        ),
        CheckConstraint("serial > 0", name="ck_person_serial"),
        CheckConstraint("length(name) BETWEEN 1 AND 60", name="ck_person_name"),
        CheckConstraint("sex IN ('f', 'm', '')", name="ck_person_sex"),
        CheckConstraint("(left_on IS NULL) = (left_reason = '')", name="ck_person_left"),
        CheckConstraint(
            "(identity_cipher IS NULL) = (identity_index IS NULL) AND (identity_cipher IS NULL) = (identity_last4 IS NULL)",
            name="ck_person_identity",
        ),
        Index("ix_person_name", "community_id", "name"),
        Index("ix_person_phone", "community_id", "phone"),
        Index("ix_person_phone_tail", "community_id", text("substr(phone, length(phone) - 3)")),
        Index("ix_person_household", "community_id", "household_id"),
        Index("ix_person_area", "community_id", "area_path"),
    )
    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    serial: int = Field(sa_type=Number)
    number: str
    name: str
    search_key: str
    sex: str = ""
    born_on: date | None = Field(default=None, sa_type=Day)
    phone: str | None = None
    household_id: uuid.UUID = Field(sa_type=Id)
    relation: str = ""
    area_path: str
    identity_cipher: bytes | None = Field(default=None, sa_type=LargeBinary)
    identity_index: bytes | None = Field(default=None, sa_type=LargeBinary)
    identity_last4: str | None = None
    joined_at: datetime = Field(sa_type=Instant)
    left_on: date | None = Field(default=None, sa_type=Day)
    left_reason: str = ""
    import_id: uuid.UUID | None = Field(default=None, sa_type=Id)
    import_row: int | None = Field(default=None, sa_type=Number)


class PersonFlag(SQLModel, table=True):
    """A circumstance that gives a right, with the paper it rests on and the day it ends."""

    __tablename__: ClassVar[str] = "person_flag"
    __table_args__ = (
        ForeignKeyConstraint(
            ["community_id", "person_id"], ["person.community_id", "person.id"], name="fk_person_flag"
        ),
        CheckConstraint("flag IN ('" + "', '".join(FLAGS) + "')", name="ck_person_flag_flag"),
        CheckConstraint("length(evidence) BETWEEN 1 AND 200", name="ck_person_flag_evidence"),
        CheckConstraint("until_on IS NULL OR until_on >= from_on", name="ck_person_flag_days"),
        Index("ix_person_flag_person", "community_id", "person_id"),
    )
    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    person_id: uuid.UUID = Field(sa_type=Id)
    flag: str
    evidence: str
    from_on: date = Field(sa_type=Day)
    until_on: date | None = Field(default=None, sa_type=Day)
    recorded_at: datetime = Field(sa_type=Instant)
    recorded_by: str


class PersonChange(SQLModel, table=True):
    """What was changed about a person: {field: [before, after]}. Identity numbers only by their last four."""

    __tablename__: ClassVar[str] = "person_change"
    __table_args__ = (
        ForeignKeyConstraint(
            ["community_id", "person_id"], ["person.community_id", "person.id"], name="fk_person_change"
        ),
        Index("ix_person_change_person", "community_id", "person_id"),
    )
    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    person_id: uuid.UUID = Field(sa_type=Id)
    changes: dict[str, Any] = Field(sa_type=Json)
    reason: str
    changed_at: datetime = Field(sa_type=Instant)
    changed_by: str


class IdentityTaken(Refused):
    """Somebody in the register has this identity number already (facts: her number)."""

    code = "identity_taken"
    status = 409


class HasLeft(Refused):
    """She has left the register."""

    code = "person_has_left"
    status = 409


@dataclass(frozen=True, kw_only=True)
class Particulars:
    """What the register says of a person, as somebody types it. `identity_number` None: leave as it is."""

    name: str
    sex: str = ""
    born_on: date | None = None
    phone: str = ""
    relation: str = ""
    identity_number: str | None = None


def admit(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    particulars: Particulars,
    household_id: uuid.UUID | None = None,
    area_path: str | None = None,
    address: str = "",
    vault: Vault | None = None,
) -> Person:
    """Take one person into the register; without a household she gets one of her own.

    Raises:
        BadInput: a phone, identity number or name that cannot be.
        IdentityTaken: the identity number is in the register.
    """
    community = communities.community(session, community_of(actor))
    place = area_path or community.area_path
    permissions.require(actor, "residents.admit", community_id=community.id, area_path=place)
    particulars = checked(particulars, today=communities.local_day(community, now))
    if household_id is None:
        household_id = households.open_household(
            session, actor=actor, now=now, name=particulars.name, area_path=place, address=address
        ).id
    home = households.household(session, community.id, household_id)
    serial = next_number(session, community.id, "person")
    person = Person(
        community_id=community.id,
        id=new_id(now),
        serial=serial,
        number=numbers.written(community.code, serial),
        name=particulars.name,
        search_key=pinyin.search_key(particulars.name),
        sex=particulars.sex,
        born_on=particulars.born_on,
        phone=particulars.phone or None,
        household_id=household_id,
        relation=particulars.relation,
        area_path=home.area_path,
        joined_at=now,
    )
    _set_identity(session, person, particulars.identity_number, vault)
    session.add(person)
    session.flush()
    words.learn(session, community.id, [(serial, person.name, person.search_key)])
    return person


def change(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    person_id: uuid.UUID,
    particulars: Particulars,
    reason: str,
    vault: Vault | None = None,
) -> dict[str, Any]:
    """Correct what the register says of a person. What it said before stays in her history.

    Raises:
        NotFound, BadInput, IdentityTaken.
    """
    community_id = community_of(actor)
    found = person(session, community_id, person_id)
    permissions.require(actor, "residents.change", community_id=community_id, area_path=found.area_path)
    today = communities.local_day(communities.community(session, community_id), now)
    particulars = checked(particulars, today=today)
    before = _told(found)
    found.name = particulars.name
    found.search_key = pinyin.search_key(particulars.name)
    found.sex = particulars.sex
    found.born_on = particulars.born_on
    found.phone = particulars.phone or None
    found.relation = particulars.relation
    if particulars.identity_number is not None:
        _set_identity(session, found, particulars.identity_number, vault)
    _record(session, found, before=before, reason=reason, actor=actor, now=now)
    if found.name != before["name"]:
        words.learn_anew(session, community_id, found.serial, found.name, found.search_key)
    return {"code": "person_changed", "person": found.id.hex}


def move(
    session: Session, *, actor: Actor, now: datetime, person_id: uuid.UUID, household_id: uuid.UUID, reason: str
) -> dict[str, Any]:
    """Let a person live in another household of the community, and so perhaps in another building."""
    community_id = community_of(actor)
    found = person(session, community_id, person_id)
    permissions.require(actor, "residents.change", community_id=community_id, area_path=found.area_path)
    home = households.household(session, community_id, household_id)
    before = _told(found)
    found.household_id, found.area_path = home.id, home.area_path
    _record(session, found, before=before, reason=reason, actor=actor, now=now)
    return {"code": "person_moved", "person": found.id.hex}


def leave(
    session: Session, *, actor: Actor, now: datetime, person_id: uuid.UUID, left_on: date, left_reason: str, reason: str
) -> dict[str, Any]:
    """Note that a person moved away, died, or was in the register by mistake. Minutes stay where they are.

    Raises:
        HasLeft: it was noted before.
    """
    community_id = community_of(actor)
    found = person(session, community_id, person_id)
    permissions.require(actor, "residents.change", community_id=community_id, area_path=found.area_path)
    if has_left(found):
        raise HasLeft(person=found.number, left_on=str(found.left_on))
    if left_reason not in LEFT_REASONS:
        raise BadInput(fields={"left_reason": left_reason})
    before = _told(found)
    found.left_on, found.left_reason = left_on, left_reason
    _record(session, found, before=before, reason=reason, actor=actor, now=now)
    return {"code": "person_left", "person": found.id.hex}


def flag(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    person_id: uuid.UUID,
    flag: str,
    evidence: str,
    from_on: date,
    until_on: date | None,
) -> dict[str, Any]:
    """Note a circumstance that gives a right, with the paper that shows it."""
    community_id = community_of(actor)
    found = person(session, community_id, person_id)
    permissions.require(actor, "residents.flag", community_id=community_id, area_path=found.area_path)
    if flag not in FLAGS:
        raise BadInput(fields={"flag": flag})
    if until_on is not None and until_on < from_on:
        raise BadInput(fields={"until_on": str(until_on)})
    noted = PersonFlag(
        community_id=community_id,
        id=new_id(now),
        person_id=person_id,
        flag=flag,
        evidence=evidence,
        from_on=from_on,
        until_on=until_on,
        recorded_at=now,
        recorded_by=actor.number,
    )
    session.add(noted)
    session.flush()
    return {"code": "person_flagged", "flag": noted.id.hex}


# Reading --------------------------------------------------------------------------------------------------------------


def person(session: Session, community_id: int, person_id: uuid.UUID) -> Person:
    """One person; NotFound if the community has none of this id."""
    found = session.get(Person, (community_id, person_id))
    if found is None:
        raise NotFound(what="person")
    return found


def by_number(session: Session, community_id: int, number: str) -> Person:
    """The person of a number as typed from a card, forgiving dashes and the community's code; NotFound if none."""
    code = communities.community(session, community_id).code
    serial = numbers.serial_of(number, code)
    found = by_serial(session, community_id, serial) if serial else None
    if found is None:
        raise NotFound(what="person", number=number)
    return found


def by_serial(session: Session, community_id: int, serial: int) -> Person | None:
    query = select(Person).where(col(Person.community_id) == community_id, col(Person.serial) == serial)
    return session.scalars(query).one_or_none()


def persons_of(session: Session, community_id: int, ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Person]:
    """Several people by id, in one query."""
    wanted = list(set(ids))
    if not wanted:
        return {}
    query = select(Person).where(col(Person.community_id) == community_id, col(Person.id).in_(wanted))
    return {found.id: found for found in session.scalars(query)}


def members(session: Session, community_id: int, household_id: uuid.UUID) -> list[Person]:
    """Who lives in a household, those who left too, by serial; who was erased is nobody's neighbour."""
    query = select(Person).where(
        col(Person.community_id) == community_id,
        col(Person.household_id) == household_id,
        col(Person.left_reason) != ERASED,
    )
    return list(session.scalars(query.order_by(col(Person.serial))))


def search(
    session: Session,
    community_id: int,
    typed: str,
    limit: int = 20,
    *,
    after: int = 0,
    area_paths: Sequence[str] = (),
    with_left: bool = False,
    vault: Vault | None = None,
) -> list[Found]:
    """People by part of a name, pinyin or initials, by number, phone or identity number; by serial, those after `after`.

    An empty text finds everybody; `area_paths` narrows to grids and buildings. Identity numbers are only found whole, through their index.
    """
    return finding.search(
        session,
        community_id,
        typed,
        limit,
        after=after,
        area_paths=area_paths,
        with_left=with_left,
        vault=vault,
        phone_of=phone_of,
    )


def flags_of(session: Session, community_id: int, person_id: uuid.UUID, *, on: date | None = None) -> list[PersonFlag]:
    """What is noted of a person's circumstances, newest first; with `on`, only what holds on that day and may be used.

    What is sensitive may be used while her consent to it stands (timebank/people/consents.py).
    """
    query = select(PersonFlag).where(
        col(PersonFlag.community_id) == community_id, col(PersonFlag.person_id) == person_id
    )
    if on is not None:
        query = query.where(holding(PersonFlag, on))
    return list(session.scalars(query.order_by(col(PersonFlag.recorded_at).desc())))


def flags_of_all(
    session: Session, community_id: int, person_ids: Sequence[uuid.UUID], *, on: date
) -> dict[uuid.UUID, list[PersonFlag]]:
    """What holds on a day and may be used, of several people at once."""
    found: dict[uuid.UUID, list[PersonFlag]] = {}
    for start in range(0, len(person_ids), 500):
        query = select(PersonFlag).where(
            col(PersonFlag.community_id) == community_id,
            col(PersonFlag.person_id).in_(person_ids[start : start + 500]),
            holding(PersonFlag, on),
        )
        for noted in session.scalars(query):
            found.setdefault(noted.person_id, []).append(noted)
    return found


def holding(flags: Any, on: date) -> ColumnElement[bool]:
    """Whether a flag (the table or an alias of it) holds on a day, its last day included, and may be used."""
    still = or_(col(flags.until_on).is_(None), col(flags.until_on) >= on)
    return and_(col(flags.from_on) <= on, still, consents.usable(flags))


def history_of(session: Session, community_id: int, person_id: uuid.UUID) -> list[PersonChange]:
    """What was changed about a person, newest first."""
    query = select(PersonChange).where(
        col(PersonChange.community_id) == community_id, col(PersonChange.person_id) == person_id
    )
    return list(session.scalars(query.order_by(col(PersonChange.changed_at).desc(), col(PersonChange.id).desc())))


def has_left(person: Person) -> bool:
    return person.left_on is not None


def is_erased(person: Person) -> bool:
    return person.left_reason == ERASED


def age_on(person: Person, day: date) -> int | None:
    """Full years on a day; who was born on 29 February is a year older on 1 March. None if the birthday is unknown."""
    return full_years(person.born_on, day)


def full_years(born_on: date | None, day: date) -> int | None:
    """The age on a day of whom the register says this birthday, or none; see `age_on`."""
    if born_on is None:
        return None
    return day.year - born_on.year - ((day.month, day.day) < (born_on.month, born_on.day))


def checked(particulars: Particulars, *, today: date) -> Particulars:
    """The particulars as the register keeps them.

    Raises:
        BadInput: by field: name, sex, born_on, phone, identity_number.
    """
    fields: dict[str, str] = {}
    name = clean_name(particulars.name)
    if not 1 <= len(name) <= 60:
        fields["name"] = "name"
    if particulars.sex not in SEXES:
        fields["sex"] = "sex"
    if particulars.born_on is not None and not date(1880, 1, 1) <= particulars.born_on <= today:
        fields["born_on"] = "born_on"
    phone = phone_of(particulars.phone)
    if phone is None:
        fields["phone"] = "phone"
    known = identity.read(particulars.identity_number) if particulars.identity_number else None
    if particulars.identity_number and known is None:
        fields["identity_number"] = "identity_number"
    if known and particulars.born_on not in (None, known.born_on):
        fields["born_on"] = "identity_contradicts"
    if known and particulars.sex not in ("", known.sex):
        fields["sex"] = "identity_contradicts"
    if fields:
        raise BadInput(fields=fields)
    return Particulars(
        name=name,
        sex=particulars.sex or (known.sex if known else ""),
        born_on=particulars.born_on or (known.born_on if known else None),
        phone=phone or "",
        relation=particulars.relation,
        identity_number=known.number if known else particulars.identity_number,
    )


def phone_of(text: str) -> str | None:
    """A phone in international form (+8613800138000), "" if the text is empty, None if it is no phone."""
    plain = half_width(text)
    if not plain:
        return ""
    try:
        found = phonenumbers.parse(plain, "CN")
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(found):
        return None
    return phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164)


def spoken_phone(phone: str | None) -> str:
    """A phone as people write it here: 138 0013 8000."""
    if not phone:
        return ""
    found = phonenumbers.parse(phone, None)
    form = phonenumbers.PhoneNumberFormat
    return phonenumbers.format_number(found, form.NATIONAL if found.country_code == 86 else form.INTERNATIONAL)


def _set_identity(session: Session, person: Person, number: str | None, vault: Vault | None) -> None:
    if not number:
        if number == "":
            person.identity_cipher = person.identity_index = person.identity_last4 = None
        return
    if vault is None:
        raise ValueError("an identity number needs a vault to be kept in")
    kept = vault.lock(number, community_id=person.community_id, person_id=person.id)
    query = select(Person).where(
        col(Person.community_id) == person.community_id,
        col(Person.identity_index) == kept.index,
        col(Person.id) != person.id,
    )
    other = session.scalars(query).one_or_none()
    if other is not None:
        raise IdentityTaken(person=other.number)
    person.identity_cipher, person.identity_index, person.identity_last4 = kept.cipher, kept.index, kept.last4


def _told(person: Person) -> dict[str, str]:
    """The fields whose change is kept, as text."""
    return {
        "name": person.name,
        "sex": person.sex,
        "born_on": str(person.born_on or ""),
        "phone": person.phone or "",
        "relation": person.relation,
        "identity_last4": person.identity_last4 or "",
        "household": person.household_id.hex,
        "area": person.area_path,
        "left_on": str(person.left_on or ""),
        "left_reason": person.left_reason,
    }


def _record(
    session: Session, person: Person, *, before: Mapping[str, str], reason: str, actor: Actor, now: datetime
) -> None:
    after = _told(person)
    changes = {name: [before[name], after[name]] for name in after if before[name] != after[name]}
    note_change(session, person, changes=changes, reason=reason, actor=actor, now=now)


def note_change(
    session: Session, person: Person, *, changes: Mapping[str, list[str]], reason: str, actor: Actor, now: datetime
) -> None:
    """Put into a person's history what was changed, if anything was: {field: [before, after]}."""
    if changes:
        session.add(
            PersonChange(
                community_id=person.community_id,
                id=new_id(now),
                person_id=person.id,
                changes=dict(changes),
                reason=reason,
                changed_at=now,
                changed_by=actor.number,
            )
        )
    session.flush()

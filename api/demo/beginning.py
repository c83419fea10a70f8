"""How it began: areas, two communities, their registers from old books, cards, roles and sign-ins."""

import datetime as dt
import uuid
from functools import partial

from sqlalchemy import select
from sqlmodel import Session, col

from api.demo import register
from api.demo.cast import AUDITOR, CAST, OPERATOR, PASSWORD, homes_of_cast
from api.demo.chance import stream
from api.demo.places import CITY, COUNTY, PLACES, PROVINCE, VILLAGE, Place, area_rows
from api.demo.tale import Someone, Tale, local
from api.opening import Opening, open_community
from timebank import spreadsheets
from timebank.people import areas, cards, helpers, households, imports, logins, residents, roles
from timebank.people.identity import Vault
from timebank.people.residents import Particulars, Person
from timebank.permissions import Actor
from timebank.storage import new_key

HOUSEHOLDS = {1: 239, 2: 36}
VOLUNTEERS = {1: 72, 2: 12}
OFFICERS_BORN = {"周正平": dt.date(1979, 4, 2), "陈永兰": dt.date(1974, 9, 18), "顾敏华": dt.date(1976, 6, 6), "沈文斌": dt.date(1981, 11, 30)}  # fmt: skip


def begin(tale: Tale) -> None:
    """Everything until the first day of service."""
    console = Actor.console(None, "operator")
    tale.clock.move_to(local(tale.first_day, 9))
    tale.everywhere(lambda session, now: areas.import_tree(session, actor=console, now=now, rows=area_rows()))
    for place in PLACES:
        tale.clock.move_to(local(tale.first_day, 9, 30 * place.community_id))
        open_community(
            tale.storage,
            tale.keys,
            installation=tale.settings.installation,
            actor=console,
            key=new_key(tale.clock.now()),
            asked=Opening(
                code=place.code,
                name=place.name,
                area_code=place.area_code,
                profile=place.profile,
                officers=place.officers,
            ),
        )
        _say_of_officers(tale, place)
        _import_register(tale, place)
        tale.people[place.community_id] = _everybody(tale, place)
        _make_cards(tale, place)
        _choose_volunteers(tale, place)
    _give_roles(tale)
    _let_sign_in(tale)
    _bind_helper(tale)


def _clerk(place: Place) -> Actor:
    return Actor.console(place.community_id, "clerk")


def _say_of_officers(tale: Tale, place: Place) -> None:
    """The two officers were named by name alone; now the register says the rest."""
    clerk = _clerk(place)

    def change(session: Session, now: dt.datetime) -> None:
        for serial, name in enumerate(place.officers, 1):
            found = residents.by_serial(session, place.community_id, serial)
            assert found is not None
            said = Particulars(
                name=name,
                sex="f" if name in ("陈永兰", "顾敏华") else "m",
                born_on=OFFICERS_BORN[name],
                phone=f"1380000{7100 + 10 * place.community_id + serial}",
                relation="户主",
            )
            residents.change(session, actor=clerk, now=now, person_id=found.id, particulars=said, reason="补全资料")

    tale.together(clerk, change, name="residents.change")


def _import_register(tale: Tale, place: Place) -> None:
    """The clerk's spreadsheet: uploaded, looked at, confirmed."""
    chance = stream(f"register {place.code}")
    on = tale.clock.now().date()
    homes = register.households(
        place,
        chance,
        count=HOUSEHOLDS[place.community_id],
        on=on,
        book=f"{on.year - 1}年旧账",
        but={part.name for part in CAST} | set(place.officers),
    )
    homes += _housed(
        place, homes_of_cast(chance, on)[place.community_id], book=f"{on.year - 1}年旧账", first=len(homes) + 1
    )
    content = register.spreadsheet(place, homes)
    sheet = spreadsheets.read(content, columns=imports.COLUMNS)
    clerk, vault = _clerk(place), Vault(tale.settings.secret)
    batch_id: uuid.UUID = tale.everywhere(
        lambda session, now: imports.stage(
            session,
            actor=clerk,
            now=now,
            sheet=sheet,
            file_name=f"{place.name}居民花名册.xlsx",
            content=content,
            vault=vault,
        )
    )
    with tale.storage.read() as session:
        wrong = imports.rows(session, place.community_id, batch_id, verdict="error", limit=3)
        if wrong:
            raise ValueError(f"the demo's register has wrong rows: {wrong}")
        checked = imports.check(session, actor=clerk, now=tale.clock.now(), batch_id=batch_id, with_doubtful=True)
    tale.do(imports.confirm, actor=clerk, checked=checked)
    imports.go_on(tale.storage, place.community_id, batch_id, pace=imports.AllAtOnce())


def _housed(
    place: Place, homes: list[list[register.Resident]], *, book: str, first: int
) -> list[list[register.Resident]]:
    """The households of the cast live in the first group, one door after the other."""
    building, part = place.buildings()[0]
    for at, home in enumerate(homes, first):
        for person in home:
            person.book_code, person.building = f"{place.code}{at:04}", building
            person.address = f"{place.name}{part}{at - first + 31}号"
            person.source_page = f"{book}第{at // 12 + 3}页第{at % 12 + 1}行"
    return homes


def _everybody(tale: Tale, place: Place) -> list[Someone]:
    with tale.storage.read() as session:
        rows = session.scalars(
            select(Person).where(col(Person.community_id) == place.community_id).order_by(col(Person.serial))
        ).all()
        homes = {home.id: home.number for home in households.households(session, place.community_id, limit=10_000)}
    return [
        Someone(row.community_id, row.id, row.serial, row.number, row.name, row.sex, row.born_on, row.phone or "",
                row.household_id, homes[row.household_id], row.area_path, place.path, row.relation)
        for row in rows
    ]  # fmt: skip


def _make_cards(tale: Tale, place: Place) -> None:
    """A card for everybody, and one at the door of every home with an elder."""
    tale.clock.move_to(local(tale.first_day, 14, place.community_id))
    people = tale.people[place.community_id]
    doors = list(dict.fromkeys(one.household_id for one in people if one.age(tale.first_day) >= 60))
    tale.do(cards.issue, actor=_clerk(place), person_ids=[one.id for one in people], household_ids=doors)


def _choose_volunteers(tale: Tale, place: Place) -> None:
    """People of 20 to 73 who said that they would help."""
    chance = stream(f"volunteers {place.code}")
    played = {part.name for part in CAST}
    able = [
        one
        for one in tale.people[place.community_id]
        if 20 <= one.age(tale.first_day) <= 73 and one.born_on and one.phone and one.name not in played
    ]
    for one in chance.sample(able, VOLUNTEERS[place.community_id]):
        one.roles.append(("volunteer", place.path))


def _give_roles(tale: Tale) -> None:
    tale.clock.move_to(local(tale.first_day, 16))
    for place in PLACES:
        _choose_staff(tale, place)
    for part in CAST:
        played = tale.of(part.community_id, part.name)
        played.roles.extend(role for role in part.roles if role not in played.roles)

    def give(session: Session, now: dt.datetime) -> None:
        for place in PLACES:
            for one in tale.people[place.community_id]:
                for role, area_path in one.roles:
                    if role != "community_manager":  # the opening gave it
                        roles.give(session, actor=_clerk(place), now=now, role=role, area_path=area_path,
                                   from_on=tale.first_day, until_on=None, person_id=one.id)  # fmt: skip

    tale.everywhere(give)


def _choose_staff(tale: Tale, place: Place) -> None:
    """Who else holds an office, beside those who can be played."""
    officers = tale.people[place.community_id][:2]
    for officer in officers:
        officer.roles.append(("community_manager", place.path))
    officers[1].roles.append(("committee", place.path))
    others = [one for one in tale.people[place.community_id] if ("volunteer", place.path) in one.roles]
    others[0].roles.append(("merchant", place.path))
    if place is not VILLAGE:
        officers[0].roles.append(("supervision_committee", place.path))
        others[1].roles.append(("reviewer", place.path))
        others[2].roles.append(("reviewer", place.path))  # whoever is drawn is looked at by another one
        return
    others[7].roles.append(("reviewer", place.path))
    others[1].roles.append(("desk_staff", place.path))
    for grid, worker in enumerate(others[2:5], 2):
        worker.roles.append(("grid_worker", f"{place.path}{place.area_code}{grid:02}/"))
    for leader in others[5:7]:
        leader.roles.append(("team_leader", place.path))


def _let_sign_in(tale: Tale) -> None:
    """The demo people activate their cards; auditor and operator are no residents."""
    played = [tale.of(part.community_id, part.name) for part in CAST if part.signs_in]
    hashed = logins.hash_password(PASSWORD, also_not=[])  # one for all: the password is the same, and printed
    with tale.storage.read() as session:
        card_ids = {}
        for one in played:
            card = cards.current_card(session, one.community_id, one.id)
            assert card is not None
            card_ids[one.id] = card.id
    for one in played:
        tale.everywhere(partial(_activate, one=one, card_id=card_ids[one.id], password_hash=hashed))
    county = f"/{PROVINCE}/{CITY}/{COUNTY}/"
    for name, role, area in ((AUDITOR, "auditor", county), (OPERATOR, "operator", "/")):
        tale.everywhere(
            partial(_open_login, name=name, role=role, area_path=area, password_hash=hashed, on=tale.first_day)
        )


def _activate(session: Session, now: dt.datetime, *, one: Someone, card_id: uuid.UUID, password_hash: str) -> None:
    logins.activate(
        session,
        now=now,
        community_id=one.community_id,
        person_id=one.id,
        number=one.number,
        card_id=card_id,
        password_hash=password_hash,
        phone=one.phone or None,
        login_id=None,
    )


def _open_login(
    session: Session, now: dt.datetime, *, name: str, role: str, area_path: str, password_hash: str, on: dt.date
) -> None:
    login_id = logins.open_login(session, now=now, password_hash=password_hash, name=name)
    logins.grant(session, now=now, role=role, area_path=area_path, from_on=on, until_on=None, given_by="console:demo",
                 login_id=login_id)  # fmt: skip


def _bind_helper(tale: Tale) -> None:
    """The daughter may order for her mother: asked for, looked at by the desk, agreed with the mother's own card."""
    elder, daughter, desk = (tale.of(1, name) for name in ("赵桂珍", "赵美玲", "李建芳"))
    asked = tale.do(helpers.ask, actor=daughter.actor, elder_id=elder.id, helper_id=daughter.id, relation="child")
    binding_id = uuid.UUID(str(asked["binding_id"]).replace("-", ""))
    tale.do(helpers.review, actor=desk.actor, binding_id=binding_id, is_accepted=True)
    with tale.storage.read() as session:
        card = cards.current_card(session, 1, elder.id)
    tale.do(helpers.confirm, actor=desk.actor, binding_id=binding_id, card_token=card.token if card else None)

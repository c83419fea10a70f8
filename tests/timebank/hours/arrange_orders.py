"""Sentences to arrange a village in which services are ordered: elders with minutes, volunteers, doors."""

import datetime
import uuid
from dataclasses import dataclass, field
from typing import Any

from ledger import book_of, reading
from tests.village import SECRET, Village
from timebank import accounts
from timebank.hours.orders import board, claiming, dispatch, follow_up, placing, rows, serving, settling, tear_off
from timebank.people import cards, households, residents
from timebank.people.residents import Particulars
from timebank.permissions import Actor
from timebank.storage import new_key

ELDER_BORN = datetime.date(1944, 3, 8)
ADULT_BORN = datetime.date(1990, 5, 1)


@dataclass
class Someone:
    """A person of the register, as tests hold one."""

    id: uuid.UUID
    number: str
    household_id: uuid.UUID


def make_person(
    village: Village,
    name: str = "李志愿",
    *,
    born_on: datetime.date | None = ADULT_BORN,
    phone: str = "",
    household_id: uuid.UUID | None = None,
    grid: str = "",
) -> Someone:
    """Somebody in the register, in a household of her own unless one is named."""
    made: list[Someone] = []

    def admit(session, now):
        person = residents.admit(
            session,
            actor=console(village),
            now=now,
            particulars=Particulars(name=name, born_on=born_on, phone=phone),
            household_id=household_id,
            area_path=village.area_path + (f"{grid}/" if grid else "") if household_id is None else None,
        )
        made.append(Someone(person.id, person.number, person.household_id))
        return {"number": person.number}

    village.write(admit)
    return made[0]


def make_elder(village: Village, minutes: int = 600, name: str = "王奶奶", **particulars: Any) -> Someone:
    """An elder of 82 with minutes in her account."""
    elder = make_person(village, name, **{"born_on": ELDER_BORN, **particulars})
    if minutes:
        give(village, elder, minutes)
    return elder


def give(village: Village, person: Someone, minutes: int) -> None:
    """Put minutes into somebody's account."""

    def post(session, now):
        to = accounts.opened_or_main(session, village.community_id, kind="person", owner_id=person.id, unit="min")
        detail = {"use_case": "test.give", "credited": minutes}
        book_of(session).post({accounts.ISSUE_MIN: -minutes, to: minutes}, on=village.today, detail=detail)
        return {}

    village.write(post)


def make_volunteer(village: Village, name: str = "李志愿", **particulars: Any) -> Actor:
    """A resident with the role of a volunteer."""
    return village.actor("volunteer", person=make_person(village, name, **particulars))


def console(village: Village) -> Actor:
    return Actor.console(village.community_id, "test")


def job(village: Village) -> Actor:
    return Actor.system(village.community_id, "orders")


def door_of(village: Village, person: Someone) -> str:
    """The token of the card at somebody's door."""
    village.write(
        lambda session, now: cards.issue(
            session, actor=console(village), now=now, household_ids=[person.household_id], person_ids=[person.id]
        )
    )
    with village.read() as session:
        found = cards.working_cards(session, village.community_id, household_ids=[person.household_id])
        return found[person.household_id].token


def card_of(village: Village, person: Someone) -> str:
    """The token of somebody's personal card."""
    door_of(village, person)
    with village.read() as session:
        return cards.current_card(session, village.community_id, person.id).token


@dataclass
class Orders:
    """What people do with orders in a village, one sentence each; `desk` is the staff that acts when nobody is named."""

    village: Village
    desk: Actor = field(init=False)

    def __post_init__(self) -> None:
        self.desk = self.village.actor("desk_staff")

    def do(self, use_case: Any, actor: Actor, *, key: uuid.UUID | None = None, **asked: Any) -> dict[str, Any]:
        return self.village.storage.write(
            self.village.community_id,
            key or new_key(self.village.now),
            lambda session, now: use_case(session, actor=actor, now=now, **asked),
            actor=actor.number,
            use_case=f"{use_case.__module__}.{use_case.__name__}",
            content={name: str(value) for name, value in asked.items()},
        )

    def place(
        self, elder: Someone, *, by: Actor | None = None, minutes: int = 120, hours_ahead: float = 2, **other: Any
    ) -> uuid.UUID:
        return uuid.UUID(self.placed(elder, by=by, minutes=minutes, hours_ahead=hours_ahead, **other)["order_id"])

    def placed(
        self, elder: Someone, *, by: Actor | None = None, minutes: int = 120, hours_ahead: float = 2, **other: Any
    ) -> dict[str, Any]:
        asked: dict[str, Any] = {
            "recipient_id": elder.id,
            "service": "clinic_escort",
            "starts_at": self.village.now + datetime.timedelta(hours=hours_ahead),
            "planned_minutes": minutes,
            "place": "太平里 3 号楼 201",
            "note": "",
            "dispatch_at_once": True,
        } | other
        return self.do(placing.place, by or self.desk, **asked)

    def claim(self, order_id: uuid.UUID, volunteer: Actor) -> dict[str, Any]:
        return self.do(claiming.claim, volunteer, order_id=order_id)

    def arrive(self, order_id: uuid.UUID, volunteer: Actor, door: str) -> dict[str, Any]:
        return self.do(serving.arrive, volunteer, order_id=order_id, door_token=door)

    def leave(self, order_id: uuid.UUID, volunteer: Actor, door: str) -> dict[str, Any]:
        return self.do(serving.leave, volunteer, order_id=order_id, door_token=door)

    def served(self, elder: Someone, volunteer: Actor, *, minutes: int = 120, stay_minutes: float = 120) -> uuid.UUID:
        """An order that was claimed, and served for so long; it waits for the elder's word."""
        order_id = self.place(elder, minutes=minutes)
        self.claim(order_id, volunteer)
        door = door_of(self.village, elder)
        self.village.pass_time(hours=2)
        self.arrive(order_id, volunteer, door)
        self.village.pass_time(minutes=stay_minutes)
        self.leave(order_id, volunteer, door)
        return order_id

    def slip(self, order_id: uuid.UUID, by: Actor | None = None) -> str:
        """Print the slip and read its number."""
        nonce = new_key(self.village.now)
        self.do(tear_off.issue, by or self.desk, order_id=order_id, secret=SECRET, nonce=nonce)
        return tear_off.number_of(SECRET, order_id, nonce)

    def give_number(self, order_id: uuid.UUID, number: str, by: Actor, key: uuid.UUID | None = None) -> dict[str, Any]:
        return self.do(settling.confirm_with_number, by, key=key, order_id=order_id, number=number, secret=SECRET)

    def confirm(self, order_id: uuid.UUID, elder: Someone, *, consents: bool = False) -> dict[str, Any]:
        return self.do(settling.confirm_own, self.village.actor(person=elder), order_id=order_id, consents=consents)

    def cancel(self, order_id: uuid.UUID, by: Actor | None = None) -> dict[str, Any]:
        return self.do(placing.cancel, by or self.desk, order_id=order_id, reason="不需要了")

    def call(self, order_id: uuid.UUID, *, way: str = "call", is_reached: bool = True) -> dict[str, Any]:
        return self.do(
            follow_up.record_call_back, self.desk, order_id=order_id, way=way, is_reached=is_reached, note=""
        )

    def tick(self) -> list[str]:
        """Let the jobs do what has come due; returns what they did."""
        with self.village.read() as session:
            found = follow_up.due(session, community_id=self.village.community_id, now=self.village.now, limit=50)
        for due in found:
            self.do(follow_up.carry_out, job(self.village), verb=due.verb, order_id=due.order_id)
        return [due.verb for due in found]

    def row(self, order_id: uuid.UUID) -> rows.ServiceOrder:
        with self.village.read() as session:
            found = rows.order(session, self.village.community_id, order_id)
            session.expunge(found)
            return found

    def state(self, order_id: uuid.UUID) -> str:
        return self.row(order_id).state

    def explained(self, order_id: uuid.UUID, actor: Actor | None = None) -> board.Explained:
        with self.village.read() as session:
            return board.explain(session, actor=actor or self.desk, order_id=order_id)

    def minutes(self, person: Any) -> tuple[int, int]:
        """Balance and held minutes of a person, over all her lots."""
        person_id = getattr(person, "person_id", None) or person.id
        with self.village.read() as session:
            main = accounts.find_main(session, self.village.community_id, person_id, "min")
            lots = reading.accounts_of(session, self.village.community_id, main) if main else []
            return sum(lot.balance for lot in lots), sum(lot.held for lot in lots)

    def entry(self, seq: int) -> reading.Entry:
        with self.village.read() as session:
            return reading.entry(session, self.village.community_id, seq)


def on_lane_at(village: Village, at: datetime.datetime, use_case: Any, *, actor: Actor, **asked: Any) -> dict[str, Any]:
    """Carry out a use case at exactly this instant, without moving the village's clock."""
    return village.write(lambda session, now: use_case(session, actor=actor, now=at, **asked))


def leave_register(village: Village, person: Someone) -> None:
    village.write(
        lambda session, now: residents.leave(
            session,
            actor=console(village),
            now=now,
            person_id=person.id,
            left_on=village.today,
            left_reason="moved",
            reason="迁往外地",
        )
    )


def share_household(village: Village, person: Someone) -> uuid.UUID:
    with village.read() as session:
        return households.household(session, village.community_id, person.household_id).id


__all__ = [
    "Orders",
    "Someone",
    "card_of",
    "console",
    "dispatch",
    "door_of",
    "give",
    "job",
    "leave_register",
    "make_elder",
    "make_person",
    "make_volunteer",
    "on_lane_at",
    "share_household",
]

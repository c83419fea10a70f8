"""The community whose lives are told: its clock, its people, and one way in for every deed."""

from __future__ import annotations

import datetime as dt
import random
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.timebank.hours.arrange_orders import Orders, Someone, card_of, door_of, give, make_elder, make_person
from tests.village import Village
from timebank import upkeep
from timebank.errors import Refused
from timebank.permissions import Actor
from timebank.storage import new_key

ELDERS, VOLUNTEERS = 40, 60  # so many that nobody is asked again before what he was asked for is over
PURSE = 900  # minutes that an elder begins with
LOW = 300  # below this she gets more, so that the year does not end in want


@dataclass
class World:
    """`refusals` counts what was refused, by code; `deeds` what was done, by name."""

    village: Village
    chance: random.Random
    orders: Orders = field(init=False)
    elders: list[Someone] = field(default_factory=list)
    volunteers: list[Actor] = field(default_factory=list)
    doors: dict[uuid.UUID, str] = field(default_factory=dict)
    cards: dict[uuid.UUID, str] = field(default_factory=dict)
    refusals: Counter[str] = field(default_factory=Counter)
    deeds: Counter[str] = field(default_factory=Counter)
    points: list[int] = field(default_factory=list)
    rule_number: int | None = None
    _names: int = 0

    def __post_init__(self) -> None:
        self.orders = Orders(self.village)

    # -- people

    def settle_in(self) -> None:
        """The people who live here all year."""
        for _ in range(ELDERS):
            self.elders.append(self.new_elder(phone="13912345678" if self.chance.random() < 0.7 else ""))
        for _ in range(VOLUNTEERS):
            self.volunteers.append(self.new_volunteer())

    def name(self, kind: str) -> str:
        self._names += 1
        return f"{kind}{self._names}"

    def new_elder(self, minutes: int = PURSE, **particulars: Any) -> Someone:
        return make_elder(self.village, minutes, name=self.name("老人"), **particulars)

    def door(self, elder: Someone) -> str:
        """The token of the card at somebody's door."""
        if elder.id not in self.doors:
            self.doors[elder.id] = door_of(self.village, elder)
        return self.doors[elder.id]

    def new_volunteer(self, **particulars: Any) -> Actor:
        return self.village.actor("volunteer", person=make_person(self.village, self.name("志愿者"), **particulars))

    def next_elder(self) -> Someone:
        """Each in her turn."""
        self.elders.append(self.elders.pop(0))
        return self.with_minutes(self.elders[-1])

    def next_volunteer(self) -> Actor:
        """Each in his turn."""
        self.volunteers.append(self.volunteers.pop(0))
        return self.volunteers[-1]

    def elder(self) -> Someone:
        """One of them, with enough minutes for a service."""
        return self.with_minutes(self.chance.choice(self.elders))

    def with_minutes(self, elder: Someone) -> Someone:
        balance, held = self.orders.minutes(elder)
        if balance - held < LOW:
            give(self.village, elder, PURSE)
        return elder

    def volunteer(self, *but: Actor | None) -> Actor:
        """One of them, none of those named."""
        taken = {actor.person_id for actor in but if actor is not None}
        return self.chance.choice([one for one in self.volunteers if one.person_id not in taken])

    def card(self, person: Any) -> str:
        """The token of somebody's personal card."""
        if person.id not in self.cards:
            self.cards[person.id] = card_of(self.village, person)
        return self.cards[person.id]

    def herself(self, elder: Someone) -> Actor:
        return self.village.actor(person=elder)

    @property
    def orders_job(self) -> Actor:
        return Actor.system(self.village.community_id, "follow_up_orders")

    def staff(self, *roles: str) -> Actor:
        return self.village.actor(*(roles or ("desk_staff",)))

    # -- deeds

    def do(self, use_case: Any, actor: Actor, *, key: uuid.UUID | None = None, **asked: Any) -> dict[str, Any]:
        """One deed on the lane.

        Raises:
            Refused: counted.
        """
        name = f"{use_case.__module__.removeprefix('timebank.')}.{use_case.__name__}"
        try:
            outcome = self.village.storage.write(
                self.village.community_id,
                key or new_key(self.village.now),
                lambda session, now: use_case(session, actor=actor, now=now, **asked),
                actor=actor.number,
                use_case=name,
                content={told: str(value) for told, value in asked.items()},
            )
        except Refused as refused:
            self.refusals[refused.code] += 1
            raise
        self.deeds[name] += 1
        if outcome.get("code") == "tear_off_wrong":  # an answer, so that the try is counted
            self.refusals["tear_off_wrong"] += 1
        return outcome

    def refused(self, code: str, deed: Callable[[], Any]) -> None:
        """The deed is refused, for this reason and no other; refusals that are no write are counted here."""
        before = self.refusals[code]
        try:
            deed()
        except Refused as refused:
            assert refused.code == code, f"wanted {code}, got {refused.code} {refused.facts}"
            self.refusals[code] = before + 1
        else:
            assert self.refusals[code] > before, f"{code} was not refused"

    def pass_time(self, **by: float) -> None:
        self.village.pass_time(**by)

    def to_hour(self, hour: float) -> None:
        """The next time that it is so late in the village."""
        local = self.village.now + dt.timedelta(hours=8)
        wanted = local.replace(hour=int(hour), minute=int(hour % 1 * 60), second=0, microsecond=0)
        if wanted <= local:
            wanted += dt.timedelta(days=1)
        self.village.clock.move(wanted - local)

    def run_jobs(self) -> int:
        """All that has come due, as the jobs would; returns how much."""
        done = 0
        for kind in upkeep.WORK:
            actor = Actor.system(self.village.community_id, kind.name)
            for _ in range(50):
                with self.village.read() as session:
                    pieces = kind.due(session, actor, self.village.now)
                left = False
                for piece in pieces:
                    try:
                        answer = self.village.storage.write(
                            self.village.community_id,
                            new_key(self.village.now),
                            piece.change,
                            actor=actor.number,
                            use_case=f"upkeep.{kind.name}",
                            content={},
                        )
                    except Refused as refused:
                        self.refusals[refused.code] += 1
                        continue
                    done += 1
                    left = left or bool(answer.get("left"))
                if not left:
                    break
            else:
                raise AssertionError(f"{kind.name} never ends")
        return done

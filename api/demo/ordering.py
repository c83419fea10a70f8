"""A year of orders: placed at the desk, by the elder or her helper, claimed, served behind a door card, confirmed, rated."""

import datetime as dt
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from api.demo.chance import Random, stream
from api.demo.places import VILLAGE
from api.demo.serving import Service
from api.demo.tale import ZONE, Someone, Tale, awake, days, local
from timebank import upkeep
from timebank.accounts import AccountOwner
from timebank.errors import Refused
from timebank.hours.orders import (
    claiming,
    dispatch,
    disputes,
    escalation,
    follow_up,
    placing,
    serving,
    settling,
    states,
    tear_off,
)
from timebank.hours.orders.catalogue import SERVICES
from timebank.hours.orders.rows import ServiceOrder
from timebank.people import cards, skills
from timebank.permissions import Actor
from timebank.storage import new_key

# What is asked for, and how often.
ASKED = {"clinic_escort": 9, "medicine_pick_up": 6, "room_cleaning": 6, "meal_delivery": 5, "chat_company": 5, "shopping": 5,
         "walk_company": 3, "small_repair": 3, "phone_lesson": 3, "haircut": 2, "bath_company": 2, "paperwork_errand": 2}  # fmt: skip
NOTES = ("", "", "", "上午九点后在家", "听力不好,请敲门久一点", "家里有小狗,不咬人", "带好医保卡")
PRAISE = ("很细心,谢谢", "小林人好", "按时到,做得干净", "说话和气", "帮了大忙", "")
COMMUNITY = VILLAGE.community_id


@dataclass
class Doors:
    """What the story needs of the elders: who can order, and the cards at their doors."""

    elders: list[Someone]
    tokens: dict[uuid.UUID, str]


@dataclass
class Asked:
    """One order on its way."""

    elder: Someone
    volunteer: Someone | None
    starts_at: dt.datetime
    minutes: int
    order_id: uuid.UUID | None = None
    number: str = ""
    service: str = ""


@dataclass
class Ordering:
    """The telling of orders."""

    tale: Tale
    service: Service
    chance: Random
    doors: Doors

    @property
    def desk(self) -> Actor:
        return self.service.desk.actor

    # One verb of the story each --------------------------------------------------------------------------------------

    def place(
        self, asked: Asked, *, by: Actor | None = None, service: str = "", dispatched: bool = True, way: str = "counter"
    ) -> None:
        """Ask; an elder who has not enough minutes is told so, and nothing comes of it."""
        service = service or self.chance.choices(list(ASKED), weights=list(ASKED.values()))[0]
        asked.service, asked.minutes = service, asked.minutes or max(SERVICES[service].usual_minutes, 30)
        try:
            done = self.tale.do(
                placing.place,
                actor=by or self.desk,
                recipient_id=asked.elder.id,
                service=service,
                starts_at=asked.starts_at,
                planned_minutes=asked.minutes,
                place=self._home(asked.elder),
                note=self.chance.choice(NOTES),
                dispatch_at_once=dispatched,
                agreed_minutes=180,  # she was told what an hour counts for at that time
                asked_way=way,
            )
        except Refused:
            return
        asked.order_id = uuid.UUID(done["order_id"])
        if not asked.elder.phone:
            self.print_slip(asked)

    def print_slip(self, asked: Asked) -> None:
        """The slip with the number to tear off, for who has no phone."""
        nonce, secret = new_key(self.tale.clock.now()), self.tale.settings.secret
        assert asked.order_id is not None
        self._do(tear_off.issue, asked, self.desk, secret=secret, nonce=nonce)
        asked.number = tear_off.number_of(secret, asked.order_id, nonce)

    def claim(self, asked: Asked) -> None:
        if asked.volunteer is None:
            return
        if SERVICES[asked.service].skill:
            with suppress(Refused):  # he has said so before
                one = asked.volunteer
                self.tale.do(skills.say_skill, actor=one.actor, person_id=one.id, skill=SERVICES[asked.service].skill)
        self._do(claiming.claim, asked, asked.volunteer.actor)

    def arrive(self, asked: Asked) -> None:
        if asked.volunteer is not None:
            self._do(
                serving.arrive, asked, asked.volunteer.actor, door_token=self.doors.tokens[asked.elder.household_id]
            )

    def leave(self, asked: Asked) -> None:
        if asked.volunteer is not None:
            self._do(
                serving.leave, asked, asked.volunteer.actor, door_token=self.doors.tokens[asked.elder.household_id]
            )

    def confirm(self, asked: Asked) -> None:
        """On her own phone, or by the number that she tore off."""
        if asked.elder.phone:
            self._do(settling.confirm_own, asked, asked.elder.actor, consents=True)
        elif asked.volunteer is not None:
            self._do(
                settling.confirm_with_number,
                asked,
                asked.volunteer.actor,
                number=asked.number,
                secret=self.tale.settings.secret,
            )

    def call_back(self, asked: Asked) -> None:
        self._do(follow_up.record_call_back, asked, self.desk, way="call", is_reached=True, note="老人说服务得很好")

    def call_in_vain(self, asked: Asked) -> None:
        self._do(
            follow_up.record_call_back,
            asked,
            self.desk,
            way="visit",
            is_reached=False,
            note="家里没有人,邻居说去女儿家了",
        )

    def see_to_it(self, asked: Asked) -> None:
        """Whoever of the grid workers it falls to says that she sees to it."""
        for worker in self.service.with_role("grid_worker"):
            with suppress(Refused):
                self._do(escalation.acknowledge, asked, worker.actor, note="问过两位志愿者,明天再去问")
                return

    def rate(self, asked: Asked) -> None:
        stars = self.chance.choices((5, 4, 3, 2), weights=(14, 5, 2, 1))[0]
        by = asked.elder.actor if asked.elder.phone else self.desk
        self._do(
            settling.rate, asked, by, stars=stars, comment=self.chance.choice(PRAISE) if stars > 3 else "来得晚了一些"
        )

    def cancel(self, asked: Asked) -> None:
        self._do(placing.cancel, asked, self.desk, reason="老人身体不适,改日再约")

    def send_back(self, asked: Asked) -> None:
        self._do(placing.send_back, asked, self.desk, reason="输液属于医疗服务,志愿者不能做,已联系村医")

    def accept(self, asked: Asked) -> None:
        self._do(placing.accept, asked, self.desk)

    def dispatch(self, asked: Asked) -> None:
        self._do(dispatch.dispatch, asked, self.desk, person_ids=[])

    def no_show(self, asked: Asked) -> None:
        self._do(claiming.no_show, asked, self.desk, is_excused=False, note="没有来,电话没人接")

    def dispute(self, asked: Asked) -> None:
        self._do(
            disputes.dispute,
            asked,
            asked.elder.actor if asked.elder.phone else self.desk,
            reason="只做了一半时间就走了",
        )

    def resolve(self, asked: Asked) -> None:
        reviewer = self.tale.of(COMMUNITY, "孙志明").actor
        self._do(disputes.resolve, asked, reviewer, verdict="split", minutes=30, reason="双方同意按30分钟计")

    def jobs(self) -> None:
        """What time does to orders by itself."""
        actor = Actor.system(COMMUNITY, "follow_up_orders")
        with self.tale.storage.read() as session:
            pieces = upkeep.follow_up_orders(session, actor, self.tale.clock.now())
        for piece in pieces:
            self.tale.together(actor, piece.change, name="upkeep.follow_up_orders")

    # ------------------------------------------------------------------------------------------------------------------

    def then(self, when: dt.datetime, verb: Callable[[Asked], None], asked: Asked) -> None:
        """Let the verb happen then, if the order was placed at all; who is refused is told so, and life goes on."""

        def happen() -> None:
            if asked.order_id:
                with suppress(Refused):
                    verb(asked)

        self.tale.at(when, happen)

    def lately(self, hours: float) -> dt.datetime:
        """So many hours ago, when people are up."""
        return awake(self.tale.end - dt.timedelta(hours=hours))

    def _do(self, use_case: Callable[..., dict[str, Any]], asked: Asked, actor: Actor, **more: Any) -> None:
        self.tale.do(use_case, actor=actor, order_id=asked.order_id, **more)

    def _home(self, elder: Someone) -> str:
        return f"{VILLAGE.name}{dict(VILLAGE.buildings())[elder.area_path.rstrip('/').rpartition('/')[2]]}"


def order(tale: Tale, service: Service) -> None:
    """Put the year's orders on the agenda, and then the week of which every state is still to be seen."""
    told = Ordering(tale, service, stream("orders"), _doors(tale))
    began = tale.first_day + dt.timedelta(days=20)
    for turn, day in enumerate(days(began, tale.today - dt.timedelta(days=4))):
        if told.chance.random() < 0.36:
            _ordinary(told, day, turn)
    _in_progress(told)


def _doors(tale: Tale) -> Doors:
    """Elders with minutes in the books and a card at the door."""
    with tale.storage.read() as session:
        rich = set(
            session.scalars(
                select(col(AccountOwner.owner_id)).where(
                    col(AccountOwner.community_id) == COMMUNITY,
                    col(AccountOwner.unit) == "min",
                    col(AccountOwner.kind) == "person",
                )
            )
        )
        elders = [
            one for one in tale.people[COMMUNITY] if one.id in rich and one.born_on and one.age(tale.first_day) >= 66
        ]
        found = cards.working_cards(session, COMMUNITY, household_ids=[one.household_id for one in elders])
    return Doors(elders, {owner: card.token for owner, card in found.items()})


def _ordinary(told: Ordering, day: dt.date, turn: int) -> None:
    """One order from the asking to the rating; a few go another way."""
    chance, played = told.chance, {"王秀英", "赵桂珍"}
    elder = chance.choice([one for one in told.doors.elders if one.name not in played or chance.random() < 0.5])
    free = [one for one in told.service.free(day, 3) if one.household_id != elder.household_id]
    asked = Asked(
        elder,
        free[0] if free else None,
        local(day, chance.choice((8, 9, 9, 10, 14, 15)), chance.choice((0, 15, 30))),
        0,
    )
    told.tale.at(
        awake(asked.starts_at - dt.timedelta(hours=chance.uniform(18, 30))), partial(_placed_by_somebody, told, asked)
    )
    aside = {7: told.cancel, 19: told.no_show}.get(turn % 29)
    if turn % 41 == 11:
        asked.volunteer = None
        told.tale.at(asked.starts_at - dt.timedelta(hours=17), partial(_send_back, told, asked))
        return
    told.then(awake(asked.starts_at - dt.timedelta(hours=chance.uniform(4, 16))), told.claim, asked)
    if aside is not None:
        told.then(asked.starts_at + dt.timedelta(minutes=-90 if aside == told.cancel else 40), aside, asked)
        if aside == told.no_show:
            told.then(asked.starts_at + dt.timedelta(minutes=55), told.cancel, asked)
        return
    _serve(told, asked, stay=chance.gauss(1.0, 0.12))
    if turn % 37 == 5:
        told.tale.at(asked.starts_at + dt.timedelta(hours=6), partial(_disputed, told, asked))
        return
    done = asked.starts_at + dt.timedelta(hours=chance.uniform(3, 9))
    if elder.phone and chance.random() < 0.2:  # she forgets about it, and silence confirms
        told.tale.at(asked.starts_at + dt.timedelta(days=3, hours=6), told.jobs)
        return
    told.then(done, told.confirm, asked)
    if chance.random() < 0.6:
        told.then(done + dt.timedelta(minutes=4), told.rate, asked)


def _placed_by_somebody(told: Ordering, asked: Asked) -> None:
    """At the desk mostly; some do it on their own phone, and the desk takes it in and dispatches it."""
    if asked.elder.phone and told.chance.random() < 0.3:
        told.place(asked, by=asked.elder.actor)
        told.then(told.tale.clock.now() + dt.timedelta(minutes=2), told.accept, asked)
        told.then(told.tale.clock.now() + dt.timedelta(minutes=4), told.dispatch, asked)
    else:
        told.place(asked)


def _serve(told: Ordering, asked: Asked, *, stay: float) -> None:
    arrives = asked.starts_at + dt.timedelta(minutes=max(-20, told.chance.gauss(-3, 5)))
    told.then(arrives, told.arrive, asked)

    def leave_after() -> None:
        if asked.order_id:
            told.then(told.tale.clock.now() + dt.timedelta(minutes=max(16, asked.minutes * stay)), told.leave, asked)

    told.tale.at(arrives, leave_after)


def _send_back(told: Ordering, asked: Asked) -> None:
    """What a neighbour may not do goes back with the reason."""
    if asked.order_id is None:
        return
    with told.tale.storage.read() as session:
        row = session.get(ServiceOrder, (COMMUNITY, asked.order_id))
        may_return = row is not None and "return" in states.verbs_in(row.state)
    told.then(told.tale.clock.now(), told.send_back if may_return else told.cancel, asked)


def _disputed(told: Ordering, asked: Asked) -> None:
    told.then(told.tale.clock.now(), told.dispute, asked)
    told.then(told.tale.clock.now() + dt.timedelta(days=2), told.resolve, asked)


def _in_progress(told: Ordering) -> None:
    """The days around the present: one order, at least, in every state."""
    tale, now = told.tale, told.tale.end
    hour = dt.timedelta(hours=1)
    with_phone, without = tale.of(COMMUNITY, "王秀英"), tale.of(COMMUNITY, "赵桂珍")
    others = [one for one in told.doors.elders if one.name not in ("王秀英", "赵桂珍")]
    with_phones = [one for one in others if one.phone]
    without_phones = [one for one in others if not one.phone]
    homes = {one.household_id for one in (*with_phones[:8], *without_phones[:7])}  # nobody serves her own household
    played = tale.of(COMMUNITY, "林晓燕")
    soon, tomorrow = _morning(now, 1), _morning(now, 2)

    def asked(
        elder: Someone,
        starts_at: dt.datetime,
        *,
        ago: dt.timedelta,
        minutes: int = 60,
        volunteer: Someone | None = None,
        **how: Any,
    ) -> Asked:
        made = Asked(elder, volunteer, starts_at, minutes)
        tale.at(awake(now - ago), partial(told.place, made, **how))
        return made

    def helper(day: dt.date) -> Someone:
        return next(one for one in told.service.free(day, 4) if one.household_id not in homes)

    # Waiting for the desk, for dispatch, for a volunteer (one of them since yesterday, so that the grid worker is told).
    asked(with_phones[0], tomorrow, ago=3 * hour, by=with_phones[0].actor, service="small_repair")
    taken_in = asked(with_phones[1], tomorrow + hour, ago=5 * hour, by=with_phones[1].actor, service="phone_lesson")
    told.then(told.lately(4), told.accept, taken_in)
    helper_of = tale.of(COMMUNITY, "赵美玲")
    by_helper = asked(without, soon + 5 * hour, ago=7 * hour, by=helper_of.actor, service="room_cleaning", minutes=90)
    told.then(told.lately(6.5), told.accept, by_helper)
    told.then(told.lately(6.4), told.dispatch, by_helper)
    asked(without_phones[0], soon + hour, ago=28 * hour, service="medicine_pick_up", minutes=45)
    asked(without_phones[1], soon, ago=8 * hour, service="clinic_escort", minutes=120, way="phone")
    # Nobody for more than a week: the grid worker said that she sees to it, and now it is the community manager's.
    lonely = asked(others[-1], tomorrow + 9 * hour, ago=9 * 24 * hour, service="clinic_escort", way="visit")
    tale.at(told.lately(7 * 24), told.jobs)
    told.then(told.lately(6.8 * 24), told.see_to_it, lonely)
    asked(with_phone, tomorrow, ago=9 * hour, service="shopping")
    tale.at(now - 2 * hour, told.jobs)
    # Claimed: one by whoever plays the volunteer, for tomorrow morning.
    own = asked(without_phones[2], soon, ago=20 * hour, volunteer=played, service="walk_company")
    told.then(told.lately(10), told.claim, own)
    other = asked(with_phones[2], soon + 2 * hour, ago=21 * hour, volunteer=helper(tale.today), service="chat_company")
    told.then(told.lately(11), told.claim, other)
    # Under way at this moment.
    serving_now = asked(
        without_phones[3],
        now - 0.4 * hour,
        ago=16 * hour,
        volunteer=helper(tale.today),
        service="chat_company",
        minutes=90,
    )
    told.then(told.lately(12), told.claim, serving_now)
    told.then(now - 0.45 * hour, told.arrive, serving_now)
    # Served, and waiting for a word: hers on her phone, one who has none, one that the volunteer played did.
    yesterday = now.astimezone(ZONE).date() - dt.timedelta(days=1)
    for elder, volunteer, service, minutes, at in (
        (with_phone, helper(yesterday), "clinic_escort", 120, 9),
        (without_phones[4], helper(yesterday), "room_cleaning", 90, 14),
        (with_phones[3], played, "haircut", 45, 15),
    ):
        made = asked(
            elder,
            local(yesterday, at),
            ago=now - local(yesterday, at) + 30 * hour,
            volunteer=volunteer,
            service=service,
            minutes=minutes,
        )
        told.then(made.starts_at - 13 * hour, told.claim, made)
        _serve(told, made, stay=1.02)
        if not elder.phone:
            told.then(now - 3 * hour, told.call_in_vain, made)
    # Disputed, overdue, just done.
    before = yesterday - dt.timedelta(days=1)
    for elder, verbs, at in (
        (with_phones[4], (told.dispute,), 9),
        (with_phones[5], (told.confirm,), 10),
        (without_phones[5], (told.confirm, told.rate), 14),
        (with_phones[6], (told.confirm, told.rate), 15),
    ):
        made = asked(elder, local(before, at), ago=now - local(before, at) + 26 * hour, volunteer=helper(before))
        told.then(made.starts_at - 13 * hour, told.claim, made)
        _serve(told, made, stay=0.97)
        for step, verb in enumerate(verbs):
            told.then(local(before, 19, 5 * step), verb, made)
    asked(without_phones[6], local(before, 9), ago=now - local(before, 9) + 24 * hour, service="laundry")
    tale.at(local(before, 20), told.jobs)
    cancelled = asked(with_phones[7], soon + 3 * hour, ago=15 * hour)
    told.then(told.lately(9), told.cancel, cancelled)


def _morning(now: dt.datetime, ahead: int) -> dt.datetime:
    """Nine in the morning, so many days from today."""
    return local(now.astimezone(ZONE).date() + dt.timedelta(days=ahead), 9)

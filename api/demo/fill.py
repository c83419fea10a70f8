"""Filling an empty installation with the demo's year."""

import gc
from collections.abc import Callable
from functools import partial

from api import seals
from api.demo import (
    attending,
    awarding,
    beginning,
    closing,
    deciding,
    honouring,
    offline,
    ordering,
    rosters,
    scoring,
    serving,
    shopping,
    teaming,
)
from api.demo.places import PLACES, Place
from api.demo.tale import StoryClock, Tale, days, local
from api.settings import Settings
from timebank import evidence
from timebank.storage import Storage

SIGNED_DAILY = 14


def fill(settings: Settings, *, say: Callable[[str], None]) -> Tale:
    """Tell the whole story into an empty database; it ends at the present."""
    clock = StoryClock(settings.clock.now())
    # Nobody relies on a demo that is not whole yet; what is left of an interrupted one is thrown away.
    storage = Storage(settings.url, clock=clock.now, secret=settings.secret, durable=False)
    gc.freeze()  # looking through all modules for garbage takes a twentieth of the time
    try:
        tale = Tale(settings, storage, clock, end=clock.now())
        clock.begin_at(local(tale.first_day, 8))
        say("两个社区、居民名册、卡片、角色 / areas, communities, registers, cards, roles")
        beginning.begin(tale)
        services = serving.serve(tale)
        rosters.rosters(tale, services)
        attending.attend(tale, services)
        offline.scan_offline(tale, services)
        teaming.team_up(tale, services)
        ordering.order(tale, services[1])
        scoring.score(tale, services)
        awarding.award(tale, services)
        shopping.sell(tale, services)
        closing.close(tale)
        deciding.decide(tale)
        honouring.honour(tale)
        _sign_checkpoints(tale)
        say("一年的签到、订单、积分、兑换 / a year of service, orders, points and redemptions")
        tale.tell(lambda day: say(f"{day:%Y-%m} ..."))
        for place in PLACES:
            _sign(tale, place)
        return tale
    finally:
        storage.close()
        gc.unfreeze()


def _sign_checkpoints(tale: Tale) -> None:
    """Every Sunday night a checkpoint of each log, and one a day of late."""
    for day in days(tale.first_day, tale.today):
        if day.weekday() == 6 or (tale.today - day).days < SIGNED_DAILY:
            for place in PLACES:
                tale.at(local(day, 23, 50), partial(_sign, tale, place))


def _sign(tale: Tale, place: Place) -> None:
    evidence.checkpoint(tale.storage, place.community_id, seals.seal_of(tale.keys, place.code))

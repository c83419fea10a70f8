"""Sentences that arrange a points shop: goods beside the first, orders, hand-overs, suppliers."""

import uuid

from sqlmodel import select

from tests.timebank.points import make
from timebank.people import helpers
from timebank.permissions import Actor
from timebank.points.shop import codes, goods, orders, stock
from timebank.points.shop.goods import Described
from timebank.points.shop.tables import ShopItem, ShopOrder


def offer(village, merchant_id, name, *, price_steps=50, stock_=10, kind="goods", said=None, parts=None) -> uuid.UUID:
    """One more thing of a merchant, with pieces on the shelf."""
    committee = village.actor("committee")
    made = village.write(
        lambda s, now: goods.offer(
            s, actor=committee, now=now, merchant_id=merchant_id, name=name, piece="件", price_steps=price_steps,
            kind=kind, said=said or Described(places_a_day=2 if kind == "service" else None), parts=parts,
        )
    )  # fmt: skip
    item_id = uuid.UUID(made["item_id"])
    if stock_ and kind == "goods":
        village.write(lambda s, now: stock.receive(s, actor=committee, now=now, item_id=item_id, pieces=stock_))
    return item_id


def describe(village, item_id, said, *, parts=None):
    row = item(village, item_id)
    return village.write(
        lambda s, now: goods.describe(
            s, actor=village.actor("committee"), now=now, item_id=item_id, name=row.name, piece=row.piece, offered=True,
            said=said, parts=parts,
        )
    )  # fmt: skip


def order(village, person, basket, *, days=None, actor=None, person_id=None):
    """An order by its own household, unless somebody else acts."""
    actor = actor or village.actor(person=person)
    made = village.write(
        lambda s, now: orders.redeem(
            s, actor=actor, now=now, secret=make.SECRET, household_id=person.household_id, basket=basket, days=days,
            person_id=person_id,
        )
    )  # fmt: skip
    return uuid.UUID(made["order_id"])


def row(village, order_id) -> ShopOrder:
    with village.read() as session:
        return session.get(ShopOrder, (village.community_id, order_id))


def item(village, item_id) -> ShopItem:
    with village.read() as session:
        return session.get(ShopItem, (village.community_id, item_id))


def shelf(village, *item_ids):
    """Stock and reserved of each."""
    return [(one.stock, one.reserved) for one in (item(village, item_id) for item_id in item_ids)]


def code(village, order_id) -> str:
    return codes.code_of(make.SECRET, row(village, order_id))


def hand_over(village, seller, order_id, given=None, reason=""):
    typed = code(village, order_id)
    return village.write(
        lambda s, now: orders.hand_over(
            s, actor=seller, now=now, secret=make.SECRET, typed=typed, given=given, reason=reason
        )
    )


def expire(village):
    job = Actor.system(village.community_id, "shop")
    return village.write(lambda s, now: orders.expire_due(s, actor=job, now=now))


def remind(village):
    job = Actor.system(village.community_id, "shop")
    return village.write(lambda s, now: orders.remind_due(s, actor=job, now=now))


def officer(village, role="committee"):
    """Somebody of the committee with a number of her own."""
    return village.actor(role, person=village.make_person())


def help_(village, elder, helper):
    """A confirmed binding."""
    desk = village.actor("desk_staff")
    asked = village.write(
        lambda s, now: helpers.ask(s, actor=desk, now=now, elder_id=elder.id, helper_id=helper.id, relation="neighbour")
    )
    binding = uuid.UUID(asked["binding_id"])
    village.write(lambda s, now: helpers.review(s, actor=desk, now=now, binding_id=binding, is_accepted=True))
    village.write(
        lambda s, now: helpers.confirm(
            s, actor=village.actor(person=elder), now=now, binding_id=binding, card_token=None
        )
    )


def notices(village, person) -> list[str]:
    """What a person was told, oldest first."""
    from timebank.notices import Notice

    with village.read() as session:
        rows = session.scalars(
            select(Notice).where(Notice.community_id == village.community_id, Notice.person_id == person.id)
        ).all()
    return [one.kind for one in sorted(rows, key=lambda one: one.told_at)]

"""Sentences that arrange points: a table in force, awards on the way to the books, a shop with goods."""

import datetime as dt
import uuid

from timebank import samples
from timebank.people.residents import Person
from timebank.permissions import Actor
from timebank.points.awards import entering, reading
from timebank.points.awards.rows import AwardRow
from timebank.points.publicity import batches
from timebank.points.shop import goods, merchants
from timebank.points.shop import stock as shelf
from timebank.points.table import adoption, bodies, deliberating, staging, voting
from timebank.points.table.reading import read_file
from timebank.points.table.tables import PointsItem

SECRET = b"a secret of the tests, 32 bytes!"
MINUTES = "ab" * 32


def draft_table(village, content=None, *, title="居民积分表", actor=None):
    """A draft from a spreadsheet's bytes; the id of its version."""
    actor = actor or village.actor("committee")
    reading = read_file(content or samples.sample("points-table-residents.csv"))
    staged = village.write(lambda s, now: staging.stage(s, actor=actor, now=now, name="积分表.csv", reading=reading))
    drafted = village.write(
        lambda s, now: staging.draft(s, actor=actor, now=now, staging_id=uuid.UUID(staged["staging_id"]), title=title)
    )
    return uuid.UUID(drafted["table_id"])


def assembly(village) -> uuid.UUID:
    """The assembly of the village: a body without a roll."""
    with village.read() as session:
        there = [body for body in bodies.bodies_of(session, village.community_id) if body.kind == "assembly"]
    if there:
        return there[0].id
    actor = village.actor("committee")
    opened = village.write(lambda s, now: bodies.open_body(s, actor=actor, now=now, name="村民会议", kind="assembly"))
    return uuid.UUID(opened["body_id"])


def council(village, *people, name="村民理事会") -> uuid.UUID:
    """A council of these people from today on, the first in the chair."""
    actor = village.actor("committee")
    opened = village.write(lambda s, now: bodies.open_body(s, actor=actor, now=now, name=name, kind="council"))
    body_id = uuid.UUID(opened["body_id"])
    for number, person in enumerate(people):
        role = "member" if number else "chair"
        village.write(
            lambda s, now, person=person, role=role: bodies.seat(
                s, actor=actor, now=now, body_id=body_id, person_id=person.id, role=role, since_on=village.today,
                until_on=None,
            )
        )  # fmt: skip
    return body_id


def deliberate(village, table_id, *, days=3, actor=None):
    """Hang a draft out for comments; the clock is moved to the end of them."""
    actor = actor or village.actor("committee")
    village.write(lambda s, now: deliberating.open_deliberation(s, actor=actor, now=now, table_id=table_id, days=days))
    village.pass_time(days=days)


def record_vote(village, table_id, *, actor=None, body_id=None, **changes):
    """Record a vote of the assembly by count; give fields to change."""
    body_id = body_id or assembly(village)
    told = {"held_on": village.today, "entitled": 66, "present": 41, "votes_for": 38, "votes_against": 2,
            "minutes_digest": MINUTES} | changes  # fmt: skip
    actor = actor or village.actor("committee")
    return village.write(
        lambda s, now: voting.record_vote(s, actor=actor, now=now, table_id=table_id, body_id=body_id, **told)
    )


def confirm_vote(village, table_id, *, actor=None):
    actor = actor or village.actor("community_manager")
    return village.write(lambda s, now: voting.confirm_vote(s, actor=actor, now=now, table_id=table_id))


def adopt_table(village, table_id, **changes):
    """Deliberated with its real days, voted by the assembly, the record confirmed by a second person; fields to change."""
    deliberate(village, table_id)
    record_vote(village, table_id, **changes)
    return confirm_vote(village, table_id)


def bring_into_force(village):
    return village.write(
        lambda s, now: adoption.bring_into_force(s, actor=Actor.system(village.community_id, "tables"), now=now)
    )


def table_in_force(village, content=None):
    """A table adopted and published with the real periods, and the clock moved to its first day in force."""
    table_id = draft_table(village, content)
    adopted = adopt_table(village, table_id)
    first = dt.date.fromisoformat(adopted["in_force_from"])
    village.pass_time(days=(first - village.today).days)
    bring_into_force(village)
    return table_id


def items(village, table_id) -> dict[str, PointsItem]:
    with village.read() as session:
        return {item.title: item for item in adoption.items_of(session, village.community_id, table_id)}


def award_row(village, person: Person, item: str, /, **changes) -> AwardRow:
    told = {"line": 1, "household": "", "person": person.number, "item": item, "on": village.today.isoformat(),
            "quantity": "", "evidence": "现场照片", "heard_on": ""}  # fmt: skip
    if changes.get("heard_on"):
        told |= {"heard_words": "已知情,没有别的意见", "heard_present": "网格员、邻居一人"}
    return AwardRow(**(told | changes))


def enter(village, person, item, /, *, actor=None, **changes):
    """Enter one award; its id."""
    actor = actor or village.actor("committee")
    row = award_row(village, person, item, **changes)
    return uuid.UUID(village.write(lambda s, now: entering.enter(s, actor=actor, now=now, row=row))["award_id"])


def approve(village, *award_ids, actor=None):
    """Approved, by a second person too where one was drawn: which ones are is nobody's to know before."""
    actor = actor or village.actor("reviewer")
    done = review(village, *award_ids, actor=actor)
    drawn = [award_id for award_id in award_ids if life(village, award_id) == "second"]
    if drawn:
        review(village, *drawn)
    return done


def review(village, *award_ids, actor=None, approved=True, **told):
    """One verdict, whatever comes of it."""
    actor = actor or village.actor("reviewer")
    return village.write(
        lambda s, now: entering.review(s, actor=actor, now=now, award_ids=list(award_ids), approved=approved, **told)
    )


def life(village, award_id) -> str:
    """State or stage of an award."""
    with village.read() as session:
        return reading.by_id(session, village.community_id, award_id).life


def publish(village, actor=None):
    actor = actor or village.actor("committee")
    return village.write(lambda s, now: batches.publish(s, actor=actor, now=now))


def published(village, *person_items) -> int:
    """Awards entered, approved and hung out; the batch's number."""
    ids = [enter(village, person, item) for person, item in person_items]
    approve(village, *ids)
    return publish(village)["batch"]


def book_due(village, limit=500):
    job = Actor.system(village.community_id, "publicity")
    return village.write(lambda s, now: batches.book_due(s, actor=job, now=now, limit=limit))


def switch_on(village, item: PointsItem, actor=None):
    actor = actor or village.actor("committee")
    return village.write(
        lambda s, now: adoption.switch(
            s, actor=actor, now=now, item_id=item.id, in_use=True, decided_on=village.today, reason="村民代表会议决定"
        )
    )


def shop(village, *, stock=10, price_steps=50, name="香皂"):
    """A merchant with one kind of goods and somebody behind the counter: (item id, merchant id, actor)."""
    committee = village.actor("committee")
    opened = village.write(
        lambda s, now: merchants.open_merchant(s, actor=committee, now=now, name=f"积分超市{name}", place="村口")
    )
    merchant_id = uuid.UUID(opened["merchant_id"])
    seller = village.make_person("店主")
    village.write(
        lambda s, now: merchants.add_staff(s, actor=committee, now=now, merchant_id=merchant_id, person_id=seller.id)
    )
    offered = village.write(
        lambda s, now: goods.offer(
            s, actor=committee, now=now, merchant_id=merchant_id, name=name, piece="块", price_steps=price_steps
        )
    )
    item_id = uuid.UUID(offered["item_id"])
    if stock:
        village.write(lambda s, now: shelf.receive(s, actor=committee, now=now, item_id=item_id, pieces=stock))
    return item_id, merchant_id, village.actor("merchant", person=seller)

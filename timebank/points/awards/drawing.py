r"""Which verdicts a second person looks at: drawn so that the reviewer cannot steer it and an auditor can check it.

A month's draws hang on one secret seed of 32 bytes. Its SHA-256 is noted in the ledger before the first draw of the
month; when the month is over, the seed itself is noted. A draw is

    value = first 8 bytes of SHA-256("timebank/second-review/1\n" || seed || canonical(key)) mod 100

and the verdict is drawn when `value` is below the percent in force that day. The key names the deed - household, person,
category and title of the item, day - and not the award: who enters it again gets the same draw, and within the month
nobody can know it. A deed that was drawn once stays drawn. Who takes a drawn deed back and tells it of another day gains
nothing either: the same item of the same household within three days of a drawn deed that nobody approved is drawn, too.
"""

import datetime as dt
import hashlib
import secrets
import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import Session, col, select

from ledger import book_of
from ledger.entries import canonical
from timebank import policy
from timebank.people.working_days import today_in
from timebank.permissions import Actor, require
from timebank.points.awards.reading import community_of
from timebank.points.awards.tables import ENTERED, REJECTED, WITHDRAWN, Award, AwardReview, ReviewDraw
from timebank.points.awards.used import chunks
from timebank.points.table.tables import PointsItem

DOMAIN = b"timebank/second-review/1\n"
TOPIC = "review_draw"
PAGE = 50
NEAR_DAYS = 3


@dataclass(frozen=True)
class Draw:
    """A draw for one verdict; `asks` is drawn or ""."""

    month: str
    value: int
    percent: int
    asks: str


@dataclass
class _Before:
    """What was drawn: the very deeds, and the days of those that were never approved, by household and item."""

    keys: set[bytes] = field(default_factory=set)
    days: dict[tuple[object, ...], set[dt.date]] = field(default_factory=lambda: defaultdict(set))

    def holds(self, row: Award, item: PointsItem) -> bool:
        """Whether this deed was drawn, or one that could be the same with another day."""
        days = self.days.get(_whose(row, item), ())
        return key_of(row, item) in self.keys or any(abs((day - row.on_day).days) <= NEAR_DAYS for day in days)


@dataclass(frozen=True)
class Drawn:
    """One draw as an auditor reads it; `agrees` is None until the seed is told."""

    review: AwardReview
    award: Award
    item: PointsItem
    key: str
    agrees: bool | None


class Draws:
    """The draws for verdicts that are given together: the month's seed and what was drawn before are asked for once."""

    def __init__(
        self, session: Session, community_id: int, deeds: Sequence[tuple[Award, PointsItem]], *, now: dt.datetime
    ) -> None:
        today = today_in(session, community_id, now)
        self._percent = policy.of(session, community_id, today).second_review_percent
        self._seed = _seed(session, community_id, f"{today:%Y-%m}", now)
        self._drawn = _drawn_before(session, community_id, [row for row, _ in deeds]) if self._percent else _Before()

    def draw(self, row: Award, item: PointsItem) -> Draw:
        """Draw for a first verdict."""
        key = key_of(row, item)
        value = value_of(self._seed.seed, key)
        drawn = value < self._percent or self._drawn.holds(row, item)
        if drawn:
            self._drawn.keys.add(key)
        if value < self._percent:
            self._drawn.days[_whose(row, item)].add(row.on_day)
        return Draw(self._seed.month, value, self._percent, "drawn" if drawn else "")


def value_of(seed: bytes, key: bytes) -> int:
    """0 to 99, by the seed and the deed. Pure."""
    return int.from_bytes(hashlib.sha256(DOMAIN + seed + key).digest()[:8]) % 100


def key_of(row: Award, item: PointsItem) -> bytes:
    """What names a deed, as canonical bytes; of a household's item it is the household's, whoever is named. Pure."""
    person = row.person_id.hex if row.person_id and item.subject == "person" else ""
    return canonical([row.household_id.hex, person, item.category, item.title, row.on_day.isoformat()])


def reveal_over(session: Session, *, actor: Actor, now: dt.datetime) -> dict[str, Any]:
    """Note the seeds of the months that are over, so that anybody may check their draws. Harmless when repeated."""
    require(actor, "awards.reveal_draws", community_id=actor.community_id)
    over = unrevealed(session, community_of(actor), now)
    for seed in over:
        seed.reveal_note = book_of(session).note(TOPIC, f"{seed.month} seed", seed.seed.hex())
        seed.revealed_at = now
    return {"code": "draws_revealed", "months": [seed.month for seed in over]}


def unrevealed(session: Session, community_id: int, now: dt.datetime) -> Sequence[ReviewDraw]:
    """Seeds of months that are over and were not told yet."""
    month = f"{today_in(session, community_id, now):%Y-%m}"
    return session.scalars(
        select(ReviewDraw)
        .where(
            ReviewDraw.community_id == community_id,
            col(ReviewDraw.revealed_at).is_(None),
            ReviewDraw.month < month,
        )
        .order_by(col(ReviewDraw.month))
    ).all()


def months(session: Session, *, actor: Actor) -> Sequence[ReviewDraw]:
    """The months in which was drawn, newest first. The seed of one that is not over is for nobody's eyes."""
    require(actor, "awards.draws", community_id=actor.community_id)
    return session.scalars(
        select(ReviewDraw).where(ReviewDraw.community_id == community_of(actor)).order_by(col(ReviewDraw.month).desc())
    ).all()


def drawn_in(
    session: Session, *, actor: Actor, month: str, after: uuid.UUID | None = None, limit: int = PAGE
) -> list[Drawn]:
    """The draws of a month in order, each checked against the seed once that is told."""
    require(actor, "awards.draws", community_id=actor.community_id)
    community_id = community_of(actor)
    seed = session.get(ReviewDraw, (community_id, month))
    query = (
        select(AwardReview, Award, PointsItem)
        .join(Award, (col(Award.community_id) == AwardReview.community_id) & (col(Award.id) == AwardReview.award_id))
        .join(PointsItem, (col(PointsItem.community_id) == Award.community_id) & (col(PointsItem.id) == Award.item_id))
        .where(AwardReview.community_id == community_id, AwardReview.draw_month == month)
        .order_by(col(AwardReview.id))
        .limit(limit)
    )
    if after is not None:
        query = query.where(col(AwardReview.id) > after)
    told = seed.seed if seed is not None and seed.revealed_at is not None else None
    return [_checked(told, review, award, item) for review, award, item in session.execute(query)]


def _checked(seed: bytes | None, review: AwardReview, award: Award, item: PointsItem) -> Drawn:
    key = key_of(award, item)
    agrees = None if seed is None else value_of(seed, key) == review.draw_value
    if agrees and review.draw_value is not None and review.draw_percent:
        # Drawn by its value; or, with a higher one, since the deed was drawn before, or the deduction is large.
        agrees = review.asks != "" or review.draw_value >= review.draw_percent
    return Drawn(review, award, item, key.decode(), agrees)


def _whose(row: Award, item: PointsItem) -> tuple[object, ...]:
    return (row.household_id, item.category, item.title)


def _drawn_before(session: Session, community_id: int, rows: Sequence[Award]) -> _Before:
    """The deeds of these households that were drawn, also under an award that was withdrawn or rejected since.

    One that still waits counts for its neighbours if its own value was drawn: else a deed of every day would draw all
    that follow it.
    """
    found = _Before()
    for homes in chunks({row.household_id for row in rows}):
        query = (
            select(Award, PointsItem, AwardReview)
            .join(
                AwardReview,
                (col(AwardReview.community_id) == Award.community_id) & (col(AwardReview.award_id) == Award.id),
            )
            .join(
                PointsItem, (col(PointsItem.community_id) == Award.community_id) & (col(PointsItem.id) == Award.item_id)
            )
            .where(Award.community_id == community_id, col(Award.household_id).in_(homes), AwardReview.asks == "drawn")
        )
        for award, item, review in session.execute(query):
            found.keys.add(key_of(award, item))
            own = (review.draw_value or 0) < (review.draw_percent or 0)
            if award.state in (WITHDRAWN, REJECTED) or (award.state == ENTERED and own):
                found.days[_whose(award, item)].add(award.on_day)
    return found


def _seed(session: Session, community_id: int, month: str, now: dt.datetime) -> ReviewDraw:
    found = session.get(ReviewDraw, (community_id, month))
    if found is None:
        seed = secrets.token_bytes(32)
        commitment = hashlib.sha256(seed).hexdigest()
        found = ReviewDraw(community_id=community_id, month=month, seed=seed, commitment=commitment, opened_at=now,
                           note=book_of(session).note(TOPIC, month, commitment))  # fmt: skip
        session.add(found)
        session.flush()
    return found

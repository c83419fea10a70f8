"""The one-time confirmation number of an order, printed on a slip for an elder without a phone (确认号).

She tears it off and gives it to the volunteer when the work is done. The number is made from the server's secret and
the key of the request that asked for the slip: the same tap twice prints the same slip, another tap makes another
number and the earlier one is void. Only a keyed hash is stored: a copy of the database cannot guess six digits.
"""

import hmac
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from timebank import policy
from timebank.errors import Refused
from timebank.hours.orders.parties import require_for, require_staff
from timebank.hours.orders.rows import OrderCallBack, OrderEvent, ServiceOrder, identity, order, write_down
from timebank.hours.orders.states import OPEN, WrongState
from timebank.people import communities, residents
from timebank.people.communities import community_of
from timebank.permissions import Actor

DIGITS = 6


class TearOffLocked(Refused):
    """Too many wrong numbers. Facts: order_number."""

    code = "tear_off_locked"
    status = 409


class TearOffWrong(Refused):
    """The number is not the one on the slip. Facts: tries_left, order_number. Raised at the edge, see `try_number`."""

    code = "tear_off_wrong"
    status = 422


class TearOffMissing(Refused):
    """No slip was printed for this order. Facts: order_number."""

    code = "tear_off_missing"
    status = 409


class CallBackNeeded(Refused):
    """The recipient is spoken to first. Facts: order_number."""

    code = "call_back_needed"
    status = 409


class NotForVolunteer(Refused):
    """The volunteer of an order never sees its number. Facts: order_number."""

    code = "tear_off_not_for_volunteer"
    status = 403


def number_of(secret: bytes, order_id: UUID, nonce: UUID) -> str:
    """Return the number that the slip of this request carries."""
    digest = hmac.digest(secret, b"tear-off number:" + order_id.bytes + nonce.bytes, "sha256")
    return f"{int.from_bytes(digest[:8]) % 10**DIGITS:0{DIGITS}d}"


def hash_of(secret: bytes, order_id: UUID, number: str) -> str:
    """Return what is stored of a number."""
    return hmac.digest(secret, b"tear-off hash:" + order_id.bytes + number.encode(), "sha256").hex()


def issue(
    session: Session, *, actor: Actor, now: datetime, order_id: UUID, secret: bytes, nonce: UUID
) -> dict[str, Any]:
    """Make the order's number anew for a slip; whoever prints it reads it from `number_of` with the same nonce.

    The answer does not hold the number, since answers are stored.
    """
    row = order(session, community_of(actor), order_id)
    recipient = residents.person(session, row.community_id, row.recipient_id)
    require_for(session, actor, "orders.issue_tear_off", recipient)
    if actor.person_id is not None and actor.person_id == row.volunteer_id:
        raise NotForVolunteer(order_number=row.number)
    if row.state not in OPEN:
        raise WrongState(state=row.state, number=row.number)
    if row.tear_off_locked_at is not None:
        raise TearOffLocked(order_number=row.number)
    is_again = row.tear_off_hash is not None
    row.tear_off_hash = hash_of(secret, row.id, number_of(secret, row.id, nonce))
    write_down(session, row, "issue_tear_off", actor=actor, now=now, again=is_again)
    return identity(row)


def is_current(session: Session, *, community_id: int, order_id: UUID, secret: bytes, nonce: UUID) -> bool:
    """Whether the slip of this request is still the valid one."""
    row = order(session, community_id, order_id)
    return row.tear_off_hash == hash_of(secret, row.id, number_of(secret, row.id, nonce))


def void_if_known_to(session: Session, row: ServiceOrder, person_id: UUID) -> None:
    """Void the number if this person printed it: she becomes the order's volunteer, who never knows it."""
    printed_by = session.exec(
        select(OrderEvent.actor_id)
        .where(
            OrderEvent.community_id == row.community_id,
            OrderEvent.order_id == row.id,
            OrderEvent.verb == "issue_tear_off",
        )
        .order_by(col(OrderEvent.n).desc())
        .limit(1)
    ).first()
    if printed_by == person_id:
        row.tear_off_hash = None


def try_number(
    session: Session, row: ServiceOrder, *, actor: Actor, now: datetime, secret: bytes, number: str
) -> dict[str, Any] | None:
    """Compare what the recipient gave. None: it is right, and spent. Else the answer, with the wrong try counted.

    A wrong try is an answer and not a refusal, since a refusal would take the counting back.
    """
    if row.tear_off_locked_at is not None:
        raise TearOffLocked(order_number=row.number)
    if row.tear_off_hash is None:
        raise TearOffMissing(order_number=row.number)
    typed = "".join(letter for letter in number if letter.isdecimal())
    if hmac.compare_digest(row.tear_off_hash, hash_of(secret, row.id, _ascii_digits(typed))):
        row.tear_off_hash = None
        return None
    community = communities.community(session, row.community_id)
    tries = policy.of(session, row.community_id, communities.local_day(community, now)).tear_off_tries
    row.tear_off_wrong += 1
    left = max(tries - row.tear_off_wrong, 0)
    if left == 0:
        row.tear_off_locked_at = now
    write_down(session, row, "wrong_number", actor=actor, now=now, tries_left=left)
    return identity(row) | {"code": TearOffWrong.code, "facts": {"tries_left": left, "order_number": row.number}}


def unlock(session: Session, *, actor: Actor, now: datetime, order_id: UUID) -> dict[str, Any]:
    """Allow new tries after the recipient was reached by a call or a visit since the lock.

    Raises:
        CallBackNeeded: nobody has spoken to her since.
    """
    row = order(session, community_of(actor), order_id)
    require_staff(session, actor, "orders.unlock_tear_off", row)
    if actor.person_id is not None and actor.person_id == row.volunteer_id:
        raise NotForVolunteer(order_number=row.number)
    if row.tear_off_locked_at is None:
        raise WrongState(state=row.state, number=row.number)
    if not was_reached(session, row, since=row.tear_off_locked_at):
        raise CallBackNeeded(order_number=row.number)
    row.tear_off_locked_at = None
    row.tear_off_wrong = 0
    write_down(session, row, "unlock_tear_off", actor=actor, now=now)
    return identity(row)


def was_reached(session: Session, row: ServiceOrder, *, since: datetime) -> bool:
    """Whether somebody spoke to the recipient about this order since then."""
    return any(call.is_reached and call.at >= since for call in call_backs(session, row))


def call_backs(session: Session, row: ServiceOrder) -> list[OrderCallBack]:
    """The calls and visits about an order, oldest first."""
    return list(
        session.exec(
            select(OrderCallBack)
            .where(OrderCallBack.community_id == row.community_id, OrderCallBack.order_id == row.id)
            .order_by(col(OrderCallBack.at))
        )
    )


def _ascii_digits(typed: str) -> str:
    """Full-width and other digits as 0-9: an input method may type ６ for 6."""
    return "".join(str(int(digit)) for digit in typed)

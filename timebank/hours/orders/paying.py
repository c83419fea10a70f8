"""What an order costs in the end, and how its minutes move: from the recipient to the volunteer, for the time that was real.

What moves is what the visit is worth (attendance/reckoning.py), at most what was held. With the recipient's consent
it may be up to a quarter more: then the hold is captured and the rest posted in the same commit, and her consent is a
line of the timeline and a word of the entry. The volunteer's account has a ceiling; what is above goes to the donation pool.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlmodel import Session

from ledger import LedgerRefused, book_of
from timebank import accounts, policy
from timebank.columns import to_ms
from timebank.errors import NotEnough
from timebank.hours.attendance import visits
from timebank.hours.attendance.reckoning import Reckoning
from timebank.hours.attendance.tables import Visit
from timebank.hours.orders import states, telling
from timebank.hours.orders.parties import release, volunteer_account
from timebank.hours.orders.rows import ServiceOrder, identity, move, write_down
from timebank.people import communities
from timebank.permissions import Actor

SHE_WAS_ASKED = ("sign_in", "call_back")  # ways to confirm in which she herself is asked for more than was held


@dataclass(frozen=True)
class Bill:
    """What confirming would move. `worth` is the visit by its rules; `most_with_consent` bounds what consent allows."""

    worth_minutes: int
    held_minutes: int
    most_with_consent_minutes: int
    reckoning: Reckoning

    def payable(self, *, consents: bool) -> int:
        """Minutes that move."""
        return min(self.worth_minutes, self.most_with_consent_minutes if consents else self.held_minutes)

    @property
    def asks_for_more(self) -> bool:
        """Whether she is to be asked for more than was held."""
        return self.payable(consents=True) > self.payable(consents=False)

    def asked(self) -> dict[str, int]:
        """What she was asked: the sum that was held, and the sum it would be with her consent."""
        return {"held_minutes": self.held_minutes, "asked_minutes": self.payable(consents=True)}


def bill(session: Session, row: ServiceOrder) -> Bill:
    """Return what confirming this order would move; writes nothing."""
    visit = visit_of(session, row)
    reckoning = visits.reckon_visit(session, visit)
    rules = rules_of(session, row)
    extra = row.held_minutes * rules.order_over_percent // 100 // rules.rounding_minutes * rules.rounding_minutes
    return Bill(reckoning.credited_minutes, row.held_minutes, row.held_minutes + extra, reckoning)


@dataclass(frozen=True)
class Decision:
    """What somebody decided in a dispute: so many minutes, and why."""

    verdict: str
    minutes: int
    reason: str


def settle(
    session: Session,
    row: ServiceOrder,
    *,
    actor: Actor,
    now: datetime,
    how: str,
    consents: bool,
    decided: Decision | None = None,
) -> dict[str, Any]:
    """Capture, post what goes beyond the hold, settle the visit, and say in the timeline what moved where."""
    verb = "confirm" if decided is None else "resolve"
    states.after(row.state, verb, number=row.number)
    due = bill(session, row)
    minutes = due.payable(consents=consents) if decided is None else decided.minutes
    held = row.held_minutes
    captured, extra = min(minutes, held), max(minutes - held, 0)
    visit = visit_of(session, row)
    to_pool = _pay(session, row, due.reckoning, captured, extra, how=how, actor=actor, now=now)
    row.held_minutes = 0
    row.uncapped_minutes = due.reckoning.uncapped_minutes
    row.credited_minutes = minutes
    row.settled_how = how
    row.tear_off_hash = None
    facts = {
        "how": how,
        "minutes": minutes,
        "held_minutes": held,
        "released_minutes": held - captured,
        "extra_minutes": extra,
    }
    told = {"verdict": decided.verdict, "reason": decided.reason} if decided else {}
    if due.asks_for_more and how in SHE_WAS_ASKED:
        write_down(session, row, "consent", actor=actor, now=now, given=consents, how=how, **due.asked())
    move(session, row, verb, actor=actor, now=now, seq=row.capture_seq or row.release_seq, **facts, **told)
    visits.settle_visit(
        session,
        visit=visit,
        reckoning=due.reckoning,
        now=now,
        entry_seq=row.capture_seq,
        credited_minutes=minutes,
        pool_minutes=to_pool,
    )
    if decided is None:
        _tell(session, row, minutes, now)
    return identity(row) | facts | {"real_seconds": due.reckoning.seconds, "pool_minutes": to_pool}


def _tell(session: Session, row: ServiceOrder, minutes: int, now: datetime) -> None:
    for person_id in (row.recipient_id, row.volunteer_id):
        telling.tell(session, row, person_id, "order_settled", now=now, credited_minutes=minutes)


def _pay(
    session: Session,
    row: ServiceOrder,
    reckoning: Reckoning,
    captured: int,
    extra: int,
    *,
    how: str,
    actor: Actor,
    now: datetime,
) -> int:
    """Book the minutes; return how many of them went to the pool, since the volunteer's account is full."""
    book = book_of(session)
    if row.hold_seq is None:
        raise states.WrongState(state=row.state, number=row.number)
    if captured == 0:
        release(session, row)
        return 0
    day = _service_day(session, row)
    detail = _detail(session, row, reckoning, how, actor)
    to, to_pool = _credits(session, row, captured)
    legs = book.debit_hold(row.hold_seq, captured, credits=to)
    row.capture_seq = book.capture(row.hold_seq, legs, on=day, detail=_told(detail, reckoning, captured))
    if extra:
        more, more_to_pool = _credits(session, row, extra)
        main = accounts.main(session, row.community_id, row.recipient_id, "min")
        try:
            legs = book.debit(main, extra, credits=more)
        except LedgerRefused as refused:
            if refused.code != "insufficient":
                raise
            raise NotEnough(needed_minutes=extra, available_minutes=refused.facts["available"]) from None
        row.extra_seq = book.post(
            legs, on=day, detail=_told(detail, reckoning, extra) | {"beyond_hold": row.hold_seq, "consent": how}
        )
        to_pool += more_to_pool
    return to_pool


def _credits(session: Session, row: ServiceOrder, minutes: int) -> tuple[dict[int, int], int]:
    """Who gets the minutes: the volunteer up to the ceiling of the account, the pool beyond it."""
    if row.volunteer_id is None:
        raise states.WrongState(state=row.state, number=row.number)
    number = volunteer_account(session, row, row.volunteer_id)
    account = book_of(session).account(number)
    room = minutes if account.ceiling is None else min(minutes, max(0, account.ceiling - account.balance))
    credited = {number: room, accounts.POOL_MIN: minutes - room}
    return {to: amount for to, amount in credited.items() if amount}, minutes - room


def _detail(session: Session, row: ServiceOrder, reckoning: Reckoning, how: str, actor: Actor) -> dict[str, Any]:
    """What an auditor needs to do the sum again."""
    visit = visit_of(session, row)
    return {
        "use_case": "orders.settle",
        "order": row.id.hex,
        "order_number": row.number,
        "visit": visit.id.hex,
        "recipient": row.recipient_id.hex,
        "volunteer": visit.person_id.hex,
        "service": row.service,
        "started_at": to_ms(visit.started_at),
        "ended_at": to_ms(visit.ended_at or visit.started_at),
        "evidence": visit.evidence,
        "estimated": row.is_estimated,
        "confirmed": how,
        "confirmed_by": actor.number,
        "reasons": [reason.as_json() for reason in reckoning.reasons],
        "reviewers": [actor.officer] if how in ("decision", "call_back") else [],
    }


def _told(detail: dict[str, Any], reckoning: Reckoning, credited: int) -> dict[str, Any]:
    """The detail with its sums. A decision may credit more than the scans are worth: then no spans are claimed for it."""
    sums: dict[str, Any] = {"credited": credited}
    if credited <= reckoning.uncapped_minutes:
        sums |= {
            "spans": [list(span) for span in reckoning.spans],
            "rounding": reckoning.rounding_minutes,
            "uncapped": reckoning.uncapped_minutes,
        }
    return detail | sums


def visit_of(session: Session, row: ServiceOrder) -> Visit:
    if row.visit_id is None:
        raise states.WrongState(state=row.state, number=row.number)
    return visits.by_id(session, row.community_id, row.visit_id)


def _service_day(session: Session, row: ServiceOrder) -> date:
    return communities.local_day(communities.community(session, row.community_id), row.arrived_at or row.starts_at)


def rules_of(session: Session, row: ServiceOrder) -> policy.Policy:
    return policy.of(session, row.community_id, _service_day(session, row))

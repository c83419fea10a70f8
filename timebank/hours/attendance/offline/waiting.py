"""Offline scans that wait, or were refused: tried again when something came, given up after days, or decided by staff."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session

from timebank.columns import new_key
from timebank.errors import AlreadyDone, BadInput, NotFound, Refused
from timebank.hours.attendance import devices
from timebank.hours.attendance.offline.judging import Judged, add_verdict, judge, refusal
from timebank.hours.attendance.offline.looking import may_fit_now, newest, waiting_of
from timebank.hours.attendance.offline.tables import OfflineScan, ScanVerdict
from timebank.hours.attendance.reviews import OwnVisit
from timebank.hours.attendance.visits import rules_of
from timebank.people import communities, residents
from timebank.permissions import Actor, require
from timebank.storage import Storage

ROUNDS_MOST = 20  # each round lets at least one scan go on; nobody has more that wait
WORDS = ("again", "in", "out", "aside")


def decide(storage: Storage, community_id: int, scan_id: UUID, *, decided_by: str, again: bool = False) -> str:
    """Judge a scan in a write of its own, and write the verdict; returns its outcome. A verdict that is there stands, unless `again`.

    What the rules refuse is undone as a whole, and its verdict is a second write: so one bad scan leaves nothing behind.
    """

    def change(session: Session, now: datetime) -> dict[str, Any]:
        scan, before = _with_verdict(session, community_id, scan_id)
        if before is not None and (not again or before.outcome != "waiting"):
            return {"outcome": before.outcome}
        judged = judge(session, scan=scan, now=now)
        verdict = add_verdict(session, scan=scan, before=before, judged=judged, now=now, decided_by=decided_by)
        return {"outcome": verdict.outcome}

    def refuse(session: Session, now: datetime) -> dict[str, Any]:
        scan, before = _with_verdict(session, community_id, scan_id)
        if before is not None and before.outcome != "waiting":
            return {"outcome": before.outcome}
        judged = refusal(met)
        verdict = add_verdict(session, scan=scan, before=before, judged=judged, now=now, decided_by=decided_by)
        return {"outcome": verdict.outcome}

    try:
        told = _write(storage, community_id, change, decided_by)
    except Refused as refused:
        if refused.status >= 500:  # the database's, not the scan's: it is judged another time
            raise
        met = refused
        told = _write(storage, community_id, refuse, decided_by)
    return str(told["outcome"])


def try_again(storage: Storage, community_id: int, person_ids: Iterable[UUID], *, decided_by: str) -> None:
    """Judge once more what waits for these people, in order of time, until nothing fits any more."""
    wanted = set(person_ids)
    for _ in range(ROUNDS_MOST):
        with storage.read() as session:
            fitting = [scan.id for scan in waiting_of(session, community_id, wanted) if may_fit_now(session, scan)]
        moved = [decide(storage, community_id, scan_id, decided_by=decided_by, again=True) for scan_id in fitting]
        if all(outcome == "waiting" for outcome in moved):
            return


def give_up(session: Session, *, actor: Actor, now: datetime, scan_id: UUID) -> dict[str, Any]:
    """Refuse a scan that waited until nothing can come any more; harmless when it does not wait."""
    community_id = communities.community_of(actor)
    require(actor, "offline.give_up", community_id=community_id)
    scan, before = _with_verdict(session, community_id, scan_id)
    if before is not None and before.outcome == "waiting":
        judged = Judged("refused", "nothing_came", {**before.facts, "waited": before.code})
        add_verdict(session, scan=scan, before=before, judged=judged, now=now, decided_by=actor.number)
    return {"code": "offline_given_up"}


def over(session: Session, community_id: int, now: datetime) -> list[UUID]:
    """The scans that wait in vain: whatever would complete them is too old to be accepted by now."""
    rules = rules_of(session, community_id, now)
    until = now - timedelta(hours=rules.offline_back_hours + rules.presence_hours)
    return [scan.id for scan in waiting_of(session, community_id) if scan.corrected_at < until]


def say(session: Session, *, actor: Actor, now: datetime, scan_id: UUID, word: str, note: str = "") -> dict[str, Any]:
    """Staff decide on a scan that waits or was refused; the verdict before stays to be read.

    again   judge it once more, since what was wrong was put right
    in, out it was meant so, whatever the device said: the visit is reviewed
    aside   it counts for nothing; `note` says why

    Raises:
        AlreadyDone: it counts already. OwnVisit: one's own card, or the family's. BadInput; and what the station refuses.
    """
    community_id = communities.community_of(actor)
    scan, before = _with_verdict(session, community_id, scan_id)
    point = devices.point_of(session, devices.by_id(session, community_id, scan.device_id))
    require(actor, "offline.say", community_id=community_id, area_path=point.area_path)
    bad = {}
    if word not in WORDS:
        bad["word"] = "choice"
    if len(note.strip()) > 200:
        bad["note"] = "length"
    elif word == "aside" and not note.strip():
        bad["note"] = "required"
    if bad:
        raise BadInput(fields=bad)
    if before is not None and before.outcome == "accepted":
        raise AlreadyDone(what="offline_scan")
    _refuse_own(session, actor, scan)
    if word == "aside":
        judged = Judged("refused", "put_aside", {})
    else:
        turned = word if word in ("in", "out") and word != scan.direction else ""
        judged = judge(session, scan=scan, now=now, direction=turned, doubts=("offline_reread",) if turned else ())
    verdict = add_verdict(
        session, scan=scan, before=before, judged=judged, now=now, decided_by=actor.number, note=note.strip()
    )
    return {
        "code": "offline_decided",
        "outcome": verdict.outcome,
        "verdict": verdict.code,
        "facts": verdict.facts,
        "person_id": scan.person_id.hex if scan.person_id else None,
    }


def _with_verdict(session: Session, community_id: int, scan_id: UUID) -> tuple[OfflineScan, ScanVerdict | None]:
    scan = session.get(OfflineScan, (community_id, scan_id))
    if scan is None:
        raise NotFound(what="offline_scan")
    return scan, newest(session, community_id, scan_id)


def _write(storage: Storage, community_id: int, change: Any, decided_by: str) -> dict[str, Any]:
    key = new_key(storage.clock())
    return storage.write(community_id, key, change, actor=decided_by, use_case="offline.judge", content={})


def _refuse_own(session: Session, actor: Actor, scan: OfflineScan) -> None:
    if scan.person_id is None or actor.person_id is None:
        return
    person = residents.person(session, scan.community_id, scan.person_id)
    if actor.person_id == person.id or actor.household_id == person.household_id:
        raise OwnVisit

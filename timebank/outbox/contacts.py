"""Where a person wants to be told besides her list: the mail address that she gave, used once she has confirmed it."""

from __future__ import annotations

import re
import uuid
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete
from sqlmodel import Session, col

from timebank.errors import BadInput, Refused
from timebank.notices import NoticeContact, NoticeDelivery, tell
from timebank.people import residents
from timebank.people.communities import community_of
from timebank.permissions import Actor, require

CONFIRM_WITHIN = timedelta(days=3)
# One @, a dot behind it, nothing that a header could be broken with. What the address is worth shows when it is confirmed.
MAIL = re.compile(r"[^\s@<>,;:\"()\[\]\\\x00-\x1f]+@[^\s@<>,;:\"()\[\]\\\x00-\x1f]+\.[^\s@<>,;:\"()\[\]\\\x00-\x1f.]+")


class ContactExpired(Refused):
    """The link to confirm an address is too old, or the address was changed since."""

    code = "notice_contact_expired"
    status = 409


def contact_of(session: Session, *, actor: Actor, person_id: uuid.UUID) -> NoticeContact | None:
    """The mail address that a person gave, confirmed or not."""
    require(actor, "notices.contact", community_id=community_of(actor), person_id=person_id)
    return session.get(NoticeContact, (community_of(actor), person_id, "mail"))


def set_mail(
    session: Session, *, actor: Actor, now: datetime, person_id: uuid.UUID, address: str, language: str
) -> dict[str, Any]:
    """Note where a person wants to be told by mail; used once she has opened the link that is sent there.

    Raises:
        BadInput: field `address`, of what is no mail address.
    """
    community_id = community_of(actor)
    require(actor, "notices.contact", community_id=community_id, person_id=person_id)
    residents.person(session, community_id, person_id)
    address = address.strip()
    if not MAIL.fullmatch(address) or len(address) > 254:
        raise BadInput(fields={"address": "mail"})
    if language not in ("zh", "en"):
        raise BadInput(fields={"language": "choice"})
    row = session.get(NoticeContact, (community_id, person_id, "mail"))
    if row is not None and row.address == address and row.confirmed_at is not None:
        row.language = language
        session.flush()
        return {"code": "notice_contact_kept"}
    if row is None:
        row = NoticeContact(
            community_id=community_id,
            person_id=person_id,
            channel="mail",
            address=address,
            language=language,
            set_at=now,
            set_by=actor.number,
        )
        session.add(row)
    else:
        row.address, row.language, row.set_at, row.set_by, row.confirmed_at = (
            address,
            language,
            now,
            actor.number,
            None,
        )
    session.flush()
    tell(session, community_id=community_id, person_id=person_id, kind="mail_confirm", now=now)
    return {"code": "notice_contact_set"}


def confirm_mail(
    session: Session, *, actor: Actor, now: datetime, person_id: uuid.UUID, address: str
) -> dict[str, Any]:
    """The link that was sent to the address was opened, and confirmed on its page. Twice is harmless.

    The edge has checked that the link is ours; whoever holds it reads that mailbox, signed in or not.
    """
    row = session.get(NoticeContact, (community_of(actor), person_id, "mail"))
    if row is None or row.address != address or now > row.set_at + CONFIRM_WITHIN:
        raise ContactExpired
    row.confirmed_at = row.confirmed_at or now
    session.flush()
    return {"code": "notice_contact_confirmed"}


def remove_mail(session: Session, *, actor: Actor, now: datetime, person_id: uuid.UUID) -> dict[str, Any]:
    """No mail any more; what waits to be sent there goes."""
    del now
    community_id = community_of(actor)
    require(actor, "notices.contact", community_id=community_id, person_id=person_id)
    for table in (NoticeContact, NoticeDelivery):
        gone = delete(table).where(
            col(table.community_id) == community_id, col(table.person_id) == person_id, col(table.channel) == "mail"
        )
        if table is NoticeDelivery:
            gone = gone.where(col(NoticeDelivery.state).in_(("waiting", "sending")))
        session.execute(gone.execution_options(synchronize_session=False))
    return {"code": "notice_contact_removed"}

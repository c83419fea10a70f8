"""A ticket says: this browser opened the code of this point at this moment.

It is made when the code is opened, before anybody signs in, and is good for ten minutes; so who must sign in first is
not late. It is signed, kept nowhere, and bound to the browser by a cookie, so that a forwarded link checks nobody in.
"""

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from timebank.columns import from_ms, to_ms
from timebank.errors import Refused

AHEAD = timedelta(minutes=5)


class TicketExpired(Refused):
    """The code was opened too long ago."""

    code = "ticket_expired"
    status = 409


class TicketOfAnotherBrowser(Refused):
    """The link was forwarded, or opened in another browser than the one that scanned."""

    code = "ticket_of_another_browser"
    status = 409


class TicketBroken(Refused):
    """Not a ticket of ours."""

    code = "ticket_broken"
    status = 422


class ClockWentBack(Refused):
    """The ticket is from the future: a clock was set back meanwhile."""

    code = "clock_wrong"
    status = 409


@dataclass(frozen=True)
class Ticket:
    """What was opened: `step` is the live code's time step, None for a printed code."""

    community_id: int
    point_number: int
    scanned_at: datetime
    evidence: str
    step: int | None


def seal(ticket: Ticket, *, secret: bytes, browser: str) -> str:
    """The ticket as text for a link or a form, good in this browser only."""
    body = json.dumps(
        {
            "c": ticket.community_id,
            "p": ticket.point_number,
            "t": to_ms(ticket.scanned_at),
            "e": ticket.evidence,
            "s": ticket.step,
            "b": _of_browser(browser, secret),
        },
        separators=(",", ":"),
        sort_keys=True,
    ).encode()
    return f"{_text(body)}.{_text(_signature(body, secret))}"


def open_sealed(
    text: str, *, secret: bytes, browser: str, community_id: int, now: datetime, good_for: timedelta
) -> Ticket:
    """The ticket in the text.

    Raises:
        TicketBroken, TicketOfAnotherBrowser, TicketExpired, ClockWentBack.
    """
    ticket, bound_to = _read(text, secret)
    if ticket.community_id != community_id:
        raise TicketBroken
    if not hmac.compare_digest(bound_to, _of_browser(browser, secret)):
        raise TicketOfAnotherBrowser
    if ticket.scanned_at > now + AHEAD:
        raise ClockWentBack(ahead_minutes=(ticket.scanned_at - now) // timedelta(minutes=1))
    if now - ticket.scanned_at > good_for:
        raise TicketExpired(
            good_minutes=good_for // timedelta(minutes=1), ago_minutes=(now - ticket.scanned_at) // timedelta(minutes=1)
        )
    return ticket


def _read(text: str, secret: bytes) -> tuple[Ticket, str]:
    try:
        body_text, signature_text = text.split(".")
        body, signature = _bytes(body_text), _bytes(signature_text)
    except (ValueError, binascii.Error) as error:
        raise TicketBroken from error
    if not hmac.compare_digest(signature, _signature(body, secret)):
        raise TicketBroken
    said = json.loads(body)
    return Ticket(said["c"], said["p"], from_ms(said["t"]), said["e"], said["s"]), said["b"]


def _signature(body: bytes, secret: bytes) -> bytes:
    return hmac.digest(secret, b"attendance ticket:" + body, hashlib.sha256)


def _of_browser(browser: str, secret: bytes) -> str:
    return hmac.digest(secret, b"attendance browser:" + browser.encode(), hashlib.sha256).hex()[:32]


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))

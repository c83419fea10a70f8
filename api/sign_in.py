"""Signing in: number, phone or name and a password, in a session that can be revoked.

The browser's cookie carries a token through Flask-Login; the session itself is a row of ours. Passwords are compared
outside of every transaction, since a comparison takes an eighth of a second.
"""

import hmac
from datetime import datetime
from typing import Any, cast

from flask import Flask, g, session
from flask_login import LoginManager, UserMixin, login_user
from sqlmodel import Session

from api import edge, fields
from timebank.errors import NotFound
from timebank.people import communities, logins
from timebank.people.acting import Asking, who_asks
from timebank.people.logins import SignedIn
from timebank.permissions import Actor, Grant

VISITOR = "visitor"
manager = LoginManager()


class User(UserMixin):
    """What Flask-Login keeps in the cookie: the session's token."""

    def __init__(self, token: str) -> None:
        self.token = token

    def get_id(self) -> str:
        return self.token


def init_app(app: Flask) -> None:
    manager.session_protection = None  # addresses of phones change from tower to tower; the row decides
    manager.init_app(app, add_context_processor=False)


def current() -> SignedIn | None:
    """The session of this request; None for visitors."""
    found = asking()
    return found.signed_in if found else None


def asking() -> Asking | None:
    """Whose session this request's is, and as whom she acts in the community of the address; asked once a request."""
    here = edge.held()
    if "asking" not in here:
        token = session.get("_user_id")  # where Flask-Login keeps it
        here["asking"] = _ask(token) if token else None
    return cast(Asking | None, here["asking"])


def _ask(token: str) -> Asking | None:
    try:
        place = edge.community() if "community_code" in edge.held() else None
    except NotFound:
        place = None
    now = edge.now()
    today = communities.local_day(place, now) if place else now.date()
    community_id = place.id if place else None
    return edge.storage().glance(
        lambda connection: who_asks(connection, token=token, community_id=community_id, now=now, today=today)
    )


def actor_in(community: communities.Community | None) -> Actor:
    """Who the signed-in person is in the community of the address: membership, household and roles of today.

    Without a community: who acts on what lies in none, with the roles that are held over everything.
    """
    if community is None:
        return _actor_anywhere(edge.read(), current(), edge.now())
    found = asking()
    if found is None:
        return Actor(community.id, VISITOR, area_path=community.area_path)
    signed_in, person, held = found
    if person is None:
        return Actor(
            community.id,
            signed_in.name or VISITOR,
            login_id=signed_in.login_id,
            grants=tuple(Grant(each.role, each.area_path) for each in held),
            area_path=community.area_path,
        )
    if person.has_left:
        # The roles that were given to a resident end with that; what is one's own may still be read.
        held = [each for each in held if each.person_id != person.person_id]
    return Actor(
        community.id,
        person.number,
        login_id=signed_in.login_id,
        person_id=person.person_id,
        household_id=person.household_id,
        grants=tuple(Grant(each.role, each.area_path) for each in held),
        area_path=community.area_path,
    )


def _actor_anywhere(read: Session, signed_in: SignedIn | None, now: datetime) -> Actor:
    if signed_in is None:
        return Actor(None, VISITOR)
    held = logins.grants_of(read, login_id=signed_in.login_id, on=now.date())
    numbers = [linked.number for linked in logins.persons_of(read, signed_in.login_id)]
    return Actor(
        None,
        signed_in.name or next(iter(numbers), VISITOR),
        login_id=signed_in.login_id,
        grants=tuple(Grant(grant.role, grant.area_path) for grant in held),
    )


def grants_today() -> list[logins.RoleGrant]:
    """The roles of who is signed in, wherever they are held."""
    found = current()
    if found is None:
        return []
    if "grants_today" not in g:
        g.grants_today = logins.grants_of(edge.read(), login_id=found.login_id, on=edge.now().date())
    return list(g.grants_today)


def subject(kind: str, text: str) -> str:
    """What wrong tries are counted at: a keyed digest, so that the table names nobody."""
    return hmac.digest(edge.settings().secret, f"attempt:{kind}:{text}".encode(), "sha256").hex()


def check(typed: str, password: str) -> list[logins.Login]:
    """The logins that this number, phone or name and this password open; usually one.

    Wrong tries are counted at each login that was tried, however its number or phone was typed, and only its own
    password ends the counting: who shares a phone cannot try the others' passwords for ever. What nobody has is counted
    as it was typed, so that it looks the same.

    Raises:
        Locked: too many wrong tries at this number.
        WrongPassword: with the number of tries left.
    """
    number, phone, name = fields.typed_number(typed), fields.typed_phone(typed), typed.casefold()
    reading, now = edge.read(), edge.now()
    found = logins.candidates(reading, number=number, phone=phone, name=name)
    tried = [subject("sign-in", login.id.hex) for login in found] or [subject("sign-in", number.replace("-", ""))]
    is_locked = [logins.is_locked(reading, subject=each, now=now) for each in tried]
    if all(is_locked):
        logins.refuse_if_locked(reading, subject=tried[0], now=now)
    edge.stop_reading()
    matching = [
        login
        for login, locked in zip(found, is_locked, strict=False)
        if not locked and logins.password_matches(login.password_hash, password)
    ]
    if not found:
        logins.spend_time_as_if(password)
    if not matching:
        wrong = [each for each, locked in zip(tried, is_locked, strict=True) if not locked]
        left = edge.submit_global(
            lambda written, now: min(logins.count_failure(written, subject=each, now=now) for each in wrong)
        )
        raise logins.WrongPassword(tries_left=left)
    edge.submit_global(
        lambda written, now: end_counting(written, now, [subject("sign-in", login.id.hex) for login in matching])
    )
    return matching


def end_counting(written: Session, now: datetime, tried: list[str]) -> None:
    """Forget the wrong tries, unless others, made at the same moment, have locked the login meanwhile."""
    for each in tried:
        logins.refuse_if_locked(written, subject=each, now=now)
        logins.forget_failures(written, subject=each)


def begin(login_id: Any, *, shared_device: bool) -> None:
    """Sign this browser in; the cookie ends with the browser on a shared device."""
    token = edge.submit_global(
        lambda written, now: logins.start_session(written, now=now, login_id=login_id, shared_device=shared_device)
    )
    kept = {name: session[name] for name in ("csrf_token",) if name in session}
    session.clear()
    session.update(kept)
    session.permanent = not shared_device
    login_user(User(token))
    _forget_who_asks()
    if current() is None:
        raise RuntimeError("a session that has just begun is not there")


def end() -> None:
    """Sign this browser out, here and in the database."""
    found = current()
    if found is not None:
        edge.submit_global(
            lambda written, now: logins.end_session(
                written, now=now, login_id=found.login_id, session_id=found.session_id
            )
        )
    session.clear()
    _forget_who_asks()


def _forget_who_asks() -> None:
    for known in ("actor", "grants_today", "asking"):
        g.pop(known, None)


def activation_code(community_id: int, person_id: Any, card_id: Any) -> str:
    """The one-time code to print on this card."""
    return logins.activation_code(
        edge.settings().secret, community_id=community_id, person_id=person_id, card_id=card_id
    )

"""Officers who decide about points and are nobody in the register: they are near to nobody, as far as the books know."""

from __future__ import annotations

import datetime as dt

from sqlmodel import Session

from timebank.people import communities
from timebank.people.outsiders import Outsider, outsiders
from timebank.permissions import Actor
from timebank.reports.points_audit.years import asked


def unregistered(session: Session, *, actor: Actor, now: dt.datetime) -> list[Outsider]:
    """Who may decide today without being in the register of the community, by name."""
    place = communities.community(session, asked(session, actor))
    return outsiders(session, place, communities.local_day(place, now))

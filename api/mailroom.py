"""Carrying out what waits in the outbox: taken, sent outside of any transaction, and written down."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import structlog
from flask import Flask

from api import outgoing
from api.outgoing import NotSent, Sender, Sms
from api.settings import Settings
from timebank.columns import new_key
from timebank.outbox import deliveries
from timebank.outbox.deliveries import Outgoing
from timebank.people.communities import Community
from timebank.permissions import Actor
from timebank.storage import Storage

log = structlog.get_logger()

FAILURES_MOST = 3  # in a row: then the server is away, and the rest waits for the next time


@dataclass(frozen=True)
class Mailroom:
    """Who carries the messages of an installation. `sms`: the operator's own module, if there is one."""

    settings: Settings
    mail: Sender
    sms: Sms | None = None
    words: Flask = field(default_factory=outgoing.words)

    @classmethod
    def of(cls, settings: Settings) -> Mailroom | None:
        """By the settings; None where notices stay in people's lists."""
        sender = outgoing.sender_of(settings)
        return cls(settings, sender) if sender else None

    def send_due(self, storage: Storage, place: Community) -> int:
        """Send what is due in a community; returns how many were handed over."""
        with storage.read() as session:
            found = deliveries.due(session, place.id, storage.clock())
        sent = failures = 0
        for one in found:
            if failures == FAILURES_MOST:
                break
            if not self._write(storage, place, "take", deliveries.take, one=one)["taken"]:
                continue
            try:
                self._hand_over(one, place)
            except NotSent as failed:
                failures += not failed.for_good
                log.warning("notice not sent", community=place.code, kind=one.kind, told=failed.told[:200])
                self._write(
                    storage, place, "finish", deliveries.finish, one=one, error=failed.told, for_good=failed.for_good
                )
            else:
                failures, sent = 0, sent + 1
                self._write(storage, place, "finish", deliveries.finish, one=one)
        return sent

    def _hand_over(self, one: Outgoing, place: Community) -> None:
        if one.channel == "mail":
            self.mail.send(outgoing.in_words(self.words, self.settings, one, place))
        elif self.sms is not None:
            with self.words.app_context():
                self.sms.send_sms(outgoing.as_sms(one, place))
        else:
            raise NotSent("no module for SMS", for_good=True)

    def _write(self, storage: Storage, place: Community, name: str, use_case: Any, **facts: Any) -> dict[str, Any]:
        actor = Actor.system(place.id, "send_notices")
        return storage.write(
            place.id,
            new_key(storage.clock()),
            lambda session, now: use_case(session, actor=actor, now=now, **facts),
            actor=actor.number,
            use_case=f"notices.{name}",
            content={},
        )

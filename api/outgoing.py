"""Messages that leave the house: their words, and who carries them.

`Console` writes them to the log's stream (a demo, a trial), `Smtp` hands them to a mail server, `Sms` is what a provider's
module must offer. Subjects say nothing personal, since they stand on a locked phone; a text of SMS is a template with
numbered places, since providers in China send nothing that was not filed with them before.
"""

from __future__ import annotations

import smtplib
import ssl
import sys
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any, Protocol, TextIO
from zoneinfo import ZoneInfo

from flask import Flask
from flask_babel import force_locale, gettext
from flask_babel import lazy_gettext as _
from itsdangerous import BadSignature, URLSafeSerializer

from api import look
from api.messages.notices import SUBJECTS, TEXTS
from api.settings import Settings
from timebank.columns import from_ms
from timebank.outbox.deliveries import Outgoing
from timebank.people.communities import Community

SMTP_SECONDS = 20


class Facts(dict[str, Any]):
    """What fills the places of a sentence; a place without its fact gets a dash, and the rest is still told."""

    def __missing__(self, name: str) -> str:
        return "—"


class NotSent(Exception):
    """A message was not taken. `for_good`: trying again would not help; `told`: what the server said."""

    def __init__(self, told: str, *, for_good: bool = False) -> None:
        super().__init__(told)
        self.told, self.for_good = told, for_good


@dataclass(frozen=True)
class Message:
    """A message in words. `id` is the same however often it is sent, so that a reader's program can tell a double."""

    id: str
    to: str
    subject: str
    text: str
    told_at: Any


class Sender(Protocol):
    """Who carries messages of one channel."""

    def send(self, message: Message) -> None:
        """Hand a message over.

        Raises:
            NotSent: it was not taken.
        """


class Console:
    """Messages on a stream, for trying out: nothing leaves the house."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream

    def send(self, message: Message) -> None:
        stream = self._stream or sys.stderr
        stream.write(f"--- to {message.to}\n{message.subject}\n\n{message.text}\n---\n")
        stream.flush()


class Smtp:
    """Messages to a mail server, by the settings of the installation."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def send(self, message: Message) -> None:
        letter = EmailMessage()
        letter["Subject"] = message.subject
        letter["From"] = Address(gettext("时间银行"), addr_spec=self._settings.mail_from)
        letter["To"] = message.to
        letter["Date"] = format_datetime(message.told_at)
        letter["Message-ID"] = f"<{message.id}@{self._settings.installation}>"
        letter["Auto-Submitted"] = "auto-generated"
        letter.set_content(message.text)
        try:
            with self._connected() as server:
                server.send_message(letter)
        except smtplib.SMTPRecipientsRefused as refused:
            (code, told), *_rest = refused.recipients.values()
            raise NotSent(_plain(code, told), for_good=500 <= code < 600) from None
        except smtplib.SMTPResponseException as refused:
            raise NotSent(_plain(refused.smtp_code, refused.smtp_error)) from None
        except (smtplib.SMTPException, OSError) as error:
            raise NotSent(f"{type(error).__name__}: {error}") from None

    @contextmanager
    def _connected(self) -> Any:
        settings, tls = self._settings, ssl.create_default_context()
        kind: Callable[[], smtplib.SMTP] = (
            (lambda: smtplib.SMTP_SSL(settings.smtp_host, settings.smtp_port, timeout=SMTP_SECONDS, context=tls))
            if settings.smtp_security == "tls"
            else (lambda: smtplib.SMTP(settings.smtp_host, settings.smtp_port, timeout=SMTP_SECONDS))
        )
        with kind() as server:
            if settings.smtp_security == "starttls":
                server.starttls(context=tls)
            if settings.smtp_user:
                server.login(settings.smtp_user, settings.smtp_password.get_secret_value())
            yield server


# What a provider of SMS must have on file before it sends; `{1}` is the first place.
SMS_TEMPLATES: dict[str, Any] = {
    "news": _("【时间银行】您的订单或服务有新消息,请登录查看,或拨打服务台电话。"),
    "visit": _("【时间银行】志愿者将于{1}上门服务。如有变动请拨打服务台电话。"),
    "confirm": _("【时间银行】您的一张订单已服务完,请确认,或等服务台回访。"),
}

# Which of them a kind of notice goes by, and the facts that fill its places; kinds that are not here are `news`.
SMS_OF_KIND: dict[str, tuple[str, tuple[str, ...]]] = {
    "order_claimed": ("visit", ("starts_at",)),
    "order_to_confirm": ("confirm", ()),
}


@dataclass(frozen=True)
class SmsMessage:
    """One text: a filed template and what fills its places, in order."""

    to: str
    template: str
    values: tuple[str, ...]


class Sms(Protocol):
    """What the module of a provider offers. None comes with the project: each is a contract of the operator's own."""

    def send_sms(self, message: SmsMessage) -> None:
        """Hand a text over.

        Raises:
            NotSent: it was not taken.
        """


class SmsConsole:
    """Texts on a stream, as a provider would send them."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream

    def send_sms(self, message: SmsMessage) -> None:
        text = str(SMS_TEMPLATES[message.template])
        for place, value in enumerate(message.values, 1):
            text = text.replace(f"{{{place}}}", value)
        stream = self._stream or sys.stderr
        stream.write(f"--- sms to {message.to}\n{text}\n---\n")
        stream.flush()


def sender_of(settings: Settings) -> Sender | None:
    """Who carries mail by the settings; None: nobody, notices stay in people's lists."""
    if settings.notices == "smtp":
        return Smtp(settings)
    return Console() if settings.notices == "console" else None


def as_sms(one: Outgoing, place: Community) -> SmsMessage:
    """A notice as the filed template that carries its kind."""
    template, names = SMS_OF_KIND.get(one.kind, ("news", ()))
    facts = filled(one.facts, ZoneInfo(place.zone))
    return SmsMessage(one.address, template, tuple(str(facts[name]) for name in names))


def words() -> Flask:
    """What the sentences need, outside of any request."""
    app = Flask("api", static_folder=None)
    look.init_app(app)
    return app


def in_words(app: Flask, settings: Settings, one: Outgoing, place: Community) -> Message:
    """A notice as a mail in its reader's language; names stand in the text, never in the subject."""
    with app.app_context(), force_locale(look.LANGUAGES[one.language]):
        text = str(TEXTS[one.kind]) % filled(one.facts, ZoneInfo(place.zone))
        lines = [gettext("%(place)s时间银行", place=place.name), ""]
        if one.about_number:
            lines.append(gettext("您代办的 %(number)s:", number=one.about_number))
        lines += [text, "", link_of(settings, one, place), ""]
        lines.append(gettext("这封信由系统发出。不想再收到,登录后在“通知”里去掉邮箱。"))
        return Message(
            id=f"{one.notice_id.hex}.{one.person_id.hex[-12:]}",
            to=one.address,
            subject=gettext("时间银行:%(what)s", what=str(SUBJECTS[one.kind])),
            text="\n".join(lines),
            told_at=one.told_at,
        )


def link_of(settings: Settings, one: Outgoing, place: Community) -> str:
    """Where a mail leads: one's notices, or the page that confirms the address."""
    if one.kind == "mail_confirm":
        return f"{settings.public_url}/c/{place.code}/notices/confirm/{confirming(settings, one.person_id.hex, one.address)}"
    return f"{settings.public_url}/c/{place.code}/notices"


def confirming(settings: Settings, person: str, address: str) -> str:
    """The part of a link that only the reader of this mailbox gets."""
    text: str = _confirmations(settings).dumps([person, address])
    return text


def confirmed(settings: Settings, text: str) -> tuple[str, str] | None:
    """Whose address a link confirms, as (person, address); None: it is no link of ours."""
    try:
        person, address = _confirmations(settings).loads(text)
    except (BadSignature, ValueError, TypeError):
        return None
    return person, address


def filled(facts: dict[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    """Facts as people read them: instants and days by the community's zone, minutes as hours and minutes."""
    told = Facts()
    for name, value in facts.items():
        if name.endswith("_at") and isinstance(value, int):
            told[name] = look.instant_in(from_ms(value), zone)
        elif name.endswith("_on") and isinstance(value, str):
            told[name] = look.day(date.fromisoformat(value))
        elif name.endswith("_minutes") and isinstance(value, int):
            told[name] = look.minutes(value)
        elif name.endswith("_steps") and isinstance(value, int):
            told[name] = look.points(value)
        else:
            told[name] = value
    return told


def _confirmations(settings: Settings) -> URLSafeSerializer:
    return URLSafeSerializer(settings.secret, salt="notice-mail")


def _plain(code: int, told: bytes | str) -> str:
    text = told.decode("utf-8", "replace") if isinstance(told, bytes) else told
    return f"{code} {text}"

"""Mail over a real SMTP server: what it says, in whose language, and what becomes of it when the server refuses."""

from __future__ import annotations

import email
import email.policy
import re
import socket
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from api import jobs, outgoing
from api.keys import SigningKeys
from api.mailroom import Mailroom
from api.settings import Settings
from tests.timebank.test_outbox import bind_helper, due, set_mail, tell
from tests.village import SECRET, Village
from timebank.columns import to_ms
from timebank.outbox.deliveries import Outgoing


class Postbox:
    """What arrived, and what the server answers to a recipient."""

    def __init__(self) -> None:
        self.letters: list[Any] = []
        self.refuses: dict[str, str] = {}

    async def handle_RCPT(  # noqa: N802  # the server's name for it
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if address in self.refuses:
            return self.refuses[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.letters.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return "250 OK"


class Server(Controller):
    """A mail server on a port that the system chose, and that nobody else can take in between."""

    def __init__(self, box: Postbox) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        super().__init__(box, hostname="127.0.0.1", port=self.socket.getsockname()[1])

    def _create_server(self) -> Any:
        return self.loop.create_server(self._factory_invoker, sock=self.socket)


@pytest.fixture
def postbox() -> Iterator[tuple[Postbox, int]]:
    """What arrived, and the port of the server."""
    box = Postbox()
    server = Server(box)
    server.start()
    yield box, server.port
    server.stop()


def mailroom(tmp_path: Any, port: int) -> Mailroom:
    (tmp_path / "secret").write_bytes(SECRET)
    settings = Settings(
        data_dir=tmp_path,
        notices="smtp",
        smtp_host="127.0.0.1",
        smtp_port=port,
        smtp_security="none",
        mail_from="timebank@village.example",
        public_url="https://timebank.example",
    )
    found = Mailroom.of(settings)
    assert found is not None
    return found


def run(village: Village, tmp_path: Any, room: Mailroom) -> None:
    """The two jobs, as the server runs them."""
    here = jobs.Installation(village.storage, SigningKeys(tmp_path / "keys"), mailroom=room)
    by_name = {job.name: job for job in jobs.JOBS}
    for name in ("route_notices", "send_notices"):
        jobs.run(by_name[name], here)


def test_a_mail_says_what_happened_and_its_subject_says_nothing_personal(
    village: Village, tmp_path: Any, postbox: tuple[Postbox, int]
) -> None:
    box, port = postbox
    elder, helper = village.make_person(), village.make_person()
    bind_helper(village, elder, helper)
    set_mail(village, elder, "elder@mail.example")
    set_mail(village, helper, "helper@mail.example")
    tell(village, elder, "order_claimed", order_number=7, starts_at=to_ms(village.now))
    room = mailroom(tmp_path, port)
    run(village, tmp_path, room)
    run(village, tmp_path, room)  # nothing is sent twice
    claimed = [letter for letter in box.letters if "进展" in letter["Subject"] and "领了" in letter.get_content()]
    assert {letter["To"] for letter in claimed} == {"elder@mail.example", "helper@mail.example"}
    for letter in claimed:
        text = letter.get_content()
        assert "第 7 号订单有志愿者领了" in text
        assert "2026年11月20日" in text
        assert f"https://timebank.example/c/{village.code}/notices" in text
        assert letter["From"].addresses[0].addr_spec == "timebank@village.example"
        assert letter["Auto-Submitted"] == "auto-generated"
        for person in (elder, helper):
            assert person.name not in letter["Subject"]
            assert person.number not in letter["Subject"]
    assert [elder.number in letter.get_content() for letter in claimed if letter["To"] == "helper@mail.example"] == [
        True
    ]
    assert len({letter["Message-ID"] for letter in box.letters}) == len(box.letters)


def test_the_link_in_the_mail_confirms_the_address(
    village: Village, tmp_path: Any, postbox: tuple[Postbox, int]
) -> None:
    box, port = postbox
    person = village.make_person()
    set_mail(village, person, "wang@mail.example", confirmed=False)
    room = mailroom(tmp_path, port)
    run(village, tmp_path, room)
    (letter,) = box.letters
    link = re.search(r"https://\S+/notices/confirm/(\S+)", letter.get_content())
    assert link is not None
    assert outgoing.confirmed(room.settings, link[1]) == (person.id.hex, "wang@mail.example")
    forged = link[1][:-2] + ("AA" if link[1][-2:] != "AA" else "BB")
    assert outgoing.confirmed(room.settings, forged) is None


def test_a_refused_address_does_not_hold_up_the_others(
    village: Village, tmp_path: Any, postbox: tuple[Postbox, int]
) -> None:
    box, port = postbox
    people = [village.make_person() for _ in range(3)]
    for number, person in enumerate(people):
        set_mail(village, person, f"reader{number}@mail.example")
        tell(village, person, order_number=number)
    box.refuses = {"reader0@mail.example": "550 no such mailbox", "reader1@mail.example": "451 later, please"}
    run(village, tmp_path, mailroom(tmp_path, port))
    told = [letter["To"] for letter in box.letters if "受理" in letter.get_content()]
    assert told == ["reader2@mail.example"]
    assert due(village) == []
    village.pass_time(minutes=2)
    assert [one.address for one in due(village)] == ["reader1@mail.example"]


def test_a_server_that_is_not_there_loses_nothing(village: Village, tmp_path: Any) -> None:
    person = village.make_person()
    set_mail(village, person)
    tell(village, person, order_number=1)
    run(village, tmp_path, mailroom(tmp_path, 9))  # the discard port: nobody listens
    village.pass_time(minutes=2)
    assert [one.facts.get("order_number") for one in due(village)] == [1]


@pytest.mark.parametrize(
    "wrong, named",
    [
        ({"smtp_host": ""}, "TIMEBANK_SMTP_HOST"),
        ({"mail_from": ""}, "TIMEBANK_MAIL_FROM"),
        ({"smtp_host": "mail.example", "smtp_security": "none", "smtp_user": "us"}, "TIMEBANK_SMTP_SECURITY"),
    ],
)
def test_settings_of_mail_that_cannot_work_are_named(wrong: dict[str, Any], named: str) -> None:
    right = {"notices": "smtp", "smtp_host": "127.0.0.1", "mail_from": "a@b.example"}
    with pytest.raises(ValueError, match=named):
        Settings(**{**right, **wrong})


def test_a_text_is_a_filed_template_with_numbered_places(village: Village, capsys: Any) -> None:
    person = village.make_person()
    one = Outgoing(
        notice_id=uuid.uuid4(),
        person_id=person.id,
        channel="sms",
        address="13900000000",
        language="zh",
        kind="order_claimed",
        facts={"order_number": 7, "starts_at": to_ms(village.now)},
        told_at=village.now,
        about_number="",
    )
    from timebank.people import communities

    with outgoing.words().app_context():
        with village.read() as session:
            text = outgoing.as_sms(one, communities.community(session, village.community_id))
        outgoing.SmsConsole().send_sms(text)
    assert (text.template, len(text.values)) == ("visit", 1)
    told = capsys.readouterr().err
    assert "志愿者将于2026年11月20日" in told
    assert person.name not in told

"""The one-time code on a card becomes a sign-in."""

import hmac
import uuid
from datetime import datetime
from typing import ClassVar

from sqlalchemy import update
from sqlmodel import Field, Session, SQLModel, col

from timebank.columns import Id, Instant, Number
from timebank.errors import Refused
from timebank.people.logins.opening import Login, LoginPerson, link, open_login
from timebank.people.logins.passwords import PASSWORD_LENGTHS, PasswordWeak
from timebank.people.logins.sessions import end_all_sessions

CODE_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"

CODE_LENGTH = 8


class UsedCode(SQLModel, table=True):
    """The one-time code of this card has been used."""

    __tablename__: ClassVar[str] = "used_code"
    community_id: int = Field(sa_type=Number, primary_key=True, sa_column_kwargs={"autoincrement": False})
    person_id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    card_id: uuid.UUID = Field(sa_type=Id, primary_key=True)
    used_at: datetime = Field(sa_type=Instant)


class CodeSpent(Refused):
    code = "activation_code_used"
    status = 409


class WrongCode(Refused):
    code = "wrong_activation_code"
    status = 403


def activate(
    session: Session,
    *,
    now: datetime,
    community_id: int,
    person_id: uuid.UUID,
    number: str,
    card_id: uuid.UUID,
    password_hash: str | None,
    phone: str | None,
    login_id: uuid.UUID | None,
) -> uuid.UUID:
    """Turn the one-time code of a card into a sign-in, and return the login.

    The code was compared before. With `login_id` the person joins that login (somebody who serves in two
    communities). A person who has a login already gets the new password, and every other device is signed out: a new
    card is the way back in for who forgot the password.

    Raises:
        CodeSpent: this card's code was used before.
        AlreadyLinked: the person belongs to another login than the given one.
    """
    if session.get(UsedCode, (community_id, person_id, card_id)):
        raise CodeSpent(number=number)
    session.add(UsedCode(community_id=community_id, person_id=person_id, card_id=card_id, used_at=now))
    known = session.get(LoginPerson, (community_id, person_id))
    if known and login_id is None and password_hash is not None:
        session.execute(
            update(Login).where(col(Login.id) == known.login_id).values(password_hash=password_hash, phone=phone)
        )
        end_all_sessions(session, now=now, login_id=known.login_id)
        return known.login_id
    if login_id is None:
        if password_hash is None:
            raise PasswordWeak(least=PASSWORD_LENGTHS[0])
        login_id = open_login(session, now=now, password_hash=password_hash, phone=phone)
    link(session, now=now, login_id=login_id, community_id=community_id, person_id=person_id, number=number)
    return login_id


def activation_code(secret: bytes, *, community_id: int, person_id: uuid.UUID, card_id: uuid.UUID) -> str:
    """The one-time code printed on this card, such as `7KQM-2XHD`: made from the card, stored nowhere."""
    digest = hmac.digest(secret, b"activation:%d:%s:%s" % (community_id, person_id.bytes, card_id.bytes), "sha256")
    number = int.from_bytes(digest, "big")
    letters = []
    for _ in range(CODE_LENGTH):
        number, letter = divmod(number, len(CODE_LETTERS))
        letters.append(CODE_LETTERS[letter])
    return "".join(letters[:4]) + "-" + "".join(letters[4:])


def same_code(typed: str, code: str) -> bool:
    """Whether what was typed is the code; small letters, spaces and missing dashes are forgiven."""
    plain = "".join(letter for letter in typed.upper() if letter.isascii() and letter.isalnum())
    return hmac.compare_digest(plain, code.replace("-", ""))

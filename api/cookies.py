"""What a browser keeps for us between two requests: the signed cookie of its session, and the token that its forms send.

Both are Flask's and Flask-WTF's own, in what they write and in what they take. Here they are read in the shortest way,
since every request of every page does so; whatever is not plainly good goes the long way, theirs, which says why.
"""

import binascii
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from functools import cached_property
from typing import Any

from flask import Flask, Request, Response, g, session
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from flask_wtf.csrf import CSRFProtect, same_origin
from itsdangerous import BadData, URLSafeTimedSerializer

from api import edge

SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


class Signed:
    """Reads what a serializer of itsdangerous signed, with its key derived once: payload, time and signature, joined by dots."""

    def __init__(self, serializer: URLSafeTimedSerializer) -> None:
        self._serializer = serializer
        self._signer: Any = serializer.make_signer(serializer.salt)
        self._key, self._digest = self._signer.derive_key(), self._signer.digest_method().name

    def read(self, text: str, *, seconds: int | None = None) -> Any:
        """What was signed, at most so many seconds ago; None if it was not."""
        value, _, signature = text.encode().rpartition(b".")
        made = urlsafe_b64encode(hmac.digest(self._key, value, self._digest)).rstrip(b"=")
        payload, _, time = value.rpartition(b".")
        if not hmac.compare_digest(made, signature):
            return None
        try:
            age = self._signer.get_timestamp() - int.from_bytes(urlsafe_b64decode(time + b"=" * (-len(time) % 4)))
            if seconds is not None and not 0 <= age <= seconds:
                return None
            return self._serializer.load_payload(payload)
        except (binascii.Error, BadData):
            return None


class PrivateCookies(SecureCookieSessionInterface):
    """The session's cookie, written when it changes.

    It ends 30 days after it was written, as the session's row does that is made with it, so that nothing is won by
    writing it again with each answer.
    """

    def __init__(self) -> None:
        self._signed: Signed | None = None

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        sealed = request.cookies.get(self.get_cookie_name(app))
        serializer = self.get_signing_serializer(app) if self._signed is None else None
        if serializer is not None:
            self._signed = Signed(serializer)
        if sealed and self._signed is not None:
            found = self._signed.read(sealed, seconds=int(app.permanent_session_lifetime.total_seconds()))
            if found is not None:
                return self.session_class(found)
        return super().open_session(app, request)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if session.modified:
            super().save_session(app, session, response)


class FormsOfOurs(CSRFProtect):
    """Flask-WTF's protection: a form carries the token of its session, signed."""

    def init_app(self, app: Flask) -> None:
        super().init_app(app)
        self._app = app

    def protect(self, apply_exemptions: bool = False) -> None:  # noqa: FBT001, FBT002  # as Flask-WTF declares it
        asked = edge.request_itself()
        if asked.method in SAFE:
            return
        if self._is_plainly_good(asked):
            g.csrf_valid = True
        else:
            super().protect(apply_exemptions=apply_exemptions)

    def _is_plainly_good(self, asked: Request) -> bool:
        """Whether the form has the token of this session, and comes from a page of ours."""
        token = str(session.get("csrf_token") or "")
        signed = asked.form.get("csrf_token") if token else None
        given = self._tokens.read(signed) if signed else None
        if not isinstance(given, str) or not hmac.compare_digest(token, given):
            return False
        return not asked.is_secure or (bool(asked.referrer) and same_origin(asked.referrer, f"https://{asked.host}/"))

    @cached_property
    def _tokens(self) -> Signed:
        """As Flask-WTF signs the tokens of forms; they last as long as their session (WTF_CSRF_TIME_LIMIT)."""
        return Signed(URLSafeTimedSerializer(str(self._app.secret_key), salt="wtf-csrf-token"))

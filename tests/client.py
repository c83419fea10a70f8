"""A browser without a screen: the application on the village's database, signed in as whom the test names.

`client.get(path)` reads a page, `client.sign_in(person, roles=["desk_staff"])` signs in, `client.post(path, data)` submits
a form with the CSRF token and key of a page, `client.post(path, json=...)` calls the API as a script of ours does.
"""

from __future__ import annotations

import html
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from api.app import create_app
from api.keys import SigningKeys
from api.settings import Settings
from tests.village import SECRET, Database, Village, VillageClock
from timebank.people import logins
from timebank.storage import Storage, new_key

PASSWORD = "a-long-password-9"


class Client:
    """Flask's test client with the habits of our forms: each POST carries the page's CSRF token and a fresh key."""

    def __init__(self, app: Flask, db: Database) -> None:
        self.app, self.db = app, db
        self.http: FlaskClient = app.test_client()

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.http.get(path, **options)

    def post(
        self,
        path: str,
        data: dict[str, Any] | None = None,
        *,
        key: uuid.UUID | None = None,
        json: Any = None,
        **options: Any,
    ) -> TestResponse:
        """Submit a form, or JSON with its headers."""
        if json is not None:
            headers = {
                "X-CSRFToken": self.csrf_token(),
                "Idempotency-Key": str(key or self.new_key()),
                **options.pop("headers", {}),
            }
            return self.http.open(path, json=json, headers=headers, **{"method": "POST", **options})
        form = {"csrf_token": self.csrf_token(), "key": str(key or self.new_key()), **(data or {})}
        return self.http.open(path, data=form, **{"method": "POST", **options})

    def submit_form(self, page: TestResponse, *, containing: str, data: dict[str, Any] | None = None) -> TestResponse:
        """Submit the form of a page that holds this text, with the hidden fields that it came with."""
        for action, body in re.findall(r'<form[^>]*action="([^"]+)"[^>]*>(.*?)</form>', page.text, re.DOTALL):
            if containing in body:
                fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', body))
                return self.http.post(
                    html.unescape(action),
                    data={**{name: html.unescape(value) for name, value in fields.items()}, **(data or {})},
                )
        raise AssertionError(f"no form with {containing!r}")

    def new_key(self) -> uuid.UUID:
        return new_key(self.db.clock.now())

    def csrf_token(self) -> str:
        """The token that the forms of this browser's pages carry."""
        token: str = self.http.get("/api/v1/session").get_json()["csrf_token"]
        return token

    def sign_in(
        self,
        person: Any = None,
        *,
        roles: tuple[str, ...] | list[str] = (),
        area_path: str | None = None,
        name: str = "",
    ) -> uuid.UUID:
        """A session in this browser: as a person of the register, or (person=None) as a login that is no resident.

        The roles are given at `area_path`: the person's community, or everywhere.
        """
        login_id: uuid.UUID = self.db.storage.write_global(
            lambda session, now: self._login(
                session, now, person=person, roles=tuple(roles), area_path=area_path, name=name
            )
        )
        token = self.db.storage.write_global(
            lambda session, now: logins.start_session(session, now=now, login_id=login_id, shared_device=False)
        )
        self.sign_out()
        with self.http.session_transaction() as cookie:
            cookie["_user_id"] = token
            cookie["_fresh"] = True
        return login_id

    def drop_roles(self, person: Any) -> None:
        """Take all roles from the person's login."""

        def end(session: Any, now: Any) -> None:
            login_id = logins.login_of(session, person.community_id, person.id)
            if login_id is not None:
                for held in logins.grants_of(session, login_id=login_id, on=now.date()):
                    logins.revoke(session, now=now, grant_id=held.id)

        self.db.storage.write_global(end)

    def sign_out(self) -> None:
        """A browser that knows nobody."""
        self.http = self.app.test_client()

    def _login(
        self, session: Any, now: Any, *, person: Any, roles: tuple[str, ...], area_path: str | None, name: str
    ) -> uuid.UUID:
        login_id = logins.login_of(session, person.community_id, person.id) if person is not None else None
        if login_id is None:
            login_id = logins.open_login(
                session,
                now=now,
                password_hash=known_hash(),
                name=name or None if person else name or f"login{now:%f%S}{uuid.uuid4().hex[:8]}",
            )
            if person is not None:
                logins.link(
                    session,
                    now=now,
                    login_id=login_id,
                    community_id=person.community_id,
                    person_id=person.id,
                    number=person.number,
                )
        if area_path is None:
            area_path = "/" if person is None else _community_path(session, person.community_id)
        for role in roles:
            logins.grant(
                session,
                now=now,
                role=role,
                area_path=area_path,
                from_on=now.date().replace(day=1),
                until_on=None,
                given_by="test",
                login_id=login_id,
            )
        return login_id


@cache
def known_hash() -> str:
    return logins.hash_password(PASSWORD, also_not=[])


def _community_path(session: Any, community_id: int) -> str:
    from timebank.people import communities

    return communities.community(session, community_id).area_path


def make_app(db: Database, folder: Path, **settings: Any) -> Flask:
    """The application on a test's database, with its secrets in a folder of the test's."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "secret").write_bytes(SECRET)
    return create_app(Settings(data_dir=folder, **settings), db.storage)


@pytest.fixture(scope="session")
def standing_app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The application as all tests share it: to compile its addresses and templates takes longer than most tests."""
    folder = tmp_path_factory.mktemp("app")
    (folder / "secret").write_bytes(SECRET)
    nowhere = Storage(f"sqlite:///{folder / 'none.db'}", clock=VillageClock().now, secret=SECRET)
    return create_app(Settings(data_dir=folder), nowhere)


@contextmanager
def lent_app(app: Flask, db: Database, folder: Path) -> Iterator[Flask]:
    """The standing application on a test's database, with its secrets in a folder of the test's; left as it was."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "secret").write_bytes(SECRET)
    settings = Settings(data_dir=folder)
    settings.prepare()
    config, extensions = dict(app.config), dict(app.extensions)
    app.extensions.update(
        timebank_settings=settings, timebank_keys=SigningKeys(settings.keys), timebank_storage=db.storage
    )
    yield app
    app.config.clear()
    app.config.update(config)
    app.extensions.clear()  # what requests have begun works on the test's storage
    app.extensions.update(extensions)


@pytest.fixture
def app(standing_app: Flask, db: Database, tmp_path: Path) -> Iterator[Flask]:
    with lent_app(standing_app, db, tmp_path / "data") as app:
        yield app


@pytest.fixture
def app_without_database(tmp_path: Path) -> Iterator[Flask]:
    """The application as it starts, with nothing in its database."""
    app = create_app(Settings(data_dir=tmp_path / "data"))
    yield app
    app.extensions["timebank_storage"].close()


@pytest.fixture
def client(app: Flask, db: Database, village: Village) -> Client:
    """A browser on the village's pages (Chinese unless the test asks for English), signed in as nobody."""
    return Client(app, db)

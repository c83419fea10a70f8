"""A community as an installation has it, on a database of its own: a service point, volunteers who are signed in, a register.

Everything is made before anything is measured: the schema by the migrations, the community and its point by their use
cases, people and sessions by bulk inserts of the rows that signing in leaves.
"""

from __future__ import annotations

import hashlib
import secrets
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from flask import Flask
from flask_wtf.csrf import generate_csrf
from sqlalchemy import create_engine, delete, func, insert, select
from sqlmodel import Session

from api import schema
from api.app import create_app
from api.clock import Clock
from api.pages.attendance import BROWSER
from api.settings import Settings
from bench.ground import PostgresPlace, SqlitePlace
from tests.postgres import APP_ROLE, DatabaseUrls
from tests.village import Database, Village, open_village
from timebank.hours import service_points
from timebank.hours.attendance import tickets
from timebank.hours.attendance.tables import Visit
from timebank.people import numbers, pinyin, words
from timebank.people.households import Household
from timebank.people.logins import Login, LoginPerson, LoginSession, Presence, RoleGrant
from timebank.people.residents import Person
from timebank.storage import Storage, new_id, new_key, next_number

AT_ONCE = 2_000  # rows an INSERT
SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗"
GIVEN = "秀英桂兰玉珍凤云建国志明海燕小红文军丽华淑芬金花春梅德福长贵"


@dataclass(frozen=True)
class Volunteer:
    """Somebody who is signed in on a phone: the cookies that it sends, and its CSRF token."""

    login_id: uuid.UUID
    cookies: str
    csrf_token: str


class Community:
    """One community on an installation of its own; its storage is closed while a server has the database."""

    def __init__(self, place: SqlitePlace | PostgresPlace, folder: Path) -> None:
        folder.mkdir(parents=True)
        self.place = place
        self.urls = _migrated(place, folder)
        self.settings = Settings(data_dir=folder, database_url=self.urls.app_url).prepare()
        self.secret = self.settings.secret
        self.clock = Clock()
        self.storage = self.opened()
        database: Any = Database(self.storage, self.clock, self.urls.owner_url)  # type: ignore[arg-type]  # the true clock
        self.village: Village = open_village(database, code="TPL", name="太平里社区", area_code="3201020101")
        self.id = self.village.community_id
        self.point = int(self.village.write(self._open_point)["number"])
        self.volunteers: list[Volunteer] = []

    def opened(self) -> Storage:
        return Storage(self.urls.app_url, clock=self.clock.now, secret=self.secret)

    def admit(self, count: int) -> list[Person]:
        """So many people, one household for every three."""
        now = self.clock.now()
        rows: dict[str, Any] = {}

        def write(session: Session, at: Any) -> dict[str, Any]:
            homes = (count + 2) // 3
            first = next_number(session, self.id, "person", count=count)
            house = next_number(session, self.id, "household", count=homes)
            rows["households"] = [self._household(house + one, now) for one in range(homes)]
            rows["people"] = [
                self._person(first + one, rows["households"][one // 3]["id"], now) for one in range(count)
            ]
            for table, found in ((Household, rows["households"]), (Person, rows["people"])):
                for start in range(0, len(found), AT_ONCE):
                    session.execute(insert(table), found[start : start + AT_ONCE])
            words.learn(session, self.id, [(one["serial"], one["name"], one["search_key"]) for one in rows["people"]])
            return {}

        self.village.write(write)
        return [Person(**row) for row in rows["people"]]

    def sign_in(self, count: int, *, role: str = "volunteer") -> None:
        """So many volunteers more (or others), each with a session on a phone."""
        people, now = self.admit(count), self.clock.now()
        app = create_app(self.settings, self.storage)
        rows: dict[Any, list[dict[str, Any]]] = {Login: [], LoginPerson: [], RoleGrant: [], LoginSession: []}
        for person in people:
            login_id, token = new_id(now), secrets.token_urlsafe(32)
            rows[Login].append({"id": login_id, "password_hash": "none", "created_at": now})
            of = {"community_id": self.id, "person_id": person.id}
            rows[LoginPerson].append({**of, "login_id": login_id, "number": person.number, "linked_at": now})
            rows[RoleGrant].append(self._grant(login_id, role, now))
            rows[LoginSession].append(self._session(login_id, token, now))
            self.volunteers.append(self._phone(app, login_id, token))

        def write(session: Session, at: Any) -> None:
            for table, found in rows.items():
                session.execute(insert(table), found)

        self.storage.write_global(write)

    def check_ins(self, those: list[Volunteer]) -> list[bytes]:
        """A check-in of each as their phones send it now: the form behind the button, its ticket and key just made."""
        found = []
        for one in those:
            now = self.clock.now()
            browser = one.cookies.partition(f"{BROWSER}=")[2]
            ticket = tickets.Ticket(self.id, self.point, now, "A", int(now.timestamp()) // 30)
            sealed = tickets.seal(ticket, secret=self.secret, browser=browser)
            form = {"csrf_token": one.csrf_token, "key": new_key(now), "ticket": sealed}
            found.append(post(f"/c/{self.village.code}/check-in", form, cookies=one.cookies))
        return found

    def forget_visits(self) -> int:
        """Let everybody begin anew, behind the server's back; returns how many visits there were."""
        # On SQLite a server that is taking a file in holds the lock for as long as that takes.
        patience = {} if isinstance(self.place, PostgresPlace) else {"timeout": 600}
        engine = create_engine(self.urls.owner_url, connect_args=patience)
        with engine.begin() as connection:
            count = int(connection.scalar(select(func.count()).select_from(Visit)) or 0)
            connection.execute(delete(Visit))
            connection.execute(delete(Presence))
        engine.dispose()
        return count

    def drop(self) -> None:
        self.storage.close()
        if isinstance(self.place, PostgresPlace):
            self.place.server.drop_database(self.urls)

    def _open_point(self, session: Session, now: Any) -> dict[str, Any]:
        made = service_points.create(
            session,
            actor=self.village.actor("community_manager"),
            now=now,
            name="太平里服务点",
            place="太平里1号",
            area_path=self.village.area_path,
        )
        point = session.scalars(select(service_points.ServicePoint)).one()
        return {**made, "number": point.number}

    def _household(self, number: int, now: Any) -> dict[str, Any]:
        return {
            "community_id": self.id,
            "id": new_id(now),
            "number": number,
            "name": name_of(number),
            "address": f"太平里{number}号",
            "area_path": self.village.area_path,
            "opened_at": now,
        }

    def _person(self, serial: int, household_id: uuid.UUID, now: Any) -> dict[str, Any]:
        name = name_of(serial)
        return {
            "community_id": self.id,
            "id": new_id(now),
            "serial": serial,
            "number": numbers.written(self.village.code, serial),
            "name": name,
            "search_key": pinyin.search_key(name),
            "sex": "f",
            "phone": phone_of(serial),
            "household_id": household_id,
            "relation": "",
            "area_path": self.village.area_path,
            "joined_at": now,
            "left_reason": "",
        }

    def _grant(self, login_id: uuid.UUID, role: str, now: Any) -> dict[str, Any]:
        return {
            "id": new_id(now),
            "login_id": login_id,
            "role": role,
            "area_path": self.village.area_path,
            "from_on": now.date().replace(day=1),
            "given_by": "bench",
            "given_at": now,
        }

    def _session(self, login_id: uuid.UUID, token: str, now: Any) -> dict[str, Any]:
        return {
            "id": new_id(now),
            "login_id": login_id,
            "token_digest": hashlib.sha256(token.encode()).hexdigest(),
            "shared_device": False,
            "started_at": now,
            "ends_at": now.replace(year=now.year + 1, day=1),
        }

    def _phone(self, app: Flask, login_id: uuid.UUID, token: str) -> Volunteer:
        """The cookies that a phone has after signing in and opening a form, made by the application's own means."""
        with app.test_request_context():
            from flask import session

            signed = generate_csrf()
            kept = {"csrf_token": session["csrf_token"], "_user_id": token, "_fresh": True, "_permanent": True}
        signer: Any = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
        return Volunteer(login_id, f"timebank={signer.dumps(kept)}; {BROWSER}={secrets.token_urlsafe(18)}", signed)


def name_of(number: int) -> str:
    """A believable name; several people bear it, as everywhere."""
    given = GIVEN[number * 7 % len(GIVEN)] + (GIVEN[number * 11 // 3 % len(GIVEN)] if number % 5 else "")
    return SURNAMES[number // 3 % len(SURNAMES)] + given


def phone_of(number: int) -> str:
    return f"+861{3_000_000_000 + number * 7_919 % 999_999_937:010}"


def post(path: str, form: dict[str, Any], *, cookies: str = "") -> bytes:
    """A form as a browser sends it."""
    body = urlencode(form).encode()
    head = [
        f"POST {path} HTTP/1.1",
        "Host: 127.0.0.1",
        "User-Agent: Mozilla/5.0 (Linux; Android 13) Mobile",
        "Accept: text/html",
        "Accept-Language: zh-CN,zh;q=0.9",
        "Content-Type: application/x-www-form-urlencoded",
        f"Content-Length: {len(body)}",
        *([f"Cookie: {cookies}"] if cookies else []),
    ]
    return "\r\n".join([*head, "", ""]).encode() + body


def _migrated(place: SqlitePlace | PostgresPlace, folder: Path) -> DatabaseUrls:
    """A database with the newest schema; the migrations run once for each server and once for files, and what they made is copied."""
    if isinstance(place, PostgresPlace):
        name = "bench_community"
        if place.server not in _MADE:
            place.server.make_template(name, lambda urls: schema.migrate(urls.owner_url, app_role=APP_ROLE))
            _MADE[place.server] = b""
        return place.server.new_database(like=name)
    urls = new_urls(place, folder)
    if SqlitePlace not in _MADE:
        schema.migrate(urls.owner_url)
        _MADE[SqlitePlace] = _file_of(urls).read_bytes()
    else:
        _file_of(urls).write_bytes(_MADE[SqlitePlace])
    return urls


_MADE: dict[object, bytes] = {}  # by server, or for all files; the file, where there is one


def _file_of(urls: DatabaseUrls) -> Path:
    return Path(urls.app_url.removeprefix("sqlite:///"))


def new_urls(place: SqlitePlace | PostgresPlace, folder: Path) -> DatabaseUrls:
    """An empty database."""
    if isinstance(place, PostgresPlace):
        return place.server.new_database()
    url = f"sqlite:///{folder / 'timebank.sqlite'}"
    return DatabaseUrls(url, url)

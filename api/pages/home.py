"""The first pages: landing, signing in, activating a card, choosing a community, home by role, one's own sign-in."""

import re
import uuid
from typing import Any

from flask import Blueprint, Response, current_app, redirect, request, url_for
from flask_babel import gettext as _
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug import Response as BaseResponse

from api import edge, fields, look, sign_in
from api.messages import homes as home_words
from api.messages import orders as order_words
from api.pages import TASKS, Task
from timebank import permissions
from timebank.errors import NotFound, Refused
from timebank.outbox import inbox
from timebank.people import cards, communities, logins, residents
from timebank.reports import homes

blueprint = Blueprint("home", __name__)

CHOICE_SECONDS = 300
ELDER_TASKS = 4  # fewer choices; what is beyond lies behind one more tap
A_YEAR = 365 * 24 * 3600
# The link that a point's screen, or its printed sheet, shows as a code.
SCREEN_LINK = re.compile(
    r"/c/(?P<place>[a-z0-9]{1,20})/p/(?P<number>[0-9]{1,9})/(?P<fixed>f/)?(?P<code>[a-z0-9]{1,64})$", re.IGNORECASE
)
GROUPS = ("mine", "desk", "points", "books", "setting")


class SignIn(fields.Schema):
    who = fields.Text(required=True, most=60)
    password = fields.Password(required=True)
    shared_device = fields.Whole(most=1, load_default=0)


class Choice(fields.Schema):
    choice = fields.Text(required=True, most=2000)
    login_id = fields.Id(required=True)


class Activation(fields.Schema):
    number = fields.PersonNumber(required=True)
    code = fields.Text(required=True, most=20)
    password = fields.Password(load_default=None)
    repeated = fields.Password(load_default=None)
    join = fields.Whole(most=1, load_default=0)


class NewPassword(fields.Schema):
    present = fields.Password(required=True)
    password = fields.Password(required=True)
    repeated = fields.Password(required=True)


class SessionToEnd(fields.Schema):
    session_id = fields.Id(required=True)


class ScreenCode(fields.Schema):
    code = fields.Text(required=True, most=300)


class Look(fields.Schema):
    language = fields.Word(tuple(look.LANGUAGES), load_default=None)
    size = fields.Word((*look.SIZES, "off"), load_default=None)
    next = fields.Text(most=2000, load_default=None)


@blueprint.get("/")
def landing() -> Any:
    """What this is, for visitors; who is signed in goes home, or chooses where."""
    if sign_in.current() is None:
        return edge.page("home/landing.html", open_communities=communities.communities(edge.read())[:50])
    places = _places()
    if len(places) == 1:
        return redirect(url_for("home.community", community_code=places[0].code))
    return edge.page("home/choose_community.html", places=places, tasks=_tasks_anywhere())


@blueprint.get("/sign-in", endpoint="sign_in")
def sign_in_page() -> Any:
    if sign_in.current() is not None:
        return redirect(edge.local_path(request.args.get("next")) or url_for("home.landing"))
    return edge.page("home/sign_in.html")


@blueprint.post("/sign-in")
def sign_in_post() -> Any:
    try:
        asked = edge.load(SignIn)
        matching = sign_in.check(asked["who"], asked["password"])
    except Refused as refused:
        return edge.again("home/sign_in.html", refused)
    if len(matching) > 1:
        return _ask_which(matching, shared_device=bool(asked["shared_device"]))
    sign_in.begin(matching[0].id, shared_device=bool(asked["shared_device"]))
    return _go_on()


@blueprint.post("/sign-in/choose")
def choose_person() -> Any:
    """Several elders share a phone and a password: which of them it is."""
    asked = edge.load(Choice)
    try:
        offered = _choices().loads(asked["choice"], max_age=CHOICE_SECONDS)
    except BadSignature:
        return edge.back("home.sign_in")
    if asked["login_id"].hex not in offered["logins"]:
        raise NotFound(what="login")
    sign_in.begin(asked["login_id"], shared_device=offered["shared_device"])
    return _go_on()


@blueprint.post("/sign-out")
def sign_out() -> Any:
    sign_in.end()
    edge.flash_done(_("已退出登录。"))
    return edge.back("home.landing")


@blueprint.get("/activate")
def activate() -> Any:
    return edge.page("home/activate.html")


@blueprint.post("/activate")
def activate_post() -> Any:
    """The one-time code on a card becomes a sign-in, or joins the one that is signed in."""
    try:
        _activate(edge.load(Activation))
    except Refused as refused:
        return edge.again("home/activate.html", refused)
    edge.flash_done(_("已激活。以后用编号或手机号和密码登录。"))
    return edge.back("home.landing")


@blueprint.get("/account")
@edge.signed_in
def account() -> Any:
    """One's own password and the places where one is signed in."""
    return edge.page("home/account.html", **_account())


@blueprint.post("/account/password")
@edge.signed_in
def change_password() -> Any:
    """A new password signs every other browser out."""
    found = sign_in.current()
    assert found is not None
    try:
        asked = edge.load(NewPassword)
        if asked["password"] != asked["repeated"]:
            raise edge.bad("repeated", _("两次输入的密码不一样。"))
        _check_own_password(found, asked["present"])
        new_hash = logins.hash_password(asked["password"], also_not=[found.phone or "", found.name or ""])
        edge.submit_global(
            lambda written, now: logins.change_password(
                written, now=now, login_id=found.login_id, password_hash=new_hash
            )
        )
    except Refused as refused:
        return edge.again("home/account.html", refused, **_account())
    sign_in.begin(found.login_id, shared_device=found.shared_device)
    edge.flash_done(_("密码已改,其他设备已退出登录。"))
    return edge.back("home.account")


@blueprint.post("/account/end-session")
@edge.signed_in
def end_session() -> Any:
    found = sign_in.current()
    assert found is not None
    asked = edge.load(SessionToEnd)
    edge.submit_global(
        lambda written, now: logins.end_session(
            written, now=now, login_id=found.login_id, session_id=asked["session_id"]
        )
    )
    edge.flash_done(_("那台设备已退出登录。"))
    return edge.back("home.account")


@blueprint.post("/look")
def change_look() -> Any:
    """Language and elder mode, remembered by the browser alone."""
    asked = edge.load(Look)
    response = redirect(edge.local_path(asked["next"]) or url_for("home.landing"), 303)
    if asked["language"]:
        _remember(response, look.LANGUAGE_COOKIE, asked["language"])
    if asked["size"]:
        _remember(response, look.ELDER_COOKIE, "" if asked["size"] == "off" else asked["size"])
    return response


@blueprint.get("/c/<community_code>/")
def community() -> Any:
    """Home in a community: what this person can do here, one card a task."""
    asks = edge.actor()
    offered = [
        task
        for task in TASKS
        if _offered(task, held=(asks.has if task.whole else asks.has_anywhere)(frozenset(task.roles)))
    ]
    more: list[Task] = []
    if look.text_size():
        offered = [task for task in offered if task.elder] or offered
        offered, more = offered[:ELDER_TASKS], offered[ELDER_TASKS:]
    return edge.page(
        "home/community.html", groups=_grouped(offered), more_tasks=more, person=_own_person(), **_glance()
    )


@blueprint.get("/c/<community_code>/check-in")
@edge.signed_in
def check_in() -> Any:
    """Where to check in: scan the screen here, or choose the point and type its six digits."""
    permissions.require(edge.actor(), "attendance.check_in", community_id=edge.community().id)
    return edge.page("home/check_in.html", **_check_in())


@blueprint.post("/c/<community_code>/check-in/code")
@edge.signed_in
def check_in_post() -> Any:
    """A screen's code that was scanned or typed here: on to the same page as by the phone's own camera. Writes nothing."""
    permissions.require(edge.actor(), "attendance.check_in", community_id=edge.community().id)
    try:
        typed = edge.load(ScreenCode)["code"]
        found = SCREEN_LINK.search(typed)
        if found is None or found["place"].upper() != edge.community().code.upper():
            raise edge.bad("code", _("这不是服务点屏幕上的码。请扫屏幕,或者在下面选服务点、输入六位数字。"))
    except Refused as refused:
        return edge.again("home/check_in.html", refused, **_check_in())
    number = int(found["number"])
    if found["fixed"]:
        return edge.back("attendance.scanned_printed", number=number, token=found["code"])
    return edge.back("attendance.scanned", number=number, code=found["code"])


def _glance() -> dict[str, Any]:
    """What the reader needs at one glance, by role; nothing for visitors."""
    asks = edge.actor()
    if sign_in.current() is None or asks.community_id is None:
        return {"unread": 0, "volunteer": None, "elder_home": None, "helped": [], "desk": None}
    reading, now = edge.read(), edge.now()
    return {
        "unread": inbox.unread(reading, actor=asks),
        "volunteer": homes.volunteer(reading, actor=asks, now=now),
        "elder_home": homes.elder(reading, actor=asks, now=now),
        "helped": homes.helped(reading, actor=asks, now=now),
        "order_words": order_words,
        "services": order_words.SERVICES,
        **desk_facts(at_desk=False),
    }


def desk_facts(*, at_desk: bool) -> dict[str, Any]:
    """The desk's queue, for the home page and for the page of the desk itself, which has a search of its own."""
    asks = edge.actor()
    return {
        "desk": homes.desk(edge.read(), actor=asks),
        "may_find_people": permissions.may(asks, "desk.find", community_id=asks.community_id),
        "at_desk": at_desk,
        "waits": home_words.WAITS,
        "ago": home_words.ago,
        "wait_url": _wait_url,
    }


def _wait_url(kind: str) -> str:
    """The list in which one kind of waiting matter is worked off."""
    endpoint, values = home_words.LISTS[kind]
    return url_for(endpoint, **values)


def _check_in() -> dict[str, Any]:
    return {"points": homes.places_to_check_in(edge.read(), actor=edge.actor())}


def _remember(response: BaseResponse, name: str, value: str) -> None:
    response.set_cookie(name, value, max_age=A_YEAR, samesite="Lax", httponly=True, secure=edge.settings().https)


def _offered(task: Task, *, held: bool) -> bool:
    return task.endpoint in current_app.view_functions and (held or "everyone" in task.roles)


def _grouped(tasks: list[Task]) -> list[tuple[str, list[Task]]]:
    return [(group, found) for group in GROUPS if (found := [task for task in tasks if task.group == group])]


def _own_person() -> residents.Person | None:
    asks = edge.actor()
    return (
        residents.person(edge.read(), asks.community_id, asks.person_id)
        if asks.person_id and asks.community_id
        else None
    )


def _places() -> list[communities.Community]:
    """The communities of who is signed in: where he is a person, and below the areas of his roles."""
    found = sign_in.current()
    if found is None:
        return []
    reading = edge.read()
    own = {link.community_id for link in logins.persons_of(reading, found.login_id)}
    paths = tuple(grant.area_path for grant in sign_in.grants_today())
    return [place for place in communities.communities(reading) if place.id in own or place.area_path.startswith(paths)]


def _tasks_anywhere() -> list[Task]:
    """What lies in no community: areas, communities, roles."""
    held = {grant.role for grant in sign_in.grants_today()}
    return [
        task
        for task in TASKS
        if task.group == "installation" and task.endpoint in current_app.view_functions and held & task.roles
    ]


def _go_on() -> Response:
    to = edge.local_path(request.form.get("next"))
    return redirect(to, 303) if to else edge.back("home.landing")  # type: ignore[return-value]


def _choices() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(edge.settings().secret, salt="choose-person")


def _ask_which(matching: list[logins.Login], *, shared_device: bool) -> Response:
    """Shown only after the password was right, so that a phone alone names nobody."""
    reading = edge.read()
    persons = [
        (login.id, link.number, residents.person(reading, link.community_id, link.person_id).name)
        for login in matching
        for link in logins.persons_of(reading, login.id)
    ]
    offered = _choices().dumps({"logins": [login.id.hex for login in matching], "shared_device": shared_device})
    return edge.page("home/choose_person.html", persons=persons, choice=offered)


def _activate(asked: dict[str, Any]) -> None:
    found = sign_in.current()
    joins = found is not None and bool(asked["join"])
    if not joins and not asked["password"]:
        raise edge.bad("password", _("请填写这一项。"))
    if not joins and asked["password"] != asked["repeated"]:
        raise edge.bad("repeated", _("两次输入的密码不一样。"))
    tried = sign_in.subject("activate", asked["number"])
    reading = edge.read()
    logins.refuse_if_locked(reading, subject=tried, now=edge.now())
    person, card_id = _person_and_card(asked["number"])
    right = (
        person is not None
        and card_id is not None
        and logins.same_code(asked["code"], sign_in.activation_code(person.community_id, person.id, card_id))
    )
    edge.stop_reading()
    if person is None or card_id is None or not right:
        left = edge.submit_global(lambda written, now: logins.count_failure(written, subject=tried, now=now))
        raise logins.WrongCode(tries_left=left)
    phone = fields.typed_phone(person.phone) if person.phone else None
    new_hash = None if joins else logins.hash_password(asked["password"], also_not=[person.number, phone or ""])
    login_id = edge.submit_global(
        lambda written, now: logins.activate(
            written,
            now=now,
            community_id=person.community_id,
            person_id=person.id,
            number=person.number,
            card_id=card_id,
            password_hash=new_hash,
            phone=phone,
            login_id=found.login_id if joins and found else None,
        )
    )
    edge.submit_global(lambda written, now: logins.forget_failures(written, subject=tried))
    if not joins:
        sign_in.begin(login_id, shared_device=False)


def _person_and_card(number: str) -> tuple[residents.Person | None, uuid.UUID | None]:
    code = re.sub(r"-[^-]*-[^-]*$", "", number)
    place = communities.by_code(edge.read(), code)
    if place is None:
        return None, None
    try:
        person = residents.by_number(edge.read(), place.id, number)
    except NotFound:
        return None, None
    card = cards.current_card(edge.read(), place.id, person.id)
    return person, card.id if card else None


def _check_own_password(found: logins.SignedIn, password: str) -> None:
    tried = sign_in.subject("password", found.login_id.hex)
    logins.refuse_if_locked(edge.read(), subject=tried, now=edge.now())
    kept = logins.password_hash_of(edge.read(), found.login_id)
    edge.stop_reading()
    if not logins.password_matches(kept, password):
        left = edge.submit_global(lambda written, now: logins.count_failure(written, subject=tried, now=now))
        raise logins.WrongPassword(tries_left=left)


def _account() -> dict[str, Any]:
    found = sign_in.current()
    assert found is not None
    return {
        "sessions": logins.sessions_of(edge.read(), login_id=found.login_id, now=edge.now()),
        "persons": logins.persons_of(edge.read(), found.login_id),
        "this_session": found.session_id,
    }

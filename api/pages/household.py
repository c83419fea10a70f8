"""A household's points at a glance, for itself, its helpers and the desk; its story; and what a year's end means for it."""

import uuid
from typing import Any

from flask import Blueprint, url_for
from flask_babel import gettext as _

from api import edge, household_charts, lists
from api.exports import Column, Sheet
from api.messages import honours as honour_words
from api.messages import households as words
from api.messages import points as point_words
from api.messages import years as year_words
from api.schemas.households import YearAsked
from timebank.errors import Forbidden
from timebank.people import household_history, households, residents
from timebank.people.communities import local_day
from timebank.people.household_heads import head_among
from timebank.people.households import Household
from timebank.permissions import may
from timebank.points import overview
from timebank.points.honours import reading as honour_reading
from timebank.points.household_changes import following, listed
from timebank.points.years import deciding, preview

blueprint = Blueprint("household", __name__, url_prefix="/c/<community_code>")


@blueprint.get("/my/household")
@edge.signed_in
def mine() -> Any:
    """The own household's points at a glance."""
    return _page(own_household())


@blueprint.get("/households/<int:number>")
@edge.signed_in
def one(number: int) -> Any:
    """The same for a helper, the desk and the committee."""
    return _page(households.by_number(edge.read(), edge.community().id, number))


@blueprint.get("/helped/<number>/household")
@edge.signed_in
def helped(number: str) -> Any:
    """The household of somebody whom the reader helps, by the number on her card."""
    person = residents.by_number(edge.read(), edge.community().id, number)
    return _page(households.household(edge.read(), edge.community().id, person.household_id))


@blueprint.get("/households/<int:number>/points.<any(xlsx, csv, pdf):form>")
@edge.signed_in
def file(number: int, form: str) -> Any:
    """Points by month and category, as shown."""
    home = households.by_number(edge.read(), edge.community().id, number)
    seen = _seen(home)
    categories = household_charts.categories_of(seen.months)
    columns = [Column(label=_("月份")), *(Column(label=name, kind="points") for name in categories),
               Column(label=_("合计"), kind="points")]  # fmt: skip
    rows: list[tuple[str | int, ...]] = [
        (f"{one.month:%Y-%m}", *(one.by_category.get(name, 0) for name in categories), one.steps) for one in seen.months
    ]
    totals = (_("合计"), *(sum(one.by_category.get(name, 0) for one in seen.months) for name in categories),
              sum(one.steps for one in seen.months))  # fmt: skip
    notes = [_("第 %(number)s 户 %(year)s 年已入账的积分,不含基础分", number=home.number, year=seen.year)]
    sheet = Sheet(name=_("积分"), columns=columns, rows=rows, totals=[totals], notes=notes)
    return lists.answer(form, [sheet], f"household-{home.number}-{seen.year}")


@blueprint.get("/households/<int:number>/history")
@edge.signed_in
def history(number: int) -> Any:
    """Who lived there and when, its heads, its splits and merges."""
    session, place = edge.read(), edge.community()
    home = households.by_number(session, place.id, number)
    _require_reading(home)
    events = household_history.events_of(session, place.id, home.id)
    members = residents.members(session, place.id, home.id)
    stays = household_history.stays(members, events)
    people = residents.persons_of(
        session, place.id, {one.person_id for one in stays} | {one.person_id for one in events if one.person_id}
    )
    others = households.households_of(session, place.id, {one.other_id for one in events if one.other_id})
    return edge.page(
        "household/history.html",
        home=home,
        stays=stays,
        events=events,
        people=people,
        others=others,
        changes=listed.of_household(session, place.id, home.id),
        words=words,
        mine=home.id == edge.actor().household_id,
    )


@blueprint.get("/my/year-end/<uuid:close_id>")
@edge.signed_in
def year_end(close_id: uuid.UUID) -> Any:
    """What a year's end means for the own household: what lapses and what stays, as things are now."""
    session, place = edge.read(), edge.community()
    close = deciding.close_of(session, place.id, close_id)
    if close.announced_at is None:
        raise Forbidden(use_case="years.read")
    home = own_household()
    row = preview.of_household(session, actor=edge.actor(), close=close, household_id=home.id)
    return edge.page("years/mine.html", close=close, row=row, home=home, words=year_words)


def _page(home: Household) -> Any:
    session, place, asks = edge.read(), edge.community(), edge.actor()
    seen = _seen(home)
    categories = household_charts.categories_of(seen.months)
    members = [one for one in residents.members(session, place.id, home.id) if not residents.has_left(one)]
    head = head_among(members)
    successor = following.successor(session, place.id, home.id)
    return edge.page(
        "household/one.html",
        home=home,
        mine=home.id == asks.household_id,
        seen=seen,
        chart=household_charts.chart(seen.months),
        categories=categories,
        sums={name: sum(one.by_category.get(name, 0) for one in seen.months) for name in categories},
        members=members,
        head=head,
        is_head=head is not None and head.id == asks.person_id,
        honours=honour_reading.of_household(session, place.id, home.id),
        changes=[one for one in listed.of_household(session, place.id, home.id) if one.state in ("asked", "agreed")],
        goes_on=None if successor == home.id else households.household(session, place.id, successor),
        manages=may(asks, "households.carry_out", community_id=place.id, area_path=home.area_path),
        audits=may(asks, "reports.journal", community_id=place.id),
        today=local_day(place, edge.now()),
        words=words,
        point_words=point_words,
        honour_words=honour_words,
        statement_url=url_for("shop.mine")
        if home.id == asks.household_id
        else url_for("shop.household", number=home.number)
        if may(asks, "points.read_any", community_id=place.id)
        else "",
    )


def _seen(home: Household) -> overview.Overview:
    asked = edge.load(YearAsked)
    return overview.overview(edge.read(), actor=edge.actor(), now=edge.now(), household_id=home.id, year=asked["year"])


def own_household() -> Household:
    """The household of who is signed in."""
    household_id = edge.actor().household_id
    if household_id is None:
        raise Forbidden(use_case="points.read_own")
    return households.household(edge.read(), edge.community().id, household_id)


def _require_reading(home: Household) -> None:
    overview.reader_of(edge.read(), edge.actor(), home.id)

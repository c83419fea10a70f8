"""Households: points at a glance, their story, splits and merges. The use cases and schemas are those of the pages."""

from collections.abc import Callable
from typing import Any

from flask_smorest import Blueprint

from api import edge
from api.pages import household as pages
from api.schemas import households as asked
from timebank.errors import NotFound
from timebank.people import household_history, households, residents
from timebank.people.households import Household
from timebank.points import overview
from timebank.points.household_changes import asking, carrying_out, listed, words_given
from timebank.points.household_changes.listed import Shown

blueprint = Blueprint(
    "v1_households", __name__, url_prefix="/api/v1/c/<community_code>/households", description="Households and points"
)


@blueprint.get("/mine")
@edge.signed_in
@blueprint.response(200, asked.HouseholdOverviewAnswer)
def mine(**_: Any) -> dict[str, Any]:
    """The own household's points at a glance."""
    return _overview(pages.own_household())


@blueprint.get("/<int:number>")
@edge.signed_in
@blueprint.response(200, asked.HouseholdOverviewAnswer)
def get(number: int, **_: Any) -> dict[str, Any]:
    """The same for a helper, the desk and the committee."""
    return _overview(households.by_number(edge.read(), edge.community().id, number))


@blueprint.get("/<int:number>/history")
@edge.signed_in
@blueprint.response(200, asked.HouseholdHistoryAnswer)
def history(number: int, **_: Any) -> dict[str, Any]:
    """Who lived there and when, its heads, splits and merges."""
    session, place = edge.read(), edge.community()
    home = households.by_number(session, place.id, number)
    overview.reader_of(session, edge.actor(), home.id)
    events = household_history.events_of(session, place.id, home.id)
    stays = household_history.stays(residents.members(session, place.id, home.id), events)
    people = residents.persons_of(
        session, place.id, {one.person_id for one in stays} | {one.person_id for one in events if one.person_id}
    )
    others = households.households_of(session, place.id, {one.other_id for one in events if one.other_id})
    return {
        "number": home.number,
        "closed_on": home.closed_on,
        "stays": [
            {"person": people[one.person_id].number, "name": people[one.person_id].name, "since": one.since,
             "until": one.until}
            for one in stays
        ],
        "events": [
            {"on_day": one.on_day, "kind": one.kind, "reason": one.reason,
             "person": people[one.person_id].number if one.person_id in people else None,
             "household": others[one.other_id].number if one.other_id in others else None}
            for one in events
        ],
    }  # fmt: skip


@blueprint.post("/<int:number>/split")
@edge.signed_in
@blueprint.arguments(asked.SplitAsked)
@blueprint.response(201, asked.HouseholdChangeAnswer)
def split(typed: dict[str, Any], number: int, **_: Any) -> dict[str, Any]:
    """Ask that some members become a household of their own."""
    home = _home(number)
    made = edge.submit(
        "households.ask_split",
        lambda session, now: asking.ask_split(
            session, actor=edge.actor(), now=now, household_id=home.id, going=dict.fromkeys(typed["going"], ""),
            new_head_id=typed["new_head"], stays_id=typed["stays"], share_percent=typed["share_percent"],
            share_steps=typed["share_points"], address=typed["address"], reason=typed["reason"],
            present=tuple(typed["present"]),
        ),
        content={**typed, "household": home.id},
    )  # fmt: skip
    return _change(made["number"])


@blueprint.post("/<int:number>/merge")
@edge.signed_in
@blueprint.arguments(asked.MergeAsked)
@blueprint.response(201, asked.HouseholdChangeAnswer)
def merge(typed: dict[str, Any], number: int, **_: Any) -> dict[str, Any]:
    """Ask that this household end in another one."""
    home, other = _home(number), _home(typed["other"])
    made = edge.submit(
        "households.ask_merge",
        lambda session, now: asking.ask_merge(
            session, actor=edge.actor(), now=now, household_id=home.id, other_id=other.id, reason=typed["reason"],
            present=tuple(typed["present"]),
        ),
        content={**typed, "household": home.id},
    )  # fmt: skip
    return _change(made["number"])


@blueprint.get("/changes/<int:number>")
@edge.signed_in
@blueprint.response(200, asked.HouseholdChangeAnswer)
def change(number: int, **_: Any) -> dict[str, Any]:
    """One split or merge."""
    return _change(number)


@blueprint.post("/changes/<int:number>/agree")
@edge.signed_in
@blueprint.arguments(asked.HouseholdAgreed)
@blueprint.response(200, asked.HouseholdChangeAnswer)
def agree(typed: dict[str, Any], number: int, **_: Any) -> dict[str, Any]:
    """Agree for the own side, or at the desk for somebody who is present."""
    said = {"side": typed["side"], "present": bool(typed["present"])}
    return _step("agree", asking.agree, number, **said, member_id=typed["member"], evidence=typed["evidence"])


@blueprint.post("/changes/<int:number>/decline")
@edge.signed_in
@blueprint.arguments(asked.HouseholdDeclined)
@blueprint.response(200, asked.HouseholdChangeAnswer)
def decline(typed: dict[str, Any], number: int, **_: Any) -> dict[str, Any]:
    """Say no: for one side, or as one who would move."""
    said = {"side": typed["side"], "present": bool(typed["present"])}
    return _step("decline", asking.decline, number, **said, reason=typed["reason"])


@blueprint.post("/changes/<int:number>/withdraw")
@edge.signed_in
@blueprint.arguments(asked.WhyChanged)
@blueprint.response(200, asked.HouseholdChangeAnswer)
def withdraw(typed: dict[str, Any], number: int, **_: Any) -> dict[str, Any]:
    """Give it up: who asked for it, or the desk."""
    return _step("withdraw", asking.withdraw, number, **typed)


@blueprint.post("/changes/<int:number>/undo")
@edge.signed_in
@blueprint.arguments(asked.WhyChanged)
@blueprint.response(200, asked.HouseholdChangeAnswer)
def undo(typed: dict[str, Any], number: int, **_: Any) -> dict[str, Any]:
    """Take it back as a whole, while its time lasts and nothing was spent."""
    return _step("undo", carrying_out.undo, number, **typed)


@blueprint.post("/changes/<int:number>/carry-out")
@edge.signed_in
@blueprint.response(200, asked.HouseholdChangeAnswer)
def carry_out(number: int, **_: Any) -> dict[str, Any]:
    """Do what both sides agreed to."""
    return _step("carry_out", carrying_out.carry_out, number)


def _step(verb: str, take: Callable[..., dict[str, Any]], number: int, **said: Any) -> dict[str, Any]:
    """Take a change one step on, with what was said; the change as it is then."""
    found = listed.one(edge.read(), actor=edge.actor(), number=number).change
    edge.submit(
        f"households.{verb}",
        lambda session, now: take(session, actor=edge.actor(), now=now, change_id=found.id, **said),
        content={**said, "change": found.id},
    )
    return _change(number)


def _home(number: int) -> Household:
    return households.by_number(edge.read(), edge.community().id, number)


def _change(number: int) -> dict[str, Any]:
    session = edge.read()
    found: Shown = listed.one(session, actor=edge.actor(), number=number)
    names = ("number", "kind", "state", "share_percent", "share_steps", "giver_agreed_at", "taker_agreed_at", "done_at",
             "undo_until", "points_steps", "owed_steps", "base_steps", "entry", "undo_entry")  # fmt: skip
    return {name: getattr(found.change, name) for name in names} | {
        "household": found.home.number,
        "other": found.other.number if found.other else None,
        "going": [person.number for person, _ in words_given.members_of(session, found.change)],
        "missing": [word.person.number for word in words_given.missing(session, found.change)]
        if found.change.state in ("asked", "agreed")
        else [],
    }


def _overview(home: Household) -> dict[str, Any]:
    year = edge.load(asked.YearAsked)["year"]
    if home.community_id != edge.community().id:
        raise NotFound(what="household")
    seen = overview.overview(edge.read(), actor=edge.actor(), now=edge.now(), household_id=home.id, year=year)

    def goods(one: Any) -> dict[str, Any]:
        return {"item_id": str(one.offer.item.id), "name": one.offer.item.name, "merchant": one.offer.merchant.name,
                "price_steps": one.offer.price_steps, "missing_steps": one.missing_steps}  # fmt: skip

    return {
        "number": home.number,
        "available_steps": seen.held.available_steps,
        "held_steps": seen.held.held_steps,
        "base_steps": seen.held.base_steps,
        "owed_steps": seen.held.owed_steps,
        "below_zero_steps": seen.held.below_zero_steps,
        "left_steps": seen.held.left_steps,
        "lifetime_steps": seen.lifetime_steps,
        "year_steps": seen.year_steps,
        "level": None if seen.standing is None else vars(seen.standing),
        "year": seen.year,
        "months": [
            {"month": f"{one.month:%Y-%m}", "steps": one.steps, "by_category": one.by_category} for one in seen.months
        ],
        "reach": [goods(one) for one in seen.reach.now],
        "next": goods(seen.reach.next) if seen.reach.next else None,
        "earn": [
            {"position": one.item.position, "category": one.item.category, "title": one.item.title,
             "value_steps": one.item.value_steps, "times": one.times, "left_steps": one.left_steps}
            for one in seen.earn
        ],
        "waiting": [
            {"award_id": str(one.row.award.id), "item": one.row.item.title, "on_day": one.row.award.on_day,
             "credited_steps": one.row.award.credited_steps, "state": one.row.award.state,
             "batch": one.row.award.batch_number, "line": one.row.award.line_number, "until": one.until}
            for one in seen.waiting
        ],
    }  # fmt: skip

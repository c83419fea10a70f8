"""Households split, merge, change their head or a member: asked by residents or at the desk, carried out by the desk."""

import uuid
from collections.abc import Callable
from typing import Any

from flask import Blueprint, url_for
from flask_babel import gettext as _
from sqlmodel import Session

from api import edge, fields, lists
from api.exports import Column, Sheet
from api.form_words import in_words
from api.messages import households as words
from api.schemas import households as schemas
from timebank import permissions
from timebank.errors import NotFound, Refused
from timebank.people import household_members, households, residents
from timebank.people.households import Household
from timebank.points import household_accounts, overview
from timebank.points.household_changes import asking, carrying_out, listed, words_given

blueprint = Blueprint("household_changes", __name__, url_prefix="/c/<community_code>/households")

Change = Callable[[Session, Any], dict[str, Any]]


@blueprint.get("/changes")
@edge.signed_in
def index() -> Any:
    """Splits and merges on their way and done, newest first."""
    asked = edge.load(schemas.ChangesListed)
    rows = listed.changes_of(edge.read(), actor=edge.actor(), state=asked["state"], before=asked["before"])
    more = (
        url_for("household_changes.index", state=asked["state"], before=rows[-1].change.number)
        if len(rows) == listed.PAGE
        else ""
    )
    return edge.page("household/changes.html", rows=rows, words=words, state=asked["state"], next_url=more,
                     first_url=url_for("household_changes.index", state=asked["state"]) if asked["before"] else "")  # fmt: skip


@blueprint.get("/changes.<any(xlsx, csv, pdf):form>")
@edge.signed_in
def file(form: str) -> Any:
    """The same list to take away."""
    asked = edge.load(schemas.ChangesListed)
    rows = listed.changes_of(edge.read(), actor=edge.actor(), state=asked["state"], limit=10_000)
    columns = [Column(label=_("编号"), kind="whole"), Column(label=_("种类")), Column(label=_("原户"), kind="whole"),
               Column(label=_("另一户"), kind="whole"), Column(label=_("状态")), Column(label=_("申请"), kind="instant"),
               Column(label=_("办理"), kind="instant"), Column(label=_("转出积分"), kind="points"),
               Column(label=_("转出欠分"), kind="points"), Column(label=_("流水"), kind="whole")]  # fmt: skip
    sheet = Sheet(
        name=_("分户并户"),
        columns=columns,
        rows=[
            (one.change.number, str(words.KINDS[one.change.kind]), one.home.number,
             one.other.number if one.other else None, str(words.STATES[one.change.state]), one.change.asked_at,
             one.change.done_at, one.change.points_steps, one.change.owed_steps, one.change.entry)
            for one in rows
        ],
    )  # fmt: skip
    return lists.answer(form, [sheet], "household-changes")


@blueprint.get("/<int:number>/split")
@edge.signed_in
def split(number: int) -> Any:
    """The form for a split: who goes, who heads them, what part of the points."""
    return edge.page("household/split.html", **_form(number))


@blueprint.post("/<int:number>/split")
@edge.signed_in
def ask_split(number: int) -> Any:
    """Ask for it; at the desk with both present it is agreed at once."""
    home = _askable(number)
    try:
        asked = edge.load(schemas.SplitAsked)
        made = edge.submit(
            "households.ask_split",
            lambda session, now: asking.ask_split(
                session, actor=edge.actor(), now=now, household_id=home.id,
                going=dict.fromkeys(asked["going"], ""), new_head_id=asked["new_head"], stays_id=asked["stays"],
                share_percent=asked["share_percent"], share_steps=asked["share_points"], address=asked["address"],
                reason=asked["reason"], present=tuple(asked["present"]),
            ),
            content={**asked, "household": home.id},
        )  # fmt: skip
    except Refused as refused:
        return _again("household/split.html", refused, **_form(number))
    return _asked(made)


@blueprint.get("/<int:number>/merge")
@edge.signed_in
def merge(number: int) -> Any:
    """The form for a merge: into which household."""
    return edge.page("household/merge.html", **_form(number))


@blueprint.post("/<int:number>/merge")
@edge.signed_in
def ask_merge(number: int) -> Any:
    """Ask that this household end in another one."""
    home = _askable(number)
    try:
        asked = edge.load(schemas.MergeAsked)
        other = _by_number(asked["other"])
        made = edge.submit(
            "households.ask_merge",
            lambda session, now: asking.ask_merge(
                session, actor=edge.actor(), now=now, household_id=home.id, other_id=other.id, reason=asked["reason"],
                present=tuple(asked["present"]),
            ),
            content={**asked, "household": home.id},
        )  # fmt: skip
    except Refused as refused:
        return _again("household/merge.html", refused, **_form(number))
    return _asked(made)


@blueprint.get("/changes/<int:number>")
@edge.signed_in
def one(number: int) -> Any:
    """One change: what was agreed by whom, what stands in its way, what it moved."""
    return edge.page("household/change.html", **_facts(number))


@blueprint.post("/changes/<int:number>/agree")
@edge.signed_in
def agree(number: int) -> Any:
    """Agree for the own side, or at the desk for somebody who is present."""
    change_id = _change_id(number)
    try:
        asked = edge.load(schemas.HouseholdAgreed)
        _submit("agree", change_id, asked, lambda session, now: asking.agree(
            session, actor=edge.actor(), now=now, change_id=change_id, side=asked["side"],
            present=bool(asked["present"]), member_id=asked["member"], evidence=asked["evidence"]))  # fmt: skip
    except Refused as refused:
        return _again("household/change.html", refused, **_facts(number))
    edge.flash_done(_("已记下同意。"))
    return edge.back("household_changes.one", number=number)


@blueprint.post("/changes/<int:number>/decline")
@edge.signed_in
def decline(number: int) -> Any:
    """Say no for one side."""
    change_id = _change_id(number)
    try:
        asked = edge.load(schemas.HouseholdDeclined)
        _submit("decline", change_id, asked, lambda session, now: asking.decline(
            session, actor=edge.actor(), now=now, change_id=change_id, reason=asked["reason"], side=asked["side"],
            present=bool(asked["present"])))  # fmt: skip
    except Refused as refused:
        return _again("household/change.html", refused, **_facts(number))
    edge.flash_done(_("已记下不同意,什么都没有变。"))
    return edge.back("household_changes.one", number=number)


@blueprint.post("/changes/<int:number>/withdraw")
@edge.signed_in
def withdraw(number: int) -> Any:
    """Give it up."""
    change_id = _change_id(number)
    try:
        asked = edge.load(schemas.WhyChanged)
        _submit("withdraw", change_id, asked, lambda session, now: asking.withdraw(
            session, actor=edge.actor(), now=now, change_id=change_id, reason=asked["reason"]))  # fmt: skip
    except Refused as refused:
        return _again("household/change.html", refused, **_facts(number))
    edge.flash_done(_("已放弃,什么都没有变。"))
    return edge.back("household_changes.one", number=number)


@blueprint.post("/changes/<int:number>/carry-out")
@edge.signed_in
def carry_out(number: int) -> Any:
    """Do what both sides agreed to."""
    permissions.require(edge.actor(), "households.carry_out", community_id=edge.community().id)
    change_id = _change_id(number)
    try:
        _submit("carry_out", change_id, {}, lambda session, now: carrying_out.carry_out(
            session, actor=edge.actor(), now=now, change_id=change_id))  # fmt: skip
    except Refused as refused:
        return _again("household/change.html", refused, **_facts(number))
    edge.flash_done(_("已办理。请把这一页打印给双方。"))
    return edge.back("household_changes.one", number=number)


@blueprint.post("/changes/<int:number>/undo")
@edge.signed_in
def undo(number: int) -> Any:
    """Take it back as a whole."""
    permissions.require(edge.actor(), "households.carry_out", community_id=edge.community().id)
    change_id = _change_id(number)
    try:
        asked = edge.load(schemas.WhyChanged)
        _submit("undo", change_id, asked, lambda session, now: carrying_out.undo(
            session, actor=edge.actor(), now=now, change_id=change_id, reason=asked["reason"]))  # fmt: skip
    except Refused as refused:
        return _again("household/change.html", refused, **_facts(number))
    edge.flash_done(_("已撤回,两户和积分都回到原来的样子。"))
    return edge.back("household_changes.one", number=number)


@blueprint.get("/<int:number>/members")
@edge.signed_in
def members(number: int) -> Any:
    """The desk names another head, or lets somebody move in."""
    permissions.require(edge.actor(), "households.change_head", community_id=edge.community().id)
    return edge.page("household/members.html", **_form(number))


@blueprint.post("/<int:number>/head")
@edge.signed_in
def head(number: int) -> Any:
    """Name another head."""
    permissions.require(edge.actor(), "households.change_head", community_id=edge.community().id)
    home = _by_number(number)
    try:
        asked = edge.load(schemas.HeadNamed)
        edge.submit(
            "households.change_head",
            lambda session, now: household_members.change_head(
                session, actor=edge.actor(), now=now, household_id=home.id, person_id=asked["person"],
                former_relation=asked["former_relation"], reason=asked["reason"],
            ),
            content={**asked, "household": home.id},
        )  # fmt: skip
    except Refused as refused:
        return _again("household/members.html", refused, **_form(number))
    edge.flash_done(_("户主已改。"))
    return edge.back("household.history", number=number)


@blueprint.post("/<int:number>/move-in")
@edge.signed_in
def move_in(number: int) -> Any:
    """Let somebody live here; the points of where she lived stay there."""
    permissions.require(edge.actor(), "households.move", community_id=edge.community().id)
    home = _by_number(number)
    try:
        asked = edge.load(schemas.Moved)
        try:
            who = residents.by_number(edge.read(), edge.community().id, fields.typed_number(asked["person"]))
        except NotFound:
            raise edge.bad("person", _("没有这个编号。")) from None
        edge.submit(
            "households.move",
            lambda session, now: household_members.move(
                session, actor=edge.actor(), now=now, person_id=who.id, household_id=home.id,
                relation=asked["relation"], reason=asked["reason"],
            ),
            content={**asked, "household": home.id},
        )  # fmt: skip
    except Refused as refused:
        return _again("household/members.html", refused, **_form(number))
    edge.flash_done(_("已迁入。积分留在原来的户。"))
    return edge.back("household.history", number=number)


def _facts(number: int) -> dict[str, Any]:
    session, asks = edge.read(), edge.actor()
    found = listed.one(session, actor=asks, number=number)
    change = found.change
    side = {change.giver_id: "giver", change.taker_id: "taker"}.get(asks.person_id) if asks.person_id else None
    needed = words_given.words_of(session, change) if change.state in ("asked", "agreed") else []
    return {
        "found": found,
        "going": words_given.members_of(session, change),
        "needed": {word.person.id: word for word in needed},
        "mine": words_given.spoken_by(needed, asks),
        "blocks": words.blocks(carrying_out.waiting_for(session, change))
        if change.state in ("asked", "agreed")
        else [],
        "undo_why": words.WHY_NOT_UNDONE.get(carrying_out.why_not_undone(session, change, edge.now()), "")
        if change.state == "done"
        else "",
        "side": side,
        "carries_out": permissions.may(asks, "households.carry_out", community_id=change.community_id),
        "audits": permissions.may(asks, "reports.journal", community_id=change.community_id),
        "asked_it": change.asked_by == asks.number,
        "words": words,
    }


def _form(number: int) -> dict[str, Any]:
    session, home = edge.read(), _askable(number)
    seen = overview.held_of(session, edge.actor(), home.id)
    return {
        "home": home,
        "members": household_members.living(session, home),
        "head": household_members.head_of(session, home),
        "held": seen,
        "owed": household_accounts.owed(session, home.community_id, home.id),
        "at_desk": permissions.may(edge.actor(), "households.carry_out", community_id=home.community_id),
        "mine": home.id == edge.actor().household_id,
        "words": words,
    }


def _askable(number: int) -> Household:
    home = _by_number(number)
    permissions.require(
        edge.actor(), "households.ask_change", community_id=home.community_id, household_id=home.id,
        area_path=home.area_path,
    )  # fmt: skip
    return home


def _by_number(number: int) -> Household:
    return households.by_number(edge.read(), edge.community().id, number)


def _change_id(number: int) -> uuid.UUID:
    return listed.one(edge.read(), actor=edge.actor(), number=number).change.id


def _submit(verb: str, change_id: uuid.UUID, asked: dict[str, Any], change: Change) -> None:
    edge.submit(f"households.{verb}", change, content={**asked, "change": change_id})


def _again(template: str, refused: Refused, /, **facts: Any) -> Any:
    if refused.status == 404:
        raise refused
    return edge.again(template, in_words(refused, words.FIELDS), **facts)


def _asked(made: dict[str, Any]) -> Any:
    if made["state"] == "agreed":
        edge.flash_done(_("双方都已同意,请核对后办理。"))
    else:
        edge.flash_done(_("已记下,等其余的人同意。"))
    return edge.back("household_changes.one", number=made["number"])

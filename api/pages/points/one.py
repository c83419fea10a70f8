"""One version: what anybody reads of it, and every step of its life."""

import uuid
from collections.abc import Callable
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from api import attachments, edge
from api.messages import points as words
from api.messages import points_table as life_words
from api.pages.points.blueprint import blueprint
from api.pages.points.shared import cautions_told, day_of, difference, from_in_force, name_of, person_typed, sentence
from api.points_words import in_words
from api.schemas import points_table as asked
from api.schemas.points import Switch
from timebank import permissions, policy
from timebank.errors import NotFound, Refused
from timebank.people.working_days import today_in
from timebank.points.table import adoption, bodies, deliberating, objecting, states, voting
from timebank.points.table.stages import standing


@blueprint.get("/c/<community_code>/points/tables/<uuid:table_id>")
def table(table_id: uuid.UUID) -> Any:
    """One version: anybody reads one that hung out or was voted; who may do something about it finds it below."""
    return edge.page("points/table.html", **_table(table_id))


@blueprint.get("/c/<community_code>/points/tables/<uuid:table_id>/compare")
def compared(table_id: uuid.UUID) -> Any:
    """Two versions side by side: what is new, gone, changed."""
    session, place = edge.read(), edge.community()
    other_id = edge.load(asked.Compared)["other"]
    found, items = adoption.table_with_items(session, actor=edge.actor(), table_id=table_id)
    if other_id is None:
        other, told = from_in_force(items, besides=table_id)
    else:
        other, before = adoption.table_with_items(session, actor=edge.actor(), table_id=other_id)
        told = difference(before, items)
    public = [one for one in adoption.in_public(session, place.id) if one.id != table_id]
    return edge.page("points/compare.html", table=found, other=other, difference=told, others=public, words=words,
                     sentence=sentence)  # fmt: skip


@blueprint.post("/c/<community_code>/points/tables/<uuid:table_id>/deliberate")
@edge.signed_in
def deliberate(table_id: uuid.UUID) -> Any:
    """Hang the draft out."""

    def step() -> Any:
        days = edge.load(asked.Deliberation)["days"]
        edge.submit(
            "table.deliberate",
            lambda session, now: deliberating.open_deliberation(
                session, actor=edge.actor(), now=now, table_id=table_id, days=days
            ),
            content={"table": table_id, "days": days},
        )
        edge.flash_done(_("草案已挂出,等大家提意见。"))

    return _step(table_id, "table.draft", step)


@blueprint.post("/c/<community_code>/points/tables/<uuid:table_id>/revise")
@edge.signed_in
def revise(table_id: uuid.UUID) -> Any:
    """Take the draft back to be changed."""

    def step() -> Any:
        reason = edge.load(asked.TableReason)["reason"]
        edge.submit(
            "table.revise",
            lambda session, now: deliberating.revise(
                session, actor=edge.actor(), now=now, table_id=table_id, reason=reason
            ),
            content={"table": table_id, "reason": reason},
        )
        edge.flash_done(_("已收回修改。改好以后要重新挂出。"))

    return _step(table_id, "table.draft", step)


@blueprint.post("/c/<community_code>/points/tables/<uuid:table_id>/comments")
@edge.signed_in
def comment(table_id: uuid.UUID) -> Any:
    """Say something of the draft."""

    def step() -> Any:
        told = edge.load(asked.Comment)
        person_id, position = person_typed(told["person"]), told["position"] or None
        edge.submit(
            "table.comment",
            lambda session, now: deliberating.comment(
                session, actor=edge.actor(), now=now, table_id=table_id, text=told["text"], position=position,
                person_id=person_id,
            ),
            content={"table": table_id, "text": told["text"], "position": position, "person": person_id},
        )  # fmt: skip
        edge.flash_done(_("意见已记下,村(居)委会会答复。"))

    return _step(table_id, None, step)


@blueprint.post("/c/<community_code>/points/comments/<uuid:comment_id>/answer")
@edge.signed_in
def answer_comment(comment_id: uuid.UUID) -> Any:
    """Answer a comment."""
    permissions.require(edge.actor(), "table.answer", community_id=edge.community().id)
    text = edge.load(asked.Answer)["text"]
    made = edge.submit(
        "table.answer_comment",
        lambda session, now: deliberating.answer_comment(
            session, actor=edge.actor(), now=now, comment_id=comment_id, text=text
        ),
        content={"comment": comment_id, "text": text},
    )
    edge.flash_done(_("已答复。"))
    return edge.back("points.table", table_id=uuid.UUID(made["table_id"]), _anchor="comments")


@blueprint.get("/c/<community_code>/points/tables/<uuid:table_id>/vote")
@edge.signed_in
def vote_form(table_id: uuid.UUID) -> Any:
    """What the minutes say, to be written down: first which body, then its roll."""
    return edge.page("points/vote.html", **_vote(table_id))


@blueprint.post("/c/<community_code>/points/tables/<uuid:table_id>/vote")
@edge.signed_in
def record_vote(table_id: uuid.UUID) -> Any:
    """Record the vote; a second person confirms it."""
    try:
        told = edge.load(asked.Vote)
        may_record(told["body_id"])
        kept = attachments.uploaded("minutes", "minutes")
        roll = roll_of(told.pop("roll"))
        edge.submit(
            "table.record_vote",
            lambda session, now: voting.record_vote(
                session, actor=edge.actor(), now=now, table_id=table_id, minutes=kept, roll=roll, **told
            ),
            content={"table": table_id, "minutes": kept.digest if kept else "",
                     "roll": {person_id.hex: word for person_id, word in roll.items()}, **told},
        )  # fmt: skip
    except Refused as refused:
        return edge.again("points/vote.html", in_words(refused), **_vote(table_id))
    edge.flash_done(_("表决已登记,请另一个人对照会议纪要核对。"))
    return edge.back("points.table", table_id=table_id)


@blueprint.post("/c/<community_code>/points/tables/<uuid:table_id>/vote/confirm")
@edge.signed_in
def confirm_vote(table_id: uuid.UUID) -> Any:
    """The second person's word."""

    def step() -> Any:
        made = edge.submit(
            "table.confirm_vote",
            lambda session, now: voting.confirm_vote(session, actor=edge.actor(), now=now, table_id=table_id),
            content={"table": table_id},
        )
        if made["code"] == "not_carried":
            edge.flash_note(_("没有通过,这张表到此为止。"))
        else:
            day = day_of(made["in_force_from"])
            edge.flash_done(_("第 %(version)s 版已通过,公示后从 %(day)s 起生效。", version=made["version"], day=day))

    return _step(table_id, None, step)


@blueprint.post("/c/<community_code>/points/tables/<uuid:table_id>/vote/send-back")
@edge.signed_in
def send_back_vote(table_id: uuid.UUID) -> Any:
    """The record is not what the minutes say."""

    def step() -> Any:
        reason = edge.load(asked.TableReason)["reason"]
        edge.submit(
            "table.send_back_vote",
            lambda session, now: voting.send_back_vote(
                session, actor=edge.actor(), now=now, table_id=table_id, reason=reason
            ),
            content={"table": table_id, "reason": reason},
        )
        edge.flash_done(_("表决记录已退回,请重新登记。"))

    return _step(table_id, None, step)


@blueprint.post("/c/<community_code>/points/tables/<uuid:table_id>/objections")
@edge.signed_in
def object_to_table(table_id: uuid.UUID) -> Any:
    """Object to the published table or one of its items."""

    def step() -> Any:
        told = edge.load(asked.Objection)
        told["person_id"] = person_typed(told.pop("person"))
        made = edge.submit(
            "table.object",
            lambda session, now: objecting.object_to(session, actor=edge.actor(), now=now, table_id=table_id, **told),
            content={"table": table_id, **told},
        )
        day = day_of(made["in_force_from"])
        edge.flash_done(_("异议已记下。答复以前这张表不生效;现定 %(day)s 起生效。", day=day))

    return _step(table_id, None, step)


@blueprint.post("/c/<community_code>/points/table-objections/<uuid:objection_id>/answer")
@edge.signed_in
def answer_objection(objection_id: uuid.UUID) -> Any:
    """Answer an objection with a reason."""
    permissions.require(edge.actor(), "table.answer", community_id=edge.community().id)
    told = edge.load(asked.Verdict)
    made = edge.submit(
        "table.answer_objection",
        lambda session, now: objecting.answer(
            session, actor=edge.actor(), now=now, objection_id=objection_id, upheld=told["verdict"] == "uphold",
            text=told["text"],
        ),
        content={"objection": objection_id, **told},
    )  # fmt: skip
    if made["code"] == "table_returned":
        edge.flash_note(_("异议成立:这一版已退回,下面是照它新建的草案。"))
        return edge.back("points.table", table_id=uuid.UUID(made["draft_id"]))
    edge.flash_done(_("已答复。"))
    return edge.back("points.table", table_id=uuid.UUID(made["table_id"]), _anchor="objections")


@blueprint.post("/c/<community_code>/points/tables/<uuid:table_id>/withdraw")
@edge.signed_in
def withdraw(table_id: uuid.UUID) -> Any:
    """Take a draft, or a version before its day, back."""

    def step() -> Any:
        reason = edge.load(asked.TableReason)["reason"]
        edge.submit(
            "table.withdraw",
            lambda session, now: deliberating.withdraw(
                session, actor=edge.actor(), now=now, table_id=table_id, reason=reason
            ),
            content={"table": table_id, "reason": reason},
        )
        edge.flash_done(_("已撤回。"))

    answer = _step(table_id, "table.adopt", step)
    return answer if answer.status_code != 303 else edge.back("points.tables")


@blueprint.post("/c/<community_code>/points/tables/<uuid:table_id>/switch")
@edge.signed_in
def switch(table_id: uuid.UUID) -> Any:
    """Record a decision to use an item, or not to."""

    def step() -> Any:
        told = edge.load(Switch)
        told["in_use"] = told["in_use"] == "on"
        edge.submit(
            "table.switch",
            lambda session, now: adoption.switch(session, actor=edge.actor(), now=now, **told),
            content=told,
        )
        edge.flash_done(_("已启用,从今天起的事可以计分。") if told["in_use"] else _("已停用。"))

    return _step(table_id, "table.switch", step)


def _step(table_id: uuid.UUID, use_case: str | None, step: Callable[[], None]) -> Any:
    """One step of the life: then the table's page, with what was refused beside the form."""
    if use_case is not None:
        permissions.require(edge.actor(), use_case, community_id=edge.community().id)
    try:
        step()
    except NotFound:
        raise
    except Refused as refused:
        if refused.status == 403:
            raise
        return edge.again("points/table.html", in_words(refused), **_table(table_id))
    return edge.back("points.table", table_id=table_id)


def _table(table_id: uuid.UUID) -> dict[str, Any]:
    session, asks, place = edge.read(), edge.actor(), edge.community()
    found, items = adoption.table_with_items(session, actor=asks, table_id=table_id)
    now_standing = standing(session, place.id, table_id)
    today = today_in(session, place.id, edge.now())
    votes = voting.votes_of(session, place.id, table_id)
    chairs = bodies.chairs_of(session, asks, today)

    def may(use_case: str) -> bool:
        return permissions.may(asks, use_case, community_id=place.id)

    open_vote = next((one for one in votes if one.vote.state == "recorded"), None)
    chairs_it = open_vote is not None and open_vote.vote.body_id in chairs
    manages = may("table.adopt")
    open_to_change = now_standing.stage in ("draft", "deliberating")  # afterwards it is as it was voted
    return {
        "table": found,
        "items": items,
        "stage": now_standing.stage,
        "position_options": [(item.position, f"{item.position}. {item.title}") for item in items],
        "standing": now_standing.life,
        "verbs": states.verbs_in(now_standing.stage),
        "votes": votes,
        "open_vote": open_vote,
        "comments": deliberating.comments_of(session, place.id, table_id),
        "objections": objecting.objections_of(session, place.id, table_id),
        "switches": adoption.switches_of(session, found.community_id, found.id),
        "cautions": cautions_told(items) if may("table.draft") and open_to_change else [],
        "least_days": policy.of(session, place.id, today).table_deliberation_days,
        "may": may,
        "manages": manages,
        "may_vote": manages or bool(chairs),
        "may_confirm": open_vote is not None
        and (may("table.confirm") or chairs_it)
        and open_vote.vote.recorded_by != asks.number,
        "now": edge.now(),
        "today": today,
        "sentence": sentence,
        "name_of": name_of,
        "words": words,
        "life": life_words,
        "back_url": url_for("points.tables") if manages else url_for("points.history"),
    }


def _vote(table_id: uuid.UUID) -> dict[str, Any]:
    session, asks, place = edge.read(), edge.actor(), edge.community()
    today = today_in(session, place.id, edge.now())
    chairs = bodies.chairs_of(session, asks, today)
    if not chairs:
        permissions.require(asks, "table.adopt", community_id=place.id)
    found = standing(session, place.id, table_id)
    found.after("record_vote")
    every = [body for body in bodies.bodies_of(session, place.id) if body.ended_on is None]
    mine = (
        every if permissions.may(asks, "table.adopt", community_id=place.id) else [b for b in every if b.id in chairs]
    )
    return {
        "table": found.table,
        "bodies": mine,
        "seats": {body.id: bodies.seats_on(session, place.id, body.id, today) for body in mine},
        "until": found.life.deliberation_until,
        "today": today,
        "words": words,
        "life": life_words,
    }


def may_record(body_id: uuid.UUID) -> None:
    """Go on only if who asks chairs the body, or records votes by her role."""
    session, asks, place = edge.read(), edge.actor(), edge.community()
    if not bodies.is_chair(session, asks, body_id, today_in(session, place.id, edge.now())):
        permissions.require(asks, "table.adopt", community_id=place.id)


def roll_of(typed: list[str]) -> dict[uuid.UUID, str]:
    """What each member said, as `id:word`; nothing where nobody was chosen to have said anything."""
    found = {}
    for text in typed:
        person, _colon, word = text.partition(":")
        try:
            found[uuid.UUID(person)] = word
        except ValueError:
            raise edge.bad("roll", _("请从列出的选项中选择。")) from None
    return found if any(word != "absent" for word in found.values()) else {}

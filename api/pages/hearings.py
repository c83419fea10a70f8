"""A household is heard before a deduction is looked at: invited with a printed slip, its words written down."""

import datetime as dt
import io
import re
import uuid
from typing import Any

from flask import Blueprint, render_template, send_file
from flask_babel import gettext as _

from api import card_sheets, edge
from api.look import zone
from api.pages import awards
from api.pages.claims import told
from api.schemas.awards import HearingWords, Invited
from timebank import permissions
from timebank.errors import Refused
from timebank.points.awards import hearings, reading

blueprint = Blueprint("hearings", __name__, url_prefix="/c/<community_code>/points/awards/<uuid:award_id>/hearing")


@blueprint.post("/invite")
@edge.signed_in
def invite(award_id: uuid.UUID) -> Any:
    """Invite the household; its people are told and the slip can be printed."""
    _require_hearing(award_id)
    try:
        asked = edge.load(Invited)
        meets_at = instant_of(asked["day"], asked["clock"])
        edge.submit(
            "awards.invite",
            lambda session, now: hearings.invite(
                session, actor=edge.actor(), now=now, award_id=award_id, meets_at=meets_at, place=asked["place"]
            ),
            content={"award": award_id, **asked},
        )
    except Refused as refused:
        return _again(refused, award_id)
    edge.flash_done(_("已通知这一户。没有手机的,请把通知单送到家。"))
    return edge.back("awards.one", award_id=award_id)


@blueprint.post("/words")
@edge.signed_in
def write_down(award_id: uuid.UUID) -> Any:
    """Write down what the household said."""
    _require_hearing(award_id)
    try:
        asked = edge.load(HearingWords)
        edge.submit(
            "awards.hear",
            lambda session, now: hearings.write_down(session, actor=edge.actor(), now=now, award_id=award_id, **asked),
            content={"award": award_id, **asked},
        )
    except Refused as refused:
        return _again(refused, award_id)
    edge.flash_done(_("已写下,可以审核了。"))
    return edge.back("awards.one", award_id=award_id)


@blueprint.post("/not-come")
@edge.signed_in
def did_not_come(award_id: uuid.UUID) -> Any:
    """Two invitations in vain."""
    _require_hearing(award_id)
    try:
        edge.submit(
            "awards.not_come",
            lambda session, now: hearings.did_not_come(session, actor=edge.actor(), now=now, award_id=award_id),
            content={"award": award_id},
        )
    except Refused as refused:
        return _again(refused, award_id)
    edge.flash_done(_("已记下没有来,可以审核了。公示以后这一户还可以提异议。"))
    return edge.back("awards.one", award_id=award_id)


@blueprint.get("/slip.pdf")
@edge.signed_in
def slip(award_id: uuid.UUID) -> Any:
    """The last invitation on paper, to be brought to the door."""
    found = hearings.slip(edge.read(), actor=edge.actor(), now=edge.now(), award_id=award_id)
    page = render_template("awards/slip.html", slip=found, community=edge.community(), printed_at=edge.now())
    content = card_sheets.pdf([page], progress=lambda _done: None)
    return send_file(
        io.BytesIO(content), mimetype="application/pdf", download_name=f"{edge.community().code}-hearing.pdf"
    )


def _require_hearing(award_id: uuid.UUID) -> None:
    asks = edge.actor()
    found = reading.award(edge.read(), actor=asks, award_id=award_id)
    permissions.require(asks, "awards.hear", community_id=found.award.community_id, area_path=found.household.area_path)


def _again(refused: Refused, award_id: uuid.UUID) -> Any:
    if refused.code == "forbidden":
        raise refused
    edge.stop_reading()
    return edge.again("awards/one.html", told(refused), **awards.facts_of(award_id))


def instant_of(day: dt.date, text: str) -> dt.datetime:
    """The moment of a day and a local time as people write it."""
    found = re.fullmatch(r"(\d{1,2})[::](\d{2})", text)
    if found is None or int(found[1]) > 23 or int(found[2]) > 59:
        raise edge.bad("clock", _("请填写时间,例如 15:00。"))
    return dt.datetime.combine(day, dt.time(int(found[1]), int(found[2])), zone()).astimezone(dt.UTC)

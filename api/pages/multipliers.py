"""Tables of multipliers: what is in force, what was adopted, and recording that the committee adopted a new one."""

import hashlib
from typing import Any

from flask import Blueprint, request
from flask_babel import gettext as _

from api import edge, fields, words
from api.schemas.attendance import Clock
from timebank.errors import Refused
from timebank.hours import multipliers
from timebank.hours.service_classes import ACTIVITY_CLASSES
from timebank.people import communities
from timebank.permissions import may, require

blueprint = Blueprint("multipliers", __name__, url_prefix="/c/<community_code>")
ROWS = 6


class Adoption(fields.Schema):
    adopted_on = fields.Day(required=True)
    in_force_from = fields.Day(required=True)
    body = fields.Text(required=True, most=100)
    minutes = fields.Text(required=True, most=4000, lines=True)


class Row(fields.Schema):
    service_class = fields.Word(ACTIVITY_CLASSES, required=True)
    starts = Clock(required=True)
    ends = Clock(required=True)
    percent = fields.Word(tuple(str(percent) for percent in multipliers.PERCENTS), required=True)


@blueprint.get("/multipliers")
@edge.signed_in
def listed() -> Any:
    """The table in force today and those adopted, newest first."""
    return edge.page("multipliers/list.html", **_list())


@blueprint.post("/multipliers")
@edge.signed_in
def adopt() -> Any:
    try:
        asked = edge.load(Adoption)
        rows = _typed_rows()
        # The minutes of the meeting stay with the committee; their digest says later which ones they were.
        digest = hashlib.sha256(asked["minutes"].encode()).hexdigest()
        made = edge.submit(
            "multipliers.adopt",
            lambda session, now: multipliers.adopt(
                session,
                actor=edge.actor(),
                now=now,
                rows=rows,
                adopted_on=asked["adopted_on"],
                in_force_from=asked["in_force_from"],
                body=asked["body"],
                minutes_digest=digest,
            ),
            content={**asked, "rows": [list(vars(row).values()) for row in rows]},
        )
    except Refused as refused:
        if refused.code not in {"bad_input", "table_not_ahead", "table_day_taken"}:
            raise
        return edge.again("multipliers/list.html", _in_words(refused), **_list())
    edge.flash_done(_("第 %(number)s 张系数表已记录,摘要已写入账本。", number=made["number"]))
    return edge.back("multipliers.listed")


def _typed_rows() -> list[multipliers.Percent]:
    """The rows that were filled in; an end of 00:00 is midnight at the end of the day."""
    rows = []
    for at in range(ROWS):
        typed = {name: request.form.get(f"{name}_{at}", "") for name in ("service_class", "starts", "ends", "percent")}
        if not typed["starts"] and not typed["ends"]:
            continue
        try:
            row = Row().load(typed)
        except fields.ValidationError:
            raise edge.bad("rows", _("请把每一行填完整。")) from None
        from_minute = row["starts"].hour * 60 + row["starts"].minute
        to_minute = row["ends"].hour * 60 + row["ends"].minute or 1440
        rows.append(multipliers.Percent(row["service_class"], from_minute, to_minute, int(row["percent"])))
    if not rows:
        raise edge.bad("rows", _("请至少填一行。"))
    return rows


def _in_words(refused: Refused) -> Refused:
    """The use case's reasons, by field, as the form says them."""
    told = refused.facts.get("fields")
    if not isinstance(told, dict):
        return refused
    reasons = {
        "windows": _("时段要先后分明、互不重叠,结束晚于开始。"),
        "future": _("通过日期还没有到。"),
        "required": _("请填写这一项。"),
    }
    return type(refused)(fields={name: reasons.get(why, why) for name, why in told.items()})


def _list() -> dict[str, Any]:
    actor = edge.actor()
    require(actor, "multipliers.listed", community_id=actor.community_id)
    community = edge.community()
    today = communities.local_day(community, edge.now())
    return {
        "tables": multipliers.adopted_tables(edge.read(), community.id),
        "in_force": multipliers.table_in_force(edge.read(), community.id, today),
        "today": today,
        "classes": list(words.CLASSES.items()),
        "words": words,
        "percents": [(percent, f"× {percent / 100:.1f}") for percent in multipliers.PERCENTS if percent > 100],
        "row_count": ROWS,
        "may_adopt": may(actor, "multipliers.adopt", community_id=community.id),
    }

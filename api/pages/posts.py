"""The directory of posts: who answers for which grid and building, and where nobody does."""

import io
from typing import Any

from flask import Blueprint, send_file
from flask_babel import gettext as _

from api import edge, exports
from api.messages import teams as words
from api.pages.teams import XLSX
from timebank import permissions
from timebank.people import communities, posts, residents, roles

blueprint = Blueprint("posts", __name__, url_prefix="/c/<community_code>")


@blueprint.get("/posts")
@edge.signed_in
def listed() -> Any:
    """By grid and building, one's own marked; vacancies stand out."""
    actor = edge.actor()
    seats = posts.directory(edge.read(), actor=actor, now=edge.now())
    givable = roles.givable(actor)
    return edge.page(
        "posts/list.html",
        seats=seats,
        coverage=posts.coverage(seats),
        words=words,
        may_fill=bool(givable & {post.role for post in posts.POSTS}),
        sees_phones=permissions.may(actor, "residents.search", community_id=actor.community_id),
        spoken_phone=residents.spoken_phone,
    )


@blueprint.get("/posts.<any(xlsx, csv):form>")
@edge.signed_in
def export(form: str) -> Any:
    """The directory as a table, one line a holder or vacancy."""
    place, actor = edge.community(), edge.actor()
    seats = posts.directory(edge.read(), actor=actor, now=edge.now())
    rows: list[tuple[Any, ...]] = []
    for seat in seats:
        start = (str(words.POSTS[seat.post.role]), seat.above, seat.area.name, seat.residents)
        for holder in seat.holders:
            phone = residents.spoken_phone(holder.phone)
            rows.append((*start, holder.name, holder.number, phone, holder.from_on, holder.until_on))
        if seat.is_vacant:
            rows.append((*start, _("空缺"), "", "", None, None))
    sheet = exports.Sheet(
        name=_("岗位名录"),
        columns=[
            exports.Column(label=_("岗位")),
            exports.Column(label=_("网格")),
            exports.Column(label=_("区域")),
            exports.Column(label=_("居民"), kind="whole"),
            exports.Column(label=_("姓名")),
            exports.Column(label=_("编号")),
            exports.Column(label=_("电话")),
            exports.Column(label=_("从哪天起"), kind="day"),
            exports.Column(label=_("到哪天止"), kind="day"),
        ],
        rows=rows,
        notes=[],
    )
    file = io.BytesIO()
    if form == "xlsx":
        exports.write_xlsx(file, [sheet], zone=place.zone)
    else:
        exports.write_csv(file, sheet, zone=place.zone)
    file.seek(0)
    today = communities.local_day(place, edge.now())
    return send_file(
        file,
        mimetype=XLSX if form == "xlsx" else "text/csv; charset=utf-8",
        as_attachment=True,
        download_name=f"{place.code}-posts-{today.isoformat()}.{form}",
    )

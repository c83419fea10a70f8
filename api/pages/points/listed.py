"""All versions of the points table, the adoption history for everybody, and a new draft."""

import uuid
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from api import edge
from api.messages import points as words
from api.messages import points_table as life_words
from api.pages.points.blueprint import blueprint
from api.pages.points.shared import name_of, uploaded
from api.points_words import in_words
from api.schemas import points_table as asked
from timebank import permissions
from timebank.errors import Refused
from timebank.people.working_days import today_in
from timebank.points.table import adoption, bodies, drafts, staging, voting
from timebank.points.table.life_tables import PointsLife
from timebank.points.table.reading import read_file


@blueprint.get("/c/<community_code>/points/tables")
@edge.signed_in
def tables() -> Any:
    """All versions, and the ways to a new one."""
    return edge.page("points/tables.html", **_tables())


@blueprint.post("/c/<community_code>/points/tables")
@edge.signed_in
def stage() -> Any:
    """Read an uploaded spreadsheet and go to its preview."""
    permissions.require(edge.actor(), "table.draft", community_id=edge.community().id)
    try:
        content, name = uploaded("file")
        reading = read_file(content)
        made = edge.submit(
            "table.stage",
            lambda session, now: staging.stage(session, actor=edge.actor(), now=now, name=name, reading=reading),
            content={"file": content, "name": name},
        )
    except Refused as refused:
        return edge.again("points/tables.html", in_words(refused), **_tables())
    return edge.back("points.preview", staging_id=uuid.UUID(made["staging_id"]))


@blueprint.post("/c/<community_code>/points/drafts")
@edge.signed_in
def begin() -> Any:
    """Begin a draft in the editor, empty or from a version."""
    permissions.require(edge.actor(), "table.draft", community_id=edge.community().id)
    try:
        told = edge.load(asked.Begun)
        made = edge.submit(
            "table.begin",
            lambda session, now: drafts.begin(session, actor=edge.actor(), now=now, **told),
            content=told,
        )
    except Refused as refused:
        return edge.again("points/tables.html", in_words(refused), **_tables())
    return edge.back("points.editor", table_id=uuid.UUID(made["table_id"]))


@blueprint.get("/c/<community_code>/points/history")
def history() -> Any:
    """Who adopted which version when, with what votes, under which digests and entries: for everybody."""
    session, place = edge.read(), edge.community()
    found = adoption.in_public(session, place.id)
    stages = adoption.stages_of(session, found)
    votes = {table.id: voting.votes_of(session, place.id, table.id) for table in found[:30]}
    lives = {table.id: session.get(PointsLife, (place.id, table.id)) for table in found[:30]}
    return edge.page(
        "points/history.html", tables=found[:30], stages=stages, votes=votes, lives=lives, words=words, life=life_words,
        name_of=name_of,
    )  # fmt: skip


def _tables() -> dict[str, Any]:
    session, asks, place = edge.read(), edge.actor(), edge.community()
    found = adoption.tables_of(session, actor=asks, only_adopted=False)
    today = today_in(session, place.id, edge.now())
    now_in_force = adoption.in_force_on(session, place.id, today)
    return {
        "tables": found,
        "stages": adoption.stages_of(session, found),
        "words": words,
        "life": life_words,
        "in_force": now_in_force,
        "bodies": bodies.bodies_of(session, place.id),
        "title": place.name + _("积分表"),
        "back_url": url_for("home.community", community_code=place.code),
    }

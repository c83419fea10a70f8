"""Relatives for programs: one's own, and those that staff write down, confirm and end. The schemas are those of the pages."""

from typing import Any
from uuid import UUID

from flask_smorest import Blueprint

from api import edge
from api.schemas import kin as asked
from timebank.errors import NotFound
from timebank.people import kin

blueprint = Blueprint(
    "v1_kin",
    __name__,
    url_prefix="/api/v1/c/<community_code>",
    description="Relatives, who decide nothing of each other",
)


@blueprint.get("/kin")
@edge.signed_in
@blueprint.response(200, asked.KinListAnswer)
def mine(**_: Any) -> dict[str, Any]:
    """One's own relatives, those that do not count any more too."""
    return _listed(_me())


@blueprint.post("/kin")
@edge.signed_in
@blueprint.arguments(asked.OwnKin)
@blueprint.response(201, asked.KinDoneAnswer)
def declare(told: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Say who a relative is; it binds the relative's household once it is confirmed."""
    me = _me()
    return edge.submit(
        "kin.declare",
        lambda session, now: kin.declare(session, actor=edge.actor(), now=now, person_id=me, **told),
        content=told,
    )


@blueprint.post("/kin/confirmations")
@edge.signed_in
@blueprint.arguments(asked.KinConfirmed)
@blueprint.response(200, asked.KinDoneAnswer)
def confirm(told: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Say of a declared kinship that it is so: the relative, or staff near to neither."""
    return edge.submit(
        "kin.confirm", lambda session, now: kin.confirm(session, actor=edge.actor(), now=now, **told), content=told
    )


@blueprint.post("/kin/ends")
@edge.signed_in
@blueprint.arguments(asked.KinEnded)
@blueprint.response(200, asked.KinDoneAnswer)
def end(told: dict[str, Any], **_: Any) -> dict[str, Any]:
    """A kinship counts no more from today on; the record stays."""
    return edge.submit(
        "kin.end", lambda session, now: kin.end(session, actor=edge.actor(), now=now, **told), content=told
    )


@blueprint.get("/people/<uuid:person_id>/kin")
@edge.signed_in
@blueprint.response(200, asked.KinListAnswer)
def of_person(person_id: UUID, **_: Any) -> dict[str, Any]:
    """Somebody's relatives, for herself and for staff."""
    return _listed(person_id)


@blueprint.post("/people/<uuid:person_id>/kin")
@edge.signed_in
@blueprint.arguments(asked.KinRecorded)
@blueprint.response(201, asked.KinDoneAnswer)
def record(told: dict[str, Any], person_id: UUID, **_: Any) -> dict[str, Any]:
    """Staff write down a relative, with what it rests on; it counts at once."""
    return edge.submit(
        "kin.declare",
        lambda session, now: kin.declare(session, actor=edge.actor(), now=now, person_id=person_id, **told),
        content={**told, "person": person_id},
    )


def _me() -> UUID:
    actor = edge.actor()
    if actor.person_id is None:
        raise NotFound(what="person")
    return actor.person_id


def _listed(person_id: UUID) -> dict[str, Any]:
    rows = kin.listed(edge.read(), actor=edge.actor(), person_id=person_id)
    return {
        "kin": [
            {"id": str(one.row.id), "name": one.other.name, "number": one.other.number, "relation": one.relation,
             "how": one.row.how, "waits": one.row.waits, "since_on": one.row.since_on, "ended_on": one.row.ended_on}
            for one in rows
        ]
    }  # fmt: skip

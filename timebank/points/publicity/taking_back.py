"""Who objected takes it back while nobody answered: only then, since what was answered is the board's.

She does it herself, or staff write down what she said. Nobody near to whose line it is writes that down for her, and she
is told, so that nobody takes back what another one said. Others' objections to the line stand.
"""

import datetime as dt
import uuid
from typing import Any

from sqlmodel import Session

from timebank.errors import BadInput
from timebank.people import kin
from timebank.permissions import Actor, require
from timebank.points.awards.tables import PUBLISHED
from timebank.points.publicity import joined as together
from timebank.points.publicity import lines, states
from timebank.points.publicity.refusals import OwnHousehold, TooNearToAnswer

REASON_MOST = 300


def take_back(
    session: Session, *, actor: Actor, now: dt.datetime, objection_id: uuid.UUID, reason: str = ""
) -> dict[str, Any]:
    """Take an open objection back; its line goes on as if it had not been raised. Staff say why and how she told them.

    Raises:
        ObjectionWrongState: it was answered, or taken back before.
        OwnHousehold, TooNearToAnswer: staff write it down for somebody, and are near to whose line it is.
        BadInput: staff gave no reason.
    """
    objection, _, line, award = together.found(session, actor, objection_id)
    own = actor.person_id is not None and objection.person_id == actor.person_id
    require(actor, "publicity.object_to" if own else "publicity.object_on_behalf", community_id=actor.community_id)
    if not own:
        if actor.household_id is not None and award.household_id == actor.household_id:
            raise OwnHousehold
        if actor.person_id is not None and kin.are_near(
            session, award.community_id, actor.person_id, award.household_id
        ):
            raise TooNearToAnswer
    said = reason.strip()
    if len(said) > REASON_MOST or not (own or said):
        raise BadInput(fields={"reason": "required"})
    objection.state = states.objection_after(objection.state, "take_back")
    objection.taken_back_at, objection.taken_back_by, objection.taken_back_reason = now, actor.number, said or None
    session.flush()
    state = lines.move(session, line, award, "take_back_late" if objection.late else "take_back")
    if state == states.HANGING:
        award.state = PUBLISHED
        session.flush()
    if not own:
        together.tell(session, objection, "objection_taken_back", now=now)
    return {"code": "objection_taken_back", "objection_id": objection.id.hex, "line_state": state}

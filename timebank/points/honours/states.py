"""The life of an honour list, as data. Pure: no tables, no clock.

proposed    made by its rule
confirmed   a second officer looked it through
published   on the board; residents can object for some days
standing    the days are over and every objection is answered
ended       shown no more: a black list by itself, a red one when the next takes its place
withdrawn   given up
"""

from timebank.errors import Refused

STATES = ("proposed", "confirmed", "published", "standing", "ended", "withdrawn")
PROPOSED, CONFIRMED, PUBLISHED, STANDING, ENDED, WITHDRAWN = STATES
SHOWN = (PUBLISHED, STANDING)

# verb -> {state before: state after}. A verb that is not here in a state is refused there.
MOVES: dict[str, dict[str, str]] = {
    "hear": {PROPOSED: PROPOSED},
    "confirm": {PROPOSED: CONFIRMED},
    "publish": {CONFIRMED: PUBLISHED},
    "consent": {PROPOSED: PROPOSED, CONFIRMED: CONFIRMED, PUBLISHED: PUBLISHED, STANDING: STANDING},
    "take_off": {PROPOSED: PROPOSED, CONFIRMED: CONFIRMED, PUBLISHED: PUBLISHED, STANDING: STANDING},
    "object": {PUBLISHED: PUBLISHED},
    "answer": {PUBLISHED: PUBLISHED},
    "settle": {PUBLISHED: STANDING},
    "end": {PUBLISHED: ENDED, STANDING: ENDED},
    "withdraw": {PROPOSED: WITHDRAWN, CONFIRMED: WITHDRAWN, PUBLISHED: WITHDRAWN},
}


class HonourWrongState(Refused):
    """The list is not in a state in which this can be done (facts `state`, `number`)."""

    code = "honour_wrong_state"


def after(state: str, verb: str, *, number: int) -> str:
    """The state that `verb` leads to from `state`; refused where it leads nowhere."""
    found = MOVES[verb].get(state)
    if found is None:
        raise HonourWrongState(state=state, number=number)
    return found

"""The life of a split or merge, as data. Pure: no tables, no clock.

asked       written down; one side or both have still to agree
agreed      both sides agreed; the desk carries it out
done        register and points are changed; it can be taken back for a while
undone      taken back
declined    one side said no
withdrawn   given up before it was carried out
lapsed      the other side never said a word, or nobody carried it out
"""

from timebank.errors import Refused

STATES = ("asked", "agreed", "done", "undone", "declined", "withdrawn", "lapsed")
ASKED, AGREED, DONE, UNDONE, DECLINED, WITHDRAWN, LAPSED = STATES
OPEN = (ASKED, AGREED)

# verb -> {state before: state after}. A verb that is not here in a state is refused there.
MOVES: dict[str, dict[str, str]] = {
    "agree_first": {ASKED: ASKED},
    "agree_last": {ASKED: AGREED},
    "decline": {ASKED: DECLINED, AGREED: DECLINED},
    "withdraw": {ASKED: WITHDRAWN, AGREED: WITHDRAWN},
    "lapse": {ASKED: LAPSED, AGREED: LAPSED},
    "carry_out": {AGREED: DONE},
    "undo": {DONE: UNDONE},
}


class HouseholdChangeWrongState(Refused):
    """The change is not in a state in which this can be done (facts `state`, `number`)."""

    code = "household_change_wrong_state"


def after(state: str, verb: str, *, number: int) -> str:
    """The state that `verb` leads to from `state`; refused where it leads nowhere."""
    found = MOVES[verb].get(state)
    if found is None:
        raise HouseholdChangeWrongState(state=state, number=number)
    return found

"""The life of a year's close, as data. Pure: no tables, no clock.

draft       one officer wrote down what was decided
announced   a second one confirmed it; households are told, and can still redeem
closing     it runs, some households at a time
closed      done; it can be undone for sixty days, as a whole
undoing     the entries are booked back, some households at a time
undone      as if it had not been; the year can be closed again
withdrawn   given up before it began
"""

from timebank.errors import Refused

STATES = ("draft", "announced", "closing", "closed", "undoing", "undone", "withdrawn")
DRAFT, ANNOUNCED, CLOSING, CLOSED, UNDOING, UNDONE, WITHDRAWN = STATES

# Still on its way, one way or the other: no other year begins meanwhile.
OPEN = (DRAFT, ANNOUNCED, CLOSING, UNDOING)

# verb -> {state before: state after}. A verb that is not here in a state is refused there.
MOVES: dict[str, dict[str, str]] = {
    "announce": {DRAFT: ANNOUNCED},
    "withdraw": {DRAFT: WITHDRAWN, ANNOUNCED: WITHDRAWN},
    "start": {ANNOUNCED: CLOSING},
    "finish": {CLOSING: CLOSED},
    "ask_undo": {CLOSED: CLOSED},
    "undo": {CLOSED: UNDOING},
    "finish_undo": {UNDOING: UNDONE},
}


class YearWrongState(Refused):
    """The close is not in a state in which this can be done (facts `state`, `year`)."""

    code = "year_wrong_state"


def after(state: str, verb: str, *, year: int) -> str:
    """The state that `verb` leads to from `state`; YearWrongState where it leads nowhere."""
    found = MOVES[verb].get(state)
    if found is None:
        raise YearWrongState(state=state, year=year)
    return found

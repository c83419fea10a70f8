"""The lives of a batch, its lines, objections and corrections: states and the only ways between them. Pure: no tables, no clock.

A verb leads from a state to one of the states named there; which of them, the objections that are left say (`standing`).
A verb that is not here in a state is refused there.
"""

from collections.abc import Collection, Mapping

from timebank.errors import Refused

Moves = Mapping[str, Mapping[str, tuple[str, ...]]]

# A batch. While it is being laid out nobody sees it; it closes when every line found its end.
PUBLISHING, HANGING, BOOKING, CLOSED = BATCH = ("publishing", "hanging", "booking", "closed")
BATCH_MOVES: Moves = {
    "lay": {PUBLISHING: (PUBLISHING,)},
    "hang_out": {PUBLISHING: (HANGING,)},
    "begin_booking": {HANGING: (BOOKING,)},
    "close": {BOOKING: (CLOSED,)},
}

# A line of it. The first four are before the books, `contested` and `reversing` after them; withdrawn, corrected and
# reversed are ends.
OBJECTED, ANSWERED, APPEALED, BOOKED = "objected", "answered", "appealed", "booked"
CONTESTED, REVERSING, WITHDRAWN, CORRECTED, REVERSED = "contested", "reversing", "withdrawn", "corrected", "reversed"
LINE = (
    HANGING,
    OBJECTED,
    ANSWERED,
    APPEALED,
    BOOKED,
    CONTESTED,
    REVERSING,
    WITHDRAWN,
    CORRECTED,
    REVERSED,
)
UNBOOKED = (HANGING, OBJECTED, ANSWERED, APPEALED)
FROZEN = (OBJECTED, ANSWERED, APPEALED)
IN_THE_BOOKS = (BOOKED, CONTESTED, REVERSING)
LINE_MOVES: Moves = {
    "object": {HANGING: (OBJECTED,), OBJECTED: (OBJECTED,), ANSWERED: (OBJECTED,), APPEALED: (OBJECTED,)},
    "reject": {OBJECTED: (ANSWERED, APPEALED)},
    "appeal": {ANSWERED: (APPEALED,), APPEALED: (APPEALED,), OBJECTED: (OBJECTED,)},
    "decide_reject": {APPEALED: (ANSWERED,), OBJECTED: (OBJECTED,)},
    "withdraw": {OBJECTED: (WITHDRAWN,), APPEALED: (WITHDRAWN,)},
    "correct": {OBJECTED: (CORRECTED,), APPEALED: (CORRECTED,)},
    "take_back": {OBJECTED: (HANGING, OBJECTED, ANSWERED, APPEALED)},
    "give_up": {HANGING: (WITHDRAWN,), ANSWERED: (WITHDRAWN,)},  # what the ledger will never book
    "book": {HANGING: (BOOKED,), ANSWERED: (BOOKED,)},
    "object_late": {BOOKED: (CONTESTED,), CONTESTED: (CONTESTED,)},
    "reject_late": {CONTESTED: (BOOKED, CONTESTED)},
    "appeal_late": {BOOKED: (CONTESTED,), CONTESTED: (CONTESTED,)},
    "decide_reject_late": {CONTESTED: (BOOKED, CONTESTED)},
    "take_back_late": {CONTESTED: (BOOKED, CONTESTED)},
    "reverse": {CONTESTED: (REVERSED,)},
    "ask_reversal": {BOOKED: (REVERSING,), CONTESTED: (REVERSING,)},
    "confirm_reversal": {REVERSING: (REVERSED,)},
    "decline_reversal": {REVERSING: (BOOKED, CONTESTED)},
}

# An objection. All that are open on one line are answered together, all that are appealed are decided together.
OPEN, UPHELD, REJECTED, APPEAL_UPHELD, APPEAL_REJECTED, TAKEN_BACK = (
    "open",
    "upheld",
    "rejected",
    "appeal_upheld",
    "appeal_rejected",
    "taken_back",
)
OBJECTION = (OPEN, UPHELD, REJECTED, APPEALED, APPEAL_UPHELD, APPEAL_REJECTED, TAKEN_BACK)
OBJECTION_MOVES: Moves = {
    "uphold": {OPEN: (UPHELD,)},
    "reject": {OPEN: (REJECTED,)},
    "appeal": {REJECTED: (APPEALED,)},
    "decide_uphold": {APPEALED: (APPEAL_UPHELD,)},
    "decide_reject": {APPEALED: (APPEAL_REJECTED,)},
    "take_back": {OPEN: (TAKEN_BACK,)},
    # The second officer declined to book back: the answer stands no more, and an appeal that it had ended goes on.
    "decline": {UPHELD: (REJECTED,), APPEAL_UPHELD: (APPEALED,)},
}

# A correction of what is booked: asked by one, confirmed or declined by another where it takes two.
ASKED, CONFIRMED, DECLINED = CORRECTION = ("asked", "confirmed", "declined")
CORRECTION_MOVES: Moves = {"confirm": {ASKED: (CONFIRMED,)}, "decline": {ASKED: (DECLINED,)}}

LIVES: Mapping[str, Moves] = {
    "batch": BATCH_MOVES,
    "line": LINE_MOVES,
    "objection": OBJECTION_MOVES,
    "correction": CORRECTION_MOVES,
}
# Every edge there is, to be counted: life, verb, state before, state after.
EDGES = [
    (life, verb, before, after)
    for life, moves in LIVES.items()
    for verb, ways in moves.items()
    for before, afters in ways.items()
    for after in afters
]


class BatchWrongState(Refused):
    """The batch is not in the state that this step needs (facts `state`, `number`)."""

    code = "batch_wrong_state"


class LineWrongState(Refused):
    """The line is not in a state in which this can be done (facts `state`, `line`)."""

    code = "line_wrong_state"


class ObjectionWrongState(Refused):
    """The objection is not in the state that this step needs (fact `state`)."""

    code = "objection_wrong_state"


def batch_after(state: str, verb: str, *, number: int) -> str:
    """The state that `verb` leads a batch to.

    Raises:
        BatchWrongState.
    """
    ways = BATCH_MOVES[verb].get(state)
    if ways is None:
        raise BatchWrongState(state=state, number=number)
    return ways[0]


def objection_after(state: str, verb: str) -> str:
    """The state that `verb` leads an objection to.

    Raises:
        ObjectionWrongState.
    """
    ways = OBJECTION_MOVES[verb].get(state)
    if ways is None:
        raise ObjectionWrongState(state=state)
    return ways[0]


def line_after(state: str, verb: str, *, line: int, objections: Collection[str] = ()) -> str:
    """The state that `verb` leads a line to, by the states of the objections that it has now.

    Raises:
        LineWrongState.
    """
    ways = LINE_MOVES[verb].get(state)
    if ways is None:
        raise LineWrongState(state=state, line=line)
    if len(ways) == 1:
        return ways[0]
    stands = standing(objections, booked=state in IN_THE_BOOKS)
    if stands not in ways:
        raise LineWrongState(state=state, line=line)
    return stands


def may(state: str, verb: str) -> bool:
    """Whether this can be done to a line in this state."""
    return state in LINE_MOVES[verb]


def standing(objections: Collection[str], *, booked: bool) -> str:
    """What a line is while these objections to it stand: an open one counts before an appeal, that before an answer."""
    if booked:
        return CONTESTED if OPEN in objections or APPEALED in objections else BOOKED
    if OPEN in objections:
        return OBJECTED
    if APPEALED in objections:
        return APPEALED
    return ANSWERED if set(objections) - {TAKEN_BACK} else HANGING

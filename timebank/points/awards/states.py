"""The life of an award: its states and the only ways between them. Pure: no tables, no clock.

An award that is `entered` may be at a stage: `hearing` (a household is heard before a deduction is looked at), `second`
(drawn, or large: another person looks too), `committee` (the two differ). A verb leads from a state to one of those
named there; a verb that is not here in a state is refused there.
"""

from collections.abc import Mapping

from timebank.errors import Refused

Moves = Mapping[str, Mapping[str, tuple[str, ...]]]

ENTERED, APPROVED, REJECTED, PUBLISHED, FROZEN, BOOKED, WITHDRAWN, REVERSED = STATES = (
    "entered",
    "approved",
    "rejected",
    "published",
    "frozen",
    "booked",
    "withdrawn",
    "reversed",
)
HEARING, SECOND, COMMITTEE = STAGES = ("hearing", "second", "committee")
# As people are told: the stage of what is entered, else the state.
LIFE = (HEARING, ENTERED, SECOND, COMMITTEE, *STATES[1:])
# What counts towards a cap: everything that was or may still be booked.
LIVE = (ENTERED, APPROVED, PUBLISHED, FROZEN, BOOKED)
# Still to be decided by somebody.
OPEN = (HEARING, ENTERED, SECOND, COMMITTEE)

MOVES: Moves = {
    # A deduction is heard first.
    "invite": {HEARING: (HEARING,)},
    "hear": {HEARING: (ENTERED,)},
    "not_come": {HEARING: (ENTERED,)},
    "review": {ENTERED: (APPROVED, REJECTED, SECOND), SECOND: (APPROVED, REJECTED, COMMITTEE)},
    "decide": {COMMITTEE: (APPROVED, REJECTED)},
    # The latest verdict is taken back, by who gave it, for a short time and before the award hangs out.
    "undo": {
        APPROVED: (ENTERED, SECOND, COMMITTEE),
        REJECTED: (ENTERED, SECOND, COMMITTEE),
        SECOND: (ENTERED,),
        COMMITTEE: (SECOND,),
    },
    "withdraw": {
        HEARING: (WITHDRAWN,),
        ENTERED: (WITHDRAWN,),
        SECOND: (WITHDRAWN,),
        COMMITTEE: (WITHDRAWN,),
        APPROVED: (WITHDRAWN,),
    },
    # Publicity and the books: timebank/points/publicity tells them by the states of the line.
    "publish": {APPROVED: (PUBLISHED,)},
    "freeze": {PUBLISHED: (FROZEN,), FROZEN: (FROZEN,)},
    "thaw": {FROZEN: (PUBLISHED,)},
    "take_down": {FROZEN: (WITHDRAWN,)},
    "book": {PUBLISHED: (BOOKED,), FROZEN: (BOOKED,)},
    "reverse": {BOOKED: (REVERSED,)},
}
# The verbs of this package; the others are publicity's.
OWN = ("invite", "hear", "not_come", "review", "decide", "undo", "withdraw")
EDGES = [
    (verb, before, after)
    for verb, ways in MOVES.items()
    if verb in OWN
    for before, afters in ways.items()
    for after in afters
]


class AwardWrongState(Refused):
    """The award is not in a state in which this can be done (facts `state`, `verb`)."""

    code = "award_wrong_state"


def check(state: str, verb: str) -> tuple[str, ...]:
    """The states that `verb` may lead to from `state`, as in `LIFE`.

    Raises:
        AwardWrongState: there are none.
    """
    ways = MOVES[verb].get(state)
    if ways is None:
        raise AwardWrongState(state=state, verb=verb)
    return ways


def after(state: str, verb: str, to: str) -> tuple[str, str | None]:
    """State and stage of an award that `verb` leads from `state` to `to`.

    Raises:
        AwardWrongState: there is no such way.
    """
    if to not in check(state, verb):
        raise AwardWrongState(state=state, verb=verb)
    return (ENTERED, to) if to in STAGES else (to, None)


def life(state: str, stage: str | None) -> str:
    """What an award is, in one word."""
    return stage or state


def verbs_in(state: str) -> set[str]:
    """What can be done with an award that is this, as in `LIFE`."""
    return {verb for verb, ways in MOVES.items() if state in ways}

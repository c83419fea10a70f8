"""The states of an order and the only ways between them. Pure: no tables, no clock."""

from timebank.errors import Refused

# In the order of the story, then the four aside.
STATES = (
    "submitted",
    "accepted",
    "dispatched",
    "claimed",
    "in_service",
    "to_confirm",
    "done",
    "rated",
    "returned",
    "cancelled",
    "disputed",
    "overdue",
)

# Still to be worked on: minutes may be promised or held.
OPEN = ("submitted", "accepted", "dispatched", "claimed", "in_service", "to_confirm", "disputed", "overdue")
# Asked for, nothing held yet: what they will need is promised, so that it is not ordered twice.
PROMISED = ("submitted", "accepted", "dispatched")
# A hold stands behind these.
HELD = ("claimed", "in_service", "to_confirm", "disputed")
# A person is, or will be, busy with these.
BOOKED = ("claimed", "in_service")

# verb -> {state before: state after}. A verb that is not here in a state is refused there.
MOVES: dict[str, dict[str, str]] = {
    "accept": {"submitted": "accepted"},
    "return": {"submitted": "returned", "accepted": "returned"},
    "dispatch": {"accepted": "dispatched", "dispatched": "dispatched"},
    "reschedule": {"overdue": "accepted", "accepted": "accepted", "dispatched": "accepted"},
    "claim": {"dispatched": "claimed"},
    "stand_by": {"claimed": "claimed"},
    "step_back": {"claimed": "dispatched"},
    "promote": {"dispatched": "claimed"},
    "no_show": {"claimed": "dispatched"},
    "arrive": {"claimed": "in_service"},
    "leave": {"in_service": "to_confirm"},
    "confirm": {"to_confirm": "done"},
    "dispute": {"in_service": "disputed", "to_confirm": "disputed"},
    "resolve": {"disputed": "done"},
    "rate": {"done": "rated"},
    "cancel": {
        "submitted": "cancelled",
        "accepted": "cancelled",
        "dispatched": "cancelled",
        "claimed": "cancelled",
        "overdue": "cancelled",
        "disputed": "cancelled",
    },
    # A wrong tap is taken back: the order waits again to be accepted.
    "undo": {
        "accepted": "submitted",
        "returned": "submitted",
        "cancelled": "submitted",
    },
    "become_overdue": {
        "submitted": "overdue",
        "accepted": "overdue",
        "dispatched": "overdue",
        "claimed": "overdue",
    },
}


class WrongState(Refused):
    """The order is not in a state in which this can be done. Facts: state, number."""

    code = "order_wrong_state"
    status = 409


def after(state: str, verb: str, *, number: int) -> str:
    """Return the state that `verb` leads to from `state`.

    Raises:
        WrongState: it leads nowhere from there.
    """
    try:
        return MOVES[verb][state]
    except KeyError:
        raise WrongState(state=state, number=number) from None


def verbs_in(state: str) -> set[str]:
    """Return what can be done with an order in this state."""
    return {verb for verb, ways in MOVES.items() if state in ways}

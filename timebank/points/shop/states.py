"""The lives of the shop as data: which verb leads from which state to which; the property test counts these edges.

| order | |
|---|---|
| ordered | points held, pieces reserved, a code to fetch them with |
| handed_over | fetched; lines say how many pieces were given, the rest of the hold was freed |
| cancelled | given up by the household, or at the desk for it |
| called_off | by the merchant, with the reason: goods missing |
| expired | not fetched in time |

A return (退货) of what was handed over is a matter of its own: asked by one, booked or refused by another.
A stock-taking (盘点) is counted by one and, where it differs by much, confirmed by another.
"""

from dataclasses import dataclass

from timebank.points.shop.tables import CALLED_OFF, CANCELLED, EXPIRED, HANDED_OVER, ORDERED


@dataclass(frozen=True)
class Edge:
    """One verb: from a state (None: there was nothing) to another."""

    verb: str
    before: str | None
    after: str


ORDER = (
    Edge("redeem", None, ORDERED),
    Edge("hand_over", ORDERED, HANDED_OVER),
    Edge("hand_over_in_part", ORDERED, HANDED_OVER),
    Edge("cancel", ORDERED, CANCELLED),
    Edge("call_off", ORDERED, CALLED_OFF),
    Edge("expire", ORDERED, EXPIRED),
)

ASKED, BOOKED, REFUSED = "asked", "booked", "refused"
RETURN = (
    Edge("ask_return", None, ASKED),
    Edge("book_return", ASKED, BOOKED),
    Edge("refuse_return", ASKED, REFUSED),
)

COUNTING, WAITING, DROPPED = "counting", "waiting", "dropped"
TAKING = (
    Edge("begin_taking", None, COUNTING),
    Edge("enter_taking", COUNTING, BOOKED),  # no difference, or a small one
    Edge("enter_large_taking", COUNTING, WAITING),
    Edge("confirm_taking", WAITING, BOOKED),
    Edge("count_again", WAITING, COUNTING),
    Edge("drop_taking", COUNTING, DROPPED),
    Edge("drop_large_taking", WAITING, DROPPED),
)

EDGES = {"order": ORDER, "return": RETURN, "taking": TAKING}


def may(life: str, verb: str, before: str | None) -> bool:
    """Whether a verb may be done in this state."""
    return any(edge.verb == verb and edge.before == before for edge in EDGES[life])

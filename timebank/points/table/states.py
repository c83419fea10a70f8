"""The stages of a points table and the only ways between them. Pure: no tables, no clock.

draft          edited row by row
deliberating   villagers and members comment, the committee answers; nothing is edited
voted          somebody recorded the vote; a second person confirms the record
published      carried: seven days on the board, objections are answered
in_force       from the first day of a month
superseded     a later version is in force; events of its days are scored by it for ever
withdrawn      taken back before it was in force
not_carried    voted down
returned       an objection was upheld: closed as it stands, a new draft is made of it
"""

from timebank.errors import Refused

STAGES = (
    "draft",
    "deliberating",
    "voted",
    "published",
    "in_force",
    "superseded",
    "withdrawn",
    "not_carried",
    "returned",
)
PUBLIC = ("deliberating", "voted", "published", "in_force", "superseded")  # anybody may read these
CLOSED = ("withdrawn", "not_carried", "returned")

# verb -> {stage before: stage after}. A verb that is not here in a stage is refused there.
MOVES: dict[str, dict[str, str]] = {
    "edit": {"draft": "draft"},
    "open_deliberation": {"draft": "deliberating"},
    "comment": {"deliberating": "deliberating"},
    "answer_comment": {"deliberating": "deliberating", "draft": "draft", "voted": "voted"},
    "revise": {"deliberating": "draft"},
    "record_vote": {"deliberating": "voted"},
    "send_back_vote": {"voted": "deliberating"},
    "carry": {"voted": "published"},
    "vote_down": {"voted": "not_carried"},
    "object_to": {"published": "published"},
    "answer_objection": {"published": "published"},
    "return_to_draft": {"published": "returned"},
    "come_into_force": {"published": "in_force"},
    "supersede": {"in_force": "superseded"},
    "withdraw": {"draft": "withdrawn", "deliberating": "withdrawn", "published": "withdrawn"},
    "switch": {"published": "published", "in_force": "in_force"},
}


class TableWrongState(Refused):
    """The table is not in the stage that this step needs (facts `state`, `verb`)."""

    code = "table_wrong_state"


def after(stage: str, verb: str) -> str:
    """The stage that `verb` leads to.

    Raises:
        TableWrongState: it leads nowhere from there.
    """
    try:
        return MOVES[verb][stage]
    except KeyError:
        raise TableWrongState(state=stage, verb=verb) from None


def verbs_in(stage: str) -> set[str]:
    """What can be done with a table in this stage."""
    return {verb for verb, ways in MOVES.items() if stage in ways}


def edges() -> set[tuple[str, str, str]]:
    """Every way as (stage, verb, stage)."""
    return {(before, verb, after) for verb, ways in MOVES.items() for before, after in ways.items()}

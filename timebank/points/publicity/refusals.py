"""Why something of publicity is not done; the words stand in api/messages/publicity.py."""

from timebank.errors import Refused
from timebank.points.awards.entering import OwnHousehold
from timebank.points.publicity.states import LineWrongState, ObjectionWrongState

__all__ = [
    "AppealTooLate",
    "DecisionFinal",
    "LineDone",
    "LineWrongState",
    "NeedsAnotherOfficer",
    "NotBooked",
    "NotRefused",
    "ObjectedAlready",
    "ObjectionTooLate",
    "ObjectionWrongState",
    "OwnHousehold",
    "OwnObjection",
    "ReviewedIt",
    "TooManyObjections",
    "TooNearToAnswer",
]


class ObjectionTooLate(Refused):
    """The period of objections is over, and for late ones the line is not booked yet or its days are over (fact `until_at`)."""

    code = "objection_too_late"


class ObjectedAlready(Refused):
    """The same person objected to this line already."""

    code = "objected_already"


class TooManyObjections(Refused):
    """The resident has as many objections waiting as anybody may have (fact `most`)."""

    code = "too_many_objections"


class LineDone(Refused):
    """The line found another end already (fact `state`)."""

    code = "line_done"


class AppealTooLate(Refused):
    """The time to appeal is over (fact `until_at`)."""

    code = "appeal_too_late"


class NotBooked(Refused):
    """Only what is booked can be corrected by booking it back (fact `state`)."""

    code = "not_booked"


class NeedsAnotherOfficer(Refused):
    """A correction is confirmed by somebody else than who asked for it."""

    code = "needs_another_officer"
    status = 403


class DecisionFinal(Refused):
    """The supervision committee decided that a line is booked back; nobody declines that."""

    code = "decision_final"


class NotRefused(Refused):
    """The ledger did not refuse the line: it is booked when its time has come (fact `line`)."""

    code = "not_refused"


class OwnObjection(Refused):
    """Nobody answers the own objection, nor decides about the own answer."""

    code = "own_objection"
    status = 403


class TooNearToAnswer(Refused):
    """Who answers is a relative of whose line it is, or of somebody who objected to it."""

    code = "too_near_to_answer"
    status = 403


class ReviewedIt(Refused):
    """Who reviewed the award does not answer for it."""

    code = "reviewed_it"
    status = 403

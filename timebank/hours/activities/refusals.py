"""What a volunteer, or who plans for her, can be told about an activity."""

from timebank.errors import Refused


class ActivityCancelled(Refused):
    """The activity does not take place."""

    code = "activity_cancelled"
    status = 409


class ActivityOver(Refused):
    """The activity has ended."""

    code = "activity_over"
    status = 409


class ActivityBegun(Refused):
    """The activity has begun: a place is no longer given back, and times are no longer changed."""

    code = "activity_begun"
    status = 409


class ActivityFull(Refused):
    """No place is left, to somebody who stands at the point."""

    code = "activity_full"
    status = 409


class SignUpClosed(Refused):
    """Sign-up ended before the activity. Facts: closed_at."""

    code = "sign_up_closed"
    status = 409


class SignUpBlocked(Refused):
    """Missed places block signing up for a while. Facts: count, days, until."""

    code = "sign_up_blocked"
    status = 409


class BusyThen(Refused):
    """One person is in one place: she has promised that time already. Facts: other, on, since, until."""

    code = "busy_then"
    status = 409


class SkillMissing(Refused):
    """The activity asks for a skill that the register does not know of her. Facts: skills (codes that are missing)."""

    code = "skill_missing"
    status = 409


class AgeOutside(Refused):
    """Too young or too old for it on its day, or of unknown age. Facts: age, age_from, age_to."""

    code = "age_outside"
    status = 409


class InsuranceMissing(Refused):
    """The activity is for those who are insured on its day."""

    code = "insurance_missing"
    status = 409


class NoPlace(Refused):
    """She has no place in this activity."""

    code = "no_place"
    status = 409


class AbsenceTooEarly(Refused):
    """Somebody is missing only some time after the start. Facts: minutes."""

    code = "absence_too_early"
    status = 409


class AbsenceTooLate(Refused):
    """Too long ago to be written down or to be excused. Facts: days."""

    code = "absence_too_late"
    status = 409


class WasThere(Refused):
    """She has a visit in that time. Facts: place, since."""

    code = "was_there"
    status = 409


class PlaceCameLate(Refused):
    """She came up from the waiting list so shortly before that nobody can blame her. Facts: minutes."""

    code = "place_came_late"
    status = 409


class NothingToDecide(Refused):
    """There is no excuse that waits for a decision."""

    code = "nothing_to_decide"
    status = 409


class OwnExcuse(Refused):
    """Nobody decides about herself."""

    code = "own_excuse"
    status = 409

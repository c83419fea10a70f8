"""Activities (活动): planned service at a point, with room for so many, a leader, sign-up and a waiting list.

tables        what is planned, who has a place, who waits, who did not come
rhythm        on which days something comes again: pure
campaigns     templates of what comes each year
requirements  ages, skills, insurance; who is blocked or busy
seats         signing up, waiting, coming up, giving up
planning      planning, changing and calling off: one, or all that follow
absences      who did not come, and the reasons given for it
reading       lists, one activity, who has a place
roster        turns of duty from a point's opening hours
refusals      what can be told
"""

from timebank.hours.activities.planning import cancel, plan
from timebank.hours.activities.reading import ActivityLine, coming, mine, next_of, running_at, shown
from timebank.hours.activities.refusals import ActivityCancelled, ActivityFull, ActivityOver
from timebank.hours.activities.requirements import Terms
from timebank.hours.activities.seats import by_number, give_up, sign_up, take_place
from timebank.hours.activities.tables import Absence, Activity, ActivitySeries, ActivityTerms, SignUp

__all__ = [
    "Absence",
    "Activity",
    "ActivityCancelled",
    "ActivityFull",
    "ActivityLine",
    "ActivityOver",
    "ActivitySeries",
    "ActivityTerms",
    "SignUp",
    "Terms",
    "by_number",
    "cancel",
    "coming",
    "give_up",
    "mine",
    "next_of",
    "plan",
    "running_at",
    "shown",
    "sign_up",
    "take_place",
]

"""Activities (活动): planned service at a point."""

from timebank.hours.activities.planning import (
    ActivityCancelled,
    ActivityFull,
    ActivityLine,
    ActivityOver,
    by_number,
    cancel,
    coming,
    give_up,
    plan,
    running_at,
    shown,
    sign_up,
    take_place,
)
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
    "by_number",
    "cancel",
    "coming",
    "give_up",
    "plan",
    "running_at",
    "shown",
    "sign_up",
    "take_place",
]

"""Attendance: who served where, from when to when, and what that is worth.

reckoning   from two instants to credited minutes: pure rules
tables      visits, their days and reviews, and the guards that keep one person in one place
tickets     what opening a code proves, until one has signed in
visits      a visit begins, ends, is settled: for scans and for orders
scans       check in and out by a scanned code
late        late entries, and check-outs that somebody forgot
reviews     another person's word on what two live scans do not prove
reading     statements, who is here, what waits
"""

from timebank.hours.attendance.late import close_forgotten, enter_late
from timebank.hours.attendance.reviews import review
from timebank.hours.attendance.scans import check_in, check_out
from timebank.hours.attendance.tables import GUARDS, Visit, VisitDay, VisitReview
from timebank.hours.attendance.visits import close_visit, open_visit, reckon_visit, settle_visit

__all__ = [
    "GUARDS",
    "Visit",
    "VisitDay",
    "VisitReview",
    "check_in",
    "check_out",
    "close_forgotten",
    "close_visit",
    "enter_late",
    "open_visit",
    "reckon_visit",
    "review",
    "settle_visit",
]

"""Points for service that was scanned: the community decides which service gives which item of its points table.

Minutes and points stand beside each other and never become each other: a visit that is finished and reviewed keeps its
minutes, and makes exactly one award by the table in force on its day. Hours and points do not know each other; this
lies above both.

tables    decisions, and what became of each visit
deciding  which service gives which item, from a day on
awarding  the awards of visits, and what follows when a visit is corrected
"""

from timebank.attendance_points.tables import AttendanceAward, AttendanceLink

__all__ = ["AttendanceAward", "AttendanceLink"]

"""The classes of service that minutes are earned in: the eight of the orders' whitelist, and two of activities.

A multiplier of an adopted table is for one class. `talks` (a lecture, a course) and `public` (cleaning a square) are
no service to one person, so nobody orders them; their hours are banked all the same.
"""

SERVICE_CLASSES = ("meals", "cleaning", "bathing", "outings", "medical_escort", "errands", "visits", "home_help")
ACTIVITY_CLASSES = (*SERVICE_CLASSES, "talks", "public")

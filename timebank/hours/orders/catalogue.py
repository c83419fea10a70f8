"""The whitelist of services that minutes can be redeemed for, in eight classes.

Only what a neighbour may do without a licence: no nursing, no medicine, no legal or money matters. (The published
schemes of Beijing and Shanghai name non-professional services in eight classes; this grouping is our own.)
Words for people stand in api/messages/orders.py, by these codes.
"""

from dataclasses import dataclass

CLASSES = ("meals", "cleaning", "bathing", "outings", "medical_escort", "errands", "visits", "home_help")


@dataclass(frozen=True)
class Service:
    """One thing that can be ordered. `usual_minutes` is what a form proposes; `skill` what a volunteer must be able to do."""

    code: str
    class_code: str
    usual_minutes: int
    skill: str = ""  # a code of timebank.people.skills


SERVICES: dict[str, Service] = {
    service.code: service
    for service in (
        Service("meal_delivery", "meals", 30),
        Service("meal_company", "meals", 60),
        Service("meal_cooking", "meals", 90, skill="cooking"),
        Service("room_cleaning", "cleaning", 90),
        Service("laundry", "cleaning", 60),
        Service("bath_company", "bathing", 60),
        Service("haircut", "bathing", 45, skill="haircut"),
        Service("walk_company", "outings", 60),
        Service("outing_company", "outings", 120),
        Service("clinic_escort", "medical_escort", 120),
        Service("medicine_pick_up", "medical_escort", 45),
        Service("shopping", "errands", 60),
        Service("bill_errand", "errands", 45),
        Service("paperwork_errand", "errands", 60),
        Service("patrol_visit", "visits", 30),
        Service("chat_company", "visits", 60),
        Service("reading_company", "visits", 60),
        Service("small_repair", "home_help", 60, skill="repairs"),
        Service("phone_lesson", "home_help", 60),
    )
}

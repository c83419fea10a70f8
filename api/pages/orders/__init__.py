"""Orders: the staff's board and work lists, the volunteer's and the elder's lists, one order with its timeline, every deed.

lists    what is listed for whom, and the board as a file
work     what waits, whom to call, what nobody claims: the lists of the dispatcher, the desk, the grid worker
placing  a new order: by the elder, her helper, or staff; what it costs before it is asked for
one      one order, its slip, and which deeds are open to who looks
deeds    the deeds, for forms and JSON alike
"""

from api import errors
from api.pages.orders import lists, one, placing, work  # noqa: F401  # their routes
from api.pages.orders.blueprint import blueprint
from api.pages.orders.deeds import DEEDS, carry_out, carry_out_at_door, worded
from api.pages.orders.placing import own_person, place, place_from_form, placing_facts

__all__ = [
    "DEEDS",
    "blueprint",
    "carry_out",
    "carry_out_at_door",
    "own_person",
    "place",
    "place_from_form",
    "placing_facts",
    "worded",
]

blueprint.app_template_filter("filled")(errors.filled)

"""Orders for service (点单 派单 领单 评单): from what an elder asks for to the minutes that move for it.

catalogue   which services may be ordered
states      the states of an order and the only ways between them
rows        the tables, and what every verb does with an order: load it, move it, write its timeline
placing     place, accept, return, cancel
dispatch    who could go, nearest first; open an order to them
claiming    claim with a hold on the minutes, step back, no-shows
serving     arrival and leaving by the door card
tear_off    the one-time number of an order, for those who have no phone
settling    confirm, dispute, resolve, rate; the minutes move
follow_up   call-backs, and what time does by itself: flags, escalation, overdue, confirmation by silence
board       what people see: lists, one order, its timeline
"""

from timebank.hours.orders.disputes import OrderDispute
from timebank.hours.orders.escalation import OrderEscalation
from timebank.hours.orders.rows import OrderCallBack, OrderClaim, OrderEvent, OrderOffer, ServiceOrder

__all__ = ["OrderCallBack", "OrderClaim", "OrderDispute", "OrderEscalation", "OrderEvent", "OrderOffer", "ServiceOrder"]

"""Orders for service (点单 派单 领单 评单): from what an elder asks for to the minutes that move for it.

catalogue   which services may be ordered, and the skill that some need
states      the states of an order and the only ways between them
rows        the tables, and what every verb does with an order: load it, move it, write its timeline
parties     who acts for whom, whose areas a list holds, what an elder can spend
pricing     what an order may cost, known before it is asked for
placing     place, accept, return, change the time, cancel
undoing     take a wrong tap back
volunteers  who could go, and what keeps somebody from it
dispatch    who could go, nearest first; open an order to them
claiming    claim with a hold on the minutes, step back, no-shows
serving     arrival and leaving by the door card
tear_off    the one-time number of an order, for those who have no phone
settling    confirm, rate
paying      the bill, and how the minutes move
disputes    objections and the four verdicts
follow_up   call-backs, and what time does by itself: steps, overdue, confirmation by silence
escalation  who sees to what nobody claims
telling     whom people hear of it
waiting     work lists: what waits, what is disputed, whom to call
board       what people see: lists, one order, its timeline
"""

from timebank.hours.orders.disputes import OrderDispute
from timebank.hours.orders.escalation import OrderEscalation
from timebank.hours.orders.rows import OrderCallBack, OrderClaim, OrderEvent, OrderOffer, ServiceOrder

__all__ = ["OrderCallBack", "OrderClaim", "OrderDispute", "OrderEscalation", "OrderEvent", "OrderOffer", "ServiceOrder"]

"""Who may have what, as data: rules over age, sex, place and circumstances, adopted by the community and kept in versions.

`expressions` says what a rule may be and judges one person by it; `who` knows people and the rules of the house (who may
redeem, who comes first); `adopting` records decisions; `listing` finds everybody whom a rule holds for.
"""

from timebank.hours.eligibility.tables import EligibilityRule
from timebank.hours.eligibility.who import NotEligible, NotOldEnough, priority_of, refuse_who_may_not_order

__all__ = ["EligibilityRule", "NotEligible", "NotOldEnough", "priority_of", "refuse_who_may_not_order"]

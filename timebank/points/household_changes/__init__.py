"""Households split and merge: both sides agree, the register and the points change in one commit, and it can be taken back for a while."""

from timebank.points.household_changes.tables import HouseholdChange as HouseholdChange
from timebank.points.household_changes.tables import HouseholdChangeMember as HouseholdChangeMember

"""What the books say, told in the organisation's terms: trial balance, journal, statements, figures. Reads only.

A figure has one definition, here. Instants of a period run from the local midnight of its first day to that after its
last; entries count by the time they were booked.

trial_balance   opening, added, taken, closing of any days, as booked
journal         entries, searched
statements      one account, line by line
holders         whose an account is
figures         the community in numbers
"""

from timebank.reports.figures import OWN_CLASSES, AgeBand, Figures, figures, outstanding
from timebank.reports.holders import Holder, accounts_of_person, holders
from timebank.reports.journal import Ends, JournalRow, Search, ends_of, entry, journal
from timebank.reports.statements import Statement, statement
from timebank.reports.trial_balance import Period, Sums, TrialBalance, period_of, trial_balance

__all__ = [
    "OWN_CLASSES", "AgeBand", "Ends", "Figures", "Holder", "JournalRow", "Period", "Search", "Statement", "Sums",
    "TrialBalance", "accounts_of_person", "ends_of", "entry", "figures", "holders", "journal", "outstanding", "period_of",
    "statement", "trial_balance",
]  # fmt: skip

"""What the books say, told in the organisation's terms: trial balance, journal, statements, figures. Reads only.

A figure has one definition, here. Instants of a period run from the local midnight of its first day to that after its
last; entries count by the time they were booked, except in the months, which say so.

trial_balance   opening, added, taken, closing of any days, as booked
months          the same of a month by the days on which things happened; closed months stay as they were
closing         month end by two people; closed_months: the table; waiting: what is not done yet
journal         entries, searched
statements      one account, line by line
owners          a person's or a team's minutes by month and line; held: what is held of them, and for what
tallies         visits counted: of points and teams
participation   who gave and who received, of one person and of all
holders         whose an account is
figures         the community in numbers
"""

from timebank.reports.figures import OWN_CLASSES, AgeBand, Figures, figures, outstanding
from timebank.reports.holders import Holder, accounts_of_person, holders
from timebank.reports.journal import Ends, JournalRow, Search, ends_of, entry, journal, read_entry
from timebank.reports.statements import Statement, statement
from timebank.reports.trial_balance import Period, Sums, TrialBalance, period_of, trial_balance

__all__ = [
    "OWN_CLASSES", "AgeBand", "Ends", "Figures", "Holder", "JournalRow", "Period", "Search", "Statement", "Sums",
    "TrialBalance", "accounts_of_person", "ends_of", "entry", "figures", "holders", "journal", "outstanding", "period_of",
    "read_entry", "statement", "trial_balance",
]  # fmt: skip

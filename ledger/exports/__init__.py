"""Plain-text accounting: the whole books of a community as files that other programs read.

`beancount` writes a journal that `bean-check` accepts and whose balances it checks; `tables` writes CSV. Both read the
leaves of one snapshot in order, hold nothing in memory but accounts and their sums of each month, write the same bytes
for the same log, and name nobody: accounts are numbers.
"""

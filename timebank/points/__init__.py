"""Governance points: the table a village votes, awards and their publicity, and the points shop."""

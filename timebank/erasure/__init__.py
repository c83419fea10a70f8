"""Erasing a person (PIPL): asked for on her wish, approved by a second officer, carried out after some days' notice.

`columns` is the list of what is held of people and what becomes of it; `standing` looks at what stands in the way and
counts what would go and what stays; `asking` holds the use cases; `carrying_out` does it. The log is not touched:
accounts are closed, salts and details behind `ref` go, and an `erase` entry says why they are missing.
"""

from timebank.erasure.tables import Erasure as Erasure

"""Taking residents from a spreadsheet into the register: stage, look at each row, confirm all or nothing.

Staged rows lie in tables of their own, outside the lane, and are forgotten after a day. Confirming looks at every row
again, since the register may have changed meanwhile, and then writes people, households and opening balances in a
handful of statements and one commit.

Opening balances come from old books: the row names the page they stand on and the two people who took them over.
"""

from timebank.people.imports.cells import COLUMNS as COLUMNS
from timebank.people.imports.cells import Entry as Entry
from timebank.people.imports.cells import Planned as Planned
from timebank.people.imports.confirming import ImportChanged as ImportChanged
from timebank.people.imports.confirming import ImportEmpty as ImportEmpty
from timebank.people.imports.confirming import ImportHasErrors as ImportHasErrors
from timebank.people.imports.confirming import confirm as confirm
from timebank.people.imports.staging import VERDICTS as VERDICTS
from timebank.people.imports.staging import ImportApplied as ImportApplied
from timebank.people.imports.staging import ImportBatch as ImportBatch
from timebank.people.imports.staging import ImportRow as ImportRow
from timebank.people.imports.staging import Summary as Summary
from timebank.people.imports.staging import batch as batch
from timebank.people.imports.staging import batches as batches
from timebank.people.imports.staging import forget_expired as forget_expired
from timebank.people.imports.staging import look_again as look_again
from timebank.people.imports.staging import rows as rows
from timebank.people.imports.staging import stage as stage
from timebank.people.imports.staging import summary as summary

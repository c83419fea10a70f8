"""Taking residents from a spreadsheet into the register: stage, look at each row, confirm; the rows then come in piece by piece.

Staged rows lie in tables of their own, outside the lane, and are forgotten after a day. Before a file is confirmed every
row is looked at again, since the register may have changed meanwhile; then it is `on its way`, and pieces of some fifty
milliseconds write people, households and opening balances, with everybody else's writes between them. A row whose person
came in otherwise meanwhile is refused, with its reason. Who looks at the file sees how far it is.

Opening balances come from old books: the row names the page they stand on and the two people who took them over.
"""

from timebank.people.imports.applying import AllAtOnce as AllAtOnce
from timebank.people.imports.applying import Pace as Pace
from timebank.people.imports.applying import go_on as go_on
from timebank.people.imports.applying import standing_still as standing_still
from timebank.people.imports.cells import COLUMNS as COLUMNS
from timebank.people.imports.cells import Entry as Entry
from timebank.people.imports.cells import Planned as Planned
from timebank.people.imports.confirming import Checked as Checked
from timebank.people.imports.confirming import ImportChanged as ImportChanged
from timebank.people.imports.confirming import ImportEmpty as ImportEmpty
from timebank.people.imports.confirming import ImportHasErrors as ImportHasErrors
from timebank.people.imports.confirming import check as check
from timebank.people.imports.confirming import confirm as confirm
from timebank.people.imports.staging import REFUSED as REFUSED
from timebank.people.imports.staging import VERDICTS as VERDICTS
from timebank.people.imports.staging import ImportApplied as ImportApplied
from timebank.people.imports.staging import ImportBatch as ImportBatch
from timebank.people.imports.staging import ImportGoingOn as ImportGoingOn
from timebank.people.imports.staging import ImportRefusal as ImportRefusal
from timebank.people.imports.staging import ImportRow as ImportRow
from timebank.people.imports.staging import ImportRun as ImportRun
from timebank.people.imports.staging import Summary as Summary
from timebank.people.imports.staging import batch as batch
from timebank.people.imports.staging import batches as batches
from timebank.people.imports.staging import counts as counts
from timebank.people.imports.staging import forget_expired as forget_expired
from timebank.people.imports.staging import is_over as is_over
from timebank.people.imports.staging import judge as judge
from timebank.people.imports.staging import judge_again as judge_again
from timebank.people.imports.staging import keep as keep
from timebank.people.imports.staging import look_again as look_again
from timebank.people.imports.staging import refusals as refusals
from timebank.people.imports.staging import rows as rows
from timebank.people.imports.staging import run_of as run_of
from timebank.people.imports.staging import stage as stage
from timebank.people.imports.staging import summary as summary

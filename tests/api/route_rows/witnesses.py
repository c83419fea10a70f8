"""Who witnesses the log, and the sheet for the notice board."""

from __future__ import annotations

from tests.api.route_rows.audit import BOOKS
from tests.api.route_rows.log import with_checkpoint

ROWS = {
    "witnesses.page": {"roles": BOOKS, "arrange": with_checkpoint},
    "witnesses.sheet": {"roles": BOOKS, "arrange": with_checkpoint},
}

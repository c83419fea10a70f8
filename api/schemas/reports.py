"""What the pages of reports are asked."""

import datetime as dt

from flask_babel import gettext as _

from api import edge, fields
from api.fields import Schema


class MonthAsked(Schema):
    """By class, or by account of one unit, page after page."""

    unit = fields.Word(("min", "pt"), load_default=None)
    after = fields.Whole(load_default=0)


class Confirmation(Schema):
    """The digest of the figures that the officer saw."""

    digest = fields.Text(required=True, most=64)


class EntryBefore(Schema):
    """Older lines than this entry."""

    before = fields.Whole(load_default=None)


class MonthSpan(Schema):
    """Months from and to (2026-11), both included."""

    first = fields.Text(most=7, data_key="from", load_default=None)
    last = fields.Text(most=7, data_key="to", load_default=None)


def month_of(text: str, name: str = "month") -> dt.date:
    """The first day of a month as addresses and fields write it: 2026-11."""
    try:
        found = dt.date.fromisoformat(f"{text}-01")
    except ValueError:
        raise edge.bad(name, _("请填写年月,例如 2026-11。")) from None
    if not 2000 <= found.year <= 2999:
        raise edge.bad(name, _("请填写年月,例如 2026-11。"))
    return found

"""What the pages of receipts and statements are asked."""

from api import fields
from api.fields import Schema


class StatementAsked(Schema):
    """A statement over days; without them, from the first of this month to today."""

    first = fields.Day(data_key="from", load_default=None)
    last = fields.Day(data_key="to", load_default=None)

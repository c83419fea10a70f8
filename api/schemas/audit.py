"""What the auditor's pages are asked: periods, searches, bundles."""

from api import fields
from api.fields import Schema
from ledger.entries import KINDS

YEARS = {"least": 2000, "most": 2999}


class PeriodAsked(Schema):
    """A month (2026-11), a year, or days from and to; by account or by class."""

    month = fields.Text(most=7, load_default=None)
    year = fields.Whole(**YEARS, load_default=None)
    first = fields.Day(data_key="from", load_default=None)
    last = fields.Day(data_key="to", load_default=None)
    unit = fields.Word(("min", "pt"), load_default=None)
    after = fields.Whole(load_default=0)


class SearchAsked(Schema):
    """Entries by number, kind, account, person, days, or text of id, ref, digest or detail."""

    seq = fields.Whole(load_default=None)
    kind = fields.Word(tuple(KINDS), load_default=None)
    account = fields.Whole(least=1, load_default=None)
    person = fields.Text(most=40, load_default=None)
    first = fields.Day(data_key="from", load_default=None)
    last = fields.Day(data_key="to", load_default=None)
    text = fields.Text(most=100, load_default=None)
    before = fields.Whole(load_default=None)


class Before(Schema):
    """The next page of a list that runs from new to old."""

    before = fields.Whole(load_default=None)


class BundleAsked(Schema):
    """An evidence bundle: with or without details, its trial balance over these days."""

    details = fields.Whole(most=1, load_default=0)
    first = fields.Day(data_key="from", required=True)
    last = fields.Day(data_key="to", required=True)


class ExportAsked(Schema):
    """The books as plain text: in which form, of which days and unit, counted by which day."""

    form = fields.Word(("beancount", "csv"), required=True)
    first = fields.Day(data_key="from", load_default=None)
    last = fields.Day(data_key="to", load_default=None)
    unit = fields.Word(("min", "pt"), load_default=None)
    by = fields.Word(("on", "booked"), load_default="on")

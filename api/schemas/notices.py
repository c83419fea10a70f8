"""Forms of notices."""

from api import fields


class Read(fields.Schema):
    """`upto`: the newest notice that was on the page, so that one which came meanwhile stays unread."""

    upto = fields.Id(required=True)


class Mail(fields.Schema):
    address = fields.Text(required=True, most=254)
    language = fields.Word(("zh", "en"), load_default="zh")


class Nothing(fields.Schema):
    pass

"""What forms about people may say."""

from flask_babel import lazy_gettext as _

from api import fields
from timebank.people.consents import WAYS
from timebank.people.residents import FLAGS, LEFT_REASONS


class Particulars(fields.Schema):
    """A person as staff type her; an empty identity number leaves the kept one as it is."""

    name = fields.Text(required=True, most=60)
    sex = fields.Word(("f", "m"), load_default="")
    born_on = fields.Day(load_default=None)
    phone = fields.Text(load_default="", most=30)
    relation = fields.Text(load_default="", most=20)
    identity_number = fields.Text(load_default=None, most=30)


class NewPerson(Particulars):
    """Somebody who joins the register, in a household that is there or in one of her own."""

    household_number = fields.Whole(load_default=None, least=1)
    address = fields.Text(load_default="", most=200)
    area_path = fields.Text(load_default=None, most=300)


class ChangedPerson(Particulars):
    reason = fields.Text(required=True, most=200)


class Leaving(fields.Schema):
    left_on = fields.Day(required=True)
    left_reason = fields.Word(LEFT_REASONS, required=True)
    reason = fields.Text(required=True, most=200)


class NewFlag(fields.Schema):
    flag = fields.Word(FLAGS, required=True)
    evidence = fields.Text(required=True, most=200)
    from_on = fields.Day(required=True)
    until_on = fields.Day(load_default=None)
    consent_way = fields.Word(WAYS, load_default="")
    consent_evidence = fields.Text(load_default="", least=0, most=200)


class ChangedHousehold(fields.Schema):
    name = fields.Text(load_default="", most=60)
    address = fields.Text(load_default="", most=200)
    area_path = fields.Text(required=True, most=300)


class Search(fields.Schema):
    """A list: what is sought, and after which number its next page begins."""

    q = fields.Text(load_default="", most=60)
    after = fields.Whole(load_default=0)


class Verdict(fields.Schema):
    verdict = fields.Word(("new", "known", "doubtful", "error", "refused"), load_default="")
    after = fields.Whole(load_default=0)


class Confirmation(fields.Schema):
    with_doubtful = fields.Whole(most=1, load_default=0)


class CardChoice(fields.Schema):
    """Which cards to print; people by what they are, or one of them."""

    kind = fields.Word(("personal", "door"), required=True)
    whose = fields.Word(("without", "all", "import", "one"), required=True)
    area_path = fields.Text(load_default=None, most=300)
    batch_id = fields.Id(load_default=None)
    person_id = fields.Id(load_default=None)
    household_id = fields.Id(load_default=None)
    with_codes = fields.Whole(most=1, load_default=0)
    print_anyway = fields.Whole(most=1, load_default=0)


class Replacement(fields.Schema):
    reason = fields.Word(("lost", "worn", "wrong", "left"), required=True)


class NewCommunity(fields.Schema):
    code = fields.Text(required=True, least=2, most=12)
    name = fields.Text(required=True, most=60)
    area_code = fields.Text(required=True, most=32)
    profile = fields.Word(("nanjing-2019", "beijing-2022", "shanghai-2026", "default"), required=True)
    first_officer = fields.Text(required=True, most=60)
    second_officer = fields.Text(required=True, most=60)


SEX_WORDS = {"f": _("女"), "m": _("男"), "": _("未填")}
FLAG_WORDS = {
    "lives_alone": _("独居"),
    "low_income": _("低收入"),
    "disabled": _("残疾或失能"),
    "hardship": _("困难"),
    "guardian_consent": _("监护人已同意"),
}
LEFT_WORDS = {"moved": _("迁出"), "died": _("去世"), "mistake": _("登记有误"), "erased": _("已删除")}
REVOKED_WORDS = {"lost": _("遗失"), "worn": _("损坏"), "wrong": _("印错"), "left": _("离开社区")}
FIELD_LABELS = {
    "name": _("姓名"),
    "sex": _("性别"),
    "born_on": _("出生日期"),
    "phone": _("电话"),
    "relation": _("与户主关系"),
    "identity_last4": _("身份证号末四位"),
    "household": _("户"),
    "area": _("所在区域"),
    "left_on": _("离开日期"),
    "left_reason": _("离开原因"),
}

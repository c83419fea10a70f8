"""Rights as the community adopted them: the rules as sentences, who has them, why and why not; drafting and confirming one."""

import hashlib
import io
import uuid
from datetime import date
from typing import Any

from flask import Blueprint, request, send_file
from flask_babel import gettext as _

from api import edge, eligibility_words, exports, fields
from api.form_words import in_words
from api.messages import eligibility as words
from api.messages.orders import SERVICES as SERVICE_WORDS
from timebank import policy
from timebank.errors import BadInput, NotFound, Refused
from timebank.hours.eligibility import adopting, listing, who
from timebank.hours.eligibility.expressions import CIRCUMSTANCES, BadRule, Expression, all_of, any_of, judge, needed
from timebank.hours.eligibility.tables import PRIORITY
from timebank.hours.eligibility.who import RuleInForce
from timebank.people import areas, communities, residents
from timebank.permissions import may, require

blueprint = Blueprint("eligibility", __name__, url_prefix="/c/<community_code>")

A_PAGE = 50
ROWS = 4  # alternatives in the form
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Draft(fields.Schema):
    number = fields.Whole(load_default=None, allow_none=True)
    name = fields.Text(required=True, most=60)
    gives = fields.Text(load_default="", least=0, most=200)
    services = fields.Word(tuple(SERVICE_WORDS), load_default="")
    body = fields.Text(required=True, most=100)
    decided_on = fields.Day(required=True)
    in_force_from = fields.Day(required=True)
    minutes = fields.Text(required=True, most=4000, lines=True)
    ends = fields.Whole(most=1, load_default=0)


class Alternative(fields.Schema):
    """One row of the form: all of what is filled in must hold."""

    sex = fields.Word(("f", "m"), load_default="")
    from_age = fields.Whole(most=150, load_default=None, allow_none=True)
    to_age = fields.Whole(most=150, load_default=None, allow_none=True)
    area = fields.Text(most=32, load_default="", least=0)


class Listed(fields.Schema):
    when = fields.Word(("today", "month"), load_default="today")
    after = fields.Whole(load_default=0)


@blueprint.get("/benefits")
@edge.signed_in
def rules() -> Any:
    """The rules in force and to come; to a resident also whether they hold for her, to staff who has them."""
    return edge.page("eligibility/rules.html", **_facts())


@blueprint.get("/benefits/<int:number>/people")
@edge.signed_in
def holders(number: int) -> Any:
    """Who has a right today, or on some day of this month."""
    asked = edge.load(Listed)
    actor, session = edge.actor(), edge.read()
    rule, days = _rule_and_days(number, asked["when"])
    found = listing.holders(session, actor=actor, rule=rule, days=days, after=asked["after"], limit=A_PAGE + 1)
    return edge.page(
        "eligibility/holders.html",
        rule=rule,
        title=_name(rule),
        sentence=eligibility_words.sentence(rule.expression, _places()),
        found=found[:A_PAGE],
        total=listing.count(session, actor=actor, rule=rule, days=days),
        when=asked["when"],
        after=asked["after"],
        next_after=found[A_PAGE - 1].person.serial if len(found) > A_PAGE else 0,
        places=_place_names(),
        may_export=may(actor, "eligibility.export", community_id=edge.community().id),
        today=days[0] if asked["when"] == "today" else None,
    )


@blueprint.get("/benefits/<int:number>/people.<any(xlsx, csv):form>")
@edge.signed_in
def export(number: int, form: str) -> Any:
    """The whole list to take away; whoever takes it answers for it."""
    asked = edge.load(Listed)
    actor = edge.actor()
    require(actor, "eligibility.export", community_id=edge.community().id)
    rule, days = _rule_and_days(number, asked["when"])
    places = _place_names()
    sheet = exports.Sheet(
        name=_name(rule),
        columns=[
            exports.Column(label=_("编号")),
            exports.Column(label=_("姓名")),
            exports.Column(label=_("年龄"), kind="whole"),
            exports.Column(label=_("所在区域")),
            exports.Column(label=_("从哪天起"), kind="day"),
        ],
        rows=[
            (one.person.number, one.person.name, one.age, places.get(one.person.area_path, ""), one.from_on)
            for one in listing.exported(edge.read(), actor=actor, rule=rule, days=days)
        ],
        notes=[eligibility_words.sentence(rule.expression, _places())],
    )
    file = io.BytesIO()
    if form == "xlsx":
        exports.write_xlsx(file, [sheet], zone=edge.community().zone)
    else:
        exports.write_csv(file, sheet, zone=edge.community().zone)
    file.seek(0)
    return send_file(
        file,
        mimetype=XLSX if form == "xlsx" else "text/csv; charset=utf-8",
        as_attachment=True,
        download_name=f"{edge.community().code}-benefit-{number}-{days[0].isoformat()}.{form}",
    )


@blueprint.get("/people/<uuid:person_id>/benefits")
@edge.signed_in
def person(person_id: uuid.UUID) -> Any:
    """What somebody has a right to today, condition by condition; for herself and staff."""
    session, place, actor = edge.read(), edge.community(), edge.actor()
    found = residents.person(session, place.id, person_id)
    require(actor, "eligibility.look", community_id=place.id, person_id=found.id, area_path=found.area_path)
    today = communities.local_day(place, edge.now())
    is_staff = may(actor, "eligibility.listed", community_id=place.id, area_path=found.area_path)
    return edge.page(
        "eligibility/person.html",
        person=found,
        today=today,
        judged=_judged(found, today, with_priority=is_staff),
        is_staff=is_staff,
    )


@blueprint.get("/benefits/draft")
@edge.signed_in
def new() -> Any:
    number = request.args.get("number", "")
    return edge.page(
        "eligibility/new.html", **_draft_facts(int(number) if number.isdecimal() and len(number) < 9 else None)
    )


@blueprint.post("/benefits/draft")
@edge.signed_in
def draft() -> Any:
    require(edge.actor(), "eligibility.draft", community_id=edge.community().id)
    number: int | None = None
    try:
        asked = edge.load(Draft)
        number = asked["number"]
        expression = None if asked.pop("ends") else _typed_expression()
        services = [code for code in request.form.getlist("services") if code in SERVICE_WORDS]
        # The minutes of the meeting stay with the committee; their digest says later which ones they were.
        digest = hashlib.sha256(asked.pop("minutes").encode()).hexdigest()
        told = {**asked, "services": services, "expression": expression, "minutes_digest": digest}
        edge.submit(
            "eligibility.draft",
            lambda session, now: adopting.draft(session, actor=edge.actor(), now=now, **told),
            content=told,
        )
    except (BadInput, BadRule) as refused:
        return edge.again("eligibility/new.html", _in_words(refused), **_draft_facts(number))
    edge.flash_done(_("草案已记下,等另一个人确认。"))
    return edge.back("eligibility.rules")


@blueprint.post("/benefits/drafts/<uuid:rule_id>/confirm")
@edge.signed_in
def confirm(rule_id: uuid.UUID) -> Any:
    try:
        done = edge.submit(
            "eligibility.confirm",
            lambda session, now: adopting.confirm(session, actor=edge.actor(), now=now, rule_id=rule_id),
            content={"rule": rule_id},
        )
    except BadInput as refused:
        return edge.again("eligibility/rules.html", _in_words(refused), **_facts())
    edge.flash_done(_("第 %(version)s 版已确认,摘要已写入账本。", version=done["version"]))
    return edge.back("eligibility.rules")


@blueprint.post("/benefits/drafts/<uuid:rule_id>/withdraw")
@edge.signed_in
def withdraw(rule_id: uuid.UUID) -> Any:
    edge.submit(
        "eligibility.withdraw",
        lambda session, now: adopting.withdraw(session, actor=edge.actor(), now=now, rule_id=rule_id),
        content={"rule": rule_id},
    )
    edge.flash_done(_("草案已撤下,规则没有变。"))
    return edge.back("eligibility.rules")


def _facts() -> dict[str, Any]:
    actor, place, session = edge.actor(), edge.community(), edge.read()
    require(actor, "eligibility.read", community_id=place.id)
    today = communities.local_day(place, edge.now())
    is_staff = may(actor, "eligibility.listed", community_id=place.id)
    in_force = who.rules_in_force(session, place.id, today)
    first = who.priority_rule(session, place.id, today) if is_staff else None
    mine = residents.person(session, place.id, actor.person_id) if actor.person_id else None
    places = _places()
    may_confirm = may(actor, "eligibility.confirm", community_id=place.id)
    return {
        "today": today,
        "rules": [(rule, eligibility_words.sentence(rule.expression, places)) for rule in in_force],
        "redeemers": eligibility_words.sentence(who.redeemer_rule(policy.of(session, place.id, today))),
        "first": (first, eligibility_words.sentence(first.expression, places)) if first else None,
        "to_come": [(row, _row_sentence(row, places)) for row in adopting.to_come(session, place.id, today) if is_staff or row.number],
        "drafts": [(row, _row_sentence(row, places)) for row in adopting.drafts(session, actor=actor)]
        if may_confirm
        else [],
        "judged": {one["rule"].number: one for one in _judged(mine, today, with_priority=False)} if mine else {},
        "mine": mine,
        "me": actor.number,
        "is_staff": is_staff,
        "may_draft": may(actor, "eligibility.draft", community_id=place.id),
        "service_words": SERVICE_WORDS,
    }  # fmt: skip


def _judged(person: residents.Person, today: date, *, with_priority: bool) -> list[dict[str, Any]]:
    """Each rule of today for one person: whether it holds, its conditions, and what is missing."""
    session, place, places = edge.read(), edge.community(), _places()
    redeem = RuleInForce(-1, 0, _("用时间换服务"), "", (), who.redeemer_rule(policy.of(session, place.id, today)))
    found = [redeem, *who.rules_in_force(session, place.id, today)]
    first = who.priority_rule(session, place.id, today) if with_priority else None
    facts = who.facts_of(session, person, today)
    told = []
    for rule in [*found, *([first] if first else [])]:
        judged = judge(rule.expression, facts)
        missing = needed(judged, facts)
        told.append(
            {
                "rule": rule,
                "name": _name(rule),
                "sentence": eligibility_words.sentence(rule.expression, places),
                "holds": judged.holds,
                "lines": eligibility_words.why(judged, facts, places),
                "missing": eligibility_words.sentence(missing, places) if missing else "",
            }
        )
    return told


def _name(rule: RuleInForce) -> str:
    return rule.name or _("重点老人(优先派单)")


def _row_sentence(row: Any, places: dict[str, str]) -> str:
    return eligibility_words.sentence(row.expression, places) if row.expression else _("不再有这项权利")


def _rule_and_days(number: int, when: str) -> tuple[RuleInForce, list[date]]:
    """The rule in force today, and today or the days of this month."""
    session, place = edge.read(), edge.community()
    require(edge.actor(), "eligibility.listed", community_id=place.id)
    today = communities.local_day(place, edge.now())
    if number == PRIORITY:
        found = who.priority_rule(session, place.id, today)
    else:
        rules = who.rules_in_force(session, place.id, today)
        found = next((rule for rule in rules if rule.number == number), None)
    if found is None:
        raise NotFound(what="eligibility_rule")
    return found, [today] if when == "today" else listing.days_of_month(today)


def _draft_facts(number: int | None) -> dict[str, Any]:
    actor, place, session = edge.actor(), edge.community(), edge.read()
    require(actor, "eligibility.draft", community_id=place.id)
    today = communities.local_day(place, edge.now())
    newest = None
    if number is not None:
        newest = next(iter(adopting.of_number(session, place.id, number)), None)
        if newest is None and number != PRIORITY:
            raise NotFound(what="eligibility_rule")
    return {
        "number": number,
        "newest": newest,
        "is_priority": number == PRIORITY,
        "newest_sentence": _row_sentence(newest, _places()) if newest else "",
        "today": today,
        "row_count": ROWS,
        "circumstances": [(flag, words.FLAGS[flag]) for flag in CIRCUMSTANCES],
        "sexes": [("", _("不限")), ("f", _("女")), ("m", _("男"))],
        "area_choices": [("", _("全社区")), *_places().items()],
        "service_words": list(SERVICE_WORDS.items()),
        "chosen_services": request.form.getlist("services") if request.method == "POST" else newest.services if newest else [],
        "ticked": lambda name, value: value in request.form.getlist(name),
    }  # fmt: skip


def _typed_expression() -> Expression:
    """The rows that were filled in: any of them, and in each all that it says."""
    rows = []
    for at in range(ROWS):
        names = ("sex", "from_age", "to_age", "area")
        try:
            row = Alternative().load(_Typed({name: request.form.get(f"{name}_{at}", "") for name in names}))
        except fields.ValidationError as error:
            raise BadInput(
                fields={f"{name}_{at}": why for name, why in fields.plain_messages(error.messages).items()}
            ) from None
        conditions: list[Expression] = [{"sex": row["sex"]}] if row["sex"] else []
        ages = {end: row[name] for end, name in (("from", "from_age"), ("to", "to_age")) if row[name] is not None}
        conditions += [{"age": ages}] if ages else []
        conditions += [{"flag": flag} for flag in request.form.getlist(f"flags_{at}")]
        conditions += [{"not": {"flag": flag}} for flag in request.form.getlist(f"without_{at}")]
        conditions += [{"area": row["area"]}] if row["area"] else []
        if conditions:
            rows.append(all_of(conditions))
    if not rows:
        raise BadInput(fields={"from_age_0": _("请至少填一行条件。")})
    return any_of(rows)


class _Typed(dict[str, str]):
    """A row of a form, read as a form is."""

    def getlist(self, name: str) -> list[str]:
        return [self[name]] if name in self else []


def _places() -> dict[str, str]:
    """The community's grids and buildings by code."""
    below = areas.under(edge.read(), edge.community().area_path)
    return {place.code: place.name for place in below if place.path != edge.community().area_path}


def _place_names() -> dict[str, str]:
    return {place.path: place.name for place in areas.under(edge.read(), edge.community().area_path)}


def _in_words(refused: Refused) -> Refused:
    return in_words(refused, words.WRONG)

"""The books for auditors: trial balance, entries down to their scans, accounts, checkpoints, findings, evidence bundles."""

import datetime as dt
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import structlog
from flask import Blueprint, Flask, Response, current_app, request, send_file, url_for
from flask_babel import gettext as _

from api import bundles, edge, errors, exports, seals
from api.exports import Column, Sheet
from api.keys import SigningKeys
from api.messages import audit as words
from api.schemas.audit import Before, BundleAsked, PeriodAsked, SearchAsked
from ledger import log, verify, witness
from ledger.errors import BadEntry, LogBroken
from ledger.tree import leaf_hash
from timebank import checks, evidence, origins, permissions, policy, reports
from timebank.errors import NotFound, Refused
from timebank.people import communities
from timebank.permissions import Actor
from timebank.reports import JournalRow, Period, Search, TrialBalance

blueprint = Blueprint("audit", __name__)

ACCOUNTS_A_PAGE = 100
ENTRIES_A_PAGE = 50
EXPORTED_MOST = 200_000  # rows of an export; more than Excel is pleasant with, less than it holds
FINDINGS_MOST = 200
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class PeriodBackwards(Refused):
    code = "period_backwards"
    status = 422


class BundleNotPublic(Refused):
    code = "bundle_not_public"
    status = 404


class ExportTooLong(Refused):
    """More rows than a spreadsheet is for: a file that leaves some out would be taken for the whole."""

    code = "export_too_long"
    status = 422


@blueprint.errorhandler(BadEntry)
@blueprint.errorhandler(LogBroken)
def damaged(error: Exception) -> Any:
    """The log itself is damaged: an alarm, told as such."""
    structlog.get_logger().error("log damaged", community=edge.community().code, told=str(error))
    return errors.answer("log_damaged", 500, {"told": str(error)})


@blueprint.get("/c/<community_code>/books")
@edge.signed_in
def overview() -> Any:
    """Where the books stand: what is owed, where the log ends, what was signed, and the ways in."""
    asks, reading = edge.actor(), edge.read()
    permissions.require(asks, "reports.trial_balance", community_id=asks.community_id)
    today = _today()
    return edge.page(
        "audit/overview.html",
        figures=reports.figures(reading, edge.community().id),
        bands=reports.outstanding(reading, actor=asks, on=today),
        end=log.end(reading, edge.community().id),
        newest=log.newest(reading, edge.community().id),
        tasks=_tasks(asks),
    )


@blueprint.get("/c/<community_code>/books/trial-balance")
@edge.signed_in
def trial_balance() -> Any:
    """期初、本期增加、本期减少、期末, by class, or by account of one unit."""
    asks = edge.actor()
    permissions.require(asks, "reports.trial_balance", community_id=asks.community_id)
    try:
        asked = edge.load(PeriodAsked)
        period = _period(asked)
    except Refused as refused:
        return edge.again("audit/trial_balance.html", refused, **_no_balance())
    found = reports.trial_balance(edge.read(), actor=asks, period=period)
    shown = next((one for one in found if one.unit == asked["unit"]), None)
    rows = [] if shown is None else [row for row in shown.rows if row.account > asked["after"]][: ACCOUNTS_A_PAGE + 1]
    return edge.page(
        "audit/trial_balance.html",
        period=period,
        balances=found,
        shown=shown,
        rows=rows[:ACCOUNTS_A_PAGE],
        holders=reports.holders(edge.read(), edge.community().id, [row.account for row in rows]),
        next_after=rows[ACCOUNTS_A_PAGE - 1].account if len(rows) > ACCOUNTS_A_PAGE else None,
        today=_today(),
        words=words,
    )


@blueprint.get("/c/<community_code>/books/trial-balance.<any(xlsx, csv):form>")
@edge.signed_in
def trial_balance_file(form: str) -> Any:
    """The trial balance by account, every account; in Excel a worksheet a unit."""
    asked = edge.load(PeriodAsked)
    period = _period(asked)
    found = reports.trial_balance(edge.read(), actor=edge.actor(), period=period)
    chosen = [one for one in found if asked["unit"] in (None, one.unit)]
    sheets = [_balance_sheet(one, period) for one in (chosen if form == "xlsx" else chosen[:1])]
    return _file(form, sheets, f"trial-balance-{period.first}-{period.last}")


@blueprint.get("/c/<community_code>/books/entries")
@edge.signed_in
def entries() -> Any:
    """Search the log; newest first."""
    asks = edge.actor()
    permissions.require(asks, "reports.journal", community_id=asks.community_id)
    try:
        asked = edge.load(SearchAsked)
        found = reports.journal(
            edge.read(), actor=asks, search=_search(asked), before=asked["before"], limit=ENTRIES_A_PAGE + 1
        )
    except Refused as refused:
        return edge.again("audit/entries.html", refused, rows=[], holders={}, next_url="", asked={}, words=words)
    rows = found[:ENTRIES_A_PAGE]
    more: dict[str, Any] = {**request.args.to_dict(), "before": rows[-1].seq} if len(found) > ENTRIES_A_PAGE else {}
    return edge.page(
        "audit/entries.html",
        rows=rows,
        holders=reports.holders(edge.read(), edge.community().id, [leg[0] for row in rows for leg in row.legs[:6]]),
        next_url=url_for("audit.entries", **more) if more else "",
        asked=request.args.to_dict(),
        words=words,
    )


@blueprint.get("/c/<community_code>/books/entries.<any(xlsx, csv):form>")
@edge.signed_in
def entries_file(form: str) -> Any:
    """The same search as a file, a row a leg, so that the amounts add up."""
    asked = edge.load(SearchAsked)
    asks, search = edge.actor(), _search(asked)
    permissions.require(asks, "reports.journal", community_id=asks.community_id)
    return _file(form, [_journal_sheet(lambda: _all_rows(asks, search))], f"entries-{_today()}")


@blueprint.get("/c/<community_code>/books/entries/<int:seq>")
@edge.signed_in
def entry(seq: int) -> Any:
    """One entry: its leaf and hash, its legs, what it rests on, and which checkpoint commits to it."""
    asks, reading, place = edge.actor(), edge.read(), edge.community()
    found, row = reports.entry(reading, actor=asks, seq=seq)
    stored = log.hash_of(reading, place.id, seq)
    own = leaf_hash(found.leaf)
    return edge.page(
        "audit/entry.html",
        entry=found,
        row=row,
        leaf=found.leaf.decode("ascii", errors="backslashreplace"),
        leaf_hash=own.hex(),
        hash_agrees=stored is None or stored == own,
        holders=reports.holders(reading, place.id, [number for number, _amount in row.legs]),
        origins=origins.of_entry(reading, actor=asks, detail=found.detail),
        ends=reports.ends_of(reading, place.id, seq),
        checkpoint=log.covering(reading, place.id, seq),
        words=words,
    )


@blueprint.get("/c/<community_code>/books/accounts/<int:number>")
@edge.signed_in
def account(number: int) -> Any:
    """An account and its statement, newest line first."""
    asked = edge.load(Before)
    found = reports.statement(edge.read(), actor=edge.actor(), account=number, before=asked["before"])
    return edge.page(
        "audit/account.html",
        found=found,
        next_url=url_for("audit.account", number=number, before=found.lines[-1].seq) if found.more else "",
        first_url=url_for("audit.account", number=number) if asked["before"] else "",
        words=words,
    )


@blueprint.get("/c/<community_code>/books/accounts/<int:number>.<any(xlsx, csv):form>")
@edge.signed_in
def account_file(number: int, form: str) -> Any:
    """The whole statement as a file."""
    asks, reading = edge.actor(), edge.read()
    found = reports.statement(reading, actor=asks, account=number, limit=EXPORTED_MOST)
    if found.more:
        raise ExportTooLong(most=EXPORTED_MOST)
    return _file(form, [_statement_sheet(found)], f"account-{number}")


@blueprint.get("/c/<community_code>/books/checkpoints")
@edge.signed_in
def checkpoints() -> Any:
    """What was signed: by these an outsider proves what the log held."""
    asks, reading, place = edge.actor(), edge.read(), edge.community()
    permissions.require(asks, "reports.trial_balance", community_id=asks.community_id)
    asked = edge.load(Before)
    found = log.checkpoints(reading, place.id, below=asked["before"], limit=ENTRIES_A_PAGE + 1)
    shown = found[:ENTRIES_A_PAGE]
    return edge.page(
        "audit/checkpoints.html",
        checkpoints=shown,
        end=log.end(reading, place.id),
        vkey=log.vkey(reading, place.id),
        may_sign=permissions.may(asks, "evidence.checkpoint", community_id=asks.community_id),
        next_url=url_for("audit.checkpoints", before=shown[-1].size) if len(found) > len(shown) else "",
        instant_of=_instant,
    )


@blueprint.post("/c/<community_code>/books/checkpoints")
@edge.signed_in
def sign() -> Any:
    """Sign where the log stands now."""
    asks = edge.actor()
    permissions.require(asks, "evidence.checkpoint", community_id=asks.community_id)
    signed = evidence.checkpoint(edge.storage(), edge.community().id, seals.seal_of(_keys(), edge.community().code))
    edge.stop_reading()
    edge.flash_done(_("检查点已签到第 %(size)s 笔。", size=signed.size))
    return edge.back("audit.checkpoints")


@blueprint.get("/c/<community_code>/books/findings")
@edge.signed_in
def findings() -> Any:
    """Domain rows against entries, looked at now."""
    found = checks.find(edge.read(), actor=edge.actor(), limit=FINDINGS_MOST)
    return edge.page("audit/findings.html", findings=found, most=FINDINGS_MOST, words=words, sentence=_sentence)


@blueprint.get("/c/<community_code>/books/bundle")
@edge.signed_in
def bundle() -> Any:
    """Ask for an evidence bundle, and find those that were made."""
    asks = edge.actor()
    permissions.require(asks, "evidence.bundle", community_id=asks.community_id)
    return edge.page("audit/bundle.html", **_bundle_facts(asks))


@blueprint.post("/c/<community_code>/books/bundle")
@edge.signed_in
def make_bundle() -> Any:
    """Begin to make a bundle; its page shows how far it is."""
    asks = edge.actor()
    permissions.require(asks, "evidence.bundle", community_id=asks.community_id)
    try:
        asked = edge.load(BundleAsked)
        made = maker().begin(
            actor=asks,
            community=edge.community(),
            period=_days(asked["first"], asked["last"]),
            details=bool(asked["details"]),
        )
    except Refused as refused:
        if refused.status == 403:
            raise
        return edge.again("audit/bundle.html", refused, **_bundle_facts(asks))
    return edge.back("audit.bundle_state", name=made.name)


@blueprint.get("/c/<community_code>/books/bundle/<name>")
@edge.signed_in
def bundle_state(name: str) -> Any:
    """How far a bundle is; the page asks again by itself until it is ready."""
    return shown_state("audit/bundle_state.html", _bundle_for(edge.actor(), name), public=False)


@blueprint.get("/c/<community_code>/books/bundle/<name>.zip")
@edge.signed_in
def bundle_file(name: str) -> Any:
    """The bundle itself."""
    return download(_bundle_for(edge.actor(), name))


@blueprint.get("/c/<community_code>/proof")
def proof() -> Any:
    """For everybody: the log's key, its newest checkpoint, how to verify, and the plain bundle if the policy lets."""
    reading, place = edge.read(), edge.community()
    return edge.page(
        "audit/proof.html",
        vkey=log.vkey(reading, place.id),
        newest=log.newest(reading, place.id),
        figures=reports.figures(reading, place.id),
        public=_public(),
        bundle=maker().public(place.code),
        instant_of=_instant,
    )


@blueprint.post("/c/<community_code>/proof")
def make_public_bundle() -> Any:
    """Make today's plain bundle, if nobody did yet; it holds no personal data."""
    if not _public():
        raise BundleNotPublic
    place = edge.community()
    made = maker().public(place.code)
    oldest = (edge.now() - bundles.KEPT).timestamp() * 1000
    if made is None or made.state == "failed" or made.asked_at < oldest:
        today = _today()
        maker().begin(
            actor=Actor.system(place.id, "public_bundle"),
            community=place,
            period=_days(today.replace(day=1), today),
            details=False,
            public=True,
        )
    return edge.back("audit.proof_state")


@blueprint.get("/c/<community_code>/proof/bundle")
def proof_state() -> Any:
    made = maker().public(edge.community().code) if _public() else None
    if made is None:
        raise NotFound(what="bundle")
    return shown_state("audit/bundle_state.html", made, public=True)


@blueprint.get("/c/<community_code>/proof/bundle.zip")
def proof_file() -> Any:
    """The plain bundle for everybody."""
    made = maker().public(edge.community().code) if _public() else None
    if made is None or made.state != "ready":
        raise NotFound(what="bundle")
    return download(made)


@blueprint.get("/c/<community_code>/proof/vkey")
def vkey() -> Response:
    """The line by which outsiders know this log."""
    return Response(f"{log.vkey(edge.read(), edge.community().id)}\n", mimetype="text/plain")


@blueprint.get("/c/<community_code>/proof/checkpoint")
def newest_checkpoint() -> Response:
    """The newest signed checkpoint with its cosignatures, to keep: it is what proves later that nothing was rewritten."""
    newest = log.newest(edge.read(), edge.community().id)
    if newest is None:
        raise NotFound(what="checkpoint")
    headers = {"Content-Disposition": f'attachment; filename="{edge.community().code}-{newest.size}-checkpoint.txt"'}
    shown = witness.cosigned(edge.read(), edge.community().id, newest)
    return Response(shown, mimetype="text/plain", headers=headers)


@blueprint.get("/verify.py")
def verifier() -> Any:
    """The verifier: one file that needs nothing but Python."""
    content = Path(verify.__file__).read_bytes()
    headers = {"Content-Disposition": 'attachment; filename="verify.py"'}
    return Response(content, mimetype="text/x-python", headers=headers)


@blueprint.app_template_global("instant_of_ms")
def _instant(ms: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(ms / 1000, dt.UTC)


# Periods and searches


def _period(asked: dict[str, Any]) -> Period:
    """Days if they are given, else the year, else the month, else this month."""
    today = _today()
    if asked["first"] or asked["last"]:
        return _days(asked["first"] or asked["last"].replace(day=1), asked["last"] or today)
    if asked["year"]:
        return _days(dt.date(asked["year"], 1, 1), dt.date(asked["year"], 12, 31))
    first = today.replace(day=1)
    if asked["month"]:
        try:
            first = dt.date.fromisoformat(f"{asked['month']}-01")
        except ValueError:
            raise edge.bad("month", _("请填写年月,例如 2026-11。")) from None
    return _days(first, (first + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1))


def _days(first: dt.date, last: dt.date) -> Period:
    if first > last:
        raise PeriodBackwards(first=first.isoformat(), last=last.isoformat())
    return reports.period_of(edge.read(), edge.community().id, first, last)


def _search(asked: dict[str, Any]) -> Search:
    return Search(**{name: asked[name] for name in ("seq", "kind", "account", "person", "first", "last", "text")})


def _today() -> dt.date:
    return communities.local_day(edge.community(), edge.now())


def _no_balance() -> dict[str, Any]:
    today = _today()
    return {
        "period": _days(today.replace(day=1), today),
        "balances": [],
        "shown": None,
        "rows": [],
        "holders": {},
        "next_after": None,
        "today": today,
        "words": words,
    }


def _sentence(finding: checks.Finding) -> str:
    return errors.filled(words.FINDINGS.get(finding.code, finding.code), finding.facts)


def _tasks(asks: Actor) -> list[tuple[str, Any, Any, str]]:
    """The ways in: endpoint, label, hint, icon; those that this reader may go."""
    ways = [
        ("audit.trial_balance", "reports.trial_balance", _("试算平衡"), _("期初、增加、减少、期末"), "scale"),
        ("months.listed", "reports.trial_balance", _("月结"), _("一个月一本账,两个人确认"), "calendar"),
        ("statements.points", "statements.read", _("服务点对账单"), _("每月多少人次、多少时间"), "pin"),
        ("statements.teams", "statements.read", _("团队对账单"), _("每个团队存下的时间"), "people"),
        ("participation.community", "participation.community", _("参与情况"), _("多少人付出、多少人得到"), "chart"),
        ("audit.entries", "reports.journal", _("查流水"), _("从任何一个数查到它的扫码"), "search"),
        ("audit.findings", "checks.find", _("核对业务与账本"), _("每条记录与它的流水"), "check"),
        ("audit.checkpoints", "reports.trial_balance", _("检查点"), _("签过名的账本状态"), "seal"),
        ("witnesses.page", "reports.trial_balance", _("见证"), _("谁见过这本账,公示栏用的检查点"), "shield"),
        ("audit.bundle", "evidence.bundle", _("下载证据包"), _("带走,自己核对"), "download"),
        ("plain_text.ask", "exports.plain_text", _("导出文本账"), _("给 beancount 或 Excel"), "text"),
    ]
    return [
        (endpoint, label, hint, icon)
        for endpoint, use_case, label, hint, icon in ways
        if permissions.may(asks, use_case, community_id=asks.community_id)
    ]


# Files


def _balance_sheet(found: TrialBalance, period: Period) -> Sheet:
    kind = _kind(found.unit)
    holders = reports.holders(edge.read(), edge.community().id, [row.account for row in found.rows])
    unit = str(words.UNITS[found.unit])
    total = found.total
    return Sheet(
        name=_("试算平衡 %(unit)s", unit=unit),
        notes=[
            _(
                "%(name)s 试算平衡(%(unit)s)%(first)s 至 %(last)s",
                name=edge.community().name,
                unit=unit,
                first=period.first,
                last=period.last,
            )
        ],
        columns=[
            Column(label=_("账户"), kind="whole"),
            Column(label=_("类别")),
            Column(label=_("持有人编号")),
            Column(label=_("持有人")),
            Column(label=_("期初"), kind=kind),
            Column(label=_("本期增加"), kind=kind),
            Column(label=_("本期减少"), kind=kind),
            Column(label=_("期末"), kind=kind),
        ],
        rows=(
            (
                row.account,
                str(words.CLASSES.get(row.class_, row.class_)),
                holders[row.account].number if row.account in holders else "",
                holders[row.account].name if row.account in holders else "",
                row.opening,
                row.added,
                row.taken,
                row.closing,
            )
            for row in found.rows
        ),
        totals=[(None, _("合计"), "", "", total.opening, total.added, total.taken, total.closing)],
    )


def _kind(unit: str) -> exports.Kind:
    return "minutes" if unit == "min" else "points"


def _journal_sheet(rows: Callable[[], Iterator[JournalRow]]) -> Sheet:
    return Sheet(
        name=_("流水"),
        columns=[
            Column(label=_("凭证号"), kind="whole"),
            Column(label=_("记账时刻"), kind="instant"),
            Column(label=_("发生日"), kind="day"),
            Column(label=_("种类")),
            Column(label=_("用途")),
            Column(label=_("账户"), kind="whole"),
            Column(label=_("时间"), kind="minutes"),
            Column(label=_("积分"), kind="points"),
        ],
        rows=(leg for row in rows() for leg in _legs(row)),
    )


def _legs(row: JournalRow) -> Iterator[tuple[Any, ...]]:
    head = (
        row.seq,
        row.at,
        row.on,
        str(words.KINDS[row.kind]),
        str(words.USE_CASES.get(row.use_case, row.use_case)),
    )
    if not row.legs:
        yield (*head, row.fields.get("account"), None, None)
    # Only what moved: a hold sets aside and ends without moving anything.
    moves = row.kind in ("post", "capture", "reverse")
    for number, amount in row.legs:
        yield (
            *head,
            number,
            amount if moves and row.unit == "min" else None,
            amount if moves and row.unit == "pt" else None,
        )


def _statement_sheet(found: reports.Statement) -> Sheet:
    kind = _kind(found.account.unit)
    return Sheet(
        name=_("对账单 %(number)s", number=found.account.number),
        columns=[
            Column(label=_("凭证号"), kind="whole"),
            Column(label=_("记账时刻"), kind="instant"),
            Column(label=_("发生日"), kind="day"),
            Column(label=_("种类")),
            Column(label=_("用途")),
            Column(label=_("增减"), kind=kind),
            Column(label=_("余额"), kind=kind),
        ],
        rows=(
            (
                line.seq,
                line.at,
                line.on,
                str(words.KINDS[line.kind]),
                _use_case(line.detail),
                line.amount,
                line.balance,
            )
            for line in found.lines
        ),
        totals=[(None, None, None, _("合计"), "", sum(line.amount for line in found.lines), found.account.balance)],
    )


def _use_case(detail: dict[str, Any] | None) -> str:
    name = str((detail or {}).get("use_case", ""))
    return str(words.USE_CASES.get(name, name))


def _all_rows(asks: Actor, search: Search) -> Iterator[JournalRow]:
    before, sent = None, 0
    while rows := reports.journal(edge.read(), actor=asks, search=search, before=before, limit=1_000):
        if sent + len(rows) > EXPORTED_MOST:
            raise ExportTooLong(most=EXPORTED_MOST)
        yield from rows
        before, sent = rows[-1].seq, sent + len(rows)


def _file(form: str, sheets: list[Sheet], name: str) -> Response:
    """The lists as a download."""
    zone = edge.community().zone
    file = io.BytesIO()
    if form == "xlsx":
        exports.write_xlsx(file, sheets, zone=zone)
    else:
        exports.write_csv(file, sheets[0], zone=zone)
    file.seek(0)
    return send_file(
        file,
        mimetype=XLSX if form == "xlsx" else "text/csv; charset=utf-8",
        as_attachment=True,
        download_name=f"{edge.community().code}-{name}.{form}",
    )


# Bundles


def _keys() -> SigningKeys:
    return cast(SigningKeys, current_app.extensions["timebank_keys"])


def maker() -> bundles.Bundles:
    return maker_of(current_app)


def maker_of(app: Flask) -> bundles.Bundles:
    """The folder of bundles of an application."""
    made = app.extensions.get("timebank_bundles")
    if made is None:
        folder = app.extensions["timebank_settings"].data_dir / "bundles"
        made = bundles.Bundles(folder, app.extensions["timebank_storage"], app.extensions["timebank_keys"])
        app.extensions["timebank_bundles"] = made
    return cast(bundles.Bundles, made)


def _bundle_facts(asks: Actor) -> dict[str, Any]:
    today = _today()
    details = permissions.may(asks, "evidence.bundle_with_details", community_id=asks.community_id)
    return {
        "first": today.replace(month=1, day=1),
        "last": today,
        "may_details": details,
        "bundles": [one for one in maker().all(edge.community().code) if details or not one.details],
        "instant_of": _instant,
    }


def _bundle_for(asks: Actor, name: str) -> bundles.Bundle:
    permissions.require(asks, "evidence.bundle", community_id=asks.community_id)
    made = maker().find(edge.community().code, name)
    if made is None:
        raise NotFound(what="bundle")
    if made.details:
        permissions.require(asks, "evidence.bundle_with_details", community_id=asks.community_id)
    return made


def shown_state(template: str, made: bundles.Bundle, **facts: Any) -> Any:
    """How far a file is; the page asks again by itself until it is ready."""
    response = edge.page(template, bundle=made, **facts)
    if made.state == "making":
        response.headers["Refresh"] = "2"
    return response


def download(made: bundles.Bundle) -> Response:
    """The file, once it is ready, under a name that says what it is."""
    path = maker().path(made)
    if made.state != "ready" or not path.is_file():
        raise NotFound(what="bundle")
    day = _instant(made.asked_at).date().isoformat()
    form = "" if made.form == bundles.BUNDLE else f"-{made.form}"
    name = f"{made.community}-{made.size}-{day}{form}{'-details' if made.details else ''}.zip"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Content-Length": str(path.stat().st_size)}
    return Response(_pieces(path), mimetype="application/zip", headers=headers)


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(2**16):
            yield piece


def _public() -> bool:
    return bool(policy.of(edge.read(), edge.community().id, _today()).public_bundle)

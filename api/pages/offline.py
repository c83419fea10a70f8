"""Scanning without a network: the devices, what they sent, what was made of it; and what a browser needs to do it."""

import io
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, request, send_file, url_for
from flask_babel import gettext as _

from api import edge, exports, fields
from api.messages import offline as offline_words
from api.pages.audit import XLSX
from timebank.columns import from_ms, to_ms
from timebank.errors import Refused
from timebank.hours import service_points
from timebank.hours.attendance import devices, station
from timebank.hours.attendance.offline import reading, waiting
from timebank.hours.attendance.offline.reading import Filters, ScanLine, VerdictLine
from timebank.permissions import may

blueprint = Blueprint("offline", __name__)

EXPORTED_MOST = 20_000
SERVICE_WORKER = Path(__file__).parent.parent / "static" / "js" / "offline" / "sw.js"
# What the station needs without a network; scripts find each other by these plain names, styles come by hashed ones.
SCRIPTS = (
    "js/scan.js",
    "js/station.js",
    "js/offline/keep.js",
    "js/offline/send.js",
    "js/offline/station.js",
    "vendor/idb.js",
    "vendor/barcode-detector.js",
    "vendor/zxing_reader.wasm",
)
STYLES = (
    "vendor/pico.min.css",
    "css/app.css",
    "css/scan.css",
    "css/station.css",
    "css/offline.css",
    "img/icons.svg",
    "img/logo.svg",
)


class Revoke(fields.Schema):
    reason = fields.Word(devices.REVOKED_REASONS, required=True)


class Listed(fields.Schema):
    outcome = fields.Word(("accepted", "waiting", "refused"), load_default=None)
    device = fields.Whole(load_default=None, most=1_000_000)
    day = fields.Day(load_default=None)
    at = fields.Whole(load_default=None)
    id = fields.Id(load_default=None)


class Say(fields.Schema):
    word = fields.Word(waiting.WORDS, required=True)
    note = fields.Text(load_default="", most=200)


@blueprint.get("/sw.js")
def service_worker() -> Response:
    """The service worker; at the root and unhashed, since its address is its identity, and asked for anew each time."""
    answer = Response(SERVICE_WORKER.read_text(encoding="utf-8"), content_type="text/javascript; charset=utf-8")
    answer.headers["Cache-Control"] = "public, no-cache"
    answer.headers["Service-Worker-Allowed"] = "/"
    return answer


@blueprint.get("/c/<community_code>/points/<int:number>/station/offline")
@edge.signed_in
def shell(number: int) -> Any:
    """The station as it is without a network; the browser keeps this page. It holds nobody's name but the reader's number."""
    point = station.refuse_who_does_not_staff(edge.read(), actor=edge.actor(), point_number=number)
    return edge.page("offline/station.html", point=point, number=number, now_ms=to_ms(edge.now()), **kept(number))


def kept(number: int) -> dict[str, Any]:
    """What the station's script needs to know to work without a network."""
    return {
        "shell_url": url_for("offline.shell", number=number),
        "batches_url": url_for("v1_offline.batches"),
        "offline_scope": url_for("station.choose").removesuffix("station") + "points/",
        "kept_files": [url_for("static", filename=name) for name in STYLES]
        + [f"/static/{name}" for name in SCRIPTS]
        + [
            url_for("static", filename=name)
            for name in ("js/app.js", "js/scan.js", "js/station.js", "js/offline/station.js")
        ],
        "seen_by": edge.actor().number,
    }


@blueprint.get("/c/<community_code>/devices")
@edge.signed_in
def device_list() -> Any:
    """The devices, and the form that registers this browser."""
    return edge.page("offline/devices.html", **_devices())


@blueprint.post("/c/<community_code>/devices/<int:number>/revoke")
@edge.signed_in
def revoke(number: int) -> Any:
    asked = edge.load(Revoke)
    told = edge.submit(
        "devices.revoke",
        lambda session, now: devices.revoke(
            session, actor=edge.actor(), now=now, number=number, reason=asked["reason"]
        ),
        content={**asked, "number": number},
    )
    edge.flash_done(
        _("“%(name)s”已挂失:它没有上传的一概不收。", name=told["name"])
        if told["reason"] == "lost"
        else _("“%(name)s”已停用:停用以前的扫码照收。", name=told["name"])
    )
    return edge.back("offline.device_list")


@blueprint.get("/c/<community_code>/offline-scans")
@edge.signed_in
def listed() -> Any:
    """What came, the newest first."""
    asked = edge.load(Listed)
    before = (from_ms(asked["at"]), asked["id"]) if asked["at"] is not None and asked["id"] else None
    lines = reading.listed(
        edge.read(), actor=edge.actor(), filters=_filters(asked), before=before, limit=reading.PAGE + 1
    )
    shown, chosen = lines[: reading.PAGE], _chosen(asked)
    last = shown[-1] if len(lines) > reading.PAGE else None
    return edge.page(
        "offline/scans.html",
        lines=shown,
        counts=reading.counts(edge.read(), actor=edge.actor()),
        chosen=asked,
        devices=_device_names(),
        next_url=url_for("offline.listed", **chosen, at=to_ms(last.received_at), id=last.id) if last else "",
        first_url=url_for("offline.listed", **chosen) if before else "",
        file_urls=[(form, url_for("offline.export", form=form, **chosen)) for form in ("xlsx", "csv")],
        **_words(),
    )


@blueprint.get("/c/<community_code>/offline-scans.<any(xlsx, csv):form>")
@edge.signed_in
def export(form: str) -> Any:
    """The list as it is filtered, with both times of each scan."""
    asked = edge.load(Listed)
    lines = reading.listed(edge.read(), actor=edge.actor(), filters=_filters(asked), limit=EXPORTED_MOST)
    sheet = exports.Sheet(
        name=_("离线扫码"),
        columns=[
            exports.Column(label=_("扫码时刻"), kind="instant"),
            exports.Column(label=_("设备时钟上的时刻"), kind="instant"),
            exports.Column(label=_("收到"), kind="instant"),
            exports.Column(label=_("设备")),
            exports.Column(label=_("批次"), kind="whole"),
            exports.Column(label=_("服务点")),
            exports.Column(label=_("方向")),
            exports.Column(label=_("编号")),
            exports.Column(label=_("姓名")),
            exports.Column(label=_("判定")),
            exports.Column(label=_("说明")),
            exports.Column(label=_("判定人")),
        ],
        rows=[_row(line) for line in lines],
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
        download_name=f"{edge.community().code}-offline-scans.{form}",
    )


@blueprint.get("/c/<community_code>/offline-scans/<uuid:scan_id>")
@edge.signed_in
def scan(scan_id: UUID) -> Any:
    """One scan: the fact above, the verdicts below."""
    return edge.page("offline/scan.html", **_one(scan_id))


@blueprint.post("/c/<community_code>/offline-scans/<uuid:scan_id>")
@edge.signed_in
def say(scan_id: UUID) -> Any:
    """Staff decide; what waits of the same person is tried again at once."""
    try:
        asked = edge.load(Say)
        told = edge.submit(
            "offline.say",
            lambda session, now: waiting.say(
                session, actor=edge.actor(), now=now, scan_id=scan_id, word=asked["word"], note=asked["note"]
            ),
            content={**asked, "scan": scan_id},
        )
    except Refused as refused:
        if refused.status in (403, 404):
            raise
        return edge.again("offline/scan.html", refused, **_one(scan_id))
    if told["person_id"]:
        waiting.try_again(
            edge.storage(), edge.community().id, [UUID(told["person_id"])], decided_by=edge.actor().number
        )
    said, _next = offline_words.verdict(told["verdict"], told["facts"])
    if told["outcome"] == "accepted" or told["verdict"] == "put_aside":
        edge.flash_done(said)
    else:
        edge.flash_note(said)
    return edge.back("offline.scan", scan_id=scan_id)


def _devices() -> dict[str, Any]:
    asks, session = edge.actor(), edge.read()
    points = [
        point
        for point in service_points.listed(session, actor=asks)
        if may(asks, "devices.register", community_id=asks.community_id, area_path=point.area_path)
    ]
    return {
        "devices": devices.listed(session, actor=asks),
        "points": points,
        "points_to_choose": [(point.number, point.name) for point in points],
        "now_ms": lambda: to_ms(edge.now()),
        "chosen_point": request.args.get("point", type=int),
        "may_revoke": may(asks, "devices.revoke", community_id=asks.community_id),
        "reads_scans": may(asks, "offline.listed", community_id=asks.community_id),
        **_words(),
    }


def _one(scan_id: UUID) -> dict[str, Any]:
    asks = edge.actor()
    line, verdicts = reading.one(edge.read(), actor=asks, scan_id=scan_id)
    return {
        "line": line,
        "verdicts": verdicts,
        "may_say": may(asks, "offline.say", community_id=asks.community_id),
        "may_open_visits": may(asks, "attendance.statement", community_id=asks.community_id),
        **_words(),
    }


def _words() -> dict[str, Any]:
    return {"offline_words": offline_words, "verdict_says": _verdict_says}


def _verdict_says(verdict: VerdictLine) -> tuple[str, str]:
    return offline_words.verdict(verdict.code, verdict.facts)


def _device_names() -> list[tuple[int, str]]:
    asks = edge.actor()
    if not may(asks, "devices.listed", community_id=asks.community_id):
        return []
    return [(one.number, f"{one.number} · {one.name}") for one in devices.listed(edge.read(), actor=asks)]


def _filters(asked: dict[str, Any]) -> Filters:
    zone = ZoneInfo(edge.community().zone)
    begins = datetime.combine(asked["day"], datetime.min.time(), tzinfo=zone) if asked["day"] else None
    return Filters(
        outcome=asked["outcome"],
        device_number=asked["device"],
        from_at=begins,
        until_at=begins + timedelta(days=1) if begins else None,
    )


def _chosen(asked: dict[str, Any]) -> dict[str, Any]:
    day = asked["day"].isoformat() if asked["day"] else None
    chosen = {"outcome": asked["outcome"], "device": asked["device"], "day": day}
    return {name: value for name, value in chosen.items() if value is not None}


def _row(line: ScanLine) -> tuple[Any, ...]:
    said = _verdict_says(line.verdict)[0] if line.verdict else ""
    return (
        line.corrected_at,
        line.scanned_at,
        line.received_at,
        line.device,
        line.counter,
        line.point,
        str(offline_words.DIRECTIONS[line.direction]),
        line.person_number or "",
        line.person_name or "",
        str(offline_words.OUTCOMES[line.verdict.outcome]) if line.verdict else "",
        said,
        line.verdict.decided_by if line.verdict else "",
    )


__all__ = ["blueprint", "kept"]

"""Teams: their list, a leader's page, members from Excel, and the donation of a team's hours."""

import datetime as dt
import io
import uuid
from typing import Any

from flask import Blueprint, request, send_file
from flask_babel import gettext as _

from api import edge, exports
from api.form_words import in_words
from api.messages import teams as words
from api.schemas import teams as schemas
from timebank import permissions, policy, spreadsheets
from timebank.errors import BadInput, Forbidden, NotEnough, Refused
from timebank.hours import activities, team_hours, team_page
from timebank.hours.team_page import TeamPage
from timebank.people import communities, residents, teams
from timebank.people.teams import lists, reading

blueprint = Blueprint("teams", __name__, url_prefix="/c/<community_code>")

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
A_PAGE = 50


@blueprint.get("/teams")
@edge.signed_in
def listed() -> Any:
    """All teams and organisations, one's own first."""
    asked = edge.load(schemas.TeamQuery)
    return edge.page("teams/list.html", **_list_facts(asked))


@blueprint.post("/teams")
@edge.signed_in
def found() -> Any:
    try:
        asked = edge.load(schemas.NewTeam)
        done = edge.submit(
            "teams.found",
            lambda session, now: teams.found(
                session,
                actor=edge.actor(),
                now=now,
                kind=asked["kind"],
                name=asked["name"],
                purpose=asked["purpose"],
                parent_number=asked["parent"],
                founded_on=asked["founded_on"],
            ),
            content=asked,
        )
    except Refused as refused:
        return edge.again("teams/list.html", worded(refused), **_list_facts({"after": 0, "ended": "0"}))
    edge.flash_done(_("已建立“%(team)s”。", team=done["name"]))
    return edge.back("teams.one", number=done["number"])


@blueprint.get("/teams/<int:number>")
@edge.signed_in
def one(number: int) -> Any:
    return edge.page("teams/one.html", **_team_facts(number))


@blueprint.post("/teams/<int:number>")
@edge.signed_in
def change(number: int) -> Any:
    try:
        asked = edge.load(schemas.TeamTexts)
        edge.submit(
            "teams.change",
            lambda session, now: teams.change(
                session,
                actor=edge.actor(),
                number=number,
                name=asked["name"],
                purpose=asked["purpose"],
                parent_number=asked["parent"],
            ),
            content={**asked, "number": number},
        )
    except Refused as refused:
        return _again(refused, number)
    edge.flash_done(_("已保存。"))
    return edge.back("teams.one", number=number)


@blueprint.post("/teams/<int:number>/end")
@edge.signed_in
def end(number: int) -> Any:
    try:
        asked = edge.load(schemas.TeamEnd)
        done = edge.submit(
            "teams.end",
            lambda session, now: team_hours.end_team(
                session, actor=edge.actor(), now=now, number=number, reason=asked["reason"]
            ),
            content={**asked, "number": number},
        )
    except Refused as refused:
        return _again(refused, number)
    edge.flash_done(_("“%(team)s”已结束,剩下的时间已进入捐赠池。", team=done["name"]))
    return edge.back("teams.listed")


@blueprint.post("/teams/<int:number>/members")
@edge.signed_in
def add_member(number: int) -> Any:
    try:
        asked = edge.load(schemas.NewMember)
        person = residents.by_number(edge.read(), edge.community().id, asked["number"])
        edge.submit(
            "teams.add_member",
            lambda session, now: teams.add_member(
                session,
                actor=edge.actor(),
                now=now,
                number=number,
                person_id=person.id,
                from_on=asked["from_on"],
            ),
            content={**asked, "team": number},
        )
    except Refused as refused:
        return _again(refused, number)
    edge.flash_done(_("已加入:%(number)s", number=person.number))
    return edge.back("teams.one", number=number)


@blueprint.post("/teams/<int:number>/members/go")
@edge.signed_in
def let_go(number: int) -> Any:
    try:
        asked = edge.load(schemas.MemberNamed)
        edge.submit(
            "teams.let_go",
            lambda session, now: teams.let_go(
                session,
                actor=edge.actor(),
                now=now,
                number=number,
                person_id=asked["person_id"],
                gone_on=asked["gone_on"],
            ),
            content={**asked, "team": number},
        )
    except BadInput as refused:
        return _again(refused, number)
    is_own = asked["person_id"] == edge.actor().person_id
    edge.flash_done(_("您已离开团队。") if is_own else _("已记下离开。为团队服务过的时间仍是团队的。"))
    return edge.back("teams.listed") if is_own else edge.back("teams.one", number=number)


@blueprint.post("/teams/<int:number>/leaders")
@edge.signed_in
def appoint(number: int) -> Any:
    asked = edge.load(schemas.MemberNamed)
    edge.submit(
        "teams.appoint",
        lambda session, now: teams.appoint(
            session, actor=edge.actor(), now=now, number=number, person_id=asked["person_id"]
        ),
        content={**asked, "team": number},
    )
    edge.flash_done(_("已任命为负责人。"))
    return edge.back("teams.one", number=number)


@blueprint.post("/teams/<int:number>/leaders/dismiss")
@edge.signed_in
def dismiss(number: int) -> Any:
    asked = edge.load(schemas.MemberNamed)
    edge.submit(
        "teams.dismiss",
        lambda session, now: teams.dismiss(
            session, actor=edge.actor(), now=now, number=number, person_id=asked["person_id"]
        ),
        content={**asked, "team": number},
    )
    edge.flash_done(_("已不再是负责人,仍是成员。"))
    return edge.back("teams.one", number=number)


@blueprint.get("/teams/<int:number>/members.<any(xlsx, csv):form>")
@edge.signed_in
def export(number: int, form: str) -> Any:
    """Members as a list that can be read in again, those who went below."""
    actor, place = edge.actor(), edge.community()
    shown = team_page.page_of(edge.read(), actor=actor, now=edge.now(), number=number)
    permissions.require(
        actor, "teams.look", community_id=place.id, person_id=actor.person_id if shown.line.leads else None
    )
    today = communities.local_day(place, edge.now())
    everybody = [
        line
        for past in (False, True)
        for line in reading.members(
            edge.read(), community_id=place.id, team_id=shown.team.id, today=today, past=past, limit=lists.MOST_ROWS
        )
    ]
    sheet = exports.Sheet(
        name=shown.team.name,
        columns=[
            exports.Column(label=_("编号")),
            exports.Column(label=_("姓名")),
            exports.Column(label=_("加入日期"), kind="day"),
            exports.Column(label=_("离开日期"), kind="day"),
            exports.Column(label=_("负责人")),
        ],
        rows=[
            (line.number, line.name, line.from_on, line.gone_on, _("是") if line.leads else "") for line in everybody
        ],
        notes=[_("离开日期是不再是成员的第一天。编号对上的人,这张表可以再导入。")],
    )
    file = io.BytesIO()
    if form == "xlsx":
        exports.write_xlsx(file, [sheet], zone=place.zone)
    else:
        exports.write_csv(file, sheet, zone=place.zone)
    file.seek(0)
    return send_file(
        file,
        mimetype=XLSX if form == "xlsx" else "text/csv; charset=utf-8",
        as_attachment=True,
        download_name=f"{place.code}-team-{number}-{today.isoformat()}.{form}",
    )


@blueprint.post("/teams/<int:number>/lists")
@edge.signed_in
def upload(number: int) -> Any:
    """Keep a list of members for looking at; the team stays as it is."""
    file = request.files.get("file")
    try:
        if file is None or not file.filename:
            raise edge.bad("file", _("请选择文件。"))
        content = file.read(spreadsheets.MOST_BYTES + 1)
        sheet = spreadsheets.read(content, columns=lists.COLUMNS, most_rows=lists.MOST_ROWS)
        name, rows = file.filename, lists.rows_of(sheet)
        done = edge.submit(
            "teams.stage",
            lambda session, now: lists.stage(
                session, actor=edge.actor(), now=now, number=number, rows=rows, file_name=name
            ),
            content={"team": number, "file": content},
        )
    except Refused as refused:
        columns = refused.facts.get("columns")
        if isinstance(columns, list):
            refused.facts["columns"] = "、".join(str(column) for column in columns)
        return _again(refused, number)
    return edge.back("teams.preview", upload_id=uuid.UUID(done["upload"]))


@blueprint.get("/teams/lists/<uuid:upload_id>")
@edge.signed_in
def preview(upload_id: uuid.UUID) -> Any:
    return edge.page("teams/preview.html", **_preview_facts(upload_id))


@blueprint.post("/teams/lists/<uuid:upload_id>")
@edge.signed_in
def take_in(upload_id: uuid.UUID) -> Any:
    try:
        done = edge.submit(
            "teams.take_in",
            lambda session, now: lists.take_in(session, actor=edge.actor(), now=now, upload_id=upload_id),
            content={"upload": upload_id},
        )
    except lists.ListRefused as refused:
        return edge.again("teams/preview.html", refused, **_preview_facts(upload_id))
    edge.flash_done(_("已加入 %(added)s 人,不变 %(kept)s 人。", added=done["added"], kept=done["kept"]))
    return edge.back("teams.one", number=done["team"])


@blueprint.post("/teams/<int:number>/donations")
@edge.signed_in
def donate(number: int) -> Any:
    """The first tap shows what would be given, the second gives it."""
    try:
        asked = edge.load(schemas.Donation)
        minutes = (asked["hours"] or 0) * 60 + (asked["minutes"] or 0)
        if asked["sure"] == "0":
            facts = _team_facts(number)
            _refuse_too_much(facts["shown"], minutes)
            return edge.page("teams/donate.html", minutes=minutes, **facts)
        done = edge.submit(
            "teams.donate",
            lambda session, now: team_hours.donate(
                session, actor=edge.actor(), now=now, number=number, minutes=minutes
            ),
            content={"team": number, "minutes": minutes},
        )
    except Refused as refused:
        return _again(refused, number)
    edge.flash_done(
        _("已捐 %(minutes)s 分钟。%(hours)s 小时以内可以撤回。", minutes=done["minutes"], hours=_undo_hours())
    )
    return edge.back("teams.one", number=number)


@blueprint.post("/teams/<int:number>/donations/take-back")
@edge.signed_in
def take_back(number: int) -> Any:
    try:
        asked = edge.load(schemas.DonationNamed)
        edge.submit(
            "teams.take_back",
            lambda session, now: team_hours.take_back(
                session, actor=edge.actor(), now=now, donation_id=asked["donation_id"]
            ),
            content=asked,
        )
    except team_hours.DonationGiven as refused:
        return _again(refused, number)
    edge.flash_done(_("已撤回,时间回到团队账上。"))
    return edge.back("teams.one", number=number)


@blueprint.post("/activities/<int:number>/team")
@edge.signed_in
def choose(number: int) -> Any:
    """Say for whom one means to serve in an activity."""
    asked = edge.load(schemas.TeamChoice)
    done = edge.submit(
        "teams.choose",
        lambda session, now: team_hours.choose(
            session, actor=edge.actor(), now=now, activity_number=number, team_number=asked["team"]
        ),
        content={**asked, "activity": number},
    )
    if done.get("team"):
        edge.flash_done(_("这次服务的时间记给“%(team)s”。", team=done["team"]))
    else:
        edge.flash_done(_("这次服务的时间记给您自己。"))
    return edge.back("activities.shown", number=number)


def own_team_choice(line: Any) -> dict[str, Any]:
    """For an activity's page: the teams that the reader may serve for on its day, and the one that he chose."""
    actor, place = edge.actor(), edge.community()
    if actor.person_id is None or line.cancelled or not (line.mine or getattr(line, "waits", False)):
        return {"own_teams": [], "chosen_team": 0}
    day = communities.local_day(place, line.starts_at)
    activity = activities.by_number(edge.read(), place.id, line.number)
    chosen = team_hours.chosen_for(edge.read(), place.id, actor.person_id, activity, day)
    return {
        "own_teams": teams.teams_of(edge.read(), place.id, actor.person_id, day),
        "chosen_team": chosen.number if chosen else 0,
    }


def worded(refused: Refused) -> Refused:
    """A refusal whose fields say what is wrong in words."""
    return in_words(refused, words.FIELDS)


def _again(refused: Refused, number: int) -> Any:
    """The team's page once more; who may not see it is told only that."""
    if refused.status == 403:
        raise refused
    told = worded(refused)
    edge.stop_reading()
    return edge.again("teams/one.html", told, **_team_facts(number))


def _refuse_too_much(shown: TeamPage, minutes: int) -> None:
    if not shown.may_donate:
        raise Forbidden(use_case="teams.donate")
    if minutes <= 0:
        raise BadInput(fields={"hours": "range"})
    available = shown.balance_minutes - shown.held_minutes
    if minutes > available:
        raise NotEnough(needed_minutes=minutes, available_minutes=available)


def _undo_hours() -> int:
    place = edge.community()
    return policy.of(edge.read(), place.id, communities.local_day(place, edge.now())).team_donation_undo_hours


def _list_facts(asked: dict[str, Any]) -> dict[str, Any]:
    actor, place = edge.actor(), edge.community()
    found = reading.listed(
        edge.read(),
        actor=actor,
        now=edge.now(),
        after=asked["after"],
        with_ended=asked["ended"] == "1",
        limit=A_PAGE + 1,
    )
    return {
        "lines": found[:A_PAGE],
        "mine": reading.mine(edge.read(), actor=actor, now=edge.now()),
        "asked": asked,
        "next_after": found[A_PAGE - 1].number if len(found) > A_PAGE else 0,
        "may_found": permissions.may(actor, "teams.found", community_id=place.id),
        "may_look": permissions.may(actor, "teams.look", community_id=place.id),
        "organisations": _organisations(),
        "words": words,
        "today": communities.local_day(place, edge.now()),
    }


def _organisations(but: int | None = None) -> list[tuple[int, str]]:
    found = reading.listed(edge.read(), actor=edge.actor(), now=edge.now(), limit=1000)
    return [(line.number, line.name) for line in found if line.kind == "organisation" and line.number != but]


def _team_facts(number: int) -> dict[str, Any]:
    asked = schemas.TeamQuery().load(request.args if request.method == "GET" else {})
    place = edge.community()
    after = (asked["after_key"], asked["after_id"]) if asked["after_key"] and asked["after_id"] else None
    shown = team_page.page_of(
        edge.read(), actor=edge.actor(), now=edge.now(), number=number, month=_month(asked["month"]), after=after
    )
    last = shown.members[A_PAGE - 1] if len(shown.members) > A_PAGE else None
    today = communities.local_day(place, edge.now())
    return {
        "shown": shown,
        "line": shown.line,
        "available": shown.balance_minutes - shown.held_minutes,
        "more": last,
        "organisations": _organisations(number),
        "words": words,
        "today": today,
        "this_month": today.replace(day=1),
        "earlier": (shown.month - dt.timedelta(days=1)).replace(day=1),
        "later": (shown.month + dt.timedelta(days=31)).replace(day=1),
        "undo_hours": _undo_hours(),
        "spoken_phone": residents.spoken_phone,
        "me": edge.actor().person_id,
        "now": edge.now(),
    }


def _month(text: str | None) -> dt.date | None:
    try:
        return dt.date.fromisoformat(f"{text}-01") if text else None
    except ValueError:
        return None


def _preview_facts(upload_id: uuid.UUID) -> dict[str, Any]:
    team, name, planned = lists.staged(edge.read(), actor=edge.actor(), now=edge.now(), upload_id=upload_id)
    order = {"refuse": 0, "add": 1, "skip": 2, "keep": 3}
    shown = sorted(planned, key=lambda each: (order[each.verdict], each.row.line))[:500]
    return {
        "team": team,
        "name": name,
        "upload_id": upload_id,
        "rows": shown,
        "hidden": len(planned) - len(shown),
        "counts": {verdict: sum(each.verdict == verdict for each in planned) for verdict in order},
        "words": words,
    }

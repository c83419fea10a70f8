"""Hours as people read them: one's own statement, a visit explained; for staff who is here, reviews, late entries."""

import re
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, current_app, request, url_for
from flask_babel import gettext as _

from api import edge, errors, fields, words
from api.pages.words import witness_problem
from api.schemas.attendance import BulkReview, EntriesQuery, LateEntry, ListQuery, Rest, Review, ReviewQuery
from timebank.columns import to_ms
from timebank.errors import NotFound, Refused
from timebank.hours import team_hours
from timebank.hours.attendance import enter_late as write_late
from timebank.hours.attendance import reading, resting, scans, visits, witnesses
from timebank.hours.attendance import review as give_verdict
from timebank.hours.attendance import reviews as reviewing
from timebank.hours.attendance.offline.reading import behind_visit
from timebank.hours.attendance.reading import PAGE, VisitLine
from timebank.people import residents, teams
from timebank.permissions import may, require

blueprint = Blueprint("hours", __name__, url_prefix="/c/<community_code>")

NO_TEAM = -1  # no number of a team


@blueprint.context_processor
def links() -> dict[str, Any]:
    """From a number to its entry, for who may read the books; what is recorded within a minute needs no second time."""
    return {
        "entry_url": _entry_url,
        "one_minute": lambda: timedelta(minutes=1),
        "takes_receipts_of": _takes_receipts_of,
    }


@blueprint.get("/my/hours")
@edge.signed_in
def mine() -> Any:
    """One's own visits and what they credited."""
    return _statement(_own_person_id(), own=True)


@blueprint.get("/my/account")
@edge.signed_in
def my_account() -> Any:
    """One's own account of minutes, entry by entry."""
    return _account(_own_person_id(), own=True)


@blueprint.get("/hours/<person_id>")
@edge.signed_in
def of_person(person_id: str) -> Any:
    """Somebody's visits, for staff."""
    person = reading.person_shown(edge.read(), actor=edge.actor(), person_id=_id(person_id))
    return _statement(person.id, own=False, person=person)


@blueprint.get("/hours/<person_id>/account")
@edge.signed_in
def account_of_person(person_id: str) -> Any:
    person = reading.person_shown(edge.read(), actor=edge.actor(), person_id=_id(person_id))
    return _account(person.id, own=False, person=person)


@blueprint.get("/visits/<visit_id>")
@edge.signed_in
def visit(visit_id: str) -> Any:
    """One visit with all that its number rests on; the answer to check-in and check-out."""
    explained = reading.explained(edge.read(), actor=edge.actor(), visit_id=_id(visit_id))
    own = explained.line.person_id == edge.actor().person_id
    room = None
    if own and explained.line.state == "open":
        room = visits.room_left(edge.read(), edge.community().id, explained.line.person_id, explained.line.started_at)
    return edge.page(
        "attendance/visit.html",
        visit=explained,
        line=explained.line,
        own=own,
        room=room,
        word=witnesses.words_on(edge.read(), community_id=edge.community().id, visit_ids=[explained.line.id]).get(
            explained.line.id
        ),
        words=words,
        sum_lines=words.sum_of(explained.line.reasons),
        offline_scans=behind_visit(edge.read(), community_id=edge.community().id, visit_id=explained.line.id),
        balance=reading.totals(edge.read(), actor=edge.actor(), person_id=explained.line.person_id) if own else None,
        team=team_hours.team_of_visit(edge.read(), edge.community().id, explained.line.id),
    )


@blueprint.post("/visits/<visit_id>/rest")
@edge.signed_in
def rest(visit_id: str) -> Any:
    """Rest for a while, or go on; a second tap changes nothing."""
    asked = edge.load(Rest)
    change = resting.begin_rest if asked["verb"] == "begin" else resting.end_rest
    try:
        edge.submit(
            "attendance.rest",
            lambda session, now: change(session, actor=edge.actor(), now=now, visit_id=_id(visit_id)),
            content={**asked, "visit_id": visit_id},
        )
    except Refused as refused:
        if refused.code not in {"already_resting", "not_resting"}:
            raise
    return edge.back("hours.visit", visit_id=visit_id)


@blueprint.get("/here")
@edge.signed_in
def here_now() -> Any:
    """Who is checked in now."""
    after = edge.load(ListQuery)["after"]
    lines = reading.here_now(edge.read(), actor=edge.actor(), after=after)
    return edge.page(
        "attendance/here.html", lines=lines, next_url=_next("hours.here_now", lines, 50, "after"), words=words
    )


@blueprint.get("/reviews")
@edge.signed_in
def reviews() -> Any:
    """What waits for another person's word."""
    return edge.page("attendance/reviews.html", **_reviews())


@blueprint.post("/reviews")
@edge.signed_in
def accept_many() -> Any:
    """Accept the chosen plain visits; what could not be is said, and stays."""
    try:
        chosen = edge.load(BulkReview)["visit"]
        outcome = edge.submit(
            "attendance.review",
            lambda session, now: reviewing.accept_many(session, actor=edge.actor(), now=now, visit_ids=chosen),
            content={"visits": chosen},
        )
    except Refused as refused:
        if refused.code != "bad_input":
            raise
        return edge.again("attendance/reviews.html", edge.bad("visits", _("请先勾选要同意的记录。")), **_reviews())
    edge.flash_done(_("已同意 %(count)s 条。", count=outcome["settled"]))
    if outcome["waiting"]:
        edge.flash_note(_("%(count)s 条已同意,还在等第二个人或额度。", count=outcome["waiting"]))
    for why in sorted(set(outcome["refused"].values())):
        count = list(outcome["refused"].values()).count(why)
        edge.flash_note(_("%(count)s 条没有同意:%(why)s", count=count, why=errors.words(why, {})))
    return edge.back("hours.reviews")


@blueprint.post("/reviews/<visit_id>")
@edge.signed_in
def review(visit_id: str) -> Any:
    try:
        asked = edge.load(Review)
        found = visits.by_id(edge.read(), edge.community().id, _id(visit_id))
        started_at, ended_before = found.started_at, found.ended_at
        ended_at = _corrected_end(asked, ended_before)
        outcome = edge.submit(
            "attendance.review",
            lambda session, now: give_verdict(
                session,
                actor=edge.actor(),
                now=now,
                visit_id=_id(visit_id),
                verdict=asked["verdict"],
                note=asked["note"],
                ended_at=ended_at,
            ),
            content={**asked, "visit_id": visit_id, "ends": str(asked["ends"]), "started_at": started_at},
        )
    except Refused as refused:
        if refused.code not in {"bad_input", "own_visit", "reviewed_by_you", "not_under_review", "overlapping_visit"}:
            raise
        return edge.again("attendance/reviews.html", refused, **_reviews())
    if outcome["verdict"] == "reject":
        edge.flash_done(_("已记为未通过。"))
    elif outcome["state"] == "settled":
        edge.flash_done(_("已通过,记入 %(minutes)s 分钟。", minutes=outcome["credited_minutes"]))
    elif "quota" in outcome["review_reasons"]:
        edge.flash_note(_("已同意;本年度可发放的时间额度已用完,等额度调整后入账。"))
    else:
        edge.flash_note(_("已同意;还要另一位审核人同意后才入账。"))
    return edge.back("hours.reviews")


@blueprint.get("/my/late-entry")
@edge.signed_in
def report_own() -> Any:
    """A volunteer reports a visit that he could not scan."""
    require(edge.actor(), "attendance.report_own", community_id=edge.community().id)
    return edge.page("attendance/late_own.html", **_late(own=True))


@blueprint.post("/my/late-entry")
@edge.signed_in
def report_own_post() -> Any:
    try:
        asked = edge.load(LateEntry)
        witness = _witness(asked["witness"])
        _enter_late(asked, _own_person_id(), witness)
    except Refused as refused:
        if refused.code not in {"bad_input", "overlapping_visit"}:
            raise
        if witness_problem(refused):
            refused = edge.bad("witness", witness_problem(refused))
        return edge.again("attendance/late_own.html", refused, **_late(own=True))
    if witness is not None:
        edge.flash_done(_("已收到,并请 %(number)s 证明。别人审核通过后,时间会入账。", number=witness.number))
    else:
        edge.flash_done(_("已收到。别人审核通过后,时间会入账。"))
    return edge.back("hours.mine")


@blueprint.get("/late-entry")
@edge.signed_in
def enter_late() -> Any:
    """Staff type a visit from the paper register."""
    require(edge.actor(), "attendance.enter_late", community_id=edge.community().id)
    return edge.page("attendance/late_paper.html", **_late())


@blueprint.post("/late-entry")
@edge.signed_in
def enter_late_post() -> Any:
    try:
        asked = edge.load(LateEntry)
        if asked["person"] is None:
            raise edge.bad("person", _("请填写这一项。"))
        person = _typed_person(asked["person"])
        _enter_late(asked, person.id)
    except Refused as refused:
        if refused.code not in {"bad_input", "overlapping_visit"}:
            raise
        return edge.again("attendance/late_paper.html", refused, **_late())
    edge.flash_done(_("已录入 %(name)s 的补签,等待别人审核。", name=person.name))
    return edge.back("hours.enter_late")


def _witness(text: str) -> residents.Person | None:
    """The resident whose number was written as witness; None for a name, which is never asked."""
    number = fields.typed_number(text)
    if not any(sign.isdecimal() for sign in number) or not number.isascii():
        return None
    try:
        return residents.by_number(edge.read(), edge.community().id, number)
    except NotFound:
        if re.fullmatch(r"[0-9A-Z]+-[0-9]+-[0-9]", number):
            raise edge.bad("witness", _("没有这个编号的人。")) from None
        return None


def _enter_late(asked: dict[str, Any], person_id: UUID, witness: residents.Person | None = None) -> None:
    started_at, ended_at = span(asked["day"], asked["starts"], asked["ends"])
    team_number = team_number_of(asked["team"])
    if team_number == NO_TEAM:
        raise edge.bad("team", _("没有这个团队。"))
    try:
        edge.submit(
            "attendance.enter_late",
            lambda session, now: write_late(
                session,
                actor=edge.actor(),
                now=now,
                person_id=person_id,
                started_at=started_at,
                ended_at=ended_at,
                place=asked["place"],
                service_class=asked["service_class"],
                witness=witness.number if witness else asked["witness"],
                witness_id=witness.id if witness else None,
                source=asked["source"],
                note=asked["note"],
                team_number=team_number,
            ),
            content={**asked, "person_id": person_id, "starts": str(asked["starts"]), "ends": str(asked["ends"])},
        )
    except Refused as refused:
        if refused.code == "bad_input":
            raise _in_words(refused) from None
        if refused.code == "not_a_member":
            raise edge.bad("team", _("那一天不是这个团队的成员。")) from None
        raise


def team_number_of(text: str) -> int | None:
    """The team that was named by its name or number; None for none, NO_TEAM where there is no such team."""
    plain = text.strip()
    if not plain:
        return None
    found = teams.named(edge.read(), edge.community().id, plain)
    if found is None and plain.isascii() and plain.isdecimal() and len(plain) < 10:
        try:
            found = teams.by_number(edge.read(), edge.community().id, int(plain))
        except NotFound:
            return NO_TEAM
    return found.number if found else NO_TEAM


def span(day: date, starts: time, ends: time) -> tuple[datetime, datetime]:
    """Two times of the community's clock as instants; an end before the start is on the next day."""
    zone = visits.zone_of(edge.read(), edge.community().id)
    started_at = datetime.combine(day, starts, tzinfo=zone)
    ended_at = datetime.combine(day + timedelta(days=1) if ends <= starts else day, ends, tzinfo=zone)
    return started_at, ended_at


def _in_words(refused: Refused) -> Refused:
    """The use case's reasons, by field, as a form says them."""
    told = refused.facts["fields"]
    reasons = {
        "required": _("请填写这一项。"),
        "length": _("太长了。"),
        "future": _("结束时间还没有到。"),
        "after_start": _("结束要晚于开始,并且不超过 16 小时。"),
        "too_old": _("太久以前了,不能再补签。"),
        "choice": _("请从列出的选项中选择。"),
    }
    names = {"ended_at": "ends", "started_at": "day"}
    found = told if isinstance(told, dict) else {}
    return type(refused)(fields={names.get(name, name): reasons.get(why, why) for name, why in found.items()})


def _corrected_end(asked: dict[str, Any], ended_before: datetime | None) -> datetime | None:
    """The end that a reviewer typed; the same minute as before is no correction."""
    if asked["ends"] is None or ended_before is None:
        return None
    zone = visits.zone_of(edge.read(), edge.community().id)
    before = ended_before.astimezone(zone)
    typed = datetime.combine(asked["ends_on"] or before.date(), asked["ends"], tzinfo=zone)
    return None if typed == before.replace(second=0, microsecond=0) else typed


def _typed_person(number: str) -> residents.Person:
    try:
        return residents.by_number(edge.read(), edge.community().id, number)
    except NotFound:
        raise edge.bad("person", _("没有这个编号的人。")) from None


def _own_person_id() -> UUID:
    person_id = edge.actor().person_id
    if person_id is None:
        raise scans.NotAVolunteer
    return person_id


def _statement(person_id: UUID, *, own: bool, person: residents.Person | None = None) -> Any:
    before = edge.load(ListQuery)["before"]
    lines = reading.statement(edge.read(), actor=edge.actor(), person_id=person_id, before=before)
    endpoint, values = _place(person, "hours.mine", "hours.of_person")
    return edge.page(
        "attendance/hours.html",
        lines=lines,
        totals=reading.totals(edge.read(), actor=edge.actor(), person_id=person_id),
        person=person,
        own=own,
        words=words,
        next_url=_next(endpoint, lines, PAGE, "before", **values),
        first_url=url_for(endpoint, **values) if before else "",
        may_report=may(edge.actor(), "attendance.report_own", community_id=edge.community().id),
    )


def _account(person_id: UUID, *, own: bool, person: residents.Person | None = None) -> Any:
    before = edge.load(EntriesQuery)["before"]
    lines = reading.account_lines(edge.read(), actor=edge.actor(), person_id=person_id, before=before)
    endpoint, values = _place(person, "hours.my_account", "hours.account_of_person")
    return edge.page(
        "attendance/account.html",
        lines=lines,
        owner_id=person_id,
        totals=reading.totals(edge.read(), actor=edge.actor(), person_id=person_id),
        person=person,
        own=own,
        words=words,
        next_url=url_for(endpoint, before=lines[-1].seq, **values) if len(lines) == PAGE else "",
        first_url=url_for(endpoint, **values) if before is not None else "",
    )


def _place(person: residents.Person | None, mine: str, others: str) -> tuple[str, dict[str, Any]]:
    """The endpoint that lists somebody's lines, and its values."""
    return (mine, {}) if person is None else (others, {"person_id": person.id.hex})


def _reviews() -> dict[str, Any]:
    asked = edge.load(ReviewQuery) if request.method == "GET" else {"after": None, "evidence": None}
    session, actor = edge.read(), edge.actor()
    lines = reading.waiting(session, actor=actor, after=asked["after"], evidence=asked["evidence"])
    ids = [line.id for line in lines]
    told = witnesses.words_on(session, community_id=edge.community().id, visit_ids=ids)
    found = {line.id: visits.by_id(session, edge.community().id, line.id) for line in lines}
    return {
        "lines": lines,
        "told": told,
        "first": reviewing.accepted_first(session, edge.community().id, ids),
        "not_mine": {line.id for line in lines if reviewing.is_no_judge(session, actor, found[line.id])},
        "plain": {
            line.id
            for line in lines
            if reviewing.is_plain(session, found[line.id], told[line.id].word if line.id in told else None)
        },
        "needs_two": {line.id for line in lines if reviewing.needs_second(session, found[line.id])},
        "counts": reading.waiting_counts(session, actor=actor),
        "evidence": asked["evidence"],
        "next_url": _next("hours.reviews", lines, 50, "after", evidence=asked["evidence"]),
        "words": words,
    }


def _late(*, own: bool = False) -> dict[str, Any]:
    today = edge.now().astimezone(visits.zone_of(edge.read(), edge.community().id)).date()
    person_id = edge.actor().person_id if own else None
    mine = teams.teams_of(edge.read(), edge.community().id, person_id, today) if person_id else []
    return {
        "teams": [(team.name, team.name) for team in mine],
        "classes": list(words.CLASSES.items()),
        "today": today,
    }


def _next(endpoint: str, lines: list[VisitLine], full: int, name: str, **values: Any) -> str:
    """The address of the next page: a full page may have one."""
    values[name] = page_key(lines[-1]) if lines else None
    return url_for(endpoint, **values) if len(lines) == full else ""


def page_key(line: VisitLine) -> str:
    """Start and id of a line, as schemas.attendance.PageKey reads them."""
    return f"{to_ms(line.started_at)}-{line.id.hex}"


def _entry_url(seq: int) -> str:
    if "audit.entry" not in current_app.view_functions:
        return ""
    readable = may(edge.actor(), "reports.journal", community_id=edge.community().id)
    return url_for("audit.entry", seq=seq) if readable else ""


def _takes_receipts_of(person_id: UUID) -> bool:
    return may(edge.actor(), "receipts.make", community_id=edge.community().id, person_id=person_id)


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound(what="visit") from None

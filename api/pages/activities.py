"""Activities: what is coming, signing up and waiting; for staff planning, changing, calling off, and who came."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint
from flask_babel import gettext as _

from api import edge, words
from api.messages import activities as said
from api.messages.teams import SKILLS
from api.pages.hours import span
from api.pages.teams import own_team_choice
from api.schemas import activities as schemas
from timebank.columns import to_ms
from timebank.errors import NotFound, Refused
from timebank.hours import activities, service_points
from timebank.hours.activities import absences, planning, reading, requirements, seats
from timebank.hours.activities.campaigns import CAMPAIGNS
from timebank.hours.activities.planning import SHIFTS_MOST, Change, Shift
from timebank.hours.activities.reading import ActivityLine
from timebank.hours.activities.refusals import SignUpBlocked
from timebank.hours.activities.requirements import Terms
from timebank.hours.activities.rhythm import Rhythm
from timebank.people import communities, residents
from timebank.permissions import may, require

blueprint = Blueprint("activities", __name__, url_prefix="/c/<community_code>")
PAGE = 20


@blueprint.context_processor
def vocabulary() -> dict[str, Any]:
    return {"words": words, "said": said, "skill_words": SKILLS}


@blueprint.get("/activities")
@edge.signed_in
def coming() -> Any:
    """What is coming, soonest first; turns of duty and one's own are lists of their own."""
    asked = edge.load(schemas.ListQuery)
    kind, after = asked["kind"], asked["after"]
    if kind == "mine":
        lines = reading.mine(edge.read(), actor=edge.actor(), now=edge.now(), after=after, limit=PAGE)
    else:
        lines = reading.coming(edge.read(), actor=edge.actor(), now=edge.now(), after=after, limit=PAGE, kind=kind)
    last = lines[-1] if len(lines) == PAGE else None
    return edge.page(
        "activities/list.html",
        lines=lines,
        kind=kind,
        next_key=f"{to_ms(last.starts_at)}-{last.id.hex}" if last else "",
        paged=after is not None,
        may_plan=_may("activities.plan"),
        may_see_absences=_may("activities.absences"),
        blocked=_blocked() if kind == "mine" else None,
        own_absences=_own_absences() if kind == "mine" else [],
    )


@blueprint.get("/activities/new")
@edge.signed_in
def new() -> Any:
    require(edge.actor(), "activities.plan", community_id=edge.community().id)
    return edge.page("activities/new.html", **_form())


@blueprint.post("/activities")
@edge.signed_in
def plan() -> Any:
    """One activity, or all of a repetition."""
    try:
        asked = edge.load(schemas.PlanSeveral)
        leader_id = _leader(asked["leader"])
        shifts = _shifts(asked)
        if asked["rhythm"] == schemas.ONCE and len(shifts) == 1:
            made = _plan_one(asked, leader_id)
        else:
            made = _plan_series(asked, shifts, leader_id)
    except Refused as refused:
        if refused.code != "bad_input":
            raise
        return edge.again("activities/new.html", said.in_words(refused), **_form())
    return _planned(made)


@blueprint.get("/activities/campaigns")
@edge.signed_in
def campaigns() -> Any:
    """Templates of campaigns, to announce one."""
    require(edge.actor(), "activities.plan", community_id=edge.community().id)
    return edge.page("activities/campaigns.html", **_campaigns())


@blueprint.post("/activities/campaigns")
@edge.signed_in
def plan_campaign() -> Any:
    try:
        asked = edge.load(schemas.PlanCampaign)
        leader_id = _leader(asked["leader"])
        made = edge.submit(
            "activities.plan_campaign",
            lambda session, now: planning.plan_campaign(
                session,
                actor=edge.actor(),
                now=now,
                template=asked["template"],
                point_number=asked["point"],
                first_on=asked["day"],
                leader_id=leader_id,
                title=asked["title"],
            ),
            content=asked,
        )
    except Refused as refused:
        if refused.code != "bad_input":
            raise
        return edge.again("activities/campaigns.html", said.in_words(refused), **_campaigns())
    return _planned(made)


@blueprint.get("/activities/absences")
@edge.signed_in
def absent() -> Any:
    """Reasons that wait for a decision, and who did not come of late."""
    waiting = absences.listed(edge.read(), actor=edge.actor(), now=edge.now(), waiting=True)
    return edge.page(
        "activities/absences.html",
        waiting=waiting,
        lines=absences.listed(edge.read(), actor=edge.actor(), now=edge.now(), waiting=False),
    )


@blueprint.get("/activities/<int:number>")
@edge.signed_in
def shown(number: int) -> Any:
    """One activity; whoever answers for it also sees who comes."""
    return edge.page("activities/one.html", **_one(number))


@blueprint.get("/activities/<int:number>/sheet")
@edge.signed_in
def sheet(number: int) -> Any:
    """The list to sign, for the wall or a clipboard: names, numbers, arrival, leaving, signature."""
    line = activities.shown(edge.read(), actor=edge.actor(), number=number)
    people = reading.people(edge.read(), actor=edge.actor(), number=number)
    seated = [one for one in people if not one.position]
    spare = max(4, min(30, (line.capacity or 0) - len(seated)))
    return edge.page("activities/sheet.html", line=line, people=seated, spare=spare)


@blueprint.get("/activities/<int:number>/edit")
@edge.signed_in
def edit(number: int) -> Any:
    require(edge.actor(), "activities.change", community_id=edge.community().id)
    return edge.page("activities/edit.html", **_edit(number))


@blueprint.post("/activities/<int:number>")
@edge.signed_in
def change(number: int) -> Any:
    try:
        asked = edge.load(schemas.ChangeActivity)
        changed = Change(
            title=asked["title"],
            service_class=asked["service_class"],
            shift=Shift(
                starts=asked["starts"], ends=asked["ends"], name=asked["shift_name"], capacity=asked["capacity"]
            ),
            leader_id=_leader(asked["leader"]),
            terms=_terms(asked),
            day=asked["day"],
        )
        done = edge.submit(
            "activities.change",
            lambda session, now: planning.change(
                session, actor=edge.actor(), now=now, number=number, change=changed, scope=asked["scope"]
            ),
            content={**asked, "number": number, "starts": str(asked["starts"]), "ends": str(asked["ends"])},
        )
    except Refused as refused:
        if refused.code not in {"bad_input", "activity_begun"}:
            raise
        return edge.again(
            "activities/edit.html",
            said.in_words(refused) if refused.code == "bad_input" else refused,
            **_edit(number),
        )
    edge.flash_done(_("已保存,共 %(count)s 场。", count=done["activities"]))
    if done["moved"]:
        edge.flash_note(_("%(count)s 场改了时间,报了名的人会收到通知。", count=done["moved"]))
    if done["moved_back"]:
        edge.flash_note(_("名额少了,%(count)s 个后报名的人转为候补,会收到通知。", count=done["moved_back"]))
    if done["moved_up"]:
        edge.flash_done(_("名额多了,%(count)s 个候补的人补上了,会收到通知。", count=done["moved_up"]))
    return edge.back("activities.shown", number=number)


@blueprint.post("/activities/<int:number>/sign-up")
@edge.signed_in
def sign_up(number: int) -> Any:
    done = edge.submit(
        "activities.sign_up",
        lambda session, now: seats.sign_up(session, actor=edge.actor(), now=now, number=number),
        content={"number": number},
    )
    _tell_place(done)
    return edge.back("activities.shown", number=number)


@blueprint.post("/activities/<int:number>/give-up")
@edge.signed_in
def give_up(number: int) -> Any:
    edge.submit(
        "activities.give_up",
        lambda session, now: seats.give_up(session, actor=edge.actor(), now=now, number=number),
        content={"number": number},
    )
    edge.flash_done(_("已取消报名,名额让给了下一位。"))
    return edge.back("activities.shown", number=number)


@blueprint.post("/activities/<int:number>/excuse")
@edge.signed_in
def excuse(number: int) -> Any:
    """Say why one cannot come, or could not."""
    try:
        asked = edge.load(schemas.Excuse)
        done = edge.submit(
            "activities.excuse",
            lambda session, now: absences.excuse(
                session, actor=edge.actor(), now=now, number=number, reason=asked["reason"]
            ),
            content={"number": number, **asked},
        )
    except Refused as refused:
        if refused.code != "bad_input":
            raise
        return edge.again("activities/one.html", said.in_words(refused), **_one(number))
    edge.flash_done(
        _("已请假,名额让给了下一位,不算未到。") if done["code"] == "excused_before" else _("已写明,工作人员会看。")
    )
    return edge.back("activities.shown", number=number)


@blueprint.post("/activities/<int:number>/cancel")
@edge.signed_in
def cancel(number: int) -> Any:
    asked = edge.load(schemas.CancelActivity)
    done = edge.submit(
        "activities.cancel",
        lambda session, now: planning.cancel(
            session, actor=edge.actor(), now=now, number=number, reason=asked["reason"], scope=asked["scope"]
        ),
        content={"number": number, **asked},
    )
    edge.flash_done(_("已取消 %(count)s 场,报名的人会收到通知,看到原因。", count=done["activities"]))
    return edge.back("activities.shown", number=number)


@blueprint.post("/activities/<int:number>/people")
@edge.signed_in
def put_down(number: int) -> Any:
    """Sign somebody up who has no phone, or who called."""
    try:
        asked = edge.load(schemas.SomebodyByNumber)
        person = _person(asked["person"])
        done = edge.submit(
            "activities.put_down",
            lambda session, now: seats.put_down(
                session, actor=edge.actor(), now=now, number=number, person_id=person.id
            ),
            content={"number": number, **asked},
        )
    except Refused as refused:
        if refused.status == 403:
            raise
        return edge.again("activities/one.html", refused, **_one(number))
    if done["code"] == "waiting_for_place":
        edge.flash_note(_("%(name)s 排候补第 %(position)s 位。", name=person.name, position=done["position"]))
    else:
        edge.flash_done(_("已为 %(name)s 报名。", name=person.name))
    return edge.back("activities.shown", number=number)


@blueprint.post("/activities/<int:number>/people/take-off")
@edge.signed_in
def take_off(number: int) -> Any:
    return _about(number, "activities.take_off", seats.take_off, _("已取消这个人的报名,会通知本人。"))


@blueprint.post("/activities/<int:number>/absences")
@edge.signed_in
def write_absence(number: int) -> Any:
    return _about(number, "activities.write_absence", absences.write_down, _("已记未到,会通知本人。时间不会扣。"))


@blueprint.post("/activities/<int:number>/absences/withdraw")
@edge.signed_in
def withdraw_absence(number: int) -> Any:
    return _about(number, "activities.withdraw_absence", absences.withdraw, _("已撤回这条未到。"))


@blueprint.post("/activities/<int:number>/absences/excuse")
@edge.signed_in
def excuse_for(number: int) -> Any:
    """A reason that was given by phone or at the desk."""
    asked = edge.load(schemas.ExcuseFor)
    edge.submit(
        "activities.excuse_for",
        lambda session, now: absences.excuse_for(session, actor=edge.actor(), now=now, number=number, **asked),
        content={"number": number, **asked},
    )
    edge.flash_done(_("已记下请假,不算未到。"))
    return edge.back("activities.shown", number=number)


@blueprint.post("/activities/<int:number>/absences/decide")
@edge.signed_in
def decide(number: int) -> Any:
    asked = edge.load(schemas.Decision)
    edge.submit(
        "activities.decide_excuse",
        lambda session, now: absences.decide(session, actor=edge.actor(), now=now, number=number, **asked),
        content={"number": number, **asked},
    )
    edge.flash_done(_("已处理,会通知本人。"))
    return edge.back("activities.absent")


def _about(number: int, use_case: str, verb: Callable[..., dict[str, object]], done: str) -> Any:
    """A deed of staff about somebody on the list."""
    asked = edge.load(schemas.Somebody)
    edge.submit(
        use_case,
        lambda session, now: verb(session, actor=edge.actor(), now=now, number=number, person_id=asked["person_id"]),
        content={"number": number, **asked},
    )
    edge.flash_done(done)
    return edge.back("activities.shown", number=number)


def _plan_one(asked: dict[str, Any], leader_id: UUID | None) -> dict[str, Any]:
    starts_at, ends_at = span(asked["day"], asked["starts"], asked["ends"])
    return edge.submit(
        "activities.plan",
        lambda session, now: planning.plan(
            session,
            actor=edge.actor(),
            now=now,
            point_number=asked["point"],
            title=asked["title"],
            service_class=asked["service_class"],
            starts_at=starts_at,
            ends_at=ends_at,
            capacity=asked["capacity"],
            leader_id=leader_id,
            terms=_terms(asked),
        ),
        content=_content(asked),
    )


def _plan_series(asked: dict[str, Any], shifts: list[Shift], leader_id: UUID | None) -> dict[str, Any]:
    if asked["rhythm"] == schemas.ONCE:
        rhythm, until = Rhythm("days", days=(asked["day"].isoformat(),)), asked["day"]
    else:
        rhythm, until = _rhythm(asked), asked["until"]
        if until is None:
            raise edge.bad("until", _("请填写到哪一天为止。"))
    return edge.submit(
        "activities.plan_series",
        lambda session, now: planning.plan_series(
            session,
            actor=edge.actor(),
            now=now,
            point_number=asked["point"],
            title=asked["title"],
            service_class=asked["service_class"],
            rhythm=rhythm,
            first_on=asked["day"],
            until_on=until,
            shifts=shifts,
            leader_id=leader_id,
            terms=_terms(asked),
            skips_closed=bool(asked["skips_closed"]),
        ),
        content=_content(asked),
    )


def _planned(made: dict[str, Any]) -> Any:
    if made["code"] == "activity_planned":
        edge.flash_done(_("活动“%(title)s”已发布。", title=made["title"]))
        return edge.back("activities.shown", number=made["number"])
    edge.flash_done(_("“%(title)s”已发布,共 %(count)s 场。", title=made["title"], count=made["activities"]))
    if made["left_out"]:
        edge.flash_note(_("不开放的 %(count)s 天没有安排。", count=len(made["left_out"])))
    return edge.back("activities.shown", number=made["first"])


def _tell_place(done: dict[str, Any]) -> None:
    if done["code"] == "waiting_for_place":
        edge.flash_note(
            _("名额已满,您排候补第 %(position)s 位。有人退出就轮到您,会通知您。", position=done["position"])
        )
    else:
        edge.flash_done(_("已报名。到时在服务点扫码签到。"))


def _one(number: int) -> dict[str, Any]:
    line = activities.shown(edge.read(), actor=edge.actor(), number=number)
    place, position, absence = reading.own_place(edge.read(), actor=edge.actor(), number=number)
    sees_people = may(
        edge.actor(),
        "activities.people",
        community_id=edge.community().id,
        person_id=line.leader_id,
        area_path=line.area_path,
    )
    now = edge.now()
    return {
        "line": line,
        "over": line.ends_at <= now,
        "begun": line.starts_at <= now,
        "sign_up_is_closed": line.sign_up_closes_at is not None and line.sign_up_closes_at <= now,
        "position": position,
        "had_place": place is not None and place.given_up_at is None and place.waiting_since is None,
        "absence": absence,
        "people": reading.people(edge.read(), actor=edge.actor(), number=number) if sees_people else None,
        "may_write": sees_people and line.starts_at + absences.WRITTEN_AFTER <= now,
        "may_put_down": _may_at("activities.put_down", line),
        "may_change": _may_at("activities.change", line),
        "may_cancel": _may_at("activities.cancel", line),
        "may_sign_up": edge.actor().person_id is not None and _may("activities.sign_up"),
        "series": _series(line),
        **own_team_choice(line),
    }


def _series(line: ActivityLine) -> dict[str, Any] | None:
    if line.series_id is None or line.kind == "duty":
        return None
    series, rhythm = reading.series_of(edge.read(), edge.community().id, line.series_id)
    others = reading.of_series(edge.read(), actor=edge.actor(), series_id=line.series_id, now=edge.now())
    return {"series": series, "rhythm": said.rhythm_words(rhythm), "others": others}


def _form() -> dict[str, Any]:
    points = service_points.listed(edge.read(), actor=edge.actor())
    return {
        "points": [(point.number, point.name) for point in points],
        "classes": list(words.CLASSES.items()),
        "rhythms": list(said.RHYTHMS.items()),
        "shifts_most": SHIFTS_MOST,
        "chosen_skills": [],
    }


def _campaigns() -> dict[str, Any]:
    today = communities.local_day(edge.community(), edge.now())
    return {
        **_form(),
        "campaigns": [(code, one, _proposed(one.month_day, today)) for code, one in CAMPAIGNS.items()],
    }


def _proposed(month_day: str, today: date) -> str:
    """The next day on which a campaign usually begins; empty where that moves."""
    if not month_day:
        return ""
    proposed = date.fromisoformat(f"{today.year}-{month_day}")
    return (proposed if proposed >= today else proposed.replace(year=today.year + 1)).isoformat()


def _edit(number: int) -> dict[str, Any]:
    line = activities.shown(edge.read(), actor=edge.actor(), number=number)
    activity = seats.by_number(edge.read(), edge.community().id, number)
    terms = requirements.terms_of(edge.read(), activity)
    leader = residents.person(edge.read(), edge.community().id, line.leader_id) if line.leader_id else None
    closes = line.sign_up_closes_at
    return {
        **_form(),
        "line": line,
        "leader_number": leader.number if leader else "",
        "closes_hours": "" if closes is None else int((line.starts_at - closes) / timedelta(hours=1)),
        "chosen_skills": list(line.skills),
        "in_series": terms is not None and terms.series_id is not None,
        "day": communities.local_day(edge.community(), line.starts_at),
    }


def _shifts(asked: dict[str, Any]) -> list[Shift]:
    shifts = [Shift(starts=asked["starts"], ends=asked["ends"], name=asked["shift_name"], capacity=asked["capacity"])]
    for at in range(2, SHIFTS_MOST + 1):
        starts, ends = asked[f"starts_{at}"], asked[f"ends_{at}"]
        if (starts is None) != (ends is None):
            raise edge.bad(f"ends_{at}" if ends is None else f"starts_{at}", _("请填写这一项。"))
        if starts is not None and ends is not None:
            shifts.append(
                Shift(starts=starts, ends=ends, name=asked[f"shift_name_{at}"], capacity=asked[f"capacity_{at}"])
            )
    return shifts


def _rhythm(asked: dict[str, Any]) -> Rhythm:
    kind = asked["rhythm"]
    if kind in {"monthly_day", "digit"} and asked["month_day"] is None:
        raise edge.bad("month_day", _("请填写这一项。"))
    return Rhythm(
        kind,
        weekdays=tuple(sorted(set(asked["weekdays"]))) if kind in {"weekly", "monthly_weekday"} else (),
        day=asked["month_day"] if kind in {"monthly_day", "digit"} else 0,
        nth=asked["nth"] if kind == "monthly_weekday" else 0,
        every=1 if kind == "digit" else asked["every"],
    )


def _terms(asked: dict[str, Any]) -> Terms:
    return Terms(
        note=asked["note"],
        skills=tuple(asked["skills"]),
        age_from=asked["age_from"],
        age_to=asked["age_to"],
        needs_insurance=bool(asked["needs_insurance"]),
        closes_minutes=None if asked["closes_hours"] is None else asked["closes_hours"] * 60,
    )


def _content(asked: dict[str, Any]) -> dict[str, Any]:
    return {name: str(value) if hasattr(value, "hour") else value for name, value in asked.items()}


def _blocked() -> datetime | None:
    """Until when the reader may not sign up."""
    person_id = edge.actor().person_id
    if person_id is None:
        return None
    try:
        requirements.refuse_blocked(edge.read(), edge.community().id, person_id, edge.now())
    except SignUpBlocked as refused:
        return datetime.fromisoformat(str(refused.facts["until_at"]))
    return None


def _own_absences() -> list[absences.AbsenceLine]:
    person_id = edge.actor().person_id
    if person_id is None:
        return []
    return absences.of_person(edge.read(), edge.community().id, person_id, edge.now())


def _may(use_case: str) -> bool:
    return may(edge.actor(), use_case, community_id=edge.community().id)


def _may_at(use_case: str, line: ActivityLine) -> bool:
    return may(edge.actor(), use_case, community_id=edge.community().id, area_path=line.area_path)


def _person(number: str) -> residents.Person:
    try:
        return residents.by_number(edge.read(), edge.community().id, number)
    except NotFound:
        raise edge.bad("person", _("没有这个编号的人。")) from None


def _leader(number: str | None) -> UUID | None:
    if number is None:
        return None
    try:
        return residents.by_number(edge.read(), edge.community().id, number).id
    except NotFound:
        raise edge.bad("leader", _("没有这个编号的人。")) from None

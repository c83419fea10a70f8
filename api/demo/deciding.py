"""What the community decides: a right for some ages, a number of the policy, and drafts that wait for a second person today."""

import datetime as dt
import hashlib
import uuid
from functools import partial
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from api.demo.places import PLACES, VILLAGE, Place
from api.demo.tale import Someone, Tale, local
from timebank import policy_changes, quotas
from timebank.hours.eligibility import adopting
from timebank.people import circumstances
from timebank.people.consents import SENSITIVE
from timebank.people.residents import PersonFlag
from timebank.permissions import Actor

CHECK_UP = {
    "any": [
        {"all": [{"sex": "m"}, {"age": {"from": 60, "to": 64}}]},
        {"all": [{"sex": "f"}, {"age": {"from": 55, "to": 64}}]},
    ]
}
BATHING = {"any": [{"age": {"from": 80}}, {"all": [{"age": {"from": 65}}, {"flag": "disabled"}]}]}
BODY = "村民代表会议"
SOON_TO_LOOK_AT = 78  # years
WITHOUT_CONSENT = 5  # of so many one has not been asked yet


def decide(tale: Tale) -> None:
    """Put decisions and consents on the agenda."""
    for place in PLACES:
        tale.at(local(tale.first_day + dt.timedelta(days=20), 10), partial(_note_consents, tale, place))
        new_year = dt.date(tale.today.year, 1, 1)
        if new_year > tale.first_day:
            tale.at(local(new_year, 0, 30), partial(_begin_year, tale, place))
    drafter, second = (tale.of(VILLAGE.community_id, name) for name in ("许文斌", "朱德明"))
    early, late = tale.first_day + dt.timedelta(days=40), tale.first_day + dt.timedelta(days=200)
    tale.at(local(early, 15), partial(_adopt_check_up, tale, drafter, second))
    tale.at(local(late, 15), partial(_change_late_entries, tale, drafter, second))
    yesterday = tale.today - dt.timedelta(days=1)
    tale.at(local(yesterday, 16), partial(_leave_drafts, tale, drafter))


def _note_consents(tale: Tale, place: Place) -> None:
    """The clerk came with the form; one in five has not been asked yet."""
    clerk = Actor.console(place.community_id, "clerk")

    def note(session: Session, now: dt.datetime) -> None:
        query = select(PersonFlag).where(
            col(PersonFlag.community_id) == place.community_id, col(PersonFlag.flag).in_(SENSITIVE)
        )
        flags = sorted(session.scalars(query), key=lambda one: one.id)
        for number, (person_id, kind) in enumerate(dict.fromkeys((one.person_id, one.flag) for one in flags), 1):
            if number % WITHOUT_CONSENT:
                circumstances.consent(
                    session,
                    actor=clerk,
                    now=now,
                    person_id=person_id,
                    kind=kind,
                    way="paper",
                    evidence=f"敏感个人信息同意书第{number}号",
                    given_on=_day(tale),
                )

    tale.together(clerk, note, name="consents")


def _begin_year(tale: Tale, place: Place) -> None:
    tale.do(quotas.set_due, actor=Actor.system(place.community_id, "set_quotas"))


def _adopt_check_up(tale: Tale, drafter: Someone, second: Someone) -> None:
    made = _draft_rule(tale, drafter, name="免费体检", gives="每年一次,在镇卫生院", expression=CHECK_UP)
    tale.do(adopting.confirm, actor=second.actor, rule_id=uuid.UUID(made["rule"]))


def _change_late_entries(tale: Tale, drafter: Someone, second: Someone) -> None:
    made = _draft_numbers(tale, drafter, {"late_entry_days": 45}, "农忙时登记簿交得晚")
    tale.do(policy_changes.confirm, actor=second.actor, decision_id=uuid.UUID(made["decision"]))


def _leave_drafts(tale: Tale, drafter: Someone) -> None:
    """What a second person finds to confirm today, and what the desk finds to look at again."""
    _draft_numbers(tale, drafter, {"order_unclaimed_hours": 12}, "老人等得太久")
    _draft_rule(tale, drafter, name="助浴优先", gives="", expression=BATHING, services=["bath_company"])
    desk = tale.of(VILLAGE.community_id, "李建芳").actor
    elders = [one for one in tale.people[VILLAGE.community_id] if one.age(tale.today) >= SOON_TO_LOOK_AT]
    for elder, days in zip(elders, (-4, 9, 33), strict=False):
        tale.do(
            circumstances.note,
            actor=desk,
            person_id=elder.id,
            flag="hardship",
            evidence=f"{tale.today.year}年度困难家庭审核表",
            from_on=_day(tale) - dt.timedelta(days=300),
            until_on=_day(tale) + dt.timedelta(days=days),
            consent_way="",
            consent_evidence="",
        )


def _draft_rule(tale: Tale, drafter: Someone, **told: Any) -> dict[str, Any]:
    return tale.do(
        adopting.draft,
        actor=drafter.actor,
        **({"number": None, "services": []} | told),
        decided_on=_day(tale),
        body=BODY,
        minutes_digest=_digest(told["name"]),
        in_force_from=_day(tale) + dt.timedelta(days=10),
    )


def _draft_numbers(tale: Tale, drafter: Someone, numbers: dict[str, int], reason: str) -> dict[str, Any]:
    return tale.do(
        policy_changes.draft,
        actor=drafter.actor,
        numbers=numbers,
        in_force_on=_day(tale) + dt.timedelta(days=10),
        decided_on=_day(tale),
        body=BODY,
        reason=reason,
        minutes_digest=_digest(reason),
    )


def _day(tale: Tale) -> dt.date:
    return (tale.clock.now() + dt.timedelta(hours=8)).date()


def _digest(minutes: str) -> str:
    return hashlib.sha256(minutes.encode()).hexdigest()

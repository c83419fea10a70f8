"""Rights as data: what a rule may be, whom it holds for on which day, how it is adopted, and who may order what."""

import datetime as dt
import itertools
import random
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import col

from tests.refusals import fields_of
from tests.timebank.hours.arrange_orders import Orders, make_elder, make_person
from tests.village import Village
from timebank.errors import AlreadyDone, BadInput, Forbidden, NotFound
from timebank.hours import eligibility
from timebank.hours.eligibility import adopting, expressions, listing, who
from timebank.hours.eligibility.expressions import BadRule, Facts
from timebank.hours.eligibility.tables import PRIORITY
from timebank.people import circumstances, residents
from timebank.permissions import Actor

CHECK_UP = {
    "any": [
        {"all": [{"sex": "m"}, {"age": {"from": 60, "to": 64}}]},
        {"all": [{"sex": "f"}, {"age": {"from": 55, "to": 64}}]},
    ]
}
DIGEST = "0" * 64


# What a rule may be


@pytest.mark.parametrize(
    "data, at, reason",
    [
        (None, "", "shape"),
        ([], "", "shape"),
        ({}, "", "shape"),
        ({"age": {"from": 60}, "sex": "f"}, "", "shape"),
        ({"all": []}, "all", "empty"),
        ({"any": [{"sex": "f"}] * 13}, "any", "too_many"),
        ({"any": [{"all": [{"sex": "x"}]}]}, "any.0.all.0.sex", "sex"),
        ({"age": {}}, "age", "age"),
        ({"age": {"from": -1}}, "age", "age"),
        ({"age": {"from": True}}, "age", "age"),
        ({"age": {"from": 60.0}}, "age", "age"),
        ({"age": {"from": 151}}, "age", "age"),
        ({"age": {"from": 65, "to": 64}}, "age", "backwards"),
        ({"flag": "guardian_consent"}, "flag", "flag"),
        ({"flag": ["disabled"]}, "flag", "flag"),
        ({"area": "../x"}, "area", "area"),
        ({"exec": "1"}, "exec", "unknown"),
        ({"not": {"not": {"not": {"not": {"not": {"sex": "f"}}}}}}, "not.not.not.not.not.sex", "too_deep"),
    ],
)
def test_data_that_is_no_rule_names_the_place_and_the_reason(data, at, reason):
    with pytest.raises(BadRule) as refused:
        expressions.read(data)
    assert (refused.value.facts["at"], refused.value.facts["reason"]) == (at, reason)


def test_a_rule_of_forty_one_conditions_is_too_long():
    group = {"all": [{"sex": "f"}] * 10}
    expressions.read({"any": [group] * 4})
    with pytest.raises(BadRule):
        expressions.read({"any": [*[group] * 4, {"sex": "f"}]})


@pytest.mark.parametrize(
    "sex, age, holds",
    [("m", 59, False), ("m", 60, True), ("m", 64, True), ("m", 65, False), ("f", 54, False), ("f", 55, True),
     ("f", 64, True), ("f", 65, False), ("", 60, None), ("", 57, None), ("m", None, None)],
)  # fmt: skip
def test_check_ups_are_for_men_of_60_to_64_and_women_of_55_to_64(sex, age, holds):
    judged = expressions.judge(expressions.read(CHECK_UP), Facts(age, sex, frozenset(), "/1/"))
    assert judged.holds is holds


def test_what_is_not_known_is_neither_a_right_nor_its_opposite():
    unknown = Facts(None, "", frozenset(), "/1/")
    old = {"age": {"from": 60}}
    assert expressions.judge(old, unknown).holds is None
    assert expressions.judge({"not": old}, unknown).holds is None
    assert expressions.judge({"any": [old, {"not": {"flag": "disabled"}}]}, unknown).holds is True
    assert expressions.judge({"all": [old, {"flag": "disabled"}]}, unknown).holds is False


@pytest.mark.parametrize(
    "sex, age, flags, missing",
    [
        ("m", 58, set(), {"age": {"from": 60, "to": 64}}),
        ("m", 70, set(), None),
        ("f", 40, set(), {"age": {"from": 55, "to": 64}}),
        ("", 60, set(), {"any": [{"sex": "m"}, {"sex": "f"}]}),
    ],
)
def test_what_is_missing_leaves_out_what_cannot_come(sex, age, flags, missing):
    facts = Facts(age, sex, frozenset(flags), "/1/")
    assert expressions.needed(expressions.judge(CHECK_UP, facts), facts) == missing


# One person and the list are judged alike


def test_the_list_holds_exactly_those_for_whom_the_rule_holds(village: Village):
    """Random people and rules: SQL on one side, the judge on the other, on days round 29 February."""
    chance = random.Random(41)
    people = _people_of_all_kinds(village, chance)
    clerk = village.actor("desk_staff")
    days = [dt.date(2027, 2, 28), dt.date(2027, 3, 1), dt.date(2028, 2, 29), village.today]
    for _turn in range(10):
        expression = expressions.read(_some_rule(chance, depth=3))
        day = chance.choice(days)
        rule = who.RuleInForce(1, 1, "", "", (), expression)
        with village.read() as session:
            listed = {
                one.person.id
                for one in listing.holders(session, actor=clerk, rule=rule, days=[day], after=0, limit=1000)
            }
            assert listing.count(session, actor=clerk, rule=rule, days=[day]) == len(listed)
            judged = {
                person_id
                for person_id in people
                if who.judged_for(session, residents.person(session, 1, person_id), rule, day)[0].holds
            }
        assert listed == judged, expression
    _compare_a_month(village, chance, people, clerk)


def _compare_a_month(village: Village, chance: random.Random, people: list[Any], clerk: Actor) -> None:
    """February 2027: the list holds exactly those for whom the rule holds on some day of it, from the first such day."""
    days = listing.days_of_month(dt.date(2027, 2, 7))
    for _turn in range(6):
        rule = who.RuleInForce(1, 1, "", "", (), expressions.read(_some_rule(chance, depth=3)))
        with village.read() as session:
            found = listing.holders(session, actor=clerk, rule=rule, days=days, after=0, limit=4)
            while len(found) % 4 == 0 and found:
                more = listing.holders(
                    session, actor=clerk, rule=rule, days=days, after=found[-1].person.serial, limit=4
                )
                found += more
                if not more:
                    break
            assert listing.count(session, actor=clerk, rule=rule, days=days) == len(found)
            known = [residents.person(session, 1, person_id) for person_id in people]
            by_day = {day: who.facts_of_all(session, 1, known, day) for day in days}
        expected = {}
        for day in reversed(days):
            for person in known:
                if expressions.judge(rule.expression, by_day[day][person.id]).holds:
                    expected[person.id] = day
        assert {one.person.id: one.from_on for one in found} == expected, rule.expression


def test_this_month_lists_who_is_eligible_on_some_day_of_it_and_from_which(village: Village):
    before, inside, after = (
        make_person(village, f"李{n}", born_on=dt.date(1966, month, day))
        for n, (month, day) in enumerate([(10, 31), (11, 30), (12, 1)])
    )
    ends = make_person(village, "王", born_on=dt.date(1961, 11, 2))  # 65 on the second
    rule = who.RuleInForce(1, 1, "", "", (), {"age": {"from": 60, "to": 64}})
    with village.read() as session:
        days = listing.days_of_month(village.today)
        found = listing.holders(session, actor=village.actor("desk_staff"), rule=rule, days=days, after=0, limit=10)
    assert (days[0], days[-1]) == (dt.date(2026, 11, 1), dt.date(2026, 11, 30))
    assert {one.person.id: one.from_on.day for one in found} == {before.id: 1, inside.id: 30, ends.id: 1}
    assert after.id not in {one.person.id for one in found}


def test_lists_are_paged_by_serial_and_exported_whole(village: Village):
    for n in range(5):
        make_person(village, f"李{n}", born_on=dt.date(1950, 1, 1))
    rule = who.RuleInForce(1, 1, "", "", (), {"age": {"from": 60}})
    clerk, days = village.actor("desk_staff"), [village.today]
    with village.read() as session:
        first = listing.holders(session, actor=clerk, rule=rule, days=days, after=0, limit=3)
        rest = listing.holders(session, actor=clerk, rule=rule, days=days, after=first[-1].person.serial, limit=3)
        assert [one.person.serial for one in [*first, *rest]] == [1, 2, 3, 4, 5]
        assert len(list(listing.exported(session, actor=clerk, rule=rule, days=days))) == 5
        with pytest.raises(Forbidden):
            list(listing.exported(session, actor=village.actor("grid_worker"), rule=rule, days=days))


def test_a_grid_worker_sees_those_of_her_grid(village: Village):
    mine = make_person(village, "李", born_on=dt.date(1950, 1, 1), grid="320102010101")
    make_person(village, "王", born_on=dt.date(1950, 1, 1), grid="320102010102")
    rule = who.RuleInForce(1, 1, "", "", (), {"age": {"from": 60}})
    worker = village.actor("grid_worker", grid="320102010101")
    with village.read() as session:
        found = listing.holders(session, actor=worker, rule=rule, days=[village.today], after=0, limit=10)
        assert listing.count(session, actor=worker, rule=rule, days=[village.today]) == 1
    assert [one.person.id for one in found] == [mine.id]


# Adopting


def test_a_rule_is_in_force_from_its_day_once_a_second_person_confirms_and_its_digest_is_noted(village: Village):
    drafter, second = village.actor("committee"), village.actor("community_manager")
    rule_id = _draft(village, drafter)
    tomorrow = village.today + dt.timedelta(days=1)
    assert _in_force(village, tomorrow) == []
    done = village.write(lambda s, now: adopting.confirm(s, actor=second, now=now, rule_id=rule_id))
    assert (done["number"], done["version"]) == (1, 1)
    assert _in_force(village, village.today) == []
    assert [rule.name for rule in _in_force(village, tomorrow)] == ["免费体检"]
    with village.read() as session:
        row = adopting.rule(session, 1, rule_id)
        entry = _entry(session, row.note_seq)
        assert (entry["topic"], entry["digest"]) == ("eligibility", adopting.digest_of_rule(row))


def test_who_drafted_does_not_confirm_and_a_withdrawn_draft_is_not_confirmed(village: Village):
    drafter, second = village.actor("committee", "community_manager"), village.actor("committee")
    rule_id = _draft(village, drafter)
    with pytest.raises(adopting.RuleSecondPerson):
        village.write(lambda s, now: adopting.confirm(s, actor=drafter, now=now, rule_id=rule_id))
    with pytest.raises(Forbidden):
        village.write(lambda s, now: adopting.confirm(s, actor=village.actor("desk_staff"), now=now, rule_id=rule_id))
    village.write(lambda s, now: adopting.withdraw(s, actor=drafter, now=now, rule_id=rule_id))
    with pytest.raises(adopting.RuleWrongState):
        village.write(lambda s, now: adopting.confirm(s, actor=second, now=now, rule_id=rule_id))


def test_confirming_twice_is_harmless_and_withdrawing_afterwards_is_refused(village: Village):
    drafter, second = village.actor("committee"), village.actor("committee")
    rule_id = _draft(village, drafter)
    first, again = (
        village.write(lambda s, now: adopting.confirm(s, actor=second, now=now, rule_id=rule_id)) for _turn in "ab"
    )
    assert first == again
    with pytest.raises(AlreadyDone):
        village.write(lambda s, now: adopting.withdraw(s, actor=drafter, now=now, rule_id=rule_id))


def test_a_rule_is_never_retroactive(village: Village):
    for days, field in [
        ({"in_force": 0}, "in_force_from"),
        ({"in_force": -1}, "in_force_from"),
        ({"in_force": 401}, "in_force_from"),
        ({"decided": 1, "in_force": 2}, "decided_on"),
    ]:
        with pytest.raises(BadInput) as refused:
            _draft(village, village.actor("committee"), **days)
        assert list(fields_of(refused.value)) == [field]


def test_a_draft_whose_day_went_by_is_not_confirmed(village: Village):
    rule_id = _draft(village, village.actor("committee"), in_force=1)
    village.pass_time(days=1)
    with pytest.raises(BadInput):
        village.write(lambda s, now: adopting.confirm(s, actor=village.actor("committee"), now=now, rule_id=rule_id))


def test_versions_are_kept_and_each_day_has_its_own(village: Village):
    _adopt(village, in_force=1)
    _adopt(village, number=1, expression={"age": {"from": 70}}, in_force=10)
    _adopt(village, number=1, expression=None, in_force=20)
    day = village.today
    versions = [
        [rule.version for rule in _in_force(village, day + dt.timedelta(days=n))] for n in (0, 1, 9, 10, 19, 20)
    ]
    assert versions == [[], [1], [1], [2], [2], []]
    with pytest.raises(BadInput):
        _draft(village, village.actor("committee"), number=1, in_force=20)  # not after the newest
    with pytest.raises(NotFound):
        _draft(village, village.actor("committee"), number=7)


def test_a_place_of_another_community_is_refused(village: Village, other_village: Village):
    with pytest.raises(BadRule) as refused:
        _draft(village, village.actor("committee"), expression={"area": "320102010201"})
    assert refused.value.facts["area"] == "320102010201"
    _draft(village, village.actor("committee"), expression={"area": "320102010101"})


def test_another_communitys_draft_is_not_there(village: Village, other_village: Village):
    rule_id = _draft(village, village.actor("committee"))
    with pytest.raises(NotFound):
        other_village.write(
            lambda s, now: adopting.confirm(s, actor=other_village.actor("committee"), now=now, rule_id=rule_id)
        )


# Who may redeem


def test_redeemer_min_age_counts_on_the_day_of_the_service(village: Village):
    """redeemer_min_age is 65: a day above, just at it, a day below, on the local day of the service."""
    service_day = village.today + dt.timedelta(days=3)
    birthday = service_day.replace(year=service_day.year - 65)
    elders = [make_person(village, "王", born_on=birthday - dt.timedelta(days=days)) for days in (1, 0, -1)]
    assert [_may_order(village, elder, service_day) for elder in elders] == [True, True, False]


def test_redeemer_min_age_of_who_was_born_on_29_february_is_reached_on_1_march(village: Village):
    elder = make_person(village, "王", born_on=dt.date(1960, 2, 29))  # 65 in 2025
    days = [dt.date(2025, 2, 28), dt.date(2025, 3, 1)]
    assert [_may_order(village, elder, day) for day in days] == [False, True]


def test_redeemer_min_age_hardship_counts_for_who_is_noted_in_hardship(village: Village):
    """redeemer_min_age_hardship is 60."""
    day = village.today
    for age, flag, may in [(59, True, False), (60, True, True), (60, False, False), (64, False, False)]:
        elder = make_person(village, "王", born_on=day.replace(year=day.year - age))
        if flag:
            _flag(village, elder, "hardship", until_on=None)
        assert _may_order(village, elder, day) is may, (age, flag)


def test_hardship_counts_on_its_last_day_and_not_after(village: Village):
    day = village.today
    elder = make_person(village, "王", born_on=day.replace(year=day.year - 62))
    _flag(village, elder, "hardship", until_on=day)
    assert [_may_order(village, elder, day + dt.timedelta(days=ahead)) for ahead in (0, 1)] == [True, False]


def test_an_unknown_birthday_is_no_age_and_says_so(village: Village):
    elder = make_person(village, "王", born_on=None)
    with village.read() as session, pytest.raises(eligibility.NotOldEnough) as refused:
        eligibility.refuse_who_may_not_order(session, 1, _person(village, elder), "shopping", village.today)
    assert (refused.value.facts["age"], refused.value.facts["needed_age"]) == (None, 65)


# Services that need a right


def test_a_service_that_needs_a_right_is_refused_with_its_rule_and_what_is_missing(village: Village):
    orders = Orders(village)
    _adopt(village, expression={"all": [{"age": {"from": 60}}, {"flag": "lives_alone"}]}, services=["laundry"])
    village.pass_time(days=1)
    elder = make_elder(village, 600)
    with pytest.raises(eligibility.NotEligible) as refused:
        orders.place(elder, service="laundry", minutes=60)
    facts = refused.value.facts
    assert (facts["rule"], facts["name"], facts["version"]) == (1, "免费体检", 1)
    assert facts["needed"] == '{"flag": "lives_alone"}'
    orders.place(elder, service="shopping", minutes=60)
    _flag(village, elder, "lives_alone", until_on=None)
    orders.place(elder, service="laundry", minutes=60, hours_ahead=5)


def test_a_right_by_place_goes_with_the_home(village: Village):
    _adopt(village, expression={"area": "320102010101"}, services=["laundry"])
    day = village.today + dt.timedelta(days=1)
    inside = make_person(village, "王", born_on=dt.date(1944, 1, 1), grid="320102010101")
    outside = make_person(village, "李", born_on=dt.date(1944, 1, 1), grid="320102010102")
    assert [_may_order(village, elder, day, "laundry") for elder in (inside, outside)] == [True, False]


# Who comes first


def test_priority_elders(village: Village):
    """80 and more living alone, or 60 to 79 with low income, disability and living alone."""
    everything = {"lives_alone", "low_income", "disabled"}
    for age, flags, first in [
        (79, {"lives_alone"}, False),
        (80, {"lives_alone"}, True),
        (80, {"low_income", "disabled"}, False),
        (59, everything, False),
        (60, everything, True),
        (79, everything, True),
        (79, {"lives_alone", "low_income"}, False),
        (None, everything, False),
    ]:
        born = None if age is None else village.today.replace(year=village.today.year - age)
        elder = make_person(village, "王", born_on=born)
        for flag in sorted(flags):
            _flag(village, elder, flag, until_on=None)
        assert _comes_first(village, elder) is first, (age, flags)


def test_without_consent_and_after_it_is_revoked_low_income_counts_for_nothing(village: Village):
    elder = make_person(village, "王", born_on=village.today.replace(year=village.today.year - 70))
    for flag in ("lives_alone", "low_income", "disabled"):
        _flag(village, elder, flag, until_on=None)
    assert _comes_first(village, elder)
    herself = village.actor(person=elder)
    village.write(lambda s, now: circumstances.revoke(s, actor=herself, now=now, person_id=elder.id, kind="low_income"))
    assert not _comes_first(village, elder)


def test_a_community_adopts_its_own_rule_of_who_comes_first(village: Village):
    elder = make_person(village, "王", born_on=village.today.replace(year=village.today.year - 70))
    _adopt(village, number=PRIORITY, expression={"age": {"from": 70}})
    assert not _comes_first(village, elder)
    assert _comes_first(village, elder, village.today + dt.timedelta(days=1))
    assert _in_force(village, village.today + dt.timedelta(days=1)) == []  # it gives nobody a right of his own
    with pytest.raises(BadInput):
        _draft(village, village.actor("committee"), number=PRIORITY, services=["laundry"], in_force=9)


# Arranging


def _draft(village: Village, actor: Actor, *, decided: int = 0, in_force: int = 1, **other: Any) -> Any:
    told: dict[str, Any] = {
        "number": None,
        "name": "免费体检",
        "gives": "每年一次",
        "services": [],
        "expression": CHECK_UP,
        "decided_on": village.today + dt.timedelta(days=decided),
        "body": "居民代表会议",
        "minutes_digest": DIGEST,
        "in_force_from": village.today + dt.timedelta(days=in_force),
    } | other
    made: list[Any] = []

    def draft(session, now):
        done = adopting.draft(session, actor=actor, now=now, **told)
        rules = eligibility.EligibilityRule
        made.append(session.scalars(select(col(rules.id)).order_by(col(rules.drafted_at).desc())).first())
        return done

    village.write(draft)
    return made[0]


def _adopt(village: Village, **told: Any) -> None:
    rule_id = _draft(village, village.actor("committee"), **told)
    second = village.actor("supervision_committee")
    village.write(lambda s, now: adopting.confirm(s, actor=second, now=now, rule_id=rule_id))


def _in_force(village: Village, day: dt.date) -> list[who.RuleInForce]:
    with village.read() as session:
        return who.rules_in_force(session, village.community_id, day)


def _entry(session: Any, seq: int) -> dict[str, Any]:
    from ledger import reading

    fields: dict[str, Any] = reading.entry(session, 1, seq).fields
    return fields


def _person(village: Village, someone: Any) -> residents.Person:
    with village.read() as session:
        return residents.person(session, village.community_id, someone.id)


def _may_order(village: Village, someone: Any, day: dt.date, service: str = "shopping") -> bool:
    person = _person(village, someone)
    with village.read() as session:
        try:
            eligibility.refuse_who_may_not_order(session, village.community_id, person, service, day)
        except (eligibility.NotOldEnough, eligibility.NotEligible):
            return False
        return True


def _comes_first(village: Village, someone: Any, day: dt.date | None = None) -> bool:
    person = _person(village, someone)
    with village.read() as session:
        return eligibility.priority_of(session, village.community_id, [person], day or village.today)[person.id]


def _flag(
    village: Village, someone: Any, flag: str, *, until_on: dt.date | None, from_on: dt.date | None = None
) -> None:
    clerk = village.actor("desk_staff")
    village.write(
        lambda s, now: circumstances.note(
            s,
            actor=clerk,
            now=now,
            person_id=someone.id,
            flag=flag,
            evidence="走访记录",
            from_on=from_on or village.today,
            until_on=until_on,
            consent_way="paper",
            consent_evidence="同意书 1 号",
        )
    )


def _people_of_all_kinds(village: Village, chance: random.Random) -> list[Any]:
    births = [None, dt.date(1964, 2, 29), dt.date(1964, 2, 28), dt.date(1964, 3, 1), dt.date(1947, 11, 20), dt.date(1986, 1, 1)]  # fmt: skip
    made = []
    for n, (born, sex) in enumerate(itertools.product(births, ("f", "m", ""))):
        grid = ("", "320102010101", "320102010102")[n % 3]
        person = village.make_person(f"村民{n}", born_on=born, sex=sex, grid=grid)
        for flag in expressions.CIRCUMSTANCES:
            if chance.random() < 0.3:
                ends = chance.choice([None, village.today, dt.date(2027, 2, 28), dt.date(2029, 1, 1)])
                _flag(village, person, flag, until_on=ends)
        made.append(person.id)
    return made


def _some_rule(chance: random.Random, depth: int) -> dict[str, Any]:
    kind = chance.choice(["all", "any", "not"] if depth else ["leaf"]) if chance.random() < 0.6 else "leaf"
    if kind == "not":
        return {"not": _some_rule(chance, depth - 1)}
    if kind in ("all", "any"):
        return {kind: [_some_rule(chance, depth - 1) for _part in range(chance.randint(1, 3))]}
    first, last = sorted(chance.sample([40, 62, 63, 64, 79, 80], 2))
    return chance.choice(
        [
            {"age": {"from": first}},
            {"age": {"to": last}},
            {"age": {"from": first, "to": last}},
            {"sex": chance.choice("fm")},
            {"flag": chance.choice(expressions.CIRCUMSTANCES)},
            {"area": "320102010101"},
        ]
    )

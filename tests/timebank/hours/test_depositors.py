"""Who may bank time on which day: ages, guardians, groups, the register."""

import datetime

import pytest

from tests.refusals import fields_of
from tests.timebank.hours.arrange import come, go, make_point, review, scan, serve, visit_of
from tests.timebank.hours.arrange_teams import agree, appoint, join, make_group, make_team, revoke
from tests.village import START, Village
from timebank import policy
from timebank.errors import BadInput, Forbidden
from timebank.hours import depositors
from timebank.hours.depositors import AgeUnknown, NotInRegister, UnderAge
from timebank.people import guardians, residents
from timebank.people.guardians import ConsentStands, GuardianNotAdult, NoMinor

on_sqlite = pytest.mark.parametrize("db", ["sqlite"], indirect=True)
DAY = datetime.timedelta(days=1)
TODAY = datetime.date(2026, 11, 20)


def may(village: Village, person, day=None, **how):
    """None if the person may bank time, else what is missing."""
    with village.read() as session:
        held = residents.person(session, village.community_id, person.id)
        try:
            depositors.refuse_who_may_not(session, village.community_id, held, day or village.today, **how)
        except UnderAge as refused:
            return refused.facts["needs"]
    return None


@on_sqlite
@pytest.mark.parametrize(
    "born_on, day, missing",
    [
        ("2008-11-20", "2026-11-20", None),  # eighteen today
        ("2008-11-21", "2026-11-20", "consent"),  # eighteen tomorrow
        ("2012-11-20", "2026-11-20", "consent"),  # fourteen today
        ("2012-11-21", "2026-11-20", "group"),  # fourteen tomorrow
        ("2010-02-28", "2028-02-28", None),
        ("2012-02-29", "2030-02-28", "consent"),  # born on 29 February: of age on 1 March
        ("2012-02-29", "2030-03-01", None),
        ("2012-02-29", "2026-02-28", "group"),
        ("2012-02-29", "2026-03-01", "consent"),
        ("2012-02-29", "2032-02-29", None),
        ("2008-12-31", "2026-12-31", None),
        ("2009-01-01", "2026-12-31", "consent"),
    ],
)
def test_age_is_that_of_the_service_day(village, born_on, day, missing):
    """depositor_min_age is 18, depositor_min_age_guardian 14."""
    person = village.make_person(born_on=datetime.date.fromisoformat(born_on))
    assert may(village, person, datetime.date.fromisoformat(day)) == missing


@on_sqlite
def test_midnight_of_the_community_is_where_a_birthday_begins(village):
    point, minor = make_point(village), village.make_person(born_on=datetime.date(2008, 11, 21))
    who = village.actor("volunteer", person=minor)
    village.pass_time(hours=14, minutes=59)  # 23:59 on the eve
    with pytest.raises(UnderAge):
        come(village, who, scan(village, point))
    village.pass_time(minutes=1)
    assert come(village, who, scan(village, point))["since"] == "00:00"


def test_a_consent_lets_fourteen_serve_alone_on_its_first_and_last_day(village):
    minor, parent = village.make_person(born_on=datetime.date(2011, 5, 1)), village.make_person()
    agree(village, minor, parent, from_on=TODAY + DAY, until_on=TODAY + 2 * DAY)
    assert [may(village, minor, TODAY + n * DAY) for n in range(4)] == ["consent", None, None, "consent"]


@on_sqlite
def test_a_consent_ends_at_the_latest_on_the_eve_of_eighteen(village):
    minor, parent = village.make_person(born_on=datetime.date(2008, 12, 24)), village.make_person()
    assert agree(village, minor, parent)["until_on"] == "2026-12-23"
    with pytest.raises(BadInput) as refused:
        agree(village, minor, parent, until_on=datetime.date(2026, 12, 24))
    assert refused.value.facts["fields"] == {"until_on": "of_age"}
    leapling = village.make_person(born_on=datetime.date(2012, 2, 29))
    assert agree(village, leapling, parent)["until_on"] == "2030-02-28"


@on_sqlite
def test_a_visit_that_began_on_the_last_day_counts_past_midnight(village):
    point, minor, parent = (
        make_point(village),
        village.make_person(born_on=datetime.date(2010, 5, 1)),
        village.make_person(),
    )
    agree(village, minor, parent, until_on=TODAY)
    who = village.actor("volunteer", person=minor)
    village.pass_time(hours=14, minutes=30)  # 23:30
    outcome = serve(village, who, point, hours=1)
    assert (outcome["state"], outcome["credited_minutes"]) == ("settled", 60)
    village.pass_time(hours=8)
    with pytest.raises(UnderAge):
        come(village, who, scan(village, point))


def test_a_consent_taken_back_during_a_visit_leaves_its_minutes_to_a_reviewer(village):
    point, minor, parent = (
        make_point(village),
        village.make_person(born_on=datetime.date(2010, 5, 1)),
        village.make_person(),
    )
    consent = agree(village, minor, parent)["consent"]
    who = village.actor("volunteer", person=minor)
    came = come(village, who, scan(village, point))
    village.pass_time(hours=1)
    revoked_at = village.now
    revoke(village, consent, by=village.actor(person=parent))
    village.pass_time(hours=1)
    left = go(village, who, scan(village, point))
    assert (left["state"], left["review_reasons"]) == ("under_review", ["consent_revoked"])
    visit_id = _id(came["visit_id"])
    review(village, village.actor("reviewer"), visit_id, ended_at=revoked_at)
    assert visit_of(village, visit_id).credited_minutes == 60  # what was served with consent
    village.pass_time(minutes=1)
    with pytest.raises(UnderAge):
        come(village, who, scan(village, point))
    revoke(village, consent)  # twice is harmless


@on_sqlite
def test_another_guardians_word_stands_when_one_takes_his_back(village):
    minor, mother, father = (
        village.make_person(born_on=datetime.date(2010, 5, 1)),
        village.make_person(),
        village.make_person(),
    )
    first = agree(village, minor, mother)["consent"]
    agree(village, minor, father)
    with pytest.raises(ConsentStands):
        agree(village, minor, mother)
    revoke(village, first)
    assert may(village, minor) is None
    agree(village, minor, mother)  # and she may agree again


@on_sqlite
def test_days_before_a_revocation_stay_covered(village):
    """For a paper that is typed later."""
    minor, parent = village.make_person(born_on=datetime.date(2010, 5, 1)), village.make_person()
    consent = agree(village, minor, parent)["consent"]
    village.pass_time(days=2)
    revoke(village, consent)
    assert [may(village, minor, TODAY + n * DAY) for n in range(3)] == [None, None, "consent"]


@on_sqlite
@pytest.mark.parametrize(
    "born_on, reason", [(datetime.date(2008, 11, 21), "age"), (None, "birthday"), (datetime.date(2008, 11, 20), "")]
)
def test_a_guardian_is_an_adult_whose_birthday_the_register_knows(village, born_on, reason):
    minor, guardian = village.make_person(born_on=datetime.date(2011, 1, 1)), village.make_person(born_on=born_on)
    if not reason:
        assert agree(village, minor, guardian)["code"] == "consent_noted"
        return
    with pytest.raises(GuardianNotAdult) as refused:
        agree(village, minor, guardian)
    assert refused.value.facts["reason"] == reason


@on_sqlite
def test_nobody_is_his_own_guardian_and_who_left_is_none(village):
    minor, gone = village.make_person(born_on=datetime.date(2011, 1, 1)), village.make_person()
    with pytest.raises(GuardianNotAdult):
        agree(village, minor, minor)
    _leave(village, gone, "moved")
    with pytest.raises(GuardianNotAdult):
        agree(village, minor, gone)


@on_sqlite
def test_a_guardian_who_died_covers_no_later_day_and_one_who_moved_does(village):
    minor, died, moved = (
        village.make_person(born_on=datetime.date(2011, 1, 1)),
        village.make_person(),
        village.make_person(),
    )
    agree(village, minor, died)
    _leave(village, died, "died")
    assert [may(village, minor, TODAY), may(village, minor, TODAY + DAY)] == [None, "consent"]
    agree(village, minor, moved)
    _leave(village, moved, "moved")
    assert may(village, minor, TODAY + DAY) is None


@on_sqlite
def test_a_guardian_outside_the_register_is_named_on_a_paper(village):
    minor = village.make_person(born_on=datetime.date(2011, 1, 1))
    for said, field in (
        ({"evidence": " "}, "evidence"),
        ({"guardian_name": ""}, "guardian_name"),
        ({"relation": "x"}, "relation"),
    ):
        with pytest.raises(BadInput) as refused:
            agree(village, minor, **said)
        assert list(fields_of(refused.value)) == [field]
    agree(village, minor)
    assert may(village, minor) is None


@on_sqlite
def test_who_is_of_age_or_of_unknown_age_needs_no_consent(village):
    parent = village.make_person()
    for born_on, reason in ((datetime.date(2008, 11, 20), "of_age"), (None, "birthday")):
        with pytest.raises(NoMinor) as refused:
            agree(village, village.make_person(born_on=born_on), parent)
        assert refused.value.facts["reason"] == reason


@on_sqlite
def test_a_parent_agrees_himself_for_a_child_of_his_household_and_for_no_other(village):
    parent, child = village.make_household("赵父", "赵小")
    stranger = village.make_person(born_on=datetime.date(2011, 1, 1))
    _born(village, child, datetime.date(2011, 1, 1))
    acting = village.actor(person=parent)
    assert agree(village, child, parent, by=acting)["code"] == "consent_noted"
    with pytest.raises(Forbidden):
        agree(village, stranger, parent, by=acting)
    with pytest.raises(Forbidden):
        agree(village, child, stranger, by=village.actor(person=child))
    with village.read() as session:
        [held] = guardians.consents_by(session, actor=acting, now=village.now)
        [ward] = guardians.wards_of(session, actor=acting, now=village.now)
    assert (held.how, held.state, ward.name) == ("own", "holds", "赵小")


@on_sqlite
def test_a_consent_noted_as_a_circumstance_counts_until_one_stands_in_the_table(village):
    minor, parent = village.make_person(born_on=datetime.date(2011, 1, 1)), village.make_person()
    village.write(
        lambda session, now: residents.flag(
            session,
            actor=village.actor("desk_staff"),
            now=now,
            person_id=minor.id,
            flag="guardian_consent",
            evidence="同意书 12 号",
            from_on=village.today,
            until_on=None,
        )
    )
    assert may(village, minor) is None
    revoke(village, agree(village, minor, parent)["consent"])
    assert may(village, minor) == "consent"  # taking back takes back all of it


def test_under_fourteen_serves_in_a_group_that_an_adult_leads_for_a_team_of_his(village):
    point, child, adult = (
        make_point(village),
        village.make_person(born_on=datetime.date(2014, 5, 1)),
        village.make_person(),
    )
    teenager, unknown = village.make_person(born_on=datetime.date(2009, 5, 1)), village.make_person(born_on=None)
    who, team = village.actor("volunteer", person=child), make_team(village)
    with pytest.raises(UnderAge) as alone:
        come(village, who, scan(village, point))
    with pytest.raises(UnderAge) as without_team:
        come(village, who, scan(village, point), make_group(village, point, leader=adult))
    join(village, team, child)
    missing = []
    for leader in (None, teenager, unknown, child):
        with pytest.raises(UnderAge) as refused:
            come(village, who, scan(village, point), make_group(village, point, leader=leader))
        missing.append(refused.value.facts["needs"])
    assert [alone.value.facts["needs"], without_team.value.facts["needs"]] == ["group", "team"]
    assert missing == ["leader"] * 4
    came = come(village, who, scan(village, point), make_group(village, point, leader=adult))
    assert came["team"] == "蓝马甲志愿队"  # he has just one


@on_sqlite
def test_the_leader_of_the_team_leads_the_group_where_the_activity_names_nobody(village):
    point, child, adult = (
        make_point(village),
        village.make_person(born_on=datetime.date(2014, 5, 1)),
        village.make_person(),
    )
    team = make_team(village)
    for person in (child, adult):
        join(village, team, person)
    group = make_group(village, point)
    with pytest.raises(UnderAge):
        come(village, village.actor("volunteer", person=child), scan(village, point), group)
    appoint(village, team, adult)
    assert come(village, village.actor("volunteer", person=child), scan(village, point), group)["team"]


@on_sqlite
def test_what_a_child_may_fifteen_without_consent_may_too(village):
    point, minor, adult = (
        make_point(village),
        village.make_person(born_on=datetime.date(2011, 5, 1)),
        village.make_person(),
    )
    team, who = make_team(village), village.actor("volunteer", person=minor)
    join(village, team, minor)
    with pytest.raises(UnderAge) as refused:
        come(village, who, scan(village, point))
    assert refused.value.facts["needs"] == "consent"
    assert come(village, who, scan(village, point), make_group(village, point, leader=adult))["team"]


@on_sqlite
@pytest.mark.parametrize("may_be_unknown", [1, 0])
def test_an_unknown_birthday_counts_as_of_age_unless_the_policy_says_no(village, may_be_unknown):
    village.write(
        lambda session, now: {
            "version": policy.change(
                session,
                village.community_id,
                numbers={"depositor_age_may_be_unknown": may_be_unknown},
                on=village.today + DAY,
            )
        }
    )
    person = village.make_person(born_on=None)
    if may_be_unknown:
        assert may(village, person, village.today + DAY) is None
    else:
        assert may(village, person, village.today) is None  # the policy's day has not come
        with pytest.raises(AgeUnknown):
            may(village, person, village.today + DAY)


@on_sqlite
def test_days_up_to_leaving_the_register_count_and_none_after(village):
    person, mistake = village.make_person(), village.make_person()
    _leave(village, person, "moved")
    _leave(village, mistake, "mistake")
    assert may(village, person, TODAY) is None
    for who, day in ((person, TODAY + DAY), (mistake, TODAY)):
        with pytest.raises(NotInRegister):
            may(village, who, day)


@on_sqlite
def test_nobody_notes_or_takes_back_consents_who_may_not(village):
    minor, parent = village.make_person(born_on=datetime.date(2011, 1, 1)), village.make_person()
    consent = agree(village, minor, parent)["consent"]
    for actor in (
        village.actor("volunteer", person=minor),
        village.actor("reviewer"),
        village.actor(person=village.make_person()),
    ):
        with pytest.raises(Forbidden):
            agree(village, minor, parent, by=actor)
        with pytest.raises(Forbidden):
            revoke(village, consent, by=actor)


def _leave(village, person, why):
    village.write(
        lambda session, now: residents.leave(
            session,
            actor=village.actor("desk_staff"),
            now=now,
            person_id=person.id,
            left_on=TODAY,
            left_reason=why,
            reason="",
        )
    )


def _born(village, person, born_on):
    village.write(
        lambda session, now: residents.change(
            session,
            actor=village.actor("desk_staff"),
            now=now,
            person_id=person.id,
            particulars=residents.Particulars(name=person.name, born_on=born_on),
            reason="test",
        )
    )


def _id(text):
    import uuid

    return uuid.UUID(text)


assert START.date() == TODAY

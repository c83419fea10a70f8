"""Claims with photographs, reports of the grid worker, and households that are heard before a deduction."""

from __future__ import annotations

import datetime as dt
import io
import uuid

import pytest
from PIL import Image

from tests.refusals import fields_of
from tests.timebank.hours.arrange_activities import change_policy
from tests.timebank.points import make
from tests.village import Village
from timebank import attachments
from timebank.errors import BadInput, Forbidden, NotFound
from timebank.people import helpers, households
from timebank.permissions import Actor
from timebank.points.awards import claiming, entering, hearings, reading, reviewing
from timebank.points.awards.reading import Filters
from timebank.points.awards.states import AwardWrongState

TABLE = "类别,项目,分值,单位,申报人\n甲,扫村道,5分,一次,\n甲,评为模范,10分,一次,村委会\n甲,带头示范,酌情加1-3分,一次,本人、网格员\n甲,清淤,4分,一次,\n乙,乱倒垃圾,-6分,一次,网格员\n".encode()
SWEEP, MODEL, LEAD, SILT, DUMP = "扫村道", "评为模范", "带头示范", "清淤", "乱倒垃圾"
pytestmark = pytest.mark.parametrize("db", ["sqlite"], indirect=True)


@pytest.fixture
def items(village: Village):
    """The items of a table in force, the deduction in use; nothing is drawn."""
    table_id = make.table_in_force(village, TABLE)
    make.switch_on(village, make.items(village, table_id)[DUMP])
    change_policy(village, second_review_percent=0)
    return make.items(village, table_id)


def a_photo(colour="green"):
    out = io.BytesIO()
    Image.new("RGB", (60, 40), colour).save(out, "PNG")
    return attachments.prepare(out.getvalue(), "photo", "照片.png")


def claim(village, person, item, *, actor=None, on=None, photos=(), **told):
    actor = actor or village.actor(person=person)
    made = village.write(
        lambda s, now: claiming.claim(
            s,
            actor=actor,
            now=now,
            person_id=person.id,
            item_id=item.id,
            on=(on or village.today).isoformat(),
            evidence="上午扫了村口",
            photos=photos,
            **told,
        )
    )
    return uuid.UUID(made["award_id"])


def report(village, person, item, actor, **told):
    made = village.write(
        lambda s, now: claiming.report(
            s,
            actor=actor,
            now=now,
            household="",
            person=person.number,
            item_id=item.id,
            on=village.today.isoformat(),
            evidence="巡查时看到",
            **told,
        )
    )
    return uuid.UUID(made["award_id"])


def notices(village, person):
    with village.read() as session:
        rows = session.connection().exec_driver_sql("SELECT kind, person_id FROM notice ORDER BY id").all()
    return [kind for kind, whose in rows if bytes(whose) == person.id.bytes]


def test_a_claim_goes_its_way_and_its_photographs_are_for_few(village: Village, items):
    ana, stranger = village.make_person(), village.make_person()
    award_id = claim(village, ana, items[SWEEP], photos=[a_photo("red"), a_photo("blue")])
    reviewer = village.actor("reviewer")
    with village.read() as session:
        shown = reading.whole(session, actor=village.actor(person=ana), award_id=award_id)
        assert (shown.row.award.comes_from, shown.row.award.claimant_id) == ("claim", ana.id)
        assert [photo.number for photo in shown.photos] == [1, 2]
        assert claiming.photos_there(session, shown.photos) == {1, 2}
        for who in (village.actor(person=ana), reviewer, village.actor("supervision_committee")):
            assert claiming.photo(session, actor=who, award_id=award_id, number=1) == shown.photos[0].attachment_id
        for who in (village.actor(person=stranger), village.actor("desk_staff"), village.actor("auditor")):
            with pytest.raises(Forbidden):
                claiming.photo(session, actor=who, award_id=award_id, number=1)
        with pytest.raises(NotFound):
            claiming.photo(session, actor=reviewer, award_id=award_id, number=3)
        with pytest.raises(Forbidden):
            reading.whole(session, actor=village.actor(person=stranger), award_id=award_id)
    with pytest.raises(entering.OwnEntry):  # a reviewer's own claim, even without a household of hers
        make.review(village, award_id, actor=Actor(village.community_id, ana.number, person_id=ana.id,
                                                   grants=reviewer.grants, area_path=village.area_path))  # fmt: skip
    make.review(village, award_id, approved=False, remark="照片看不清")
    second = claim(village, ana, items[SILT], photos=[a_photo("red")])
    make.review(village, second)
    assert notices(village, ana) == ["claim_rejected", "claim_approved"]
    with village.read() as session:
        assert reading.whole(session, actor=reviewer, award_id=second).same_photo == [award_id]
    # After the policy's days the content goes; that there was one, and its digest, stay.
    village.pass_time(days=91)
    village.write(lambda s, now: {"left": attachments.forget_over(s, village.community_id, now)})
    with village.read() as session:
        shown = reading.whole(session, actor=reviewer, award_id=award_id)
        assert claiming.photos_there(session, shown.photos) == set()
        assert shown.photos[0].digest == a_photo("red").digest


def test_claims_open_a_day_wait_at_once_and_more_do_not(village: Village, items):
    change_policy(village, claims_open_a_day=2)
    ana = village.make_person()
    first = claim(village, ana, items[SWEEP])
    second = claim(village, ana, items[SILT])
    with pytest.raises(claiming.ClaimsFull) as refused:
        claim(village, ana, items[LEAD])
    assert refused.value.facts == {"most": 2}
    make.review(village, second)  # decided: it waits no more
    claim(village, ana, items[LEAD])
    village.pass_time(days=1)
    claim(village, ana, items[SWEEP])
    withdraw(village, first, ana)
    with pytest.raises(AwardWrongState):  # somebody looked at it
        withdraw(village, second, ana)
    with pytest.raises(Forbidden):
        withdraw(village, second, village.make_person())


def withdraw(village, award_id, person):
    actor = village.actor(person=person)
    village.write(lambda s, now: entering.withdraw(s, actor=actor, now=now, award_id=award_id, reason="记错了日子"))


def test_what_others_report_is_not_claimed_and_nobody_claims_for_others(village: Village, items):
    ana, helper, elder = village.make_person(), village.make_person(), village.make_person()
    for item in (items[MODEL], items[DUMP]):
        with pytest.raises(claiming.ItemNotClaimed):
            claim(village, ana, item)
    with village.read() as session:
        found = claiming.items_to_claim(session, village.community_id, village.today)
        assert [item.title for item in found] == [SWEEP, LEAD, SILT]
    with pytest.raises(Forbidden):
        claim(village, elder, items[SWEEP], actor=village.actor(person=helper))
    bind(village, elder, helper)
    by_helper = claim(village, elder, items[SWEEP], actor=village.actor(person=helper))
    by_desk = claim(village, elder, items[SILT], actor=village.actor("desk_staff"))
    with village.read() as session:
        for award_id in (by_helper, by_desk):
            row = reading.by_id(session, village.community_id, award_id)
            assert (row.comes_from, row.claimant_id) == ("behalf", elder.id)
            assert row.entered_by != elder.number
        mine = reading.awards_of(session, actor=village.actor(person=elder), filters=Filters(claimant_id=elder.id))
        assert len(mine) == 2
        assert [one.id for one in claiming.claimed_for(session, actor=village.actor(person=helper))] == [
            helper.id,
            elder.id,
        ]
    with pytest.raises(BadInput) as refused:
        claim(village, ana, items[LEAD], proposed_steps=31)
    assert fields_of(refused.value) == {"proposed": "range"}
    with pytest.raises(BadInput) as refused:
        claim(village, ana, items[LEAD], photos=[a_photo()] * 4)
    assert fields_of(refused.value) == {"photos": "too_many"}
    award_id = claim(village, ana, items[LEAD], proposed_steps=30)
    with village.read() as session:
        row = reading.by_id(session, village.community_id, award_id)
        assert (row.proposed_steps, row.credited_steps) == (30, 10)


def test_claims_helped_a_day_are_one_helpers_for_all_elders(village: Village, items):
    change_policy(village, claims_helped_a_day=2)
    helper, elders = village.make_person(), [village.make_person(born_on=dt.date(1940, 1, 1)) for _ in range(3)]
    for elder in elders:
        bind(village, elder, helper)
    hers = village.actor(person=helper)
    first, _ = [claim(village, elder, items[SWEEP], actor=hers) for elder in elders[:2]]
    with pytest.raises(claiming.HelpedClaimsFull) as refused:
        claim(village, elders[2], items[SWEEP], actor=hers)
    assert refused.value.facts == {"most": 2}
    claim(village, elders[2], items[SILT], actor=village.actor("desk_staff"))  # what the desk writes down is no flood
    make.review(village, first)
    claim(village, elders[2], items[SWEEP], actor=hers)
    village.pass_time(days=1)
    claim(village, elders[2], items[SWEEP], actor=hers)


def test_a_photograph_is_no_longer_for_who_entered_it_once_she_could_not_enter_it(village: Village, items):
    helper, elder = village.make_person(), village.make_person(born_on=dt.date(1940, 1, 1), grid="320102010101")
    bind(village, elder, helper)
    helped = claim(village, elder, items[SWEEP], actor=village.actor(person=helper), photos=[a_photo()])
    worker = village.actor("grid_worker", grid="320102010101")
    reported = report(village, elder, items[SILT], worker, photos=[a_photo("red")])

    def sees(actor, award_id):
        with village.read() as session:
            claiming.photo(session, actor=actor, award_id=award_id, number=1)

    sees(village.actor(person=helper), helped)
    sees(worker, reported)
    with pytest.raises(Forbidden):
        sees(
            Actor(village.community_id, worker.number, login_id=worker.login_id, area_path=village.area_path), reported
        )
    with village.read() as session:
        (binding,) = helpers.bindings(session, actor=village.actor(person=elder), elder_id=elder.id)
    village.write(lambda s, now: helpers.revoke(s, actor=village.actor(person=elder), now=now, binding_id=binding.id))
    with pytest.raises(Forbidden):
        sees(village.actor(person=helper), helped)


def bind(village, elder, helper):
    clerk = village.actor("desk_staff")
    asked = village.write(
        lambda s, now: helpers.ask(
            s, actor=clerk, now=now, elder_id=elder.id, helper_id=helper.id, relation="neighbour"
        )
    )
    binding = uuid.UUID(asked["binding_id"])
    other = village.actor("desk_staff")
    village.write(lambda s, now: helpers.review(s, actor=other, now=now, binding_id=binding, is_accepted=True))
    village.write(
        lambda s, now: helpers.confirm(
            s, actor=village.actor(person=elder), now=now, binding_id=binding, card_token=None
        )
    )


def test_a_grid_worker_reports_from_the_own_grid(village: Village, items):
    near, far = village.make_person(grid="320102010101"), village.make_person(grid="320102010102")
    worker = village.actor("grid_worker", person=near, grid="320102010101")
    other = village.make_person(grid="320102010101")
    award_id = report(village, other, items[SWEEP], worker, photos=[a_photo()])
    with pytest.raises(Forbidden):
        report(village, far, items[SWEEP], worker)
    # What another grid's households were awarded is not told by a refusal either.
    make.enter(village, far, SWEEP)
    for wrong in ({}, {"quantity": "9999"}, {"household": str(house_number(village, far)), "person": "没有这个人"}):
        row = make.award_row(village, far, SWEEP, **wrong)
        with village.read() as session, pytest.raises(Forbidden):
            entering.preview(session, actor=worker, now=village.now, row=row, source="grid")
    with village.read() as session:
        rows = reading.awards_of(session, actor=worker)
        assert [row.award.id for row in rows] == [award_id]
        assert rows[0].award.comes_from == "grid"
        reading.whole(session, actor=worker, award_id=award_id)
    with pytest.raises(reviewing.HouseholdNotHeard):
        make.review(village, report(village, other, items[DUMP], worker))
    far_award = make.enter(village, far, SILT)
    with village.read() as session:
        assert far_award not in {row.award.id for row in reading.awards_of(session, actor=worker)}
        with pytest.raises(Forbidden):
            reading.whole(session, actor=worker, award_id=far_award)


def house_number(village, person):
    with village.read() as session:
        return households.household(session, village.community_id, person.household_id).number


def test_the_same_deed_from_two_sources_counts_twice_only_with_the_reviewers_reason(village: Village, items):
    ana = village.make_person(grid="320102010101")
    worker = village.actor("grid_worker", grid="320102010101")
    first = claim(village, ana, items[SWEEP])
    with pytest.raises(entering.AwardRefused) as refused:
        claim(village, ana, items[SWEEP])
    assert refused.value.facts["problems"] == ["项目:already_entered"]
    second = report(village, ana, items[SWEEP], worker)
    with village.read() as session:
        shown = reading.whole(session, actor=village.actor("reviewer"), award_id=second)
        assert [other.award.id for other in shown.others] == [first]
        shown = reading.whole(session, actor=village.actor("reviewer"), award_id=first)
        assert [other.award.id for other in shown.others] == [second]
    with pytest.raises(reviewing.DoubleUnexplained) as unexplained:
        make.review(village, first, second)
    assert unexplained.value.facts == {"other": first.hex}
    make.review(village, first, second, both_reason="上午和下午各一次")
    third = report(village, ana, items[SILT], worker)
    fourth = claim(village, ana, items[SILT])
    make.review(village, third, approved=False, remark="重复")
    make.review(village, fourth)  # the other one is out of the way
    with village.read() as session:
        assert reading.by_id(session, village.community_id, second).again_reason == "上午和下午各一次"


def invite(village, award_id, meets_at, *, actor=None, place="村委会二楼"):
    actor = actor or village.actor("committee")
    return village.write(
        lambda s, now: hearings.invite(s, actor=actor, now=now, award_id=award_id, meets_at=meets_at, place=place)
    )


def heard(village, award_id, **told):
    told = {"heard_on": village.today, "words": "那天是风吹倒的", "present": "网格员老张"} | told
    actor = told.pop("actor", None) or village.actor("committee")
    return village.write(lambda s, now: hearings.write_down(s, actor=actor, now=now, award_id=award_id, **told))


def not_come(village, award_id, at=None):
    actor = village.actor("committee")
    return village.write(lambda s, now: hearings.did_not_come(s, actor=actor, now=at or now, award_id=award_id))


def test_hearing_notice_days_lie_before_a_hearing_and_two_in_vain_before_it_goes_on(village: Village, items):
    """hearing_notice_days is 3: invited on the 1st, heard on the 4th at the earliest."""
    ana, brother = village.make_household("张一", "张二")
    award_id = make.enter(village, ana, DUMP)
    day = village.today
    noon = dt.datetime.combine(day, dt.time(12), dt.timezone(dt.timedelta(hours=8)))
    with pytest.raises(hearings.InvitationTooSoon) as soon:
        invite(village, award_id, noon + dt.timedelta(days=2))
    assert soon.value.facts == {"days": 3, "first_on": (day + dt.timedelta(days=3)).isoformat()}
    with pytest.raises(entering.OwnHousehold):
        invite(village, award_id, noon + dt.timedelta(days=3), actor=village.actor("committee", person=brother))
    with pytest.raises(BadInput):
        invite(village, award_id, noon + dt.timedelta(days=3), place=" ")
    first = noon + dt.timedelta(days=3)
    invite(village, award_id, first)
    assert notices(village, ana) == notices(village, brother) == ["hearing_invited"]
    with pytest.raises(hearings.InvitationStands):
        invite(village, award_id, first + dt.timedelta(days=1))
    with pytest.raises(hearings.InvitedTooLittle):
        not_come(village, award_id)
    village.clock.move(first - village.now)
    second = first + dt.timedelta(days=3)
    invite(village, award_id, second)
    # Who is late is waited for until midnight.
    midnight = second.replace(hour=0) + dt.timedelta(days=1)
    with pytest.raises(hearings.InvitedTooLittle) as little:
        not_come(village, award_id, at=midnight - dt.timedelta(milliseconds=1))
    assert little.value.facts == {"over": 1, "needed": 2}
    not_come(village, award_id, at=midnight)
    with pytest.raises(AwardWrongState):  # a second tap
        not_come(village, award_id, at=midnight)
    make.review(village, award_id, remark="属实")
    with village.read() as session:
        shown = reading.whole(session, actor=village.actor("reviewer"), award_id=award_id)
    assert (shown.hearing.outcome, shown.row.award.heard_on) == ("not_come", None)
    assert [one.number for one in shown.invitations] == [1, 2]


def test_what_the_household_said_is_written_down_before_anybody_looks(village: Village, items):
    award_id = make.enter(village, village.make_person(), DUMP)
    with village.read() as session, pytest.raises(hearings.InvitedTooLittle):
        hearings.slip(session, actor=village.actor("committee"), now=village.now, award_id=award_id)
    for told, field in (({"words": ""}, "words"), ({"present": " "}, "present"),
                        ({"heard_on": village.today + dt.timedelta(days=1)}, "heard_on"),
                        ({"heard_on": village.today - dt.timedelta(days=1)}, "heard_on")):  # fmt: skip
        with pytest.raises(BadInput) as refused:
            heard(village, award_id, **told)
        assert list(fields_of(refused.value)) == [field]
    with pytest.raises(Forbidden):
        heard(village, award_id, actor=village.actor("reviewer"))
    heard(village, award_id)
    with pytest.raises(AwardWrongState):
        heard(village, award_id)
    make.review(village, award_id)
    plain = make.enter(village, village.make_person(), SWEEP)
    with pytest.raises(AwardWrongState):
        heard(village, plain)


def test_another_community_finds_no_award_of_this_one(village: Village, other_village, items):
    award_id = make.enter(village, village.make_person(), DUMP)
    for call in (heard, not_come, lambda v, a: invite(v, a, v.now + dt.timedelta(days=9))):
        with pytest.raises(NotFound):
            call(other_village, award_id)
    with other_village.read() as session, pytest.raises(NotFound):
        claiming.photo(session, actor=other_village.actor("reviewer"), award_id=award_id, number=1)


def test_who_may_not_claim_for_somebody_learns_nothing_of_her_awards(client, village: Village, items):
    """The page and the JSON say "already entered" or "cap reached" only to who may claim for the person."""
    elder, stranger = village.make_person(), village.make_person()
    claim(village, elder, items[SWEEP])
    client.sign_in(stranger)
    for item in (items[SWEEP], items[SILT]):
        told = {"person": elder.number, "item_id": item.id.hex, "on": village.today.isoformat(), "evidence": "看一看"}
        assert client.post("/c/TPL/points/claims/new", data=told).status_code == 403

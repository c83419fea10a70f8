"""Nobody judges the own matter: objections are answered and decided by somebody else's household."""

import uuid

import pytest

from tests.timebank.points import make
from tests.timebank.points.test_publicity import CLEAN, answer, award_of, object_to
from timebank.people import kin
from timebank.points.awards.entering import OwnHousehold
from timebank.points.awards.nearness import OwnRelatives
from timebank.points.publicity import corrections, objections, refusals

pytestmark = pytest.mark.parametrize("db", ["sqlite"], indirect=True)


def appeal(village, raised, person):
    village.write(
        lambda s, now: objections.appeal(
            s, actor=village.actor(person=person), now=now, objection_id=uuid.UUID(raised["objection_id"]), text="不服"
        )
    )


def decide(village, raised, actor):
    return village.write(
        lambda s, now: objections.decide(
            s, actor=actor, now=now, objection_id=uuid.UUID(raised["objection_id"]), upheld=False, text="维持"
        )
    )


def test_an_objection_is_answered_and_decided_by_somebody_else(village):
    make.table_in_force(village)
    awarded, objector, member = village.make_person(), village.make_person(), village.make_person()
    batch = make.published(village, (awarded, CLEAN))
    raised = object_to(village, batch, 1, objector)
    with pytest.raises(OwnHousehold):
        answer(village, raised, upheld=False, actor=village.actor("committee", person=awarded))
    with pytest.raises(refusals.OwnObjection):
        answer(village, raised, upheld=True, actor=village.actor("committee", person=objector))
    both = village.actor("committee", "supervision_committee", person=member)
    answer(village, raised, upheld=False, actor=both)
    appeal(village, raised, objector)
    for near, reason in (
        (both, refusals.OwnObjection),
        (village.actor("supervision_committee", person=objector), refusals.OwnObjection),
        (village.actor("supervision_committee", person=awarded), OwnHousehold),
    ):
        with pytest.raises(reason):
            decide(village, raised, near)
    assert decide(village, raised, village.actor("supervision_committee"))["code"] == "appeal_rejected"


def test_nobody_has_a_line_of_the_own_household_relatives_or_own_objection_booked_back(village):
    make.table_in_force(village)
    awarded, objector, sister = village.make_person(), village.make_person(), village.make_person()
    batch = make.published(village, (awarded, CLEAN))
    village.pass_time(days=10)
    make.book_due(village)
    are_kin(village, sister, awarded)
    award_id = award_of(village, batch, 1).id

    def correct(verb, actor, **told):
        return village.write(lambda s, now: verb(s, actor=actor, now=now, award_id=award_id, **told))

    answer(village, object_to(village, batch, 1, objector), upheld=False)
    for near, refusal in ((awarded, OwnHousehold), (sister, OwnRelatives)):
        with pytest.raises(refusal):
            correct(corrections.ask_correction, village.actor("committee", person=near), reason="记错")
    correct(corrections.ask_correction, village.actor("committee"), reason="记错")
    for near in (awarded, sister, objector):
        with pytest.raises((OwnHousehold, OwnRelatives, refusals.OwnObjection)):
            correct(corrections.confirm_correction, village.actor("committee", person=near))
    assert correct(corrections.confirm_correction, village.actor("community_manager"))["code"] == "award_reversed"


def are_kin(village, person, relative):
    village.write(
        lambda s, now: kin.declare(
            s, actor=village.actor("desk_staff"), now=now, person_id=person.id, relative_number=relative.number,
            relation="sibling", evidence="户口簿",
        )
    )  # fmt: skip

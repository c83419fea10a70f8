"""Disputes: four verdicts, decided by somebody outside, told to both; and what is paid beyond the hold only by consent."""

from uuid import UUID

import pytest
from sqlmodel import select

from tests.timebank.hours.arrange_orders import Orders, Someone, job, make_elder, make_person, make_volunteer
from tests.timebank.hours.test_orders import _at_once
from timebank.errors import BadInput, Forbidden, Refused
from timebank.hours.attendance.tables import Visit, VisitDay
from timebank.hours.orders import disputes, placing, settling, waiting
from timebank.hours.orders.disputes import OrderDispute
from timebank.hours.orders.rows import OrderNotFound
from timebank.hours.orders.states import WrongState
from timebank.notices import Notice
from timebank.people import helpers

SQLITE = pytest.mark.parametrize("db", ["sqlite"], indirect=True)


@pytest.fixture
def orders(village) -> Orders:
    return Orders(village)


@pytest.fixture
def disputed(village, orders):
    """Two hours were held, an hour was served, and she objects. (order, elder, volunteer)"""
    elder, volunteer = make_elder(village), make_volunteer(village)
    order_id = orders.served(elder, volunteer, minutes=120, stay_minutes=60)
    orders.do(disputes.dispute, village.actor(person=elder), order_id=order_id, reason="只来了一会儿")
    return order_id, elder, volunteer


def told(village, person_id) -> list[str]:
    with village.read() as session:
        return [row.kind for row in session.exec(select(Notice).where(Notice.person_id == person_id))]


@SQLITE
@pytest.mark.parametrize(
    "verdict, minutes, paid",
    [("reject", None, 60), ("to_volunteer", None, 120), ("to_recipient", None, 0), ("split", 45, 45)],
)
def test_each_verdict_moves_its_minutes_and_is_kept_with_its_reason(village, orders, disputed, verdict, minutes, paid):  # noqa: PLR0917
    order_id, elder, volunteer = disputed
    assert orders.minutes(elder) == (600, 120)
    reviewer = village.actor("reviewer")
    orders.do(disputes.resolve, reviewer, order_id=order_id, verdict=verdict, minutes=minutes, reason="双方都问过")
    assert (orders.state(order_id), orders.minutes(elder), orders.minutes(volunteer)) == (
        "done",
        (600 - paid, 0),
        (paid, 0),
    )
    with village.read() as session:
        visit = session.exec(select(Visit)).one()
        days = session.exec(select(VisitDay)).all()
        kept = session.exec(select(OrderDispute)).one()
    # The visit says what the books say, and why it is not what the scans are worth.
    assert (visit.credited_minutes, sum(day.credited_minutes for day in days)) == (paid, paid)
    steps = {reason["code"]: reason["minutes"] for reason in visit.reasons or []}
    assert steps.get("order", 0) == paid - 60
    assert (kept.verdict, kept.minutes, kept.decision, kept.decided_by) == (
        verdict,
        paid,
        "双方都问过",
        reviewer.number,
    )
    assert told(village, elder.id)[-1] == told(village, volunteer.person_id)[-1] == "order_decided"
    line = orders.explained(order_id).timeline[-1]
    assert (line.verb, line.facts["verdict"], line.facts["reason"]) == ("resolve", verdict, "双方都问过")


@SQLITE
@pytest.mark.parametrize("minutes", [None, 0, 120, 121])
def test_a_split_leaves_something_to_both(village, orders, disputed, minutes):
    order_id, *_ = disputed
    with pytest.raises(BadInput):
        orders.do(
            disputes.resolve, village.actor("reviewer"), order_id=order_id, verdict="split", minutes=minutes, reason="x"
        )
    assert orders.state(order_id) == "disputed"


@SQLITE
def test_a_verdict_needs_a_reason_and_one_of_the_four_words(village, orders, disputed):
    order_id, *_ = disputed
    for wrong in ({"verdict": "reject", "reason": "  "}, {"verdict": "withdrawn", "reason": "核实"}):
        with pytest.raises(BadInput):
            orders.do(disputes.resolve, village.actor("reviewer"), order_id=order_id, **wrong)


@SQLITE
def test_who_was_there_or_belongs_to_one_of_the_two_does_not_decide(village, orders, disputed):
    order_id, elder, volunteer = disputed
    helper = make_person(village, "代办人")
    binding = orders.do(helpers.ask, orders.desk, elder_id=elder.id, helper_id=helper.id, relation="child")
    bound = UUID(binding["binding_id"])
    orders.do(helpers.review, orders.desk, binding_id=bound, is_accepted=True)
    orders.do(helpers.confirm, village.actor(person=elder), binding_id=bound, card_token=None)
    volunteer_as_person = Someone(volunteer.person_id, volunteer.number, volunteer.household_id)
    in_her_home = make_person(village, "同户人", household_id=elder.household_id)
    in_his_home = make_person(village, "志愿者家人", household_id=volunteer.household_id)
    for who in (elder, volunteer_as_person, in_her_home, in_his_home, helper):
        with pytest.raises(disputes.NotOutside):
            orders.do(
                disputes.resolve,
                village.actor("reviewer", person=who),
                order_id=order_id,
                verdict="to_recipient",
                reason="核实",
            )
    with pytest.raises(Forbidden):
        orders.do(disputes.resolve, orders.desk, order_id=order_id, verdict="reject", reason="核实")
    outside = village.actor("reviewer", person=make_person(village, "评审员"))
    orders.do(disputes.resolve, outside, order_id=order_id, verdict="reject", reason="核实")
    assert orders.state(order_id) == "done"


@SQLITE
def test_a_manager_who_belongs_to_one_of_the_two_does_not_call_a_disputed_order_off(village, orders, disputed):
    """Calling it off would give her all minutes back, as the verdict does that she may not speak."""
    order_id, elder, _ = disputed
    in_her_home = make_person(village, "同户人", household_id=elder.household_id)
    for who in (elder, in_her_home):
        with pytest.raises(disputes.NotOutside):
            orders.cancel(order_id, village.actor("community_manager", person=who))
    assert (orders.state(order_id), orders.minutes(elder)) == ("disputed", (600, 120))
    orders.cancel(order_id, village.actor("community_manager"))
    assert orders.minutes(elder) == (600, 0)


@SQLITE
def test_a_reviewer_sees_the_order_that_is_to_be_decided_and_no_other(village, orders, disputed):
    order_id, elder, _ = disputed
    other = orders.place(elder, hours_ahead=30)
    reviewer = village.actor("reviewer", person=make_person(village, "评审员"))
    of_the_home = village.actor("reviewer", person=make_person(village, "同户人", household_id=elder.household_id))
    assert orders.explained(order_id, reviewer).order.id == order_id
    for actor, seen in ((reviewer, other), (of_the_home, order_id)):
        with pytest.raises(OrderNotFound):
            orders.explained(seen, actor)
    with village.read() as session:
        found = waiting.to_decide(session, actor=reviewer)
    assert [(row.id, objection.reason) for row, _, objection in found] == [(order_id, "只来了一会儿")]
    orders.do(disputes.resolve, reviewer, order_id=order_id, verdict="reject", reason="核实")
    assert orders.explained(order_id, reviewer).order.state == "done"
    with pytest.raises(OrderNotFound):
        orders.explained(order_id, village.actor("reviewer"))


def test_two_decisions_at_the_same_moment_leave_one(village, orders, disputed):
    order_id, elder, _ = disputed
    verdicts = ("to_volunteer", "to_recipient")
    deciders = [village.actor("reviewer"), village.actor("community_manager")]
    outcomes = _at_once(
        *(
            lambda who=who, verdict=verdict: orders.do(
                disputes.resolve, who, order_id=order_id, verdict=verdict, reason="核实"
            )
            for who, verdict in zip(deciders, verdicts, strict=True)
        )
    )
    won = [outcome for outcome in outcomes if not isinstance(outcome, Refused)]
    assert len(won) == 1
    assert [type(outcome) for outcome in outcomes if isinstance(outcome, Refused)] == [WrongState]
    assert orders.minutes(elder) == (600 - won[0]["minutes"], 0)


@SQLITE
def test_both_hear_of_the_objection_but_not_who_made_it(village, disputed):
    _, elder, volunteer = disputed
    assert "order_disputed" in told(village, volunteer.person_id)
    assert "order_disputed" not in told(village, elder.id)


@SQLITE
def test_a_cancelled_dispute_is_withdrawn_and_everything_is_free(village, orders, disputed):
    order_id, elder, _ = disputed
    orders.do(placing.cancel, village.actor("community_manager"), order_id=order_id, reason="老人撤回")
    assert orders.minutes(elder) == (600, 0)
    with village.read() as session:
        assert session.exec(select(OrderDispute)).one().verdict == "withdrawn"


@SQLITE
def test_consent_given_and_refused_is_a_line_with_both_sums(village, orders):
    elder, volunteer = make_elder(village), make_volunteer(village)
    for consents, paid in ((True, 75), (False, 60)):
        order_id = orders.served(elder, volunteer, minutes=60, stay_minutes=80)
        assert orders.confirm(order_id, elder, consents=consents)["minutes"] == paid
        line = next(event for event in orders.explained(order_id).timeline if event.verb == "consent")
        assert line.facts == {"given": consents, "how": "sign_in", "held_minutes": 60, "asked_minutes": 75}
        row = orders.row(order_id)
        assert (row.extra_seq is not None) == consents
    detail = orders.entry(_extra(village, orders))
    assert detail.detail["consent"] == "sign_in"


def _extra(village, orders) -> int:
    from timebank.hours.orders.rows import ServiceOrder

    with village.read() as session:
        return next(row.extra_seq for row in session.exec(select(ServiceOrder)) if row.extra_seq is not None)


@SQLITE
def test_a_helper_confirms_but_does_not_agree_to_more_for_her(village, orders):
    elder, volunteer, helper = make_elder(village), make_volunteer(village), make_person(village, "代办人")
    binding = orders.do(helpers.ask, orders.desk, elder_id=elder.id, helper_id=helper.id, relation="child")
    bound = UUID(binding["binding_id"])
    orders.do(helpers.review, orders.desk, binding_id=bound, is_accepted=True)
    orders.do(helpers.confirm, village.actor(person=elder), binding_id=bound, card_token=None)
    order_id = orders.served(elder, volunteer, minutes=60, stay_minutes=80)
    acts = village.actor(person=helper)
    with pytest.raises(settling.ConsentNeeded) as refused:
        orders.do(settling.confirm_own, acts, order_id=order_id, consents=True)
    assert refused.value.facts["most_minutes"] == 75
    assert orders.do(settling.confirm_own, acts, order_id=order_id, consents=False)["minutes"] == 60


@SQLITE
def test_silence_asks_nobody_and_pays_what_was_held(village, orders):
    elder, volunteer = make_elder(village, phone="13912345678"), make_volunteer(village)
    order_id = orders.served(elder, volunteer, minutes=60, stay_minutes=80)
    village.pass_time(days=3)
    outcome = orders.do(settling.confirm_by_silence, job(village), order_id=order_id)
    assert (outcome["minutes"], outcome["extra_minutes"]) == (60, 0)
    assert "consent" not in [event.verb for event in orders.explained(order_id).timeline]

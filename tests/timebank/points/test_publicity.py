"""From an award to the books: publicity with real periods, objections, appeals, bookings, corrections."""

import datetime as dt
import uuid

import pytest
from sqlmodel import select

from ledger import book_of, reading
from tests.timebank.hours.arrange_activities import change_policy
from tests.timebank.points import make
from timebank import accounts, checks
from timebank.errors import BadInput
from timebank.notices import Notice
from timebank.people.logins import RoleGrant
from timebank.people.working_days import declare_day, last_working_day, works_on
from timebank.permissions import Actor
from timebank.points import household_accounts, statement
from timebank.points.awards.tables import Award
from timebank.points.publicity import batches, clocks, corrections, objection_lists, objections, refusals
from timebank.points.table.tables import PointsTable
from timebank.storage import new_id

CLEAN, DOCTOR, MASTER = "参加社区环境卫生整治", "成员攻读博士", "成员攻读硕士"


def award_of(village, batch, line):
    with village.read() as session:
        found = [one.award for one in batches.lines_of(session, village.community_id, batch)]
    return found[line - 1]


def household_balance(village, person):
    return village.balance(village.main_account(person.household_id, "pt"))


def object_to(village, batch, line, person, **changes):
    actor = changes.pop("actor", None) or village.actor(person=person)
    return village.write(
        lambda s, now: objections.object_to(
            s, actor=actor, now=now, batch_number=batch, line_number=line, reason="他没有参加", **changes
        )
    )


def answer(village, raised, *, upheld, actor=None, corrected=None):
    actor = actor or village.actor("committee")
    return village.write(
        lambda s, now: objections.answer(
            s, actor=actor, now=now, objection_id=uuid.UUID(raised["objection_id"]), upheld=upheld, text="已核实",
            corrected=corrected,
        )
    )  # fmt: skip


def test_lines_without_objection_are_booked_after_five_working_days_and_the_objected_one_waits(village):
    make.table_in_force(village)
    ana, bo, cai = village.make_person("张一"), village.make_person("欧阳二"), village.make_person("李三")
    batch = make.published(village, (ana, CLEAN), (bo, DOCTOR), (cai, CLEAN))
    object_to(village, batch, 2, cai)

    village.pass_time(days=4)
    assert make.book_due(village)["booked"] == 0  # the period is not over
    village.pass_time(days=6)
    assert make.book_due(village) == {"code": "lines_booked", "booked": 2, "left": 0}

    assert household_balance(village, ana) == 50
    assert household_balance(village, cai) == 50
    assert award_of(village, batch, 2).state == "frozen"
    with village.read() as session:
        assert accounts.find_main(session, village.community_id, bo.household_id, "pt") is None
        assert batches.batch_of(session, village.community_id, batch).closed_at is None


def test_an_upheld_objection_withdraws_the_line_and_closes_the_batch(village):
    make.table_in_force(village)
    ana, bo = village.make_person(), village.make_person()
    batch = make.published(village, (ana, CLEAN))
    raised = object_to(village, batch, 1, bo)
    assert answer(village, raised, upheld=True)["award_state"] == "withdrawn"

    village.pass_time(days=20)
    assert make.book_due(village)["booked"] == 0
    with village.read() as session:
        assert batches.batch_of(session, village.community_id, batch).closed_at is not None


def test_a_rejected_objection_is_booked_when_the_time_to_appeal_has_passed(village):
    make.table_in_force(village)
    ana, bo = village.make_person(), village.make_person()
    batch = make.published(village, (ana, CLEAN))
    raised = object_to(village, batch, 1, bo)
    village.pass_time(days=9)
    answer(village, raised, upheld=False)

    village.pass_time(days=6)
    assert make.book_due(village)["booked"] == 0
    village.pass_time(days=2)
    assert make.book_due(village)["booked"] == 1
    assert household_balance(village, ana) == 50


@pytest.mark.parametrize("upheld", [True, False])
def test_an_appeal_is_decided_by_the_supervision_committee(village, upheld):
    make.table_in_force(village)
    ana, bo = village.make_person(), village.make_person()
    batch = make.published(village, (ana, CLEAN))
    raised = object_to(village, batch, 1, bo)
    answer(village, raised, upheld=False)
    resident = village.actor(person=bo)
    objection_id = uuid.UUID(raised["objection_id"])
    village.write(
        lambda s, now: objections.appeal(s, actor=resident, now=now, objection_id=objection_id, text="请再查")
    )
    village.pass_time(days=30)
    assert make.book_due(village)["booked"] == 0  # an appeal waits for its decision, however long

    supervisor = village.actor("supervision_committee")
    village.write(
        lambda s, now: objections.decide(
            s, actor=supervisor, now=now, objection_id=objection_id, upheld=upheld, text="已复核"
        )
    )
    assert make.book_due(village)["booked"] == (0 if upheld else 1)
    assert award_of(village, batch, 1).state == ("withdrawn" if upheld else "booked")


def test_an_appeal_after_seven_days_is_too_late(village):
    make.table_in_force(village)
    ana, bo = village.make_person(), village.make_person()
    raised = object_to(village, make.published(village, (ana, CLEAN)), 1, bo)
    answer(village, raised, upheld=False)
    village.pass_time(days=8)
    with pytest.raises(refusals.AppealTooLate):
        village.write(
            lambda s, now: objections.appeal(
                s, actor=village.actor(person=bo), now=now, objection_id=uuid.UUID(raised["objection_id"]), text="晚了"
            )
        )


def test_an_objection_after_the_period_is_told_when_it_ended(village):
    make.table_in_force(village)
    ana, bo = village.make_person(), village.make_person()
    batch = make.published(village, (ana, CLEAN))
    village.pass_time(days=10)
    with pytest.raises(refusals.ObjectionTooLate) as refused:
        object_to(village, batch, 1, bo)
    assert "until_at" in refused.value.facts


def test_a_person_objects_to_a_line_once_and_staff_records_paper(village):
    make.table_in_force(village)
    ana, bo, elder = village.make_person(), village.make_person(), village.make_person()
    batch = make.published(village, (ana, CLEAN))
    object_to(village, batch, 1, bo)
    with pytest.raises(refusals.ObjectedAlready):
        object_to(village, batch, 1, bo)
    desk = village.actor("desk_staff")
    on_paper = {"channel": "paper", "form_number": "Y-17", "paper_on": village.today}
    object_to(village, batch, 1, elder, actor=desk, person_id=elder.id, **on_paper)
    with village.read() as session:
        found = objection_lists.objections_of(session, actor=village.actor("committee"), batch_number=batch)
    assert sorted((one.objection.channel, one.person.id == elder.id) for one in found) == [
        ("page", False),
        ("paper", True),
    ]


def test_booked_entries_of_a_batch_add_up_to_its_total_and_cite_its_note(village):
    table_id = make.table_in_force(village)
    people = [village.make_person() for _ in range(4)]
    batch = make.published(village, *[(person, CLEAN) for person in people], (people[0], DOCTOR))
    village.pass_time(days=10)
    assert make.book_due(village, limit=2) == {"code": "lines_booked", "booked": 2, "left": 1}
    make.book_due(village)

    with village.read() as session:
        hung = batches.batch_of(session, village.community_id, batch)
        lines = batches.lines_of(session, village.community_id, batch)
        entries = [reading.entry(session, village.community_id, one.award.entry) for one in lines]
        digest = session.get(PointsTable, (village.community_id, table_id)).digest
    assert hung.total_steps == sum(one.award.credited_steps for one in lines) == 4 * 50 + 200
    assert hung.total_steps == sum(entry.detail["credited"] for entry in entries)
    for entry, one in zip(entries, lines, strict=True):
        assert entry.kind == "post"
        assert entry.fields["cites"] == hung.note
        assert entry.detail["table_digest"] == digest
        assert entry.detail["reviewers"] == [one.award.reviewer]
        assert [accounts.ISSUE_PT, -one.award.credited_steps] in entry.fields["legs"]


def test_batches_are_numbered_without_gaps_even_when_publishing_is_refused(village):
    make.table_in_force(village)
    numbers = []
    for _ in range(3):
        with pytest.raises(batches.NothingToPublish):
            make.publish(village)
        numbers.append(make.published(village, (village.make_person(), CLEAN)))
    assert numbers == [1, 2, 3]


def mixed_with_deductions(village):
    from timebank import samples

    table_id = make.table_in_force(village, samples.sample("points-table-mixed.csv"))
    items = make.items(village, table_id)
    for title in ("每户基础分", "违反社会公德", "房前屋后不整洁"):
        make.switch_on(village, items[title])
    return items


def deduct(village, person, item):
    day = village.today.isoformat()
    award_id = make.enter(village, person, item, heard_on=day)
    make.approve(village, award_id)
    return award_id


def book_all(village):
    make.publish(village)
    village.pass_time(days=12)
    make.book_due(village)


def test_a_deduction_takes_base_points_first_then_the_household_and_leaves_a_shortfall(village):
    mixed_with_deductions(village)
    (person,) = village.make_household("张三", steps=30)
    with_base = make.enter(village, person, "每户基础分")
    make.approve(village, with_base)
    book_all(village)
    actor = village.actor(person=person)
    with village.read() as session:
        before = statement.held(session, actor=actor, household_id=person.household_id)
    assert (before.available_steps, before.base_steps) == (30, 600)

    for _ in range(3):  # 20 points each
        deduct(village, person, "违反社会公德")
        village.pass_time(days=1)
    book_all(village)
    with village.read() as session:
        after = statement.held(session, actor=actor, household_id=person.household_id)
    assert (after.available_steps, after.base_steps, after.owed_steps) == (30, 0, 0)

    deduct(village, person, "违反社会公德")
    book_all(village)
    with village.read() as session:
        short = statement.held(session, actor=actor, household_id=person.household_id)
    assert (short.available_steps, short.base_steps, short.owed_steps) == (0, 0, 170)


def test_a_later_award_pays_the_shortfall_first(village):
    mixed_with_deductions(village)
    (person,) = village.make_household("张三")
    deduct(village, person, "房前屋后不整洁")
    book_all(village)
    make.approve(village, make.enter(village, person, "参与治安巡防"))
    book_all(village)
    with village.read() as session:
        held = statement.held(session, actor=village.actor(person=person), household_id=person.household_id)
    assert (held.available_steps, held.owed_steps) == (50, 0)
    assert village.balance(accounts.RETURNED_PT) == 50


def test_a_correction_takes_two_officers_and_books_the_award_and_its_repayment_back(village):
    mixed_with_deductions(village)
    (person,) = village.make_household("张三")
    deduct(village, person, "房前屋后不整洁")
    book_all(village)
    award_id = make.enter(village, person, "参与治安巡防")
    make.approve(village, award_id)
    book_all(village)
    first, second = village.actor("committee"), village.actor("community_manager")
    village.write(
        lambda s, now: corrections.ask_correction(s, actor=first, now=now, award_id=award_id, reason="记错了户")
    )
    with pytest.raises(refusals.NeedsAnotherOfficer):
        village.write(lambda s, now: corrections.confirm_correction(s, actor=first, now=now, award_id=award_id))
    village.write(lambda s, now: corrections.confirm_correction(s, actor=second, now=now, award_id=award_id))
    with village.read() as session:
        held = statement.held(session, actor=village.actor(person=person), household_id=person.household_id)
        state = session.get(Award, (village.community_id, award_id)).state
        owed = household_accounts.owed(session, village.community_id, person.household_id)
    assert (state, held.available_steps, owed) == ("reversed", 0, 50)
    assert village.balance(accounts.RETURNED_PT) == 0


def test_every_line_of_the_statement_names_item_version_reviewer_batch_and_entry(village):
    make.table_in_force(village)
    (person,) = village.make_household("张三", steps=20)
    batch = make.published(village, (person, CLEAN))
    village.pass_time(days=10)
    make.book_due(village)
    with village.read() as session:
        lines = statement.statement(session, actor=village.actor(person=person), household_id=person.household_id)
    newest = lines[0]
    assert newest.award.item.title == CLEAN
    assert (newest.award.version, newest.award.award.batch_number) == (1, batch)
    assert newest.award.award.reviewed_by
    assert newest.line.seq == newest.award.award.entry
    assert [line.line.balance for line in lines] == [70, 20]


@pytest.mark.parametrize(
    "start, end",
    [
        (dt.date(2026, 9, 29), dt.date(2026, 10, 12)),  # 1 to 7 October are holidays, and Saturday the 10th is worked
        (dt.date(2026, 11, 20), dt.date(2026, 11, 27)),  # over one weekend
        (dt.date(2040, 10, 1), dt.date(2040, 10, 8)),  # no calendar yet: Monday to Friday
    ],
)
def test_five_working_days_follow_the_national_calendar(start, end):
    assert last_working_day(start, 5, {}) == end
    assert works_on(end, {})


def test_days_that_a_community_declares_move_the_end_of_the_period(village):
    make.table_in_force(village)
    manager = village.actor("community_manager")
    for days in (1, 2, 3):
        day = village.today + dt.timedelta(days=days)
        village.write(
            lambda s, now, day=day: declare_day(s, actor=manager, now=now, day=day, works=False, reason="抗洪")
        )
    make.published(village, (village.make_person(), CLEAN))
    with village.read() as session:
        until = batches.batch_of(session, village.community_id, 1).objections_until
    declared = {village.today + dt.timedelta(days=days): False for days in (1, 2, 3)}
    last = last_working_day(village.today, 5, declared)
    assert until == dt.datetime(last.year, last.month, last.day, 16, tzinfo=dt.UTC)
    assert last > last_working_day(village.today, 5, {})


def test_the_job_is_not_open_to_people(village):
    from timebank.errors import Forbidden

    with pytest.raises(Forbidden):
        village.write(lambda s, now: batches.book_due(s, actor=village.actor("committee"), now=now))
    assert Actor.system(village.community_id, "publicity").trusted


def late(village, batch, person, line=1):
    return object_to(village, batch, line, person)


def local(day, *, before=dt.timedelta(0)):
    """The midnight after a day in the village."""
    return dt.datetime(day.year, day.month, day.day, 16, tzinfo=dt.UTC) - before


@pytest.mark.parametrize("db", ["sqlite"], indirect=True)
def test_late_objection_days_end_with_the_ninetieth_day_after_the_booking(village):
    """late_objection_days is 90: the last millisecond of the ninetieth day is in time, the next one is not."""
    make.table_in_force(village)
    ana, bo, cai = village.make_person(), village.make_person(), village.make_person()
    batch = make.published(village, (ana, CLEAN), (bo, CLEAN))
    village.pass_time(days=10)
    make.book_due(village)
    until = local(village.today + dt.timedelta(days=90))
    village.clock.move(until - dt.timedelta(seconds=5) - village.now)
    raised = late(village, batch, cai)
    assert raised["late"]
    village.clock.move(until - village.now)
    with pytest.raises(refusals.ObjectionTooLate):
        late(village, batch, cai, line=2)
    with pytest.raises(BadInput):  # what is booked is booked back as a whole; what would be right is entered anew
        answer(village, raised, upheld=True, corrected=objections.Corrected("2"))
    answered = answer(village, raised, upheld=True)
    assert (answered["line_state"], award_of(village, batch, 1).state) == ("reversed", "reversed")
    assert household_balance(village, ana) == 0


@pytest.mark.parametrize("db", ["sqlite"], indirect=True)
def test_objections_open_most_counts_what_waits_for_an_answer(village):
    """objections_open_most is 5: the sixth is refused until one is answered."""
    make.table_in_force(village)
    bo = village.make_person()
    batch = make.published(village, *[(village.make_person(), CLEAN) for _ in range(7)])
    raised = [object_to(village, batch, line, bo) for line in range(1, 6)]
    with pytest.raises(refusals.TooManyObjections) as refused:
        object_to(village, batch, 6, bo)
    assert refused.value.facts == {"most": 5}
    answer(village, raised[0], upheld=False)
    object_to(village, batch, 6, bo)
    with pytest.raises(refusals.TooManyObjections):
        object_to(village, batch, 7, bo)


@pytest.mark.parametrize("db", ["sqlite"], indirect=True)
def test_appeal_decision_days_are_working_days(village):
    """appeal_decision_days is 10: appealed on Tuesday 1 December, to be decided by the end of Tuesday the 15th; then it is late."""
    make.table_in_force(village)
    ana, bo = village.make_person(), village.make_person()
    officer = village.make_person()
    raised = object_to(village, make.published(village, (ana, CLEAN)), 1, bo)
    answer(village, raised, upheld=False)
    told = village.write(
        lambda s, now: objections.appeal(
            s, actor=village.actor(person=bo), now=now, objection_id=uuid.UUID(raised["objection_id"]), text="再查"
        )
    )
    due = dt.datetime.fromisoformat(told["decision_due_at"])
    assert due == local(dt.date(2026, 12, 15))
    with village.read() as session:
        assert clocks.clock(session, village.community_id, due - dt.timedelta(milliseconds=1)).appealed_late == 0
        assert clocks.clock(session, village.community_id, due).appealed_late == 1
    give_role(village, officer, "supervision_committee")
    village.clock.move(due - village.now)
    job = Actor.system(village.community_id, "remind_of_objections")
    assert village.write(lambda s, now: clocks.remind(s, actor=job, now=now))["objections"] == 1
    assert village.write(lambda s, now: clocks.remind(s, actor=job, now=now))["objections"] == 0
    assert notices_of(village, officer) == ["appeal_due"]


@pytest.mark.parametrize("db", ["sqlite"], indirect=True)
@pytest.mark.parametrize("steps, state", [(199, "reversing"), (200, "reversing"), (201, "reversed")])
def test_reversal_two_from_steps_takes_two_officers_from_there_on(village, steps, state):
    """reversal_two_from_steps: a line of 200 steps is booked back by one officer only where the number is higher."""
    change_policy(village, reversal_two_from_steps=steps)
    make.table_in_force(village)
    ana, bo = village.make_person(), village.make_person()
    batch = make.published(village, (ana, DOCTOR))
    village.pass_time(days=10)
    make.book_due(village)
    assert answer(village, late(village, batch, bo), upheld=True)["line_state"] == state


@pytest.mark.parametrize("db", ["sqlite"], indirect=True)
@pytest.mark.parametrize("day, reminded", [(9, False), (10, True)])
def test_batch_due_day_reminds_those_who_publish_once(village, day, reminded):
    """batch_due_day is 10: on the ninth nobody is reminded of a month without a batch, on the tenth once."""
    make.table_in_force(village)
    officer = village.make_person()
    give_role(village, officer, "committee")
    make.approve(village, make.enter(village, village.make_person(), CLEAN))
    village.clock.move(dt.datetime(2027, 1, day, 1, tzinfo=dt.UTC) - village.now)
    job = Actor.system(village.community_id, "remind_of_batch")
    for _ in range(2):
        village.write(lambda s, now: clocks.remind_of_month(s, actor=job, now=now))
    assert notices_of(village, officer) == (["batch_missing"] if reminded else [])


@pytest.mark.parametrize("db", ["sqlite"], indirect=True)
def test_pages_of_objections_show_each_once_those_that_wait_first(village):
    make.table_in_force(village)
    people = [village.make_person() for _ in range(5)]
    batch = make.published(village, *[(one, CLEAN) for one in people])
    raised = [object_to(village, batch, line, people[line - 2]) for line in range(1, 6)]
    for one in (raised[1], raised[4]):
        answer(village, one, upheld=False)
    seen: list[int] = []
    with village.read() as session:
        while True:
            rows = objection_lists.objections_of(
                session, actor=village.actor("committee"), before=seen[-1] if seen else None, limit=1
            )
            if not rows:
                break
            seen += [row.objection.number or 0 for row in rows]
    assert seen == [4, 3, 1, 5, 2]


@pytest.mark.parametrize("db", ["sqlite"], indirect=True)
def test_a_paper_counts_by_its_day_and_says_its_number(village):
    make.table_in_force(village)
    ana, bo, cai = village.make_person(), village.make_person(), village.make_person()
    # Half an hour after midnight: in UTC it is the day before still.
    village.clock.move(local(village.today) + dt.timedelta(minutes=30) - village.now)
    batch, eve = make.published(village, (ana, CLEAN)), village.today - dt.timedelta(days=1)
    last, desk = village.today + dt.timedelta(days=7), village.actor("desk_staff")
    with village.read() as session:
        until = batches.batch_of(session, village.community_id, batch).objections_until
    assert local(last) == until
    village.clock.move(until + dt.timedelta(minutes=5) - village.now)  # before the job books it
    paper = {"actor": desk, "channel": "paper"}
    for missing in ({"form_number": "Y-1"}, {"paper_on": last}, {"form_number": "Y-1", "paper_on": last + dt.timedelta(days=2)},
                    {"form_number": "Y-1", "paper_on": eve}):  # fmt: skip
        with pytest.raises(BadInput):
            object_to(village, batch, 1, bo, person_id=bo.id, **paper, **missing)
    with pytest.raises(refusals.ObjectionTooLate):
        object_to(
            village, batch, 1, bo, person_id=bo.id, **paper, form_number="Y-1", paper_on=last + dt.timedelta(days=1)
        )
    object_to(village, batch, 1, bo, person_id=bo.id, **paper, form_number="Y-1", paper_on=last)
    with pytest.raises(refusals.ObjectionTooLate):
        object_to(village, batch, 1, cai, actor=desk, person_id=cai.id, channel="phone")
    assert award_of(village, batch, 1).state == "frozen"


@pytest.mark.parametrize("db", ["sqlite"], indirect=True)
def test_a_wrong_deduction_gives_back_base_points_its_own_and_what_later_awards_paid(village):
    mixed_with_deductions(village)
    (person,) = village.make_household("张三", steps=30)
    make.approve(village, make.enter(village, person, "每户基础分"))
    book_all(village)
    wrong = deduct(village, person, "违反社会公德")
    for _ in range(3):
        village.pass_time(days=1)
        deduct(village, person, "违反社会公德")
    book_all(village)  # 800 in all: 600 of base, 30 of its own, 170 short
    make.approve(village, make.enter(village, person, "参与治安巡防"))
    book_all(village)  # pays 100 of it
    award = award_of_id(village, wrong)
    batch, line = award.batch_number, award.line_number
    other = village.make_person()
    assert answer(village, object_to(village, batch, line, other), upheld=True)["line_state"] == "reversed"
    with village.read() as session:
        held = statement.held(session, actor=village.actor(person=person), household_id=person.household_id)
    total = held.available_steps + held.base_steps - held.owed_steps
    assert total == 30 + 600 + 100 - 600


@pytest.mark.parametrize("db", ["sqlite"], indirect=True)
def test_spent_points_that_are_booked_back_are_a_shortfall_that_later_awards_fill(village):
    make.table_in_force(village)
    (ana,), bo = village.make_household("张三"), village.make_person()
    batch = make.published(village, (ana, DOCTOR))
    village.pass_time(days=10)
    make.book_due(village)
    item_id, _merchant, seller = make.shop(village, price_steps=150)
    spend(village, ana, item_id, seller)
    answer(village, late(village, batch, bo), upheld=True)

    def held():
        with village.read() as session:
            return statement.held(session, actor=village.actor(person=ana), household_id=ana.household_id)

    assert (held().available_steps, held().owed_steps) == (0, 150)
    make.approve(village, make.enter(village, ana, MASTER))
    book_all(village)
    assert (held().available_steps, held().owed_steps) == (0, 50)


def award_of_id(village, award_id):
    with village.read() as session:
        return session.get(Award, (village.community_id, award_id))


def spend(village, person, item_id, seller):
    """As if the goods were handed over: the points are with the merchant."""
    account = village.main_account(person.household_id, "pt")

    def post(session, now):
        found = accounts.open_mains(session, village.community_id, kind="merchant", unit="pt", owner_ids=[uuid.uuid4()])
        legs = {account: -150, next(iter(found.values())): 150}
        book_of(session).post(legs, on=village.today, detail={"use_case": "test", "credited": 150})
        return {}

    village.write(post)


def give_role(village, person, role):
    def grant(session, now):
        session.add(RoleGrant(id=new_id(now), community_id=village.community_id, person_id=person.id, role=role,
                              area_path=village.area_path, from_on=village.today, given_by="test", given_at=now))  # fmt: skip
        return {}

    village.write(grant)


def notices_of(village, person):
    with village.read() as session:
        return list(session.scalars(select(Notice.kind).where(Notice.person_id == person.id)))


@pytest.mark.parametrize("db", ["sqlite"], indirect=True)
def test_nobody_owes_and_has_points_when_an_award_that_paid_a_deduction_is_booked_back_after_it(village):
    """The deduction gave back what the award had paid; that comes off again with the award, and is no new shortfall."""
    mixed_with_deductions(village)
    (person,) = village.make_household("张三", steps=50)
    wrong = deduct(village, person, "违反社会公德")  # 200: 50 of its own, 150 short
    book_all(village)
    paying = make.enter(village, person, "参与治安巡防")
    make.approve(village, paying)
    book_all(village)  # 100, all of it for the shortfall
    for award_id in (wrong, paying):
        first, second = village.actor("committee"), village.actor("community_manager")
        for verb, told in ((corrections.ask_correction, {"reason": "记错"}), (corrections.confirm_correction, {})):
            actor = first if told else second
            village.write(
                lambda s, now, verb=verb, told=told, actor=actor, award_id=award_id: verb(
                    s, actor=actor, now=now, award_id=award_id, **told
                )
            )
    with village.read() as session:
        held = statement.held(session, actor=village.actor(person=person), household_id=person.household_id)
        assert checks.find(session, actor=Actor.console(village.community_id, "test")) == []
    assert (held.available_steps, held.owed_steps, village.balance(accounts.RETURNED_PT)) == (50, 0, 0)

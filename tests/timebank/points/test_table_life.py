"""A table's life: edited, deliberated, voted by two people's word, published and objected to, in force, superseded."""

import datetime as dt
import uuid

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from ledger import tables as ledger_tables
from tests.timebank.hours.arrange_activities import change_policy
from tests.timebank.points import make
from timebank import attachments, policy, samples
from timebank.errors import BadInput, Forbidden, NotFound
from timebank.people import kin
from timebank.points.table import adoption, bodies, deliberating, drafts, editing, objecting, states, voting
from timebank.points.table.digests import digest_of_items
from timebank.points.table.stages import standing

PDF = b"%PDF-1.4 minutes of the council"
DAY = dt.timedelta(days=1)


def stage(village, table_id):
    with village.read() as session:
        return standing(session, village.community_id, table_id).stage


def table(village, table_id):
    with village.read() as session:
        return standing(session, village.community_id, table_id).table


def do(village, verb, actor, **told):
    return village.write(lambda s, now: verb(s, actor=actor, now=now, **told))


def published(village):
    table_id = make.draft_table(village)
    make.adopt_table(village, table_id)
    return table_id


def objected(village, table_id, person, **told):
    made = do(village, objecting.object_to, village.actor(person=person), table_id=table_id, reason="分值太高", **told)
    return uuid.UUID(made["objection_id"])


def notes(village):
    with village.read() as session:
        rows = session.execute(ledger_tables.note.select().where(ledger_tables.note.c.topic.like("points_%")))
        return [row._mapping["topic"] for row in rows]


def test_every_verb_is_refused_in_every_stage_that_it_does_not_leave():
    for verb in states.MOVES:
        for before in states.STAGES:
            if before in states.MOVES[verb]:
                assert states.after(before, verb) in states.STAGES
            else:
                with pytest.raises(states.TableWrongState) as refused:
                    states.after(before, verb)
                assert refused.value.facts == {"state": before, "verb": verb}
    for closed in (*states.CLOSED, "superseded"):
        assert states.verbs_in(closed) == set()
    assert {after for _, _, after in states.edges()} == set(states.STAGES)


# Editing --------------------------------------------------------------------------------------------------------------

CELLS = {
    "category": "环境",
    "title": "种树",
    "value": "每次加2.5分,每月不超过10分",
    "unit": "",
    "cap": "",
    "subject": "户",
}


def test_a_draft_is_edited_row_by_row_and_every_change_can_be_taken_back(village):
    actor = village.actor("committee")
    begun = do(village, drafts.begin, actor, title="新表", from_table_id=None)
    table_id = uuid.UUID(begun["table_id"])

    def items():
        with village.read() as session:
            return list(adoption.items_of(session, village.community_id, table_id))

    def said():
        return [(item.title, item.value_steps, item.cap_month_steps) for item in items()]

    first = uuid.UUID(do(village, editing.add, actor, table_id=table_id, cells=CELLS)["item_id"])
    do(village, editing.add, actor, table_id=table_id, cells={**CELLS, "title": "扫地", "value": "1-3分"}, position=1)
    assert said() == [("扫地", 10, None), ("种树", 25, 100)]
    assert items()[0].rule == {"kind": "range", "most_steps": 30}
    do(village, editing.change, actor, table_id=table_id, item_id=first, revision=2, cells={**CELLS, "value": "3"})
    do(village, editing.duplicate, actor, table_id=table_id, item_id=first, revision=3)
    do(village, editing.move, actor, table_id=table_id, item_id=first, revision=4, position=1)
    last = do(village, editing.delete, actor, table_id=table_id, item_id=first, revision=5)
    assert said() == [("扫地", 10, None), ("种树(副本)", 30, None)]
    expected: list[list[tuple[str, int, int | None]]] = [
        [("种树", 30, None), ("扫地", 10, None), ("种树(副本)", 30, None)],
        [("扫地", 10, None), ("种树", 30, None), ("种树(副本)", 30, None)],
        [("扫地", 10, None), ("种树", 30, None)],
        [("扫地", 10, None), ("种树", 25, 100)],
        [("种树", 25, 100)],
        [],
    ]
    revision = last["revision"]
    for before in expected:
        revision = do(village, editing.undo, actor, table_id=table_id, revision=revision)["revision"]
        assert said() == before
        assert table(village, table_id).digest == digest_of_items(items())
        assert [item.position for item in items()] == list(range(1, len(before) + 1))
    with pytest.raises(editing.NothingToUndo):
        do(village, editing.undo, actor, table_id=table_id, revision=revision)


def test_who_saves_second_is_told_what_changed_and_other_rows_do_not_collide(village):
    one, other = village.actor("committee"), village.actor("community_manager")
    table_id = make.draft_table(village)
    with village.read() as session:
        item, neighbour = adoption.items_of(session, village.community_id, table_id)[:2]
    changed = {"category": item.category, "title": item.title, "value": "55", "subject": "户"}
    do(village, editing.change, one, table_id=table_id, item_id=item.id, revision=0, cells=changed)
    with pytest.raises(editing.DraftChanged) as refused:
        do(
            village,
            editing.change,
            other,
            table_id=table_id,
            item_id=item.id,
            revision=0,
            cells={**changed, "value": "60"},
        )
    assert refused.value.facts["by"] == one.number
    assert refused.value.facts["fields"] == ["value_steps", "remark"]
    for verb in (editing.delete, editing.duplicate):
        with pytest.raises(editing.DraftChanged):
            do(village, verb, other, table_id=table_id, item_id=item.id, revision=0)
    with pytest.raises(editing.DraftChanged):
        do(village, editing.undo, other, table_id=table_id, revision=0)
    do(village, editing.delete, other, table_id=table_id, item_id=neighbour.id, revision=0)


@pytest.mark.parametrize(
    "cells, problem",
    [
        ({**CELLS, "value": "很多"}, "分值:value_unreadable"),
        ({**CELLS, "title": ""}, "项目:title_missing"),
        ({**CELLS, "title": "参加公益理发", "category": "志愿参与", "unit": "一人次"}, "项目:item_doubled"),
        ({**CELLS, "title": "长" * 201}, "项目:text_too_long"),
    ],
)
def test_a_row_that_cannot_be_read_is_refused_with_its_reasons(village, cells, problem):
    table_id = make.draft_table(village)
    with pytest.raises(editing.ItemUnreadable) as refused:
        do(village, editing.add, village.actor("committee"), table_id=table_id, cells=cells)
    assert problem in str(refused.value.facts["problems"])


def test_nothing_is_edited_once_it_hangs_out_nor_by_others_nor_elsewhere(village):
    table_id = make.draft_table(village)
    for role in ("desk_staff", "reviewer", "supervision_committee"):
        with pytest.raises(Forbidden):
            do(village, editing.add, village.actor(role), table_id=table_id, cells=CELLS)
    with pytest.raises(NotFound):
        do(village, editing.add, village.actor("committee"), table_id=uuid.uuid4(), cells=CELLS)
    make.deliberate(village, table_id)
    for tell in ("deliberating", "voted", "published"):
        assert stage(village, table_id) == tell
        with pytest.raises(states.TableWrongState):
            do(village, editing.add, village.actor("committee"), table_id=table_id, cells=CELLS)
        if tell == "deliberating":
            make.record_vote(village, table_id)
        elif tell == "voted":
            make.confirm_vote(village, table_id)


# Deliberation ---------------------------------------------------------------------------------------------------------


def test_villagers_comment_for_some_days_and_the_committee_answers(village):
    committee, villager = village.actor("committee"), village.make_person("李四")
    table_id = make.draft_table(village)
    with pytest.raises(states.TableWrongState):
        do(village, deliberating.comment, village.actor(person=villager), table_id=table_id, text="早")
    with pytest.raises(BadInput):
        do(village, deliberating.open_deliberation, committee, table_id=table_id, days=2)
    with pytest.raises(Forbidden):
        do(village, deliberating.open_deliberation, village.actor("desk_staff"), table_id=table_id, days=3)
    do(village, deliberating.open_deliberation, committee, table_id=table_id, days=5)
    said = do(
        village,
        deliberating.comment,
        village.actor(person=villager),
        table_id=table_id,
        text="理发该多给些",
        position=17,
    )
    do(
        village,
        deliberating.comment,
        village.actor("desk_staff"),
        table_id=table_id,
        text="纸条",
        person_id=villager.id,
    )
    with pytest.raises(Forbidden):
        do(village, deliberating.comment, village.actor("reviewer"), table_id=table_id, text="不是村民")
    with pytest.raises(NotFound):
        do(village, deliberating.comment, village.actor(person=villager), table_id=table_id, text="没有", position=99)
    comment_id = uuid.UUID(said["comment_id"])
    with pytest.raises(Forbidden):
        do(village, deliberating.answer_comment, village.actor(person=villager), comment_id=comment_id, text="好")
    do(village, deliberating.answer_comment, committee, comment_id=comment_id, text="会上讨论")
    with pytest.raises(deliberating.CommentAnswered):
        do(village, deliberating.answer_comment, committee, comment_id=comment_id, text="再答")
    with village.read() as session:
        found = deliberating.comments_of(session, village.community_id, table_id)
    assert [(one.comment.channel, one.comment.item_title, one.comment.answer) for one in found] == [
        ("paper", "", ""), ("page", "参加公益理发", "会上讨论"),
    ]  # fmt: skip
    village.pass_time(days=5)
    with pytest.raises(deliberating.DeliberationOver):
        do(village, deliberating.comment, village.actor(person=villager), table_id=table_id, text="晚了")


def test_a_draft_is_taken_back_to_be_revised_and_hangs_out_anew(village):
    committee = village.actor("committee")
    table_id = make.draft_table(village)
    make.deliberate(village, table_id)
    with pytest.raises(BadInput):
        do(village, deliberating.revise, committee, table_id=table_id, reason=" ")
    do(village, deliberating.revise, committee, table_id=table_id, reason="照意见改")
    do(village, editing.add, committee, table_id=table_id, cells=CELLS)
    with pytest.raises(states.TableWrongState):
        make.record_vote(village, table_id)
    make.adopt_table(village, table_id)
    assert stage(village, table_id) == "published"


def test_the_vote_comes_after_the_days_of_comments(village):
    """table_deliberation_days is 3: nothing is voted before, neither recorded nor held."""
    table_id = make.draft_table(village)
    do(village, deliberating.open_deliberation, village.actor("committee"), table_id=table_id, days=3)
    make.assembly(village)
    village.pass_time(days=3, minutes=-1)
    with pytest.raises(deliberating.DeliberationGoesOn):
        make.record_vote(village, table_id)
    village.pass_time(minutes=1)
    with pytest.raises(BadInput) as refused:
        make.record_vote(village, table_id, held_on=village.today - DAY)
    assert refused.value.facts["fields"] == {"held_on": "before_deliberation_ended"}
    make.record_vote(village, table_id)


# The vote -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "entitled, percent, quorum",
    [(3, 66, 2), (6, 66, 4), (9, 66, 6), (30, 66, 20), (100, 66, 67), (150, 66, 100), (10, 50, 6), (11, 50, 6)],
)
def test_a_quorum_is_more_than_two_thirds_of_a_roll_and_more_than_half_of_an_assembly(entitled, percent, quorum):
    """table_quorum_percent is 66, table_assembly_quorum_percent 50: exactly as many as needed, and one fewer."""
    assert (policy.DEFAULT.table_quorum_percent, policy.DEFAULT.table_assembly_quorum_percent) == (66, 50)
    assert voting.quorum_of(entitled, percent) == quorum
    assert quorum * 100 > entitled * percent >= (quorum - 1) * 100


@pytest.mark.parametrize(
    "changes, kind",
    [
        ({"present": 33, "votes_for": 30}, voting.NoQuorum),
        ({"votes_for": 40, "votes_against": 2}, voting.VotesDoNotAddUp),
        ({"present": 67, "votes_for": 60}, voting.VotesDoNotAddUp),
        ({"abstained": 5}, voting.VotesDoNotAddUp),
        ({"minutes_digest": "xyz"}, BadInput),
        ({"held_on": dt.date(2030, 1, 1)}, BadInput),
        ({"entitled": None}, BadInput),
        ({"roll": {uuid.uuid4(): "for"}}, BadInput),
        ({"body_id": uuid.uuid4()}, NotFound),
    ],
)
def test_a_vote_that_cannot_be_is_refused_and_leaves_the_draft(village, changes, kind):
    table_id = make.draft_table(village)
    make.deliberate(village, table_id)
    with pytest.raises(kind):
        make.record_vote(village, table_id, **changes)
    assert stage(village, table_id) == "deliberating"


def test_the_chair_records_a_roll_call_and_only_another_person_confirms_it(village):
    people = [village.make_person(f"理事{n}") for n in range(1, 7)]
    body_id = make.council(village, *people[:5])
    table_id = make.draft_table(village)
    make.deliberate(village, table_id)
    chair, member = village.actor(person=people[0]), village.actor(person=people[1])
    roll = {people[0].id: "for", people[1].id: "for", people[2].id: "for", people[3].id: "against"}
    told = {"table_id": table_id, "body_id": body_id, "held_on": village.today, "minutes_digest": ""}
    minutes = attachments.prepare(PDF, "minutes", "纪要.pdf")
    for wrong in (
        member,
        village.actor(person=people[5]),
        village.actor("desk_staff"),
        village.actor("supervision_committee"),
    ):
        with pytest.raises(Forbidden):
            do(village, voting.record_vote, wrong, roll=roll, minutes=minutes, **told)
    with pytest.raises(voting.NoQuorum):  # three of five are not more than two thirds
        do(village, voting.record_vote, chair, roll=dict(list(roll.items())[:3]), minutes=minutes, **told)
    with pytest.raises(BadInput):  # not a member
        do(village, voting.record_vote, chair, roll={**roll, people[5].id: "for"}, minutes=minutes, **told)
    do(village, voting.record_vote, chair, roll=roll, minutes=minutes, **told)
    with pytest.raises(voting.NeedsSecondPerson):
        do(village, voting.confirm_vote, chair, table_id=table_id)
    with pytest.raises(Forbidden):
        do(village, voting.confirm_vote, member, table_id=table_id)
    with pytest.raises(states.TableWrongState):  # two at once: the second record
        do(village, voting.record_vote, chair, roll=roll, minutes=minutes, **told)
    do(village, voting.confirm_vote, village.actor("supervision_committee"), table_id=table_id)
    with village.read() as session:
        (vote,) = voting.votes_of(session, village.community_id, table_id)
        kept = attachments.load(session, village.community_id, vote.vote.minutes_id)
        found = table(village, table_id)
        note = (
            session.execute(ledger_tables.note.select().where(ledger_tables.note.c.seq == vote.vote.note))
            .one()
            ._mapping
        )
        assert note["digest"] == voting.vote_digest(session, vote.vote)
    assert (vote.vote.entitled, vote.vote.present, vote.vote.votes_for, vote.vote.votes_against) == (5, 4, 3, 1)
    assert [one.ballot.said for one in vote.ballots] == ["for", "for", "for", "against", "absent"]
    assert vote.ballots[0].ballot.role == "chair"
    assert kept.is_whole
    assert (kept.content, kept.digest) == (PDF, found.minutes_digest)
    assert (found.state, found.version, found.body) == ("published", 1, "representatives")
    assert notes(village)[-2:] == ["points_table", "points_vote"]


def test_a_record_that_differs_from_the_minutes_is_sent_back_and_made_anew(village):
    table_id = make.draft_table(village)
    make.deliberate(village, table_id)
    recorder = village.actor("committee")
    make.record_vote(village, table_id, actor=recorder)
    with pytest.raises(voting.NeedsSecondPerson):
        do(village, voting.send_back_vote, recorder, table_id=table_id, reason="错")
    with pytest.raises(BadInput):
        do(village, voting.send_back_vote, village.actor("committee"), table_id=table_id, reason="")
    do(village, voting.send_back_vote, village.actor("committee"), table_id=table_id, reason="纪要写的是 37 票")
    make.record_vote(village, table_id, votes_for=37)
    make.confirm_vote(village, table_id)
    with pytest.raises(states.TableWrongState):
        make.confirm_vote(village, table_id)
    with village.read() as session:
        found = voting.votes_of(session, village.community_id, table_id)
    assert [(one.vote.state, one.vote.votes_for) for one in found] == [("confirmed", 37), ("sent_back", 38)]


@pytest.mark.parametrize("ayes, noes, carried", [(21, 20, True), (20, 10, False), (2, 2, False)])
def test_more_than_half_of_those_present_carry_a_table(village, ayes, noes, carried):
    table_id = make.draft_table(village)
    make.deliberate(village, table_id)
    make.record_vote(village, table_id, votes_for=ayes, votes_against=noes)
    assert make.confirm_vote(village, table_id)["code"] == ("adopted" if carried else "not_carried")
    assert stage(village, table_id) == ("published" if carried else "not_carried")
    assert notes(village)[-1] == "points_vote"
    if not carried:
        with village.read() as session:
            assert adoption.in_force_on(session, village.community_id, dt.date(2027, 6, 1)) is None


# Publicity and objections ---------------------------------------------------------------------------------------------


def test_an_open_objection_keeps_a_table_out_of_force_and_a_rejected_one_lets_it_go_on(village):
    person = village.make_person()
    table_id = published(village)  # on the 23rd: published to the 30th, in force on 1 December
    objection_id = objected(village, table_id, person, position=3)  # answered by the 30th
    assert table(village, table_id).in_force_from == dt.date(2026, 12, 1)
    with pytest.raises(objecting.TableObjectedAlready):
        objected(village, table_id, person, position=3)
    village.pass_time(days=5)
    other_id = objected(village, table_id, person)  # on the 28th: answered by 4 December
    assert table(village, table_id).in_force_from == dt.date(2027, 1, 1)
    committee = village.actor("committee")
    for one in (objection_id, other_id):
        do(village, objecting.answer, committee, objection_id=one, upheld=False, text="会上讨论过")
    assert table(village, table_id).in_force_from == dt.date(2026, 12, 1)  # in time: the day that was voted
    with pytest.raises(objecting.TableObjectionAnswered):
        do(village, objecting.answer, committee, objection_id=other_id, upheld=True, text="改口")
    assert {item.in_use_from for item in make.items(village, table_id).values()} == {dt.date(2026, 12, 1)}


def test_an_objection_that_nobody_answers_makes_the_table_wait_and_never_reaches_back(village):
    table_id = published(village)
    objection_id = objected(village, table_id, village.make_person())
    village.pass_time(days=10)  # 3 December
    with village.read() as session:
        assert adoption.in_force_on(session, village.community_id, village.today) is None
    assert make.bring_into_force(village)["waiting"] == [1]
    assert table(village, table_id).in_force_from == dt.date(2027, 1, 1)
    village.pass_time(days=31)  # 3 January, before the job ran
    do(village, objecting.answer, village.actor("committee"), objection_id=objection_id, upheld=False, text="维持")
    assert table(village, table_id).in_force_from == dt.date(2027, 2, 1)


@pytest.mark.parametrize("db", ["sqlite"], indirect=True)
def test_a_version_moved_over_the_year_counts_in_both_and_never_comes_after_a_newer_vote(village):
    """Voted for December 2027, contested past New Year; the next vote is the newer will."""

    def at(year, month, day):
        village.clock.move(dt.datetime(year, month, day, 2, tzinfo=dt.UTC) - village.now)

    at(2027, 11, 1)
    change_policy(village, table_versions_a_year=1, objection_answer_days=20)
    older = make.draft_table(village)
    assert make.adopt_table(village, older)["in_force_from"] == "2027-12-01"
    objection_id = objected(village, older, village.make_person())
    assert table(village, older).in_force_from == dt.date(2028, 1, 1)
    newer = make.draft_table(village, samples.sample("points-table-mixed.csv"))
    with pytest.raises(voting.TooManyVersions, match="2027"):  # for which the first was voted
        make.adopt_table(village, newer)
    at(2028, 1, 2)
    with pytest.raises(voting.TooManyVersions, match="2028"):  # in which it begins
        make.confirm_vote(village, newer)
    change_policy(village, table_versions_a_year=2)
    assert make.confirm_vote(village, newer)["in_force_from"] == "2028-02-01"
    for month in (1, 2):
        at(2028, month, 20)
        make.bring_into_force(village)
    do(village, objecting.answer, village.actor("committee"), objection_id=objection_id, upheld=False, text="维持")
    assert table(village, older).in_force_from == dt.date(2028, 3, 1)
    at(2028, 3, 2)
    for _ in range(2):
        with village.read() as session:
            assert adoption.in_force_on(session, village.community_id, village.today).id == newer
        assert make.bring_into_force(village)["versions"] == []
    assert [table(village, one).state for one in (older, newer)] == ["superseded", "in_force"]


def test_an_upheld_objection_closes_the_version_and_makes_a_new_draft_of_it(village):
    person, clerk = village.make_person(), village.actor("desk_staff")
    table_id = published(village)
    do(village, objecting.object_to, clerk, table_id=table_id, reason="纸条", person_id=person.id, channel="paper")
    objection_id = objected(village, table_id, village.make_person())
    made = do(
        village, objecting.answer, village.actor("committee"), objection_id=objection_id, upheld=True, text="确有道理"
    )
    assert stage(village, table_id) == "returned"
    assert notes(village)[-1] == "points_table_returned"
    draft_id = uuid.UUID(made["draft_id"])
    assert stage(village, draft_id) == "draft"
    assert table(village, draft_id).digest == table(village, table_id).digest
    with village.read() as session:
        states_now = {one.objection.state for one in objecting.objections_of(session, village.community_id, table_id)}
        assert states_now == {"upheld"}
    assert make.adopt_table(village, draft_id)["version"] == 2


def test_who_may_object_and_answer(village):
    table_id = published(village)
    person, relative = village.make_person(), village.make_person()
    for actor in (village.actor("reviewer"), village.actor("desk_staff")):
        with pytest.raises((Forbidden, BadInput)):
            do(village, objecting.object_to, actor, table_id=table_id, reason="不")
    with pytest.raises(BadInput):
        objected(village, table_id, person, channel="paper")
    with pytest.raises(NotFound):
        objected(village, table_id, person, position=99)
    desk = village.actor("desk_staff")
    do(village, kin.declare, village.actor(person=relative), person_id=relative.id, relation="sibling",
       relative_number=person.number, relative_name=person.name)  # fmt: skip
    objection_id = objected(village, table_id, person)
    near = [village.actor("committee", person=person), village.actor("committee", person=relative)]
    for actor in near:
        with pytest.raises(objecting.TooNearToTheObjection):
            do(village, objecting.answer, actor, objection_id=objection_id, upheld=False, text="维持")
    with pytest.raises(Forbidden):
        do(village, objecting.answer, desk, objection_id=objection_id, upheld=False, text="维持")
    with pytest.raises(BadInput):
        do(village, objecting.answer, village.actor("committee"), objection_id=objection_id, upheld=False, text=" ")
    do(village, objecting.answer, village.actor("committee"), objection_id=objection_id, upheld=False, text="维持")
    village.pass_time(days=8)
    with pytest.raises(objecting.TableObjectionTooLate):
        objected(village, table_id, person, position=1)


def test_a_published_table_is_withdrawn_with_a_reason_and_a_note_but_never_once_in_force(village):
    table_id = published(village)
    actor = village.actor("committee")
    with pytest.raises(BadInput):
        do(village, deliberating.withdraw, actor, table_id=table_id)
    do(village, deliberating.withdraw, actor, table_id=table_id, reason="会议人数有误")
    assert (stage(village, table_id), notes(village)[-1]) == ("withdrawn", "points_table_withdrawn")
    second = make.table_in_force(village, samples.sample("points-table-mixed.csv"))
    with pytest.raises(states.TableWrongState):
        do(village, deliberating.withdraw, actor, table_id=second, reason="后悔")


# Bodies ---------------------------------------------------------------------------------------------------------------


def test_a_body_has_one_chair_at_a_time_and_terms_that_end(village):
    first, second = village.make_person("甲"), village.make_person("乙")
    body_id = make.council(village, first)
    actor = village.actor("committee")
    seat = {"body_id": body_id, "since_on": village.today, "until_on": None}
    for person, role, kind in (
        (first, "member", bodies.SeatedAlready),
        (second, "chair", bodies.ChairTaken),
        (second, "king", BadInput),
    ):
        with pytest.raises(kind):
            do(village, bodies.seat, actor, person_id=person.id, role=role, **seat)
    with pytest.raises(bodies.BodyNameTaken):
        make.council(village)
    with pytest.raises(Forbidden):
        do(village, bodies.seat, village.actor("desk_staff"), person_id=second.id, role="member", **seat)
    with village.read() as session:
        (chair,) = bodies.seats_on(session, village.community_id, body_id, village.today)
    do(village, bodies.unseat, actor, member_id=chair.member.id, until_on=village.today)
    seat["since_on"] = village.today + DAY
    do(village, bodies.seat, actor, person_id=second.id, role="chair", **seat)
    with village.read() as session:
        for day, name in ((village.today, "甲"), (village.today + DAY, "乙")):
            (sitting,) = bodies.seats_on(session, village.community_id, body_id, day)
            assert sitting.person.name == name
    with pytest.raises(bodies.NotSeated):
        do(village, bodies.unseat, actor, member_id=chair.member.id, until_on=village.today - DAY)


# For ever ---------------------------------------------------------------------------------------------------------------


def test_events_over_a_border_of_versions_are_scored_each_by_its_own_for_ever(village):
    """The same deed is 5 points until 31 December and 8 from 1 January, whenever it is entered."""
    title = "参加公益理发"
    first = make.table_in_force(village)
    actor = village.actor("committee")
    draft_id = uuid.UUID(do(village, drafts.begin, actor, title="第二版", from_table_id=first)["table_id"])
    item = make.items(village, draft_id)[title]
    cells = {"category": item.category, "title": title, "value": "8", "unit": "一人次", "subject": "户"}
    do(village, editing.change, actor, table_id=draft_id, item_id=item.id, revision=0, cells=cells)
    make.adopt_table(village, draft_id)
    person, day = village.make_person(), dt.date(2027, 1, 1)
    village.pass_time(days=(day - village.today).days + 3)
    make.bring_into_force(village)
    for on, steps in ((day - DAY, 50), (day, 80)):
        award_id = make.enter(village, person, title, on=on.isoformat())
        with village.read() as session:
            from timebank.points.awards.tables import Award

            award = session.get(Award, (village.community_id, award_id))
            assert (award.credited_steps, award.table_id) == (steps, first if on < day else draft_id)


def test_an_item_cannot_be_changed_after_the_vote_whoever_writes(village):
    table_id = published(village)
    item = make.items(village, table_id)["参加公益理发"]
    change = [
        "UPDATE points_item SET value_steps = 1000 WHERE id = :id",
        "UPDATE points_item SET position = 99 WHERE id = :id",
        "DELETE FROM points_item WHERE id = :id",
    ]
    for statement in change:
        with pytest.raises(DBAPIError, match="what was voted stays"):
            village.write(lambda s, now, statement=statement: s.execute(text(statement), {"id": item.id.bytes}) and {})
    assert make.items(village, table_id)["参加公益理发"].value_steps == item.value_steps

"""Relatives: who is near to whom, who may write it down, and that nothing of it is taken back in secret."""

from __future__ import annotations

import uuid

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from tests.refusals import fields_of
from tests.village import Village
from timebank.columns import new_id
from timebank.errors import BadInput, Forbidden, NotFound
from timebank.people import kin

on_sqlite = pytest.mark.parametrize("db", ["sqlite"], indirect=True)


def declare(village: Village, person, relative, relation="sibling", *, actor=None, name=None, **told):
    """By herself, unless somebody else is named."""
    actor = actor or village.actor(person=person)
    return village.write(
        lambda session, now: kin.declare(
            session,
            actor=actor,
            now=now,
            person_id=person.id,
            relative_number=relative.number,
            relative_name=relative.name if name is None else name,
            relation=relation,
            **told,
        )
    )


def end(village: Village, made, *, actor=None, reason="登记错了"):
    actor = actor or village.actor("desk_staff")
    return village.write(
        lambda session, now: kin.end(session, actor=actor, now=now, kin_id=uuid.UUID(made["kin_id"]), reason=reason)
    )


def confirm(village: Village, made, actor):
    kin_id = uuid.UUID(made["kin_id"])
    return village.write(lambda session, now: kin.confirm(session, actor=actor, now=now, kin_id=kin_id))


def near(village: Village, person, other) -> bool:
    with village.read() as session:
        return kin.are_near(session, village.community_id, person.id, other)


def test_near_are_the_household_and_relatives_of_anybody_in_it_in_both_directions(village: Village):
    reviewer, wife = village.make_household("许文斌", "陈梅")
    brother, nephew = village.make_household("陈刚", "陈小刚")
    stranger = village.make_person("林远")
    assert near(village, reviewer, wife.id)
    assert near(village, reviewer, reviewer.household_id)
    assert near(village, stranger, stranger.id)
    assert not near(village, reviewer, nephew.id)
    made = declare(village, wife, brother)
    confirm(village, made, village.actor(person=brother))
    # His wife's brother, and the brother's son: points are the household's.
    for mine, theirs in ((reviewer, nephew), (nephew, reviewer)):
        assert near(village, mine, theirs.id)
        assert near(village, mine, theirs.household_id)
    assert not near(village, stranger, nephew.id)
    assert not near(village, reviewer, stranger.household_id)
    assert not near(village, reviewer, new_id(village.now))  # neither a person nor a household
    with village.read() as session:
        found = kin.near_households(session, village.community_id, nephew.household_id)
    assert found == {reviewer.household_id, nephew.household_id}
    end(village, made)
    assert not near(village, reviewer, nephew.id)


@on_sqlite
def test_what_is_declared_binds_the_own_household_at_once_and_the_relatives_when_it_is_confirmed(village: Village):
    ana, husband = village.make_household("安娜", "安夫")
    strict, wife = village.make_household("严格", "严妻")
    made = declare(village, ana, strict)
    # Otherwise anybody could say away the reviewers who are strict with her.
    assert near(village, husband, strict.household_id)
    assert not near(village, strict, ana.household_id)
    assert not near(village, wife, ana.household_id)
    for actor, refusal in (
        (village.actor(person=ana), Forbidden),
        (village.actor("reviewer"), Forbidden),
        (village.actor("desk_staff", person=husband), kin.KinTooNear),
        (village.actor("desk_staff", person=wife), kin.KinTooNear),
    ):
        with pytest.raises(refusal):
            confirm(village, made, actor)
    confirm(village, made, village.actor("desk_staff"))
    assert near(village, wife, ana.household_id)
    with pytest.raises(kin.KinConfirmed):
        confirm(village, made, village.actor(person=strict))
    end(village, made)
    with pytest.raises(kin.KinEnded):
        confirm(village, made, village.actor(person=strict))
    recorded = declare(village, ana, strict, actor=village.actor("desk_staff"), name="", evidence="户口簿")
    assert near(village, wife, ana.household_id)
    with pytest.raises(kin.KinConfirmed):
        confirm(village, recorded, village.actor(person=strict))


@on_sqlite
def test_both_see_it_from_their_side_and_are_told(village: Village):
    mother, son = village.make_person("王秀英"), village.make_person("王强")
    declare(village, mother, son, "child", since_on=village.today)
    with village.read() as session:
        (hers,) = kin.listed(session, actor=village.actor(person=mother), person_id=mother.id)
        (his,) = kin.listed(session, actor=village.actor(person=son), person_id=son.id)
        assert (hers.other.name, hers.relation) == ("王强", "child")
        assert (his.other.name, his.relation) == ("王秀英", "parent")
        told = session.connection().exec_driver_sql("SELECT kind, person_id FROM notice").all()
        assert [(kind, bytes(person)) for kind, person in told] == [("kin_noted", son.id.bytes)]
        for outsider in (village.make_person(), None):
            with pytest.raises(Forbidden):
                kin.listed(session, actor=village.actor("reviewer", person=outsider), person_id=mother.id)


@on_sqlite
def test_a_resident_needs_number_and_name_and_staff_a_paper(village: Village):
    ana, bo, clerk = village.make_person("安娜"), village.make_person("波"), village.actor("desk_staff")
    with pytest.raises(kin.KinNotFound) as wrong_name:
        declare(village, ana, bo, name="别人")
    assert wrong_name.value.facts == {}
    for bad, told in (
        ({"relation": "choice"}, {"relation": "cousin"}),
        ({"evidence": "required"}, {"actor": clerk}),
        ({"evidence": "length"}, {"actor": clerk, "evidence": "纸" * 201}),
    ):
        with pytest.raises(BadInput) as refused:
            declare(village, ana, bo, **told)
        assert fields_of(refused.value) == bad
    with pytest.raises(BadInput, match="self"):
        declare(village, ana, ana)
    with pytest.raises(BadInput, match="since_on"):
        declare(village, ana, bo, since_on=village.today.replace(year=2027))
    with pytest.raises(Forbidden):
        declare(village, ana, bo, actor=village.actor(person=bo))
    declare(village, ana, bo, actor=clerk, name="", evidence="户口簿")
    for person, relative in ((ana, bo), (bo, ana)):
        with pytest.raises(kin.KinStands):
            declare(village, person, relative)


@on_sqlite
def test_only_who_is_near_to_neither_ends_it_and_the_record_stays(village: Village):
    reviewer, wife = village.make_household("孙志明", "赵兰")
    cousin = village.make_person("孙二")
    made = declare(village, reviewer, cousin, "other")
    for near_one in (reviewer, wife, cousin):
        with pytest.raises(kin.KinTooNear):
            end(village, made, actor=village.actor("desk_staff", person=near_one))
    with pytest.raises(Forbidden):
        end(village, made, actor=village.actor("reviewer"))
    with pytest.raises(BadInput):
        end(village, made, reason=" ")
    end(village, made, reason="核实不是亲属")
    with pytest.raises(kin.KinEnded):
        end(village, made)
    with village.read() as session:
        (kept,) = kin.listed(session, actor=village.actor("committee"), person_id=reviewer.id)
        assert (kept.row.ended_on, kept.row.end_reason) == (village.today, "核实不是亲属")
    declare(village, cousin, reviewer, "other")  # written down anew
    assert near(village, cousin, wife.id)


@on_sqlite
def test_sixty_relatives_are_written_down_and_no_more(village: Village):
    ana = village.make_person()
    people = [village.make_person() for _ in range(kin.MOST + 1)]
    for person in people[:-1]:
        declare(village, person if person is people[0] else ana, ana if person is people[0] else person)
    with pytest.raises(kin.KinTooMany):
        declare(village, ana, people[-1])


def test_the_other_community_s_kin_is_not_found_and_the_database_keeps_what_must_hold(
    village: Village, other_village: Village
):
    made = declare(village, village.make_person("安娜"), village.make_person("波"))
    with pytest.raises(NotFound):
        end(other_village, made, actor=other_village.actor("desk_staff"))
    with pytest.raises(IntegrityError, match="ck_kin_two_people"):
        village.write(_odd(village, village.make_person()))


def _odd(village: Village, person):
    def write(session: Session, now):
        session.add(
            kin.Kin(community_id=village.community_id, id=new_id(now), person_id=person.id, relative_id=person.id,
                    relation="other", how="own", declared_at=now, declared_by="test")
        )  # fmt: skip
        session.flush()
        return {}

    return write

"""Who may give which role, and what a giver sees."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.village import Village
from timebank.errors import Forbidden, NotFound
from timebank.people import logins, roles
from timebank.permissions import ROLES, Actor

on_sqlite = pytest.mark.parametrize("db", ["sqlite"], indirect=True)


def give(
    village: Village, actor: Actor, role: str, person: Any, *, area_path: str = "", until_in: int | None = None
) -> Any:
    return village.storage.write_global(
        lambda session, now: roles.give(
            session,
            actor=actor,
            now=now,
            role=role,
            area_path=area_path or village.area_path,
            from_on=village.today,
            until_on=village.today + timedelta(days=until_in) if until_in is not None else None,
            person_id=person.id,
        )
    )


def held(village: Village, person: Any) -> list[str]:
    with village.read() as session:
        found = logins.grants_of_person(
            session, community_id=village.community_id, person_id=person.id, on=village.today
        )
        return [grant.role for grant in found]


@pytest.mark.parametrize("role", [role for role in ROLES if role != "resident"])
@on_sqlite
def test_each_role_is_given_by_who_answers_for_it(village: Village, role: str) -> None:
    person = village.make_person()
    for giver, givable in (
        ("operator", roles.GIVEN_BY_OPERATOR),
        ("community_manager", roles.GIVEN_BY_MANAGER),
        ("desk_staff", roles.GIVEN_BY_DESK),
        ("auditor", frozenset()),
        ("committee", frozenset()),
    ):
        if role in givable:
            give(village, village.actor(giver), role, person)
        else:
            with pytest.raises((roles.RoleNotYours, Forbidden)):
                give(village, village.actor(giver), role, person)


def test_giving_twice_is_one_role_and_taking_back_ends_it(village: Village) -> None:
    person, manager = village.make_person(), village.actor("community_manager")
    first = give(village, manager, "committee", person)
    assert give(village, manager, "committee", person) == first
    assert held(village, person) == ["committee"]
    village.storage.write_global(lambda session, now: roles.take_back(session, actor=manager, now=now, grant_id=first))
    assert held(village, person) == []


@on_sqlite
def test_nothing_is_given_or_taken_in_another_community(village: Village, other_village: Village) -> None:
    person, stranger = village.make_person(), other_village.make_person()
    manager = village.actor("community_manager")
    theirs = give(other_village, other_village.actor("community_manager"), "committee", stranger)
    with pytest.raises(Forbidden):
        give(village, manager, "committee", person, area_path=other_village.area_path)
    with pytest.raises(NotFound):
        give(village, manager, "committee", stranger)
    with pytest.raises(NotFound):
        village.storage.write_global(
            lambda session, now: roles.take_back(session, actor=manager, now=now, grant_id=theirs)
        )
    assert held(other_village, stranger) == ["committee"]


@on_sqlite
def test_a_manager_of_a_grid_gives_only_there(village: Village) -> None:
    person = village.make_person()
    manager = village.actor("community_manager", grid="320102010101")
    with pytest.raises(Forbidden):
        give(village, manager, "volunteer", person)


@on_sqlite
def test_operators_see_numbers_and_no_names(village: Village) -> None:
    person = village.make_person("王芳")
    give(village, village.actor("community_manager"), "committee", person, until_in=3)
    with village.read() as session:
        for role, name in (("operator", ""), ("community_manager", "王芳")):
            [seen] = roles.holders(session, actor=village.actor(role), on=village.today)
            assert (seen.number, seen.name, seen.area_name) == (person.number, name, "太平里社区")
        assert roles.holders(session, actor=village.actor("operator"), on=village.today + timedelta(days=4)) == []

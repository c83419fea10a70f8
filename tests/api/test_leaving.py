"""Who has left the register holds no office in it any more."""

from typing import Any

import pytest

from tests.client import Client
from tests.village import Village
from timebank.people import logins, residents
from timebank.permissions import Actor

pytestmark = pytest.mark.parametrize("db", ["sqlite"], indirect=True)


def test_roles_of_a_resident_end_when_she_leaves(client: Client, village: Village) -> None:
    person = village.make_person()
    client.sign_in(person)

    def give(session: Any, now: Any) -> None:
        logins.grant(
            session,
            now=now,
            role="desk_staff",
            area_path=village.area_path,
            from_on=village.today,
            until_on=None,
            given_by="test",
            community_id=village.community_id,
            person_id=person.id,
        )

    village.storage.write_global(give)
    assert client.get("/c/TPL/people").status_code == 200
    village.write(
        lambda session, now: residents.leave(
            session,
            actor=Actor.console(village.community_id, "test"),
            now=now,
            person_id=person.id,
            left_on=village.today,
            left_reason="moved",
            reason="迁往外地",
        )
    )
    assert client.get("/c/TPL/people").status_code == 403
    assert client.get("/c/TPL/my/account").status_code == 200

"""What no database holds: in an address it leads nowhere, in a field the limits are told."""

import pytest
from flask import Flask

from api import fields
from tests.client import Client
from tests.village import Village

HUGE = "9" * 20


@pytest.mark.parametrize("db", ["sqlite"], indirect=True)
@pytest.mark.parametrize("path", ["/c/TPL/board/{}", "/c/TPL/p/{}/1234567890", "/c/TPL/board/{}/sheet.pdf"])
def test_a_number_in_an_address_that_no_database_holds_is_not_found(
    client: Client, village: Village, path: str
) -> None:
    assert client.get(path.format(HUGE)).status_code == 404
    assert client.get(path.format(village.community_id + 40)).status_code == 404


def test_limits_are_told_in_one_sentence(app_without_database: Flask) -> None:
    class Form(fields.Schema):
        pieces = fields.Whole(most=20)

    with app_without_database.test_request_context(), pytest.raises(fields.ValidationError) as refused:
        Form().load({"pieces": 21})
    assert fields.plain_messages(refused.value.messages) == {"pieces": "请填写 0 到 20 之间的数。"}


@pytest.mark.parametrize("path", ["/c/%00/", "/d/TPL/%00", "/c/TPL/board?before=%00", "/c/TPL/desk?q=a%00"])
def test_an_address_with_a_null_character_is_not_found(client: Client, village: Village, path: str) -> None:
    manager = village.make_person()
    client.sign_in(manager, roles=["community_manager"])
    assert client.get(path).status_code == 404

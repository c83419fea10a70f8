"""One-time codes of officers: the desk prints everybody's cards, and gets into nobody's office by it."""

import re

import pypdfium2  # type: ignore[import-untyped]
import pytest

from tests.api.test_register import printed
from tests.client import Client
from tests.village import Village

CODE = r"[2-9A-Z]{4}-[2-9A-Z]{4}"
pytestmark = pytest.mark.parametrize("db", ["sqlite"], indirect=True)


def codes_printed(client: Client, village: Village) -> int:
    drawn = printed(client, village, kind="personal", whose="all", with_codes="1")
    with pypdfium2.PdfDocument(drawn) as document:
        return sum(len(re.findall(CODE, page.get_textpage().get_text_range())) for page in document)


def test_the_desk_prints_no_code_of_an_officer_here_or_elsewhere(
    client: Client, village: Village, other_village: Village
) -> None:
    manager, clerk, auditor = village.make_person(), village.make_person(), village.make_person()
    village.make_person()
    volunteer = village.make_person()
    client.sign_in(volunteer, roles=["volunteer"])
    client.sign_in(auditor, roles=["auditor"], area_path=other_village.area_path)
    client.sign_in(manager, roles=["community_manager"])
    assert codes_printed(client, village) == 5
    client.sign_in(clerk, roles=["desk_staff"])
    assert codes_printed(client, village) == 2
    asked = {"kind": "personal", "whose": "all", "with_codes": "1"}
    assert "有 3 人担任职务" in client.post("/c/TPL/cards", asked, follow_redirects=True).text

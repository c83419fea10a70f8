"""An elder from the register to a rated service, with no phone anywhere, in a real browser on a real server."""

import pytest

from tests.browser.chapters import elder, opening
from tests.browser.story import Story

pytestmark = pytest.mark.browser


def test_an_elder_without_a_phone_is_served(story: Story) -> None:
    opening.the_console_makes_sign_ins_for_the_operator_and_the_auditor(story)
    story.here.start()
    opening.an_operator_imports_the_tree_of_areas(story)
    opening.the_operator_opens_a_city_community(story)
    elder.three_people_with_a_sign_in_are_taken_in(story)
    elder.she_is_taken_in_without_phone_or_identity_number(story)
    elder.her_card_and_the_one_for_her_door_are_printed(story)
    elder.what_the_register_says_of_her_is_shown_with_its_evidence(story)
    elder.the_hours_that_she_served_stand_on_paper_and_are_typed_in(story)
    elder.another_person_looks_at_the_page_and_her_minutes_are_booked(story)
    elder.at_the_desk_her_card_is_scanned_and_an_hour_of_company_ordered(story)
    elder.a_volunteer_comes_and_scans_the_door(story)
    elder.her_number_confirms_and_the_desk_writes_down_her_stars(story)
    elder.what_she_has_left_is_told_and_printed(story)
    elder.nowhere_is_there_a_phone_or_a_sign_in_of_hers(story)
    assert story.faults() == []

"""A villager who objects with a phone, in a real browser on a real server: from the sheet on the wall to the points put right."""

import pytest

from tests.browser.chapters import answering, objecting
from tests.browser.story import Story

pytestmark = pytest.mark.browser


def test_a_villager_objects_with_a_phone(story_with_points: Story) -> None:
    story = story_with_points
    # The wall
    objecting.a_month_of_points_is_entered_reviewed_and_hung_out(story)
    objecting.the_sheet_on_the_wall_has_a_code_that_a_phone_reads(story)
    objecting.a_neighbour_reads_it_in_english_without_signing_in(story)
    # The objection
    objecting.she_finds_her_line_and_is_asked_who_she_is(story)
    objecting.she_taps_twice_on_a_slow_network_and_objects_once(story)
    objecting.only_that_line_waits_and_nobody_reads_who_objected(story)
    objecting.another_who_has_no_smartphone_calls_and_the_clerk_writes_it_down(story)
    objecting.she_who_called_cannot_be_written_down_twice(story)
    # The answer
    answering.the_committee_puts_her_line_right_and_rejects_the_other(story)
    answering.she_is_told_and_reads_the_answer_in_large_type(story)
    answering.the_desk_tells_her_who_called(story)
    answering.the_answers_hang_on_the_board_without_who_asked(story)
    # The points
    answering.the_right_line_is_reviewed_and_hangs_out_in_a_batch_of_its_own(story)
    answering.when_the_days_are_over_the_others_are_booked(story)
    answering.who_comes_late_goes_the_late_way(story)
    answering.her_household_page_explains_every_point(story)
    assert story.faults() == []

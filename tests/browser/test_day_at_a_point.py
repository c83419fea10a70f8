"""A day at a service point, in a real browser on a real server: thirty volunteers, a queue, and an hour without a network."""

import pytest

from tests.browser.chapters import day, opening, shift
from tests.browser.story import Story

pytestmark = pytest.mark.browser


def test_a_day_at_a_service_point(story: Story) -> None:
    opening.the_console_makes_sign_ins_for_the_operator_and_the_auditor(story)
    story.here.start()
    opening.an_operator_imports_the_tree_of_areas(story)
    opening.the_operator_opens_a_city_community(story)
    # Before anybody comes
    shift.thirty_volunteers_are_taken_in_from_the_offices_list(story)
    shift.their_cards_are_printed_ten_to_a_page(story)
    shift.the_thirty_become_volunteers_and_one_person_staffs_the_desk(story)
    shift.a_service_point_gets_hours_a_screen_and_a_station(story)
    shift.a_shift_of_25_is_announced_and_five_wait_for_a_place(story)
    shift.somebody_calls_off_and_the_first_who_waits_moves_up(story)
    # The queue
    day.the_first_comes_with_a_phone_and_scans_the_screen(story)
    day.the_queue_is_scanned_card_after_card(story)
    day.without_a_card_a_number_or_a_name_does(story)
    day.one_holds_the_card_before_the_camera(story)
    day.a_card_shown_twice_a_strangers_and_an_elders_change_nothing(story)
    day.one_rests_for_half_an_hour(story)
    day.who_waited_for_a_place_comes_all_the_same(story)
    # Noon
    day.at_noon_the_network_goes_and_the_queue_goes_on(story)
    day.the_tablet_is_opened_anew_and_has_forgotten_nothing(story)
    day.an_hour_later_it_is_back_and_every_scan_is_answered(story)
    # The afternoon
    day.one_with_a_phone_leaves_and_reads_why_it_is_three_hours(story)
    day.all_the_others_leave_but_one(story)
    day.the_clock_ends_the_forgotten_visit_and_it_waits(story)
    day.the_reviewer_asks_and_puts_it_right(story)
    # The end of the day
    day.nobody_is_in(story)
    day.all_25_places_were_taken_and_nobody_was_missing(story)
    day.the_points_statement_says_thirty_people_and_adds_up(story)
    day.the_trial_balance_agrees(story)
    assert story.faults() == []

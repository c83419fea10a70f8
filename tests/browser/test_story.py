"""The main job, end to end, in a real browser on a real server: from the tree of areas to the verified bundle.

Each chapter is one step of the story, in `chapters/`; what a step did is what the next one goes on with. Periods are
those of the policies, and the clock is a demo's.
"""

from pathlib import Path

import pytest

from tests.browser.chapters import attendance, audit, opening, orders, points, register, tables
from tests.browser.story import Story

pytestmark = pytest.mark.browser


def test_the_main_job_from_the_tree_of_areas_to_the_verified_bundle(story: Story, tmp_path: Path) -> None:
    # 1. A place in the tree of areas
    opening.the_console_makes_sign_ins_for_the_operator_and_the_auditor(story)
    story.here.start()
    opening.an_operator_imports_the_tree_of_areas(story)
    opening.the_operator_opens_a_city_community_and_a_village(story)
    # 2. People and cards
    register.a_first_file_with_errors_is_told_row_by_row_and_nothing_is_written(story)
    register.the_mended_file_is_looked_at_and_confirmed(story)
    register.ten_cards_are_printed_to_a_page_and_every_code_reads(story)
    register.door_cards_are_printed_without_a_name(story)
    register.staff_and_volunteers_are_given_their_roles(story)
    register.two_elders_share_a_phone_and_choose_who_they_are(story)
    register.a_one_time_code_is_good_for_one_time(story)
    # 3. Points tables
    tables.the_city_community_imports_the_residents_table_from_excel(story)
    tables.the_village_imports_the_mixed_table_from_a_csv_of_china(story)
    tables.both_hang_their_drafts_out_and_a_resident_comments(story)
    tables.both_record_their_vote_and_a_second_person_confirms_it(story)
    tables.anybody_reads_it_on_the_notice_board(story)
    tables.a_week_of_publicity_passes_and_both_come_into_force(story)
    tables.its_digest_is_a_note_in_the_ledger(story)
    # 4. Storing time
    attendance.two_service_points_hang_out_their_screens(story)
    attendance.a_volunteer_scans_signs_in_and_checks_in(story)
    attendance.a_second_tap_changes_nothing(story)
    attendance.a_stale_code_and_the_code_of_another_point_are_told_from_each_other(story)
    attendance.checked_in_here_she_is_not_taken_in_elsewhere(story)
    attendance.she_checks_out_and_reads_what_was_credited_and_why(story)
    attendance.the_minutes_are_in_her_account(story)
    # 5. Taking service
    orders.the_desk_scans_the_elders_card_before_its_camera(story)
    orders.the_desk_places_an_order_and_both_see_before_and_after(story)
    orders.she_gets_a_slip_with_a_number_to_tear_off(story)
    orders.a_volunteer_claims_it_and_the_minutes_are_held(story)
    orders.more_than_is_there_is_refused_with_what_is_there_and_what_was_needed(story)
    orders.the_volunteer_scans_the_door_on_arrival_and_on_leaving(story)
    orders.a_wrong_number_is_refused_and_the_right_one_confirms(story)
    orders.the_actual_minutes_moved_and_the_rest_is_free_again(story)
    orders.she_rates_the_service(story)
    audit.an_outsider_keeps_a_checkpoint_and_a_bundle(story)
    # 6. Points
    points.the_committee_enters_a_batch_from_excel_after_its_errors_were_told(story)
    points.another_member_reviews_it(story)
    points.it_is_published_with_masked_names(story)
    points.a_resident_objects_to_one_line_and_only_that_waits(story)
    points.after_five_working_days_the_others_are_booked(story)
    points.a_merchant_puts_soap_on_the_shelf(story)
    points.a_household_redeems_soap_and_points_and_stock_are_set_aside(story)
    points.the_merchant_hands_it_over_by_code_and_only_once(story)
    # 7. The books
    audit.the_trial_balance_agrees_in_both_units(story)
    audit.entries_are_found_and_a_number_is_opened_down_to_its_scans(story)
    audit.the_order_and_the_award_lead_back_to_reviewer_and_rule(story)
    audit.exports_say_what_the_pages_say(story)
    alone = audit.Alone(tmp_path / "alone")
    audit.the_bundle_verifies_where_there_is_nothing_but_python(story, alone)
    audit.four_frauds_are_named(story, alone)
    assert story.faults() == []

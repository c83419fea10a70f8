"""A month of a village committee of five with Excel habits, from an ugly workbook to points in the books, in a real browser."""

from pathlib import Path

import pytest

from tests.browser.chapters import constitution, deeds, month_end, opening, proof, village
from tests.browser.story import Story

pytestmark = pytest.mark.browser


def test_the_committees_month(story: Story, tmp_path: Path) -> None:
    opening.the_console_makes_sign_ins_for_the_operator_and_the_auditor(story)
    story.here.start()
    opening.an_operator_imports_the_tree_of_areas(story)
    opening.the_operator_opens_a_village(story)
    village.the_villagers_are_taken_in_from_the_offices_list(story)
    village.their_cards_are_printed_with_a_code_each(story)
    village.everybody_is_given_their_task(story)
    # The table
    constitution.an_ugly_workbook_is_read_but_for_one_row(story)
    constitution.the_row_is_mended_where_it_stands(story)
    constitution.the_draft_hangs_out_and_a_villager_says_something(story)
    deeds.every_other_verdict_shall_be_looked_at_twice(story)
    constitution.the_council_sits_with_its_members(story)
    constitution.it_votes_by_name_and_the_minutes_are_kept(story)
    constitution.a_second_person_reads_the_minutes_and_confirms(story)
    constitution.a_villager_objects_and_is_answered_within_the_week(story)
    constitution.a_week_passes_and_it_is_in_force_from_its_day(story)
    # What people did
    deeds.a_villager_claims_with_a_photo(story)
    deeds.another_says_what_a_deed_is_worth(story)
    deeds.the_grid_worker_reports_what_she_saw(story)
    deeds.hours_of_an_activity_give_points_by_decision(story)
    deeds.the_bookkeepers_excel_is_read_and_entered(story)
    # Who looks at it
    deeds.a_relatives_award_is_not_the_reviewers_to_decide(story)
    deeds.with_the_keyboard_alone_the_others_are_approved(story)
    deeds.a_range_is_decided_with_a_reason(story)
    deeds.who_is_free_of_kinship_looks_at_the_rest(story)
    deeds.a_second_pair_of_eyes_looks_at_those_that_were_drawn(story)
    deeds.the_villager_reads_how_her_claim_goes(story)
    # The end of the month
    month_end.the_batch_of_the_month_is_laid_out(story)
    month_end.its_sheet_is_printed_for_the_wall(story)
    month_end.its_days_pass_and_one_click_books_it(story)
    month_end.the_board_tells_everybody(story)
    month_end.the_audit_page_and_its_workbook_say_the_same(story)
    month_end.a_draft_for_next_year_is_compared_and_replayed(story)
    proof.the_books_verify_with_every_detail(story, tmp_path / "alone")
    assert story.faults() == []

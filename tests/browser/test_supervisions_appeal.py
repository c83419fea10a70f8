"""An objection on paper and its appeal, and a line that was wrong though it was booked and spent, in a real browser."""

from pathlib import Path

import pytest

from tests.browser.chapters import appeal, constitution, late, opening, proof, village
from tests.browser.story import Story

pytestmark = pytest.mark.browser


def test_the_supervision_committees_appeal(story: Story, tmp_path: Path) -> None:
    opening.the_console_makes_sign_ins_for_the_operator_and_the_auditor(story)
    story.here.start()
    opening.an_operator_imports_the_tree_of_areas(story)
    opening.the_operator_opens_a_village(story)
    village.the_villagers_are_taken_in_from_the_offices_list(story)
    village.their_cards_are_printed_with_a_code_each(story)
    village.everybody_is_given_their_task(story)
    constitution.a_table_is_adopted(story)
    # Before the books
    appeal.a_batch_hangs_out(story)
    appeal.a_clerk_writes_down_what_stands_on_a_paper(story)
    appeal.the_committee_says_no_and_why(story)
    appeal.the_villager_appeals_on_his_grandsons_phone(story)
    appeal.only_that_line_waits_while_the_others_are_booked(story)
    appeal.a_relative_on_the_supervision_committee_may_not_decide(story)
    appeal.another_upholds_it_and_says_what_is_right(story)
    appeal.the_corrected_line_is_reviewed_like_any_other(story)
    # After the books
    late.the_honoured_household_spends_all_its_points(story)
    late.somebody_objects_to_what_is_booked(story)
    late.so_many_points_take_two_people(story)
    late.neither_the_same_person_nor_another_role_is_the_second(story)
    late.the_second_books_it_back_though_it_was_spent(story)
    late.the_next_award_pays_it_first(story)
    late.the_board_tells_the_answers_and_nothing_of_who_asked(story)
    proof.the_books_verify_with_every_detail(story, tmp_path / "alone")
    assert story.faults() == []

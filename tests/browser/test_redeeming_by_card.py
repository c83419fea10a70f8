"""A household that redeems with a card, in a real browser on a real server: from a shelf with pictures to books that verify."""

from pathlib import Path

import pytest

from tests.browser.chapters import handing_over, redeeming
from tests.browser.chapters.audit import Alone
from tests.browser.story import Story

pytestmark = pytest.mark.browser


def test_a_household_redeems_with_a_card(story_with_points: Story, tmp_path: Path) -> None:
    story = story_with_points
    # The shelf
    redeeming.a_month_of_points_is_booked(story)
    redeeming.a_shop_opens_with_hours_and_somebody_who_hands_over(story)
    redeeming.goods_with_pictures_stock_and_limits_go_on_the_shelf(story)
    # Ordering
    redeeming.at_home_she_sees_pictures_prices_and_what_she_can_spend(story)
    redeeming.more_than_a_limit_the_stock_or_the_points_is_refused_plainly(story)
    redeeming.she_orders_three_things_in_one_and_gets_a_code(story)
    redeeming.an_elder_comes_with_her_card_and_the_desk_orders_for_her(story)
    # The counter
    handing_over.the_merchant_sees_goods_and_codes_but_nobody(story)
    handing_over.a_wrong_code_and_another_merchant_are_refused_plainly(story)
    handing_over.one_thing_is_missing_and_only_the_others_are_handed_over(story)
    handing_over.the_same_code_is_good_once(story)
    handing_over.the_elders_slip_is_scanned_and_her_things_handed_over(story)
    # What comes back
    handing_over.one_order_is_given_up_and_points_and_pieces_are_free(story)
    handing_over.one_that_nobody_fetches_lapses_after_the_second_opening_day(story)
    handing_over.faulty_soap_comes_back_and_its_points_too(story)
    # The books
    handing_over.the_months_report_ties_pieces_points_and_entries(story)
    handing_over.the_household_reads_where_its_points_came_from_and_what_is_next(story)
    handing_over.the_books_verify_with_their_details(story, Alone(tmp_path / "alone"))
    assert story.faults() == []

"""Which test stands at the border of which number of the policy: field -> tests, as `file::test` from tests/.

A new field of `Policy` needs a row here, a description in timebank/policy_numbers.py and its words in api/messages/policy.py;
tests fail until it has all three. The test named here mentions the number by its name, and shows it just below, at and just
above its border, or with another value in force.
"""

from __future__ import annotations

HOURS, POINTS = "timebank/test_borders_of_hours.py", "timebank/test_borders_of_points.py"
LIFE = "timebank/points/test_table_life.py"
ORDERS, ELIGIBILITY = "timebank/hours/test_order_borders.py", "timebank/hours/test_eligibility.py"
DEPOSITORS, OFFLINE = "timebank/hours/test_depositors.py", "timebank/hours/test_offline_body.py"
ABSENCES, ROSTERS = "timebank/hours/test_absences.py", "timebank/hours/test_rosters.py"
CHANGES = "timebank/test_policy_changes.py"
PUBLICITY = "timebank/points/test_publicity.py"

ROWS: dict[str, tuple[str, ...]] = {
    "rounding_minutes": (f"{HOURS}::test_rounding_minutes_floor_a_visit_once",),
    "visit_cap_minutes": (f"{HOURS}::test_visit_cap_minutes_end_what_one_visit_is_worth",),
    "day_cap_minutes": (
        f"{HOURS}::test_day_cap_minutes_are_full_in_the_middle_of_a_visit_and_empty_again_at_midnight",
    ),
    "day_cap_from_age": (f"{HOURS}::test_day_cap_from_age_holds_from_the_birthday_on",),
    "day_cap_aged_minutes": (f"{HOURS}::test_day_cap_aged_minutes_end_the_day_of_who_is_aged",),
    "month_cap_minutes": (f"{HOURS}::test_month_cap_minutes_begin_anew_on_the_first",),
    "ceiling_minutes": (f"{HOURS}::test_ceiling_minutes_of_the_day_an_account_is_opened_send_the_rest_to_the_pool",),
    "late_close_minutes": (f"{HOURS}::test_late_close_minutes_end_a_forgotten_visit_at_their_very_instant",),
    "review_two_from_minutes": (f"{HOURS}::test_review_two_from_minutes_ask_for_a_second_reviewer_above_four_hours",),
    "late_entry_days": (f"{HOURS}::test_late_entry_days_end_at_their_very_instant",),
    "code_step_seconds": (f"{HOURS}::test_code_step_seconds_and_code_window_steps_say_how_long_a_code_is_taken",),
    "code_window_steps": (f"{HOURS}::test_code_step_seconds_and_code_window_steps_say_how_long_a_code_is_taken",),
    "ticket_seconds": (f"{HOURS}::test_ticket_seconds_end_a_ticket",),
    "presence_hours": (f"{HOURS}::test_presence_hours_end_what_a_late_scan_can_mend_and_a_claim_of_presence",),
    "station_again_minutes": (f"{HOURS}::test_station_again_minutes_keep_a_second_look_from_being_a_check_out",),
    "offline_back_hours": (f"{OFFLINE}::test_the_last_instant_back_is_accepted_and_the_one_before_it_is_not",),
    "offline_ahead_minutes": (f"{OFFLINE}::test_the_last_instant_ahead_is_accepted_and_the_one_after_it_is_not",),
    "offline_batches_a_day": (
        "timebank/hours/test_offline_refusals.py::test_a_device_sends_so_many_batches_a_day_and_goes_on_the_next",
    ),
    "depositor_min_age": (f"{DEPOSITORS}::test_age_is_that_of_the_service_day",),
    "depositor_min_age_guardian": (f"{DEPOSITORS}::test_age_is_that_of_the_service_day",),
    "depositor_age_may_be_unknown": (
        f"{DEPOSITORS}::test_an_unknown_birthday_counts_as_of_age_unless_the_policy_says_no",
    ),
    "redeemer_min_age": (
        f"{ELIGIBILITY}::test_redeemer_min_age_counts_on_the_day_of_the_service",
        f"{ELIGIBILITY}::test_redeemer_min_age_of_who_was_born_on_29_february_is_reached_on_1_march",
    ),
    "redeemer_min_age_hardship": (
        f"{ELIGIBILITY}::test_redeemer_min_age_hardship_counts_for_who_is_noted_in_hardship",
    ),
    "helpers_most": (f"{ORDERS}::test_the_third_helper_is_bound_and_the_fourth_is_not",),
    "order_early_minutes": (f"{ORDERS}::test_an_order_is_begun_sixty_minutes_before_its_time_and_not_earlier",),
    "order_over_percent": (f"{ORDERS}::test_consent_pays_at_most_a_quarter_more_than_was_held",),
    "order_confirm_silence_days": (f"{ORDERS}::test_silence_counts_from_the_very_instant_of_three_days",),
    "order_unclaimed_hours": (f"{ORDERS}::test_an_order_is_handed_to_the_grid_worker_at_twenty_four_hours",),
    "order_guarantee_days": (f"{ORDERS}::test_an_order_is_handed_to_the_manager_at_seven_days_from_the_asking",),
    "tear_off_tries": (f"{ORDERS}::test_the_fourth_wrong_number_still_allows_a_fifth_and_the_fifth_locks",),
    "no_show_days": (f"{ORDERS}::test_three_within_ninety_days_block_and_not_a_millisecond_more",),
    "no_show_most": (f"{ORDERS}::test_three_within_ninety_days_block_and_not_a_millisecond_more",),
    "no_show_block_days": (f"{ORDERS}::test_a_block_ends_thirty_days_after_the_third",),
    "order_undo_minutes": (f"{ORDERS}::test_a_wrong_tap_is_taken_back_within_thirty_minutes",),
    "absent_after_minutes": (f"{ABSENCES}::test_how_long_after_the_end_is_the_communitys_number",),
    "promotion_notice_minutes": (f"{ABSENCES}::test_the_notice_of_promotion_is_the_communitys_number",),
    "duty_days_a_week": (f"{ROSTERS}::test_how_many_days_is_the_communitys_number",),
    "duty_weeks_ahead": (f"{ROSTERS}::test_how_far_ahead_is_the_communitys_number",),
    "team_donation_undo_hours": ("timebank/hours/test_team_hours.py::test_the_day_of_a_donation_is_the_policys",),
    "table_deliberation_days": (f"{LIFE}::test_the_vote_comes_after_the_days_of_comments",),
    "table_quorum_percent": (
        f"{LIFE}::test_a_quorum_is_more_than_two_thirds_of_a_roll_and_more_than_half_of_an_assembly",
    ),
    "table_assembly_quorum_percent": (
        f"{LIFE}::test_a_quorum_is_more_than_two_thirds_of_a_roll_and_more_than_half_of_an_assembly",
    ),
    "table_publicity_days": (f"{POINTS}::test_table_publicity_days_that_end_with_the_month_leave_the_next_one",),
    "table_versions_a_year": (f"{POINTS}::test_table_versions_a_year_count_by_the_year_in_which_they_begin",),
    "publicity_days": (f"{POINTS}::test_publicity_days_are_working_days_and_end_at_midnight",),
    "objection_answer_days": (f"{POINTS}::test_objection_answer_days_are_working_days",),
    "second_review_percent": (
        "timebank/points/test_reviews.py::test_a_drawn_verdict_needs_another_person_and_the_draw_can_be_checked",
    ),
    "review_undo_minutes": (
        (
            "timebank/points/test_reviews.py::"
            "test_review_undo_minutes_let_the_reviewer_take_the_latest_verdict_back_while_it_hangs_nowhere"
        ),
    ),
    "deduction_two_from_steps": (
        "timebank/points/test_reviews.py::test_deduction_two_from_steps_takes_two_reviewers_above_it",
    ),
    "hearing_notice_days": (
        (
            "timebank/points/test_claims.py::"
            "test_hearing_notice_days_lie_before_a_hearing_and_two_in_vain_before_it_goes_on"
        ),
    ),
    "claims_open_a_day": ("timebank/points/test_claims.py::test_claims_open_a_day_wait_at_once_and_more_do_not",),
    "claims_helped_a_day": ("timebank/points/test_claims.py::test_claims_helped_a_day_are_one_helpers_for_all_elders",),
    "appeal_days": (f"{POINTS}::test_appeal_days_end_at_the_midnight_after_the_seventh",),
    "appeal_decision_days": (f"{PUBLICITY}::test_appeal_decision_days_are_working_days",),
    "objections_open_most": (f"{PUBLICITY}::test_objections_open_most_counts_what_waits_for_an_answer",),
    "late_objection_days": (f"{PUBLICITY}::test_late_objection_days_end_with_the_ninetieth_day_after_the_booking",),
    "reversal_two_from_steps": (f"{PUBLICITY}::test_reversal_two_from_steps_takes_two_officers_from_there_on",),
    "batch_due_day": (f"{PUBLICITY}::test_batch_due_day_reminds_those_who_publish_once",),
    "carry_percent": (
        "timebank/points/test_years.py::test_carry_percent_says_what_lapses_of_what_is_left_of_the_year",
    ),
    "year_redeem_days": (
        "timebank/points/test_years.py::test_year_redeem_days_end_with_31_january_24_00_by_the_local_clock",
    ),
    "year_notice_days": ("timebank/points/test_years.py::test_year_notice_days_are_full_days_after_the_announcement",),
    "year_undo_days": (
        "timebank/points/test_years.py::test_year_undo_days_end_at_the_midnight_after_the_sixtieth_also_in_a_leap_year",
    ),
    "household_undo_hours": (
        "timebank/points/test_household_changes.py::test_household_undo_hours_end_and_anything_spent_ends_it_too",
    ),
    "household_consent_days": (
        "timebank/points/test_household_changes.py::test_declined_withdrawn_or_forgotten_nothing_moves",
    ),
    "honour_objection_days": (
        "timebank/points/test_honours.py::test_honour_objection_days_end_at_midnight_and_an_open_objection_keeps_the_list_from_standing",
    ),
    "shop_hold_hours": (f"{POINTS}::test_shop_hold_hours_are_the_least_whatever_the_opening_days",),
    "shop_opening_days": (f"{POINTS}::test_shop_opening_days_end_with_the_second_one",),
    "shop_return_days": ("timebank/points/shop/test_returns.py::test_faulty_goods_come_back_within_the_days",),
    "shop_count_two_from_steps": ("timebank/points/shop/test_taking.py::test_a_large_difference_waits_for_another",),
    "quota_min_minutes": (f"{CHANGES}::test_quotas_begin_anew_on_the_first_of_january_by_the_local_day",),
    "quota_pt_steps": (f"{CHANGES}::test_quotas_begin_anew_on_the_first_of_january_by_the_local_day",),
    "quota_opening_minutes": (
        f"{CHANGES}::test_quotas_begin_anew_on_the_first_of_january_by_the_local_day",
        f"{CHANGES}::test_a_quota_changed_within_the_year_leaves_what_the_new_number_leaves",
    ),
    "quota_opening_steps": (f"{CHANGES}::test_quotas_begin_anew_on_the_first_of_january_by_the_local_day",),
    "public_bundle": (
        "api/test_log_service.py::test_where_the_policy_says_so_entries_are_for_auditors_and_tiles_for_all",
    ),
    "photo_days": ("timebank/test_attachments.py::test_a_photograph_goes_when_its_days_are_over",),
    "erasure_notice_days": (f"{POINTS}::test_erasure_notice_days_pass_between_the_second_word_and_the_erasing",),
    "notice_days": ("timebank/test_outbox.py::test_notices_are_forgotten_after_their_days",),
}

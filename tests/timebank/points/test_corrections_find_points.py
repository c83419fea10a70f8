"""An award booked back late takes its points from where they are: the purse, the lapsed points, the household that goes on, or nowhere."""

import datetime as dt
import random
import uuid

import pytest
from sqlmodel import col, select

from ledger import book_of, projections
from tests.timebank.hours.arrange_activities import change_policy
from tests.timebank.points import make
from tests.timebank.points.booked import booked, table_of
from tests.timebank.points.test_household_changes import ask_merge, carry_out, held, person_of
from tests.timebank.points.test_household_changes import undo as undo_change
from tests.timebank.points.test_publicity import book_all
from tests.timebank.points.test_shop import redeem
from tests.timebank.points.test_years import announced, give, is_sound, line, move_to, points, run, start
from tests.timebank.points.test_years import undo as undo_year
from timebank import accounts
from timebank.people import households
from timebank.points import household_accounts
from timebank.points.awards.tables import Award
from timebank.points.household_changes import carrying_out, following
from timebank.points.publicity import corrections, refusals
from timebank.points.publicity.tables import AwardCorrection, PublicityLine
from timebank.points.shop import orders
from timebank.points.years.tables import YearLapseReturn

pytestmark = pytest.mark.parametrize("db", ["sqlite"], indirect=True)

TABLE = "类别,项目,分值,计分单位\n基础,每户基础分,60,每年\n好事,修路,10,一次\n好事,帮邻居,4,一次\n".encode()
ROAD, HELP, BASE = "修路", "帮邻居", "每户基础分"


@pytest.fixture
def told(village):
    """The village with its table in force in late November, base points in use."""
    table_id = make.table_in_force(village, TABLE)
    make.switch_on(village, make.items(village, table_id)[BASE])
    return village


def earn(village, person, *items):
    """Awards in the books; their ids."""
    found = [make.enter(village, person, item) for item in items]
    make.approve(village, *found)
    book_all(village)
    return found


def book_back(village, award_id):
    first, second = village.actor("committee"), village.actor("community_manager")
    village.write(lambda s, now: corrections.ask_correction(s, actor=first, now=now, award_id=award_id, reason="记错"))
    return village.write(lambda s, now: corrections.confirm_correction(s, actor=second, now=now, award_id=award_id))


def close_year(village, *, year=2026, **changes):
    """Announced in good time and closed; the id."""
    close_id = announced(village, year=year, **changes)
    if village.today < dt.date(year + 1, 2, 1):
        move_to(village, year + 1, 2, 1, 9)
    start(village, close_id)
    run(village)
    return close_id


def lapsed(village):
    return village.balance(accounts.LAPSED_PT)


def base(village, person):
    with village.read() as session:
        number = accounts.find_main(session, village.community_id, person.household_id, "pt")

    def look(session, now):
        lots = book_of(session).accounts_of(number)
        return {"base": sum(one.balance for one in lots if one.class_ == "base")}

    return village.write(look)["base"]


def sound(village):
    with village.read() as session:
        assert list(projections.differences(session.connection(), village.community_id)) == []
    return is_sound(village)


@pytest.mark.parametrize("carry", [0, 50, 33])
def test_what_lapsed_at_the_years_end_is_not_taken_twice_whatever_was_carried(told, carry):
    change_policy(told, carry_percent=carry)
    (person,), (other,) = told.make_household("张三", steps=30), told.make_household("李四")
    first, second = earn(told, person, ROAD, HELP)
    close_id = close_year(told)
    rest = 170 - 170 * (100 - carry) // 100
    assert points(told, person) == rest
    book_back(told, first)
    # As if it had never been: what was left of the year would have been 70.
    assert (points(told, person), lapsed(told)) == (70 - 70 * (100 - carry) // 100, 70 * (100 - carry) // 100)
    book_back(told, second)
    assert (points(told, person), lapsed(told)) == (30 - 30 * (100 - carry) // 100, 30 * (100 - carry) // 100)
    assert held(told, person).owed_steps == 0
    assert sound(told)
    # The close undone: the thirty of the opening balance come back, and nothing of what was never earned.
    undo_year(told, close_id)
    run(told)
    assert (points(told, person), lapsed(told), points(told, person)) == (30, 0, 30)
    close_id = announced(told)
    told.pass_time(days=31)
    start(told, close_id)
    run(told)
    assert line(told, close_id, person).old_steps == 30
    assert sound(told)
    assert other


def test_what_was_spent_before_the_close_is_owed_and_a_second_close_cut_what_the_first_had_carried(told):
    change_policy(told, carry_percent=50, year_undo_days=1)
    (person,), (spender,) = told.make_household("张三"), told.make_household("李四")
    (award,), (spent,) = earn(told, person, ROAD), earn(told, spender, ROAD)
    spend(told, spender, 60)
    close_year(told)
    book_back(told, spent)
    assert (points(told, spender), held(told, spender).owed_steps, held(told, spender).below_zero_steps) == (
        -60,
        60,
        60,
    )
    move_to(told, 2027, 12, 20, 9)
    close_year(told, year=2027)
    assert points(told, person) == 25
    book_back(told, award)
    assert (points(told, person), lapsed(told)) == (0, 30 + 15)  # the seller's own lapsed twice, and stay lapsed
    assert sound(told)


def test_an_award_of_the_new_year_had_nothing_lapsed_and_a_late_one_is_no_old_point_of_the_next(told):
    change_policy(told, carry_percent=50)
    (person,) = told.make_household("张三")
    (old,) = earn(told, person, ROAD)
    close_year(told)
    (new,) = earn(told, person, HELP)
    book_back(told, new)
    assert (points(told, person), lapsed(told)) == (50, 50)
    move_to(told, 2027, 12, 30, 9)
    give(told, person, 80)
    close_id = announced(told, year=2027)
    move_to(told, 2028, 1, 15, 9)
    book_back(told, old)  # after the year: fifty of the old ones went, and fifty came back from the lapsed ones
    assert points(told, person) == 80
    move_to(told, 2028, 2, 1, 9)
    start(told, close_id)
    run(told)
    assert (line(told, close_id, person).old_steps, points(told, person), lapsed(told)) == (80, 40, 40)
    assert sound(told)


@pytest.mark.parametrize("carry", [0, 100])
def test_base_points_that_ended_are_not_taken_from_those_of_the_new_year(told, carry):
    change_policy(told, carry_percent=carry)
    (person,) = told.make_household("张三", steps=30)
    (award,) = earn(told, person, BASE)
    close_id = close_year(told, gives_base=True)
    assert base(told, person) == 600
    book_back(told, award)
    assert base(told, person) == 600
    undo_year(told, close_id)
    run(told)
    assert (base(told, person), points(told, person), lapsed(told)) == (0, 30, 0)
    assert sound(told)


def test_what_a_household_that_ended_is_short_of_falls_on_the_one_that_goes_on(told):
    (elder,), (son,) = told.make_household("张大山"), told.make_household("张小河", steps=20)
    (award, base_award) = earn(told, elder, ROAD, BASE)
    spend(told, elder, 80)
    merge = ask_merge(told, elder, son)
    carry_out(told, merge)
    son = person_of(told, son)
    assert points(told, son) == 40
    spend(told, son, 10)
    book_back(told, base_award)  # its base points had lapsed with the merge: they are found there
    with pytest.raises(carrying_out.HouseholdUndoOver):
        undo_change(told, merge)
    assert lapsed(told) == 0
    book_back(told, award)
    assert (points(told, elder), points(told, son)) == (-70, 0)
    with told.read() as session:
        assert following.left_to(session, told.community_id, son.household_id) == 70
    seen = held(told, son)
    assert (seen.owed_steps, seen.left_steps, seen.below_zero_steps, seen.deducted_steps) == (70, 70, 0, 0)
    # What it earns next pays it, first by a part, then all.
    earn(told, son, HELP)
    assert (points(told, son), held(told, son).owed_steps) == (0, 30)
    earn(told, son, ROAD)
    assert (points(told, son), held(told, son).owed_steps, points(told, elder)) == (70, 0, 0)
    assert sound(told)


@pytest.mark.parametrize("first", ["merge", "close"])
def test_lapsed_points_are_found_by_whoever_held_them_at_the_close(told, first):
    change_policy(told, carry_percent=0)
    (elder,), (son,) = told.make_household("张大山"), told.make_household("张小河", steps=20)
    (award,) = earn(told, elder, ROAD)
    if first == "merge":
        carry_out(told, ask_merge(told, elder, son))
        close_id = close_year(told)
    else:
        close_id = close_year(told)
        carry_out(told, ask_merge(told, elder, son))
    assert lapsed(told) == 120
    book_back(told, award)
    assert (points(told, elder), points(told, son), lapsed(told)) == (0, 0, 20)
    undo_year(told, close_id)
    run(told)
    assert (points(told, elder), points(told, son), lapsed(told)) == (0, 20, 0)
    with told.read() as session:
        assert following.left_behind(session, told.community_id) == {}
        assert len(session.scalars(select(YearLapseReturn)).all()) == 1
    assert sound(told)


def test_of_a_household_that_was_erased_nothing_is_taken_back_and_that_is_put_on_record(told):
    """Before, the ledger refused it, and the objection could not be answered at all."""
    (gone,) = told.make_household("独居")
    (award,) = earn(told, gone, ROAD)
    account = told.main_account(gone.household_id, "pt")

    def end(session, now):
        book = book_of(session)
        book.post({account: -100, accounts.LAPSED_PT: 100}, on=told.today, detail={"use_case": "erasure.dispose"})
        book.close(account)
        return {}

    told.write(end)
    done = book_back(told, award)
    assert done["entry"] is None
    with told.read() as session:
        kept = session.get(Award, (told.community_id, award))
        asked = session.scalars(select(AwardCorrection).where(col(AwardCorrection.award_id) == award)).one()
        shown = session.scalars(select(PublicityLine).where(col(PublicityLine.award_id) == award)).one()
    assert (kept.state, kept.entry is not None, shown.state) == ("booked", True, "reversed")
    assert asked.note is not None
    assert asked.confirmed_at is not None
    with pytest.raises(refusals.NotBooked):
        book_back(told, award)
    assert sound(told)


def test_base_points_that_lapsed_with_a_merge_are_not_found_among_those_that_ended_in_the_other_household(village):
    """Before, the second household stood below zero for the first one's, whose own stayed among the lapsed ones."""
    items = table_of(village)
    (elder,), (son,) = village.make_household("张大山", steps=10), village.make_household("张小河", steps=20)
    elders, sons = (booked(village, items, one.household_id, 600, title="基础分") for one in (elder, son))
    carry_out(village, ask_merge(village, elder, son))
    close_year(village)
    assert lapsed(village) == 600 + 600
    book_back(village, elders)
    assert (base(village, elder), base(village, son), lapsed(village)) == (0, 0, 600)
    book_back(village, sons)
    assert (base(village, elder), base(village, son), lapsed(village)) == (0, 0, 0)
    assert sound(village)


def test_base_points_below_zero_are_owed_in_the_shop_and_after_a_merge(village):
    """A deduction took base points that were wrong themselves: points of the household stay for them."""
    items = table_of(village)
    (elder,), (son,) = village.make_household("张大山"), village.make_household("张小河")
    wrong = booked(village, items, elder.household_id, 600, title="基础分")
    booked(village, items, elder.household_id, -300)
    booked(village, items, elder.household_id, 400)
    book_back(village, wrong)
    assert (points(village, elder), base(village, elder), held(village, elder).owed_steps) == (400, -300, 300)
    item_id, _, _ = make.shop(village, price_steps=101)
    with pytest.raises(orders.HouseholdOwes) as refused:
        redeem(village, elder, item_id)
    assert refused.value.facts == {"available_steps": 400, "needed_steps": 101, "owed_steps": 300}
    carry_out(village, ask_merge(village, elder, son))
    seen = held(village, son)
    assert (seen.available_steps, seen.owed_steps, seen.left_steps) == (400, 300, 300)
    with pytest.raises(orders.HouseholdOwes):
        redeem(village, son, item_id)
    booked(village, items, son.household_id, 1)
    redeem(village, son, item_id)
    assert sound(village)


def test_where_the_household_that_goes_on_was_erased_too_nothing_is_taken_back(village):
    """Before, the one that had ended stood below zero for ever."""
    items = table_of(village)
    (elder,), (son,) = village.make_household("张大山"), village.make_household("张小河")
    award = booked(village, items, elder.household_id, 100)
    carry_out(village, ask_merge(village, elder, son))
    account = village.main_account(son.household_id, "pt")

    def end(session, now):
        book = book_of(session)
        book.post({account: -100, accounts.LAPSED_PT: 100}, on=village.today, detail={"use_case": "erasure.dispose"})
        book.close(account)
        households.household(session, village.community_id, son.household_id).closed_on = village.today
        return {}

    village.write(end)
    assert book_back(village, award)["entry"] is None
    assert points(village, elder) == 0
    assert sound(village)


@pytest.mark.parametrize("seed", [5, 11])
def test_awards_and_deductions_of_two_households_that_merge_are_all_booked_back_in_any_order(village, seed):
    """What is left is always what was not booked back, and the returned points are there for whoever is given some back.

    Before, they stood below zero where the one that goes on had points and owed them, and the ledger refused others'.
    """
    chance, items = random.Random(seed), table_of(village)
    (elder,), (son,) = village.make_household("张大山"), village.make_household("张小河")
    live: dict[uuid.UUID, int] = {}

    def happen(*people):
        person, steps = chance.choice(people), chance.choice([1, -1]) * chance.randint(10, 120)
        award = booked(village, items, person.household_id, steps)

        def pay(session, now):
            told = {"award_id": award, "steps": steps, "on": village.today, "now": now, "cites": None,
                    "detail": {"award": award.hex}}  # fmt: skip
            if steps > 0:
                household_accounts.pay_shortfall(session, village.community_id, person.household_id, **told)
            return {}

        village.write(pay)
        live[award] = steps

    for _ in range(5):
        happen(elder, son)
    carry_out(village, ask_merge(village, elder, son))
    for _ in range(3):
        happen(son)
    for award in chance.sample(list(live), len(live)):
        book_back(village, award)
        live.pop(award)
        seen = held(village, son)
        assert seen.available_steps - seen.owed_steps == sum(live.values())
        assert village.balance(accounts.RETURNED_PT) >= 0
    assert (points(village, son), held(village, son).owed_steps) == (0, 0)
    assert sound(village)


def spend(village, person, steps):
    """Points that went for good, to somebody else's account: base points cannot go there."""
    (seller,) = village.make_household("店主")

    def pay(session, now):
        number, to = (
            household_accounts.main_account(session, village.community_id, one.household_id) for one in (person, seller)
        )
        book_of(session).post(
            {number: -steps, to: steps}, on=village.today, detail={"use_case": "test", "credited": steps}
        )
        return {}

    village.write(pay)

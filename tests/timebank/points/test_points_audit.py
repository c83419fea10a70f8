"""The committee's audit: figures of a year that add up, items that nobody uses, households and officers that stand out."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.timebank.points import make
from tests.timebank.points.test_shop import code_of, hand_over, redeem
from timebank.errors import Forbidden, NotFound
from timebank.people import logins
from timebank.reports import points_audit

CLEANING, SCHOOL = "参加社区环境卫生整治", "参加社区夜校、宣讲等活动"
# What is counted is the same on both; that the queries run on both, the routes' walk shows.
on_sqlite = pytest.mark.parametrize("db", ["sqlite"], indirect=True)


def looked_at(village, what, *, year=None, roles=("supervision_committee",)):
    actor = village.actor(*roles)
    with village.read() as session:
        if what in ("versions", "unregistered"):
            more = {} if what == "versions" else {"now": village.now}
            return getattr(points_audit, what)(session, actor=actor, **more)
        return getattr(points_audit, what)(
            session, actor=village.actor(*roles), year=year or village.today.year, now=village.now
        )


def booked(village, *person_items):
    make.published(village, *person_items)
    village.pass_time(days=10)
    make.book_due(village)


def test_the_figures_of_a_year_add_up_and_begin_where_the_last_one_ended(village):
    make.table_in_force(village)
    village.make_household("旧账户", steps=70)
    person = village.make_person("张三")
    booked(village, (person, CLEANING), (person, SCHOOL))
    item_id, _merchant, seller = make.shop(village, stock=5, price_steps=20)
    hand_over(village, seller, code_of(village, redeem(village, person, item_id)))
    redeem(village, person, item_id)
    this = looked_at(village, "circulation")
    assert (this.year, this.opening_steps, this.issued_steps, this.from_old_books_steps) == (2026, 0, 100, 70)
    assert (this.redeemed_steps, this.held_steps, this.outstanding_steps) == (20, 20, 150)
    assert (this.deducted_steps, this.lapsed_steps, this.other_steps, this.base_steps) == (0, 0, 0, 0)
    assert (this.quota_steps, this.quota_left_steps, this.households) == (10_000_000, 10_000_000 - 100, 2)
    village.pass_time(days=366)
    after = looked_at(village, "circulation")
    assert (after.year, after.opening_steps, after.issued_steps, after.outstanding_steps) == (2027, 150, 0, 150)
    assert looked_at(village, "circulation", year=2026) == this


@on_sqlite
def test_an_entry_counts_in_the_year_of_the_local_midnight(village):
    """2026 ends in the village at 16:00 UTC."""
    midnight = dt.datetime(2027, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=8)))
    village.clock.move(midnight - dt.timedelta(seconds=2) - village.now)
    village.make_household("除夕", steps=30)
    village.clock.move(midnight - village.now)
    village.make_household("新年", steps=50)
    assert looked_at(village, "circulation", year=2026).outstanding_steps == 30
    assert looked_at(village, "circulation", year=2027).from_old_books_steps == 50


@on_sqlite
def test_versions_stand_beside_the_one_before_and_who_decides_unregistered_is_named(village):
    make.table_in_force(village, "类别,项目,分值\n甲,扫街,5\n甲,巡河,2\n".encode())
    table_id = make.draft_table(village, "类别,项目,分值\n甲,扫街,6\n乙,劝架,3\n甲,种树,4\n".encode(), title="第二稿")
    make.adopt_table(village, table_id)
    now, before = looked_at(village, "versions")
    assert (now.version, now.state, now.items, now.new, now.gone, now.changed) == (2, "published", 3, 2, 1, 1)
    assert (before.new, before.before_id, now.before_id) == (2, None, before.table_id)
    resident = village.make_person("张三")

    def give(session, at):
        for name, role, person in (
            ("外聘审核", "reviewer", None),
            ("张三登录", "committee", resident),
            ("看账的", "auditor", None),
        ):
            login_id = logins.open_login(session, now=at, name=name, password_hash="x" * 20)
            if person is not None:
                logins.link(session, now=at, login_id=login_id, community_id=village.community_id, person_id=person.id,
                            number=person.number)  # fmt: skip
            logins.grant(session, now=at, role=role, area_path=village.area_path, from_on=village.today, until_on=None,
                         given_by="test", login_id=login_id)  # fmt: skip

    village.storage.write_global(give)
    assert [(one.name, one.roles) for one in looked_at(village, "unregistered")] == [("外聘审核", ("reviewer",))]
    village.pass_time(days=-2)
    assert looked_at(village, "unregistered") == []  # the role begins in two days


@on_sqlite
def test_items_say_whether_anybody_uses_them_and_whose_hands_they_go_through(village):
    make.table_in_force(village)
    people = [village.make_person(f"村民{number}") for number in range(5)]
    clerk, decider = village.actor("committee"), village.actor("reviewer")
    for day in range(2):
        entered = [make.enter(village, person, CLEANING, actor=clerk) for person in people]
        make.approve(village, *entered, actor=decider)
        alone = make.enter(village, people[0], SCHOOL)
        make.approve(village, alone)
        village.pass_time(days=1)
        assert day < 2
    uses = {one.title: one for one in looked_at(village, "items")}
    cleaning, school, barber = uses[CLEANING], uses[SCHOOL], uses["参加公益理发"]
    assert (cleaning.verdict, cleaning.awards, cleaning.households, cleaning.steps) == ("used", 10, 5, 500)
    assert (cleaning.sole_enterer, cleaning.sole_reviewer) == (clerk.number, decider.number)
    assert (cleaning.largest_percent, cleaning.versions) == (20, (1,))
    assert (school.verdict, school.awards, school.largest_percent, school.sole_enterer) == ("by_few", 2, 100, "")
    assert (barber.verdict, barber.awards) == ("unused", 0)
    assert next(iter(uses)) == "家庭或成员获国家级表彰"


@on_sqlite
def test_a_household_far_above_the_others_is_named_once_there_are_eight(village):
    make.table_in_force(village)
    people = [village.make_person(f"村民{number}") for number in range(8)]
    for person in people[:7]:
        make.enter(village, person, CLEANING)
    make.enter(village, people[6], "家庭或成员获国家级表彰")
    assert looked_at(village, "far_above") == []
    make.enter(village, people[7], CLEANING)
    (above,) = looked_at(village, "far_above")
    assert (above.household_id, above.awards, above.steps) == (people[6].household_id, 2, 550)
    assert (above.median_steps, above.fence_steps) == (50, 50)


@on_sqlite
def test_two_officers_who_decide_for_each_others_household_are_named(village):
    make.table_in_force(village)
    first, second, third = (village.make_person(name) for name in ("甲委员", "乙委员", "丙村民"))
    one, other = village.actor("committee", person=first), village.actor("committee", person=second)
    make.approve(village, make.enter(village, second, CLEANING), actor=one)
    make.enter(village, third, CLEANING, actor=one)
    assert looked_at(village, "mutual") == []
    make.enter(village, first, SCHOOL, actor=other)
    (pair,) = looked_at(village, "mutual")
    assert {pair.a, pair.b} == {first.number, second.number}
    assert (pair.a_for_b, pair.b_for_a, pair.steps) == (1, 1, 100)


def test_only_those_who_audit_may_look_and_only_at_years_that_were(village, other_village):
    with pytest.raises(Forbidden):
        looked_at(village, "items", roles=("resident", "desk_staff", "merchant"))
    for year in (village.today.year - 1, village.today.year + 1):
        with pytest.raises(NotFound):
            looked_at(village, "circulation", year=year)
    other_village.make_household("别村", steps=500)
    assert looked_at(village, "circulation").outstanding_steps == 0

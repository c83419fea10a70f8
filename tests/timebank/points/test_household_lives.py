"""Families by chance: split, merged, renamed and taken back; points are only moved, and taking back puts all exactly as it was."""

import datetime as dt
import random
import uuid
from collections import Counter, defaultdict

import pytest
from sqlmodel import col, func, select

from ledger import book_of, projections, tables
from tests.timebank.points.booked import book_back, booked, codes_of, edges_of, table_of
from tests.timebank.points.test_years import is_sound
from timebank import accounts
from timebank.errors import Refused
from timebank.people import household_members
from timebank.people.communities import TWO_FROM_STEPS
from timebank.people.households import Household
from timebank.people.residents import Person
from timebank.permissions import Actor
from timebank.points import household_accounts
from timebank.points import household_changes as package
from timebank.points.household_accounts import Shortfall
from timebank.points.household_changes import asking, carrying_out, following, states, words_given
from timebank.points.household_changes.tables import HouseholdChange

OFTEN = 20
BOTH = ("giver", "taker")
OTHER_CODES = {"household_ended", "not_of_household", "last_of_household", "head_first", "already_done"}


class Homes:
    """The village, and what was met."""

    def __init__(self, village, chance: random.Random) -> None:
        self.village, self.chance = village, chance
        self.edges: Counter = Counter()
        self.refusals: Counter = Counter()
        self.items = table_of(village)
        self.desk, self.other_desk = village.actor("desk_staff"), village.actor("desk_staff")

    # -- deeds

    def do(self, verb, use_case, actor=None, **asked):
        """One deed; an edge of its change is counted by the states before and after."""
        change_id = asked.get("change_id")
        before = self.state(change_id)
        done = self.village.write(lambda s, now: use_case(s, actor=actor or self.desk, now=now, **asked))
        if verb:
            after = self.state(change_id)
            if verb == "agree":
                verb = "agree_last" if after == "agreed" else "agree_first"
            self.edges[verb, before, after] += 1
        return done

    def refused(self, code, use_case, actor=None, **asked):
        before = self.size()
        with pytest.raises(Refused) as refusal:
            self.do("", use_case, actor, **asked)
        assert refusal.value.code == code, f"wanted {code}, got {refusal.value}"
        assert self.size() == before
        self.refusals[code] += 1

    def state(self, change_id) -> str:
        return self.change(change_id).state if change_id else ""

    def change(self, change_id):
        with self.village.read() as session:
            return session.get(HouseholdChange, (self.village.community_id, change_id))

    def myself(self, person):
        with self.village.read() as session:
            return self.village.actor(person=session.get(Person, (self.village.community_id, person.id)))

    # -- people and points

    def family(self, size=3, *, steps=None):
        """A family with points, sometimes base points, sometimes in debt."""
        head = self.village.make_person("户主", relation="户主")
        home = head.household_id
        people = [head, *(self.village.make_person("家人", household_id=home) for _ in range(size - 1))]
        if self.chance.random() < 0.3:
            booked(self.village, self.items, home, -25)  # there is nothing to take: it owes all of it
        booked(self.village, self.items, home, self.chance.randint(1, 900) if steps is None else steps)
        if self.chance.random() < 0.4:
            booked(self.village, self.items, home, self.chance.randint(1, 600), title="基础分")
        return people

    def ask_split(self, home, *going, present=BOTH, actor=None, **told):
        share = told or {"share_percent": self.chance.randint(0, 100)}
        done = self.do("", asking.ask_split, actor, household_id=home[0].household_id, reason="分家", present=present,
                       going={one.id: "" for one in going}, new_head_id=going[0].id, **share)  # fmt: skip
        return uuid.UUID(done["change_id"])

    def ask_merge(self, giver, taker, present=BOTH, actor=None):
        done = self.do("", asking.ask_merge, actor, household_id=self.home_of(giver), other_id=self.home_of(taker),
                       reason="同住", present=present)  # fmt: skip
        return uuid.UUID(done["change_id"])

    def home_of(self, person):
        with self.village.read() as session:
            return session.get(Person, (self.village.community_id, person.id)).household_id

    def all_speak(self, change_id) -> None:
        """Everybody whose word is missing says it, herself or at the desk, in any order."""
        with self.village.read() as session:
            change = asking.change_of(session, self.village.community_id, change_id)
            words = [word.person for word in words_given.missing(session, change)]
            sides = [side for side in BOTH if getattr(change, f"{side}_agreed_at") is None]
        spoken = {
            **{side: {"side": side, "present": True} for side in sides},
            **{one.number: {"member_id": one.id, "evidence": "签字"} for one in words},
        }
        themselves = {one.number: one for one in words if self.chance.random() < 0.5}
        for who in self.chance.sample(list(spoken), len(spoken)):
            if who in themselves:
                self.do("agree", asking.agree, self.myself(themselves[who]), change_id=change_id)
            else:
                self.do("agree", asking.agree, change_id=change_id, **spoken[who])

    def carry_out(self, change_id) -> None:
        """Points are moved, never made: what all households have together stays, but for base points that lapse."""
        before = self.snapshot()
        self.do("carry_out", asking_carried, change_id=change_id)
        after, change = self.snapshot(), self.change(change_id)
        self.adds_up()
        assert sum(after["points"].values()) == sum(before["points"].values())
        assert sum(after["base"].values()) == sum(before["base"].values()) - change.base_steps
        assert after["lapsed"] == before["lapsed"] + change.base_steps
        assert sum(after["owed"].values()) == sum(before["owed"].values())

    # -- what must hold

    def size(self):
        """How long the log is, and how many changes are in which state."""
        with self.village.read() as session:
            states = select(HouseholdChange.state, func.count()).group_by(HouseholdChange.state)
            return session.execute(select(tables.tail.c.size)).all(), sorted(map(tuple, session.execute(states)))

    def adds_up(self) -> None:
        with self.village.read() as session:
            found = select(func.sum(tables.account.c.balance)).where(tables.account.c.unit == "pt")
            assert session.scalar(found) == 0

    def snapshot(self):
        """All that a change may touch: accounts, debts, who lives where as what."""
        account = tables.account.c
        with self.village.read() as session:
            kinds = select(account.number, account["class"], account.balance).where(account.unit == "pt")
            found = session.execute(kinds.where(account.balance != 0)).all()
            people = session.execute(select(Person.id, Person.household_id, Person.relation)).all()
            ended = session.scalars(select(Household.id).where(col(Household.closed_on).is_not(None))).all()
            owed = session.execute(select(Shortfall.household_id, Shortfall.owed_steps)).all()
            open_ = session.execute(select(HouseholdChange.id, HouseholdChange.state)).all()
        return {
            "points": {number: balance for number, kind, balance in found if kind == "household"},
            "base": {number: balance for number, kind, balance in found if kind == "base"},
            "lapsed": sum(balance for number, _, balance in found if number == accounts.LAPSED_PT),
            "people": {one: (home, relation) for one, home, relation in people},
            "ended": set(ended),
            "owed": {home: steps for home, steps in owed if steps},
            "changes": dict(map(tuple, open_)),
        }

    def took_all_back(self, before, change_id) -> None:
        """Every account, debt and person is where it was; of a split, the new household has ended."""
        after = self.snapshot()
        self.adds_up()
        for what in ("points", "base", "lapsed", "people", "owed"):
            assert after[what] == before[what], what
        change = self.change(change_id)
        assert after["ended"] - before["ended"] == ({change.other_id} if change.kind == "split" else set())

    def pass_days(self, days) -> None:
        self.village.pass_time(days=days)
        self.village.clock.move(dt.timedelta(hours=2))


def asking_carried(session, *, actor, now, change_id):
    return carrying_out.carry_out(session, actor=actor, now=now, change_id=change_id)


def undo(life, change_id, actor=None, **told):
    return life.do("undo", carrying_out.undo, actor, change_id=change_id, reason="办错了", **told)


# Fates: each goes on after a while, when the days that it waits for are over -------------------------------------------


def split_and_back(life):
    father, son, wife = home = life.family()
    change = life.ask_split(home, son, wife, present=(), actor=life.myself(son))
    life.refused("household_change_open", asking.ask_split, household_id=father.household_id, going={son.id: ""},
                 new_head_id=son.id, share_percent=1, reason="再分")  # fmt: skip
    life.refused("household_change_wrong_state", carrying_out.carry_out, change_id=change)
    life.do("agree", asking.agree, life.myself(father), change_id=change)
    life.all_speak(change)
    before = life.snapshot()
    life.carry_out(change)
    undo(life, change)
    life.took_all_back(before, change)
    life.refused("household_change_wrong_state", carrying_out.undo, change_id=change, reason="再撤")
    yield 0


def split_for_good(life):
    father, son, wife = home = life.family(steps=500)
    with_own = life.village.actor("desk_staff", person=father)
    change = life.ask_split(home, son, share_steps=501)
    life.refused("share_too_large", carrying_out.carry_out, change_id=change)
    life.do("withdraw", asking.withdraw, change_id=change, reason="改数")
    change = life.ask_split(home, son)
    life.refused("own_household_change", carrying_out.carry_out, with_own, change_id=change)
    life.carry_out(change)
    give(life, life.home_of(son), 5)
    life.refused("household_undo_over", carrying_out.undo, change_id=change, reason="晚了")  # points moved
    yield 4
    life.refused("household_undo_over", carrying_out.undo, change_id=change, reason="晚了")
    assert wife


def large_and_back(life):
    """So much is booked back by two only."""
    father, son = home = life.family(2, steps=TWO_FROM_STEPS + life.chance.randint(0, 9))
    change = life.ask_split(home, son, share_percent=100)
    before = life.snapshot()
    life.carry_out(change)
    life.refused("household_undo_second_person", carrying_out.undo, change_id=change, reason="错")
    undo(life, change, life.other_desk)
    life.took_all_back(before, change)
    assert father
    yield 0


def refused_by_somebody(life):
    father, son, wife = home = life.family()
    who = life.chance.choice([father, son, wife])
    change = life.ask_split(home, son, wife, present=())
    life.do("decline", asking.decline, life.myself(who), change_id=change, reason="不同意")
    change = life.ask_split(home, son, wife)
    life.all_speak(change)
    life.do("decline", asking.decline, life.myself(who), change_id=change, reason="不同意了")
    change = life.ask_split(home, son, wife, present=("giver",))
    life.do("withdraw", asking.withdraw, change_id=change, reason="算了")
    yield 0


def agreed_and_withdrawn_or_forgotten(life):
    father, son, _ = home = life.family()
    change = life.ask_split(home, son)
    life.do("withdraw", asking.withdraw, change_id=change, reason="算了")
    (aunt,) = life.family(1)
    forgotten, never = life.ask_split(home, son), life.ask_merge(aunt, life.family(1)[0], present=())
    yield 32
    was = {one: life.state(one) for one in (forgotten, never)}
    job = Actor.system(life.village.community_id, "lapse")
    life.do("", asking.lapse_due, job)
    for one, before in was.items():
        life.edges["lapse", before, life.state(one)] += 1
    assert father


def wrong_asked(life):
    father, son, _ = home = life.family()
    child = life.village.make_person("孩子", household_id=father.household_id, born_on=life.village.today - dt.timedelta(days=4000))  # fmt: skip
    (stranger,) = life.family(1)
    ask = {"household_id": father.household_id, "share_percent": 10, "reason": "分"}
    everybody = {one.id: "" for one in (*home, child)}
    life.refused("nobody_stays", asking.ask_split, going=everybody, new_head_id=son.id, **ask)
    life.refused("consent_needs_adult", asking.ask_split, going={child.id: ""}, new_head_id=child.id, **ask)
    life.refused("not_of_household", asking.ask_split, going={stranger.id: ""}, new_head_id=stranger.id, **ask)
    life.refused("same_household", asking.ask_merge, household_id=father.household_id, other_id=father.household_id,
                 reason="并")  # fmt: skip
    yield 0


def heads_and_moves(life):
    father, mother, _ = life.family()
    (alone,) = life.family(1)
    points = life.snapshot()["points"]
    head = {"household_id": father.household_id, "reason": "换户主"}
    move = {"household_id": alone.household_id, "reason": "搬家"}
    life.refused("already_done", household_members.change_head, person_id=father.id, **head)
    life.do("", household_members.change_head, person_id=mother.id, **head)
    life.refused("head_first", household_members.move, person_id=mother.id, **move)
    life.refused(
        "last_of_household", household_members.move, person_id=alone.id, household_id=father.household_id, reason="搬"
    )
    life.do("", household_members.move, person_id=father.id, **move)
    assert life.snapshot()["points"] == points
    yield 0


def merge_and_back(life):
    (elder, partner), (son, _) = life.family(2), life.family(2)
    change = life.ask_merge(elder, son)
    life.all_speak(change)
    before = life.snapshot()
    life.carry_out(change)
    life.refused("household_ended", asking.ask_split, household_id=elder.household_id, going={elder.id: ""},
                 new_head_id=elder.id, share_percent=1, reason="分")  # fmt: skip
    undo(life, change)
    life.took_all_back(before, change)
    assert partner
    yield 0


def merge_and_booked_back(life):
    """What the one that ended is short of falls on the other, once; below zero nobody merges."""
    (elder,), (son, _) = life.family(1), life.family(2)
    wrong = booked(life.village, life.items, elder.household_id, 400)
    spend(life, elder.household_id, life.chance.randint(0, 400))
    change = life.ask_merge(elder, son)
    life.carry_out(change)
    spend(life, son.household_id, life.chance.randint(0, 300))
    before, home = life.snapshot(), life.village.main_account(elder.household_id, "pt")
    base = sum(before["base"].values())
    book_back(life.village, wrong)
    after = life.snapshot()
    assert sum(after["points"].values()) == sum(before["points"].values()) - 400
    assert sum(after["base"].values()) == base
    to = life.village.main_account(son.household_id, "pt")
    short = -after["points"].get(home, 0)
    assert short >= 0
    assert after["points"].get(to, 0) == max(before["points"].get(to, 0) - 400, 0)
    with life.village.read() as session:
        assert following.left_to(session, life.village.community_id, son.household_id) == short
    give(life, son.household_id, 1000)
    life.do("", follow, household_id=elder.household_id)
    assert home not in life.snapshot()["points"]
    life.refused("household_undo_over", carrying_out.undo, change_id=change, reason="撤")
    (debtor,) = life.family(1, steps=100)
    also = booked(life.village, life.items, debtor.household_id, 50)
    spend(life, debtor.household_id, 150)
    book_back(life.village, also)
    blocked = life.ask_merge(debtor, son)
    life.refused("household_change_blocked", carrying_out.carry_out, change_id=blocked)
    life.do("withdraw", asking.withdraw, change_id=blocked, reason="以后再说")
    yield 0


def follow(session, *, actor, now, household_id):
    """What the next booking does first."""
    following.follow(session, actor.community_id, household_id, on=now.date())
    return {}


def post(life, home, make):
    def write(session, now):
        number = household_accounts.main_account(session, life.village.community_id, home)
        make(book_of(session), number)
        return {}

    life.village.write(write)


def give(life, home, steps):
    detail = {"use_case": "test", "credited": steps}
    post(life, home, lambda book, number: book.post({accounts.OPENING_PT: -steps, number: steps}, on=life.village.today, detail=detail))  # fmt: skip


def spend(life, home, steps):
    """As far as there is something to spend, at somebody's whom base points cannot pay."""
    if not hasattr(life, "seller"):
        life.seller = life.village.make_household("店主")[0].household_id
    shop = life.village.main_account(life.seller, "pt")

    def pay(book, number):
        able = min(steps, max(book.account(number).available, 0))
        if able:
            book.post({number: -able, shop: able}, on=life.village.today, detail={"use_case": "test", "credited": able})

    post(life, home, pay)


FATES = (split_and_back, split_for_good, large_and_back, refused_by_somebody, agreed_and_withdrawn_or_forgotten,
         wrong_asked, heads_and_moves, merge_and_back, merge_and_booked_back)  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("db", ["sqlite"], indirect=True)
def test_households_come_and_go_and_no_point_with_them(village):
    life = Homes(village, random.Random(20_261_122))
    waiting = defaultdict(list)
    for _ in range(OFTEN):
        for fate in life.chance.sample(FATES, len(FATES)):
            story = fate(life)
            waiting[next(story)].append(story)
        for days in (4, 32):
            life.pass_days(days)
            for story in waiting.pop(days, []):
                assert next(story, None) is None
    with village.read() as session:
        assert list(projections.differences(session.connection(), village.community_id)) == []
    assert is_sound(village)
    assert {edge: life.edges[edge] for edge in edges_of(states.MOVES) if life.edges[edge] < OFTEN} == {}
    wanted = codes_of(package) | OTHER_CODES
    assert {code: life.refusals[code] for code in wanted if life.refusals[code] < OFTEN} == {}

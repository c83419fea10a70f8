"""Twenty years of points by chance: closed, undone and closed again, with awards booked back at every moment in between.

What a household has is compared after every deed with a second reckoning, in which the awards that were booked back
never were: whatever the order of deeds, nobody loses or gains a point by them.
"""

import datetime as dt
import random
import uuid
from collections import Counter

import pytest

from ledger import book_of, projections
from tests.timebank.points.booked import book_back, booked, codes_of, edges_of, table_of
from tests.timebank.points.test_years import is_sound, move_to
from timebank import accounts, policy
from timebank.errors import Refused
from timebank.people import households
from timebank.permissions import Actor
from timebank.points import household_accounts
from timebank.points import years as package
from timebank.points.honours import totals
from timebank.points.years import closing, deciding, states
from timebank.points.years.tables import YearClose

OFTEN = 20
CARRY = (0, 33, 50, 100)


class Reckoning:
    """Everything that happened, in order; `of` says what a household has if the awards booked back never were."""

    def __init__(self) -> None:
        self.events: list[tuple] = []

    def add(self, *event) -> None:
        self.events.append(event)

    def of(self, household_id, gone) -> tuple[int, int]:
        """Balance and what lapsed, by another way than the ledger's: no lots, no counter-entries, one pass."""
        balance = lapsed = 0
        at_end: dict[int, int] = {}
        spent: dict[int, int] = {}
        undone = {event[1] for event in self.events if event[0] == "undone"}
        for kind, *told in self.events:
            if kind == "year_over":
                at_end[told[0]], spent[told[0]] = balance, 0
            elif kind == "closed" and told[0] not in undone and told[1] == household_id:
                _, _, year, carry = told
                old = min(max(at_end[year] - spent[year], 0), max(balance, 0))
                cut = old * (100 - carry) // 100
                balance, lapsed = balance - cut, lapsed + cut
            elif kind == "award" and told[0] == household_id and told[2] not in gone:
                balance += told[1]
            elif kind == "spent" and told[0] == household_id:
                balance -= told[1]
                spent = {year: steps + told[1] for year, steps in spent.items()}
        return balance, lapsed

    def earned(self, household_id, gone) -> int:
        """All that was ever awarded and not booked back."""
        awards = (event for event in self.events if event[0] == "award")
        return sum(steps for _, home, steps, award in awards if home == household_id and award not in gone)


class Years:
    """A village over the years, and what was met."""

    def __init__(self, village, chance: random.Random) -> None:
        self.village, self.chance = village, chance
        self.edges: Counter = Counter()
        self.refusals: Counter = Counter()
        self.items = table_of(village)
        self.homes = [village.make_person(f"户主{number}").household_id for number in range(4)]
        self.told = Reckoning()
        self.wrong: list[uuid.UUID] = []
        self.every_wrong: set[uuid.UUID] = set()
        self.gone: set[uuid.UUID] = set()
        self.kept: dict[int, list[uuid.UUID]] = {}
        self.first, self.second = village.actor("committee"), village.actor("supervision_committee")

    # -- deeds

    def do(self, verb, use_case, actor=None, close_id=None, **asked):
        """One step of a close, counted by the states before and after."""
        before = self.state(close_id)
        told = {"close_id": close_id, **asked} if close_id else asked
        done = self.village.write(lambda s, now: use_case(s, actor=actor or self.first, now=now, **told))
        if verb:
            self.edges[verb, before, self.state(close_id)] += 1
        return done

    def refused(self, code, use_case, actor=None, **asked):
        with pytest.raises(Refused) as refusal:
            self.do("", use_case, actor, **asked)
        assert refusal.value.code == code, f"wanted {code}, got {refusal.value}"
        self.refusals[code] += 1

    def state(self, close_id):
        if close_id is None:
            return ""
        with self.village.read() as session:
            return session.get(YearClose, (self.village.community_id, close_id)).state

    def to(self, *when) -> None:
        move_to(self.village, *when)

    def live(self, deeds: int) -> None:
        """Some awards, some spending, some awards booked back; then everything is compared."""
        for _ in range(deeds):
            home, luck = self.chance.choice(self.homes), self.chance.random()
            if luck < 0.25:
                self.award(home, wrong=True)
            elif luck < 0.5:
                self.award(home, wrong=False)
            elif luck < 0.7:
                self.spend(home)
            elif self.wrong:
                self.wrong.remove(award := self.chance.choice(self.wrong))
                book_back(self.village, award)
                self.gone.add(award)
        self.compare()

    def award(self, home, *, wrong) -> uuid.UUID:
        steps = self.chance.randint(1, 300)
        award = booked(self.village, self.items, home, steps)
        self.told.add("award", home, steps, award)
        if wrong:
            self.wrong.append(award)
            self.every_wrong.add(award)
        return award

    def spend(self, home) -> None:
        """Never what was awarded by mistake: what is short then is another story."""
        most = min(self.told.of(home, self.every_wrong)[0], self.told.of(home, self.gone)[0])
        if most < 1:
            return
        steps = self.chance.randint(1, most)

        def pay(session, now):
            number = household_accounts.main_account(session, self.village.community_id, home)
            detail = {"use_case": "test", "credited": steps}
            legs = {number: -steps, accounts.RETURNED_PT: steps}
            book_of(session).post(legs, on=self.village.today, detail=detail)
            return {}

        self.village.write(pay)
        self.told.add("spent", home, steps)

    def compare(self) -> None:
        village, lapsed = self.village, 0
        with village.read() as session:
            numbers = {home: accounts.find_main(session, village.community_id, home, "pt") for home in self.homes}
            honour = totals.lifetime(session, village.community_id, self.homes)
        for home, number in numbers.items():
            should, cut = self.told.of(home, self.gone)
            lapsed += cut
            assert honour[home] == self.told.earned(home, self.gone)  # no close takes any of it
            assert (village.balance(number) if number else 0) == should
        assert village.balance(accounts.LAPSED_PT) == lapsed

    # -- the life of a close

    def draft(self, year) -> uuid.UUID:
        told = {"year": year, "decided_on": self.village.today, "body": "representatives", "reason": "会议决定"}
        close_id = uuid.UUID(self.do("", deciding.draft, **told)["close_id"])
        self.refused("year_stands", deciding.draft, **told)
        return close_id

    def announced(self, year) -> uuid.UUID:
        close_id = self.draft(year)
        self.refused("year_second_person", deciding.announce, close_id=close_id)
        self.do("announce", deciding.announce, self.second, close_id)
        self.carry_on(1)  # some hear of it, the others later
        return close_id

    def withdraw(self, close_id) -> None:
        self.do("withdraw", deciding.withdraw, close_id=close_id, reason="再议")

    def carry_on(self, turns: int = 99, limit: int = 0):
        """Pieces of what is under way; true while something is left."""
        job, left = Actor.system(self.village.community_id, "carry_on_years"), True
        while left and turns:
            size = limit or self.chance.randint(1, 3)
            left = self.village.write(lambda s, now, size=size: closing.carry_on(s, actor=job, now=now, limit=size))["left"]  # fmt: skip
            turns -= 1
        return bool(left)

    def run(self, close_id, year, carry) -> None:
        """Start, then piece by piece; between pieces life goes on."""
        self.do("start", deciding.start, close_id=close_id)
        self.refused("year_wrong_state", deciding.start, close_id=close_id)
        self.pieces(close_id, "finish", lambda: self.mark_closed(close_id, year, carry))

    def pieces(self, close_id, verb, mark) -> None:
        before, left = self.state(close_id), True
        while left:
            left = self.carry_on(1, limit=1)
            mark()
            self.live(1)
        self.edges[verb, before, self.state(close_id)] += 1

    def mark_closed(self, close_id, year, carry) -> None:
        """Write down for whom the last piece closed: each at the moment at which it was."""
        known = {event[2] for event in self.told.events if event[0] == "closed" and event[1] == close_id}
        for home in self.closed_so_far(close_id):
            if home not in known:
                self.told.add("closed", close_id, home, year, carry)

    def closed_so_far(self, close_id):
        with self.village.read() as session:
            close = session.get(YearClose, (self.village.community_id, close_id))
        done = len(self.homes) if close.state == "closed" else sum(number <= close.cursor for number in self.numbers())
        return self.homes[:done]

    def numbers(self):
        with self.village.read() as session:
            found = households.households_of(session, self.village.community_id, set(self.homes))
        return [found[home].number for home in self.homes]

    # -- a year

    def year(self, year: int) -> None:
        chance, carry = self.chance, self.chance.choice(CARRY)
        self.live(4)
        self.kept[year] = [self.award(self.homes[year % len(self.homes)], wrong=True)]
        self.wrong.remove(self.kept[year][0])
        self.refused("year_not_open", deciding.draft, year=year + 1, decided_on=self.village.today, body="assembly",
                     reason="太早")  # fmt: skip
        self.withdraw(self.draft(year))
        voted = self.draft(year)
        other = chance.choice([one for one in CARRY if one != self.carry(year)])
        self.vote(other, dt.date(year, 12, 30))
        self.refused("carry_changed", deciding.announce, self.second, close_id=voted)
        self.withdraw(voted)
        carry = other
        self.withdraw(self.announced(year))
        late = chance.random() < 0.5
        if late:
            self.over(year)
            self.to(year + 1, 1, 29, 9)
        close_id = self.announced(year)
        if not late:
            self.over(year)
        begins = self.begins(close_id)
        self.to(begins.year, begins.month, begins.day - 1, 23, 59, 59) if begins.day > 1 else self.to(begins.year, 1, 31, 23, 59, 59)  # fmt: skip
        self.refused("year_too_early", deciding.start, close_id=close_id)
        self.to(begins.year, begins.month, begins.day, 0)
        self.run(close_id, year, carry)
        self.live(3)
        self.undo(close_id)
        again = self.announced(year)
        begins = self.begins(again)
        self.to(begins.year, begins.month, begins.day, 8)
        self.live(2)
        self.run(again, year, carry)
        self.live(3)
        until = self.until(again)
        self.village.clock.move(until - self.village.now)
        self.refused("year_undo_over", deciding.ask_undo, close_id=again, reason="晚了")
        self.live(2)
        self.to(year + 1, 11, 1, 9)

    def over(self, year) -> None:
        """Points of the last second are of the year, those of midnight of the next."""
        self.to(year, 12, 31, 23, 59, 59)
        self.live(1)
        self.to(year + 1, 1, 1, 0)
        self.told.add("year_over", year)
        # One that a close has cut already, booked back while the next one waits.
        for award in self.kept.pop(year - 1, ()):
            book_back(self.village, award)
            self.gone.add(award)
        self.live(3)

    def undo(self, close_id) -> None:
        self.do("ask_undo", deciding.ask_undo, close_id=close_id, reason="算错了")
        self.refused("year_second_person", deciding.undo, close_id=close_id)
        self.do("undo", deciding.undo, self.second, close_id)
        self.refused("year_wrong_state", deciding.undo, self.second, close_id=close_id)
        before, left = self.state(close_id), True
        while left:
            left = self.carry_on(1, limit=1)
            # While it is being undone books are compared at its end; life goes on meanwhile.
            self.award(self.chance.choice(self.homes), wrong=False)
            self.book_one_back()
        self.edges["finish_undo", before, self.state(close_id)] += 1
        self.told.add("undone", close_id)
        self.compare()

    def book_one_back(self) -> None:
        if self.wrong:
            self.wrong.remove(award := self.chance.choice(self.wrong))
            book_back(self.village, award)
            self.gone.add(award)

    def carry(self, year) -> int:
        with self.village.read() as session:
            return policy.of(session, self.village.community_id, dt.date(year, 12, 31)).carry_percent

    def vote(self, carry, on) -> None:
        self.village.write(
            lambda s, now: {"v": policy.change(s, self.village.community_id, numbers={"carry_percent": carry}, on=on)}
        )

    def begins(self, close_id) -> dt.date:
        with self.village.read() as session:
            return session.get(YearClose, (self.village.community_id, close_id)).closes_from

    def until(self, close_id) -> dt.datetime:
        with self.village.read() as session:
            return session.get(YearClose, (self.village.community_id, close_id)).undo_until


@pytest.mark.slow
@pytest.mark.parametrize("db", ["sqlite"], indirect=True)
def test_over_twenty_years_nobody_gains_or_loses_by_what_was_booked_back(village):
    life = Years(village, random.Random(20_261_122))
    first = village.today.year
    for year in range(first, first + OFTEN):
        life.year(year)
    with village.read() as session:
        assert list(projections.differences(session.connection(), village.community_id)) == []
    assert is_sound(village)
    assert {edge: life.edges[edge] for edge in edges_of(states.MOVES) if life.edges[edge] < OFTEN} == {}
    assert {code: life.refusals[code] for code in codes_of(package) if life.refusals[code] < OFTEN} == {}

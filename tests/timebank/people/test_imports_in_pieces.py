"""A confirmed file comes in piece by piece: between two pieces the world may change, and the process may end."""

import contextlib
import datetime as dt
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import delete, func, select
from sqlmodel import Session, col

from ledger import book_of
from tests.timebank.people.test_imports import BOOKS, VAULT, begin, confirm, identity_number, people, planned, stage
from tests.village import Village
from timebank import accounts
from timebank.people import imports, residents
from timebank.people.imports import applying
from timebank.people.imports.staging import ImportRow, ImportRun
from timebank.people.residents import Person
from timebank.permissions import Actor

NAMES = [f"人{chr(0x4E00 + at)}" for at in range(25)]
FILE = "姓名,出生日期,户号\n" + "".join(f"{name},1940-01-02,{at // 3}\n" for at, name in enumerate(NAMES))


class Stopped(Exception):
    """The process ended between two pieces."""


class TenAtATime(imports.Pace):
    """Pieces of ten rows; `between` happens after the first, and `stops` ends the process there."""

    def __init__(self, between: Callable[[], Any] = lambda: None, *, stops: bool = False) -> None:
        super().__init__(pause=lambda _seconds: None, rows=10)
        self.between, self.stops, self.pieces = between, stops, 0

    def after(self, *, worked: float, waited: float) -> None:
        self.pieces += 1
        if self.pieces == 1:
            self.between()
            if self.stops:
                raise Stopped


def go_on(village: Village, batch_id: uuid.UUID, pace: imports.Pace) -> ImportRun:
    with contextlib.suppress(Stopped):
        imports.go_on(village.storage, village.community_id, batch_id, pace=pace)
    with village.read() as session:
        found = imports.run_of(session, village.community_id, batch_id)
        assert found is not None
        return found


def refusals(village: Village, batch_id: uuid.UUID) -> dict[int, str]:
    with village.read() as session:
        return imports.refusals(session, village.community_id, batch_id)


def admit(village: Village, name: str, **told: Any) -> None:
    """Somebody else enrols her at the desk."""
    village.make_person(name, **told)


def test_a_file_that_stopped_goes_on_where_it_was_and_nobody_comes_in_twice(village: Village) -> None:
    batch_id = stage(village, FILE)
    assert begin(village, batch_id)["rows"] == 25
    run = go_on(village, batch_id, TenAtATime(stops=True))
    assert (run.done, run.taken, run.done_row, run.ended_at) == (10, 10, 11, None)
    with pytest.raises(imports.ImportGoingOn) as refused:
        begin(village, batch_id)
    assert refused.value.facts == {"done": 10, "rows": 25}
    with village.read() as session:
        assert applying.standing_still(session, village.community_id, now=village.now) == []
        later = village.now + applying.STANDS_STILL
        assert applying.standing_still(session, village.community_id, now=later) == [batch_id]
    actor = village.actor("desk_staff")
    with pytest.raises(imports.ImportGoingOn):
        village.storage.write_global(
            lambda session, now: imports.look_again(session, actor=actor, now=now, batch_id=batch_id)
        )
    run = go_on(village, batch_id, TenAtATime())
    assert (run.taken, run.passed_over, run.refused, run.households) == (25, 0, 0, 9)
    assert run.ended_at is not None
    found = people(village)
    assert [person.name for person in found] == NAMES
    assert len({person.household_id for person in found}) == 9  # a household's rows may lie in two pieces
    go_on(village, batch_id, TenAtATime())
    assert len(people(village)) == 25


def test_two_who_go_on_at_once_do_each_piece_once(village: Village) -> None:
    batch_id = stage(village, FILE)
    begin(village, batch_id)
    with village.read() as session:
        course = applying._course(session, village.community_id, batch_id)
    assert course is not None
    actor = Actor.system(village.community_id, "imports")

    def take_in(session: Session, now: dt.datetime) -> dict[str, Any]:
        return applying.take_in(
            session, actor=actor, now=now, course=course, rows=course.after(0, 10), done_row=0, refused=""
        )

    first, second = village.write(take_in), village.write(take_in)
    assert first == second == {"code": "import_moved", "done_row": 11, "left": True}
    assert len(people(village)) == 10


def test_rows_whose_people_came_in_otherwise_meanwhile_are_refused_with_their_reason(village: Village) -> None:
    number = identity_number()
    text = (
        "姓名,出生日期,户号,身份证号\n"
        + "".join(f"{name},1940-01-02,{at},\n" for at, name in enumerate(NAMES[:10]))
        + "赵一,1941-01-02,,\n钱二,,,\n孙三,,,"
        + number
        + "\n李四,1942-01-02,,\n"
    )
    batch_id = stage(village, text)
    begin(village, batch_id)

    def meanwhile() -> None:
        admit(village, "赵一", born_on=dt.date(1941, 1, 2))
        admit(village, "钱二", born_on=None)
        other = stage(village, f"姓名,身份证号\n孙三三,{number}\n")
        confirm(village, other)

    run = go_on(village, batch_id, TenAtATime(meanwhile))
    assert (run.taken, run.passed_over, run.refused) == (11, 0, 3)
    assert refusals(village, batch_id) == {12: "is_there", 13: "may_be_there", 14: "identity_taken"}
    with village.read() as session:
        listed = imports.rows(session, village.community_id, batch_id, verdict=imports.REFUSED)
        facts = imports.batch(session, village.community_id, batch_id, now=village.now).facts
    assert [row.entry.name for row in listed] == ["赵一", "钱二", "孙三"]
    assert (facts["people"], facts["refused"]) == (11, 3)


def test_an_opening_balance_that_does_not_fit_any_more_refuses_its_row_alone(village: Village) -> None:
    # 6,000,000 minutes may be opened in a year.
    lines = [f"{name},男,,,{at},户主,{60 if at in (12, 14) else 0},,1页,甲某,乙某" for at, name in enumerate(NAMES)]
    batch_id = stage(village, BOOKS + "\n".join(lines))
    begin(village, batch_id)

    def meanwhile() -> None:
        def opens(session: Session, now: dt.datetime) -> dict[str, Any]:
            book = book_of(session)
            book.post(
                {accounts.OPENING_MIN: -(6_000_000 - 90), accounts.POOL_MIN: 6_000_000 - 90},
                on=village.today,
                detail={"use_case": "test"},
            )
            return {}

        village.write(opens)

    run = go_on(village, batch_id, TenAtATime(meanwhile))
    assert (run.taken, run.refused, run.opening_minutes) == (24, 1, 60)
    assert refusals(village, batch_id) == {16: "quota"}
    assert [person.serial for person in people(village)] == list(range(1, 25))
    assert village.balance(accounts.OPENING_MIN) == -(6_000_000 - 30)


def test_rows_that_an_erasure_took_meanwhile_end_as_refused(village: Village) -> None:
    batch_id = stage(village, FILE)
    begin(village, batch_id)

    def meanwhile() -> None:
        def forgets(session: Session, now: dt.datetime) -> dict[str, Any]:
            session.execute(
                delete(ImportRow).where(col(ImportRow.batch_id) == batch_id, col(ImportRow.number).in_([13, 26]))
            )
            return {}

        village.write(forgets)

    run = go_on(village, batch_id, TenAtATime(meanwhile))
    assert (run.taken, run.refused, run.ended_at is None) == (23, 2, False)
    assert refusals(village, batch_id) == {13: "row_forgotten", 26: "row_forgotten"}


def test_what_the_world_became_since_refuses_a_row_or_leaves_it_and_never_stops_the_file(village: Village) -> None:
    number = identity_number()
    batch_id = stage(
        village,
        "姓名,出生日期,户号,身份证号,情况,情况依据,情况截止\n"
        + "".join(f"{name},1940-01-02,{at},,,,\n" for at, name in enumerate(NAMES[:12]))
        + f"孙三,,,{number},,,\n李四,,,,独居,走访,{village.today}\n王五,,,,,,\n",
    )
    village.pass_time(hours=20)  # the last day of what is noted of 李四 is over
    begin(village, batch_id)

    def meanwhile() -> None:
        first, second = people(village)[:2]
        clerk = Actor.console(village.community_id, "test")
        told = residents.Particulars(name=first.name, born_on=first.born_on, identity_number=number)
        village.write(
            lambda session, now: residents.change(
                session, actor=clerk, now=now, person_id=first.id, particulars=told, reason="证件", vault=VAULT
            )
        )

        def spoils(session: Session, now: dt.datetime) -> dict[str, Any]:
            """A row that no rule foresees, and the database does not hold."""
            row = session.get(ImportRow, (village.community_id, batch_id, 16))
            assert row is not None
            row.entry = {**row.entry, "person_id": str(second.id)}
            return {}

        village.write(spoils)

    go_on(village, batch_id, TenAtATime(meanwhile, stops=True))
    run = go_on(village, batch_id, TenAtATime())
    assert (run.taken, run.refused, run.ended_at is None) == (13, 2, False)
    assert refusals(village, batch_id) == {14: "identity_taken", 16: "not_held"}
    with village.read() as session:
        last = people(village)[-1]
        assert (last.name, residents.flags_of(session, village.community_id, last.id)) == ("李四", [])


def test_a_file_on_its_way_is_not_forgotten_when_its_day_is_over(village: Village) -> None:
    batch_id = stage(village, FILE)
    begin(village, batch_id)
    go_on(village, batch_id, TenAtATime(stops=True))
    village.pass_time(hours=25)
    stage(village, "姓名\n别人\n")
    assert len(planned(village, batch_id)) == 25
    run = go_on(village, batch_id, TenAtATime())
    assert run.taken == 25
    stage(village, "姓名\n别的人\n")
    assert planned(village, batch_id) == []


def test_somebody_who_left_still_has_her_identity_number(village: Village) -> None:
    number = identity_number()
    confirm(village, stage(village, f"姓名,身份证号\n陈素珍,{number}\n"))
    (person,) = people(village)
    clerk = Actor.console(village.community_id, "test")
    village.write(
        lambda session, now: residents.leave(
            session,
            actor=clerk,
            now=now,
            person_id=person.id,
            left_on=village.today,
            left_reason="moved",
            reason="迁出",
        )
    )
    assert [row.verdict for row in planned(village, stage(village, f"姓名,身份证号\n陈素珍,{number}\n"))] == ["known"]
    assert [row.verdict for row in planned(village, stage(village, f"姓名,身份证号\n王五,{number}\n"))] == ["error"]


def test_a_piece_grows_and_shrinks_to_its_time_and_rests_as_long_as_it_took() -> None:
    rests: list[float] = []
    pace = imports.Pace(pause=rests.append)
    sizes = []
    for worked, waited in [(0.01, 0.02), (0.01, 0.3), (0.2, 0.2), (5.0, 5.0)]:
        pace.after(worked=worked, waited=waited)
        sizes.append(pace.rows)
    assert sizes == [100, 200, 50, 20]
    assert rests == [0.02, 0.3, 0.2, 1.0]


def test_five_thousand_people_come_in(village: Village) -> None:
    lines = [
        f"人{chr(0x4E00 + at)}{chr(0x5000 + at % 500)},女,19{40 + at % 50}-01-02,,{at // 3},,{at % 2 * 15},,1页,甲某,乙某"
        for at in range(5000)
    ]
    done = confirm(village, stage(village, BOOKS + "\n".join(lines)))
    assert (done["people"], done["households"], done["opening_minutes"]) == (5000, 1667, 2500 * 15)
    with village.read() as session:
        assert session.scalar(select(func.count()).select_from(Person)) == 5000

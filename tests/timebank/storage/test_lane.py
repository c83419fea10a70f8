"""The write lane: batches, repeated keys, and requests that should not spoil the others of their batch."""

from __future__ import annotations

import datetime
import threading
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import Session

from ledger import book_of, reading
from tests.village import Database, Village
from timebank.accounts import ISSUE_MIN, POOL_MIN
from timebank.errors import (
    BadInput,
    Busy,
    ClockWrong,
    KeyAhead,
    KeyExpired,
    KeyUsed,
    NotEnough,
    NotFound,
    Refused,
    StorageFull,
)
from timebank.storage import Storage, new_key, next_number

GOOD = 20


def give(amount: int) -> Callable[[Session, datetime.datetime], dict[str, Any]]:
    """A good request: touches the ledger and a table of the domain."""

    def change(session: Session, now: datetime.datetime) -> dict[str, Any]:
        voucher = next_number(session, 1, "voucher")
        on = now.date() - datetime.timedelta(days=1)
        seq = book_of(session).post({ISSUE_MIN: -amount, POOL_MIN: amount}, on=on, detail={"credited": amount})
        return {"seq": seq, "voucher": voucher}

    return change


def together(village: Village, changes: list[Callable[[Session, datetime.datetime], Any]]) -> list[Any]:
    """Run the changes as one batch, in their order: a first request holds the lane until all of them wait."""
    held, go = threading.Event(), threading.Event()

    def hold(session: Session, now: datetime.datetime) -> dict[str, Any]:
        held.set()
        go.wait(30)
        return {}

    answers: list[Any] = [None] * len(changes)

    def ask(at: int) -> None:
        try:
            answers[at] = village.write(changes[at], key=keys[at])
        except Exception as error:  # noqa: BLE001  # the test looks at it
            answers[at] = error

    keys = [new_key(village.now) for _ in changes]
    first = threading.Thread(target=village.write, args=(hold,))
    first.start()
    assert held.wait(30)
    threads = [threading.Thread(target=ask, args=(at,)) for at in range(len(changes))]
    lane = village.storage._lane(village.community_id)
    for at, thread in enumerate(threads):
        thread.start()
        while lane._queue.qsize() <= at:  # a thread that is started later may ask earlier
            pass
    go.set()
    for thread in [first, *threads]:
        thread.join(30)
    return answers


def log_size(village: Village) -> int:
    with village.read() as session:
        tail = reading.tail(session, village.community_id)
        assert tail is not None
        return tail.size


def assert_only_good(village: Village, answers: list[Any], bad: int, before: int) -> None:
    """The 20 good requests are booked once each, without a gap in their vouchers; the bad one left nothing."""
    good = answers[:bad] + answers[bad + 1 :]
    assert [answer for answer in good if not isinstance(answer, dict)] == []
    assert sorted(answer["voucher"] for answer in good) == list(range(1, GOOD + 1))
    assert log_size(village) == before + GOOD
    assert village.balance(POOL_MIN) == 15 * GOOD


def batch_with(
    bad: Callable[[Session, datetime.datetime], Any], at: int = 7
) -> list[Callable[[Session, datetime.datetime], Any]]:
    changes: list[Callable[[Session, datetime.datetime], Any]] = [give(15) for _ in range(GOOD)]
    changes.insert(at, bad)
    return changes


def test_a_refused_request_leaves_nothing_and_the_others_go_on(village: Village) -> None:
    def refuse(session: Session, now: datetime.datetime) -> dict[str, Any]:
        give(15)(session, now)
        raise NotEnough(needed_minutes=60, available_minutes=40)

    before = log_size(village)
    answers = together(village, batch_with(refuse))
    assert isinstance(answers[7], NotEnough)
    assert_only_good(village, answers, 7, before)


def test_a_bug_in_one_request_is_that_requests_alone(village: Village) -> None:
    def stumble(session: Session, now: datetime.datetime) -> dict[str, Any]:
        give(15)(session, now)
        raise ZeroDivisionError

    before = log_size(village)
    answers = together(village, batch_with(stumble))
    assert isinstance(answers[7], ZeroDivisionError)
    assert_only_good(village, answers, 7, before)


def test_a_statement_that_the_database_refuses_is_that_requests_alone(village: Village) -> None:
    def clash(session: Session, now: datetime.datetime) -> dict[str, Any]:
        give(15)(session, now)
        session.execute(text("INSERT INTO counter (community_id, name, last) VALUES (1, 'voucher', -1)"))
        return {}

    before = log_size(village)
    answers = together(village, batch_with(clash))
    assert type(answers[7]).__name__ == "IntegrityError"
    assert_only_good(village, answers, 7, before)


def test_a_killed_connection_costs_nobody_but_its_killer(village: Village) -> None:
    def die(session: Session, now: datetime.datetime) -> dict[str, Any]:
        give(15)(session, now)
        if village.storage.sqlite:
            driver: Any = session.connection().connection.dbapi_connection
            driver.rollback()  # as SQLite does by itself when the disk is full
        else:
            session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
        return {}

    before = log_size(village)
    answers = together(village, batch_with(die))
    assert isinstance(answers[7], Exception)
    assert_only_good(village, answers, 7, before)


def test_a_full_disk_is_told_and_what_fits_is_kept(village: Village) -> None:
    if not village.storage.sqlite:
        pytest.skip("a full disk of a server is the server's; see the killed connection")

    def fill(session: Session, now: datetime.datetime) -> dict[str, Any]:
        connection = session.connection()
        pages = connection.execute(text("PRAGMA page_count")).scalar_one()
        connection.execute(text(f"PRAGMA max_page_count = {pages + 12}"))
        give(15)(session, now)
        session.execute(text("CREATE TABLE filling (bytes BLOB)"))
        session.execute(text("INSERT INTO filling VALUES (zeroblob(9000000))"))
        return {}

    before = log_size(village)
    answers = together(village, batch_with(fill))
    assert isinstance(answers[7], StorageFull)
    assert_only_good(village, answers, 7, before)


def test_the_same_key_gives_the_first_answer_again(village: Village) -> None:
    key = new_key(village.now)
    first = village.write(give(15), key=key)
    assert village.write(give(15), key=key) == first
    assert village.balance(POOL_MIN) == 15


def test_the_first_answer_is_read_from_what_is_stored_like_the_second(village: Village) -> None:
    key = new_key(village.now)

    def count(session: Session, now: datetime.datetime) -> dict[str, Any]:
        return {"pair": (1, 2), "by_number": {7: "seven"}}

    first = village.write(count, key=key)
    assert first == {"pair": [1, 2], "by_number": {"7": "seven"}}
    assert village.write(count, key=key) == first


def test_an_answer_that_cannot_be_stored_is_that_requests_bug(village: Village) -> None:
    def fails(session: Session, now: datetime.datetime) -> dict[str, Any]:
        give(5)(session, now)
        return {"at": now}

    answers = together(village, [give(10), fails, give(20)])
    assert [type(one) for one in answers] == [dict, TypeError, dict]
    assert answers[2]["seq"] == answers[0]["seq"] + 1


def test_the_same_key_twice_in_one_batch_is_done_once(village: Village) -> None:
    key = new_key(village.now)
    answers: list[Any] = []
    threads = [threading.Thread(target=lambda: answers.append(village.write(give(15), key=key))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 8
    assert all(answer == answers[0] for answer in answers)
    assert village.balance(POOL_MIN) == 15


def test_a_refusal_is_given_again_even_when_it_would_pass_now(village: Village) -> None:
    def refuse(session: Session, now: datetime.datetime) -> dict[str, Any]:
        raise NotEnough(needed_minutes=60, available_minutes=40)

    key = new_key(village.now)
    for change in (refuse, give(15)):
        with pytest.raises(NotEnough) as told:
            village.write(change, key=key)
        assert told.value.facts == {"needed_minutes": 60, "available_minutes": 40}
    assert village.balance(POOL_MIN) == 0


def test_a_refusal_of_the_ledger_keeps_its_code(village: Village) -> None:
    def overspend(session: Session, now: datetime.datetime) -> dict[str, Any]:
        book_of(session).post({POOL_MIN: -60, 4: 60}, on=now.date() - datetime.timedelta(days=1), detail={})
        return {}

    key = new_key(village.now)
    for _ in range(2):
        with pytest.raises(Refused) as told:
            village.write(overspend, key=key)
        assert told.value.code == "insufficient"
        assert told.value.facts == {"account": POOL_MIN, "needed": 60, "available": 0}


def test_a_key_with_other_content_is_refused_without_facts(village: Village) -> None:
    key = new_key(village.now)
    village.write(give(15), key=key, amount=15)
    with pytest.raises(KeyUsed) as told:
        village.write(give(15), key=key, amount=16)
    assert told.value.facts == {}


def test_a_bug_is_not_remembered(village: Village) -> None:
    key = new_key(village.now)
    with pytest.raises(ZeroDivisionError):
        village.write(lambda session, now: {"n": 1 // 0}, key=key)
    assert village.write(give(15), key=key)["voucher"] == 1


@pytest.mark.parametrize("days, refusal", [(-31, KeyExpired), (1, KeyAhead)])
def test_keys_of_another_time_are_refused(village: Village, days: int, refusal: type[Refused]) -> None:
    with pytest.raises(refusal):
        village.write(give(15), key=new_key(village.now + datetime.timedelta(days=days)))


def test_a_key_that_is_no_key_is_named(village: Village) -> None:
    with pytest.raises(BadInput) as told:
        village.write(give(15), key=uuid.uuid4())
    assert told.value.facts == {"fields": {"key": "not a request key"}}


def test_a_community_without_a_log_is_not_found(db: Database) -> None:
    with pytest.raises(NotFound):
        db.storage.write(99, new_key(db.clock.now()), give(15), actor="test", use_case="test", content={})


def test_a_log_whose_opening_is_refused_does_not_exist(db: Database) -> None:
    def refuse(session: Session, now: datetime.datetime) -> dict[str, Any]:
        book_of(session).set_rule(two_from_min=1, two_from_pt=1, zone="+08:00")
        raise NotEnough

    for _ in range(2):
        with pytest.raises(NotEnough):
            db.storage.found(
                5, new_key(db.clock.now()), refuse, origin="timebank.example/log/X", actor="test", use_case="test"
            )
    with db.storage.read() as session:
        assert reading.tail(session, 5) is None


def test_an_opening_refused_since_the_log_is_there_is_remembered_like_any_refusal(village: Village) -> None:
    refused = []

    def refuse(session: Session, now: datetime.datetime) -> dict[str, Any]:
        refused.append(book_of(session).size)
        raise NotEnough

    key = new_key(village.now)
    for _ in range(2):
        with pytest.raises(NotEnough):
            village.storage.found(
                village.community_id, key, refuse, origin="timebank.example/log/X", actor="test", use_case="test"
            )
    assert len(refused) == 1


def test_a_second_writing_process_is_told_that_the_first_holds_the_database(village: Village) -> None:
    if not village.storage.sqlite:
        pytest.skip("PostgreSQL takes any number of writers")
    village.write(give(15))
    second = Storage(village.owner_url, clock=village.clock.now, secret=b"x" * 32)
    with pytest.raises(Busy):
        second.write(1, new_key(village.now), give(15), actor="test", use_case="test", content={})
    second.close()


def test_a_reading_session_cannot_write(village: Village) -> None:
    with village.read() as session, pytest.raises(Exception, match=r"(?i)read-?only|readonly"):
        session.execute(text("UPDATE counter SET last = 7"))


def test_a_clock_that_jumped_back_stops_the_writing(village: Village) -> None:
    village.write(give(15))
    village.clock.move(-datetime.timedelta(minutes=6))
    key = new_key(village.now)
    with pytest.raises(ClockWrong):
        village.write(give(15), key=key)
    village.clock.move(datetime.timedelta(minutes=3))
    village.write(give(15), key=key)
    village.clock.move(datetime.timedelta(minutes=3))
    village.write(give(15), key=key)
    assert village.balance(POOL_MIN) == 30


def test_entries_of_one_request_are_numbered_from_its_key(village: Village) -> None:
    key = new_key(village.now)

    def three(session: Session, now: datetime.datetime) -> dict[str, Any]:
        return {"seqs": [give(15)(session, now)["seq"] for _ in range(3)]}

    seqs = village.write(three, key=key)["seqs"]
    with village.read() as session:
        found = [reading.entry(session, 1, seq) for seq in seqs]
    assert [one.id for one in found if one] == [f"{key.int + at:032x}" for at in range(3)]


def test_the_lane_outlives_what_a_request_does_when_it_runs_alone(village: Village) -> None:
    turns = iter(["end the transaction", "leave"])

    def misbehave(session: Session, now: datetime.datetime) -> dict[str, Any]:
        if next(turns) == "leave":
            raise SystemExit
        driver: Any = session.connection().connection.dbapi_connection
        driver.rollback()
        return {}

    told: list[BaseException] = []

    def ask() -> None:
        try:
            village.write(misbehave)
        except BaseException as error:  # noqa: BLE001  # the test looks at it
            told.append(error)

    asker = threading.Thread(target=ask, daemon=True)
    asker.start()
    asker.join(30)
    assert [type(error) for error in told] == [SystemExit]
    assert village.write(give(15))["voucher"] == 1


def test_a_write_inside_of_a_write_is_a_mistake_that_is_told(village: Village) -> None:
    def nest(session: Session, now: datetime.datetime) -> dict[str, Any]:
        return village.write(give(15))

    told: list[BaseException] = []

    def ask() -> None:
        try:
            village.write(nest)
        except RuntimeError as error:
            told.append(error)

    asker = threading.Thread(target=ask, daemon=True)
    asker.start()
    asker.join(30)
    assert ["inside of a write" in str(error) for error in told] == [True]


def test_who_asks_while_the_storage_closes_is_answered_or_told(db: Database) -> None:
    storage = Storage(db.owner_url, clock=db.clock.now, secret=b"x" * 32, lanes=1, exclusive=False)
    answers: list[object] = []

    def ask() -> None:
        for _ in range(200):
            try:
                storage.write(99, new_key(db.clock.now()), give(15), actor="test", use_case="test", content={})
            except (NotFound, RuntimeError) as error:
                answers.append(type(error))
                if isinstance(error, RuntimeError):
                    return

    askers = [threading.Thread(target=ask, daemon=True) for _ in range(8)]
    for asker in askers:
        asker.start()
    while len(answers) < 8:
        pass
    storage.close()
    for asker in askers:
        asker.join(30)
    assert not any(asker.is_alive() for asker in askers)


@pytest.mark.parametrize("db", ["sqlite"], indirect=True)
def test_a_long_batch_lets_go_of_its_savepoints_before_its_entries_are_written(village: Village) -> None:
    """An open one makes SQLite keep a copy of each page for each entry; a request that was refused has one too."""
    told: list[str] = []

    def watch(session: Session, now: datetime.datetime) -> dict[str, Any]:
        driver: Any = session.connection().connection.dbapi_connection
        driver.set_trace_callback(told.append)
        return give(15)(session, now)

    def refuse(session: Session, now: datetime.datetime) -> dict[str, Any]:
        give(15)(session, now)
        raise NotEnough(needed_minutes=60, available_minutes=40)

    def much(session: Session, now: datetime.datetime) -> dict[str, Any]:
        return [give(15)(session, now) for _ in range(100)][-1]

    before = log_size(village)
    answers = together(village, [watch, refuse, much])
    assert [isinstance(answer, dict) for answer in answers] == [True, False, True]
    assert log_size(village) == before + 101
    begun = [one.split()[0] for one in told[: next(at for at, one in enumerate(told) if "ledger_entry (" in one)]]
    assert 1 + begun.count("SAVEPOINT") == begun.count("RELEASE") == 3, "one was set before the watch began"

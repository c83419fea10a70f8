"""A person is erased: gone from every table, file and export, while every proof holds and the books still fit."""

from __future__ import annotations

import datetime
import uuid
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlmodel import col

from ledger import erasing, projections, reading, receipt, tables
from ledger.verify import main as verify
from tests.ledger import books
from tests.timebank.erasure import traces
from tests.timebank.erasure.traces import NAME, NEEDLES, Traces
from tests.timebank.hours.arrange_orders import make_elder
from tests.village import Village
from timebank import accounts, checks, reports
from timebank.accounts import AccountOwner
from timebank.erasure import asking, carrying_out, standing
from timebank.erasure.tables import Erasure
from timebank.errors import AlreadyDone, Forbidden, NotFound
from timebank.hours.orders.rows import ServiceOrder
from timebank.people import logins, residents
from timebank.people.logins import Login, LoginPerson, RoleGrant
from timebank.permissions import Actor

only_sqlite = pytest.mark.parametrize("db", ["sqlite"], indirect=True)


def test_an_erased_person_is_gone_and_every_proof_holds(village: Village, tmp_path: Path) -> None:
    told = traces.leave_traces(village)
    assert traces.left_in_files(village) == set(NEEDLES) - {"139 1234 5678"}, "the traces are there to be found"
    memory = books.Memory()
    before = tmp_path / "before.zip"
    before.write_bytes(books.bundle_of(village, seal=books.seal_of(village, memory)))
    with village.read() as session:
        hers = set(standing.accounts_of(session, standing.subject_of(session, told.person, today=village.today)))
        shared = max(erasing.naming(session, village.community_id, hers))
        made = receipt.make(session, village.community_id, shared)
        assert made is not None
        handed_out = tmp_path / f"{shared}.tlog-proof"
        handed_out.write_text(made.text(), encoding="utf-8")

    erasure_id = traces.erase(village, told.person)

    assert traces.left_in_files(village) == set()
    after = tmp_path / "after.zip"
    after.write_bytes(books.bundle_of(village, seal=books.seal_of(village, memory)))
    assert verify([str(after), "--older", str(before)]) == 0
    assert verify([str(handed_out), "--vkey", books.vkey_of(village)]) == 0
    with village.read() as session:
        wish = asking.erasure(session, village.community_id, erasure_id)
        assert wish.entry is not None
        assert set(wish.accounts) == hers
        assert list(checks.findings(session, village.community_id)) == []
        assert list(projections.differences(session.connection(), village.community_id)) == []
        for number in hers:
            account = reading.account(session, village.community_id, number)
            assert (account.balance, account.closed is None, bool(account.erased)) == (0, False, True)
        nobody = residents.person(session, village.community_id, told.person.id)
        assert (nobody.number, nobody.serial) == (told.person.number, told.person.serial)
        assert session.scalars(select(Login)).all() == []
        assert session.scalars(select(LoginPerson)).all() == []
        assert residents.search(session, village.community_id, NAME, with_left=True) == []
        owned = select(func.count()).select_from(AccountOwner).where(col(AccountOwner.account).in_(hers))
        assert session.scalar(owned) == 0


@only_sqlite
def test_the_other_party_keeps_her_statement_and_her_own_details(village: Village) -> None:
    told = traces.leave_traces(village)
    account = village.main_account(told.volunteer.person_id, "min")
    before = village.balance(account)
    with village.read() as session:
        own = _details_of(session, village, account)
    traces.erase(village, told.person)
    assert village.balance(account) == before
    with village.read() as session:
        left = _details_of(session, village, account)
        assert left < own
        assert left, "her visit without the erased one"
        actor = village.actor(person=_person_of(session, village, told.volunteer.person_id))
        page = reports.statement(session, actor=actor, account=account)
        assert NAME not in repr(page)


@only_sqlite
def test_the_preview_counts_what_goes_and_whose_receipts_are_touched(village: Village) -> None:
    told = traces.leave_traces(village)
    with village.read() as session:
        person, found = asking.look(
            session, actor=village.actor("community_manager"), now=village.now, person_id=told.person.id
        )
    assert person.number == told.person.number
    assert {one.code for one in found.obstacles} == {"minutes", "steps"}
    assert found.others == {village.main_account(told.volunteer.person_id, "min"): len(found.seqs_shared)}
    assert found.home
    assert found.login
    assert not found.namesake
    assert found.details > 3
    assert found.goes["sign_in"] == 3  # the sign-in, its session, its link
    assert found.goes["orders"] >= 1


@only_sqlite
def test_what_is_still_open_is_refused_by_name(village: Village) -> None:
    told = traces.leave_traces(village)
    manager = village.actor("community_manager")
    with pytest.raises(asking.ErasureObstacles) as refused:
        traces.ask(village, told.person, gives_rest=False)
    assert refused.value.facts["obstacles"] == ["minutes", "steps"]
    orders = traces.Orders(village)
    order_id = orders.place(told.person, minutes=60, hours_ahead=50)
    orders.claim(order_id, told.volunteer)
    with pytest.raises(asking.ErasureObstacles) as refused:
        traces.ask(village, told.person)
    assert refused.value.facts["obstacles"] == ["open_orders", "holds"]
    with pytest.raises(asking.ErasureObstacles) as refused:
        traces.ask(village, _person(village, told.volunteer.person_id), by=manager)
    assert refused.value.facts["obstacles"] == ["open_orders", "open_claims"]
    orders.cancel(order_id)
    traces.ask(village, told.person)


@only_sqlite
def test_two_officers_and_neither_is_she(village: Village) -> None:
    person = village.make_person()
    manager, other = village.actor("community_manager"), village.actor("committee")
    with pytest.raises(asking.ErasureNotOwn):
        traces.ask(village, person, by=village.actor("community_manager", person=person))
    for role in ("desk_staff", "committee", "auditor", "operator"):
        with pytest.raises(Forbidden):
            traces.ask(village, person, by=village.actor(role))
    erasure_id = traces.ask(village, person, by=manager)
    with pytest.raises(asking.ErasureAsked):
        traces.ask(village, person, by=village.actor("community_manager"))
    with pytest.raises(asking.ErasureSecondPerson):
        traces.approve(village, erasure_id, by=manager)
    with pytest.raises(asking.ErasureNotOwn):
        traces.approve(village, erasure_id, by=village.actor("committee", person=person))
    with pytest.raises(Forbidden):
        traces.approve(village, erasure_id, by=village.actor("desk_staff"))
    traces.approve(village, erasure_id, by=other)
    traces.approve(village, erasure_id, by=other)  # tapped twice
    with pytest.raises(asking.ErasureWrongState):
        traces.approve(village, erasure_id, by=village.actor("committee"))


@only_sqlite
def test_nobody_is_erased_before_the_days_of_notice_and_it_can_be_taken_back_until_then(village: Village) -> None:
    person = village.make_person()
    erasure_id = traces.ask(village, person)
    with pytest.raises(asking.ErasureWrongState):
        traces.carry_out(village, erasure_id)
    traces.approve(village, erasure_id)
    village.pass_time(days=6)
    with pytest.raises(asking.ErasureWrongState):
        traces.carry_out(village, erasure_id)
    herself = village.actor(person=person)
    village.write(lambda s, now: asking.cancel(s, actor=herself, now=now, erasure_id=erasure_id))
    village.write(lambda s, now: asking.cancel(s, actor=herself, now=now, erasure_id=erasure_id))
    village.pass_time(days=6)
    with pytest.raises(asking.ErasureWrongState):
        traces.carry_out(village, erasure_id)
    assert _person(village, person.id).name == person.name
    traces.erase(village, person)


@only_sqlite
def test_erasing_twice_is_harmless_and_nothing_takes_it_back(village: Village) -> None:
    person = village.make_person(minutes=90)
    pool = village.balance(accounts.POOL_MIN)
    erasure_id = traces.erase(village, person)
    assert village.balance(accounts.POOL_MIN) == pool + 90
    size = _size(village)
    assert traces.carry_out(village, erasure_id)["code"] == "erasure_done"
    assert _size(village) == size
    with pytest.raises(AlreadyDone):
        village.write(
            lambda s, now: asking.cancel(s, actor=village.actor("community_manager"), now=now, erasure_id=erasure_id)
        )
    with pytest.raises(asking.IsErased):
        traces.ask(village, person)


@only_sqlite
def test_nobody_takes_back_an_erasure_for_which_minutes_were_given_away(village: Village) -> None:
    """Who did so between the job's two writes was told that nothing is lost, and had lost her minutes."""
    person = village.make_person(minutes=90)
    erasure_id = traces.ask(village, person)
    traces.approve(village, erasure_id)
    village.pass_time(days=8)
    job, herself = Actor.system(village.community_id, "erase"), village.actor(person=person)
    village.write(lambda s, now: carrying_out.dispose(s, actor=job, now=now, erasure_id=erasure_id))
    with pytest.raises(AlreadyDone):
        village.write(lambda s, now: asking.cancel(s, actor=herself, now=now, erasure_id=erasure_id))
    assert traces.carry_out(village, erasure_id)["code"] == "erasure_done"


@only_sqlite
def test_what_comes_up_after_the_approval_stops_it_until_it_is_settled(village: Village) -> None:
    told = traces.leave_traces(village)
    erasure_id = traces.ask(village, told.person)
    traces.approve(village, erasure_id)
    orders = traces.Orders(village)
    village.pass_time(days=8)
    order_id = orders.place(told.person, minutes=60, hours_ahead=50)
    with pytest.raises(asking.ErasureObstacles):
        traces.carry_out(village, erasure_id)
    orders.cancel(order_id)
    assert traces.carry_out(village, erasure_id)["code"] == "erasure_done"


@only_sqlite
def test_an_officer_hands_her_roles_over_first_and_stays_a_number_in_the_books(village: Village) -> None:
    person = village.make_person()
    grant_id = uuid.uuid4()

    def give(session: Any, now: Any) -> None:
        session.add(
            RoleGrant(
                id=grant_id,
                community_id=village.community_id,
                person_id=person.id,
                role="reviewer",
                area_path=village.area_path,
                from_on=village.today,
                given_by="test",
                given_at=now,
            )
        )

    village.storage.write_global(give)
    with pytest.raises(asking.ErasureObstacles) as refused:
        traces.ask(village, person)
    assert refused.value.facts["obstacles"] == ["roles"]
    village.storage.write_global(lambda s, now: setattr(s.get(RoleGrant, grant_id), "revoked_at", now))
    traces.erase(village, person)
    with village.read() as session:
        assert session.get(RoleGrant, grant_id) is None


@only_sqlite
def test_the_household_of_others_keeps_its_points_and_gets_another_name(village: Village) -> None:
    first, second = village.make_household("钟离明", "钟离小满", steps=120)
    home_account = village.main_account(first.household_id, "pt")
    erasure_id = traces.erase(village, first)
    assert village.balance(home_account) == 120
    with village.read() as session:
        wish = asking.erasure(session, village.community_id, erasure_id)
        assert home_account not in wish.accounts
        members = residents.members(session, village.community_id, first.household_id)
    assert [one.id for one in members] == [second.id]
    assert traces.left_in_files(village, ("钟离明",)) == set()
    traces.erase(village, second)
    assert traces.left_in_files(village, ("钟离小满",)) == set()
    with pytest.raises(NotFound):
        village.main_account(first.household_id, "pt")


@only_sqlite
def test_a_namesake_keeps_her_name(village: Village) -> None:
    person, namesake = village.make_person("令狐飞"), village.make_person("令狐飞")
    traces.erase(village, person)
    assert _person(village, namesake.id).name == "令狐飞"
    assert _person(village, person.id).name != "令狐飞"


@only_sqlite
def test_the_name_within_a_longer_name_stays_and_the_longer_one_goes(village: Village) -> None:
    short, long, elder = village.make_person("王丽"), village.make_person("王丽华"), make_elder(village, 600)
    _note_on_an_order(village, elder, "王丽和王丽华会来")
    assert _preview(village, short).namesake
    assert not _preview(village, long).namesake
    traces.erase(village, short)
    assert _notes(village) == ["王丽和王丽华会来"]
    traces.erase(village, long)
    assert _notes(village) == ["王丽和***会来"]


@only_sqlite
def test_a_phone_that_others_have_too_stays_in_their_texts(village: Village) -> None:
    person, wife = (village.make_person(phone="+8613900000001") for _ in range(2))
    elder = make_elder(village, 600)
    _note_on_an_order(village, elder, "请打 13900000001")
    traces.erase(village, person)
    assert _notes(village) == ["请打 13900000001"]
    traces.erase(village, wife)
    assert _notes(village) == ["请打 ***********"]


@only_sqlite
def test_a_name_of_one_character_is_left_to_people(village: Village) -> None:
    person, elder = village.make_person("祎"), make_elder(village, 600)
    assert _preview(village, person).short_name
    _note_on_an_order(village, elder, "祎会来")
    traces.erase(village, person)
    assert _notes(village) == ["祎会来"]


@only_sqlite
def test_the_same_human_registers_again_under_a_new_number(village: Village) -> None:
    told = traces.leave_traces(village)
    traces.erase(village, told.person)
    again = traces._admitted(village, Actor.console(village.community_id, "test"))
    assert again.serial > told.person.serial
    assert again.identity_last4 == "242X"
    assert again.id != told.person.id


@only_sqlite
def test_a_sign_in_that_is_somebody_elsewhere_too_stays(village: Village, other_village: Village) -> None:
    told = traces.leave_traces(village)
    elsewhere = other_village.make_person("别处")

    def link(session: Any, now: Any) -> None:
        session.add(
            LoginPerson(
                community_id=other_village.community_id,
                person_id=elsewhere.id,
                login_id=told.login_id,
                number=elsewhere.number,
                linked_at=now,
            )
        )

    village.storage.write_global(link)
    with village.read() as session:
        found = standing.preview(session, told.person, now=village.now, today=village.today)
    assert found.login_stays
    assert not found.login
    traces.erase(village, told.person)
    with village.read() as session:
        assert [one.person_id for one in session.scalars(select(LoginPerson))] == [elsewhere.id]


@only_sqlite
@pytest.mark.parametrize("days_left, stays", [(30, True), (3, False)])
def test_a_sign_in_stays_for_a_role_of_its_own_only_while_that_holds(
    village: Village, days_left: int, stays: bool
) -> None:
    told = traces.leave_traces(village)
    until = village.today + datetime.timedelta(days=days_left)
    place: dict[str, Any] = {
        "area_path": village.area_path,
        "from_on": village.today,
        "until_on": until,
        "given_by": "test",
    }
    village.storage.write_global(
        lambda s, now: logins.grant(s, now=now, role="auditor", login_id=told.login_id, **place)
    )
    assert _preview(village, told.person).login_stays
    traces.erase(village, told.person)
    with village.read() as session:
        assert [one.id for one in session.scalars(select(Login))] == ([told.login_id] if stays else [])


@only_sqlite
def test_another_communitys_person_is_nobody_here(village: Village, other_village: Village) -> None:
    stranger = other_village.make_person()
    with pytest.raises(NotFound):
        traces.ask(village, stranger)
    erasure_id = traces.ask(other_village, stranger)
    with pytest.raises(NotFound):
        traces.approve(village, erasure_id)


@only_sqlite
def test_who_comes_back_with_an_older_backup_is_erased_again_without_asking(village: Village) -> None:
    person = village.make_person(minutes=30)
    job = Actor.system(village.community_id, "erase")
    asked = village.write(lambda s, now: carrying_out.ask_again(s, actor=job, now=now, person_id=person.id))
    village.write(lambda s, now: carrying_out.ask_again(s, actor=job, now=now, person_id=person.id))
    assert traces.carry_out(village, uuid.UUID(asked["erasure"]))["code"] == "erasure_done"
    done = village.write(lambda s, now: carrying_out.ask_again(s, actor=job, now=now, person_id=person.id))
    assert done["code"] == "erasure_done"
    with village.read() as session:
        assert session.scalar(select(func.count()).select_from(Erasure)) == 1


def _details_of(session: Any, village: Village, account: int) -> set[int]:
    posting, detail = tables.posting.c, tables.detail.c
    query = select(detail.seq).join(
        tables.posting, (posting.community_id == detail.community_id) & (posting.seq == detail.seq)
    )
    return set(session.scalars(query.where(posting.account == account)))


def _preview(village: Village, person: Any) -> standing.Preview:
    with village.read() as session:
        return standing.preview(session, person, now=village.now, today=village.today)


def _note_on_an_order(village: Village, elder: Any, note: str) -> None:
    order_id = traces.Orders(village).place(elder, minutes=60, hours_ahead=50)
    own = col(ServiceOrder.id) == uuid.UUID(str(order_id))
    village.storage.write_global(lambda s, now: s.execute(update(ServiceOrder).where(own).values(note=note)))


def _notes(village: Village) -> list[str]:
    with village.read() as session:
        return list(session.scalars(select(col(ServiceOrder.note))))


def _person(village: Village, person_id: uuid.UUID) -> Any:
    with village.read() as session:
        return _person_of(session, village, person_id)


def _person_of(session: Any, village: Village, person_id: uuid.UUID) -> Any:
    return residents.person(session, village.community_id, person_id)


def _size(village: Village) -> int:
    with village.read() as session:
        end = reading.tail(session, village.community_id)
        return end.size if end else 0


__all__ = ["Traces"]

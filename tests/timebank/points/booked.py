"""Awards that are in the books already, without the weeks that lead there: for stories that begin where those end."""

import datetime as dt
import importlib
import pkgutil
import uuid
from collections.abc import Iterator
from types import ModuleType

from sqlalchemy import insert, update
from sqlmodel import col

from ledger import book_of
from timebank import accounts
from timebank.errors import Refused
from timebank.points import household_accounts
from timebank.points.awards.tables import Award
from timebank.points.publicity import corrections
from timebank.points.table.tables import PointsItem, PointsTable
from timebank.storage import new_id

ITEMS = (("修路", "award", 100), ("基础分", "base", 600))


def table_of(village, *, remark: str = "") -> dict[str, uuid.UUID]:
    """A table in force for many years, written as it would have become; its items by title."""
    now = village.now
    community_id, table_id, since = village.community_id, new_id(now), village.today - dt.timedelta(days=400)
    draft = {"community_id": community_id, "id": table_id, "title": "积分表", "source": "", "digest": "ab" * 32,
             "drafted_at": now, "drafted_by": "test"}  # fmt: skip
    life = {"state": "in_force", "version": 1, "adopted_on": since, "body": "assembly", "quorum": 10, "present": 20,
            "votes_for": 15, "votes_against": 1, "minutes_digest": "cd" * 32, "minutes_name": "纪要.pdf",
            "adopted_by": "test", "published_at": now, "published_until": now, "in_force_from": since, "note": 1}  # fmt: skip
    items = {title: new_id(now) for title, _, _ in ITEMS}

    def write(session, _):
        session.execute(insert(PointsTable), [{**draft, "state": "draft"}])
        session.execute(
            insert(PointsItem),
            [
                {"community_id": community_id, "id": items[title], "table_id": table_id, "position": number,
                 "category": "好事", "title": title, "kind": kind, "value_steps": steps, "per": "once",
                 "subject": "household", "in_use": True, "in_use_from": since, "remark": remark, "clause": "",
                 "evidence": ""}
                for number, (title, kind, steps) in enumerate(ITEMS, 1)
            ],
        )  # fmt: skip
        session.execute(update(PointsTable).where(col(PointsTable.id) == table_id).values(**life))
        return {}

    village.write(write)
    return items | {"table": table_id}


def booked(village, items, household_id, steps, *, title="修路", on=None) -> uuid.UUID:
    """An award in the books of today; a deduction where `steps` are negative."""
    award_id = new_id(village.now)

    def write(session, now):
        detail = {"use_case": "publicity.book", "award": award_id.hex, "credited": abs(steps)}
        taken, entry = 0, None
        if steps < 0:
            debit = household_accounts.take(
                session, village.community_id, household_id, award_id=award_id, steps=-steps, on=village.today, now=now,
                detail=detail, cites=book_of(session).note("publicity_batch", "999", "ab" * 32),
            )  # fmt: skip
            taken, entry = debit.taken_steps, debit.entry
        else:
            kind = household_accounts.base_account if title == "基础分" else household_accounts.main_account
            account = kind(session, village.community_id, household_id)
            entry = book_of(session).post({accounts.ISSUE_PT: -steps, account: steps}, on=village.today, detail=detail)
        session.add(
            Award(community_id=village.community_id, id=award_id, household_id=household_id, item_id=items[title],
                  table_id=items["table"], on_day=on or village.today, times=1, uncapped_steps=steps, credited_steps=steps,
                  evidence="照片", state="booked", entered_at=now, entered_by="test", batch_number=999, entry=entry,
                  booked_at=now, taken_steps=taken, reviewed_at=now, reviewed_by="other")
        )  # fmt: skip
        session.flush()
        return {}

    village.write(write)
    return award_id


def book_back(village, award_id) -> dict[str, object]:
    """Asked by one officer and confirmed by another."""
    first, second = village.actor("committee"), village.actor("community_manager")
    village.write(lambda s, now: corrections.ask_correction(s, actor=first, now=now, award_id=award_id, reason="记错"))
    return village.write(lambda s, now: corrections.confirm_correction(s, actor=second, now=now, award_id=award_id))


def codes_of(package: ModuleType) -> set[str]:
    """The codes of every refusal that a package has of its own."""
    for found in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{found.name}")

    def below(kind: type[Refused]) -> Iterator[type[Refused]]:
        for one in kind.__subclasses__():
            yield one
            yield from below(one)

    return {one.code for one in below(Refused) if one.__module__.startswith(package.__name__)}


def edges_of(moves) -> list[tuple[str, str, str]]:
    """Every edge of a life: verb, state before, state after."""
    return [(verb, before, after) for verb, ways in moves.items() for before, after in ways.items()]

"""The register, its imports and cards, and the operator's pages: who may see and do what."""

from __future__ import annotations

import io
import uuid
from typing import Any

from timebank import spreadsheets
from timebank.people import areas, cards, imports
from timebank.people.identity import Vault
from timebank.permissions import Actor

CLERKS = {"desk_staff", "community_manager"}
SEEING = CLERKS | {"grid_worker"}
AREA_ROWS = "编码,名称,级别,上级编码\n9,新市,市,\n".encode()


def first(world: Any, made: dict[str, Any]) -> Any:
    return world.residents[0]


def of_first(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {"person_id": world.residents[0].id}


def of_first_home(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {"household_id": world.residents[0].household_id}


def with_batch(world: Any) -> dict[str, Any]:
    """A file that waits to be confirmed."""
    village = world.village
    content = f"姓名\n新人{uuid.uuid4().hex[:6]}\n".encode()
    sheet = spreadsheets.read(content, columns=imports.COLUMNS)
    batch_id = village.storage.write_global(
        lambda session, now: imports.stage(
            session,
            actor=Actor.console(village.community_id, "test"),
            now=now,
            sheet=sheet,
            file_name="名册.csv",
            content=content,
            vault=Vault(b"x" * 32),
        )
    )
    return {"batch_id": batch_id}


def of_batch(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {"batch_id": made["batch_id"]}


def with_card(world: Any) -> dict[str, Any]:
    """A working card of the first resident."""
    village, person = world.village, world.residents[0]
    clerk = Actor.console(village.community_id, "test")
    village.write(lambda session, now: cards.issue(session, actor=clerk, now=now, person_ids=[person.id]))
    with village.read() as session:
        found = cards.current_card(session, village.community_id, person.id)
        assert found is not None
        return {"card_id": found.id}


def of_card(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {"card_id": made["card_id"]}


def with_upload(world: Any) -> dict[str, Any]:
    """A table of areas that waits to be confirmed."""
    rows = areas.rows_of(spreadsheets.read(AREA_ROWS, columns=areas.COLUMNS))
    operator = Actor.console(None, "test")
    upload_id = world.db.storage.write_global(
        lambda session, now: areas.stage_tree(session, actor=operator, now=now, rows=rows, file_name="区域.csv")
    )
    return {"upload_id": upload_id}


def of_upload(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {"upload_id": made["upload_id"]}


def particulars(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {"name": "新来的", "reason": "更正"}


def other_code(world: Any, made: dict[str, Any]) -> dict[str, Any]:
    return {"code": world.village.code}


ROWS: dict[str, Any] = {
    "people.residents_list": {"roles": SEEING},
    "people.person": {"roles": SEEING, "values": of_first, "own": first},
    "people.new_person": {"roles": CLERKS},
    "people.admit": {"method": "POST", "roles": CLERKS, "data": particulars, "ok": {303}},
    "people.edit_person": {"roles": CLERKS, "values": of_first},
    "people.change_person": {
        "method": "POST",
        "roles": CLERKS,
        "values": of_first,
        "data": particulars,
        "ok": {303},
    },
    "people.leave": {
        "method": "POST",
        "roles": CLERKS,
        "values": lambda world, made: {"person_id": made["person_id"]},
        "arrange": lambda world: {"person_id": world.village.make_person().id},
        "data": lambda world, made: {"left_on": "2026-11-19", "left_reason": "moved", "reason": "家属告知"},
        "ok": {303},
    },
    "people.flag": {
        "method": "POST",
        "roles": CLERKS,
        "values": of_first,
        "data": lambda world, made: {"flag": "lives_alone", "evidence": "走访记录", "from_on": "2026-11-01"},
        "ok": {303},
    },
    "people.households_list": {"roles": SEEING},
    "people.household": {"roles": SEEING, "values": of_first_home, "own": first},
    "people.change_household": {
        "method": "POST",
        "roles": CLERKS,
        "values": of_first_home,
        "data": lambda world, made: {"name": "某家", "area_path": world.village.area_path},
        "ok": {303},
    },
    "imports.uploads": {"roles": CLERKS},
    "imports.upload": {
        "method": "POST",
        "roles": CLERKS,
        "data": lambda world, made: {"file": (io.BytesIO("姓名\n张三\n".encode()), "名册.csv")},
        "ok": {303},
    },
    "imports.template": {"roles": CLERKS},
    "imports.preview": {"roles": CLERKS, "arrange": with_batch, "values": of_batch},
    "imports.export_rows": {"roles": CLERKS, "arrange": with_batch, "values": of_batch},
    "imports.look_again": {"method": "POST", "roles": CLERKS, "arrange": with_batch, "values": of_batch, "ok": {303}},
    "imports.confirm": {"method": "POST", "roles": CLERKS, "arrange": with_batch, "values": of_batch, "ok": {303}},
    "cards.choose": {"roles": CLERKS},
    "cards.start_printing": {
        "method": "POST",
        "roles": CLERKS,
        "data": lambda world, made: {"kind": "personal", "whose": "one", "person_id": world.residents[0].id.hex},
        "ok": {303},
    },
    # A run is for who started it: everybody else finds nothing, whatever the role. Its good path is in test_cards.py.
    "cards.run": {"roles": set(), "values": lambda world, made: {"run_id": uuid.uuid4()}},
    "cards.run_file": {"roles": set(), "values": lambda world, made: {"run_id": uuid.uuid4()}},
    "cards.replace": {
        "method": "POST",
        "roles": CLERKS,
        "arrange": with_card,
        "values": of_card,
        "data": lambda world, made: {"reason": "lost"},
        "ok": {303},
    },
    # The operator of the whole installation; no role held at a village lets in. Good paths are in test_operator.py.
    "operator.area_tree": {"roles": set()},
    "operator.upload_areas": {"method": "POST", "roles": set()},
    "operator.preview_areas": {"roles": set(), "arrange": with_upload, "values": of_upload},
    "operator.import_areas": {"method": "POST", "roles": set(), "arrange": with_upload, "values": of_upload},
    "operator.all_communities": {"roles": set()},
    "operator.new_community": {"roles": set()},
    "operator.open_community": {"method": "POST", "roles": set()},
    "operator.opened": {"roles": set(), "values": other_code},
}

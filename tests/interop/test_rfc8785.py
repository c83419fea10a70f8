"""PyPI's rfc8785 writes the same bytes for every leaf and every detail that a lived-in village's log has."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import rfc8785
from sqlalchemy import select

from ledger.entries import KINDS, encode
from ledger.tables import detail, entry
from tests.timebank.lived_in import live
from tests.village import Village

VECTORS: dict[str, Any] = json.loads((Path(__file__).parents[2] / "docs/log-format-vectors.json").read_text("utf-8"))


def test_published_leaves_of_every_kind_are_canonical_json() -> None:
    leaves = [vector["leaf"].encode() for vector in VECTORS["leaves"]]
    assert {json.loads(leaf)["kind"] for leaf in leaves} == set(KINDS)
    assert [leaf for leaf in leaves if rfc8785.dumps(json.loads(leaf)) != leaf] == []
    assert rfc8785.dumps(json.loads(VECTORS["ref"]["detail"])).hex() == VECTORS["ref"]["detail_utf8"]
    for decision in VECTORS["decisions"]:
        assert rfc8785.dumps(json.loads(decision["content"])).decode() == decision["content"]


def test_leaves_are_written_as_rfc8785_would_write_their_fields() -> None:
    for vector in VECTORS["leaves"]:
        fields = json.loads(vector["leaf"])
        common = {name: fields.pop(name) for name in ("at", "id", "kind", "seq", "v")}
        ours = encode(common["kind"], fields, seq=common["seq"], at=common["at"], id=common["id"])
        assert ours == rfc8785.dumps({**fields, **common})


def test_what_a_village_stored_is_canonical_json(village: Village) -> None:
    live(village)
    village.make_person(minutes=30)  # from old books, whose page it names in Chinese
    with village.read() as session:
        leaves = [bytes(leaf) for leaf in session.scalars(select(entry.c.leaf))]
        details = session.scalars(select(detail.c.detail)).all()
    kinds = {json.loads(leaf)["kind"] for leaf in leaves}
    assert {"rule", "key", "open", "limit", "note", "post", "hold", "capture"} <= kinds
    assert any(ord(letter) > 127 for told in details for letter in told)
    assert [leaf for leaf in leaves if rfc8785.dumps(json.loads(leaf)) != leaf] == []
    assert [told for told in details if rfc8785.dumps(json.loads(told)) != told.encode()] == []

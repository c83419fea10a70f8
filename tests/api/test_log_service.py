"""The log as anybody reads it over HTTP: every tile that a checkpoint covers, and nothing else."""

from __future__ import annotations

import gzip
from hashlib import sha256
from typing import Any

import pytest
from werkzeug.test import TestResponse

from api import log_service
from api.log_service import tile_of
from ledger import log
from tests.client import Client
from tests.ledger.books import credit, drop_guards, make_volunteer, seal_of
from tests.village import Village
from timebank import evidence, policy

sqlite_only = pytest.mark.parametrize("db", ["sqlite"], indirect=True)


def sign(village: Village) -> log.Signed:
    return evidence.checkpoint(village.storage, village.community_id, seal_of(village))


def get(client: Client, path: str, **options: Any) -> TestResponse:
    return client.get(f"/log/TPL/{path}", **options)


def root(hashes: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, word for word."""
    if len(hashes) == 1:
        return hashes[0]
    half = 1 << (len(hashes) - 1).bit_length() - 1
    return sha256(b"\x01" + root(hashes[:half]) + root(hashes[half:])).digest()


def test_a_stranger_finds_the_root_again_from_tiles_and_entries(client: Client, village: Village) -> None:
    credit(village, make_volunteer(village), times=600)
    signed = sign(village)
    credit(village, make_volunteer(village), times=3)  # not signed yet
    shown = get(client, "checkpoint")
    assert shown.content_type == "text/plain; charset=utf-8"
    assert shown.text == signed.note
    hashes, entries = b"", []
    for number in range(-(-signed.size // 256)):
        width = min(256, signed.size - 256 * number)
        name = f"{number:03d}" + (f".p/{width}" if width < 256 else "")
        hashes += get(client, f"tile/0/{name}").data
        packed = get(client, f"tile/entries/{name}").data
        while packed:
            length = int.from_bytes(packed[:2], "big")
            entries.append(packed[2 : 2 + length])
            packed = packed[2 + length :]
    leaves = [hashes[at : at + 32] for at in range(0, len(hashes), 32)]
    assert [sha256(b"\x00" + entry).digest() for entry in entries] == leaves
    assert root(leaves) == signed.root
    above = get(client, f"tile/1/000.p/{signed.size // 256}").data
    assert above == b"".join(root(leaves[at : at + 256]) for at in range(0, signed.size // 256 * 256, 256))


def test_tiles_are_for_every_cache_and_every_page_and_checkpoints_for_seconds(client: Client, village: Village) -> None:
    credit(village, make_volunteer(village), times=300)
    sign(village)
    for path in ("tile/0/000", "tile/0/000.p/7", "tile/1/000.p/1", "tile/entries/000"):
        answer = get(client, path)
        assert answer.status_code == 200
        assert answer.content_type == "application/octet-stream"
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "Cookie" not in answer.headers.get("Vary", "")
        assert "Set-Cookie" not in answer.headers
        head = client.http.head(f"/log/TPL/{path}")
        assert (head.status_code, head.data, head.content_length) == (200, b"", len(answer.data))
    checkpoint = get(client, "checkpoint")
    assert checkpoint.headers["Cache-Control"] == "public, max-age=3"
    assert checkpoint.headers["Access-Control-Allow-Origin"] == "*"
    assert client.http.post("/log/TPL/checkpoint").status_code in (400, 405)


@sqlite_only
def test_entries_are_packed_for_who_can_unpack_them(client: Client, village: Village) -> None:
    credit(village, make_volunteer(village), times=20)
    sign(village)
    plain = get(client, "tile/entries/000.p/20")
    packed = get(client, "tile/entries/000.p/20", headers={"Accept-Encoding": "br, gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert len(packed.data) < len(plain.data) / 2
    assert plain.headers["Vary"] == packed.headers["Vary"] == "Accept-Encoding"
    refused = get(client, "tile/entries/000.p/20", headers={"Accept-Encoding": "gzip;q=0"})
    assert "Content-Encoding" not in refused.headers
    assert "Content-Encoding" not in get(client, "tile/0/000.p/20", headers={"Accept-Encoding": "gzip"}).headers


@pytest.mark.parametrize(
    "level, number, there",
    [
        ("0", "000", (0, 0, 256)),
        ("0", "x001/x234/067", (0, 1234067, 256)),
        ("entries", "x001/x234/067.p/255", (None, 1234067, 255)),
        ("63", "000.p/1", (63, 0, 1)),
        ("0", "x009/x223/x372/x036/x854/x775/807", (0, 9223372036854775807, 256)),
        ("0", "x000/001", None),
        ("0", "x001/234/067", None),
        ("0", "001/067", None),
        ("0", "x001/x067", None),
        ("0", "67", None),
        ("0", "0067", None),
        ("0", "1234", None),
        ("0", "-01", None),
        ("0", "+01", None),
        ("0", "000.p/0", None),
        ("0", "000.p/256", None),
        ("0", "000.p/07", None),
        ("0", "000.p/-7", None),
        ("0", "000.p/", None),
        ("0", "000.p", None),
        ("0", "000.p/7/8", None),
        ("0", "000\n", None),
        ("0", "٠٠٠", None),
        ("0", "٠٠٠.p/٧", None),
        ("٠", "000", None),
        ("00", "000", None),
        ("64", "000", None),
        ("-1", "000", None),
        ("Entries", "000", None),
        ("data", "000", None),
        ("0", "../../checkpoint", None),
        ("0", "x001/../000", None),
        ("0", "/".join(["x999"] * 7) + "/999", None),
    ],
)
def test_addresses_are_written_in_one_way_only(level: str, number: str, there: tuple[Any, ...] | None) -> None:
    found = tile_of(level, number)
    assert (found and (found.level, found.number, found.width)) == there


@sqlite_only
def test_what_the_newest_checkpoint_does_not_cover_is_not_found(client: Client, village: Village) -> None:
    sign(village)
    credit(village, make_volunteer(village), times=300)
    for path in (
        "tile/0/001",
        "tile/0/000.p/255",
        "tile/entries/x009/x223/x372/x036/x854/x775/807",
        "tile/1/000.p/1",
        "tile/63/000",
        "tile/0/%2e%2e/%2e%2e/checkpoint",
        "tile/0/000%00",
        "tile/0",
        "tile",
        "",
    ):
        assert get(client, path).status_code == 404, path


@sqlite_only
def test_nothing_is_shown_before_the_first_checkpoint(client: Client, village: Village) -> None:
    for path in ("checkpoint", "tile/0/000.p/1", "tile/entries/000.p/1"):
        assert get(client, path).status_code == 404
    with village.read() as session:
        assert get(client, "vkey").text == f"{log.vkey(session, village.community_id)}\n"


@sqlite_only
def test_an_unknown_community_looks_like_any_other_address_that_leads_nowhere(client: Client, village: Village) -> None:
    sign(village)
    answers = [
        client.get(f"/log/{code}/{path}")
        for code in ("NIX", "tpl", "%E5%A4%AA", "9" * 300)
        for path in ("checkpoint", "vkey", "tile/0/000.p/1", "tile/entries/000.p/1")
    ] + [get(client, "tile/0/999")]
    assert {(answer.status_code, answer.text) for answer in answers} == {(404, "not found\n")}


def test_where_the_policy_says_so_entries_are_for_auditors_and_tiles_for_all(client: Client, village: Village) -> None:
    tomorrow = village.today.fromordinal(village.today.toordinal() + 1)
    village.write(
        lambda session, now: {
            "version": policy.change(session, village.community_id, numbers={"public_bundle": 0}, on=tomorrow)
        }
    )
    village.pass_time(days=1)
    sign(village)
    entries = "tile/entries/000.p/3"
    assert get(client, "tile/0/000.p/3").status_code == 200
    assert get(client, entries).status_code == 401
    assert get(client, "tile/entries/00.p/3").status_code == 404
    client.sign_in(village.make_person(), roles=["volunteer"])
    assert get(client, entries).status_code == 403
    client.sign_in(name="auditor", roles=["auditor"], area_path=village.area_path)
    shown = get(client, entries)
    assert shown.status_code == 200
    assert shown.headers["Cache-Control"] == "private, no-store"
    assert "Cookie" in shown.headers["Vary"]
    client.sign_in(name="stranger", roles=["auditor"], area_path="/32/3201/320104/")
    assert get(client, entries).status_code == 403


@sqlite_only
def test_a_damaged_log_is_not_shown_as_if_it_were_whole(client: Client, village: Village) -> None:
    credit(village, make_volunteer(village), times=20)
    sign(village)
    village.storage.write_global(lambda session, now: drop_guards(session.connection()))
    village.storage.write_global(
        lambda session, now: session.connection().exec_driver_sql("DELETE FROM ledger_entry WHERE seq = 5") and None
    )
    assert get(client, "tile/entries/000.p/9").status_code == 500
    assert get(client, "tile/0/000.p/9").status_code == 500


@sqlite_only
def test_too_many_readers_at_once_are_asked_to_come_again(client: Client, village: Village) -> None:
    sign(village)
    taken = [log_service._room.acquire(blocking=False) for _ in range(log_service.AT_ONCE_MOST)]
    try:
        busy = get(client, "tile/0/000.p/1")
        assert (busy.status_code, busy.headers["Retry-After"]) == (503, "1")
        assert get(client, "checkpoint").status_code == 200
    finally:
        for _ in taken:
            log_service._room.release()
    assert get(client, "tile/0/000.p/1").status_code == 200

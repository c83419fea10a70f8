"""The evidence bundle against the verifier that was written from the format alone, honest and attacked."""

from __future__ import annotations

import io
import json
import zipfile

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger import book_of, log, note, receipt, tables, tree, witness
from ledger.bundle import Wanted, write_bundle
from ledger.entries import decode, encode
from ledger.verify import verify, verify_receipt
from tests.ledger.books import Memory, attack, bundle_of, credit, fill, make_volunteer, seal_of, vkey_of
from timebank import evidence
from timebank.columns import to_ms


def test_a_bundle_with_details_verifies(village):
    fill(village)
    report = verify(io.BytesIO(bundle_of(village)), vkey=vkey_of(village))
    assert report.ok, report.findings
    assert "details" in report.passed


def test_a_plain_bundle_verifies_and_holds_no_details(village):
    fill(village)
    packed = bundle_of(village, details=False)
    assert verify(io.BytesIO(packed), vkey=vkey_of(village)).ok
    assert "details.jsonl" not in zipfile.ZipFile(io.BytesIO(packed)).namelist()
    assert b"use_case" not in b"".join(
        zipfile.ZipFile(io.BytesIO(packed)).read(name) for name in zipfile.ZipFile(io.BytesIO(packed)).namelist()
    )


def test_a_bundle_verifies_at_every_width_of_its_last_tile(village):
    volunteer = make_volunteer(village)
    for _ in range(3):
        with village.read() as session:
            size = log.end(session, village.community_id).size
        credit(village, volunteer, times=tree.TILE_WIDTH - 1 - size % tree.TILE_WIDTH)
        for _ in range(3):
            report = verify(io.BytesIO(bundle_of(village, details=False)))
            assert report.ok, report.findings
            credit(village, volunteer)


def test_a_bundle_is_of_one_moment_while_the_log_grows(village):
    volunteer = make_volunteer(village)
    credit(village, volunteer, times=300)
    grown = []

    def grow(done: int, size: int) -> None:
        grown.append(credit(village, volunteer))

    file = io.BytesIO()
    with village.read() as session:
        signed = evidence.sign_end(session, village.community_id, seal_of(village), at=to_ms(village.now))
        wanted = Wanted(period=(0, to_ms(village.now)), made_at=to_ms(village.now), details=True, policy={})
        write_bundle(session, village.community_id, file, signed=signed, wanted=wanted, progress=grow)
    assert grown
    report = verify(file)
    assert report.ok, report.findings


def test_a_bundle_carries_one_older_checkpoint_a_day(village):
    volunteer = make_volunteer(village)
    for _ in range(3):
        for _ in range(2):
            credit(village, volunteer)
            evidence.checkpoint(village.storage, village.community_id, seal_of(village))
        village.pass_time(days=1)
    credit(village, volunteer)
    packed = bundle_of(village)
    names = zipfile.ZipFile(io.BytesIO(packed)).namelist()
    assert len([name for name in names if name.startswith("checkpoints/")]) == 3
    assert verify(io.BytesIO(packed)).ok


def test_a_checkpoint_is_signed_once_while_the_log_stands_still(village):
    seal = seal_of(village)
    first = evidence.checkpoint(village.storage, village.community_id, seal)
    assert evidence.checkpoint(village.storage, village.community_id, seal) == first
    credit(village, make_volunteer(village))
    assert evidence.checkpoint(village.storage, village.community_id, seal).size > first.size


def test_a_strange_seed_signs_nothing(village, other_village):
    with pytest.raises(evidence.KeyNotOfThisLog):
        evidence.checkpoint(village.storage, village.community_id, seal_of(village, seed=other_village.seed))


def test_a_key_that_was_exchanged_signs_no_more(village, other_village):
    volunteer = make_volunteer(village)
    credit(village, volunteer)
    evidence.checkpoint(village.storage, village.community_id, seal_of(village))

    def exchange(session, now):
        book = book_of(session)
        new = other_village.seed.public_key().public_bytes_raw()
        return {"seq": book.set_key(new, from_size=book.size + 3)}

    village.write(exchange)
    credit(village, volunteer)
    evidence.checkpoint(village.storage, village.community_id, seal_of(village))  # the first key's last
    credit(village, volunteer)
    with pytest.raises(evidence.KeyNotOfThisLog):
        evidence.checkpoint(village.storage, village.community_id, seal_of(village))
    assert verify(io.BytesIO(bundle_of(village, seal=seal_of(village, seed=other_village.seed)))).ok


def test_a_database_older_than_its_newest_checkpoint_signs_nothing(village):
    memory = Memory()
    credit(village, make_volunteer(village))
    signed = evidence.checkpoint(village.storage, village.community_id, seal_of(village, memory))
    # One more entry was signed once, which the restored backup lacks.
    memory.note = signed.note.replace(f"\n{signed.size}\n", f"\n{signed.size + 1}\n")
    credit(village, make_volunteer(village))
    with pytest.raises(evidence.WouldForkTheLog):
        evidence.checkpoint(village.storage, village.community_id, seal_of(village, memory))


# The attacker owns the database


def test_a_flipped_byte_of_an_entry_is_named(village):
    fill(village)
    honest = evidence.checkpoint(village.storage, village.community_id, seal_of(village))
    changed = _leaf(village, 100).replace(b"60", b"61", 1)
    attack(village, ("UPDATE ledger_entry SET leaf = ? WHERE seq = ?", (changed, 100)))
    report = verify(io.BytesIO(bundle_of(village)), checkpoints=[honest.note])
    assert (report.findings[0].step, report.findings[0].seq) == ("tiles", 100)


@pytest.mark.parametrize("byte", range(0, 4000, 97))
def test_no_flipped_byte_of_the_archive_passes(village_bundle, byte):
    """Some change nothing that is read, such as a time stamp of the archive; none may change what the bundle says."""
    packed = bytearray(village_bundle)
    packed[byte * len(packed) // 4000] ^= 1
    report = verify(io.BytesIO(bytes(packed)))
    if report.ok:
        assert _contents(bytes(packed)) == _contents(village_bundle)


@pytest.mark.parametrize("where", ["in a tile", "in the middle of the log", "at the end"])
def test_a_removed_entry_is_named(village, where):
    fill(village)
    with village.read() as session:
        size = log.end(session, village.community_id).size
    seq = {"in a tile": 100, "in the middle of the log": size // 2, "at the end": size - 1}[where]
    attack(village, ("DELETE FROM ledger_entry WHERE seq = ?", (seq,)))
    report = verify(io.BytesIO(bundle_of(village)))
    (finding,) = report.findings
    assert (finding.code, finding.seq) == ("entry_missing" if where == "at the end" else "entry_removed", seq)


def test_an_entry_removed_from_the_last_tile_is_named_by_the_gap_in_the_numbers(village):
    fill(village)
    with village.read() as session:
        size = log.end(session, village.community_id).size
    attack(village, ("DELETE FROM ledger_entry WHERE seq = ?", (size - 3,)))
    (finding,) = verify(io.BytesIO(bundle_of(village))).findings
    assert (finding.code, finding.seq) == ("entry_missing", size - 3)


def test_a_bundle_carries_what_witnesses_signed_to_its_checkpoints(village, tmp_path):
    witness_key = Ed25519PrivateKey.generate()
    name, public = "witness.example/w1", witness_key.public_key().public_bytes_raw()
    volunteer = make_volunteer(village)
    credit(village, volunteer)
    first = evidence.checkpoint(village.storage, village.community_id, seal_of(village))
    village.pass_time(days=1)
    credit(village, volunteer)
    last = evidence.checkpoint(village.storage, village.community_id, seal_of(village))
    for signed in (first, last):
        text = signed.note.split("\n\n")[0] + "\n"
        lines = note.cosign(text, name, public, witness_key.sign, at=to_ms(village.now) // 1000)
        key = note.Key(name, public, note.COSIGNATURE)
        latest = to_ms(village.now)
        village.write(
            lambda session, now, signed=signed, lines=lines, key=key, latest=latest: {
                "names": witness.keep(session, village.community_id, signed.size, lines, [key], latest_at=latest)
            }
        )
    policy = tmp_path / "policy"
    policy.write_text(f"witness W {note.verifier_key(name, public, note.COSIGNATURE)}\nquorum W\n")
    packed = bundle_of(village)
    assert f"checkpoints/{first.size}" in zipfile.ZipFile(io.BytesIO(packed)).namelist()
    report = verify(io.BytesIO(packed), policy=policy)
    assert report.ok, report.findings
    assert (report.checked["witnessed"]["size"], report.checked["cosignatures"]) == (last.size, 1)
    assert zipfile.ZipFile(io.BytesIO(packed)).read(f"checkpoints/{first.size}").count(b"witness.example") == 1


def test_an_edited_balance_is_named(village):
    first, _ = fill(village)
    attack(village, ("UPDATE ledger_account SET balance = balance + 600 WHERE number = ?", (first,)))
    report = verify(io.BytesIO(bundle_of(village)))
    assert (report.findings[0].step, report.findings[0].account) == ("tables", first)


def test_a_changed_detail_is_named(village):
    first, _ = fill(village)
    seq = credit(village, first, 15)
    with village.read() as session:
        told = session.scalar(
            tables.detail.select().with_only_columns(tables.detail.c.detail).where(tables.detail.c.seq == seq)
        )
    attack(village, ("UPDATE ledger_detail SET detail = ? WHERE seq = ?", (told.replace("test", "best"), seq)))
    report = verify(io.BytesIO(bundle_of(village)))
    assert (report.findings[0].step, report.findings[0].seq) == ("details", seq)
    assert verify(io.BytesIO(bundle_of(village, details=False))).ok


def test_a_log_rebuilt_and_signed_with_the_stolen_key_meets_an_older_checkpoint(village):
    first, second = fill(village)
    older = bundle_of(village, details=False)
    checkpoint = evidence.checkpoint(village.storage, village.community_id, seal_of(village))
    credit(village, second)
    # He gives himself an hour more at entry 100, and makes everything after it fit: balances, tree, tail, checkpoints.
    _rewrite(village, first, seq=100, minutes=60)
    forged = bundle_of(village, details=False)
    assert verify(io.BytesIO(forged)).ok, "the forgery must be perfect, or this test shows nothing"
    by_note = verify(io.BytesIO(forged), checkpoints=[checkpoint.note])
    assert by_note.findings[0].step == "evidence"
    by_bundle = verify(io.BytesIO(forged), older=[io.BytesIO(older)])
    assert (by_bundle.findings[0].step, by_bundle.findings[0].seq) == ("evidence", 100)


def test_a_receipt_of_ours_is_good_for_the_verifier_and_contradicts_a_forgery_at_its_entry(village, tmp_path):
    first, _ = fill(village)
    evidence.checkpoint(village.storage, village.community_id, seal_of(village))
    with village.read() as session:
        kept = receipt.make(session, village.community_id, 100)
    file = tmp_path / "kept.tlog-proof"
    file.write_text(kept.text(), encoding="utf-8", newline="")
    report = verify_receipt(file, vkey=vkey_of(village))
    assert report.ok, report.findings
    assert report.checked["detail"]["credited"] == 60
    assert verify(io.BytesIO(bundle_of(village)), checkpoints=[file]).ok
    _rewrite(village, first, seq=100, minutes=60)
    (finding,) = verify(io.BytesIO(bundle_of(village, details=False)), checkpoints=[file]).findings
    assert (finding.code, finding.facts["high"]) == ("rewritten", 100)


@pytest.fixture(scope="module")
def village_bundle(tmp_path_factory):
    """One bundle for many flips, made once."""
    from tests.village import Database, Storage, VillageClock, make_schema, open_village

    clock = VillageClock()
    url = f"sqlite:///{tmp_path_factory.mktemp('flips') / 'village.db'}"
    make_schema(url)
    storage = Storage(url, clock=clock.now, secret=b"s" * 32)
    village = open_village(Database(storage, clock, url), code="TPL", name="太平里社区", area_code="3201020101")
    fill(village, posts=20)
    yield bundle_of(village)
    storage.close()


def _contents(packed: bytes) -> dict[str, bytes]:
    archive = zipfile.ZipFile(io.BytesIO(packed))
    return {name: archive.read(name) for name in archive.namelist()}


def _leaf(village, seq: int) -> bytes:
    with village.read() as session:
        chosen = tables.entry.c.community_id == village.community_id, tables.entry.c.seq == seq
        return bytes(session.scalar(tables.entry.select().with_only_columns(tables.entry.c.leaf).where(*chosen)))


def _rewrite(village, account: int, *, seq: int, minutes: int) -> None:
    """What an attacker with the database and the key can do: rewrite one entry and make all else agree with it."""
    fields = decode(_leaf(village, seq))
    fields["legs"] = [
        [number, amount - minutes if amount < 0 else amount + minutes] for number, amount in fields["legs"]
    ]
    common = {name: fields.pop(name) for name in ("seq", "at", "id", "kind", "v")}
    forged = encode(common["kind"], fields, seq=seq, at=common["at"], id=common["id"])
    with village.read() as session:
        chosen = tables.entry.c.community_id == village.community_id
        query = tables.entry.select().with_only_columns(tables.entry.c.leaf).where(chosen).order_by(tables.entry.c.seq)
        leaves = [bytes(leaf) for leaf in session.scalars(query)]
    leaves[seq] = forged
    edge = tree.Edge()
    for leaf in leaves:
        edge.append(tree.leaf_hash(leaf))
    tile = b"".join(map(tree.leaf_hash, leaves[: tree.TILE_WIDTH]))
    attack(
        village,
        ("UPDATE ledger_entry SET leaf = ? WHERE seq = ?", (forged, seq)),
        (
            "UPDATE ledger_tile SET hashes = ?, root = ? WHERE number = ?",
            (tile, tree.root_of(tree.tile_hashes(tile)), 0),
        ),
        ("UPDATE ledger_tail SET root = ?, edge = ? WHERE community_id = ?", (edge.root(), edge.to_bytes(), 1)),
        ("UPDATE ledger_account SET balance = balance + ? WHERE number = ?", (minutes, account)),
        (
            "UPDATE ledger_account SET balance = balance - ?, issued = issued + ? WHERE number = ?",
            (minutes, minutes, 1),
        ),
        ("UPDATE ledger_posting SET balance = balance + ? WHERE account = ? AND seq >= ?", (minutes, account, seq)),
        ("UPDATE ledger_posting SET balance = balance - ? WHERE account = ? AND seq >= ?", (minutes, 1, seq)),
        ("UPDATE ledger_posting SET amount = amount + ? WHERE account = ? AND seq = ?", (minutes, account, seq)),
        ("UPDATE ledger_posting SET amount = amount - ? WHERE account = ? AND seq = ?", (minutes, 1, seq)),
        ("DELETE FROM ledger_checkpoint WHERE size > ?", (0,)),
    )
    assert json.loads(forged)["seq"] == seq

"""The doctor on witnesses: what they say, what cannot be read, and what is remembered twice."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from api import newest, seals
from api.doctor import witnessing
from api.keys import SigningKeys
from api.settings import Settings
from api.witnessing import witness_of
from ledger import note
from tests.ledger.test_cosignatures import Neighbour, keep, signed_by
from tests.village import Village
from timebank.evidence import Alarm


@pytest.mark.parametrize("db", ["sqlite"], indirect=True)
def test_each_trouble_with_witnesses_is_found(village: Village, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data").prepare()

    def found() -> list[str]:
        examined = (witnessing.witnessed, witnessing.witnessing)
        return [one.code for look in examined for one in look(settings, village.storage, lambda *_: None)]

    assert found() == []
    signed, one = signed_by(village), Neighbour()
    settings.policy_of_witnesses.write_text("quorum w\n", encoding="utf-8")
    assert found() == ["policy_of_witnesses"]
    settings.policy_of_witnesses.write_text(f"witness w {one.key.line}\nquorum w\n", encoding="utf-8")
    assert found() == ["witnesses_stale"]
    keep(village, signed, one.line(note.parse(signed.note).text, int(village.clock.now().timestamp())), one)
    assert found() == []
    village.pass_time(days=3)
    assert found() == ["witnesses_stale"]
    seals.raise_alarm(SigningKeys(settings.keys), village.code, Alarm(one.key.name, 9_999, 0))
    assert found() == ["witness_has_seen_further"]
    seals.settle_alarm(SigningKeys(settings.keys), village.code)
    settings.policy_of_witnesses.unlink()

    here, seed = witness_of(settings, village.storage), Ed25519PrivateKey.generate()
    key = here.add(note.Key("a.example/log/AAA", seed.public_key().public_bytes_raw()).line)
    here.make_key()
    first, other = (
        note.sign(note.Checkpoint(key.name, 7, root * 32), key.public_key, seed.sign) for root in (b"a", b"b")
    )
    here.cosign(b"old 0\n\n" + first.encode())
    here.list_path.write_text(here.list_path.read_text(encoding="utf-8") + "# mine\nnonsense\n", encoding="utf-8")
    assert found() == ["witnessed_logs"]
    here._memory(key.name).unlink()
    newest.remember(here._memory(key.name), other)
    assert found() == ["witnessed_logs", "witness_memory"]

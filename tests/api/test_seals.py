"""The newest checkpoint beside the key: several processes may sign at once, and none takes it back."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from api import newest, seals
from api.keys import SigningKeys
from ledger import note
from ledger.note import Checkpoint
from tests.village import Village
from timebank import evidence

ROOT = Path(__file__).parents[2]
ORIGIN = "timebank.example/log/TPL"


def signed(size: int, root: bytes = b"r" * 32) -> str:
    return note.sign(Checkpoint(ORIGIN, size, root), b"k" * 32, lambda _text: b"s" * 64)


# Started as processes of their own: each remembers every second size, one the odd ones, one the even ones.
REMEMBER = """
import sys
from pathlib import Path
from api import newest
from ledger import note
for size in range(int(sys.argv[2]), 41, 2):
    where = note.Checkpoint("timebank.example/log/TPL", size, b"r" * 32)
    newest.remember(Path(sys.argv[1]), note.sign(where, b"k" * 32, lambda _text: b"s" * 64))
"""


def test_of_two_processes_that_sign_at_once_the_greater_size_stays(tmp_path: Path) -> None:
    path, seen = tmp_path / "TPL.checkpoint", 0
    both = [subprocess.Popen([sys.executable, "-c", REMEMBER, path, first], cwd=ROOT) for first in ("1", "2")]
    while any(one.poll() is None for one in both):
        told = newest.read(path)
        if told is not None:
            size = newest.checkpoint_of(told).size
            assert size >= seen, "a smaller checkpoint took the place of a greater one"
            seen = size
    assert [one.returncode for one in both] == [0, 0]
    assert newest.checkpoint_of(newest.read(path)).size == 40
    assert sorted(left.name for left in tmp_path.iterdir()) == [".TPL.checkpoint.lock", "TPL.checkpoint"]


def test_one_size_has_one_root(tmp_path: Path) -> None:
    path = tmp_path / "TPL.checkpoint"
    newest.remember(path, signed(7))
    newest.remember(path, signed(7))
    with pytest.raises(newest.TwoRoots):
        newest.remember(path, signed(7, b"x" * 32))
    newest.remember(path, signed(3, b"x" * 32))
    assert newest.read(path) == signed(7)


@pytest.mark.parametrize("db", ["sqlite"], indirect=True)
def test_a_signature_that_would_fork_the_log_is_given_to_nobody(village: Village, tmp_path: Path) -> None:
    keys = SigningKeys(tmp_path / "keys")
    keys.folder.mkdir()
    (keys.folder / f"{village.code}.seed").write_bytes(village.seed.private_bytes_raw())
    seal = seals.seal_of(keys, village.code)
    with village.read() as session:
        made = evidence.sign_end(session, village.community_id, seal, at=1)
    # While this one was signing, another process with a forked database signed the same size.
    newest.remember(seals.newest_path(keys, village.code), signed(made.size))
    with pytest.raises(evidence.WouldForkTheLog):
        evidence.keep(village.storage, village.community_id, made, seal)

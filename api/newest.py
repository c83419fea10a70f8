"""The newest checkpoint of a log, remembered in a file outside the database: what was signed once is not forgotten by a restored backup.

A file holds one signed note. It only ever moves to a greater size, whoever writes at the same time, and never to another
root of the same size.
"""

import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ledger import note
from ledger.note import Checkpoint


class TwoRoots(Exception):
    """Another root is remembered for this size: signing this one would fork the log."""


def read(path: Path) -> str | None:
    """What is remembered; None if nothing is."""
    return path.read_text(encoding="utf-8") if path.is_file() else None


def checkpoint_of(signed: str) -> Checkpoint:
    """What a remembered note says."""
    return note.read_checkpoint(note.parse(signed).text)


def remember(path: Path, signed: str) -> None:
    """Remember a checkpoint unless a greater one is remembered; on disk when this returns.

    Raises:
        TwoRoots: another root is remembered for its size.
    """
    wanted = checkpoint_of(signed)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _alone(path):
        known = read(path)
        if known is not None:
            before = checkpoint_of(known)
            if before.size == wanted.size and before.root != wanted.root:
                raise TwoRoots(f"{path.name}: two roots for size {wanted.size}")
            if before.size >= wanted.size:
                return
        _replace(path, signed)


def _replace(path: Path, signed: str) -> None:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    with draft.open("w", encoding="utf-8", newline="") as file:
        file.write(signed)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    if sys.platform != "win32":  # there a folder cannot be opened
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)  # else a crash may bring the old name back
        finally:
            os.close(folder)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Wait for whoever remembers at the same file, in this process or another: reading and writing are one step."""
    with path.with_name(f".{path.name}.lock").open("a") as file:
        if sys.platform == "win32":
            import msvcrt  # there only on Windows

            msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
        else:
            import fcntl  # there everywhere else

            fcntl.flock(file, fcntl.LOCK_EX)
        yield  # closing the file gives the lock back

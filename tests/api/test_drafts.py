"""Files that are there whole or not at all, and places that are no files."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.drafts import CannotWrite, file_at


def test_a_file_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "books"
    path.write_bytes(b"before")
    with pytest.raises(CannotWrite):
        _run_out_of_space(path)
    assert [(one.name, one.read_bytes()) for one in tmp_path.iterdir()] == [("books", b"before")]
    with file_at(path) as file:
        file.write(b"all")
    assert path.read_bytes() == b"all"


def test_a_device_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    link = tmp_path / "nowhere"
    link.symlink_to("/dev/null")
    with file_at(link) as file:
        file.write(b"books")
    assert link.is_symlink()
    assert link.is_char_device()


def _run_out_of_space(path: Path) -> None:
    with file_at(path) as file:
        file.write(b"half")
        raise OSError(28, "No space left on device")

"""Files that are there whole or not at all: written beside their place under another name, and moved there when done."""

import datetime as dt
import gzip
import os
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can say: what is the same gives the same bytes


class CannotWrite(Exception):
    """The place cannot be written to; the message names it and why."""


@contextmanager
def file_at(path: Path) -> Iterator[IO[bytes]]:
    """A file to write, compressed if its name ends with `.gz`; it replaces what was there, once all is written.

    A pipe or a device is not replaced: it takes what comes.

    Raises:
        CannotWrite.
    """
    takes_what_comes = path.exists() and not path.is_file() and not path.is_dir()
    draft = path if takes_what_comes else path.with_name(f".{path.name}.part")
    try:
        with draft.open("wb") as file:
            if path.suffix == ".gz":
                with gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as packed:
                    yield cast(IO[bytes], packed)
            else:
                yield file
            file.flush()
            if not takes_what_comes:
                os.fsync(file.fileno())
        if not takes_what_comes:
            draft.replace(path)
    except OSError as error:
        raise CannotWrite(f"{path}: {error.strerror or error}") from error
    finally:
        if not takes_what_comes:
            draft.unlink(missing_ok=True)


@contextmanager
def folder_at(path: Path) -> Iterator[Path]:
    """A new folder to write files into; it must not be there yet, or be empty.

    Raises:
        CannotWrite.
    """
    draft = path.with_name(f".{path.name}.part")
    try:
        if path.is_dir() and any(path.iterdir()):
            raise CannotWrite(f"{path}: there are files already")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir()
        yield draft
        draft.replace(path)
    except OSError as error:
        raise CannotWrite(f"{path}: {error.strerror or error}") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


class Folder:
    """Where a table of several files goes: into a folder."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextmanager
    def open(self, name: str) -> Iterator[IO[bytes]]:
        with (self._path / name).open("wb") as file:
            yield file


class Zip:
    """Where a table of several files goes: into an archive, one after the other."""

    def __init__(self, archive: zipfile.ZipFile, *, at: dt.datetime | None = None) -> None:
        self._archive = archive
        self._time = EPOCH if at is None else at.timetuple()[:6]

    @contextmanager
    def open(self, name: str) -> Iterator[IO[bytes]]:
        info = zipfile.ZipInfo(name, self._time)
        info.compress_type = zipfile.ZIP_DEFLATED
        info.external_attr = 0o644 << 16
        with self._archive.open(info, "w", force_zip64=True) as file:
            yield file

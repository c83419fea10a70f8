"""Files that were made once and are served from disk until what they show has changed.

A file has a name, the revision of what it shows, and a suffix; name and suffix have no dot. A new revision takes the place
of the earlier ones, and the oldest files of all go where there are too many. Several processes may keep the same folder.
"""

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class KeptFiles:
    """A folder of them, with at most so many."""

    folder: Path
    most: int

    def path(self, name: str, revision: str, suffix: str) -> Path:
        """Where the file of this revision is, or would be."""
        return self.folder / f"{name}.{revision}.{suffix}"

    def keep(self, name: str, revision: str, suffix: str, content: bytes) -> Path:
        """Keep a file, whole or not at all, and throw away what it takes the place of."""
        path = self.path(name, revision, suffix)
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.{os.getpid()}.part")
        part.write_bytes(content)
        part.replace(path)
        for old in self.folder.glob(f"{name}.*.{suffix}"):
            if old != path:
                old.unlink(missing_ok=True)
        kept = (one for one in self.folder.iterdir() if one.suffix != ".part")
        for old in sorted(kept, key=_made_at, reverse=True)[self.most :]:
            old.unlink(missing_ok=True)
        return path


def _made_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:  # another process threw it away meanwhile
        return 0.0

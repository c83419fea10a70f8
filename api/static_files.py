"""Style sheets, scripts and pictures: served by WhiteNoise under names that hold a digest of their content.

`url_for("static", filename="css/app.css")` gives `/static/css/app.3f2a9c.css`, which a browser may keep for a year; a
script finds its neighbours by their plain names. A server compresses them beforehand (`compress`).
"""

import gzip
import hashlib
import os
import re
import shutil
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Flask, abort
from whitenoise import WhiteNoise

FOLDER = Path(__file__).parent / "static"
COMPRESSED = {".css", ".js", ".svg", ".wasm", ".txt", ".json", ".webmanifest"}
HASHED = re.compile(r"^.+\.[0-9a-f]{12}\.[a-z0-9]+$")
TEN_MINUTES = 600


def init_app(app: Flask, *, compressed: Path) -> None:
    """Serve the folder; the compressed copy if there is one for exactly these files."""
    names = hashed_names()
    folder = compressed / fingerprint()
    served = WhiteNoise(
        app.wsgi_app,
        max_age=TEN_MINUTES,
        allow_all_origins=False,
        add_headers_function=_headers,
        immutable_file_test=lambda path, url: bool(HASHED.match(url)),
    )
    root = folder if folder.is_dir() else FOLDER
    served.add_files(str(root), prefix="static/")
    if root == FOLDER:
        for name, hashed in names.items():
            served.add_file_to_dictionary(f"/static/{hashed}", str(FOLDER / name))
    app.wsgi_app = served  # type: ignore[method-assign]

    # WhiteNoise answers before Flask; this only makes addresses, and says 404 like every other page.
    @app.get("/static/<path:filename>", endpoint="static")
    def static(filename: str) -> Any:
        abort(404)

    @app.url_defaults
    def by_hash(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == "static" and "filename" in values:
            values["filename"] = names.get(values["filename"], values["filename"])


def compress(into: Path) -> Path:
    """Copy all files under both names, with gzip beside them; done once for the same files."""
    target = into / fingerprint()
    if target.is_dir():
        return target
    draft = into / f".{fingerprint()}.{os.getpid()}"
    shutil.rmtree(draft, ignore_errors=True)
    for name, hashed in hashed_names().items():
        content = (FOLDER / name).read_bytes()
        for copy in (draft / name, draft / hashed):
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(content)
            if copy.suffix in COMPRESSED:
                copy.with_name(copy.name + ".gz").write_bytes(gzip.compress(content, 9, mtime=0))
    try:
        draft.rename(target)
    except OSError:  # another process was first
        shutil.rmtree(draft, ignore_errors=True)
    return target


@lru_cache(maxsize=1)
def hashed_names() -> dict[str, str]:
    """Plain name -> name with the digest of the content, for every file."""
    found = {}
    for path in sorted(FOLDER.rglob("*")):
        if path.is_file():
            digest = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
            name = path.relative_to(FOLDER)
            found[name.as_posix()] = name.with_name(f"{path.stem}.{digest}{path.suffix}").as_posix()
    return found


def fingerprint() -> str:
    return hashlib.sha256("\n".join(hashed_names().values()).encode()).hexdigest()[:16]


def _headers(headers: Any, path: str, url: str) -> None:
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"

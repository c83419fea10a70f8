"""Printed cards: ten of 85.6 x 54 mm to an A4 page, with a QR code that any phone reads.

A character that no font has is printed as an empty box without a word, so names are tried first and the people are
named whose names would not print.
"""

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from flask import render_template

from api import qr

CARDS_A_SHEET = 10


@dataclass(frozen=True)
class CardFace:
    """What stands on one card. `code` is the one-time code of its slip, empty if none is printed."""

    kind: str
    name: str
    number: str
    payload: str
    code: str = ""


def unprintable(names: Iterable[str]) -> dict[str, str]:
    """The names that would print with an empty box, and the characters that no font here has."""
    asked = list(dict.fromkeys(names))
    rare = {sign for name in asked for sign in name if not _is_common(sign)}
    missing = _missing_glyphs("".join(sorted(rare))) if rare else set()
    return {name: "".join(sign for sign in name if sign in missing) for name in asked if missing & set(name)}


def sheets(faces: Sequence[CardFace], *, community: str, public_url: str) -> list[str]:
    """The pages of a run as HTML, a page of slips with one-time codes after each page of cards that has them.

    Rendered within the request, since templates need its language; `pdf` then needs nothing of it.
    """
    pages = []
    for start in range(0, len(faces), CARDS_A_SHEET):
        some = faces[start : start + CARDS_A_SHEET]
        drawn = [(face, qr.svg(face.payload, label=face.number)) for face in some]
        pages.append(render_template("cards/sheet.html", faces=drawn, community=community))
        if any(face.code for face in some):
            # A long address shrinks so that it stays on one line; who types it should see it whole.
            pages.append(render_template("cards/slips.html", faces=some, community=community, public_url=public_url))
    return pages


def pdf(pages: Sequence[str], *, progress: Callable[[int], None]) -> bytes:
    """The pages as one PDF; `progress` is told after each page. Half a minute for a thousand cards."""
    import weasyprint
    from weasyprint.text.fonts import FontConfiguration

    fonts = FontConfiguration()
    drawn = []
    for done, page in enumerate(pages, start=1):
        drawn.append(weasyprint.HTML(string=page, url_fetcher=_fetch_nothing).render(font_config=fonts))
        progress(done)
    every = [page for document in drawn for page in document.pages]
    written: bytes = drawn[0].copy(every).write_pdf()
    return written


def _is_common(sign: str) -> bool:
    """Whether every Chinese font has this character, so that there is nothing to try."""
    try:
        sign.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


def _missing_glyphs(signs: str) -> set[str]:
    """The characters that the printed page would not show, found by printing them."""
    with _heard("weasyprint") as records:
        pdf([render_template("cards/signs.html", signs=signs)], progress=lambda _: None)
    missing = set()
    for record in records:
        if "notdef" in record.msg and isinstance(record.args, tuple) and record.args:
            missing.add(str(record.args[0]))
    return missing


@contextmanager
def _heard(name: str) -> Iterator[list[logging.LogRecord]]:
    """What a library logs in this thread meanwhile."""
    records: list[logging.LogRecord] = []
    here = threading.get_ident()

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.thread == here:
                records.append(record)

    listener = Listener()
    logger = logging.getLogger(name)
    logger.addHandler(listener)
    try:
        yield records
    finally:
        logger.removeHandler(listener)


def _fetch_nothing(url: str, *_: object, **__: object) -> dict[str, object]:
    # Whatever a name holds, printing reaches no file and no network.
    raise ValueError(f"nothing is fetched for a card: {url}")

"""What is printed of an entry: its short link, which names the hash of its leaf, and its receipt as a QR code.

A short link is `<public_url>/c/<code>/r/<seq>.<hash>`: the whole hash in 43 signs of base64url where a QR code carries
it, its first twelve hex digits where somebody may have to type them.
"""

import base64
import re
from dataclasses import dataclass
from typing import cast

from flask import current_app, url_for
from flask_babel import gettext as _
from markupsafe import Markup

from api import edge, qr, seals
from api.keys import SigningKeys
from ledger.receipt import Receipt
from timebank import receipts
from timebank.evidence import Seal

TYPED_DIGITS = 12
# Larger codes are hard for phones: 2,300 bytes make 157 modules, half a millimetre each on 86 mm with their margin. An
# ordinary entry of a log of 130,000 with two cosignatures has some 2,200 bytes with its detail.
QR_BYTES_MOST = 2_300
COSIGNATURES_MOST = (8, 4, 2, 1, 0)  # tried in turn where all of them do not fit

_WHOLE = re.compile(r"[A-Za-z0-9_-]{43}")
_TYPED = re.compile(r"[0-9a-f]{12,64}")


@dataclass(frozen=True)
class Named:
    """What a short link says of a leaf's hash: all of it, or how it begins (hex)."""

    hex: str

    @property
    def is_whole(self) -> bool:
        return len(self.hex) == 64


def seal() -> Seal:
    """The seal of the address's community."""
    keys = cast(SigningKeys, current_app.extensions["timebank_keys"])
    return seals.seal_of(keys, edge.community().code)


def short_link(seq: int | None) -> str:
    """The whole link of an entry, to stand in a QR code; empty where there is no entry."""
    shown = None if seq is None else receipts.shown(edge.read(), edge.community().id, seq)
    if shown is None:
        return ""
    encoded = base64.urlsafe_b64encode(shown.leaf_hash).decode().rstrip("=")
    return _address(f"{seq}.{encoded}")


@dataclass(frozen=True)
class SlipLink:
    """An entry's short link as a slip shows it."""

    seq: int
    link: str
    code: Markup


def slip_link(seq: int | None) -> SlipLink | None:
    """What a slip says of the entry behind it; None where there is none yet."""
    link = short_link(seq)
    return (
        SlipLink(seq, link, qr.svg(link, label=_("账上第 %(seq)s 笔", seq=seq))) if seq is not None and link else None
    )


def typed_link(seq: int, leaf_hash: bytes) -> str:
    """What a line of a statement prints of its entry: number and the first digits of the hash."""
    return f"{seq}.{leaf_hash.hex()[:TYPED_DIGITS]}"


def link_beginning() -> str:
    """What stands before it, once a page."""
    return _address("")


def named(text: str) -> Named | None:
    """The hash in a short link; None if it is none."""
    # 43 signs are base64url: that they should all be hex digits happens to no hash in the life of the earth.
    if _WHOLE.fullmatch(text):
        raw = base64.urlsafe_b64decode(f"{text}=")
        return Named(raw.hex()) if base64.urlsafe_b64encode(raw).decode().rstrip("=") == text else None
    plain = text.lower().replace(" ", "")
    return Named(plain) if _TYPED.fullmatch(plain) else None


def receipt_code(found: Receipt | None, *, label: str) -> tuple[Markup, bool]:
    """A receipt as a QR code, and whether its detail is in it.

    Where it would be too large to read, the detail is left out, then all cosignatures but the newest; no code if the entry
    alone is too large.
    """
    bare = found.without_detail() if found else None
    for one in [found, bare, *(bare.with_cosignatures(most) for most in COSIGNATURES_MOST)] if found and bare else ():
        text = one.text()
        if len(text.encode()) <= QR_BYTES_MOST:
            return qr.svg_of_text(text, label=label), one.detail is not None
    return Markup(), False


def _address(rest: str) -> str:
    path = url_for("receipts.shown", named="x")[:-1]
    return f"{edge.settings().public_url.rstrip('/')}{path}{rest}"

"""Whose card it is: what a scanner typed, a camera read, a photograph shows, or a person typed from a card."""

import io
from typing import Any

import zxingcpp
from PIL import Image, ImageOps, UnidentifiedImageError
from sqlmodel import Session
from werkzeug.datastructures import FileStorage

from api import edge
from api.fields import typed_number
from api.messages.orders import FIELDS
from timebank.errors import NotFound, Refused
from timebank.people import cards, residents
from timebank.people.communities import Community
from timebank.people.residents import Person

LONGEST_SIDE = 2400  # pixels; a phone's photograph is shrunk to this before it is read
# What phones make. Other formats are read by programs beside us, or not at all.
PICTURES = ("JPEG", "PNG", "WEBP", "GIF", "BMP")
# Of what must be unpacked whole; a JPEG shrinks while it is read, so that larger ones are no harm.
MOST_PIXELS = 50_000_000


class CodeNotRead(Refused):
    """Neither a card of ours nor a number."""

    code = "code_not_read"
    status = 422


class CodeOfOtherCommunity(Refused):
    """A card of ours, but not of this community."""

    code = "code_of_other_community"
    status = 409


def person_of(session: Session, community: Community, text: str) -> Person:
    """The resident meant by a scanned or typed code.

    Raises:
        CodeNotRead, CodeOfOtherCommunity; and what a card refuses (unknown, taken back).
    """
    payload = cards.read_payload(text)
    if payload is not None:
        if payload.community_code != community.code:
            raise CodeOfOtherCommunity
        if payload.kind == "personal":
            return cards.person_of_card(session, community.id, payload.token)
        raise CodeNotRead
    try:
        return residents.by_number(session, community.id, typed_number(text))
    except NotFound:
        raise CodeNotRead from None


def door_token(community: Community, text: str) -> str:
    """The token of a door card from its code, or the token itself."""
    payload = cards.read_payload(text)
    if payload is None:
        return text.strip().upper()
    if payload.community_code != community.code:
        raise CodeOfOtherCommunity
    if payload.kind != "door":
        raise CodeNotRead
    return payload.token


def in_photograph(photo: FileStorage | None) -> str:
    """The text of the QR code in a photograph.

    Raises:
        BadInput: no picture, or no code in it.
    """
    try:
        with Image.open(io.BytesIO(photo.read() if photo else b""), formats=PICTURES) as opened:
            opened.draft("L", (LONGEST_SIDE, LONGEST_SIDE))
            if opened.width * opened.height > MOST_PIXELS:
                raise edge.bad("photo", FIELDS["not_a_picture"])
            opened.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
            picture: Any = ImageOps.exif_transpose(opened).convert("L")
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        raise edge.bad("photo", FIELDS["not_a_picture"]) from None
    found = zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode))
    if not found:
        raise edge.bad("photo", FIELDS["no_code"])
    return str(found[0].text)

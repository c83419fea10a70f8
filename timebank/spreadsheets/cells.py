"""What is written in cells: text, names, numbers and days, as people write them."""

import datetime as dt
import re
import unicodedata
from decimal import Decimal

_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
# Marks that nobody sees: zero-width characters, joiners, direction marks, byte order marks.
_UNSEEN = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\u00ad]")
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")
_SPACES = re.compile(r"\s+")
_DOTS = re.compile("[•‧・･∙⋅●.．]")
_MINUS = re.compile("[−–—－﹣]")


def clean(text: str) -> str:
    """Text without unseen marks, in NFC, with single spaces (full-width ones too) and none at the ends."""
    return unicodedata.normalize("NFC", _SPACES.sub(" ", _UNSEEN.sub("", text)).strip())


def half_width(text: str) -> str:
    """Full-width digits, letters and signs as ASCII: for numbers, days, phones and codes, never for sentences."""
    return clean(text.translate(_WIDE))


def clean_name(text: str) -> str:
    """A person's name: no spaces between Chinese characters (张 三), one kind of middle dot (阿依古丽·买买提)."""
    name = re.sub(r"(?<=[^\x00-\x7f])\s+|\s+(?=[^\x00-\x7f])", "", clean(text))
    return clean(re.sub("(?<=[^\x00-\x7f])" + _DOTS.pattern + "(?=[^\x00-\x7f])", "·", name))


def number(text: str) -> Decimal | None:
    """The number that a cell says, or None; full-width digits and thousands commas are understood."""
    plain = _MINUS.sub("-", half_width(text)).replace(" ", "")
    if re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?", plain):
        plain = plain.replace(",", "")
    # ASCII digits only: \d would let other scripts' digits pass that people cannot tell from text.
    return Decimal(plain) if re.fullmatch(r"[+-]?[0-9]{1,15}(\.[0-9]{1,6})?", plain) else None


def day(text: str) -> dt.date | None:
    """The day that a cell says, or None: 1940-1-2, 1940/1/2, 1940.1.2, 1940年1月2日, 19400102."""
    plain = half_width(text).replace(" ", "")
    found = re.fullmatch(r"([0-9]{4})(?:[-/.年])([0-9]{1,2})(?:[-/.月])([0-9]{1,2})日?", plain) or re.fullmatch(
        r"([0-9]{4})([0-9]{2})([0-9]{2})", plain
    )
    try:
        return dt.date(*map(int, found.groups())) if found else None
    except ValueError:
        return None


def bare_title(text: str) -> str:
    """A column title without what people add to it: spaces, a star, (必填), a colon."""
    # A title is short; a cell of a hundred thousand brackets would be looked through for minutes.
    plain = re.sub(r"\s", "", half_width(text[:200])).lower()
    return re.sub(r"[(\[【][^)\]】]*[)\]】]$", "", plain).strip("*:、,。_-")

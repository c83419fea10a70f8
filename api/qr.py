"""QR codes as SVG, drawn on the server: sharp at any size, and nothing to load."""

from itertools import groupby
from typing import Any

import qrcode
from markupsafe import Markup, escape
from qrcode.util import MODE_8BIT_BYTE, QRData

QUIET = 4  # modules of white around it, as the standard asks


def svg(text: str, *, label: str) -> Markup:
    """A QR code of the text to stand in a page; `label` says what it is for, to who cannot see it."""
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=QUIET)
    code.add_data(text)
    return _drawn(code, label)


def svg_of_text(text: str, *, label: str) -> Markup:
    """A QR code of a page of text, up to 2,953 bytes of UTF-8: with the least correction, since its size is what stops phones.

    Raises:
        qrcode.exceptions.DataOverflowError: more than that.
    """
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_L, border=QUIET)
    code.add_data(QRData(text.encode(), mode=MODE_8BIT_BYTE, check_data=False))  # type: ignore[call-overload]
    return _drawn(code, label)


def _drawn(code: "qrcode.QRCode[Any]", label: str) -> Markup:
    code.make(fit=True)
    matrix = code.get_matrix()
    size = len(matrix)
    return Markup(
        '<svg class="qr" viewBox="0 0 {size} {size}" role="img" aria-label="{label}" shape-rendering="crispEdges">'
        '<rect width="{size}" height="{size}" fill="#fff"/><path d="{path}" fill="#000"/></svg>'
    ).format(size=size, label=escape(label), path="".join(_row(at, row) for at, row in enumerate(matrix)))


def _row(at: int, row: list[bool]) -> str:
    """One line of modules, runs of black joined."""
    path, column = [], 0
    for black, run in groupby(row):
        length = len(list(run))
        if black:
            path.append(f"M{column} {at}h{length}v1h-{length}z")
        column += length
    return "".join(path)

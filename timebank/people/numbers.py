"""A person's number: community code, serial and check digit, such as TYC-12-7, made to be typed from a card.

The check digit is Verhoeff's (J. Verhoeff, 1969): it finds every single wrong digit and every two neighbours that
changed places, which the usual sums modulo 10 do not. Letters of the code count as two digits (A = 10 ... Z = 35).
"""

import re

from timebank.spreadsheets import half_width

CODE = re.compile(r"[0-9A-Z]{2,12}")


def check_digit(code: str, serial: int) -> int:
    """The digit that makes the whole number add up in the dihedral group of order 10."""
    digits = "".join(str(int(sign, 36)) for sign in f"{code}{serial}")
    carried = 0
    for place, digit in enumerate(reversed(digits), start=1):
        carried = _product(carried, _permuted(int(digit), place))
    return next(digit for digit in range(10) if _product(carried, digit) == 0)


def written(code: str, serial: int) -> str:
    return f"{code}-{serial}-{check_digit(code, serial)}"


def serial_of(typed: str, code: str) -> int | None:
    """The serial in what somebody typed, or None if it is no number of this community.

    Full-width digits, small letters, spaces and any dash are forgiven; the community's code may be left out.
    """
    plain = re.sub(r"[\s‐-―−_-]+", "-", half_width(typed).upper()).strip("-")
    found = re.fullmatch(r"(?:([0-9A-Z]{2,12})-)?([1-9][0-9]{0,11})-([0-9])", plain)
    if found is None or found[1] not in (None, code):
        return None
    serial = int(found[2])
    return serial if check_digit(code, serial) == int(found[3]) else None


def _product(left: int, right: int) -> int:
    """The dihedral group of order 10: 0-4 are the turns, 5-9 the reflections."""
    turned = left % 5 + right % 5 if left < 5 else left % 5 - right % 5
    return turned % 5 + 5 * ((left < 5) != (right < 5))


_ONCE = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)


def _permuted(digit: int, place: int) -> int:
    for _ in range(place % 8):
        digit = _ONCE[digit]
    return digit

"""Cells of a points table as digits and words: full width, Traditional headings, numbers written in characters."""

import re
import unicodedata

# The Traditional characters that occur in headings, units, rules and subjects; not a converter for whole sentences.
SIMPLIFIED = str.maketrans(
    "類別項細則內單積對備註說計減評標準據條證戶時個數値歸屬處罰獎勵適範圍員鎮鄉區週連續視優僅過於負責佔報審幾兩務勞動參與",
    "类别项细则内单积对备注说计减评标准据条证户时个数值归属处罚奖励适范围员镇乡区周连续视优仅过于负责占报审几两务劳动参与",
)
DIGITS = {sign: value for value, sign in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}
NUMERAL = "[零〇一二两三四五六七八九十百]+"


def clean(cell: object) -> str:
    """One cell as one line of text: outer and doubled white space, wide spaces and line ends go."""
    return " ".join(str(cell if cell is not None else "").replace("\u3000", " ").split())


def plain(text: str) -> str:
    """A cell as digits and words to be parsed: full-width becomes ASCII, Traditional headings become Simplified."""
    narrow = unicodedata.normalize("NFKC", text).translate(SIMPLIFIED)
    return re.sub(r"[−–—﹣]+", "-", narrow).replace(" ", "")


def steps_of(number: str) -> int | None:
    """Tenths of a point of a decimal text, or None where it is finer than a tenth."""
    whole, _, part = number.partition(".")
    part = part.rstrip("0")
    if len(part) > 1:
        return None
    return int(whole) * 10 + int(part or 0)


def written(steps: int) -> str:
    """Steps as people write points: 5, 2.5."""
    return f"{steps // 10}.{steps % 10}" if steps % 10 else str(steps // 10)


def count_of(text: str) -> int | None:
    """The whole number that is written in digits or characters: 3, 三, 十二, 一百零五."""
    if text.isascii() and text.isdecimal():
        return int(text) if len(text) < 8 else None
    if not re.fullmatch(NUMERAL, text):
        return None
    hundreds, _, rest = text.rpartition("百")
    tens, ten, ones = rest.rpartition("十")
    total = 100 * _digit(hundreds, 1) if "百" in text else 0
    if ten:
        total += 10 * _digit(tens.lstrip("零〇"), 1)
    return total + _digit(ones.lstrip("零〇"), 0)


def in_digits(text: str) -> str:
    """The same with numbers of characters as digits, before 分 次 名 户 人 个 小时 月 年 天: 加五分 as 加5分."""
    return re.sub(
        f"({NUMERAL})(?=分|次|名|户|人|位|个|小时|月|年|天|日|周)", lambda found: str(count_of(found[1])), text
    )


def _digit(text: str, otherwise: int) -> int:
    return DIGITS.get(text[-1:], otherwise) if text else otherwise

"""Finding people by how their names sound: 单 is Shan, and whoever types dan finds her too."""

import itertools
from functools import cache

from timebank.people.masking import surname_length

# Surnames that are read otherwise than the same character in a sentence.
SURNAMES = {
    "单": "shan", "曾": "zeng", "仇": "qiu", "区": "ou", "查": "zha", "任": "ren", "盖": "ge", "解": "xie", "朴": "piao", "翟": "zhai",
    "缪": "miao", "覃": "qin", "乐": "yue", "冼": "xian", "员": "yun", "折": "she", "黑": "he", "秘": "bi", "繁": "po", "种": "chong",
    "燕": "yan", "华": "hua", "纪": "ji", "宁": "ning", "宓": "mi", "祭": "zhai", "逄": "pang", "隗": "wei", "郇": "xun", "乜": "nie",
    "阚": "kan", "召": "shao", "应": "ying", "訾": "zi", "晁": "chao", "牟": "mu", "尹": "yin", "令": "ling", "相": "xiang", "卜": "bu",
    "葛": "ge", "褚": "chu", "俞": "yu", "洗": "xian", "哈": "ha", "车": "che", "柏": "bai", "薄": "bo", "臧": "zang", "佴": "nai",
    "尉迟": "yuchi", "万俟": "moqi", "长孙": "zhangsun", "澹台": "tantai", "单于": "chanyu", "令狐": "linghu", "亓官": "qiguan",
    "呼延": "huyan", "宇文": "yuwen", "欧阳": "ouyang", "諸葛": "zhuge",
}  # fmt: skip
READINGS_MOST = 8


def search_key(name: str) -> str:
    """What a name is found by, besides its characters: each reading in full and by initials, with a space before each.

    ` danxiaoli dxl shanxiaoli sxl` for 单小丽. Empty for names that are not Chinese.
    """
    length = surname_length(name)
    if not length:
        return " " + name.lower().replace(" ", "")
    surname, given = name[:length], name[length:]
    firsts = dict.fromkeys([SURNAMES[surname]] if surname in SURNAMES else [])
    firsts |= dict.fromkeys("".join(reading) for reading in itertools.product(*map(_readings, surname)))
    keys: dict[str, None] = {}
    for first in firsts:
        for syllables in itertools.islice(itertools.product(*map(_readings, given)), READINGS_MOST):
            keys[first + "".join(syllables)] = None
            keys[first[:1] + "".join(syllable[:1] for syllable in syllables)] = None
    return "".join(f" {key}" for key in keys)


@cache
def _readings(sign: str) -> tuple[str, ...]:
    """The usual readings of one character without tones, at most two; a rare one that nobody knows reads as nothing."""
    from pypinyin import Style, pinyin  # its dictionary takes a tenth of a second to load

    found = pinyin(sign, style=Style.NORMAL, heteronym=True, errors="ignore")
    readings = [reading.replace("ü", "v") for reading in (found[0] if found else [])]
    return tuple(dict.fromkeys(readings))[:2] or ("",)

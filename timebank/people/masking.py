"""What strangers see of a person: enough to recognise oneself on a notice board, too little to be found by it."""

from timebank.spreadsheets import clean_name

# Surnames of two characters; any other Chinese name has a surname of one.
COMPOUND_SURNAMES = frozenset(
    [
        "欧阳",
        "司马",
        "上官",
        "诸葛",
        "东方",
        "皇甫",
        "尉迟",
        "公孙",
        "慕容",
        "令狐",
        "长孙",
        "宇文",
        "司徒",
        "司空",
        "夏侯",
        "端木",
        "百里",
        "呼延",
        "东郭",
        "南宫",
        "独孤",
        "拓跋",
        "轩辕",
        "澹台",
        "公冶",
        "宗政",
        "濮阳",
        "淳于",
        "单于",
        "太叔",
        "申屠",
        "仲孙",
        "钟离",
        "鲜于",
        "闾丘",
        "亓官",
        "万俟",
        "赫连",
        "第五",
        "公羊",
        "左丘",
        "西门",
        "梁丘",
        "谷梁",
        "巫马",
        "微生",
        "歐陽",
        "司馬",
        "諸葛",
        "東方",
        "長孫",
    ]
)


def surname_length(name: str) -> int:
    """How many characters of a Chinese name are its surname; 0 if the name is not written in that way."""
    if "·" in name or not name or name[0].isascii():
        return 0
    return 2 if len(name) > 2 and name[:2] in COMPOUND_SURNAMES else 1


def mask_name(name: str) -> str:
    """张*, 欧阳*; of other names the given name, which comes first: 阿依古丽*, Anna *."""
    plain = clean_name(name)
    length = surname_length(plain)
    if length:
        return plain[:length] + "*"
    if "·" in plain:
        return plain.split("·")[0] + "*"
    given, _, more = plain.partition(" ")
    # One Latin word is all there is: showing it whole would mask nothing.
    return f"{given} *" if more else f"{given[:1]}*"


def mask_phone(phone: str | None) -> str:
    """The first three and the last four digits."""
    digits = (phone or "").removeprefix("+86")
    return f"{digits[:3]}****{digits[-4:]}" if len(digits) > 8 else "****" if digits else ""


def mask_identity(last4: str | None) -> str:
    """An identity number by its last four characters."""
    return f"**************{last4}" if last4 else ""

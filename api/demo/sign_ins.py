"""The table of those who can be played: printed after filling, and kept beside the database for the next start."""

import json
from pathlib import Path

from api.demo.cast import AUDITOR, CAST, OPERATOR, PASSWORD
from api.demo.places import PLACES
from api.demo.tale import Tale

FILE = "demo.json"
NO_RESIDENTS = (
    (AUDITOR, "审计员", "auditor", "查试算平衡、流水、证据包,从一个数追到扫码",
     "trial balance, entries down to their scans, evidence bundle"),
    (OPERATOR, "系统运维员", "operator", "区划、开设社区;看不到任何人的资料", "areas, opening communities; sees nobody's particulars"),
)  # fmt: skip


def keep(folder: Path, tale: Tale) -> None:
    """Write down who was made; a folder with this file is a filled one."""
    codes = {place.community_id: place.code for place in PLACES}
    played = [
        {
            "zh": part.title_zh,
            "en": part.title_en,
            "name": part.name,
            "sign_in": tale.of(part.community_id, part.name).number,
            "password": PASSWORD if part.signs_in else "",
            "community": codes[part.community_id],
            "do_zh": part.do_zh,
            "do_en": part.do_en,
        }
        for part in CAST
    ]
    played += [
        {
            "zh": zh,
            "en": en,
            "name": "",
            "sign_in": name,
            "password": PASSWORD,
            "community": "",
            "do_zh": do_zh,
            "do_en": do_en,
        }
        for name, zh, en, do_zh, do_en in NO_RESIDENTS
    ]
    text = json.dumps({"people": played}, ensure_ascii=False, indent=1)
    (folder / FILE).write_text(text + "\n", encoding="utf-8")


def is_filled(folder: Path) -> bool:
    return (folder / FILE).is_file()


def people(folder: Path) -> list[dict[str, str]]:
    """Who can be played in a filled folder."""
    found: list[dict[str, str]] = json.loads((folder / FILE).read_text(encoding="utf-8"))["people"]
    return found


def table(folder: Path, address: str) -> str:
    """What is printed: who, sign-in, password, and what to do first."""
    lines = [
        f"登录 sign in: {address}/sign-in",
        f"密码 password: {PASSWORD}  (全部演示人员相同;没有别的人能登录 / the same for all; nobody else can sign in)",
        "",
    ]
    for one in people(folder):
        password = "" if one["password"] else "  不登录 no sign-in"
        lines.append(f"  {one['sign_in']:<11} {one['name']}  {one['zh']} / {one['en']}{password}")
        lines.append(f"              {one['do_zh']}")
        lines.append(f"              {one['do_en']}")
    return "\n".join(lines)

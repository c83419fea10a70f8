"""English pages hold no Chinese but data, Chinese pages no English but data; and both are set as print sets them."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from api.sentences import typeset
from tests.api.walk import ROWS, Row, World
from timebank import modules

HAN = re.compile(r"[\u3400-\u9fff]+")
LATIN = re.compile(r"[A-Za-z]{2,}")
# Names of formats and units, initials in pinyin, and the examples of how codes are written; people read them so in both languages.
SAME_IN_BOTH = re.compile(
    r"English|中文|\b(QR|Excel|CSV|PDF|UTF-8|GB ?18030|GB|MB|KB|https?|JSON|SHA-256|Ed25519|xlsx|JPEG|PNG|zip|Cookie|TYC-12-7|ABCD-EFGH|A4|px|API|Python|JavaScript|tlog-proof|tlog-policy|tlog-tiles|C2SP|bean-check|beancount|checkpoint|min|pt|zs)\b"
    r"|\bTIMEBANK_[A-Z_]+|https?://[^\s\"<]+|\b[0-9a-f]{8,}\b|[^\s<>\"]+\.(csv|xlsx|pdf|zip|py|txt|json)\b|[\w.-]+/log/\w+",
    re.IGNORECASE | re.ASCII,
)
PAGES = [
    row for row in ROWS if row.method == "GET" and not row.endpoint.startswith(("api-docs", "v1_", "healthz", "readyz"))
]


@pytest.mark.parametrize("row", PAGES, ids=lambda row: row.endpoint)
def test_pages_hold_no_other_language_but_data(world: World, row: Row) -> None:
    english, chinese = fetch(world, row, "en"), fetch(world, row, "zh")
    if english is None or chinese is None:
        return  # a way on, or no page: nothing to read
    told = data_of(world)
    assert left_over(HAN, told, visible_text(english)) == [], "Chinese on the English page"
    assert left_over(LATIN, told, visible_text(chinese)) == [], "English on the Chinese page"


def fetch(world: World, row: Row, language: str) -> str | None:
    """The page as somebody who may see it."""
    made = row.arrange(world)
    if row.own is not None and not row.roles:
        world.client.sign_in(row.own(world, made))
    elif row.signed_in:
        world.client.sign_in(world.residents[0])
    elif row.roles:
        role = min(row.roles)
        world.client.sign_in(
            world.residents[0], roles=[] if role == "resident" else [role], area_path=world.village.area_path
        )
    world.client.http.set_cookie("lang", language)
    answer = world.call(row, made)
    if answer.mimetype != "text/html" or answer.status_code != 200:
        return None
    return answer.text


def visible_text(page: str) -> str:
    """What a reader sees or hears: text, and the attributes that are read out; what is set as code is for machines.

    A template marks other data that stands in no table (rows of a file that is only previewed, the headings that a
    spreadsheet must have) with `translate="no"`, as browsers' translators know it.
    """
    page = re.sub(r'<(\w+)[^>]*translate="no"[^>]*>.*?</\1>', " ", page, flags=re.DOTALL)
    heard = re.findall(r'(?:placeholder|aria-label|title|alt|label)="([^"]*)"', page)
    plain = re.sub(r"<(script|style|svg|code|pre|samp|kbd)\b.*?</\1>|<!--.*?-->", " ", page, flags=re.DOTALL)
    return html.unescape(" ".join([re.sub(r"<[^>]+>", " ", plain), *heard]))


def left_over(script: re.Pattern[str], told: set[str], text: str) -> list[str]:
    text = SAME_IN_BOTH.sub(" ", text)
    for data in sorted(told, key=len, reverse=True):
        text = text.replace(data, " ")
    return sorted(set(script.findall(text)))


def data_of(world: World) -> set[str]:
    """Every text in the database: what people and imports wrote."""
    found: set[str] = set()
    with world.db.storage.read() as session:
        for metadata in modules.load():
            for table in metadata.sorted_tables:
                for row in session.execute(select(*table.columns)):
                    for value in row:
                        found.update(_texts(value))
    masked = {told[:1] + "*" for told in found if HAN.fullmatch(told) and len(told) <= 4}
    masked |= {told[:2] + "*" for told in found if HAN.fullmatch(told) and len(told) <= 4}
    return {told for told in found | masked if len(told) > 1 or HAN.fullmatch(told)}


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)


@pytest.mark.parametrize(
    "typed, printed",
    [
        ("需要 %(n)s 分钟,可用 %(m)s 分钟", "需要 %(n)s 分钟\uff0c可用 %(m)s 分钟"),
        ("编号 %(number)s,您好!", "编号 %(number)s\uff0c您好\uff01"),
        ("还没有密码?", "还没有密码\uff1f"),
        ("分(积分)", "分\uff08积分\uff09"),
        ("请填写 {least:g} 到 {most:g} 之间的数。", "请填写 {least:g} 到 {most:g} 之间的数。"),
        ("合计:12:30", "合计\uff1a12:30"),
        ("A, B; https://example.org/?a=1,2", "A, B; https://example.org/?a=1,2"),
    ],
)
def test_chinese_is_set_with_full_width_signs(typed: str, printed: str) -> None:
    assert typeset(typed) == printed


@given(st.text(alphabet="分钟您好,:;?!()%s{}abc 12", max_size=40))
def test_setting_twice_changes_nothing_more_and_placeholders_stay(text: str) -> None:
    sentence = f"%(name)s{text}%(n)s"
    once = typeset(sentence)
    assert typeset(once) == once
    assert once.startswith("%(name)s")
    assert once.endswith("%(n)s")

"""`make check` sees every text that an English reader could not read."""

from pathlib import Path

import pytest

from tools.translations import add, catalog_path, check, missing, update

ENGLISH = {"%(count)d 件商品": "%(count)d things", "积分商店": "Points shop"}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with one text in code and one in a template, each in Chinese."""
    (tmp_path / "api").mkdir()
    (tmp_path / "timebank").mkdir()
    (tmp_path / "templates").mkdir()
    (tmp_path / "api" / "shop.py").write_text('title = _("%(count)d 件商品", count=3)\n', encoding="utf-8")
    (tmp_path / "templates" / "shop.html").write_text(
        "<h1>{% trans %}\n  积分商店\n{% endtrans %}</h1>\n", encoding="utf-8"
    )
    return tmp_path


def findings(project: Path) -> list[str]:
    return [finding.partition(":")[0] for finding in check(project)]


def test_a_complete_catalog_is_well(project: Path):
    add(ENGLISH, project)
    assert findings(project) == []
    assert catalog_path(project).with_suffix(".mo").is_file()


def test_without_a_catalog_nothing_is_translated(project: Path):
    assert findings(project) == ["missing", "missing"]
    assert missing(project) == sorted(ENGLISH)


def test_a_text_without_english_is_named(project: Path):
    add({"积分商店": "Points shop"}, project)
    assert findings(project) == ["missing"]
    assert update(project) == 1
    assert findings(project) == ["empty"]
    assert missing(project) == ["%(count)d 件商品"]


def test_a_new_text_is_named_until_it_is_taken_into_the_catalog(project: Path):
    add(ENGLISH, project)
    with (project / "api" / "shop.py").open("a", encoding="utf-8") as code:
        code.write('hint = _("兑换")\n')
    assert findings(project) == ["missing"]


def test_a_text_that_nobody_shows_any_more_is_named(project: Path):
    add(ENGLISH, project)
    (project / "templates" / "shop.html").write_text("", encoding="utf-8")
    assert findings(project) == ["no longer used"]
    update(project)
    assert findings(project) == []


@pytest.mark.parametrize(
    "english, doubt",
    [
        ("%(number)d things", "other placeholders"),
        ("some things", "other placeholders"),
        ("%(count)d 件", "Chinese in the English"),
        (" ", "empty"),
    ],
)
def test_english_that_says_something_else_is_not_taken_in(project: Path, english: str, doubt: str):
    with pytest.raises(SystemExit, match=doubt):
        add({**ENGLISH, "%(count)d 件商品": english}, project)
    assert missing(project) == sorted(ENGLISH), "all or nothing"
    # Whoever writes it into the file by hand is told by the check.
    add(ENGLISH, project)
    path = catalog_path(project)
    path.write_text(path.read_text(encoding="utf-8").replace("%(count)d things", english), encoding="utf-8")
    assert findings(project) == [doubt]


def test_a_doubtful_translation_is_named(project: Path):
    add(ENGLISH, project)
    path = catalog_path(project)
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('msgid "积分商店"', '#, fuzzy\nmsgid "积分商店"'), encoding="utf-8")
    assert findings(project) == ["fuzzy"]


def test_updating_twice_changes_nothing(project: Path):
    add(ENGLISH, project)
    before = catalog_path(project).read_bytes()
    update(project)
    assert catalog_path(project).read_bytes() == before


def test_a_text_with_a_plural_needs_both_forms(project: Path):
    (project / "api" / "shop.py").write_text('title = ngettext("%(num)d 件", "%(num)d 件", 3)\n', encoding="utf-8")
    (project / "templates" / "shop.html").write_text("", encoding="utf-8")
    update(project)
    assert findings(project) == ["empty"]
    path = catalog_path(project)
    filled = path.read_text(encoding="utf-8").replace('msgstr[0] ""', 'msgstr[0] "one thing"')
    path.write_text(filled, encoding="utf-8")
    assert findings(project) == ["empty"]
    path.write_text(filled.replace('msgstr[1] ""', 'msgstr[1] "%(num)d things"'), encoding="utf-8")
    assert findings(project) == []

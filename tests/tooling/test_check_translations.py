"""`make check` sees every text that an English reader could not read."""

from pathlib import Path

import pytest

from tools.check_translations import catalog_path, extract, missing, update_catalog


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


def write_catalog(project: Path, **english: str) -> None:
    """Translate the two texts; a text without English stays empty."""
    update_catalog("en", extract(project), project)
    path = catalog_path("en", project)
    text = path.read_text(encoding="utf-8")
    for chinese, translated in english.items():
        text = text.replace(f'{chinese}"\nmsgstr ""', f'{chinese}"\nmsgstr "{translated}"')
    path.write_text(text, encoding="utf-8")


def findings(project: Path) -> list[str]:
    return [finding.partition(":")[0] for finding in missing("en", extract(project), project)]


def test_a_complete_catalog_is_well(project: Path):
    write_catalog(project, 件商品="%(count)d things", 积分商店="Points shop")
    assert findings(project) == []
    assert catalog_path("en", project).with_suffix(".mo").is_file()


def test_without_a_catalog_nothing_is_translated(project: Path):
    assert findings(project) == ["no catalog api/translations/en/LC_MESSAGES/messages.po"]


def test_a_text_without_english_is_named(project: Path):
    write_catalog(project, 积分商店="Points shop")
    assert findings(project) == ["empty"]


def test_a_new_text_is_named_until_it_is_taken_into_the_catalog(project: Path):
    write_catalog(project, 件商品="%(count)d things", 积分商店="Points shop")
    with (project / "api" / "shop.py").open("a", encoding="utf-8") as code:
        code.write('hint = _("兑换")\n')
    assert findings(project) == ["missing"]


def test_a_text_that_nobody_shows_any_more_is_named(project: Path):
    write_catalog(project, 件商品="%(count)d things", 积分商店="Points shop")
    (project / "templates" / "shop.html").write_text("", encoding="utf-8")
    assert findings(project) == ["no longer used"]
    update_catalog("en", extract(project), project)
    assert findings(project) == []


@pytest.mark.parametrize(
    "translated, finding",
    [
        ("%(number)d things", "other placeholders"),
        ("some things", "other placeholders"),
        ("%(count)d 件", "Chinese in"),
    ],
)
def test_a_translation_that_says_something_else_is_named(project: Path, translated: str, finding: str):
    write_catalog(project, 件商品=translated, 积分商店="Points shop")
    assert [found[: len(finding)] for found in findings(project)] == [finding]


def test_a_doubtful_translation_is_named(project: Path):
    write_catalog(project, 件商品="%(count)d things", 积分商店="Points shop")
    path = catalog_path("en", project)
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("#: templates", "#, fuzzy\n#: templates"), encoding="utf-8")
    assert findings(project) == ["fuzzy"]


def test_updating_twice_changes_nothing(project: Path):
    write_catalog(project, 件商品="%(count)d things", 积分商店="Points shop")
    before = catalog_path("en", project).read_bytes()
    update_catalog("en", extract(project), project)
    assert catalog_path("en", project).read_bytes() == before

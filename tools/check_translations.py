"""Is every text there in English? The texts in code and templates are Chinese; `en` is the only catalog.

python tools/check_translations.py            report what is missing, empty, doubtful or no longer used
python tools/check_translations.py --update   bring new texts into the catalogs and drop those no longer used
"""

import argparse
import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
LOCALES = ("en",)
FOLDERS = ("api", "timebank", "templates")
METHODS = [("**.py", "python"), ("**.html", "jinja2"), ("**.txt", "jinja2"), ("**.svg", "jinja2")]
OPTIONS = {"**.html": {"silent": "false", "trimmed": "true"}}
SKIPPED_FOLDERS = {"static", "translations", "migrations", "__pycache__"}

# `N_` marks a text that is translated elsewhere: the domain names its texts and knows no translator.
KEYWORDS = {
    "_": None,
    "N_": None,
    "gettext": None,
    "lazy_gettext": None,
    "ngettext": (1, 2),
    "lazy_ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "lazy_pgettext": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
HAN = re.compile(r"[\u3400-\u9fff]")
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|\{(\w*)\}")


def main() -> None:
    parser = argparse.ArgumentParser(description="Is every text there in English?")
    parser.add_argument("--update", action="store_true", help="bring new texts into the catalogs")
    update = parser.parse_args().update
    texts = extract()
    if update:
        for locale in LOCALES:
            update_catalog(locale, texts)
        return
    findings = [f"{locale}: {finding}" for locale in LOCALES for finding in missing(locale, texts)]
    for finding in findings:
        print(finding)
    if findings:
        sys.exit(f"{len(findings)} texts to look at: make translations, then write their English")


def extract(root: Path = ROOT) -> Catalog:
    """All texts of code and templates."""
    texts = Catalog(charset="utf-8", project="timebank", locale="zh_Hans_CN")
    for folder in FOLDERS:
        found = extract_from_dir(
            root / folder,
            method_map=METHODS,
            options_map=OPTIONS,
            keywords=KEYWORDS,
            comment_tags=("NOTE:",),
            strip_comment_tags=True,
            directory_filter=lambda path: Path(path).name not in SKIPPED_FOLDERS,
        )
        for name, line, text, comments, context in found:
            texts.add(text, None, [(f"{folder}/{name}", line)], auto_comments=comments, context=context)
    return texts


def catalog_path(locale: str, root: Path) -> Path:
    return root / "api" / "translations" / locale / "LC_MESSAGES" / "messages.po"


def missing(locale: str, texts: Catalog, root: Path = ROOT) -> Iterator[str]:
    """What a reader of this language would not be able to read, one line each."""
    path = catalog_path(locale, root)
    if not path.is_file():
        yield f"no catalog {path.relative_to(root)}"
        return
    with path.open("rb") as file:
        catalog = read_po(file, locale=locale)
    for text in texts:
        if text.id:
            translated = catalog.get(text.id, text.context)
            yield from (f"{what}: {text.id!r} ({where(text)})" for what in doubts(text, translated))
    for entry in catalog:
        if entry.id and texts.get(entry.id, entry.context) is None:
            yield f"no longer used: {entry.id!r}"
    for entry in catalog.obsolete.values():
        yield f"no longer used: {entry.id!r}"


def doubts(text: Message, translated: Message | None) -> Iterator[str]:
    """What is wrong with the translation of one text."""
    if translated is None:
        yield "missing"
        return
    versions = forms(translated.string)
    if not all(versions):
        yield "empty"
        return
    if translated.fuzzy:
        yield "fuzzy"
    if any(HAN.search(version) for version in versions):
        yield "Chinese in the English"
    wanted = placeholders(forms(text.id)[-1])
    # A singular may say "one" in words; the last form must name everything.
    if placeholders(versions[-1]) != wanted or any(placeholders(version) - wanted for version in versions):
        yield "other placeholders"


def forms(text: object) -> tuple[str, ...]:
    """Singular and plural where there are two, else the one text; "" for what is not there."""
    return tuple(form or "" for form in (text if isinstance(text, (list, tuple)) else (text,)))


def placeholders(text: str) -> set[str]:
    return {named or braced for named, braced in PLACEHOLDER.findall(text)}


def where(text: Message) -> str:
    return ", ".join(f"{name}:{line}" for name, line in text.locations[:3])


def update_catalog(locale: str, texts: Catalog, root: Path = ROOT) -> None:
    """Bring new texts in, drop those no longer used, keep what is translated, and compile."""
    path = catalog_path(locale, root)
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_file():
        with path.open("rb") as file:
            catalog = read_po(file, locale=locale)
    else:
        catalog = Catalog(locale=locale, charset="utf-8", project="timebank")
    # No guesses: a text that resembles another is not its translation.
    catalog.update(texts, no_fuzzy_matching=True)
    catalog.obsolete.clear()
    catalog.fuzzy = False
    written = io.BytesIO()
    write_po(written, catalog, width=120, include_lineno=False, sort_by_file=True, ignore_obsolete=True)
    # Dates in the header change each time and make two people's work collide.
    lines = [line for line in written.getvalue().decode().splitlines(keepends=True) if not DATED.match(line)]
    path.write_text("".join(lines), encoding="utf-8")
    with path.open("rb") as file, path.with_suffix(".mo").open("wb") as compiled:
        write_mo(compiled, read_po(file, locale=locale))
    untranslated = sum(1 for text in catalog if text.id and not text.string)
    print(f"{path.relative_to(root)}: {len(catalog)} texts, {untranslated} without English")


DATED = re.compile(r'"(POT-Creation-Date|PO-Revision-Date|Generated-By|Last-Translator):')


if __name__ == "__main__":
    main()

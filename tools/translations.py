"""The English of the interface. Texts in code and templates are Chinese and stay as they are; only English has a catalog.

    .venv/bin/python tools/translations.py check                     what an English reader could not read: make check
    .venv/bin/python tools/translations.py missing > sentences.json  {"中文": "", ...}: the texts without English
    .venv/bin/python tools/translations.py add < sentences.json      {"中文": "English", ...}: merged into the catalog
    .venv/bin/python tools/translations.py update                    take new texts in, drop those no longer used
    .venv/bin/python tools/translations.py compile                   what is served: set-up does this

Several people may write at once: a lock stands around each merge. Places in the code are not kept in the catalog, so
that merges do not collide; `check` tells them.
"""

import fcntl
import io
import json
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("api", "timebank", "templates")
SKIPPED_FOLDERS = {"static", "translations", "migrations", "__pycache__"}
METHODS = [("**.py", "python"), ("**.html", "jinja2"), ("**.txt", "jinja2"), ("**.svg", "jinja2")]
OPTIONS = {"**.html": {"silent": "false", "trimmed": "true"}}

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
CHINESE = re.compile(r"[\u3400-\u9fff]")
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|\{(\w*)\}")
# The moment of a merge stands in a catalog's header, and would change with every one.
DATED = re.compile(r'^"(POT-Creation-Date|PO-Revision-Date|Last-Translator|Generated-By):.*\n', re.MULTILINE)


def main() -> None:
    match sys.argv[1:]:
        case ["check"]:
            findings = list(check())
            print("\n".join(findings))
            sys.exit(f"{len(findings)} texts to look at: make translations" if findings else 0)
        case ["missing"]:
            sentences = missing()
            print(json.dumps(dict.fromkeys(sentences, ""), ensure_ascii=False, indent=1))
            sys.exit(bool(sentences))
        case ["add"]:
            print(f"{add(json.load(sys.stdin))} sentences added or changed")
        case ["update"]:
            print(f"{update()} texts without English")
        case ["compile"]:
            compile_catalog(read())
        case _:
            sys.exit(__doc__)


def catalog_path(root: Path = ROOT) -> Path:
    return root / "api" / "translations" / "en" / "LC_MESSAGES" / "messages.po"


# What is said in code and templates, and what of it has English


def used(root: Path = ROOT) -> Catalog:
    """Every text that code and templates hand to gettext, with its places."""
    texts = Catalog(charset="utf-8")
    for folder in FOLDERS:
        found = extract_from_dir(
            root / folder,
            method_map=METHODS,
            options_map=OPTIONS,
            keywords=KEYWORDS,
            directory_filter=lambda path: Path(path).name not in SKIPPED_FOLDERS,
        )
        for name, line, text, _comments, context in found:
            texts.add(text, None, [(f"{folder}/{name}", line)], context=context)
    return texts


def missing(root: Path = ROOT) -> list[str]:
    """Texts without English, in order; those with a plural stand for themselves in the catalog."""
    catalog = read(root)
    texts = [text for text in used(root) if isinstance(text.id, str) and text.id]
    return sorted(
        str(text.id) for text in texts if not ((known := catalog.get(text.id, text.context)) and known.string)
    )


def check(root: Path = ROOT) -> Iterator[str]:
    """What an English reader could not read, and what nobody reads any more, one line each."""
    catalog, texts = read(root), used(root)
    for text in texts:
        if text.id:
            translated = catalog.get(text.id, text.context)
            yield from (f"{doubt}: {text.id!r} ({where(text)})" for doubt in doubts(text, translated))
    for entry in (*catalog, *catalog.obsolete.values()):
        if entry.id and texts.get(entry.id, entry.context) is None:
            yield f"no longer used: {entry.id!r}"


def doubts(text: Message, translated: Message | None) -> Iterator[str]:
    """What is wrong with the English of one text."""
    if translated is None:
        yield "missing"
        return
    english = forms(translated.string)
    if not all(form.strip() for form in english):
        yield "empty"
        return
    if translated.fuzzy:
        yield "fuzzy"
    if any(CHINESE.search(form) for form in english):
        yield "Chinese in the English"
    wanted = placeholders(forms(text.id)[-1])
    # A singular may say "one" in words; the last form must name everything.
    if placeholders(english[-1]) != wanted or any(placeholders(form) - wanted for form in english):
        yield "other placeholders"


def forms(text: object) -> tuple[str, ...]:
    """Singular and plural where there are two, else the one text; "" for what is not there."""
    return tuple(form or "" for form in (text if isinstance(text, (list, tuple)) else (text,)))


def placeholders(text: str) -> set[str]:
    return {named or braced for named, braced in PLACEHOLDER.findall(text)}


def where(text: Message) -> str:
    return ", ".join(f"{name}:{line}" for name, line in text.locations[:3])


# What changes the catalog


def add(sentences: dict[str, str], root: Path = ROOT) -> int:
    """Merge sentences into the catalog and compile it; returns how many were new or changed.

    All or nothing: a sentence whose English is doubtful stops the merge.
    """
    pairs = [(Message(chinese), Message(chinese, english)) for chinese, english in sentences.items()]
    problems = [f"{doubt}: {text.id!r}" for text, translated in pairs for doubt in doubts(text, translated)]
    if problems:
        sys.exit("\n".join(problems))
    changed = 0
    with locked(root):
        catalog = read(root)
        for chinese, english in sentences.items():
            known = catalog.get(chinese)
            if known is None or known.string != english:
                if known is not None:
                    catalog.delete(chinese)
                catalog.add(chinese, english)
                changed += 1
        write(catalog, root)
    return changed


def update(root: Path = ROOT) -> int:
    """Take new texts in and drop those no longer used; returns how many have no English."""
    with locked(root):
        catalog = read(root)
        # No guesses: a text that resembles another is not its translation.
        catalog.update(used(root), no_fuzzy_matching=True)
        write(catalog, root)
    return sum(1 for text in catalog if text.id and not all(forms(text.string)))


def read(root: Path = ROOT) -> Catalog:
    path = catalog_path(root)
    if not path.exists():
        return Catalog(locale="en", project="timebank", version="", charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale="en")


def write(catalog: Catalog, root: Path = ROOT) -> None:
    """Put the catalog in its place at once, sorted, and compile it."""
    catalog.fuzzy = False  # else compilers pass the whole catalog over
    catalog.header_comment = "# English of the time bank's interface."
    buffer = io.BytesIO()
    write_po(buffer, catalog, width=120, no_location=True, sort_output=True, ignore_obsolete=True)
    path = catalog_path(root)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".po-draft")
    draft.write_text(DATED.sub("", buffer.getvalue().decode()), encoding="utf-8")
    draft.replace(path)
    compile_catalog(catalog, root)


def compile_catalog(catalog: Catalog, root: Path = ROOT) -> None:
    made = catalog_path(root).with_suffix(".mo")
    draft = made.with_suffix(".mo-draft")
    with draft.open("wb") as file:
        write_mo(file, catalog)
    draft.replace(made)


@contextmanager
def locked(root: Path = ROOT) -> Iterator[None]:
    """One writer at a time."""
    folder = catalog_path(root).parent
    folder.mkdir(parents=True, exist_ok=True)
    held = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
    finally:
        os.close(held)


if __name__ == "__main__":
    main()

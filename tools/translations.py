"""The English of the interface: `add` merges sentences into the catalog, `compile` makes what is served.

    .venv/bin/python tools/translations.py add < sentences.json      {"中文": "English", ...}
    .venv/bin/python tools/translations.py missing                   msgids of templates and code without English
    .venv/bin/python tools/translations.py compile

The Chinese sentence in code or template is the msgid, and stays as it is; only English has a catalog. Several people
may add at once: a lock stands around each merge. Places in the code are not kept, so that merges do not collide.
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

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
CATALOG = ROOT / "api" / "translations" / "en" / "LC_MESSAGES" / "messages.po"
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]")
CHINESE = re.compile(r"[\u3400-\u9fff]")


def main() -> None:
    match sys.argv[1:]:
        case ["add"]:
            added = add(json.load(sys.stdin))
            print(f"{added} sentences added or changed")
        case ["compile"]:
            compile_catalog()
        case ["missing"]:
            sentences = missing()
            print(json.dumps(dict.fromkeys(sentences, ""), ensure_ascii=False, indent=1))
            sys.exit(bool(sentences))
        case _:
            sys.exit(__doc__)


def add(sentences: dict[str, str]) -> int:
    """Merge sentences into the catalog and compile it; returns how many were new or changed.

    All or nothing: a sentence whose placeholders differ from its translation's stops the merge.
    """
    problems = [problem for chinese, english in sentences.items() for problem in _problems(chinese, english)]
    if problems:
        sys.exit("\n".join(problems))
    changed = 0
    with locked():
        catalog = read()
        for chinese, english in sentences.items():
            known = catalog.get(chinese)
            if known is None or known.string != english:
                if known is not None:
                    catalog.delete(chinese)
                catalog.add(chinese, english, flags=("python-format",) if PLACEHOLDER.search(chinese) else ())
                changed += 1
        write(catalog)
        compile_catalog(catalog)
    return changed


def missing() -> list[str]:
    """Sentences in templates and code that have no English, in order."""
    catalog = read()
    return sorted(sentence for sentence in used() if not ((known := catalog.get(sentence)) and known.string))


def used() -> set[str]:
    """Every sentence that templates and code hand to gettext."""
    found: set[str] = set()
    for path in sorted((ROOT / "templates").rglob("*.html")):
        found |= _extract("jinja2", path, {"extensions": "jinja2.ext.i18n", "trimmed": "true", "silent": "false"})
    for path in sorted((ROOT / "api").rglob("*.py")):
        found |= _extract("python", path, {})
    return found


def read() -> Catalog:
    if not CATALOG.exists():
        return Catalog(locale="en", project="timebank", domain="messages", charset="utf-8")
    with CATALOG.open("rb") as file:
        return read_po(file, locale="en", domain="messages")


def write(catalog: Catalog) -> None:
    buffer = io.BytesIO()
    write_po(buffer, catalog, width=120, omit_header=False, no_location=True, sort_output=True, ignore_obsolete=True)
    # The moment of the merge stands in the header of a catalog, and would change with every one.
    text = re.sub(r'^"(POT-Creation-Date|PO-Revision-Date|Generated-By):.*\n', "", buffer.getvalue().decode(), flags=re.M)
    draft = CATALOG.with_suffix(".draft")
    draft.parent.mkdir(parents=True, exist_ok=True)
    draft.write_text(text, encoding="utf-8")
    draft.replace(CATALOG)


def compile_catalog(catalog: Catalog | None = None) -> None:
    made = CATALOG.with_suffix(".mo")
    draft = made.with_suffix(".mo-draft")
    with draft.open("wb") as file:
        write_mo(file, catalog or read())
    draft.replace(made)


@contextmanager
def locked() -> Iterator[None]:
    CATALOG.parent.mkdir(parents=True, exist_ok=True)
    folder = os.open(CATALOG.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _problems(chinese: str, english: str) -> list[str]:
    if not english.strip():
        return [f"no English: {chinese}"]
    if CHINESE.search(english):
        return [f"Chinese in the English: {english}"]
    if sorted(set(PLACEHOLDER.findall(chinese))) != sorted(set(PLACEHOLDER.findall(english))):
        return [f"other placeholders: {chinese} / {english}"]
    return []


def _extract(method: str, path: Path, options: dict[str, str]) -> set[str]:
    keywords = {"_": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2)}
    found = extract_from_file(method, str(path), keywords=keywords, options=options)
    sentences: set[str] = set()
    for _line, message, _comments, _context in found:
        sentences |= {message} if isinstance(message, str) else set(message)
    return sentences


if __name__ == "__main__":
    main()

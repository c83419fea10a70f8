"""The sentences of the interface: Chinese as it is written in the code, set as print sets it; English from the catalog.

Code and templates write Chinese with the punctuation of a programmer's keyboard; a reader gets full-width signs.
What people wrote themselves is never touched.
"""

import re
from functools import cached_property, lru_cache
from typing import Any

from babel.support import NullTranslations, Translations
from flask_babel import Babel, Domain, get_locale

FULL_WIDTH = {",": "\uff0c", ":": "\uff1a", ";": "\uff1b", "?": "\uff1f", "!": "\uff01"}
HAN = r"\u2e80-\u2fdf\u3001-\u30ff\u3400-\u9fff\uff00-\uff60\u201c\u201d"
PLACEHOLDER = r"%\(\w+\)[sd]|\{\w+(?::\w+)?\}"
AFTER_HAN = re.compile(rf"(?<=[{HAN}])([,:;?!]) ?")
BEFORE_HAN = re.compile(rf"(?<=[\w)%\u0001])([,;?!]) ?(?=[{HAN}])")
PARENTHESES = re.compile(rf"\(([^()]*[{HAN}][^()]*)\)|(?<=[{HAN}])\(([^()]*)\)")


@lru_cache(maxsize=4096)
def typeset(sentence: str) -> str:
    """A Chinese sentence with the punctuation that Chinese is printed with; placeholders stay as they are."""
    if not re.search(f"[{HAN}]", sentence):
        return sentence
    placeholders = re.findall(PLACEHOLDER, sentence)
    plain = re.sub(PLACEHOLDER, "\u0001", sentence)
    while (printed := _signs(plain)) != plain:  # a sign may follow one that has just become full-width
        plain = printed
    held = iter(placeholders)
    return re.sub("\u0001", lambda _: next(held), plain)


def _signs(plain: str) -> str:
    plain = PARENTHESES.sub(lambda found: f"\uff08{found[1] or found[2] or ''}\uff09", plain)
    plain = AFTER_HAN.sub(lambda found: FULL_WIDTH[found[1]], plain)
    return BEFORE_HAN.sub(lambda found: FULL_WIDTH[found[1]], plain)


class Typeset(NullTranslations):
    """Chinese: the sentence itself."""

    def gettext(self, message: str) -> str:
        return typeset(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return typeset(msgid1 if n == 1 else msgid2)

    ugettext = gettext
    ungettext = ngettext


class Sentences(Domain):
    """Flask-Babel's catalogs, with Chinese as the language that needs none."""

    def get_translations(self) -> NullTranslations | Translations:
        locale = get_locale()
        if locale is not None and locale.language == "zh":
            return CHINESE
        found: NullTranslations | Translations = super().get_translations()
        return found


class OneDomain(Babel):
    """Flask-Babel, but reading the catalog once, not for every request."""

    @cached_property
    def domain_instance(self) -> Any:
        return Sentences(domain=self.domain)


CHINESE = Typeset()

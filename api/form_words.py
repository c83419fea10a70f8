"""The domain's codes of fields, made into sentences beside the fields."""

from collections.abc import Mapping
from typing import Any

from timebank.errors import BadInput, Refused


def in_words(refused: Refused, words: Mapping[str, Any]) -> Refused:
    """The same refusal with each field's code as the sentence of `words`; what is a sentence already stays."""
    found = refused.facts.get("fields")
    if not isinstance(refused, BadInput) or not isinstance(found, Mapping):
        return refused
    return BadInput(fields={name: str(words.get(str(code), code)) for name, code in found.items()})

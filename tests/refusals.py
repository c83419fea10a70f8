"""What a refusal says, in the shape that a test expects it in."""

from __future__ import annotations

from timebank.errors import Refused


def fields_of(refused: Refused) -> dict[str, str]:
    """The fields that a refusal names, each with its reason."""
    named = refused.facts["fields"]
    assert isinstance(named, dict)
    return named

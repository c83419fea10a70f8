"""Entering one award: what keeps it out is said beside the fields of its form."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlmodel import Session

from api import edge
from api.points_words import by_field
from timebank.errors import BadInput, Refused
from timebank.points.awards import entering
from timebank.points.awards.rows import AwardRow


def submit(
    use_case: str,
    fn: Callable[[Session, datetime], dict[str, Any]],
    *,
    content: Mapping[str, Any],
    row: AwardRow,
    source: str = "committee",
) -> dict[str, Any]:
    """`edge.submit` of one award, asked first and explained after: a second tap would find its own first one entered already.

    Raises:
        BadInput: what the columns of `row` are wrong in, by field. Else as `fn`.
    """
    try:
        return edge.submit(use_case, fn, content=content)
    except Refused as refused:
        if refused.code != entering.AwardRefused.code:
            raise
        found = entering.preview(edge.read(), actor=edge.actor(), now=edge.now(), row=row, source=source).problems
        if not found:
            raise
        raise BadInput(fields=by_field(found)) from None

"""Where an award comes from. One line a source; each award says its own. Words stand in api/messages/awards.py."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Source:
    """One source. `group`: two awards of one deed from different groups are shown side by side, of the same refused.

    `claimed`: a person asks for it and is told how it goes. `reporter`: who reports, as a table's column says it.
    """

    name: str
    group: str
    reporter: str
    claimed: bool = False


SOURCES: Mapping[str, Source] = {
    source.name: source
    for source in (
        Source("committee", "staff", "committee"),
        Source("file", "staff", "committee"),
        Source("grid", "grid", "grid_worker"),
        Source("claim", "claim", "resident", claimed=True),
        Source("behalf", "claim", "resident", claimed=True),
        Source("attendance", "attendance", "attendance"),
        Source("objection", "objection", "committee"),  # in the place of a line that was corrected
    )
}


def of(source_kind: str | None, source: str) -> str:
    """The source of an award; those from before they were told apart came by file or by hand."""
    return source_kind or ("file" if source else "committee")


def differ(one: str, other: str) -> bool:
    """Whether two awards of one deed are shown side by side instead of refused."""
    return SOURCES[one].group != SOURCES[other].group

"""Who witnesses our logs, and what we remember of the logs that we witness."""

from __future__ import annotations

from collections.abc import Iterator

from api import newest, witnesses
from api.doctor.finding import Finding, Progress, advice, trouble
from api.keys import SigningKeys
from api.settings import Settings
from api.witnessing import witness_of
from ledger.quorum import BadPolicy
from timebank.people import communities
from timebank.storage import Storage


def witnessed(settings: Settings, storage: Storage, progress: Progress) -> Iterator[Finding]:
    """What witnesses say of our logs, and whether they said it lately."""
    try:
        policy = witnesses.policy_in(settings.policy_of_witnesses)
    except BadPolicy as bad:
        yield trouble("policy_of_witnesses", f"{settings.policy_of_witnesses}: {bad}")
        policy = None
    with storage.read() as session:
        for place in communities.communities(session):
            found = witnesses.standing(session, place, policy, SigningKeys(settings.keys), now=storage.clock())
            if found.alarm:
                yield trouble(
                    "witness_has_seen_further",
                    f"{found.alarm.witness} has seen {found.alarm.size} entries, or others than these",
                    place.code,
                )
            elif found.is_stale:
                last = f"{found.reached_at:%Y-%m-%d %H:%M} UTC" if found.reached_at else "not these days"
                yield advice("witnesses_stale", f"enough witnesses signed last: {last}", place.code)


def witnessing(settings: Settings, storage: Storage, progress: Progress) -> Iterator[Finding]:
    """Whether this installation, as a witness, can be relied on."""
    here = witness_of(settings, storage)
    for line in here.unreadable():
        yield trouble("witnessed_logs", f"{here.list_path}: {line[:120]}")
    for origin in sorted({key.name for key in here.listed()}):
        try:
            here.seen(origin)
        except newest.TwoRoots as differ:
            yield trouble("witness_memory", str(differ))

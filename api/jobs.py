"""Jobs: what is looked for, and how often. Declared here, kept nowhere; harmless when run twice.

On SQLite they run inside the server, which alone may write. On PostgreSQL they run in one process of their own,
`timebank jobs`; a second one waits until the first is gone, by a lock that the database takes back with its connection.
"""

import datetime as dt
import math
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from pathlib import Path

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger
from sqlalchemy import Connection, create_engine
from sqlalchemy.exc import DBAPIError

from api import bundles, erasing, importing, print_runs, seals, witnesses
from api.clock import Clock
from api.keys import SigningKeys
from api.mailroom import Mailroom
from api.settings import Settings
from ledger import projections
from ledger.errors import LogBroken
from ledger.quorum import BadPolicy
from timebank import checks, evidence, upkeep
from timebank.errors import Refused
from timebank.people import communities, imports
from timebank.people.communities import Community
from timebank.people.identity import Vault
from timebank.permissions import Actor
from timebank.storage import Storage, job_key

log = structlog.get_logger()

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
MINUTE, HOUR, DAY = dt.timedelta(minutes=1), dt.timedelta(hours=1), dt.timedelta(days=1)
ROUNDS_MOST = 1_000
LEADER_LOCK = 7_205_759_403_792  # any number that only these jobs ask for
LEADER_ASKS_EVERY = 5.0
DIFFERENCES_TOLD = 20


@dataclass(frozen=True)
class Installation:
    """What a job works on. `policy_of_witnesses`: the file that says whom to ask, if there is one.

    `resting`: witnesses that did not answer; `asked`: communities whose witnesses this process has asked before it signs.
    """

    storage: Storage
    keys: SigningKeys
    policy_of_witnesses: Path | None = None
    resting: witnesses.Resting = field(default_factory=dict, compare=False)
    asked: set[int] = field(default_factory=set, compare=False)
    data_dir: Path | None = None  # where bundles and prints lie
    vault: Vault | None = None  # opens identity numbers
    mailroom: Mailroom | None = None  # carries notices out of the house

    @classmethod
    def of(cls, settings: Settings, storage: Storage) -> "Installation":
        """All that the settings name."""
        return cls(
            storage,
            SigningKeys(settings.keys),
            settings.policy_of_witnesses,
            data_dir=settings.data_dir,
            vault=Vault(settings.secret),
            mailroom=Mailroom.of(settings),
        )


@dataclass(frozen=True)
class Job:
    """One job: looked for `every` so often, `after` that much from the start of each such period (UTC)."""

    name: str
    every: dt.timedelta
    run: Callable[[Installation, Community, dt.datetime], None]
    after: dt.timedelta = dt.timedelta(0)

    def period_start(self, now: dt.datetime) -> dt.datetime:
        """When the period began that `now` lies in; its instant is part of the keys of what is written."""
        return EPOCH + (now - self.after - EPOCH) // self.every * self.every + self.after

    def due_between(self, start: dt.datetime, end: dt.datetime, *, at_least: dt.timedelta) -> Iterator[dt.datetime]:
        """The instants after `start` up to `end` at which it comes due, not oftener than `at_least`."""
        step = max(self.every, at_least)
        due = EPOCH + (start - self.after - EPOCH) // step * step + self.after + step
        while due <= end:
            yield due
            due += step


def work(kind: upkeep.Work) -> Job:
    """The job that looks for a kind of work and does it, one write a piece."""

    def run(here: Installation, place: Community, period_start: dt.datetime) -> None:
        actor = Actor.system(place.id, kind.name)
        for turn in range(ROUNDS_MOST):
            with here.storage.read() as session:
                pieces = kind.due(session, actor, here.storage.clock())
            answers = [
                _write(here, kind, piece, actor, key=_key(kind, piece, actor, period_start, turn)) for piece in pieces
            ]
            if not any(answer.get("left") for answer in answers):
                return

    return Job(kind.name, kind.every, run)


def sign(here: Installation, place: Community, period_start: dt.datetime) -> None:
    """Sign the log if it grew.

    A process that has just begun may stand on a machine that was restored, memory and all: its witnesses are asked first.
    """
    if place.id not in here.asked:
        with suppress(BadPolicy):  # the job that asks tells of it
            _ask(here, place, anyway=True)
        here.asked.add(place.id)
    evidence.checkpoint(here.storage, place.id, seals.seal_of(here.keys, place.code))


def ask_witnesses(here: Installation, place: Community, period_start: dt.datetime) -> None:
    """Ask the witnesses of the operator's policy to sign the newest checkpoint."""
    _ask(here, place, anyway=False)


def compare(here: Installation, place: Community, period_start: dt.datetime) -> None:
    """Compare what is stored with the leaves, and the domain's rows with the entries; differences are alarms."""
    told = 0
    with here.storage.read() as session:
        for difference in projections.differences(session.connection(), place.id):
            log.error("projection differs", community=place.code, table=difference.table, row=difference.row)
            told += 1
            if told == DIFFERENCES_TOLD:
                break
        for finding in checks.find(session, actor=Actor.system(place.id, "compare"), limit=DIFFERENCES_TOLD):
            log.error(
                "row differs from entry", community=place.code, code=finding.code, what=finding.what, seq=finding.seq
            )
            told += 1
    log.info("compared", community=place.code, differences=told)


def forget_files(here: Installation, place: Community, period_start: dt.datetime) -> None:
    """Throw away bundles and prints whose time is over, where nobody asks for another one that would do it."""
    if here.data_dir is not None:
        bundles.throw_away(here.data_dir / "bundles", here.storage.clock())
        print_runs.throw_away(here.data_dir / "prints", here.storage.clock())


def send_notices(here: Installation, place: Community, period_start: dt.datetime) -> None:
    """Hand over the messages that are due."""
    if here.mailroom is not None:
        here.mailroom.send_due(here.storage, place)


def go_on_importing(here: Installation, place: Community, period_start: dt.datetime) -> None:
    """Go on with confirmed files that nobody goes on with: the server that did was restarted."""
    with here.storage.read() as session:
        found = imports.standing_still(session, place.id, now=here.storage.clock())
    for batch_id in found:
        log.info("import goes on", community=place.code, batch=batch_id.hex)
        try:
            importing.go_on(here.storage, place.id, batch_id)
        except Exception:
            # The other files have their own chance; this one is tried again in a minute, and is read in the log.
            log.exception("import stands still", community=place.code, batch=batch_id.hex)


def erase(here: Installation, place: Community, period_start: dt.datetime) -> None:
    """Erase who asked for it, when the days of notice are over."""
    erasing.work_off(here.storage, here.keys, place, data_dir=here.data_dir, vault=here.vault)


JOBS: tuple[Job, ...] = (
    Job("sign_checkpoints", MINUTE, sign),
    # A little after a signature, so that it finds the newest; every few minutes, since a witness is somebody else's machine.
    Job("ask_witnesses", 5 * MINUTE, ask_witnesses, after=dt.timedelta(seconds=20)),
    *(work(kind) for kind in upkeep.WORK),
    # A little after their deliveries are made.
    Job("send_notices", MINUTE, send_notices, after=dt.timedelta(seconds=10)),
    Job("forget_files", HOUR, forget_files),
    Job("go_on_importing", MINUTE, go_on_importing, after=dt.timedelta(seconds=30)),
    # 01:40 in China: SQLite's file may be written anew, and nobody writes meanwhile.
    Job("erase", DAY, erase, after=dt.timedelta(hours=17, minutes=40)),
    # 02:10 in China, when nobody scans.
    Job("compare", DAY, compare, after=dt.timedelta(hours=18, minutes=10)),
)


def run(job: Job, here: Installation) -> None:
    """Run a job once in every community; one that fails does not stop the others."""
    now = here.storage.clock()
    with here.storage.read() as session:
        places = communities.communities(session)
    for place in places:
        try:
            job.run(here, place, job.period_start(now))
        except (Refused, LogBroken, BadPolicy) as refused:
            log.warning("job refused", job=job.name, community=place.code, told=str(refused))
        except Exception:
            # The next community and the next period have their own chance; this is read in the log.
            log.exception("job failed", job=job.name, community=place.code)


def run_due(here: Installation, clock: Clock, *, until: dt.datetime, at_least: dt.timedelta = HOUR) -> int:
    """Move a demo's clock to `until`, stopping wherever a job comes due and running it; returns how many were run.

    What is looked for every few minutes is looked for once in `at_least` here: nobody scans in a time that is skipped.
    """
    start = clock.now()
    due = sorted(
        ((at, order) for order, job in enumerate(JOBS) for at in job.due_between(start, until, at_least=at_least)),
    )
    for at, together in groupby(due, key=itemgetter(0)):
        _go_to(clock, at)
        for _at, order in together:
            run(JOBS[order], here)
    _go_to(clock, until)
    return len(due)


def start(here: Installation) -> BackgroundScheduler:
    """Run the jobs in the background of this process from now on."""
    scheduler = BackgroundScheduler(
        timezone=dt.UTC,
        executors={"default": ThreadPoolExecutor(3)},
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": 60},
    )
    for job in JOBS:
        trigger = IntervalTrigger(seconds=int(job.every.total_seconds()), start_date=EPOCH + job.after, timezone=dt.UTC)
        scheduler.add_job(run, trigger, args=(job, here), id=job.name)
    scheduler.start()
    return scheduler


def lead(url: str, *, stopped: threading.Event) -> Connection | None:
    """Wait until this process leads, and return the connection that holds the lock; None if stopped before.

    The lock lives as long as the connection: a leader that is killed is followed within seconds.
    """
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    connection = engine.connect()
    while not stopped.is_set():
        if connection.exec_driver_sql(f"SELECT pg_try_advisory_lock({LEADER_LOCK})").scalar():
            return connection
        stopped.wait(LEADER_ASKS_EVERY)
    connection.close()
    engine.dispose()
    return None


def still_leads(connection: Connection) -> bool:
    """Whether the connection that holds the leader's lock still stands."""
    try:
        connection.exec_driver_sql("SELECT 1")
    except DBAPIError:
        return False
    return True


def serve(here: Installation, *, url: str, stopped: threading.Event) -> bool:
    """Be the process of the jobs on PostgreSQL until stopped; false if the lead was lost."""
    leader = lead(url, stopped=stopped)
    if leader is None:
        return True
    log.info("jobs lead")
    scheduler = start(here)
    try:
        while not stopped.wait(LEADER_ASKS_EVERY):
            if not still_leads(leader):
                log.error("jobs lost the lead")
                return False
        return True
    finally:
        scheduler.shutdown(wait=True)
        leader.close()


def _ask(here: Installation, place: Community, *, anyway: bool) -> None:
    policy = witnesses.policy_in(here.policy_of_witnesses)
    if policy is None:
        return
    for told in witnesses.Asking(here.storage, here.keys, place, policy, here.resting).ask(anyway=anyway):
        tell = log.info if told.outcome == "signed" else log.warning
        tell("witness asked", community=place.code, witness=told.witness, outcome=told.outcome, told=told.told)


def _go_to(clock: Clock, at: dt.datetime) -> None:
    """Move the clock forward to an instant; it moves by whole seconds, so it may stand up to one later."""
    clock.advance(dt.timedelta(seconds=max(math.ceil((at - clock.now()).total_seconds()), 0)))


def _key(kind: upkeep.Work, piece: upkeep.Piece, actor: Actor, period_start: dt.datetime, turn: int) -> uuid.UUID:
    """The same for the same piece of the same turn in the same period: what is done twice is done once."""
    return job_key(communities.community_of(actor), f"{kind.name}/{piece.name}/{turn}", period_start, str(kind.every))


def _write(
    here: Installation, kind: upkeep.Work, piece: upkeep.Piece, actor: Actor, *, key: uuid.UUID
) -> dict[str, object]:
    community_id = communities.community_of(actor)
    use_case = f"upkeep.{kind.name}"
    try:
        return here.storage.write(community_id, key, piece.change, actor=actor.number, use_case=use_case, content={})
    except Refused as refused:
        # Somebody was faster, or one piece cannot be done now: the others go on.
        log.warning("job piece refused", job=kind.name, piece=piece.name, community_id=community_id, code=refused.code)
        return {}

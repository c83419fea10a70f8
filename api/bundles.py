"""Evidence bundles, and the books as plain text: made in the background, found again by their name, thrown away after a day.

A log of a city takes minutes to pack, longer than anybody keeps a page open. What is in the making, and how far, stands
beside the file, so that the page can be left and found again, and so that a restart forgets nothing but the unfinished.
"""

import datetime as dt
import json
import secrets
import threading
import zipfile
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import IO, Any

import structlog

from api import drafts, seals
from api.keys import SigningKeys
from ledger.exports.journal import Progress, Wanted
from timebank import evidence, exports, permissions, policy
from timebank.people import communities
from timebank.people.communities import Community
from timebank.permissions import Actor
from timebank.reports import Period
from timebank.storage import Storage

log = structlog.get_logger()

KEPT = dt.timedelta(days=1)
PUBLIC = "public"
BUNDLE = "bundle"
EXPORTS = ("beancount", "csv")
Fill = Callable[[IO[bytes], Progress], object]  # writes the file


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """One file: `state` is making, ready or failed; `done` of `size` entries are written. `asked_at` in ms.

    `form`: bundle, or a plain-text export: beancount or csv. All are zip archives.
    """

    name: str
    community: str
    form: str = BUNDLE
    details: bool
    asked_by: str
    asked_at: int
    state: str = "making"
    done: int = 0
    size: int = 0
    failed: str = ""


class Bundles:
    """The folder of bundles of one installation."""

    def __init__(self, folder: Path, storage: Storage, keys: SigningKeys) -> None:
        self.folder = folder
        self._storage = storage
        self._keys = keys
        self._making = threading.Lock()  # one at a time: each reads the whole log
        self._threads: list[threading.Thread] = []

    def begin(
        self, *, actor: Actor, community: Community, period: Period, details: bool, public: bool = False
    ) -> Bundle:
        """Begin to make a bundle and say under which name it will be found.

        Raises:
            Forbidden, SeedMissing.
        """
        use_case = "evidence.bundle_with_details" if details else "evidence.bundle"
        permissions.require(actor, use_case, community_id=community.id)
        seal = seals.seal_of(self._keys, community.code)
        now = self._storage.clock()
        throw_away(self.folder, now)
        name = f"{community.code}-{PUBLIC if public else secrets.token_hex(8)}"
        bundle = Bundle(
            name=name,
            community=community.code,
            details=details,
            asked_by=actor.number,
            asked_at=int(now.timestamp() * 1000),
        )

        def fill(file: IO[bytes], progress: Progress) -> None:
            evidence.bundle(
                self._storage,
                actor=actor,
                community_id=community.id,
                seal=seal,
                file=file,
                period=(period.start, period.end),
                details=details,
                policy=self._policy(community),
                progress=progress,
            )

        return self._begun(bundle, fill)

    def begin_export(self, *, actor: Actor, community: Community, form: str, wanted: Wanted) -> Bundle:
        """Begin to write the books as plain text, `form` being one of EXPORTS, and say under which name they will be found.

        Raises:
            Forbidden.
        """
        permissions.require(actor, exports.USE_CASE, community_id=community.id)
        now = self._storage.clock()
        throw_away(self.folder, now)
        bundle = Bundle(
            name=f"{community.code}-{secrets.token_hex(8)}",
            community=community.code,
            form=form,
            details=False,
            asked_by=actor.number,
            asked_at=int(now.timestamp() * 1000),
        )
        told: dict[str, Any] = {"actor": actor, "community_id": community.id, "wanted": wanted}

        def fill(file: IO[bytes], progress: Progress) -> None:
            with zipfile.ZipFile(file, "w") as archive:
                files = drafts.Zip(archive, at=now)
                if form == "csv":
                    exports.write_tables(self._storage, files=files, progress=progress, **told)
                    return
                with files.open(f"{community.code}.beancount") as journal:
                    exports.write_journal(self._storage, file=journal, progress=progress, **told)

        return self._begun(bundle, fill)

    def finish(self) -> None:
        """Wait until all that was begun is made."""
        for thread in self._threads:
            thread.join()

    def find(self, community_code: str, name: str) -> Bundle | None:
        """A bundle of a community by its name."""
        if not name.startswith(f"{community_code}-") or not name.replace("-", "").isalnum():
            return None
        path = self._about(name)
        return Bundle(**json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else None

    def public(self, community_code: str) -> Bundle | None:
        """The plain bundle that anybody may take, if one was made today."""
        return self.find(community_code, f"{community_code}-{PUBLIC}")

    def all(self, community_code: str, *forms: str) -> list[Bundle]:
        """The bundles of a community, or its files of other forms, newest first."""
        found = [self.find(community_code, path.stem) for path in self.folder.glob(f"{community_code}-*.json")]
        wanted = forms or (BUNDLE,)
        return sorted((one for one in found if one and one.form in wanted), key=lambda one: -one.asked_at)

    def path(self, bundle: Bundle) -> Path:
        return self.folder / f"{bundle.name}.zip"

    def _begun(self, bundle: Bundle, fill: Fill) -> Bundle:
        self._write(bundle)
        thread = threading.Thread(target=self._make, args=(bundle, fill), name=f"bundle-{bundle.name}", daemon=True)
        self._threads = [one for one in self._threads if one.is_alive()] + [thread]
        thread.start()
        return bundle

    def _make(self, bundle: Bundle, fill: Fill) -> None:
        draft = self.folder / f"{bundle.name}.part"
        made = bundle

        def progress(done: int, size: int) -> None:
            nonlocal made
            if not size or done == size or done - made.done >= size // 50:
                made = replace(made, done=done, size=size)
                self._write(made)

        try:
            with self._making, draft.open("wb") as file:
                fill(file, progress)
            draft.replace(self.path(bundle))
            self._write(replace(made, state="ready", done=made.size))
        except Exception as error:
            # The thread has nobody above it: what went wrong is told on the page and in the log.
            log.exception("bundle failed", community=bundle.community)
            draft.unlink(missing_ok=True)
            self._write(replace(made, state="failed", failed=getattr(error, "code", "internal_error")))

    def _policy(self, community: Community) -> dict[str, Any]:
        with self._storage.read() as session:
            today = communities.local_day(community, self._storage.clock())
            return asdict(policy.of(session, community.id, today))

    def _about(self, name: str) -> Path:
        return self.folder / f"{name}.json"

    def _write(self, bundle: Bundle) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = self.folder / f".{bundle.name}.{secrets.token_hex(4)}"
        draft.write_text(json.dumps(asdict(bundle)), encoding="utf-8")
        draft.replace(self._about(bundle.name))


def throw_away(folder: Path, now: dt.datetime) -> None:
    """Throw away what was asked for more than a day ago, also what was never finished."""
    oldest = int((now - KEPT).timestamp() * 1000)
    for about in folder.glob("*.json"):
        if json.loads(about.read_text(encoding="utf-8"))["asked_at"] < oldest:
            forget(about)


def forget(about: Path) -> int:
    """Throw away a file by what stands beside it, finished or not; returns how many files that were."""
    gone = 0
    for path in (about, about.with_suffix(".zip"), about.with_suffix(".part")):
        gone += path.exists()
        path.unlink(missing_ok=True)
    return gone

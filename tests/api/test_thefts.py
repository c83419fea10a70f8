"""What a thief of the database or of a backup finds: no seed, no secret, no identity number, no password in clear."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from api import backups
from api.keys import SigningKeys
from api.settings import Settings
from tests.client import Client
from tests.village import SECRET, lasting_village
from timebank.people import residents
from timebank.people.identity import Vault
from timebank.people.residents import Particulars
from timebank.permissions import Actor

IDENTITY = "32010219550308242X"


def test_a_backup_holds_no_seed_no_secret_and_no_identity_number(tmp_path: Path, schema_folder: Path) -> None:
    (tmp_path / "data").mkdir()
    with lasting_village(tmp_path / "data", schema_folder) as village:
        console = Actor.console(village.community_id, "test")

        def admit(session: Any, now: Any) -> dict[str, Any]:
            told = Particulars(name="王秀英", identity_number=IDENTITY, phone="13851234567")
            person = residents.admit(
                session, actor=console, now=now, particulars=told, area_path=village.area_path, vault=Vault(SECRET)
            )
            return {"number": person.number}

        village.write(admit)
        settings = Settings(data_dir=tmp_path / "data", database_url=village.owner_url)
        keys = SigningKeys(settings.keys)
        keys.create(village.code)
        (settings.data_dir / "secret").write_bytes(SECRET)
        seed = (settings.keys / f"{village.code}.seed").read_bytes()
        folder = backups.make(settings, tmp_path / "backup")
    taken = b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())
    assert len(seed) >= 32
    for what in (seed, seed.hex().encode(), SECRET, IDENTITY.encode(), IDENTITY[:14].encode()):
        assert what not in taken
    assert "王秀英".encode() in taken  # names are in clear: docs/threats.md says so
    assert b"13851234567" in taken


def test_scripts_cannot_read_the_sessions_cookie(client: Client) -> None:
    client.sign_in(roles=["auditor"])
    page = client.post("/sign-out")
    cookies = [value for name, value in page.headers if name == "Set-Cookie" and value.startswith("timebank=")]
    assert cookies
    assert all("HttpOnly" in value and "SameSite=Lax" in value for value in cookies)

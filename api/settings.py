"""What an installation is told from outside: addresses, folders and switches, read from the environment.

Every setting is `TIMEBANK_<NAME>`. Secrets are files in the data folder, made on first start and readable by their
owner alone; the signing seeds of the logs lie there too, outside the database and its backups.
"""

import os
import secrets
from functools import cached_property
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from api.clock import Clock

SECRET_BYTES = 32
LOOPBACK = ("127.0.0.1", "::1", "localhost")


class Settings(BaseSettings):
    """One installation."""

    model_config = SettingsConfigDict(env_prefix="TIMEBANK_", frozen=True, extra="ignore")

    data_dir: Path = Field(
        default=Path("timebank-data"), description="database, secrets and keys, if not said otherwise"
    )
    database_url: str = Field(default="", description="SQLAlchemy URL; a SQLite file in data_dir if empty")
    owner_url: str | None = Field(default=None, description="the role that owns the tables: migrations and rebuilds")
    public_url: str = Field(default="http://127.0.0.1:8000", description="what cards and codes point to")
    installation: str = Field(
        default="timebank.example", pattern=r"^[a-z0-9][a-z0-9.-]{0,62}$", description="part of each log's origin"
    )
    keys_dir: Path | None = Field(default=None, description="signing seeds; data_dir/keys if empty")
    witness_name: str = Field(
        default="",
        pattern=r"^([a-z0-9][a-z0-9./-]{0,126})?$",
        description="this installation as a witness for others; <installation>/witness if empty, and never changed later",
    )
    witness_policy: Path | None = Field(
        default=None, description="which witnesses sign our checkpoints; data_dir/witness-policy.txt if empty"
    )
    notices: Literal["off", "console", "smtp"] = Field(
        default="off", description="who carries notices out of the house; off: they stay in people's lists"
    )
    mail_from: str = Field(default="", description="the address that mails come from")
    smtp_host: str = ""
    smtp_port: int = Field(default=587, ge=1, le=65535)
    smtp_security: Literal["starttls", "tls", "none"] = Field(
        default="starttls", description="none only to a server on the same machine"
    )
    smtp_user: str = ""
    smtp_password: SecretStr = SecretStr("")
    demo: bool = Field(default=False, description="a demo: the clock can be moved, and every page says so")
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    threads: int = Field(default=32, ge=1, le=256, description="requests worked on at once")

    @field_validator("public_url")
    @classmethod
    def without_slash(cls, value: str) -> str:
        return value.rstrip("/")

    @model_validator(mode="after")
    def whole_mail(self) -> Self:
        """Mail needs a server and an address; a password does not go over an open line."""
        if self.notices == "smtp":
            missing = [name for name in ("smtp_host", "mail_from") if not getattr(self, name)]
            if missing:
                raise ValueError(f"TIMEBANK_NOTICES=smtp needs TIMEBANK_{missing[0].upper()}")
            if self.smtp_security == "none" and self.smtp_user and self.smtp_host not in LOOPBACK:
                raise ValueError("TIMEBANK_SMTP_SECURITY=none would send the password in the open")
        return self

    @property
    def url(self) -> str:
        """The database; the folder of a SQLite file is made by `prepare`."""
        return self.database_url or f"sqlite:///{(self.data_dir / 'timebank.sqlite').absolute()}"

    @property
    def keys(self) -> Path:
        return self.keys_dir or self.data_dir / "keys"

    @property
    def own_witness_name(self) -> str:
        return self.witness_name or f"{self.installation}/witness"

    @property
    def policy_of_witnesses(self) -> Path:
        return self.witness_policy or self.data_dir / "witness-policy.txt"

    @property
    def https(self) -> bool:
        return self.public_url.startswith("https://")

    @property
    def clock(self) -> Clock:
        """The clock of this installation; a demo's may run ahead."""
        return Clock(self.data_dir / "clock-offset" if self.demo else None)

    @cached_property
    def secret(self) -> bytes:
        """What cookies, tickets and codes are made with; made on first use."""
        return kept_secret(self.data_dir / "secret")

    def pass_on(self) -> None:
        """Let processes that this one starts read the same settings from their environment."""
        open_values = {"smtp_password": self.smtp_password.get_secret_value()}
        for name, value in (self.model_dump(mode="json", exclude_none=True) | open_values).items():
            os.environ[f"TIMEBANK_{name.upper()}"] = str(value)

    def prepare(self) -> Self:
        """Make the folders that are missing, readable by their owner alone."""
        for folder in (self.data_dir, self.keys):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self


def kept_secret(path: Path) -> bytes:
    """The secret in this file, made first if there is none.

    Two processes that start at once agree: the second finds the first one's file whole, since a link appears at once
    with its content.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(SECRET_BYTES))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    secret = path.read_bytes()
    if len(secret) != SECRET_BYTES:
        raise RuntimeError(f"{path} holds {len(secret)} bytes, not {SECRET_BYTES}: restore it from its own backup")
    return secret

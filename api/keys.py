"""The signing seeds of the communities' logs: one Ed25519 seed a community, in files outside the database.

Who steals the database cannot sign, and who steals a seed is found by an older checkpoint. A seed is never shown,
never logged, and never overwritten.
"""

from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from api.settings import kept_secret


@dataclass(frozen=True)
class SigningKeys:
    """The folder of the seeds; files are named by community code."""

    folder: Path

    def create(self, community_code: str) -> bytes:
        """Make the community's seed if there is none, and return the public key (32 bytes)."""
        kept_secret(self._path(community_code))
        return self.public_key(community_code)

    def exists(self, community_code: str) -> bool:
        return self._path(community_code).is_file()

    def public_key(self, community_code: str) -> bytes:
        return self._load(community_code).public_key().public_bytes_raw()

    def sign(self, community_code: str, message: bytes) -> bytes:
        """The Ed25519 signature (64 bytes) of the community's log key."""
        return self._load(community_code).sign(message)

    def _load(self, community_code: str) -> Ed25519PrivateKey:
        path = self._path(community_code)
        if not path.is_file():
            raise FileNotFoundError(f"no signing seed for community {community_code} in {self.folder}")
        return Ed25519PrivateKey.from_private_bytes(kept_secret(path))

    def _path(self, community_code: str) -> Path:
        if not (community_code.isascii() and community_code.replace("-", "").isalnum()):
            raise ValueError(f"not a community code: {community_code!r}")
        return self.folder / f"{community_code}.seed"

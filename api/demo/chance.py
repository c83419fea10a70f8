"""Chance in the demo: drawn from a seed, so that every filling tells the same story (keys and salts apart)."""

from random import Random  # noqa: TID251 - the demo's story is drawn, nothing secret is

SEED = "a village by the willow brook"


def stream(of: str) -> Random:
    """The chance of one part of the story; drawing more in one part changes nothing in the others."""
    return Random(f"{SEED}/{of}")  # noqa: S311 - see above


__all__ = ["Random", "stream"]

"""Real input that travels with the software: two points tables as published, and the goods of a points shop."""

from importlib import resources

TABLES = ("points-table-residents.csv", "points-table-mixed.csv")
GOODS = "shop-items.csv"


def sample(name: str) -> bytes:
    """The bytes of a sample as they would be uploaded."""
    return resources.files(__name__).joinpath(name).read_bytes()

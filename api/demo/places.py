"""The areas of the demo: a county that there is not, with a village and an urban community in one township."""

from dataclasses import dataclass

from timebank.people.areas import AreaRow

PROVINCE, CITY, COUNTY, TOWNSHIP = "32", "3201", "320199", "320199101"


@dataclass(frozen=True)
class Place:
    """One community to open: its area, its grids, and how each grid is divided (numbers of groups or buildings)."""

    community_id: int
    code: str
    name: str
    area_code: str
    profile: str
    grids: tuple[tuple[str, tuple[str, ...]], ...]
    officers: tuple[str, str]

    def buildings(self) -> list[tuple[str, str]]:
        """Every group or building: its code and its name for an address."""
        found = []
        for at, (_, parts) in enumerate(self.grids, 1):
            for part, name in enumerate(parts, 1):
                found.append((f"{self.area_code}{at:02}{part:02}", name))
        return found

    @property
    def path(self) -> str:
        return f"/{PROVINCE}/{CITY}/{COUNTY}/{TOWNSHIP}/{self.area_code}/"


VILLAGE = Place(
    community_id=1,
    code="BGC",
    name="白果村",
    area_code="320199101201",
    profile="nanjing-2019",
    grids=(
        ("桥东网格", ("桥东一组", "桥东二组", "桥东三组")),
        ("桥西网格", ("桥西一组", "桥西二组", "桥西三组")),
        ("柳堤网格", ("柳堤一组", "柳堤二组")),
        ("竹园网格", ("竹园一组", "竹园二组", "竹园三组")),
    ),
    officers=("周正平", "陈永兰"),
)
URBAN = Place(
    community_id=2,
    code="LXS",
    name="柳溪社区",
    area_code="320199101001",
    profile="shanghai-2026",
    grids=(
        ("溪南网格", ("1幢", "2幢", "3幢")),
        ("溪北网格", ("5幢", "6幢")),
    ),
    officers=("顾敏华", "沈文斌"),
)
PLACES = (VILLAGE, URBAN)


def area_rows() -> list[AreaRow]:
    """The whole tree, as its table would be read."""
    rows = [
        (PROVINCE, "江苏省", "province", ""),
        (CITY, "南京市", "city", PROVINCE),
        (COUNTY, "清河县", "county", CITY),
        (TOWNSHIP, "柳溪镇", "township", COUNTY),
    ]
    for place in PLACES:
        rows.append((place.area_code, place.name, "community", TOWNSHIP))
        for at, (grid, parts) in enumerate(place.grids, 1):
            rows.append((f"{place.area_code}{at:02}", grid, "grid", place.area_code))
            for part, name in enumerate(parts, 1):
                rows.append((f"{place.area_code}{at:02}{part:02}", name, "building", f"{place.area_code}{at:02}"))
    return [
        AreaRow(number=number, code=code, name=name, level=level, parent=parent)
        for number, (code, name, level, parent) in enumerate(rows, 2)
    ]

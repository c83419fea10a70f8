"""Opening a community, and the tree of areas that it stands in."""

import pytest
from sqlalchemy import func, select

from tests.village import Database, Village, open_village
from timebank.errors import Refused
from timebank.people import areas, communities
from timebank.people.areas import AreaRow
from timebank.permissions import Actor, Grant

CONSOLE = Actor.console(None, "test")


def rows(*lines: tuple[str, str, str, str]) -> list[AreaRow]:
    return [AreaRow(number, *line) for number, line in enumerate(lines, start=2)]


def import_tree(db: Database, table: list[AreaRow], actor: Actor = CONSOLE) -> dict[str, int]:
    done: dict[str, int] = db.storage.write_global(
        lambda session, now: areas.import_tree(session, actor=actor, now=now, rows=table)
    )
    return done


TREE = rows(
    ("3205", "苏州市", "city", ""),
    ("320583", "昆山市", "county", "3205"),
    ("32058301", "玉山镇", "township", "320583"),
    ("3205830101", "桃源村", "community", "32058301"),
)


def test_importing_the_same_tree_again_changes_nothing(db: Database) -> None:
    assert import_tree(db, TREE) == {"added": 4, "renamed": 0, "kept": 0}
    assert import_tree(db, TREE) == {"added": 0, "renamed": 0, "kept": 4}
    with db.storage.read() as session:
        village = areas.area(session, "3205830101")
        assert village.path == "/3205/320583/32058301/3205830101/"
        assert areas.names_along(session, village.path) == ["苏州市", "昆山市", "玉山镇", "桃源村"]
        assert [found.code for found in areas.under(session, "/3205/320583/")] == ["320583", "32058301", "3205830101"]


def test_the_order_of_rows_does_not_matter_and_names_may_change(db: Database) -> None:
    import_tree(db, TREE[::-1])
    assert import_tree(db, rows(("320583", "昆山", "county", "3205"))) == {"added": 0, "renamed": 1, "kept": 0}


@pytest.mark.parametrize(
    "lines, number, problem",
    [
        ([("a", "甲", "city", "b"), ("b", "乙", "county", "a")], 2, "cycle"),
        ([("A", "甲", "city", "A")], 2, "cycle"),
        ([("A", "甲", "county", "9")], 2, "orphan"),
        ([("A", "甲", "city", ""), ("A", "乙", "city", "")], 3, "code_twice"),
        ([("A", "甲", "city", ""), ("B", "甲", "city", "")], 3, "name_twice"),
        ([("A", "甲", "county", ""), ("B", "乙", "city", "A")], 3, "level_order"),
        ([("A", "甲", "planet", "")], 2, "level"),
        ([("", "甲", "city", "")], 2, "code_missing"),
        ([("A", "", "city", "")], 2, "name_missing"),
    ],
)
def test_what_is_no_tree_is_refused_by_row(lines: list[tuple[str, str, str, str]], number: int, problem: str) -> None:
    table = rows(*[(code.upper(), name, level, parent.upper()) for code, name, level, parent in lines])
    refused = [row for row in areas.plan(table, {}) if row.problems]
    assert (refused[0].row.number, refused[0].problems[0]) == (number, problem)


def test_nothing_of_a_refused_table_is_written(db: Database) -> None:
    with pytest.raises(areas.AreaRowsRefused) as refused:
        import_tree(db, [*TREE, *rows(("9", "孤", "county", "8"))])
    assert refused.value.facts["rows"] == 1
    with db.storage.read() as session:
        assert areas.by_code(session) == {}


def test_moving_a_known_area_is_refused(db: Database) -> None:
    import_tree(db, TREE)
    with pytest.raises(areas.AreaRowsRefused):
        import_tree(db, rows(("32058301", "玉山镇", "township", "3205")))


def test_only_operators_import_areas_and_open_communities(db: Database) -> None:
    stranger = Actor(None, "someone", grants=(Grant("community_manager", "/"),), area_path="/")
    with pytest.raises(Refused) as refused:
        import_tree(db, TREE, actor=stranger)
    assert refused.value.code == "forbidden"
    operator = Actor(None, "someone", grants=(Grant("operator", "/"),), area_path="/")
    assert import_tree(db, TREE, actor=operator)["added"] == 4


def test_a_new_community_has_its_log_its_quotas_and_its_policy(village: Village) -> None:
    from ledger import reading
    from timebank import accounts, policy

    with village.read() as session:
        community = communities.community(session, village.community_id)
        assert (community.name, community.profile, community.area_path) == ("太平里社区", "default", village.area_path)
        assert communities.by_code(session, "TPL") == community
        kinds = [entry.kind for seq in range(2) if (entry := reading.entry(session, village.community_id, seq))]
        assert kinds == ["rule", "key"]
        kinds = [entry.kind for entry in reading.entries(session, village.community_id, limit=50)]
        assert kinds.count("limit") == 4
        assert kinds.count("open") == len(accounts.FIXED)
        default = policy.PROFILES["default"]
        assert reading.account(session, village.community_id, accounts.ISSUE_MIN).quota == default.quota_min_minutes
        assert policy.of(session, village.community_id, village.today) == default


@pytest.mark.parametrize("profile", ["nanjing-2019", "beijing-2022", "shanghai-2026", "default"])
def test_every_profile_opens(db: Database, profile: str) -> None:
    assert open_village(db, code="P1", name="社区", area_code="3201020101", profile=profile).community_id == 1


@pytest.mark.parametrize(
    "changed, code",
    [
        ({"area_code": "3201020101"}, "community_code_taken"),
        ({"area_code": "32010201"}, "community_refused"),
        ({"area_code": "nowhere"}, "not_found"),
        ({"code": "x y"}, "community_refused"),
        ({"profile": "mars"}, "unknown_profile"),
    ],
)
def test_a_refused_opening_leaves_nothing(db: Database, village: Village, changed: dict[str, str], code: str) -> None:
    asked = {"code": "NEW", "name": "新村", "area_code": "3201020102", "profile": "default"} | changed
    with pytest.raises(Refused) as refused:
        open_village(db, community_id=2, **asked)
    assert refused.value.code == code
    with db.storage.read() as session:
        assert session.scalar(select(func.count()).select_from(communities.Community)) == 1


def test_a_code_that_is_taken_is_refused_before_a_log_is_made(village: Village) -> None:
    with village.read() as session, pytest.raises(communities.CommunityCodeTaken) as refused:
        communities.refuse_if_taken(session, code="TPL", area_code="3201020102")
    assert refused.value.facts["community"] == "TPL"

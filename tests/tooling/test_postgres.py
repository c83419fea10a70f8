"""The PostgreSQL server of the tests is the one a county would run: safe settings, and a role that owns nothing."""

import psycopg
import pytest

from tests.lending import Lender
from tests.postgres import APP_ROLE, OWNER_ROLE, DatabaseUrls, PostgresServer

pytestmark = pytest.mark.postgres


def signed_in(url: str) -> psycopg.Connection:
    return psycopg.connect(url.replace("+psycopg", ""), autocommit=True)


def value(url: str, question: str) -> object:
    with signed_in(url) as connection:
        row = connection.execute(question.encode()).fetchone()
        assert row is not None
        return row[0]


@pytest.mark.parametrize("setting", ["fsync", "synchronous_commit", "full_page_writes"])
def test_a_commit_is_on_disk_before_it_is_acknowledged(postgres_server: PostgresServer, setting: str):
    assert value(postgres_server.new_database().app_url, f"SHOW {setting}") == "on"


def test_synchronous_commit_can_be_given_up_for_one_database_only(postgres_server: PostgresServer):
    hurried = postgres_server.new_database(synchronous_commit=False)
    assert value(hurried.app_url, "SHOW synchronous_commit") == "off"
    assert value(postgres_server.new_database().app_url, "SHOW synchronous_commit") == "on"


def test_the_application_can_make_and_own_nothing(postgres_server: PostgresServer):
    database = postgres_server.new_database()
    assert value(database.app_url, "SELECT current_user") == APP_ROLE
    assert value(database.owner_url, "SELECT current_user") == OWNER_ROLE
    with signed_in(database.owner_url) as owner:
        owner.execute("CREATE TABLE kept (n bigint)")
    with signed_in(database.app_url) as application:
        for forbidden in (b"CREATE TABLE mine (n bigint)", b"DROP TABLE kept", b"SELECT n FROM kept"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                application.execute(forbidden)


def test_a_database_like_a_template_holds_what_the_template_holds(postgres_server: PostgresServer):
    def fill(template: DatabaseUrls) -> None:
        with signed_in(template.owner_url) as owner:
            owner.execute("CREATE TABLE kept AS SELECT 7 AS n")

    postgres_server.make_template("seven", fill)
    first, second = (postgres_server.new_database(like="seven") for _ in range(2))
    with signed_in(first.owner_url) as owner:
        owner.execute("UPDATE kept SET n = 8")
    assert value(second.owner_url, "SELECT n FROM kept") == 7
    postgres_server.drop_database(first)
    with pytest.raises(psycopg.OperationalError):
        signed_in(first.owner_url)


@pytest.fixture(scope="module")
def lender(postgres_server: PostgresServer) -> Lender:
    """Databases like one that holds a table with a row, and an empty one with a guard that lets nothing be deleted."""

    def fill(template: DatabaseUrls) -> None:
        with signed_in(template.owner_url) as owner:
            owner.execute("CREATE TABLE kept AS SELECT 7 AS n")
            owner.execute("CREATE TABLE filled (id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY, n bigint)")
            owner.execute(
                "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE 'only added to'; END$$"
            )
            owner.execute("CREATE TRIGGER guard BEFORE DELETE ON filled FOR EACH ROW EXECUTE FUNCTION refuse()")

    return Lender(postgres_server, postgres_server.make_template("lent", fill))


def test_a_database_that_is_lent_again_is_as_it_was_made(lender: Lender):
    lent = lender.lend()
    left_open = signed_in(lent.urls.owner_url)
    left_open.execute("BEGIN; INSERT INTO filled (n) VALUES (1)")
    with signed_in(lent.urls.owner_url) as owner:
        owner.execute("INSERT INTO filled (n) SELECT * FROM generate_series(1, 1000)")
    lender.take_back(lent)
    left_open.close()
    assert lender.lend() is lent
    assert value(lent.urls.owner_url, "SELECT count(*) FROM filled") == 0
    assert value(lent.urls.owner_url, "INSERT INTO filled (n) VALUES (1) RETURNING id") == 1
    assert value(lent.urls.owner_url, "SELECT n FROM kept") == 7


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE filled DISABLE TRIGGER guard",
        "ALTER TABLE filled DROP COLUMN n",
        "CREATE INDEX more ON filled (n)",
        "DROP TRIGGER guard ON filled",
        "GRANT SELECT ON filled TO timebank_app",
        "UPDATE kept SET n = 8",
        "CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN OLD; END$$",
        "INSERT INTO filled (n) VALUES (1); ANALYZE filled",
        "INSERT INTO filled (n) SELECT * FROM generate_series(1, 100000)",
    ],
)
def test_a_database_in_which_more_than_rows_was_changed_is_thrown_away(lender: Lender, change: str):
    lent = lender.lend()
    with signed_in(lent.urls.owner_url) as owner:
        owner.execute(change.encode())
    lender.take_back(lent)
    with pytest.raises(psycopg.OperationalError):
        signed_in(lent.urls.owner_url)

"""The fixtures of all tests; what they make is told where it is made."""

import gc

from tests.client import app as app
from tests.client import app_without_database as app_without_database
from tests.client import client as client
from tests.client import standing_app as standing_app
from tests.needed import pytest_runtest_makereport as pytest_runtest_makereport
from tests.postgres import postgres_server as postgres_server
from tests.village import db as db
from tests.village import other_village as other_village
from tests.village import postgres_lender as postgres_lender
from tests.village import postgres_template as postgres_template
from tests.village import schema_folder as schema_folder
from tests.village import sharing_statements as sharing_statements
from tests.village import village as village


def pytest_collection_finish() -> None:
    """What stands after collecting stands to the end: the collector of garbage need not look at it again and again."""
    gc.collect()
    gc.freeze()

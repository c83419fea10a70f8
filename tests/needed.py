"""Where CI runs, the tools that tests need must be there: what is skipped for want of one has failed."""

import os
from collections.abc import Generator

import pytest

MISSING = "not installed"  # so say all skips for want of a tool


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    why = report.longrepr[2] if report.skipped and isinstance(report.longrepr, tuple) else ""
    if os.environ.get("CI") and MISSING in why:
        report.outcome, report.longrepr = "failed", f"{item.nodeid}: {why}"
    return report

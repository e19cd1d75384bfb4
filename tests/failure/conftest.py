"""Failure tests take minutes at full length: their own time-outs, one at a time, and a table of what was counted."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.failure.stand import SOAK, Count

RESULTS = Path(__file__).resolve().parents[2] / "artifacts" / "failure.jsonl"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/failure/" in str(item.path):
            item.add_marker(pytest.mark.failure)
            item.add_marker(pytest.mark.broker)
            item.add_marker(pytest.mark.xdist_group("failure"))
            item.add_marker(pytest.mark.timeout(3_600 if SOAK else 180))


@pytest.fixture
def report(request: pytest.FixtureRequest) -> Iterator[list[Count]]:
    """Counts a test wants in the table of docs/benchmarks.md."""
    counts: list[Count] = []
    yield counts
    RESULTS.parent.mkdir(exist_ok=True)
    with RESULTS.open("a") as table:
        for count in counts:
            row = {"test": request.node.name, "soak": SOAK, "sent": count.sent, "stored": count.stored}
            row |= {"lost": count.lost, "duplicated": count.duplicated, "time_error_s": count.worst_time_error_s}
            table.write(json.dumps(row | {"worker": os.environ.get("PYTEST_XDIST_WORKER", "")}) + "\n")

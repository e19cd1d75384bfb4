"""Failure tests take minutes at full length: their own time-outs, one at a time, and a table of what was counted."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.failure.production import ProductionStand
from tests.failure.stand import SOAK, Count, Stand

RESULTS = Path(__file__).resolve().parents[2] / "artifacts" / "failure.jsonl"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/failure/" in str(item.path):
            item.add_marker(pytest.mark.failure)
            item.add_marker(pytest.mark.broker)
            item.add_marker(pytest.mark.timeout(3_600 if SOAK else 180))


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    """One stand for the tests of a module: starting a hub and its brokers is most of what such a test costs."""
    with Stand(tmp_path_factory.mktemp("stand"), persistent_broker=True, places=40) as running:
        yield running


@pytest.fixture
def stand(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stand]:
    """The module's stand made new; a stand of its own where the test asks for other settings."""
    if hasattr(request, "param"):
        with Stand(tmp_path, **request.param) as own:
            yield own
        return
    shared: Stand = request.getfixturevalue("standing")
    shared.renew()
    yield shared
    shared.feeder.stop()
    if shared.onlooker is not None:
        shared.onlooker.end()


@pytest.fixture(scope="session")
def production_standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProductionStand]:
    """One production stack for all modules: its servers take longest to set up."""
    with ProductionStand(tmp_path_factory.mktemp("production"), persistent_broker=True, places=40) as running:
        yield running


@pytest.fixture
def production(production_standing: ProductionStand) -> Iterator[ProductionStand]:
    """The production stack made new."""
    production_standing.renew()
    yield production_standing
    production_standing.feeder.stop()
    if production_standing.onlooker is not None:
        production_standing.onlooker.end()


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

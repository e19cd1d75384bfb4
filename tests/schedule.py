"""Which tests run one after another in one worker, and what begins first: long things, so both workers end together.

pytest-xdist's own groups are set on names of tests that pytest 9 no longer lets it change: they have no effect.
"""

from typing import Any

import pytest
from xdist.scheduler.loadscope import LoadScopeScheduling  # type: ignore[import-untyped]

# The longest first. What stands beside another of its kind would only be slower, or is set up once a worker.
GROUPS = (
    ("production", ("tests/failure/test_production_",)),
    ("outages", ("tests/failure/", "tests/acceptance/", "tests/commands/test_backup.py")),
    ("demo", ("tests/demo/test_demo.py",)),
    ("browser", ("tests/browser/",)),
    ("dashboards", ("tests/dashboards/test_panels.py", "tests/dashboards/test_truth.py")),
    ("operations", ("tests/docs/test_operations_page.py", "tests/deploy/test_images.py")),
    ("benchmarks", ("tests/benchmarks/",)),
    ("agents", ("tests/edge/test_failures.py",)),
    ("orders", ("tests/hub/commands/",)),
)


def rank(name: str) -> int:
    """Of a test's name: its group's place in the table, or behind all groups."""
    return next((at for at, (_, paths) in enumerate(GROUPS) if name.startswith(paths)), len(GROUPS))


class Schedule(LoadScopeScheduling):  # type: ignore[misc]  # xdist tells no types
    """A worker takes a group, else a file, as a whole: what a module sets up is set up once."""

    def __init__(self, config: pytest.Config, log: Any) -> None:
        super().__init__(config, log)
        config.option.loadscopereorder = False  # the order of `rank`, not of how many tests there are

    def _split_scope(self, nodeid: str) -> str:
        at = rank(nodeid)
        return GROUPS[at][0] if at < len(GROUPS) else nodeid.split("::", 1)[0]

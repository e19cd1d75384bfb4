"""What all tests share: where real data lies, free ports, and the rule that CI skips nothing."""

import asyncio
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests import ports
from tests.failure.stand import Stand
from tests.schedule import Schedule, rank
from tests.steady_loop import SteadyLoop

# Timings are noisy on a shared machine: a slow draw or example says nothing about the code. CI draws the
# same examples every time, so that it is red for what somebody changed; `make soak` looks longer, and elsewhere.
_SLOW = [HealthCheck.too_slow]
settings.register_profile("ci", derandomize=True, deadline=None, max_examples=60, suppress_health_check=_SLOW)
settings.register_profile("soak", parent=settings.get_profile("ci"), derandomize=False, max_examples=5_000)
settings.load_profile("soak" if os.environ.get("CLASSHUB_SOAK") else "ci")

ROOT = Path(__file__).resolve().parent.parent
SHARED_DATA = ROOT.parent / "shared" / "data"
CHROMIUM, MOSQUITTO = shutil.which("chromium"), shutil.which("mosquitto", path=f"{os.environ['PATH']}:/usr/sbin")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real exports and captures; absent outside the engineers' machines."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"{SHARED_DATA} is absent: tests on real data need it")
    return SHARED_DATA


@pytest.fixture
def free_port() -> int:
    """A loopback port nobody listens on now."""
    return ports.free_port()


@pytest.fixture
def stand(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Stand]:
    """The whole stand of real processes, running and settled; parametrise indirectly with Stand's keyword arguments."""
    with Stand(tmp_path, **getattr(request, "param", {})) as running:
        yield running


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    return {"steady": SteadyLoop}


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Schedule:
    return Schedule(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: rank(item.nodeid))
    for item in items:
        if item.get_closest_marker("broker") and MOSQUITTO is None:
            item.add_marker(pytest.mark.skip(reason="mosquitto is not installed (Debian: apt-get install mosquitto)"))
        if item.get_closest_marker("browser") and CHROMIUM is None:
            item.add_marker(pytest.mark.skip(reason="chromium is not installed (Debian: apt-get install chromium)"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Iterator[None]:
    """In CI everything a test needs is installed, so a skip there hides a failure: it becomes one."""
    report = yield
    if os.environ.get("CLASSHUB_CI") and report.skipped and not hasattr(report, "wasxfail"):  # type: ignore[attr-defined]
        report.outcome = "failed"  # type: ignore[attr-defined]
        report.longrepr = f"skipped in CI: {report.longrepr}"  # type: ignore[attr-defined]
    return report


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """How a run in CI ended: scripts/second-attempt is only for one that went to its end."""
    if os.environ.get("CLASSHUB_CI") and not hasattr(session.config, "workerinput"):
        (ROOT / "artifacts").mkdir(exist_ok=True)
        (ROOT / "artifacts" / "exit-status").write_text(f"{int(exitstatus)}\n")

"""Pulls on a real database, with a clock a test sets and a thread for the state as the hub has it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import pytest
from sqlalchemy import Engine

from hub.registry.model import School
from hub.registry.registry import Registry
from hub.school.pulls.runner import Pulls, PullView
from hub.school.pulls.settings import PullSection
from hub.school.reading_server import ServerReader
from hub.school.repository import Schools
from tests.patience import PATIENCE_S
from tests.sim.oneroster_server import OneRosterServer, school

T = TypeVar("T")
NOW = 1_795_000_000_000  # in November 2026


class Bench:
    """`start` begins a runner, `again` has a pull tried; a second `start` is the hub after a restart."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        Registry(engine).add_school(School("thu", "THPT Thử Nghiệm"))
        self.engine, self.now_ms = engine, NOW
        self.schools, self.fetched = Schools(engine, held_folder=folder), folder.parent / "data" / "pulled"
        self.pulls: Pulls | None = None
        self.server_reader: ServerReader | None = None
        self._thread = ThreadPoolExecutor(1)
        self._task: asyncio.Task[None] | None = None

    async def in_state_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def start(self, *sections: PullSection) -> Pulls:
        self.pulls = Pulls(
            sections,
            engine=self.engine,
            schools=self.schools,
            in_state_thread=self.in_state_thread,
            now_ms=lambda: self.now_ms,
            zone_of=lambda _: "Asia/Ho_Chi_Minh",
            name_of={"thu": "THPT Thử Nghiệm"}.__getitem__,
            folder=self.fetched,
            server_reader=self.server_reader,
            chance=lambda: 1.0,
            tick_s=0.05,
        )
        self._task = asyncio.create_task(self.pulls.run())
        return self.pulls

    async def stop(self) -> None:
        if self._task is not None and self.pulls is not None:
            self._task.cancel()
            self.pulls.close()
            await asyncio.wait([self._task], timeout=2)
            self._task = None

    def close(self) -> None:
        """What the state thread had begun is ended before its database goes."""
        self._thread.shutdown(wait=True)

    def view(self, name: str = "so") -> PullView:
        assert self.pulls is not None
        return next(one for one in self.pulls.view() if one.name == name)

    async def until(self, fits: Callable[[], Any], within_s: float = PATIENCE_S) -> None:
        deadline = asyncio.get_running_loop().time() + max(within_s, PATIENCE_S)
        while not fits():
            assert asyncio.get_running_loop().time() < deadline, self.pulls and self.pulls.view()
            await asyncio.sleep(0.01)

    async def again(self, name: str = "so") -> PullView:
        """Ask for a try now, half a minute later; what it came to."""
        assert self.pulls is not None
        await self.until(lambda: any(one.name == name and not one.running for one in self.pulls.view()))  # type: ignore[union-attr]
        self.now_ms += 30_000  # nothing is awaited before it is asked for: it runs once
        assert self.pulls.run_now(name)
        await self.until(lambda: self._tried(name))
        return self.view(name)

    def _tried(self, name: str) -> bool:
        view = self.view(name)
        return view.last_try_ms == self.now_ms and not view.running and view.next_try_ms > 0

    def counted(self, table: str) -> int:
        from sqlalchemy import text

        with self.engine.connect() as connection:
            current = text(f"SELECT count(*) FROM {table} WHERE superseded_ms IS NULL AND valid_to IS NULL")  # noqa: S608
            return int(connection.execute(current).scalar() or 0)


@pytest.fixture
async def bench(state_engine: Engine, tmp_path: Path) -> AsyncIterator[Bench]:
    made = Bench(state_engine, tmp_path / "held")
    yield made
    await made.stop()
    made.close()


@pytest.fixture
def server() -> Iterator[OneRosterServer]:
    with OneRosterServer(school(12, 2)) as running:
        running.clock_s = lambda: NOW / 1000
        yield running

"""The time-series store for the event loop: writing, reading and tending in a thread each; no endless waits."""

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Protocol, TypeVar, runtime_checkable

from hub.distribution import SECONDS, Distribution
from hub.stores.series import (
    Bucket,
    CommitResult,
    DeviceKey,
    GatewayMinute,
    Intervals,
    Mark,
    Point,
    RoomMinute,
    SeriesStore,
    StoreDown,
)
from wire.text import Text

Result = TypeVar("Result")

READ_TIMEOUT_S = 15.0
READS_WAITING = 32
SHARE_S, WRITTEN_S = 2.0, 5.0  # at the end: how long what runs is left alone
WORKS = ("write", "read", "tend")


@runtime_checkable
class Counting(Protocol):
    """A store that counts what it does: InfluxDB's answers."""

    def figures(self) -> dict[str, float]: ...


class SeriesReader:
    """All calls raise StoreDown where the store is away; reads also where too many wait or one takes too long.

    A write is never given up half way: whether it was stored would be unknown.
    """

    def __init__(self, store: SeriesStore, read_timeout_s: float = READ_TIMEOUT_S) -> None:
        self.store = store
        self._read_timeout_s = read_timeout_s
        self._writing = ThreadPoolExecutor(max_workers=1, thread_name_prefix="series-write")
        self._reading = ThreadPoolExecutor(max_workers=1, thread_name_prefix="series-read")
        self._tending = ThreadPoolExecutor(max_workers=1, thread_name_prefix="series-tend")
        self._share: Future[bool] | None = None
        self._waiting = 0
        self._closed = False
        self._took_s = {work: Distribution(SECONDS) for work in WORKS}
        self._failures = dict.fromkeys(WORKS, 0)

    async def commit(self, points: Sequence[Point], marks: Sequence[Mark]) -> CommitResult:
        return await self._write(partial(self.store.commit, points, marks))

    async def replace_intervals(self, devices: Mapping[DeviceKey, Intervals]) -> int:
        return await self._write(partial(self.store.replace_intervals, devices))

    async def put_minutes(self, minutes: Sequence[RoomMinute]) -> None:
        await self._write(partial(self.store.put_minutes, minutes))

    async def replace_minutes(
        self, school: str, room: str | None, from_ms: int, to_ms: int, minutes: Sequence[RoomMinute]
    ) -> None:
        await self._write(partial(self.store.replace_minutes, school, room, from_ms, to_ms, minutes))

    async def put_health(self, minutes: Sequence[GatewayMinute]) -> None:
        await self._write(partial(self.store.put_health, minutes))

    async def forget_before(self, school: str, t_ms: int) -> int:
        return await self._write(partial(self.store.forget_before, school, t_ms))

    async def tend(self, now_ms: int) -> bool:
        """A share of the store's background work, beside writing and reading; True where more is waiting."""
        self._check_open()
        with self._measured("tend"):
            self._share = self._tending.submit(self.store.tend, now_ms)
            return await asyncio.wrap_future(self._share)

    async def marks(self) -> list[Mark]:
        return await self._read(self.store.marks)

    async def history(
        self, school: str, room: str | None, quantity: str, from_ms: int, to_ms: int, step_ms: int
    ) -> dict[str, list[Bucket]]:
        return await self._read(partial(self.store.history, school, room, quantity, from_ms, to_ms, step_ms))

    async def consumption(
        self, school: str, room: str, quantity: str, from_ms: int, to_ms: int, step_ms: int
    ) -> dict[str, list[tuple[int, float]]]:
        return await self._read(partial(self.store.consumption, school, room, quantity, from_ms, to_ms, step_ms))

    async def raw(
        self,
        school: str,
        room: str | None,
        device: str | None,
        from_ms: int,
        to_ms: int,
        limit: int,
        *,
        calibrated: bool = False,
    ) -> list[tuple[int, str, str, str | None, float | str]]:
        return await self._read(
            partial(self.store.raw, school, room, device, from_ms, to_ms, limit, calibrated=calibrated)
        )

    async def minutes(self, school: str, room: str | None, from_ms: int, to_ms: int) -> list[RoomMinute]:
        return await self._read(partial(self.store.minutes, school, room, from_ms, to_ms))

    async def told_hours(self, school: str, from_ms: int, to_ms: int) -> frozenset[int]:
        return await self._read(partial(self.store.told_hours, school, from_ms, to_ms))

    def size_bytes(self) -> int:
        """Cheap: asks the file system only."""
        return self.store.size_bytes()

    async def close(self) -> None:
        """Let what is being written finish, give up what is being read, close the store. Later calls: StoreDown.

        A server that hangs is waited for until it owes one answer: who stops the hub has limits of its own.
        """
        self._closed = True
        self._reading.shutdown(wait=False, cancel_futures=True)
        self.store.interrupt_reading()
        self._tending.shutdown(wait=False, cancel_futures=True)
        if self._share is not None and not self._share.done():
            await asyncio.wait([asyncio.wrap_future(self._share)], timeout=SHARE_S)
        closing = asyncio.get_running_loop().run_in_executor(self._writing, self.store.close)
        if not (await asyncio.wait([closing], timeout=WRITTEN_S))[0]:
            self.store.give_up()
        await closing
        await asyncio.to_thread(self._writing.shutdown)

    def figures(self) -> dict[str, float]:
        """For /metrics; with those of the store, where it counts any itself."""
        failures = {f"store_failures_total{{work={work}}}": float(count) for work, count in self._failures.items()}
        own = self.store.figures() if isinstance(self.store, Counting) else {}
        return failures | own | {"store_reads_waiting": self._waiting, "store_bytes": self.size_bytes()}

    def distributions(self) -> dict[str, Distribution]:
        return {f"store_seconds{{work={work}}}": took for work, took in self._took_s.items()}

    # ---- inside ----

    @contextmanager
    def _measured(self, work: str) -> Iterator[None]:
        """Its time, the wait for its thread included; what fails counts as a failure only."""
        began = time.perf_counter()
        try:
            yield
        except Exception:
            self._failures[work] += 1
            raise
        self._took_s[work].observe(time.perf_counter() - began)

    async def _write(self, work: Callable[[], Result]) -> Result:
        self._check_open()
        with self._measured("write"):
            return await asyncio.get_running_loop().run_in_executor(self._writing, work)

    async def _read(self, work: Callable[[], Result]) -> Result:
        self._check_open()
        if self._waiting >= READS_WAITING:
            raise StoreDown(Text("quá nhiều truy vấn đang chờ; thử lại sau", "too many queries are waiting; try again"))
        self._waiting += 1
        try:
            running = asyncio.get_running_loop().run_in_executor(self._reading, work)
            with self._measured("read"):
                return await asyncio.wait_for(running, self._read_timeout_s)
        except TimeoutError as slow:
            self.store.interrupt_reading()
            raise StoreDown(
                Text(
                    f"truy vấn lâu quá {self._read_timeout_s:g} giây; hãy chọn khoảng ngắn hơn",
                    f"the query took more than {self._read_timeout_s:g} s; choose a shorter time",
                )
            ) from slow
        finally:
            self._waiting -= 1

    def _check_open(self) -> None:
        if self._closed:
            raise StoreDown(Text("kho số liệu đã đóng", "the store is closed"))

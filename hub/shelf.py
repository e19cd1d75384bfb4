"""Derived figures on their way to the store: sent one batch at a time, kept within bounds while the store is away."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from hub.stores.series import StoreDown

T = TypeVar("T")
_log = logging.getLogger(__name__)


class Shelf(Generic[T]):
    """Event loop only. Beyond `limit` the oldest go: they are derived, and nobody waits for them."""

    def __init__(self, name: str, put: Callable[[Sequence[T]], Awaitable[None]], limit: int) -> None:
        self._name, self._put, self._limit = name, put, limit
        self._waiting: list[T] = []
        self._sending: asyncio.Task[None] | None = None

    def add(self, found: Sequence[T]) -> None:
        self._waiting += found
        del self._waiting[: -self._limit]

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    def send(self) -> None:
        """Hand over what waits, unless the batch before is still under way."""
        if self._waiting and (self._sending is None or self._sending.done()):
            batch, self._waiting = self._waiting, []
            self._sending = asyncio.get_running_loop().create_task(self._send(batch))

    async def _send(self, batch: list[T]) -> None:
        try:
            await self._put(batch)
        except StoreDown:
            self._waiting = batch + self._waiting
            del self._waiting[: -self._limit]
        except Exception:  # noqa: BLE001  # nobody awaits this task: a fault of ours is told here or nowhere
            _log.exception("%s could not be stored", self._name)

"""Blocking work in a thread of its own that keeps no hub from ending: a server may hang for a minute."""

import asyncio
import threading
from collections.abc import Callable
from functools import partial
from typing import Protocol, TypeVar

T = TypeVar("T")


class InThread(Protocol):
    """Runs blocking work elsewhere and hands over what it returns."""

    async def __call__(self, work: Callable[[], T], /) -> T: ...


async def in_own_thread(work: Callable[[], T]) -> T:
    """What `work` returns or raises. Cancelled, the thread is left to end by itself; its result is dropped."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def carry() -> None:
        try:
            result = work()
        except BaseException as raised:  # noqa: BLE001  # handed over whole: it is raised where it is awaited
            _hand_over(loop, partial(_raise_in, done, raised))
        else:
            _hand_over(loop, partial(_set_in, done, result))

    threading.Thread(target=carry, name="pull", daemon=True).start()
    return await done


def _hand_over(loop: asyncio.AbstractEventLoop, work: Callable[[], None]) -> None:
    try:
        loop.call_soon_threadsafe(work)
    except RuntimeError:  # the hub has ended meanwhile
        return


def _raise_in(done: "asyncio.Future[T]", raised: BaseException) -> None:
    if not done.done():
        done.set_exception(raised)


def _set_in(done: "asyncio.Future[T]", result: T) -> None:
    if not done.done():
        done.set_result(result)

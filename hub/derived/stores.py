"""What all that derives works with: the state database and its thread, registry, plans and series of the hub."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Engine

from hub.registry.registry import Registry
from hub.school.repository import Schools
from hub.stores.reader import SeriesReader

T = TypeVar("T")
InThread = Callable[[Callable[[], T]], Awaitable[T]]


class Stores(msgspec.Struct, frozen=True):
    """For the event loop. `in_thread` runs SQL in the state thread; series are read through `series`."""

    engine: Engine
    registry: Registry
    schools: Schools
    series: SeriesReader
    in_thread: InThread[Any]

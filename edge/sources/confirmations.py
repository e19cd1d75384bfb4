"""Orders that wait for a device to show what was ordered: the value decoded from a live message, or its refusal."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from edge.dialects.decoded import Decoded
from edge.dialects.dialect import Expectation
from edge.sources.source import Outcome
from wire.orders import Result

Waiting = asyncio.Future[Outcome]


class Confirmations:
    """What is expected just now. Mutable; for the event loop only."""

    def __init__(self) -> None:
        self._waiting: dict[Waiting, Expectation] = {}

    @contextmanager
    def expecting(self, expectation: Expectation) -> Iterator[Waiting]:
        """A future that ends with the outcome, while the block lasts."""
        end: Waiting = asyncio.get_running_loop().create_future()
        self._waiting[end] = expectation
        try:
            yield end
        finally:
            del self._waiting[end]

    def saw(self, decoded: Decoded) -> None:
        """A live message, after whatever was sent before it."""
        for end, expected in self._waiting.items():
            if end.done():
                continue
            if decoded.device_id == expected.device_id and decoded.values.get(expected.quantity) == expected.value:
                end.set_result(Outcome(Result.DONE))
            elif decoded.refusal is not None and _belongs(expected.device_id, decoded.device_id):
                end.set_result(Outcome(Result.REFUSED, decoded.refusal))


def _belongs(device_id: str, parent: str) -> bool:
    return device_id == parent or device_id.startswith(f"{parent}-")

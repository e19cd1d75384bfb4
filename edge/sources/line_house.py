"""What a device's dialogue needs of the gateway: its time, and a memory over connections and restarts."""

from typing import Protocol, runtime_checkable

from edge.sources.source import Sink
from firmware_bridge.dialogue import Dialogue, Punctual, Remembering


@runtime_checkable
class House(Protocol):
    """What the recorder offers beyond a sink."""

    async def recall(self, source: str) -> dict[str, str]: ...
    async def remember(self, source: str, entries: dict[str, str]) -> None: ...
    def now_ms(self) -> int | None: ...


class LineHouse:
    """One source's memory and clock; without a house it knows no time, and remembers until the program ends."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._house: House | None = None
        self._kept: dict[str, str] = {}

    async def enter(self, sink: Sink) -> None:
        """Before the first line is opened."""
        self._house = sink if isinstance(sink, House) else None
        if self._house is not None and not self._kept:
            self._kept = await self._house.recall(self._source)

    def begin(self, dialogue: Dialogue) -> None:
        if isinstance(dialogue, Remembering):
            dialogue.recall(self._kept)

    def tell_time(self, dialogue: Dialogue, now_s: float) -> None:
        if isinstance(dialogue, Punctual):
            now_ms = self._now_ms()
            dialogue.time_is(None if now_ms is None else now_ms / 1000, now_s)

    async def keep(self, dialogue: Dialogue) -> None:
        """Write down what the dialogue must not forget, where that has changed."""
        if not isinstance(dialogue, Remembering):
            return
        kept = dialogue.kept()
        if kept == self._kept:
            return
        self._kept = kept
        if self._house is not None:
            await self._house.remember(self._source, kept)

    def moment_ms(self, age_ms: int | None, now_s: float) -> int | None:
        """When that was, where it lies before this machine's start, which the monotonic clock cannot say."""
        now_ms = self._now_ms()
        if age_ms is None or now_ms is None or age_ms <= now_s * 1000:
            return None
        return max(0, now_ms - age_ms)

    def _now_ms(self) -> int | None:
        return None if self._house is None else self._house.now_ms()

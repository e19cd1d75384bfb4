"""What a source of data is to the agent: it runs until cancelled, reports on itself and hands over what it measures."""

from collections.abc import Callable
from typing import Any, Protocol

from wire.messages import SourceReport, TimeQuality


class Sink(Protocol):
    """Where sources put what they have. Calls return at once; the outbox commits together once a second."""

    def reading(
        self,
        device: str,
        values: dict[str, float | str],
        *,
        at_ms: int | None = None,
        age_ms: int | None = None,
        quality: TimeQuality | None = None,
        on_durable: Callable[[], None] | None = None,
    ) -> None:
        """One measurement of one device (an id, see wire.ids): now, or when `at_ms` says.

        With `age_ms` that time was read off this machine's clock, so long ago: it is right or wrong as that clock is.
        `on_durable` is called in the event loop once the row is on disk: then a local broker may be acknowledged.
        """
        ...

    def event(
        self,
        device: str,
        kind: str,
        data: dict[str, Any],
        *,
        at_ms: int | None = None,
        age_ms: int | None = None,
        quality: TimeQuality | None = None,
        on_durable: Callable[[], None] | None = None,
    ) -> None:
        """One event; committed to disk at once."""
        ...


class Source(Protocol):
    """One configured source. A lost device, port or broker is its own matter: it retries and reports, never raises."""

    name: str
    kind: str

    async def run(self, sink: Sink) -> None:
        """Until cancelled."""
        ...

    def report(self) -> SourceReport: ...

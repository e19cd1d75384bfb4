"""What a source of data is to the agent: it runs until cancelled, reports on itself and hands over what it measures."""

from collections.abc import Callable
from typing import Any, Protocol, runtime_checkable

import msgspec

from wire.mapping import RemoteSettings
from wire.messages import Heard, SourceReport, TimeQuality
from wire.orders import Order, Result
from wire.text import Text


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


class Outcome(msgspec.Struct, frozen=True):
    """How an order ended; `confirmed` False where the device never answers such an order."""

    result: Result
    detail: Text | None = None
    confirmed: bool = True


@runtime_checkable
class Obedient(Protocol):
    """A source whose devices take orders."""

    def accepts(self) -> dict[str, list[str]]:
        """Orders by device id, as `display_off` or `display_input:hdmi1`."""
        ...

    async def obey(self, order: Order) -> Outcome:
        """Carry out one order for a device of this source. Takes as long as the device; may be cancelled."""
        ...


@runtime_checkable
class Configurable(Protocol):
    """A source that follows the hub's configuration."""

    def configure(self, settings: RemoteSettings) -> None: ...


@runtime_checkable
class Curious(Protocol):
    """A source that hears things nobody told it to understand."""

    def heard(self) -> list[Heard]:
        """What is not understood, most frequent first, bounded."""
        ...

    def news(self) -> int:
        """A number that changes when something is heard for the first time; costs nothing."""
        ...

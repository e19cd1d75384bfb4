"""What a dialect of local MQTT is to the gateway: which topics are its own, what they say, how its devices are told.

Dialects are pure: topics and bytes in, `Decoded` and telegrams out; they remember, but know no clock and no socket.
"""

from typing import NamedTuple, Protocol, runtime_checkable

import msgspec

from edge.dialects.decoded import Decoded
from wire.orders import Order


class Expectation(msgspec.Struct, frozen=True):
    """What confirms an order: this value of this quantity, decoded from a live message that came after the telegram."""

    device_id: str
    quantity: str
    value: float | str


class Telegram(NamedTuple):
    """A message that carries out an order. It is never published retained: an order must not outlive its moment.

    `expects` None: nothing ever answers it, so "sent" is all that can be said (the result is marked unconfirmed).
    """

    topic: str
    payload: bytes
    expects: Expectation | None = None


class Dialect(Protocol):
    """One way of speaking; the table in edge.dialects.table makes them, edge.dialects.router picks among them."""

    @property
    def name(self) -> str:
        """As in `[[mqtt]] dialects`: lower case, the key of the table."""
        ...

    def claims(self, topic: str) -> bool:
        """Could this topic be ours: by its shape, or because discovery named it? Cheap: asked for every message."""
        ...

    def decode(self, topic: str, payload: bytes, *, retained: bool = False) -> list[Decoded]:
        """What a message says; raises nothing, whatever it holds. Empty: nothing about a device (something learnt, an
        order to somebody, an echo), or not ours after all: the next claimant is asked.

        What is not understood is in `unknown` (a path, keys joined by dots) or `problems`. A retained message is not
        news: it makes no event.
        """
        ...


@runtime_checkable
class Commanding(Protocol):
    """A dialect whose devices take orders."""

    def accepts(self) -> dict[str, list[str]]:
        """Orders by device id, as far as messages have shown which devices can be told what (`switch_on`, …)."""
        ...

    def telegram(self, order: Order) -> Telegram | None:
        """The message for an order in `accepts()`; None where this dialect cannot say it."""
        ...


@runtime_checkable
class Wishing(Protocol):
    """A dialect that itself asks something of devices: nobody ordered it, nothing waits for it."""

    def wishes(self) -> list[Telegram]:
        """What is to be sent now, once each. Asked after every message, so cheap."""
        ...

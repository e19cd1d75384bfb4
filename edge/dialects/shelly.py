"""Shelly of every generation over one broker: topics and payloads in, values of our table and events out. Pure.

Source: see shelly_gen1 and shelly_rpc, which know what their generation says.
Topics: `shellies/…` is the first generation's, but some put newer devices there too: those are known by their topics.
Errors: never raised: what cannot be used is in `Decoded.unknown` (no such quantity here) or `Decoded.problems`.
"""

from edge.dialects.decoded import Decoded
from edge.dialects.dialect import Telegram
from edge.dialects.shelly_gen1 import ShellyGen1
from edge.dialects.shelly_rpc import ShellyRpc
from edge.dialects.zigbee2mqtt_watch import Watch
from wire.orders import Order

_OF_BOTH = ("/online", "/announce", "/command")


class Shelly:
    """Both generations."""

    name = "shelly"

    def __init__(self) -> None:
        watch = Watch()
        self._rpc, self._gen1 = ShellyRpc(watch), ShellyGen1(watch)

    def claims(self, topic: str) -> bool:
        return self._gen1.claims(topic) or self._rpc.claims(topic)

    def decode(self, topic: str, payload: bytes, *, retained: bool = False) -> list[Decoded]:
        """A device, then its further channels (`{device}-1`, `-l1`, `-ext-0`)."""
        if not payload:
            return []
        newer = self._rpc.claims(topic) and not (self._gen1.claims(topic) and topic.endswith(_OF_BOTH))
        side = self._rpc if newer else self._gen1
        return side.decode(topic, payload, retained=retained)

    def accepts(self) -> dict[str, list[str]]:
        return self._gen1.accepts() | self._rpc.accepts()

    def telegram(self, order: Order) -> Telegram | None:
        return self._rpc.telegram(order) or self._gen1.telegram(order)

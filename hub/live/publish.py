"""The one small door through which live changes leave the live package: to pages today, to feeds later."""

from typing import Protocol

import msgspec

from hub.live.views import GatewayView, RoomView


class Changes(msgspec.Struct, frozen=True):
    """What changed since the last publication; a consumer that missed one asks for everything."""

    at_ms: int
    rooms: tuple[RoomView, ...] = ()
    gateways: tuple[GatewayView, ...] = ()


class Everybody:
    """Hands on to several, in order."""

    def __init__(self, *publishers: "Publisher") -> None:
        self._publishers = publishers

    def publish(self, changes: Changes) -> None:
        for each in self._publishers:
            each.publish(changes)


class Publisher(Protocol):
    def publish(self, changes: Changes) -> None:
        """Must not block: a slow consumer loses changes and is told to ask for everything."""
        ...

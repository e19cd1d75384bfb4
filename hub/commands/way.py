"""The way to gateways and to the state database, as every desk here is given it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol

from hub.registry.registry import Registry
from wire.messages import GatewayState


class Gateways(Protocol):
    """What is asked of hub.ingest.gateways."""

    def state_of(self, school: str, gateway: str) -> GatewayState | None: ...
    def is_online(self, school: str, gateway: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class Way:
    """`publish` says whether a broker took the message; `in_thread` runs blocking work on the state database."""

    registry: Registry
    gateways: Gateways
    publish: Callable[[str, bytes], bool]
    in_thread: Callable[[Callable[[], Any]], Awaitable[Any]]
    now_ms: Callable[[], int]

    def reachable(self, school: str, gateway: str) -> bool:
        """Whether the gateway is accepted and there."""
        return self.registry.accepted(school, gateway) and self.gateways.is_online(school, gateway)

"""What the live state asks the registry: where things are, in memory and at once."""

from collections.abc import Sequence
from typing import Protocol

from hub.registry.model import Device, Maintenance, Room, School


class Site(Protocol):
    """The part of hub.registry.registry.Registry that live state reads; `version` changes with every write."""

    @property
    def version(self) -> int: ...

    def school_version(self, school: str, /) -> int: ...

    def schools(self) -> Sequence[School]: ...

    def rooms(self, school: str) -> Sequence[Room]: ...

    def devices(self, school: str) -> Sequence[Device]: ...

    def device(self, school: str, device: str, /) -> Device | None: ...

    def room_of(self, school: str, device: str, t_ms: int) -> str | None: ...

    def maintenance_of(
        self, school: str, room: str | None = None, device: str | None = None, *, t_ms: int = 0
    ) -> Maintenance | None: ...

"""New gateways and devices written down together, away from the path of readings."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from sqlalchemy.exc import SQLAlchemyError

from hub.ingest.events import state_down
from hub.ingest.gateways import Gateways
from hub.ingest.intake import Outlets
from hub.ingest.naming import NewName
from hub.ingest.state_thread import StateThread
from hub.registry.changes import RegistryError
from hub.registry.registry import Registry
from wire.text import Text

_log = logging.getLogger(__name__)
NOTE_EVERY_S = 0.5
NewGateway = tuple[str, str]  # school, gateway
NewDevice = tuple[str, str, str, int, str]  # school, device, gateway, first seen in ms, model


class Noting:
    """Runs for ever. `down` says why the registry takes nothing, None while it does."""

    def __init__(
        self,
        *,
        gateways: Gateways,
        outlets: Outlets,
        registry: Registry,
        state: StateThread,
        now_ms: Callable[[], int],
    ) -> None:
        self._gateways, self._outlets, self._registry = gateways, outlets, registry
        self._state, self._now_ms = state, now_ms
        self.down: Text | None = None

    async def run(self) -> None:
        while True:
            await asyncio.sleep(NOTE_EVERY_S)
            gateways = self._gateways.take_unnoted()
            devices, self._outlets.new_devices = self._outlets.new_devices, []
            names, self._outlets.new_names = self._outlets.new_names, []
            if not (gateways or devices or names):
                self.down = None
                continue
            try:
                await self._note(gateways, devices, self._now_ms())
                await self._name(names)
            except SQLAlchemyError as broken:
                self._gateways.note_again(gateways)
                self._outlets.new_devices = devices + self._outlets.new_devices
                self.down = state_down(broken).text
            else:
                self.down = None

    async def _note(self, gateways: list[NewGateway], devices: list[NewDevice], now_ms: int) -> None:
        def write() -> None:
            for school, gateway in gateways:
                self._registry.note_pending(school, gateway, now_ms)
            if devices:
                self._registry.note_devices(devices)

        try:
            await self._state.run(write)
        except RegistryError:  # one name is wrong: each by itself, so that it stops none of the others
            await self._note_each(gateways, devices, now_ms)

    async def _name(self, names: list[NewName]) -> None:
        """What edge.toml calls devices. One that is refused keeps its id for a name."""

        def write() -> None:
            for school, device, name in names:
                with suppress(RegistryError):
                    self._registry.name_device(school, device, name)

        if names:
            await self._state.run(write)

    async def _note_each(self, gateways: list[NewGateway], devices: list[NewDevice], now_ms: int) -> None:
        """What the registry refuses is told in the log, by name, and does not come again until the hub restarts."""
        refused: list[str] = []

        def note(name: str, change: Callable[[], object]) -> None:
            try:
                change()
            except RegistryError as error:
                refused.append(f"{name}: {error.text.en}")

        def write() -> None:
            for school, gateway in gateways:
                note(f"gateway {school}.{gateway}", partial(self._registry.note_pending, school, gateway, now_ms))
            for device in devices:
                note(f"device {device[0]}.{device[1]}", partial(self._registry.note_devices, [device]))

        await self._state.run(write)
        _log.warning("the registry cannot list %d names, among them %s", len(refused), "; ".join(refused[:5]))

"""Keeps the store's assignments and calibrations equal to the registry's, so that history follows a change."""

import asyncio

from hub.registry.model import Assignment, Calibration
from hub.registry.registry import Registry
from hub.stores.reader import SeriesReader

Intervals = tuple[tuple[Assignment, ...], tuple[Calibration, ...]]


class RegistryMirror:
    """Call `tell` at the start and whenever the registry's version has moved; what is known already costs nothing."""

    def __init__(self, registry: Registry, series: SeriesReader) -> None:
        self._registry = registry
        self._series = series
        self._told: dict[tuple[str, str], Intervals] = {}
        self._version = -1
        self._busy = asyncio.Lock()

    async def tell(self) -> int:
        """Hand on what changed; the number of devices it concerned. Raises StoreDown; the rest follows next time."""
        async with self._busy:
            version = self._registry.version
            if version == self._version:
                return 0
            told = 0
            for (school, device), intervals in self._wanted().items():
                if self._told.get((school, device), ((), ())) == intervals:
                    continue
                await self._series.replace_assignments(school, device, intervals[0])
                await self._series.replace_calibrations(school, device, intervals[1])
                self._told[school, device] = intervals
                told += 1
            self._version = version
            return told

    def _wanted(self) -> dict[tuple[str, str], Intervals]:
        registry = self._registry
        return {
            (school.id, device.id): (
                registry.assignments(school.id, device.id),
                tuple(
                    sorted(registry.calibrations(school.id, device.id), key=lambda each: (each.quantity, each.from_ms))
                ),
            )
            for school in registry.schools()
            for device in registry.devices(school.id)
        }

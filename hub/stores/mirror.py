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
        self._versions: dict[str, int] = {}
        self._busy = asyncio.Lock()

    async def tell(self) -> int:
        """Hand on what changed; the number of devices it concerned. Raises StoreDown; the rest follows next time."""
        async with self._busy:
            told = 0
            for school in self._registry.schools():
                version = self._registry.school_version(school.id)
                if self._versions.get(school.id) != version:
                    told += await self._tell_school(school.id)
                    self._versions[school.id] = version
            return told

    async def _tell_school(self, school: str) -> int:
        told = 0
        for device, intervals in self._wanted(school).items():
            if self._told.get((school, device), ((), ())) == intervals:
                continue
            await self._series.replace_assignments(school, device, intervals[0])
            await self._series.replace_calibrations(school, device, intervals[1])
            self._told[school, device] = intervals
            told += 1
        return told

    def _wanted(self, school: str) -> dict[str, Intervals]:
        registry = self._registry
        return {
            device.id: (registry.assignments(school, device.id), registry.calibrations(school, device.id))
            for device in registry.devices(school)
        }

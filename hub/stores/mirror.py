"""Keeps the store's assignments and calibrations equal to the registry's, so that history follows a change."""

import asyncio
from collections.abc import Sequence

from hub.registry.registry import Registry
from hub.stores.reader import SeriesReader
from hub.stores.series import DeviceKey, Intervals

TOGETHER = 50  # schools told in one transaction: readings are committed in between, and the event loop is not held up


class RegistryMirror:
    """Call `tell` at the start and whenever the registry's version has moved; what is known already costs nothing."""

    def __init__(self, registry: Registry, series: SeriesReader) -> None:
        self._registry = registry
        self._series = series
        self._versions: dict[str, int] = {}
        self._busy = asyncio.Lock()

    async def tell(self) -> int:
        """Hand on what changed; the number of devices it concerned. Raises StoreDown; the rest follows next time."""
        async with self._busy:
            told = 0
            versions = {school.id: self._registry.school_version(school.id) for school in self._registry.schools()}
            changed = [school for school, version in versions.items() if self._versions.get(school) != version]
            for start in range(0, len(changed), TOGETHER):
                part = changed[start : start + TOGETHER]
                told += await self._series.replace_intervals(intervals_of(self._registry, part))
                self._versions |= {school: versions[school] for school in part}
            return told


def intervals_of(registry: Registry, schools: Sequence[str]) -> dict[DeviceKey, Intervals]:
    """Where every device of these schools hung and how it was calibrated, as a store wants to be told."""
    return {
        (school, device.id): (registry.assignments(school, device.id), registry.calibrations(school, device.id))
        for school in schools
        for device in registry.devices(school)
    }

"""What runs in a room, since when, and what it used while nobody was there."""

from collections.abc import Iterable

import msgspec

from hub.live.appliances import STANDBY_W
from hub.live.device import DeviceState
from hub.live.views import Running, Waste

LIT_LX = 150.0
SETTLE_MS = 2 * 60_000  # people come back for a bag; the light goes out behind them
LONGEST_STEP_MS = 60_000
HOUR_MS = 3_600_000
SWITCHED = frozenset({"display_on", "switch_on", "power_w"})


class RunningNow(msgspec.Struct):
    """One appliance that runs. `start_kwh` and `used_kwh` count from the moment the room was empty."""

    what: Running
    device: str
    since_ms: int
    seen_ms: int
    wasted_from_ms: int | None = None
    start_kwh: float | None = None
    used_kwh: float | None = None


def running(devices: Iterable[DeviceState], now_ms: int, *, dark_outside: bool) -> dict[str, tuple[Running, int]]:
    """Device id -> what it is and the earliest instant it is known to run from."""
    found: dict[str, tuple[Running, int]] = {}
    for device in devices:
        if device.maintenance is not None:
            continue
        what = _appliance(device)
        since = _on_since(device, now_ms) if what is not None else None
        if what is not None and since is not None:
            found[device.id] = (what, since)
        elif dark_outside and what is None:
            light = device.fresh("illuminance_lx", now_ms)
            if light is not None and isinstance(light.value, float | int) and light.value >= LIT_LX:
                found[device.id] = (Running.LIGHTS, light.at_ms)
    return found


def _appliance(device: DeviceState) -> Running | None:
    if SWITCHED.isdisjoint(device.cells):
        return None
    known = device.appliance
    return Running.DISPLAY if known is None and "display_on" in device.cells else known


def _on_since(device: DeviceState, now_ms: int) -> int | None:
    """Since when it is on; None where it is off, asleep or silent. A meter's word is worth more than a switch's."""
    states = [cell for key in ("display_on", "switch_on") if (cell := device.fresh(key, now_ms)) is not None]
    if states:
        if not any(cell.value == 1 for cell in states):
            return None
        since = max(cell.since_ms for cell in states if cell.value == 1)
    else:
        since = None
    power = device.fresh("power_w", now_ms)
    if power is None or not isinstance(power.value, float | int):
        return since
    if power.value < STANDBY_W:
        return None
    return power.at_ms if since is None else since


class WasteMeter:
    """Follows the appliances of one room from judgement to judgement."""

    __slots__ = ("appliances",)

    def __init__(self, appliances: dict[str, RunningNow] | None = None) -> None:
        self.appliances = appliances or {}

    def follow(self, on: dict[str, tuple[Running, int]], devices: dict[str, DeviceState], now_ms: int) -> None:
        """Note what runs now; what stopped is forgotten."""
        for gone in self.appliances.keys() - on.keys():
            del self.appliances[gone]
        for device, (what, since_ms) in on.items():
            known = self.appliances.get(device)
            if known is None or known.what is not what:
                self.appliances[device] = RunningNow(what, device, since_ms, now_ms)
            else:
                self._meter(known, devices[device], now_ms)

    def _meter(self, known: RunningNow, device: DeviceState, now_ms: int) -> None:
        step = min(max(0, now_ms - known.seen_ms), LONGEST_STEP_MS)
        known.seen_ms = now_ms
        if known.wasted_from_ms is None:
            return
        register = _number(device, "energy_kwh", now_ms)
        if register is not None and known.start_kwh is not None and register >= known.start_kwh:
            known.used_kwh = register - known.start_kwh
            return
        power = _number(device, "power_w", now_ms)
        if power is not None:
            known.used_kwh = (known.used_kwh or 0.0) + power * step / HOUR_MS / 1000
            known.start_kwh = None

    def waste(self, empty_since_ms: int | None, devices: dict[str, DeviceState], now_ms: int) -> tuple[Waste, ...]:
        """What runs with nobody there, longest first; None for `empty_since_ms` says that somebody is."""
        found: dict[Running, Waste] = {}
        for known in self.appliances.values():
            if empty_since_ms is None:
                known.wasted_from_ms, known.start_kwh, known.used_kwh = None, None, None
                continue
            if known.wasted_from_ms is None:
                known.wasted_from_ms = max(known.since_ms, empty_since_ms)
                known.start_kwh = _number(devices[known.device], "energy_kwh", now_ms)
            if now_ms - known.wasted_from_ms >= SETTLE_MS:
                _add(found, known, known.wasted_from_ms)
        return tuple(sorted(found.values(), key=lambda waste: waste.since_ms))


def _add(found: dict[Running, Waste], known: RunningNow, since_ms: int) -> None:
    """A projector and the plug it hangs on are one: the one with a meter speaks for both."""
    used = None if known.used_kwh is None else round(known.used_kwh, 3)
    other = found.get(known.what)
    if other is None:
        found[known.what] = Waste(known.what, known.device, since_ms, used)
        return
    energies = [energy for energy in (other.energy_kwh, used) if energy is not None]
    device = known.device if other.energy_kwh is None and used is not None else other.device
    found[known.what] = Waste(
        known.what, device, min(other.since_ms, since_ms), round(sum(energies), 3) if energies else None
    )


def _number(device: DeviceState, quantity: str, now_ms: int) -> float | None:
    cell = device.fresh(quantity, now_ms)
    return float(cell.value) if cell is not None and not isinstance(cell.value, str) else None

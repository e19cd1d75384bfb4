"""Every device the production store knows: tags ready for its lines, and its newest stored time, asked for once."""

import threading
from collections.abc import Collection

from hub.stores.influx.http import InfluxHttp, rfc3339
from hub.stores.influx.lines import Device, PointUnusable
from hub.stores.influx.stretches import NEVER_MS
from hub.stores.influx.told import Told
from hub.stores.series import DeviceKey

FAR_MS = 4_102_444_800_000  # 2100: behind every time a gateway may send
NS = 1_000_000


class Devices:
    """Of the writing thread; others may ask for `newest_ms`. Opens on first use; raises StoreDown."""

    def __init__(self, http: InfluxHttp, told: Told, raw_bucket: str) -> None:
        self._http, self._told, self._bucket = http, told, raw_bucket
        self._known: dict[DeviceKey, Device] | None = None
        self._opening = threading.Lock()  # were it read twice, the later answer would undo what was committed meanwhile

    def all(self) -> dict[DeviceKey, Device]:
        """The mapping itself: the hot path looks devices up in it."""
        if self._known is None:
            with self._opening:
                if self._known is None:
                    self._known = self._open()
        return self._known

    def _open(self) -> dict[DeviceKey, Device]:
        self._told.of_device(("", ""))  # loads what was told: where that fails nothing else is done
        known: dict[DeviceKey, Device] = {}
        for key, t_ms in self._newest():
            try:
                device = known.get(key) or known.setdefault(key, Device(*key, self._told.of_device(key)))
            except PointUnusable:  # a foreign program's; nothing of ours can have such tags
                continue
            device.newest_ms = max(device.newest_ms, t_ms)
        return known

    def meet(self, key: DeviceKey) -> Device:
        """A device nobody sent anything of yet. Raises PointUnusable where its ids cannot be tags."""
        device = Device(*key, self._told.of_device(key))
        self.all()[key] = device
        return device

    def told_anew(self, keys: Collection[DeviceKey]) -> None:
        """Their rooms or calibrations changed: lines begin otherwise from now on."""
        known = self.all()
        for key in keys:
            if key in known:
                known[key].tell(self._told.of_device(key))

    def with_history(self, keys: Collection[DeviceKey]) -> list[DeviceKey]:
        """Those of which anything may be stored."""
        known = self.all()
        return [key for key in keys if key in known and known[key].newest_ms > NEVER_MS]

    def newest_ms(self) -> int:
        """Of all devices; for the reading thread too."""
        return max((each.newest_ms for each in list(self.all().values())), default=NEVER_MS)

    def _newest(self) -> list[tuple[DeviceKey, int]]:
        flux = (
            f'from(bucket: "{self._bucket}") |> range(start: 1970-01-01T00:00:00Z, stop: {rfc3339(FAR_MS)})'
            ' |> filter(fn: (r) => r._measurement == "reading" and r._field == "seq") |> last()'
            ' |> keep(columns: ["school", "device", "_time"])'
        )
        return [
            ((str(row["school"]), str(row["device"])), int(row["_time"] or 0) // NS) for row in self._http.query(flux)
        ]

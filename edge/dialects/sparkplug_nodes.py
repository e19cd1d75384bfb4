"""What births have told of Sparkplug edge nodes and their devices: names, aliases, datatypes, units, order. Pure."""

from collections import Counter
from collections.abc import Iterable

import msgspec

from edge.dialects.measures import KINDS, STATES, unit_named
from edge.dialects.name_words import flag_of, is_switch_part, kind_of
from edge.dialects.sparkplug_payload import BOOLEAN, Metric
from wire.ids import slug

_MOST_ALIASES = 20_000
_CONTROL = ("Node Control/", "Device Control/", "Properties/", "Node Info/", "Device Info/", "bdSeq")


class Known(msgspec.Struct, frozen=True):
    """One metric of a birth. `kind` of edge.dialects.measures, or "switch"; "": none of ours."""

    name: str
    datatype: int
    unit: str
    kind: str
    quantity: str

    @property
    def is_control(self) -> bool:
        """Of the protocol or a description of the device: it measures nothing."""
        return self.name.startswith(_CONTROL)


def known(metric: Metric) -> Known:
    """What a birth's metric will mean in all that follows."""
    unit, last = unit_named(metric.unit), metric.name.rpartition("/")[2]
    if metric.datatype == BOOLEAN:
        flag = flag_of(metric.name) or ""
        kind = flag if flag in STATES or (flag == "switch" and is_switch_part(last)) else ""
        quantity = STATES.get(kind, "switch_on" if kind else "")
    else:
        kind = kind_of(last, unit) or kind_of(metric.name, unit) or ""
        quantity = KINDS[kind][0] if kind else ""
    return Known(metric.name, metric.datatype, unit, kind, quantity)


class SparkplugDevice:
    """An edge node itself, or one of its devices."""

    def __init__(self, name: str) -> None:
        self.name, self.device_id = name, slug(name)
        self.metrics: dict[str, Known] = {}
        self.is_born = False
        self._company: Counter[str] = Counter()

    def bear(self, metrics: Iterable[Metric]) -> None:
        """Take in a birth in place of all before."""
        self.metrics = {metric.name: known(metric) for metric in metrics if metric.name}
        self._company = Counter(one.quantity for one in self.metrics.values())
        self.is_born = True

    def place(self, metric: Known) -> tuple[str, str]:
        """Name and id a metric is told under: its own where several of the device measure the same."""
        if self._company[metric.quantity] <= 1:
            return self.name, self.device_id
        return f"{self.name} {metric.name}", slug(f"{self.device_id}-{metric.name}")


class EdgeNode:
    """One edge node with its devices ("" is the node itself); aliases and the sequence are common to all."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.devices: dict[str, SparkplugDevice] = {"": SparkplugDevice(name)}
        self.aliases: dict[int, str] = {}
        self.birth: int | None = None  # bdSeq of the session
        self.seq: int | None = None
        self.patience = 0  # messages until a birth is asked for

    def device(self, name: str) -> SparkplugDevice:
        found = self.devices.get(name)
        if found is None:
            found = self.devices[name] = SparkplugDevice(f"{self.name}/{name}")
        return found

    def alias(self, metrics: Iterable[Metric]) -> None:
        found = {metric.alias: metric.name for metric in metrics if metric.alias is not None and metric.name}
        if len(self.aliases) + len(found) <= _MOST_ALIASES:
            self.aliases |= found

    def gap(self, seq: int | None) -> tuple[int, int] | None:
        """Wanted and given, where the sequence has a gap; the count goes on from what was given."""
        before, self.seq = self.seq, seq
        wanted = None if before is None else (before + 1) % 256
        return None if seq is None or wanted is None or seq == wanted else (wanted, seq)

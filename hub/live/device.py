"""What is remembered of one device: its newest values, its pace, and when a value stops standing for the present."""

from array import array
from bisect import bisect_left, bisect_right

from hub.live.context import Context
from hub.live.trace import Trace
from hub.live.views import Running, Value
from wire.quantities import QUANTITIES, Kind

STALE_INTERVALS = 3
PACE_FLOOR_MS = 5_000  # so nothing is called old before 15 s: an agent commits once a second, networks hiccup
PACE_CAP_MS = 30 * 60_000
PACE_UNKNOWN_MS = 120_000  # assumed until a second message shows the pace
BURST_MS = 2_000  # messages closer than this are one report in pieces and say nothing about the pace
UNVOUCHED_MS = 4 * 3_600_000  # how long a change-driven value stands when nobody says whether its device is there
GAPS = 7
REGULAR_SHARE = 0.1
REGULAR_MS = 2_000
REGULAR_GAPS = 5
LONGEST_GAP_MS = 2**32 - 1

# Sent when they change, not at a pace; batteries and link quality come along with such messages.
CHANGE_DRIVEN = frozenset(
    {key for key, row in QUANTITIES.items() if row.kind in {Kind.STATE, Kind.TEXT}}
    | {"battery_pct", "battery_v", "link_quality"}
)


class Pace:
    """The usual time between messages that carry the same quantities: the median of the last gaps."""

    __slots__ = ("count", "gaps", "interval_ms", "judged", "last_ms", "regular")

    def __init__(self, last_ms: int) -> None:
        self.last_ms = last_ms
        self.gaps = array("I")
        self.count = 0
        self.interval_ms = PACE_UNKNOWN_MS
        self.regular = False
        self.judged = 0

    def note(self, at_ms: int) -> None:
        gap = at_ms - self.last_ms
        if gap < BURST_MS:
            return
        self.last_ms = at_ms
        gap = min(gap, LONGEST_GAP_MS)
        if self.count < GAPS:
            self.gaps.append(gap)
        else:
            self.gaps[self.count % GAPS] = gap
        self.count += 1

    def judge(self) -> None:
        """Work out `interval_ms` and `regular`; called when gaps came since `judged`, not with every reading."""
        self.judged = self.count
        ordered = sorted(self.gaps)
        median = ordered[len(ordered) // 2]
        slack = int(max(REGULAR_MS, median * REGULAR_SHARE))  # gaps are whole milliseconds
        near = bisect_right(ordered, median + slack) - bisect_left(ordered, median - slack)
        self.regular = near >= REGULAR_GAPS
        self.interval_ms = min(max(median, PACE_FLOOR_MS), PACE_CAP_MS)


class Cell:
    """The newest value of one quantity of one device. `since_ms` is when it took this value."""

    __slots__ = ("at_ms", "pace", "shown", "since_ms", "value")

    def __init__(self, value: float | str, at_ms: int, pace: Pace) -> None:
        self.value = value
        self.at_ms = at_ms
        self.since_ms = at_ms
        self.pace = pace
        self.shown: Value | None = None


class DeviceState:
    """One device. `room` is the uid of its room now; only cells measured from `here_from_ms` on belong to that room."""

    __slots__ = (
        "appliance",
        "available",
        "available_ms",
        "cells",
        "context",
        "gateway",
        "gateway_online",
        "here_from_ms",
        "id",
        "maintenance",
        "model",
        "name",
        "paces",
        "placed_version",
        "room",
        "school",
        "trace",
    )

    def __init__(self, school: str, device: str, gateway: str) -> None:
        self.school = school
        self.id = device
        self.gateway = gateway
        self.room: str | None = None
        self.name = ""
        self.model = ""
        self.appliance: Running | None = None
        self.here_from_ms = 0
        self.placed_version: int | None = None
        self.cells: dict[str, Cell] = {}
        self.paces: dict[str, Pace] = {}
        self.available: bool | None = None
        self.available_ms = 0
        self.gateway_online = True
        self.maintenance: str | None = None
        self.trace: Trace | None = None
        self.context: Context | None = None  # what was planned where and when its newest reading was measured

    def stale(self, quantity: str, cell: Cell, now_ms: int) -> bool:
        """Whether the value no longer stands for the present."""
        return now_ms > self.fresh_until_ms(quantity, cell)

    def fresh_until_ms(self, quantity: str, cell: Cell) -> int:
        """The last instant at which the value stands for the present (-1: it does not now)."""
        pace = cell.pace
        if pace.judged != pace.count:
            pace.judge()
        if quantity in CHANGE_DRIVEN and not pace.regular:
            if self.available is False or not self.gateway_online:
                return -1
            return FOR_EVER_MS if self.available else cell.at_ms + UNVOUCHED_MS
        return cell.at_ms + STALE_INTERVALS * pace.interval_ms

    def value(self, quantity: str, cell: Cell, now_ms: int) -> Value:
        """The cell as people see it; kept until the value or its staleness changes."""
        stale = self.stale(quantity, cell, now_ms)
        shown = cell.shown
        if shown is None or shown.stale is not stale:
            shown = cell.shown = Value(quantity, cell.value, cell.at_ms, self.id, stale)
        return shown

    def here(self, quantity: str) -> Cell | None:
        """The cell, where it was measured in the room the device is in now."""
        cell = self.cells.get(quantity)
        return cell if cell is not None and cell.at_ms >= self.here_from_ms else None

    def fresh(self, quantity: str, now_ms: int) -> Cell | None:
        """The cell, where it was measured here and stands for the present."""
        cell = self.cells.get(quantity)
        if cell is None or cell.at_ms < self.here_from_ms or now_ms > self.fresh_until_ms(quantity, cell):
            return None
        return cell

    @property
    def vouched(self) -> bool:
        """Whether its gateway is there and has said that the device is, too."""
        return bool(self.available) and self.gateway_online

    @property
    def last_ms(self) -> int | None:
        return max((cell.at_ms for cell in self.cells.values()), default=None)

    @property
    def interval_s(self) -> float | None:
        """The usual pace; None while unknown and for devices that speak only when something changes."""
        known = []
        for quantity, cell in self.cells.items():
            if cell.pace.judged != cell.pace.count:
                cell.pace.judge()
            if cell.pace.count and (cell.pace.regular or quantity not in CHANGE_DRIVEN):
                known.append(cell.pace.interval_ms)
        return min(known) / 1000 if known else None


FOR_EVER_MS = 2**62

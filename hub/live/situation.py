"""Everything a sentence about a room may speak of, gathered once a judgement."""

from datetime import tzinfo

import msgspec

from hub.live.occupancy import Belief, Evidence
from hub.live.trend import Trend
from hub.live.views import Forecast, RoomStatus, Value, Ventilation, Waste
from hub.school.model import Lesson


class Situation(msgspec.Struct, frozen=True):
    """Everything a sentence may speak of. `cut`: devices whose gateway is away, so that their silence has its cause."""

    now_ms: int
    zone: tzinfo
    status: RoomStatus
    belief: Belief | None
    evidence: Evidence
    trend: Trend | None
    values: dict[str, Value]
    lesson: Lesson | None
    in_break: bool
    planned: bool
    forecast: Forecast
    ventilation: Ventilation
    waste: tuple[Waste, ...]
    maintenance: str | None
    cut: frozenset[str] = frozenset()

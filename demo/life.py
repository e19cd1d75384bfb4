"""All rooms of the demo school living through time: the past day for the charts, then on from the present."""

from collections.abc import Iterator

import msgspec

from demo.bells import Bells
from demo.cast import PLACES, SEED
from demo.classroom import Air, Classroom, Observation, Outdoors, Traits, outdoors
from demo.script import MINUTE_MS, STUFFY, Moment, Script

PAST_MS = 26 * 60 * MINUTE_MS
PAST_STEP_MS = 20_000
AIM_PPM = 1_540.0  # a little above the limit of 1 500, so that sensor noise does not hide the crossing
CROSSES_AFTER_MS = 9 * MINUTE_MS  # when the stuffy room gets there, counted from the start of the demo
_SETTLE_MS = 60 * MINUTE_MS
_DAY_ACH = {
    "a101": 5.5, "a102": 9.5, "a103": 4.0, "a201": 4.6, "a202": 6.2, "a203": 8.5,
    "b101": 5.0, "b102": 7.5, "b103": 4.5, "b201": 5.0, "b202": 9.0, "b203": 4.2,
}  # fmt: skip


class Past(msgspec.Struct, frozen=True):
    """What the processes of the demo hand to each other: when it began, the stuffy room's draught, the air now."""

    started_ms: int
    shut_ach: float
    air: dict[str, Air]


class Life:
    """The rooms and their script; `advance` moves them together."""

    def __init__(
        self, script: Script, bells: Bells, traits: dict[str, Traits], air: dict[str, Air] | None = None
    ) -> None:
        self.script, self._bells = script, bells
        salt = "now" if air else "past"
        self.rooms = {
            room: Classroom(kept, f"{SEED}/{room}/{salt}", air[room] if air else None) for room, kept in traits.items()
        }
        self.switched: dict[str, bool] = {}  # room -> whether its board or projector is on, whatever the script says

    def moment(self, room: str, t_ms: int) -> Moment:
        now, on = self.script.moment(room, t_ms), self.switched.get(room)
        return now if on is None else msgspec.structs.replace(now, projector=on)

    def outside(self, t_ms: int) -> Outdoors:
        local = self._bells.local(t_ms)
        return outdoors(local.hour + local.minute / 60)

    def advance(self, from_ms: int, to_ms: int) -> None:
        """Step every room from one instant to the next (steps of at most 20 s)."""
        at = from_ms
        while at < to_ms:
            step = min(PAST_STEP_MS, to_ms - at)
            at += step
            outside = self.outside(at)
            for room, classroom in self.rooms.items():
                classroom.step(at, step / 1_000, self.moment(room, at), outside)

    def observe(self, t_ms: int) -> dict[str, Observation]:
        outside = self.outside(t_ms)
        return {
            room: classroom.observe(t_ms, self.moment(room, t_ms), outside) for room, classroom in self.rooms.items()
        }


def room_traits(bells: Bells, started_ms: int, shut_ach: float) -> dict[str, Traits]:
    """What is particular to each room; in the stuffy one the windows were shut when the running period began."""
    shut_from = bells.midnight_ms(bells.today) + bells.current.start * MINUTE_MS
    traits = {}
    for index, place in enumerate(PLACES):
        traits[place.id] = Traits(
            volume_m3=place.volume_m3,
            day_ach=_DAY_ACH[place.id],
            shut_ach=shut_ach if place.id == STUFFY else _DAY_ACH[place.id],
            shut_from_ms=min(shut_from, started_ms) if place.id == STUFFY else None,
            drift_ppm=(index * 7 % 11 - 2) * 3.0,
            daylight=0.6 + index * 5 % 7 / 10,
        )
    return traits


def live_past(script: Script, bells: Bells, now_ms: int, every_ms: int) -> tuple[Past, list[dict[str, Observation]]]:
    """Live through the past day up to `now_ms`; the observations come every `every_ms`, oldest first."""
    shut_ach = _stuffy_draught(script, bells, now_ms)
    life = Life(script, bells, room_traits(bells, now_ms, shut_ach))
    seen = []
    for at in _instants(now_ms - PAST_MS, now_ms, every_ms):
        life.advance(at - every_ms, at)
        seen.append(life.observe(at))
    return Past(now_ms, shut_ach, {room: classroom.air for room, classroom in life.rooms.items()}), seen


def _instants(from_ms: int, to_ms: int, every_ms: int) -> Iterator[int]:
    count = (to_ms - from_ms) // every_ms
    return iter(to_ms - (count - number) * every_ms for number in range(1, count + 1))


def _stuffy_draught(script: Script, bells: Bells, now_ms: int) -> float:
    """The air change rate with which the stuffy room passes its limit CROSSES_AFTER_MS from now, by bisection."""
    low, high = 0.2, 12.0
    for _ in range(12):
        middle = (low + high) / 2
        if _crosses_ms(script, bells, now_ms, middle) > CROSSES_AFTER_MS:
            high = middle
        else:
            low = middle
    return (low + high) / 2


def _crosses_ms(script: Script, bells: Bells, now_ms: int, shut_ach: float) -> int:
    """When the sensor of the stuffy room reaches the limit, from now; a day where it never does."""
    traits = {STUFFY: room_traits(bells, now_ms, shut_ach)[STUFFY]}
    life = Life(script, bells, traits)
    at = bells.midnight_ms(bells.today) + bells.current.start * MINUTE_MS - _SETTLE_MS
    end = now_ms + 2 * CROSSES_AFTER_MS
    while at < end:
        life.advance(at, at + PAST_STEP_MS)
        at += PAST_STEP_MS
        if (
            life.rooms[STUFFY].air.sensed_ppm + life.rooms[STUFFY].air.drift_ppm >= AIM_PPM
            and at > now_ms - 20 * MINUTE_MS
        ):
            return at - now_ms
    return 24 * 60 * MINUTE_MS

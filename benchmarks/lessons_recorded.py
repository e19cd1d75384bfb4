"""The recorded rooms as lessons: 45 minutes of every 50 from 7:30 on in which people were there all along.

No roster is known. A lesson counts where somebody was there in nine of ten of its minutes: a class stays until the
bell, an office empties when it likes. `fitting` and `held_out` name their days. Several limits are
asked for (`LIMITS_PPM`): few people do not reach 1,500 ppm.
"""

from collections.abc import Iterable
from datetime import date

import msgspec

from benchmarks.lessons import MINUTE_MS, Heard, Word, word
from benchmarks.occupancy import OFFICE_M3, SMALL_ROOM_M3, OneRoom, readings
from benchmarks.recorded import DETECTION, ESTIMATION, Moment, detection, estimation
from hub.live.engine import LiveEngine
from hub.school.model import Lesson
from tests.hub.live.places import Plan

UID = "uci.room"
DAY_MIN, FIRST_MIN, EVERY_MIN, LENGTH_MIN, LESSONS = 1440, 450, 50, 45, 13
HELD_SHARE = 0.9
LIMITS_PPM = (700.0, 850.0, 1000.0, 1200.0)
HELD_OUT_FROM = date(2017, 12, 25)  # of the second room; the first is split by its authors into three files


def fitting() -> list[Heard]:
    """Office: 4 to 10 February 2015 (datatraining); small room: 22 to 24 December 2017."""
    return [
        *in_file("datatraining"),
        *_heard((one for one in estimation(ESTIMATION) if _before_holding_out(one)), SMALL_ROOM_M3),
    ]


def held_out() -> list[Heard]:
    """Office: 2 to 4 and 11 to 18 February 2015 (datatest, datatest2); small room: 25 December to 11 January."""
    later = (one for one in estimation(ESTIMATION) if not _before_holding_out(one))
    return [*in_file("datatest"), *in_file("datatest2"), *_heard(later, SMALL_ROOM_M3)]


def in_file(name: str) -> list[Heard]:
    """Of the office."""
    return _heard(detection(DETECTION / f"{name}.txt"), OFFICE_M3)


def _before_holding_out(one: Moment) -> bool:
    return one.at_ms < (HELD_OUT_FROM - date(1970, 1, 1)).days * DAY_MIN * MINUTE_MS


class _Grid(Plan):
    """The same thirteen lessons every day, at the hours of the clock of the recording."""

    def __init__(self, at_ms: int) -> None:
        super().__init__([_lesson(at_ms // MINUTE_MS // DAY_MIN, number) for number in range(LESSONS)])


def _lesson(day: int, number: int) -> Lesson:
    start_ms = (day * DAY_MIN + FIRST_MIN + number * EVERY_MIN) * MINUTE_MS
    return Lesson(f"l{number}", "room", "", start_ms, start_ms + LENGTH_MIN * MINUTE_MS, "", (), (), None)


class _Hearing(msgspec.Struct):
    """A lesson while it is heard."""

    lesson: Lesson
    words: list[Word] = []
    levels: dict[int, float] = {}
    there: list[bool] = []

    def end(self) -> Heard | None:
        held = sum(self.there) >= HELD_SHARE * len(self.there) and len(self.levels) >= HELD_SHARE * LENGTH_MIN
        start = self.lesson.start_ms // MINUTE_MS
        return Heard(f"day {start // DAY_MIN} {self.lesson.id}", LENGTH_MIN, self.words, self.levels) if held else None


def _heard(moments: Iterable[Moment], volume_m3: float) -> list[Heard]:
    found: list[_Hearing] = []
    plan = _Grid(0)
    engine = LiveEngine(OneRoom(volume_m3, 6), lambda _: plan)
    day = 0
    for moment in moments:
        if moment.at_ms // MINUTE_MS // DAY_MIN != day:
            day = moment.at_ms // MINUTE_MS // DAY_MIN
            plan = _Grid(moment.at_ms)
            engine.replanned("uci")
        engine.apply(readings(moment), moment.at_ms)
        engine.tick(moment.at_ms)
        _note(engine, moment, plan, found)
    return [heard for one in found if (heard := one.end()) is not None]


def _note(engine: LiveEngine, moment: Moment, plan: Plan, found: list[_Hearing]) -> None:
    """Rows come at :59 or :00: the minute is the nearest one, and the first row of it counts."""
    at_ms = round(moment.at_ms / MINUTE_MS) * MINUTE_MS
    lesson = next((one for one in plan.lessons if one.start_ms <= at_ms <= one.end_ms), None)
    co2 = next((values["co2_ppm"] for values in moment.devices.values() if "co2_ppm" in values), None)
    if lesson is None or co2 is None or not float(co2) > 0:
        return
    if not found or found[-1].lesson != lesson:
        found.append(_Hearing(lesson))
    hearing, minute = found[-1], (at_ms - lesson.start_ms) // MINUTE_MS
    if minute in hearing.levels:
        return
    hearing.levels[minute] = float(co2)
    hearing.there.append(moment.people > 0)
    said = word(engine, UID, moment.at_ms, lesson.start_ms, lesson.end_ms, None)
    if said is not None:
        hearing.words.append(said)

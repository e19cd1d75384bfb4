"""Why a room is called what it is called: sentences with numbers and times, in both languages."""

from datetime import tzinfo

import msgspec

from hub.live.air import Balance
from hub.live.figures import clock, number, span
from hub.live.occupancy import Belief, Evidence
from hub.live.status import LATE_CLASS_MS
from hub.live.trend import Trend
from hub.live.views import Forecast, Reason, RoomStatus, Running, Value, Ventilation, Waste
from hub.school.model import Lesson
from wire.text import Text

MOST_CLUES = 3
WEIGHTY = 0.5
RISING_PPM_PER_MIN = 1.5
SOON_MIN = 15.0
GOOD_L_S, POOR_L_S = 7.0, 4.0  # REHVA and WHO speak of 8 to 10; below 4 a full room passes 1 500 ppm in a lesson
TELLING = ("co2_ppm", "occupancy", "people_count", "illuminance_lx")

_SENSORS = {
    "co2_ppm": Text("Cảm biến CO₂", "CO₂ sensor"),
    "occupancy": Text("Cảm biến chuyển động", "Motion sensor"),
    "people_count": Text("Bộ đếm người", "People counter"),
    "illuminance_lx": Text("Cảm biến ánh sáng", "Light sensor"),
}
_RUNNING = {
    Running.DISPLAY: Text("Màn hình", "Display"),
    Running.PROJECTOR: Text("Máy chiếu", "Projector"),
    Running.LIGHTS: Text("Đèn", "Lights"),
    Running.AIR_CONDITIONER: Text("Điều hòa", "Air conditioner"),
}


class Situation(msgspec.Struct, frozen=True):
    """Everything a sentence may speak of."""

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


def reasons(of: Situation) -> tuple[Reason, ...]:
    """The most important first."""
    if of.maintenance is not None:
        note = of.maintenance or "—"
        return (Reason(Text(f"Đang bảo trì: {note} · không đánh giá", f"Under maintenance: {note} · not judged")),)
    return (
        *_plan(of),
        *_limit(of),
        *(_wasted(waste, of.now_ms) for waste in of.waste),
        *_clues(of),
        *_silent(of),
        *_air(of.ventilation, of.now_ms),
    )


def _plan(of: Situation) -> list[Reason]:
    lesson = of.lesson
    if lesson is not None and of.status is RoomStatus.LESSON_BUT_EMPTY:
        gone = span(of.now_ms - lesson.start_ms)
        return [
            Reason(
                Text(
                    f"Tiết {lesson.subject} đã bắt đầu {gone.vi} mà phòng trống",
                    f"{lesson.subject} began {gone.en} ago and the room is empty",
                ),
                hot=True,
            )
        ]
    if lesson is not None and of.belief is not None and of.belief.occupied is False:
        if of.now_ms - lesson.start_ms <= LATE_CLASS_MS:
            text = Text("Tiết học mới bắt đầu, đang chờ lớp vào", "The lesson has just begun, waiting for the class")
        else:
            text = Text("Chưa chắc phòng trống, coi như đang học", "Not sure the room is empty, taken as in lesson")
        return [Reason(text)]
    return [_unplanned(of)] if of.status is RoomStatus.OCCUPIED_UNSCHEDULED else []


def _unplanned(of: Situation) -> Reason:
    if not of.planned:
        return Reason(Text("Chưa có thời khóa biểu của trường", "No timetable of this school yet"))
    if of.in_break:
        return Reason(Text("Giờ nghỉ giữa các tiết", "Break between lessons"))
    return Reason(Text("Có người nhưng không có tiết theo thời khóa biểu", "Somebody is there, no lesson is scheduled"))


def _limit(of: Situation) -> list[Reason]:
    limit = number(of.forecast.limit_ppm)
    seen = of.values.get("co2_ppm")
    if of.forecast.over and seen is not None and not isinstance(seen.value, str):
        level = number(seen.value)
        return [
            Reason(
                Text(
                    f"CO₂ {level.vi} ppm, đã vượt mức {limit.vi} ppm",
                    f"CO₂ {level.en} ppm, over the limit of {limit.en} ppm",
                ),
                hot=True,
            )
        ]
    minutes = of.forecast.minutes
    if minutes is None:
        return []
    low = number(of.forecast.minutes_low or 0)
    high = of.forecast.minutes_high
    around = (
        Text(f" ({low.vi}–{number(high).vi})", f" ({low.en}–{number(high).en})")
        if high is not None
        else Text(f" (sớm nhất {low.vi})", f" (at the earliest {low.en})")
    )
    text = Text(
        f"Vượt {limit.vi} ppm sau khoảng {number(minutes).vi} phút{around.vi}",
        f"Over {limit.en} ppm in about {number(minutes).en} min{around.en}",
    )
    return [Reason(text, hot=minutes <= SOON_MIN)]


def _wasted(waste: Waste, now_ms: int) -> Reason:
    what, gone = _RUNNING[waste.what], span(now_ms - waste.since_ms)
    energy = Text("", "")
    if waste.energy_kwh is not None:
        used = number(waste.energy_kwh, 2)
        energy = Text(f" · {used.vi} kWh", f" · {used.en} kWh")
    return Reason(
        Text(
            f"{what.vi} bật {gone.vi} khi không có người{energy.vi}",
            f"{what.en} on for {gone.en} with nobody there{energy.en}",
        ),
        hot=True,
    )


def _clues(of: Situation) -> list[Reason]:
    belief = of.belief
    if belief is None or belief.occupied is None:
        return (
            []
            if of.values and any(not value.stale for value in of.values.values()) is False
            else [
                Reason(
                    Text(
                        "Không có cảm biến nào cho biết có người hay không",
                        "No sensor here tells whether anybody is there",
                    )
                )
            ]
        )
    sign = 1 if belief.occupied else -1
    speaking = [clue.kind for clue in belief.clues if clue.weight * sign >= WEIGHTY][:MOST_CLUES]
    rising = of.trend is not None and of.trend.slope >= RISING_PPM_PER_MIN
    if belief.occupied and rising and {"motion", "co2"} <= set(speaking):
        since = clock(belief.since_ms, of.zone, of.now_ms)
        both = Reason(Text(f"Chuyển động và CO₂ tăng từ {since}", f"Motion and rising CO₂ since {since}"))
        rest = [kind for kind in speaking if kind not in {"motion", "co2"}]
        return [both, *(_clue(kind, of, belief) for kind in rest)]
    return [_clue(kind, of, belief) for kind in speaking]


def _clue(kind: str, of: Situation, belief: Belief) -> Reason:
    evidence, there = of.evidence, belief.occupied is True
    if kind == "count":
        count = number(evidence.count or 0)
        return Reason(Text(f"Đếm được {count.vi} người", f"{count.en} people counted"))
    if kind == "motion":
        since = clock(evidence.motion_since_ms or of.now_ms, of.zone, of.now_ms)
        return Reason(
            Text(f"Chuyển động từ {since}", f"Motion since {since}")
            if there
            else Text(f"Không có chuyển động từ {since}", f"No motion since {since}")
        )
    if kind == "light":
        lux = number(evidence.light_lx or 0)
        return Reason(
            Text(f"Phòng sáng ({lux.vi} lx)", f"Lit ({lux.en} lx)")
            if there
            else Text(f"Phòng tối ({lux.vi} lx)", f"Dark ({lux.en} lx)")
        )
    if kind == "noise":
        level = number(evidence.noise_dba or 0)
        return Reason(
            Text(f"Có tiếng ồn {level.vi} dBA", f"Noise {level.en} dBA")
            if there
            else Text(f"Yên tĩnh ({level.vi} dBA)", f"Quiet ({level.en} dBA)")
        )
    if kind == "display":
        return Reason(Text("Màn hình hoặc máy chiếu đang bật", "Display or projector on"))
    return _carbon(of, evidence.balance, there=there)


def _carbon(of: Situation, balance: Balance | None, *, there: bool) -> Reason:
    level, slope = (of.trend.level, of.trend.slope) if of.trend else (0.0, 0.0)
    ppm, pace = number(level), number(abs(slope))
    if there and slope >= RISING_PPM_PER_MIN:
        return Reason(Text(f"CO₂ tăng {pace.vi} ppm mỗi phút", f"CO₂ rising {pace.en} ppm a minute"))
    if there:
        people = number(max(1.0, balance.people if balance else 1.0))
        return Reason(
            Text(
                f"CO₂ {ppm.vi} ppm, ứng với khoảng {people.vi} người",
                f"CO₂ {ppm.en} ppm, as of about {people.en} people",
            )
        )
    if slope <= -RISING_PPM_PER_MIN:
        return Reason(
            Text(
                f"CO₂ giảm {pace.vi} ppm mỗi phút như khi phòng trống",
                f"CO₂ falling {pace.en} ppm a minute as in an empty room",
            )
        )
    return Reason(Text(f"CO₂ {ppm.vi} ppm, không tăng", f"CO₂ {ppm.en} ppm, not rising"))


def _silent(of: Situation) -> list[Reason]:
    found = []
    for quantity in TELLING:
        value = of.values.get(quantity)
        if value is not None and value.stale:
            who, since = _SENSORS[quantity], clock(value.at_ms, of.zone, of.now_ms)
            text = Text(
                f"{who.vi} im lặng từ {since} · giá trị cũ, không phải hiện tại",
                f"{who.en} silent since {since} · old value, not the present",
            )
            found.append(Reason(text, hot=quantity == "co2_ppm"))
    return found


def _air(ventilation: Ventilation, now_ms: int) -> list[Reason]:
    flow = ventilation.litres_per_s_person
    if flow is None or ventilation.at_ms is None or now_ms - ventilation.at_ms > 15 * 60_000:
        return []
    figure = number(flow, 1)
    if flow >= GOOD_L_S:
        return [
            Reason(Text(f"Thông gió tốt: {figure.vi} L/s mỗi người", f"Good ventilation: {figure.en} L/s per person"))
        ]
    if flow >= POOR_L_S:
        return [
            Reason(Text(f"Thông gió vừa: {figure.vi} L/s mỗi người", f"Fair ventilation: {figure.en} L/s per person"))
        ]
    return [
        Reason(
            Text(f"Thông gió kém: {figure.vi} L/s mỗi người", f"Poor ventilation: {figure.en} L/s per person"), hot=True
        )
    ]

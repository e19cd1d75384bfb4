"""Why a room is called what it is called: sentences with numbers and times, in both languages."""

from hub.live.clues import clues
from hub.live.figures import clock, number, span
from hub.live.situation import Situation
from hub.live.status import LATE_CLASS_MS
from hub.live.views import Reason, RoomStatus, Running, Ventilation, Waste
from wire.text import Text

SOON_MIN = 15.0
GOOD_L_S, POOR_L_S = 7.0, 4.0  # REHVA and WHO speak of 8 to 10; below 4 a full room passes 1 500 ppm in a lesson
TELLING = ("co2_ppm", "occupancy", "people_count", "illuminance_lx")

_SENSORS = {
    "co2_ppm": Text("Cảm biến CO₂", "CO₂ sensor"),
    "occupancy": Text("Cảm biến chuyển động", "Motion sensor"),
    "people_count": Text("Bộ đếm người", "People counter"),
    "illuminance_lx": Text("Cảm biến ánh sáng", "Light sensor"),
}
RUNNING = {
    Running.DISPLAY: Text("Màn hình", "Display"),
    Running.PROJECTOR: Text("Máy chiếu", "Projector"),
    Running.LIGHTS: Text("Đèn", "Lights"),
    Running.AIR_CONDITIONER: Text("Điều hòa", "Air conditioner"),
}


def reasons(of: Situation) -> tuple[Reason, ...]:
    """The most important first."""
    if of.maintenance is not None:
        note = of.maintenance or "—"
        return (Reason(Text(f"Đang bảo trì: {note} · không đánh giá", f"Under maintenance: {note} · not judged")),)
    return (
        *_cut(of),
        *_plan(of),
        *_limit(of),
        *(_wasted(waste, of.now_ms) for waste in of.waste),
        *clues(of),
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
                    f"Tiết {lesson.subject} đã bắt đầu {gone.vi} mà phòng vẫn trống",
                    f"{lesson.subject} began {gone.en} ago and the room is still empty",
                ),
                hot=True,
            )
        ]
    if lesson is not None and of.belief is not None and of.belief.occupied is False:
        if of.now_ms - lesson.start_ms <= LATE_CLASS_MS:
            text = Text("Tiết học mới bắt đầu, đang chờ lớp vào", "The lesson has just begun, waiting for the class")
        else:
            text = Text("Có vẻ vắng người, chưa đủ chắc để báo", "It seems empty, not yet surely enough to say so")
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
    whole = _minutes(minutes)
    around = _range(of.forecast.minutes_low, of.forecast.minutes_high)
    text = Text(
        f"Vượt {limit.vi} ppm sau khoảng {whole} phút{around.vi}",
        f"Over {limit.en} ppm in about {whole} min{around.en}",
    )
    return [Reason(text, hot=minutes <= SOON_MIN)]


def _minutes(minutes: float) -> int:
    return max(1, round(minutes))


def _range(low: float | None, high: float | None) -> Text:
    """In brackets; nothing where it adds nothing."""
    first = _minutes(low or 0)
    if high is None:
        return Text(f" (sớm nhất {first})", f" (at the earliest {first})")
    last = _minutes(high)
    return Text("", "") if first == last else Text(f" ({first}–{last})", f" ({first}–{last})")


def _wasted(waste: Waste, now_ms: int) -> Reason:
    what, gone = RUNNING[waste.what], span(now_ms - waste.since_ms)
    energy = Text("", "")
    if waste.energy_kwh is not None:
        used = number(waste.energy_kwh, 2)
        energy = Text(f" · {used.vi}\N{NO-BREAK SPACE}kWh", f" · {used.en}\N{NO-BREAK SPACE}kWh")
    return Reason(
        Text(
            f"{what.vi} bật {gone.vi} khi không có người{energy.vi}",
            f"{what.en} on for {gone.en} with nobody there{energy.en}",
        ),
        hot=True,
    )


def _cut(of: Situation) -> list[Reason]:
    """One cause, one line, told once for the school: not an alarm of every room."""
    old = [value for quantity in TELLING if (value := of.values.get(quantity)) is not None and value.stale]
    last = [value.at_ms for value in old if value.device in of.cut]
    if not last:
        return []
    since = clock(max(last), of.zone, of.now_ms)
    text = Text(
        f"Cổng của phòng mất kết nối · số liệu dừng lúc {since}, sẽ được gửi bù",
        f"The room's gateway is disconnected · figures stop at {since}, the rest will follow",
    )
    return [Reason(text)]


def _silent(of: Situation) -> list[Reason]:
    found = []
    for quantity in TELLING:
        value = of.values.get(quantity)
        if value is not None and value.stale and value.device not in of.cut:
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

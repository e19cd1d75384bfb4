"""Sensors that move away: CO2 from outdoor air at night, anything from its neighbours, single values that cannot be.

CO2: some hour of most nights is outdoor air (420 ppm, a little more in towns); the night's lowest, over many nights, is
what the sensor calls outdoor air. Sensors with automatic baseline correction do the same, and go wrong where a room is
never aired: then all nights of that one room are high, and the word is less sure. Neighbours: at night, with nobody
there, rooms of a building are alike; the median of the others is robust against a second bad one.
"""

from collections.abc import Callable, Mapping, Sequence
from statistics import median

from hub.live.figures import number
from hub.live.health.finding import Fault, Finding, HourOf
from wire.text import Text

OUTDOOR_PPM = 420.0
TOWN_PPM = 60.0  # what streets, boilers and sensors in order add (their data sheets: 30 to 50 ppm and 3 %)
FEWEST_NIGHTS = 5
SURE_NIGHTS = 10
FEWEST_OTHERS = 3
NIGHT = range(5)  # local hours
# How far from the others' median, at night, before it is a finding: beyond what rooms and sensors in order differ by.
APART = {"co2_ppm": 150.0, "temperature_c": 4.0, "humidity_pct": 18.0, "pressure_hpa": 6.0}
SPREAD_FACTOR = 4.0  # of what the others differ among themselves
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
JUMP = {"temperature_c": 15.0, "humidity_pct": 45.0, "co2_ppm": 3_000.0}
OUTLIER_HOURS, FEWEST_HOURS, FEWEST_IN_HOUR = 3, 24, 10
STEADY = 0.8  # of the nights on the same side
CALIBRATE = Text(
    "Đưa cảm biến ra ngoài trời 20 phút rồi hiệu chuẩn, hoặc nhập độ lệch trong mục Hiệu chuẩn",
    "Leave the sensor in outdoor air for 20 minutes and calibrate, or enter the offset under Calibration",
)
COMPARE = Text(
    "So với một thiết bị đo cầm tay; xem cảm biến có bị nắng chiếu hay gần nguồn nóng không",
    "Compare with a hand-held instrument; look for sun or a source of heat at the sensor",
)


def nights(hours: Sequence[HourOf], local_hour: Callable[[int], int]) -> dict[int, list[HourOf]]:
    """Hours of the night by day number, days with at least three of them."""
    found: dict[int, list[HourOf]] = {}
    for hour in hours:
        if local_hour(hour.t_ms) in NIGHT:
            found.setdefault((hour.t_ms + 12 * HOUR_MS) // DAY_MS, []).append(hour)
    return {day: of for day, of in found.items() if len(of) >= FEWEST_OTHERS}


def co2_drift(
    device: str, hours: Sequence[HourOf], others: Mapping[str, Sequence[HourOf]], local_hour: Callable[[int], int]
) -> Finding | None:
    """Of the last two or three weeks. Below outdoor air is impossible; above it may also be a room never aired."""
    lows = sorted((day, min(hour.minimum for hour in of)) for day, of in nights(hours, local_hour).items())
    if len(lows) < FEWEST_NIGHTS:
        return None
    recent = [low for _, low in lows[-SURE_NIGHTS:]]
    base = sorted(recent)[max(0, len(recent) // 4 - 1)]  # some nights stay stuffy; the better quarter is outdoor air
    off = base - OUTDOOR_PPM
    if abs(off) <= 2 * TOWN_PPM and off >= -TOWN_PPM:
        return None
    usual = [min(hour.minimum for of in nights(one, local_hour).values() for hour in of) for one in others.values()
             if nights(one, local_hour)]  # fmt: skip
    apart = len(usual) >= FEWEST_OTHERS and abs(base - median(usual)) > TOWN_PPM
    sure = (0.75 if off < 0 else 0.5) + (0.2 if apart else 0) + (0.05 if len(recent) >= SURE_NIGHTS else 0)
    told = number(base)
    return Finding(
        device,
        "co2_ppm",
        Fault.DRIFT,
        _since(lows, off),
        round(min(sure, 0.99), 2),
        Text(f"Ban đêm thấp nhất là {told.vi} ppm, ngoài trời khoảng 420 ppm",
             f"The lowest of the nights is {told.en} ppm, outdoor air is about 420 ppm"),
        CALIBRATE,
    )  # fmt: skip


def _since(lows: Sequence[tuple[int, float]], off: float) -> int:
    """The first of the newest unbroken run of nights that lie on that side."""
    first = lows[-1][0]
    for day, low in reversed(lows):
        if (low - OUTDOOR_PPM) * off <= 0 or abs(low - OUTDOOR_PPM) < TOWN_PPM:
            break
        first = day
    return first * DAY_MS - 12 * HOUR_MS


def apart(
    device: str,
    quantity: str,
    hours: Sequence[HourOf],
    others: Mapping[str, Sequence[HourOf]],
    local_hour: Callable[[int], int],
) -> Finding | None:
    """Against the other rooms of the building in the same hours of the nights."""
    if quantity not in APART or len(others) < FEWEST_OTHERS:
        return None
    at: dict[int, list[float]] = {}
    for one in others.values():
        for hour in one:
            if local_hour(hour.t_ms) in NIGHT:
                at.setdefault(hour.t_ms, []).append(hour.mean)
    offs: dict[int, list[float]] = {}
    spreads = []
    for day, of in nights(hours, local_hour).items():
        for hour in of:
            near = at.get(hour.t_ms, ())
            if len(near) >= FEWEST_OTHERS:
                middle = median(near)
                offs.setdefault(day, []).append(hour.mean - middle)
                spreads.append(median([abs(value - middle) for value in near]))
    daily = [(day, median(values)) for day, values in sorted(offs.items())]
    if len(daily) < FEWEST_NIGHTS:
        return None
    recent = [off for _, off in daily[-SURE_NIGHTS:]]
    off = median(recent)
    limit = max(APART[quantity], SPREAD_FACTOR * median(spreads))
    steady = sum(abs(one) > limit and one * off > 0 for one in recent) / len(recent)
    if abs(off) <= limit or steady < STEADY:
        return None
    since = next((day for day, one in daily if abs(one) > limit and one * off > 0), daily[-1][0])
    told = number(abs(off), 1)
    return Finding(
        device,
        quantity,
        Fault.APART,
        since * DAY_MS - 12 * HOUR_MS,
        round(min(0.97, 0.6 + 0.15 * (abs(off) / limit - 1) + 0.02 * len(recent) + 0.1 * steady), 2),
        Text(f"Ban đêm {'cao' if off > 0 else 'thấp'} hơn các phòng khác {told.vi}",
             f"At night {told.en} {'above' if off > 0 else 'below'} the other rooms"),
        CALIBRATE if quantity == "co2_ppm" else COMPARE,
    )  # fmt: skip


def outliers(device: str, quantity: str, hours: Sequence[HourOf]) -> Finding | None:
    """Hours in which a value leapt away from all others of that hour and of its neighbours, again and again."""
    jump = JUMP.get(quantity)
    if jump is None or len(hours) < FEWEST_HOURS:
        return None
    usual_low, usual_high = median([hour.minimum for hour in hours]), median([hour.maximum for hour in hours])
    wild = [
        hour
        for hour in hours
        if hour.count >= FEWEST_IN_HOUR
        and ((hour.maximum - hour.mean > jump and hour.maximum - usual_high > jump)
             or (hour.mean - hour.minimum > jump and usual_low - hour.minimum > jump))
    ]  # fmt: skip
    if len(wild) < OUTLIER_HOURS:
        return None
    return Finding(
        device,
        quantity,
        Fault.OUTLIERS,
        wild[0].t_ms,
        round(min(0.95, 0.7 + 0.03 * len(wild)), 2),
        Text(f"Giá trị nhảy vọt trong {len(wild)} giờ gần đây", f"Values leapt away in {len(wild)} recent hours"),
        Text("Kiểm tra dây, nguồn và chỗ đặt cảm biến", "Check wiring, supply and place of the sensor"),
    )

"""When lamps and batteries will end: the use of each day so far carried on, with an interval, or "not enough yet".

A battery falls slowly and its reading moves with temperature by more than it falls in a week, so the line is the median
of slopes over pairs of days at least a week apart; a rise that stays is a new battery and starts it anew. Voltages: the
end is where devices of that cell usually give up; an alkaline or lithium cell holds its voltage until late, so a
voltage tells less, and its interval is wide.
"""

import math
from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from hub.live.figures import number
from hub.live.health.finding import Fault, Finding
from wire.text import Text

DAY_MS = 86_400_000
RATED_HOURS = {"projector": 4_000.0, "display": 50_000.0}  # lamp in normal mode; panel to half brightness: by kind
LAMP_FEWEST_DAYS = 7
BATTERY_FEWEST_DAYS = 21
PAIR_DAYS = 7
REPLACED_PCT, REPLACED_V = 15.0, 0.2
EMPTY_PCT = 5.0
EMPTY_V = ((2.0, 1.0), (4.6, 2.4), (7.0, 4.0), (math.inf, 7.2))  # newest voltage below -> where such a device ends
FURTHEST_DAYS = 3_650
FALLS_PCT, FALLS_V = 4.0, 0.03  # less in all is noise
TO_DEVIATION = 1.4826
LOW_SLOPE, HIGH_SLOPE = 1.28, 1.28  # standard errors: an interval of eight in ten
Daily = Sequence[tuple[int, float]]  # start of the day (ms), value; oldest first


def lamp_end(device: str, hours: Daily, rated: float) -> Finding | None:
    """From the register of lamp hours; a register that fell had its lamp changed."""
    since = _since_fall(hours)
    days = (since[-1][0] - since[0][0]) / DAY_MS if len(since) > 1 else 0.0
    if days < LAMP_FEWEST_DAYS or since[-1][1] <= since[0][1]:
        return None
    now_ms, used = since[-1]
    left = max(0.0, rated - used)
    daily = [(b - a) / max(1.0, (t2 - t1) / DAY_MS) for (t1, a), (t2, b) in pairwise(since)]
    mean = (since[-1][1] - since[0][1]) / days
    spread = _spread(daily) / math.sqrt(len(daily)) + 0.05 * mean  # terms and holidays differ
    low, high = left / (mean + 1.28 * spread), left / max(mean - 1.28 * spread, mean / 4)
    told, all_hours = number(used), number(rated)
    return Finding(
        device,
        "lamp_hours_h",
        Fault.LAMP_END,
        now_ms,
        0.9 if days >= 3 * LAMP_FEWEST_DAYS else 0.7,
        Text(f"Đèn đã dùng {told.vi} trên {all_hours.vi} giờ", f"The lamp has run {told.en} of {all_hours.en} hours"),
        Text("Đặt mua đèn dự phòng trước ngày này", "Order a spare lamp before that day"),
        *(_day(now_ms, one) for one in (left / mean, low, high)),
    )


def battery_end(device: str, quantity: str, values: Daily) -> Finding | None:
    """From daily medians of battery_pct or battery_v since the battery was last replaced."""
    percent = quantity == "battery_pct"
    since = _since_rise(values, REPLACED_PCT if percent else REPLACED_V)
    if not since or since[-1][0] - since[0][0] < BATTERY_FEWEST_DAYS * DAY_MS:
        return None
    slopes = [
        (later - earlier) / ((t2 - t1) / DAY_MS)
        for index, (t2, later) in enumerate(since)
        for t1, earlier in since[:index]
        if t2 - t1 >= PAIR_DAYS * DAY_MS
    ]
    if not slopes:
        return None
    now_ms = since[-1][0]
    level = median([value for _, value in since[-PAIR_DAYS:]])
    empty = EMPTY_PCT if percent else next(end for below, end in EMPTY_V if level < below)
    slope = median(slopes)
    days = (now_ms - since[0][0]) / DAY_MS
    if -slope * days < (FALLS_PCT if percent else FALLS_V):
        return None  # it has not fallen by more than its noise yet
    rest = [value - slope * (t - now_ms) / DAY_MS for t, value in since]
    blurred = _spread(rest) / math.sqrt(len(since)) / days * 3.5  # standard error of a line's slope
    if -slope < 2 * blurred:
        return None
    error = max(blurred, (0.1 if percent else 0.3) * -slope)
    left = max(0.0, level - empty)
    low, high = left / (-slope + LOW_SLOPE * error), left / max(-slope - HIGH_SLOPE * error, -slope / 4)
    told = number(level, 0 if percent else 2)
    unit = "%" if percent else " V"
    return Finding(
        device,
        quantity,
        Fault.BATTERY_END,
        now_ms,
        0.9 if percent and days >= 2 * BATTERY_FEWEST_DAYS else 0.6,
        Text(f"Pin còn {told.vi}{unit}", f"The battery is at {told.en}{unit}"),
        Text("Thay pin trước ngày này", "Replace the battery before that day"),
        *(_day(now_ms, one) for one in (left / -slope, low, high)),
    )


def _since_fall(values: Daily) -> Daily:
    """The part after the last time the register fell."""
    start = 0
    for index in range(1, len(values)):
        if values[index][1] < values[index - 1][1]:
            start = index
    return values[start:]


def _since_rise(values: Daily, rise: float) -> Daily:
    """The part after the last rise that stayed: the medians of the days before and after lie so far apart."""
    start = 0
    for index in range(1, len(values)):
        before = median([value for _, value in values[max(0, index - 3) : index]])
        after = median([value for _, value in values[index : index + 3]])
        if after - before >= rise:
            start = index
    return values[start:]


def _spread(values: Sequence[float]) -> float:
    middle = median(values)
    return TO_DEVIATION * median([abs(value - middle) for value in values])


def _day(now_ms: int, days: float) -> int:
    return now_ms + int(min(days, FURTHEST_DAYS) * DAY_MS)

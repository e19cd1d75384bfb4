"""Values that no longer move: a sensor that repeats one number, or a register that stands still while power flows.

A flat line alone proves nothing: night air is flat to a sensor of coarse steps, and a change-driven one is silent then.
It is judged by what the room did meanwhile: hours in which the same quantity moved elsewhere in the building, or the
device's own past hours of the same length, never lay still.
"""

from collections.abc import Mapping, Sequence

from hub.live.figures import number
from hub.live.health.finding import Fault, Finding, HourOf
from wire.text import Text

HOUR_MS = 3_600_000
FEWEST_VALUES = 3  # in an hour: fewer say nothing about whether it moves
LONGEST_GAP_MS = 3 * HOUR_MS
# Hours without any movement from which on a finding is made, and the movement of others that excludes a calm time.
STILL_HOURS = {"co2_ppm": 8, "temperature_c": 24, "humidity_pct": 18, "illuminance_lx": 30, "noise_dba": 18,
               "pm25_ugm3": 30, "tvoc_ppb": 24, "pressure_hpa": 30, "voltage_v": 12}  # fmt: skip
LIVELY = {"co2_ppm": 60.0, "temperature_c": 1.5, "humidity_pct": 6.0, "illuminance_lx": 100.0, "noise_dba": 8.0,
          "pm25_ugm3": 8.0, "tvoc_ppb": 60.0, "pressure_hpa": 2.0, "voltage_v": 3.0}  # fmt: skip
LONG_PAST = 2.0  # times its own longest calm before
DARK_LX = 15.0
RESTART = Text(
    "Khởi động lại thiết bị; nếu vẫn vậy thì thay cảm biến",
    "Restart the device; if it stays so, replace the sensor",
)
FROZEN_HOURS, FROZEN_KWH = 6, 0.3  # what the power says it should have counted meanwhile
REGISTER_STEP_KWH = 0.1  # the coarsest register


def stuck(device: str, quantity: str, own: Sequence[HourOf], others: Mapping[str, Sequence[HourOf]]) -> Finding | None:
    """`own` and `others` (by device) are hours of the same quantity, oldest first, over the last week or two."""
    usable = [hour for hour in own if hour.count >= FEWEST_VALUES]
    if quantity not in STILL_HOURS or len(usable) < STILL_HOURS[quantity]:
        return None
    run = _still_run(usable)
    hours = len(run)
    if hours < STILL_HOURS[quantity] or (quantity == "illuminance_lx" and run[0].mean < DARK_LX):
        return None
    before = _longest_calm(usable[: len(usable) - hours])
    if hours < LONG_PAST * before:
        return None
    moved = _moved_elsewhere(run, others, LIVELY[quantity])
    if moved is False:
        return None  # calm everywhere
    sure = min(0.99, (0.9 if moved else 0.5) + 0.05 * (hours / STILL_HOURS[quantity] - 1))
    value = number(run[0].mean, 1)
    meanwhile = Text(", nơi khác vẫn thay đổi", ", while it moved elsewhere") if moved else Text("", "")
    return Finding(
        device,
        quantity,
        Fault.STUCK,
        run[0].t_ms,
        round(sure, 2),
        Text(f"Giá trị đứng yên ở {value.vi} trong {hours} giờ{meanwhile.vi}",
             f"The value has stood at {value.en} for {hours} hours{meanwhile.en}"),
        RESTART,
    )  # fmt: skip


def _still_run(hours: Sequence[HourOf]) -> list[HourOf]:
    """The newest hours that all hold one and the same value, oldest first."""
    last = hours[-1]
    run: list[HourOf] = []
    newer_ms = last.t_ms
    for hour in reversed(hours):
        same = hour.minimum == hour.maximum == last.maximum
        if not same or newer_ms - hour.t_ms > LONGEST_GAP_MS:
            break
        run.append(hour)
        newer_ms = hour.t_ms
    return run[::-1]


def _longest_calm(hours: Sequence[HourOf]) -> int:
    longest = now = 0
    held: float | None = None
    for hour in hours:
        if hour.minimum == hour.maximum:
            now = now + 1 if hour.maximum == held else 1
            held = hour.maximum
            longest = max(longest, now)
        else:
            now, held = 0, None
    return longest


def _moved_elsewhere(run: Sequence[HourOf], others: Mapping[str, Sequence[HourOf]], lively: float) -> bool | None:
    """Whether most other devices moved well during the run; None without others to ask."""
    first_ms, last_ms = run[0].t_ms, run[-1].t_ms
    spans = []
    for hours in others.values():
        within = [hour for hour in hours if first_ms <= hour.t_ms <= last_ms and hour.count >= FEWEST_VALUES]
        if len(within) >= len(run) / 2:
            spans.append(max(hour.maximum for hour in within) - min(hour.minimum for hour in within))
    if not spans:
        return None
    return sum(span >= lively for span in spans) > len(spans) / 2


def frozen(device: str, register: Sequence[HourOf], power: Sequence[HourOf]) -> Finding | None:
    """A kWh register that stands while the same meter's power flows."""
    if not register or not power:
        return None
    still: list[HourOf] = []
    for hour in reversed(register):
        if not hour.minimum == hour.maximum == register[-1].maximum:
            break
        still.append(hour)
    if len(still) < FROZEN_HOURS:
        return None
    first_ms, last_ms = still[-1].t_ms, still[0].t_ms
    due_kwh = sum(hour.mean for hour in power if first_ms <= hour.t_ms <= last_ms) / 1000
    if due_kwh < FROZEN_KWH + REGISTER_STEP_KWH:
        return None
    told = number(due_kwh, 1)
    return Finding(
        device,
        "energy_kwh",
        Fault.FROZEN,
        first_ms,
        round(min(0.99, 0.9 + 0.05 * due_kwh), 2),
        Text(f"Số điện không tăng dù công suất cho thấy khoảng {told.vi} kWh",
             f"The register stands although the power amounts to about {told.en} kWh"),
        Text("Kiểm tra đồng hồ và cách đọc thanh ghi", "Check the meter and how its register is read"),
    )  # fmt: skip

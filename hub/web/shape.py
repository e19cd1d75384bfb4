"""Views shaped for the pages' scripts: short keys, one language, plain JSON. Pure."""

from collections.abc import Mapping, Sequence
from math import isfinite

from hub.ingest.quarantine import QuarantineEntry
from hub.live.views import DeviceView, GatewayView, LessonView, RoomView, StreamAccount, Value
from hub.school.model import Period
from hub.web.board import Item
from hub.web.faults import told
from hub.web.urgency import alarming, urgency
from wire.quantities import QUANTITIES
from wire.text import Language

MAX_RAW_SHOWN = 4_096
LARGEST_WHOLE = 2.0**53  # whole numbers a script still tells apart


def room_key(uid: str) -> str:
    return f"room/{uid}"


def shape_room(view: RoomView, language: Language) -> Item:
    """One room for wall and room page. Values are `[value, measured at, stale]`."""
    people, forecast, air = view.people, view.forecast, view.ventilation
    return {
        "uid": f"{view.school}.{view.room}",
        "id": view.room,
        "name": view.name,
        "building": view.building,
        "status": view.status.value,
        "since": view.since_ms,
        "since_least": view.since_least,
        "reasons": [{"text": reason.text.in_language(language), "hot": reason.hot} for reason in view.reasons],
        "lesson": _lesson(view.lesson),
        "next": _lesson(view.next_lesson),
        "values": _shape_values(view.values),
        "newest": view.newest_ms,
        "stale": view.stale,
        "people": [_short(people.estimate), _short(people.low), _short(people.high), people.expected],
        "air": [_short(air.air_changes_per_h, 2), _short(air.litres_per_s_person, 1), air.at_ms],
        "forecast": {
            "limit": forecast.limit_ppm,
            "slope": _short(forecast.slope_ppm_per_min, 2),
            "minutes": [_short(m) for m in (forecast.minutes, forecast.minutes_low, forecast.minutes_high)],
            "over": forecast.over,
            "before_bell": _short(forecast.before_bell, 2),
            "lesson_end": [forecast.lesson_end_ppm, forecast.lesson_end_low_ppm, forecast.lesson_end_high_ppm],
        },
        "waste": [[w.what.value, w.since_ms, _short(w.energy_kwh, 3), w.device] for w in view.waste],
        "spark": _sparkline(view.sparkline),
        "maintenance": view.maintenance,
        "urgency": urgency(view),
        "hot": alarming(view),
    }


def _shape_values(values: Mapping[str, Value]) -> dict[str, list[object]]:
    """What is no finite number stays away: one such value must not take the page with it."""
    sound = {key: one for key, one in values.items() if isinstance(one.value, str) or isfinite(one.value)}
    return {key: shape_value(one) for key, one in sound.items()}


def shape_value(value: Value) -> list[object]:
    """`[value, measured at, stale, device]`, rounded to what its instrument resolves."""
    number = value.value
    if not isinstance(number, str):
        quantity = QUANTITIES.get(value.quantity)
        number = round(number, quantity.decimals if quantity else 3)
        number = int(number) if abs(number) < LARGEST_WHOLE and number == int(number) else number
    return [number, value.at_ms, value.stale, value.device]


def _short(number: float | None, digits: int = 1) -> float | None:
    return None if number is None or not isfinite(number) else round(number, digits)


def _lesson(lesson: LessonView | None) -> Item | None:
    if lesson is None:
        return None
    return {
        "subject": lesson.subject,
        "classes": list(lesson.classes),
        "teachers": list(lesson.teachers),
        "period": lesson.period,
        "start": lesson.start_ms,
        "end": lesson.end_ms,
    }


def _sparkline(points: Sequence[tuple[int, float]]) -> list[int | None]:
    """`[minute of the first, value, value, null for a missing minute, ...]`: a quarter of the bytes of pairs."""
    by_minute = {t_ms // 60_000: round(value) for t_ms, value in points if abs(value) < LARGEST_WHOLE}
    if not by_minute:
        return []
    first, last = min(by_minute), max(by_minute)
    return [first, *(by_minute.get(minute) for minute in range(first, min(last, first + 120) + 1))]


def shape_period(period: Period | None, following: Period | None, *, planned: bool, open_now: bool = True) -> Item:
    """`open`: within school hours, so that no period is a break and not the night before one."""

    def plain(one: Period | None) -> Item | None:
        return None if one is None else {"name": one.name, "start": one.start_ms, "end": one.end_ms}

    return {"now": plain(period), "next": plain(following), "planned": planned, "open": open_now}


def shape_device(view: DeviceView) -> Item:
    return {
        "id": view.device,
        "name": view.name or view.device,
        "model": view.model,
        "gateway": view.gateway,
        "room": view.room,
        "last": view.last_ms,
        "interval": _short(view.interval_s),
        "stale": view.stale,
        "available": view.available,
        "values": _shape_values(view.values),
        "maintenance": view.maintenance,
    }


def shape_gateway(view: GatewayView, language: Language) -> Item:
    return {
        "id": view.gateway,
        "name": view.name or view.gateway,
        "status": view.status,
        "online": view.online,
        "seen": view.last_seen_ms,
        "since": view.since_ms,
        "clock": view.clock,
        "skew": view.clock_skew_ms,
        "rows": view.outbox_rows,
        "bytes": view.outbox_bytes,
        "flash": view.flash_bytes,
        "flash_day": view.flash_bytes_per_day,
        "set_aside": view.set_aside,
        "software": view.software,
        "two_machines": view.two_machines,
        "tele": _account(view.tele),
        "event": _account(view.event),
        "problems": [problem.in_language(language) for problem in view.problems],
    }


def _account(account: StreamAccount) -> Item:
    return {
        "expected": account.expected,
        "received": account.received,
        "duplicate": account.duplicate,
        "late": account.late,
        "lost": account.lost,
        "overwritten": account.overwritten,
        "quarantined": account.quarantined,
        "outstanding": account.outstanding,
        "dropped": dict(account.dropped),
    }


def shape_entry(entry: QuarantineEntry, language: Language) -> Item:
    """A quarantined message; its bytes cut to what a person can look through."""
    return {
        "digest": entry.digest,
        "from": f"{entry.school} / {entry.gateway}",
        "stream": entry.stream,
        "reason": told(entry.reason, language),
        "count": entry.count,
        "first": entry.first_ms,
        "last": entry.last_ms,
        "status": entry.status,
        "size": len(entry.raw),
        "raw": entry.raw[:MAX_RAW_SHOWN].decode("utf-8", "backslashreplace"),
    }

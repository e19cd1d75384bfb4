"""Views of the hub into the API's structures. Pure."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import overload
from zoneinfo import ZoneInfo

import msgspec

from hub.live.views import DeviceView, GatewayView, LessonView, RoomView, StreamAccount, Value
from hub.web.api.model import (
    AccountOut,
    DeviceOut,
    ForecastOut,
    GatewayOut,
    LessonOut,
    PeopleOut,
    ReasonOut,
    RoomOut,
    ValueOut,
    VentilationOut,
    WasteOut,
    Words,
)
from wire.quantities import QUANTITIES
from wire.text import Text


def moment(t_ms: int, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(t_ms / 1000, UTC).astimezone(zone)


@overload
def rfc3339(t_ms: int, zone: ZoneInfo) -> str: ...
@overload
def rfc3339(t_ms: int | None, zone: ZoneInfo) -> str | None: ...
def rfc3339(t_ms: int | None, zone: ZoneInfo) -> str | None:
    """2026-11-24T09:48:12.000+07:00."""
    return None if t_ms is None else moment(t_ms, zone).isoformat(timespec="milliseconds")


def words(text: Text) -> Words:
    return Words(text.vi, text.en)


def values_out(values: dict[str, Value], zone: ZoneInfo) -> dict[str, ValueOut]:
    return {
        key: ValueOut(
            one.value,
            QUANTITIES[key].unit if key in QUANTITIES else "",
            rfc3339(one.at_ms, zone),
            one.device,
            one.stale,
        )
        for key, one in values.items()
    }


def lesson_out(lesson: LessonView | None, zone: ZoneInfo) -> LessonOut | None:
    if lesson is None:
        return None
    start, end = rfc3339(lesson.start_ms, zone), rfc3339(lesson.end_ms, zone)
    return LessonOut(lesson.subject, lesson.classes, lesson.teachers, lesson.period, start, end)


def room_out(view: RoomView, zone: ZoneInfo) -> RoomOut:
    people, forecast, air = view.people, view.forecast, view.ventilation
    return RoomOut(
        uid=f"{view.school}.{view.room}",
        school=view.school,
        id=view.room,
        name=view.name,
        building=view.building,
        status=view.status.value,
        since=rfc3339(view.since_ms, zone),
        reasons=tuple(ReasonOut(words(reason.text), reason.hot) for reason in view.reasons),
        lesson=lesson_out(view.lesson, zone),
        next_lesson=lesson_out(view.next_lesson, zone),
        values=values_out(view.values, zone),
        newest=rfc3339(view.newest_ms, zone),
        stale=view.stale,
        people=PeopleOut(people.estimate, people.low, people.high, people.expected),
        ventilation=VentilationOut(air.air_changes_per_h, air.litres_per_s_person),
        forecast=ForecastOut(*msgspec.structs.astuple(forecast)),
        waste=tuple(
            WasteOut(one.what.value, one.device, rfc3339(one.since_ms, zone), one.energy_kwh) for one in view.waste
        ),
        maintenance=view.maintenance,
    )


def device_out(view: DeviceView, zone: ZoneInfo) -> DeviceOut:
    return DeviceOut(
        id=view.device,
        name=view.name,
        model=view.model,
        gateway=view.gateway,
        room=view.room,
        last=rfc3339(view.last_ms, zone),
        interval_s=view.interval_s,
        stale=view.stale,
        available=view.available,
        values=values_out(view.values, zone),
        maintenance=view.maintenance,
    )


def gateway_out(view: GatewayView, zone: ZoneInfo) -> GatewayOut:
    return GatewayOut(
        school=view.school,
        id=view.gateway,
        name=view.name,
        status=view.status,
        online=view.online,
        last_seen=rfc3339(view.last_seen_ms, zone),
        since=rfc3339(view.since_ms, zone),
        clock=view.clock,
        clock_skew_ms=view.clock_skew_ms,
        outbox_rows=view.outbox_rows,
        outbox_bytes=view.outbox_bytes,
        flash_bytes=view.flash_bytes,
        flash_bytes_per_day=view.flash_bytes_per_day,
        set_aside=view.set_aside,
        software=view.software,
        two_machines=view.two_machines,
        tele=account_out(view.tele),
        event=account_out(view.event),
        problems=tuple(words(problem) for problem in view.problems),
    )


def account_out(account: StreamAccount) -> AccountOut:
    return msgspec.convert(account, AccountOut, from_attributes=True)


def reason_line(view: RoomView, language: str) -> str:
    """All reasons in one cell of a table."""
    texts: Sequence[Text] = [reason.text for reason in view.reasons]
    return "; ".join(text.vi if language == "vi" else text.en for text in texts)

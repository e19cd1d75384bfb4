"""Sorts the rows of a decoded batch: what to store, what to show, what to set aside. Pure.

This is the hub's hottest loop: it costs once a row, and once a value only the range check.
"""

from collections.abc import Callable, Iterable
from typing import TypeVar

import msgspec

from hub.ingest.aside import Aside, row_aside, value_aside
from hub.ingest.check import FUTURE_MS, LATE_MS, all_good, bad_values
from hub.ingest.contact import Contact
from hub.ingest.events import StoredEvent
from hub.ingest.ledger import Fresh
from hub.live.reading import Happening, Reading
from hub.stores.series import Point
from wire.codec import BadRow, row_numbers
from wire.messages import EventBatch, EventRow, TeleBatch, TeleRow, TimeQuality
from wire.ranges import RangeSet

Row = TypeVar("Row", TeleRow, EventRow)
Calibrate = Callable[[str, str, int, dict[str, float | str]], dict[str, float | str]]
MAX_DEVICES = 5_000
UNTIMED = "untimed: the clock was not known before the gateway restarted"
TOO_MANY = f"more than {MAX_DEVICES} devices at one gateway"


class SortedTelemetry(msgspec.Struct):
    points: list[Point] = []
    readings: list[Reading] = []
    asides: list[Aside] = []
    late: int = 0


class SortedEvents(msgspec.Struct):
    events: list[StoredEvent] = []
    asides: list[Aside] = []
    late: int = 0


def numbered(
    batch: TeleBatch | EventBatch, rows: list[Row], bad: list[BadRow], commit: list[tuple[int, int]]
) -> Iterable[tuple[int, Row]]:
    """The batch's `rows` that are to be stored, with their numbers."""
    last = batch.first + len(rows) + len(bad) - 1
    pairs = zip(row_numbers(batch, bad), rows, strict=True)
    if commit == [(batch.first, last)]:
        return pairs
    wanted = RangeSet(commit)
    return [(number, row) for number, row in pairs if number in wanted]


def sort_telemetry(
    contact: Contact,
    batch: TeleBatch,
    bad: list[BadRow],
    fresh: Fresh,
    *,
    shift_ms: int,
    now_ms: int,
    calibrate: Calibrate | None,
) -> SortedTelemetry:
    """Rows of `fresh.commit` as points, those of `fresh.live` also as readings, calibrated where anything is."""
    result = SortedTelemetry(asides=bad_rows(bad, fresh.commit))
    points, readings = result.points, result.readings
    school, gateway, epoch, devices = contact.school, contact.gateway, batch.epoch, contact.devices
    live = None if fresh.live == fresh.commit else RangeSet(fresh.live)
    newest, late_before = now_ms + FUTURE_MS, now_ms - LATE_MS
    for number, row in numbered(batch, batch.rows, bad, fresh.commit):
        if row.t is None:
            result.asides.append(row_aside(number, row, UNTIMED))
            continue
        at_ms = row.t + shift_ms
        device = devices.get(row.d)
        if device is None and len(devices) < MAX_DEVICES:
            device = devices[row.d] = row.d
        if device is None or not 0 <= at_ms <= newest:
            reason = TOO_MANY if device is None else time_reason(at_ms, now_ms)
            result.asides.append(row_aside(number, row, reason))
            continue
        values = row.v
        if not all_good(values):
            wrong = bad_values(values)
            result.asides.append(value_aside(number, row, wrong))
            values = {key: value for key, value in values.items() if key not in wrong}
            if not values:
                continue
        points.append(Point(school, device, at_ms, values, epoch, number, shift_ms))
        if at_ms < late_before:
            result.late += 1
        if live is None or number in live:
            shown = values if calibrate is None else calibrate(school, device, at_ms, values)
            readings.append(Reading(school, gateway, device, at_ms, now_ms, shown, row.c))
    return result


def sort_events(
    contact: Contact, batch: EventBatch, bad: list[BadRow], fresh: Fresh, *, shift_ms: int, now_ms: int
) -> SortedEvents:
    """Rows of `fresh.commit` as events. An event of an unknown clock has no time until its correction comes."""
    result = SortedEvents(asides=bad_rows(bad, fresh.commit))
    for number, row in numbered(batch, batch.rows, bad, fresh.commit):
        at_ms: int | None = None
        if row.t is not None and row.c not in {TimeQuality.UNKNOWN, TimeQuality.UNTIMED}:
            at_ms = row.t + shift_ms
            if not 0 <= at_ms <= now_ms + FUTURE_MS:
                result.asides.append(row_aside(number, row, time_reason(at_ms, now_ms)))
                continue
            result.late += at_ms < now_ms - LATE_MS
        event = Happening(contact.school, contact.gateway, row.id, row.d, row.k, at_ms, now_ms, row.data, row.c)
        result.events.append(StoredEvent(event, batch.epoch, number))
    return result


def bad_rows(bad: list[BadRow], commit: list[tuple[int, int]]) -> list[Aside]:
    if not bad:
        return []
    wanted = RangeSet(commit)
    return [Aside(row.number, row.reason, row.raw) for row in bad if row.number in wanted]


def time_reason(at_ms: int, now_ms: int) -> str:
    return f"time {round((at_ms - now_ms) / 1000)} s from the hub's clock"

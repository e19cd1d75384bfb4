"""Alerts in memory: one a cause, none for what flickers, nothing forgotten while the database is away."""

from hub.alerts.causes import Cause
from hub.alerts.open_alerts import AFTER_START_MS, HOLD_MS, LINGER_ANY_MS, LINGER_MS, OpenAlerts, Opened
from wire.text import Text

DOWN = Cause("store.down", Text("kho hỏng", "store down"), "critical")
STUFFY = Cause("room.stuffy", Text("bí", "stuffy"), "warning", "s", "a101")
HOLD, LINGER = HOLD_MS["room.stuffy"], LINGER_MS["room.stuffy"]


def written(alerts: OpenAlerts, now_ms: int, rows: dict[str, int]) -> tuple[list[str], list[tuple[int, int]]]:
    """As the log does it, with a database that takes everything: codes opened, (row, end) closed."""
    opening, closing = alerts.opening(), alerts.closing(now_ms)
    alerts.opened({each.cause.key: rows[each.cause.code] for each in opening})
    alerts.closed(closing)
    return [each.cause.code for each in opening], [(each.row, each.closed_ms) for each in closing]


def test_a_notice_opens_at_once_and_closes_when_it_was_last_there() -> None:
    alerts = OpenAlerts()
    alerts.note([DOWN], 1_000)
    assert written(alerts, 1_000, {"store.down": 7}) == (["store.down"], [])
    for now in range(2_000, 30_000, 1_000):
        alerts.note([DOWN], now)
        assert written(alerts, now, {}) == ([], [])
    alerts.note([], 29_000 + LINGER_ANY_MS - 1)
    assert written(alerts, 29_000 + LINGER_ANY_MS - 1, {}) == ([], [])
    assert written(alerts, 29_000 + LINGER_ANY_MS, {}) == ([], [(7, 29_000)])
    assert len(alerts) == 0


def test_what_flickers_is_no_alert_and_what_comes_and_goes_is_one() -> None:
    alerts = OpenAlerts()
    alerts.note([STUFFY], 0)
    alerts.note([], HOLD - 1)
    alerts.note([STUFFY], HOLD)
    assert alerts.opening() == []
    alerts.note([STUFFY], 2 * HOLD)
    (opening,) = alerts.opening()
    assert opening.opened_ms == HOLD, "it began when it was first seen, not when it had lasted"
    written(alerts, 2 * HOLD, {"room.stuffy": 1})
    now = 2 * HOLD
    for _ in range(5):
        alerts.note([], now + LINGER // 2)
        assert written(alerts, now + LINGER // 2, {}) == ([], [])
        now += LINGER - 1
        alerts.note([STUFFY], now)
        assert written(alerts, now, {}) == ([], [])


def test_what_could_not_be_written_is_planned_again() -> None:
    alerts = OpenAlerts()
    alerts.note([DOWN], 0)
    assert alerts.opening() == alerts.opening()
    alerts.opened({DOWN.key: 3})
    alerts.note([], LINGER_ANY_MS)
    assert alerts.closing(LINGER_ANY_MS) == alerts.closing(LINGER_ANY_MS + 1) != []


def test_what_was_over_before_the_database_was_back_is_written_then() -> None:
    alerts = OpenAlerts()
    alerts.note([DOWN, STUFFY], 1_000)
    (opening,) = alerts.opening()
    alerts.note([DOWN], 3_000)  # nothing could be written
    assert alerts.opening() == [opening]
    for now in (5_000, 3_000 + LINGER_ANY_MS):
        alerts.note([], now)
        assert alerts.opening() == [opening], "what passed is forgotten, what lasted is not"
    written(alerts, now, {"store.down": 7})
    assert written(alerts, now, {}) == ([], [(7, 3_000)])
    assert len(alerts) == 0


def test_after_a_restart_rows_are_taken_up_and_wait_for_news() -> None:
    alerts = OpenAlerts()
    alerts.be_patient(1_000)
    twice = alerts.take_up([Opened(4, DOWN), Opened(5, STUFFY), Opened(9, DOWN)], 1_000)
    assert [(each.row, each.closed_ms) for each in twice] == [(4, 1_000)]
    alerts.note([DOWN], 2_000)
    assert written(alerts, 1_000 + AFTER_START_MS - 1, {}) == ([], [])
    alerts.note([DOWN], 1_000 + AFTER_START_MS)
    assert written(alerts, 1_000 + AFTER_START_MS, {}) == ([], [(5, 1_000)])
    assert len(alerts) == 1


def test_a_row_written_by_an_unanswered_commit_is_found_again() -> None:
    alerts = OpenAlerts()
    alerts.note([DOWN], 0)
    assert alerts.take_up([Opened(8, DOWN)], 0) == []
    assert alerts.opening() == []
    alerts.note([], LINGER_ANY_MS)
    assert [each.row for each in alerts.closing(LINGER_ANY_MS)] == [8]


def test_what_came_back_while_its_end_was_being_written_is_not_forgotten() -> None:
    """A write may wait a long time for its database; what is wrong is noted meanwhile."""
    alerts = OpenAlerts()
    alerts.note([DOWN], 0)
    written(alerts, 0, {"store.down": 7})
    alerts.note([], LINGER_ANY_MS)
    closing = alerts.closing(LINGER_ANY_MS)
    back = LINGER_ANY_MS + 2_000
    alerts.note([DOWN], back)
    alerts.note([], back + 2_000)  # and gone again before the write has ended
    alerts.closed(closing)
    alerts.note([], back + 4_000)
    assert [(each.cause, each.opened_ms) for each in alerts.opening()] == [(DOWN, back)]
    assert written(alerts, back + LINGER_ANY_MS, {"store.down": 8}) == (["store.down"], [])
    assert written(alerts, back + LINGER_ANY_MS, {}) == ([], [(8, back)])

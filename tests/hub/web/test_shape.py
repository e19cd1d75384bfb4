import math
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.live.views import Forecast, RoomStatus
from hub.notice import Notice
from hub.registry.model import Device
from hub.school.pulls.notices import Waiting, held
from hub.stores.series import Bucket, RoomMinute
from hub.web.faults import told
from hub.web.history import Range, merged, people_buckets, summed, window
from hub.web.notices import notices
from hub.web.shape import shape_room, shape_value
from hub.web.tables import cell, csv_text
from hub.web.urgency import alarming, urgency
from tests.hub.web.doubles import MIN, NOW_MS, SCHOOL, Stand, gateway_view, value
from wire.text import Text

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")


def test_values_keep_what_their_instrument_resolves() -> None:
    assert shape_value(value("co2_ppm", 1380.4, 1))[0] == 1380
    assert shape_value(value("temperature_c", 29.4499, 1))[0] == 29.4
    assert shape_value(value("input_source", "HDMI 1", 1))[0] == "HDMI 1"


def test_what_is_no_finite_number_stays_away_and_the_rest_is_shown(stand: Stand) -> None:
    view = stand.live.rooms[f"{SCHOOL}.a101"]
    values = {"co2_ppm": value("co2_ppm", math.inf, 1), "humidity_pct": value("humidity_pct", 60.0, 1)}
    broken = msgspec.structs.replace(view, values=values, sparkline=((60_000, math.nan), (120_000, 1e300)))
    shaped = shape_room(broken, "vi")
    assert list(shaped["values"]) == ["humidity_pct"]
    assert shaped["spark"] == []
    msgspec.json.encode(shaped)
    msgspec.json.encode(shape_value(value("co2_ppm", 1e300, 1)))


def test_a_sparkline_keeps_its_gaps(stand: Stand) -> None:
    view = stand.live.rooms[f"{SCHOOL}.a101"]
    points = ((60_000 * 10, 400.4), (60_000 * 11, 410.0), (60_000 * 14, 500.0))
    shaped = shape_room(msgspec.structs.replace(view, sparkline=points), "vi")
    assert shaped["spark"] == [10, 400, 410, None, None, 500]
    assert shape_room(msgspec.structs.replace(view, sparkline=()), "vi")["spark"] == []


def test_attention_is_for_what_somebody_can_do_something_about(stand: Stand) -> None:
    asked = {view.room for view in stand.live.wall(SCHOOL, NOW_MS) if urgency(view) > 0}
    assert asked == {"a101", "a103", "a104", "b101"}


def test_one_line_for_many_gateways_away() -> None:
    away = [gateway_view(f"g{n}", f"G{n}", online=False, since_ms=NOW_MS - n * MIN) for n in range(1, 5)]
    ((severity, text, page),) = notices([], away, [], NOW_MS, ZONE)
    assert (severity, page) == ("warn", "/devices")
    assert text.vi.startswith("4 cổng mất kết nối, lâu nhất từ 09:44")
    ((_, one, _),) = notices([], away[:1], [], NOW_MS, ZONE)
    assert one.en == "Gateway G1 has been disconnected since 09:47; its data is kept there and will follow."


def test_worst_first_and_nothing_when_all_is_well() -> None:
    assert notices([], [gateway_view("g", "G")], [Device(SCHOOL, "d", "g", "D", room="r")], NOW_MS, ZONE) == []
    full = [Notice("disk.nearly_full", Text("sắp đầy", "nearly full")), Notice("s.d", Text("đầy", "full"), "critical")]
    pending = gateway_view("g", "G", status="pending")
    lines = notices(full, [pending], [Device(SCHOOL, "d", "g", "D")], NOW_MS, ZONE)
    assert [severity for severity, _, _ in lines] == ["bad", "warn", "info", "info"]
    assert lines[0][1].en == "full"
    assert [page for _, _, page in lines] == ["", "", "/devices", "/devices"]


def test_what_waits_is_told_with_the_page_that_opens_it() -> None:
    waiting = held({SCHOOL: Waiting(2, 41), "empty": Waiting(0, 0)}, {SCHOOL: "THCS Lê Lợi"}.__getitem__)
    ((_, text, page),) = notices(waiting, [], [], NOW_MS, ZONE)
    assert (page, "THCS Lê Lợi: 2 lần" in text.vi) == (f"/imports?school={SCHOOL}&show=41", True)
    assert SCHOOL not in text.both(), "a name, as people call it"


def test_yesterdays_time_says_the_day() -> None:
    ((_, text, _),) = notices(
        [], [gateway_view("g", "G", online=False, since_ms=NOW_MS - 86_400_000)], [], NOW_MS, ZONE
    )
    assert "23/11 09:48" in text.vi


def bucket(t_ms: int, mean: float, count: int = 1) -> Bucket:
    return Bucket(t_ms, mean, mean - 1, mean + 1, mean, count)


def test_devices_of_a_room_become_one_line() -> None:
    line = merged({"a": [bucket(0, 400, 3), bucket(60, 500)], "b": [bucket(0, 800, 1), bucket(120, 700)]})
    assert [b.t_ms for b in line] == [0, 60, 120]
    assert (line[0].mean, line[0].minimum, line[0].maximum, line[0].count) == (500, 399, 801, 4)
    assert merged({}) == []


def test_the_power_of_a_room_is_that_of_all_its_meters() -> None:
    line = summed({"board": [bucket(0, 100), bucket(60, 120)], "lights": [bucket(0, 40)]})
    assert [(b.mean, b.minimum, b.maximum) for b in line] == [(140, 138, 142), (120, 119, 121)]


def test_people_come_from_minutes_and_unknown_is_a_gap() -> None:
    minutes = [RoomMinute(SCHOOL, "r", n * MIN, "idle", None if n == 5 else float(n), None) for n in range(10)]
    found = people_buckets(minutes, 5 * MIN)
    assert [(b.t_ms, b.mean) for b in found] == [(0, 2.0), (5 * MIN, 7.5)]


@given(st.integers(10**12, 2 * 10**12), st.sampled_from(list(Range)))
def test_windows_are_whole_steps_that_hold_the_present(now_ms: int, chosen: Range) -> None:
    over = window(chosen, now_ms)
    assert over.from_ms % over.step_ms == over.to_ms % over.step_ms == 0
    assert over.from_ms < now_ms < over.to_ms <= now_ms + over.step_ms
    assert (over.to_ms - over.from_ms) // over.step_ms <= 400


@pytest.mark.parametrize("text", ["=1+1", "+84", "-2+3", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_acts_as_a_formula(text: str) -> None:
    assert cell(text).startswith("'")


@given(st.text())
def test_cells_never_begin_dangerously(text: str) -> None:
    assert not cell(text).startswith(("=", "+", "-", "@", "\t", "\r"))


def test_tables_open_in_a_spreadsheet() -> None:
    assert csv_text(("a", "b"), [("Đang học", -1.5), (None, True)]) == "\ufeffa,b\r\nĐang học,-1.5\r\n,1\r\n"


def test_reasons_of_quarantine_are_told_in_the_readers_language() -> None:
    both = "co2_ppm: -7.0 is outside 0 to 40000; unknown quantity 'made_up'"
    assert told(both, "en") == both
    assert told(both, "vi") == (
        "co2_ppm: giá trị -7.0 ppm nằm ngoài khoảng 0 đến 40000; đại lượng không có trong bảng: made_up"
    )
    assert told("time 64 s from the hub's clock", "vi") == "giờ đo muộn hơn đồng hồ trung tâm 64 giây"
    assert told("something new", "vi") == "something new"


def test_urgency_orders_what_is_worst_first_and_spares_what_is_mended(stand: Stand) -> None:
    view = stand.live.rooms[f"{SCHOOL}.a101"]
    calm = msgspec.structs.replace(
        view, status=RoomStatus.IN_LESSON, reasons=(), waste=(), stale=False,
        forecast=Forecast(1500, 1.0, None, None, None, over=False),
    )  # fmt: skip
    soon = msgspec.structs.replace(calm, forecast=Forecast(1500, 9.0, 4.0, 3.0, 6.0, over=False))
    over = msgspec.structs.replace(calm, forecast=Forecast(1500, 9.0, None, None, None, over=True))
    assert (urgency(calm), alarming(calm)) == (0, False)
    assert 0 < urgency(msgspec.structs.replace(calm, stale=True)) < urgency(soon) < urgency(over)
    assert alarming(soon)
    assert not alarming(msgspec.structs.replace(calm, stale=True))
    mending = msgspec.structs.replace(over, maintenance="x")
    assert (urgency(mending), alarming(mending)) == (0, False)

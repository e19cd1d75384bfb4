"""The engine's promises: forward in time only, nothing stale as fresh, the right rooms at once."""

from hub.live.engine import LiveEngine
from hub.live.views import RoomStatus, RoomView
from tests.hub.live.places import MINUTE, SCHOOL, T0, Places, Plan, lesson, reading

UID = f"{SCHOOL}.a101"


def engine_with(places: Places, plan: Plan | None = None) -> LiveEngine:
    return LiveEngine(places, lambda _: plan)


def view(engine: LiveEngine, now_ms: int) -> RoomView:
    found = engine.room(UID, now_ms)
    assert found is not None
    return found


def texts(shown: RoomView) -> str:
    return " | ".join(reason.text.vi for reason in shown.reasons)


def test_a_value_reaches_its_room_with_its_time_and_device() -> None:
    places = Places()
    places.put("co2-1")
    engine = engine_with(places)
    engine.apply([reading("co2-1", T0, {"co2_ppm": 812.0})], T0)
    value = view(engine, T0).values["co2_ppm"]
    assert (value.value, value.at_ms, value.device, value.stale) == (812.0, T0, "co2-1", False)
    assert [shown.room for shown in engine.tick(T0)] == ["a101"]
    assert engine.tick(T0) == ()


def test_motion_in_a_lesson_turns_the_room_at_once() -> None:
    places = Places()
    places.put("pir")
    engine = engine_with(places, Plan([lesson(T0 - 10 * MINUTE)]))
    engine.apply([reading("pir", T0 - 8 * MINUTE, {"occupancy": 0.0})], T0 - 8 * MINUTE)
    for minute in range(-8, 1):
        engine.tick(T0 + minute * MINUTE)
    assert view(engine, T0).status is RoomStatus.LESSON_BUT_EMPTY
    assert "Tiết Toán đã bắt đầu 10 phút mà phòng vẫn trống" in texts(view(engine, T0))
    assert engine.apply([reading("pir", T0, {"occupancy": 1.0})], T0) == {UID}
    assert view(engine, T0).status is RoomStatus.IN_LESSON


def test_a_silent_sensor_is_called_old_and_tells_nothing() -> None:
    places = Places()
    places.put("co2-1")
    engine = engine_with(places)
    for step in range(31):
        now = T0 + step * 20_000
        engine.apply([reading("co2-1", now, {"co2_ppm": 900.0 + step})], now)
        engine.tick(now)
    fresh = view(engine, T0 + 10 * MINUTE)
    assert fresh.status is RoomStatus.OCCUPIED_UNSCHEDULED
    later = view(engine, T0 + 12 * MINUTE)
    assert later.values["co2_ppm"].stale
    assert later.stale
    assert later.status is RoomStatus.UNKNOWN
    assert later.forecast.minutes is None
    assert "Cảm biến CO₂ im lặng từ 09:10 · giá trị cũ, không phải hiện tại" in texts(later)

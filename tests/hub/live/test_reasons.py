"""Sentences people read: right numbers, both languages, nothing silly."""

from zoneinfo import ZoneInfo

from hub.live.occupancy import Evidence
from hub.live.reasons import reasons
from hub.live.situation import Situation
from hub.live.views import Forecast, Reason, RoomStatus, Running, Value, Ventilation, Waste
from tests.hub.live.places import MINUTE, T0


def say(
    *,
    forecast: Forecast | None = None,
    ventilation: Ventilation | None = None,
    waste: tuple[Waste, ...] = (),
    maintenance: str | None = None,
    values: dict[str, Value] | None = None,
    cut: frozenset[str] = frozenset(),
) -> tuple[Reason, ...]:
    return reasons(
        Situation(
            now_ms=T0,
            zone=ZoneInfo("Asia/Ho_Chi_Minh"),
            status=RoomStatus.IDLE,
            belief=None,
            evidence=Evidence(),
            trend=None,
            values=values or {},
            lesson=None,
            in_break=False,
            planned=True,
            forecast=forecast or Forecast(1500, None, None, None, None, over=False),
            ventilation=ventilation or Ventilation(None, None, None),
            waste=waste,
            maintenance=maintenance,
            cut=cut,
        )
    )


def test_a_forecast_with_its_range() -> None:
    (first, *_) = say(forecast=Forecast(1500, 30.0, 6.2, 4.4, 8.8, over=False))
    assert first.text == ("Vượt 1\u00a0500 ppm sau khoảng 6 phút (4–9)", "Over 1,500 ppm in about 6 min (4–9)")
    assert first.hot
    (near, *_) = say(forecast=Forecast(1500, 30.0, 0.3, 0.2, 0.4, over=False))
    assert near.text.vi == "Vượt 1\u00a0500 ppm sau khoảng 1 phút"
    (far, *_) = say(forecast=Forecast(1500, 3.0, 80.0, 55.0, None, over=False))
    assert far.text.vi == "Vượt 1\u00a0500 ppm sau khoảng 80 phút (sớm nhất 55)"
    assert not far.hot


def test_ventilation_and_waste() -> None:
    told = say(
        ventilation=Ventilation(6.5, 8.1, T0 - MINUTE),
        waste=(Waste(Running.PROJECTOR, "plug", T0 - 21 * MINUTE, 0.114),),
    )
    assert told[0].text == (
        "Máy chiếu bật 21 phút khi không có người · 0,11\N{NO-BREAK SPACE}kWh",
        "Projector on for 21 min with nobody there · 0.11\N{NO-BREAK SPACE}kWh",
    )
    assert told[-1].text == ("Thông gió tốt: 8,1 L/s mỗi người", "Good ventilation: 8.1 L/s per person")
    poor = say(ventilation=Ventilation(1.0, 2.2, T0))[-1]
    assert (poor.text.vi, poor.hot) == ("Thông gió kém: 2,2 L/s mỗi người", True)
    assert "L/s" not in str(say(ventilation=Ventilation(1.0, 2.2, T0 - 60 * MINUTE)))


def test_nothing_that_tells_is_said_so() -> None:
    assert say()[0].text.vi == "Không có cảm biến nào cho biết có người hay không"
    assert [reason.text.en for reason in say(maintenance="new paint")] == ["Under maintenance: new paint · not judged"]


def test_a_gateway_that_is_away_is_the_cause_and_its_sensors_are_not_blamed() -> None:
    old = {key: Value(key, 900.0, T0 - MINUTE, "s1", stale=True) for key in ("co2_ppm", "illuminance_lx")}
    silent = [reason for reason in say(values=old) if "im lặng" in reason.text.vi]
    assert [reason.hot for reason in silent] == [True, False]
    first, *rest = say(values=old, cut=frozenset({"s1"}))
    assert first.text.vi.startswith("Cổng của phòng mất kết nối · số liệu dừng lúc")
    assert not first.hot
    assert not [reason for reason in rest if "im lặng" in reason.text.vi]

"""What runs with nobody there: kinds from names, since when, and the energy spent so."""

import pytest

from hub.live.appliances import kind_of
from hub.live.engine import LiveEngine
from hub.live.views import RoomStatus, RoomView, Running
from tests.hub.live.places import MINUTE, SCHOOL, T0, Places, Plan, reading

UID = f"{SCHOOL}.a101"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Máy chiếu P.101", Running.PROJECTOR),
        ("gw1-may-chieu", Running.PROJECTOR),
        ("Epson projector plug", Running.PROJECTOR),
        ("Đèn trần dãy cửa sổ", Running.LIGHTS),
        ("light-1", Running.LIGHTS),
        ("Điều hòa", Running.AIR_CONDITIONER),
        ("a101-ac", Running.AIR_CONDITIONER),
        ("Bảng tương tác", Running.DISPLAY),
        ("BenQ board", Running.DISPLAY),
        ("Ổ cắm 3", None),
        ("accelerometer", None),
        ("bangalore", None),
    ],
)
def test_kinds_are_read_from_names(name: str, kind: Running | None) -> None:
    assert kind_of("gw1-7", name, "") is kind


class Scene:
    """An engine with a motion sensor and a plug, driven minute by minute."""

    def __init__(self, name: str = "Máy chiếu", hours: tuple[int, int] | None = None) -> None:
        self.places = Places()
        self.places.put("pir")
        self.places.put("plug", name=name)
        self.engine = LiveEngine(self.places, lambda _: Plan(hours=hours or (0, 2 * T0)))
        self.watts, self.kwh = 240.0, 5.0

    def minute(self, number: int, *, motion: bool, **values: float) -> RoomView:
        now = T0 + number * MINUTE
        for step in range(6):
            at = now + step * 10_000
            rows = [reading("plug", at, dict(values) or {"power_w": self.watts, "energy_kwh": self.kwh})]
            if step == 0:
                rows.append(reading("pir", at, {"occupancy": float(motion)}))
            self.engine.apply(rows, at)
            self.engine.tick(at)
            self.kwh += self.watts / 360 / 1000
        view = self.engine.room(UID, now + 50_000)
        assert view is not None
        return view


def test_a_projector_left_on_is_told_with_time_and_energy_from_its_register() -> None:
    scene = Scene()
    for number in range(5):
        assert scene.minute(number, motion=True).waste == ()
    views = [scene.minute(number, motion=False) for number in range(5, 35)]
    assert views[-1].status is RoomStatus.IDLE
    (waste,) = views[-1].waste
    minutes = (T0 + 34 * MINUTE + 50_000 - waste.since_ms) / MINUTE
    assert 20 < minutes < 30
    assert waste.what is Running.PROJECTOR
    assert waste.energy_kwh == pytest.approx(0.240 * minutes / 60, rel=0.06)
    said = next(reason for reason in views[-1].reasons if "Máy chiếu bật" in reason.text.vi)
    assert said.hot
    assert f"Máy chiếu bật {int(minutes)} phút khi không có người · 0,1" in said.text.vi
    assert "Projector on for" in said.text.en
    assert scene.minute(35, motion=True).waste == ()


def test_energy_by_power_alone_and_sleep_is_not_waste() -> None:
    scene = Scene("Bảng tương tác")
    for number in range(3):
        scene.minute(number, motion=True, power_w=300.0)
    view = [scene.minute(number, motion=False, power_w=300.0) for number in range(3, 30)][-1]
    (waste,) = view.waste
    minutes = (T0 + 29 * MINUTE + 50_000 - waste.since_ms) / MINUTE
    assert waste.what is Running.DISPLAY
    assert waste.energy_kwh == pytest.approx(0.3 * minutes / 60, rel=0.06)
    assert scene.minute(30, motion=False, power_w=4.0).waste == ()


def test_a_switch_of_no_known_kind_is_not_accused() -> None:
    scene = Scene("Ổ cắm 3")
    view = [scene.minute(number, motion=False, power_w=300.0) for number in range(12)][-1]
    assert view.waste == ()


def test_lights_at_night_are_told_by_the_light_sensor() -> None:
    places = Places()
    places.put("pir")
    places.put("lux")
    night = T0 + 12 * 60 * MINUTE  # 21:00
    engine = LiveEngine(places, lambda _: Plan(hours=(T0, T0 + MINUTE)))
    for step in range(180):
        now = night + step * 10_000
        engine.apply([reading("lux", now, {"illuminance_lx": 380.0})], now)
        if step == 0:
            engine.apply([reading("pir", now, {"occupancy": 0.0})], now)
        engine.tick(now)
    view = engine.room(UID, night + 30 * MINUTE)
    assert view is not None
    assert view.status is RoomStatus.AFTER_HOURS
    assert [waste.what for waste in view.waste] == [Running.LIGHTS]
    assert "Đèn bật" in " ".join(reason.text.vi for reason in view.reasons)

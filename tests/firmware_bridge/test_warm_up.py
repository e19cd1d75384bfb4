"""When figures of a sensor can be trusted."""

from firmware_bridge.devices.air import mhz19, pms5003
from firmware_bridge.warm_up import WarmUp


def ppm(value: float) -> dict[str, float | str]:
    return {"co2_ppm": value}


def test_a_running_sensor_is_trusted_at_once() -> None:
    warm_up = WarmUp(mhz19.DEVICE, 1000.0)
    assert not warm_up.holds(ppm(812), 1000.1)
    assert not warm_up.holds(ppm(410), 1010.1)  # a placeholder's figure later on is air


def test_after_power_came_back_three_minutes_are_held() -> None:
    warm_up = WarmUp(mhz19.DEVICE, 1000.0)
    warm_up.powered(1000.0)
    assert warm_up.holds(ppm(812), 1179.9)
    assert warm_up.remaining_s(1170.0) == 10.0
    assert not warm_up.holds(ppm(812), 1180.0)
    assert warm_up.remaining_s(1190.0) == 0.0


def test_a_repeated_placeholder_at_the_start_means_warming_up() -> None:
    warm_up = WarmUp(mhz19.DEVICE, 1000.0)
    assert warm_up.holds(ppm(410), 1000.1)
    assert warm_up.holds(ppm(410), 1010.1)
    assert warm_up.holds(ppm(623), 1100.0)  # a figure, but the lamp is still cold
    assert not warm_up.holds(ppm(623), 1180.1)


def test_a_single_placeholder_costs_one_reading() -> None:
    warm_up = WarmUp(mhz19.DEVICE, 1000.0)
    assert warm_up.holds(ppm(500), 1000.1)
    assert not warm_up.holds(ppm(503), 1010.1)


def test_an_empty_frame_starts_the_wait_once() -> None:
    warm_up = WarmUp(pms5003.DEVICE, 0.0)
    warm_up.empty(100.0)
    warm_up.empty(120.0)
    assert warm_up.holds({"pm25_ugm3": 3.0}, 129.9)
    assert not warm_up.holds({"pm25_ugm3": 3.0}, 130.0)

"""Devices are pulled, hiss, restart and die while data flows: nothing is lost or wrong, and the hub says what is."""

import time
from collections.abc import Iterator
from itertools import groupby, pairwise

import pytest

from tests.failure.stand import SOAK, Count, wait_until
from tests.failure.wiring import ALIVE, BOARD, DEAD, NOISE, SERIAL, WiredStand


@pytest.fixture(scope="module")
def wired(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WiredStand]:
    with WiredStand(tmp_path_factory.mktemp("wired")) as running:
        wait_until(lambda: len(running.values(SERIAL, "temperature_c")) > 2, 40, running.edge.text()[-2000:])
        yield running


def told(stand: WiredStand, device: str, vi: str, en: str, timeout_s: float = 45) -> None:
    """The hub's API says of the device what is wrong, in both languages."""

    def is_told() -> bool:
        problem = stand.problem(device)
        return problem is not None and vi in problem["vi"] and en in problem["en"]

    wait_until(is_told, timeout_s, f"{device}: {en!r}; the hub says {stand.gateway()['problems']}")


def test_pulled_in_the_middle_of_a_frame_and_plugged_in_again(wired: WiredStand) -> None:
    """Every whole answer is stored once, in order; of the broken one nothing."""
    wired.pull_in_the_middle_of_a_frame()
    told(wired, SERIAL, "cổng", "port")
    before = len(wired.sensor.said)
    wired.plug_in()
    wait_until(lambda: len(wired.sensor.said) > before + 5, 30, "it is asked again")
    wait_until(lambda: wired.problem(SERIAL) is None, 20, "and nothing is wrong any more")
    said = list(wired.sensor.said)
    wait_until(lambda: len(wired.values(SERIAL, "temperature_c")) >= len(said), 20, "all that was said is stored")
    stored = [round(value, 1) for _, value in wired.values(SERIAL, "temperature_c")]
    assert stored[: len(said)] == said
    assert not set(stored) & set(wired.sensor.cut)


def test_noise_of_a_wrong_speed_is_named_at_the_hub(wired: WiredStand) -> None:
    told(wired, NOISE, "chỉ có nhiễu: kiểm tra tốc độ (9600)", "only noise: check the speed (9600 baud)")
    assert wired.readings(NOISE) == []


def test_a_dead_device_on_the_bus_is_named_and_slows_nobody(wired: WiredStand) -> None:
    wait_until(lambda: len(wired.values(ALIVE, "temperature_c")) > 20, 60, "twenty values of the living one")
    asked = list(wired.witness.units)
    dead, alive = wired.dead.unit, wired.alive.unit
    assert max(len(list(run)) for unit, run in groupby(asked) if unit == dead) <= 2, asked
    assert 0 < asked.count(dead) < asked.count(alive) / 2, asked
    if SOAK:
        times = [at for at, _ in wired.values(ALIVE, "temperature_c")][5:]
        gaps = sorted(later - earlier for earlier, later in pairwise(times))
        assert gaps[len(gaps) // 2] < 1_500, gaps
        assert gaps[-1] < 4_000, gaps
    assert {value for _, value in wired.values(ALIVE, "temperature_c")} == {25.3}
    told(wired, DEAD, "PZEM-016", "PZEM-016")
    assert wired.readings(DEAD) == []


def test_a_display_that_restarts_is_named_and_comes_back_as_it_is(wired: WiredStand) -> None:
    wait_until(lambda: [value for _, value in wired.values(BOARD, "display_on")][-1:] == [1.0], 30, "it is seen on")
    wired.board.unplug()
    told(wired, BOARD, "từ chối kết nối", "refuses connections")
    wired.board.panel.on = False
    wired.board.plug()
    wait_until(lambda: [value for _, value in wired.values(BOARD, "display_on")][-1:] == [0.0], 60, "it is seen off")
    wait_until(lambda: wired.problem(BOARD) is None, 20, "and nothing is wrong any more")
    changes = [value for _, value in wired.values(BOARD, "display_on")]
    assert changes == sorted(changes, reverse=True), "it was on, and then off, and nothing between"


def test_the_local_broker_is_restarted(wired: WiredStand) -> None:
    """What was published is stored, before and after; meanwhile the lines go on and the hub says who is away."""
    wired.feeder.start()
    wait_until(lambda: len(wired.stored_now()) > 20, 30, "values of the broker's sensor")
    wired.feeder.pause()
    time.sleep(0.3)  # the message that is being published
    said = len(wired.sensor.said)
    wired.local.stop()
    told(wired, "z2m", "broker", "broker")
    assert len(wired.sensor.said) > said
    wired.local.start()
    wait_until(lambda: wired.problem("z2m") is None, 40, "the agent is back at its local broker")
    wait_until(wired.feeder.connected, 40, "the feeder too")
    wired.feeder.resume()
    newest = max(wired.feeder.sent)
    wait_until(lambda: max(wired.stored_now()) > newest + 20, 30, "values flow again")
    wired.feeder.stop()
    newest = max(wired.feeder.sent)
    wait_until(lambda: newest in wired.stored_now(), 30, "all stored")
    count = wired.count()
    assert (count.lost, count.duplicated) == (0, 0), count
    account = wired.account()
    assert (account["lost"], account["dropped"]) == (0, {}), account


def test_no_program_stumbled(wired: WiredStand, report: list[Count]) -> None:
    report.append(wired.count())
    for program in (wired.edge, wired.hub):
        assert "Traceback" not in program.text()

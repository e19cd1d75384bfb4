"""The simulated sensors against the data sheets' frames."""

from pathlib import Path

from firmware_bridge.conversation import Conversation, Heard
from firmware_bridge.device import Device, Measured, WarmingUp
from firmware_bridge.devices.air import mhz19, plantower, pms5003
from firmware_bridge.framing.frame import BadFrame
from firmware_bridge.simulated import PseudoTerminal, SimulatedMhz19, SimulatedPms5003
from tests.sim.sensors import Talker


def meanings(device: Device, data: bytes) -> list[object]:
    heard: list[Heard | BadFrame] = Conversation(device).feed(data)
    return [one.meaning if isinstance(one, Heard) else one for one in heard]


def test_mhz19_answers_the_data_sheets_example() -> None:
    sensor = SimulatedMhz19(lambda _: 544.0)
    answer = sensor.receive(bytes.fromhex("ff0186000000000079"), 0.0)
    assert answer[:4].hex() == "ff860220"
    assert meanings(mhz19.DEVICE, answer) == [Measured({"co2_ppm": 544.0})]


def test_mhz19_waits_for_whole_commands_and_ignores_spoilt_ones() -> None:
    sensor, poll = SimulatedMhz19(lambda _: 544.0), mhz19.DEVICE.polls[0]
    assert sensor.receive(b"\x00" + poll[:4], 0.0) == b""
    assert len(sensor.receive(poll[4:] + poll, 0.0)) == 18
    assert sensor.receive(poll[:-1] + b"\x00", 0.0) == b""
    assert sensor.receive(mhz19.command(0x55), 0.0) == b""
    assert sensor.speak(0.0) == b""
    sensor.silent = True
    assert sensor.receive(poll, 0.0) == b""


def test_mhz19_takes_its_commands() -> None:
    sensor = SimulatedMhz19(lambda at_s: 700.0 if at_s < 100 else 900.0, warm_up_s=5.0)
    commands = {one.name: one.data for one in mhz19.DEVICE.commands}
    sensor.power(0.0)
    assert meanings(mhz19.DEVICE, sensor.receive(mhz19.DEVICE.polls[0], 4.0)) == [Measured({"co2_ppm": 500.0})]
    sensor.receive(commands["self_calibration_off"], 6.0)
    assert not sensor.self_calibration
    sensor.receive(commands["self_calibration_on"], 6.0)
    assert sensor.self_calibration
    sensor.receive(commands["measuring_range:5000"], 6.0)
    assert sensor.range_ppm == 5000
    assert sensor.receive(commands["calibrate_outdoor"], 6.0) == b""
    assert meanings(mhz19.DEVICE, sensor.receive(mhz19.DEVICE.polls[0], 101.0)) == [Measured({"co2_ppm": 600.0})]


def test_pms5003_streams_sleeps_and_answers_when_passive() -> None:
    sensor = SimulatedPms5003(lambda _: 35.0, fan_start_s=2.0)
    passive, active = plantower.PASSIVE, plantower.ACTIVE
    sleep, wake = plantower.command(plantower.SLEEP, 0), plantower.WAKE
    sensor.power(0.0)
    assert meanings(pms5003.DEVICE, sensor.speak(0.0)) == [WarmingUp()]
    assert sensor.speak(0.5) == b""
    (measured,) = meanings(pms5003.DEVICE, sensor.speak(3.0))
    assert measured == Measured({"pm1_ugm3": 22.0, "pm25_ugm3": 35.0, "pm10_ugm3": 41.0})
    assert sensor.receive(passive, 4.0).hex() == "424d0004e1000174"
    assert sensor.speak(10.0) == b""
    assert meanings(pms5003.DEVICE, sensor.receive(pms5003.PASSIVE.polls[0], 10.0)) == [measured]
    sensor.receive(sleep, 11.0)
    assert sensor.receive(pms5003.PASSIVE.polls[0], 12.0) == b""
    sensor.receive(wake + active, 20.0)
    assert meanings(pms5003.DEVICE, sensor.speak(20.0)) == [WarmingUp()]
    sensor.silent = True
    assert sensor.speak(30.0) + sensor.receive(wake, 30.0) == b""


def test_a_line_can_keep_its_name(tmp_path: Path) -> None:
    talker = Talker(b"a")
    terminal = PseudoTerminal(talker, tmp_path / "co2")
    first = (tmp_path / "co2").readlink()
    terminal.plug()
    terminal.unplug()
    assert not (tmp_path / "co2").exists()
    assert not terminal.plugged
    terminal.step()
    terminal.unplug()
    terminal.plug()
    assert (tmp_path / "co2").readlink().parent == first.parent
    assert terminal.port == str(tmp_path / "co2")
    assert talker.powered == 2
    terminal.unplug()


def test_a_line_nobody_reads_loses_bytes_and_never_waits() -> None:
    terminal = PseudoTerminal(Talker())
    for _ in range(100):
        terminal.send(bytes(4096))
    terminal.unplug()

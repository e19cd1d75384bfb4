"""The installer's tools against simulated devices on real pseudo-terminals."""

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from classhub.installer.probing import Found, Speed, ranked
from classhub.installer.recording import meant
from firmware_bridge.devices import DEVICES
from firmware_bridge.simulated import PseudoTerminal, SimulatedMhz19, SimulatedPms5003, SimulatedSensor
from firmware_bridge.simulated.modbus import SlavesOnALine, climate
from tests.firmware_bridge.test_captures import CAPTURES, listen
from tests.patience import PATIENCE_S, promised_s
from tests.sim.sensors import Talker


@contextmanager
def plugged(sensor: SimulatedSensor) -> Iterator[str]:
    terminal = PseudoTerminal(sensor)
    over = threading.Event()

    def serve() -> None:
        while not over.wait(0.02):
            terminal.step()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield terminal.port
    finally:
        over.set()
        thread.join()
        terminal.unplug()


class Overheard:
    """A sensor, and what was said to it."""

    def __init__(self, sensor: SimulatedSensor) -> None:
        self.sensor, self.received = sensor, b""

    def power(self, at_s: float) -> None:
        self.sensor.power(at_s)

    def receive(self, data: bytes, at_s: float) -> bytes:
        self.received += data
        return self.sensor.receive(data, at_s)

    def speak(self, at_s: float) -> bytes:
        return self.sensor.speak(at_s)


def bridge(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "classhub", "bridge", *words],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


def test_a_sensor_that_talks_by_itself_is_found_with_its_speed() -> None:
    with plugged(SimulatedPms5003(lambda _: 35.0, period_s=0.3)) as port:
        said = bridge("probe", port, "--listen", "1", "--json")
    assert said.returncode == 0, said.stderr
    report = json.loads(said.stdout)
    found = {one["device"]: one for one in report["found"]}
    assert found["pms5003"]["speed"] == {"baud": 9600, "parity": "N", "stop_bits": 1}
    assert found["pms5003"]["values"]["pm25_ugm3"] == 35.0
    assert report["received"]["9600 8N1"] > 0
    assert "pms5003s" not in found  # its formaldehyde would be 38 656 µg/m³
    order = list(found)
    assert order.index("pms5003") < order.index("pms5003t")  # whose humidity would be hardly anything


def test_a_wrong_kind_that_reads_the_same_frames_is_left_out_where_its_figures_cannot_be() -> None:
    def one(device: str, sound: int = 3, **values: float) -> Found:
        return Found(device, Speed(9600, "N", 1), sound, sound, 0, dict(values))

    wrong, dry, right = one("s", formaldehyde_ugm3=38_656), one("t", humidity_pct=0.1), one("p", pm25_ugm3=8.0)
    assert ranked([wrong, dry, right]) == (right, dry)
    assert ranked([wrong]) == (wrong,)
    assert ranked([one("few", 1), dry]) == (dry, one("few", 1))


def test_a_sensor_that_must_be_asked_is_asked() -> None:
    with plugged(SimulatedMhz19(lambda _: 812.0)) as port:
        said = bridge("probe", port, "--listen", "1", "--device", "mhz19", "--device", "sds011")
    assert said.returncode == 0, said.stderr
    assert said.stdout.split()[:2] == ["mhz19", "9600"]
    assert "co2_ppm 812 ppm" in said.stdout


def test_silence_and_noise_say_what_to_look_at() -> None:
    with plugged(Talker()) as port:
        silent = bridge("probe", port, "--listen", "1", "--device", "mhz19")
    with plugged(Talker(*[b"\x13\x37\x55\x01" * 4] * 200)) as port:
        noisy = bridge("probe", port, "--listen", "1", "--device", "pms5003")
    assert (silent.returncode, noisy.returncode) == (1, 1)
    assert "nothing was heard" in silent.stderr
    assert "bytes came at 9600 8N1, but no sound frame" in noisy.stderr


def test_watching_shows_readings_and_bad_frames_as_they_come() -> None:
    broken = b"BM\x00\x1c" + bytes(28)
    with plugged(Talker(*[broken] * 500)) as port:
        nothing = bridge("watch", port, "pms5003", "--seconds", "1.5", "--raw")
    assert nothing.returncode == 1
    assert "checksum" in nothing.stdout
    assert "42 4d 00 1c" in nothing.stdout
    with plugged(SimulatedPms5003(lambda _: 35.0, period_s=0.2)) as port:
        said = bridge("watch", port, "PMS-5003", "--seconds", "1")
    assert said.returncode == 0, said.stderr
    assert "pm25_ugm3 35 µg/m³" in said.stdout


def test_a_recording_is_a_case_that_tests_find(tmp_path: Path) -> None:
    case = tmp_path / "pms5003" / "room-a"
    with plugged(SimulatedPms5003(lambda _: 35.0, period_s=0.2)) as port:
        said = bridge(
            "record", port, "pms5003", "--into", str(case), "--seconds", "1", "--firmware", "v9", "--who", "lab"
        )
        again = bridge("record", port, "pms5003", "--into", str(case), "--seconds", "0.5")
    assert said.returncode == 0, said.stderr
    assert again.returncode == 1
    assert "holds a recording" in again.stderr  # nothing is written over
    expected = json.loads((case / "expected.json").read_text())
    assert expected
    assert meant(listen(DEVICES["pms5003"], [(case / "input.bin").read_bytes()])) == expected
    about = (case / "about.txt").read_text()
    assert "firmware: v9" in about
    assert "9600 baud" in about
    assert {path.name for path in case.iterdir()} <= {"input.bin", "expected.json", "error.txt", "about.txt"}
    assert (CAPTURES / "README.md").exists()


def test_a_recording_ended_by_hand_keeps_what_came(tmp_path: Path) -> None:
    with plugged(SimulatedPms5003(lambda _: 35.0, period_s=0.1)) as port:
        for pause_s in (3.0, 10.0, 40.0):  # a busy machine takes its time until the first byte is read
            case = tmp_path / f"after-{pause_s}"
            status, said, wrong = _recorded_until_interrupted(port, case, pause_s)
            if status == 0:
                break
    assert status == 0, wrong
    assert "byte" in said
    assert (case / "input.bin").stat().st_size >= 32


def _recorded_until_interrupted(port: str, case: Path, pause_s: float) -> tuple[int, str, str]:
    words = [sys.executable, "-m", "classhub", "bridge", "record", port, "pms5003", "--into", str(case)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as recording:
        time.sleep(pause_s)
        recording.send_signal(signal.SIGINT)
        said, wrong = recording.communicate(timeout=PATIENCE_S)
    return recording.returncode, said, wrong


def test_ports_and_names_that_are_wrong_are_told_with_the_mend(tmp_path: Path) -> None:
    began = time.monotonic()
    missing = bridge("watch", str(tmp_path / "ttyUSB0"), "mhz19")
    assert missing.returncode == 1
    assert "there is no port" in missing.stderr
    unknown = bridge("watch", str(tmp_path / "ttyUSB0"), "teapot")
    assert unknown.returncode == 2
    assert "classhub bridge devices" in unknown.stderr
    assert bridge("probe", "x", "--device", "teapot").returncode == 2
    assert time.monotonic() - began < promised_s(10)
    assert "mhz19" in bridge("devices").stdout


def test_what_makes_one_sensor_begin_is_not_sent_to_another_that_has_answered() -> None:
    """ZH03's first command resets an MH-Z19, whose reading is asked for by the same bytes."""
    sensor = Overheard(SimulatedMhz19(lambda _: 812.0))
    with plugged(sensor) as port:
        said = bridge("probe", port, "--listen", "0.3", "--device", "zh03", "--device", "mhz19")
    assert said.stdout.split()[:2] == ["mhz19", "9600"]
    assert b"\xff\x01\x86" in sensor.received
    assert b"\xff\x01\x78" not in sensor.received


def test_a_sensor_at_another_address_is_found_and_watched_by_it() -> None:
    with plugged(SlavesOnALine([climate(7)])) as port:
        found = bridge("probe", port, "--listen", "0.3", "--device", "xymd02", "--address", "7")
        assert bridge("probe", port, "--listen", "0.3", "--device", "xymd02").returncode == 1
        wrong = bridge("watch", port, "xymd02", "--address", "500", "--seconds", "1")
    assert found.stdout.split()[0] == "xymd02"
    assert (wrong.returncode, wrong.stderr) == (2, "xymd02 không có địa chỉ 500 / xymd02 has no address 500\n")

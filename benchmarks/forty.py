"""Forty devices on one gateway: eight serial, two RS-485 buses of eight, sixteen that speak MQTT.

`load` runs in a process of its own: simulated devices behind pseudo-terminals and the MQTT devices. It writes when each
device was asked; how late that was is what the questions' times say, whatever the agent thinks of itself.
"""

import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import paho.mqtt.client as mqtt
import psutil
from paho.mqtt.enums import CallbackAPIVersion

from benchmarks.table import print_table
from firmware_bridge.simulated import PseudoTerminal, SimulatedMhz19, SimulatedPms5003, SimulatedSensor
from firmware_bridge.simulated.modbus import SlavesOnALine, climate, pzem, single_phase
from tests.failure.stand import Program, Stand, wait_until

ASKED, STREAMING, BUSES, ON_A_BUS, SPEAKING_MQTT = 6, 2, 2, 8, 16
INTERVAL_S, BUS_INTERVAL_S, MQTT_INTERVAL_S = 1.0, 2.0, 2.0
_STEP_S = 0.005
_BUS_DEVICES = ("xymd02", "sdm120", "pzem016")


class Timed:
    """A sensor that writes down when it was asked."""

    def __init__(self, sensor: SimulatedSensor) -> None:
        self._sensor = sensor
        self.asked_s: list[float] = []

    def power(self, at_s: float) -> None:
        self._sensor.power(at_s)

    def receive(self, data: bytes, at_s: float) -> bytes:
        if data:
            self.asked_s.append(at_s)
        return self._sensor.receive(data, at_s)

    def speak(self, at_s: float) -> bytes:
        return self._sensor.speak(at_s)


def edge_sections(folder: Path, local_port: int) -> str:
    """The devices of edge.toml."""
    lines = [f'[[mqtt]]\nname = "wifi"\nhost = "127.0.0.1"\nport = {local_port}\ndialects = ["tasmota", "shelly"]']
    for number in range(ASKED + STREAMING):
        kind = f'"mhz19"\ninterval_s = {INTERVAL_S}' if number < ASKED else '"pms5003"'
        lines.append(f'[[serial]]\nname = "s{number}"\nport = "{folder}/s{number}"\ndevice = {kind}')
    for bus in range(BUSES):
        members = ", ".join(
            f'{{ name = "b{bus}-{unit}", device = "{_BUS_DEVICES[unit % 3]}", address = {unit}, '
            f"interval_s = {BUS_INTERVAL_S} }}"
            for unit in range(1, ON_A_BUS + 1)
        )
        lines.append(f'[[bus]]\nname = "bus{bus}"\nport = "{folder}/bus{bus}"\ndevices = [{members}]')
    return "\n".join(lines) + "\n"


def slaves() -> SlavesOnALine:
    makers = (climate, single_phase, pzem)
    return SlavesOnALine([makers[unit % 3](unit) for unit in range(1, ON_A_BUS + 1)])


def mqtt_messages(number: int, turn: int) -> tuple[str, dict[str, object]]:
    """What one of the sixteen says: a third each Zigbee2MQTT, Tasmota, Shelly."""
    if number % 3 == 0:
        return f"zigbee2mqtt/room-{number}", {"temperature": 27.1, "humidity": 61, "co2": 400 + turn, "battery": 90}
    if number % 3 == 1:
        energy = {"Total": 3 + turn / 1000, "Power": 61, "Factor": 0.91, "Voltage": 221, "Current": 0.3}
        return f"tele/plug-{number}/SENSOR", {"Time": "2026-11-20T16:15:00", "ENERGY": energy}
    status = {
        "id": 0,
        "output": True,
        "apower": 25.7,
        "voltage": 229.7,
        "current": 0.1,
        "aenergy": {"total": 9.0 + turn},
    }
    return f"shellyplus1pm-{number}/status/switch:0", status


async def load(folder: Path, local_port: int, seconds: float) -> dict[str, list[float]]:
    """Serve every device for so long; when each was asked, by name."""
    began = time.monotonic()
    asked = {f"s{number}": Timed(SimulatedMhz19(lambda _: 812.0)) for number in range(ASKED)}
    terminals = [PseudoTerminal(sensor, folder / name) for name, sensor in asked.items()]
    streaming = [f"s{number}" for number in range(ASKED, ASKED + STREAMING)]
    terminals += [PseudoTerminal(SimulatedPms5003(lambda _: 35.0, period_s=1.0), folder / name) for name in streaming]
    buses = [slaves() for _ in range(BUSES)]
    terminals += [PseudoTerminal(bus, folder / f"bus{number}") for number, bus in enumerate(buses)]
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="forty")
    client.connect("127.0.0.1", local_port, 60)
    client.loop_start()
    (folder / "ready").touch()
    turn, due_s = 0, began
    while (now := time.monotonic()) - began < seconds:
        for terminal in terminals:
            terminal.step()
        if now >= due_s:
            number = turn % SPEAKING_MQTT
            topic, payload = mqtt_messages(number, turn)
            client.publish(topic, json.dumps(payload), qos=1)
            turn, due_s = turn + 1, due_s + MQTT_INTERVAL_S / SPEAKING_MQTT
        await asyncio.sleep(_STEP_S)
    client.loop_stop()
    found = {name: sensor.asked_s for name, sensor in asked.items()}
    for number, bus in enumerate(buses):
        found |= {f"b{number}-{slave.unit}": [at for at, _ in slave.asked] for slave in bus.slaves}
    return found


def lateness(asked: dict[str, list[float]], since_s: float) -> Iterator[float]:
    """How much later than its interval each question came, in seconds."""
    for name, times in asked.items():
        interval_s = INTERVAL_S if name.startswith("s") else BUS_INTERVAL_S
        rounds = [at for before, at in pairwise([-1.0, *times]) if at - before > 0.5 and at > since_s]
        yield from (max(0.0, later - earlier - interval_s) for earlier, later in pairwise(rounds))


def measure(seconds: float) -> list[tuple[str, str]]:
    with tempfile.TemporaryDirectory() as place, Stand(Path(place)) as stand:
        folder = Path(place)
        with (folder / "edge.toml").open("a") as file:
            file.write(edge_sections(folder, stand.local.port))
        words = [str(folder), str(stand.local.port), str(seconds + 15)]
        devices = Program(words, folder / "forty.log", program=("-m", "benchmarks.forty")).start()
        wait_until((folder / "ready").exists, 20, "the devices")
        stand.edge.start()
        time.sleep(10)  # everything is open and has been asked
        assert stand.edge.process is not None  # noqa: S101
        agent, since_s = psutil.Process(stand.edge.process.pid), time.monotonic()
        before = agent.cpu_times()
        time.sleep(seconds)
        after, memory = agent.cpu_times(), agent.memory_info().rss
        report = stand.web("/api/v1/schools/thcs-thu/devices")
        assert devices.process is not None  # noqa: S101
        devices.process.wait(60)
        asked = json.loads((folder / "asked.json").read_text())
        late = sorted(lateness(asked, since_s))
        silent = [name for name, times in asked.items() if not times]
        spent_s = after.user + after.system - before.user - before.system
        return [
            ("devices that report", f"{len(report)}"),
            ("devices nobody asked", str(len(silent))),
            ("agent, MB", f"{memory / 1e6:.0f}"),
            ("agent, share of a core", f"{spent_s / seconds:.3f}"),
            ("questions", f"{len(late):,}"),
            (
                "lateness p50, p99, worst, ms",
                ", ".join(f"{late[int(len(late) * at)] * 1000:.0f}" for at in (0.5, 0.99, 0.9999)),
            ),
        ]


def main(seconds: float = 60) -> None:
    print_table("edge: forty devices on one gateway", ("what", "figure"), measure(seconds))


if __name__ == "__main__":
    where, port, length_s = sys.argv[1:]
    times = asyncio.run(load(Path(where), int(port), float(length_s)))
    Path(where, "asked.json.new").write_text(json.dumps(times))
    os.replace(Path(where, "asked.json.new"), Path(where, "asked.json"))  # noqa: PTH105

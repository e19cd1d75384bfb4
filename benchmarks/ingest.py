"""What the hub spends on a value, whole pipeline: decode, check, de-duplicate, correlate, store in DuckDB, acknowledge.

Real processes: mosquitto, `classhub hub run`, and the load in a process of its own. Two shapes: full batches of 100
values as fast as they are taken, and the province shape (730 schools, 2,190 gateways, 7 values each a second).
"""

import json
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx
import paho.mqtt.client as mqtt
import psutil
from paho.mqtt.enums import CallbackAPIVersion
from sqlalchemy.orm import Session

from benchmarks.table import print_table
from hub.db.engine import open_database
from hub.registry import changes
from hub.registry.model import Building, GatewayStatus, Room, School
from hub.registry.registry import Registry
from tests.sim.broker import Mosquitto, free_port


@dataclass(frozen=True)
class Shape:
    name: str
    schools: int
    rows: int
    values: int
    messages_per_s: float
    seconds: float
    devices: int = 4  # of each gateway
    rooms: int = 0  # of each school, with the devices in them in turn


@dataclass(frozen=True)
class Result:
    values: int
    wall_s: float
    sending_s: float
    hub_cpu_s: float
    peak_mb: float
    slowest_page_ms: float


class Acknowledgements:
    """Listens to every `ack` and remembers how far each gateway is settled."""

    def __init__(self, port: int) -> None:
        self.settled: dict[str, int] = {}
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="benchmark-acks")
        self._client.on_message = self._received
        self._client.connect("127.0.0.1", port, 60)
        self._client.subscribe("edu/v1/+/+/ack", 0)
        self._client.loop_start()

    def _received(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        body = json.loads(message.payload)
        if body["stream"] == "tele":
            self.settled[message.topic] = max(body["upto"], self.settled.get(message.topic, 0))

    def total(self) -> int:
        return sum(self.settled.values())

    def close(self) -> None:
        self._client.loop_stop()
        self._client.disconnect()


def prepare(folder: Path, shape: Shape, broker_port: int, web_port: int) -> Path:
    """A hub folder in which every simulated gateway is accepted; the path of its hub.toml."""
    (folder / "data").mkdir(parents=True)
    registry = Registry(open_database(f"sqlite:///{folder / 'data' / 'state.db'}"))
    for school in range(shape.schools):
        registry.change(f"s{school}", partial(_set_up, school=f"s{school}", shape=shape))
    path = folder / "hub.toml"
    path.write_text(
        f'[hub]\ndata_dir = "data"\n[broker]\nkind = "external"\nport = {broker_port}\n'
        f"[web]\nport = {web_port}\nopen_reading = true\n"
    )
    return path


def _set_up(session: Session, school: str, shape: Shape) -> None:
    changes.put_school(session, School(school, f"Trường {school}"))
    changes.put_building(session, Building(school, "a", "Nhà A"))
    session.flush()
    for room in range(shape.rooms):
        changes.put_room(session, Room(school, f"r{room}", f"Phòng {room}", "a", capacity=45))
    for gateway in range(3):
        changes.put_gateway(session, school, f"g{gateway}", f"Cổng {gateway}", GatewayStatus.ACCEPTED)
        if shape.rooms:
            names = [f"g{gateway}-d{number}" for number in range(shape.devices)]
            changes.note_devices(session, school, [(name, f"g{gateway}", 0, "") for name in names])
            session.flush()
            for number, name in enumerate(names):
                place = (gateway * shape.devices + number) % shape.rooms
                changes.assign(session, school, name, f"r{place}", 0, None)


def wait_ready(port: int, timeout_s: float = 60) -> None:
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        try:
            if httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=2).is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    raise RuntimeError("the hub does not become ready")


def measure(shape: Shape, folder: Path) -> Result:
    """Run one shape on a fresh hub; waits until every row is acknowledged."""
    with Mosquitto(folder) as broker:
        web_port = free_port()
        config = prepare(folder / "hub", shape, broker.port, web_port)
        with (folder / "hub.log").open("wb") as log:
            hub = subprocess.Popen(
                [sys.executable, "-m", "classhub", "hub", "run", "--config", str(config)], stdout=log, stderr=log
            )
        try:
            wait_ready(web_port)
            return _load(shape, broker.port, web_port, psutil.Process(hub.pid))
        finally:
            hub.terminate()
            hub.wait(20)


def _load(shape: Shape, port: int, web_port: int, hub: psutil.Process) -> Result:
    acknowledged = Acknowledgements(port)
    cpu_before, began = _cpu_s(hub), time.monotonic()
    words = ["--port", port, "--schools", shape.schools, "--rows", shape.rows, "--values", shape.values]
    words += ["--devices", shape.devices]
    words += ["--pace", shape.messages_per_s, "--seconds", shape.seconds]
    load = subprocess.Popen([sys.executable, "-m", "benchmarks.load", *map(str, words)], stdout=subprocess.PIPE)
    watch = _Watch(hub, web_port)
    out, _ = load.communicate(timeout=shape.seconds + 120)
    sent = json.loads(out)
    sent_values = int(sent["values"])
    end = time.monotonic() + 60
    while acknowledged.total() * shape.values < sent_values and time.monotonic() < end:
        time.sleep(0.05)
    wall, cpu = time.monotonic() - began, _cpu_s(hub) - cpu_before
    acknowledged.close()
    watch.stop()
    missing = sent_values - acknowledged.total() * shape.values
    if missing:
        raise RuntimeError(f"{shape.name}: {missing} of {sent_values} values not acknowledged within a minute")
    return Result(sent_values, wall, sent["seconds"], cpu, watch.peak_mb, watch.slowest_ms)


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


class _Watch:
    """The largest resident memory and the slowest answer of the hub's web server, sampled in a thread."""

    def __init__(self, process: psutil.Process, web_port: int) -> None:
        self.peak_mb = self.slowest_ms = 0.0
        self._process, self._done = process, threading.Event()
        self._url = f"http://127.0.0.1:{web_port}/healthz"
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()

    def _sample(self) -> None:
        with httpx.Client(timeout=30) as client:
            while not self._done.wait(0.1):
                asked = time.monotonic()
                client.get(self._url)
                self.slowest_ms = max(self.slowest_ms, (time.monotonic() - asked) * 1000)
                self.peak_mb = max(self.peak_mb, self._process.memory_info().rss / 1e6)

    def stop(self) -> None:
        self._done.set()
        self._thread.join(2)


def main(seconds: float = 20) -> None:
    shapes = [
        Shape("100 values a message", schools=10, rows=20, values=5, messages_per_s=0, seconds=seconds),
        Shape("province: 2,190 gateways x 7 values/s", 730, 1, 7, messages_per_s=2_190, seconds=seconds),
        Shape("the same, 14,600 rooms live", 730, 1, 7, messages_per_s=2_190, seconds=seconds, devices=7, rooms=20),
        Shape("7 values a message, as fast as taken", 730, 1, 7, messages_per_s=0, seconds=seconds),
    ]
    rows = []
    for shape in shapes:
        with tempfile.TemporaryDirectory() as folder:
            result = measure(shape, Path(folder))
        rows.append(
            (
                shape.name,
                f"{result.values:,}",
                f"{result.values / result.sending_s:,.0f}",
                f"{result.values / result.wall_s:,.0f}",
                f"{result.hub_cpu_s / result.values * 1e6:.2f}",
                f"{result.hub_cpu_s / result.wall_s:.2f}",
                f"{result.peak_mb:.0f}",
                f"{result.slowest_page_ms:.0f}",
            )
        )
    print_table(
        "hub intake with DuckDB",
        (
            *("shape", "values", "values/s sent", "values/s until all acknowledged"),
            *("hub CPU µs/value", "cores", "hub MB", "slowest answer ms"),
        ),
        rows,
    )


if __name__ == "__main__":
    main()

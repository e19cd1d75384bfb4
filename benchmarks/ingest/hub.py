"""One hub under load: a folder with every gateway accepted, `classhub hub run` as a process, CPU and memory watched."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx
import paho.mqtt.client as mqtt
import psutil
from paho.mqtt.enums import CallbackAPIVersion
from sqlalchemy.orm import Session

from hub.db.engine import open_database
from hub.registry import changes, premises
from hub.registry.model import Building, GatewayStatus, Room, School
from hub.registry.registry import Registry
from tests.ports import free_port
from tests.sim.influxd import ORG, Influxd


@dataclass(frozen=True)
class Shape:
    """What gateways send. `messages` > 0: so many, made beforehand, as fast as they are taken; else `seconds` long."""

    name: str
    schools: int
    rows: int
    values: int
    messages_per_s: float = 0
    seconds: float = 20
    devices: int = 4  # of each gateway
    rooms: int = 0  # of each school, with the devices in them in turn
    messages: int = 0

    def words(self, port: int) -> list[str]:
        """The load's command line."""
        words = ["--port", port, "--schools", self.schools, "--rows", self.rows, "--values", self.values]
        words += ["--devices", self.devices, "--pace", self.messages_per_s, "--seconds", self.seconds]
        return list(map(str, [*words, "--messages", self.messages]))


@dataclass(frozen=True)
class Result:
    values: int
    wall_s: float
    sending_s: float
    cpu_s: float
    peak_mb: float
    slowest_page_ms: float = 0.0
    missing: int = 0  # values

    @property
    def us_per_value(self) -> float:
        return self.cpu_s / self.values * 1e6


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


class Watch:
    """The largest resident memory and the slowest answer of a process's web server, sampled in a thread."""

    def __init__(self, process: psutil.Process, url: str | None = None) -> None:
        self.peak_mb = self.slowest_ms = 0.0
        self.memory_mb: list[tuple[float, float]] = []  # when, how much
        self._process, self._done, self._url = process, threading.Event(), url
        self._cpu_before_s, self._began_s = cpu_s(process), time.monotonic()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()

    def _sample(self) -> None:
        with httpx.Client(timeout=30) as client:
            while not self._done.wait(0.1):
                if self._url is not None:
                    asked = time.monotonic()
                    client.get(self._url)
                    self.slowest_ms = max(self.slowest_ms, (time.monotonic() - asked) * 1000)
                resident_mb = self._process.memory_info().rss / 1e6
                self.memory_mb.append((time.monotonic() - self._began_s, resident_mb))
                self.peak_mb = max(self.peak_mb, resident_mb)

    def stop(self) -> float:
        """CPU seconds spent since the watch began."""
        self._done.set()
        self._thread.join(2)
        return cpu_s(self._process) - self._cpu_before_s


def prepare(folder: Path, shape: Shape, broker_port: int, web_port: int, influx: Influxd | None = None) -> Path:
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
    if influx is not None:
        with_influx(path, influx)
    return path


def with_influx(config: Path, influx: Influxd) -> None:
    """Buckets named after the folder, so that each run has its own, and a token that may write and read only them."""
    bucket = config.parent.name
    secret = config.parent / "admin-token"
    secret.touch(mode=0o600)
    secret.write_text(influx.token)
    with config.open("a") as text:
        text.write(f'[store]\nkind = "influxdb"\n[influxdb]\nurl = "{influx.url}"\norg = "{ORG}"\n')
        text.write(f'bucket = "{bucket}"\ntoken_file = "influx-token"\n')
    (config.parent / "influx-token").touch(mode=0o600)
    words = ["store", "setup", "--config", str(config), "--admin-token-file", str(secret)]
    done = subprocess.run([sys.executable, "-m", "classhub", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"classhub store setup: {done.stdout}{done.stderr}")


def _set_up(session: Session, school: str, shape: Shape) -> None:
    changes.put_school(session, School(school, f"Trường {school}"))
    premises.put_building(session, Building(school, "a", "Nhà A"))
    session.flush()
    for room in range(shape.rooms):
        premises.put_room(session, Room(school, f"r{room}", f"Phòng {room}", "a", capacity=45))
    for gateway in range(3):
        changes.put_gateway(session, school, f"g{gateway}", f"Cổng {gateway}", GatewayStatus.ACCEPTED)
        if shape.rooms:
            names = [f"g{gateway}-d{number}" for number in range(shape.devices)]
            changes.note_devices(session, school, [(name, f"g{gateway}", 0, "") for name in names])
            session.flush()
            for number, name in enumerate(names):
                place = (gateway * shape.devices + number) % shape.rooms
                changes.assign(session, school, name, f"r{place}", 0, None)


@contextmanager
def hub_running(folder: Path, config: Path, web_port: int) -> Iterator[psutil.Process]:
    """`classhub hub run` with the environment of its unit and image, ready."""
    with (folder / "hub.log").open("wb") as log:
        words = [sys.executable, "-m", "classhub", "hub", "run", "--config", str(config)]
        hub = subprocess.Popen(words, stdout=log, stderr=log, env=os.environ | {"MALLOC_ARENA_MAX": "2"})
    try:
        _wait_ready(web_port, folder / "hub.log")
        yield psutil.Process(hub.pid)
    finally:
        hub.terminate()
        hub.wait(20)


def _wait_ready(port: int, log: Path, timeout_s: float = 60) -> None:
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        try:
            if httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=2).is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    raise RuntimeError(f"the hub does not become ready: {log.read_text()[-2000:]}")


def measure_hub(
    shape: Shape, folder: Path, broker_port: int, influx: Influxd | None = None, *, asked: bool = True
) -> Result:
    """Run one shape on a fresh hub; waits until every row is acknowledged, at most a minute after the last was sent.

    `asked`: its web server answers ten times a second meanwhile.
    """
    web_port = free_port()
    config = prepare(folder, shape, broker_port, web_port, influx)
    with hub_running(folder, config, web_port) as hub:
        acknowledged = Acknowledgements(broker_port)
        began, watch = time.monotonic(), Watch(hub, f"http://127.0.0.1:{web_port}/healthz" if asked else None)
        load = [sys.executable, "-m", "benchmarks.load", *shape.words(broker_port)]
        sent = json.loads(subprocess.run(load, check=True, capture_output=True, timeout=shape.seconds + 300).stdout)
        values = int(sent["values"])
        end = time.monotonic() + 60
        while acknowledged.total() * shape.values < values and time.monotonic() < end:
            time.sleep(0.05)
        wall_s, spent_s = time.monotonic() - began, watch.stop()
        acknowledged.close()
    missing = values - acknowledged.total() * shape.values
    return Result(values, wall_s, sent["seconds"], spent_s, watch.peak_mb, watch.slowest_ms, missing)


def cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)

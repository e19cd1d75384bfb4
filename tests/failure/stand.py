"""A stand of real processes: feeder -> gateway's own mosquitto -> edge agent -> relay -> mosquitto -> hub -> DuckDB.

The feeder publishes numbered messages, so that what was sent, what is stored and what is distinct can be counted, and
each carries its own time, so that the worst error of a stored time can be measured. Somebody looks at the wall all the
time. `renew` makes a used stand a new one for the next test: another sensor in another room, counts from zero.
"""

import contextlib
import json
import os
import resource
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol, Self

import httpx
import paho.mqtt.client as mqtt
import psutil
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from tests import patience
from tests.patience import PATIENCE_S
from tests.patience import SOAK as SOAK  # noqa: PLC0414  # named so for those who import it here
from tests.ports import free_port
from tests.sim.broker import Mosquitto
from tests.sim.relay import Relay

SCHOOL, GATEWAY, ROOM = "thcs-thu", "g1", "a101"
OPERATOR, PASSWORD = "operator", "stand-password-1"
STALE_MS = 47_000  # three times the shortest pace the hub goes by is 15 s; the rest is for a machine under load
EDGE_MOST_MB, HUB_MOST_MB = 80, 300


def length(full_s: float) -> float:
    """CI runs every outage at a tenth of its length; `make soak` in full."""
    return full_s if SOAK else max(full_s / 10, 3.0)


def wait_until(condition: Callable[[], bool], timeout_s: float, what: str) -> None:
    """Poll until the condition holds; AssertionError naming `what` where it never does."""
    patience.wait_until(condition, what, max(timeout_s, PATIENCE_S), 0.1)


@dataclass
class Program:
    """One of our own command lines as an operating-system process, with its log in a file."""

    words: list[str]
    log: Path
    environment: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    program: tuple[str, ...] = ("-m", "classhub")
    log_before_bytes: int = 0  # what earlier starts had written

    def start(self) -> Self:
        """Nothing where it runs already."""
        if self.process is not None and self.process.poll() is None:
            return self
        with self.log.open("ab") as log:
            self.log_before_bytes = log.tell()
            self.process = subprocess.Popen(
                [sys.executable, *self.program, *self.words],
                stdout=log,
                stderr=log,
                env=os.environ | self.environment,
            )
        return self

    def kill(self) -> None:
        """kill -9: nothing is tidied up."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(PATIENCE_S)

    def stop(self) -> int:
        """SIGTERM; the exit code. Kills what does not end."""
        if self.process is None or self.process.poll() is not None:
            return 0
        self.process.terminate()
        try:
            return self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.kill()
            return -signal.SIGKILL

    def limit_files(self, largest_bytes: int | None) -> None:
        """From now on no file of the process may grow beyond that size: a full disk as the kernel tells it (EFBIG)."""
        assert self.process is not None
        infinity = resource.RLIM_INFINITY
        psutil.Process(self.process.pid).rlimit(resource.RLIMIT_FSIZE, (largest_bytes or infinity, infinity))

    def resident_mb(self) -> float:
        assert self.process is not None
        return float(psutil.Process(self.process.pid).memory_info().rss) / 1e6

    def text(self, since_bytes: int = 0) -> str:
        return self.log.read_bytes()[since_bytes:].decode(errors="replace") if self.log.exists() else ""

    def said(self, words: str) -> bool:
        """Whether its log has these words since its last start."""
        return words in self.text(self.log_before_bytes)


class Feeder:
    """Numbered Zigbee2MQTT messages of one sensor at a steady pace, in a thread of its own."""

    def __init__(self, port: int, base: str = "zigbee2mqtt", name: str = "sensor-a101", per_second: float = 20) -> None:
        self.topic, self.per_second = f"{base}/{name}", per_second
        self.sent: dict[int, int] = {}
        self.carries_time = True
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=f"feeder-{name}")
        self._client.connect("127.0.0.1", port, 60)
        self._client.loop_start()
        self._running, self._flowing = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._feed, daemon=True)

    def start(self) -> Self:
        self._running.set()
        self._flowing.set()
        self._thread.start()
        return self

    def pause(self) -> None:
        self._flowing.clear()

    def resume(self) -> None:
        self._flowing.set()

    def stop(self) -> None:
        self._running.clear()
        self._flowing.set()
        if self._thread.is_alive():
            self._thread.join(PATIENCE_S)
        self._client.loop_stop()
        self._client.disconnect()

    def connected(self) -> bool:
        return self._client.is_connected()

    def send(self, payload: dict[str, object]) -> float:
        """Publish one message of the caller's now; the time of publishing in seconds."""
        at = time.time()
        self._client.publish(self.topic, json.dumps(payload), qos=1).wait_for_publish(PATIENCE_S)
        return at

    def payload(self, number: int, at_ms: int) -> str:
        """The message; its number is the illuminance, so that each can be found again in the store."""
        return json.dumps({"illuminance": number} | ({"last_seen": at_ms} if self.carries_time else {}))

    def _feed(self) -> None:
        number, due = 0, time.monotonic()
        while self._running.is_set():
            if not self._flowing.is_set():
                self._flowing.wait()
                due = time.monotonic()
                continue
            number += 1
            at = time.time_ns() // 1_000_000
            self._client.publish(self.topic, self.payload(number, at), qos=1).wait_for_publish(PATIENCE_S)
            self.sent[number] = at
            # Held up by a busy machine it does not catch up: a sensor never sends two readings in one millisecond.
            due = max(due, time.monotonic()) + 1 / self.per_second
            time.sleep(max(0.0, due - time.monotonic()))


class Onlooker:
    """Looks at a room on the wall five times a second, in a thread: what it shows must be true at every moment."""

    def __init__(self, stand: "Stand") -> None:
        self._stand, self.looks = stand, 0
        self.lies: list[str] = []
        self._newest = (0, 0)  # process of the hub, time shown
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def end(self) -> None:
        self._ended.set()
        self._thread.join(PATIENCE_S)

    def _look(self) -> None:
        with httpx.Client(base_url=f"http://127.0.0.1:{self._stand.web_port}", timeout=PATIENCE_S) as web:
            while not self._ended.wait(0.2):
                process = self._stand.hub.process
                with contextlib.suppress(httpx.HTTPError, KeyError):
                    value = web.get(f"/api/v1/rooms/{SCHOOL}.{self._stand.room}").json()["values"]["illuminance_lx"]
                    if process is self._stand.hub.process and process is not None:
                        self._judge(process.pid, int(value["value"]), parsed_ms(value["time"]), stale=value["stale"])

    def _judge(self, hub: int, number: int, at_ms: int, *, stale: bool) -> None:
        self.looks += 1
        now_ms = time.time_ns() // 1_000_000
        if at_ms > now_ms + 1_000:
            self.lies.append(f"{number} is shown {at_ms - now_ms} ms before it was measured")
        if self._newest[0] == hub and at_ms < self._newest[1]:
            self.lies.append(f"{number} went back by {self._newest[1] - at_ms} ms")
        if not stale and now_ms - at_ms > STALE_MS:
            self.lies.append(f"{number}, {now_ms - at_ms} ms old, is shown as now")
        sent = self._stand.feeder.sent.get(number)
        if sent is not None and abs(at_ms - sent) > 2_000:
            self.lies.append(f"{number} is shown at {at_ms - sent:+} ms of its own time")
        self._newest = (hub, at_ms)


def parsed_ms(moment: str) -> int:
    return round(datetime.fromisoformat(moment).timestamp() * 1000)


class Broker(Protocol):
    """The hub's broker, whichever one it is."""

    port: int

    @property
    def running(self) -> bool: ...
    def start(self) -> object: ...
    def stop(self) -> None: ...
    def kill(self) -> None: ...
    def wipe(self) -> None: ...


@dataclass(frozen=True)
class Count:
    """What became of the feeder's messages."""

    sent: int
    stored: int
    distinct: int
    lost: int
    worst_time_error_s: float

    @property
    def duplicated(self) -> int:
        return self.stored - self.distinct


class Stand:
    """All of it. Every part can be cut, killed and started again by the test."""

    uplink_settings = ""  # more of edge.toml's [broker]

    def __init__(
        self, folder: Path, *, outbox: str = "", hub: str = "", persistent_broker: bool = False, places: int = 1
    ) -> None:
        """`places`: rooms (a101, a102 …), each with a sensor and, where there are several, a gateway to play (h1 …)."""
        self.folder, self.places, self.place = folder, places, 1
        self.broker = self._make_broker(persistent=persistent_broker)
        self.local = Mosquitto(folder / "local", persistent=True)
        self.relay = Relay(self.broker.port)
        self.web_port = free_port()
        self.outbox_settings, self.hub_settings = outbox, hub
        self.hub = Program(["hub", "run", "--config", str(folder / "hub.toml")], folder / "hub.log")
        self.edge = Program(["edge", "run", "--config", str(folder / "edge.toml")], folder / "edge.log")
        self._web: httpx.Client | None = None
        self._before: dict[str, Any] = {}
        self._drained = False
        self.feeder: Feeder
        self.onlooker: Onlooker | None = None

    @property
    def room(self) -> str:
        return f"a{100 + self.place}"

    @property
    def device(self) -> str:
        return f"sensor-{self.room}"

    def renew(self) -> None:
        """Everything runs but the agent, nothing of the last test flows, counts begin at zero, with another sensor."""
        self.feeder.stop()
        self.edge.stop()
        self.edge.environment = {}
        self.write_edge("edge", self.relay.port)
        self.relay.restore()
        if not self.broker.running:  # the last test failed half way
            self.broker.start()
        self.hub.start().limit_files(None)
        self.wait_ready()
        self._empty_outbox()
        self.place += 1
        self.feeder = Feeder(self.local.port, name=self.device)
        self._before = {}
        with contextlib.suppress(StopIteration):
            self._before = self.account()

    def _empty_outbox(self) -> None:
        """What a test that failed half way left in the agent's outbox is not counted as the next one's."""
        drained, self._drained = self._drained, False
        if drained:
            return
        self.edge.start()
        wait_until(lambda: self.gateway()["online"] and not self.account()["outstanding"], 60, "the outbox is empty")
        self.edge.stop()

    def look(self) -> None:
        """From now on somebody looks at the room."""
        self.onlooker = Onlooker(self)

    def __enter__(self) -> Self:
        for part in ("uplink", "local", "edge"):
            (self.folder / part).mkdir(parents=True, exist_ok=True)
        self.broker.start()
        self.local.start()
        self.relay.start()
        self.write_settings()
        self._prepare_hub()
        self.hub.start()
        self.wait_ready()
        self.feeder = Feeder(self.local.port)
        return self

    def __exit__(self, *_: object) -> None:
        self.feeder.stop()
        if self.onlooker is not None:
            self.onlooker.end()
        for program in (self.edge, self.hub):
            program.stop()
        self.relay.stop()
        self.local.stop()
        self.broker.stop()
        if self._web is not None:
            self._web.close()

    def _make_broker(self, *, persistent: bool) -> Broker:
        return Mosquitto(self.folder / "uplink", persistent=persistent)

    def write_hub(self) -> None:
        (self.folder / "hub.toml").write_text(
            f'[hub]\nid = "main"\ndata_dir = "hub"\n[broker]\nkind = "external"\nport = {self.broker.port}\n'
            f"[web]\nport = {self.web_port}\nopen_reading = true\n[store]\nmin_free_mb = 1\n"
            f"{self.hub_settings}\n"
        )

    def write_settings(self) -> None:
        self.write_hub()
        self.write_edge("edge", self.relay.port)
        (self.folder / "school.toml").write_text(
            f'[school]\nid = "{SCHOOL}"\nname = "THCS Thử"\n[[building]]\nid = "a"\nname = "Nhà A"\n'
            f'[[gateway]]\nid = "{GATEWAY}"\nname = "Cổng 1"\n'
            + "".join(
                f'[[room]]\nid = "a{100 + n}"\nname = "A{100 + n}"\nbuilding = "a"\n'
                f'[[device]]\nid = "sensor-a{100 + n}"\nroom = "a{100 + n}"\ngateway = "{GATEWAY}"\n'
                + (f'[[gateway]]\nid = "h{n}"\nname = "Cổng thử {n}"\n' if self.places > 1 else "")
                for n in range(1, self.places + 1)
            )
        )

    def write_edge(self, data_dir: str, port: int, gateway_settings: str = "", trust: str = "system") -> None:
        (self.folder / f"{data_dir}.toml").write_text(
            f'[gateway]\nschool = "{SCHOOL}"\nid = "{GATEWAY}"\nhub = "main"\ndata_dir = "{self.folder / data_dir}"\n'
            f"{gateway_settings}\n"
            f'[broker]\nhost = "127.0.0.1"\nport = {port}\n{self.uplink_settings}\n[clock]\ntrust = "{trust}"\n'
            f"[outbox]\n{self.outbox_settings}\n"
            f'[[zigbee2mqtt]]\nname = "z2m"\nhost = "127.0.0.1"\nport = {self.local.port}\n'
        )

    def _prepare_hub(self) -> None:
        config = str(self.folder / "hub.toml")
        apply = [sys.executable, "-m", "classhub", "hub", "apply", str(self.folder / "school.toml"), "--config", config]
        subprocess.run(apply, check=True, capture_output=True, timeout=120)

    def command(self, *words: str) -> str:
        """Run another command line against this hub's settings; its output."""
        line = [sys.executable, "-m", "classhub", *words, "--config", str(self.folder / "hub.toml")]
        return subprocess.run(line, check=True, capture_output=True, timeout=120, text=True).stdout

    def web(self, path: str, **parameters: Any) -> Any:
        """GET a page of the API as JSON."""
        if self._web is None:
            self._web = httpx.Client(base_url=f"http://127.0.0.1:{self.web_port}", timeout=PATIENCE_S)
        return self._web.get(path, params=parameters).raise_for_status().json()

    def wait_ready(self, timeout_s: float = 2 * PATIENCE_S) -> None:
        def ready() -> bool:
            try:
                return bool(httpx.get(f"http://127.0.0.1:{self.web_port}/readyz", timeout=PATIENCE_S).is_success)
            except httpx.TransportError:
                return False

        wait_until(ready, max(timeout_s, 2 * PATIENCE_S), f"hub ready; its log:\n{self.hub.text()[-3000:]}")

    def account(self, name: str = GATEWAY) -> dict[str, Any]:
        """The gateway's telemetry account as the devices page shows it, since the stand was made or renewed."""
        found = dict(next(gateway for gateway in self.gateways() if gateway["id"] == name)["tele"])
        if name == GATEWAY and self._before:
            before = self._before["dropped"]
            dropped = {key: n - before.get(key, 0) for key, n in found.pop("dropped").items() if n != before.get(key)}
            found = {key: n - self._before[key] for key, n in found.items()} | {"dropped": dropped}
        return found

    def gateway(self) -> dict[str, Any]:
        return next(gateway for gateway in self.gateways() if gateway["id"] == GATEWAY)

    def gateways(self) -> list[dict[str, Any]]:
        return list(self.web(f"/api/v1/schools/{SCHOOL}/gateways"))

    def shown(self) -> tuple[float, int]:
        """The illuminance the wall shows now: value and time of measurement in milliseconds."""
        value = self.web(f"/api/v1/rooms/{SCHOOL}.{self.room}")["values"]["illuminance_lx"]
        return float(value["value"]), parsed_ms(value["time"])

    def drain(self, timeout_s: float = 90) -> None:
        """Stop feeding and wait until the gateway's outbox is empty at the hub's side."""
        self.feeder.stop()
        newest = max(self.feeder.sent)

        def everything_arrived() -> bool:
            try:
                return newest in self.stored_now() and self.account()["outstanding"] == 0
            except (httpx.HTTPError, StopIteration):
                return False

        try:
            wait_until(everything_arrived, timeout_s, "drained")
        except AssertionError as late:
            logs = f"edge log:\n{self.edge.text()[-2000:]}\nhub log:\n{self.hub.text()[-2000:]}"
            raise AssertionError(f"{late}; {self.count()}; {self.account()}; {logs}") from late
        self._drained = True

    def stored_now(self) -> dict[int, list[int]]:
        """Number -> stored times, as the running hub's export tells it."""
        found: dict[int, list[int]] = {}
        for reading in self.readings(self.device):
            if reading["quantity"] == "illuminance_lx":
                found.setdefault(int(reading["value"]), []).append(int(reading["time_ms"]))
        return found

    def readings(self, device: str) -> list[dict[str, Any]]:
        """Every stored value of a device, 60 days back and ahead."""
        now, days = datetime.now(UTC), timedelta(days=60)
        span = {"from": (now - days).isoformat(), "to": (now + days).isoformat()}
        return list(self.web(f"/api/v1/schools/{SCHOOL}/readings", device=device, **span))

    def given_up(self) -> int:
        """Rows the agent's outbox has given up, as its file on disk tells it."""
        with contextlib.closing(sqlite3.connect(f"file:{self.folder}/edge/outbox.db?mode=ro", uri=True)) as link:
            kept = link.execute("SELECT value FROM meta WHERE key='ledger_tele'").fetchone()
        return 0 if kept is None else sum(json.loads(kept[0]).get("counts", {}).values())

    def newest_stored(self) -> bool:
        """Whether the newest message of the feeder is stored."""
        return max(self.feeder.sent) in self.stored_now()

    def fake_clock(self, ahead_s: int) -> dict[str, str]:
        """Environment of a program whose wall clock is wrong (libfaketime); its monotonic clock stays true."""
        self.set_fake_clock(ahead_s)
        library = next(Path("/usr/lib").rglob("libfaketimeMT.so.1"), None)
        if library is None:
            pytest.skip("needs libfaketime (Debian package faketime)")
        return {
            "LD_PRELOAD": str(library),
            "FAKETIME_TIMESTAMP_FILE": str(self.folder / "faketime"),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def set_fake_clock(self, ahead_s: int) -> None:
        """At once and whole: it is read at every look at the clock."""
        fresh = self.folder / "faketime.new"
        fresh.write_text(f"{ahead_s:+d}s\n")
        fresh.replace(self.folder / "faketime")

    def time_errors(self) -> dict[int, int]:
        """Message number -> stored time minus its own time in milliseconds, where they differ."""
        sent = self.feeder.sent
        errors = {
            number: min((at - sent[number] for at in times), key=abs)
            for number, times in self.stored_now().items()
            if number in sent
        }
        return {number: error for number, error in errors.items() if error}

    def count(self, twice: set[int] | frozenset[int] = frozenset()) -> Count:
        """Sent against stored, from the running hub; the numbers in `twice` may be stored twice."""
        stored = {number: times[:1] if number in twice else times for number, times in self.stored_now().items()}
        errors = [abs(error) for error in self.time_errors().values()]
        return Count(
            sent=len(self.feeder.sent),
            stored=sum(map(len, stored.values())),
            distinct=len(stored),
            lost=len(self.feeder.sent.keys() - stored.keys()),
            worst_time_error_s=max(errors, default=0) / 1000,
        )

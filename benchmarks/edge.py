"""What a gateway costs: memory, processor, bytes written, and how a backlog drains without delaying new data.

The same load and figures as peers.md section 4 and design.md "edge cost": 20 messages a second through the
gateway's own mosquitto, a real agent, a real hub. `write_bytes` is what went towards the disk (/proc/PID/io).
"""

import json
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import paho.mqtt.client as mqtt
import psutil
from paho.mqtt.enums import CallbackAPIVersion

from benchmarks import forty
from benchmarks.table import print_table
from tests.failure.stand import Feeder, Stand, wait_until

PEERS = (
    ("Telegraf 1.37.2 (peers.md)", "26", "0.9", "4.5"),
    ("ThingsBoard gateway 3.8.5 (peers.md)", "62", "2.5", "1.3"),
    ("Node-RED 4.1 (peers.md)", "93", "1.4", "nothing kept"),
)


@dataclass(frozen=True)
class Cost:
    resident_mb: float
    cpu_s: float
    written_bytes: int
    messages: int
    seconds: float


def agent(stand: Stand) -> psutil.Process:
    assert stand.edge.process is not None  # noqa: S101  # started by the caller
    return psutil.Process(stand.edge.process.pid)


def cost_over(stand: Stand, feeders: list[Feeder], seconds: float) -> Cost:
    """Watch the agent for a while under the feeders' load."""
    process = agent(stand)
    cpu, written = process.cpu_times(), process.io_counters().write_bytes
    sent = sum(len(feeder.sent) for feeder in feeders)
    time.sleep(seconds)
    after = process.cpu_times()
    return Cost(
        process.memory_info().rss / 1e6,
        after.user + after.system - cpu.user - cpu.system,
        process.io_counters().write_bytes - written,
        sum(len(feeder.sent) for feeder in feeders) - sent,
        seconds,
    )


def steady(seconds: float) -> Cost:
    """20 messages a second of one sensor."""
    with tempfile.TemporaryDirectory() as folder, Stand(Path(folder)) as stand:
        stand.edge.start()
        stand.feeder.start()
        wait_until(lambda: len(stand.stored_now()) > 20, 30, "first values")
        return cost_over(stand, [stand.feeder], seconds)


def flash_a_day(seconds: float) -> float:
    """Megabytes a day with 20 devices of 5 values every 5 seconds."""
    with tempfile.TemporaryDirectory() as folder, Stand(Path(folder)) as stand:
        stand.edge.start()
        feeders = [RoomSensor(stand.local.port, f"room-{number}").start() for number in range(20)]
        time.sleep(10)
        cost = cost_over(stand, list(feeders), seconds)
        for feeder in feeders:
            feeder.stop()
        stand.feeder.start()
        return cost.written_bytes / cost.seconds * 86_400 / 1e6


class RoomSensor(Feeder):
    """Five values every five seconds."""

    def __init__(self, port: int, name: str) -> None:
        super().__init__(port, name=name, per_second=0.2)

    def payload(self, number: int, at_ms: int) -> str:
        values = {"co2": 400 + number % 900, "temperature": 27.1, "humidity": 61.5, "illuminance": number, "pm25": 12}
        return json.dumps(values | {"last_seen": at_ms})


class Arrivals:
    """When which row number was published on the uplink: new rows against rows of the backlog."""

    def __init__(self, port: int) -> None:
        self.delays_s: list[tuple[float, float]] = []
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="benchmark-arrivals")
        self._client.on_message = self._received
        self._client.connect("127.0.0.1", port, 60)
        self._client.subscribe("edu/v1/+/+/tele", 0)
        self._client.loop_start()

    def _received(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        now = time.time()
        for row in json.loads(message.payload)["rows"]:
            self.delays_s.append((now, now - row["t"] / 1000))

    def close(self) -> None:
        self._client.loop_stop()
        self._client.disconnect()


def backlog(outage_s: float) -> tuple[int, float, float]:
    """Rows held, seconds until drained, and the worst delay of new rows while draining."""
    with tempfile.TemporaryDirectory() as folder, Stand(Path(folder)) as stand:
        stand.edge.start()
        stand.feeder.start()
        wait_until(lambda: len(stand.stored_now()) > 20, 30, "first values")
        stand.relay.cut()
        # An hour's backlog in less than an hour: the outage is shortened and the pace raised by the same factor.
        stand.feeder.per_second = 20 * 3600 / outage_s
        time.sleep(outage_s)
        stand.feeder.per_second = 20
        held = len(stand.feeder.sent)
        arrivals = Arrivals(stand.broker.port)
        returned = time.time()
        stand.relay.restore()
        wait_until(lambda: len(arrivals.delays_s) >= held * 0.99, 300, "the backlog on the uplink")
        drained = time.time() - returned
        arrivals.close()
        first = min(at for at, _ in arrivals.delays_s)
        fresh = [delay for at, delay in arrivals.delays_s if at - delay > first]
        return held, drained, max(fresh, default=0.0)


def main(seconds: float = 60) -> None:
    cost = steady(seconds)
    per_thousand = 1000 / max(cost.messages, 1)
    ours = (
        "ClassHub edge",
        f"{cost.resident_mb:.0f}",
        f"{cost.cpu_s * per_thousand:.2f}",
        f"{cost.written_bytes * per_thousand / 1e6:.2f}",
    )
    head = ("gateway at 20 messages/s", "resident MB", "CPU s / 1,000 messages", "MB written / 1,000 messages")
    print_table("edge: cost", head, (ours, *PEERS))
    print_table(
        "edge: flash wear", ("load", "MB a day"), [("20 devices x 5 values / 5 s", f"{flash_a_day(seconds):.0f}")]
    )
    held, drained, worst = backlog(max(seconds, 30))
    head = ("rows held (an hour at 20/s)", "drained in s", "rows/s", "worst delay of new rows, s")
    print_table("edge: backlog", head, [(f"{held:,}", f"{drained:.1f}", f"{held / drained:,.0f}", f"{worst:.1f}")])
    forty.main(seconds)


if __name__ == "__main__":
    main()

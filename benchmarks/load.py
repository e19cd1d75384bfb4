"""Batches of simulated gateways at a steady pace through one MQTT connection: the load the ingest benchmark measures.

Run as a process of its own (`python -m benchmarks.load`), so that its cost is not the hub's; payloads are filled into
ready-made text and sent without a client library, so that it takes a small part of a core and is not what is measured.
"""

import argparse
import json
import socket
import time

from hub.ingest import packets
from hub.ingest.packets import Splitter

QUANTITIES = ("co2_ppm", "temperature_c", "humidity_pct", "pm25_ugm3", "noise_dba", "illuminance_lx", "power_w")
EPOCH = "00000000000000ab"
MOST_UNCONFIRMED = 400
MOST_UNSETTLED = 60_000  # rows the hub has not acknowledged: gateways keep to their credit, so does the load
TOGETHER = 20  # messages in one write


class SimulatedGateway:
    """One gateway's telemetry: `rows` rows of `values` values in each batch, from its devices in turn."""

    def __init__(self, school: str, gateway: str, rows: int, values: int, devices: int = 4) -> None:
        self.topic = f"edu/v1/{school}/{gateway}/tele"
        self.rows, self.devices = rows, devices
        self._names = [f"{gateway}-d{number}" for number in range(devices)]
        self._values = ",".join(f'"{quantity}":%(value)d' for quantity in QUANTITIES[:values])
        self.next, self._last_ms = 1, 0

    def batch(self, now_ms: int) -> bytes:
        self._last_ms = max(now_ms, self._last_ms + self.rows // self.devices + 1)  # no two rows of a device at once
        rows = []
        for row in range(self.rows):
            device = self._names[(self.next + row) % self.devices]
            at_ms = self._last_ms - (self.rows - 1 - row) // self.devices
            values = self._values % {"value": 20 + (now_ms + row) % 60}
            rows.append(f'{{"d":"{device}","t":{at_ms},"v":{{{values}}}}}')
        return self._message(rows, now_ms)

    def measured(self, now_ms: int, devices: list[int]) -> bytes:
        """One row of each of these devices, measured at some moment of the last second."""
        rows = []
        for device in devices:
            at_ms = now_ms - (device * 131) % 1_000
            values = self._values % {"value": 20 + (now_ms // 1_000 + device) % 60}
            rows.append(f'{{"d":"{self._names[device]}","t":{at_ms},"v":{{{values}}}}}')
        return self._message(rows, now_ms)

    def _message(self, rows: list[str], now_ms: int) -> bytes:
        head = f'{{"v":1,"epoch":"{EPOCH}","first":{self.next},"oldest":{self.next},"sent_at":{now_ms},"rows":['
        self.next += len(rows)
        return f"{head}{','.join(rows)}]}}".encode()


class Sender:
    """Publishes at QoS 1; never more than a few hundred messages unconfirmed or `MOST_UNSETTLED` rows not settled.

    `blind`: nobody acknowledges rows (another program than a hub listens), only the broker's confirmations count.
    """

    def __init__(self, port: int, *, blind: bool = False) -> None:
        self._blind = blind
        self._socket = socket.create_connection(("127.0.0.1", port), 10)
        self._splitter = Splitter()
        self._unconfirmed = self._number = 0
        self._unsettled = 0
        self._settled: dict[str, int] = {}
        self._out: list[bytes] = []
        self._socket.sendall(packets.connect("benchmark-load", 60, None, None, None))
        self._socket.sendall(packets.subscribe(1, [("edu/v1/+/+/ack", 0)]))
        self._receive()

    def publish(self, topic: str, payload: bytes, rows: int) -> None:
        self._unsettled += 0 if self._blind else rows
        self._number = self._number % 65_535 + 1
        self._out.append(packets.publish(topic, payload, self._number, retain=False))
        if len(self._out) >= TOGETHER:
            self.flush()

    def flush(self) -> None:
        self._socket.sendall(b"".join(self._out))
        self._unconfirmed += len(self._out)
        self._out = []
        while self._unconfirmed > MOST_UNCONFIRMED or self._unsettled > MOST_UNSETTLED:
            self._receive()

    def close(self) -> None:
        """Once everything is confirmed."""
        self.flush()
        while self._unconfirmed:
            self._receive()
        self._socket.sendall(packets.GOODBYE)
        self._socket.close()

    def _receive(self) -> None:
        data = self._socket.recv(65_536)
        if not data:
            raise ConnectionError("the broker closed the connection")
        for first, body in self._splitter.feed(data):
            if first == packets.PUBACK:
                self._unconfirmed -= 1
            elif first & 0xF0 == packets.PUBLISH:
                self._acknowledged(*packets.published(first, body)[:2])

    def _acknowledged(self, topic: str, payload: bytes) -> None:
        ack = json.loads(payload)
        if ack["stream"] == "tele":
            self._unsettled -= ack["upto"] - self._settled.get(topic, 0)
            self._settled[topic] = ack["upto"]


def publish_province(sender: Sender, gateways: list[SimulatedGateway], seconds: float) -> tuple[int, float]:
    """Every device measures every 5 s, at its own moment; every gateway sends once a second what is new.

    Rows sent, and the seconds it took. Gateways are spread over the second.
    """
    start, rows, turn = time.monotonic(), 0, 0
    while time.monotonic() - start < seconds:
        for number, gateway in enumerate(gateways):
            due = start + turn + number / len(gateways)
            if number % TOGETHER == 0:
                time.sleep(max(0.0, due - time.monotonic()))
            devices = [device for device in range(gateway.devices) if (device * 3 + number) % 5 == turn % 5]
            if devices:
                sender.publish(gateway.topic, gateway.measured(time.time_ns() // 1_000_000, devices), len(devices))
                rows += len(devices)
        sender.flush()
        turn += 1
    sender.close()
    return rows, time.monotonic() - start


def publish_prepared(sender: Sender, gateways: list[SimulatedGateway], messages: int) -> float:
    """Make so many messages, then send them as fast as they are taken; the seconds that the sending took."""
    now_ms = time.time_ns() // 1_000_000
    order = [gateways[number % len(gateways)] for number in range(messages)]
    prepared = [(gateway.topic, gateway.batch(now_ms), gateway.rows) for gateway in order]
    start = time.monotonic()
    for message in prepared:
        sender.publish(*message)
    sender.close()
    return time.monotonic() - start


def publish(sender: Sender, gateways: list[SimulatedGateway], messages_per_s: float, seconds: float) -> int:
    """Send at the given pace (0: as fast as the broker takes it); the number of messages."""
    sent, start = 0, time.monotonic()
    while time.monotonic() - start < seconds:
        for gateway in gateways:
            sender.publish(gateway.topic, gateway.batch(time.time_ns() // 1_000_000), gateway.rows)
            sent += 1
            if sent % TOGETHER:
                continue
            elapsed = time.monotonic() - start
            if elapsed >= seconds:
                break
            if messages_per_s and sent / messages_per_s - elapsed > 0.01:
                time.sleep(sent / messages_per_s - elapsed)
    sender.close()
    return sent


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--schools", type=int, required=True)
    parser.add_argument("--gateways", type=int, default=3, help="of each school")
    parser.add_argument("--devices", type=int, default=4, help="of each gateway")
    parser.add_argument("--rows", type=int, default=1)
    parser.add_argument("--values", type=int, default=7)
    parser.add_argument("--pace", type=float, default=0, help="messages a second; 0: as fast as possible")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--messages", type=int, default=0, help="so many, made beforehand, instead of --seconds")
    parser.add_argument("--province", action="store_true", help="every device every 5 s instead of --rows and --pace")
    parser.add_argument("--blind", action="store_true", help="nobody acknowledges rows: go by the broker alone")
    a = parser.parse_args()
    gateways = [
        SimulatedGateway(f"s{school}", f"g{gateway}", a.rows, a.values, a.devices)
        for school in range(a.schools)
        for gateway in range(a.gateways)
    ]
    sender = Sender(a.port, blind=a.blind)
    start = time.monotonic()
    if a.province:
        rows, took_s = publish_province(sender, gateways, a.seconds)
        print(json.dumps({"rows": rows, "values": rows * a.values, "seconds": took_s}))
        return
    if a.messages:
        sent, took_s = a.messages, publish_prepared(sender, gateways, a.messages)
    else:
        sent = publish(sender, gateways, a.pace, a.seconds)
        took_s = time.monotonic() - start
    print(json.dumps({"messages": sent, "values": sent * a.rows * a.values, "seconds": took_s}))


if __name__ == "__main__":
    main()

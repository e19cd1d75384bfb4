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
        self.rows, self._devices = rows, devices
        self._names = [f"{gateway}-d{number}" for number in range(devices)]
        self._values = ",".join(f'"{quantity}":%(value)d' for quantity in QUANTITIES[:values])
        self.next, self._last_ms = 1, 0

    def batch(self, now_ms: int) -> bytes:
        self._last_ms = max(now_ms, self._last_ms + self.rows // self._devices + 1)  # no two rows of a device at once
        rows = []
        for row in range(self.rows):
            device = self._names[(self.next + row) % self._devices]
            at_ms = self._last_ms - (self.rows - 1 - row) // self._devices
            values = self._values % {"value": 20 + (now_ms + row) % 60}
            rows.append(f'{{"d":"{device}","t":{at_ms},"v":{{{values}}}}}')
        head = f'{{"v":1,"epoch":"{EPOCH}","first":{self.next},"oldest":{self.next},"sent_at":{now_ms},"rows":['
        self.next += self.rows
        return f"{head}{','.join(rows)}]}}".encode()


class Sender:
    """Publishes at QoS 1; never more than a few hundred messages unconfirmed or `MOST_UNSETTLED` rows not settled."""

    def __init__(self, port: int) -> None:
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
        self._unsettled += rows
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


def publish(port: int, gateways: list[SimulatedGateway], messages_per_s: float, seconds: float) -> int:
    """Send at the given pace (0: as fast as the broker takes it); the number of messages."""
    sender = Sender(port)
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
    a = parser.parse_args()
    gateways = [
        SimulatedGateway(f"s{school}", f"g{gateway}", a.rows, a.values, a.devices)
        for school in range(a.schools)
        for gateway in range(a.gateways)
    ]
    start = time.monotonic()
    sent = publish(a.port, gateways, a.pace, a.seconds)
    took = {"seconds": time.monotonic() - start, "cpu_s": time.process_time()}
    print(json.dumps({"messages": sent, "values": sent * a.rows * a.values} | took))


if __name__ == "__main__":
    main()

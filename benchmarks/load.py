"""Batches of simulated gateways at a steady pace through one MQTT connection: the load the ingest benchmark measures.

Run as a process of its own (`python -m benchmarks.load`), so that its cost is not the hub's.
"""

import argparse
import json
import time

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

QUANTITIES = ("co2_ppm", "temperature_c", "humidity_pct", "pm25_ugm3", "noise_dba", "illuminance_lx", "power_w")
EPOCH = "00000000000000ab"


class SimulatedGateway:
    """One gateway's telemetry: `rows` rows of `values` values in each batch, at the times they are made."""

    def __init__(self, school: str, gateway: str, rows: int, values: int) -> None:
        self.topic = f"edu/v1/{school}/{gateway}/tele"
        self._gateway, self._rows, self._values = gateway, rows, values
        self.next, self._last_ms = 1, 0

    def batch(self, now_ms: int) -> bytes:
        self._last_ms = max(now_ms, self._last_ms + self._rows // 4 + 1)  # no two rows of a device at one time
        rows = [
            {
                "d": f"{self._gateway}-d{row % 4}",
                "t": self._last_ms - (self._rows - 1 - row) // 4,
                "v": dict.fromkeys(QUANTITIES[: self._values], 20 + (now_ms + row) % 60),
            }
            for row in range(self._rows)
        ]
        head = {"v": 1, "epoch": EPOCH, "first": self.next, "oldest": self.next, "sent_at": now_ms, "rows": rows}
        self.next += self._rows
        return json.dumps(head, separators=(",", ":")).encode()


def publish(port: int, gateways: list[SimulatedGateway], messages_per_s: float, seconds: float) -> int:
    """Send at the given pace (0: as fast as the broker takes it); the number of messages."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="benchmark-load")
    client.max_inflight_messages_set(200)
    client.connect("127.0.0.1", port, 60)
    client.loop_start()
    sent, start = 0, time.monotonic()
    while time.monotonic() - start < seconds:
        for gateway in gateways:
            info = client.publish(gateway.topic, gateway.batch(time.time_ns() // 1_000_000), qos=1)
            sent += 1
            if sent % 200 == 0:
                info.wait_for_publish(10)  # bounded: never more than a few hundred in flight
            if messages_per_s:
                ahead = sent / messages_per_s - (time.monotonic() - start)
                if ahead > 0.01:
                    time.sleep(ahead)
            if time.monotonic() - start >= seconds:
                break
    info.wait_for_publish(10)
    client.disconnect()
    client.loop_stop()
    return sent


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--schools", type=int, required=True)
    parser.add_argument("--gateways", type=int, default=3, help="of each school")
    parser.add_argument("--rows", type=int, default=1)
    parser.add_argument("--values", type=int, default=7)
    parser.add_argument("--pace", type=float, default=0, help="messages a second; 0: as fast as possible")
    parser.add_argument("--seconds", type=float, default=20)
    a = parser.parse_args()
    gateways = [
        SimulatedGateway(f"s{school}", f"g{gateway}", a.rows, a.values)
        for school in range(a.schools)
        for gateway in range(a.gateways)
    ]
    start = time.monotonic()
    sent = publish(a.port, gateways, a.pace, a.seconds)
    print(json.dumps({"messages": sent, "values": sent * a.rows * a.values, "seconds": time.monotonic() - start}))


if __name__ == "__main__":
    main()

"""A gateway in a hundred lines, written from docs/protocol.md alone: it imports nothing of ours, on purpose."""

import json
import queue
import secrets
import time
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion


class Gateway:
    """One stream of telemetry rows from memory; `send` and `settle` are all a script needs."""

    def __init__(self, port: int, school: str, gateway: str, hub: str = "main", password: str | None = None) -> None:
        self.base, self.hub = f"edu/v1/{school}/{gateway}", f"edu/v1/hub/{hub}/state"
        self.epoch, self.boot = secrets.token_hex(8), secrets.token_hex(8)
        self.rows: dict[int, dict[str, Any]] = {}
        self.next, self.status, self.hub_online = 1, "", False
        self.acks: queue.Queue[dict[str, Any]] = queue.Queue(1000)
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=f"{school}_{gateway}", clean_session=True)
        if password:
            self.client.username_pw_set(f"{school}.{gateway}", password)
        self.client.will_set(f"{self.base}/state", json.dumps({"v": 1, "online": False, "boot": self.boot}), 1, True)
        self.client.on_connect = self._connected
        self.client.on_message = self._received
        self.client.connect("127.0.0.1", port, keepalive=15)
        self.client.loop_start()

    def _connected(self, client: mqtt.Client, *_: object) -> None:
        client.subscribe([(f"{self.base}/ack", 1), (f"{self.base}/cmd", 1), (self.hub, 1)])
        self.publish_state()

    def publish_state(self) -> None:
        report = {"next": self.next, "oldest": min(self.rows, default=self.next), "rows": len(self.rows), "bytes": 0}
        state = {
            "v": 1,
            "online": True,
            "boot": self.boot,
            "epoch": self.epoch,
            "at": now(),
            "clock": "ntp",
            "tele": report,
        }
        self.client.publish(f"{self.base}/state", json.dumps(state), 1, retain=True)

    def _received(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        body = json.loads(message.payload)
        if message.topic == self.hub:
            self.hub_online = bool(body["online"])
        elif message.topic.endswith("/ack") and body["stream"] == "tele" and body["epoch"] == self.epoch:
            self.status = body.get("status", "ok")
            settled = [*body.get("also", []), [1, body["upto"]]]
            for number in [n for n in self.rows if any(a <= n <= b for a, b in settled)]:
                del self.rows[number]
            self.acks.put(body)

    def measure(self, device: str, values: dict[str, float | str], at_ms: int | None = None) -> int:
        """Keep a row; returns its number."""
        self.rows[self.next] = {"d": device, "t": now() if at_ms is None else at_ms, "v": values}
        self.next += 1
        return self.next - 1

    def batch(self, first: int, last: int) -> bytes:
        """Rows first..last as one message."""
        rows = [self.rows[number] for number in range(first, last + 1)]
        head = {
            "v": 1,
            "epoch": self.epoch,
            "first": first,
            "oldest": min(self.rows, default=self.next),
            "sent_at": now(),
        }
        return json.dumps(head | {"rows": rows}).encode()

    def publish(self, payload: bytes, stream: str = "tele") -> None:
        self.client.publish(f"{self.base}/{stream}", payload, 1)

    def send(self) -> None:
        """Everything kept, in batches of rows that follow one another."""
        numbers = sorted(self.rows)
        while numbers:
            run = [numbers.pop(0)]
            while numbers and numbers[0] == run[-1] + 1 and len(run) < 500:
                run.append(numbers.pop(0))
            self.publish(self.batch(run[0], run[-1]))

    def settle(self, timeout_s: float = 60.0) -> bool:
        """Wait until the hub has committed every row; rows not covered in five seconds are sent again."""
        end, again = time.monotonic() + timeout_s, time.monotonic() + 5
        while self.rows and time.monotonic() < end:
            try:
                self.acks.get(timeout=0.2)
            except queue.Empty:
                if time.monotonic() > again and self.status != "pending":
                    self.send()
                    again = time.monotonic() + 5
        return not self.rows

    def wait_for_hub(self, timeout_s: float = 60.0) -> bool:
        """Until the hub is online and has answered; the state is said again every two seconds till then."""
        end, again = time.monotonic() + timeout_s, time.monotonic() + 2
        while not (self.hub_online and self.status) and time.monotonic() < end:
            if time.monotonic() > again and self.client.is_connected():
                self._connected(self.client)
                again += 2
            time.sleep(0.05)
        return self.hub_online and bool(self.status)

    def stop(self) -> None:
        """As a power cut would: the broker sends the will."""
        self.client.loop_stop()
        socket = self.client.socket()
        if socket is not None:
            socket.close()


def now() -> int:
    return time.time_ns() // 1_000_000

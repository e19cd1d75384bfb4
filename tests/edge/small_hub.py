"""A hub as small as docs/protocol.md allows, for the tests of the edge: it stores in memory, acknowledges, and counts.

Written from the protocol page with paho and json alone; imports nothing of ours, so that it can contradict us.
"""

import contextlib
import hashlib
import json
import threading
import time
from collections.abc import Callable
from typing import Any, Self

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from tests.patience import PATIENCE_S

STREAMS = ("tele", "event")


class SmallHub:
    """`with SmallHub(port) as hub`. `rows["tele"][epoch][number]` are the stored rows."""

    def __init__(
        self, port: int, *, instance: str = "one", school: str = "s1", gateway: str = "g1", credit: int = 2000
    ) -> None:
        self.instance, self.credit = instance, credit
        self.status: dict[str, Any] = {}  # e.g. {"status": "pending", "retry_s": 1}
        self.rows: dict[str, dict[str, dict[int, Any]]] = {stream: {} for stream in STREAMS}
        self.dropped: dict[str, dict[str, list[Any]]] = {stream: {} for stream in STREAMS}
        self.oldest: dict[str, dict[str, int]] = {stream: {} for stream in STREAMS}
        self.batches: list[tuple[float, str, dict[str, Any]]] = []
        self.states: list[dict[str, Any]] = []
        self.duplicates = 0
        self.refuse_decoding: Callable[[dict[str, Any]], bool] = lambda _: False
        self.clock_shift_ms = 0
        self._root = f"edu/v1/{school}/{gateway}"
        self._lock = threading.Lock()
        self._dirty: dict[str, str] = {}
        self._rejected: dict[str, list[dict[str, str]]] = {stream: [] for stream in STREAMS}
        self._port = port
        self._client = Client(CallbackAPIVersion.VERSION2, client_id=f"hub-{instance}")
        self._client.on_connect, self._client.on_message = self._on_connect, self._on_message
        self._client.reconnect_delay_set(1, 1)
        self._state_topic = "edu/v1/hub/main/state"
        self._client.will_set(self._state_topic, self._state(online=False), qos=1, retain=True)
        self._stop = threading.Event()
        self._acker = threading.Thread(target=self._acknowledge_for_ever, daemon=True)

    def __enter__(self) -> Self:
        self._client.connect("127.0.0.1", self._port, 20)
        self._client.loop_start()
        self._acker.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._acker.join(PATIENCE_S)
        with contextlib.suppress(Exception):
            self._client.publish(self._state_topic, self._state(online=False), qos=1, retain=True).wait_for_publish(2)
        self._client.disconnect()
        self._client.loop_stop()
        self._client.on_connect = self._client.on_message = None

    def stored(self, stream: str = "tele") -> list[dict[str, Any]]:
        """Every stored row, epochs together, in order of number."""
        with self._lock:
            return [epoch[number] for epoch in self.rows[stream].values() for number in sorted(epoch)]

    def numbers(self, stream: str, epoch: str) -> set[int]:
        with self._lock:
            return set(self.rows[stream].get(epoch, {}))

    def events(self, kind: str) -> list[dict[str, Any]]:
        return [row for row in self.stored("event") if row["k"] == kind]

    def order(self, message: dict[str, Any]) -> None:
        self._client.publish(f"{self._root}/cmd", json.dumps({"v": 1, **message}), qos=1)

    def now_ms(self) -> int:
        return int(time.time() * 1000) + self.clock_shift_ms

    def _state(self, *, online: bool) -> str:
        return json.dumps({"v": 1, "hub": "main", "instance": self.instance, "online": online, "at": self.now_ms()})

    def _on_connect(self, client: Client, *_: object) -> None:
        client.subscribe([(f"{self._root}/{channel}", 1) for channel in ("tele", "event", "state")])
        client.publish(self._state_topic, self._state(online=True), qos=1, retain=True)

    def _on_message(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        channel = message.topic.rpartition("/")[2]
        body = json.loads(message.payload)
        with self._lock:
            if channel == "state":
                self.states.append(body)
                if body.get("epoch"):
                    self._dirty.update(dict.fromkeys(STREAMS, body["epoch"]))
                    self._acknowledge_now()
                return
            self._take(channel, body, bytes(message.payload))

    def _take(self, stream: str, body: dict[str, Any], payload: bytes) -> None:
        self.batches.append((time.monotonic(), stream, body))
        if self.refuse_decoding(body):
            self._rejected[stream].append({"sha256": hashlib.sha256(payload).hexdigest(), "reason": "for the test"})
            self._dirty[stream] = body["epoch"]
            return
        rows = self.rows[stream].setdefault(body["epoch"], {})
        self.dropped[stream].setdefault(body["epoch"], [])
        self.oldest[stream][body["epoch"]] = max(body["oldest"], self.oldest[stream].get(body["epoch"], 1))
        if self.status.get("status", "ok") == "ok":
            for number, row in enumerate(body["rows"], start=body["first"]):
                self.duplicates += number in rows
                rows.setdefault(number, row)
            for entry in body.get("dropped", []):
                if entry not in self.dropped[stream][body["epoch"]]:
                    self.dropped[stream][body["epoch"]].append(entry)
        self._dirty[stream] = body["epoch"]

    def _acknowledge_for_ever(self) -> None:
        while not self._stop.wait(0.3):
            with self._lock:
                self._acknowledge_now()

    def _acknowledge_now(self) -> None:
        for stream, epoch in self._dirty.items():
            upto, also = self._held(stream, epoch)
            ack = {
                "v": 1,
                "hub": "main",
                "instance": self.instance,
                "stream": stream,
                "epoch": epoch,
                "upto": upto,
                "also": also,
                "credit": self.credit,
                "hub_time": self.now_ms(),
                "rejected": self._rejected[stream],
                **self.status,
            }
            self._rejected[stream] = []
            self._client.publish(f"{self._root}/ack", json.dumps(ack), qos=1)
        self._dirty = {}

    def _held(self, stream: str, epoch: str) -> tuple[int, list[list[int]]]:
        """What is settled: stored, declared dropped, or below `oldest`."""
        held = set(self.rows[stream].get(epoch, {}))
        for first, last, _ in self.dropped[stream].get(epoch, []):
            held |= set(range(first, last + 1))
        upto = self.oldest[stream].get(epoch, 1) - 1
        while upto + 1 in held:
            upto += 1
        also: list[list[int]] = []
        for number in sorted(number for number in held if number > upto):
            if also and also[-1][1] == number - 1:
                also[-1][1] = number
            else:
                also.append([number, number])
        return upto, also[:256]

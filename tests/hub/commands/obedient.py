"""A gateway that takes orders and answers them, written from docs/protocol.md alone; and an operator at a real hub."""

import json
import queue
import secrets
import sys
import threading
from pathlib import Path
from typing import Any

import httpx
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from tests.hub.process import HubProcess, wait
from tests.patience import PATIENCE_S
from tests.protocol.gateway import Gateway, now

ACCEPTS = {"a101-board": ["display_on", "display_off", "display_input:hdmi1", "display_input:hdmi2"]}
SCHOOL = (
    '[school]\nid = "s"\nname = "S"\n[[building]]\nid = "a"\nname = "A"\n'
    '[[room]]\nid = "a101"\nname = "A101"\nbuilding = "a"\n'
    '[[gateway]]\nid = "g1"\nname = "G1"\n[[gateway]]\nid = "g2"\nname = "G2"\n'
    '[[device]]\nid = "a101-board"\nroom = "a101"\ngateway = "g1"\n'
)
PASSWORD = "mật khẩu thử dài"


class Obedient(Gateway):
    """Keeps every order it hears in `orders`; what it answers is the test's business (`answer`)."""

    def __init__(self, port: int, gateway: str = "g1", *, accepts: dict[str, list[str]] | None = None) -> None:
        self.orders: queue.Queue[dict[str, Any]] = queue.Queue()
        self.raw_orders: list[bytes] = []
        self.retained = 0
        self.configurations: list[dict[str, Any]] = []
        self.config_version, self.takes_configurations = 0, True
        self.heard: list[dict[str, Any]] = []
        self.accepts = ACCEPTS if accepts is None else accepts
        self.events: dict[int, dict[str, Any]] = {}
        self.next_event = 1
        super().__init__(port, "s", gateway)

    def publish_state(self) -> None:
        event = {"next": self.next_event, "oldest": min(self.events, default=self.next_event), "rows": 0, "bytes": 0}
        state = {"v": 1, "online": True, "boot": self.boot, "epoch": self.epoch, "at": now(), "clock": "ntp"}
        state |= {"tele": {"next": self.next, "oldest": self.next, "rows": 0, "bytes": 0}, "event": event}
        state |= {"config_version": self.config_version, "accepts": self.accepts, "heard": self.heard}
        self.client.publish(f"{self.base}/state", json.dumps(state), 1, retain=True)

    def _received(self, client: mqtt.Client, data: object, message: mqtt.MQTTMessage) -> None:
        if not message.topic.endswith("/cmd"):
            super()._received(client, data, message)
            if message.topic.endswith("/ack"):
                self._acked(json.loads(message.payload))
            return
        self.retained += message.retain
        body = json.loads(message.payload)
        if "config_version" not in body:
            self.raw_orders.append(bytes(message.payload))
            self.orders.put(body)
            return
        self.configurations.append(body)
        if self.takes_configurations and body["config_version"] > self.config_version:
            self.config_version = body["config_version"]
        self.publish_state()

    def _acked(self, body: dict[str, Any]) -> None:
        if body["stream"] == "event" and body["epoch"] == self.epoch:
            for number in [each for each in self.events if each <= body["upto"]]:
                del self.events[number]

    def order(self, timeout_s: float = PATIENCE_S) -> dict[str, Any]:
        """The next order that comes."""
        return self.orders.get(timeout=timeout_s)

    def answer(self, command: str, result: str, **more: Any) -> None:
        """Tell what became of an order, as an event."""
        data = {"command": command, "result": result} | more
        row = {"id": secrets.token_hex(12), "d": self.base.split("/")[-1], "t": now(), "k": "command_result"}
        self.events[self.next_event] = row | {"data": data}
        self.next_event += 1
        self.send_events()

    def send_events(self) -> None:
        if self.events:
            first = min(self.events)
            head = {"v": 1, "epoch": self.epoch, "first": first, "oldest": first, "sent_at": now()}
            rows = [self.events[number] for number in sorted(self.events)]
            self.publish(json.dumps(head | {"rows": rows}).encode(), "event")


class Bystander:
    """Somebody who subscribes to a gateway's orders just now: what a broker would replay, it hears."""

    def __init__(self, port: int) -> None:
        self.heard: list[bytes] = []
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="bystander")
        self.client.on_connect = lambda client, *_: client.subscribe("edu/v1/s/g1/cmd", 1)
        self.client.on_message = lambda _client, _data, message: self.heard.append(bytes(message.payload))
        self.subscribed = threading.Event()
        self.client.on_subscribe = lambda *_: self.subscribed.set()
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()
        assert self.subscribed.wait(PATIENCE_S)

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


class Operator:
    """A signed-in person, as a program: every change carries the session and its token."""

    def __init__(self, hub: HubProcess) -> None:
        secret = hub.folder / "operator.password"
        secret.write_text(PASSWORD)
        hub.command("hub", "password", "--operator", "op", "--password-file", str(secret))
        self.hub = hub
        self.web = httpx.Client()

    def close(self) -> None:
        self.web.close()

    def sign_in(self) -> "Operator":
        self.close()
        self.web = httpx.Client(base_url=f"http://127.0.0.1:{self.hub.web_port}", timeout=PATIENCE_S)
        token = self.web.get("/login").text.split('name="form_token" value="')[1].split('"')[0]
        form = {"name": "op", "password": PASSWORD, "form_token": token, "target": "/"}
        assert self.web.post("/login", data=form).status_code == 303
        about = self.web.get("/about").text
        self.web.headers["x-csrf-token"] = about.split('name="csrf" value="')[1].split('"')[0]
        return self

    def order(self, kind: str, device: str = "a101-board", **more: Any) -> httpx.Response:
        return self.web.post(f"/api/v1/schools/s/devices/{device}/commands", json={"kind": kind} | more)

    def commands(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.web.get("/api/v1/schools/s/commands").raise_for_status().json()
        return found

    def command(self, name: str) -> dict[str, Any]:
        return next(each for each in self.commands() if each["id"] == name)

    def ended(self, name: str, timeout_s: float = 15) -> dict[str, Any]:
        """The order once it has a result."""
        wait(lambda: self.command(name)["result"] is not None, f"the end of {name}", timeout_s)
        return self.command(name)

    def audit(self) -> list[str]:
        return [f"{each['who']}: {each['what']}" for each in self.web.get("/api/v1/audit").json()]


# The same hub in a hurry: what takes it 5, 15 and 30 s takes it one.
HASTY_RESEND_MS = 600
HASTY = f"""
import sys
from hub.commands import command, configurations, desk
command.LEAST_EXPIRY_S = desk.LEAST_EXPIRY_S = 2
command.GRACE_MS, desk.RESEND_MS, configurations.RESEND_MS = 1_500, {HASTY_RESEND_MS}, 900
from classhub.__main__ import main
sys.exit(main(sys.argv[1:]))
"""


def running_hub(folder: Path, broker_port: int) -> HubProcess:
    hub = HubProcess(folder, "external", broker_port, school=SCHOOL)
    hub.program = [sys.executable, "-c", HASTY]
    return hub

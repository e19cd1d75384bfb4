"""A real mosquitto as `classhub broker config` and `classhub tls init` set it up; a hub.toml that administers it."""

import getpass
import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from classhub.__main__ import main
from hub.broker.dynsec import Credential, first_file
from tests.patience import PATIENCE_S, wait_until
from tests.ports import free_port

_START_S = 60.0


class SecureBroker:
    """`with SecureBroker(tmp_path) as broker`: TLS on `port` (127.0.0.1 and ::1), plain MQTT on `plain_port`."""

    def __init__(self, folder: Path, *, port: int | None = None) -> None:
        self.folder, self.hub_folder = folder / "broker", folder / "hub"
        self.port, self.plain_port = port or free_port(), free_port()
        self.log_file = self.folder / "log" / "mosquitto.log"
        self.ca_file = self.folder / "tls" / "ca.crt"
        self.hub_toml = self.hub_folder / "hub.toml"
        self._process: subprocess.Popen[bytes] | None = None
        self.configure()
        assert main(["tls", "init", "--dir", str(self.folder / "tls"), "--name", "localhost", "--ip", *LOOPBACKS]) == 0
        self._write_hub()

    def configure(self, *more: str) -> int:
        ports = ("--port", str(self.port), "--plain-port", str(self.plain_port))
        user = ("--user", getpass.getuser()) if os.geteuid() == 0 else ()  # mosquitto would become somebody else
        return main(["broker", "config", "--dir", str(self.folder), *ports, *user, *more])

    def secret(self, who: str) -> str:
        """Of `hub` or `admin`."""
        return (self.folder / "secrets" / f"mosquitto-{who}").read_text().strip()

    def fill(self, gateways: list[tuple[str, str]]) -> None:
        """A broker that holds many gateways already; before the start. Their password is their name."""
        salt = b"twelve bytes"
        admin = Credential("classhub-admin", self.secret("admin"), salt, "classhub-admin")
        hub = Credential("classhub-hub", self.secret("hub"), salt, "classhub-hub")
        every = [(s, g, Credential(f"{s}.{g}", g, salt, f"{s}.{g}", f"{s}_{g}")) for s, g in gateways]
        (self.folder / "dynamic-security.json").write_text(json.dumps(first_file(admin, hub, every)))

    def start(self) -> Self:
        program = shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/usr/local/sbin:/opt/homebrew/sbin")
        if program is None:
            pytest.skip("needs mosquitto (Debian package mosquitto)")
        with (self.folder / "started.txt").open("ab") as said:
            words = [program, "-c", str(self.folder / "mosquitto.conf")]
            self._process = subprocess.Popen(words, stdout=said, stderr=said)
        deadline = time.monotonic() + _START_S
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.plain_port), timeout=0.5).close()
            except OSError:
                assert self._process.poll() is None, f"mosquitto ended: {(self.folder / 'started.txt').read_text()}"
                assert time.monotonic() < deadline, "mosquitto does not listen"
                time.sleep(0.02)
            else:
                return self

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(PATIENCE_S)
            self._process = None

    def kill(self) -> None:
        """SIGKILL: a crash."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(PATIENCE_S)
            self._process = None

    def wipe(self) -> None:
        """Forget sessions and retained messages, not the accounts; only while stopped."""
        for file in self.folder.rglob("mosquitto.db"):
            file.unlink()

    @property
    def running(self) -> bool:
        return self._process is not None

    def log(self) -> str:
        return self.log_file.read_text(errors="replace")

    def gateway_command(self, *words: str) -> int:
        """`classhub gateway …` on this broker's hub.toml."""
        return main(["gateway", *words, "--config", str(self.hub_toml)])

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _write_hub(self) -> None:
        self.hub_folder.mkdir(exist_ok=True)
        secrets = self.folder / "secrets"
        self.hub_toml.write_text(
            f'[broker]\nkind = "external"\nhost = "127.0.0.1"\nport = {self.port}\nusername = "classhub-hub"\n'
            f'password_file = "{secrets}/mosquitto-hub"\nca_file = "{self.ca_file}"\n'
            f'admin_username = "classhub-admin"\nadmin_password_file = "{secrets}/mosquitto-admin"\n'
            f'log_file = "{self.log_file}"\n'
            f"[web]\nport = {free_port()}\nopen_reading = true\n[store]\nmin_free_mb = 0\n"
        )


LOOPBACKS = ("127.0.0.1", "::1")


class Guest:
    """A client and everything that happened to it."""

    def __init__(
        self,
        port: int,
        client_id: str,
        user: str | None,
        password: str | None,
        *,
        host: str = "127.0.0.1",
        ca: Path | None = None,
    ) -> None:
        self.heard: list[str] = []
        self.refused: bool | None = None
        self.ended = False
        self.granted: dict[int, list[bool]] = {}
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=client_id, reconnect_on_failure=False)
        if user is not None:
            self.client.username_pw_set(user, password)
        if ca is not None:
            self.client.tls_set(ca_certs=str(ca))
        self.client.on_connect = self._connected
        self.client.on_disconnect = self._disconnected
        self.client.on_subscribe = self._subscribed
        self.client.on_message = lambda _c, _d, message: self.heard.append(message.topic)
        self.client.connect(host, port)
        self.client.loop_start()
        wait_for(lambda: self.refused is not None, f"{client_id} is answered")

    def subscribe(self, topic: str) -> bool:
        """Whether the broker granted it."""
        _, mid = self.client.subscribe(topic, 1)
        assert mid is not None
        wait_for(lambda: mid in self.granted, f"an answer about {topic}")
        return self.granted[mid] == [True]

    def publish(self, topic: str, payload: bytes = b"{}", *, retain: bool = False) -> None:
        """Returns when the broker has answered, which says nothing about whether it let the message through."""
        self.client.publish(topic, payload, 1, retain).wait_for_publish(PATIENCE_S)

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _connected(self, _c: mqtt.Client, _d: object, _f: object, code: ReasonCode, _p: object) -> None:
        self.refused = code.is_failure

    def _disconnected(self, _c: mqtt.Client, _d: object, _f: object, _code: ReasonCode, _p: object) -> None:
        self.ended = True

    def _subscribed(self, _c: mqtt.Client, _d: object, mid: int, codes: list[ReasonCode], _p: object) -> None:
        self.granted[mid] = [not code.is_failure for code in codes]


def wait_for(condition: Callable[[], bool], what: str, timeout_s: float = PATIENCE_S) -> None:
    wait_until(condition, what, max(timeout_s, PATIENCE_S), 0.02)

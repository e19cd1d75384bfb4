"""The embedded broker with real clients: rights of each gateway, restart after a death, users read again."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import bcrypt
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode
from sqlalchemy import Engine, insert

from classhub.__main__ import main
from hub.broker.embedded import EmbeddedBroker
from hub.broker.users import Account, settings
from hub.db.engine import open_database
from hub.db.models import GatewayCredentialRow
from hub.registry.model import GatewayStatus, School
from hub.registry.registry import Registry
from tests.hub.ingest.bench import until
from tests.patience import PATIENCE_S
from tests.ports import free_port


def prepared(folder: Path) -> Engine:
    engine = open_database(f"sqlite:///{folder / 'state.db'}")
    registry = Registry(engine)
    registry.add_school(School("s", "S"))
    for gateway in ("g1", "g2"):
        registry.add_gateway("s", gateway, gateway, GatewayStatus.ACCEPTED)
    return engine


def give_credential(engine: Engine, gateway: str, password: str) -> None:
    hashed = bcrypt.hashpw(password.encode(), bcrypt.gensalt(4)).decode()
    with engine.begin() as connection:
        row = {"school": "s", "gateway": gateway, "bcrypt_hash": hashed, "created_ms": 1, "revoked_ms": None}
        connection.execute(insert(GatewayCredentialRow).values(**row))


class Client:
    """One MQTT client and what it heard."""

    def __init__(self, port: int, name: str, user: str | None = None, password: str | None = None) -> None:
        self.heard: list[str] = []
        self.refused = self.ended = False
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=name, reconnect_on_failure=False)
        if user is not None:
            self.client.username_pw_set(user, password)
        self.subscribed = 0
        self.client.on_subscribe = self._subscribed
        self.client.on_message = lambda _c, _d, message: self.heard.append(message.topic)
        self.client.on_connect = self._connected
        self.client.on_disconnect = self._disconnected
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()

    def _connected(self, _c: mqtt.Client, _d: object, _f: object, code: ReasonCode, _p: object) -> None:
        self.refused = code.is_failure

    def _disconnected(self, _c: mqtt.Client, _d: object, _f: object, _code: ReasonCode, _p: object) -> None:
        self.ended = True

    def _subscribed(self, *_: object) -> None:
        self.subscribed += 1

    def answered(self) -> bool:
        return self.refused or self.client.is_connected()

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


@asynccontextmanager
async def running(broker: EmbeddedBroker) -> AsyncIterator[None]:
    await broker.start()
    task = asyncio.create_task(broker.run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await broker.stop()


def hub_client(broker: EmbeddedBroker) -> Client:
    return Client(broker.address.port, "hub", broker.address.username, broker.address.password)


async def test_a_gateway_says_and_hears_only_what_is_its_own(tmp_path: Path) -> None:
    engine = prepared(tmp_path)
    give_credential(engine, "g1", "secret-of-g1")
    broker = EmbeddedBroker(engine, tmp_path, "127.0.0.1", free_port())
    async with running(broker):
        hub = hub_client(broker)
        await until(hub.client.is_connected, "hub connected")
        hub.client.subscribe("edu/v1/+/+/tele", 1)
        await until(lambda: hub.subscribed == 1, "the hub subscribed")
        gateway = Client(broker.address.port, "s_g1", "s.g1", "secret-of-g1")
        await until(gateway.client.is_connected, "gateway connected")
        gateway.client.subscribe([("edu/v1/s/g1/ack", 1), ("edu/v1/s/g2/ack", 1), ("edu/v1/hub/main/state", 1)])
        await until(lambda: gateway.subscribed == 1, "the gateway subscribed")
        gateway.client.publish("edu/v1/s/g2/tele", b"x", 0)
        gateway.client.publish("edu/v1/s/g1/tele", b"x", 1)
        for topic in ("edu/v1/s/g2/ack", "edu/v1/s/g1/ack", "edu/v1/hub/main/state"):
            hub.client.publish(topic, b"x", 1)
        await until(lambda: "edu/v1/hub/main/state" in gateway.heard, "its own acks and the hub's state")
        await until(lambda: "edu/v1/s/g1/tele" in hub.heard, "its own telemetry")
        assert "edu/v1/s/g2/ack" not in gateway.heard
        assert "edu/v1/s/g2/tele" not in hub.heard
        gateway.close()
        hub.close()
    engine.dispose()


async def test_a_dead_broker_is_started_again_and_its_settings_are_private(tmp_path: Path) -> None:
    engine = prepared(tmp_path)
    broker = EmbeddedBroker(engine, tmp_path, "127.0.0.1", free_port())
    async with running(broker):
        assert (tmp_path / "broker" / "nats.conf").stat().st_mode & 0o777 == 0o600
        first = broker.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        await until(lambda: broker.restarts == 1 and broker.pid not in {None, first}, "started again")
        await until(lambda: not broker.problems(), "well again")
        client = hub_client(broker)
        await until(client.client.is_connected, "connected again")
        client.close()
    engine.dispose()


async def test_a_new_credential_works_without_a_restart(tmp_path: Path) -> None:
    engine = prepared(tmp_path)
    broker = EmbeddedBroker(engine, tmp_path, "127.0.0.1", free_port())
    async with running(broker):
        before = broker.pid
        give_credential(engine, "g2", "fresh-secret")
        broker.reload()
        deadline = time.monotonic() + PATIENCE_S
        connected = False
        while not connected and time.monotonic() < deadline:
            client = Client(broker.address.port, "s_g2", "s.g2", "fresh-secret")
            await asyncio.sleep(0.3)
            connected = client.client.is_connected()
            client.close()
        assert connected
        assert broker.pid == before
        wrong = Client(broker.address.port, "s_g2", "s.g2", "wrong")
        await until(lambda: wrong.refused, "a wrong password is refused")
        wrong.close()
    engine.dispose()


async def let_in(port: int, password: str) -> Client:
    """Tries until nats-server has read its users."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        client = Client(port, "s_g1", "s.g1", password)
        await until(client.answered, "an answer")
        if not client.refused:
            return client
        client.close()
        assert time.monotonic() < deadline, "the password is not taken"


async def test_on_a_network_rotating_and_revoking_reach_the_broker(tmp_path: Path) -> None:
    """`classhub gateway` writes the registry; the running hub tells its broker, which cuts the old session."""
    port = free_port()
    (tmp_path / "hub.toml").write_text(f'[broker]\nhost = "0.0.0.0"\nport = {port}\n')
    words = ("s", "g1", "--config", str(tmp_path / "hub.toml"))

    async def command(action: str, *more: str) -> str:
        assert await asyncio.to_thread(main, ["gateway", action, *words, *more]) == 0
        broker.reload()
        return (tmp_path / "password").read_text().strip()

    engine = prepared(tmp_path / "data")
    broker = EmbeddedBroker(engine, tmp_path / "data", "0.0.0.0", port)  # noqa: S104
    async with running(broker):
        password = await command("rotate", "--out", str(tmp_path / "password"))
        first = await let_in(port, password)
        password = await command("rotate", "--out", str(tmp_path / "password"))
        await until(lambda: first.ended, "the session of the old password cut")
        first.close()
        second = await let_in(port, password)
        old = await command("revoke")
        await until(lambda: second.ended, "the session cut by revoking")
        second.close()
        stranger = Client(port, "s_g1", "s.g1", old)
        await until(lambda: stranger.refused, "the revoked password is refused")
        stranger.close()
    engine.dispose()


def test_a_lan_listener_lets_nobody_in_without_a_credential(tmp_path: Path) -> None:
    text = settings(
        folder=tmp_path,
        host="0.0.0.0",  # noqa: S104
        port=1883,
        hub=Account("hub", "x"),
        gateways=[],
        anyone=None,
    )
    assert "no_auth_user" not in text
    assert '"edu.v1.>"' in text

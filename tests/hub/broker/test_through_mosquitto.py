"""A real hub at a real Mosquitto with TLS and dynamic security: edge agent in, thieves seen, judgements followed."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from hub.config import load_config
from hub.db.engine import open_database
from hub.registry.registry import Registry
from tests.hub.process import HubProcess, wait
from tests.patience import PATIENCE_S
from tests.protocol.gateway import Gateway
from tests.sim.secure_broker import Guest, SecureBroker

pytestmark = [pytest.mark.broker, pytest.mark.timeout(180)]
THIEF = """
import sys, time
from tests.protocol.gateway import Gateway
gateway = Gateway(int(sys.argv[1]), "s", "stolen", password=sys.stdin.readline().strip())
print("up", flush=True)
sys.stdin.read()
gateway.stop()
"""


class SecureHub(HubProcess):
    """`classhub hub run` on the hub.toml of a SecureBroker."""

    def __init__(self, broker: SecureBroker) -> None:
        self.folder, self.config, self.broker_port = broker.hub_folder, broker.hub_toml, broker.port
        self.web_port = load_config(self.config).web.port
        self.process, self.program = None, []

    def gateway(self, name: str) -> dict[str, Any]:
        """As the API gives it; a new one is known after two seconds."""
        found: list[dict[str, Any]] = []

        def listed() -> bool:
            found[:] = [each for each in self.web("/api/v1/schools/s/gateways") if each["id"] == name]
            return bool(found)

        wait(listed, f"gateway {name} listed")
        return found[0]

    def notices(self, code: str) -> list[dict[str, Any]]:
        return [each for each in self.web("/api/v1/status")["problems"] if each["code"] == code]

    def figure(self, name: str) -> float:
        text = httpx.get(f"http://127.0.0.1:{self.web_port}/metrics", timeout=PATIENCE_S).raise_for_status().text
        return float(next(line for line in text.splitlines() if line.startswith(f"classhub_hub_{name} ")).split()[1])


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecureBroker]:
    with SecureBroker(tmp_path_factory.mktemp("through")) as secure:
        yield secure


@pytest.fixture(scope="module")
def hub(broker: SecureBroker) -> Iterator[SecureHub]:
    assert broker.gateway_command("add", "s", "g1", "--school-name", "S") == 0
    process = SecureHub(broker)
    try:
        process.start()
        yield process
    finally:
        process.close()


def added(broker: SecureBroker, gateway: str, capsys: pytest.CaptureFixture[str]) -> str:
    """The password of a new gateway."""
    capsys.readouterr()
    assert broker.gateway_command("add", "s", gateway, "--json") == 0
    return str(json.loads(capsys.readouterr().out)["password"])


def cut(guest: Guest) -> Callable[[], bool]:
    return lambda: guest.ended


def test_an_edge_agent_with_the_files_of_gateway_add(broker: SecureBroker, hub: SecureHub, tmp_path: Path) -> None:
    out = tmp_path / "edge.toml"
    assert broker.gateway_command("add", "s", "agent", "--out", str(out)) == 0
    out.write_text(out.read_text() + '[clock]\ntrust = "system"\n')
    words = [sys.executable, "-m", "tests.edge.agent_process", str(out), "1", "200"]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as agent:
        try:
            wait(lambda: hub.gateway("agent")["tele"]["received"] == 200, "200 values through TLS and ACL")
            wait(lambda: hub.gateway("agent")["event"]["received"] >= 1, "and an event")
            wait(lambda: hub.gateway("agent")["tele"]["outstanding"] == 0, "acknowledged")
        finally:
            agent.terminate()
            agent.wait(PATIENCE_S)
    assert hub.gateway("agent")["problems"] == []
    assert hub.figure("broker_refused_subscriptions_total") == 0
    assert hub.figure("broker_refused_publishes_total") == 0


def test_a_stolen_name_is_shown_and_one_without_a_credential_is_counted(
    broker: SecureBroker, hub: SecureHub, capsys: pytest.CaptureFixture[str]
) -> None:
    password = added(broker, "stolen", capsys)
    logins, taken_over = hub.figure("broker_refused_logins_total"), hub.figure("broker_refused_taken_over_total")
    rightful = Gateway(broker.plain_port, "s", "stolen", password=password)
    words = [sys.executable, "-c", THIEF, str(broker.plain_port)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as thief:
        assert thief.stdin is not None
        assert thief.stdout is not None
        thief.stdin.write(password + "\n")
        thief.stdin.flush()
        assert thief.stdout.readline() == "up\n"
        try:
            wait(lambda: bool(hub.gateway("stolen")["two_machines"]), "two machines under one name")
            wait(lambda: hub.figure("broker_refused_taken_over_total") >= taken_over + 4, "their quarrel counted")
            wait(lambda: bool(hub.notices("broker.refused")), "told to people")
            wait(lambda: "took its place" in json.dumps(hub.gateway("stolen")["problems"]), "on the gateway's own line")
        finally:
            rightful.stop()
            thief.communicate()
    with Guest(broker.plain_port, "s_stolen", "s.stolen", "guessed-password") as stranger:
        assert stranger.refused is True
    wait(lambda: hub.figure("broker_refused_logins_total") == logins + 1, "the failed login counted")


def test_messages_and_subscriptions_out_of_place_are_counted_and_the_gateway_named(
    broker: SecureBroker, hub: SecureHub, capsys: pytest.CaptureFixture[str]
) -> None:
    password = added(broker, "curious", capsys)
    before = {kind: hub.figure(f"broker_refused_{kind}_total") for kind in ("publishes", "subscriptions")}
    with Guest(broker.plain_port, "s_curious", "s.curious", password) as curious:
        for _ in range(5):
            curious.publish("edu/v1/s/g1/tele")
        assert not curious.subscribe("edu/v1/s/g1/cmd")
    wait(lambda: hub.figure("broker_refused_publishes_total") == before["publishes"] + 5, "five messages")
    wait(lambda: hub.figure("broker_refused_subscriptions_total") == before["subscriptions"] + 1, "a subscription")
    wait(lambda: any("s.curious" in json.dumps(each) for each in hub.notices("broker.refused")), "named")
    assert hub.gateway("g1")["problems"] == []


def test_whoever_judges_a_gateway_the_broker_follows(
    broker: SecureBroker, hub: SecureHub, capsys: pytest.CaptureFixture[str]
) -> None:
    """As the pages do it: in the registry alone."""
    password = added(broker, "judged", capsys)
    engine = open_database(load_config(broker.hub_toml).state_url)
    registry = Registry(engine)
    with Guest(broker.plain_port, "s_judged", "s.judged", password) as session:
        assert session.refused is False
        registry.refuse_gateway("s", "judged")
        wait(cut(session), "its session cut")
    with Guest(broker.plain_port, "s_judged", "s.judged", password) as refused:
        assert refused.refused is True
    registry.accept_gateway("s", "judged")
    engine.dispose()

    def let_in() -> bool:
        with Guest(broker.plain_port, "s_judged", "s.judged", password) as again:
            return again.refused is False

    wait(let_in, "let in again")
    assert hub.notices("broker.admin") == []

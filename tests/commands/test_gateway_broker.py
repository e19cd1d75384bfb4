"""`classhub gateway` with a Mosquitto the hub administers: in registry and broker together, at once, or not at all."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.config import load_config as load_edge
from edge.config import read_password
from hub.broker.dynsec_client import BrokerAdminError, DynsecClient, admin_address
from hub.config import load_config
from hub.db.engine import open_database
from hub.registry.registry import Registry
from tests.sim.secure_broker import Guest, SecureBroker, wait_for

pytestmark = [pytest.mark.broker, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecureBroker]:
    with SecureBroker(tmp_path_factory.mktemp("gateway")) as secure:
        yield secure


def at_the_broker(broker: SecureBroker) -> dict[str, bool]:
    address = admin_address(load_config(broker.hub_toml).broker)
    assert address is not None
    with DynsecClient(address) as client:
        return client.disabled()


def in_the_registry(broker: SecureBroker) -> list[str]:
    engine = open_database(load_config(broker.hub_toml).state_url)
    try:
        return [f"{each.school}.{each.id}" for each in Registry(engine).gateways()]
    finally:
        engine.dispose()


def gateway_of(out: Path, broker: SecureBroker, host: str = "127.0.0.1") -> Guest:
    """A client that knows nothing but the files the command wrote."""
    edge = load_edge(out).broker
    school, name = load_edge(out).gateway.school, load_edge(out).gateway.id
    password = read_password(edge.password_file, str(out), "broker.password_file")
    assert edge.port == broker.port
    return Guest(edge.port, f"{school}_{name}", f"{school}.{name}", password, host=host, ca=edge.ca_file)


def test_an_added_gateway_comes_in_with_its_files_and_nothing_was_restarted(
    broker: SecureBroker, tmp_path: Path
) -> None:
    out, pid = tmp_path / "card" / "edge.toml", broker.pid
    assert broker.gateway_command("add", "s", "g1", "--school-name", "S", "--out", str(out)) == 0
    assert out.with_name("edge.password").stat().st_mode & 0o777 == 0o600
    for host in ("127.0.0.1", "::1"):
        with gateway_of(out, broker, host) as gateway:
            assert gateway.refused is False
            assert gateway.subscribe("edu/v1/s/g1/ack")
            assert not gateway.subscribe("edu/v1/s/g2/ack")
    assert broker.pid == pid
    assert in_the_registry(broker) == ["s.g1"]


def test_rotating_cuts_the_session_and_only_the_new_password_works(broker: SecureBroker, tmp_path: Path) -> None:
    out = tmp_path / "edge.toml"
    assert broker.gateway_command("add", "s", "rotated", "--school-name", "S", "--out", str(out)) == 0
    old = (tmp_path / "edge.password").read_text().strip()
    with gateway_of(out, broker) as before:
        assert before.refused is False
        assert broker.gateway_command("rotate", "s", "rotated", "--out", str(tmp_path / "edge.password")) == 0
        wait_for(lambda: before.ended, "the old session cut")
    new = (tmp_path / "edge.password").read_text().strip()
    assert new != old
    assert (tmp_path / "edge.password").stat().st_mode & 0o777 == 0o600
    with gateway_of(out, broker) as after:
        assert after.refused is False
    with Guest(broker.plain_port, "s_rotated", "s.rotated", old) as stolen:
        assert stolen.refused is True


def test_rotating_into_what_is_no_password_file_changes_nothing(
    broker: SecureBroker, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "edge.toml"
    assert broker.gateway_command("add", "s", "mistaken", "--school-name", "S", "--out", str(out)) == 0
    settings = out.read_text()
    for place in (out, tmp_path, tmp_path / "nowhere" / "edge.password"):
        assert broker.gateway_command("rotate", "s", "mistaken", "--out", str(place)) == 1
        assert str(place) in capsys.readouterr().err
    assert out.read_text() == settings
    with gateway_of(out, broker) as unchanged:
        assert unchanged.refused is False


def test_revoked_at_once_and_let_in_again_by_a_new_password(
    broker: SecureBroker, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "edge.toml"
    assert broker.gateway_command("add", "s", "lost", "--school-name", "S", "--out", str(out)) == 0
    with gateway_of(out, broker) as thief:
        assert thief.refused is False
        assert broker.gateway_command("revoke", "s", "lost") == 0
        wait_for(lambda: thief.ended, "the session cut")
    with gateway_of(out, broker) as again:
        assert again.refused is True
    assert at_the_broker(broker)["s.lost"] is True
    # Accepting a gateway is not giving it a password back.
    assert broker.gateway_command("accept", "s", "lost") == 0
    assert at_the_broker(broker)["s.lost"] is True
    capsys.readouterr()
    assert broker.gateway_command("rotate", "s", "lost", "--json") == 0
    password = json.loads(capsys.readouterr().out)["password"]
    with Guest(broker.plain_port, "s_lost", "s.lost", password) as found:
        assert found.refused is False


def test_refusing_and_accepting_reach_the_broker(broker: SecureBroker, tmp_path: Path) -> None:
    out = tmp_path / "edge.toml"
    assert broker.gateway_command("add", "s", "judged", "--school-name", "S", "--out", str(out)) == 0
    with gateway_of(out, broker) as gateway:
        assert broker.gateway_command("refuse", "s", "judged") == 0
        wait_for(lambda: gateway.ended, "the session cut")
    with gateway_of(out, broker) as refused:
        assert refused.refused is True
    assert broker.gateway_command("accept", "s", "judged") == 0
    with gateway_of(out, broker) as accepted:
        assert accepted.refused is False


def test_adding_again_makes_the_rights_and_the_password_new(broker: SecureBroker, tmp_path: Path) -> None:
    """Where that is wished: without --renew the password at work stays."""
    add = ("add", "s", "twice", "--school-name", "S", "--out")
    out = tmp_path / "two" / "edge.toml"
    assert broker.gateway_command(*add, str(tmp_path / "one" / "edge.toml")) == 0
    assert broker.gateway_command(*add, str(out)) == 1
    assert not out.exists()
    with gateway_of(tmp_path / "one" / "edge.toml", broker) as undisturbed:
        assert undisturbed.refused is False
    assert broker.gateway_command(*add, str(out), "--renew") == 0
    with gateway_of(tmp_path / "one" / "edge.toml", broker) as old, gateway_of(out, broker) as new:
        assert (old.refused, new.refused) == (True, False)


def test_half_a_gateway_at_the_broker_is_made_whole(broker: SecureBroker, tmp_path: Path) -> None:
    """A role without its client, as an interrupted command of another tool may leave it."""
    address = admin_address(load_config(broker.hub_toml).broker)
    assert address is not None
    with DynsecClient(address) as client:
        (made,) = client.ask([{"command": "createRole", "rolename": "s.half"}])
        assert made.error == ""
    out = tmp_path / "edge.toml"
    assert broker.gateway_command("add", "s", "half", "--school-name", "S", "--out", str(out)) == 0
    with gateway_of(out, broker) as gateway:
        assert gateway.subscribe("edu/v1/s/half/ack")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("port = {port}\n", "port = 1\n"), "does not answer"),
        (('host = "127.0.0.1"\n', 'host = "127.0.0.2"\n'), "is not trusted"),
        (("mosquitto-admin", "mosquitto-hub"), "refuses the administrator"),
        (('"classhub-admin"', '"classhub-hub"'), "refuses the administrator"),
    ],
)
def test_a_broker_that_does_not_follow_leaves_nothing_behind(
    broker: SecureBroker, tmp_path: Path, capsys: pytest.CaptureFixture[str], change: tuple[str, str], said: str
) -> None:
    right = broker.hub_toml.read_text()
    before, known = in_the_registry(broker), at_the_broker(broker)
    old, new = change[0].format(port=broker.port), change[1]
    assert old in right
    broker.hub_toml.write_text(right.replace(old, new, 1))
    try:
        for words in (
            ("add", "new", "g1", "--school-name", "N", "--out", str(tmp_path / "e.toml")),
            ("refuse", "s", "g1"),
        ):
            assert broker.gateway_command(*words) == 1
            told = capsys.readouterr()
            assert said in told.err
            assert "nothing was changed" in told.err
            assert told.out == ""
    finally:
        broker.hub_toml.write_text(right)
    assert in_the_registry(broker) == before
    assert at_the_broker(broker) == known
    assert list(tmp_path.iterdir()) == []


def test_what_the_registry_refuses_never_reaches_the_broker(
    broker: SecureBroker, capsys: pytest.CaptureFixture[str]
) -> None:
    known = at_the_broker(broker)
    for words in (("add", "nowhere", "g1"), ("add", "s", "Cổng"), ("rotate", "s", "ghost"), ("revoke", "s", "ghost")):
        assert broker.gateway_command(*words) == 1
        assert "no such" in (told := capsys.readouterr().err) or "is no id" in told
    assert at_the_broker(broker) == known


def test_a_user_without_the_right_is_told_so(broker: SecureBroker) -> None:
    address = admin_address(load_config(broker.hub_toml).broker)
    assert address is not None
    with DynsecClient(address) as client, pytest.raises(BrokerAdminError, match=r"nonsense.*Unknown command"):
        client._need(client.ask([{"command": "nonsense"}]))


def test_neither_secret_nor_password_is_in_the_log_or_in_the_registry(broker: SecureBroker, tmp_path: Path) -> None:
    out = tmp_path / "edge.toml"
    assert broker.gateway_command("add", "s", "quiet", "--school-name", "S", "--out", str(out)) == 0
    password = (tmp_path / "edge.password").read_text().strip()
    everything = broker.log().encode() + (broker.hub_folder / "data" / "state.db").read_bytes()
    everything += (broker.folder / "dynamic-security.json").read_bytes()
    for secret in (password, broker.secret("admin"), broker.secret("hub")):
        assert secret.encode() not in everything


def test_one_of_2200_gateways(tmp_path: Path) -> None:
    """Mosquitto writes all of its users anew at every command: the time of one must not grow into seconds."""
    secure = SecureBroker(tmp_path)
    secure.fill([(f"school-{number // 3:03}", f"g{number % 3}") for number in range(2_200)])
    with secure:
        began = time.monotonic()
        out = tmp_path / "edge.toml"
        assert secure.gateway_command("add", "new", "g1", "--school-name", "N", "--out", str(out)) == 0
        took_s = time.monotonic() - began
        assert took_s < 3
        assert len(at_the_broker(secure)) == 2_200 + 3
        with gateway_of(out, secure) as gateway:
            assert gateway.refused is False

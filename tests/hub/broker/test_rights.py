"""Who may say and hear what, on a real Mosquitto with TLS: every kind of topic, own and foreign, both directions."""

from collections.abc import Iterator

import psutil
import pytest

from tests.sim.secure_broker import LOOPBACKS, Guest, SecureBroker, wait_for

pytestmark = [pytest.mark.broker, pytest.mark.timeout(180)]
OWN, FOREIGN, OTHER_SCHOOL = "edu/v1/s/g1", "edu/v1/s/g2", "edu/v1/t/g1"
WRITES, READS = ("tele", "event", "state"), ("ack", "cmd")
HUB_STATE = "edu/v1/hub/main/state"


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecureBroker]:
    secure = SecureBroker(tmp_path_factory.mktemp("rights"))
    secure.fill([("s", "g1"), ("s", "g2"), ("t", "g1")])
    with secure:
        yield secure


@pytest.fixture(scope="module")
def gateway(broker: SecureBroker) -> Iterator[Guest]:
    with Guest(broker.plain_port, "s_g1", "s.g1", "g1") as guest:
        assert guest.refused is False
        yield guest


@pytest.fixture(scope="module")
def hub(broker: SecureBroker) -> Iterator[Guest]:
    with Guest(broker.plain_port, "hub_main_1", "classhub-hub", broker.secret("hub")) as guest:
        assert guest.refused is False
        yield guest


def other_gateway(broker: SecureBroker) -> Guest:
    return Guest(broker.plain_port, "s_g2", "s.g2", "g2")


@pytest.mark.parametrize("channel", [*WRITES, *READS])
@pytest.mark.parametrize("base", [OWN, FOREIGN, OTHER_SCHOOL])
def test_what_a_gateway_may_say(broker: SecureBroker, base: str, channel: str) -> None:
    """Mosquitto acknowledges what it denies: what it did is in its log."""
    topic = f"{base}/{channel}"
    with Guest(broker.plain_port, "s_g1", "s.g1", "g1") as teller:
        denied_before = broker.log().count(f"Denied PUBLISH from s_g1 (d0, q1, r0, m1, '{topic}'")
        teller.publish(topic)
        allowed = base == OWN and channel in WRITES
        line = f"Received PUBLISH from s_g1 (d0, q1, r0, m1, '{topic}'"
        if allowed:
            wait_for(lambda: line in broker.log(), f"{topic} taken")
        else:
            wait_for(lambda: broker.log().count(line.replace("Received", "Denied")) > denied_before, f"{topic} denied")
            assert line not in broker.log()


@pytest.mark.parametrize("channel", [*WRITES, *READS])
@pytest.mark.parametrize("base", [OWN, FOREIGN, OTHER_SCHOOL])
def test_what_a_gateway_may_subscribe_to(gateway: Guest, base: str, channel: str) -> None:
    assert gateway.subscribe(f"{base}/{channel}") == (base == OWN and channel in READS)


@pytest.mark.parametrize(
    ("topic", "granted"),
    [
        (HUB_STATE, True),
        ("edu/v1/hub/other/state", True),
        ("edu/v1/hub/+/state", True),
        ("edu/v1/+/+/state", False),
        ("edu/v1/#", False),
        ("edu/v1/+/+/ack", False),
        ("edu/v1/s/+/ack", False),
        ("#", False),
        ("$SYS/#", False),
        ("$CONTROL/#", False),
        ("$CONTROL/dynamic-security/v1/response", False),
        ("$share/x/edu/v1/s/g2/ack", False),
        ("$share/x/edu/v1/+/+/tele", False),
    ],
)
def test_patterns_a_gateway_may_subscribe_to(gateway: Guest, topic: str, granted: bool) -> None:
    assert gateway.subscribe(topic) == granted


@pytest.mark.parametrize("topic", [HUB_STATE, "$CONTROL/dynamic-security/v1", "edu/v1/s/g1/tele/more", "elsewhere"])
def test_what_only_others_may_say(broker: SecureBroker, gateway: Guest, topic: str) -> None:
    before = broker.log().count("Denied PUBLISH from s_g1")
    gateway.publish(topic)
    wait_for(lambda: broker.log().count("Denied PUBLISH from s_g1") > before, f"{topic} denied")


def test_the_hub_hears_all_and_answers_each(broker: SecureBroker, hub: Guest, gateway: Guest) -> None:
    for channel in WRITES:
        assert hub.subscribe(f"edu/v1/+/+/{channel}")
    assert hub.subscribe(HUB_STATE)
    for channel in READS:
        assert gateway.subscribe(f"{OWN}/{channel}")
    assert gateway.subscribe("edu/v1/hub/+/state")
    with other_gateway(broker) as other:
        for channel in READS:
            assert other.subscribe(f"{FOREIGN}/{channel}")
        for channel in WRITES:
            gateway.publish(f"{OWN}/{channel}")
            other.publish(f"{FOREIGN}/{channel}")
        every = {f"{base}/{channel}" for base in (OWN, FOREIGN) for channel in WRITES}
        wait_for(lambda: every <= set(hub.heard), "what both gateways say")
        for topic in (f"{OWN}/ack", f"{OWN}/cmd", f"{FOREIGN}/ack", HUB_STATE):
            hub.publish(topic)
        wait_for(lambda: {f"{OWN}/ack", f"{OWN}/cmd", HUB_STATE} <= set(gateway.heard), "what is for g1")
        wait_for(lambda: f"{FOREIGN}/ack" in other.heard, "what is for g2")
        assert not [topic for topic in gateway.heard if topic.startswith(FOREIGN)]
        assert not [topic for topic in other.heard if topic.startswith(OWN)]


@pytest.mark.parametrize("topic", [f"{OWN}/tele", f"{OWN}/event", f"{OWN}/state", "$CONTROL/dynamic-security/v1", "x"])
def test_what_the_hub_may_not_say(broker: SecureBroker, hub: Guest, topic: str) -> None:
    before = broker.log().count("Denied PUBLISH from hub_main_1")
    hub.publish(topic)
    wait_for(lambda: broker.log().count("Denied PUBLISH from hub_main_1") > before, f"{topic} denied")


@pytest.mark.parametrize("topic", ["#", "$SYS/#", "$CONTROL/#", "edu/v1/+/+/ack", "edu/v1/s/g1/cmd"])
def test_what_the_hub_may_not_hear(hub: Guest, topic: str) -> None:
    assert not hub.subscribe(topic)


@pytest.mark.parametrize("topic", ["edu/v1/+/+/tele", "#", "edu/v1/s/g1/tele", "edu/v1/hub/main/state"])
def test_the_administrator_hears_no_data(broker: SecureBroker, topic: str) -> None:
    with Guest(broker.plain_port, "adm", "classhub-admin", broker.secret("admin")) as admin:
        assert admin.refused is False
        assert not admin.subscribe(topic)


@pytest.mark.parametrize(
    ("client_id", "user", "password"),
    [
        ("s_g1", None, None),
        ("s_g1", "s.g1", "wrong"),
        ("s_g2", "s.g1", "g1"),
        ("anything", "s.g1", "g1"),
        ("s_g9", "s.g9", "g9"),
        ("hub_main_2", "classhub-hub", ""),
    ],
)
def test_who_does_not_get_in(broker: SecureBroker, client_id: str, user: str | None, password: str | None) -> None:
    with Guest(broker.plain_port, client_id, user, password) as guest:
        assert guest.refused is True


@pytest.mark.parametrize("host", LOOPBACKS)
def test_tls_over_ipv4_and_ipv6(broker: SecureBroker, host: str) -> None:
    with Guest(broker.port, "t_g1", "t.g1", "g1", host=host, ca=broker.ca_file) as guest:
        assert guest.refused is False
        assert guest.subscribe("edu/v1/t/g1/ack")


def test_it_listens_where_it_was_told_and_nowhere_else(broker: SecureBroker) -> None:
    """A setting in the wrong place of mosquitto.conf opens port 1883 on every address, without TLS."""
    sockets = psutil.Process(broker.pid).net_connections("tcp")
    listening = {(each.laddr.ip, each.laddr.port) for each in sockets if each.status == psutil.CONN_LISTEN}
    assert listening == {
        ("0.0.0.0", broker.port),  # noqa: S104
        ("::", broker.port),
        ("127.0.0.1", broker.plain_port),
        ("::1", broker.plain_port),
    }


def test_nothing_of_the_broker_itself_is_told(broker: SecureBroker, hub: Guest) -> None:
    assert not hub.subscribe("$SYS/broker/uptime")
    assert "sys_interval 0" in (broker.folder / "mosquitto.conf").read_text()

"""Orders through a real hub process and a real broker, to a gateway written from the protocol page."""

import json
import queue
import signal
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from tests.hub.commands.obedient import HASTY_RESEND_MS, Bystander, Obedient, Operator, running_hub
from tests.hub.process import HubProcess, wait
from tests.sim.broker import Mosquitto

pytestmark = [pytest.mark.broker, pytest.mark.slow, pytest.mark.timeout(180)]
Running = tuple[Mosquitto, HubProcess, Operator, Obedient]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("orders")
    with Mosquitto(folder) as broker:
        hub = running_hub(folder, broker.port)
        operator = Operator(hub)
        hub.start()
        gateway = Obedient(broker.port)
        assert gateway.wait_for_hub()
        wait(lambda: any(one["online"] for one in hub.web("/api/v1/schools/s/gateways")), "the gateway is online")
        try:
            yield broker, hub, operator.sign_in(), gateway
        finally:
            operator.close()
            gateway.stop()
            hub.close()


@pytest.fixture
def gateway(running: Running) -> Iterator[Obedient]:
    """Nothing of the test before is left in its queue."""
    _, hub, _, found = running
    while not found.orders.empty():
        found.orders.get_nowait()
    yield found
    assert found.retained == 0
    assert "Traceback" not in hub.log()


def heard_order(gateway: Obedient, timeout_s: float) -> dict[str, Any] | None:
    """The next order; None where none comes."""
    try:
        return gateway.order(timeout_s)
    except queue.Empty:
        return None


def test_an_order_is_carried_out_and_told(running: Running, gateway: Obedient) -> None:
    _, _, operator, _ = running
    asked_ms = time.time() * 1000
    answer = operator.order("display_input", value="hdmi2", expires_s=60)
    assert answer.status_code == 202
    name = answer.json()["id"]
    order = gateway.order()
    assert (order["v"], order["id"], order["kind"]) == (1, name, "display_input")
    assert order["args"] == {"device": "a101-board", "value": "hdmi2"}
    assert asked_ms + 59_000 < order["expires_at"] < time.time() * 1000 + 61_000
    assert operator.command(name)["result"] is None
    gateway.answer(name, "refused", detail_vi="bảng đang khởi động", detail_en="the board is starting")
    ended = operator.ended(name)
    assert (ended["result"], ended["by"], ended["confirmed"]) == ("refused", "op", True)
    assert ended["detail"] == {"vi": "bảng đang khởi động", "en": "the board is starting"}
    assert ended["created"] <= ended["sent"] <= ended["answered"]
    audit = operator.audit()
    assert any(line.startswith("op: command s/a101-board kind=display_input value=hdmi2") for line in audit)
    assert any(f"display_input:hdmi2: refused ({name})" in line for line in audit)


def test_it_is_sent_again_until_its_end_is_told_and_a_second_telling_changes_nothing(
    running: Running, gateway: Obedient
) -> None:
    _, _, operator, _ = running
    name = operator.order("display_on").json()["id"]
    first, second = gateway.order(), gateway.order()
    assert first == second
    gateway.answer(name, "done", confirmed=False)
    ended = operator.ended(name)
    assert (ended["result"], ended["confirmed"]) == ("done", False)
    gateway.answer(name, "timed_out")
    gateway.answer("of-nobody-at-all", "done")
    wait(lambda: not gateway.events, "the later tellings are stored")
    with pytest.raises(queue.Empty):
        gateway.order(1.5)  # nothing is sent of what has ended
    assert operator.command(name) == ended
    assert sum(f"({name})" in line for line in operator.audit()) == 1


def test_another_gateway_cannot_tell_the_end(running: Running, gateway: Obedient) -> None:
    broker, _, operator, _ = running
    other = Obedient(broker.port, "g2", accepts={})
    assert other.wait_for_hub()
    name = operator.order("display_off", expires_s=120).json()["id"]
    other.answer(name, "done")
    wait(lambda: not other.events, "its event is stored")
    assert gateway.order()["id"] == name
    gateway.answer(name, "unsupported")
    assert operator.ended(name)["result"] == "unsupported"
    other.stop()


def test_what_is_refused_up_front_is_never_sent(running: Running, gateway: Obedient) -> None:
    broker, _, operator, _ = running
    before = len(operator.commands())
    away = Obedient(broker.port, "g2", accepts={"g2-plug": ["switch_off"]})
    wait(lambda: any(one["id"] == "g2-plug" for one in operator.web.get("/api/v1/schools/s/devices").json()), "known")
    away.stop()
    gateways = "/api/v1/schools/s/gateways"
    wait(lambda: not all(one["online"] for one in operator.web.get(gateways).json()), "its will is heard", 30)
    refused: list[tuple[int, str, dict[str, Any], str]] = [
        (404, "display_off", {"device": "nothing"}, "device"),
        (422, "self_destruct", {}, "kind"),
        (409, "switch_off", {}, "kind"),
        (409, "display_input", {"value": "vga1"}, "kind"),
        (409, "display_input", {}, "kind"),
        (409, "switch_off", {"device": "g2-plug"}, "device"),
        (422, "display_off", {"expires_s": 1}, "expires_s"),
        (422, "display_off", {"expires_s": 301}, "expires_s"),
        (422, "display_off", {"value": "x" * 65}, "value"),
        (422, "display_off", {"colour": "red"}, "colour"),
    ]
    for status, kind, more, field in refused:
        answer = operator.order(kind, **more)
        assert (answer.status_code, answer.json()["field"]) == (status, field), answer.text
        assert answer.json()["detail"]["vi"]
    plain = operator.web.post(
        "/api/v1/schools/s/devices/a101-board/commands", json={"kind": "display_off"}, headers={"x-csrf-token": ""}
    )
    assert plain.status_code == 403
    assert gateway.orders.empty()
    assert len(operator.commands()) == before


def test_a_result_that_never_comes_and_one_that_comes_late(running: Running, gateway: Obedient) -> None:
    _, _, operator, _ = running
    name = operator.order("display_off", expires_s=3).json()["id"]
    ended = operator.ended(name)
    assert (ended["result"], ended["answered"]) == ("timed_out", None)
    seen = list(iter(lambda: heard_order(gateway, 2.5), None))
    assert seen
    sent_ms = datetime.fromisoformat(ended["sent"]).timestamp() * 1000
    assert len(seen) <= 1 + (seen[0]["expires_at"] - sent_ms) / HASTY_RESEND_MS, "nothing is sent past its expiry"
    gateway.answer(name, "done")
    wait(lambda: operator.command(name)["result"] == "done", "the late result stands")
    assert operator.command(name)["answered"] is not None


def test_killed_between_order_and_result(running: Running, gateway: Obedient) -> None:
    """What was ordered before is not forgotten; what is too old by then is never sent; results that came are found."""
    _, hub, operator, _ = running
    told = operator.order("display_on", expires_s=60).json()["id"]
    assert gateway.order()["id"] == told
    old = operator.order("display_off", expires_s=2).json()["id"]
    while gateway.order()["id"] != old:  # the first comes again meanwhile
        continue
    hub.end(signal.SIGKILL)
    gateway.answer(told, "done")  # published while no hub is there: it stays with the gateway
    time.sleep(2.2)  # the second order expires while no hub is there
    while not gateway.orders.empty():
        gateway.orders.get_nowait()
    gateway.hub_online, gateway.status = False, ""
    hub.start()
    assert gateway.wait_for_hub()
    gateway.send_events()
    operator.sign_in()
    assert operator.ended(told)["result"] == "done"
    assert operator.ended(old, 30)["result"] == "timed_out"
    again = {order["id"] for order in iter(lambda: heard_order(gateway, 1.5), None)}
    assert again <= {told}  # within its time it may come again; the other one never


def test_a_configuration_outlives_a_killed_hub_and_reaches_a_new_card(running: Running, gateway: Obedient) -> None:
    _, hub, operator, _ = running
    gateway.takes_configurations = False
    mapping = {"topic": "vuon/+/khi", "quantity": "co2_ppm", "path": "co2"}
    where = "/api/v1/schools/s/gateways/g1"
    assert operator.web.post(f"{where}/mappings", json=mapping).json()["pending"] is True
    hub.end(signal.SIGKILL)
    gateway.configurations.clear()
    gateway.hub_online, gateway.status = False, ""
    hub.start()
    assert gateway.wait_for_hub()
    operator.sign_in()
    wait(lambda: len(gateway.configurations) >= 2, "it is sent, and again")
    assert gateway.configurations[-1] == {"v": 1, "config_version": 1, "settings": {"mappings": [mapping]}}
    gateway.takes_configurations = True
    wait(lambda: not operator.web.get(f"{where}/heard").json()["pending"], "confirmed")
    gateway.config_version = 0
    gateway.publish_state()
    wait(lambda: gateway.config_version == 1, "another card in the same gateway is set the same")
    gateway.config_version = 9  # a hub that came back from a backup meets what it once sent
    gateway.publish_state()
    wait(lambda: operator.web.get(f"{where}/heard").json()["confirmed"] == 9, "the hub reads it")
    assert operator.web.post(f"{where}/mappings", json=mapping | {"scale": 0.1}).json()["version"] == 10
    wait(lambda: gateway.config_version == 10, "numbered above both")


def test_a_broker_that_was_away_replays_nothing(running: Running, gateway: Obedient) -> None:
    broker, hub, operator, _ = running
    broker.kill()
    wait(lambda: any("MQTT" in each["en"] for each in hub.web("/api/v1/status")["problems"]), "the hub knows")
    answer = operator.order("display_off", expires_s=2)
    time.sleep(2.5)
    broker.start()
    assert gateway.wait_for_hub()
    wait(gateway.client.is_connected, "the gateway is back")
    gateway.publish_state()
    if answer.status_code == 202:  # its gateway was still thought to be there
        ended = operator.ended(answer.json()["id"], 30)
        assert (ended["result"], ended["sent"]) == ("expired", None)
    with pytest.raises(queue.Empty):
        gateway.order(1.5)
    late = Bystander(broker.port)
    with pytest.raises(queue.Empty):
        gateway.order(1)
    late.close()
    assert late.heard == []
    wait(lambda: any(one["online"] for one in hub.web("/api/v1/schools/s/gateways")), "online again")


def test_too_many_open_orders_of_a_school_are_refused(running: Running, gateway: Obedient) -> None:
    _, _, operator, _ = running
    names: list[str] = []
    while (answer := operator.order("display_on", expires_s=300)).status_code == 202:
        names.append(answer.json()["id"])
        assert len(names) <= 100
    assert (len(names), answer.status_code) == (100, 429)
    for each in names:
        gateway.answer(each, "done")
    wait(lambda: all(each["result"] for each in operator.commands()), "all ended")
    assert operator.order("display_on").status_code == 202
    assert json.dumps(operator.audit()).count("display_on: done") >= 50

"""Orders while uplink, hub, agent, broker and device fail: carried out at most once, never late, and told truthfully.

What counts is what the simulated board was really told, not what anybody says of it.
"""

import json
import secrets
import time
from collections.abc import Iterator

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from tests.failure.obedience import BOARD, OrderedStand
from tests.failure.stand import GATEWAY, OPERATOR, SCHOOL, wait_until
from tests.patience import PATIENCE_S

CMD = f"edu/v1/{SCHOOL}/{GATEWAY}/cmd"


@pytest.fixture(scope="module")
def standing_orders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OrderedStand]:
    with OrderedStand(tmp_path_factory.mktemp("orders")) as running:
        yield running


@pytest.fixture
def desk(standing_orders: OrderedStand) -> OrderedStand:
    standing_orders.everything_runs()
    return standing_orders


def test_an_order_is_done_end_to_end_and_audited(desk: OrderedStand) -> None:
    name = desk.order()
    row = desk.answered(name)
    assert (row["result"], row["confirmed"], row["by"]) == ("done", True, OPERATOR)
    assert desk.told() == 1
    assert not desk.board.panel.on
    wait_until(lambda: desk.display_on() == 0, 15, "the change comes back as a reading")
    lines = [line for line in desk.audit() if BOARD in line]
    assert any(line.startswith(OPERATOR) and "display_off" in line for line in lines), lines
    wait_until(lambda: any(name in line and "done" in line for line in desk.audit()), 10, "the end is audited")


def test_an_order_held_up_past_its_expiry_is_never_carried_out(desk: OrderedStand) -> None:
    desk.relay.black_hole()
    name = desk.order(expires_s=3)
    row = desk.ended(name)
    assert row["result"] in {"timed_out", "expired"}
    desk.relay.restore()  # now what waited in the network reaches the gateway
    wait_until(lambda: desk.command_row(name)["result"] == "expired", 30, "the gateway says that it was too late")
    desk.stays(0, 2)
    assert desk.board.panel.on


def test_an_order_held_up_for_a_moment_is_done_once(desk: OrderedStand) -> None:
    """The hub sends it again and again meanwhile: all of the copies arrive together."""
    desk.relay.black_hole()
    name = desk.order(expires_s=30)
    time.sleep(2.5)
    desk.relay.restore()
    assert desk.answered(name)["result"] == "done"
    desk.stays(1, 2)


def test_the_line_breaks_and_is_back_before_expiry(desk: OrderedStand) -> None:
    desk.relay.black_hole()
    name = desk.order(expires_s=60)
    desk.relay.cut()
    time.sleep(1)
    desk.relay.restore()
    assert desk.answered(name, 60)["result"] == "done"
    desk.stays(1, 2)


def test_the_hub_is_killed_between_order_and_result(desk: OrderedStand) -> None:
    name = desk.order(expires_s=30)
    wait_until(lambda: desk.told() == 1, 10, "the board is told")
    desk.hub.kill()
    time.sleep(1)
    desk.hub.start()
    desk.wait_ready()
    assert desk.answered(name)["result"] == "done"
    desk.stays(1, 2)


def test_the_hub_is_killed_as_soon_as_the_order_was_given(desk: OrderedStand) -> None:
    """Away until the order has expired: whatever became of it, nothing is sent late, and the row says what is true."""
    name = desk.order(expires_s=2)
    desk.hub.kill()
    time.sleep(2.5)
    told = desk.told()
    assert told <= 1
    desk.hub.start()
    desk.wait_ready()
    row = desk.answered(name) if told else desk.ended(name)
    assert row["result"] == ("done" if told else row["result"])
    assert told or row["result"] in {"timed_out", "expired"}
    desk.stays(told, 3)


def test_the_agent_is_killed_while_the_board_answers(desk: OrderedStand) -> None:
    desk.board.panel.silent = True
    name = desk.order(expires_s=8)
    wait_until(lambda: desk.told() >= 1, 10, "the board is told")
    desk.edge.kill()
    desk.board.panel.silent = False
    desk.edge.start()
    row = desk.ended(name, 30)
    assert row["result"] == "timed_out", "nobody heard the board's answer, and nobody may say that it is done"
    desk.stays(1, 2)
    wait_until(lambda: desk.display_on() == 0, 20, "what became of the board is seen all the same")


def test_the_broker_is_restarted_with_an_order_on_its_way(desk: OrderedStand) -> None:
    name = desk.order(expires_s=40)
    desk.broker.kill()
    time.sleep(0.5)
    desk.broker.start()
    row = desk.answered(name, 60)
    assert row["result"] == "done"
    desk.stays(1, 2)


def test_the_board_refuses(desk: OrderedStand) -> None:
    desk.board.panel.refuses = True
    row = desk.answered(desk.order())
    assert row["result"] == "refused"
    assert row["detail"]["vi"]
    assert row["detail"]["en"]
    assert desk.told() == 1
    assert desk.board.panel.on


def test_the_board_is_silent(desk: OrderedStand) -> None:
    desk.board.panel.silent = True
    row = desk.answered(desk.order(expires_s=8), 40)
    assert row["result"] == "timed_out"
    assert desk.told() <= 1


@pytest.mark.parametrize("expiry", ["last year", "to come"])
def test_an_order_a_broker_kept_is_none(desk: OrderedStand, expiry: str) -> None:
    """Whatever its expiry says: an order kept is not one given now."""
    _publish(desk, _forged(expiry), retain=True)
    try:
        desk.edge.kill()
        desk.edge.start()
        desk.agent_listens()
        desk.stays(0, 2)
        assert desk.board.panel.on
    finally:
        _publish(desk, None, retain=True)


def test_a_forged_order_of_last_year_is_expired(desk: OrderedStand) -> None:
    forged = _forged("last year")
    _publish(desk, forged, retain=False)
    said = f"command {forged['id']} (display_off): expired"
    wait_until(lambda: said in desk.edge.text(), 20, "the agent says expired")
    desk.stays(0, 1)


def test_no_program_stumbled(standing_orders: OrderedStand) -> None:
    for program in (standing_orders.edge, standing_orders.hub):
        assert "Traceback" not in program.text()


def _forged(expiry: str) -> dict[str, object]:
    away_ms = -365 * 86_400_000 if expiry == "last year" else 300_000
    expires_at = time.time_ns() // 1_000_000 + away_ms
    name = secrets.token_urlsafe(12)
    return {"v": 1, "id": name, "kind": "display_off", "expires_at": expires_at, "args": {"device": BOARD}}


def _publish(desk: OrderedStand, body: dict[str, object] | None, *, retain: bool) -> None:
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.connect("127.0.0.1", desk.broker.port)
    client.loop_start()
    payload = b"" if body is None else json.dumps(body).encode()
    client.publish(CMD, payload, 1, retain=retain).wait_for_publish(PATIENCE_S)
    client.disconnect()
    client.loop_stop()

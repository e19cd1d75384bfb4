"""Orders through the embedded broker, which keeps what it is given on disk: nothing of it comes again."""

import queue
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hub.commands.obedient import HASTY, SCHOOL, Bystander, Obedient, Operator
from tests.hub.process import HubProcess, wait
from tests.ports import free_port

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


@pytest.fixture
def running(tmp_path: Path) -> Iterator[tuple[HubProcess, Operator, Obedient]]:
    hub = HubProcess(tmp_path, "embedded", free_port(), school=SCHOOL)
    hub.program = [sys.executable, "-c", HASTY]
    operator = Operator(hub)
    hub.start()
    gateway = Obedient(hub.broker_port)
    try:
        assert gateway.wait_for_hub()
        yield hub, operator.sign_in(), gateway
    finally:
        operator.close()
        gateway.stop()
        hub.close()


def test_a_broker_that_died_with_its_hub_replays_no_order(running: tuple[HubProcess, Operator, Obedient]) -> None:
    hub, operator, gateway = running
    done = operator.order("display_on").json()["id"]
    assert gateway.order()["id"] == done
    gateway.answer(done, "done")
    assert operator.ended(done)["result"] == "done"
    lost = operator.order("display_off", expires_s=2).json()["id"]
    assert gateway.order()["id"] == lost
    hub.end(signal.SIGKILL)
    time.sleep(2.2)  # the order expires while nobody is there
    while not gateway.orders.empty():
        gateway.orders.get_nowait()
    gateway.hub_online, gateway.status = False, ""
    hub.start()
    assert gateway.wait_for_hub()
    late = Bystander(hub.broker_port)
    with pytest.raises(queue.Empty):
        gateway.order(2)
    late.close()
    assert (late.heard, gateway.retained) == ([], 0)
    operator.sign_in()
    wait(lambda: operator.command(lost)["result"] == "timed_out", "its end")

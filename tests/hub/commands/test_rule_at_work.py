"""The rule in a real hub whose minutes last a hundredth of a second: dry run, refused, allowed, an order sent."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hub.commands.obedient import Obedient, Operator, running_hub
from tests.hub.process import HubProcess, wait
from tests.sim.broker import Mosquitto

pytestmark = [pytest.mark.broker, pytest.mark.slow, pytest.mark.timeout(180)]
# School from midnight to midnight, on seven days; the lessons are in another room.
TIMETABLE = """<?xml version="1.0" encoding="UTF-8"?>
<timetable options="daynumbering1">
  <periods><period name="1" short="1" period="1" starttime="0:00" endtime="0:20"/>
    <period name="2" short="2" period="2" starttime="23:40" endtime="23:59"/></periods>
  <daysdefs><daysdef id="D" name="mọi ngày" short="M" days="1111111"/></daysdefs>
  <subjects><subject id="S1" name="Toán" short="T"/></subjects>
  <teachers><teacher id="GV1" name="Nguyễn Thị Ánh" short="Ánh"/></teachers>
  <classrooms><classroom id="R1" name="B201" short="B201"/><classroom id="R2" name="A101" short="A101"/></classrooms>
  <classes><class id="C1" name="8A1" short="8A1"/></classes>
  <groups><group id="G1" name="Cả lớp" classid="C1" entireclass="1" divisiontag="0"/></groups>
  <lessons><lesson id="L1" subjectid="S1" classids="C1" groupids="G1" teacherids="GV1" classroomids="R1"
    periodspercard="1" periodsperweek="14"/></lessons>
  <cards>
    <card lessonid="L1" classroomids="R1" period="1" weeks="1" terms="1" days="1111111"/>
    <card lessonid="L1" classroomids="R1" period="2" weeks="1" terms="1" days="1111111"/>
  </cards>
</timetable>
"""
QUICK = """
import sys
from hub import upkeep
from hub.commands import policies
from hub.live import policy
upkeep.RULES_S, policy.MIN_MS, policy.ONE_ORDER_MS, policy.SCHOOL_DAY_MIN = 0.2, 10, 1_000, 15
from classhub.__main__ import main
sys.exit(main(sys.argv[1:]))
"""
POLICY = "/api/v1/schools/s/policy"


@pytest.fixture
def running(tmp_path: Path) -> Iterator[tuple[HubProcess, Operator, Obedient]]:
    with Mosquitto(tmp_path) as broker:
        hub = running_hub(tmp_path, broker.port)
        hub.program = [sys.executable, "-c", QUICK]
        (tmp_path / "timetable.xml").write_text(TIMETABLE)
        hub.command("timetable", "import", str(tmp_path / "timetable.xml"), "--school", "s")
        operator = Operator(hub)
        hub.start()
        gateway = Obedient(broker.port)
        try:
            assert gateway.wait_for_hub()
            yield hub, operator.sign_in(), gateway
        finally:
            operator.close()
            gateway.stop()
            hub.close()


def test_from_dry_run_to_an_order(running: tuple[HubProcess, Operator, Obedient]) -> None:
    hub, operator, gateway = running
    web = operator.web
    assert web.put(POLICY, json={"rule": "displays-off", "mode": "on"}).status_code == 409
    gateway.measure("a101-board", {"display_on": 1.0})
    gateway.send()
    assert gateway.settle()
    assert operator.commands() == []  # off is off
    web.put(POLICY, json={"rule": "displays-off", "mode": "dry_run"}).raise_for_status()
    wait(lambda: len(operator.commands()) >= 1, "what it would do is written down")
    (first, *_) = operator.commands()[::-1]
    assert (first["result"], first["by"], first["sent"]) == ("dry_run", "policy:displays-off", None)
    assert "không có tiết trong 20 phút" in first["reason"]["vi"]
    assert gateway.orders.empty()

    def turned_on() -> bool:
        return web.put(POLICY, json={"rule": "displays-off", "mode": "on"}).is_success

    wait(turned_on, "a school day has been watched")
    order = gateway.order()
    assert (order["kind"], order["args"]) == ("display_off", {"device": "a101-board"})
    gateway.answer(order["id"], "done")
    assert operator.ended(order["id"])["result"] == "done"
    gateway.measure("a101-board", {"display_on": 0.0})
    gateway.send()
    assert gateway.settle()
    told = operator.audit()
    assert any(line.startswith("policy:displays-off: command s/a101-board kind=display_off") for line in told)
    assert any(f"display_off: done ({order['id']})" in line for line in told)
    assert any(line.startswith("op: policy s rule=displays-off mode=on") for line in told)
    assert "Traceback" not in hub.log()

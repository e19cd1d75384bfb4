"""Nothing in between: an order through hub, broker and agent to a projector; an accepted mapping to a reading."""

import asyncio
import json
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from firmware_bridge.simulated.pjlink import PjlinkProjector, on_tcp
from tests.hub.commands.obedient import SCHOOL, Operator
from tests.hub.process import HubProcess
from tests.patience import PATIENCE_S
from tests.sim.broker import Mosquitto

pytestmark = [pytest.mark.broker, pytest.mark.slow, pytest.mark.timeout(180)]
BEAMER = "a101-beamer"


class Classroom:
    """A hub, an agent, a local broker and a projector, each real but the last."""

    def __init__(self, folder: Path, broker: Mosquitto, local: Mosquitto, projector_port: int) -> None:
        self.folder, self.local_port = folder, local.port
        self.hub = HubProcess(folder, "external", broker.port, school=SCHOOL)
        self.operator = Operator(self.hub)
        (folder / "edge.toml").write_text(
            f'[gateway]\nschool = "s"\nid = "g1"\nhub = "main"\ndata_dir = "{folder / "edge"}"\n'
            f'[broker]\nhost = "127.0.0.1"\nport = {broker.port}\n[clock]\ntrust = "system"\n'
            f'[[network]]\nname = "beamer"\ndevice = "pjlink"\nhost = "127.0.0.1"\nport = {projector_port}\n'
            f'id = "{BEAMER}"\n[[mqtt]]\nname = "local"\nhost = "127.0.0.1"\nport = {local.port}\n'
        )
        self.agent: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.hub.start()
        self.operator.sign_in()
        self.start_agent()

    def start_agent(self) -> None:
        words = [sys.executable, "-m", "classhub", "edge", "run", "--config", str(self.folder / "edge.toml")]
        with (self.folder / "edge.log").open("ab") as log:
            self.agent = subprocess.Popen(words, stdout=log, stderr=log)

    def kill_agent(self) -> None:
        if self.agent is not None:
            self.agent.send_signal(signal.SIGKILL)
            self.agent.wait(PATIENCE_S)

    def close(self) -> None:
        self.kill_agent()
        self.operator.close()
        self.hub.close()

    def devices(self) -> dict[str, dict[str, Any]]:
        found = self.operator.web.get("/api/v1/schools/s/devices").raise_for_status().json()
        return {each["id"]: each for each in found}

    def heard(self) -> dict[str, Any]:
        found: dict[str, Any] = self.operator.web.get("/api/v1/schools/s/gateways/g1/heard").json()
        return found

    def publish(self, topic: str, payload: dict[str, float]) -> None:
        client = mqtt.Client(CallbackAPIVersion.VERSION2)
        client.connect("127.0.0.1", self.local_port)
        client.loop_start()
        client.publish(topic, json.dumps(payload), 1).wait_for_publish(PATIENCE_S)
        client.disconnect()
        client.loop_stop()


@pytest.fixture
async def classroom(tmp_path: Path) -> AsyncIterator[tuple[Classroom, PjlinkProjector]]:
    projector = PjlinkProjector()
    projector.power = 1
    (tmp_path / "local").mkdir()
    with Mosquitto(tmp_path) as broker, Mosquitto(tmp_path / "local") as local:
        async with on_tcp(projector) as port:
            room = await asyncio.to_thread(Classroom, tmp_path, broker, local, port)
            try:
                await asyncio.to_thread(room.start)
                yield room, projector
            finally:
                await asyncio.to_thread(room.close)


async def until(look: Callable[[], Any], what: str, timeout_s: float = 60) -> Any:
    """What `look` finds, asked in a thread: the projector lives in this loop."""
    deadline = time.monotonic() + timeout_s
    while not (found := await asyncio.to_thread(look)):
        assert time.monotonic() < deadline, what
        await asyncio.sleep(0.1)
    return found


async def test_an_order_reaches_the_projector_and_a_mapping_makes_readings(
    classroom: tuple[Classroom, PjlinkProjector],
) -> None:
    room, projector = classroom
    operator = room.operator

    def shown_on() -> float | None:
        value = room.devices().get(BEAMER, {}).get("values", {}).get("display_on")
        return None if value is None else float(value["value"])

    await until(lambda: shown_on() == 1, "the projector is seen on")
    answer = await until(
        lambda: (found := operator.order("display_off", BEAMER)).status_code == 202 and found, "the order is taken"
    )
    ended = await asyncio.to_thread(operator.ended, answer.json()["id"])
    assert (ended["result"], ended["confirmed"]) == ("done", True)
    assert projector.power != 1
    await until(lambda: shown_on() == 0, "the projector is seen off")
    refused = await asyncio.to_thread(operator.order, "display_input", BEAMER, value="hdmi9")
    assert refused.status_code == 409

    await asyncio.to_thread(room.publish, "vuon/khu1/khi", {"co2": 812, "la": 5})
    found = await until(lambda: [one for one in room.heard()["heard"] if one["proposal"]], "the figure is heard", 45)
    assert found[0]["proposal"]["quantity"] == "co2_ppm"
    where = "/api/v1/schools/s/gateways/g1/mappings"
    accepted = await asyncio.to_thread(lambda: operator.web.post(where, json=found[0]["proposal"]))
    assert (accepted.json()["version"], accepted.json()["pending"]) == (1, True)
    await until(lambda: not room.heard()["pending"], "the gateway confirms")
    await asyncio.to_thread(room.publish, "vuon/khu1/khi", {"co2": 845})

    def measured() -> list[float]:
        values = [each["values"] for each in room.devices().values()]
        return [float(one["co2_ppm"]["value"]) for one in values if "co2_ppm" in one]

    assert await until(measured, "the mapping gives a reading") == [845.0]

    await asyncio.to_thread(room.kill_agent)
    gone = await until(
        lambda: (found := operator.order("display_on", BEAMER, expires_s=5)).status_code == 409 and found, "it is away"
    )
    assert gone.json()["field"] == "device"
    lost = [each for each in await asyncio.to_thread(operator.commands) if each["kind"] == "display_on"]
    heard = len(projector.heard)
    await asyncio.sleep(5)  # what was sent to the dead agent has expired when it is back
    await asyncio.to_thread(room.start_agent)
    await until(lambda: shown_on() == 0 and len(projector.heard) > heard + 4, "the agent is back")
    assert not any("POWR 1" in line for line in projector.heard[heard:])
    for each in lost:
        assert (await asyncio.to_thread(operator.ended, each["id"], 40))["result"] in {"timed_out", "expired"}
    assert "Traceback" not in (room.folder / "edge.log").read_text()
    assert "Traceback" not in room.hub.log()

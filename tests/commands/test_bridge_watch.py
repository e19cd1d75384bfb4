"""`classhub bridge watch` at a node that waits for acknowledgements, and at a port where nothing comes."""

import asyncio
import re
import subprocess
import sys
from pathlib import Path

from classhub.commands.bridge_watch import SILENT_S, Watch, watch
from firmware_bridge.conversation import Heard
from firmware_bridge.device import Measured, Noted, Options
from firmware_bridge.devices import DEVICES
from firmware_bridge.links.opening import open_line
from firmware_bridge.node.node import Node
from tests.commands.test_bridge import bridge, plugged
from tests.patience import PATIENCE_S
from tests.sim.sensors import Talker
from wire.text import Text

ROOT = Path(__file__).resolve().parents[2]
AGAIN = Heard(Noted(Text("bản tin 3 đến lần nữa", "message 3 came again"), again=True), 0)


class NodeSensor:
    """The reference node with a new reading at every turn, its clock ten times as fast as ours."""

    def __init__(self) -> None:
        self.node, self.turn = Node("bench", [("co2_ppm", "", 0)], [], 7), 0

    def power(self, at_s: float) -> None: ...

    def receive(self, data: bytes, at_s: float) -> bytes:
        self.node.receive(data, int(at_s * 10_000))
        return b""

    def speak(self, at_s: float) -> bytes:
        self.turn += 1
        self.node.measured([(0, 400 + self.turn)], int(at_s * 10_000))
        out: bytes = self.node.step(int(at_s * 10_000))
        return out


def test_a_node_that_waits_is_not_shouted_over() -> None:
    with plugged(NodeSensor()) as port:
        kept = bridge("watch", port, "node", "--seconds", "2")
    assert kept.returncode == 0, kept.stderr
    assert len(re.findall("co2_ppm [0-9]", kept.stdout)) <= 16  # the window
    assert kept.stdout.count("Add --acknowledge") == 1
    assert len(re.findall(r"messages that came again: \d+", kept.stdout)) == 1


def test_an_acknowledging_watch_goes_on_seeing_new_readings() -> None:
    with plugged(NodeSensor()) as port:
        taken = bridge("watch", port, "node", "--seconds", "2", "--acknowledge")
    assert len(re.findall("co2_ppm [0-9]", taken.stdout)) > 16
    assert "--acknowledge" not in taken.stdout


def test_repeats_are_counted_now_and_then() -> None:
    seen = Watch(DEVICES["node"])
    assert "--acknowledge" in seen.heard(AGAIN, 1.0)[0]
    assert [seen.heard(AGAIN, at_s) for at_s in (2.0, 5.0)] == [[], []]
    (told,) = seen.heard(AGAIN, 12.0)
    assert "messages that came again: 4" in told
    assert seen.heard(AGAIN, 13.0) == []
    counted, new = seen.heard(Heard(Measured({"co2_ppm": 500.0}), 0), 14.0)
    assert "messages that came again: 1" in counted
    assert "co2_ppm 500 ppm" in new


def test_silence_is_told_once_with_what_to_look_at() -> None:
    seen = Watch(DEVICES["mhz19"])
    assert seen.quiet(SILENT_S - 0.1) is None
    said = seen.quiet(SILENT_S)
    assert said is not None
    assert "TX/RX" in said.vi
    assert seen.quiet(60.0) is None
    seen.byte_came(61.0)
    assert seen.quiet(62.0) is None
    assert seen.quiet(75.9) is None  # asked every 10 s, it has nothing to say in between
    assert seen.quiet(76.0) is not None
    rare = Watch(DEVICES["rdm6300"]).quiet(SILENT_S)
    assert rare is not None
    assert "quẹt thẻ" in rare.vi


def test_a_silent_port_says_so() -> None:
    told: list[Text] = []

    async def listen(port: str) -> bool:
        device = DEVICES["pms5003"]
        line = await open_line(port, device)
        try:
            return await watch(line, device, Options(), 1.0, silent_s=0.3, complain=told.append)
        finally:
            line.close()

    with plugged(Talker()) as port:
        assert not asyncio.run(listen(port))
    assert len(told) == 1


def test_the_reference_node_without_a_port_says_how_to_run_it() -> None:
    for words in ([], ["/dev/null", "many"], ["/dev/null", "1", "2"]):
        said = subprocess.run(
            [sys.executable, str(ROOT / "firmware_bridge/node/main.py"), *words],
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
            cwd=ROOT,
        )
        assert said.returncode == 2
        assert said.stderr.startswith("usage: ")
        assert len(said.stderr.splitlines()) == 1


def test_the_reference_node_on_a_port_that_is_not_there_says_so(tmp_path: Path) -> None:
    said = subprocess.run(
        [sys.executable, str(ROOT / "firmware_bridge/node/main.py"), str(tmp_path / "nix")],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
        cwd=ROOT,
    )
    assert said.returncode == 1
    assert said.stderr.startswith(f"{tmp_path / 'nix'}: không mở được / cannot be opened: ")
    assert len(said.stderr.splitlines()) == 1

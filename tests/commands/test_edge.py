"""`classhub edge run` and `classhub replay` as a person starts them: real processes, a real broker."""

import csv
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.edge.small_hub import SmallHub
from tests.patience import PATIENCE_S
from tests.sim.broker import Mosquitto

CLASSHUB = [sys.executable, "-m", "classhub"]
GOOD = "[gateway]\nschool='s1'\nid='g1'\ndata_dir='d'\n[broker]\nhost='h'\n"
DATA = Path(__file__).parents[2].parent / "shared" / "data" / "classroom_timeseries"


def wait_for(true: Callable[[], bool], seconds: float = 12.0) -> None:
    deadline_s = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline_s, "did not happen in time"
        time.sleep(0.05)


def classhub(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*CLASSHUB, *words], capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    ("toml", "wanted"),
    [
        ("[gateway]\nschool='s1'\n", "gateway"),
        ("[gateway]\nschool='S 1'\nid='g1'\ndata_dir='d'\n[broker]\nhost='h'\n", "gateway.school"),
        ("[gateway]\nschool='s1'\nid='g1'\ndata_dir='d'\n[broker]\nhost='h'\nport='x'\n", "broker.port"),
        ("[gateway]\nschool='s1'\nid='g1'\ndata_dir='d'\n[broker]\nhost='h'\n[extra]\n", "extra"),
        (GOOD + "[[serial]]\nname='a'\ndevice='nonesuch'\nport='/dev/null'\n", "serial[0].device"),
    ],
)
def test_a_wrong_edge_toml_is_named_by_file_and_key(tmp_path: Path, toml: str, wanted: str) -> None:
    file = tmp_path / "edge.toml"
    file.write_text(toml)
    ended = classhub("edge", "run", "--config", str(file))
    assert ended.returncode == 1
    assert str(file) in ended.stderr
    assert wanted in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.broker
def test_edge_run_starts_without_a_broker_and_ends_tidily(tmp_path: Path) -> None:
    broker = Mosquitto(tmp_path)
    (tmp_path / "edge.toml").write_text(
        f"[gateway]\nschool='s1'\nid='g1'\ndata_dir='data'\n[broker]\nhost='127.0.0.1'\nport={broker.port}\n"
        "[clock]\ntrust='system'\n[outbox]\nmin_free_mb=1\n"
    )
    agent = subprocess.Popen([*CLASSHUB, "edge", "run", "--config", str(tmp_path / "edge.toml")])
    try:
        wait_for((tmp_path / "data" / "outbox.db").exists)
        with broker, SmallHub(broker.port) as hub:
            wait_for(lambda: bool(hub.events("gateway_start")))
            agent.send_signal(signal.SIGTERM)
            assert agent.wait(PATIENCE_S) == 0
            wait_for(lambda: not hub.states[-1]["online"])
    finally:
        agent.kill()
        agent.wait()


@pytest.mark.broker
@pytest.mark.slow
@pytest.mark.timeout(180)
def test_replay_of_a_real_room_delivers_every_value_as_it_is(tmp_path: Path) -> None:
    file = DATA / "uci_occupancy_detection" / "datatest.txt"
    if not file.exists():
        pytest.skip(f"needs {file}")
    with Mosquitto(tmp_path) as broker, SmallHub(broker.port, gateway="replay-r1") as hub:
        ended = classhub(
            "replay", str(file), "--school", "s1", "--room", "r1", "--broker", f"127.0.0.1:{broker.port}", "--json"
        )
        assert ended.returncode == 0, ended.stderr
        assert json.loads(ended.stdout)["rows"] == 2665
        with file.open() as lines:
            cells = list(csv.reader(lines))[1:]
        wanted = [[float(cell) for cell in row[2:6]] for row in cells]
        keys = ("temperature_c", "humidity_pct", "illuminance_lx", "co2_ppm")
        stored = hub.stored()
        assert [[row["v"][key] for key in keys] for row in stored] == wanted
        assert stored[0]["t"] == 1422883140000  # 2015-02-02 14:19:00 in Belgium
        assert {row["d"] for row in stored} == {"r1-climate"}
        assert all(set(row["v"]) == set(keys) for row in stored)  # the truth stays here


@pytest.mark.broker
def test_replay_names_bad_rows_and_sends_the_others(tmp_path: Path) -> None:
    file = tmp_path / "room.csv"
    file.write_text("when,co2\n2024-01-01 10:00,500\n2024-01-01 10:01,many\nlater,510\n2024-01-01 10:03,520,1,2\n"
                    "2024-01-01 10:04,-5\n2024-01-01 10:05,530\n")  # fmt: skip
    file.with_suffix(".toml").write_text(
        "[time]\ncolumns=['when']\nformat='%Y-%m-%d %H:%M'\nzone='+07:00'\n"
        "[[device]]\nid='co2'\ncolumns={co2_ppm='co2'}\n"
    )
    with Mosquitto(tmp_path) as broker, SmallHub(broker.port, gateway="replay-r1") as hub:
        ended = classhub("replay", str(file), "--school", "s1", "--room", "r1", "--broker", f"127.0.0.1:{broker.port}")
        assert ended.returncode == 1
        for line, column in ((3, "co2"), (4, "when"), (6, "co2")):
            assert f"room.csv: row {line}: {column}" in ended.stderr
        assert "room.csv: row 5: 4 ô" in ended.stderr
        assert [row["v"]["co2_ppm"] for row in hub.stored()] == [500, 530]


def test_replay_says_what_is_wrong_with_map_and_words(tmp_path: Path) -> None:
    file = tmp_path / "room.csv"
    file.write_text("when,co2,other\n")
    assert "docs/replay" in classhub("replay", str(file), "--school", "s1", "--room", "r1").stderr
    file.with_suffix(".toml").write_text(
        "[time]\ncolumns=['when']\nformat='%Y'\n[[device]]\nid='a'\ncolumns={co2='co2'}\n"
    )
    assert "device[0].columns.co2" in classhub("replay", str(file), "--school", "s1", "--room", "r1").stderr
    file.with_suffix(".toml").write_text(
        "[time]\ncolumns=['when']\nformat='%Y'\n[[device]]\nid='a'\ncolumns={co2_ppm='co2'}\n"
    )
    ended = classhub("replay", str(file), "--school", "s1", "--room", "r1")
    assert (ended.returncode, "other" in ended.stderr) == (1, True)
    assert classhub("replay", str(file), "--school", "S 1", "--room", "r1").returncode == 2


def test_two_agents_never_share_a_folder(tmp_path: Path) -> None:
    """Both would number the rows of one outbox."""
    config = tmp_path / "edge.toml"
    config.write_text(GOOD.replace("host='h'", "host='127.0.0.1'\nport=9"))
    first = subprocess.Popen([*CLASSHUB, "edge", "run", "--config", str(config)], stderr=subprocess.DEVNULL)
    try:
        wait_for((tmp_path / "d" / "outbox.db").exists)
        second = classhub("edge", "run", "--config", str(config))
        assert second.returncode == 1
        assert "another running agent uses the folder" in second.stderr
        assert first.poll() is None
    finally:
        first.send_signal(signal.SIGKILL)
        first.wait(PATIENCE_S)
    third = subprocess.Popen([*CLASSHUB, "edge", "run", "--config", str(config)], stderr=subprocess.PIPE, text=True)
    time.sleep(1.0)  # killed or not, the folder is free again
    assert third.poll() is None
    third.terminate()
    assert third.wait(PATIENCE_S) == 0
    assert third.stderr is not None
    third.stderr.close()

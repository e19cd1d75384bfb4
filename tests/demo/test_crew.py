"""Processes of the demo end with it, however it ends; its folder is nobody else's; its cable can be pulled."""

import asyncio
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from demo.cable import Cable
from demo.crew import Crew, SetupFailed, run_commands
from demo.plan import EVERY_S, FIRST_OUTAGE_S, OUTAGE_S, free_ports, outage, port_taken
from demo.stage import StageProblem, claim_folder
from tests.patience import PATIENCE_S

_PARENT = """
import sys, time
from pathlib import Path
from demo.crew import Crew
crew = Crew(Path(sys.argv[1]))
print(crew.start("sleeper", [sys.executable, "-c", "import time; time.sleep(60)"]), flush=True)
time.sleep(60)
"""


def wait_until(condition: Callable[[], bool], what: str, timeout_s: float = PATIENCE_S) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_a_crew_dies_with_a_killed_parent(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", _PARENT, str(tmp_path)], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        wait_until(lambda: "sleep" in " ".join(psutil.Process(child).cmdline()), "the child runs its program")
        parent.kill()
    wait_until(lambda: gone(child), "the child died with its parent")


def test_a_crew_is_stopped_politely_and_then_not(tmp_path: Path) -> None:
    crew = Crew(tmp_path)
    stubborn = "import signal, time; signal.signal(signal.SIGTERM, lambda *_: print('bye', flush=True)); "
    polite = crew.start("polite", [sys.executable, "-c", f"{stubborn} print('up', flush=True); time.sleep(0.5)"])
    wait_until(lambda: "up" in crew.tail("polite"), "the child is up")
    crew.stop()
    assert "bye" in crew.tail("polite")
    assert gone(polite)
    assert crew.ended() == {"polite": 0}


def test_an_ended_member_is_revived_so_many_times(tmp_path: Path) -> None:
    crew = Crew(tmp_path)
    crew.start("short", [sys.executable, "-c", "print('here')"])
    for more in (True, True, False):
        wait_until(lambda: bool(crew.ended()), "it ended")
        assert crew.revive("short", most=2) is more
    assert crew.tail("short").count("here") == 3


def test_a_failed_command_says_which_and_why(tmp_path: Path) -> None:
    with pytest.raises(SetupFailed, match=r"nowhere\.zip"):
        run_commands(["--version"], ["roster", "check", str(tmp_path / "nowhere.zip")])


def test_folder_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "homework.txt").write_text("mine")
    with pytest.raises(StageProblem, match="--dir"):
        claim_folder(tmp_path)
    assert (tmp_path / "homework.txt").read_text() == "mine"


def test_folder_of_an_earlier_demo_is_emptied(tmp_path: Path) -> None:
    folder = tmp_path / "demo-data"
    claim_folder(folder).close()
    (folder / "old.db").touch()
    (folder / "logs").mkdir()
    (folder / "elsewhere").symlink_to(tmp_path)
    claim_folder(folder).close()
    assert sorted(path.name for path in folder.iterdir()) == [".classhub-demo", "ports"]
    assert tmp_path.exists()


def test_folder_of_a_running_demo_is_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "demo-data"
    with claim_folder(folder):
        (folder / "live.db").touch()
        with pytest.raises(StageProblem, match="another demo is running"):
            claim_folder(folder)
        assert (folder / "live.db").exists()


def test_a_taken_port_is_seen(free_port: int) -> None:
    assert not port_taken(free_port)
    with socket.socket() as other:
        other.bind(("127.0.0.1", free_port))
        other.listen()
        assert port_taken(free_port)


def test_the_cable_is_cut_by_the_plan() -> None:
    assert outage(0) == (False, FIRST_OUTAGE_S)
    assert outage(FIRST_OUTAGE_S + 1) == (True, OUTAGE_S - 1)
    assert outage(FIRST_OUTAGE_S + OUTAGE_S) == (False, EVERY_S - OUTAGE_S)
    assert outage(FIRST_OUTAGE_S + EVERY_S)[0]


async def test_the_cable_carries_and_can_be_pulled() -> None:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(100):
            writer.write(chunk)
        writer.close()

    port, target = free_ports(2)
    server = await asyncio.start_server(echo, "127.0.0.1", target)
    cable = Cable(port, target)
    await cable.plug()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"hello")
    assert await reader.readexactly(5) == b"hello"
    await cable.pull()
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        await reader.readexactly(1)
    with pytest.raises(ConnectionError):
        await asyncio.open_connection("127.0.0.1", port)
    with socket.socket() as other, pytest.raises(OSError):
        other.bind(("127.0.0.1", port))  # nobody else is given it meanwhile
    await cable.plug()
    again, answer = await asyncio.open_connection("127.0.0.1", port)
    answer.write(b"back")
    assert await again.readexactly(4) == b"back"
    for end in (writer, answer):
        end.close()
    await cable.close()
    server.close()

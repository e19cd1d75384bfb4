"""`classhub demo` on the command line, where it cannot start: it says why and what to do, and leaves nothing."""

import os
import socket
import subprocess
import sys
from pathlib import Path


def demo(*words: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "classhub", "demo", *words]
    return subprocess.run(line, capture_output=True, text=True, check=False, env=os.environ | {"NO_COLOR": "1"})


def test_a_taken_port_is_said_with_another_one(tmp_path: Path, free_port: int) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", free_port))
        other.listen()
        done = demo("--port", str(free_port), "--dir", str(tmp_path / "d"))
    assert done.returncode == 1
    assert f"--port {free_port + 1}" in done.stdout
    assert not (tmp_path / "d").exists()


def test_a_folder_in_use_is_left_alone(tmp_path: Path, free_port: int) -> None:
    (tmp_path / "homework.txt").write_text("mine")
    done = demo("--port", str(free_port), "--dir", str(tmp_path))
    assert done.returncode == 1
    assert "--dir" in done.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["homework.txt"]


def test_a_port_that_is_no_port(tmp_path: Path) -> None:
    done = demo("--port", "99999", "--dir", str(tmp_path / "d"))
    assert done.returncode == 2
    assert "99999" in done.stderr
    assert not (tmp_path / "d").exists()

"""How pages answer while a large roster is read and compared: `python -m benchmarks uploads`.

A real hub (embedded broker and store) takes a spreadsheet of 50,000 pupils through the API of its import page, twice;
meanwhile somebody opens the import page again and again. Idle is the same reader with nothing else to do.
"""

import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from benchmarks.table import print_table

PUPILS, PAUSE_S, IDLE_S, START_S = 50_000, 0.02, 5.0, 60.0
PASSWORD = "a password of the benchmark"  # noqa: S105  # of a hub that lives for a minute on loopback
SCHOOL = '[school]\nid = "s"\nname = "S"\n'
UPLOADS = ("first upload, shown to a person", "second, the same child")


def main(_seconds: float = 0.0, *, pupils: int = PUPILS) -> None:
    with tempfile.TemporaryDirectory(prefix="classhub-bench-") as folder, hub(Path(folder)) as client:
        rows = [["idle", *_watched(client, lambda: time.sleep(IDLE_S))]]
        rows += [[name, *_watched(client, lambda: _upload(client, pupils))] for name in UPLOADS]
    title = f"The import page while {pupils:,} pupils are read and compared (`benchmarks uploads`)"
    print_table(title, ["what", "taken s", "asked", "p50 ms", "p99 ms", "worst ms"], rows)


def _watched(client: httpx.Client, work: Callable[[], None]) -> list[str]:
    """How long the work took, and how pages answered meanwhile."""
    thread = threading.Thread(target=work)
    begun = time.perf_counter()
    thread.start()
    delays_ms: list[float] = []
    with httpx.Client(base_url=client.base_url, cookies=client.cookies, timeout=60) as reader:
        while thread.is_alive():
            asked = time.perf_counter()
            reader.get("/imports").raise_for_status()
            delays_ms.append((time.perf_counter() - asked) * 1_000)
            time.sleep(PAUSE_S)
    taken_s = time.perf_counter() - begun
    delays_ms.sort()
    p99 = delays_ms[int(len(delays_ms) * 0.99)]
    figures = (statistics.median(delays_ms), p99, delays_ms[-1])
    return [f"{taken_s:.1f}", str(len(delays_ms)), *(f"{one:.0f}" for one in figures)]


def _upload(client: httpx.Client, pupils: int) -> None:
    rows = "".join(f"{number:010d},Trần Thị Ánh Nguyệt {number},{number // 40}A\n" for number in range(pupils))
    content = ("Mã học sinh,Họ và tên,Lớp\n" + rows).encode()
    answer = client.post("/api/v1/imports", params={"school": "s", "name": "pupils.csv"}, content=content)
    answer.raise_for_status()
    if answer.json()["entry"]["counts"]["users"] != pupils:
        raise AssertionError(answer.text[:500])


@contextmanager
def hub(folder: Path) -> Iterator[httpx.Client]:
    """A hub process of its own; the client is signed in as its operator."""
    (folder / "password").write_text(PASSWORD + "\n")
    (folder / "school.toml").write_text(SCHOOL)
    port, broker = _free_port(), _free_port()
    given = ["--dir", str(folder / "hub"), "--password-file", str(folder / "password"), "--port", str(port)]
    _command("hub", "init", *given, "--broker-port", str(broker))
    config = next((folder / "hub").glob("*.toml"))
    _command("hub", "apply", str(folder / "school.toml"), "--config", str(config))
    line = [sys.executable, "-m", "classhub", "hub", "run", "--config", str(config)]
    with (folder / "log").open("wb") as log, subprocess.Popen(line, stdout=log, stderr=log) as process:
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=300, follow_redirects=True) as client:
                _sign_in(client)
                yield client
        finally:
            process.terminate()


def _sign_in(client: httpx.Client) -> None:
    until = time.monotonic() + START_S
    while True:
        try:
            page = client.get("/login").text
            break
        except httpx.TransportError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
    token = page.split('name="form_token" value="')[1].split('"')[0]
    form = {"name": "admin", "password": PASSWORD, "form_token": token, "target": "/"}
    client.post("/login", data=form).raise_for_status()
    client.headers["x-csrf-token"] = client.get("/about").text.split('name="csrf" value="')[1].split('"')[0]


def _command(*words: str) -> None:
    subprocess.run([sys.executable, "-m", "classhub", *words], check=True, stdout=subprocess.DEVNULL)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])

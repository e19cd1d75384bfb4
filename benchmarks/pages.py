"""Pages under load: a wall of 1,000 rooms with 50 viewers, the first response, and 30 days of a room's history.

The hub's own parts (registry, live engine, store, web) in a process of their own; readings go in without a broker.
"""

import asyncio
import gzip
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from statistics import median

import psutil
import uvicorn
from starlette.concurrency import run_in_threadpool

from benchmarks.table import print_table
from hub.commands.book import CommandBook
from hub.commands.configurations import Configurations
from hub.commands.desk import CommandDesk
from hub.commands.policies import Policies
from hub.commands.way import Way
from hub.config import parse_config
from hub.context import Hub
from hub.db.engine import open_database
from hub.ingest.gateways import Gateways
from hub.ingest.quarantine import Quarantine
from hub.live.engine import LiveEngine
from hub.live.publish import Changes
from hub.live.reading import Reading
from hub.registry.registry import Registry
from hub.registry.setup import apply_setup
from hub.school.pulls.runner import Pulls
from hub.school.repository import Schools
from hub.stores.duckdb import DuckDbSeries
from hub.stores.reader import SeriesReader
from hub.stores.series import Point
from hub.web.app import create_app
from hub.web.push import Fanout

ROOMS, VIEWERS, HISTORY_ROOMS, DAYS = 1_000, 50, 12, 30
SCHOOL = "benchmark"


def school_file() -> str:
    parts = [f'[school]\nid = "{SCHOOL}"\nname = "Benchmark"\n[[building]]\nid = "a"\nname = "A"\n']
    parts.append('[[gateway]]\nid = "g"\nname = "G"\n')
    for number in range(ROOMS):
        parts.append(f'[[room]]\nid = "r{number}"\nname = "R{number}"\nbuilding = "a"\n')
        parts.append(f'[[device]]\nid = "d{number}"\nroom = "r{number}"\ngateway = "g"\n')
    return "".join(parts)


def build(folder: Path) -> Hub:
    config = parse_config(f'[hub]\ndata_dir = "{folder}"\n[web]\nopen_reading = true\n', folder / "hub.toml")
    engine = open_database(config.state_url)
    registry = Registry(engine)
    apply_setup(registry, school_file(), "benchmark.toml")
    schools, store = Schools(engine), DuckDbSeries(config.series_path)
    fill(store, registry)
    live, gateways = LiveEngine(registry, schools.schedule), Gateways(registry, 10)
    way = Way(registry, gateways, lambda _topic, _payload: False, run_in_threadpool, now_ms)
    desk = CommandDesk(CommandBook(engine), way)
    return Hub(
        config=config,
        registry=registry,
        live=live,
        gateways=gateways,
        quarantine=Quarantine(engine, 1_000_000),
        series=SeriesReader(store),
        schools=schools,
        engine=engine,
        fanout=Fanout(),
        desk=desk,
        configurations=Configurations(engine, way),
        policies=Policies(engine, way, live=live, schedule_of=schools.known, desk=desk),
        pulls=Pulls(
            (),
            engine=engine,
            schools=schools,
            in_state_thread=run_in_threadpool,
            now_ms=now_ms,
            zone_of=lambda _school: "Asia/Ho_Chi_Minh",
        ),
        now_ms=now_ms,
        started_ms=now_ms(),
    )


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def fill(store: DuckDbSeries, registry: Registry) -> None:
    """Thirty days of some rooms, a message a minute with three values."""
    now_ms = time.time_ns() // 1_000_000
    for number in range(HISTORY_ROOMS):
        device = f"d{number}"
        store.replace_assignments(SCHOOL, device, registry.assignments(SCHOOL, device))
        store.commit(
            [
                Point(
                    SCHOOL,
                    device,
                    now_ms - (DAYS * 1_440 - minute) * 60_000,
                    {"co2_ppm": 420.0 + minute % 900, "temperature_c": 26.0 + minute % 7, "humidity_pct": 60.0},
                    "0" * 16,
                    minute + 1,
                )
                for minute in range(DAYS * 1_440)
            ],
            [],
        )


async def serve(folder: Path) -> None:
    """Every second all rooms measure something new; what a tick and its publication cost goes to `cost.json`."""
    hub = build(folder)
    server = uvicorn.Server(uvicorn.Config(create_app(hub), port=0, log_level="warning"))
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn offers a flag, not an event
        await asyncio.sleep(0.01)
    (folder / "port").write_text(str(server.servers[0].sockets[0].getsockname()[1]), encoding="utf-8")
    ticks: list[float] = []
    publications: list[float] = []
    turn = 0
    while not serving.done():
        turn += 1
        now_ms = hub.now_ms()
        hub.live.apply([_reading(number, turn, now_ms) for number in range(ROOMS)], now_ms)
        began = time.process_time()
        rooms = hub.live.tick(now_ms)
        ticked = time.process_time()
        hub.fanout.publish(Changes(now_ms, rooms))
        ticks.append(ticked - began)
        publications.append(time.process_time() - ticked)
        figures = {"rooms": len(rooms), "tick": ticks[-10:], "publish": publications[-10:]}
        figures["viewers"] = hub.fanout.viewers
        (folder / "cost.tmp").write_text(json.dumps(figures), encoding="utf-8")
        (folder / "cost.tmp").replace(folder / "cost.json")
        await asyncio.sleep(1.0)


def _reading(number: int, turn: int, now_ms: int) -> Reading:
    values: dict[str, float | str] = {"co2_ppm": 500.0 + (number + turn * 7) % 900, "temperature_c": 27.0 + turn % 5}
    return Reading(SCHOOL, "g", f"d{number}", now_ms, now_ms, values)


async def watch(port: int, mark: str, seconds: float) -> int:
    """One viewer; the bytes it was sent."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    request = f"GET /live/wall?since={mark} HTTP/1.1\r\nHost: localhost\r\n\r\n"
    writer.write(request.encode())
    received, until = 0, time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        try:
            received += len(await asyncio.wait_for(reader.read(65_536), left))
        except TimeoutError:
            break
    writer.close()
    return received


def fetch(address: str) -> tuple[float, bytes]:
    request = urllib.request.Request(address, headers={"accept-encoding": "gzip"})  # noqa: S310 - our own server
    began = time.perf_counter()
    with urllib.request.urlopen(request) as answer:  # noqa: S310
        body = answer.read()
    return time.perf_counter() - began, body


async def measure(folder: Path, process: psutil.Process, seconds: float) -> list[tuple[str, str]]:
    port = int((folder / "port").read_text(encoding="utf-8"))
    base = f"http://localhost:{port}"
    pages = [fetch(base) for _ in range(8)]
    wall = gzip.decompress(pages[0][1])
    mark = re.search(rb'"id":"([0-9a-f]+-\d+)"', wall)
    assert mark is not None  # noqa: S101
    await asyncio.sleep(3)
    alone = process.memory_info().rss
    cost_alone = _cost(folder)
    cpu = process.cpu_times()
    received = await asyncio.gather(*(watch(port, mark.group(1).decode(), seconds) for _ in range(VIEWERS - 1)),
                                    _rss_later(process, seconds * 0.8))  # fmt: skip
    spent = process.cpu_times()
    watched, cost = received.pop(), _cost(folder)
    cpu_share = (spent.user + spent.system - cpu.user - cpu.system) / seconds
    histories = {chosen: median(fetch(f"{base}/live/rooms/{SCHOOL}.r{n}/history?range={chosen}")[0] for n in range(6))
                 for chosen in ("3h", "24h", "7d", "30d")}  # fmt: skip
    return [
        ("first response of the wall, bytes (gzip / plain)", f"{len(pages[0][1]):,} / {len(wall):,}"),
        ("first response of the wall, time, median", f"{median(t for t, _ in pages) * 1000:.0f} ms"),
        ("rooms changed in each update", f"{cost[2]}"),
        ("live tick of 1,000 rooms, CPU", f"{cost[0] * 1000:.1f} ms"),
        (f"shape, compare, encode, hand to {VIEWERS - 1} viewers, CPU", f"{cost[1] * 1000:.1f} ms"),
        ("the same with nobody looking", f"{cost_alone[1] * 1000:.1f} ms"),
        ("whole process with viewers, of one core", f"{cpu_share * 100:.0f} %"),
        ("bytes to one viewer for each update", f"{median(received) / seconds:,.0f}"),
        ("memory of the process, nobody looking", f"{alone / 1e6:.0f} MB"),
        ("memory for each viewer", f"{(watched - alone) / (VIEWERS - 1) / 1e3:.0f} kB"),
        *(
            (f"room history {chosen}, seven charts, whole request", f"{s * 1000:.0f} ms")
            for chosen, s in histories.items()
        ),
    ]


async def _rss_later(process: psutil.Process, seconds: float) -> int:
    await asyncio.sleep(seconds)
    return int(process.memory_info().rss)


def _cost(folder: Path) -> tuple[float, float, int]:
    found = json.loads((folder / "cost.json").read_text(encoding="utf-8"))
    return median(found["tick"]), median(found["publish"]), found["rooms"]


def main(seconds: float = 15.0) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        child = subprocess.Popen([sys.executable, "-m", "benchmarks.pages", "serve", name], cwd=os.getcwd())  # noqa: PTH109
        try:
            deadline = time.monotonic() + 180
            while not (folder / "cost.json").exists():
                if child.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit("the hub of the benchmark did not start")
                time.sleep(0.1)
            rows = asyncio.run(measure(folder, psutil.Process(child.pid), seconds))
        finally:
            child.terminate()
            child.wait(20)
    print_table(f"Pages: wall of {ROOMS} rooms, {VIEWERS - 1} viewers", ("what", "measured"), rows)


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        asyncio.run(serve(Path(sys.argv[2])))
    else:
        main()

"""The demo from start to end: stage, processes, summary, and everything gone again."""

import http.client
import json
import os
import shutil
import signal
import sys
import time
import webbrowser
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import msgspec
from rich.console import Console
from rich.live import Live

from demo.cast import GATEWAYS, NEW_GATEWAY, SCHOOL, make_cast
from demo.crew import Crew, SetupFailed, classhub, nats_server
from demo.guide import Pulse, address, live_lines, plain_programme, programme
from demo.office import Office, OfficeClosed
from demo.plan import HOST, port_taken
from demo.stage import OPERATOR, Stage, StageProblem, claim_folder, prepare_hub, set_stage
from demo.units import serial_units
from wire.text import Text

_READY_S = 60.0
_PATIENCE_S = 2.0
_PLAIN_EVERY_S = 30.0
_MOST_RESTARTS = 5
_PAST_ARRIVES_S = 45.0
_PAST_ROWS, _ON_THE_WAY = 10_000, 100  # of one gateway: its day has begun to come, and all but the newest is in
EVERY_GATEWAY = (*(gateway for gateway, _ in GATEWAYS), NEW_GATEWAY)


class Options(msgspec.Struct, frozen=True):
    folder: Path
    port: int
    keep: bool = False
    browser: bool = True


class Stopped(Exception):  # not an error: somebody wants the demo to end
    pass


class DemoBroken(Exception):
    """A part of the demo ended by itself; `text` says which, with the end of its log."""

    def __init__(self, text: Text) -> None:
        self.text = text
        super().__init__(text.both())


def play(options: Options) -> int:
    """Run the demo until somebody ends it. Returns the exit code; what is wrong is printed."""
    console = Console()
    if port_taken(options.port):
        another = options.port + 1
        console.print(
            f"Cổng {options.port} đang được chương trình khác dùng; thử: classhub demo --port {another}\n"
            f"Port {options.port} is used by another program; try: classhub demo --port {another}",
            style="red",
        )
        return 1
    listen_for_end()
    try:
        claim = claim_folder(options.folder)
    except StageProblem as problem:
        console.print(problem.text.both(), style="red")
        return 1
    crew = Crew(options.folder)
    try:
        return _play(options, crew, console)
    except Stopped:
        return 0
    finally:
        _end(options, crew, console)
        claim.close()


def _play(options: Options, crew: Crew, console: Console) -> int:
    began = time.monotonic()
    try:
        stage = set_stage(options.folder, options.port)
        console.print("… chuẩn bị trường mô phỏng / setting up the simulated school", style="dim")
        start_gateways(stage, crew)
        prepare_hub(stage)
        crew.start("hub", classhub("hub", "run", "--config", str(stage.plan.hub_toml())))
        await_ready(lambda: get(stage, "/readyz") is not None, stage, crew)
    except StageProblem as problem:
        console.print(problem.text.both(), style="red")
        return 1
    except (SetupFailed, DemoBroken) as failed:
        console.print(str(failed), style="red", markup=False)
        return 1
    taken_s = time.monotonic() - began
    console.print(f"… sẵn sàng sau / ready after {taken_s:.0f} s", style="dim")
    if options.browser and console.is_terminal and (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        webbrowser.open(address(stage))
    try:
        _show(stage, crew, console)
    except DemoBroken as broken:
        console.print(broken.text.both(), style="red", markup=False)
        return 1
    except OfficeClosed as closed:
        console.print(str(closed), style="red", markup=False)
        return 1
    return 0


def start_gateways(stage: Stage, crew: Crew, gateways: tuple[str, ...] = EVERY_GATEWAY) -> None:
    """The gateways, each the process it would be in a school, and the world they measure. They wait for their hub."""
    plan, broker = stage.plan, nats_server()
    if broker is None:
        raise StageProblem(Text("thiếu nats-server: chạy make setup", "nats-server is missing: run make setup"))
    crew.start("local-broker", [broker, "-c", str(plan.folder / "local-broker.conf")])
    crew.start("world", [sys.executable, "-m", "demo.world", str(plan.folder)])
    await_ready(plan.serial_port(serial_units()[-1].id).exists, stage, crew)
    for gateway in gateways:
        crew.start(gateway, classhub("edge", "run", "--config", str(plan.edge_toml(gateway))))


def await_ready(ready: Callable[[], bool], stage: Stage, crew: Crew) -> None:
    deadline = time.monotonic() + _READY_S
    while not ready():
        check_crew(crew)
        if time.monotonic() > deadline:
            raise DemoBroken(
                Text(
                    f"chưa sẵn sàng sau {_READY_S:.0f} giây; xem {stage.plan.folder}/logs",
                    f"not ready after {_READY_S:.0f} s; the hub's log ends:\n{crew.tail('hub')}",
                )
            )
        time.sleep(0.1)


def check_crew(crew: Crew) -> None:
    """A gateway that ended by itself is started again, as systemd would; raises DemoBroken for anything else."""
    for name, code in crew.ended().items():
        if name in EVERY_GATEWAY and code < 0 and crew.revive(name, _MOST_RESTARTS):
            continue
        log = crew.tail(name)
        raise DemoBroken(
            Text(f"{name} đã dừng (mã {code})", f"{name} ended by itself (exit code {code}); its log:\n{log}")
        )


def _show(stage: Stage, crew: Crew, console: Console) -> None:
    """The summary and its live line, until stopped."""
    started = stage.plan.started_ms / 1_000
    office = Office(f"http://{HOST}:{stage.plan.web_port}", OPERATOR, stage.password)
    if not console.is_terminal:
        print(plain_programme(stage), flush=True)
        _open_office(stage, crew, office)
        while True:
            check_crew(crew)
            print(live_lines(pulse(stage), time.time() - started).plain, flush=True)
            time.sleep(_PLAIN_EVERY_S)
    console.print(programme(stage, console.width, console.height))
    _open_office(stage, crew, office)
    with Live(live_lines(pulse(stage), 0), console=console, refresh_per_second=2) as live:
        while True:
            check_crew(crew)
            live.update(live_lines(pulse(stage), time.time() - started))
            time.sleep(1)


def _open_office(stage: Stage, crew: Crew, office: Office) -> None:
    """The day's changes are told once its past is there: then the hub derives the day with all that was measured."""
    deadline = time.monotonic() + _PAST_ARRIVES_S
    while not _past_arrived(stage) and time.monotonic() < deadline:
        check_crew(crew)
        time.sleep(0.5)
    office.write(stage.diary, make_cast(), stage.bells)


def _past_arrived(stage: Stage) -> bool:
    gateways = api(stage, f"/api/v1/schools/{SCHOOL}/gateways") or []
    accounts = [gateway["tele"] for gateway in gateways if gateway["status"] == "accepted"]
    return bool(accounts) and all(one["late"] > _PAST_ROWS and one["outstanding"] < _ON_THE_WAY for one in accounts)


def pulse(stage: Stage) -> Pulse | None:
    """How the school is doing, from the hub's own API; None while it does not answer."""
    rooms = api(stage, f"/api/v1/schools/{SCHOOL}/rooms")
    gateways = api(stage, f"/api/v1/schools/{SCHOOL}/gateways")
    devices = api(stage, f"/api/v1/schools/{SCHOOL}/devices")
    if rooms is None or gateways is None or devices is None:
        return None
    known = [gateway for gateway in gateways if gateway["status"] == "accepted"]
    return Pulse(
        statuses=dict(Counter(room["status"] for room in rooms)),
        gateways_online=sum(gateway["online"] for gateway in known),
        gateways=len(known),
        pending=sum(gateway["status"] == "pending" for gateway in gateways),
        unassigned=sum(device["room"] is None for device in devices),
        stored=sum(gateway["tele"]["received"] for gateway in known),
    )


def api(stage: Stage, path: str) -> Any:
    """GET from the demo's hub as JSON; None where it does not answer with success."""
    body = get(stage, path)
    return None if body is None else json.loads(body)


def get(stage: Stage, path: str) -> bytes | None:
    connection = http.client.HTTPConnection(HOST, stage.plan.web_port, timeout=_PATIENCE_S)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read()
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
    return body if answer.status == http.client.OK else None


def listen_for_end() -> None:
    """From now on a signal to end raises Stopped."""
    for ending in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(ending, _stop)


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise Stopped


def end_crew(crew: Crew) -> None:
    for ending in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):  # a second Ctrl-C must not leave processes behind
        signal.signal(ending, signal.SIG_IGN)
    crew.stop()


def _end(options: Options, crew: Crew, console: Console) -> None:
    console.print("… kết thúc / ending", style="dim")
    end_crew(crew)
    if options.keep:
        console.print(f"Giữ lại / kept: {options.folder}")
    else:
        shutil.rmtree(options.folder, ignore_errors=True)

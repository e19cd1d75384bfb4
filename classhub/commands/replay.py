"""`classhub replay FILE --school S --room R`: a recorded series through a real edge agent to a hub.

Exit 0 when the hub has acknowledged every row; 1 where rows were bad, a setting was wrong or the time ran out.
"""

import argparse
import asyncio
import json
import logging
import signal
import sys
import tempfile
import time
from pathlib import Path

import msgspec

from edge.agent import Agent
from edge.config import BrokerSettings, ClockSettings, EdgeConfig, GatewaySettings, OutboxSettings
from edge.sources.replay import Replay
from wire.address import split_host_port
from wire.ids import is_id, slug
from wire.release import RELEASE
from wire.settings import SettingsError
from wire.topics import RESERVED_SCHOOL

INPUT_WRONG = 1
USAGE = 2
_LOOK_S = 0.2
_TELL_S = 10.0


class ReplayResult(msgspec.Struct, frozen=True):
    """What became of the file. `acknowledged` says that the hub holds all of it."""

    file: str
    rows: int
    bad_rows: int
    readings: int
    acknowledged: bool
    seconds: float
    epoch: str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("file", type=Path, metavar="FILE", help="tệp CSV / the CSV file")
    add("--school", required=True, help="mã trường / school id")
    add("--room", required=True, help="mã phòng, đứng đầu mã thiết bị / room id, prefix of the device ids")
    add("--gateway", help="mã cổng / gateway id (replay-ROOM)")
    add("--map", type=Path, metavar="TOML", help="mô tả cột / map of the columns (beside FILE, else docs/replay)")
    add("--speed", type=float, default=0.0, help="1 = nhịp của tệp / the file's pace; 0 = nhanh nhất / fastest")
    add("--shift-to-now", action="store_true", help="dời thời gian về hiện tại / move times to now")
    add("--broker", default="127.0.0.1:1883", metavar="HOST:PORT")
    add("--hub", default="main", help="mã hub / hub id")
    add("--password-file", type=Path, help="mật khẩu của cổng tại broker / the gateway's broker password")
    add("--data-dir", type=Path, help="nơi giữ hàng đợi / where the outbox is kept (a temporary folder)")
    add(
        "--timeout",
        type=float,
        default=0.0,
        metavar="S",
        help="thôi chờ sau S giây / give up after S seconds (0: never)",
    )
    add("--json", action="store_true", help="cho máy đọc / for machines")


def run(arguments: argparse.Namespace) -> int:
    wrong = _usage_problem(arguments)
    if wrong:
        print(f"classhub replay: {wrong}", file=sys.stderr)
        return USAGE
    logging.basicConfig(level="WARNING", format="%(message)s", stream=sys.stderr)
    try:
        with tempfile.TemporaryDirectory(prefix="classhub-replay-") as folder:
            result = asyncio.run(_replay(arguments, arguments.data_dir or Path(folder)))
    except SettingsError as problem:
        print(problem, file=sys.stderr)
        return INPUT_WRONG
    _print(result, as_json=arguments.json)
    return 0 if result.acknowledged and not result.bad_rows else INPUT_WRONG


def _usage_problem(arguments: argparse.Namespace) -> str:
    for option in ("school", "room", "gateway", "hub"):
        value = getattr(arguments, option)
        if value is not None and (not is_id(value) or (option == "school" and value == RESERVED_SCHOOL)):
            return f"--{option} {value!r}: chỉ dùng / use only a-z 0-9 -"
    if split_host_port(arguments.broker) is None:
        return f"--broker {arguments.broker!r}: HOST:PORT, [IPv6]:PORT"
    return "--speed: >= 0" if arguments.speed < 0 else ""


def _config(arguments: argparse.Namespace, folder: Path) -> EdgeConfig:
    host, port = split_host_port(arguments.broker) or ("", 0)
    return EdgeConfig(
        gateway=GatewaySettings(
            school=arguments.school,
            id=arguments.gateway or slug(f"replay-{arguments.room}"),
            data_dir=folder,
            hub=arguments.hub,
        ),
        broker=BrokerSettings(host=host, port=port, password_file=arguments.password_file),
        clock=ClockSettings(trust="system"),
        outbox=OutboxSettings(keep_acknowledged_h=0, commit_interval_s=0.25, min_free_mb=20),
    )


async def _replay(arguments: argparse.Namespace, folder: Path) -> ReplayResult:
    source = Replay(
        arguments.file, arguments.map, arguments.speed, shift_to_now=arguments.shift_to_now, prefix=arguments.room
    )
    agent = Agent(_config(arguments, folder), source_file="--password-file", software=f"classhub {RELEASE} replay")
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    began_s = time.monotonic()
    work = asyncio.create_task(agent.run([source], stop))
    settled = await _wait(agent, source, stop, work, arguments.timeout)
    stop.set()
    await work
    return ReplayResult(
        file=str(arguments.file),
        rows=source.rows,
        bad_rows=source.bad_rows,
        readings=source.sent,
        acknowledged=settled,
        seconds=round(time.monotonic() - began_s, 1),
        epoch=agent.dispatch.epoch,
    )


async def _wait(
    agent: Agent, source: Replay, stop: asyncio.Event, work: "asyncio.Task[None]", timeout_s: float
) -> bool:
    """Until all is acknowledged, or somebody or the clock says stop."""
    began_s = told_s = time.monotonic()
    while not stop.is_set() and not work.done():
        if agent.running.is_set() and source.finished and source.durable == source.sent and await agent.settled():
            return True
        now_s = time.monotonic()
        if timeout_s and now_s - began_s > timeout_s:
            return False
        if now_s - told_s > _TELL_S:
            told_s = now_s
            print(_progress(agent, source), file=sys.stderr)
        await asyncio.wait([work], timeout=_LOOK_S)
    return False


def _progress(agent: Agent, source: Replay) -> str:
    if not agent.uplink.connected:
        return "đang chờ broker / waiting for the broker"
    if not agent.uplink.hub_online:
        return "đang chờ hub / waiting for the hub"
    gateway = agent.config.gateway
    if agent.dispatch.retry_s(time.monotonic()) is not None:
        return (
            f"hub chưa nhận cổng {gateway.school}/{gateway.id} hoặc chưa ghi được / the hub has not accepted this "
            "gateway, or cannot store now"
        )
    return f"đã gửi / sent {source.sent}"


def _print(result: ReplayResult, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(msgspec.to_builtins(result)))
        return
    print(f"tệp / file              {result.file}")
    print(f"dòng / rows             {result.rows}")
    print(f"dòng lỗi / bad rows     {result.bad_rows}")
    print(f"số đo / readings        {result.readings}")
    print(f"hub đã nhận đủ / held   {'có / yes' if result.acknowledged else 'CHƯA / NO'}")
    print(f"giây / seconds          {result.seconds}")

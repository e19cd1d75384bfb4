"""`classhub bridge`: which device hangs on a port, what it says now, a recording of it, and the list of all devices.

Exit 0 fine, 1 nothing found or the port cannot be used, 2 wrong usage.
"""

import argparse
import asyncio
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from classhub.commands.bridge_watch import NOBODY, figures, watch
from classhub.installer.devices_page import renewed
from classhub.installer.probing import LISTEN_S, Found, Report, probe
from classhub.installer.recording import About, write_recording
from classhub.installer.session import dialogue_of, talk
from firmware_bridge.device import Device, Options
from firmware_bridge.devices import DEVICES, device_named, unknown_device
from firmware_bridge.links.line import LinkError
from firmware_bridge.links.opening import open_line
from wire.text import Text

FINE, PROBLEMS, USAGE = 0, 1, 2
_PORT = "cổng: /dev/…, usb:VID:PID, tcp:HOST:PORT / the port"
_DEVICE = "thiết bị / device: " + ", ".join(DEVICES)
_ALL = Text("xem danh sách: classhub bridge devices", "list them with: classhub bridge devices")
_MOST_SHOWN = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    kinds = parser.add_subparsers(dest="what", required=True, metavar="probe|watch|record|devices")
    find = kinds.add_parser("probe", help="tìm thiết bị và tốc độ / find the device and its speed")
    find.add_argument("port", help=_PORT)
    find.add_argument("--device", action="append", help="chỉ thử thiết bị này / try only this one (may be repeated)")
    find.add_argument("--listen", type=float, default=LISTEN_S, help="giây nghe ở mỗi tốc độ / seconds at each speed")
    find.add_argument("--json", action="store_true", help="cho máy đọc / for machines")
    _options(find)
    see = kinds.add_parser("watch", help="xem thiết bị đang nói gì / see what it says now")
    see.add_argument("port", help=_PORT)
    see.add_argument("device", help=_DEVICE)
    see.add_argument("--seconds", type=float, default=float("inf"), help="dừng sau / stop after")
    see.add_argument("--raw", action="store_true", help="kèm byte thô / with raw bytes")
    see.add_argument(
        "--acknowledge",
        action="store_true",
        help="xác nhận với nút những gì đã hiện: nút gửi số đo mới và quên số đã hiện (cổng không nhận được) / "
        "acknowledge to a node what was shown: it sends new readings and forgets those: the gateway never gets them",
    )
    _options(see)
    record = kinds.add_parser("record", help="ghi lại để làm ca kiểm thử / record it as a test case")
    record.add_argument("port", help=_PORT)
    record.add_argument("device", help=_DEVICE)
    record.add_argument(
        "--into", type=Path, required=True, help="thư mục, ví dụ / folder: tests/captures/pms5003/room-a"
    )
    record.add_argument("--seconds", type=float, default=60.0, help="60; Ctrl-C dừng sớm hơn / Ctrl-C ends it earlier")
    record.add_argument("--firmware", default="", help="phiên bản của thiết bị / the device's firmware")
    record.add_argument("--who", default="", help="ai ghi (không ghi tên học sinh) / who records")
    _options(record)
    listed = kinds.add_parser("devices", help="mọi thiết bị biết nói chuyện / every device this speaks to")
    listed.add_argument("--page", type=Path, help="viết lại bảng trong docs/devices.md / write the page's tables anew")


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--address", type=int, help="địa chỉ bus hoặc số máy / bus address or set number")
    parser.add_argument(
        "--password-file", type=Path, help="tệp mật khẩu của thiết bị / file with the device's password"
    )


def run(arguments: argparse.Namespace) -> int:
    if arguments.what == "devices":
        if arguments.page:
            arguments.page.write_text(renewed(arguments.page.read_text(encoding="utf-8")), encoding="utf-8")
            return FINE
        for device in DEVICES.values():
            print(f"{device.name:<18} {device.title.both()}")
        return FINE
    try:
        return asyncio.run(_on_port(arguments))
    except LinkError as refused:
        _complain(refused.text)
        return PROBLEMS
    except (OSError, UnicodeDecodeError) as broken:  # a folder, or a password file
        _complain(Text(f"không đọc hoặc ghi được: {broken}", f"cannot be read or written: {broken}"))
        return PROBLEMS


async def _on_port(arguments: argparse.Namespace) -> int:
    password = None if arguments.password_file is None else arguments.password_file.read_text(encoding="utf-8").strip()
    options = Options(arguments.address, password)
    if arguments.what == "probe":
        return await _probe(arguments, options)
    device = device_named(arguments.device)
    if device is None:
        _complain(unknown_device(arguments.device, _ALL))
        return USAGE
    if arguments.address is not None:
        there = _addressed(device, arguments.address)
        if there is None:
            number = arguments.address
            _complain(Text(f"{device.name} không có địa chỉ {number}", f"{device.name} has no address {number}"))
            return USAGE
        device = there
    if arguments.what == "watch":
        return await _watch(arguments, device, options)
    return await _record(arguments, device, options)


# ── probe ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def _probe(arguments: argparse.Namespace, options: Options) -> int:
    devices = list(DEVICES.values())
    if arguments.device:
        chosen = [device_named(name) for name in arguments.device]
        if None in chosen:
            _complain(unknown_device(arguments.device[chosen.index(None)], _ALL))
            return USAGE
        devices = [device for device in chosen if device is not None]
    elif not arguments.port.startswith(("tcp:", "udp:")):
        devices = [device for device in devices if device.baud]
    if options.address is not None:
        devices = [there for one in devices if (there := _addressed(one, options.address)) is not None]
    said = await probe(arguments.port, devices, options, _progress, arguments.listen)
    _progress("")
    if arguments.json:
        print(msgspec.json.encode(said).decode())
    else:
        _show(said)
    return FINE if said.found else PROBLEMS


def _addressed(device: Device, address: int) -> Device | None:
    """The device at this address, as it is where it has none to choose; None where it cannot have this one."""
    try:
        return device if device.at is None else device.at(address)
    except ValueError:
        return None


def _progress(step: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\x1b[K{step}", end="", file=sys.stderr, flush=True)
    elif step:
        print(step, file=sys.stderr, flush=True)


def _show(said: Report) -> None:
    for found in said.found[:_MOST_SHOWN]:
        print(f"{found.device:<18} {found.speed!s:<12} {_evidence(found)}")
    if len(said.found) > 1:
        same = Text(
            "khung của các loại này giống nhau, nên số ở đây chưa nói được là loại nào: chọn theo nhãn trên thiết bị",
            "frames of these kinds look alike, so the figures alone do not tell which it is: choose by its label",
        )
        print(same.both())
    if said.found:
        return
    noisy = [speed for speed, count in said.received.items() if count]
    if noisy:
        text = Text(
            f"có byte ở {', '.join(noisy)} nhưng không khung nào đúng: kiểm tra dây và GND chung; hoặc đây là thiết bị "
            "chưa được hỗ trợ",
            f"bytes came at {', '.join(noisy)}, but no sound frame: check the wires and the common ground; or it is a "
            "device this does not know",
        )
    else:
        text = NOBODY
    _complain(text)


def _evidence(found: Found) -> str:
    return figures(found.values) or f"{found.sound} khung đúng / sound frames"


# ── watch and record ────────────────────────────────────────────────────────────────────────────────────────────────


async def _watch(arguments: argparse.Namespace, device: Device, options: Options) -> int:
    line = await open_line(arguments.port, device)
    try:
        good = await watch(
            line,
            device,
            options,
            arguments.seconds,
            acknowledge=arguments.acknowledge,
            raw=arguments.raw,
            complain=_complain,
        )
    finally:
        line.close()
    if not good:
        _complain(Text(f"không nghe được {device.title.vi}", f"no {device.title.en} was heard"))
    return FINE if good else PROBLEMS


async def _record(arguments: argparse.Namespace, device: Device, options: Options) -> int:
    line = await open_line(arguments.port, device)
    data = bytearray()
    began, seconds = time.monotonic(), arguments.seconds
    try:
        async for _ in talk(line, dialogue_of(device, options), seconds, on_bytes=data.extend):
            pass
    except asyncio.CancelledError:  # Ctrl-C ends it: what came until then is kept
        seconds = round(time.monotonic() - began, 1)
    finally:
        line.close()
    if not data:
        _complain(Text("không có byte nào: không ghi gì", "not one byte came: nothing is recorded"))
        return PROBLEMS
    about = About(
        device.name,
        arguments.firmware,
        arguments.who,
        datetime.now(UTC),
        arguments.port,
        device.baud,
        seconds,
    )
    try:
        write_recording(arguments.into, device, bytes(data), about)
    except FileExistsError:
        there = arguments.into
        _complain(Text(f"{there} đã có bản ghi: chọn tên khác", f"{there} holds a recording: choose another name"))
        return PROBLEMS
    print(f"{arguments.into}: {len(data)} byte; about.txt, expected.json: hãy xem lại / look them over")
    return FINE


def _complain(text: Text) -> None:
    print(text.both(), file=sys.stderr)

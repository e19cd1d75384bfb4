"""`classhub decode`: what a gateway would make of a message of a local broker, or of a serial capture.

One JSON object a line and value on standard output; events, availability and what was not understood on standard
error. Nothing is sent or stored.
Exit 0 fine, 1 the input has problems (bad frames, unreadable messages, nothing in it), 2 wrong usage.
"""

import argparse
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from edge.dialects.decoded import Decoded
from edge.dialects.zigbee2mqtt import Zigbee2Mqtt
from firmware_bridge.conversation import Conversation, Heard
from firmware_bridge.device import Device, Measured, WarmingUp
from firmware_bridge.devices import DEVICES, device_named
from firmware_bridge.framing.frame import BadFrame
from wire.quantities import QUANTITIES
from wire.text import Text

FINE, PROBLEMS, USAGE = 0, 1, 2
_FILE_HELP = "tệp vào, mặc định là đầu vào chuẩn / input file, standard input without it"
_WARMING = Text("khung rỗng: cảm biến đang làm nóng", "empty message: sensor warming up")
_NOTHING = Text("không có số đo nào", "no reading in it")


class Message(msgspec.Struct, frozen=True):
    """One line of a .jsonl file; `payload` is text, or the JSON the message carried."""

    topic: str
    payload: Any
    retained: bool = False


class InputProblem(Exception):
    """Input that cannot be read at all; the text names the file and the line."""

    def __init__(self, text: Text) -> None:
        self.text = text
        super().__init__(text.both())


def add_arguments(parser: argparse.ArgumentParser) -> None:
    kinds = parser.add_subparsers(dest="what", required=True, metavar="mqtt|serial")
    mqtt = kinds.add_parser("mqtt", help="một bản tin MQTT / a message of a local broker")
    mqtt.add_argument(
        "--topic", help="chủ đề; bỏ được khi --file là .jsonl / topic; a .jsonl file of {topic, payload} needs none"
    )
    mqtt.add_argument("--file", type=Path, help=_FILE_HELP)
    mqtt.add_argument("--base-topic", default="zigbee2mqtt", help="chủ đề gốc của Zigbee2MQTT / its base topic")
    serial = kinds.add_parser("serial", help="dữ liệu thô từ cổng nối tiếp / raw bytes of a serial line")
    serial.add_argument("device", metavar="DEVICE", help=", ".join(DEVICES))
    serial.add_argument("--file", type=Path, help=_FILE_HELP)


def run(arguments: argparse.Namespace) -> int:
    try:
        return _mqtt(arguments) if arguments.what == "mqtt" else _serial(arguments)
    except InputProblem as problem:
        _complain(problem.text)
        return PROBLEMS


def _mqtt(arguments: argparse.Namespace) -> int:
    lines = arguments.file is not None and arguments.file.suffix == ".jsonl" and not arguments.topic
    if not lines and not arguments.topic:
        _complain(Text("thiếu --topic", "--topic is missing"))
        return USAGE
    dialect = Zigbee2Mqtt(arguments.base_topic)
    content = _read(arguments.file)
    messages = _messages(content, arguments.file) if lines else [(arguments.topic, content, False)]
    code = FINE
    for topic, payload, retained in messages:
        if not topic.startswith(f"{dialect.base_topic}/"):
            _complain(_no_dialect(topic, dialect.base_topic))
            code = PROBLEMS
            continue
        code = max(code, _show(topic, dialect.decode(topic, payload, retained=retained)))
    return code


def _messages(content: bytes, path: Path) -> Iterator[tuple[str, bytes, bool]]:
    for number, line in enumerate(content.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            message = msgspec.json.decode(line, type=Message)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as broken:
            where = f"{path}:{number}: "
            raise InputProblem(
                Text(
                    f'{where}không phải {{"topic", "payload"}}: {broken}',
                    f'{where}not {{"topic", "payload"}}: {broken}',
                )
            ) from broken
        payload = message.payload
        raw = payload.encode() if isinstance(payload, str) else msgspec.json.encode(payload)
        yield message.topic, raw, message.retained


def _no_dialect(topic: str, base_topic: str) -> Text:
    return Text(
        f"{topic}: chưa có phương ngữ cho chủ đề này; chỉ đọc được Zigbee2MQTT ({base_topic}/…, đổi bằng --base-topic)",
        f"{topic}: no dialect reads this topic; only Zigbee2MQTT ({base_topic}/…, see --base-topic) is known",
    )


def _show(topic: str, found: list[Decoded]) -> int:
    """Print the values of one message; on standard error its events and what is left."""
    code = FINE
    for decoded in found:
        for quantity, value in decoded.values.items():
            code = max(code, _print_value(decoded.device, quantity, value, _time(decoded)))
    for decoded in found:
        for event in decoded.events:
            said = f"{event.kind} {msgspec.json.encode(event.data).decode()}"
            _complain(Text(f"{topic}: {decoded.device}: sự kiện {said}", f"{topic}: {decoded.device}: event {said}"))
    for decoded in found:
        if decoded.available is not None:
            word = Text("đang kết nối", "available") if decoded.available else Text("mất kết nối", "not available")
            _complain(Text(f"{topic}: {decoded.device}: {word.vi}", f"{topic}: {decoded.device}: {word.en}"))
        for key in decoded.unknown:
            _complain(Text(f"{topic}: khóa lạ, không có đại lượng: {key}", f"{topic}: unknown key, no quantity: {key}"))
        for problem in decoded.problems:
            _complain(Text(f"{topic}: {problem.vi}", f"{topic}: {problem.en}"))
            code = PROBLEMS
    return code


def _time(decoded: Decoded) -> str | None:
    return None if decoded.at_ms is None else rfc3339(decoded.at_ms)


def _serial(arguments: argparse.Namespace) -> int:
    device = device_named(arguments.device)
    if device is None:
        known = ", ".join(DEVICES)
        _complain(
            Text(
                f"không biết thiết bị {arguments.device!r}; có: {known}",
                f"no device {arguments.device!r}; there are: {known}",
            )
        )
        return USAGE
    conversation = Conversation(device)
    heard = conversation.feed(_read(arguments.file)) + conversation.finish()
    bad = [_tell(device, one) for one in heard].count(True)
    if not any(isinstance(one, Heard) and isinstance(one.meaning, Measured) for one in heard):
        _complain(_NOTHING)
        return PROBLEMS
    return PROBLEMS if bad else FINE


def _tell(device: Device, one: Heard | BadFrame) -> bool:
    """Print one thing heard; True when it is a bad frame or its value cannot be."""
    wrong = False
    if isinstance(one, BadFrame):
        shown = one.raw.hex(" ") + (" …" if one.length > len(one.raw) else "")
        _complain(
            Text(
                f"vị trí {one.offset}: {one.length} byte: {one.reason.vi}: {shown}",
                f"offset {one.offset}: {one.length} bytes: {one.reason.en}: {shown}",
            )
        )
        return True
    if isinstance(one.meaning, Measured):
        for quantity, value in one.meaning.values.items():
            wrong = _print_value(device.name, quantity, value, None) != FINE or wrong
    elif isinstance(one.meaning, WarmingUp):
        _complain(Text(f"vị trí {one.offset}: {_WARMING.vi}", f"offset {one.offset}: {_WARMING.en}"))
    return wrong


def _read(path: Path | None) -> bytes:
    if path is None:
        return sys.stdin.buffer.read()
    try:
        return path.read_bytes()
    except OSError as broken:
        why = broken.strerror or str(broken)
        raise InputProblem(Text(f"{path}: không đọc được: {why}", f"{path}: cannot be read: {why}")) from broken


def rfc3339(at_ms: int) -> str:
    """In UTC; milliseconds only where there are some."""
    moment = datetime.fromtimestamp(at_ms // 1000, UTC)
    fraction = f".{at_ms % 1000:03d}" if at_ms % 1000 else ""
    return f"{moment:%Y-%m-%dT%H:%M:%S}{fraction}Z"


def _print_value(device: str, quantity: str, value: float | str, time: str | None) -> int:
    shown = int(value) if isinstance(value, float) and value.is_integer() else value
    row = QUANTITIES[quantity]
    _print({"device": device, "quantity": quantity, "value": shown, "unit": row.unit, "time": time})
    if row.accepts(value):
        return FINE
    allowed = f"{row.minimum:g}…{row.maximum:g} {row.unit}".strip()
    _complain(
        Text(
            f"{device}: {quantity} {shown} nằm ngoài {allowed}: trung tâm sẽ cách ly giá trị này",
            f"{device}: {quantity} {shown} is outside {allowed}: the hub will quarantine it",
        )
    )
    return PROBLEMS


def _print(row: dict[str, Any]) -> None:
    print(msgspec.json.encode(row).decode())


def _complain(text: Text) -> None:
    print(text.both(), file=sys.stderr)

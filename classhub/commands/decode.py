"""`classhub decode`: what a gateway would make of a message of a local broker, or of a serial capture.

One JSON object a line and value on standard output; events, availability and what was not understood on standard
error. Nothing is sent or stored.
Exit 0 fine, 1 the input has problems (bad frames, unreadable messages, nothing in it), 2 wrong usage.
"""

import argparse
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from classhub.commands import decode_serial
from classhub.commands.decode_output import FINE, PROBLEMS, USAGE, InputProblem, complain, print_value, read
from edge.dialects.decoded import Decoded
from edge.dialects.zigbee2mqtt import Zigbee2Mqtt
from firmware_bridge.devices import DEVICES
from wire.text import Text

_FILE_HELP = "tệp vào, mặc định là đầu vào chuẩn / input file, standard input without it"


class Message(msgspec.Struct, frozen=True):
    """One line of a .jsonl file; `payload` is text, or the JSON the message carried."""

    topic: str
    payload: Any
    retained: bool = False


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
        return _mqtt(arguments) if arguments.what == "mqtt" else decode_serial.run(arguments)
    except InputProblem as problem:
        complain(problem.text)
        return PROBLEMS


def _mqtt(arguments: argparse.Namespace) -> int:
    lines = arguments.file is not None and arguments.file.suffix == ".jsonl" and not arguments.topic
    if not lines and not arguments.topic:
        complain(Text("thiếu --topic", "--topic is missing"))
        return USAGE
    dialect = Zigbee2Mqtt(arguments.base_topic)
    content = read(arguments.file)
    messages = _messages(content, arguments.file) if lines else [(arguments.topic, content, False)]
    code = FINE
    for topic, payload, retained in messages:
        if not topic.startswith(f"{dialect.base_topic}/"):
            complain(_no_dialect(topic, dialect.base_topic))
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
            code = max(code, print_value(decoded.device, quantity, value, _time(decoded)))
    for decoded in found:
        for event in decoded.events:
            said = f"{event.kind} {msgspec.json.encode(event.data).decode()}"
            complain(Text(f"{topic}: {decoded.device}: sự kiện {said}", f"{topic}: {decoded.device}: event {said}"))
    for decoded in found:
        if decoded.available is not None:
            word = Text("đang kết nối", "available") if decoded.available else Text("mất kết nối", "not available")
            complain(Text(f"{topic}: {decoded.device}: {word.vi}", f"{topic}: {decoded.device}: {word.en}"))
        for key in decoded.unknown:
            complain(Text(f"{topic}: khóa lạ, không có đại lượng: {key}", f"{topic}: unknown key, no quantity: {key}"))
        for problem in decoded.problems:
            complain(Text(f"{topic}: {problem.vi}", f"{topic}: {problem.en}"))
            code = PROBLEMS
    return code


def _time(decoded: Decoded) -> str | None:
    return None if decoded.at_ms is None else rfc3339(decoded.at_ms)


def rfc3339(at_ms: int) -> str:
    """In UTC; milliseconds only where there are some."""
    moment = datetime.fromtimestamp(at_ms // 1000, UTC)
    fraction = f".{at_ms % 1000:03d}" if at_ms % 1000 else ""
    return f"{moment:%Y-%m-%dT%H:%M:%S}{fraction}Z"

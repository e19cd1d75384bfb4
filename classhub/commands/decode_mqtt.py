"""`classhub decode mqtt`: what a gateway would make of messages of a local broker, through every dialect it knows."""

import argparse
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from classhub.commands.decode_output import (
    FINE,
    PROBLEMS,
    USAGE,
    InputProblem,
    Kind,
    complain,
    print_identity,
    print_value,
    read_text,
    rfc3339,
)
from edge.dialects.decoded import Decoded
from edge.dialects.heard import HeardLog
from edge.dialects.router import SILENT, UNCLAIMED, Router, build_router
from edge.dialects.table import DEFAULT_OFFSET_MIN, DIALECTS, Surroundings
from wire.mapping import Mapping
from wire.text import Text

_IDENTITY = "identity"
_NOTHING = Text(
    "không có gì trong bản tin: bản tin rỗng chỉ xóa bản tin giữ lại của chủ đề này",
    "nothing in the message: an empty one only clears what is retained on this topic",
)
_SILENT = Text(
    "hiểu được, không có số đo nào: cài đặt, lệnh, mô tả, bản lặp lại, hay giá trị còn chờ mô tả của nó",
    "understood, no measurement in it: a setting, an order, a description, a repeat, or a value that waits for one",
)
_PRINTED_JSON = re.compile(rb"(?P<topic>[^\s{\[/]*/[^{\[]*?) (?P<payload>[{\[].*)")
_PRINTED = re.compile(rb"(?P<topic>[^\s{\[/]*/[^\s]*) (?P<payload>.*)")


class Message(msgspec.Struct, frozen=True):
    """One line of a .jsonl file; `payload` is text, or the JSON the message carried."""

    topic: str
    payload: Any
    retained: bool = False


def add_arguments(mqtt: argparse.ArgumentParser, file_help: str) -> None:
    mqtt.add_argument(
        "--topic",
        help="chủ đề; bỏ được với dòng {topic, payload} hay dòng của mosquitto_sub -v / topic; lines of "
        "{topic, payload} (.jsonl) or of mosquitto_sub -v need none",
    )
    mqtt.add_argument("--file", type=Path, help=file_help)
    mqtt.add_argument("--base-topic", default="zigbee2mqtt", help="chủ đề gốc của Zigbee2MQTT / its base topic")
    mqtt.add_argument(
        "--offset-min",
        type=int,
        default=DEFAULT_OFFSET_MIN,
        help="giờ không ghi múi giờ lệch UTC bao nhiêu phút / minutes east of UTC of times without an offset",
    )


def run(arguments: argparse.Namespace) -> int:
    """Raises InputProblem."""
    content = read_text(arguments.file)
    if not arguments.topic and not _begins_with_a_topic(content):
        complain(Text("thiếu --topic", "--topic is missing"), Kind.PROBLEM)
        return USAGE
    place = Surroundings(zigbee2mqtt=arguments.base_topic, timezone_offset_min=arguments.offset_min)
    router = build_router("decode", (), place)
    messages = [(arguments.topic, content, False)] if arguments.topic else _messages(content, arguments.file)
    code = FINE
    for topic, payload, retained in messages:
        code = max(code, _decode(router, topic, payload, retained=retained))
    if arguments.topic and not content.strip() and code == FINE:
        complain(_NOTHING, Kind.PROBLEM, topic=arguments.topic)
        return PROBLEMS
    if arguments.topic and router.counts[SILENT]:
        complain(_SILENT, topic=arguments.topic)
    return code


def _decode(router: Router, topic: str, payload: bytes, *, retained: bool) -> int:
    before = router.counts[UNCLAIMED]
    found = router.decode(topic, payload, retained=retained)
    if router.counts[UNCLAIMED] > before:
        _tell_unclaimed(topic, payload)
        return PROBLEMS
    code = _show(topic, found)
    if any(one.unknown for one in found) and not any(one.values or one.events or one.problems for one in found):
        _propose(topic, payload)  # somebody knows the topic, and nothing of what it says
    return code


def _begins_with_a_topic(content: bytes) -> bool:
    first = next((line for line in content.splitlines() if line.strip()), b"")
    return first.startswith(b"{") or _printed(first) is not None


def _printed(line: bytes) -> tuple[str, bytes] | None:
    """A line of `mosquitto_sub -v`: topic, space, payload. A topic may hold spaces where the payload is JSON."""
    match = _PRINTED_JSON.fullmatch(line) or _PRINTED.fullmatch(line)
    if match is None:
        return None
    return match["topic"].decode("utf-8", "replace"), match["payload"]


def _messages(content: bytes, path: Path | None) -> Iterator[tuple[str, bytes, bool]]:
    for number, line in enumerate(content.splitlines(), start=1):
        if not line.strip():
            continue
        printed = None if line.startswith(b"{") else _printed(line)
        if printed is not None:
            yield *printed, False
            continue
        try:
            message = msgspec.json.decode(line, type=Message)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as broken:
            where = f"{path or '-'}:{number}: "
            raise InputProblem(
                Text(
                    f'{where}không phải {{"topic", "payload"}}: {broken}',
                    f'{where}not {{"topic", "payload"}}: {broken}',
                )
            ) from broken
        payload = message.payload
        raw = payload.encode() if isinstance(payload, str) else msgspec.json.encode(payload)
        yield message.topic, raw, message.retained


def _tell_unclaimed(topic: str, payload: bytes) -> None:
    """Nobody reads this topic: say so, and which mappings a person could accept."""
    known = ", ".join(DIALECTS)
    complain(
        Text(
            f"không phương ngữ nào đọc chủ đề này (có: {known}; chủ đề gốc khác: --base-topic)",
            f"no dialect reads this topic (known: {known}; another base topic: --base-topic)",
        ),
        Kind.PROBLEM,
        topic=topic,
    )
    if not _propose(topic, payload):
        complain(Text("không đề xuất được ánh xạ nào", "no mapping can be proposed"))


def _propose(topic: str, payload: bytes) -> bool:
    """The mappings a person could accept; False where there is none."""
    log = HeardLog()
    log.note("decode", topic, payload)
    proposals = [heard.proposal for heard in log.heard() if heard.proposal is not None]
    if not proposals:
        return False
    complain(Text("có thể thêm vào edge.toml:", "could be added to edge.toml:"))
    for proposal in proposals:
        complain(Text(*[_toml(proposal)] * 2))
    return True


def _toml(mapping: Mapping) -> str:
    """As an entry of edge.toml; JSON's texts and numbers are TOML's too."""
    rows = [f"{key} = {msgspec.json.encode(value).decode()}" for key, value in msgspec.to_builtins(mapping).items()]
    return "\n".join(["[[mapping]]", *rows])


def _show(topic: str, found: list[Decoded]) -> int:
    """Print the values of one message; on standard error its events and what is left."""
    code = FINE
    for decoded in found:
        for quantity, value in decoded.values.items():
            code = max(code, print_value(decoded.device, quantity, value, _time(decoded)))
    for decoded in found:
        _show_events(topic, decoded)
    for decoded in found:
        if decoded.available is not None:
            word = Text("đang kết nối", "available") if decoded.available else Text("mất kết nối", "not available")
            complain(Text(f"{decoded.device}: {word.vi}", f"{decoded.device}: {word.en}"), topic=topic)
        for key in decoded.unknown:
            complain(Text(f"khóa lạ, không có đại lượng: {key}", f"unknown key, no quantity: {key}"), topic=topic)
        for problem in (*decoded.problems, *([decoded.refusal] if decoded.refusal else [])):
            complain(problem, Kind.PROBLEM, topic=topic)
            code = PROBLEMS
    return code


def _show_events(topic: str, decoded: Decoded) -> None:
    for event in decoded.events:
        if event.kind == _IDENTITY:
            print_identity(decoded.device, event.data)
            continue
        said = f"{event.kind} {msgspec.json.encode(event.data).decode()}"
        complain(Text(f"{decoded.device}: sự kiện {said}", f"{decoded.device}: event {said}"), topic=topic)


def _time(decoded: Decoded) -> str | None:
    return None if decoded.at_ms is None else rfc3339(decoded.at_ms)

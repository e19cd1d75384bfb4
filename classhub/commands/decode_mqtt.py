"""`classhub decode mqtt`: what a gateway would make of messages of a local broker, through every dialect it knows."""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from classhub.commands.decode_output import (
    FINE,
    PROBLEMS,
    USAGE,
    InputProblem,
    complain,
    print_identity,
    print_value,
    read_input,
    rfc3339,
)
from edge.dialects.decoded import Decoded
from edge.dialects.heard import HeardLog
from edge.dialects.router import UNCLAIMED, Router, build_router
from edge.dialects.table import DEFAULT_OFFSET_MIN, DIALECTS, Surroundings
from wire.mapping import Mapping
from wire.text import Text

_IDENTITY = "identity"


class Message(msgspec.Struct, frozen=True):
    """One line of a .jsonl file; `payload` is text, or the JSON the message carried."""

    topic: str
    payload: Any
    retained: bool = False


def add_arguments(mqtt: argparse.ArgumentParser, file_help: str) -> None:
    mqtt.add_argument(
        "--topic", help="chủ đề; bỏ được khi --file là .jsonl / topic; a .jsonl file of {topic, payload} needs none"
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
    lines = arguments.file is not None and arguments.file.suffix == ".jsonl" and not arguments.topic
    if not lines and not arguments.topic:
        complain(Text("thiếu --topic", "--topic is missing"))
        return USAGE
    place = Surroundings(zigbee2mqtt=arguments.base_topic, timezone_offset_min=arguments.offset_min)
    router = build_router("decode", (), place)
    content = read_input(arguments.file)
    messages = _messages(content, arguments.file) if lines else [(arguments.topic, content, False)]
    code = FINE
    for topic, payload, retained in messages:
        code = max(code, _decode(router, topic, payload, retained=retained))
    return code


def _decode(router: Router, topic: str, payload: bytes, *, retained: bool) -> int:
    before = router.counts[UNCLAIMED]
    found = router.decode(topic, payload, retained=retained)
    if router.counts[UNCLAIMED] > before:
        _tell_unclaimed(topic, payload)
        return PROBLEMS
    return _show(topic, found)


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


def _tell_unclaimed(topic: str, payload: bytes) -> None:
    """Nobody reads this topic: say so, and which mappings a person could accept."""
    known = ", ".join(DIALECTS)
    complain(
        Text(
            f"{topic}: không phương ngữ nào đọc chủ đề này (có: {known}; chủ đề gốc khác: --base-topic)",
            f"{topic}: no dialect reads this topic (known: {known}; another base topic: --base-topic)",
        )
    )
    log = HeardLog()
    log.note("decode", topic, payload)
    proposals = [heard.proposal for heard in log.heard() if heard.proposal is not None]
    if not proposals:
        complain(Text("không đề xuất được ánh xạ nào", "no mapping can be proposed"))
        return
    complain(Text("có thể thêm vào edge.toml:", "could be added to edge.toml:"))
    for proposal in proposals:
        complain(Text(*[_toml(proposal)] * 2))


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
            complain(Text(f"{topic}: {decoded.device}: {word.vi}", f"{topic}: {decoded.device}: {word.en}"))
        for key in decoded.unknown:
            complain(Text(f"{topic}: khóa lạ, không có đại lượng: {key}", f"{topic}: unknown key, no quantity: {key}"))
        for problem in (*decoded.problems, *([decoded.refusal] if decoded.refusal else [])):
            complain(Text(f"{topic}: {problem.vi}", f"{topic}: {problem.en}"))
            code = PROBLEMS
    return code


def _show_events(topic: str, decoded: Decoded) -> None:
    for event in decoded.events:
        if event.kind == _IDENTITY:
            print_identity(decoded.device, event.data)
            continue
        said = f"{event.kind} {msgspec.json.encode(event.data).decode()}"
        complain(Text(f"{topic}: {decoded.device}: sự kiện {said}", f"{topic}: {decoded.device}: event {said}"))


def _time(decoded: Decoded) -> str | None:
    return None if decoded.at_ms is None else rfc3339(decoded.at_ms)

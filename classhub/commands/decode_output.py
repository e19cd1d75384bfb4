"""What `classhub decode` prints: values on standard output, one JSON object a line, and the rest on standard error.

What stands on standard error is for people; with --json it too is one object a line: `kind` (problem or note), `vi`,
`en`, and where it is known `topic` or `offset` (in bytes).
"""

import sys
from contextvars import ContextVar
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import msgspec

from wire.quantities import QUANTITIES
from wire.text import Text

FINE, PROBLEMS, USAGE = 0, 1, 2
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"

for_machines: ContextVar[bool] = ContextVar("for_machines", default=False)


class Kind(StrEnum):
    """What is said beside the values: something wrong with the input, or what one may want to know."""

    PROBLEM = "problem"
    NOTE = "note"


class InputProblem(Exception):
    """Input that cannot be read at all; the text names the file and the line."""

    def __init__(self, text: Text) -> None:
        self.text = text
        super().__init__(text.both())


def read_text(path: Path | None) -> bytes:
    """As read_input, without the mark some editors put before a text. Raises InputProblem."""
    return read_input(path).removeprefix(_BYTE_ORDER_MARK)


def read_input(path: Path | None) -> bytes:
    """A file, or standard input. Raises InputProblem."""
    if path is None:
        return sys.stdin.buffer.read()
    try:
        return path.read_bytes()
    except OSError as broken:
        why = broken.strerror or str(broken)
        raise InputProblem(Text(f"{path}: không đọc được: {why}", f"{path}: cannot be read: {why}")) from broken


def print_value(device: str, quantity: str, value: float | str, time: str | None) -> int:
    """One value; PROBLEMS where its quantity cannot have it."""
    shown = int(value) if isinstance(value, float) and value.is_integer() else value
    row = QUANTITIES[quantity]
    print_row({"device": device, "quantity": quantity, "value": shown, "unit": row.unit, "time": time})
    if row.accepts(value):
        return FINE
    allowed = f"{row.minimum:g}…{row.maximum:g} {row.unit}".strip()
    complain(
        Text(
            f"{device}: {quantity} {shown} nằm ngoài {allowed}: trung tâm sẽ cách ly giá trị này",
            f"{device}: {quantity} {shown} is outside {allowed}: the hub will quarantine it",
        ),
        Kind.PROBLEM,
    )
    return PROBLEMS


def print_identity(device: str, data: dict[str, Any]) -> None:
    """A card, finger or code somebody showed; never printed where no person asked to see it."""
    print_row(
        {
            "device": device,
            "quantity": "identity",
            "value": data.get("reference"),
            "unit": "",
            "time": data.get("device_time"),
            "scheme": data.get("scheme"),
        }
    )


def rfc3339(at_ms: int) -> str:
    """In UTC; milliseconds only where there are some."""
    moment = datetime.fromtimestamp(at_ms // 1000, UTC)
    fraction = f".{at_ms % 1000:03d}" if at_ms % 1000 else ""
    return f"{moment:%Y-%m-%dT%H:%M:%S}{fraction}Z"


def print_row(row: dict[str, Any]) -> None:
    print(msgspec.json.encode(row).decode())


def complain(text: Text, kind: Kind = Kind.NOTE, *, topic: str | None = None, offset: int | None = None) -> None:
    """On standard error; people read the topic or the place before it."""
    if for_machines.get():
        said = {"kind": kind.value, "vi": text.vi, "en": text.en, "topic": topic, "offset": offset}
        print(msgspec.json.encode({key: one for key, one in said.items() if one is not None}).decode(), file=sys.stderr)
        return
    where = Text(f"{topic}: ", f"{topic}: ") if topic is not None else Text("", "")
    if offset is not None:
        where = Text(f"vị trí {offset}: ", f"offset {offset}: ")
    print(Text(where.vi + text.vi, where.en + text.en).both(), file=sys.stderr)

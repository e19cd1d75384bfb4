"""What `classhub decode` prints: values on standard output, one JSON object a line, and the rest on standard error."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from wire.quantities import QUANTITIES
from wire.text import Text

FINE, PROBLEMS, USAGE = 0, 1, 2


class InputProblem(Exception):
    """Input that cannot be read at all; the text names the file and the line."""

    def __init__(self, text: Text) -> None:
        self.text = text
        super().__init__(text.both())


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
        )
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


def complain(text: Text) -> None:
    print(text.both(), file=sys.stderr)

"""A recording of what a device says, in a folder that tests/firmware_bridge/test_captures.py finds by itself."""

from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from firmware_bridge.conversation import Conversation, Heard
from firmware_bridge.device import Device, Happened, Identified, Measured, WarmingUp
from firmware_bridge.framing.frame import BadFrame

INPUT, EXPECTED, ERRORS, ABOUT = "input.bin", "expected.json", "error.txt", "about.txt"


class About(msgspec.Struct, frozen=True):
    """Where a recording comes from. No people in it: `who` is a role or a nickname the recorder chose."""

    device: str
    firmware: str
    who: str
    at: datetime
    port: str
    baud: int
    seconds: float

    def text(self) -> str:
        return (
            f"device: {self.device}\nfirmware: {self.firmware or '?'}\nwho: {self.who or '?'}\n"
            f"when: {self.at.isoformat(timespec='seconds')}\nport: {self.port}, {self.baud} baud, {self.seconds:g} s\n"
            "recorded with: classhub bridge record; expected.json and error.txt are what the decoder of that day made "
            "of it: check them against the device before committing\n"
        )


def write_recording(folder: Path, device: Device, data: bytes, about: About) -> None:
    """Raises FileExistsError where the folder holds a recording, OSError where it cannot be written."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / INPUT).open("xb") as file:
        file.write(data)
    heard = _understood(device, data)
    readings = meant(heard)
    if readings:
        (folder / EXPECTED).write_bytes(msgspec.json.format(msgspec.json.encode(readings)) + b"\n")
    errors = complaints(heard)
    if errors:
        (folder / ERRORS).write_text("\n".join(errors) + "\n", encoding="utf-8")
    (folder / ABOUT).write_text(about.text(), encoding="utf-8")


def meant(heard: list[Heard | BadFrame]) -> list[dict[str, Any]]:
    """What stands in expected.json: measurements, identities and events with their place, oldest first."""
    found: list[dict[str, Any]] = []
    for one in heard:
        if isinstance(one, BadFrame):
            continue
        match one.meaning:
            case Measured(values, channel):
                found.append({"offset": one.offset, **({"channel": channel} if channel else {}), "values": values})
            case Identified():
                found.append({"offset": one.offset, "identified": msgspec.to_builtins(one.meaning)})
            case Happened(kind, data):
                found.append({"offset": one.offset, "event": kind, "data": data})
            case WarmingUp():
                found.append({"offset": one.offset, "warming_up": True})
    return found


def complaints(heard: list[Heard | BadFrame]) -> list[str]:
    """What stands in error.txt: `offset length reason` of every bad frame."""
    return [f"{one.offset} {one.length} {one.reason.en}" for one in heard if isinstance(one, BadFrame)]


def _understood(device: Device, data: bytes) -> list[Heard | BadFrame]:
    conversation = Conversation(device)
    return conversation.feed(data) + conversation.finish()

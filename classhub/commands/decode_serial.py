"""`classhub decode serial`: what a gateway would make of a serial capture, a TCP stream or joined datagrams.

Measurements and identities on standard output; answers, events and bad frames, with their place, on standard error.
Bytes as they are; hexadecimal text where --hex says so, or where the bytes as they are mean nothing to the device.
"""

import argparse

import msgspec

from classhub.commands.decode_device import NoDevice, device_of
from classhub.commands.decode_hex import in_pairs, read_hex
from classhub.commands.decode_output import (
    FINE,
    PROBLEMS,
    USAGE,
    InputProblem,
    Kind,
    complain,
    print_identity,
    print_value,
    read_input,
)
from firmware_bridge.conversation import Conversation, Heard
from firmware_bridge.device import Answer, Device, Echo, Happened, Identified, Measured, Noted, WarmingUp
from firmware_bridge.framing.delimited import Delimited
from firmware_bridge.framing.frame import BadFrame
from wire.text import Text

_WARMING = Text("khung rỗng: cảm biến đang làm nóng", "empty message: sensor warming up")
_NOTHING = Text("không có số đo nào", "no reading in it")
_OWN = Text("câu hỏi của chính cổng", "a request of the gateway's own")
_SPELT = Text("đọc như văn bản thập lục phân", "read as hexadecimal text")
_MAYBE_SPELT = Text(
    "các byte này toàn chữ số thập lục phân: nếu là văn bản thập lục phân (có thể bị cụt), thêm --hex",
    "these bytes are all hexadecimal digits: if they are hexadecimal text (maybe cut short), add --hex",
)
_NOT_HEX = Text("không phải văn bản thập lục phân", "no hexadecimal text")
_SAYING = Measured | Identified | Happened | Answer


def run(arguments: argparse.Namespace) -> int:
    try:
        device = device_of(arguments.device, arguments.address, arguments.table)
    except NoDevice as unknown:
        complain(unknown.text, Kind.PROBLEM)
        return USAGE
    heard = _understood(device, read_input(arguments.file), spelt=arguments.hex)
    code = max((_tell(device, one) for one in heard), default=PROBLEMS)
    meanings = [one.meaning for one in heard if isinstance(one, Heard)]
    if any(isinstance(meaning, Measured | Identified) for meaning in meanings):
        return code
    complain(_NOTHING, Kind.NOTE if code == FINE else Kind.PROBLEM)
    # Answers and notes alone are a sound capture; a device that only warms up, or nothing at all, was hoped to measure.
    said = any(not isinstance(meaning, WarmingUp) for meaning in meanings)
    return code if said else PROBLEMS


def _understood(device: Device, content: bytes, *, spelt: bool) -> list[Heard | BadFrame]:
    """Raises InputProblem where hexadecimal text was promised and is none."""
    in_bytes = read_hex(content)
    if spelt:
        if in_bytes is None:
            raise InputProblem(_NOT_HEX)
        return _listen(device, in_bytes)
    heard = _listen(device, content)
    if in_bytes is None or any(isinstance(one, Heard) and isinstance(one.meaning, _SAYING) for one in heard):
        return heard
    as_text = _listen(device, in_bytes)
    if not any(isinstance(one, Heard) for one in as_text) and not _surely_spelt(device, content, heard):
        complain(_MAYBE_SPELT)
        return heard  # it makes no sense either way: what is wrong with it is told of the bytes
    complain(_SPELT)
    return as_text


def _surely_spelt(device: Device, content: bytes, heard: list[Heard | BadFrame]) -> bool:
    """Whether text of which no frame is sound either way is meant as hexadecimal: what is wrong with it is then told of
    the bytes it spells. Never for a device that ends its frames with a character: it may speak in lines of text.
    """
    if isinstance(device.frame, Delimited) or any(isinstance(one, Heard) for one in heard):
        return False
    return in_pairs(content) or any(isinstance(one, BadFrame) and one.noise for one in heard)


def _listen(device: Device, content: bytes) -> list[Heard | BadFrame]:
    conversation = Conversation(device)
    return conversation.feed(content) + conversation.finish()


def _tell(device: Device, one: Heard | BadFrame) -> int:
    """Print one thing heard; PROBLEMS where it is a bad frame or its value cannot be."""
    if isinstance(one, BadFrame):
        shown = one.raw.hex(" ") + (" …" if one.length > len(one.raw) else "")
        _at(
            one.offset,
            Text(
                f"{one.length} byte: {one.reason.vi}: {shown}",
                f"{one.length} bytes: {one.reason.en}: {shown}",
            ),
            Kind.PROBLEM,
        )
        return PROBLEMS
    match one.meaning:
        case Measured(values, channel):
            name = f"{device.name}-{channel}" if channel else device.name
            return max((print_value(name, key, value, None) for key, value in values.items()), default=FINE)
        case Identified():
            _identity(device, one.meaning, one.offset)
        case Happened(kind, data):
            said = f"{kind} {msgspec.json.encode(data).decode()}"
            _at(one.offset, Text(f"sự kiện {said}", f"event {said}"))
        case Answer():
            _at(one.offset, _answer(one.meaning))
        case Noted(text):
            _at(one.offset, text)
        case WarmingUp():
            _at(one.offset, _WARMING)
        case Echo():
            _at(one.offset, _OWN)
        case _:
            pass  # the end of an order: a capture holds none
    return FINE


def _identity(device: Device, shown: Identified, offset: int) -> None:
    said = {"reference": shown.reference, "device_time": shown.device_time, "scheme": shown.scheme.value}
    print_identity(device.name, said)
    if shown.details:
        details = msgspec.json.encode(shown.details).decode()
        _at(offset, Text(f"kèm theo {details}", f"with {details}"))


def _answer(answer: Answer) -> Text:
    word = Text("thiết bị nhận", "accepted") if answer.accepted else Text("thiết bị từ chối", "refused")
    reason = answer.reason or Text(f"mã 0x{answer.code:02X}", f"code 0x{answer.code:02X}")
    return Text(f"{word.vi}: {reason.vi}", f"{word.en}: {reason.en}")


def _at(offset: int, text: Text, kind: Kind = Kind.NOTE) -> None:
    complain(text, kind, offset=offset)

"""Milesight's IPSO payloads: channel id, channel type, data, again and again. Pure.

Source: Milesight user guides of the models ("Uplink Packet", "Downlink Packet") and the tables and decoders the maker
        publishes for them, https://github.com/Milesight-IoT/SensorDecoders (facts only).
Frame:  [id, type, data of a length the pair determines]...; little endian. 20 CE and 21 CE are rows from memory.
Units:  by model, in the tables beside this file.
Errors: `Found.problems`; where a pair is not known nothing after it can be read, so what stands before it is kept and
        the pair is told with its place.
"""

from edge.dialects.codecs.found import Found
from edge.dialects.codecs.layout import parse, take
from edge.dialects.codecs.milesight_models import Model
from edge.dialects.codecs.milesight_settings import length_of_answer
from edge.dialects.codecs.milesight_special import SPECIALS
from wire.text import Text

_ANSWERS = frozenset({0xFE, 0xFF, 0xF8, 0xF9})
_SWITCHES = frozenset({(0x08, 0x70), (0x08, 0x29), (0xFF, 0x29)})


def read(model: Model, payload: bytes) -> Found:
    """Everything up to the first byte that cannot be understood."""
    found = Found()
    at = 0
    while at < len(payload):
        if len(payload) - at < 2:  # noqa: PLR2004
            found.problems.append(_cut_short(at))
            break
        pair, start = (payload[at], payload[at + 1]), at + 2
        length = _take(model, pair, payload[start:], found)
        if length is None:
            told = f"{pair[0]:02x} {pair[1]:02x}"
            found.note(f"channel {told}")
            found.problems.append(
                Text(
                    f"kênh lạ {told} ở byte {at}: phần còn lại không đọc được",
                    f"channel {told} at byte {at} is not known: the rest cannot be read",
                )
            )
            break
        if start + length > len(payload):
            found.problems.append(_cut_short(at))
            break
        at = start + length
        if pair in _SWITCHES:
            way = (0xFF, 0x29) if model.name.endswith("-V4") else pair
            found.way = f"{way[0]:02x} {way[1]:02x} {model.name[:4]}"
    return found


def _take(model: Model, pair: tuple[int, int], rest: bytes, found: Found) -> int | None:
    """The length of the channel's data, put into `found` where all of it is there; None where it is not known."""
    layout = model.channels.get(pair)
    if layout is None:
        return length_of_answer(model.family, pair, rest) if pair[0] in _ANSWERS else None
    if layout.startswith("="):
        return SPECIALS[layout[1:]](rest, found)
    parsed = parse(layout)
    if len(rest) >= parsed.size:
        take(parsed, rest[: parsed.size], found)
    return parsed.size


def _cut_short(at: int) -> Text:
    return Text(f"bản tin bị cắt ở byte {at}", f"the message is cut short at byte {at}")

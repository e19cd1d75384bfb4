"""Protocol Buffers as bytes: the fields of one message, bounded, without a schema; and the few writes we need. Pure.

Source: https://protobuf.dev/programming-guides/encoding. Wire types 0 (varint), 1 (64 bits), 2 (length), 5 (32 bits).
        Groups (3, 4) are of proto1 and are refused; nothing is ever descended into here, so nothing can be too deep.
Errors: Malformed.
"""

from collections.abc import Iterator

VARINT, FIXED64, LENGTH, FIXED32 = 0, 1, 2, 5
_LONGEST_VARINT = 10
_MOST_FIELDS = 50_000


class Malformed(Exception):
    """Bytes that are no message; says where."""


def fields(data: bytes) -> Iterator[tuple[int, int, int | bytes]]:
    """Number, wire type and value of each field in turn: an int for VARINT, else bytes. Raises Malformed."""
    at = count = 0
    while at < len(data):
        count += 1
        key, at = _varint(data, at)
        number, wire = key >> 3, key & 7
        if number == 0 or count > _MOST_FIELDS:
            raise Malformed(f"field {number}, the {count}th, at byte {at}")
        if wire == VARINT:
            value, at = _varint(data, at)
            yield number, wire, value
            continue
        if wire == LENGTH:
            size, at = _varint(data, at)
        elif wire in {FIXED64, FIXED32}:
            size = 8 if wire == FIXED64 else 4
        else:
            raise Malformed(f"wire type {wire} at byte {at}")
        if size > len(data) - at:
            raise Malformed(f"{size} bytes wanted at byte {at}, {len(data) - at} there")
        yield number, wire, data[at : at + size]
        at += size


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    for index in range(at, min(at + _LONGEST_VARINT, len(data))):
        byte = data[index]
        value |= (byte & 0x7F) << shift
        if byte < 0x80:  # noqa: PLR2004
            return value & 0xFFFF_FFFF_FFFF_FFFF, index + 1
        shift += 7
    raise Malformed(f"an integer without end at byte {at}")


def written(number: int, value: int | bytes) -> bytes:
    """One field: a varint, or bytes with their length. `value` is not negative."""
    if isinstance(value, int):
        return _written_varint(number << 3 | VARINT) + _written_varint(value)
    return _written_varint(number << 3 | LENGTH) + _written_varint(len(value)) + value


def _written_varint(value: int) -> bytes:
    found = bytearray()
    while value > 0x7F:  # noqa: PLR2004
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*found, value))

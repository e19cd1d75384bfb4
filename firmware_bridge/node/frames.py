"""Frames of the node protocol on the node's side: COBS, CRC-16, messages. Runs under MicroPython and CPython.

Written from docs/node-protocol.md alone and on purpose not shared with the gateway's side: each checks the other.
"""

import struct

VERSION = 1
HELLO, READINGS, EVENT, RESULT, ACK, DESCRIBE, ORDER = 1, 2, 3, 4, 8, 9, 10
MAX_FRAME = 260


def crc16(data: bytes) -> int:
    """CRC-16/MODBUS."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ 0xA001 if crc & 1 else crc >> 1
    return crc


def frame(kind: int, sequence: int, content: bytes) -> bytes:
    """One message as it goes over the line."""
    message = bytes((VERSION << 4 | kind, sequence)) + content
    return _stuff(message + struct.pack("<H", crc16(message))) + b"\x00"


def message_of(stuffed: bytes) -> bytes | None:
    """A frame without its closing 00 as a message without its CRC; None where it is broken."""
    out = bytearray()
    at = 0
    while at < len(stuffed):
        code = stuffed[at]
        if code == 0 or at + code > len(stuffed):
            return None
        out += stuffed[at + 1 : at + code]
        at += code
        if code < 255 and at < len(stuffed):  # noqa: PLR2004 a full run has no zero behind it
            out.append(0)
    if len(out) < 4:  # noqa: PLR2004 head, sequence, CRC
        return None
    message = bytes(out[:-2])
    return message if struct.unpack("<H", bytes(out[-2:]))[0] == crc16(message) else None


def text(said: str) -> bytes:
    """A text with its length in front, cut to what one byte can count."""
    encoded = said.encode()[:255]
    return bytes((len(encoded),)) + encoded


def _stuff(content: bytes) -> bytes:
    out = bytearray(b"\x00")
    code_at = 0
    for index, byte in enumerate(content):
        if byte:
            out.append(byte)
        if byte == 0 or len(out) - code_at == 255:  # noqa: PLR2004 a full run
            out[code_at] = len(out) - code_at
            if byte == 0 or index < len(content) - 1:
                code_at = len(out)
                out.append(0)
            else:
                return bytes(out)
    out[code_at] = len(out) - code_at
    return bytes(out)

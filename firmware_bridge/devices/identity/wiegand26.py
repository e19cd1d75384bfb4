"""Wiegand readers of 26 bits behind a text node: a microcontroller takes the pulses and writes one line a card.

Source: HID Global, "Understanding card data formats" (26-bit H10301) as facts; lines as sketches write them
        (monkeyboard/Wiegand-Protocol-Library-for-Arduino: number twice, and the type).
Frame:  one line: 26 letters 0 and 1 in the order they came; or their value as 7 hexadecimal letters; or, where the node
        has checked the parity, "W26:147:48149" (facility, card) or "Wiegand HEX = 93BC15, DECIMAL = 9681941, Type W26".
        Even parity over bits 1 to 13, odd over 14 to 26. Six letters alone are refused: seven with one lost look so.
Units:  none; the reference is FACILITY:CARD as printed on the card ("147:48149"); facility and card also as numbers.
Errors: BadFrame(parity, number of bits, out of range, no such form); never None.
"""

import re

from firmware_bridge.device import Device, Identified, Meaning, Noted, Scheme, Unusable
from firmware_bridge.devices.identity.held import HeldOnce
from firmware_bridge.framing.delimited import Delimited
from wire.text import Text

BITS, HALF = 26, 13
MOST_FACILITY, MOST_CARD = 255, 65_535
FRAME = Delimited(max_size=64)
_TWO_NUMBERS = Text("hai số trong dòng khác nhau", "the two numbers of the line differ")
_NAMED = re.compile(r"W26[:,](\d{1,3})[:,](\d{1,5})", re.ASCII | re.IGNORECASE)
_BITS = re.compile(r"(?:W26[:,])?([01]{8,64})", re.ASCII | re.IGNORECASE)
_HEX = re.compile(r"(?:W26[:,])?(?:0x)?0?([0-9a-f]{7})", re.ASCII | re.IGNORECASE)
_PRINTED = re.compile(r"Wiegand HEX = ([0-9a-f]{1,6}), DECIMAL = (\d{1,8}), Type W26", re.ASCII | re.IGNORECASE)


def decode(frame: bytes) -> Meaning:
    line = FRAME.content(frame).decode("ascii", errors="replace").strip()
    if line.startswith("#"):
        return Noted(Text("dòng chú thích của bo mạch", "a comment of the node"))
    if named := _NAMED.fullmatch(line):
        return _card(int(named[1]), int(named[2]))
    if printed := _PRINTED.fullmatch(line):
        number = int(printed[1], 16)
        return _card(number >> 16, number & 0xFFFF) if number == int(printed[2]) else Unusable(_TWO_NUMBERS)
    if bits := _BITS.fullmatch(line):
        return _checked(bits[1])
    if value := _HEX.fullmatch(line):
        number = int(value[1], 16)
        if number < 1 << BITS:
            return _checked(f"{number:0{BITS}b}")
    return Unusable(Text("không phải dòng Wiegand 26 bit", "no line of a 26-bit Wiegand card"))


def _checked(bits: str) -> Meaning:
    if len(bits) != BITS:
        return Unusable(Text(f"{len(bits)} bit, phải là {BITS}", f"{len(bits)} bits, expected {BITS}"))
    if bits[:HALF].count("1") % 2 or not bits[HALF:].count("1") % 2:
        return Unusable(Text("sai bit chẵn lẻ", "wrong parity"))
    return _card(int(bits[1:9], 2), int(bits[9:25], 2))


def _card(facility: int, card: int) -> Meaning:
    if facility > MOST_FACILITY or card > MOST_CARD:
        return Unusable(Text("mã cơ sở hoặc số thẻ quá lớn", "facility or card number out of range"))
    return Identified(Scheme.CARD, f"{facility}:{card}", details={"facility": facility, "card": card})


DEVICE = Device(
    name="wiegand26",
    title=Text("đầu đọc Wiegand 26 bit qua bo mạch", "26-bit Wiegand reader behind a text node"),
    baud=9600,
    frame=FRAME,
    decode=decode,
    quantities=(),
    interval_s=60.0,
    change_driven=True,
    dialogue=HeldOnce,
    wiring=Text(
        "Đầu đọc 12 V; D0 xanh lá, D1 trắng ở mức 5 V: qua bộ chia áp trước chân 3,3 V, chung GND. Bo mạch ghi mỗi thẻ "
        "một dòng 26 ký tự 0/1.",
        "Reader at 12 V; D0 green, D1 white at 5 V: dividers before 3.3 V pins, share GND. The node writes one line of "
        "26 letters 0 and 1 for each card.",
    ),
    also=("wiegand", "w26"),
)

"""RDM6300 reader of 125 kHz cards (EM4100), which sends a card's number again and again while the card lies there.

Source: RDM630 specification (Seeed) as facts; github.com/arduino12/rdm6300 and mad-tinkerer/python-rdm6300.
Frame:  02, ten hexadecimal letters (version, number of 4 bytes), two letters XOR of the five bytes, 03   (9600 8N1)
Units:  none; the reference is the number of 4 bytes, decimal (9681941); cards print it with ten digits, as `printed`.
Errors: BadFrame(checksum, no hexadecimal letters, length, noise); never None.
Cards of this kind are easily copied: who may come in is not decided by the number alone.
"""

from functools import reduce
from operator import xor

from firmware_bridge.device import Device, Identified, Meaning, Scheme
from firmware_bridge.devices.identity.held import HeldOnce
from firmware_bridge.framing.checksum import wrong_sum
from firmware_bridge.framing.delimited import Delimited
from wire.text import Text

_LETTERS = 12
_HEX = frozenset(b"0123456789ABCDEFabcdef")


def check(content: bytes) -> Text | None:
    if len(content) != _LETTERS:
        return Text(f"{len(content)} ký tự, phải là {_LETTERS}", f"{len(content)} letters, expected {_LETTERS}")
    if not _HEX.issuperset(content):
        return Text("không phải chữ số thập lục phân", "no hexadecimal letters")
    data = bytes.fromhex(content.decode())
    return wrong_sum(data[-1], reduce(xor, data[:-1]))


FRAME = Delimited(start=b"\x02", ends=b"\x03", max_size=_LETTERS + 2, check=check)


def decode(frame: bytes) -> Meaning:
    data = bytes.fromhex(FRAME.content(frame).decode())
    number = int.from_bytes(data[1:5], "big")
    return Identified(Scheme.CARD, str(number), details={"printed": f"{number:010d}", "version": data[0]})


DEVICE = Device(
    name="rdm6300",
    title=Text("đầu đọc thẻ 125 kHz RDM6300", "RDM6300 reader of 125 kHz cards"),
    baud=9600,
    frame=FRAME,
    decode=decode,
    quantities=(),
    interval_s=60.0,
    change_driven=True,
    dialogue=HeldOnce,
    wiring=Text(
        "Nguồn 5 V. TX ra mức 5 V: qua bộ chia áp trước chân 3,3 V. Chỉ cần TX và GND; để ăng-ten xa kim loại.",
        "Supply 5 V. TX is at 5 V: a divider before a 3.3 V pin. TX and GND suffice; keep the coil away from metal.",
    ),
    also=("rdm630", "rdm-6300", "em4100"),
)

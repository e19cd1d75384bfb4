"""PN532 NFC reader on its serial line (HSU): asked for a card five times a second, each card told once.

Source: see firmware_bridge.devices.identity.pn532_frames, which holds the frames.
Frame:  00 00 FF, LEN, LCS, TFI, data, DCS, 00   (115200 8N1)
Units:  none; the reference is the UID of an ISO 14443 type A card (MIFARE, NTAG) in hexadecimal letters.
Errors: as told there.
"""

from firmware_bridge.device import Device
from firmware_bridge.devices.identity import pn532_frames
from firmware_bridge.devices.identity.pn532_dialogue import Pn532Dialogue
from wire.text import Text

DEVICE = Device(
    name="pn532",
    title=Text("đầu đọc NFC PN532", "PN532 NFC reader"),
    baud=115_200,
    frame=pn532_frames.HsuFrame(),
    decode=pn532_frames.decode,
    decoder=pn532_frames.decoder,
    quantities=(),
    interval_s=5.0,
    answer_s=1.0,
    dialogue=Pn532Dialogue,
    wiring=Text(
        "Gạt công tắc SEL0/SEL1 về 0/0 (HSU). Nguồn 3,3–5 V tùy bo, tín hiệu 3,3 V; SDA/TXD nối RX, SCL/RXD nối TX, "
        "chung GND. Không đặt trên bàn kim loại.",
        "Set switches SEL0/SEL1 to 0/0 (HSU). Supply 3.3–5 V as the board says, signals 3.3 V; SDA/TXD to RX, SCL/RXD "
        "to TX, share GND. Not on a metal desk.",
    ),
    also=("pn532-hsu", "pn-532"),
)

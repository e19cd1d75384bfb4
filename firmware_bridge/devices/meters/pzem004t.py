"""Peacefair PZEM-004T v3 mains meter over UART (TTL).

Source: see peacefair.py. Factory address 1; 0xF8 reaches a single one whatever its address.
Frame:  request F8 04 0000 000A, answer 25 bytes; a real one answers with the address it was asked by.
Units:  voltage_v current_a power_w energy_kwh frequency_hz power_factor error_code
Errors: see peacefair.py. Without mains it is silent: it lives on the measured voltage.
"""

from firmware_bridge.devices.meters.peacefair import SHARED, SPEECH
from firmware_bridge.modbus_device import modbus_device
from wire.text import Text

DEVICE = modbus_device(
    SPEECH,
    SHARED,
    name="pzem004t",
    title=Text("công tơ PZEM-004T v3", "PZEM-004T v3 power meter"),
    errors=True,
    wiring=Text(
        "cấp 5 V cho phía TTL, tín hiệu 5 V: với Pi dùng bộ chuyển mức hoặc USB-TTL 5 V; RX/TX nối chéo; phía điện "
        "lưới nguy hiểm, do thợ điện đấu; không có điện lưới thì không trả lời; chung dây thì đặt địa chỉ riêng",
        "5 V supply on the TTL side, 5 V signals: a level shifter or a 5 V USB-TTL adapter with a Pi; RX and TX "
        "crossed; the mains side is dangerous and an electrician's work; silent without mains; several on one line "
        "need addresses of their own",
    ),
    also=("pzem004tv3", "pzem004tv30"),
)

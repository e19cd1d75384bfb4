"""Peacefair PZEM-016 (100 A clamp) and PZEM-014 (10 A) mains meters on RS-485.

Source: see peacefair.py. Factory address 1, 9600 8N1; 0xF8 reaches a single one.
Frame:  request 01 04 0000 000A, answer 25 bytes.
Units:  voltage_v current_a power_w energy_kwh frequency_hz power_factor error_code
Errors: see peacefair.py. Without mains it is silent.
"""

from firmware_bridge.devices.meters.peacefair import SPEECH
from firmware_bridge.modbus_device import modbus_device
from wire.text import Text

DEVICE = modbus_device(
    SPEECH,
    1,
    name="pzem016",
    title=Text("công tơ PZEM-016", "PZEM-016 power meter"),
    errors=True,
    wiring=Text(
        "RS-485: A với A, B với B; không cần nguồn riêng (lấy từ điện lưới); kẹp dòng quanh một dây pha; phía điện "
        "lưới do thợ điện đấu; địa chỉ xuất xưởng là 1, đặt số khác trước khi nối chung",
        "RS-485: A to A, B to B; no supply of its own (it lives on mains); the clamp goes around one live wire; the "
        "mains side is an electrician's work; factory address 1, set another before joining several",
    ),
    also=("pzem014", "pzem014016"),
)

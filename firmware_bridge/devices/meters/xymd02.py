"""XY-MD02 temperature and humidity transmitter on RS-485 (SHT20 or SHT40 inside).

Source: XY-MD02 user manual as reprinted by its sellers (domoticx.com, accautomation.ca, epanorama.net agree);
        facts.md section 4. 9600 8N1, factory address 1.
Frame:  request 01 04 0001 0002, answer: register 1 temperature/10 SIGNED, register 2 relative humidity/10.
Units:  temperature_c humidity_pct
Errors: BadFrame(CRC, cut short, noise); Unusable(other address, size, out of range); Answer(refused) with the reason.
        Set to its other protocol it sends lines of text by itself: all noise here.
"""

from firmware_bridge.modbus import Read
from firmware_bridge.modbus_device import Speech, modbus_device
from firmware_bridge.registers import Form, Register
from wire.text import Text

REGISTERS = (
    Register(1, "temperature_c", Form.S16, 0.1),
    Register(2, "humidity_pct", scale=0.1),
)

DEVICE = modbus_device(
    Speech(REGISTERS, polls=(Read(1, 2),)),
    1,
    name="xymd02",
    title=Text("cảm biến nhiệt ẩm XY-MD02", "XY-MD02 temperature and humidity sensor"),
    wiring=Text(
        "nguồn 5 đến 30 V một chiều; RS-485: A+ với A, B- với B, nối chung GND khi nguồn khác nhau; địa chỉ xuất "
        "xưởng là 1",
        "5 to 30 V DC; RS-485: A+ to A, B- to B, join GND where supplies differ; factory address 1",
    ),
    also=("md02",),
)

"""R307, AS608, ZFM and R311 fingerprint modules: searched all the time, told once for each finger put down.

Source: see firmware_bridge.devices.identity.fingerprint, which holds the packets and codes.
Frame:  EF 01, address, PID, length, payload, sum   (57600 8N1 from the factory)
Units:  none: identity events (place of the template, score), `identity_unknown`, `enrol`, `template_count`.
Errors: as told there; a wrong password is the event `device_refused`.
"""

from firmware_bridge.device import Command, Device
from firmware_bridge.devices.identity import fingerprint
from firmware_bridge.devices.identity.fingerprint_dialogue import FingerprintDialogue
from wire.orders import OrderKind
from wire.text import Text

DEVICE = Device(
    name="r307",
    title=Text("mô-đun vân tay R307", "R307 fingerprint module"),
    baud=57_600,
    frame=fingerprint.Packet(),
    decode=fingerprint.decode,
    decoder=fingerprint.decoder,
    quantities=(),
    interval_s=5.0,
    answer_s=2.0,  # an image and its features take most of a second
    dialogue=FingerprintDialogue,
    commands=(
        Command(
            OrderKind.ENROL,
            b"",
            Text("ghi danh vân tay vào vị trí đã cho", "store a finger at the given place"),
            caution=Text(
                "vân tay là dữ liệu sinh trắc học: phải có sự đồng ý của phụ huynh và của học sinh",
                "fingerprints are biometric data: the consent of parents and pupil is required",
            ),
        ),
        Command(OrderKind.DELETE_TEMPLATE, b"", Text("xóa vân tay ở vị trí đã cho", "delete the finger at that place")),
    ),
    wiring=Text(
        "R307: nguồn 4,2–6 V, tín hiệu 3,3 V; AS608: nguồn và tín hiệu 3,3 V. Màu dây khác nhau giữa các lô: tìm nguồn "
        "và GND bằng đồng hồ trước khi cắm. Nối chéo TX–RX, chung GND, cấp nguồn riêng nếu cổng USB yếu.",
        "R307: supply 4.2–6 V, signals 3.3 V; AS608: supply and signals 3.3 V. Wire colours differ between lots: find "
        "supply and GND with a meter first. Cross TX and RX, share GND; a weak USB port needs a supply of its own.",
    ),
    also=("as608", "zfm", "zfm-20", "zfm20", "r311", "r305", "r303", "fpm10a"),
)

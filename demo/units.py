"""Every device of the demo school: where it hangs, what it is called, and what a bridge says about it. Pure."""

from typing import Any

import msgspec

from demo.cast import GATEWAYS, NEW_GATEWAY, PLACES, Place

DEAD, DIES_AFTER_S = "b201-co2", 50.0  # this sensor falls silent while the visitor finds his seat
UNASSIGNED_ROOM = "a103"  # where the device really hangs that nobody has given a room yet
_DUSTY = ("a102", "a202", "b102")
_LISTENING = ("a101", "a103", "a202", "b101", "b203")
_COOLED = ("b102",)


class Fitted(msgspec.Struct, frozen=True):
    """A device that is neither on a serial line of its own nor Zigbee: on the network, on a shared line, by radio."""

    id: str
    room: str
    gateway: str
    name: str
    model: str


BOARD = Fitted("a101-bang", "a101", "cong-a1", "Bảng tương tác A101", "Samsung WA75C")
PROJECTOR = Fitted("b103-chieu", "b103", "cong-b", "Máy chiếu B103 (mạng)", "Epson EB-2250U")
METER = Fitted("b102-dien", "b102", "cong-b", "Điện cả phòng B102", "PZEM-016")
CLIMATE = Fitted("b102-tuong", "b102", "cong-b", "Nhiệt ẩm trên tường B102", "XY-MD02")
FAN = Fitted("quat-b202", "b202", "cong-b", "Quạt B202", "Tasmota")
LORA = Fitted("24e124710c143a07", "b203", "cong-b", "Không khí B203 (LoRaWAN)", "Milesight AM307")
STUCK_HUMIDITY_PCT = 61.3  # what CLIMATE has said for days, whatever the weather
READER = Fitted("a101-the", "a101", "cong-a1", "Đầu đọc thẻ A101", "RDM6300")
FITTED = (BOARD, PROJECTOR, METER, CLIMATE, FAN, LORA, READER)
BUS = "b102-rs485"
BUS_DEVICES = ((METER, "pzem016", 1), (CLIMATE, "xymd02", 2))
MQTT_GATEWAY = "cong-b"
# A board pupils built; its readings have a format of their own.
PUPILS_BOARD, PUPILS_ROOM = "stem/b201/khong-khi", "b201"


class SerialUnit(msgspec.Struct, frozen=True):
    """A sensor on a serial port. `device` is the driver's name in firmware_bridge."""

    id: str
    room: str
    gateway: str
    device: str
    name: str
    model: str


class ZigbeeUnit(msgspec.Struct, frozen=True):
    """A device of a Zigbee network. `room` is where it really is; `assigned` whether the hub is told so."""

    kind: str
    id: str  # the IEEE address
    room: str
    gateway: str
    friendly_name: str
    name: str
    assigned: bool = True


class Kind(msgspec.Struct, frozen=True):
    """What Zigbee2MQTT's device list says of one model."""

    model: str
    vendor: str
    description: str
    mains: bool
    numeric: dict[str, str] = {}
    binary: dict[str, tuple[Any, Any]] = {}


KINDS = {
    "climate": Kind(
        "SNZB-02P", "SONOFF", "Temperature and humidity sensor", False, {"temperature": "°C", "humidity": "%"}
    ),
    "motion": Kind(
        "RTCGQ11LM", "Aqara", "Motion sensor", False, {"illuminance": "lx"}, {"occupancy": (True, False)}
    ),
    "door": Kind("MCCGQ11LM", "Aqara", "Door and window contact sensor", False, {}, {"contact": (False, True)}),
    "plug": Kind(
        "TS011F_plug_1", "Tuya", "Smart plug (with power monitoring)", True,
        {"power": "W", "energy": "kWh", "voltage": "V", "current": "A"}, {"state": ("ON", "OFF")},
    ),
    "light": Kind("TS0001", "Tuya", "1 gang switch", True, {}, {"state": ("ON", "OFF")}),
    "sound": Kind("DIY_SOUND", "Custom devices (DiY)", "Sound level meter", True, {"noise": "dBA"}),
}  # fmt: skip


def serial_units() -> list[SerialUnit]:
    """A CO2 sensor in every room, a dust sensor in some, and the one on the gateway nobody has accepted."""
    units = []
    for place in PLACES:
        units.append(_co2(place.id, place.name, place.gateway))
        if place.id in _DUSTY:
            name = f"Bụi {place.name}"
            units.append(SerialUnit(f"{place.id}-pm", place.id, place.gateway, "pms5003", name, "Plantower PMS5003"))
    units.append(_co2("thu-vien", "Thư viện", NEW_GATEWAY))
    return units


def _co2(room: str, name: str, gateway: str) -> SerialUnit:
    return SerialUnit(f"{room}-co2", room, gateway, "mhz19", f"CO₂ {name}", "Winsen MH-Z19C")


def zigbee_units() -> list[ZigbeeUnit]:
    """The Zigbee devices of all rooms, and one more that lies unassigned."""
    units = [unit for place in PLACES for unit in _in_room(place)]
    address = f"0x00158d0000{UNASSIGNED_ROOM}99"
    spare = next(place for place in PLACES if place.id == UNASSIGNED_ROOM)
    units.append(ZigbeeUnit("climate", address, spare.id, spare.gateway, "cam-bien-moi", "", assigned=False))
    return units


def _in_room(place: Place) -> list[ZigbeeUnit]:
    wanted = [
        ("climate", "khi-hau", "Nhiệt độ, độ ẩm"),
        ("motion", "chuyen-dong", "Chuyển động"),
        ("door", "cua", "Cửa"),
        ("plug", "bang", "Ổ cắm bảng") if place.id == BOARD.room else ("plug", "may-chieu", "Máy chiếu"),
        ("light", "den", "Đèn"),
    ]
    if place.id in _LISTENING:
        wanted.append(("sound", "tieng-on", "Tiếng ồn"))
    if place.id in _COOLED:
        wanted.append(("plug", "dieu-hoa", "Điều hòa"))
    return [
        # A Zigbee address is 16 hexadecimal digits; the room's own name happens to be four of them.
        ZigbeeUnit(
            kind,
            f"0x00158d0000{place.id}{number:02x}",
            place.id,
            place.gateway,
            f"{place.id}/{word}",
            f"{vi} {place.name}",
        )
        for number, (kind, word, vi) in enumerate(wanted, 1)
    ]


def base_topic(gateway: str) -> str:
    """Each gateway's own Zigbee network, kept apart on the one local broker of the demo."""
    return f"zigbee2mqtt-{gateway}"


def bridge_devices(gateway: str) -> list[dict[str, Any]]:
    """What Zigbee2MQTT publishes (retained) as `bridge/devices`."""
    coordinator: dict[str, Any] = {
        "definition": None, "disabled": False, "endpoints": {}, "friendly_name": "Coordinator",
        "ieee_address": f"0x00124b00{zigbee_number(gateway):08x}", "interview_completed": True, "network_address": 0,
        "supported": True, "type": "Coordinator",
    }  # fmt: skip
    return [coordinator, *(_listed(unit) for unit in zigbee_units() if unit.gateway == gateway)]


def zigbee_number(gateway: str) -> int:
    return 0x25A1_0000 + [known for known, _ in GATEWAYS].index(gateway)


def _listed(unit: ZigbeeUnit) -> dict[str, Any]:
    kind = KINDS[unit.kind]
    exposes: list[dict[str, Any]] = [
        {"access": 1, "label": key.capitalize(), "name": key, "property": key, "type": "numeric", "unit": sign}
        for key, sign in kind.numeric.items()
    ]
    exposes += [
        {
            "access": 1, "label": key.capitalize(), "name": key, "property": key, "type": "binary",
            "value_on": on, "value_off": off,
        }
        for key, (on, off) in kind.binary.items()
    ]  # fmt: skip
    exposes.append({"access": 1, "name": "linkquality", "property": "linkquality", "type": "numeric", "unit": "lqi"})
    if not kind.mains:
        exposes.append({"access": 1, "name": "battery", "property": "battery", "type": "numeric", "unit": "%"})
    return {
        "definition": {
            "description": kind.description, "exposes": exposes, "model": kind.model, "vendor": kind.vendor,
            "options": [], "supports_ota": False,
        },
        "disabled": False, "endpoints": {}, "friendly_name": unit.friendly_name, "ieee_address": unit.id,
        "interview_completed": True, "interviewing": False, "model_id": kind.model, "manufacturer": kind.vendor,
        "network_address": int(unit.id[-6:], 16) % 65_521, "supported": True,
        "power_source": "Mains (single phase)" if kind.mains else "Battery",
        "type": "Router" if kind.mains else "EndDevice",
    }  # fmt: skip

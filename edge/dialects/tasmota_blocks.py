"""The sensor blocks of one Tasmota message: which quantity of which sensor each key is."""

import re
from typing import Any

import msgspec

from edge.dialects.figures import Refused, read_flag, read_number, within
from edge.dialects.json_paths import leaves
from edge.dialects.tasmota_keys import (
    ANYWHERE,
    BLOCKS,
    BLUETOOTH,
    CARD_READERS,
    DEVICE_TEMPERATURE,
    ENERGY,
    HOUSEKEEPING,
    INSIDE,
    LORAWAN,
    LORAWAN_STATES,
    MISLEADING,
    PRESSURE,
    PRESSURE_UNITS,
    SWITCH_ORDER,
    SWITCH_STATE,
    TEMPERATURE,
    ZIGBEE,
    ZIGBEE_STATES,
    ZONE_STATES,
    ZONE_STATUS,
    Meaning,
)
from wire.text import Text

_POWER = re.compile(r"POWER(\d{0,2})")
_BLUETOOTH = re.compile(r".+-[0-9a-f]{6}")  # LYWSD03-52680f: the last digits of its address
_NUMBERED = re.compile(r"([A-Za-z]+)(\d{1,2})")
_INDEXED = re.compile(r"([A-Z][A-Z0-9]*?)(?:[-_](?:\d{1,2}|0x[0-9A-Fa-f]{2}))?")
_SHORT_ADDRESS = re.compile(r"0x[0-9A-Fa-f]{4}")
_UNKNOWN_AT_MOST = 40
_SHORTEST_SERIAL = 4
_WIEGAND_BITS = 26
_DS18_POWER_ON = frozenset({85.0, 185.0})  # °C, °F: the content of its register after power on

Values = dict[str, float | str]


class Units(msgspec.Struct):
    """What the device counts in; a message without units is in those of the one before. Mutable."""

    temperature: str = "C"
    pressure: str = "hPa"


class Part(msgspec.Struct):
    """One sensor in a message. `ident` is how it is told from others of its device; values by channel ("" its own)."""

    ident: str
    apart: bool = False
    channels: dict[str, Values] = {}
    card: str = ""


class Message(msgspec.Struct):
    """What the blocks of one message say. Mutable."""

    units: Units
    parts: list[Part] = []
    unknown: list[str] = []
    problems: list[Text] = []

    def read(self, root: dict[str, Any]) -> None:
        """Take every key: a value, something understood, `unknown` or a problem."""
        self._learn_units(root)
        flat = Part("")
        for key, raw in root.items():
            if key in HOUSEKEEPING or raw is None:
                continue
            if relay := _POWER.fullmatch(key):
                self._state(flat, f"l{relay[1]}" if relay[1] else "", "switch_on", key, raw)
            elif key in {"ZbReceived", "LwReceived"} and isinstance(raw, dict):
                self._radio(key, raw)
            elif isinstance(raw, dict) and _is_zigbee(raw):
                self._radio("ZbReceived", {key: raw}, where="")
            elif key == "Wifi":
                self._wifi(flat, raw)
            elif isinstance(raw, dict):
                self._block(key, raw)
            elif key in ANYWHERE:
                self._number(flat, "", ANYWHERE[key], key, raw)
            else:
                self._note(key, raw)
        self.parts.append(flat)

    def _learn_units(self, root: dict[str, Any]) -> None:
        for key, field, known in (
            ("TempUnit", "temperature", {"C", "F"}),
            ("PressureUnit", "pressure", PRESSURE_UNITS),
        ):
            unit = root.get(key)
            if unit is None:
                continue
            if unit not in known if isinstance(unit, str) else True:
                self._say(key, Text(f"đơn vị lạ: {unit!r:.40}", f"unit not known: {unit!r:.40}"))
                unit = ""
            setattr(self.units, field, unit)

    # ── blocks ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _block(self, label: str, block: dict[str, Any]) -> None:
        """One sensor, known by its own number where it has one, for Tasmota's counting shifts when one is missing."""
        own = block.get("Id") or block.get("Address")
        part = Part(
            ident(own if isinstance(own, str) and len(own) > _SHORTEST_SERIAL else label),
            bool(_BLUETOOTH.fullmatch(label)),
        )
        family = base(label)
        if family in CARD_READERS:
            part.card = _card(block)
            self.parts.append(part)
            return
        meanings = _meanings(family, bluetooth=part.apart)
        misleading = MISLEADING.get(label.partition("-")[0], {})
        for key, raw in block.items():
            if key in misleading:
                self._note(f"{label}.{key} ({misleading[key]})", None)
            elif raw is not None and key not in HOUSEKEEPING:
                self._entry(part, label, meanings, key, raw)
        self.parts.append(part)

    def _entry(self, part: Part, label: str, meanings: dict[str, Meaning], key: str, raw: object) -> None:
        path = f"{label}.{key}"
        meaning = meanings.get(key)
        numbered = _NUMBERED.fullmatch(key) if meaning is None else None
        if meaning is not None and isinstance(raw, list | dict):
            self._phases(part, meaning, path, raw)
        elif meaning is not None:
            self._number(part, "", meaning, path, raw)
        elif isinstance(raw, dict) and key in INSIDE:
            self._block(key, raw)
        elif isinstance(raw, dict) and (numbered or key.startswith("CTEnergy")) and self._is_sensor(key, raw):
            self._block(f"{label}-{key}" if numbered is None or numbered[1] == "CTEnergy" else key, raw)
        elif numbered and numbered[1] in meanings and not isinstance(raw, list | dict):
            self._number(part, f"{ident(label)}-{numbered[2]}", meanings[numbered[1]], path, raw)
        else:
            self._note(path, raw)

    @staticmethod
    def _is_sensor(key: str, raw: dict[str, Any]) -> bool:
        """A block in a block: one of several old DS18x20 (`DS1`), or a current clamp (`CTEnergy1`)."""
        return key.startswith("CTEnergy") or ("Address" in raw and "Temperature" in raw)

    def _phases(self, part: Part, meaning: Meaning, path: str, raw: list[Any] | dict[str, Any]) -> None:
        """[1.2, 3.4] or {"Phase1": 1.2, …}: one channel each; a list of one is the device itself."""
        found = enumerate(raw, start=1) if isinstance(raw, list) else self._named_phases(path, raw)
        for number, one in found:
            if one is not None:
                self._number(part, "" if len(raw) == 1 else f"l{number}", meaning, f"{path}.{number}", one)

    def _named_phases(self, path: str, raw: dict[str, Any]) -> list[tuple[int, Any]]:
        phases = []
        for key, one in raw.items():
            if match := _NUMBERED.fullmatch(key):
                phases.append((int(match[2]), one))
            else:
                self._note(f"{path}.{key}", one)
        return phases

    def _wifi(self, flat: Part, raw: object) -> None:
        """`RSSI` is per cent, `Signal` (since 8.2) dBm."""
        if isinstance(raw, dict) and raw.get("Signal") is not None:
            self._number(flat, "", Meaning("rssi_dbm"), "Wifi.Signal", raw["Signal"])

    def _radio(self, kind: str, devices: dict[str, Any], where: str | None = None) -> None:
        """What a Zigbee or LoRaWAN bridge heard: every device there is a device of its own.

        Its figures are as Zigbee has them, °C and hPa, whatever the bridge shows its own in (SetOption8).
        """
        of_bridge, above = self.units, f"{kind}." if where is None else where
        numbers = ZIGBEE if kind == "ZbReceived" else LORAWAN
        for key, said in devices.items():
            if not isinstance(said, dict):
                self._note(f"{above}{key}", said)
                continue
            self.units = Units()
            self._learn_units({"PressureUnit": said.get("PressureUnit")})
            named = said.get("Name") if _SHORT_ADDRESS.fullmatch(key) else key
            part = Part(ident(named if isinstance(named, str) and named else key), apart=True)
            states = _zigbee_states(said) if kind == "ZbReceived" else LORAWAN_STATES
            for name, raw in said.items():
                path = f"{above}{key}.{name}"
                if name in numbers and raw is not None:
                    self._number(part, "", numbers[name], path, raw)
                elif name in states and raw is not None:
                    self._state(part, "", states[name], path, raw)
                elif name not in HOUSEKEEPING:
                    self._note(path, raw)
            self.parts.append(part)
        self.units = of_bridge

    # ── single values ──────────────────────────────────────────────────────────────────────────────────────────────

    def _number(self, part: Part, channel: str, meaning: Meaning, path: str, raw: object) -> None:
        try:
            number = read_number(raw)
            _check_measured(meaning.quantity, path, number)
            value = within(meaning.quantity, self._converted(meaning, number))
            self._put(part, channel, meaning.quantity, value)
        except Refused as refused:
            self._say(path, refused.text)

    def _state(self, part: Part, channel: str, quantity: str, path: str, raw: object) -> None:
        try:
            self._put(part, channel, quantity, read_flag(raw))
        except Refused as refused:
            self._say(path, refused.text)

    def _converted(self, meaning: Meaning, number: float) -> float:
        if meaning.quantity in {TEMPERATURE, DEVICE_TEMPERATURE} and self.units.temperature != "C":
            if self.units.temperature != "F":
                raise Refused(Text("đơn vị nhiệt độ lạ", "the temperature's unit is not known"))
            return round((number - 32) * 5 / 9, 6)
        if meaning.quantity == PRESSURE and self.units.pressure != "hPa":
            scale = PRESSURE_UNITS.get(self.units.pressure)
            if scale is None:
                raise Refused(Text("đơn vị áp suất lạ", "the pressure's unit is not known"))
            return round(number * scale[0] / scale[1], 6)
        return round(number * meaning.multiply / meaning.divide, 9)

    @staticmethod
    def _put(part: Part, channel: str, quantity: str, value: float | str) -> None:
        before = part.channels.setdefault(channel, {}).setdefault(quantity, value)
        if before != value:
            raise Refused(Text(f"đã có {quantity} {before}", f"{quantity} is {before} already"))

    def _note(self, path: str, raw: object) -> None:
        for keys, _ in leaves(raw, _UNKNOWN_AT_MOST, deepest=4) if isinstance(raw, dict) else [((), None)]:
            if len(self.unknown) < _UNKNOWN_AT_MOST:
                self.unknown.append(".".join((path, *keys)))

    def _say(self, path: str, text: Text) -> None:
        self.problems.append(Text(f"{path}: {text.vi}", f"{path}: {text.en}"))


def _check_measured(quantity: str, path: str, number: float) -> None:
    """Raises Refused for what sensors say before they have measured."""
    if quantity == "co2_ppm" and number == 0:
        raise Refused(Text("0 ppm: cảm biến chưa đo (đang làm nóng)", "0 ppm: not measured yet (warming up)"))
    if path.startswith("DS18") and number in _DS18_POWER_ON:
        raise Refused(Text("85 °C: cảm biến chưa đo", "85 °C: what it says before it has measured"))


def _card(block: dict[str, Any]) -> str:
    """A card's number; of 26 bits as it is printed on the card, facility and number (xsns_82_wiegand)."""
    number = block.get("UID")
    if isinstance(number, bool) or not isinstance(number, int):
        return number[:64] if isinstance(number, str) else ""
    if block.get("Size") == _WIEGAND_BITS and 0 <= number < 1 << 24:
        return f"{number >> 16}:{number & 0xFFFF}"
    return str(number) if 0 < number < 1 << 64 else ""


def _is_zigbee(said: dict[str, Any]) -> bool:
    """A device of a Zigbee bridge without `ZbReceived` around it (SetOption100)."""
    address = said.get("Device")
    return isinstance(address, str) and _SHORT_ADDRESS.fullmatch(address) is not None and "Endpoint" in said


def _zigbee_states(said: dict[str, Any]) -> dict[str, str]:
    """What of this message is a state; a button that orders others to switch has none."""
    states = ZIGBEE_STATES | (ZONE_STATES if ZONE_STATUS in said else {})
    if any(key.startswith(SWITCH_ORDER) for key in said):
        del states[SWITCH_STATE]
    return states


def _meanings(family: str, *, bluetooth: bool) -> dict[str, Meaning]:
    """What the keys of one block mean."""
    meanings = {**ANYWHERE, **(BLUETOOTH if bluetooth else {}), **BLOCKS.get(family, {})}
    if family in INSIDE:
        meanings["Temperature"] = Meaning(DEVICE_TEMPERATURE)
    return meanings


def base(label: str) -> str:
    """A sensor's kind: "DS18B20-1", "SHT3X-0x44" and "VL53L0X_2" are counted or addressed."""
    if label.rpartition("-")[2].startswith("CTEnergy"):
        return "CTEnergy"
    match = _INDEXED.fullmatch(label)
    return match[1] if match else label


def ident(label: str) -> str:
    """As the end of a device id: "VL53L0X_2" -> "vl53l0x-2"."""
    return re.sub(r"[^a-z0-9]+", "-", label.lower()).strip("-")[:40] or "x"


def energy(root: dict[str, Any]) -> dict[str, Any]:
    """Before version 6 a meter's figures had a topic of their own, without a block around them."""
    return {"ENERGY": {key: raw for key, raw in root.items() if key in ENERGY}} | {
        key: raw for key, raw in root.items() if key not in ENERGY
    }

"""Shelly devices of the first generation over MQTT: one topic a figure, and the status as JSON. Pure.

Source: https://shelly-api-docs.shelly.cloud/gen1/#mqtt-support (per device); github.com/bieniu/ha-shellies-discovery.
Topics: shellies/{id}/relay/0 on|off|overpower, …/relay/0/power W, …/relay/0/energy watt-minutes; emeter/0/total Wh;
        sensor/temperature humidity battery lux motion state vibration flood smoke; temperature (the device's own);
        ext_temperature/0; input_event/0 JSON; online; announce, info, status JSON; …/command is ours to send.
Units:  relay and light energies are watt-minutes, of an emeter only `total` and `total_returned` (Wh) are registers.
Channels: relay 0 is the device, relay N the sub-device N; emeters are l1, l2, l3; add-on sensors ext-0, ext-1, …
"""

import re

from edge.dialects.decoded import Decoded
from edge.dialects.dialect import Expectation, Telegram
from edge.dialects.figures import Refused, read_json, read_number, within
from edge.dialects.shelly_gathering import NO_ERROR, Gathering, Meaning
from edge.dialects.shelly_gen1_status import ENERGY, METER, read_status
from edge.dialects.shelly_rpc import online
from edge.dialects.zigbee2mqtt_watch import Watch
from wire.ids import slug
from wire.orders import Order, OrderKind
from wire.text import Text

ROOT = "shellies/"
_SENSORS = {
    "humidity": Meaning("humidity_pct"),
    "battery": Meaning("battery_pct"),
    "lux": Meaning("illuminance_lx"),
    "motion": Meaning("occupancy"),
    "state": Meaning("contact_open"),
    "flood": Meaning("water_leak"),
    "smoke": Meaning("smoke"),
}
_OUTPUT = re.compile(r"(relay|light|white|color)/(\d)(?:/(power|energy|status|overpower_value))?")
_TOTAL = re.compile(r"(?:relay|roller|light)(?:/(\d))?/(power|energy)")
_EMETER = re.compile(r"emeter/(\d)/(\w+)")
_OUTSIDE = re.compile(r"ext_(temperature|humidity)/(\d)")
_PUSH = re.compile(r"input_event/(\d)")
_JSON = frozenset({"info", "status"})
_UNDERSTOOD = re.compile(
    r"announce|settings|command|(?:.+/)?command|temperature_f|temperature_status|overtemperature|longpush/\d"
    r"|ext_temperature_f/\d|ext_temperatures|ext_humidities|sensor/(?:charger|act_reasons|ext_power|ext_temperature\w*)"
    r"|emeter/\d/(?:energy|returned_energy)|relay/\d/overpower_value|(?:light|white|color)/\d/set"
)
_DEVICES_AT_MOST = 2_000
_HOTTEST_C = 45.0  # hotter is no room, but 45 °F to 80 °F are many
_STATES = {OrderKind.SWITCH_ON: b"on", OrderKind.SWITCH_OFF: b"off"}


class ShellyGen1:
    """Every such device of one broker."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._models: dict[str, str] = {}
        self._units: dict[str, str] = {}  # of a device's bare temperature, as its status told
        self._relays: dict[str, str] = {}  # device id -> topic of its orders

    def claims(self, topic: str) -> bool:
        return topic.startswith(ROOT)

    def decode(self, topic: str, payload: bytes, *, retained: bool) -> list[Decoded]:
        name, _, rest = topic.removeprefix(ROOT).partition("/")
        if not rest or not name:
            if name == "announce":
                self._announced(payload)
            return []
        if rest == "online":
            return [online(name, payload)]
        if rest == "announce":
            self._announced(payload)
            return []
        found = Gathering()
        try:
            self._read(found, name, rest, payload)
        except Refused as refused:
            found.say(rest, refused.text)
        if rest.startswith("relay/"):
            self._learn_relays(name, found)
        return found.decoded(name, self._models.get(name, ""), self._watch, retained=retained)

    def accepts(self) -> dict[str, list[str]]:
        return {device: [kind.value for kind in _STATES] for device in self._relays}

    def telegram(self, order: Order) -> Telegram | None:
        topic, word = self._relays.get(order.device), _STATES.get(order.kind)
        if topic is None or word is None:
            return None
        return Telegram(topic, word, Expectation(order.device, "switch_on", float(word == b"on")))

    # ── topics ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _read(self, found: Gathering, name: str, rest: str, payload: bytes) -> None:
        """Raises Refused."""
        if rest in _JSON or rest.endswith("/status"):
            self._json(found, name, rest, payload)
            return
        text = payload[:200].decode("utf-8", "replace").strip()
        if push := _PUSH.fullmatch(rest):
            _push(found, push[1], read_json(payload))
        elif rest.startswith("sensor/"):
            self._sensor(found, name, rest, text)
        elif rest == "temperature":
            found.take("", Meaning("device_temperature_c"), rest, text)
        elif rest == "overtemperature":
            found.put("", "error_code", NO_ERROR if text in {"0", "false"} else "overtemperature")
        elif rest == "voltage":
            found.take("", Meaning("voltage_v"), rest, text)
        elif not _numbered(found, rest, text) and not _UNDERSTOOD.fullmatch(rest):
            found.note(rest)

    def _sensor(self, found: Gathering, name: str, rest: str, text: str) -> None:
        key = rest.removeprefix("sensor/")
        if key == "temperature":
            self._temperature(found, name, text)
        elif key == "vibration":
            if text != "-1":  # not supported
                found.take("", Meaning("vibration"), rest, text)
        elif key == "error":
            found.put("", "error_code", text[:200] or NO_ERROR)
        elif key in _SENSORS:
            found.take("", _SENSORS[key], rest, text)
        elif not _UNDERSTOOD.fullmatch(rest):
            found.note(rest)

    def _temperature(self, found: Gathering, name: str, text: str) -> None:
        """In the unit set in the device, which only its status tells. Raises Refused."""
        unit, number = self._units.get(name), read_number(text)
        celsius = within("temperature_c", round((number - 32) * 5 / 9, 6) if unit == "F" else number)
        if unit is None and number > _HOTTEST_C:
            raise Refused(Text(f"{number:g}: có thể là °F, chờ info", f"{number:g} may be °F: its info tells"))
        found.put("", "temperature_c", celsius)

    def _json(self, found: Gathering, name: str, rest: str, payload: bytes) -> None:
        """Raises Refused."""
        body = read_json(payload)
        if not isinstance(body, dict):
            raise Refused(Text("không phải đối tượng JSON", "not a JSON object"))
        output = _OUTPUT.fullmatch(rest)
        if output:
            found.take(_channel(output[2]), Meaning("switch_on"), f"{rest}.ison", body.get("ison"))
            found.take(_channel(output[2]), METER["power"], f"{rest}.power", body.get("power"))
            return
        tmp = body.get("tmp")
        units = tmp.get("units") if isinstance(tmp, dict) else None
        if units in ("C", "F") and (name in self._units or len(self._units) < _DEVICES_AT_MOST):
            self._units[name] = units
        read_status(found, body)

    # ── what is remembered ─────────────────────────────────────────────────────────────────────────────────────────

    def _announced(self, payload: bytes) -> None:
        """`{"id": …, "model": "SHSW-1", …}`."""
        try:
            body = read_json(payload)
        except Refused:
            return
        if not isinstance(body, dict) or len(self._models) >= _DEVICES_AT_MOST:
            return
        name, model = body.get("id"), body.get("model")
        if isinstance(name, str) and isinstance(model, str):
            self._models[name] = f"Shelly {model}"[:64]

    def _learn_relays(self, name: str, found: Gathering) -> None:
        for channel, values in found.channels.items():
            if "switch_on" in values and (not channel or channel.isdecimal()) and len(self._relays) < _DEVICES_AT_MOST:
                own = slug(name)
                device_id = slug(f"{own}-{channel}") if channel else own
                self._relays.setdefault(device_id, f"{ROOT}{name}/relay/{channel or 0}/command")


def _numbered(found: Gathering, rest: str, text: str) -> bool:
    """Topics with a number in them; False where it is none of these."""
    if output := _OUTPUT.fullmatch(rest):
        _output(found, output[1], output[2], output[3], rest, text)
    elif total := _TOTAL.fullmatch(rest):
        found.take(_channel(total[1] or "0"), METER[total[2]], rest, text)
    elif (emeter := _EMETER.fullmatch(rest)) and emeter[2] in ENERGY:
        found.take(f"l{int(emeter[1]) + 1}", ENERGY[emeter[2]], rest, text)
    elif rest == "emeter_n/current":
        found.take("n", ENERGY["current"], rest, text)
    elif outside := _OUTSIDE.fullmatch(rest):
        quantity = "temperature_c" if outside[1] == "temperature" else "humidity_pct"
        found.take(f"ext-{outside[2]}", Meaning(quantity), rest, text)
    elif adc := re.fullmatch(r"adc/(\d)", rest):
        found.take(f"adc-{adc[1]}", Meaning("voltage_v"), rest, text)
    else:
        return False
    return True


def _output(found: Gathering, kind: str, number: str, figure: str | None, rest: str, text: str) -> None:
    channel = _channel(number)
    if figure in METER:
        found.take(channel, METER[figure], rest, text)
    elif figure is None and kind == "relay" and text == "overpower":
        found.put(channel, "switch_on", 0.0)
        found.put(channel, "error_code", "overpower")
    elif figure is None:
        found.take(channel, Meaning("switch_on"), rest, text)


def _push(found: Gathering, number: str, body: object) -> None:
    done = body.get("event") if isinstance(body, dict) else None
    if isinstance(done, str) and done:
        found.buttons.append((_channel(number), done[:100]))


def _channel(number: str) -> str:
    return "" if number == "0" else number

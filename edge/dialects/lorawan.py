"""An uplink of a LoRaWAN device, whichever server told it: values from its bytes or from its decoded object. Pure.

Source: LoRaWAN 1.0.4 (port 0 is MAC commands; DevEUI). The bytes count before the server's object where the model is
known: the object's keys and units are whatever somebody's script made of them.
"""

import base64
import binascii
import hashlib

import msgspec

from edge.dialects.codecs.found import Found
from edge.dialects.codecs.table import codec_for
from edge.dialects.decoded import Decoded
from edge.dialects.figures import Refused, harmless, read_number, read_time, short, within
from edge.dialects.lorawan_objects import read_object
from edge.dialects.lorawan_orders import Downlink, Switches
from edge.dialects.zigbee2mqtt_watch import Watch
from wire.ids import slug
from wire.text import Text

_REMEMBERED = 8_192
_LAST_PORT, _USUAL_PORT = 223, 85


class Uplink(msgspec.Struct, frozen=True):
    """What a server told. `name` is its own for the device, `counting` what makes a frame counter unique,
    `fields_path` where in the message the decoded object is; orders go to `down_topic`.
    """

    name: str
    eui: str
    models: tuple[str, ...] = ()
    at: object = None
    port: object = None
    counting: str = ""
    data: object = None
    fields: object = None
    fields_path: str = ""
    heard_by: object = None
    down_topic: str = ""
    down_eui: str = ""


class LorawanDevices:
    """What must be remembered of devices: which frames were told already, and states for events. Mutable, bounded."""

    def __init__(self) -> None:
        self.switches = Switches()
        self._watch = Watch()
        self._told: dict[bytes, None] = {}

    def decode(self, uplink: Uplink, *, retained: bool) -> list[Decoded]:
        """The device, its sub-devices and what it kept from earlier; empty for a frame told before."""
        if self._is_repeated(uplink):
            return []
        found, model = _read(uplink)
        problems = list(found.problems)
        at_ms = time_of(uplink.at, problems)
        _put_signal(uplink.heard_by, found)
        device_id = slug(uplink.eui)
        decoded = []
        for sub in ("", *sorted(set(found.values) - {""})):
            values = found.values.get(sub, {})
            ident, name = (slug(f"{device_id}-{sub}"), f"{uplink.name}-{sub}") if sub else (device_id, uplink.name)
            if "switch_on" in values:
                self.switches.learn(ident, sub, found.way, _downlink(uplink))
            events = self._watch.events(ident, values, {}, retained=retained)
            one = Decoded(name, ident, values, at_ms, model, events=events)
            if not sub:
                told = () if retained else tuple(found.events)
                one = msgspec.structs.replace(
                    one, events=events + told, unknown=tuple(found.unknown), problems=tuple(problems)
                )
            decoded.append(one)
        return decoded + _from_memory(uplink.name, device_id, model, found)

    def _is_repeated(self, uplink: Uplink) -> bool:
        """The same frame again: heard by several gateways and not joined by the server, or published twice."""
        if not uplink.counting:
            return False
        key = hashlib.blake2b(f"{uplink.eui} {uplink.counting} {uplink.data}".encode(), digest_size=12).digest()
        if key in self._told:
            return True
        if len(self._told) >= _REMEMBERED:
            del self._told[next(iter(self._told))]
        self._told[key] = None
        return False


def _downlink(uplink: Uplink) -> Downlink:
    port = uplink.port if isinstance(uplink.port, int) and 0 < uplink.port <= _LAST_PORT else _USUAL_PORT
    return Downlink(uplink.down_topic, port, uplink.down_eui)


def read_eui(raw: object) -> str | None:
    """A DevEUI as sixteen small hexadecimal digits; None where it is none."""
    if not isinstance(raw, str):
        return None
    eui = raw.strip().lower().replace("-", "").replace(":", "")
    return eui if len(eui) == 16 and all(digit in "0123456789abcdef" for digit in eui) else None  # noqa: PLR2004


def time_of(raw: object, problems: list[Text]) -> int | None:
    """When the server heard it; what is no time is told."""
    if raw is None:
        return None
    try:
        return read_time(raw)
    except Refused as refused:
        problems.append(refused.text)
        return None


def _read(uplink: Uplink) -> tuple[Found, str]:
    """The account of one uplink and the name of its model."""
    codec = codec_for(*uplink.models)
    model = codec[0] if codec is not None else next((name for name in uplink.models if name), "")
    if uplink.port == 0:
        return Found(), model  # MAC commands of the network
    payload, broken = _bytes(uplink.data)
    if codec is not None and payload:
        return codec[1](payload), model
    found = Found()
    if broken is not None:
        found.problems.append(broken)
    if isinstance(uplink.fields, dict) and uplink.fields:
        read_object(uplink.fields, found, uplink.fields_path)
    elif uplink.fields is not None and not isinstance(uplink.fields, dict):
        told = harmless(uplink.fields)
        found.problems.append(Text(f"không phải đối tượng: {told}", f"no object: {told}"))
    elif payload:
        found.note("data")
        told = short(model)
        found.problems.append(
            Text(
                f"chưa biết mẫu {told}: không đọc được byte; ghi tên mẫu vào device profile hoặc thêm codec ở máy chủ",
                f"model {told} is not known, its bytes are not read; name it in the device profile or decode there",
            )
        )
    return found, model


def _bytes(raw: object) -> tuple[bytes, Text | None]:
    if raw is None or raw == "":
        return b"", None
    if isinstance(raw, str):
        try:
            return base64.b64decode(raw, validate=True), None
        except (binascii.Error, ValueError):
            pass
    return b"", Text(f"không phải base64: {harmless(raw)}", f"not base64: {harmless(raw)}")


def _put_signal(heard_by: object, found: Found) -> None:
    """Strength and ratio at the gateway that heard it best."""
    best: tuple[float, float, dict[str, float]] | None = None
    for one in heard_by if isinstance(heard_by, list) else []:
        signal = _signal(one)
        rank = (signal.get("snr_db", -999.0), signal.get("rssi_dbm", -999.0), signal)
        if signal and (best is None or rank[:2] > best[:2]):
            best = rank
    for quantity, value in (best[2] if best else {}).items():
        found.values.setdefault("", {}).setdefault(quantity, value)


def _signal(one: object) -> dict[str, float]:
    signal: dict[str, float] = {}
    for key, quantity in (("rssi", "rssi_dbm"), ("snr", "snr_db"), ("loRaSNR", "snr_db")):
        raw = one.get(key) if isinstance(one, dict) else None
        try:
            if raw is not None:
                value = within(quantity, read_number(raw))
                signal[quantity] = float(value)
        except Refused:
            continue  # one gateway's odd figure: the others', or none
    return signal


def _from_memory(name: str, device_id: str, model: str, found: Found) -> list[Decoded]:
    """Rows with their own times: never live, and no events."""
    return [
        Decoded(
            f"{name}-{sub}" if sub else name, slug(f"{device_id}-{sub}") if sub else device_id, values, row.at_ms, model
        )
        for row in found.history
        for sub, values in row.values.items()
        if values
    ]

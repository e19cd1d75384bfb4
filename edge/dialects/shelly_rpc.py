"""Shelly devices of the second generation and later over MQTT: notifications, status topics, answers, orders. Pure.

Source: https://shelly-api-docs.shelly.cloud/gen2/General/Notifications, …/General/RPCChannels (MQTT),
        …/ComponentsAndServices/Mqtt and /Switch; what scripts tell: edge.dialects.shelly_blu.
Topics: {prefix}/events/rpc: NotifyStatus (only what changed), NotifyFullStatus, NotifyEvent; {prefix}/online;
        {prefix}/status/{component}; {whoever asked}/rpc: answers. The prefix is the device's id, or chosen.
Units:  see shelly_components; `ts` is seconds since 1970, or since the start (1.61) before the clock was set.
"""

import re
from typing import Any

import msgspec

from edge.dialects.decoded import Decoded
from edge.dialects.dialect import Expectation, Telegram
from edge.dialects.figures import Refused, read_json, short
from edge.dialects.json_paths import leaves
from edge.dialects.shelly_blu import address_in, read_blu
from edge.dialects.shelly_components import COMPONENTS, HOUSEKEEPING, is_internal, read_component, split
from edge.dialects.shelly_gathering import Gathering
from edge.dialects.zigbee2mqtt_watch import Watch
from wire.ids import slug
from wire.orders import Order, OrderKind
from wire.text import Text

ASKER = "classhub-orders"
"""Who asks: answers come to `classhub-orders/rpc`."""

_STATUS = re.compile(r"(.+)/status/([a-z0-9_]+(?::\d{1,5})?)")
_QUIET = re.compile(r"(.+?)/(?:debug/log|command(?:/.+)?|announce)")
_FIRST_MS = 1_483_228_800_000  # 2017: before NTP has answered, `ts` counts from the start
_LAST_MS = 253_402_300_799_999
_DEVICES_AT_MOST = 2_000
_ASKED_AT_MOST = 64
_COMPONENTS_AT_MOST = 128
_EVENTS_AT_MOST = 32
_FIGURES_AT_MOST = 32
_PUSHED = frozenset({"input", "bthomedevice", "bthomesensor"})
# …/ComponentsAndServices/Input and /BTHomeDevice: what can be done to a button or knob.
_PUSHES = frozenset({
    "btn_down", "btn_up", "single_push", "double_push", "triple_push", "long_push", "long_double_push",
    "long_triple_push", "hold_press", "rotate_left", "rotate_right",
})  # fmt: skip
_SETTINGS = frozenset({"config_changed", "component_added", "component_removed"})
_STATES = {OrderKind.SWITCH_ON: True, OrderKind.SWITCH_OFF: False}


class _Device(msgspec.Struct):
    """What is known of one: its own name, and the last status, over which a partial one is laid. Mutable."""

    source: str = ""
    status: dict[str, dict[str, Any]] = {}


class ShellyRpc:
    """Every such device of one broker, by prefix."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._devices: dict[str, _Device] = {}
        self._prefixes: dict[str, str] = {}  # a device's own name -> its prefix
        self._asked: dict[int, tuple[str, bool]] = {}  # number of an order -> device id, on or off
        self._next = 0

    def claims(self, topic: str) -> bool:
        if topic.endswith("/events/rpc") or topic == f"{ASKER}/rpc":
            return True
        found = _STATUS.fullmatch(topic)
        if found:
            kind = split(found[2])[0]
            return (kind in COMPONENTS or kind in HOUSEKEEPING) and (":" in found[2] or self._is_shelly(found[1]))
        head, _, last = topic.rpartition("/")
        if last in {"rpc", "online"}:
            return self._is_shelly(head)
        quiet = _QUIET.fullmatch(topic)
        return quiet is not None and self._is_shelly(quiet[1])

    def _is_shelly(self, prefix: str) -> bool:
        return prefix in self._devices or prefix.rpartition("/")[2].lower().startswith("shelly")

    def decode(self, topic: str, payload: bytes, *, retained: bool) -> list[Decoded]:
        head, _, last = topic.rpartition("/")
        if last == "online":
            return [online(display_name(head), payload)]
        if _QUIET.fullmatch(topic):
            return []
        status = _STATUS.fullmatch(topic)
        prefix = status[1] if status else head.removesuffix("/events")
        try:
            body = _object(payload)
            if status:
                return self._status(prefix, {status[2]: body}, "", retained=retained)
            if topic.endswith("/events/rpc"):
                return self._notification(prefix, body, retained=retained)
            return self._answer(body)
        except Refused as refused:
            name = display_name(prefix)
            return [Decoded(name, slug(name), problems=(refused.text,))]

    # ── what devices say ───────────────────────────────────────────────────────────────────────────────────────────

    def _notification(self, prefix: str, body: dict[str, Any], *, retained: bool) -> list[Decoded]:
        """Raises Refused."""
        method, params, source = body.get("method"), body.get("params"), body.get("src")
        if not isinstance(params, dict):
            raise Refused(Text(f"{short(method)} không có params", f"{short(method)} without params"))
        if isinstance(source, str):
            self._device(prefix).source = source[:64]
            self._prefixes[source[:64]] = prefix
        at_ms = _time(params.get("ts"))
        if method in ("NotifyStatus", "NotifyFullStatus"):
            if method == "NotifyFullStatus":
                self._device(prefix).status = {}
            return self._status(prefix, params, "params", at_ms, retained=retained)
        if method == "NotifyEvent":
            return self._events(prefix, params, at_ms, retained=retained)
        raise Refused(Text(f"phương thức lạ {short(method)}", f"method not known: {short(method)}"))

    def _status(
        self, prefix: str, status: dict[str, Any], where: str, at_ms: int | None = None, *, retained: bool
    ) -> list[Decoded]:
        """Components, complete or in part: what is told now is read, what was known says what kind of device it is.

        `where` in the payload they are: "params", "result", or "" where it is one component's status alone.
        """
        device = self._device(prefix)
        for name, part in status.items():
            if isinstance(part, dict) and (name in device.status or len(device.status) < _COMPONENTS_AT_MOST):
                device.status[name] = {**device.status.get(name, {}), **part}
        found = Gathering(at_ms=at_ms if at_ms is not None else _system_time(status))
        internal = is_internal(prefix, device.source, set(device.status))
        for name, part in status.items():
            if part is not None:
                self._component(found, name, part, internal=internal)
        found.unknown = [f"{where}.{path}" if where else path.partition(".")[2] for path in found.unknown]
        return found.decoded(display_name(prefix), device.source.partition("-")[0], self._watch, retained=retained)

    @staticmethod
    def _component(found: Gathering, name: str, part: object, *, internal: bool) -> None:
        kind = split(name)[0]
        if kind in COMPONENTS or kind in HOUSEKEEPING:
            read_component(found, name, part, internal=internal)
        else:
            found.note(name)

    def _events(self, prefix: str, params: dict[str, Any], at_ms: int | None, *, retained: bool) -> list[Decoded]:
        """Pushes of inputs and BLU buttons, and the BLU devices a script tells of; updates and changes of settings are
        understood, and nothing to us. What nobody documents is no push: it is noted.
        """
        events = params.get("events")
        found = Gathering(at_ms=at_ms)
        others: list[Decoded] = []
        for index, event in enumerate(events[:_EVENTS_AT_MOST] if isinstance(events, list) else ()):
            if not isinstance(event, dict):
                continue
            kind, number = split(str(event.get("component", "")))
            done = event.get("event")
            if kind in _PUSHED and isinstance(done, str) and done in _PUSHES:
                found.buttons.append((str(number) if number else "", done))
            elif kind in _PUSHED and not (isinstance(done, str) and done in _SETTINGS):
                found.note(f"params.events.{index}.event")
            elif kind == "script" and isinstance(event.get("data"), dict):
                others += self._of_script(found, event["data"], f"params.events.{index}.data", at_ms, retained=retained)
        source = self._device(prefix).source
        own = found.decoded(display_name(prefix), source.partition("-")[0], self._watch, retained=retained)
        return [*own, *others]

    def _of_script(
        self, found: Gathering, data: dict[str, Any], where: str, at_ms: int | None, *, retained: bool
    ) -> list[Decoded]:
        """What a person's own script tells is a BLU device by its address, or noted."""
        address = address_in(data)
        if not address:
            for keys, _ in leaves(data, _FIGURES_AT_MOST, deepest=4):
                found.note(".".join((where, *keys)))
            return []
        blu = Gathering(at_ms=at_ms)
        read_blu(blu, data, where)
        return blu.decoded(address, "Shelly BLU", self._watch, retained=retained)

    def _answer(self, body: dict[str, Any]) -> list[Decoded]:
        """What an order of ours led to, or a full status somebody asked for. Others' questions say nothing."""
        source = body.get("src")
        if not isinstance(source, str) or ("result" not in body and "error" not in body):
            return []
        prefix = self._prefixes.get(source, source[:64])
        number, result = body.get("id"), body.get("result")
        asked = self._asked.pop(number, None) if isinstance(number, int) and body.get("dst") == ASKER else None
        error = body.get("error")
        if isinstance(error, dict):
            said = f"{error.get('code')}: {str(error.get('message'))[:100]}"
            name = display_name(prefix)
            refused = Text(f"thiết bị từ chối: {said}", f"the device refuses: {said}")
            return [Decoded(name, asked[0] if asked else slug(name), refusal=refused)]
        if asked is not None and isinstance(result, dict) and result.get("was_on") is asked[1]:
            return [Decoded(display_name(prefix), asked[0], {"switch_on": float(asked[1])})]  # it was so already
        if isinstance(result, dict) and any(split(name)[1] is not None for name in result):
            return self._status(prefix, result, "result", retained=False)
        return []

    def _device(self, prefix: str) -> _Device:
        device = self._devices.pop(prefix, None) or _Device()
        if len(self._devices) >= _DEVICES_AT_MOST:
            gone = self._devices.pop(next(iter(self._devices)))
            self._prefixes.pop(gone.source, None)
        self._devices[prefix] = device
        return device

    # ── orders ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def accepts(self) -> dict[str, list[str]]:
        kinds = [kind.value for kind in _STATES]
        return {device_id: kinds for device_id, _, _ in self._switches()}

    def telegram(self, order: Order) -> Telegram | None:
        on = _STATES.get(order.kind)
        where = next((one for one in self._switches() if one[0] == order.device), None)
        if on is None or where is None:
            return None
        self._next += 1
        if len(self._asked) >= _ASKED_AT_MOST:
            del self._asked[next(iter(self._asked))]
        self._asked[self._next] = (order.device, on)
        call = {"id": self._next, "src": ASKER, "method": "Switch.Set", "params": {"id": where[2], "on": on}}
        expects = Expectation(order.device, "switch_on", float(on))
        return Telegram(f"{where[1]}/rpc", msgspec.json.encode(call), expects)

    def _switches(self) -> list[tuple[str, str, int]]:
        """Device id, prefix and number of every switch that was heard of."""
        found = []
        for prefix, device in self._devices.items():
            for name in device.status:
                kind, number = split(name)
                if kind == "switch" and number is not None:
                    own = slug(display_name(prefix))
                    found.append((slug(f"{own}-{number}") if number else own, prefix, number))
        return found


def _object(payload: bytes) -> dict[str, Any]:
    """Raises Refused."""
    body = read_json(payload)
    if not isinstance(body, dict):
        raise Refused(Text("không phải đối tượng JSON", "not a JSON object"))
    return body


def display_name(prefix: str) -> str:
    """The device as people know it: some put the new ones under the old ones' `shellies/` too."""
    return prefix.removeprefix("shellies/")


def online(name: str, payload: bytes) -> Decoded:
    """`true`, or the last will `false`."""
    word = payload[:80].decode("utf-8", "replace").strip().lower()
    known = {"true": True, "false": False}.get(word)
    if known is None:
        wrong = Text(f"online {word!r:.60} không phải true/false", f"online {word!r:.60} is neither true nor false")
        return Decoded(name, slug(name), problems=(wrong,))
    return Decoded(name, slug(name), available=known)


def _system_time(status: dict[str, Any]) -> int | None:
    system = status.get("sys")
    return _time(system.get("unixtime")) if isinstance(system, dict) else None


def _time(raw: object) -> int | None:
    """Milliseconds since 1970; None before the clock was set."""
    if isinstance(raw, bool) or not isinstance(raw, int | float) or not abs(raw) < _LAST_MS:
        return None
    at_ms = round(raw * 1000)
    return at_ms if _FIRST_MS <= at_ms <= _LAST_MS else None

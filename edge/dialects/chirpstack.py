"""ChirpStack v4 (and v3) over a local broker: uplinks, joins, device status and log messages. Pure, with memory.

Source: ChirpStack v4 integration events (chirpstack_api 4, integration.proto; "Integrations > MQTT > Event types");
        v3 "Event types" (JSON).
Topics: application/{application id}/device/{DevEUI}/event/{up|join|status|log|ack|txack|location|integration}
        orders: application/{application id}/device/{DevEUI}/command/down
Units:  by codec or by the object's words, see edge.dialects.lorawan. The margin of a status is what the device heard of
        the gateway, not the reverse: it has no quantity here.
Errors: never raised: `Decoded.unknown`, `Decoded.problems`.
"""

from typing import Any

from edge.dialects.decoded import Decoded, DecodedEvent
from edge.dialects.dialect import Telegram
from edge.dialects.figures import Refused, read_json, read_json_object, read_number, short, within
from edge.dialects.lorawan import LorawanDevices, Uplink, read_eui, time_of
from wire.ids import slug
from wire.orders import Order
from wire.text import Text

_LEVELS = 6
_SILENT = frozenset({"ack", "txack", "location", "integration"})


class ChirpStack:
    """Every application of one server."""

    name = "chirpstack"

    def __init__(self) -> None:
        self._devices = LorawanDevices()

    def claims(self, topic: str) -> bool:
        """Whether the topic has the shape of an event of a device."""
        levels = topic.split("/")
        return (
            len(levels) == _LEVELS
            and (levels[0], levels[2], levels[4]) == ("application", "device", "event")
            and read_eui(levels[3]) is not None
        )

    def accepts(self) -> dict[str, list[str]]:
        return self._devices.switches.accepts()

    def telegram(self, order: Order) -> Telegram | None:
        return self._devices.switches.telegram(order)

    def decode(self, topic: str, payload: bytes, *, retained: bool = False) -> list[Decoded]:
        """A device with its sub-devices; empty for what says nothing of one, and for a frame told before."""
        if not self.claims(topic):
            return []
        levels = topic.split("/")
        eui, kind = str(read_eui(levels[3])), levels[5]
        if kind in _SILENT:
            return []
        try:
            event = read_json_object(payload)
        except Refused as refused:
            return [Decoded(eui, slug(eui), problems=(refused.text,))]
        found = event.get("deviceInfo")
        info = found if isinstance(found, dict) else event  # v3 has it all beside one another
        if kind == "up":
            return self._devices.decode(_uplink(levels, event, info), retained=retained)
        return [_told(eui, kind, event, _models(info)[0], retained=retained)]


def _told(eui: str, kind: str, event: dict[str, Any], model: str, *, retained: bool) -> Decoded:
    """An event other than an uplink."""
    problems: list[Text] = []
    at_ms = time_of(event.get("time"), problems)
    if kind == "status":
        return _status(eui, model, at_ms, event, problems)
    if kind == "log":
        problems += _log(event)
        return Decoded(eui, slug(eui), at_ms=at_ms, model=model, problems=tuple(problems))
    joined = () if retained or kind != "join" else (DecodedEvent("joined", {}),)
    unknown = () if kind == "join" else ("",)
    return Decoded(eui, slug(eui), {}, at_ms, model, events=joined, unknown=unknown, problems=tuple(problems))


def _models(info: dict[str, Any]) -> tuple[str, ...]:
    tags = info.get("tags")
    named = [info.get("deviceProfileName"), *(tags.get(key) for key in ("model", "codec") if isinstance(tags, dict))]
    return tuple(one if isinstance(one, str) else "" for one in named)


def _uplink(levels: list[str], event: dict[str, Any], info: dict[str, Any]) -> Uplink:
    eui = str(read_eui(levels[3]))
    counting = f"{event.get('devAddr', '')} {event['fCnt']}" if "fCnt" in event else ""
    return Uplink(
        name=eui,
        eui=eui,
        models=_models(info),
        at=_heard_at(event),
        port=event.get("fPort"),
        counting=counting or str(event.get("deduplicationId", "")),
        data=event.get("data"),
        fields=event.get("object") if "objectJSON" not in event else _unpacked(event["objectJSON"]),
        fields_path="object" if "objectJSON" not in event else "objectJSON",
        heard_by=event.get("rxInfo"),
        down_topic="/".join((*levels[:4], "command", "down")),
        down_eui=eui,
    )


def _heard_at(event: dict[str, Any]) -> object:
    """The server's time, in v3 of its telling, else of the first gateway that has a clock."""
    told = event.get("time", event.get("publishedAt"))
    heard_by = event.get("rxInfo")
    if told is not None or not isinstance(heard_by, list):
        return told
    return next((one["time"] for one in heard_by if isinstance(one, dict) and one.get("time")), None)


def _unpacked(text: object) -> object:
    """The object of v3, JSON in a text; what is none stays as it came."""
    try:
        return read_json(text.encode()) if isinstance(text, str) and text else None
    except Refused:
        return text


def _status(eui: str, model: str, at_ms: int | None, event: dict[str, Any], problems: list[Text]) -> Decoded:
    """Battery in percent, where the device has one and knows."""
    values: dict[str, float | str] = {}
    raw = event.get("batteryLevel")
    if raw is not None and not event.get("batteryLevelUnavailable") and not event.get("externalPowerSource"):
        try:
            values["battery_pct"] = within("battery_pct", read_number(raw))
        except Refused as refused:
            problems.append(Text(f"batteryLevel: {refused.text.vi}", f"batteryLevel: {refused.text.en}"))
    unknown = ("margin",) if event.get("margin") is not None else ()
    return Decoded(eui, slug(eui), values, at_ms, model, unknown=unknown, problems=tuple(problems))


def _log(event: dict[str, Any]) -> list[Text]:
    """What the server has against a device; its description may hold anything, so only the code is told."""
    if event.get("level") not in {"ERROR", "WARNING"}:
        return []
    code = short(event.get("code"))
    return [Text(f"máy chủ ChirpStack báo {code}", f"ChirpStack says {code}")]

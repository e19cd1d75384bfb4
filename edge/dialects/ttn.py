"""The Things Stack v3 (The Things Network) over MQTT: uplinks, joins, orders. Pure; it remembers frames.

Source: The Things Stack documentation, "MQTT Server" and "Data Formats".
Topics: v3/{application}@{tenant}/devices/{device id}/{up|join|down/...|service/data|location/solved}
        (without @{tenant} where there is one tenant only)
Units:  by codec or by the object's words, see edge.dialects.lorawan.
Errors: never raised: `Decoded.unknown`, `Decoded.problems`. What is 0, false or empty the server leaves out.
"""

from typing import Any

from edge.dialects.decoded import Decoded, DecodedEvent
from edge.dialects.dialect import Telegram
from edge.dialects.figures import Refused, read_json_object
from edge.dialects.lorawan import LorawanDevices, Uplink, read_eui, time_of
from wire.ids import slug
from wire.orders import Order
from wire.text import Text

_LEAST_LEVELS = 5


class TheThingsStack:
    """Every application whose key the broker's session has."""

    name = "ttn"

    def __init__(self) -> None:
        self._devices = LorawanDevices()

    def claims(self, topic: str) -> bool:
        """Whether the topic has the shape of a device's."""
        levels = topic.split("/")
        return len(levels) >= _LEAST_LEVELS and (levels[0], levels[2]) == ("v3", "devices") and bool(levels[3])

    def accepts(self) -> dict[str, list[str]]:
        return self._devices.switches.accepts()

    def telegram(self, order: Order) -> Telegram | None:
        return self._devices.switches.telegram(order)

    def decode(self, topic: str, payload: bytes, *, retained: bool = False) -> list[Decoded]:
        """A device with its sub-devices; empty for what says nothing of one, and for a frame told before."""
        if not self.claims(topic):
            return []
        _, _, _, device, kind, *further = topic.split("/")
        if kind not in {"up", "join"} or further:
            return []
        try:
            message = read_json_object(payload)
        except Refused as refused:
            return [Decoded(device, slug(device), problems=(refused.text,))]
        eui = read_eui(_inner(message, "end_device_ids").get("dev_eui")) or device
        told = message.get("uplink_message")
        if isinstance(told, dict):
            down_topic = f"{topic.removesuffix('/up')}/down/push"
            return self._devices.decode(_uplink(device, eui, message, told, down_topic), retained=retained)
        return [_told(device, eui, kind, message, retained=retained)]


def _told(device: str, eui: str, kind: str, message: dict[str, Any], *, retained: bool) -> Decoded:
    """A join, or an uplink without its inside."""
    problems: list[Text] = []
    at_ms = time_of(message.get("received_at"), problems)
    if kind == "up":
        problems.append(Text("thiếu uplink_message", "no uplink_message"))
    joined = () if retained or kind != "join" else (DecodedEvent("joined", {}),)
    return Decoded(device, slug(eui), {}, at_ms, events=joined, problems=tuple(problems))


def _inner(outer: dict[str, Any], key: str) -> dict[str, Any]:
    found = outer.get(key)
    return found if isinstance(found, dict) else {}


def _models(told: dict[str, Any]) -> tuple[str, ...]:
    """`milesight-iot am307`, `elsys ers-co2`, or a `model` somebody put into the device's attributes."""
    ids, attributes = _inner(told, "version_ids"), _inner(told, "attributes")
    brand, model = ids.get("brand_id"), ids.get("model_id")
    named = " ".join(word for word in (brand, model) if isinstance(word, str))
    own = attributes.get("model")
    return (named, own) if isinstance(own, str) else (named,)


def _uplink(device: str, eui: str, message: dict[str, Any], told: dict[str, Any], down_topic: str) -> Uplink:
    session = told.get("session_key_id", "")
    return Uplink(
        name=device,
        eui=eui,
        models=_models(told),
        at=told.get("received_at", message.get("received_at")),
        port=told.get("f_port", 0 if "frm_payload" not in told else None),
        counting=f"{session} {told.get('f_cnt', 0)}" if session else "",
        data=told.get("frm_payload"),
        fields=told.get("decoded_payload"),
        fields_path="uplink_message.decoded_payload",
        heard_by=told.get("rx_metadata"),
        down_topic=down_topic,
    )

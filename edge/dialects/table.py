"""The dialects of local MQTT by name, in order of precedence. Each is imported only where it is used.

Precedence: what has one home topic comes first, then what is known by the shape of its topics, then what discovery
announced (a device may speak its own dialect and be announced too: its own dialect knows it better). The first that
understands a message has it; the mappings of edge.dialects.mapping are read in addition, whoever else understood.
"""

from collections.abc import Callable

import msgspec

from edge.dialects.dialect import Dialect

DEFAULT_OFFSET_MIN = 420
"""Indochina Time, UTC+7, all year: what local times without an offset are in, unless the settings say otherwise."""


class Surroundings(msgspec.Struct, frozen=True):
    """What dialects must be told of a broker: base topics, and the offset of local times that come without one."""

    zigbee2mqtt: str = "zigbee2mqtt"
    homeassistant: str = "homeassistant"
    sparkplug_host: str = ""
    homie: str = "homie"
    timezone_offset_min: int = DEFAULT_OFFSET_MIN


def _zigbee2mqtt(place: Surroundings) -> Dialect:
    from edge.dialects.zigbee2mqtt import Zigbee2Mqtt

    return Zigbee2Mqtt(place.zigbee2mqtt)


def _tasmota(place: Surroundings) -> Dialect:
    from edge.dialects.tasmota import Tasmota

    return Tasmota(place.timezone_offset_min)


def _sparkplug(place: Surroundings) -> Dialect:
    from edge.dialects.sparkplug import Sparkplug

    return Sparkplug(place.sparkplug_host)


def _homie(place: Surroundings) -> Dialect:
    from edge.dialects.homie import Homie

    return Homie(*place.homie.split(","))


def _esphome(place: Surroundings) -> Dialect:
    from edge.dialects.esphome import EspHome

    return EspHome(place.homeassistant)


def _homeassistant(place: Surroundings) -> Dialect:
    from edge.dialects.homeassistant import HomeAssistant

    return HomeAssistant(place.homeassistant)


def _chirpstack(_: Surroundings) -> Dialect:
    from edge.dialects.chirpstack import ChirpStack

    return ChirpStack()


def _ttn(_: Surroundings) -> Dialect:
    from edge.dialects.ttn import TheThingsStack

    return TheThingsStack()


def _shelly(_place: Surroundings) -> Dialect:
    from edge.dialects.shelly import Shelly

    return Shelly()


DIALECTS: dict[str, Callable[[Surroundings], Dialect]] = {
    "zigbee2mqtt": _zigbee2mqtt,
    "tasmota": _tasmota,
    "shelly": _shelly,
    "chirpstack": _chirpstack,
    "ttn": _ttn,
    "sparkplug": _sparkplug,
    "homie": _homie,
    "esphome": _esphome,
    "homeassistant": _homeassistant,
}

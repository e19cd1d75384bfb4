"""The sources that edge.toml names. Each kind is imported only where it is used: a gateway has little memory."""

from typing import TYPE_CHECKING

from edge.config import (
    EdgeConfig,
    MqttSettings,
    Zigbee2MqttSettings,
    check_authorities,
    read_password,
)
from edge.sources.source import Source
from wire.ids import slug
from wire.settings import SettingsError
from wire.text import Text

if TYPE_CHECKING:
    from edge.link import LinkSettings


def build_sources(config: EdgeConfig, source_file: str) -> list[Source]:
    """Raises SettingsError, which names the key."""
    gateway = config.gateway.id
    sources: list[Source] = []
    if config.mapping:
        _check_mappings(config, source_file)
    if config.serial or config.network:
        from edge.sources.line_setup import build_lines

        sources += build_lines(config, source_file)
    for index, bus in enumerate(config.bus):
        from edge.sources.bus_setup import build_bus

        sources += build_bus(bus, gateway, source_file, f"bus[{index}]")
    for index, zigbee in enumerate(config.zigbee2mqtt):
        sources.append(_zigbee2mqtt(zigbee, config, source_file, f"zigbee2mqtt[{index}]"))
    for index, mqtt in enumerate(config.mqtt):
        sources.append(_mqtt(mqtt, config, source_file, f"mqtt[{index}]"))
    if config.replay:
        from edge.sources.replay import Replay

        sources += [Replay(item.file, item.map, item.speed, shift_to_now=item.shift_to_now) for item in config.replay]
    return sources


def _check_mappings(config: EdgeConfig, source_file: str) -> None:
    """Raises SettingsError for a mapping that cannot work."""
    from edge.dialects.mapping import fault

    if not config.mqtt and not config.zigbee2mqtt:
        nowhere = Text("chưa có [[mqtt]] để nghe", "there is no [[mqtt]] to listen to")
        raise SettingsError(source_file, "mapping[0]", nowhere)
    for index, row in enumerate(config.mapping):
        wrong = fault(row)
        if wrong is not None:
            raise SettingsError(source_file, f"mapping[{index}]", wrong)


def _zigbee2mqtt(entry: Zigbee2MqttSettings, config: EdgeConfig, source_file: str, key: str) -> Source:
    """The short form of `[[mqtt]]` for one dialect and its base topic."""
    full = MqttSettings(
        name=entry.name,
        host=entry.host,
        port=entry.port,
        username=entry.username,
        password_file=entry.password_file,
        topics=(f"{entry.base_topic}/#",),
        dialects=("zigbee2mqtt",),
        zigbee2mqtt=entry.base_topic,
    )
    return _mqtt(full, config, source_file, key, "zigbee2mqtt")


def _mqtt(entry: MqttSettings, config: EdgeConfig, source_file: str, key: str, kind: str = "mqtt") -> Source:
    from edge.dialects.mapping import MappingDialect
    from edge.dialects.router import build_router
    from edge.dialects.table import DIALECTS, Surroundings
    from edge.sources.local_mqtt import LocalMqtt

    check_authorities(entry.ca_file, source_file, f"{key}.ca_file")
    for name in entry.dialects:
        if name not in DIALECTS:
            known = ", ".join(DIALECTS)
            wrong = Text(f"không có phương ngữ {name!r}; có: {known}", f"no dialect {name!r}; there are: {known}")
            raise SettingsError(source_file, f"{key}.dialects", wrong)
    place = Surroundings(
        zigbee2mqtt=entry.zigbee2mqtt,
        homeassistant=entry.homeassistant,
        homie=entry.homie,
        sparkplug_host=entry.sparkplug_host,
        timezone_offset_min=entry.timezone_offset_min,
    )
    link = _local_link(entry, config, source_file, key)
    router = build_router(entry.name, entry.dialects, place, MappingDialect(config.mapping))
    return LocalMqtt(entry.name, kind, link, _in_order(entry), router)


def _in_order(entry: MqttSettings) -> list[str]:
    """The topics, announcements first: of retained messages a state is nobody's before its device was announced."""
    announced = not entry.dialects or {"homeassistant", "esphome"} & set(entry.dialects)
    return [f"{entry.homeassistant}/#", *entry.topics] if announced and "#" in entry.topics else list(entry.topics)


def _local_link(entry: MqttSettings, config: EdgeConfig, source_file: str, key: str) -> "LinkSettings":
    from edge.link import LinkSettings

    return LinkSettings(
        host=entry.host,
        port=entry.port,
        # Fixed, for the broker keeps messages for this name while the agent is down.
        client_id=f"classhub-{config.gateway.id}-{slug(entry.name)}",
        username=entry.username,
        password=read_password(entry.password_file, source_file, f"{key}.password_file"),
        ca_file=entry.ca_file,
        clean_session=False,
        manual_ack=True,
    )

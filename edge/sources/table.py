"""The sources that edge.toml names. Each kind is imported only where it is used: a gateway has little memory."""

from edge.config import EdgeConfig, SerialSettings, Zigbee2MqttSettings, device_id, read_password
from edge.sources.source import Source
from wire.ids import slug
from wire.settings import SettingsError
from wire.text import Text


def build_sources(config: EdgeConfig, source_file: str) -> list[Source]:
    """Raises SettingsError, which names the key."""
    gateway = config.gateway.id
    sources: list[Source] = []
    for index, serial in enumerate(config.serial):
        sources.append(_serial(serial, gateway, source_file, f"serial[{index}]"))
    for index, zigbee in enumerate(config.zigbee2mqtt):
        sources.append(_zigbee2mqtt(zigbee, config, source_file, f"zigbee2mqtt[{index}]"))
    if config.replay:
        from edge.sources.replay import Replay

        sources += [Replay(item.file, item.map, item.speed, shift_to_now=item.shift_to_now) for item in config.replay]
    return sources


def _serial(entry: SerialSettings, gateway: str, source_file: str, key: str) -> Source:
    from edge.sources.line import LineSource
    from firmware_bridge.devices import DEVICES

    if entry.device not in DEVICES:
        known = ", ".join(sorted(DEVICES))
        raise SettingsError(
            source_file,
            f"{key}.device",
            Text(f"không có thiết bị {entry.device!r}; có: {known}", f"no device {entry.device!r}; there are: {known}"),
        )
    return LineSource(entry.name, DEVICES[entry.device], entry.port, entry.id or device_id(gateway, entry.name))


def _zigbee2mqtt(entry: Zigbee2MqttSettings, config: EdgeConfig, source_file: str, key: str) -> Source:
    from edge.dialects.router import build_router
    from edge.dialects.table import Surroundings
    from edge.link import LinkSettings
    from edge.sources.local_mqtt import LocalMqtt

    password = read_password(entry.password_file, source_file, f"{key}.password_file")
    link = LinkSettings(
        host=entry.host,
        port=entry.port,
        # Fixed, for the broker keeps messages for this name while the agent is down.
        client_id=f"classhub-{config.gateway.id}-{slug(entry.name)}",
        username=entry.username,
        password=password,
        clean_session=False,
        manual_ack=True,
    )
    router = build_router(entry.name, ["zigbee2mqtt"], Surroundings(zigbee2mqtt=entry.base_topic))
    return LocalMqtt(entry.name, "zigbee2mqtt", link, [f"{entry.base_topic}/#"], router)

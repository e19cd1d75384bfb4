"""Topics, the only place that builds or parses them."""

from enum import StrEnum

import msgspec

from wire.ids import is_id

PREFIX = "edu/v1"


class Channel(StrEnum):
    """What a gateway's topic carries."""

    TELE = "tele"
    EVENT = "event"
    STATE = "state"
    ACK = "ack"
    CMD = "cmd"


class GatewayTopic(msgspec.Struct, frozen=True):
    """`edu/v1/{school}/{gateway}/{channel}`."""

    school: str
    gateway: str
    channel: Channel

    def __str__(self) -> str:
        return f"{PREFIX}/{self.school}/{self.gateway}/{self.channel}"


class HubTopic(msgspec.Struct, frozen=True):
    """`edu/v1/hub/{hub}/state`."""

    hub: str

    def __str__(self) -> str:
        return f"{PREFIX}/hub/{self.hub}/state"


RESERVED_SCHOOL = "hub"
_CHANNELS = frozenset(channel.value for channel in Channel)
EVERY_TELE, EVERY_EVENT, EVERY_STATE = (
    f"{PREFIX}/+/+/{channel}" for channel in (Channel.TELE, Channel.EVENT, Channel.STATE)
)


def gateway_topic(school: str, gateway: str, channel: Channel) -> str:
    """Raises ValueError where an id does not fit `[a-z0-9-]{1,64}` or the school is called "hub"."""
    if not (is_id(school) and is_id(gateway)) or school == RESERVED_SCHOOL:
        raise ValueError(f"not ids for a topic: school {school!r}, gateway {gateway!r}")
    return f"{PREFIX}/{school}/{gateway}/{channel}"


def hub_topic(hub: str) -> str:
    """Raises ValueError where the id does not fit `[a-z0-9-]{1,64}`."""
    if not is_id(hub):
        raise ValueError(f"not an id for a topic: hub {hub!r}")
    return f"{PREFIX}/hub/{hub}/state"


def parse_topic(topic: str) -> GatewayTopic | HubTopic | None:
    """What a topic means, or None where it is not one of ours."""
    parts = topic.split("/")
    if len(parts) != 5 or f"{parts[0]}/{parts[1]}" != PREFIX or not (is_id(parts[2]) and is_id(parts[3])):  # noqa: PLR2004
        return None
    if parts[2] == RESERVED_SCHOOL:
        return HubTopic(parts[3]) if parts[4] == "state" else None
    if parts[4] not in _CHANNELS:
        return None
    return GatewayTopic(parts[2], parts[3], Channel(parts[4]))


def user_name(school: str, gateway: str) -> str:
    """The broker user of a gateway: `{school}.{gateway}`."""
    return f"{school}.{gateway}"


def client_id(school: str, gateway: str) -> str:
    """The MQTT client id: `{school}_{gateway}` (nats-server refuses a dot; `_` is in no id, so it stays unique)."""
    return f"{school}_{gateway}"

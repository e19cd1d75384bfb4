"""The API's structures about orders, configurations of gateways and rules."""

import msgspec

from hub.web.api.model import Words
from wire.mapping import Figure, Mapping


class Order(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Body: what the device is to do. Not carried out later than `expires_s` (5 to 300) from now."""

    kind: str
    value: str = ""
    expires_s: int = 30


class OrderTaken(msgspec.Struct, frozen=True):
    """The order is written down and on its way; how it ends stands in the list of orders under this id."""

    id: str
    expires: str


class CommandOut(msgspec.Struct, frozen=True):
    """`result` null: not known yet; else done, refused, timed_out, expired, unsupported, or dry_run (never sent).

    `confirmed` false: the device never answers such an order. `answered` null: the hub concluded the result itself.
    """

    id: str
    gateway: str
    device: str
    kind: str
    value: str
    by: str
    reason: Words
    created: str
    expires: str
    sent: str | None
    ended: str | None
    answered: str | None
    result: str | None
    detail: Words
    confirmed: bool


class HeardOut(msgspec.Struct, frozen=True):
    """A figure nobody reads yet. `proposal`: a mapping to accept as it is or edited; null where nothing fits."""

    source: str
    topic: str
    path: str
    count: int
    example: str
    proposal: Mapping | None


class GatewaySettingsOut(msgspec.Struct, frozen=True):
    """`pending`: the gateway has not confirmed `version` yet; `confirmed` is the version it uses. `hidden` are mappings
    that it does not use because its own settings (edge.toml) map the same figure.
    """

    version: int
    confirmed: int
    pending: bool
    by: str
    at: str | None
    mappings: tuple[Mapping, ...]
    heard: tuple[HeardOut, ...]
    hidden: tuple[Figure, ...] = ()


class PolicyOut(msgspec.Struct, frozen=True):
    """A rule and how far it may go: off, dry_run or on. `why_not_on` says what is missing before it may be on."""

    rule: str
    what: Words
    mode: str
    since: str | None
    by: str
    watched_min: int
    needed_min: int
    why_not_on: Words | None


class ChoosePolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Body: `mode` is off, dry_run or on."""

    rule: str
    mode: str

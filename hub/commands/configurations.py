"""What gateways are set to by the hub: versioned, written before it is sent, sent until the gateway confirms it.

Event loop only. A gateway's state says which version it uses; one that uses a newer version than this hub knows (the
hub came back from a backup) keeps it until the next change, whose version lies above it, heard or not.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Engine, delete, func, insert, select

from hub.commands.command import Refused
from hub.commands.way import Way
from hub.db.command_models import GatewayConfigRow
from hub.db.engine import reading
from hub.notice import Notice
from wire.codec import encode
from wire.mapping import MAX_MAPPINGS, Mapping, RemoteSettings, remote_settings, unfilled
from wire.messages import MAX_MESSAGE_BYTES, VERSION, Configuration
from wire.quantities import QUANTITIES
from wire.text import Text
from wire.topics import Channel, gateway_topic

RESEND_MS = 30_000
UNCONFIRMED_MS = 300_000  # longer than that a person should know
KEPT_VERSIONS = 20
HIGHEST_VERSION = 2**31 - 1
EPOCH_MS = 1_767_225_600_000  # 2026-01-01
TABLE = GatewayConfigRow.metadata.tables["gateway_config"]
Name = tuple[str, str]  # school, gateway
Figure = tuple[str, str, str]  # topic, path, quantity


class Stored(msgspec.Struct, frozen=True):
    """The newest version of one gateway's configuration."""

    school: str
    gateway: str
    version: int
    mappings: tuple[Mapping, ...]
    by: str
    at_ms: int

    @property
    def message(self) -> Configuration:
        settings = msgspec.to_builtins(RemoteSettings(list(self.mappings)))
        return Configuration(VERSION, self.version, settings)


class Configurations:
    """`send_configurations` every few seconds."""

    def __init__(self, engine: Engine, way: Way) -> None:
        self._engine, self._way = engine, way
        self._stored: dict[Name, Stored] = {}
        self._sent_ms: dict[Name, int] = {}
        self._waiting_since_ms: dict[Name, int] = {}  # online with an older version
        self._changing = asyncio.Lock()
        self._unsure = False

    async def restore(self) -> None:
        self._stored = await self._way.in_thread(lambda: newest(self._engine))
        self._unsure = False

    def of(self, school: str, gateway: str) -> Stored | None:
        return self._stored.get((school, gateway))

    def confirmed(self, school: str, gateway: str) -> int:
        """The version the gateway says it uses; 0 where it has none, or never spoke."""
        state = self._way.gateways.state_of(school, gateway)
        return 0 if state is None else state.config_version

    def pending(self, school: str, gateway: str) -> bool:
        stored = self.of(school, gateway)
        return stored is not None and self.confirmed(school, gateway) < stored.version

    async def accept(self, school: str, gateway: str, mapping: Mapping, by: str) -> Stored:
        """Use this mapping from now on; it takes the place of one of the same figure. Raises Refused, SQLAlchemyError.

        A gateway that is away gets it when it is back.
        """
        check(mapping)
        async with self._changing:
            await self._be_sure()
            kept = [each for each in self._mappings(school, gateway) if figure_of(each) != figure_of(mapping)]
            return await self._put(school, gateway, (*kept, mapping), by)

    async def remove(self, school: str, gateway: str, figure: Figure, by: str) -> Stored:
        """Raises Refused, SQLAlchemyError."""
        async with self._changing:
            await self._be_sure()
            before = self._mappings(school, gateway)
            kept = tuple(each for each in before if figure_of(each) != figure)
            if len(kept) == len(before):
                raise Refused(Text("không có ánh xạ này", "there is no such mapping"), "topic", 404)
            return await self._put(school, gateway, kept, by)

    async def _be_sure(self) -> None:
        """Read again what a failed write may have written after all."""
        if self._unsure:
            await self.restore()

    def _mappings(self, school: str, gateway: str) -> tuple[Mapping, ...]:
        stored = self.of(school, gateway)
        return () if stored is None else stored.mappings

    async def _put(self, school: str, gateway: str, mappings: tuple[Mapping, ...], by: str) -> Stored:
        if not self._way.registry.accepted(school, gateway):
            raise Refused(Text(f"cổng {gateway} chưa được chấp nhận", f"gateway {gateway} is not accepted"), status=409)
        version = self._next_version(school, gateway)
        made = Stored(school, gateway, version, mappings, by, self._way.now_ms())
        if version > HIGHEST_VERSION or len(mappings) > MAX_MAPPINGS or len(encode(made.message)) > MAX_MESSAGE_BYTES:
            raise Refused(Text(f"quá {MAX_MAPPINGS} ánh xạ", f"more than {MAX_MAPPINGS} mappings"), "mappings")
        self._unsure = True  # an error may come after the commit
        await self._way.in_thread(lambda: write(self._engine, made))
        self._unsure = False
        self._stored[school, gateway] = made
        self._send(made, self._way.now_ms())
        return made

    def _next_version(self, school: str, gateway: str) -> int:
        """Above every number the gateway may have.

        One that has not spoken yet may use a newer version than a hub that came back from a backup: then the minutes
        since 2026, above whatever was counted before the backup was put back.
        """
        known = self.of(school, gateway)
        unheard = self._way.gateways.state_of(school, gateway) is None
        now = (self._way.now_ms() - EPOCH_MS) // 60_000 if unheard else 0
        return max(known.version if known else 0, self.confirmed(school, gateway), now) + 1

    # ---- sending ----

    async def send_configurations(self) -> None:
        """One turn: whoever is there with an older version is sent the newest, again until it confirms it."""
        now_ms = self._way.now_ms()
        for name, stored in list(self._stored.items()):
            if not self.pending(*name) or not self._way.reachable(*name):
                self._sent_ms.pop(name, None)  # sent at once when it is back
                self._waiting_since_ms.pop(name, None)
            elif now_ms - self._sent_ms.get(name, -RESEND_MS) >= RESEND_MS:
                self._send(stored, now_ms)

    def _send(self, stored: Stored, now_ms: int) -> None:
        name = (stored.school, stored.gateway)
        topic = gateway_topic(*name, Channel.CMD)
        if self._way.reachable(*name) and self._way.publish(topic, encode(stored.message)):
            self._sent_ms[name] = now_ms
            self._waiting_since_ms.setdefault(name, now_ms)

    def problems(self) -> list[Notice]:
        """Gateways that are there and do not take what they were sent."""
        late_ms = self._way.now_ms() - UNCONFIRMED_MS
        return [
            Notice("configuration.unconfirmed", _unconfirmed(gateway), school=school, subject=gateway)
            for (school, gateway), since_ms in self._waiting_since_ms.items()
            if since_ms < late_ms
        ]

    def figures(self) -> dict[str, float]:
        """For /metrics."""
        return {"configurations_pending": sum(self.pending(*name) for name in self._stored)}


def check(mapping: Mapping) -> None:
    """Raises Refused where no gateway could use it."""
    if mapping.quantity not in QUANTITIES:
        name = mapping.quantity[:64]
        raise Refused(Text(f"không có đại lượng {name}", f"there is no quantity {name}"), "quantity")
    for field in ("scale", "offset"):
        if not abs(getattr(mapping, field)) < 1e12:  # noqa: PLR2004  # NaN too
            raise Refused(Text(f"{field} không dùng được", f"{field} cannot be used"), field)
    if mapping.scale == 0:
        raise Refused(Text("scale phải khác 0", "scale must not be 0"), "scale")
    if not _is_filter(mapping.topic):
        raise Refused(Text("topic không phải bộ lọc MQTT", "topic is no MQTT filter"), "topic")
    place = unfilled(mapping)
    if place is not None:
        raise Refused(Text(f"{place} không ứng với dấu + nào", f"{place} stands for no + of the topic"), "device")


def _is_filter(topic: str) -> bool:
    levels = topic.split("/")
    good = all(level in {"+", "#"} or not {"+", "#"} & set(level) for level in levels)
    return good and "#" not in levels[:-1] and topic.isprintable()


def figure_of(mapping: Mapping) -> Figure:
    """Two mappings of one figure to one quantity exclude each other."""
    return mapping.topic, mapping.path, mapping.quantity


def _unconfirmed(gateway: str) -> Text:
    return Text(
        f"Cổng {gateway} chưa xác nhận cấu hình mới: hãy xem nhật ký của cổng, hoặc cập nhật phần mềm cổng",
        f"Gateway {gateway} does not confirm its new configuration: see its log, or update its software",
    )


# ---- SQL; blocks ----


def newest(engine: Engine) -> dict[Name, Stored]:
    highest = select(TABLE.c.school, TABLE.c.gateway, func.max(TABLE.c.version).label("version"))
    highest_of = highest.group_by(TABLE.c.school, TABLE.c.gateway).subquery()
    is_it = (
        (TABLE.c.school == highest_of.c.school)
        & (TABLE.c.gateway == highest_of.c.gateway)
        & (TABLE.c.version == highest_of.c.version)
    )
    with reading(engine).connect() as connection:
        rows = connection.execute(select(TABLE).join(highest_of, is_it)).all()
    found = [
        Stored(row.school, row.gateway, row.version, _readable(row.settings), row.set_by, row.at_ms) for row in rows
    ]
    return {(each.school, each.gateway): each for each in found}


def _readable(settings: dict[str, Any]) -> tuple[Mapping, ...]:
    """What another release wrote and this one cannot read is left out; the version stands."""
    try:
        return tuple(remote_settings(settings).mappings)
    except msgspec.ValidationError:
        return ()


def write(engine: Engine, made: Stored) -> None:
    """A new version; of the older ones some are kept, to see who changed what."""
    is_it: Sequence[Any] = (TABLE.c.school == made.school, TABLE.c.gateway == made.gateway)
    with engine.begin() as connection:
        connection.execute(
            insert(TABLE).values(
                school=made.school,
                gateway=made.gateway,
                version=made.version,
                settings=made.message.settings,
                set_by=made.by,
                at_ms=made.at_ms,
            )
        )
        connection.execute(delete(TABLE).where(*is_it, TABLE.c.version <= made.version - KEPT_VERSIONS))

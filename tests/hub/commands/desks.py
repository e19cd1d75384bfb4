"""Desks on a real database and registry, with gateways and a broker the test moves by hand; time is the test's."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine

from hub.commands.book import CommandBook
from hub.commands.configurations import Configurations
from hub.commands.desk import CommandDesk
from hub.commands.way import Way
from hub.live.reading import Happening
from hub.registry.model import Building, GatewayStatus, Room, School
from hub.registry.registry import Registry
from wire.codec import decode_order
from wire.messages import Command, Configuration, GatewayState

SCHOOL, GATEWAY, DEVICE = "s", "g1", "a101-board"
NOW_MS = 1_795_488_492_000  # 2026-11-24 09:48:12 in Vietnam, a Tuesday


@dataclass
class Site:
    """One school with one gateway whose display takes orders."""

    engine: Engine
    now_ms: int = NOW_MS
    online: bool = True
    spoke: bool = True
    broker: bool = True
    config_version: int = 0
    accepts: dict[str, list[str]] = field(default_factory=lambda: {DEVICE: ["display_on", "display_off"]})
    published: list[tuple[str, bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.registry = Registry(self.engine)
        self.registry.add_school(School(SCHOOL, "THCS Thử"))
        self.registry.add_building(Building(SCHOOL, "a", "Nhà A"))
        self.registry.add_room(Room(SCHOOL, "a101", "A101", "a"))
        self.registry.add_gateway(SCHOOL, GATEWAY, "Cổng 1", GatewayStatus.ACCEPTED)
        self.registry.note_devices([(SCHOOL, DEVICE, GATEWAY, 0, "")])
        self.registry.assign(SCHOOL, DEVICE, "a101", 0)
        self.way = Way(self.registry, self, self.publish, self.in_thread, lambda: self.now_ms)
        self.events = 0

    # what hub.ingest.gateways and the pipeline are to the desks

    def state_of(self, school: str, gateway: str) -> GatewayState | None:
        if (school, gateway) != (SCHOOL, GATEWAY) or not self.spoke:
            return None
        return GatewayState(1, online=True, boot="b", config_version=self.config_version, accepts=self.accepts)

    def is_online(self, _school: str, _gateway: str) -> bool:
        return self.online

    def publish(self, topic: str, payload: bytes) -> bool:
        if self.broker:
            self.published.append((topic, payload))
        return self.broker

    async def in_thread(self, work: Callable[[], Any]) -> Any:
        return await asyncio.to_thread(work)

    # ---- for tests ----

    def desk(self) -> CommandDesk:
        return CommandDesk(CommandBook(self.engine), self.way)

    def configurations(self) -> Configurations:
        return Configurations(self.engine, self.way)

    def orders(self) -> list[Command]:
        """What was sent to gateways since the last call."""
        sent, self.published = self.published, []
        found = [decode_order(payload) for _, payload in sent]
        return [each for each in found if isinstance(each, Command)]

    def configured(self) -> list[Configuration]:
        sent, self.published = self.published, []
        found = [decode_order(payload) for _, payload in sent]
        return [each for each in found if isinstance(each, Configuration)]

    def result(self, data: object, gateway: str = GATEWAY) -> Happening:
        self.events += 1
        name = f"event-{self.events:05}"
        return Happening(SCHOOL, gateway, name, gateway, "command_result", self.now_ms, self.now_ms, data)  # type: ignore[arg-type]

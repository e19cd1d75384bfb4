"""Reads a school file (TOML) into the registry: the school, its buildings, rooms, gateways and devices.

Applying the same file again changes nothing. Nothing is removed that the file does not name. The whole file is checked
before anything is written.
"""

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta, structs
from sqlalchemy.orm import Session

from hub.registry import changes, premises
from hub.registry.changes import RegistryError
from hub.registry.model import Building, GatewayStatus, Room, School
from hub.registry.registry import Registry
from wire.messages import Id
from wire.settings import SettingsError, parse_settings
from wire.text import Text

Label = Annotated[str, Meta(min_length=1, max_length=200)]
Positive = Annotated[float, Meta(gt=0)]
Entry = TypeVar("Entry")


class _Named(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    id: Id
    name: Label


class _School(_Named, frozen=True, forbid_unknown_fields=True, kw_only=True):
    timezone: str = "Asia/Ho_Chi_Minh"
    simulated: bool = False
    keep_raw_days: Annotated[int, Meta(ge=0, le=36_500)] = 90  # 0: keep for ever


class _Building(_Named, frozen=True, forbid_unknown_fields=True, kw_only=True):
    pass


class _Room(_Named, frozen=True, forbid_unknown_fields=True, kw_only=True):
    building: Id
    aliases: tuple[Label, ...] = ()
    volume_m3: Positive = 180.0
    capacity: Annotated[int, Meta(ge=1, le=100_000)] = 45
    co2_limit_ppm: Annotated[float, Meta(ge=500, le=10_000)] = 1500.0
    pupil_age_years: Annotated[float, Meta(ge=2, le=100)] = 13.0


class _Gateway(_Named, frozen=True, forbid_unknown_fields=True, kw_only=True):
    pass


class _Device(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    id: Id
    gateway: Id
    room: Id | None = None
    name: Label | None = None
    model: Annotated[str, Meta(max_length=200)] = ""


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    school: _School
    building: tuple[_Building, ...] = ()
    room: tuple[_Room, ...] = ()
    gateway: tuple[_Gateway, ...] = ()
    device: tuple[_Device, ...] = ()


class Applied(msgspec.Struct, frozen=True):
    """What a school file changed, in the order it was done; empty where everything was so already."""

    school: str
    changes: tuple[Text, ...]


def apply_setup(registry: Registry, text: str, source: str, now_ms: int | None = None) -> Applied:
    """Bring the registry to what the file says. Blocks. Raises SettingsError naming the key and the entry.

    A device that never hung anywhere is placed from the beginning of time, so that replayed history finds its room; one
    that hung elsewhere moves at `now_ms` (the present where not given).
    """
    file = parse_settings(text, _File, source)
    _check(file, registry, source)
    plan = _Plan(registry, file.school.id, int(time.time() * 1000) if now_ms is None else now_ms)
    plan.lay_out(file)
    if plan.steps:
        registry.change(file.school.id, lambda session: _carry_out(session, plan.steps, source))
    return Applied(file.school.id, tuple(step.text for step in plan.steps))


class _Step(msgspec.Struct, frozen=True):
    """One thing to change: the entry of the file that wants it, what to say of it, how to write it."""

    at: str
    text: Text
    write: Callable[[Session], None]


def _carry_out(session: Session, steps: Sequence[_Step], source: str) -> None:
    """All in the caller's transaction: a file that fails half way leaves everything as it was."""
    for step in steps:
        try:
            step.write(session)
            session.flush()
        except RegistryError as wrong:
            raise SettingsError(source, step.at, wrong.text) from wrong


class _Plan:
    """What has to change so that the registry says what the file says."""

    def __init__(self, registry: Registry, school: str, now_ms: int) -> None:
        self.steps: list[_Step] = []
        self._registry, self._school, self._now_ms = registry, school, now_ms

    def lay_out(self, file: _File) -> None:
        self._school_step(file.school)
        for at, building in _numbered("building", file.building):
            self._building_step(at, Building(self._school, building.id, building.name))
        for at, room in _numbered("room", file.room):
            self._room_step(at, Room(self._school, **structs.asdict(room)))
        for at, gateway in _numbered("gateway", file.gateway):
            self._gateway_step(at, gateway)
        for at, device in _numbered("device", file.device):
            self._device_steps(at, device)

    def _school_step(self, entry: _School) -> None:
        wanted = School(entry.id, entry.name, entry.timezone, entry.simulated, entry.keep_raw_days or None)
        before = self._registry.school(entry.id)
        if before != wanted:
            self._add("school", before, Text("trường", "school"), entry.id, lambda s: changes.put_school(s, wanted))

    def _building_step(self, at: str, wanted: Building) -> None:
        before = next((each for each in self._registry.buildings(self._school) if each.id == wanted.id), None)
        if before is None or before.name != wanted.name:
            write = partial(premises.put_building, building=wanted, now_ms=self._now_ms)
            self._add(at, before, Text("tòa nhà", "building"), wanted.id, write)

    def _room_step(self, at: str, wanted: Room) -> None:
        before = self._registry.room(self._school, wanted.id)
        if before is None or structs.replace(before, retired=None, spells=()) != wanted:
            write = partial(premises.put_room, room=wanted, now_ms=self._now_ms)
            self._add(at, before, Text("phòng", "room"), wanted.id, write)

    def _gateway_step(self, at: str, entry: _Gateway) -> None:
        school, accepted = self._school, GatewayStatus.ACCEPTED
        before = self._registry.gateway(school, entry.id)
        if before is None or (before.name, before.status) != (entry.name, accepted):
            self._add(
                at,
                before,
                Text("cổng", "gateway"),
                entry.id,
                lambda s: changes.put_gateway(s, school, entry.id, entry.name, accepted),
            )

    def _device_steps(self, at: str, entry: _Device) -> None:
        registry, school = self._registry, self._school
        before = registry.device(school, entry.id)
        name = entry.name or (entry.id if before is None else before.name)
        model = entry.model or ("" if before is None else before.model)
        if before is None or (before.gateway, before.name, before.model) != (entry.gateway, name, model):
            seen = (entry.id, entry.gateway, None, model)

            def write(session: Session) -> None:
                changes.note_devices(session, school, [seen])
                session.flush()
                changes.name_device(session, school, entry.id, name)

            self._add(at, before, Text("thiết bị", "device"), entry.id, write)
        room = None if entry.room is None else registry.room(school, entry.room)
        if room is not None and room.retired:
            return  # a file older than the retirement does not take it back
        if entry.room is not None and (before is None or before.room != entry.room):
            from_ms = self._now_ms if registry.assignments(school, entry.id) else 0
            said = Text(f"thiết bị {entry.id} ở phòng {entry.room}", f"device {entry.id} hangs in room {entry.room}")
            self.steps.append(_Step(at, said, lambda s: changes.assign(s, school, entry.id, entry.room, from_ms, None)))

    def _add(self, at: str, before: object, what: Text, name: str, write: Callable[[Session], None]) -> None:
        vi, en = ("thêm", "added") if before is None else ("sửa", "changed")
        self.steps.append(_Step(at, Text(f"{vi} {what.vi} {name}", f"{en} {what.en} {name}"), write))


def _check(file: _File, registry: Registry, source: str) -> None:
    """Everything that refers to something else refers to something there; no id twice; no name of a room twice."""
    school = file.school.id
    _no_real_school_replaced(file.school, registry.school(school), source)
    buildings = {each.id for each in file.building} | {each.id for each in registry.buildings(school)}
    rooms = {each.id for each in file.room} | {each.id for each in registry.rooms(school)}
    gateways = {each.id for each in file.gateway} | {each.id for each in registry.gateways(school)}
    for kind, entries in (("building", file.building), ("room", file.room), ("gateway", file.gateway)):
        _no_id_twice(source, kind, [each.id for each in entries])
    _no_id_twice(source, "device", [each.id for each in file.device])
    for at, room in _numbered("room", file.room):
        _need(source, f"{at}.building", room.building, buildings)
    for at, device in _numbered("device", file.device):
        _need(source, f"{at}.gateway", device.gateway, gateways)
        if device.room is not None:
            _need(source, f"{at}.room", device.room, rooms)


def _no_real_school_replaced(entry: _School, known: School | None, source: str) -> None:
    """The demo's school bears an ordinary id: its people and figures must not get among those of a real one."""
    if entry.simulated and known is not None and not known.simulated:
        raise SettingsError(
            source,
            "school.simulated",
            Text(
                f"{entry.id} ({known.name}) là trường thật ở đây: trường mô phỏng không được ghi đè lên; dùng mã khác",
                f"{entry.id} ({known.name}) is a real school here, which a simulated one must not replace: "
                "take another id, or a hub without it",
            ),
        )


def _no_id_twice(source: str, kind: str, ids: Sequence[str]) -> None:
    for place, name in enumerate(ids):
        if name in ids[:place]:
            raise SettingsError(
                source, f"{kind}[{place}].id", Text(f"mã {name!r} đã dùng ở trên", f"{name!r} is used above already")
            )


def _need(source: str, key: str, name: str, known: set[str]) -> None:
    if name not in known:
        listed = ", ".join(sorted(known)) or "-"
        raise SettingsError(
            source, key, Text(f"không có {name!r}; có: {listed}", f"no such id: {name!r}; there are: {listed}")
        )


def _numbered(kind: str, entries: Sequence[Entry]) -> list[tuple[str, Entry]]:
    return [(f"{kind}[{place}]", entry) for place, entry in enumerate(entries)]

"""What each board holds now, gathered from the running hub: the wall of a school, and its devices and gateways."""

from enum import StrEnum
from zoneinfo import ZoneInfo

import msgspec

from hub.context import Hub
from hub.live.views import GatewayView, RoomView
from hub.registry.model import GatewayStatus
from hub.web.board import Item
from hub.web.notices import notices, shape_notices
from hub.web.now import now_items
from hub.web.orders import device_orders, gateway_configuration, recent_orders, rules
from hub.web.shape import room_key, shape_device, shape_gateway, shape_period, shape_room
from hub.web.week_board import week_items
from wire.text import Language


class BoardKind(StrEnum):
    WALL = "wall"
    ROOM = "room"
    DEVICES = "devices"
    NOW = "now"
    WEEK = "week"


OF_THEIR_OWN = frozenset({BoardKind.DEVICES, BoardKind.NOW, BoardKind.WEEK})  # without the rooms of the wall


class BoardName(msgspec.Struct, frozen=True):
    """Viewers of the same kind, school and language share one board and one encoding. `room` only for that kind;
    of NOW it is the teacher, by the timetable's id, of WEEK whose week it is (hub.web.week_board).
    """

    kind: BoardKind
    school: str
    language: Language
    room: str = ""

    def shows(self, view: RoomView) -> bool:
        """Whether a room stands on this board."""
        if view.school != self.school or self.kind in OF_THEIR_OWN:
            return False
        return self.kind is BoardKind.WALL or view.room == self.room


def board_items(hub: Hub, name: BoardName, now_ms: int) -> dict[str, Item]:
    """Everything on a board now."""
    if name.kind is BoardKind.DEVICES:
        return device_items(hub, name, now_ms)
    if name.kind is BoardKind.NOW:
        return now_items(hub, name.school, name.room, name.language, now_ms)
    if name.kind is BoardKind.WEEK:
        return week_items(hub, name.school, name.room, now_ms)
    return wall_frame(hub, name, now_ms) | shown_rooms(hub, name, now_ms) | room_devices(hub, name, now_ms)


def shown_rooms(hub: Hub, name: BoardName, now_ms: int) -> dict[str, Item]:
    if name.kind is BoardKind.ROOM:
        one = hub.live.room(f"{name.school}.{name.room}", now_ms)
        views = [] if one is None else [one]
    else:
        views = hub.live.wall(name.school, now_ms)
    return {room_key(f"{view.school}.{view.room}"): shape_room(view, name.language) for view in views}


def room_devices(hub: Hub, name: BoardName, now_ms: int) -> dict[str, Item]:
    """The devices that hang in the board's room; nothing on other boards."""
    if name.kind is not BoardKind.ROOM:
        return {}
    views = [view for view in hub.live.devices(name.school, now_ms) if view.room == name.room]
    return {
        f"device/{view.device}": shape_device(view) | device_orders(hub, name.school, view.device, name.language)
        for view in views
    }


def wall_frame(hub: Hub, name: BoardName, now_ms: int) -> dict[str, Item]:
    """What stands around the rooms: the period, the notices, the buildings."""
    plan = hub.schools.known(name.school)
    now = plan.period_at(now_ms) if plan else None
    following = plan.next_period(now_ms) if plan else None
    gateways = hub.gateways.views(name.school, now_ms)
    devices = [one for one in hub.registry.devices(name.school) if not retired(hub, name.school, one.id, one.room)]
    if name.kind is BoardKind.ROOM:  # there only what touches its figures
        serving = {device.gateway for device in devices if device.room == name.room}
        gateways, devices = [view for view in gateways if view.gateway in serving], []
    lines = notices(
        [notice for notice in hub.problems() if notice.school in {None, name.school}],
        gateways,
        devices,
        now_ms,
        school_zone(hub, name.school),
    )
    return {
        "period": shape_period(
            now,
            following,
            planned=plan is not None,
            open_now=plan is not None and plan.in_school_hours(now_ms) is True,
        ),
        "notices": shape_notices(lines, name.language),
        "buildings": {"names": {one.id: one.name for one in hub.registry.buildings(name.school)}},
    }


def device_items(hub: Hub, name: BoardName, now_ms: int) -> dict[str, Item]:
    """Gateways (those of undeclared schools too while they wait), devices, rooms to choose from."""
    items: dict[str, Item] = {}
    for gateway in gateways_shown(hub, name.school, now_ms):
        known = gateway.school == name.school
        items[f"gateway/{gateway.school}/{gateway.gateway}"] = shape_gateway(gateway, name.language) | {
            "school": gateway.school,
            "known": known,
            "settings": gateway_configuration(hub, gateway.school, gateway.gateway),
        }
    first_seen = {device.id: device.first_seen_ms for device in hub.registry.devices(name.school)}
    for device in hub.live.devices(name.school, now_ms):
        items[f"device/{device.device}"] = {
            **shape_device(device),
            **device_orders(hub, name.school, device.device, name.language),
            "first": first_seen.get(device.device),
            "retired": retired(hub, name.school, device.device, device.room),
        }
    items["orders"] = recent_orders(hub, name.school, name.language)
    items["rules"] = rules(hub, name.school, name.language)
    items["rooms"] = {"list": [[room.id, room.name, room.building] for room in hub.registry.rooms(name.school)]}
    items["buildings"] = {"names": {one.id: one.name for one in hub.registry.buildings(name.school)}}
    return items


def retired(hub: Hub, school: str, device: str, room: str | None) -> bool:
    """Whether it hung in a room and does no more: it was replaced, and waits for nobody."""
    return room is None and bool(hub.registry.assignments(school, device))


def gateways_shown(hub: Hub, school: str, now_ms: int) -> list[GatewayView]:
    """A school's gateways, and waiting ones that name a school nobody declared: somebody has to see them."""
    declared = {one.id for one in hub.registry.schools()}
    return [
        view
        for view in hub.gateways.views(None, now_ms)
        if view.school == school or (view.school not in declared and view.status == GatewayStatus.PENDING)
    ]


def school_zone(hub: Hub, school: str) -> ZoneInfo:
    known = hub.registry.school(school)
    return ZoneInfo(known.timezone if known else "Asia/Ho_Chi_Minh")

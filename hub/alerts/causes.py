"""What of the live state is trouble that somebody should know of: one cause for each thing to mend. Pure."""

import msgspec

from hub.live.figures import number
from hub.live.reasons import RUNNING
from hub.live.views import GatewayView, RoomStatus, RoomView
from hub.notice import Notice, Severity
from hub.registry.model import GatewayStatus
from wire.text import Text

GATEWAY_OFFLINE, ROOM_SILENT = "gateway.offline", "room.silent"
Key = tuple[str, str, str, str]  # code, school, room, subject


class Cause(msgspec.Struct, frozen=True):
    """`subject` tells two causes of one code and place apart; `text` names the place, never a person."""

    code: str
    text: Text
    severity: Severity = "warning"
    school: str | None = None
    room: str | None = None
    subject: str = ""

    @property
    def key(self) -> Key:
        return self.code, self.school or "", self.room or "", self.subject


def of_notice(notice: Notice) -> Cause:
    return Cause(notice.code, notice.text, notice.severity, notice.school, None, notice.subject)


def of_room(view: RoomView) -> tuple[Cause, ...]:
    """Nothing while it is under maintenance."""
    if view.maintenance is not None:
        return ()
    return tuple(
        Cause(code, Text(f"{view.name}: {text.vi}", f"{view.name}: {text.en}"), "warning", view.school, view.room, of)
        for code, text, of in (*_air(view), *_empty(view), *_wasted(view))
    )


def of_gateway(view: GatewayView) -> tuple[Cause, ...]:
    """Of accepted ones that were heard before: the others wait for a person already."""
    found = []
    if view.status == GatewayStatus.ACCEPTED and not view.online and view.last_seen_ms is not None:
        text = Text(f"Cổng {view.name} mất kết nối", f"Gateway {view.name} is disconnected")
        found.append(Cause(GATEWAY_OFFLINE, text, "warning", view.school, None, view.gateway))
    if view.two_machines:
        text = Text(f"Hai máy dùng chung tên cổng {view.name}", f"Two machines use the name of gateway {view.name}")
        found.append(Cause("gateway.two_machines", text, "critical", view.school, None, view.gateway))
    return tuple(found)


def _air(view: RoomView) -> list[tuple[str, Text, str]]:
    seen = view.values.get("co2_ppm")
    if seen is None or isinstance(seen.value, str):
        return []
    if seen.stale:
        return [(ROOM_SILENT, Text("Cảm biến CO₂ im lặng", "the CO₂ sensor is silent"), seen.device)]
    if not view.forecast.over:
        return []
    level, limit = number(seen.value), number(view.forecast.limit_ppm)
    text = Text(
        f"CO₂ {level.vi} ppm, đã vượt mức {limit.vi} ppm", f"CO₂ {level.en} ppm, over the limit of {limit.en} ppm"
    )
    return [("room.stuffy", text, "")]


def _empty(view: RoomView) -> list[tuple[str, Text, str]]:
    if view.status is not RoomStatus.LESSON_BUT_EMPTY:
        return []
    return [("room.lesson_but_empty", Text("Có tiết học mà phòng trống", "a lesson, and the room is empty"), "")]


def _wasted(view: RoomView) -> list[tuple[str, Text, str]]:
    found = []
    for waste in view.waste:
        what = RUNNING[waste.what]
        text = Text(f"{what.vi} bật khi không có người", f"{what.en} on with nobody there")
        found.append(("room.waste", text, f"{waste.what}/{waste.device}"))
    return found

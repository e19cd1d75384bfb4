"""One line per common cause, for the top of the wall: what is wrong, since when, and where to settle it. Pure."""

from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from hub.live.views import GatewayView
from hub.notice import Notice
from hub.registry.model import Device, GatewayStatus
from hub.web.board import Item
from hub.web.texts import text
from wire.text import Language, Text

DEVICES = "/devices"
WORST_FIRST = BAD, WARN, INFO = "bad", "warn", "info"


def notices(
    problems: Sequence[Notice],
    gateways: Sequence[GatewayView],
    devices: Sequence[Device],
    now_ms: int,
    zone: ZoneInfo,
) -> list[tuple[str, Text, str]]:
    """(severity, text, address of the page that settles it), worst first; many gateways away are one line."""
    lines = [(BAD if each.severity == "critical" else WARN, each.text, each.page) for each in problems]
    accepted = [view for view in gateways if view.status == GatewayStatus.ACCEPTED]
    lines += [(BAD, text("notice.two_machines", name=view.name), DEVICES) for view in accepted if view.two_machines]
    away = [view for view in accepted if not view.online and _away_since(view) is not None]
    if away:
        lines.append((WARN, _gateways_away(away, now_ms, zone), DEVICES))
    waiting = [view for view in gateways if view.status == GatewayStatus.PENDING]
    if waiting:
        one = len(waiting) == 1
        key = "notice.pending_one" if one else "notice.pending"
        lines.append((INFO, text(key, name=waiting[0].name or waiting[0].gateway, n=len(waiting)), DEVICES))
    roomless = sum(device.room is None for device in devices)
    if roomless:
        key = "notice.unassigned_one" if roomless == 1 else "notice.unassigned"
        lines.append((INFO, text(key, n=roomless), DEVICES))
    return sorted(lines, key=lambda line: WORST_FIRST.index(line[0]))


def _gateways_away(away: Sequence[GatewayView], now_ms: int, zone: ZoneInfo) -> Text:
    since = local_time(min(_away_since(view) or now_ms for view in away), now_ms, zone)
    if len(away) == 1:
        return text("notice.gateway", name=away[0].name or away[0].gateway, t=since)
    return text("notice.gateways", n=len(away), t=since)


def _away_since(view: GatewayView) -> int | None:
    return view.since_ms if view.since_ms is not None else view.last_seen_ms


def local_time(t_ms: int, now_ms: int, zone: ZoneInfo) -> str:
    """09:31 today, 23/11 09:31 on another day."""
    when = datetime.fromtimestamp(t_ms / 1000, UTC).astimezone(zone)
    today = datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(zone).date()
    return f"{when:%H:%M}" if when.date() == today else f"{when:%d/%m %H:%M}"


def shape_notices(lines: Sequence[tuple[str, Text, str]], language: Language) -> Item:
    return {"lines": [[severity, line.in_language(language), page] for severity, line, page in lines]}

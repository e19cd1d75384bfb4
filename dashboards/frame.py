"""What every dashboard has around its panels: variables, annotations, links, time, places on the grid. Pure."""

from collections.abc import Sequence
from typing import Any

import msgspec

from dashboards import sql
from dashboards.language import Say
from dashboards.model import POSTGRESQL, Json, tag_links
from dashboards.panels import Panel
from dashboards.queries import MINUTE_DAYS, RAW_DAYS

ZONE = "Asia/Ho_Chi_Minh"
SCHEMA_VERSION = 42
COLUMNS = 24
ALL = {"selected": True, "text": ["All"], "value": ["$__all"]}
HIDDEN = 2
ON_LOAD = 1


class Row(msgspec.Struct, frozen=True):
    """A titled row; with `repeat` its panels stand once for each value of that variable."""

    title: str
    panels: tuple[Panel, ...]
    repeat: str | None = None


class Page(msgspec.Struct, frozen=True):
    """One dashboard before it is JSON. `key` is stable: uid, file name and links are made of it."""

    key: str
    title: str
    description: str
    variables: tuple[Json, ...]
    annotations: tuple[Json, ...]
    rows: tuple[Row, ...]
    begin: str = "now-6h"
    refresh: str = "1m"


def uid(key: str, say: Say) -> str:
    return f"classhub-{key}" if say.language == "vi" else f"classhub-{key}-{say.language}"


def dashboard(page: Page, say: Say) -> Json:
    """The classic dashboard model (schema 42), as files and the HTTP API take it."""
    mark = f"classhub-{say.language}"
    return {
        "uid": uid(page.key, say),
        "title": f"ClassHub · {page.title}",
        "description": page.description,
        "tags": ["classhub", mark],
        "timezone": ZONE,
        "weekStart": "monday",
        "editable": True,
        "graphTooltip": 1,
        "schemaVersion": SCHEMA_VERSION,
        "time": {"from": page.begin, "to": "now"},
        "refresh": page.refresh,
        "links": [tag_links(say("Bảng khác", "Dashboards"), mark)],
        "templating": {"list": list(page.variables)},
        "annotations": {"list": list(page.annotations)},
        "panels": _placed(page.rows),
    }


def _placed(rows: Sequence[Row]) -> list[Json]:
    """Panels from left to right, rows from top to bottom; ids are counted, so that they stay."""
    placed: list[Json] = []
    y = 0
    for row in rows:
        head: Json = {
            "type": "row", "id": len(placed) + 1, "title": row.title, "collapsed": False, "panels": [],
            "gridPos": {"h": 1, "w": COLUMNS, "x": 0, "y": y},
        }  # fmt: skip
        placed.append(head | ({"repeat": row.repeat} if row.repeat else {}))
        x, y, tallest = 0, y + 1, 0
        for panel in row.panels:
            if x + panel.width > COLUMNS:
                x, y, tallest = 0, y + tallest, 0
            place = {"h": panel.height, "w": panel.width, "x": x, "y": y}
            placed.append(panel.content | {"id": len(placed) + 1, "gridPos": place})
            x, tallest = x + panel.width, max(tallest, panel.height)
        y += tallest
    return placed


def _query(name: str, label: str, query: str, **more: Any) -> Json:
    variable: Json = {
        "type": "query", "name": name, "label": label, "datasource": POSTGRESQL, "query": query, "definition": query,
        "refresh": ON_LOAD, "sort": 0, "hide": 0, "multi": False, "includeAll": False, "regex": "",
    }  # fmt: skip
    return variable | more


def _constant(name: str, value: str) -> Json:
    option = {"selected": True, "text": value, "value": value}
    return {"type": "constant", "name": name, "query": value, "hide": HIDDEN, "skipUrlSync": True, "current": option}


def _lookup(name: str, query: str) -> Json:
    """What Flux looks up from SQL (names, limits): one hidden value, kept out of the address."""
    return _query(name, name, query, hide=HIDDEN, skipUrlSync=True)


def deployment() -> tuple[Json, ...]:
    """What differs between installations: the prefix of the buckets and how long levels are kept."""
    return (
        _constant("bucket", "classhub"),
        _constant("raw_days", str(RAW_DAYS)),
        _constant("minute_days", str(MINUTE_DAYS)),
    )


def school(say: Say) -> Json:
    return _query("school", say("Trường", "School"), sql.SCHOOLS)


def building(say: Say) -> Json:
    return _query("building", say("Tòa nhà", "Building"), sql.BUILDINGS, multi=True, includeAll=True, current=ALL)


def rooms(say: Say) -> Json:
    return _query("room", say("Phòng", "Room"), sql.ROOMS, multi=True, includeAll=True, current=ALL)


def one_room(say: Say) -> Json:
    return _query("room", say("Phòng", "Room"), sql.ROOMS)


ROOM_NAMES = _lookup("room_names", sql.ROOM_NAMES)
DEVICE_NAMES = _lookup("device_names", sql.DEVICE_NAMES)
GATEWAY_NAMES = _lookup("gateway_names", sql.GATEWAY_NAMES)
EXPECTED_ROOMS = _lookup("expected_rooms", sql.EXPECTED_ROOMS)
CO2_LIMITS = _lookup("co2_limits", sql.CO2_LIMITS)


def _annotation(name: str, query: str, color: str, *, enable: bool) -> Json:
    target = {"refId": "Anno", "rawSql": query, "rawQuery": True, "format": "table", "editorMode": "code"}
    return {
        "name": name, "datasource": POSTGRESQL, "enable": enable, "hide": False, "iconColor": color,
        "target": target | {"datasource": POSTGRESQL},
    }  # fmt: skip


def lessons(say: Say, *, shown: bool) -> Json:
    return _annotation(say("Tiết học", "Lessons"), sql.LESSON_MARKS, "blue", enable=shown)


def alerts(say: Say) -> Json:
    return _annotation(say("Cảnh báo", "Alerts"), sql.alert_marks(say), "red", enable=True)


def all_alerts(say: Say) -> Json:
    return _annotation(say("Cảnh báo", "Alerts"), sql.alert_marks(say, "TRUE"), "red", enable=False)

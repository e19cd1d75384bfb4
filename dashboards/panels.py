"""The kinds of panels, each with unit, decimals, thresholds, a text for "no data" and a description. Pure."""

from collections.abc import Sequence

import msgspec

from dashboards.language import Say
from dashboards.model import GREEN, MIXED, POSTGRESQL, Json, Steps, mappings, override, thresholds
from dashboards.units import NUMBER

CONNECT_MS = 900_000  # a line is drawn over a gap of at most a quarter of an hour: longer silence shows as a gap
_CALCULATION = {"calcs": ["lastNotNull"], "fields": "", "values": False}


class Look(msgspec.Struct, frozen=True):
    """What a figure looks like: unit, decimals, colours, words for values; `links` lead on from a value."""

    unit: str = NUMBER
    decimals: int = 0
    base: str = GREEN
    steps: Steps = ()
    words: dict[str, tuple[str, str]] = {}
    minimum: float | None = None
    maximum: float | None = None
    links: tuple[Json, ...] = ()


class Panel(msgspec.Struct, frozen=True):
    """One panel before it has its place: `width` of 24 columns, `height` in Grafana's rows."""

    content: Json
    width: int
    height: int


def _panel(
    kind: str, title: str, description: str, targets: Sequence[Json], fields: Json, options: Json, size: tuple[int, int]
) -> Panel:
    sources = [target["datasource"] for target in targets]
    one = all(source == sources[0] for source in sources)
    content: Json = {
        "type": kind, "title": title, "description": description, "targets": list(targets), "transparent": False,
        "datasource": sources[0] if one else MIXED, "fieldConfig": fields, "options": options,
    }  # fmt: skip
    return Panel(content, *size)


def _fields(look: Look, say: Say, custom: Json, *, color: str = "thresholds", overrides: Sequence[Json] = ()) -> Json:
    defaults: Json = {
        "unit": look.unit, "decimals": look.decimals, "thresholds": thresholds(look.base, look.steps),
        "color": {"mode": color}, "custom": custom, "mappings": mappings(look.words) if look.words else [],
        "noValue": say("Không có số liệu", "No data"), "links": list(look.links),
    }  # fmt: skip
    if look.minimum is not None:
        defaults["min"] = look.minimum
    if look.maximum is not None:
        defaults["max"] = look.maximum
    return {"defaults": defaults, "overrides": list(overrides)}


def stat(
    say: Say,
    title: str,
    description: str,
    target: Json,
    look: Look,
    size: tuple[int, int] = (3, 4),
    *,
    trend: bool = False,
) -> Panel:
    """One figure in large letters."""
    options: Json = {
        "graphMode": "area" if trend else "none", "colorMode": "value", "justifyMode": "auto", "textMode": "value",
        "wideLayout": True, "showPercentChange": False, "percentChangeColorMode": "standard", "orientation": "auto",
        "reduceOptions": _CALCULATION,
    }  # fmt: skip
    return _panel("stat", title, description, [target], _fields(look, say, {}), options, size)


def lines(
    say: Say,
    title: str,
    description: str,
    targets: Sequence[Json],
    look: Look,
    size: tuple[int, int] = (12, 8),
    *,
    limit: str | None = None,
    bars: bool = False,
) -> Panel:
    """Values over time, a line each; `limit` names the field that is a limit and is drawn dashed."""
    custom: Json = {
        "drawStyle": "bars" if bars else "line", "lineInterpolation": "linear", "lineWidth": 1,
        "fillOpacity": 60 if bars else 8, "spanNulls": False if bars else CONNECT_MS, "showPoints": "auto",
        "pointSize": 4, "axisPlacement": "auto", "axisLabel": "", "stacking": {"mode": "none", "group": "A"},
        "thresholdsStyle": {"mode": "dashed" if look.steps else "off"},
    }  # fmt: skip
    if bars:
        custom["stacking"] = {"mode": "normal", "group": "A"}
    dashed: Json = {
        "color": {"mode": "fixed", "fixedColor": "red"},
        "custom.lineStyle": {"fill": "dash", "dash": [10, 10]},
    }
    fields = _fields(look, say, custom, color="palette-classic", overrides=[override([limit], dashed)] if limit else [])
    options: Json = {
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []},
        "tooltip": {"mode": "multi", "sort": "desc"},
    }
    return _panel("timeseries", title, description, targets, fields, options, size)


def strip(
    say: Say, title: str, description: str, target: Json, words: dict[str, tuple[str, str]], size: tuple[int, int]
) -> Panel:
    """What was when: a coloured strip a series."""
    custom: Json = {"lineWidth": 0, "fillOpacity": 75, "spanNulls": CONNECT_MS, "insertNulls": False}
    look = Look("string", 0, words=words)
    fields = _fields(look, say, custom, color="thresholds" if words else "palette-classic")
    if target["datasource"] == POSTGRESQL:  # a lesson's end is a row without a name
        custom["spanNulls"] = False
    options: Json = {
        "showValue": "auto", "rowHeight": 0.85, "mergeValues": True, "alignValue": "left",
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": bool(words), "calcs": []},
        "tooltip": {"mode": "single", "sort": "none"},
    }  # fmt: skip
    return _panel("state-timeline", title, description, [target], fields, options, size)


def ranking(say: Say, title: str, description: str, target: Json, look: Look, size: tuple[int, int] = (8, 8)) -> Panel:
    """One bar a row (columns name and value), in the query's order."""
    options: Json = {
        "displayMode": "gradient", "valueMode": "color", "namePlacement": "auto", "showUnfilled": True,
        "sizing": "auto", "minVizWidth": 8, "minVizHeight": 16, "maxVizHeight": 300, "orientation": "horizontal",
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": False, "calcs": []},
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": True, "limit": 30},
    }  # fmt: skip
    return _panel("bargauge", title, description, [target], _fields(look, say, {}), options, size)


class Highlight(msgspec.Struct, frozen=True):
    """A column of a table whose cells are coloured by thresholds of its own."""

    column: str
    base: str
    steps: Steps


def table(
    say: Say,
    title: str,
    description: str,
    targets: Sequence[Json],
    size: tuple[int, int] = (24, 10),
    *,
    join: str | None = None,
    order: Sequence[str] = (),
    hidden: Sequence[str] = (),
    highlights: Sequence[Highlight] = (),
    links: tuple[Json, ...] = (),
) -> Panel:
    """Rows and columns; units stand in the headings. Several queries are joined by the field `join`."""
    cell: Json = {"type": "color-background", "mode": "basic"}
    overrides = [
        override([each.column], {"thresholds": thresholds(each.base, each.steps), "custom.cellOptions": cell})
        for each in highlights
    ]
    look = Look(NUMBER, 1, base="text", links=links)
    fields = _fields(look, say, {"align": "auto", "inspect": False}, overrides=overrides)
    del fields["defaults"]["decimals"]  # each column's query rounds to what its quantity deserves
    options: Json = {"frameIndex": 0, "showHeader": True, "cellHeight": "sm", "sortBy": []}
    made = _panel("table", title, description, targets, fields, options, size)
    changes: list[Json] = []
    if join is not None:
        changes.append({"id": "joinByField", "options": {"byField": join, "mode": "outer"}})
    if order or hidden:
        index = {name: place for place, name in enumerate(order)}
        left_out = dict.fromkeys(hidden, True)
        changes.append(
            {"id": "organize", "options": {"indexByName": index, "excludeByName": left_out, "renameByName": {}}}
        )
    if changes:
        made.content["transformations"] = changes
    return made

"""Small pieces of Grafana's classic dashboard JSON: data sources, thresholds, mappings, links, targets. Pure."""

from collections.abc import Sequence
from typing import Any

Json = dict[str, Any]

INFLUXDB: Json = {"type": "influxdb", "uid": "classhub-influxdb"}
POSTGRESQL: Json = {"type": "grafana-postgresql-datasource", "uid": "classhub-postgresql"}
MIXED: Json = {"type": "datasource", "uid": "-- Mixed --"}

GREEN, YELLOW, ORANGE, RED, BLUE, GREY = "green", "yellow", "orange", "red", "blue", "#8e8e8e"
Steps = Sequence[tuple[float, str]]


def flux(query: str, ref: str = "A") -> Json:
    return {"refId": ref, "datasource": INFLUXDB, "query": query}


def sql(query: str, ref: str = "A") -> Json:
    """A table query; PostgreSQL sees the read-only views of schema `grafana` only."""
    common = {"editorMode": "code", "format": "table", "rawQuery": True}
    return {"refId": ref, "datasource": POSTGRESQL, "rawSql": query} | common


def thresholds(base: str, steps: Steps = ()) -> Json:
    """`base` is the colour below the first step."""
    below: list[Json] = [{"value": None, "color": base}]
    return {"mode": "absolute", "steps": below + [{"value": value, "color": color} for value, color in steps]}


def mappings(words: dict[str, tuple[str, str]]) -> list[Json]:
    """What a value is called and in which colour: {"1": ("Bật", "green")}."""
    options = {
        value: {"text": text, "color": color, "index": i} for i, (value, (text, color)) in enumerate(words.items())
    }
    return [{"type": "value", "options": options}]


def override(names: Sequence[str], properties: Json) -> Json:
    """What is different for the fields of these names. Grafana's published schema takes objects only as values."""
    matcher = {"id": "byNames", "options": {"mode": "include", "names": list(names)}}
    return {"matcher": matcher, "properties": [{"id": key, "value": value} for key, value in properties.items()]}


def link(title: str, url: str) -> Json:
    return _link(title, "link", url, "external link", [])


def tag_links(title: str, tag: str) -> Json:
    """The other dashboards of the same language, with school, room and time kept."""
    return _link(title, "dashboards", "", "dashboard", [tag])


def _link(title: str, kind: str, url: str, icon: str, tags: list[str]) -> Json:
    return {
        "title": title, "type": kind, "url": url, "icon": icon, "tags": tags, "tooltip": "", "asDropdown": False,
        "targetBlank": False, "includeVars": kind == "dashboards", "keepTime": kind == "dashboards",
    }  # fmt: skip

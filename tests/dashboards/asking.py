"""Every query of every panel, as Grafana would send it: variables by their own SQL, ranges, widths."""

from collections.abc import Iterator

import msgspec
from sqlalchemy import Connection, text

from dashboards.model import INFLUXDB, Json
from demo.cast import SCHOOL
from tests.dashboards.day import Day
from tests.dashboards.grafana_variables import Range, Value, flux_macros, replace_variables, sql_macros

HOUR_MS = 3_600_000
WIDTH = 1_000  # points a panel asks for
ROOM = "a102"


class Asked(msgspec.Struct, frozen=True):
    dashboard: str
    panel: str
    ref: str
    is_flux: bool
    query: str


def ranges(day: Day) -> dict[str, Range]:
    """What people look at: six hours, a day, a week (of which only a day holds data), a quarter of a year."""
    return {
        name: Range(day.now_ms - hours * HOUR_MS, day.now_ms, max(1_000, hours * HOUR_MS // WIDTH))
        for name, hours in (("6h", 6), ("24h", 24), ("7d", 168), ("90d", 2_160))
    }


def variables(dashboard: Json, connection: Connection, shown: Range, school: str = SCHOOL) -> dict[str, Value]:
    """Each variable as Grafana fills it on load: SQL in order, the first value, or all of them."""
    chosen: dict[str, Value] = {}
    for variable in dashboard["templating"]["list"]:
        name = variable["name"]
        if variable["type"] == "constant":
            chosen[name] = variable["query"]
            continue
        rows = connection.execute(text(escaped(sql_macros(replace_variables(variable["query"], chosen), shown))))
        found = [row._mapping.get("__value", row[0]) for row in rows]
        if variable["includeAll"]:
            chosen[name] = [str(value) for value in found]
        else:
            preferred = [value for value in found if value in {school, ROOM}]
            chosen[name] = str((preferred or found or [""])[0])
    return chosen


def escaped(query: str) -> str:
    """SQLAlchemy's text takes `:name` for a parameter."""
    return query.replace(":", "\\:")


def panels(dashboard: Json) -> Iterator[Json]:
    return (panel for panel in dashboard["panels"] if panel["type"] != "row")


def asked(key: str, dashboard: Json, chosen: dict[str, Value], shown: Range) -> Iterator[Asked]:
    """A panel in a repeated row sees one value of the repeated variable."""
    repeat: str | None = None
    for panel in dashboard["panels"]:
        if panel["type"] == "row":
            repeat = panel.get("repeat")
            continue
        once = [*chosen[repeat], ""][0] if repeat else ""
        here = chosen | {repeat: once} if repeat else chosen
        for target in panel["targets"]:
            is_flux = target["datasource"] == INFLUXDB
            words = replace_variables(target["query" if is_flux else "rawSql"], here)
            query = flux_macros(words, shown) if is_flux else sql_macros(words, shown)
            yield Asked(key, panel["title"], target["refId"], is_flux, query)

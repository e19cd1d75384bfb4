"""Imports point one way, and pure modules stay pure: read from the source, not from a diagram."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("wire", "firmware_bridge", "edge", "hub", "demo", "dashboards", "classhub")

MAY_IMPORT = {
    "wire": {"wire"},
    "firmware_bridge": {"wire", "firmware_bridge"},
    "edge": {"wire", "firmware_bridge", "edge"},
    "hub": {"wire", "hub"},
    "demo": {"wire", "firmware_bridge", "demo"},
    "dashboards": {"wire", "dashboards"},
    "classhub": set(PACKAGES),
}
PURE = (
    "wire/",
    "firmware_bridge/framing/",
    "firmware_bridge/devices/",
    *(f"firmware_bridge/{name}.py" for name in ("modbus", "modbus_device", "modbus_table", "registers")),
    *(f"firmware_bridge/{name}.py" for name in ("calibration", "turns")),
    "edge/dialects/",
    "edge/announcements.py",
    "edge/inventory.py",
    "edge/window.py",
    "hub/ingest/ledger.py",
    "hub/ingest/naming.py",
    "hub/ingest/skew.py",
    "hub/ingest/check.py",
    "hub/notice.py",
    "hub/alerts/causes.py",
    "hub/alerts/open_alerts.py",
    "hub/broker/dynsec.py",
    "hub/broker/mosquitto.py",
    "hub/broker/refusals.py",
    "hub/commands/command.py",
    "hub/live/",
    *(f"hub/stores/influx/{name}.py" for name in ("lines", "gaps", "winners", "plan", "queries")),
    *(f"hub/stores/influx/{name}.py" for name in ("rewriting", "stretches", "summaries")),
    "hub/tls/watch.py",
    "hub/forecasts/late_hours.py",
    "hub/web/bells.py",
    "hub/web/clashes.py",
    "hub/web/week.py",
    "hub/school/model.py",
    "hub/school/plan.py",
    *(f"hub/school/{name}.py" for name in ("difference", "doubts", "quality", "clashes")),
    *(f"hub/school/{name}.py" for name in ("bells", "changed_day", "datebook", "day", "directory", "edition", "edits")),
    *(f"hub/school/{name}.py" for name in ("headcount", "masks", "names", "planned_day", "ready", "terms")),
    *(f"hub/school/{name}.py" for name in ("changes", "meeting", "row_words", "spelling")),
    "hub/school/timetable.py",
    "hub/school/sessions.py",
    *(f"hub/school/importers/{name}.py" for name in ("dates", "encoding", "grid", "layout", "csv_rows", "ics_rules")),
    *(f"hub/school/importers/ics_{name}.py" for name in ("repeats", "times", "changes", "free")),
    *(
        f"hub/school/importers/spreadsheet_{name}.py"
        for name in ("words", "table", "titles", "times", "people", "forms", "plan")
    ),
    "hub/derived/day.py",
    "hub/derived/reliving.py",
    *(f"hub/school/pulls/{name}.py" for name in ("schedule", "ending", "notices")),
    *(
        f"hub/school/importers/rest/{name}.py"
        for name in ("waiting", "paging", "resources", "tables", "thinned", "limits")
    ),
    *(f"hub/registry/{name}.py" for name in ("intervals", "model", "spells")),
    "demo/classroom.py",
    "demo/cast.py",
)
IMPURE = {"asyncio", "socket", "serial", "paho", "aiomqtt", "time", "random", "secrets", "threading", "subprocess"}
IMPURE |= {"sqlite3", "sqlalchemy", "duckdb", "os", "urllib", "http"}


def modules() -> list[Path]:
    return [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_one_way(path: Path) -> None:
    package = path.relative_to(ROOT).parts[0]
    forbidden = (imported(path) & set(PACKAGES)) - MAY_IMPORT[package]
    assert not forbidden, f"{package} may not import {forbidden}"


def test_pure_modules_know_no_clock_socket_or_database() -> None:
    dirty = {
        str(path.relative_to(ROOT)): imported(path) & IMPURE
        for path in modules()
        if str(path.relative_to(ROOT)).startswith(PURE) and imported(path) & IMPURE
    }
    assert not dirty


def test_every_pure_place_exists() -> None:
    assert not [place for place in PURE if not (ROOT / place).exists()]


def test_grafana_s_library_is_known_to_one_file() -> None:
    users = [path for path in modules() if imported(path) & {"grafana_api", "requests"}]
    assert [str(path.relative_to(ROOT)) for path in users] == ["dashboards/push.py"]


def test_influxdb_s_client_is_known_to_one_file() -> None:
    users = [path for path in modules() if "influxdb_client" in imported(path)]
    assert [str(path.relative_to(ROOT)) for path in users] == ["hub/stores/influx/http.py"]


def test_serial_ports_are_opened_in_one_file() -> None:
    users = [path for path in modules() if "serial" in imported(path)]
    assert [str(path.relative_to(ROOT)) for path in users] == ["firmware_bridge/links/serial.py"]


def test_modules_stay_readable() -> None:
    """Above 400 lines a module needs a reason written here; above 600 there is none."""
    long = {
        str(path.relative_to(ROOT)): lines
        for path in modules()
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > 400 and "migrations" not in path.parts
    }
    assert not long


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in modules()
        if path.read_text(encoding="utf-8").strip()
        and not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert not silent

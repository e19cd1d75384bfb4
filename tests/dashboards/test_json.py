"""The JSON Grafana gets: held equal to the code, valid by Grafana's published schemas, complete in both languages."""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from classhub.__main__ import main
from dashboards.book import FOLDER, dashboards, files
from dashboards.datasources import ROLE, influxdb, postgresql
from dashboards.language import LANGUAGES
from dashboards.model import INFLUXDB, MIXED, POSTGRESQL, Json
from hub.config import InfluxSection
from hub.db import grafana_role
from tests.dashboards.asking import panels
from wire.quantities import QUANTITIES
from wire.text import Language

SCHEMAS = Path(__file__).resolve().parents[3] / "shared" / "data" / "schemas" / "grafana"
PROVISIONING = FOLDER.parent / "provisioning"
OPTION_SCHEMAS = {"stat": "stat", "timeseries": "timeseries", "table": "table", "state-timeline": "statetimeline"}
OPTION_SCHEMAS["bargauge"] = "bargauge"
ALL = [(language, key) for language in LANGUAGES for key in dashboards(language)]
LEVEL = re.compile(r"_(mean|min|max|last|count|held_ms)$")
HIDDEN = 2


@cache
def schema(name: str, root: str) -> Draft7Validator:
    if not SCHEMAS.is_dir():
        pytest.skip(f"needs Grafana's published schemas in {SCHEMAS}")
    whole = json.loads((SCHEMAS / f"{name}.jsonschema.json").read_text(encoding="utf-8"))
    return Draft7Validator(whole | {"$ref": f"#/definitions/{root}"})


@pytest.fixture(params=ALL, ids="/".join)
def dashboard(request: pytest.FixtureRequest) -> Json:
    language, key = request.param
    return dashboards(language)[key]


def test_the_committed_files_are_what_the_code_makes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dashboards", "build", "--check"]) == 0, capsys.readouterr().out


def test_check_names_what_differs_and_build_mends_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = ["--out", str(tmp_path)]
    assert main(["dashboards", "build", *out]) == 0
    (tmp_path / "vi" / "room.json").write_text("{}")
    (tmp_path / "en" / "gone.json").write_text("{}")
    assert main(["dashboards", "build", "--check", *out]) == 1
    said = capsys.readouterr().out
    assert "vi/room.json" in said
    assert "en/gone.json" in said
    assert main(["dashboards", "build", *out]) == 0
    assert {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.json")} == {str(path) for path, _ in files()}


def test_a_dashboard_is_valid(dashboard: Json) -> None:
    errors = [
        f"{list(each.absolute_path)}: {each.message[:200]}"
        for each in schema("dashboard", "Dashboard").iter_errors(dashboard)
    ]
    assert not errors


def test_each_panel_s_options_are_valid(dashboard: Json) -> None:
    errors = []
    for panel in panels(dashboard):
        name = OPTION_SCHEMAS[panel["type"]]
        errors += [
            (panel["title"], each.message[:200]) for each in schema(name, "Options").iter_errors(panel["options"])
        ]
        custom = panel["fieldConfig"]["defaults"]["custom"]
        if panel["type"] in {"timeseries", "table", "state-timeline"}:
            errors += [(panel["title"], each.message[:200]) for each in schema(name, "FieldConfig").iter_errors(custom)]
    assert not errors


def test_every_panel_says_what_it_means(dashboard: Json) -> None:
    for panel in panels(dashboard):
        defaults = panel["fieldConfig"]["defaults"]
        assert len(panel["description"]) > 10, panel["title"]
        assert defaults["noValue"] in {"Không có số liệu", "No data"}
        assert defaults["unit"], panel["title"]
        assert defaults["thresholds"]["steps"][0]["value"] is None
        steps = [step["value"] for step in defaults["thresholds"]["steps"][1:]]
        assert steps == sorted(steps)
        assert "decimals" in defaults or panel["type"] == "table", panel["title"]


def test_places_and_ids(dashboard: Json) -> None:
    taken: set[tuple[int, int]] = set()
    ids = [panel["id"] for panel in dashboard["panels"]]
    assert ids == list(range(1, len(ids) + 1))
    for panel in dashboard["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert at["x"] + at["w"] <= 24
        assert not cells & taken, panel["title"]
        taken |= cells


def test_what_a_dashboard_refers_to_is_there(dashboard: Json) -> None:
    names = {variable["name"] for variable in dashboard["templating"]["list"]}
    uids = {each["uid"] for language in LANGUAGES for each in dashboards(language).values()}
    text = json.dumps(dashboard, ensure_ascii=False)
    used = set(re.findall(r"\$\{(\w+)(?::\w+)?\}", text)) | set(re.findall(r"\$([a-z]\w+)", text))
    assert used <= names | {"__url_time_range"}
    assert set(re.findall(r"/d/([\w-]+)\?", text)) <= uids
    sources = [panel["datasource"] for panel in panels(dashboard)]
    assert all(source in (INFLUXDB, POSTGRESQL, MIXED) for source in sources)
    assert dashboard["timezone"] == "Asia/Ho_Chi_Minh"
    assert dashboard["refresh"]
    repeats = {panel.get("repeat") for panel in dashboard["panels"]} - {None}
    assert repeats <= names


def test_constants_are_the_hub_s_defaults(dashboard: Json) -> None:
    settings = InfluxSection()
    constants = {each["name"]: each["query"] for each in dashboard["templating"]["list"] if each["type"] == "constant"}
    assert constants == {
        "bucket": settings.bucket,
        "raw_days": str(settings.raw_days),
        "minute_days": str(settings.minute_days),
    }


def test_uids_are_stable() -> None:
    keys = ["school-now", "room", "air", "energy", "gateways", "province"]
    assert [each["uid"] for each in dashboards("vi").values()] == [f"classhub-{key}" for key in keys]
    assert [each["uid"] for each in dashboards("en").values()] == [f"classhub-{key}-en" for key in keys]


def _words(language: Language) -> Iterator[str]:
    for each in dashboards(language).values():
        yield each["title"]
        for panel in each["panels"]:
            yield panel["title"]
            yield panel.get("description", "")


def test_vietnamese_and_english_are_both_complete() -> None:
    vietnamese, english = list(_words("vi")), list(_words("en"))
    assert len(vietnamese) == len(english)
    assert sum(a == b for a, b in zip(vietnamese, english, strict=True) if a) <= 3, "only CO₂ is the same word"
    marks = re.compile("[ăâđêôơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]")
    assert not [text for text in english if marks.search(text)]
    for key, each in dashboards("en").items():
        text = json.dumps(each, ensure_ascii=False)
        assert not marks.search(text), f"{key}: {marks.search(text)}"


def test_queries_ask_only_for_quantities_of_the_table(dashboard: Json) -> None:
    known = set(QUANTITIES) | {"seq", "shift_ms"}
    for query in flux_queries(dashboard):
        for measurement in re.findall(r'r\._measurement == "(\w+)"', query):
            assert measurement in {"reading", "room_status", "gateway_health", "school_health"}
        if '"reading"' in query and "room_status" not in query and "gateway_health" not in query:
            asked = {LEVEL.sub("", field) for field in re.findall(r'r\._field [!=]= "(\w+)"', query)}
            assert asked <= known, asked - known


def test_the_province_adds_up_no_minutes_of_gateways() -> None:
    """24 h of 2,200 gateways took 13 s: sums come from the schools' quarters, windows before groups (0.3 s for 7 d)."""
    queries = [query for query in flux_queries(dashboards("en")["province"]) if "_health" in query]
    assert len(queries) >= 5
    for query in queries:
        if "gateway_health" in query:
            assert "|> last()" in query, query
            assert "difference" not in query
    [course] = [query for query in queries if "aggregateWindow" in query]
    steps = re.findall(r"\|> (\w+)\(", course)
    assert steps[:5] == ["range", "filter", "aggregateWindow", "group", "aggregateWindow"]


def test_no_mean_of_a_register_of_a_state_or_of_a_text(dashboard: Json) -> None:
    for query in flux_queries(dashboard):
        if "fn: mean" in query:
            asked = {LEVEL.sub("", field) for field in re.findall(r'r\._field == "(\w+)"', query)} & set(QUANTITIES)
            assert {QUANTITIES[quantity].kind.value for quantity in asked} <= {"gauge"}, query


def flux_queries(dashboard: Json) -> Iterator[str]:
    return (target["query"] for panel in panels(dashboard) for target in panel["targets"] if "query" in target)


def test_sql_reads_the_views_without_persons_only(dashboard: Json) -> None:
    text = "\n".join(_sql(dashboard))
    views = {"school", "building", "room", "gateway", "device", "lesson", "alert"}
    assert set(re.findall(r"(?:FROM|JOIN) grafana\.(\w+)", text)) <= views
    assert not re.findall(r"(?:FROM|JOIN) (?!grafana\.|\(|v\b)\w+\.\w+", text)
    assert not re.search(r"teacher|pupil|person|giao_vien|hoc_sinh", text)


def _sql(dashboard: Json) -> Iterator[str]:
    yield from (variable["query"] for variable in dashboard["templating"]["list"])
    yield from (mark["target"]["rawSql"] for mark in dashboard["annotations"]["list"])
    yield from (target.get("rawSql", "") for panel in panels(dashboard) for target in panel["targets"])


def _provisioned(name: str) -> Any:
    return yaml.safe_load((PROVISIONING / name / "classhub.yaml").read_text(encoding="utf-8"))


def test_provisioning_agrees_with_the_dashboards_and_with_the_push() -> None:
    influx, state = _provisioned("datasources")["datasources"]
    secrets = (influx.pop("secureJsonData"), state.pop("secureJsonData"))
    assert all(value.startswith("$__file{/run/secrets/") for secret in secrets for value in secret.values())
    ours = influxdb("http://influxdb:8086", "classhub", "classhub", "")
    theirs = postgresql("postgres:5432", "classhub", "", "disable")
    del ours["secureJsonData"], theirs["secureJsonData"]
    assert influx == ours | {"editable": False}
    assert state == theirs | {"editable": False}
    assert grafana_role.ROLE == ROLE
    for provider, language in zip(_provisioned("dashboards")["providers"], LANGUAGES, strict=True):
        assert provider["options"]["path"].endswith(f"/{language}")
        assert provider["allowUiUpdates"] is False


def test_hidden_lookups_stay_out_of_addresses(dashboard: Json) -> None:
    for variable in dashboard["templating"]["list"]:
        if variable["hide"] == HIDDEN:
            assert variable["skipUrlSync"], variable["name"]

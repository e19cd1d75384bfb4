"""deploy/prometheus: the YAML has Prometheus's shape, and every metric it names is one a real hub exposes.

promtool is not at hand here: expressions are read for their names and their brackets, not parsed.
"""

import re
from typing import Any

import httpx
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from tests.deploy.compose import ROOT
from tests.hub.process import HubProcess
from tests.patience import PATIENCE_S
from tests.ports import free_port

# Of a hub with InfluxDB, Mosquitto and TLS only: tests/docs/test_operations_page.py finds them on one.
IN_PRODUCTION = {
    "classhub_hub_store_answers_total",
    "classhub_hub_broker_refused_logins_total",
    "classhub_hub_certificate_days_left",
}
FOLDER = ROOT / "deploy" / "prometheus"
WORDS = {
    "sum", "by", "rate", "clamp_min", "histogram_quantile", "increase", "delta", "instance", "stream", "le", "min",
    "certificate",
}  # fmt: skip


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load((FOLDER / "rules.yml").read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def names_in(expression: str) -> set[str]:
    bare = re.sub(r"\{[^}]*\}|\[[^\]]*\]|\b\d[\w.]*", " ", expression)
    return set(re.findall(r"[a-zA-Z_:][\w:]*", bare)) - WORDS


@pytest.fixture(scope="module")
def exposed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """Name of a sample -> the values its labels have, of a hub that runs."""
    hub = HubProcess(tmp_path_factory.mktemp("hub"), "embedded", free_port())
    try:
        hub.start()
        text = httpx.get(f"http://127.0.0.1:{hub.web_port}/metrics", timeout=PATIENCE_S).raise_for_status().text
    finally:
        hub.close()
    found: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels.values())
    return found


@pytest.mark.timeout(180)
def test_rules_name_only_what_a_hub_exposes(exposed: dict[str, set[str]]) -> None:
    recorded = {rule["record"] for rule in rules() if "record" in rule}
    assert len(recorded) > 5
    for rule in rules():
        unknown = names_in(rule["expr"]) - recorded - set(exposed) - {"up"} - IN_PRODUCTION
        assert not unknown, f"{rule.get('alert') or rule['record']}: {unknown}"
        for name, labels in re.findall(r"(classhub_hub_\w+)\{([^}]*)\}", rule["expr"]):
            for value in re.findall(r'"([^"]*)"', labels):
                assert name in IN_PRODUCTION or value in exposed[name], f"{name}: {value}"


def test_rules_have_their_parts() -> None:
    for rule in rules():
        assert rule["expr"].count("(") == rule["expr"].count(")")
        if "alert" in rule:
            assert rule["labels"]["severity"] in {"warning", "critical"}
            assert rule["annotations"]["summary"].endswith(".") or "{{" in rule["annotations"]["summary"]
            assert re.fullmatch(r"ClassHub[A-Za-z]+", rule["alert"])
        else:
            assert re.fullmatch(r"classhub:[a-z_]+:[a-z0-9_]+", rule["record"])


def test_the_scrape_job_asks_as_the_hub_wants_it() -> None:
    job = yaml.safe_load((FOLDER / "scrape.yml").read_text(encoding="utf-8"))["scrape_configs"][0]
    assert (job["metrics_path"], job["scheme"]) == ("/metrics", "https")
    assert job["authorization"] == {"type": "Bearer", "credentials_file": "/etc/prometheus/classhub.token"}
    assert "basic_auth" not in job, "an operator's password could change things"
    assert job["job_name"] in (FOLDER / "rules.yml").read_text(encoding="utf-8")

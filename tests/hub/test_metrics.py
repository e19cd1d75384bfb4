"""/metrics: families with their HELP, labels, histograms; every figure of a real hub has a meaning written down."""

from collections.abc import Iterator

import httpx
import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from hub.distribution import Distribution
from hub.metric_meanings import MEANINGS
from hub.metrics import PREFIX, metrics_registry, named
from tests.hub.process import HubProcess
from tests.patience import PATIENCE_S
from tests.ports import free_port


def test_a_distribution_counts_what_prometheus_expects() -> None:
    took = Distribution((0.1, 1.0))
    for value in (0.05, 0.1, 0.5, 7.0):
        took.observe(value)
    assert took.buckets() == [("0.1", 2.0), ("1", 3.0), ("+Inf", 4.0)]
    assert took.count == 4
    assert took.total == pytest.approx(7.65)


def test_names_carry_labels() -> None:
    assert named("messages_total") == ("messages_total", {})
    assert named("account_rows{kind=lost,stream=tele}") == ("account_rows", {"kind": "lost", "stream": "tele"})


def test_figures_and_distributions_become_families() -> None:
    took = Distribution((1.0,))
    took.observe(0.5)
    figures = {"messages_total": 3.0, "account_rows{kind=lost}": 2.0, "account_rows{kind=late}": 5.0, "store_up": 1.0}
    text = generate_latest(metrics_registry(lambda: figures, lambda: {"commit_seconds{stream=events}": took})).decode()
    families = {family.name: family for family in text_string_to_metric_families(text)}
    assert families[PREFIX + "messages"].type == "counter"
    assert families[PREFIX + "store_up"].documentation == MEANINGS["store_up"]
    assert {sample.labels["kind"]: sample.value for sample in families[PREFIX + "account_rows"].samples} == {
        "lost": 2.0,
        "late": 5.0,
    }
    histogram = {
        sample.name.removeprefix(PREFIX): sample.value for sample in families[PREFIX + "commit_seconds"].samples
    }
    assert histogram == {"commit_seconds_bucket": 1.0, "commit_seconds_count": 1.0, "commit_seconds_sum": 0.5}


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    process = HubProcess(tmp_path_factory.mktemp("hub"), "embedded", free_port())
    try:
        yield process.start()
    finally:
        process.close()


def scraped(hub: HubProcess) -> str:
    return httpx.get(f"http://127.0.0.1:{hub.web_port}/metrics", timeout=PATIENCE_S).raise_for_status().text


@pytest.mark.timeout(180)
def test_every_figure_of_a_real_hub_has_its_meaning(hub: HubProcess) -> None:
    families = [each for each in text_string_to_metric_families(scraped(hub)) if each.name.startswith(PREFIX)]
    assert len(families) > 30
    for family in families:
        name = family.name.removeprefix(PREFIX)
        assert (MEANINGS.get(name) or MEANINGS.get(f"{name}_total")) == family.documentation, name


def test_labels_are_few_and_hold_nothing_of_a_school(hub: HubProcess) -> None:
    samples = [sample for family in text_string_to_metric_families(scraped(hub)) for sample in family.samples]
    ours = [sample for sample in samples if sample.name.startswith(PREFIX)]
    assert {key for sample in ours for key in sample.labels} <= {
        "le", "kind", "stream", "severity", "release", "class", "certificate", "work"
    }  # fmt: skip
    assert len(ours) < 400

"""The hub's figures for Prometheus: read when they are scraped, never kept twice.

A figure's name may carry labels: `account_rows{kind=lost}`. What ends in `_total` is a counter, the rest are gauges,
all under `classhub_hub_`; what a figure means stands in hub/metric_meanings.py. Labels are few and fixed: nothing that
grows with schools, gateways, devices or people, and nothing personal.
"""

import re
from collections.abc import Callable, Iterator, Mapping

from prometheus_client import CollectorRegistry, PlatformCollector, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from hub.distribution import Distribution
from hub.metric_meanings import meaning
from wire.release import RELEASE

PREFIX = "classhub_hub_"
_COUNTER_END = "_total"
_LABEL = re.compile(r"([a-z_]+)=([A-Za-z0-9_.-]*)")
Figures = Callable[[], Mapping[str, float]]
Distributions = Callable[[], Mapping[str, Distribution]]


def named(key: str) -> tuple[str, dict[str, str]]:
    """`account_rows{kind=lost}` -> its name and its labels."""
    name, _, labels = key.partition("{")
    return name, dict(_LABEL.findall(labels))


class FigureCollector(Collector):
    """Figures and distributions by name, grouped into families."""

    def __init__(self, figures: Figures, distributions: Distributions) -> None:
        self._figures, self._distributions = figures, distributions

    def collect(self) -> Iterator[Metric]:
        families: dict[str, Metric] = {}
        for key, value in self._figures().items():
            name, labels = named(key)
            if name not in families:
                families[name] = _family(name, list(labels))
            families[name].add_metric(list(labels.values()), float(value))  # type: ignore[attr-defined]
        for key, distribution in self._distributions().items():
            name, labels = named(key)
            if name not in families:
                families[name] = HistogramMetricFamily(PREFIX + name, meaning(name), labels=list(labels))
            families[name].add_metric(  # type: ignore[attr-defined]
                list(labels.values()), distribution.buckets(), distribution.total
            )
        build = GaugeMetricFamily(f"{PREFIX}build_info", meaning("build_info"), labels=["release"])
        build.add_metric([RELEASE], 1.0)
        yield build
        yield from families.values()


def _family(name: str, labels: list[str]) -> Metric:
    if name.endswith(_COUNTER_END):
        return CounterMetricFamily(PREFIX + name.removesuffix(_COUNTER_END), meaning(name), labels=labels)
    return GaugeMetricFamily(PREFIX + name, meaning(name), labels=labels)


def metrics_registry(figures: Figures, distributions: Distributions) -> CollectorRegistry:
    """A registry of its own (no globals), with the process's memory and CPU."""
    registry = CollectorRegistry()
    registry.register(FigureCollector(figures, distributions))
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    return registry

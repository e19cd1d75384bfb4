"""The hub's figures for Prometheus: read when they are scraped, never kept twice."""

from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, PlatformCollector, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

_COUNTER_END = "_total"


class FigureCollector(Collector):
    """Figures by name: what ends in `_total` is a counter, the rest are gauges, all under `classhub_hub_`."""

    def __init__(self, figures: Callable[[], dict[str, float]]) -> None:
        self._figures = figures

    def collect(self) -> Iterator[Metric]:
        for name, value in self._figures().items():
            words = name.removesuffix(_COUNTER_END).replace("_", " ")
            if name.endswith(_COUNTER_END):
                counter = CounterMetricFamily(f"classhub_hub_{name.removesuffix(_COUNTER_END)}", words)
                counter.add_metric([], float(value))
                yield counter
            else:
                yield GaugeMetricFamily(f"classhub_hub_{name}", words, value=float(value))


def metrics_registry(figures: Callable[[], dict[str, float]]) -> CollectorRegistry:
    """A registry of its own (no globals), with the process's memory and CPU."""
    registry = CollectorRegistry()
    registry.register(FigureCollector(figures))
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    return registry

"""One running hub as its web side sees it: every part it may read or call, gathered in one structure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hub.notice import one_a_cause

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry
    from sqlalchemy import Engine

    from hub.commands.configurations import Configurations
    from hub.commands.desk import CommandDesk
    from hub.commands.policies import Policies
    from hub.config import HubConfig
    from hub.distribution import Distribution
    from hub.ingest.gateways import Gateways
    from hub.ingest.quarantine import Quarantine
    from hub.live.engine import LiveEngine
    from hub.notice import Notice
    from hub.registry.registry import Registry
    from hub.school.pulls.runner import Pulls
    from hub.school.repository import Schools
    from hub.stores.reader import SeriesReader
    from hub.web.push import Fanout


@dataclass(slots=True)
class Hub:
    """Composed by hub/composition.py. Parts append what is wrong with them to `problem_sources`."""

    config: HubConfig
    registry: Registry
    live: LiveEngine
    gateways: Gateways
    quarantine: Quarantine
    series: SeriesReader
    schools: Schools
    engine: Engine
    fanout: Fanout
    desk: CommandDesk
    configurations: Configurations
    policies: Policies
    pulls: Pulls
    now_ms: Callable[[], int]
    started_ms: int
    problem_sources: list[Callable[[], list[Notice]]] = field(default_factory=list)
    figure_sources: list[Callable[[], dict[str, float]]] = field(default_factory=list)
    distribution_sources: list[Callable[[], dict[str, Distribution]]] = field(default_factory=list)
    metrics: CollectorRegistry | None = None

    def problems(self) -> list[Notice]:
        """What a person should know now: broker away, store down, disk or quarantine full. Empty when all is well."""
        return one_a_cause(notice for source in self.problem_sources for notice in source())

    def ingest_figures(self) -> dict[str, float]:
        """Counters and gauges of the whole intake by name, for /metrics and the status page."""
        figures: dict[str, float] = {}
        for source in self.figure_sources:
            figures.update(source())
        return figures

    def distributions(self) -> dict[str, Distribution]:
        """Histograms by name, for /metrics."""
        return {name: each for source in self.distribution_sources for name, each in source().items()}

    def own_figures(self) -> dict[str, float]:
        """What the hub as a whole can say: age, open pages, notices by severity."""
        severities = [notice.severity for notice in self.problems()]
        return {
            "uptime_seconds": (self.now_ms() - self.started_ms) / 1_000,
            "push_viewers": self.fanout.viewers,
            "notices{severity=warning}": severities.count("warning"),
            "notices{severity=critical}": severities.count("critical"),
        }

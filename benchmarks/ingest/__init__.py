"""What a value costs, whole pipeline: decode, check, de-duplicate, correlate, store, acknowledge.

First beside Telegraf, which only copies the same messages into the same influxd, in alternating runs; then the shapes
of a school and a province with the embedded store. Real processes: mosquitto, influxd, hub or Telegraf, and the load.
"""

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks.ingest.hub import Result, Shape, measure_hub
from benchmarks.ingest.telegraf import measure_telegraf
from benchmarks.table import print_table
from tests.sim.broker import Mosquitto
from tests.sim.influxd import Influxd

RUNS = 5
GOALS = {100: 0.75, 5: 2.0}  # hub over Telegraf, CPU a value
QUEUES = "max_queued_messages 0\nmax_queued_bytes 0\nmax_inflight_messages 2000\n"


def main(seconds: float = 20) -> None:
    compare(seconds)
    embedded(seconds)


def compare(seconds: float, runs: int = RUNS) -> None:
    """Both shapes of design.md, `runs` times each in turn; medians, and what was missing in all runs together."""
    full = Shape("100 values a message", 10, rows=20, values=5, messages=int(750 * seconds))
    small = Shape("5 values a message", 10, rows=1, values=5, messages=int(2_500 * seconds))
    rows = []
    for shape, size in ((full, 100), (small, 5)):
        pairs = []
        with tempfile.TemporaryDirectory() as folder, Influxd(Path(folder)) as influx:
            pairs = [_pair(shape, Path(folder), influx, run) for run in range(runs)]
        hub, telegraf = ([pair[place] for pair in pairs] for place in (0, 1))
        ratio = median(a.us_per_value / b.us_per_value for a, b in pairs)
        rows += [_row(shape, "ClassHub hub", hub, f"{ratio:.2f} (goal {GOALS[size]})")]
        rows += [_row(shape, "Telegraf 1.37.2", telegraf, "1")]
    head = ("shape", "who", "values a run", "values/s", "CPU µs/value", "of Telegraf", "MB", "values missing")
    print_table(f"hub with InfluxDB beside Telegraf, median of {runs} alternating runs", head, rows)


def _pair(shape: Shape, folder: Path, influx: Influxd, run: int) -> tuple[Result, Result]:
    """Each with a broker of its own: what one left behind is not the other's. Nobody asks the hub for pages either."""

    def measured(name: str, measure: Callable[..., Result]) -> Result:
        own = folder / f"{name}{run}"
        with Mosquitto(own, extra=QUEUES) as broker:
            return measure(shape, own / f"{name}{shape.values * shape.rows}x{run}", broker.port, influx)

    return measured("hub", partial(measure_hub, asked=False)), measured("telegraf", measure_telegraf)


def _row(shape: Shape, who: str, results: list[Result], ratio: str) -> tuple[str, ...]:
    return (
        shape.name,
        who,
        f"{results[0].values:,}",
        f"{median(each.values / each.wall_s for each in results):,.0f}",
        f"{median(each.us_per_value for each in results):.2f}",
        ratio,
        f"{median(each.peak_mb for each in results):.0f}",
        f"{sum(each.missing for each in results):,}",
    )


def embedded(seconds: float) -> None:
    """The embedded store: full batches, and the province shape of 730 schools and 2,190 gateways."""
    shapes = [
        Shape("100 values a message", schools=10, rows=20, values=5, seconds=seconds),
        Shape("province: 2,190 gateways x 7 values/s", 730, 1, 7, messages_per_s=2_190, seconds=seconds),
        Shape("the same, 14,600 rooms live", 730, 1, 7, messages_per_s=2_190, seconds=seconds, devices=7, rooms=20),
        Shape("7 values a message, as fast as taken", 730, 1, 7, seconds=seconds),
    ]
    rows = []
    for shape in shapes:
        with tempfile.TemporaryDirectory() as folder, Mosquitto(Path(folder)) as broker:
            result = measure_hub(shape, Path(folder) / "hub", broker.port)
        if result.missing:
            raise RuntimeError(f"{shape.name}: {result.missing} of {result.values} values not acknowledged in a minute")
        rows.append(
            (
                shape.name,
                f"{result.values:,}",
                f"{result.values / result.sending_s:,.0f}",
                f"{result.values / result.wall_s:,.0f}",
                f"{result.us_per_value:.2f}",
                f"{result.cpu_s / result.wall_s:.2f}",
                f"{result.peak_mb:.0f}",
                f"{result.slowest_page_ms:.0f}",
            )
        )
    head = (
        *("shape", "values", "values/s sent", "values/s until all acknowledged"),
        *("hub CPU µs/value", "cores", "hub MB", "slowest answer ms"),
    )
    print_table("hub intake with DuckDB", head, rows)


if __name__ == "__main__":
    main()

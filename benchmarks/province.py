"""A province through the production store: 730 schools x 20 rooms, 2,190 gateways, devices of 5 values every 5 s.

Broker, hub, influxd and the load share this machine. Each gateway sends once a second what its devices measured since,
as its agent's commits do; a viewer has one school's wall open, and the store is asked for one device again and again.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from statistics import quantiles

import httpx
import psutil

from benchmarks.ingest.hub import Acknowledgements, Shape, Watch, hub_running, prepare
from benchmarks.table import print_table
from tests.ports import free_port
from tests.sim.broker import Mosquitto
from tests.sim.influxd import ORG, Influxd

SCHOOLS, VALUES, DEVICES = 730, 5, 7
WARM_S = 20.0  # the first sight of 14,600 devices is no steady state
WATCHED = "s10"


class Viewer:
    """An open wall: how old each value of the watched school was when it came."""

    def __init__(self, port: int) -> None:
        self.delays_s: list[float] = []
        self.counting = threading.Event()
        self._ended = threading.Event()
        self._url = f"http://127.0.0.1:{port}/live/wall?school={WATCHED}"
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()

    def _follow(self) -> None:
        seen: dict[tuple[str, str], float] = {}
        with httpx.stream("GET", self._url, timeout=60) as answer:
            for line in answer.iter_lines():
                if self._ended.is_set():
                    return
                if line.startswith("data:"):
                    self._take(json.loads(line[5:]), time.time(), seen)

    def _take(
        self,
        message: dict[str, dict[str, dict[str, dict[str, list[float]]]]],
        now_s: float,
        seen: dict[tuple[str, str], float],
    ) -> None:
        for key, item in (message.get("set") or {}).items():
            for quantity, shown in item.get("values", {}).items() if key.startswith("room/") else ():
                at_ms = shown[1]
                if seen.get((key, quantity)) != at_ms:
                    seen[key, quantity] = at_ms
                    if self.counting.is_set():
                        self.delays_s.append(now_s - at_ms / 1000)

    def close(self) -> None:
        self._ended.set()


class StoreReader:
    """Asks InfluxDB for the newest row of one device four times a second; when each was first there."""

    def __init__(self, influx: Influxd, bucket: str) -> None:
        self.delays_s: list[float] = []
        self.counting = threading.Event()
        self._influx, self._ended = influx, threading.Event()
        self._flux = (
            f'from(bucket: "{bucket}_raw") |> range(start: -15s) |> filter(fn: (r) => r._measurement == "reading"'
            f' and r.school == "{WATCHED}" and r.device == "g1-d3" and r._field == "co2_ppm")'
            " |> last() |> map(fn: (r) => ({t: int(v: r._time)}))"
        )
        self._thread = threading.Thread(target=self._poll, daemon=True)
        self._thread.start()

    def _poll(self) -> None:
        seen = 0
        headers = {"Authorization": f"Token {self._influx.token}", "Content-Type": "application/vnd.flux"}
        with httpx.Client(base_url=self._influx.url, headers=headers, timeout=30) as client:
            while not self._ended.wait(0.25):
                text = client.post("/api/v2/query", params={"org": ORG}, content=self._flux).text
                rows = [line for line in text.splitlines() if line.startswith(",_result,")]
                at_ns = int(rows[-1].rsplit(",", 1)[1]) if rows else 0
                if at_ns > seen:
                    seen = at_ns
                    if self.counting.is_set():
                        self.delays_s.append(time.time() - at_ns / 1e9)

    def close(self) -> None:
        self._ended.set()
        self._thread.join(2)


def main(seconds: float = 60, schools: int = SCHOOLS, warm_s: float = WARM_S) -> None:
    shape = Shape("province", schools, rows=1, values=VALUES, seconds=warm_s + seconds, devices=DEVICES, rooms=20)
    with tempfile.TemporaryDirectory() as folder, Influxd(Path(folder)) as influx, Mosquitto(Path(folder)) as broker:
        web_port = free_port()
        config = prepare(Path(folder) / "province", shape, broker.port, web_port, influx)
        with hub_running(Path(folder), config, web_port) as hub:
            rows = _measure(hub, influx, shape, broker.port, web_port, seconds, warm_s)
    title = f"province with InfluxDB, {seconds:.0f} s, everything on this machine"
    print_table(title, ("what", "p50", "p99", "goal"), rows)


def _measure(
    hub: psutil.Process, influx: Influxd, shape: Shape, port: int, web_port: int, seconds: float, warm_s: float
) -> list[tuple[str, ...]]:
    acknowledged = Acknowledgements(port)
    words = [sys.executable, "-m", "benchmarks.load", *shape.words(port), "--province"]
    load = subprocess.Popen(words, stdout=subprocess.PIPE)
    viewer, store = Viewer(web_port), StoreReader(influx, "province")
    time.sleep(warm_s)
    viewer.counting.set()
    store.counting.set()
    watches = {"hub": Watch(hub, f"http://127.0.0.1:{web_port}/healthz"), "influxd": Watch(psutil.Process(influx.pid))}
    out, _ = load.communicate(timeout=warm_s + seconds + 120)
    cpu = {name: watch.stop() / seconds for name, watch in watches.items()}
    sent = json.loads(out)
    end = time.monotonic() + 60
    while acknowledged.total() < sent["rows"] and time.monotonic() < end:
        time.sleep(0.1)
    for each in (viewer, store, acknowledged):
        each.close()
    memory = watches["hub"].memory_mb
    rate = sent["values"] / sent["seconds"]
    return [
        ("sensor to page, s", *_spread(viewer.delays_s), "p99 1.5"),
        ("sensor to store, s", *_spread(store.delays_s), ""),
        ("values a second", f"{rate:,.0f}", "", "15,000"),
        ("rows not acknowledged a minute after the end", f"{sent['rows'] - acknowledged.total():,}", "", "0"),
        ("cores: hub, influxd", f"{cpu['hub']:.2f}, {cpu['influxd']:.2f}", "", ""),
        ("hub MB, most", f"{watches['hub'].peak_mb:.0f}", "", "300"),
        ("hub memory slope, MB an hour", f"{slope_mb_per_h(memory):+.1f}", "", "0"),
        ("hub's slowest answer, ms", f"{watches['hub'].slowest_ms:.0f}", "", ""),
    ]


def slope_mb_per_h(samples: list[tuple[float, float]]) -> float:
    """Least squares over (seconds, MB)."""
    count = len(samples)
    mean_s = sum(at for at, _ in samples) / count
    mean_mb = sum(mb for _, mb in samples) / count
    over = sum((at - mean_s) * (mb - mean_mb) for at, mb in samples)
    under = sum((at - mean_s) * (at - mean_s) for at, _ in samples)
    return over / under * 3_600


def _spread(delays_s: list[float]) -> tuple[str, str]:
    if len(delays_s) < 2:
        return "too short a run", ""
    cuts = quantiles(delays_s, n=100, method="inclusive")
    return f"{cuts[49]:.2f}", f"{cuts[98]:.2f}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=60)
    main(parser.parse_args().seconds)

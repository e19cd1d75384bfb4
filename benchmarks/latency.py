"""How long from a sensor's message to an open page: the whole chain, an event, and the hub alone.

Real processes: the gateway's mosquitto, edge agent, broker, hub; the page is its own live stream (server-sent events).
"""

import json
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from statistics import quantiles

import httpx

from benchmarks.table import print_table
from tests.failure.stand import GATEWAY, SCHOOL, Stand, wait_until
from tests.protocol.gateway import Gateway

PAUSE_S = 0.73  # against the edge's commit of a second and the hub's beats, so that every phase is met


class Page:
    """One viewer of the wall: when each value of a quantity was first shown."""

    def __init__(self, port: int) -> None:
        self.shown: dict[tuple[str, float], float] = {}
        self._address = f"http://127.0.0.1:{port}/live/wall?school={SCHOOL}"
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()

    def _follow(self) -> None:
        with httpx.stream("GET", self._address, timeout=30) as answer:
            for line in answer.iter_lines():
                if self._ended.is_set():
                    return
                if line.startswith("data:"):
                    self._take(json.loads(line[5:]), time.time())

    def _take(self, message: dict[str, dict[str, dict[str, dict[str, list[float]]]]], now_s: float) -> None:
        for key, item in (message.get("set") or message.get("all") or {}).items():
            if key.startswith("room/"):
                for quantity, value in item.get("values", {}).items():
                    self.shown.setdefault((quantity, value[0]), now_s)

    def close(self) -> None:
        self._ended.set()


def spread(delays_s: list[float]) -> tuple[str, str, str]:
    """Median, 99th percentile and count, for the table."""
    cuts = quantiles(delays_s, n=100, method="inclusive")
    return f"{cuts[49]:.3f}", f"{cuts[98]:.3f}", str(len(delays_s))


def collect(
    page: Page, count: int, send: Callable[[int], float], quantity: str, value: Callable[[int], float]
) -> list[float]:
    """Send `count` messages and wait for each to be shown; the delays in seconds."""
    delays = []
    for number in range(count):
        wanted = (quantity, value(number))
        page.shown.pop(wanted, None)
        sent = send(number)
        wait_until(lambda wanted=wanted: wanted in page.shown, 15, f"{wanted} shown")  # type: ignore[misc]
        delays.append(page.shown[wanted] - sent)
        time.sleep(PAUSE_S)
    return delays


def main(seconds: float = 60) -> None:
    count = max(10, int(seconds / 1.5))
    rows = []
    with tempfile.TemporaryDirectory() as folder, Stand(Path(folder)) as stand:
        stand.edge.start()
        wait_until(lambda: any(gateway["online"] for gateway in stand.gateways()), 20, "gateway online")
        page = Page(stand.web_port)
        sensor = stand.feeder
        sensor.send({"illuminance": 1})
        wait_until(lambda: ("illuminance_lx", 1) in page.shown, 20, "first value shown")
        reading = collect(
            page, count, lambda n: sensor.send({"illuminance": n + 10}), "illuminance_lx", lambda n: n + 10
        )
        rows.append(("reading: sensor -> agent (1 s commits) -> broker -> hub -> page", *spread(reading), "1.5"))
        contact = collect(
            page, count, lambda n: sensor.send({"contact": n % 2 == 0}), "contact_open", lambda n: float(n % 2)
        )
        rows.append(("event: door contact -> agent -> broker -> hub -> page", *spread(contact), "0.3"))
        stand.edge.stop()
        gateway = Gateway(stand.broker.port, SCHOOL, GATEWAY)
        gateway.wait_for_hub()

        def crossing(number: int) -> float:
            row = gateway.measure("sensor-a101", {"co2_ppm": 1600.0 + number if number % 2 else 600.0 + number})
            at = time.time()
            gateway.publish(gateway.batch(row, row))
            return at

        crossing(-1)  # the first one measured must cross too: from above to below
        wait_until(lambda: ("co2_ppm", 1599.0) in page.shown, 15, "the first crossing shown")
        co2 = collect(page, count, crossing, "co2_ppm", lambda n: 1600.0 + n if n % 2 else 600.0 + n)
        rows.append(("CO2 limit crossed: broker -> hub -> page (hub alone)", *spread(co2), "0.05"))
        gateway.stop()
        page.close()
    print_table("latency to an open page, seconds", ("path", "p50", "p99", "messages", "goal p99"), rows)


if __name__ == "__main__":
    main()

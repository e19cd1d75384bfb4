"""By hand: a school of 20 rooms on a real influxd, then how long a month of one room takes, and what sweeping costs.

`python -m tests.hub.stores.by_hand_influxdb`; about a minute. One room has a month at 5 s and 5
quantities, all 20 an hour.
"""

import resource
import tempfile
import time
from pathlib import Path

import psutil

from hub.config import InfluxSection
from hub.registry.model import Assignment
from hub.stores.influx.http import InfluxHttp
from tests.hub.stores.by_hand_history import timed
from tests.hub.stores.influx_stand import DAY, HOUR, QUARTER, START, Buckets
from tests.sim.influxd import Influxd

DAYS, PACE_MS, ROOMS = 30, 5_000, 20
END = START + DAYS * DAY
QUANTITIES = ("co2_ppm", "temperature_c", "humidity_pct", "power_w", "occupancy")


def lines(room: int, from_ms: int, to_ms: int) -> bytes:
    return "\n".join(
        f"reading,device=d{room},room=r{room},school=s1 co2_ppm={400 + t // 5000 * 7 % 1200}.5,"
        f"temperature_c={20 + t // 5000 % 80 / 10},humidity_pct={t // 5000 % 100}.0,power_w={t // 5000 % 300}.25,"
        f"occupancy={t // 600_000 % 2}.0,seq={t // 5000}i {t}"
        for t in range(from_ms, to_ms, PACE_MS)
    ).encode()


def cpu_s(influx: Influxd) -> tuple[float, float]:
    """Of this process and of influxd."""
    own, its = resource.getrusage(resource.RUSAGE_SELF), psutil.Process(influx.pid).cpu_times()
    return own.ru_utime + own.ru_stime, its.user + its.system


def spent(what: str, influx: Influxd, begun: float, before: tuple[float, float]) -> None:
    hub_s, influxd_s = (after - was for after, was in zip(cpu_s(influx), before, strict=True))
    print(f"{what:<44} {time.perf_counter() - begun:8.2f} s  CPU: hub {hub_s:.2f} s, influxd {influxd_s:.2f} s")  # noqa: T201


def main() -> None:
    folder = Path(tempfile.mkdtemp())
    with Influxd(folder) as influx:
        buckets = Buckets(influx, folder)
        http = InfluxHttp(InfluxSection(url=influx.url, org=buckets.section.org), influx.token)
        for start in range(START, END, DAY):
            http.write(f"{buckets.section.bucket}_raw", lines(0, start, start + DAY))
        for room in range(1, ROOMS):
            http.write(f"{buckets.section.bucket}_raw", lines(room, END - HOUR, END))
        store = buckets.open()
        for room in range(ROOMS):
            store.replace_assignments("s1", f"d{room}", [Assignment("s1", f"d{room}", f"r{room}", 0)])
        store.commit([], [])
        for quantity in QUANTITIES[::4]:
            timed(f"{quantity}, 30 d raw", lambda q=quantity: store.history("s1", "r0", q, START, END, HOUR + 1))
        timed("first tend", lambda: store.tend(START + DAY))
        begun, before = time.perf_counter(), cpu_s(influx)
        while store.tend(END - HOUR + QUARTER):
            pass
        spent("29 days of one room swept", influx, begun, before)
        shares = 0
        begun, before = time.perf_counter(), cpu_s(influx)
        while shares < 3:
            store.tend(END - HOUR + QUARTER * (2 + shares))
            shares += 1
        spent("3 quarters of 20 rooms", influx, begun, before)
        while store.tend(END + HOUR):
            pass
        for quantity in QUANTITIES:
            for days, step_ms in ((30, 2 * HOUR), (7, 2 * QUARTER), (1, 300_000)):
                timed(
                    f"{quantity}, {days} d in steps of {step_ms // 60_000} min",
                    lambda q=quantity, d=days, s=step_ms: store.history("s1", "r0", q, END - d * DAY, END, s),
                )
        timed("move of a month", lambda: store.replace_assignments("s1", "d0", [Assignment("s1", "d0", "r5", 0)]))
        begun, before = time.perf_counter(), cpu_s(influx)
        while store.tend(END + HOUR):
            pass
        spent("a month of a device moved", influx, begun, before)
        store.close()


if __name__ == "__main__":
    main()

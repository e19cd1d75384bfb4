"""The three outages of peers.md section 4 with the same load, our gateway's figures beside the peers'.

20 messages a second through the gateway's own mosquitto, a relay that refuses or swallows, a real hub: (a) the uplink
refused for 60 s, (b) the same and the gateway killed -9 half way, (c) a black hole for 45 s. Each message is numbered
and carries its time; counted is what is in the hub's store when everything has come to rest.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.table import print_table
from tests.failure.outages import start_flowing
from tests.failure.stand import Count, Stand, wait_until

REFUSED_S, SWALLOWED_S = 60.0, 45.0
BEFORE_S = 20.0  # data flows before and after each outage, so that about as many messages are sent as there
PEERS = (  # measured there: lost / duplicated, and the worst error of a measurement's time
    ("ThingsBoard gateway 3.8.5, file store", "0 / 0", "1–4 / 0–2", "140–144 / 0", "12 s"),
    ("ThingsBoard gateway 3.8.5, sqlite store", "0 / 0", "6–8 / 0–8", "725–729 / 0–2", "11 s"),
    ("Telegraf 1.37.2, disk buffer, broker tuned for it", "0 / 10", "0 / 0", "0 / 7", "63 s"),
    ("Telegraf 1.37.2, stock", "575 / 6", "715–724 / 0", "181 / 4", "77 s"),
    ("Node-RED 4.1", "1,200 / 0", "1,220 / 0", "306 / 0", "none carried"),
    ("Mosquitto bridge, stock", "579–691 / 0–1", "400–418 / 0", "6–13 / 0", "none carried"),
    ("Mosquitto bridge, saved on each change", "0 / 0", "0 / 0", "0 / 0", "none carried"),
)


@dataclass(frozen=True)
class Outcome:
    count: Count
    first_data_s: float
    untrue: int
    account: dict[str, int]

    @property
    def lost_duplicated(self) -> str:
        return f"{self.count.lost} / {self.count.duplicated}"


def refused(stand: Stand, seconds: float) -> None:
    stand.relay.cut()
    time.sleep(seconds)


def refused_and_killed(stand: Stand, seconds: float) -> None:
    stand.relay.cut()
    time.sleep(seconds / 2)
    stand.edge.kill()
    stand.edge.start()
    time.sleep(seconds / 2)


def swallowed(stand: Stand, seconds: float) -> None:
    stand.relay.black_hole()
    time.sleep(seconds)


def outage(happens: Callable[[Stand, float], None], seconds: float, around_s: float) -> Outcome:
    """Data flows, it happens, the line comes back, everything comes to rest."""
    with tempfile.TemporaryDirectory() as folder, Stand(Path(folder)) as stand:
        start_flowing(stand)
        time.sleep(around_s)
        happens(stand, seconds)
        newest = max(stand.feeder.sent)
        stand.relay.restore()
        began_s = time.monotonic()
        wait_until(lambda: any(number > newest - 20 for number in stand.stored_now()), 120, "data after the return")
        first_data_s = time.monotonic() - began_s
        time.sleep(around_s)
        stand.drain(180)
        account = stand.account()
        shown = {name: account[name] for name in ("expected", "received", "duplicate", "late", "lost", "overwritten")}
        lies = stand.onlooker.lies if stand.onlooker is not None else []
        return Outcome(stand.count(), first_data_s, len(lies), shown)


def main(seconds: float = REFUSED_S) -> None:
    """`seconds`: length of (a) and (b); (c) takes three quarters of it."""
    black_hole_s = seconds * SWALLOWED_S / REFUSED_S
    around_s = min(BEFORE_S, seconds / 3)
    runs = [
        outage(refused, seconds, around_s),
        outage(refused_and_killed, seconds, around_s),
        outage(swallowed, black_hole_s, around_s),
    ]
    ours = ("ClassHub", *(run.lost_duplicated for run in runs), f"{runs[1].count.worst_time_error_s:g} s")
    head = (
        "lost / duplicated",
        f"(a) uplink refused {seconds:g} s",
        "(b) the same + gateway killed -9",
        f"(c) black hole {black_hole_s:g} s",
        "worst time error after (b)",
    )
    print_table("Outages at 20 messages/s; peers at 60 s and 45 s (peers.md section 4)", head, [ours, *PEERS])
    details = [
        (
            name,
            str(run.count.sent),
            str(run.count.distinct),
            f"{run.first_data_s:.1f}",
            f"{run.count.worst_time_error_s:g}",
            str(run.untrue),
            ", ".join(f"{key} {number}" for key, number in run.account.items()),
        )
        for name, run in zip(("(a)", "(b)", "(c)"), runs, strict=True)
    ]
    print_table(
        "The same in detail",
        ("run", "sent", "stored", "first data after s", "worst time error s", "untrue looks", "account on the page"),
        details,
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.outages", description=__doc__)
    parser.add_argument("--seconds", type=float, default=REFUSED_S, help="length of (a) and (b); (c) is three quarters")
    main(parser.parse_args().seconds)

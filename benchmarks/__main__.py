"""`python -m benchmarks [NAME ...] [--seconds N]`: every benchmark, or those named; each prints a table."""

import argparse
import importlib

NAMES = (
    *("ingest", "province", "storage", "edge", "decoding", "outages", "pages", "latency", "occupancy"),
    *("school", "correlation", "forecast", "uploads", "province_memory"),
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", default=list(NAMES), metavar="NAME", help=f"of {', '.join(NAMES)}")
    parser.add_argument("--seconds", type=float, default=None, help="how long each load runs")
    arguments = parser.parse_args()
    for name in arguments.names:
        if name not in NAMES:
            parser.error(f"no benchmark {name!r}; there are {', '.join(NAMES)}")
        run = importlib.import_module(f"benchmarks.{name}").main
        if arguments.seconds is None:
            run()
        else:
            run(arguments.seconds)


if __name__ == "__main__":
    main()

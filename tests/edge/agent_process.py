"""A real agent in a process of its own, with a source that counts: `… tests.edge.agent_process EDGE_TOML FROM COUNT`.

Prints `durable N` for every value that is on disk, so that a test knows what may not be lost when it kills the process.
"""

import asyncio
import signal
import sys
from pathlib import Path

from edge.agent import Agent
from edge.config import load_config
from edge.sources.source import Sink
from wire.messages import SourceReport


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


class Counting:
    """The values `first`, `first`+1, … as fast as they can be stored."""

    name, kind = "counting", "test"

    def __init__(self, first: int, count: int) -> None:
        self._first, self._count = first, count

    async def run(self, sink: Sink) -> None:
        for value in range(self._first, self._first + self._count):
            sink.reading("dev", {"co2_ppm": float(value)}, on_durable=lambda value=value: say(f"durable {value}"))  # type: ignore[misc]
            if value % 20 == 0:
                await asyncio.sleep(0.01)
        sink.event("dev", "button", {"last": self._first + self._count - 1}, on_durable=lambda: say("event"))
        await asyncio.Event().wait()

    def report(self) -> SourceReport:
        return SourceReport(self.name, self.kind, up=True)


async def main(path: Path, first: int, count: int) -> None:
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await Agent(load_config(path)).run([Counting(first, count)], stop)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))

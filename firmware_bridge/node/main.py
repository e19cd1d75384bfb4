"""Runs a node with three sensors on a serial port of a computer: `python main.py /dev/pts/3`. The board's loop.

On a board (ESP32, RP2040) replace `open_port` by `machine.UART(1, 115200)`, whose `read` and `write` are the same, and
`measure` by the sensors at hand. MicroPython's Unix port runs this file as it is.
"""

import sys
import time

from firmware_bridge.node.node import Node

QUANTITIES = [("co2_ppm", "", 0), ("temperature_c", "", -1), ("humidity_pct", "", -1), ("switch_on", "fan", 0)]
ORDERS = ["switch_on", "switch_off"]
EVERY_MS = 1_000
PAUSE_S = 0.02


def measure(turn: int, fan: int) -> list[tuple[int, int]]:
    """What the sensors say: this one makes up a room where a class has just begun."""
    return [(0, 420 + turn), (1, 243), (2, 612), (3, fan)]


def serve(port: object, node: Node, now_ms: object, turns: int) -> None:
    """The board's loop; `port` has read() and write(), `now_ms` is a clock that only grows. Ends after `turns`."""
    fan, turn, next_ms = 0, 0, 0
    while turn < turns or node.waiting():
        now = now_ms()  # type: ignore[operator]
        if now >= next_ms and turn < turns:
            node.measured(measure(turn, fan), now)
            turn += 1
            next_ms = now + EVERY_MS
        for number, order in node.receive(port.read(256) or b"", now):  # type: ignore[attr-defined]
            fan = 1 if order == "switch_on" else 0
            port.write(node.answer(number, order in ORDERS))  # type: ignore[attr-defined]
        out = node.step(now)
        if out:
            port.write(out)  # type: ignore[attr-defined]
        time.sleep(PAUSE_S)


class Port:
    """A serial device file, not waited for: what machine.UART is on a board."""

    def __init__(self, path: str) -> None:
        self._file = open(path, "r+b", buffering=0)  # noqa: SIM115, PTH123 there is no pathlib on a board
        import fcntl
        import os

        flags = fcntl.fcntl(self._file, fcntl.F_GETFL)
        fcntl.fcntl(self._file, fcntl.F_SETFL, flags | os.O_NONBLOCK)

    def read(self, size: int) -> bytes | None:
        try:
            return self._file.read(size)
        except OSError:
            return None

    def write(self, data: bytes) -> None:
        self._file.write(data)


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3) or not all(word.isdigit() for word in sys.argv[2:]):
        sys.stderr.write("usage: python main.py PORT [READINGS], such as /dev/ttyUSB0\n")
        sys.exit(2)
    try:
        opened = Port(sys.argv[1])
    except OSError as refused:
        sys.stderr.write(f"{sys.argv[1]}: không mở được / cannot be opened: {refused}\n")
        sys.exit(1)
    boot = int(time.time() * 1000) & 0xFFFFFFFF
    made = Node("bench", QUANTITIES, ORDERS, boot)
    serve(opened, made, lambda: int(time.time() * 1000), int(sys.argv[2]) if len(sys.argv) > 2 else 1 << 30)  # noqa: PLR2004

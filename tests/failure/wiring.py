"""A stand whose gateway hangs on all kinds of lines: a serial port, one that only hisses, an RS-485 bus, a display."""

import random
import threading
import time
from pathlib import Path
from typing import Self

from firmware_bridge.simulated import PseudoTerminal
from firmware_bridge.simulated.modbus import Slave, SlavesOnALine, climate, pzem
from tests.failure.obedience import Board
from tests.failure.stand import GATEWAY, Stand
from tests.patience import PATIENCE_S
from tests.sim.sensors import Talker

SERIAL, NOISE, ALIVE, DEAD, BOARD = "a101-climate", "a101-noise", "a101-alive", "a101-dead", "a101-board"
_TICK_S = 0.01
# The same agent in a hurry: what is wrong it tells every second or two instead of twice a minute.
HASTY_AGENT = """
import sys
from edge import uplink
uplink.HEARTBEAT_S = 1.5
from classhub.__main__ import main
sys.exit(main(sys.argv[1:]))
"""


class Numbered(Slave):
    """An XY-MD02 whose temperature is a number that grows with every answer, in tenths of a degree from 0 to 79.9."""

    def __init__(self, unit: int) -> None:
        super().__init__(unit, inputs={1: 0, 2: 500})
        self.said: list[float] = []
        self.cut: list[float] = []  # of these only some bytes left the device
        self.cut_next = False

    def answer(self, frame: bytes, at_s: float) -> bytes:
        tenths = (len(self.said) + len(self.cut)) % 800
        self.tables[4][1] = tenths
        whole = super().answer(frame, at_s)
        if whole:
            (self.cut if self.cut_next else self.said).append(tenths / 10)
        return whole[:4] if self.cut_next else whole


class Witness(Slave):
    """Answers nothing, and knows in which order the others were asked."""

    def __init__(self) -> None:
        super().__init__(99)
        self.units: list[int] = []

    def answer(self, frame: bytes, at_s: float) -> bytes:
        del at_s
        self.units.append(frame[0])
        return b""


class Hiss(Talker):
    """A line at the wrong speed: bytes, and never a frame."""

    def __init__(self) -> None:
        super().__init__()
        self._random = random.Random(5)

    def speak(self, at_s: float) -> bytes:
        del at_s
        return self._random.randbytes(3) if self._random.random() < 0.3 else b""


class Sockets:
    """Pseudo-terminals served by one thread; a hand may pull and plug while the lock is held."""

    def __init__(self, *terminals: PseudoTerminal) -> None:
        self.terminals, self.lock = terminals, threading.Lock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._ended.set()
        self._thread.join(PATIENCE_S)
        for terminal in self.terminals:
            terminal.unplug()

    def _serve(self) -> None:
        while not self._ended.wait(_TICK_S):
            with self.lock:
                for terminal in self.terminals:
                    terminal.step()


class WiredStand(Stand):
    """Feeder and Zigbee as always, and all of the above."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, persistent_broker=True)
        self.edge.program = ("-c", HASTY_AGENT)
        self.board = Board()
        self.sensor, self.alive, self.dead = Numbered(1), climate(2), pzem(3)
        self.dead.dead = True
        self.witness = Witness()
        bus = SlavesOnALine([self.alive, self.dead, self.witness])
        self.serial = PseudoTerminal(SlavesOnALine([self.sensor]), folder / "serial")
        self.sockets = Sockets(
            self.serial, PseudoTerminal(Hiss(), folder / "hiss"), PseudoTerminal(bus, folder / "bus")
        )

    def __enter__(self) -> Self:
        self.board.plug()
        super().__enter__()
        self.edge.start()
        return self

    def __exit__(self, *what: object) -> None:
        super().__exit__(*what)
        self.sockets.close()
        self.board.close()

    def write_edge(self, data_dir: str, port: int, gateway_settings: str = "", trust: str = "system") -> None:
        super().write_edge(data_dir, port, gateway_settings, trust)
        with (self.folder / f"{data_dir}.toml").open("a") as file:
            file.write(self._lines())

    def write_settings(self) -> None:
        super().write_settings()
        with (self.folder / "school.toml").open("a") as file:
            for device in (SERIAL, NOISE, ALIVE, DEAD, BOARD):
                file.write(f'[[device]]\nid = "{device}"\nroom = "a101"\ngateway = "{GATEWAY}"\n')

    def _lines(self) -> str:
        return (
            f'[[serial]]\nname = "{SERIAL}"\nid = "{SERIAL}"\ndevice = "xymd02"\nport = "{self.folder}/serial"\n'
            "interval_s = 0.5\n"
            f'[[serial]]\nname = "{NOISE}"\nid = "{NOISE}"\ndevice = "zh03"\nport = "{self.folder}/hiss"\n'
            f'[[bus]]\nname = "rs485"\nport = "{self.folder}/bus"\ndevices = [\n'
            f'{{ name = "{ALIVE}", id = "{ALIVE}", device = "xymd02", address = 2, interval_s = 1 }},\n'
            f'{{ name = "{DEAD}", id = "{DEAD}", device = "pzem016", address = 3, interval_s = 1 }},\n]\n'
            f'[[network]]\nname = "{BOARD}"\nid = "{BOARD}"\ndevice = "samsung-mdc"\nhost = "127.0.0.1"\n'
            f"port = {self.board.port}\n"
        )

    def values(self, device: str, quantity: str) -> list[tuple[int, float]]:
        """Stored (time, value), oldest first."""
        found = [each for each in self.readings(device) if each["quantity"] == quantity]
        return sorted((int(each["time_ms"]), float(each["value"])) for each in found)

    def problem(self, device: str) -> dict[str, str] | None:
        """What the hub's API says is wrong with a source of the gateway, in both languages."""
        for problem in self.gateway()["problems"]:
            if device in str(problem):
                return dict(problem)
        return None

    def pull_in_the_middle_of_a_frame(self) -> None:
        """The next answer stops after four bytes, and then the plug is out."""
        with self.sockets.lock:
            self.sensor.cut_next = True
        deadline = time.monotonic() + 60
        while not self.sensor.cut:
            assert time.monotonic() < deadline, "asked while plugged in"
            time.sleep(0.002)
        with self.sockets.lock:
            self.serial.unplug()
            self.sensor.cut_next = False

    def plug_in(self) -> None:
        with self.sockets.lock:
            self.serial.plug()

"""Several devices on one line (RS-485): opens it, gives each its turn, never lets two speak at once.

Works for ever, like edge.sources.line: a line that is missing or lost is tried again; a device that does not answer is
asked less and less often, so that its time-outs do not hold up the others.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence

import msgspec

from edge.sources.bus_member import BusMember, silence_s
from edge.sources.source import Sink
from firmware_bridge.device import Device
from firmware_bridge.dialogue import Turn
from firmware_bridge.links.line import Line, LinkError
from firmware_bridge.links.opening import open_line
from firmware_bridge.turns import Turns
from wire.messages import SourceReport
from wire.text import Text

log = logging.getLogger(__name__)

FIRST_RETRY_S, LAST_RETRY_S = 0.5, 10.0
LONGEST_WAIT_S = 0.25
"""Orders are noticed within this time."""
QUIET_S = 0.15
"""So much silence within an answer: what is half there stays half (a USB adapter pauses for up to 16 ms)."""
KIND = "bus"


class LineSettings(msgspec.Struct, frozen=True):
    """How the bytes on a bus look."""

    baud: int = 9600
    parity: str = "N"
    stop_bits: int = 1


class Bus:
    """The line itself as a source; its members report for themselves."""

    def __init__(
        self,
        name: str,
        port: str,
        members: Sequence[BusMember],
        settings: LineSettings = LineSettings(),  # noqa: B008 frozen
        *,
        open_line: Callable[[str, Device], Awaitable[Line]] = open_line,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name, self.kind = name, KIND
        self._port, self._members, self._settings = port, members, settings
        self._open, self._now = open_line, monotonic
        self._problem: Text | None = Text("chưa mở", "not opened yet")
        self._stray = 0

    def report(self) -> SourceReport:
        problem = self._problem or Text("", "")
        return SourceReport(
            name=self.name,
            kind=KIND,
            up=self._problem is None,
            bad=self._stray,
            problem_vi=problem.vi[:200],
            problem_en=problem.en[:200],
        )

    async def run(self, sink: Sink) -> None:
        """Until cancelled."""
        retry_s = FIRST_RETRY_S
        while True:
            try:
                line = await self._open(self._port, self._as_device())
            except LinkError as refused:
                self._trouble(refused, sink)
                await asyncio.sleep(retry_s)
                retry_s = min(retry_s * 2, LAST_RETRY_S)
                continue
            try:
                await _Session(line, self._members, self._settings.baud, sink, self._now, self._strayed).run(self._up)
            except LinkError as lost:
                self._trouble(lost, sink)
                retry_s = FIRST_RETRY_S
                await asyncio.sleep(retry_s)
            finally:
                line.close()

    def _as_device(self) -> Device:
        """What `open_line` wants to know of a line: speed and parity are the bus's own."""
        settings = self._settings
        return msgspec.structs.replace(
            self._members[0].device, baud=settings.baud, parity=settings.parity, stop_bits=settings.stop_bits
        )

    def _up(self) -> None:
        self._problem = None

    def _strayed(self) -> None:
        """Bytes nobody had asked for: a late answer, or noise."""
        self._stray += 1

    def _trouble(self, error: LinkError, sink: Sink) -> None:
        if self._problem != error.text:
            log.warning("%s: %s", self.name, error.text.both())
        self._problem = error.text
        for member in self._members:
            member.line_down(error.text, sink)


class _Session:
    """One opened line. One member speaks at a time; `_speaker` is whose answer is outstanding."""

    def __init__(
        self,
        line: Line,
        members: Sequence[BusMember],
        baud: int,
        sink: Sink,
        monotonic: Callable[[], float],
        strayed: Callable[[], None],
    ) -> None:
        self._line, self._members, self._sink, self._now, self._strayed = line, members, sink, monotonic, strayed
        self._turns = Turns(len(members), silence_s(baud))
        self._speaker: int | None = None
        self._asked = self._answered = False

    async def run(self, opened: Callable[[], None]) -> None:
        """Talk until the line is lost. Raises LinkLost."""
        opened()
        for member in self._members:
            member.line_up(self._now())
        while True:
            self._give_turn(self._now())
            data = await self._line.read(self._wait_s(self._now()))
            self._heard(data, self._now())

    def _give_turn(self, now: float) -> None:
        if self._speaker is not None:
            return
        due = [member.dialogue.due_s for member in self._members]
        chosen = self._turns.next(due, [member.urgent for member in self._members], now)
        if chosen is None:
            return
        self._speaker, self._asked, self._answered = chosen, False, False
        self._carry_on(self._members[chosen].speak(now), now)

    def _heard(self, data: bytes, now: float) -> None:
        if self._speaker is None:
            if data:
                self._strayed()
            return
        dialogue = self._members[self._speaker].dialogue
        self._carry_on(dialogue.receive(data, now) if data else dialogue.idle(now), now)

    def _carry_on(self, turn: Turn, now: float) -> None:
        """Send and hand on; the turn ends when nothing is outstanding any more."""
        if self._speaker is None:
            return
        member = self._members[self._speaker]
        self._answered = member.take(turn, self._sink) or self._answered
        if turn.send:
            self._line.write(turn.send)
            self._asked = True
        if member.dialogue.waiting:
            return
        if not self._asked:
            self._turns.passed(now)
        elif self._answered or turn.send:  # what is never answered has had its turn when it is sent
            self._turns.ended(self._speaker, now, answered=True)
        else:
            self._turns.ended(self._speaker, now, answered=False)
        member.turn_over(self._sink)
        self._speaker = None

    def _wait_s(self, now: float) -> float:
        if self._speaker is not None:
            return max(0.0, min(QUIET_S, self._members[self._speaker].dialogue.due_s - now))
        due = [member.dialogue.due_s for member in self._members]
        due_s = self._turns.due_s(due, [member.urgent for member in self._members])
        return max(0.0, min(LONGEST_WAIT_S, due_s - now))

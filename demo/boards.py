"""The demo's interactive board and projector on the network: people switch them with the lesson, orders at any time."""

import asyncio
from contextlib import AsyncExitStack

from demo.chance import share
from demo.life import Life
from demo.plan import Plan
from demo.units import BOARD, PROJECTOR
from firmware_bridge.simulated import panel, pjlink
from firmware_bridge.simulated.pjlink import PjlinkProjector
from firmware_bridge.simulated.samsung import SamsungPanel

_FORGOTTEN = 0.35  # share of lessons after which nobody turns the board off
_LAMP_H, _FILTER_H = 1_846.4, 212
_COOL_C, _WARM_C, _WARMS_S = 29.0, 43.0, 600.0


class Habit:
    """The hands of the people in a room: they switch when a lesson begins or ends, and leave alone what is between."""

    def __init__(self, room: str) -> None:
        self._room = room
        self._wanted: bool | None = None

    def hand(self, t_ms: int, *, wanted: bool) -> bool | None:
        """What is switched now: on, off, or None where nobody touches it."""
        if wanted is self._wanted:
            return None
        first, self._wanted = self._wanted is None, wanted
        if not wanted and not first and share(self._room, "forgotten", t_ms // 60_000) < _FORGOTTEN:
            return None
        return wanted


class Boards:
    """Both, behind ports of this machine. `follow` moves them with the rooms, and the rooms with them."""

    def __init__(self) -> None:
        self.panel, self.projector = SamsungPanel(), PjlinkProjector()
        self.panel.on = False
        self.projector.filter_hours = _FILTER_H
        self._lamp_h, self._celsius = _LAMP_H, _COOL_C
        self._habits = {BOARD.room: Habit(BOARD.room), PROJECTOR.room: Habit(PROJECTOR.room)}

    async def serve(self, plan: Plan) -> None:
        """Until cancelled."""
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(panel.on_tcp(self.panel, plan.board_port))
            await stack.enter_async_context(pjlink.on_tcp(self.projector, plan.projector_port))
            await asyncio.Event().wait()

    def follow(self, life: Life, t_ms: int, dt_s: float) -> None:
        for room, habit in self._habits.items():
            on = habit.hand(t_ms, wanted=life.script.moment(room, t_ms).projector)
            if on is not None:
                self._switch(room, t_ms, on=on)
        self._age(dt_s)
        life.switched = {BOARD.room: self.panel.on, PROJECTOR.room: self.projector.power == 1}

    def _switch(self, room: str, t_ms: int, *, on: bool) -> None:
        if room == PROJECTOR.room:
            self.projector.power = int(on)
            return
        if on and not self.panel.on:
            self.panel.source = "hdmi1" if share(room, t_ms) < 0.7 else "hdmi2"  # noqa: PLR2004
        self.panel.on = on

    def _age(self, dt_s: float) -> None:
        if self.projector.power == 1:
            self._lamp_h += dt_s / 3_600
        self.projector.lamps = (int(self._lamp_h),)
        target = _WARM_C if self.panel.on else _COOL_C
        self._celsius += (target - self._celsius) * min(1.0, dt_s / _WARMS_S)
        self.panel.celsius = round(self._celsius)

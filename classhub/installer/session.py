"""A talk with one device on an open line, for the tools of the installer: what it said, as it came."""

import time
from collections.abc import AsyncIterator, Callable

from firmware_bridge.asking import Asking
from firmware_bridge.conversation import Heard
from firmware_bridge.device import Device, Options
from firmware_bridge.dialogue import Dialogue, Turn
from firmware_bridge.framing.frame import BadFrame
from firmware_bridge.links.line import Line

_PIECE_S = 0.1
_QUIET_S = 0.5  # after this much silence what is half there stays half


def dialogue_of(device: Device, options: Options) -> Dialogue:
    return Asking(device) if device.dialogue is None else device.dialogue(device, options)


async def talk(
    line: Line,
    dialogue: Dialogue,
    seconds: float,
    *,
    on_bytes: Callable[[bytes], None] = lambda _: None,
    now: Callable[[], float] = time.monotonic,
) -> AsyncIterator[Heard | BadFrame]:
    """Talk for so long and give what was understood as it comes. Raises LinkLost."""
    began = now()
    spoke = began

    def sent(turn: Turn) -> tuple[Heard | BadFrame, ...]:
        if turn.send:
            line.write(turn.send)
        return turn.heard

    for one in (*sent(dialogue.begin(began)), *sent(dialogue.idle(began))):
        yield one
    while (left := began + seconds - now()) > 0:
        data = await line.read(min(_PIECE_S, left))
        at = now()
        if data:
            spoke = at
            on_bytes(data)
            heard = sent(dialogue.receive(data, at))
        elif at - spoke >= _QUIET_S or at >= dialogue.due_s:
            heard = sent(dialogue.idle(at))
        else:
            heard = ()
        for one in heard:
            yield one
    for one in dialogue.idle(now()).heard:
        yield one

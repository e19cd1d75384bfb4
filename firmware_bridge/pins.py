"""What hangs on the pins of a board that only knows pins: written in edge.toml, for Firmata sketches."""

import re
from typing import Annotated

import msgspec
from msgspec import Meta

PIN = re.compile(r"([AD])(\d{1,3})")


class Pin(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One pin: `A0` to `A15` give 0 to 1023 (or what the board's converter gives), `D0` to `D127` give 0 or 1.

    The value of `quantity` is number * `scale` + `offset`; `inverted` swaps 0 and 1 of a digital pin, `pullup` has the
    board pull it up (a switch to ground). `channel` makes it a device of its own: `{device}-{channel}`.
    """

    pin: Annotated[str, Meta(pattern=r"^([AD])(\d{1,3})\Z")]
    quantity: str
    scale: float = 1.0
    offset: float = 0.0
    inverted: bool = False
    pullup: bool = False
    channel: str = ""

    @property
    def is_analog(self) -> bool:
        return self.pin[0] == "A"

    @property
    def number(self) -> int:
        return int(self.pin[1:])

    def value(self, raw: int) -> float:
        if self.is_analog:
            return raw * self.scale + self.offset
        return float(bool(raw) != self.inverted)

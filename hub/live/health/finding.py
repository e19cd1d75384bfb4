"""What is found wrong with a device, or known of its end: which quantity, since when, how sure, why, what to do."""

from enum import StrEnum

import msgspec

from wire.text import Text

SURE = 0.9  # from here on people get a notice


class Fault(StrEnum):
    STUCK = "stuck"  # a value that no longer moves
    FROZEN = "frozen"  # a register that does not count although power flows
    DRIFT = "drift"  # away from outdoor air
    APART = "apart"  # away from its neighbours
    OUTLIERS = "outliers"  # single values that cannot be
    LAMP_END = "lamp_end"
    BATTERY_END = "battery_end"


class Finding(msgspec.Struct, frozen=True):
    """`sure` from 0 to 1. `ends_ms` and its interval (eight in ten) only of what wears out; None: not enough yet."""

    device: str
    quantity: str
    fault: Fault
    since_ms: int
    sure: float
    why: Text
    todo: Text
    ends_ms: int | None = None
    ends_low_ms: int | None = None
    ends_high_ms: int | None = None


class HourOf(msgspec.Struct, frozen=True, gc=False):
    """One hour of one quantity of one device."""

    t_ms: int
    mean: float
    minimum: float
    maximum: float
    count: int

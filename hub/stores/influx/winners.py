"""Two rows with one key (device, time): which values stay, quantity by quantity, and what to write so. Pure.

Of two rows of one epoch the higher number wins, of two epochs the one first seen later: one order for all, so that the
same value stays in whatever order and however often batches come. A field once written cannot be taken away again, so
what is no longer true is written over.
"""

from dataclasses import dataclass, field

from hub.stores.influx.lines import (
    MEASURED,
    SEQ,
    SEQ_OF,
    SHIFT,
    Device,
    Fields,
    checked_value,
    is_quantity,
    put_value,
)
from hub.stores.series import Point


@dataclass(slots=True)
class Held:
    """What the store holds at one key, under which room tag, and what of it is still to be written."""

    room: str
    fields: Fields
    news: Fields = field(default_factory=dict)
    origin: int = -1  # which point of the batch competed last

    def measured(self, quantity: str) -> float | str:
        return self.fields.get(quantity + MEASURED, self.fields[quantity])

    @property
    def seq(self) -> int:
        """Of the row; nothing but a foreign writer leaves it out."""
        return int(self.fields.get(SEQ, 0))

    def rank(self, quantity: str) -> int:
        return int(self.fields.get(SEQ_OF + quantity, self.seq))

    def put(self, fields: Fields) -> None:
        self.fields |= fields
        self.news |= fields


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a row counts: all its values were there already, or one of them met another value."""

    repeated: bool
    conflict: bool


def settle(held: Held, device: Device, point: Point, rank: int) -> Verdict:
    """Let a row compete with what is held; `held` takes over what wins. Raises PointUnusable, `held` unchanged."""
    won: dict[str, float | str] = {}
    same = conflicts = 0
    for quantity, given in point.values.items():
        value = checked_value(quantity, given)
        if quantity not in held.fields:
            won[quantity] = value
            continue
        if _same(held.measured(quantity), value):
            same += 1
        else:
            conflicts += 1
        if rank > held.rank(quantity):
            won[quantity] = value
    if won:
        held.put(_changes(held, device, point, rank, won))
    return Verdict(0 < same == len(point.values), conflicts > 0)


def _same(one: float | str, other: float | str) -> bool:
    """InfluxDB's CSV writes every line break of a text as CR LF: how lines break makes no difference."""
    if isinstance(one, str) and isinstance(other, str):
        return one.replace("\r", "") == other.replace("\r", "")
    return one == other


def _changes(held: Held, device: Device, point: Point, rank: int, won: dict[str, float | str]) -> Fields:
    fields: Fields = {}
    for quantity, value in won.items():
        put_value(fields, device, quantity, point.t_ms, value, always=quantity + MEASURED in held.fields)
    all_won = all(name in won for name in held.fields if is_quantity(name))
    if all_won and rank > held.seq:
        fields[SEQ] = rank
        if point.shift_ms or SHIFT in held.fields:
            fields[SHIFT] = point.shift_ms
    base = fields.get(SEQ, held.seq)
    for quantity in won:
        if rank != base or SEQ_OF + quantity in held.fields:
            fields[SEQ_OF + quantity] = rank
    return fields

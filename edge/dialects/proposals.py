"""A mapping to propose for a figure that was heard: from the words of its key or topic, its unit and its size. Pure.

Nothing is proposed where a name or a size may mean two things: a person then writes the mapping.
"""

import re
from collections.abc import Sequence

from edge.dialects.figures import Refused, read_flag, read_number, scaled, within
from edge.dialects.key_names import Said, read_name, unit_by_value
from wire.mapping import Mapping
from wire.quantities import QUANTITIES, Kind

_NOTHING_TOLD = frozenset({"", "value", "val", "state", "status", "reading", "data", "payload", "v"})

_OTHER = re.compile(r"esp\d|cpu|chip|mcu|intern|irhvac|target|setpoint|outdoor|outside|threshold", re.IGNORECASE)
"""Objects whose temperature is that of something else, or none that was measured."""
_ONE_OF_MANY = re.compile(r"^\d+$|^0x[0-9a-f]+$|[-_:][0-9a-f]{4,}$|^(?=.*\d)[0-9a-f]{6,}$", re.IGNORECASE)
"""Keys that tell one device of several in a message."""


def propose(topic: Sequence[str], keys: Sequence[str], raw: object) -> Mapping | None:
    """`topic` as levels of a filter, `keys` the path; None where it is not clear what this is."""
    said, from_topic = _said(topic, keys)
    if said is None:
        return None
    device = _device(topic, keys, from_topic=from_topic)
    path, whole = ".".join(keys), "/".join(topic)
    try:
        if QUANTITIES[said.quantity].kind is Kind.STATE:
            if said.scale is None and not isinstance(raw, str):
                return None  # `contact: true` may mean that it touches or that it is open
            read_flag(raw)
            return Mapping(whole, said.quantity, path, device)
        number = read_number(raw)
        found = unit_by_value(said, number)
        if found is None:
            return None
        quantity, (multiply, divide, add) = found
        scale = multiply / divide
        within(quantity, scaled(number, scale, add))
    except Refused:
        return None
    return Mapping(whole, quantity, path, device, scale, float(add))


def _said(topic: Sequence[str], keys: Sequence[str]) -> tuple[Said | None, bool]:
    """What the nearest name that says anything tells, and whether it is a level of the topic."""
    if any(_OTHER.search(key) for key in keys[:-1]):
        return None, False
    named = [key for key in keys if not key.isdecimal()]
    while named and named[-1].lower() in _NOTHING_TOLD:
        named.pop()
    if named:
        return read_name(named[-1]) or (read_name(*named[-2:]) if len(named) > 1 else None), False
    levels = [level for level in topic if level not in {"+", "#"}]
    while levels and levels[-1].lower() in _NOTHING_TOLD:
        levels.pop()
    return (read_name(levels[-1]), True) if levels else (None, False)


def _device(topic: Sequence[str], keys: Sequence[str], *, from_topic: bool) -> str:
    """`{1}-{2}` for what differs between devices, else the topic's own words; places and ids in the path follow."""
    wildcards = sum(level == "+" for level in topic)
    if wildcards:
        parts = [f"{{{number}}}" for number in range(1, wildcards + 1)]
    else:
        plain = [level for level in topic if level and level != "#"]
        parts = [plain[-1]] if len(plain) == 1 else plain[:-1] if from_topic else plain
    return "-".join([*parts, *(key for key in keys[:-1] if _ONE_OF_MANY.search(key))])[:200]

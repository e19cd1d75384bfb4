"""Which values and times of a decoded row can be true. Pure; the common case costs one look-up a value."""

from wire.quantities import QUANTITIES, Kind

FUTURE_MS = 60_000
LATE_MS = 60_000

_LIMITS = {key: (row.minimum, row.maximum) for key, row in QUANTITIES.items() if row.kind in {Kind.GAUGE, Kind.COUNTER}}


def all_good(values: dict[str, float | str]) -> bool:
    """Whether every value has a known quantity and lies in its range."""
    limits = _LIMITS
    try:
        for key, value in values.items():
            bounds = limits.get(key)
            if bounds is None:
                if not _accepted(key, value):
                    return False
                continue
            low, high = bounds
            if not low <= value <= high:  # type: ignore[operator]  # a text raises TypeError below
                return False
    except TypeError:
        return False
    return True


def _accepted(key: str, value: float | str) -> bool:
    quantity = QUANTITIES.get(key)
    return quantity is not None and quantity.accepts(value)


def bad_values(values: dict[str, float | str]) -> dict[str, str]:
    """The keys that cannot be taken, and why (for a person in the quarantine list)."""
    return {key: _reason(key, value) for key, value in values.items() if not _accepted(key, value)}


def _reason(key: str, value: float | str) -> str:
    quantity = QUANTITIES.get(key)
    if quantity is None:
        return f"unknown quantity {key[:60]!r}"
    if quantity.kind is Kind.TEXT or isinstance(value, str):
        return f"{key}: {str(value)[:60]!r} is not a value of this quantity"
    return f"{key}: {value} is outside {quantity.minimum:g} to {quantity.maximum:g}"

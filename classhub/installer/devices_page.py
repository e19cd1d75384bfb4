"""The generated parts of docs/devices.md: devices on lines, and the LoRaWAN models whose bytes are read."""

from edge.dialects.codecs.milesight_models import MODELS
from firmware_bridge.catalogue import page

PARTS = ("devices", "lorawan")


def part(name: str) -> str:
    """What stands between `<!-- name:begin -->` and `<!-- name:end -->`."""
    return page() if name == "devices" else lorawan()


def lorawan() -> str:
    """One line a maker."""
    return f"- Milesight: {', '.join(sorted(MODELS))}\n- ELSYS: ERS (all of the family), EMS, ELT"


def renewed(text: str) -> str:
    """The page with its generated parts written anew. Raises ValueError where a mark is missing."""
    for name in PARTS:
        begin, end = f"<!-- {name}:begin -->\n", f"\n<!-- {name}:end -->"
        before, found, rest = text.partition(begin)
        old, closed, after = rest.partition(end)
        if not found or not closed:
            raise ValueError(f"no marks {begin.strip()} … {end.strip()}: {old[:40]!r}")
        text = before + begin + part(name) + end + after
    return text

"""Milesight's channels that no fixed layout describes: bits, rows of several kinds, weightings. Pure.

Source: as edge.dialects.codecs.milesight. Each function returns how many bytes its data has, None where that cannot be
        told, and puts into the account what is there if all of it is.
"""

from collections.abc import Callable

from edge.dialects.codecs.found import Found
from edge.dialects.codecs.layout import parse, take
from edge.dialects.decoded import DecodedEvent
from edge.dialects.measures import is_mains
from wire.text import Text

Special = Callable[[bytes, Found], int | None]
_PRESSES = {1: "short", 2: "long", 3: "double"}


def _gangs(count: int) -> Special:
    """FF 29, 08 29: bits 0 to 2 are the switches, bits 4 to 6 say which changed."""

    def switches(rest: bytes, found: Found) -> int:
        if rest:
            for gang in range(count):
                found.put("" if count == 1 else f"l{gang + 1}", "switch_on", float(rest[0] >> gang & 1))
        return 1

    return switches


def _lights(rest: bytes, found: Found) -> int:
    """08 31 of WS558: which of eight changed, then which are on."""
    if len(rest) >= 2:  # noqa: PLR2004
        for gang in range(8):
            found.put(f"l{gang + 1}", "switch_on", float(rest[1] >> gang & 1))
    return 2


def _press(rest: bytes, found: Found) -> int:
    """FF 2E of WS101."""
    if rest:
        found.events.append(DecodedEvent("button", {"action": _PRESSES.get(rest[0], f"code_{rest[0]}")}))
    return 1


def _scene(rest: bytes, found: Found) -> int:
    """FF 34 of WS136 and WS156: the button's number; the two bytes behind it are told in two ways by the maker."""
    if len(rest) >= 3:  # noqa: PLR2004
        found.events.append(DecodedEvent("button", {"action": f"button_{rest[0]}"}))
    return 3


def _sound(rest: bytes, found: Found) -> int:
    """05 5B of WS302: weighting (bits 0 and 1: 1 is A), then the level now, equivalent and highest in 0.1 dB."""
    if len(rest) >= 7:  # noqa: PLR2004
        equivalent = int.from_bytes(rest[3:5], "little") / 10
        if rest[0] & 3 == 1:
            found.put("", "noise_dba", equivalent)
        else:
            found.note("sound_not_a_weighted")
        found.note("sound_now")
        found.note("sound_highest")
    return 7


def _regions_seen(rest: bytes, found: Found) -> int:
    """04 C9 of VS121: people, number of regions, and which are occupied (big endian, bit 0 the first)."""
    if len(rest) >= 4:  # noqa: PLR2004
        found.put("", "people_count", float(rest[0]))
        mask = int.from_bytes(rest[2:4], "big")
        for region in range(min(rest[1], 16)):
            found.put(f"region-{region + 1}", "occupancy", float(mask >> region & 1))
    return 4


def _regions_enabled(rest: bytes, found: Found) -> int:
    """06 FE of VS321: which of ten regions are in use, and which of those are occupied."""
    if len(rest) >= 4:  # noqa: PLR2004
        enabled, occupied = int.from_bytes(rest[:2], "little"), int.from_bytes(rest[2:4], "little")
        for region in range(10):
            if enabled >> region & 1:
                found.put(f"region-{region + 1}", "occupancy", float(occupied >> region & 1))
    return 4


def _by_kind(at: int, kinds: dict[int, str]) -> Special:
    """Rows from memory of several kinds; the byte at `at` says which."""

    def row(rest: bytes, found: Found) -> int | None:
        if len(rest) <= at:
            return at + 1
        text = kinds.get(rest[at])
        if text is None:
            return None
        layout = parse(text)
        if len(rest) >= layout.size:
            take(layout, rest[: layout.size], found)
        return layout.size

    return row


_VALID = 1
_PIR_VALID = 0x40


def _checked(light: str, *, co2: bool) -> Special:
    """20 CE and 21 CE of AM304L and AM305L: each figure behind a byte that says whether it was measured (1)."""

    def row(rest: bytes, found: Found) -> int:
        size = 18 if co2 else 15
        if len(rest) < size:
            return size
        figures = [(4, "h/10:temperature_c", "h"), (7, "B/2:humidity_pct", "B"), (12, f"H:{light}", "H")]
        figures += [(15, "H:co2_ppm", "H")] if co2 else []
        words = [f"x1 {text}" if rest[at] == _VALID else f"x1 {code}:?not_measured" for at, text, code in figures]
        words.insert(2, "B&3f:occupancy H:activity" if rest[9] & _PIR_VALID else "x1 H:?not_measured")
        take(parse(" ".join(("T:t", *words))), rest[:size], found)
        return size

    return row


_ROW, _ROW_WITH_LIGHT = 16, 20
_ROWS = frozenset({b"", b"\x20\xce", b"\x21\xce"})


def _kept(tvoc: str) -> Special:
    """20 CE and 21 CE of AM307: its second version adds the light in lx to a row, which what follows the row tells."""
    climate = "T:t h/10:temperature_c H/2:humidity_pct B:occupancy B:?light_level H:co2_ppm"
    text = f"{climate} {tvoc} H/10:pressure_hpa"
    short, longer = parse(text), parse(f"{text} I:illuminance_lx")

    def row(rest: bytes, found: Found) -> int:
        ends_later = len(rest) >= _ROW_WITH_LIGHT and rest[_ROW_WITH_LIGHT:][:2] in _ROWS
        layout = longer if ends_later and rest[_ROW:][:2] not in _ROWS else short
        if len(rest) >= layout.size:
            take(layout, rest[: layout.size], found)
        return layout.size

    return row


def _mains(rest: bytes, found: Found) -> int:
    """03 74 of wall switches: 0.1 V in most; the maker tells no scale of the fourth generation's."""
    if len(rest) >= 2:  # noqa: PLR2004
        volts = int.from_bytes(rest[:2], "little") / 10
        if is_mains(volts):
            found.put("", "voltage_v", volts)
        else:
            found.problems.append(Text(f"{volts:g} V không phải điện lưới", f"{volts:g} V is no mains voltage"))
    return 2


def _serial(rest: bytes, _: Found) -> int:
    """FF 08 of VS121: six bytes, or eight; what follows begins with FF, which no serial number holds."""
    longer = len(rest) > 6 and rest[6] != 0xFF and rest[8:9] in {b"", b"\xff"}  # noqa: PLR2004
    return 8 if longer else 6


def _pir(rest: bytes, found: Found) -> int:
    """05 9F of AM304L and AM305L: bit 15 somebody there, below it how many movements."""
    if len(rest) >= 2:  # noqa: PLR2004
        raw = int.from_bytes(rest[:2], "little")
        found.put("", "occupancy", float(raw >> 15))
        found.put("", "activity", float(raw & 0x7FFF))
    return 2


def _bed(rest: bytes, found: Found) -> int:
    """03 F8 of VS373: 1 nobody, 2 to 4 in bed, out of bed, fallen; 0 says neither."""
    if len(rest) >= 6:  # noqa: PLR2004
        if rest[0] in {1, 2, 3, 4}:
            found.put("", "occupancy", float(rest[0] != 1))
        found.note("time_in_use")
    return 6


_COUNTER_FAULTS = {0: "counting", 1: "other_half_silent", 2: "misaligned"}


def _counter(rest: bytes, found: Found) -> int:
    """03 F4 of VS360: what is wrong with the light beam, and whether it begins or ends."""
    if len(rest) >= 2:  # noqa: PLR2004
        found.alarm(_COUNTER_FAULTS.get(rest[0], "counter"), rest[1], on=rest[1] != 0)
    return 2


_CARE = {0: "fall", 1: "human_in_place", 2: "dwell", 3: "out_of_bed", 6: "bradypnea", 7: "tachypnea", 8: "lying"}
_BEGUN, _ENDED = 1, 2


def _care(rest: bytes, found: Found) -> int:
    """06 FB of VS373: number, kind, state (1 begun, 2 ended; others are no news), region."""
    if len(rest) >= 5 and rest[2] in _CARE and rest[3] in {_BEGUN, _ENDED}:  # noqa: PLR2004
        found.alarm(_CARE[rest[2]], rest[3], on=rest[3] == _BEGUN)
    return 5


def _line_rows() -> dict[int, str]:
    """20 CE of VS133 and VS135: the kind is the channel of the live figure."""
    rows = {
        0x0F: "T:t x1 " + " ".join(f"B:people_count@region-{number}" for number in range(1, 5)),
        0x10: "T:t x1 B:?dwell H:?dwell",
        0x20: "T:t x1 B:?dwell H:?dwell",
    }
    for line in range(4):
        first, child = 3 + 3 * line, 0x11 + 3 * line
        rows[first] = f"T:t x1 I:people_in@line-{line + 1}"
        rows[first + 1] = f"T:t x1 I:people_out@line-{line + 1}"
        rows[first + 2] = "T:t x1 H:?period_in H:?period_out"
        rows[child] = rows[child + 1] = "T:t x1 I:?children"
        rows[child + 2] = "T:t x1 H:?children H:?children"
    return rows


def _counted_rows() -> dict[int, str]:
    """20 CE of VS121: the kinds of its live channels, regions in fours."""
    rows = dict.fromkeys(range(0x08, 0x10), "T:t x1 H:?flow H:?flow")
    for kind in range(4, 8):
        first = 4 * (kind - 4) + 1
        rows[kind] = "T:t x1 " + " ".join(f"B:people_count@region-{first + step}" for step in range(4))
    return rows | {
        0x01: "T:t x1 B:people_count x1 H:?regions",
        0x02: "T:t x1 H:?period_in H:?period_out",
        0x03: "T:t x1 B:?people_most",
        0x10: "T:t x1 H:people_in H:people_out",
        0x11: "T:t x2 H:?dwell H:?dwell",
        0x12: "T:t x1 H:?line_in H:?line_out",
    }


SPECIALS: dict[str, Special] = {
    "gangs1": _gangs(1),
    "gangs2": _gangs(2),
    "gangs3": _gangs(3),
    "lights": _lights,
    "press": _press,
    "scene": _scene,
    "sound": _sound,
    "regions_seen": _regions_seen,
    "regions_enabled": _regions_enabled,
    "pir": _pir,
    "bed": _bed,
    "care": _care,
    "counter": _counter,
    "passages": _by_kind(
        4, {0: "T:t x1 H:?period_in H:?period_out", 1: "T:t x1 H:?period_in H:?period_out H:people_in H:people_out"}
    ),
    "places": _by_kind(4, {0: "T:t x1 H:people_count", 1: "T:t x1 H:?regions H:?regions"}),
    "lines": _by_kind(4, _line_rows()),
    "counted": _by_kind(4, _counted_rows()),
    "checked_level": _checked("?light_level", co2=False),
    "checked_lux": _checked("illuminance_lx", co2=False),
    "checked_level_co2": _checked("?light_level", co2=True),
    "checked_lux_co2": _checked("illuminance_lx", co2=True),
    "kept_index": _kept("H/100:air_quality_index"),
    "kept_mass": _kept("H:tvoc_ugm3"),
    "mains": _mains,
    "serial": _serial,
}

"""Channels of Milesight's people counters and presence sensors, VS121 to VS373. Pure.

Source: as edge.dialects.codecs.milesight. Totals are registers (people_in, people_out); the counts of one reporting
period are neither registers nor people present, so they have no quantity here. Lines and regions are sub-devices.
Alarms that VS373 kept are no measurements and not told again.
"""

_BATTERY = {"01 75": "B:battery_pct"}
_PERIOD = "H:?period_in H:?period_out"
_TOTALS = "H:people_in H:people_out"
_FLOW = "H:?flow H:?flow H:?flow H:?flow"
_DWELL = "B:?dwell H:?dwell H:?dwell"


def _regions(first: int, last: int) -> str:
    return " ".join(f"B:people_count@region-{number}" for number in range(first, last + 1))


def _lines() -> dict[str, str]:
    """VS133, VS135: four lines, each with in, out and the period; from 11 on the same of children."""
    channels = {}
    for line in range(4):
        first, child = 3 + 3 * line, 0x11 + 3 * line
        channels[f"{first:02x} d2"] = f"I:people_in@line-{line + 1}"
        channels[f"{first + 1:02x} d2"] = f"I:people_out@line-{line + 1}"
        channels[f"{first + 2:02x} cc"] = _PERIOD
        channels[f"{child:02x} d2"] = channels[f"{child + 1:02x} d2"] = "I:?children"
        channels[f"{child + 2:02x} cc"] = "H:?children H:?children"
    return channels


_ALONG_LINES = {
    **_lines(),
    "0f e3": _regions(1, 4),
    "10 e4": _DWELL,
    "1d e3": "I:?children",
    "1e e4": "x1 H:?children H:?children",
    "50 fc": "x2 B:!occlusion",
    "20 ce": "=lines",
}
_PASSAGE = {
    **_BATTERY,
    "03 67": "h/10:temperature_c",
    "04 cc": _TOTALS,
    "05 cc": _PERIOD,
    "0a ef": "x4",
    "81 ee": "B:?sensitivity",
    "83 67": "h/10:temperature_c B:!temperature",
    "84 cc": f"{_TOTALS} B:!people_total",
    "85 cc": f"{_PERIOD} B:!people_period",
    "20 ce": "=passages",
}

ROOMS: dict[str, dict[str, str]] = {
    "VS121": {
        "04 c9": "=regions_seen",
        "05 cc": _PERIOD,
        "06 cd": "B:?people_most",
        "07 d5": _regions(1, 8),
        "08 d5": _regions(9, 16),
        **{f"{channel} da": _FLOW for channel in ("09", "0a", "0b", "0c")},
        "0d cc": _TOTALS,
        "0e e4": _DWELL,
        "0f 85": "x4",
        "10 f7": "H:?line_in H:?line_out",
        "20 ce": "=counted",
        "ff 08": "=serial",
    },
    "VS132": {"03 d2": "I:people_in", "04 d2": "I:people_out", "05 cc": _PERIOD},
    "VS133 VS135": _ALONG_LINES,
    "VS321": {
        **_BATTERY,
        "03 67": "h/10-ffff:temperature_c",
        "04 68": "B/2-ff:humidity_pct",
        "05 fd": "H:people_count",
        "06 fe": "=regions_enabled",
        "07 ff": "B:?daylight",
        "08 f4": "x1 B:!!detection",
        "0a ef": "x4",
        "83 67": "h/10:temperature_c B:!temperature",
        "84 68": "B/2:humidity_pct B:!humidity",
        "20 ce": "=places",
    },
    "VS330": {
        **_BATTERY,
        "02 82": "H:distance_mm",
        "02 a5": "H:?distances x6",
        "03 8e": "B:occupancy",
        "04 8e": "B:?calibration",
        "04 a8": "B:?learning",
        "06 a6": "I:?ambient",
        "08 a8": "B:?learning",
        "09 a9": "I:?collections",
    },
    "VS340 VS341": {**_BATTERY, "03 00": "B:occupancy"},
    "VS350 VS351": _PASSAGE,
    "VS360": {
        **_PASSAGE,
        "02 75": "B:battery_pct@node",
        "03 f4": "=counter",
    },
    "VS373": {
        "03 f8": "=bed",
        "04 f9": " ".join(f"B:~occupancy@region-{number}" for number in range(1, 5)),
        "05 fa": "x8",
        "06 fb": "=care",
        "20 ce": "T:t x5",
    },
    "VS370": {**_BATTERY, "03 00": "B:occupancy", "04 00": "B:?daylight"},
}

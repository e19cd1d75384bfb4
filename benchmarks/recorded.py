"""The recorded rooms of ../shared/data/classroom_timeseries as rows with their truth (SOURCES.md there names traps)."""

import csv
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "classroom_timeseries"
DETECTION = DATA / "uci_occupancy_detection"
ESTIMATION = DATA / "uci_room_occupancy_estimation" / "Occupancy_Estimation.csv"
NODE = {"temperature_c": "Temp", "illuminance_lx": "Light", "sound_level": "Sound"}


class Moment(msgspec.Struct, frozen=True):
    """One row of a recording: what each device said and how many people were there."""

    at_ms: int
    devices: dict[str, dict[str, float | str]]
    people: int


def detection(path: Path) -> Iterator[Moment]:
    """One header cell fewer than data cells: the row number has none."""
    with path.open(newline="") as lines:
        rows = csv.reader(lines)
        names = next(rows)
        for cells in rows:
            row = dict(zip(names, cells[1:], strict=True))
            at = datetime.strptime(row["date"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
            values: dict[str, float | str] = {
                "co2_ppm": float(row["CO2"]),
                "illuminance_lx": float(row["Light"]),
                "temperature_c": float(row["Temperature"]),
                "humidity_pct": float(row["Humidity"]),
            }
            yield Moment(_millis(at), {"node": values}, int(row["Occupancy"]))


def estimation(path: Path) -> Iterator[Moment]:
    """Four nodes with light, one with CO2, two motion sensors; times without leading zero, some cells empty."""
    with path.open(newline="") as lines:
        for row in csv.DictReader(lines):
            hour, minute, second = (int(part) for part in row["Time"].split(":"))
            day = datetime.strptime(row["Date"].replace("/", "-"), "%Y-%m-%d").replace(tzinfo=UTC)
            at = day.replace(hour=hour, minute=minute, second=second)
            cells = {f"s{node}": {key: row[f"S{node}_{name}"] for key, name in NODE.items()} for node in range(1, 5)}
            cells["s5"] = {"co2_ppm": row["S5_CO2"]}
            cells |= {f"s{node}": {"occupancy": row[f"S{node}_PIR"]} for node in (6, 7)}
            devices: dict[str, dict[str, float | str]] = {
                node: {key: float(cell) for key, cell in values.items() if cell} for node, values in cells.items()
            }
            yield Moment(_millis(at), devices, int(row["Room_Occupancy_Count"]))


def _millis(at: datetime) -> int:
    return int(at.timestamp() * 1000)

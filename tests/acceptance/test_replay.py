"""A recorded room through a real edge agent, broker and hub: what is stored equals the file, value for value."""

import csv
import json
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from tests.failure.stand import SCHOOL, Stand

pytestmark = [pytest.mark.broker, pytest.mark.slow, pytest.mark.timeout(240)]

OFFICE = {"temperature_c": "Temperature", "humidity_pct": "Humidity", "illuminance_lx": "Light", "co2_ppm": "CO2"}
LABORATORY = {
    "s1": {"temperature_c": "S1_Temp", "illuminance_lx": "S1_Light", "sound_level": "S1_Sound"},
    "s5": {"co2_ppm": "S5_CO2"},
    "s7": {"occupancy": "S7_PIR"},
}
Stored = dict[tuple[int, str], float]


def replay(stand: Stand, file: Path, room: str) -> dict[str, object]:
    words = ["replay", str(file), "--school", SCHOOL, "--room", room, "--broker", f"127.0.0.1:{stand.relay.port}"]
    line = [sys.executable, "-m", "classhub", *words, "--timeout", "200", "--json"]
    done = subprocess.run(line, capture_output=True, text=True, timeout=220, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return dict(json.loads(done.stdout))


def prepare(stand: Stand, room: str) -> None:
    stand.command("gateway", "add", SCHOOL, f"replay-{room}")


def stored(stand: Stand, device: str, first: datetime, last: datetime) -> Stored:
    """(milliseconds, quantity) -> value."""
    span = {"from": first.isoformat(), "to": (last + timedelta(seconds=1)).isoformat()}
    rows = stand.web(f"/api/v1/schools/{SCHOOL}/readings", device=device, **span)
    found: Stored = {(row["time_ms"], row["quantity"]): row["value"] for row in rows}
    assert len(found) == len(rows), "a key is stored twice"
    return found


def milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def test_an_office_of_2665_minutes(stand: Stand, shared_data: Path) -> None:
    file = shared_data / "classroom_timeseries" / "uci_occupancy_detection" / "datatest.txt"
    prepare(stand, "office")
    result = replay(stand, file, "office")
    lines = list(csv.reader(file.read_text().splitlines()))
    head, rows = ["number", *lines[0]], lines[1:]
    assert (result["rows"], result["bad_rows"], result["acknowledged"]) == (len(rows), 0, True)
    expected: Stored = {}
    zone, times = timezone(timedelta(hours=1)), []
    for row in rows:
        cells = dict(zip(head, row, strict=True))
        times.append(datetime.strptime(cells["date"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=zone))
        for quantity, column in OFFICE.items():
            expected[milliseconds(times[-1]), quantity] = float(cells[column])
    assert len(expected) == 2665 * 4
    assert stored(stand, "office-climate", min(times), max(times)) == expected


def test_a_laboratory_of_seven_nodes(stand: Stand, shared_data: Path) -> None:
    file = shared_data / "classroom_timeseries" / "uci_room_occupancy_estimation" / "Occupancy_Estimation.csv"
    prepare(stand, "lab")
    result = replay(stand, file, "lab")
    rows = list(csv.DictReader(file.read_text().splitlines()))
    assert (result["rows"], result["bad_rows"], result["acknowledged"]) == (len(rows), 0, True)
    zone = timezone(timedelta(hours=5, minutes=30))
    times = [
        datetime.strptime(f"{row['Date']} {row['Time']}", "%Y-%m-%d %H:%M:%S").replace(tzinfo=zone) for row in rows
    ]
    for node, columns in LABORATORY.items():
        expected = {
            (milliseconds(at), quantity): float(row[column])
            for at, row in zip(times, rows, strict=True)
            for quantity, column in columns.items()
            if row[column]  # a few cells of the file are empty
        }
        assert stored(stand, f"lab-{node}", min(times), max(times)) == expected, node

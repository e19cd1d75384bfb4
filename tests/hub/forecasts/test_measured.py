"""Hours of a day from registers, power and minutes: resets, silent meters, minutes nobody judged."""

from hub.forecasts.kept import how_kept
from hub.forecasts.measured import HOUR_MS, energy_hours, people_hours
from hub.live.forecast.hours import Target
from hub.stores.series import Bucket, RoomMinute


def hour(t_ms: int) -> int:
    return t_ms // HOUR_MS


def room_of(device: str, t_ms: int) -> str | None:
    del t_ms
    return {"m": "a", "p": "a", "lost": None}.get(device)


def nothing_whole(device: str) -> bool:
    del device
    return False


def buckets(*pairs: tuple[int, float]) -> list[Bucket]:
    return [Bucket(at * HOUR_MS, value, value, value, value, 6) for at, value in pairs]


def test_registers_by_difference_over_a_reset_and_a_gap() -> None:
    told = energy_hours(
        {"m": buckets((-1, 10), (0, 11), (1, 11.5), (2, 0.4), (5, 3))}, {}, 0, hour, room_of, nothing_whole
    )["a"]
    assert told[:6] == [1.0, 0.5, 0.4, None, None, None]  # what was counted over the gap belongs to no hour


def test_a_room_is_the_sum_of_its_meters_and_not_known_where_one_is_silent() -> None:
    registers = {"m": buckets((-1, 0), (0, 1), (1, 2), (2, 3))}
    power = {"p": buckets((0, 500), (2, 500)), "m": buckets((0, 9_000)), "lost": buckets((0, 1))}
    assert energy_hours(registers, power, 0, hour, room_of, nothing_whole)["a"][:4] == [1.5, None, 1.5, None]


def test_a_meter_of_the_whole_room_speaks_for_all_that_hangs_behind_it() -> None:
    registers = {"m": buckets((-1, 0), (0, 1), (1, 2), (2, 3))}
    power = {"p": buckets((0, 500), (1, 500), (2, 500))}
    told = energy_hours(registers, power, 0, hour, room_of, lambda device: device == "m")["a"]
    assert told[:3] == [1.0, 1.0, 1.0]


def test_an_exchanged_register_is_no_consumption() -> None:
    told = energy_hours({"m": buckets((0, 5), (1, 80_000), (2, 80_001))}, {}, 0, hour, room_of, nothing_whole)["a"]
    assert told[:3] == [None, None, 1.0]


def minute(at: int, status: str, people: float | None) -> RoomMinute:
    return RoomMinute("s", "a", at * 60_000, status, people, None)


def test_people_and_occupied_of_judged_minutes() -> None:
    minutes = [minute(at, "in_lesson" if at < 30 else "idle", 40.0 if at < 30 else 3.0) for at in range(60)]
    minutes += [minute(60 + at, "unknown", None) for at in range(60)]
    minutes += [minute(120 + at, "in_lesson", None) for at in range(60)]
    minutes += [minute(180 + at, "idle", 0.0) for at in range(10)]
    told = people_hours(minutes, hour)["a"]
    assert told[Target.OCCUPIED][:4] == [0.5, None, 1.0, None]
    assert told[Target.PEOPLE][:4] == [20.0, None, None, None]  # who is there uncounted is not nobody


def test_nothing_said_is_nothing_kept() -> None:
    assert how_kept([], {}, Target.ENERGY).mae is None

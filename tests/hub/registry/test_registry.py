"""The registry: who is where when, what may be changed, and what other processes and restarts see of it."""

import math
import threading
import time
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, event

from hub.registry.changes import RegistryError
from hub.registry.index import SchoolIndex, SchoolRecords
from hub.registry.intervals import placed
from hub.registry.model import Assignment, Building, Calibration, GatewayStatus, Maintenance, Room, School
from hub.registry.registry import Registry
from tests.patience import SOAK


def stays(registry: Registry, device: str) -> list[tuple[str, int, int | None]]:
    return [(each.room, each.from_ms, each.to_ms) for each in registry.assignments("s1", device)]


def test_what_was_added_is_there_also_after_a_restart(registry: Registry, engine: Engine) -> None:
    for seen in (registry, Registry(engine)):
        assert [school.id for school in seen.schools()] == ["s1"]
        assert seen.school("s1") == School("s1", "Trường THCS Nguyễn Du")
        assert seen.school("s2") is None
        assert seen.buildings("s1") == [Building("s1", "a", "Nhà A")]
        room = Room("s1", "r1", "P.101", "a", aliases=("101",))
        assert seen.room("s1", "r1") == seen.room_by_uid("s1.r1") == room
        assert seen.room_by_uid("nonsense") is None
        assert [each.id for each in seen.rooms("s1")] == ["r1", "r2", "r3"]
        assert seen.accepted("s1", "g1")
        assert not seen.accepted("s1", "g2")
        assert [each.id for each in seen.unassigned("s1")] == ["d1", "d2"]
        assert seen.version == registry.version


def test_adding_again_changes_what_is_said(registry: Registry) -> None:
    registry.add_room(Room("s1", "r1", "Phòng Hóa", "a", capacity=30))
    assert registry.room("s1", "r1") == Room("s1", "r1", "Phòng Hóa", "a", capacity=30)


# ---- rooms of devices ----


def test_moving_splits_history_at_the_date(registry: Registry) -> None:
    registry.assign("s1", "d1", "r1", 100)
    registry.assign("s1", "d1", "r2", 200)
    assert stays(registry, "d1") == [("r1", 100, 200), ("r2", 200, None)]
    assert [registry.room_of("s1", "d1", t) for t in (99, 100, 199, 200, 10**12)] == [None, "r1", "r1", "r2", "r2"]
    device = registry.device("s1", "d1")
    assert device is not None
    assert device.room == "r2"
    registry.assign("s1", "d1", "r3", 150)  # it hung there since then: what was said of later times goes
    assert stays(registry, "d1") == [("r1", 100, 150), ("r3", 150, None)]
    registry.assign("s1", "d1", "r2", 160, 170)  # only for a while
    assert stays(registry, "d1") == [("r1", 100, 150), ("r3", 150, 160), ("r2", 160, 170), ("r3", 170, None)]
    registry.assign("s1", "d1", None, 180)
    assert registry.room_of("s1", "d1", 180) is None
    assert [each.id for each in registry.unassigned("s1")] == ["d1", "d2"]
    registry.assign("s1", "d1", "r1", 0)
    assert stays(registry, "d1") == [("r1", 0, None)]


ROOMS = st.sampled_from(["r1", "r2", None])


@given(st.lists(st.tuples(ROOMS, st.integers(0, 20), st.none() | st.integers(1, 9)), max_size=8))
def test_intervals_never_overlap_and_say_what_was_said_last(orders: list[tuple[str | None, int, int | None]]) -> None:
    truth: dict[int, str | None] = {}
    found: list[Assignment] = []
    for room, from_ms, length in orders:
        to_ms = None if length is None else from_ms + length
        found = placed(found, "s1", "d1", room, from_ms, to_ms)
        truth |= dict.fromkeys(range(from_ms, 60 if to_ms is None else to_ms), room)
    for before, after in pairwise(found):
        assert before.to_ms is not None
        assert before.to_ms <= after.from_ms
        assert (before.to_ms, before.room) != (after.from_ms, after.room)
    for t_ms in range(60):
        holding = [each.room for each in found if each.from_ms <= t_ms < (each.to_ms or 61)]
        assert holding == ([] if truth.get(t_ms) is None else [truth[t_ms]])


def test_a_replacement_takes_room_and_name(registry: Registry) -> None:
    registry.name_device("s1", "d1", "CO₂ bảng đen")
    registry.assign("s1", "d1", "r1", 100)
    registry.replace_device("s1", "d1", "d2", 300)
    assert (stays(registry, "d1"), stays(registry, "d2")) == ([("r1", 100, 300)], [("r1", 300, None)])
    assert [each.name for each in registry.devices("s1")] == ["CO₂ bảng đen", "CO₂ bảng đen"]
    before = registry.version
    for old, new, from_ms in (("d1", "d2", 400), ("d2", "d2", 400), ("d2", "d9", 400), ("d9", "d1", 400)):
        with pytest.raises(RegistryError):
            registry.replace_device("s1", old, new, from_ms)
    assert registry.version == before


# ---- calibration, maintenance ----


def test_calibration_holds_from_its_date_until_the_next(registry: Registry) -> None:
    values: dict[str, float | str] = {"co2_ppm": 400.0, "temperature_c": 20.0, "error_code": "E1"}
    assert registry.calibrated("s1", "d1", 50, values) is values
    registry.calibrate("s1", "d1", "co2_ppm", 1.0, 50.0, 100)
    registry.calibrate("s1", "d1", "co2_ppm", 2.0, 0.0, 200)
    found = [registry.calibrated("s1", "d1", t, values)["co2_ppm"] for t in (99, 100, 199, 200)]
    assert found == [400.0, 450.0, 450.0, 800.0]
    assert registry.calibrated("s1", "d1", 200, values) == values | {"co2_ppm": 800.0}
    registry.calibrate("s1", "d1", "co2_ppm", 1.0, 1.0, 200)  # said again: replaced
    assert [each.offset for each in registry.calibrations("s1", "d1")] == [50.0, 1.0]


@pytest.mark.parametrize(
    ("quantity", "scale", "offset"),
    [
        ("co2", 1.0, 0.0),
        ("error_code", 1.0, 0.0),
        ("occupancy", 1.0, 0.0),
        ("co2_ppm", 0.0, 0.0),
        ("co2_ppm", math.nan, 0.0),
        ("co2_ppm", 1.0, math.inf),
        ("co2_ppm", 1e308, 0.0),
        ("co2_ppm", -1001.0, 0.0),
        ("co2_ppm", 1.0, 40_001.0),
    ],
)
def test_nonsense_calibrations_are_refused(registry: Registry, quantity: str, scale: float, offset: float) -> None:
    with pytest.raises(RegistryError):
        registry.calibrate("s1", "d1", quantity, scale, offset, 0)
    assert registry.calibrations("s1", "d1") == ()


def test_a_refused_calibration_names_the_field_in_both_languages(registry: Registry) -> None:
    for field, scale, offset in (("scale", 1e308, 0.0), ("offset", 1.0, -1e9)):
        with pytest.raises(RegistryError) as refused:
            registry.calibrate("s1", "d1", "co2_ppm", scale, offset, 0)
        assert refused.value.field == field
        assert field in refused.value.text.vi
        assert field in refused.value.text.en


def test_an_impossible_calibration_of_before_the_bound_takes_only_its_own_value() -> None:
    old = Calibration("s1", "d1", "co2_ppm", 1e308, 0.0, 100)
    index = SchoolIndex(SchoolRecords(None, calibrations=(old,)))
    values: dict[str, float | str] = {"co2_ppm": 900.0, "temperature_c": 27.0, "input_source": "HDMI 1"}
    assert index.calibrated("d1", 200, values) == {"temperature_c": 27.0, "input_source": "HDMI 1"}
    assert index.calibrated("d1", 99, values) == values


def test_maintenance_of_a_room_and_of_a_device(registry: Registry) -> None:
    in_room = registry.start_maintenance("s1", "r1", None, "sơn tường", 100)
    of_device = registry.start_maintenance("s1", None, "d2", "thay pin", 100)
    registry.end_maintenance(of_device, 200)
    assert registry.maintenance_of("s1", room="r1", t_ms=99) is None
    assert registry.maintenance_of("s1", room="r1", t_ms=10**12) == Maintenance(
        in_room, "s1", "r1", None, 100, None, "sơn tường"
    )
    assert registry.maintenance_of("s1", room="r2", device="d1", t_ms=150) is None
    found = registry.maintenance_of("s1", room="r2", device="d2", t_ms=150)
    assert found is not None
    assert found.id == of_device
    assert registry.maintenance_of("s1", device="d2", t_ms=200) is None
    assert len(registry.maintenance("s1")) == 2
    for room, device in ((None, None), ("r1", "d1"), ("r9", None), (None, "d9")):
        with pytest.raises(RegistryError):
            registry.start_maintenance("s1", room, device, "", 0)
    with pytest.raises(RegistryError):
        registry.end_maintenance(99, 0)


# ---- gateways and devices that report ----


def test_pending_gateways_are_bounded(registry: Registry) -> None:
    assert registry.note_pending("s1", "g1", 5)
    assert registry.accepted("s1", "g1")
    listed = [registry.note_pending("nobody", f"x{number}", number) for number in range(5)]
    assert listed == [True, True, True, False, False]
    version = registry.version
    assert registry.note_pending("nobody", "x0", 99)
    assert registry.version == version
    with pytest.raises(RegistryError, match="no such school"):
        registry.accept_gateway("nobody", "x0")
    registry.refuse_gateway("nobody", "x0")
    assert registry.note_pending("s1", "g9", 7)
    found = registry.gateway("s1", "g9")
    assert found is not None
    assert (found.status, found.first_seen_ms) == (GatewayStatus.PENDING, 7)
    registry.accept_gateway("s1", "g9")
    assert registry.accepted("s1", "g9")
    assert len(registry.gateways()) == 5
    assert [each.id for each in registry.gateways("s1")] == ["g1", "g9"]
    assert [school.id for school in registry.schools()] == ["s1"]


def test_devices_are_noted_once_and_kept_up_to_date(registry: Registry) -> None:
    version = registry.version
    registry.note_devices([("s1", "d1", "g1", 5000, "")])
    assert registry.version == version
    registry.note_devices([("s1", "d1", "g2", 500, "mhz19b"), ("s1", "d3", "g2", 6000, "")])
    device = registry.device("s1", "d1")
    assert device is not None
    assert (device.gateway, device.model, device.first_seen_ms) == ("g2", "mhz19b", 500)
    assert registry.device("s1", "d3") is not None


@pytest.mark.parametrize("name", ["", "Nhà", "a.b", "x" * 65])
def test_ids_are_checked(registry: Registry, name: str) -> None:
    changes: list[Callable[[], object]] = [
        lambda: registry.add_school(School(name, "x")),
        lambda: registry.add_building(Building("s1", name, "x")),
        lambda: registry.add_room(Room("s1", name, "x", "a")),
        lambda: registry.add_gateway("s1", name, "x"),
        lambda: registry.note_devices([("s1", name, "g1", 0, "")]),
        lambda: registry.note_pending("s1", name, 0),
    ]
    for change in changes:
        with pytest.raises(RegistryError):
            change()


def test_what_is_not_there_is_named(registry: Registry) -> None:
    changes: dict[str, Callable[[], object]] = {
        "s2": lambda: registry.add_building(Building("s2", "a", "x")),
        "'b'": lambda: registry.add_room(Room("s1", "r9", "x", "b")),
        "r9": lambda: registry.assign("s1", "d1", "r9", 0),
        "d9": lambda: registry.assign("s1", "d9", "r1", 0),
        "Mars": lambda: registry.add_school(School("s3", "x", timezone="Mars")),
        "end": lambda: registry.assign("s1", "d1", "r1", 5, 5),
    }
    for words, change in changes.items():
        with pytest.raises(RegistryError, match=words):
            change()


# ---- other processes, threads, speed ----


def test_another_process_sees_what_changed(registry: Registry, engine: Engine) -> None:
    other = Registry(engine)
    calls: list[int] = []
    other.on_change.append(lambda: calls.append(other.version))
    assert not other.reload_if_changed()
    registry.assign("s1", "d1", "r1", 0)
    assert other.room_of("s1", "d1", 0) is None
    assert other.reload_if_changed()
    assert other.room_of("s1", "d1", 0) == "r1"
    assert calls == [registry.version]
    other.add_school(School("s2", "x"))
    assert len(calls) == 2


def test_readers_are_never_disturbed_by_writers(registry: Registry) -> None:
    done = threading.Event()
    wrong: list[object] = []

    def read() -> None:
        while not done.is_set():
            room = registry.room_of("s1", "d1", 50)
            if room not in {None, "r1", "r2"} or len(registry.rooms("s1")) != 3:
                wrong.append(room)

    thread = threading.Thread(target=read)
    thread.start()
    for number in range(20):
        registry.assign("s1", "d1", f"r{number % 2 + 1}", 0)
    done.set()
    thread.join()
    assert wrong == []


def test_lookups_take_microseconds(registry: Registry, state_engine: Engine) -> None:
    for number in range(50):
        registry.assign("s1", "d1", f"r{number % 3 + 1}", number * 100)
    asked: list[str] = []
    event.listen(state_engine, "before_cursor_execute", lambda *said: asked.append(said[2]))
    best = math.inf
    for _ in range(5):
        begun = time.perf_counter()
        for t_ms in range(2000):
            registry.room_of("s1", "d1", t_ms)
        best = min(best, (time.perf_counter() - begun) / 2000)
    assert asked == [], "answered from memory"
    assert best < 5e-6 or not SOAK, f"{best * 1e6:.2f} µs"


@pytest.mark.parametrize("length", [200, 201])
def test_names_have_the_length_their_columns_have(registry: Registry, length: int) -> None:
    """PostgreSQL holds a column's length, SQLite does not: the registry says so before either is asked."""
    name = "Ô" * length
    changes: tuple[Callable[[], None], ...] = (
        partial(registry.add_school, School("s1", name)),
        partial(registry.add_building, Building("s1", "a", name)),
        partial(registry.add_room, Room("s1", "r1", name, "a")),
        partial(registry.add_gateway, "s1", "g1", name),
        partial(registry.name_device, "s1", "d1", name),
    )
    for change in changes:
        with pytest.raises(RegistryError, match="200") if length > 200 else nullcontext():
            change()
    registry.note_devices([("s1", "d1", "g1", 1_000, name)])
    device = registry.device("s1", "d1")
    assert device is not None
    assert device.model == "Ô" * 200


def test_a_nul_in_a_name_stops_nothing(registry: Registry) -> None:
    registry.note_devices([("s1", "d1", "g1", 1_000, "MH\0Z19")])
    registry.name_device("s1", "d2", "cảm\0biến")
    assert registry.device("s1", "d1") is not None

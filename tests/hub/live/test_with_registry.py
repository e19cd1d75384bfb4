"""Live state on the real registry and its database: what a person assigns is shown with the next call."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from hub.db.engine import open_database
from hub.live.engine import LiveEngine
from hub.registry.model import Building, Room, School
from hub.registry.registry import Registry
from hub.registry.retiring import Retiring
from tests.hub.live.places import SCHOOL, T0, Plan, reading

UID = f"{SCHOOL}.a101"


def test_assigning_replacing_and_maintaining_reach_the_room(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'state.db'}")
    registry = Registry(database)
    registry.add_school(School(SCHOOL, "Trần Phú"))
    registry.add_building(Building(SCHOOL, "a", "Dãy A"))
    registry.add_room(Room(SCHOOL, "a101", "P.101", "a"))
    registry.add_gateway(SCHOOL, "gw1", "Cổng 1")
    engine = LiveEngine(registry, lambda _: Plan())

    engine.apply([reading("co2-1", T0, {"co2_ppm": 700.0})], T0)
    registry.note_devices([(SCHOOL, "co2-1", "gw1", T0, "MH-Z19")])
    (wall,) = engine.wall(SCHOOL, T0)
    assert wall.values == {}
    registry.assign(SCHOOL, "co2-1", "a101", T0 - 60_000)
    (wall,) = engine.wall(SCHOOL, T0)
    assert wall.values["co2_ppm"].value == 700.0

    registry.note_devices([(SCHOOL, "co2-2", "gw1", T0, "MH-Z19")])
    registry.replace_device(SCHOOL, "co2-1", "co2-2", T0 + 10_000)
    engine.apply([reading("co2-2", T0 + 12_000, {"co2_ppm": 640.0})], T0 + 12_000)
    view = engine.room(UID, T0 + 12_000)
    assert view is not None
    assert (view.values["co2_ppm"].device, view.values["co2_ppm"].value) == ("co2-2", 640.0)

    number = registry.start_maintenance(SCHOOL, "a101", None, "sơn lại", T0 + 13_000)
    view = engine.room(UID, T0 + 14_000)
    assert view is not None
    assert view.maintenance == "sơn lại"
    registry.end_maintenance(number, T0 + 15_000)
    view = engine.room(UID, T0 + 16_000)
    assert view is not None
    assert view.maintenance is None
    database.dispose()


def test_a_device_announced_before_its_first_reading_is_vouched_for(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'state.db'}")
    registry = Registry(database)
    registry.add_school(School(SCHOOL, "Trần Phú"))
    registry.add_building(Building(SCHOOL, "a", "Dãy A"))
    registry.add_room(Room(SCHOOL, "a101", "P.101", "a"))
    registry.add_gateway(SCHOOL, "gw1", "Cổng 1")
    registry.note_devices([(SCHOOL, "door", "gw1", T0, "")])
    registry.assign(SCHOOL, "door", "a101", T0)
    engine = LiveEngine(registry, lambda _: None)
    engine.availability(SCHOOL, "door", True, T0)
    engine.apply([reading("door", T0 + 1_000, {"contact_open": 0.0})], T0 + 1_000)
    view = engine.room(UID, T0 + 24 * 3_600_000)
    assert view is not None
    assert not view.values["contact_open"].stale
    database.dispose()


def test_a_reader_that_measures_nothing_is_there_while_its_gateway_says_so(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'state.db'}")
    registry = Registry(database)
    registry.add_school(School(SCHOOL, "Trần Phú"))
    registry.add_gateway(SCHOOL, "gw1", "Cổng 1")
    registry.note_devices([(SCHOOL, "reader", "gw1", T0, "RDM6300")])
    engine = LiveEngine(registry, lambda _: None)

    def shown() -> tuple[bool, bool | None, int | None]:
        (view,) = engine.devices(SCHOOL, T0 + 3_600_000)
        return view.stale, view.available, view.last_ms

    assert shown() == (True, None, None)
    engine.availability(SCHOOL, "reader", True, T0)
    assert shown() == (False, True, T0)
    engine.gateway(SCHOOL, "gw1", online=False)
    assert shown()[0]
    engine.gateway(SCHOOL, "gw1", online=True)
    engine.availability(SCHOOL, "reader", False, T0 + 1)
    assert shown() == (True, False, None)
    database.dispose()


def test_a_room_out_of_use_leaves_the_wall_when_its_day_comes(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'state.db'}")
    registry = Registry(database)
    registry.add_school(School(SCHOOL, "Trần Phú"))
    registry.add_building(Building(SCHOOL, "a", "Dãy A"))
    for room in ("a101", "a102"):
        registry.add_room(Room(SCHOOL, room, room, "a"))
    registry.add_gateway(SCHOOL, "gw1", "Cổng 1")
    registry.note_devices([(SCHOOL, "co2-1", "gw1", T0, "MH-Z19")])
    registry.assign(SCHOOL, "co2-1", "a101", 0)
    engine = LiveEngine(registry, lambda _: Plan())
    engine.apply([reading("co2-1", T0, {"co2_ppm": 700.0})], T0)
    tomorrow_ms = T0 + 24 * 3_600_000
    day = datetime.fromtimestamp(tomorrow_ms / 1000, ZoneInfo("Asia/Ho_Chi_Minh")).date()
    registry.retire_room(SCHOOL, "a101", Retiring(day, "Sửa mái", take_out=True), T0)
    assert [view.room for view in engine.wall(SCHOOL, T0)] == ["a101", "a102"]
    assert registry.turn_day(tomorrow_ms)
    assert [view.room for view in engine.wall(SCHOOL, tomorrow_ms)] == ["a102"]
    assert engine.room(UID, tomorrow_ms) is None
    engine.apply([reading("co2-1", tomorrow_ms, {"co2_ppm": 900.0})], tomorrow_ms)
    (device,) = engine.devices(SCHOOL, tomorrow_ms)
    assert device.room is None
    registry.reopen_room(SCHOOL, "a101", None, tomorrow_ms)
    assert [view.room for view in engine.wall(SCHOOL, tomorrow_ms)] == ["a101", "a102"]
    database.dispose()

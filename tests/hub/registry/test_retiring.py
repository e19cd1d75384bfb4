"""Rooms and buildings out of use from a day on: what stands in the way, what stays and follows, and taking it back."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Engine, text

from hub.db.school_models import PlanRoomRow, SchoolImportRow
from hub.derived.due import BACK_DAYS
from hub.registry import premises, retiring
from hub.registry.changes import RegistryError
from hub.registry.model import Building, Room
from hub.registry.registry import Registry
from hub.registry.retiring import LONGEST_REASON, Retiring
from hub.registry.setup import apply_setup
from hub.school.names import NamesOverTime

TODAY = date(2026, 11, 24)
DAY_MS = 86_400_000
NOON_MS = round(datetime(2026, 11, 24, 5, tzinfo=UTC).timestamp()) * 1000  # noon in Viet Nam
MIDNIGHT_MS = NOON_MS - DAY_MS // 2


def in_days(number: int) -> date:
    return TODAY + timedelta(days=number)


def retire(registry: Registry, room: str, since: date, *, take_out: bool = False, now_ms: int = NOON_MS) -> None:
    registry.retire_room("s1", room, Retiring(since, "Sửa mái", take_out), now_ms)


def days_due(engine: Engine) -> dict[str, str]:
    with engine.connect() as connection:
        return {row.day: row.rooms for row in connection.execute(text("SELECT day, rooms FROM derive_due"))}


def standing(registry: Registry) -> list[str]:
    return [room.id for room in registry.rooms("s1")]


def test_devices_are_moved_first_or_taken_out_with_it(registry: Registry) -> None:
    registry.assign("s1", "d1", "r1", 1_000)
    with pytest.raises(RegistryError) as refused:
        retire(registry, "r1", TODAY)
    assert refused.value.field == "take_out"
    assert "P.101" in refused.value.text.vi
    assert "1 thiết bị" in refused.value.text.vi
    assert standing(registry) == ["r1", "r2", "r3"]
    retire(registry, "r1", TODAY, take_out=True)
    assert standing(registry) == ["r2", "r3"]
    assert [registry.room_of("s1", "d1", t) for t in (MIDNIGHT_MS - 1, MIDNIGHT_MS, NOON_MS)] == ["r1", None, None]
    registry.assign("s1", "d1", "r2", NOON_MS)
    retire(registry, "r3", TODAY)  # nothing hangs there: nobody has to say anything of devices


def test_its_past_stays_and_it_can_be_taken_back(registry: Registry) -> None:
    retire(registry, "r1", TODAY)
    gone = registry.room("s1", "r1")
    assert gone is not None
    assert (gone.name, gone.retired) == ("P.101", "Sửa mái")
    assert gone.retirement is not None
    assert gone.retirement.since == TODAY.isoformat()
    assert [room.id for room in registry.rooms_on("s1", in_days(-1))] == ["r1", "r2", "r3"]
    assert [room.id for room in registry.rooms_on("s1", TODAY)] == ["r2", "r3"]
    registry.reopen_room("s1", "r1", None, NOON_MS + 1)
    assert standing(registry) == ["r1", "r2", "r3"]
    assert registry.room("s1", "r1") == Room("s1", "r1", "P.101", "a", aliases=("101",))
    with pytest.raises(RegistryError):
        registry.reopen_room("s1", "r1", None, NOON_MS + 2)


def test_what_is_announced_holds_when_its_day_comes(engine: Engine, registry: Registry) -> None:
    registry.assign("s1", "d1", "r1", 1_000)
    retire(registry, "r1", in_days(2), take_out=True)
    registry.add_room(Room("s1", "r2", "Phòng Lý", "a"), since=in_days(1), now_ms=NOON_MS)
    assert standing(registry) == ["r1", "r2", "r3"]
    assert not registry.turn_day(NOON_MS + DAY_MS // 3)
    other = Registry(engine)
    named = registry.room("s1", "r2")
    assert named is not None
    assert (named.name, named.aliases) == ("P.102", ("102",))
    before = registry.school_version("s1")
    assert registry.turn_day(NOON_MS + DAY_MS)
    assert registry.school_version("s1") > before  # whoever follows the registry follows the day
    named = registry.room("s1", "r2")
    assert named is not None
    assert (named.name, named.aliases) == ("Phòng Lý", ())
    assert registry.room_of("s1", "d1", NOON_MS + DAY_MS) == "r1"
    assert registry.turn_day(NOON_MS + 2 * DAY_MS)
    assert standing(registry) == ["r2", "r3"]
    leaves_ms = MIDNIGHT_MS + 2 * DAY_MS
    assert [registry.room_of("s1", "d1", t) for t in (leaves_ms - 1, leaves_ms)] == ["r1", None]
    assert not registry.turn_day(NOON_MS + 2 * DAY_MS)
    assert other.reload_if_changed()
    assert standing(other) == ["r2", "r3"]


def test_a_room_closed_for_a_while_keeps_its_devices(registry: Registry) -> None:
    registry.assign("s1", "d1", "r1", 1_000)
    retire(registry, "r1", in_days(1), take_out=True)
    registry.reopen_room("s1", "r1", in_days(3), NOON_MS)
    there = []
    for number in range(5):
        registry.turn_day(NOON_MS + number * DAY_MS)
        there.append("r1" in standing(registry))
    assert there == [True, False, False, True, True]
    assert registry.room_of("s1", "d1", NOON_MS + 4 * DAY_MS) == "r1"


def test_days_touched_are_derived_anew_with_their_minutes(engine: Engine, registry: Registry) -> None:
    retire(registry, "r1", in_days(-2))
    asked = days_due(engine)
    assert sorted(asked) == [in_days(number).isoformat() for number in (-2, -1, 0)]
    assert all("r1" in rooms for rooms in asked.values())
    retire(registry, "r2", in_days(5))
    assert sorted(days_due(engine)) == sorted(asked)


def test_a_retirement_can_be_given_another_day(registry: Registry) -> None:
    retire(registry, "r1", in_days(1))
    retire(registry, "r1", in_days(4))
    room = registry.room("s1", "r1")
    assert room is not None
    assert room.retirement is not None
    assert room.retirement.since == in_days(4).isoformat()
    assert room.on(in_days(3)) is not None


def test_what_no_retirement_is(registry: Registry) -> None:
    for since, reason, field in (
        (TODAY, "  ", "reason"),
        (TODAY, "x" * (LONGEST_REASON + 1), "reason"),
        (in_days(-BACK_DAYS - 1), "Sửa", "since"),
        (in_days(400), "Sửa", "since"),
        (date.max, "Sửa", "since"),
        (date.min, "Sửa", "since"),
    ):
        with pytest.raises(RegistryError) as refused:
            registry.retire_room("s1", "r1", Retiring(since, reason), NOON_MS)
        assert refused.value.field == field
    with pytest.raises(RegistryError):
        registry.retire_room("s1", "nowhere", Retiring(TODAY, "Sửa"), NOON_MS)


def test_nothing_is_hung_up_in_a_room_out_of_use(registry: Registry) -> None:
    retire(registry, "r1", TODAY)
    for from_ms, to_ms in ((NOON_MS, None), (0, None), (NOON_MS, NOON_MS + 1)):
        with pytest.raises(RegistryError) as refused:
            registry.assign("s1", "d1", "r1", from_ms, to_ms)
        assert refused.value.field == "room"
    registry.assign("s1", "d1", "r1", 1_000, MIDNIGHT_MS)  # of its past more may become known
    assert registry.room_of("s1", "d1", 2_000) == "r1"


def test_a_building_goes_with_its_rooms(registry: Registry) -> None:
    registry.add_building(Building("s1", "b", "Nhà B"), now_ms=0)
    registry.add_room(Room("s1", "r9", "P.901", "b"), now_ms=0)
    registry.assign("s1", "d1", "r1", 1_000)
    order = Retiring(TODAY, "Phá dỡ")
    with pytest.raises(RegistryError) as refused:
        registry.change("s1", lambda session: retiring.retire_building(session, "s1", "a", order, NOON_MS))
    assert "P.101, P.102, P.103" in refused.value.text.vi
    order = Retiring(TODAY, "Phá dỡ", take_out=True)
    registry.change("s1", lambda session: retiring.retire_building(session, "s1", "a", order, NOON_MS))
    assert standing(registry) == ["r9"]
    assert {one.id: one.retired for one in registry.buildings("s1")} == {"a": "Phá dỡ", "b": None}
    assert registry.room_of("s1", "d1", NOON_MS) is None
    with pytest.raises(RegistryError) as refused:
        registry.reopen_room("s1", "r1", None, NOON_MS)
    assert refused.value.field == "building"
    with pytest.raises(RegistryError):
        registry.add_room(Room("s1", "r10", "P.110", "a"), now_ms=NOON_MS)
    registry.change("s1", lambda session: retiring.reopen_building(session, "s1", "a", None, NOON_MS + 1))
    registry.reopen_room("s1", "r1", None, NOON_MS + 1)
    assert standing(registry) == ["r1", "r9"]


def test_the_file_of_the_school_does_not_take_a_retirement_back(registry: Registry) -> None:
    file = """
        [school]
        id = "s1"
        name = "Trường THCS Nguyễn Du"
        [[building]]
        id = "a"
        name = "Nhà A"
        [[room]]
        id = "r1"
        name = "P.101"
        building = "a"
        aliases = ["101"]
        [[gateway]]
        id = "g1"
        name = "Cổng 1"
        [[device]]
        id = "d1"
        gateway = "g1"
        room = "r1"
    """
    apply_setup(registry, file, "s1.toml", NOON_MS - DAY_MS)
    retire(registry, "r1", TODAY, take_out=True)
    assert apply_setup(registry, file, "s1.toml", NOON_MS).changes == ()
    assert standing(registry) == ["r2", "r3"]


def test_a_name_another_room_bore_is_a_room_s_own_only_from_then_on(registry: Registry) -> None:
    retire(registry, "r1", TODAY)
    registry.add_room(Room("s1", "r2", "P.102", "a", aliases=("102", "P.101")), now_ms=NOON_MS)
    then, now = ({room.id: room for room in registry.rooms_on("s1", day)} for day in (in_days(-1), TODAY))
    assert (then["r1"].name, then["r2"].aliases, now["r2"].aliases) == ("P.101", ("102",), ("102", "P.101"))
    registry.add_room(Room("s1", "r3", "P.103", "a", aliases=("103", "Kho")), now_ms=NOON_MS)
    room = registry.room("s1", "r3")
    assert room is not None
    assert room.spells == ()  # nobody else was ever called that: it always was its name


def test_lessons_of_a_name_are_asked_for_in_the_same_transaction(engine: Engine, registry: Registry) -> None:
    """A hub that is killed right after a room was renamed derives its days all the same."""
    with engine.begin() as connection:
        imports = SchoolImportRow.metadata.tables["school_import"]
        told = {"school": "s1", "kind": "timetable", "format": "t", "file": "t", "digest": "1", "imported_ms": 0}
        connection.execute(
            imports.insert().values(**told, status="applied", options={}, counts={}, problems={}, doubts=[], changes={})
        )
        planned = {"school": "s1", "key": "k", "name": "Lab", "short": "", "capacity": None, "valid_from": "0001-01-01"}
        table = PlanRoomRow.metadata.tables["plan_room"]
        connection.execute(table.insert().values(**planned, learned_ms=0, import_id=1))
    registry.add_room(Room("s1", "r1", "P.101", "a", aliases=("Thư viện",)), now_ms=NOON_MS)
    assert days_due(engine) == {}  # no lesson was ever planned in a room of that name
    registry.add_room(Room("s1", "r1", "P.101", "a", aliases=("Lab",)), since=in_days(-3), now_ms=NOON_MS)
    assert sorted(days_due(engine)) == [in_days(number).isoformat() for number in (-3, -2, -1, 0, 1)]
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM derive_due"))
    registry.change("s1", lambda session: premises.remove_room(session, "s1", "r1", NOON_MS))
    assert min(days_due(engine)) == in_days(-3).isoformat()


def test_devices_are_hung_up_for_the_day_it_is_in_use_again(registry: Registry) -> None:
    retire(registry, "r1", TODAY)
    registry.reopen_room("s1", "r1", in_days(3), NOON_MS)
    for day in (-1, 0, 2):
        with pytest.raises(RegistryError):
            registry.assign("s1", "d1", "r1", NOON_MS + day * DAY_MS)
    registry.assign("s1", "d1", "r1", NOON_MS + 3 * DAY_MS)
    assert registry.room_of("s1", "d1", NOON_MS + 4 * DAY_MS) == "r1"


def test_no_room_comes_into_a_building_that_will_be_retired(registry: Registry) -> None:
    registry.add_building(Building("s1", "b", "Nhà B"), now_ms=0)
    order = Retiring(in_days(9), "Phá dỡ")
    registry.change("s1", lambda session: retiring.retire_building(session, "s1", "b", order, NOON_MS))
    for room in (Room("s1", "b1", "B1", "b"), Room("s1", "r1", "P.101", "b")):
        with pytest.raises(RegistryError) as refused:
            registry.add_room(room, now_ms=NOON_MS)
        assert in_days(9).isoformat() in refused.value.text.en
    registry.change("s1", lambda session: retiring.reopen_building(session, "s1", "b", None, NOON_MS))
    registry.add_room(Room("s1", "b1", "B1", "b"), now_ms=NOON_MS)


def test_a_name_is_taken_over_from_the_day_it_is_free_whatever_is_said(registry: Registry) -> None:
    """Else two rooms shared it for ten days, and the lessons of those were nobody's."""
    registry.add_room(Room("s1", "r1", "P.201", "a"), since=TODAY, now_ms=NOON_MS)
    registry.add_room(Room("s1", "r2", "P.101", "a"), since=in_days(-10), now_ms=NOON_MS)
    names = NamesOverTime(registry.rooms_ever("s1"))
    assert [names.at(in_days(day)).find(["P.101"]) for day in (-11, -5, -1, 0)] == ["r1", "r1", "r1", "r2"]

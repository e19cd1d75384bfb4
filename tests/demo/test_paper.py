"""The demo school on paper: bells around any moment, a week without clashes, exports its own importers accept."""

import zipfile
from collections import Counter
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classhub.__main__ import main
from demo.bells import CURRENT, DAY_MIN, lay_bells
from demo.cast import CLASSES, NEW_GATEWAY, PLACES, SCHOOL, make_cast
from demo.diary import MOVED_TO, Diary, Kind, write_diary
from demo.exports import write_asc, write_oneroster
from demo.script import IDLE_PROJECTOR, LESSON_EMPTY, MEETING, STUFFY
from demo.timetable import make_timetable
from demo.units import DEAD, serial_units, zigbee_units
from wire.ids import is_id

NOON = int(datetime(2026, 11, 22, 5, tzinfo=UTC).timestamp() * 1000)  # a Sunday noon in Hà Nội
MOMENTS = st.integers(0, 7 * 24 * 60).map(lambda minute: NOON + minute * 60_000)


@given(MOMENTS)
def test_at_any_hour_a_period_runs_and_is_about_sixty_per_cent_through(now_ms: int) -> None:
    bells = lay_bells(now_ms)
    local = bells.local(now_ms)
    minute = local.hour * 60 + local.minute
    current = bells.current
    assert local.date() == bells.today
    assert 0.55 <= (minute - current.start) / (current.end - current.start) <= 0.65
    assert all(0 <= bell.start < bell.end < DAY_MIN for bell in bells.periods)
    assert all(early.end < late.start for early, late in pairwise(bells.periods))


@settings(max_examples=25)
@given(MOMENTS)
def test_nobody_and_no_room_is_needed_twice_at_a_time(now_ms: int) -> None:
    hours = make_timetable(make_cast(), lay_bells(now_ms))
    for what in ("group", "teacher", "room"):
        taken = Counter((hour.day, hour.period, getattr(hour, what)) for hour in hours if getattr(hour, what))
        assert not [slot for slot, count in taken.items() if count > 1], what


@settings(max_examples=25)
@given(MOMENTS)
def test_the_running_period_holds_what_the_visitor_is_promised(now_ms: int) -> None:
    bells = lay_bells(now_ms)
    running = {
        hour.room
        for hour in make_timetable(make_cast(), bells)
        if hour.day == bells.today.weekday() and hour.period == CURRENT
    }
    assert {STUFFY, LESSON_EMPTY, DEAD.split("-")[0]} <= running
    assert not {IDLE_PROJECTOR, MEETING} & running
    assert len(running - {None}) == 9


def test_the_school_has_the_size_it_says() -> None:
    cast = make_cast()
    sizes = Counter(pupil.group for pupil in cast.pupils)
    assert len(PLACES) == 12
    assert {place.building for place in PLACES} == {"nha-a", "nha-b"}
    assert set(sizes) == set(CLASSES)
    assert all(36 <= size <= 40 for size in sizes.values())
    names = [teacher.name.full for teacher in cast.teachers] + [pupil.name.full for pupil in cast.pupils]
    assert len(set(names)) == len(names)
    assert make_cast() == cast


def test_device_ids_are_ids_and_unique() -> None:
    ids = [unit.id for unit in serial_units()] + [unit.id for unit in zigbee_units()]
    assert len(set(ids)) == len(ids)
    assert all(map(is_id, ids))
    assert NEW_GATEWAY not in {place.gateway for place in PLACES}


@pytest.mark.parametrize("hour", [0, 5, 13, 16, 17])  # 16 and 17 UTC are the hours around midnight in Hà Nội
def test_importers_accept_the_exports(tmp_path: Path, hour: int, capsys: pytest.CaptureFixture[str]) -> None:
    bells, cast = lay_bells(NOON + hour * 3_600_000), make_cast()
    write_oneroster(tmp_path / "roster.zip", cast, bells.today)
    write_asc(tmp_path / "timetable.xml", cast, bells, make_timetable(cast, bells))
    assert main(["roster", "check", str(tmp_path / "roster.zip")]) == 0
    assert main(["timetable", "check", str(tmp_path / "timetable.xml")]) == 0
    told = capsys.readouterr()
    assert "cảnh báo" not in told.out + told.err


def test_timetable_answers_for_a_room(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bells, cast = lay_bells(NOON), make_cast()
    write_asc(tmp_path / "timetable.xml", cast, bells, make_timetable(cast, bells))
    words = ["timetable", "check", str(tmp_path / "timetable.xml"), "--date", str(bells.today), "--room", "A102"]
    assert main(words) == 0
    assert "6A2" in capsys.readouterr().out


def test_roster_names_its_files_and_people(tmp_path: Path) -> None:
    cast = make_cast()
    write_oneroster(tmp_path / "roster.zip", cast, lay_bells(NOON).today)
    with zipfile.ZipFile(tmp_path / "roster.zip") as bundle:
        users = bundle.read("users.csv").decode()
        manifest = bundle.read("manifest.csv").decode()
    assert cast.pupils[0].name.family in users
    assert "file.users,bulk" in manifest
    assert "file.results,absent" in manifest
    assert SCHOOL not in users.splitlines()[0]


@settings(max_examples=25)
@given(MOMENTS)
def test_changes_of_the_day_send_people_where_they_can_be(now_ms: int) -> None:
    cast, bells = make_cast(), lay_bells(now_ms)
    hours = make_timetable(cast, bells)
    diary = write_diary(cast, bells, hours)
    planned, held = Diary().held(bells.today, CURRENT, hours), diary.held(bells.today, CURRENT, hours)
    (moved,) = (change for change in diary.changes if change.kind is Kind.ROOM)
    assert held[MOVED_TO].group == planned[moved.room].group
    assert planned.keys() - held.keys() == {moved.room}
    assert len(held) == len(planned)
    for change in diary.changes:
        if change.kind is Kind.CANCELLED:
            off = diary.held(bells.today, change.period, hours)
            assert change.room not in off
            assert len({hour.group for hour in off.values()}) == len(off)
    half, holiday = diary.days
    assert not diary.held(holiday.day, CURRENT, hours)
    assert diary.held(half.day, half.last_period, hours)
    assert not diary.held(half.day, half.last_period + 1, hours)

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.registry.model import Room
from hub.school.names import RoomNames, in_dictionary, plain, planned_rooms_named, room_key
from hub.school.timetable import PlannedRoom

SAME = [
    "P.101",
    "101",
    "Phòng 101",
    "phòng  101",
    "P101",
    "p. 101",
    "PHÒNG 101",
    unicodedata.normalize("NFD", "Phòng 101"),
]


@pytest.mark.parametrize("name", SAME)
def test_ways_to_write_one_room(name: str) -> None:
    assert room_key(name) == "101"


@pytest.mark.parametrize(
    "names",
    [
        ["P. 101A", "Phòng 101A", "101 a", "p101A", "Phòng học 101A", "P.học 101a", "PHÒNG HỌC: 101A"],
        [
            "Phòng thí nghiệm Lý",
            "PTN Lý",
            "Lab Lý",
            "phòng TN  lý",
            unicodedata.normalize("NFD", "Phòng thí nghiệm Lý"),
        ],
        ["Lab", "Phòng thí nghiệm", "PTN"],
        ["Nhà Đa năng", "nhà đa năng", "NHÀ ĐA NĂNG", "Nhà Ða năng"],
        ["A1.01", "a1-01", "Phòng A1.01", "P.A1.01"],
    ],
)
def test_more_ways_to_write_one_room(names: list[str]) -> None:
    assert len({room_key(name) for name in names}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [("A1.01", "A101"), ("1.01", "101"), ("Phòng 10.1", "Phòng 101"), ("Lab Lý", "Lý"), ("PTN 1", "P.1"), ("Pa", "A")],
)
def test_a_separator_between_numbers_and_a_laboratory_mean_something(one: str, other: str) -> None:
    assert room_key(one) != room_key(other)


def test_a_shared_name_is_reported_as_shared() -> None:
    names = RoomNames([Room("s", "a", "P.101", "x"), Room("s", "b", "Phòng 101", "x")])
    assert names.find(["101"]) is None
    assert names.shared("101")
    assert not names.shared("P.101")
    assert not names.shared("102")


@pytest.mark.parametrize(("one", "other"), [("A.101", "B.101"), ("007", "7"), ("PE", "E"), ("101", "1010")])
def test_different_rooms_stay_different(one: str, other: str) -> None:
    assert room_key(one) != room_key(other)


@given(st.text(max_size=30))
def test_folding_never_fails_and_is_stable(text: str) -> None:
    assert plain(plain(text)) == plain(text)
    room_key(text)


def test_a_name_two_rooms_share_finds_neither_and_an_exact_one_wins() -> None:
    names = RoomNames([Room("s", "a", "P.101", "x"), Room("s", "b", "101", "x", aliases=("Lab",))])
    assert names.find(["101"]) == "b"
    assert names.find(["Phòng 101"]) is None
    assert names.find(["R-77", "lab"]) == "b"
    assert names.find(["", "?"]) is None


def test_a_room_is_named_by_id_name_or_short_name() -> None:
    rooms = [PlannedRoom("*1", "Phòng Tin học", "Tin"), PlannedRoom("*2", "P.102", "102")]
    assert [
        room.id for wanted in ("*1", "tin", "phòng tin học", "Tin học") for room in planned_rooms_named(rooms, wanted)
    ] == ["*1"] * 4
    assert planned_rooms_named(rooms, "Phòng 102") == [rooms[1]]
    assert planned_rooms_named(rooms, "103") == []
    assert planned_rooms_named([PlannedRoom("*9", "Sân", "")], " ") == []  # its empty short name is no name


def test_names_stand_as_in_a_vietnamese_dictionary() -> None:
    wanted = ["6A1", "7A1", "An", "Ánh", "Ăn", "Âu", "Dũng", "Đinh", "Đỗ", "Hoa", "Hòa", "Ngô", "Nguyễn", "Vũ", "Yến"]
    assert sorted(wanted, key=in_dictionary) == wanted

"""School files: applied once and again, told what changed, refused whole where anything in them is wrong."""

import pytest
from sqlalchemy import Engine

from hub.registry.registry import Registry
from hub.registry.setup import apply_setup
from wire.settings import SettingsError

FILE = """
[school]
id = "nd"
name = "Trường THCS Nguyễn Du"
simulated = true
keep_raw_days = 0

[[building]]
id = "a"
name = "Nhà A"

[[room]]
id = "a101"
name = "A101"
building = "a"
aliases = ["P.101"]
volume_m3 = 200

[[room]]
id = "a102"
name = "A102"
building = "a"

[[gateway]]
id = "g1"
name = "Cổng 1"

[[device]]
id = "d1"
room = "a101"
gateway = "g1"
name = "CO₂"
model = "mhz19"

[[device]]
id = "d2"
gateway = "g1"
"""


@pytest.fixture
def empty(engine: Engine) -> Registry:
    return Registry(engine)


def test_a_file_is_applied_once(empty: Registry) -> None:
    applied = apply_setup(empty, FILE, "nd.toml", 1000)
    assert [text.en for text in applied.changes] == [
        "added school nd",
        "added building a",
        "added room a101",
        "added room a102",
        "added gateway g1",
        "added device d1",
        "device d1 hangs in room a101",
        "added device d2",
    ]
    school = empty.school("nd")
    assert school is not None
    assert (school.simulated, school.keep_raw_days) == (True, None)
    assert empty.accepted("nd", "g1")
    assert empty.room_of("nd", "d1", 0) == "a101"  # replayed history finds its room
    assert [each.id for each in empty.unassigned("nd")] == ["d2"]
    version = empty.version
    assert apply_setup(empty, FILE, "nd.toml", 2000).changes == ()
    assert empty.version == version


def test_only_what_differs_is_changed(empty: Registry) -> None:
    apply_setup(empty, FILE, "nd.toml", 1000)
    other = FILE.replace('room = "a101"', 'room = "a102"').replace('name = "A102"', 'name = "Phòng Lý"')
    applied = apply_setup(empty, other, "nd.toml", 5000)
    assert [text.vi for text in applied.changes] == ["sửa phòng a102", "thiết bị d1 ở phòng a102"]
    assert [empty.room_of("nd", "d1", t) for t in (0, 4999, 5000)] == ["a101", "a101", "a102"]


def test_what_a_file_leaves_out_stays(empty: Registry) -> None:
    apply_setup(empty, FILE, "nd.toml", 1000)
    more = '[school]\nid = "nd"\nname = "N"\n[[room]]\nid = "b1"\nname = "B1"\nbuilding = "a"\n'
    assert len(apply_setup(empty, more, "more.toml", 2000).changes) == 2
    assert [each.id for each in empty.rooms("nd")] == ["a101", "a102", "b1"]


def test_a_pending_gateway_is_accepted_and_keeps_its_first_time(empty: Registry) -> None:
    empty.note_pending("nd", "g1", 77)
    apply_setup(empty, FILE, "nd.toml", 1000)
    gateway = empty.gateway("nd", "g1")
    assert gateway is not None
    assert (gateway.status, gateway.first_seen_ms, gateway.name) == ("accepted", 77, "Cổng 1")


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('id = "nd"', 'id = "ND"', "school.id"),
        ('id = "nd"', 'id = "hub"', "school"),
        ("simulated = true", 'timezone = "Mars/Base"', "school"),
        ("simulated = true", "simulated = 1", "school.simulated"),
        ('building = "a"', 'building = "b"', "room[0].building"),
        ("volume_m3 = 200", "volume_m3 = -1", "room[0].volume_m3"),
        ("volume_m3 = 200", "volume = 200", "room[0].volume"),
        ('id = "a102"', 'id = "a101"', "room[1].id"),
        ('id = "d2"\ngateway = "g1"', 'id = "d2"\ngateway = "g2"', "device[1].gateway"),
        ('id = "d2"\ngateway = "g1"', 'id = "d2"', "device[1].gateway"),
        ('room = "a101"', 'room = "a109"', "device[0].room"),
        ('id = "d2"', 'id = "d1"', "device[1].id"),
        ("[school]", "[school", ""),
    ],
)
def test_a_mistake_is_named_and_nothing_is_changed(empty: Registry, old: str, new: str, key: str) -> None:
    assert old in FILE
    with pytest.raises(SettingsError) as wrong:
        apply_setup(empty, FILE.replace(old, new), "nd.toml", 1000)
    assert (wrong.value.source, wrong.value.key) == ("nd.toml", key)
    assert empty.schools() == []
    assert empty.version == 0


def test_a_simulated_school_never_replaces_a_real_one(empty: Registry) -> None:
    apply_setup(empty, FILE.replace("simulated = true", ""), "school.toml")
    with pytest.raises(SettingsError) as refused:
        apply_setup(empty, FILE, "demo.toml")
    assert refused.value.key == "school.simulated"
    found = empty.school("nd")
    assert found is not None
    assert not found.simulated

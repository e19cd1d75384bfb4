"""Rooms a person sets up: figures that can be, and no room taken away whose readings keep its name."""

import msgspec
import pytest

from hub.registry import premises
from hub.registry.changes import RegistryError
from hub.registry.model import Room
from hub.registry.registry import Registry


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("volume_m3", 0.0),
        ("volume_m3", float("nan")),
        ("capacity", -1),
        ("co2_limit_ppm", 100.0),
        ("co2_limit_ppm", float("inf")),
        ("pupil_age_years", 400.0),
        ("aliases", tuple(map(str, range(31)))),
        ("aliases", ("x" * 201,)),
    ],
)
def test_what_no_room_is(field: str, value: object) -> None:
    good = Room("s1", "r9", "P.109", "a")
    premises.check_figures(good)
    with pytest.raises(RegistryError) as refused:
        premises.check_figures(msgspec.structs.replace(good, **{field: value}))
    assert refused.value.field == field
    assert field not in refused.value.text.vi, "people know the form's words, not ours"


def test_only_a_room_without_devices_ever_goes(registry: Registry) -> None:
    registry.assign("s1", "d1", "r1", 1_000, 2_000)
    with pytest.raises(RegistryError) as refused:
        registry.change("s1", lambda session: premises.remove_room(session, "s1", "r1"))
    assert refused.value.field == "room"
    assert registry.room("s1", "r1") is not None
    registry.start_maintenance("s1", "r3", None, "sơn", 1_000)
    registry.change("s1", lambda session: premises.remove_room(session, "s1", "r3"))
    assert registry.room("s1", "r3") is None
    with pytest.raises(RegistryError):
        registry.change("s1", lambda session: premises.remove_room(session, "s1", "nowhere"))

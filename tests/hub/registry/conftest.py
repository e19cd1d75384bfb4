"""A small school to work on."""

import pytest
from sqlalchemy import Engine

from hub.registry.model import Building, Room, School
from hub.registry.registry import Registry


@pytest.fixture
def engine(state_engine: Engine) -> Engine:
    return state_engine


@pytest.fixture
def registry(engine: Engine) -> Registry:
    """School s1, building a, rooms r1 to r3, gateway g1, devices d1 and d2 that hang nowhere."""
    made = Registry(engine, pending_limit=3)
    made.add_school(School("s1", "Trường THCS Nguyễn Du"))
    made.add_building(Building("s1", "a", "Nhà A"))
    for number in (1, 2, 3):
        made.add_room(Room("s1", f"r{number}", f"P.10{number}", "a", aliases=(f"10{number}",)))
    made.add_gateway("s1", "g1", "Cổng 1")
    made.note_devices([("s1", device, "g1", 1000, "mhz19") for device in ("d1", "d2")])
    return made

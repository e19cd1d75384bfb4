"""Fixtures of school data: the files written for these tests, and registry rooms that go with them."""

import pytest
from sqlalchemy import Engine

from hub.registry.model import Building, Room, School
from hub.registry.registry import Registry
from tests.conftest import ROOT

FIXTURES = ROOT / "tests" / "fixtures" / "school"
ROOMS = (
    Room("thu", "r101", "P.101", "a"),
    Room("thu", "r102", "102", "a"),
    Room("thu", "tin", "Phòng máy 1", "a", aliases=("Phòng Tin học",)),
)


@pytest.fixture
def engine(state_engine: Engine) -> Engine:
    """A real state database with one school and its rooms."""
    registry = Registry(state_engine)
    registry.add_school(School("thu", "THPT Thử Nghiệm"))
    registry.add_building(Building("thu", "a", "Nhà A"))
    for room in ROOMS:
        registry.add_room(room, now_ms=0)
    return state_engine

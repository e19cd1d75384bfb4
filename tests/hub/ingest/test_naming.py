"""A name of edge.toml holds until somebody names the device on the hub."""

import asyncio
import time
from contextlib import suppress
from pathlib import Path

import pytest

from hub.db.engine import open_database
from hub.ingest.gateways import Gateways
from hub.ingest.intake import Outlets
from hub.ingest.naming import names_to_take
from hub.ingest.noting import Noting
from hub.ingest.state_thread import StateThread
from hub.registry.model import Device, School
from hub.registry.registry import Registry
from tests.hub.databases import Databases


def taken(
    name: str | None, told: str, before: str = "", *, gateway: str = "gw-a1", listed: bool = True
) -> list[tuple[str, str, str]]:
    known = Device("thcs", "gw-a1-co2", gateway, name if name is not None else "gw-a1-co2") if listed else None
    return names_to_take(
        "thcs", "gw-a1", {"gw-a1-co2": told}, {"gw-a1-co2": before} if before else {}, lambda _school, _id: known
    )


NEW = [("thcs", "gw-a1-co2", "CO2 A101")]


def test_a_device_nobody_named_takes_it() -> None:
    assert taken(None, "CO2 A101") == NEW
    assert taken("CO2 A101", "CO2 A101") == []


def test_a_name_given_on_the_hub_wins() -> None:
    assert taken("Cảm biến cửa sổ", "CO2 A101") == []
    assert taken("Cảm biến cửa sổ", "CO2 A101", before="CO2") == []


def test_a_name_changed_in_edge_toml_follows_while_it_is_still_edge_tomls() -> None:
    assert taken("CO2", "CO2 A101", before="CO2") == NEW


@pytest.mark.parametrize("told", ["", "   ", "a\x00b", "a\nb"])
def test_what_is_no_name_is_none(told: str) -> None:
    assert taken(None, told) == []


def test_of_another_gateways_device_or_one_nobody_has_seen_nothing_is_taken() -> None:
    assert taken(None, "CO2 A101", gateway="gw-b1") == []
    assert taken(None, "CO2 A101", listed=False) == []


async def test_names_are_written_down_beside_one_that_cannot_be(tmp_path: Path, sqlite_databases: Databases) -> None:
    engine = open_database(sqlite_databases.fresh(tmp_path / "data"))
    registry, state = Registry(engine, pending_limit=3), StateThread()
    registry.add_school(School("thcs", "THCS"))
    registry.add_gateway("thcs", "gw-a1", "Cổng A1")
    registry.note_devices([("thcs", "gw-a1-co2", "gw-a1", 1_000, "mhz19")])
    outlets = Outlets()
    noting = Noting(
        gateways=Gateways(registry, 3), outlets=outlets, registry=registry, state=state, now_ms=lambda: 2_000
    )
    outlets.new_names += [("thcs", "nobody", "x"), ("thcs", "gw-a1-co2", "CO2 A101")]
    running = asyncio.create_task(noting.run())
    deadline = time.monotonic() + 10
    try:
        while (found := registry.device("thcs", "gw-a1-co2")) is None or found.name != "CO2 A101":
            assert time.monotonic() < deadline
            await asyncio.sleep(0.02)
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        state.close()
        engine.dispose()
    assert noting.down is None

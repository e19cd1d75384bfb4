import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import msgspec
import pytest

from hub.live.publish import Changes
from hub.live.views import RoomStatus
from hub.notice import Notice
from hub.registry.model import Room
from hub.web.boards import BoardKind, BoardName
from hub.web.push import QUEUE_MESSAGES
from tests.hub.web.doubles import NOW_MS, SCHOOL, Stand, value
from tests.patience import PATIENCE_S
from wire.text import Text

WALL = BoardName(BoardKind.WALL, SCHOOL, "vi")
UID = f"{SCHOOL}.a101"


def data_of(event: bytes) -> dict[str, Any]:
    (line,) = [line for line in event.split(b"\n") if line.startswith(b"data: ")]
    decoded: dict[str, Any] = msgspec.json.decode(line[6:])
    return decoded


async def event_of(stream: AsyncGenerator[bytes]) -> bytes:
    """The next whole event as a browser takes it apart: a large one comes in pieces, a word on reconnecting first."""
    event = b""
    while True:
        event += await anext(stream)
        if b"\ndata: " in b"\n" + event and event.endswith(b"\n\n"):
            return event[event.index(b"\n\n") + 2 :] if event.startswith(b"retry:") else event


def change(stand: Stand, co2: float) -> None:
    view = stand.live.rooms[UID]
    values = view.values | {"co2_ppm": value("co2_ppm", co2, NOW_MS)}
    stand.live.rooms[UID] = view = msgspec.structs.replace(view, values=values)
    stand.hub.fanout.publish(Changes(NOW_MS, (view,)))


async def test_a_viewer_gets_small_differences_only(stand: Stand) -> None:
    fanout = stand.hub.fanout
    fanout.bind(stand.hub)
    stream = fanout.stream(WALL, fanout.board(WALL).mark)
    assert b"beat" in await anext(stream)
    change(stand, 1402)
    event = await anext(stream)
    assert data_of(event)["set"].keys() == {f"room/{UID}"}
    assert data_of(event)["set"][f"room/{UID}"].keys() == {"values"}
    assert len(event) < 600
    await stream.aclose()
    assert fanout.viewers == 0


async def test_a_board_that_fails_is_told_once_and_the_others_go_on(
    stand: Stand, caplog: pytest.LogCaptureFixture
) -> None:
    fanout = stand.hub.fanout
    fanout.bind(stand.hub)
    devices = BoardName(BoardKind.DEVICES, SCHOOL, "vi")
    fanout.board(WALL)
    mark = fanout.board(devices).mark
    broken = stand.live.rooms[UID]
    stand.live.rooms[UID] = msgspec.structs.replace(broken, values={"co2_ppm": None})
    stand.hub.registry.name_device(SCHOOL, "a101-co2", "renamed")
    for _ in range(3):
        fanout.publish(Changes(NOW_MS, (stand.live.rooms[UID],)))
        fanout.refresh()
    assert fanout.board(devices).mark != mark
    assert len(caplog.records) == 2  # of its changes, and of its turns
    stand.live.rooms[UID] = broken
    change(stand, 1403)
    assert fanout.board(WALL).items[f"room/{UID}"]["values"]["co2_ppm"][0] == 1403


async def test_a_returning_viewer_gets_what_it_missed_and_a_stranger_everything(stand: Stand) -> None:
    fanout = stand.hub.fanout
    fanout.bind(stand.hub)
    mark = fanout.board(WALL).mark
    change(stand, 1402)
    async with aclosing(fanout.stream(WALL, mark)) as returning:
        assert list(data_of(await event_of(returning))["put"]) == [f"room/{UID}"]
    async with aclosing(fanout.stream(WALL, "somebody-else-7")) as stranger:
        everything = data_of(await event_of(stranger))["all"]
    assert len([key for key in everything if key.startswith("room/")]) == 12
    assert fanout.viewers == 0


async def test_a_slow_viewer_is_told_to_take_everything_and_costs_nobody_anything(stand: Stand) -> None:
    fanout = stand.hub.fanout
    fanout.bind(stand.hub)
    mark = fanout.board(WALL).mark
    slow, quick = fanout.stream(WALL, mark), fanout.stream(WALL, mark)
    await anext(slow), await anext(quick)
    for number in range(QUEUE_MESSAGES * 3):
        change(stand, 1000 + number)
        assert data_of(await anext(quick))["set"][f"room/{UID}"]["values"]["co2_ppm"][0] == 1000 + number
    caught_up = data_of(await event_of(slow))
    assert caught_up["all"][f"room/{UID}"]["values"]["co2_ppm"][0] == 1000 + QUEUE_MESSAGES * 3 - 1


async def test_rooms_added_while_pages_are_open_appear(stand: Stand) -> None:
    fanout = stand.hub.fanout
    fanout.bind(stand.hub)
    board = fanout.board(WALL)
    stand.hub.registry.add_room(Room(SCHOOL, "a999", "A999", "a"))
    view = stand.live.rooms[UID]
    stand.live.rooms[f"{SCHOOL}.a999"] = msgspec.structs.replace(view, room="a999", name="A999")
    del stand.live.rooms[UID]
    fanout.refresh()
    assert f"room/{SCHOOL}.a999" in board.items
    assert f"room/{UID}" not in board.items


async def test_a_room_page_hears_only_of_its_room(stand: Stand) -> None:
    fanout = stand.hub.fanout
    fanout.bind(stand.hub)
    board = fanout.board(BoardName(BoardKind.ROOM, SCHOOL, "vi", "a102"))
    assert {key for key in board.items if key.startswith(("room/", "device/"))} == {
        f"room/{SCHOOL}.a102", "device/a102-co2", "device/a102-air",
    }  # fmt: skip
    before = board.sequence
    change(stand, 1500)
    assert board.sequence == before


async def test_streams_end_when_the_hub_stops(stand: Stand) -> None:
    fanout = stand.hub.fanout
    fanout.bind(stand.hub)
    stream = fanout.stream(WALL, "")
    await event_of(stream)
    fanout.close()
    assert [piece async for piece in stream] == []
    assert fanout.viewers == 0


async def test_nobody_gets_a_stream_from_a_hub_that_stops(stand: Stand) -> None:
    fanout = stand.hub.fanout
    fanout.bind(stand.hub)
    fanout.close()
    assert [piece async for piece in fanout.stream(WALL, "")] == []
    assert fanout.viewers == 0


async def test_publishing_before_the_pages_exist_does_nothing(stand: Stand) -> None:
    stand.hub.fanout.publish(Changes(NOW_MS, tuple(stand.live.rooms.values())))


async def test_the_second_by_second_task_brings_new_problems(stand: Stand) -> None:
    fanout = stand.hub.fanout
    fanout.bind(stand.hub)
    task = asyncio.create_task(fanout.run())
    stream = fanout.stream(WALL, "")
    await event_of(stream)
    stand.problems.append(Notice("store.down", Text("kho không ghi được", "the store takes nothing"), "critical"))
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        found = data_of(await asyncio.wait_for(event_of(stream), PATIENCE_S))
        if "notices" in found.get("set", {}):
            break
    assert found["set"]["notices"]["lines"][0][0] == "bad"
    fanout.close()
    await task


def test_one_encoding_serves_every_language_apart(stand: Stand) -> None:
    fanout = stand.hub.fanout
    fanout.bind(stand.hub)
    other = BoardName(BoardKind.WALL, SCHOOL, "en")
    vi, en = fanout.board(WALL), fanout.board(other)
    assert vi.items[f"room/{UID}"]["reasons"][0]["text"].startswith("Vượt")
    assert en.items[f"room/{UID}"]["reasons"][0]["text"].startswith("Above")
    assert vi.items[f"room/{UID}"]["status"] == RoomStatus.IN_LESSON

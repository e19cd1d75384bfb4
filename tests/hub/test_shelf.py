"""Derived figures while the store is away: an hour of a province in little memory, and what goes is counted."""

import asyncio
from collections.abc import Sequence
from typing import Any

from hub.pulse import KEPT_HEALTH, KEPT_MINUTES
from hub.shelf import PIECE_ROWS, Shelf
from hub.stores.series import GatewayMinute, RoomMinute, StoreDown
from tests.hub.ingest.bench import until
from wire.text import Text

NUMBERS = Text("số", "numbers")
PROVINCE_ROOMS, PROVINCE_GATEWAYS = 14_600, 2_200
MINUTES = 30  # a store may be away so long and no minute is missing
MB = 1_000_000


class Store:
    def __init__(self) -> None:
        self.down, self.broken = True, False
        self.stored: list[int] = []
        self.largest = self.refused = 0

    async def put(self, batch: Sequence[int]) -> None:
        await asyncio.sleep(0)
        if self.broken:
            raise ValueError("a fault of ours")
        if self.down:
            self.refused += 1
            raise StoreDown("away")
        self.stored.extend(batch)
        self.largest = max(self.largest, len(batch))


def shelf_of(store: Store, limit: int) -> Shelf[int]:
    return Shelf("numbers", NUMBERS, int, store.put, limit)


async def tried(shelf: Shelf[int], store: Store, rows: int) -> None:
    before = store.refused
    shelf.send()
    await until(lambda: store.refused > before, "refused")
    assert shelf.waiting == rows


async def test_the_oldest_go_counted_and_told_until_the_store_takes_rows_again() -> None:
    store = Store()
    shelf = shelf_of(store, 5)
    shelf.add([1, 2, 3])
    await tried(shelf, store, 3)
    assert shelf.problems() == []
    shelf.add([4, 5, 6, 7])
    await tried(shelf, store, 5)
    assert shelf.figures()["derived_dropped_rows_total{kind=numbers}"] == 2
    [notice] = shelf.problems()
    assert (notice.code, notice.subject) == ("derived.dropped", "numbers")
    assert "2 rows" in notice.text.en
    store.down = False
    shelf.send()
    await until(lambda: len(store.stored) == 5, "stored")
    assert store.stored == [3, 4, 5, 6, 7]
    assert (shelf.waiting, shelf.problems()) == (0, [])
    assert shelf.figures()["derived_dropped_rows_total{kind=numbers}"] == 2, "what went is not forgotten"


async def test_packed_rows_come_out_whole_in_order_and_in_pieces() -> None:
    store = Store()
    shelf = shelf_of(store, 100 * PIECE_ROWS)
    for start in range(0, 10 * PIECE_ROWS, 700):
        shelf.add(range(start, start + 700))
        shelf.send()
        shelf.add([])  # while it is being sent
        await asyncio.sleep(0)
    await tried(shelf, store, start + 700)
    assert shelf.figures()["derived_waiting_bytes{kind=numbers}"] > 0
    store.down = False
    shelf.send()
    await until(lambda: len(store.stored) == start + 700, "stored")
    assert store.stored == list(range(start + 700))
    assert store.largest <= 2 * PIECE_ROWS, "commits come in between"


async def test_beyond_the_limit_whole_pieces_go_and_every_row_is_counted() -> None:
    store = Store()
    limit = 4 * PIECE_ROWS
    shelf = shelf_of(store, limit)
    shelf.add(range(PIECE_ROWS))
    await tried(shelf, store, PIECE_ROWS)
    for part in range(1, 9):
        shelf.add(range(part * PIECE_ROWS, (part + 1) * PIECE_ROWS))
    dropped = int(shelf.figures()["derived_dropped_rows_total{kind=numbers}"])
    assert limit - PIECE_ROWS < shelf.waiting <= limit
    assert dropped + shelf.waiting == 9 * PIECE_ROWS
    store.down = False
    shelf.send()
    await until(lambda: len(store.stored) == 9 * PIECE_ROWS - dropped, "stored")
    assert store.stored == list(range(dropped, 9 * PIECE_ROWS))


async def test_a_batch_that_breaks_is_counted() -> None:
    store = Store()
    store.broken = True
    shelf = shelf_of(store, 100)
    shelf.add([1, 2])
    shelf.send()
    await until(lambda: shelf.figures()["derived_dropped_rows_total{kind=numbers}"] == 2, "counted")
    store.broken = store.down = False
    shelf.add([3])
    shelf.send()
    await until(lambda: store.stored == [3], "the next")


def packed_bytes(shelf: Shelf[Any]) -> float:
    return sum(value for name, value in shelf.figures().items() if name.startswith("derived_waiting_bytes"))


async def test_half_an_hour_of_a_province_fits_in_little_memory() -> None:
    """A part of a province is packed; the bytes a row hold for all of it."""

    async def away(_: Sequence[object]) -> None:
        raise StoreDown("away")

    assert KEPT_MINUTES >= MINUTES * PROVINCE_ROOMS
    assert KEPT_HEALTH >= MINUTES * PROVINCE_GATEWAYS
    rooms = Shelf("rooms", NUMBERS, RoomMinute, away, KEPT_MINUTES)
    gateways = Shelf("gateways", NUMBERS, GatewayMinute, away, KEPT_HEALTH)
    names = ("expected", "received", "duplicate", "late", "lost", "dropped", "outbox_rows", "outbox_bytes", "skew")
    minutes = [
        RoomMinute(f"truong-{n // 20}", f"p{n % 20}", 60_000, ("idle", "in_lesson")[n % 2], n % 47 or None, n / 7)
        for n in range(2 * PIECE_ROWS)
    ]
    health = [
        GatewayMinute(f"truong-{n // 3}", f"cong-{n % 3}", 60_000, n % 9 > 0, dict.fromkeys(names, n * 7919.0))
        for n in range(2 * PIECE_ROWS)
    ]
    rooms.add(minutes)
    gateways.add(health)
    rooms.send()
    gateways.send()
    await until(lambda: all(packed_bytes(each) for each in (rooms, gateways)), "put back")
    assert rooms.waiting == gateways.waiting == 2 * PIECE_ROWS
    assert KEPT_MINUTES * packed_bytes(rooms) / rooms.waiting < 25 * MB
    assert KEPT_HEALTH * packed_bytes(gateways) / gateways.waiting < 15 * MB

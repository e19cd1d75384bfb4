"""The quarantine's budget: what is reserved is booked once, shared fairly, and given back to the byte."""

import json
from pathlib import Path

import pytest
from sqlalchemy import Engine

from hub.ingest.quarantine import ROW_OVERHEAD_BYTES, Entry, Quarantine
from hub.registry.model import GatewayStatus
from tests.hub.ingest.bench import SCHOOL, bench, until
from wire.codec import digest
from wire.messages import AckStatus
from wire.topics import Channel

SIZE = 1_000 + ROW_OVERHEAD_BYTES


def entry(raw: bytes = b"a" * 1_000, gateway: str = "g1") -> Entry:
    return Entry(digest(raw), "s", gateway, "tele", "broken", raw, 1)


@pytest.fixture
def quarantine(state_engine: Engine) -> Quarantine:
    return Quarantine(state_engine, 10 * SIZE)


def test_one_entry_reserved_several_times_is_booked_once(quarantine: Quarantine) -> None:
    for _ in range(6):
        assert quarantine.reserve([entry()])
    assert quarantine.used_bytes == SIZE
    quarantine.release([entry()])
    assert quarantine.used_bytes == SIZE  # five still wait
    quarantine.write([entry(), entry()])
    assert (quarantine.used_bytes, quarantine.open_entries) == (SIZE, 1)
    quarantine.release([entry()])
    quarantine.write([entry()])
    assert (quarantine.used_bytes, quarantine.open_entries) == (SIZE, 1)
    assert quarantine.discard(entry().digest) is None
    assert quarantine.used_bytes == 0


def test_released_as_often_as_reserved_is_free(quarantine: Quarantine) -> None:
    assert quarantine.reserve([entry(), entry()])
    quarantine.release([entry(), entry()])
    assert quarantine.used_bytes == 0
    assert not quarantine.waiting(entry().digest)


def test_what_the_table_has_gives_back_what_it_booked(quarantine: Quarantine) -> None:
    quarantine.reserve([entry()])
    quarantine.write([entry()])
    quarantine._known.clear()  # as after many others
    assert quarantine.reserve([entry()])
    assert quarantine.used_bytes == 2 * SIZE
    quarantine.write([entry()])
    assert quarantine.used_bytes == SIZE


def test_one_gateway_fills_a_quarter_and_the_others_find_room(quarantine: Quarantine) -> None:
    taken = [quarantine.reserve([entry(b"%04d" % n * 250)]) for n in range(5)]
    assert taken == [True, True, False, False, False]
    assert "s.g1" in quarantine.problems()[0].text.en
    assert quarantine.reserve([entry(gateway="g2")])
    quarantine.write([entry(b"%04d" % n * 250) for n in range(2)])
    assert quarantine.discard(digest(b"0000" * 250)) is None
    assert not quarantine.problems()
    assert quarantine.reserve([entry(b"0004" * 250)])


def test_shares_survive_a_restart(state_engine: Engine) -> None:
    first = Quarantine(state_engine, 4 * SIZE)
    assert first.reserve([entry()])
    first.write([entry()])
    again = Quarantine(state_engine, 4 * SIZE)
    assert again.used_bytes == SIZE
    assert not again.reserve([entry(b"b" * 1_000)])
    assert again.reserve([entry(b"b" * 1_000, "g2")])


async def test_a_gateway_nobody_accepted_fills_nothing(tmp_path: Path) -> None:
    async with bench(tmp_path) as it:
        it.registry.add_gateway(SCHOOL, "bad", "", GatewayStatus.REFUSED)
        for name in ("new", "bad"):
            for number in range(50):
                for channel in (Channel.STATE, Channel.TELE, Channel.EVENT):
                    it.message(channel, b"[%d" % number + b" " * 1_000, name)
        assert it.quarantine.used_bytes == 0
        assert it.pipeline.intake.counters.from_pending == 300
        it.acks.clear()
        it.state("bad")
        assert [ack.status for ack in it.acks] == [AckStatus.PENDING] * 2
        await until(lambda: it.registry.gateway(SCHOOL, "new") is not None, "listed")
        assert it.quarantine.entries() == []


async def test_poison_that_comes_again_is_kept_once(tmp_path: Path) -> None:
    async with bench(tmp_path) as it:
        poison = json.dumps(["x" * 10_000]).encode()
        for _ in range(6):
            it.message(Channel.EVENT, poison)
        assert it.pipeline.events.rows == 1
        await until(lambda: it.quarantine.open_entries == 1, "set aside")
        it.message(Channel.EVENT, poison)
        assert not it.pipeline.events._buffer[0].entries[0].raw
        await until(lambda: it.quarantine.entries()[0].count == 2, "counted")
        assert it.quarantine.entries()[0].raw == poison
        assert it.quarantine.used_bytes == len(poison) + ROW_OVERHEAD_BYTES

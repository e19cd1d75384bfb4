"""Messages through the whole intake with real stores: what is stored, shown, acknowledged and set aside."""

import asyncio
import hashlib
import json
from pathlib import Path

import pytest

from tests.hub.ingest.bench import DEVICE, SCHOOL, bench, until
from wire.messages import AckStatus, Stream
from wire.topics import Channel

on_both = pytest.mark.usefixtures("state_settings")  # SQLite and PostgreSQL


async def test_every_state_is_answered_for_both_streams(tmp_path: Path) -> None:
    async with bench(tmp_path) as it:
        before = it.now()
        it.state()
        assert [(ack.stream, ack.upto, ack.status) for ack in it.acks] == [
            (Stream.TELE, 0, AckStatus.OK),
            (Stream.EVENT, 0, AckStatus.OK),
        ]
        assert it.acks[0].credit == 2000
        assert before <= it.acks[0].hub_time <= it.now()


async def test_the_same_batch_three_times_and_out_of_order_is_stored_and_shown_once(tmp_path: Path) -> None:
    async with bench(tmp_path) as it:
        one, two = it.batch(1, it.rows(10)), it.batch(11, it.rows(10, 10))
        for batch in (two, one, two, one, two, one):
            it.message(Channel.TELE, batch)
        await it.until_acked(20)
        assert len(it.stored()) == 20
        account = it.account()
        assert (account.received, account.duplicate, account.lost, account.outstanding) == (20, 40, 0, 0)


async def test_live_comes_before_the_store_and_goes_on_while_it_refuses(tmp_path: Path) -> None:
    async with bench(tmp_path) as it:
        it.store.refuses = True
        it.state()
        it.tele(1, it.rows(1, value=612.0))
        view = it.live.room(f"{SCHOOL}.a101", it.now())
        assert view is not None
        assert view.values["co2_ppm"].value == 612.0
        await until(lambda: (ack := it.last()) is not None and ack.status is AckStatus.STORE_DOWN, "told store_down")
        assert it.last().upto == 0  # type: ignore[union-attr]
        assert it.pipeline.problems()
        it.store.refuses = False
        ack = await it.until_acked(1)
        assert ack.status is AckStatus.OK
        assert len(it.stored()) == 1


async def test_a_full_buffer_lets_the_oldest_go_and_takes_them_again(tmp_path: Path) -> None:
    async with bench(tmp_path, "buffered_rows = 1000") as it:
        it.store.refuses = True
        batches = [it.batch(first, it.rows(100, first)) for first in range(1, 2001, 100)]
        for batch in batches:
            it.message(Channel.TELE, batch)
        assert it.pipeline.telemetry.rows <= 1000
        assert it.pipeline.telemetry.shed_rows >= 900
        it.store.refuses = False
        await until(lambda: it.pipeline.telemetry.rows == 0 and it.pipeline.telemetry.down is None, "recovered")
        for batch in batches:
            it.message(Channel.TELE, batch)
            await asyncio.sleep(0.01)
        await it.until_acked(2000)
        assert len(it.stored()) == 2000
        assert it.account().received == 2000


def event_of(number: int, size: int) -> dict[str, object]:
    return {"id": f"01JD{number:08}", "d": "g1-door", "t": None, "k": "note", "c": "unknown", "data": {"x": "x" * size}}


async def test_the_buffer_is_bounded_in_bytes_too(tmp_path: Path) -> None:
    async with bench(tmp_path, "buffered_mb = 4") as it:
        locked = it.engine.connect()
        locked.exec_driver_sql("SELECT 1")  # begins by taking the write lock
        batches = [it.batch(n, [event_of(n, 200_000)], sent_at=None) for n in range(1, 31)]
        for batch in batches:
            it.message(Channel.EVENT, batch)
            await asyncio.sleep(0)
        assert it.pipeline.events.bytes <= 1_000_000
        assert it.pipeline.events.rows <= 5
        locked.close()
        await until(lambda: it.pipeline.events.rows == 0 and it.pipeline.events.down is None, "recovered")
        assert it.pipeline.events.bytes == 0
        for batch in batches:
            it.message(Channel.EVENT, batch)
            await until(lambda: it.pipeline.events.rows == 0, "taken")
        await it.until_acked(30, Stream.EVENT)


async def test_a_message_larger_than_the_buffer_has_its_turn(tmp_path: Path) -> None:
    async with bench(tmp_path, "buffered_rows = 1000") as it:
        it.message(Channel.EVENT, it.batch(1, [event_of(n, 1) for n in range(300)], sent_at=None))
        await it.until_acked(300, Stream.EVENT)


@on_both
async def test_poison_is_set_aside_named_and_the_stream_goes_on(tmp_path: Path) -> None:
    async with bench(tmp_path) as it:
        it.state()
        poison = b'{"v":1,"epoch":"zz","first":11'
        it.tele(1, it.rows(10))
        it.message(Channel.TELE, poison)
        it.tele(21, it.rows(10, 20))
        name = hashlib.sha256(poison).hexdigest()
        await until(lambda: any(name in {r.sha256 for r in ack.rejected} for ack in it.acks), "rejected by digest")
        await until(lambda: (ack := it.last()) is not None and ack.also == [(21, 30)], "both good batches")
        (entry,) = it.quarantine.entries()
        assert (entry.digest, entry.raw, entry.count, entry.status) == (name, poison, 1, "open")
        it.tele(21, [], dropped=[[11, 20, "rejected"]])
        await it.until_acked(30)
        assert it.account().dropped == {"rejected": 10}


@on_both
async def test_one_bad_row_and_one_bad_value_quarantine_only_themselves(tmp_path: Path) -> None:
    async with bench(tmp_path) as it:
        rows = it.rows(4)
        rows[1] = {"d": "Not An Id", "t": 5, "v": {"co2_ppm": 1}}
        rows[2]["v"] = {"co2_ppm": 99_999, "temperature_c": 27.0, "made_up_w": 1}
        it.tele(1, rows)
        await it.until_acked(4)
        assert [(row[2], row[4]) for row in it.stored()] == [
            ("co2_ppm", 800.0),
            ("temperature_c", 27.0),
            ("co2_ppm", 803.0),
        ]
        reasons = sorted(entry.reason for entry in it.quarantine.entries())
        assert len(reasons) == 2
        assert any("99999" in reason and "made_up_w" in reason for reason in reasons)
        assert it.account().quarantined == 3


@on_both
async def test_a_value_is_replayed_once_it_can_be_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with bench(tmp_path) as it:
        it.tele(1, [{"d": DEVICE, "t": it.now(), "v": {"co2_ppm": 700, "radon_bqm3": 40.0}}])
        await it.until_acked(1)
        (entry,) = it.quarantine.entries()
        still = await asyncio.to_thread(it.quarantine.replay, entry.digest)
        assert still is not None
        assert "radon_bqm3" in still.en
        from hub.ingest import check

        monkeypatch.setitem(check._LIMITS, "radon_bqm3", (0.0, 1000.0))  # the fix: a newer table of quantities
        assert await asyncio.to_thread(it.quarantine.replay, entry.digest) is None
        assert {row[2]: row[4] for row in it.stored()} == {"co2_ppm": 700.0, "radon_bqm3": 40.0}
        assert it.quarantine.entry(entry.digest).status == "replayed"  # type: ignore[union-attr]
        assert it.quarantine.open_entries == 0


@on_both
async def test_discarding_gives_the_bytes_back(tmp_path: Path) -> None:
    async with bench(tmp_path) as it:
        it.message(Channel.TELE, b"[]")
        await until(lambda: it.quarantine.open_entries == 1, "set aside")
        digest = it.quarantine.entries()[0].digest
        it.message(Channel.TELE, b"[]")
        await until(lambda: it.quarantine.entries()[0].count == 2, "a repeat only counts")
        assert it.quarantine.discard(digest) is None
        assert it.quarantine.used_bytes == 0
        assert it.quarantine.discard(digest) is not None


@on_both
async def test_a_full_quarantine_withholds_the_acknowledgement_and_says_so(tmp_path: Path) -> None:
    async with bench(tmp_path) as it:
        it.quarantine._limit_bytes = 0
        rows = it.rows(3)
        rows[1]["v"] = {"co2_ppm": -5}
        it.tele(1, rows)
        await until(lambda: (ack := it.last()) is not None and ack.also == [(3, 3)], "only the good rows")
        assert it.last().upto == 1  # type: ignore[union-attr]
        assert it.quarantine.problems()
        it.quarantine._limit_bytes = 1_000_000
        it.tele(1, rows)
        await it.until_acked(3)
        assert not it.quarantine.problems()


async def test_another_version_is_answered_and_nothing_is_quarantined(tmp_path: Path) -> None:
    async with bench(tmp_path) as it:
        it.state()
        it.tele(1, it.rows(1), v=2)
        await until(lambda: it.acks[-1].status is AckStatus.UNSUPPORTED, "unsupported")
        assert it.quarantine.entries() == []
        it.tele(1, it.rows(1))
        assert (await it.until_acked(1)).status is AckStatus.OK


async def test_an_oversized_message_is_rejected(tmp_path: Path) -> None:
    async with bench(tmp_path) as it:
        it.state()
        huge = json.dumps(it.batch(1, it.rows(1)) | {"padding": "x" * 300_000}).encode()
        it.message(Channel.TELE, huge)
        await until(lambda: any(ack.rejected for ack in it.acks), "rejected")
        assert "300" in it.quarantine.entries()[0].reason


@on_both
async def test_a_pending_gateway_waits_until_it_is_accepted(tmp_path: Path) -> None:
    async with bench(tmp_path) as it:
        it.state("g9")
        assert {ack.status for ack in it.acks} == {AckStatus.PENDING}
        assert it.acks[-1].retry_s > 0
        it.message(Channel.TELE, it.batch(1, it.rows(5)), "g9")
        await until(lambda: it.registry.gateway(SCHOOL, "g9") is not None, "listed")
        assert it.stored() == []
        it.registry.accept_gateway(SCHOOL, "g9")
        assert [contact.gateway for contact in it.pipeline.gateways.newly_accepted()] == ["g9"]
        it.message(Channel.TELE, it.batch(1, it.rows(5)), "g9")
        await it.until_acked(5)
        assert len(it.stored()) == 5


async def test_strangers_are_bounded(tmp_path: Path) -> None:
    async with bench(tmp_path, "pending_gateways = 5") as it:
        for number in range(20):
            it.state(f"x{number}")
        assert it.pipeline.gateways.turned_away == 15


async def test_refused_strangers_give_their_place_to_new_ones(tmp_path: Path) -> None:
    async with bench(tmp_path, "pending_gateways = 5") as it:
        for number in range(5):
            it.state(f"x{number}")
        await until(lambda: len(it.registry.gateways(SCHOOL)) == 6, "the list is full")
        for number in range(5):
            it.registry.refuse_gateway(SCHOOL, f"x{number}")
        it.acks.clear()
        it.state("real")
        assert [ack.status for ack in it.acks] == [AckStatus.PENDING] * 2
        await until(lambda: it.registry.gateway(SCHOOL, "real") is not None, "listed")
        it.state("x0")  # it may be accepted after all: it is answered, and takes nobody's place
        assert len(it.acks) == 4
        it.registry.accept_gateway(SCHOOL, "x0")
        assert [contact.gateway for contact in it.pipeline.gateways.newly_accepted()] == ["x0"]


async def test_strangers_that_fell_silent_give_their_place_to_new_ones(tmp_path: Path) -> None:
    async with bench(tmp_path, "pending_gateways = 5") as it:
        for number in range(5):
            it.state(f"x{number}")
        it.ahead_ms = 601_000
        it.state("x4")
        it.pipeline.gateways.note_silence(it.now())
        for number in range(5, 10):
            it.state(f"x{number}")
        assert it.pipeline.gateways.turned_away == 1


async def test_two_machines_under_one_name_are_seen_and_a_late_will_is_not(tmp_path: Path) -> None:
    async with bench(tmp_path) as it:
        it.state(boot="b1")
        it.state(boot="b2")
        it.message(Channel.STATE, {"v": 1, "online": False, "boot": "b1"})
        view = it.pipeline.gateways.views(SCHOOL, it.now())[0]
        assert (view.online, view.two_machines) == (True, False)
        it.state(boot="b1")
        view = it.pipeline.gateways.views(SCHOOL, it.now())[0]
        assert view.two_machines
        assert view.problems


async def test_a_wrong_clock_is_corrected_once_it_is_steady(tmp_path: Path) -> None:
    async with bench(tmp_path) as it:
        days, began = 14 * 86_400_000, it.now()
        at = it.now() - days
        rows = [{"d": DEVICE, "t": at, "v": {"co2_ppm": 700}}]
        it.tele(1, rows, sent_at=it.now() - days)
        assert it.account().received == 0
        it.tele(2, [rows[0] | {"t": at + 500}], sent_at=it.now() - days)
        await it.until_acked(2)  # the first one waited here and needs no sending again
        times = [row[0] for row in it.stored()]
        assert times[1] - times[0] == 500
        assert began - 1_000 <= times[0] <= it.now() + 1_000
        view = it.pipeline.gateways.views(SCHOOL, it.now())[0]
        assert view.clock_skew_ms is not None
        assert abs(view.clock_skew_ms - days) < 60_000


async def test_the_future_and_the_untimed_are_set_aside(tmp_path: Path) -> None:
    async with bench(tmp_path) as it:
        values = {"co2_ppm": 700}
        rows = [
            {"d": DEVICE, "t": it.now() + 120_000, "v": values},
            {"d": DEVICE, "t": None, "v": values, "c": "untimed"},
            {"d": DEVICE, "t": None, "v": values, "c": "untimed"},
            {"d": DEVICE, "t": it.now(), "v": values},
        ]
        it.tele(1, rows)
        await it.until_acked(4)
        assert len(it.stored()) == 1
        assert len(it.quarantine.entries()) == 2  # the two untimed rows stay together
        assert it.account().quarantined == 3


async def test_late_rows_are_stored_counted_and_not_shown(tmp_path: Path) -> None:
    async with bench(tmp_path) as it:
        at = it.now() - 3_600_000
        it.tele(1, [{"d": DEVICE, "t": at, "v": {"co2_ppm": 700}}])
        await it.until_acked(1)
        assert it.account().late == 1
        view = it.live.room(f"{SCHOOL}.a101", it.now())
        assert view is None or "co2_ppm" not in view.values or view.values["co2_ppm"].stale


@on_both
async def test_events_are_visible_at_once_and_corrected_by_id(tmp_path: Path) -> None:
    async with bench(tmp_path) as it:
        event = {
            "id": "01JD0000ABCD",
            "d": "g1-door",
            "t": None,
            "k": "contact",
            "c": "unknown",
            "data": {"open": True},
        }
        before = asyncio.get_running_loop().time()
        it.message(Channel.EVENT, it.batch(1, [event], sent_at=None))
        await until(lambda: it.pipeline.events.committed_rows == 1, "committed")
        assert asyncio.get_running_loop().time() - before < 0.3
        at = it.now()
        it.message(Channel.EVENT, it.batch(2, [event | {"t": at, "c": "restamped"}]))
        await it.until_acked(2, Stream.EVENT)
        with it.engine.connect() as connection:
            rows = connection.exec_driver_sql("SELECT id, at_ms, quality FROM event").fetchall()
        assert [tuple(row) for row in rows] == [("01JD0000ABCD", at, "restamped")]


async def test_an_old_epoch_is_acknowledged_as_forgotten(tmp_path: Path) -> None:
    async with bench(tmp_path) as it:
        for number in range(9):
            it.tele(1, it.rows(1, number), epoch=f"{number:016x}")
        it.acks.clear()
        it.tele(1, it.rows(3, 50), epoch=f"{0:016x}")
        await until(lambda: any(ack.epoch == f"{0:016x}" and ack.upto == 3 for ack in it.acks), "acknowledged")
        assert it.pipeline.intake.counters.forgotten_epoch_rows == 3


@on_both
async def test_a_restart_goes_on_where_the_store_is(tmp_path: Path) -> None:
    async with bench(tmp_path) as it:
        it.tele(1, it.rows(10))
        await it.until_acked(10)
    async with bench(tmp_path) as it:
        it.state()
        assert it.acks[0].upto == 10
        assert it.account().received == 10


async def test_a_hub_restored_from_a_backup_lets_the_gateway_send_again(tmp_path: Path) -> None:
    """The gateway's `oldest` runs ahead of what this hub knows: not lost before it had a chance to hear of it."""
    async with bench(tmp_path) as it:
        it.tele(1, it.rows(10))
        await it.until_acked(10)
    async with bench(tmp_path) as it:
        it.state(tele={"next": 101, "oldest": 101})
        it.tele(101, it.rows(1, 100), oldest=101)
        await until(lambda: (ack := it.last()) is not None and ack.also == [(101, 101)], "no jump over 11 to 100")
        assert it.account().lost == 0
        it.tele(11, it.rows(90, 10), oldest=11)
        await it.until_acked(101)
        assert (it.account().received, it.account().lost) == (101, 0)


async def test_what_is_gone_for_good_is_lost_after_the_grace(tmp_path: Path) -> None:
    async with bench(tmp_path) as it:
        it.state()
        it.ahead_ms = 31_000
        it.tele(101, it.rows(1), oldest=101)
        await it.until_acked(101)
        assert it.account().lost == 100


async def test_garbage_on_every_topic_stops_nothing(tmp_path: Path) -> None:
    async with bench(tmp_path) as it:
        for body in (b"", b"\xff\x00", b"null", b"{}", b"[" * 5_000, b'{"v":"x"}', b'{"v":1,"online":1}'):
            for channel in (Channel.TELE, Channel.EVENT, Channel.STATE):
                it.message(channel, body)
        it.pipeline.intake.message("edu/v1/hub/main/tele", b"x")
        it.pipeline.intake.message("something/else", b"x")
        it.tele(1, it.rows(2))
        await it.until_acked(2)
        assert it.pipeline.intake.counters.failures == 0


@on_both
async def test_a_name_the_registry_refuses_stops_no_other(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with bench(tmp_path) as it:
        now = it.now()
        it.pipeline.outlets.new_devices += [(SCHOOL, "Not An Id", "g1", now, ""), (SCHOOL, "g1-new", "g1", now, "m")]
        await until(lambda: it.registry.device(SCHOOL, "g1-new") is not None, "the good one is listed")
        await until(lambda: "Not An Id" in caplog.text, "the bad one is told")
        assert it.pipeline.outlets.new_devices == []


async def test_what_could_not_be_listed_is_listed_when_the_database_is_back(tmp_path: Path) -> None:
    async with bench(tmp_path) as it:
        with it.engine.begin() as connection:
            connection.exec_driver_sql(
                "CREATE TRIGGER refuse BEFORE INSERT ON gateway BEGIN SELECT RAISE(ABORT, 'refused by test'); END"
            )
        it.state("g9")
        it.tele(1, [{"d": "g1-new", "t": it.now(), "v": {"co2_ppm": 700}}])
        await until(lambda: any("refused by test" in problem.text.en for problem in it.pipeline.problems()), "told")
        with it.engine.begin() as connection:
            connection.exec_driver_sql("DROP TRIGGER refuse")
        await until(lambda: it.registry.device(SCHOOL, "g1-new") is not None, "listed")
        assert it.registry.gateway(SCHOOL, "g9") is not None
        await until(lambda: it.pipeline.noting.down is None, "no problem any more")

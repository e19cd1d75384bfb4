"""The outbox file: numbers, epochs, limits, a full disk, a corrupt file, clocks."""

import shutil
import sqlite3
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.clock import Setting
from edge.outbox import Limits, NewEvent, NewReading, Outbox, keepsakes
from edge.outbox.ledger import Verdict
from edge.outbox.numbering import BLOCK, Numbering
from edge.outbox.packing import pack, unpack
from edge.outbox.schema import OutboxCorruptError, connect, set_aside
from wire.messages import Ack, ClockState, EventRow, Stream, TeleRow, TimeQuality
from wire.ranges import RangeSet

KNOWN = Setting(ClockState.NTP, 1_000_000)
UNKNOWN = Setting(ClockState.UNKNOWN, 77)
FREE = Limits(min_free_mb=0)
EVERYTHING = {stream: RangeSet([(1, 10_000)]) for stream in Stream}
DAY_MS = 86_400_000


def outbox(
    folder: Path,
    *,
    setting: Setting = KNOWN,
    machine: str = "m1",
    boot: str = "b1",
    limits: Limits = FREE,
    max_pages: int | None = None,
) -> Outbox:
    return Outbox(folder / "outbox.db", machine=machine, boot=boot, setting=setting, limits=limits, max_pages=max_pages)


def readings(count: int, mono_ms: int = 500, text: str = "") -> list[NewReading]:
    values: dict[str, float | str] = {"error_code": text} if text else {}
    return [NewReading(f"dev-{index}", {"co2_ppm": float(index), **values}, mono_ms) for index in range(count)]


def event(name: str, mono_ms: int = 500) -> NewEvent:
    return NewEvent(f"id-{name:0>8}", "door", "contact", {"open": True}, mono_ms)


def tele(box: Outbox) -> list[TeleRow]:
    return [msgspec.json.decode(row.body, type=TeleRow) for row in box.read(Stream.TELE, 1, 10**9, 10**6)]


def events(box: Outbox) -> list[EventRow]:
    return [msgspec.json.decode(row.body, type=EventRow) for row in box.read(Stream.EVENT, 1, 10**9, 10**6)]


def ack(
    box: Outbox,
    upto: int,
    *,
    also: list[tuple[int, int]] | None = None,
    instance: str = "one",
    stream: Stream = Stream.TELE,
) -> Ack:
    return Ack(
        v=1, hub="main", instance=instance, stream=stream, epoch=box.epoch, upto=upto, hub_time=1, also=also or []
    )


def crash(folder: Path, copy: Path) -> Path:
    """The file as a power cut leaves it: copied while open."""
    copy.mkdir()
    for file in folder.iterdir():
        if file.is_file() and not file.name.endswith("-shm"):
            shutil.copy(file, copy / file.name)
    return copy


def test_numbers_go_on_without_a_gap_after_a_tidy_end(tmp_path: Path) -> None:
    box = outbox(tmp_path)
    assert box.began == "fresh"
    assert box.append_readings(readings(5)) == (1, 5)
    epoch = box.epoch
    box.close()
    box = outbox(tmp_path)
    assert (box.epoch, box.began) == (epoch, "")
    assert box.append_readings(readings(2)) == (6, 7)
    assert list(box.sendable(Stream.TELE)) == [(1, 7)]
    assert box.declarations(Stream.TELE) == []
    box.close()


def test_after_a_crash_numbers_go_on_behind_the_block_and_the_rest_is_declared(tmp_path: Path) -> None:
    box = outbox(tmp_path / "." if tmp_path.exists() else tmp_path)
    box.append_readings(readings(5))
    copy = crash(tmp_path, tmp_path / "copy")
    box.close()
    box = outbox(copy)
    assert box.declarations(Stream.TELE) == [(6, 5 + BLOCK, "skipped")]
    assert box.append_readings(readings(1)) == (6 + BLOCK, 6 + BLOCK)
    assert box.report(Stream.TELE).rows == 6
    assert box.oldest(Stream.TELE) == 1
    box.close()


@given(st.lists(st.one_of(st.integers(1, 2_500), st.just("clean"), st.just("crash")), max_size=30))
def test_no_number_is_ever_used_twice(steps: list[int | str]) -> None:
    numbering, used, reserved_on_disk, highest_on_disk = Numbering(), RangeSet(), 0, 0
    for step in steps:
        if isinstance(step, int):
            first = numbering.take(step)
            assert RangeSet([(first, first + step - 1)]).count() == step
            assert used.missing(first, first + step - 1) == [(first, first + step - 1)]
            used.add(first, first + step - 1)
            reserved_on_disk = numbering.reserved
            assert numbering.next - 1 <= numbering.reserved
        elif step == "clean":
            numbering, skipped = Numbering.resumed(highest=numbering.next - 1, reserved=numbering.next - 1, clean=True)
            reserved_on_disk = numbering.reserved
            assert skipped is None
        else:  # whatever was written after the block was reserved may be forgotten
            numbering, skipped = Numbering.resumed(highest=highest_on_disk, reserved=reserved_on_disk, clean=False)
            reserved_on_disk = max(reserved_on_disk, numbering.reserved)
            highest_on_disk = numbering.next - 1


def test_acknowledged_rows_are_settled_and_come_back_for_a_restored_hub(tmp_path: Path) -> None:
    box = outbox(tmp_path)
    box.append_readings(readings(10))
    box.told(Stream.TELE, 10)
    assert box.acknowledge(ack(box, 7, also=[(9, 9)])).verdict is Verdict.NEW_INSTANCE
    assert list(box.sendable(Stream.TELE)) == [(8, 8), (10, 10)]
    assert box.acknowledge(ack(box, 7, also=[(9, 9)])).verdict is Verdict.NOTHING_NEW
    assert box.acknowledge(ack(box, 10)).verdict is Verdict.NEWS
    assert (box.oldest(Stream.TELE), box.report(Stream.TELE).rows) == (11, 0)
    box.acknowledge(ack(box, 3))  # an old one of the same instance, late
    assert box.oldest(Stream.TELE) == 11
    restored = box.acknowledge(ack(box, 4, instance="two"))
    assert (restored.verdict, restored.reopened) == (Verdict.NEW_INSTANCE, ((5, 10),))
    assert list(box.sendable(Stream.TELE)) == [(5, 10)]
    box.close()


def test_a_hub_that_knows_more_than_was_ever_sent_means_an_old_copy(tmp_path: Path) -> None:
    box = outbox(tmp_path)
    box.append_readings(readings(20))
    box.append_events([event("a")])
    box.told(Stream.TELE, 10)
    old_epoch = box.epoch
    box.acknowledge(ack(box, 4))
    settlement = box.acknowledge(ack(box, 11))
    assert settlement.verdict is Verdict.OLD_COPY
    assert box.begin_epoch("restored") != old_epoch
    assert list(box.sendable(Stream.TELE)) == [(1, 16)]
    assert [row.v["co2_ppm"] for row in tele(box)] == [float(n) for n in range(4, 20)]
    assert box.append_readings(readings(1)) == (17, 17)
    box.close()
    assert outbox(tmp_path).append_readings(readings(1)) == (18, 18)


def test_another_machine_id_is_a_cloned_card(tmp_path: Path) -> None:
    box = outbox(tmp_path)
    box.append_readings(readings(5))
    epoch = box.epoch
    box.close()
    clone = outbox(tmp_path, machine="m2")
    assert (clone.began, clone.epoch != epoch) == ("cloned", True)
    assert list(clone.sendable(Stream.TELE)) == [(1, 5)]
    clone.close()
    again = outbox(tmp_path, machine="m2")
    assert again.began == ""
    again.close()
    unreadable = outbox(tmp_path, machine="")  # a machine id that cannot be read proves nothing
    assert unreadable.began == ""
    unreadable.close()


def test_telemetry_beyond_the_size_is_dropped_oldest_first_and_declared_and_events_stay(tmp_path: Path) -> None:
    box = outbox(tmp_path, limits=Limits(max_mb=1, min_free_mb=0))
    for _ in range(40):
        box.append_readings(readings(1_000))
    box.append_events([event(str(n)) for n in range(500)])
    given_up = box.maintain(1_000)
    assert given_up[0][0] == 1
    assert box.file.used_bytes() <= 1_000_000
    ((first, last, reason),) = box.declarations(Stream.TELE)
    assert (first, reason) == (1, "size")
    assert box.report(Stream.TELE).dropped == {"size": last}
    assert box.report(Stream.EVENT).rows == 500
    assert list(box.sendable(Stream.TELE)) == [(last + 1, 40_000)]
    box.told(Stream.TELE, 40_000)
    box.acknowledge(ack(box, 40_000))
    assert box.declarations(Stream.TELE) == []
    assert box.report(Stream.TELE).dropped == {"size": last}  # the account stays
    box.close()


def test_telemetry_is_dropped_by_the_age_of_its_storing_not_of_its_measuring(tmp_path: Path) -> None:
    box = outbox(tmp_path, limits=Limits(max_age_days=14, keep_acknowledged_h=1e9, min_free_mb=0))
    box.append_readings([NewReading("dev", {"co2_ppm": 1.0}, 0, at_ms=5) for _ in range(1_000)])
    assert box.maintain(13 * DAY_MS) == []
    box.append_readings(readings(300, 13 * DAY_MS))
    dropped = box.maintain(15 * DAY_MS)
    assert dropped
    assert 900 <= dropped[-1][1] <= 1_000
    assert box.report(Stream.TELE).dropped == {"age": dropped[-1][1]}
    box.close()


def test_acknowledged_rows_are_kept_for_a_day_and_then_forgotten(tmp_path: Path) -> None:
    box = outbox(tmp_path, limits=Limits(keep_acknowledged_h=24, min_free_mb=0))
    box.append_readings(readings(1_000, 0))
    box.append_events([event(str(n), 0) for n in range(300)])
    for stream in Stream:
        box.told(stream, 1_000 if stream is Stream.TELE else 300)
        box.acknowledge(ack(box, 1_000 if stream is Stream.TELE else 300, stream=stream))
    box.maintain(1)
    assert len(tele(box)) == 1_000
    box.save()
    box.maintain(DAY_MS + 1_000)
    assert len(tele(box)) <= 100
    assert len(events(box)) <= 100
    assert box.report(Stream.TELE).dropped == {}
    box.close()


def test_a_full_disk_stops_telemetry_and_events_find_room(tmp_path: Path) -> None:
    box = outbox(tmp_path, max_pages=300)
    stored = 0
    while box.append_readings(readings(50)):
        stored += 50
    assert box.append_readings(readings(50)) is None
    assert box.report(Stream.TELE).dropped == {"disk": 100}
    for n in range(600):
        assert box.append_events([event(str(n))]) is not None
    box.maintain(1_000)
    declared = sum(last - first + 1 for first, last, reason in box.declarations(Stream.TELE) if reason == "disk")
    report = box.report(Stream.TELE)
    assert declared == report.dropped["disk"]
    assert report.rows + declared == stored + 100  # every row is either here or declared
    assert len(events(box)) == 600
    box.close()


def test_too_little_free_disk_stops_telemetry_only(tmp_path: Path) -> None:
    box = outbox(tmp_path, limits=Limits(min_free_mb=1e12))
    assert box.append_readings(readings(3)) is None
    assert box.append_events([event("a")]) == (1, 1)
    box.maintain(1_000)
    assert box.declarations(Stream.TELE) == [(1, 3, "disk")]
    assert box.oldest(Stream.TELE) == 4
    box.close()


def test_a_drop_that_cannot_be_written_is_not_told_to_anybody(tmp_path: Path) -> None:
    box = outbox(tmp_path, limits=Limits(min_free_mb=1e12))
    box.append_readings(readings(3))
    box.file.link.execute("PRAGMA query_only=1")
    assert box.maintain(1_000) == []
    assert box.declarations(Stream.TELE) == []
    assert box.report(Stream.TELE).dropped == {"disk": 3}
    assert box.report(Stream.TELE).next == 1
    box.file.link.execute("PRAGMA query_only=0")
    box.maintain(2_000)
    assert box.declarations(Stream.TELE) == [(1, 3, "disk")]
    box.close()


@pytest.mark.parametrize("damage", ["not a database", "torn page"])
def test_a_corrupt_file_is_recognised_and_kept(tmp_path: Path, damage: str) -> None:
    box = outbox(tmp_path)
    box.append_readings(readings(2_000))
    box.close()
    file = tmp_path / "outbox.db"
    content = bytearray(file.read_bytes())
    if damage == "torn page":
        content[8_192:60_000] = bytes(60_000 - 8_192)
    else:
        content[:100] = b"x" * 100
    file.write_bytes(content)
    with pytest.raises(OutboxCorruptError):
        connect(file)
    kept = set_aside(file, 1_700_000_000_000)
    assert kept.name == "outbox.corrupt-1700000000"
    assert kept.read_bytes() == content
    assert not file.exists()


def test_rows_of_an_unknown_clock_wait_and_are_placed_by_the_monotonic_clock(tmp_path: Path) -> None:
    box = outbox(tmp_path, setting=UNKNOWN)
    box.append_readings(readings(2, 5_000))
    box.append_events([event("a", 6_000), event("b", 6_500)])
    assert list(box.sendable(Stream.TELE)) == []
    assert [(row.t, row.c) for row in events(box)] == [(6_077, "unknown"), (6_577, "unknown")]
    sent_a = {Stream.TELE: RangeSet(), Stream.EVENT: RangeSet([(2, 2)])}
    assert box.clock_changed(KNOWN, 9_000, sent_a) == (3, 3)
    assert list(box.sendable(Stream.TELE)) == [(1, 2)]
    assert [(row.t, row.c) for row in tele(box)] == [(1_005_000, "restamped")] * 2
    assert [(row.id, row.t, row.c) for row in events(box)] == [
        ("id-0000000a", 6_077, "unknown"),
        ("id-0000000b", 1_006_500, "restamped"),
        ("id-0000000a", 1_006_000, "restamped"),
    ]
    box.append_readings(readings(1, 9_500))
    assert [(row.t, row.c) for row in tele(box)][-1] == (1_009_500, "ok")
    box.close()


def test_a_boot_that_ended_before_the_clock_was_known_leaves_untimed_rows(tmp_path: Path) -> None:
    box = outbox(tmp_path, setting=UNKNOWN)
    box.append_readings(readings(1, 5_000))
    box.append_events([event("a", 6_000)])
    box.close()
    box = outbox(tmp_path, boot="b2", setting=UNKNOWN)
    assert list(box.sendable(Stream.TELE)) == [(1, 1)]
    box.clock_changed(KNOWN, 9_000, EVERYTHING)
    assert [(row.t, row.c) for row in tele(box)] == [(None, "untimed")]
    assert [(row.t, row.c) for row in events(box)] == [(None, "untimed")]
    box.close()


def test_an_agent_restarted_within_the_boot_still_places_its_rows(tmp_path: Path) -> None:
    box = outbox(tmp_path, setting=UNKNOWN)
    box.append_readings(readings(1, 5_000))
    box.close()
    box = outbox(tmp_path, setting=UNKNOWN)
    assert list(box.sendable(Stream.TELE)) == []
    box.clock_changed(KNOWN, 9_000, {stream: RangeSet() for stream in Stream})
    assert [(row.t, row.c) for row in tele(box)] == [(1_005_000, "restamped")]
    box.close()


def test_a_step_moves_unsent_rows_and_leaves_sent_ones_on_their_own_clock(tmp_path: Path) -> None:
    box = outbox(tmp_path)
    box.append_readings(readings(4, 1_000))
    old = box.anchors.current.id
    unsent = {Stream.TELE: RangeSet([(3, 4)]), Stream.EVENT: RangeSet()}
    box.clock_changed(Setting(ClockState.NTP, 1_000_000 + 14 * DAY_MS), 5_000, unsent)
    assert [(row.t, row.c) for row in tele(box)] == [
        *[(1_001_000, TimeQuality.OK)] * 2,
        *[(1_001_000 + 14 * DAY_MS, TimeQuality.RESTAMPED)] * 2,
    ]
    new = box.anchors.current.id
    assert [row.anchor for row in box.read(Stream.TELE, 1, 9, 9)] == [old, old, new, new]
    assert box.anchors.sent_at(old, 6_000) == 1_006_000
    assert box.anchors.sent_at(new, 6_000) == 1_006_000 + 14 * DAY_MS
    box.close()
    later = outbox(tmp_path, boot="b2", setting=Setting(ClockState.NTP, 5_000_000 + 14 * DAY_MS))
    assert later.anchors.sent_at(old, 10) == 5_000_010  # still on the clock that was wrong by 14 days
    assert later.anchors.sent_at(new, 10) == 5_000_010 + 14 * DAY_MS
    later.close()
    blind = outbox(tmp_path, boot="b3", setting=UNKNOWN)
    assert blind.anchors.sent_at(new, 10) is None
    blind.close()


def test_a_time_that_is_not_of_our_clock_is_never_moved(tmp_path: Path) -> None:
    box = outbox(tmp_path, setting=UNKNOWN)
    box.append_readings([NewReading("dev", {"co2_ppm": 1.0}, 5, at_ms=1_420_000_000_000)])
    box.clock_changed(KNOWN, 9_000, EVERYTHING)
    box.clock_changed(Setting(ClockState.NTP, 9_000_000), 9_000, EVERYTHING)
    assert [(row.t, row.c) for row in tele(box)] == [(1_420_000_000_000, "ok")]
    box.close()


def test_rows_set_aside_are_kept_for_a_person_and_declared(tmp_path: Path) -> None:
    box = outbox(tmp_path)
    box.append_readings(readings(5))
    assert box.set_aside(Stream.TELE, 2, 3, "cannot be read") == 2
    assert (box.aside_count(), box.declarations(Stream.TELE)) == (2, [(2, 3, "rejected")])
    assert list(box.sendable(Stream.TELE)) == [(1, 1), (4, 5)]
    box.close()


def test_commands_configuration_and_memory_outlive_the_program(tmp_path: Path) -> None:
    box = outbox(tmp_path)
    assert box.keepsakes.first_time("command-1", 5)
    assert not box.keepsakes.first_time("command-1", 6)
    box.keepsakes.keep_configuration(7, {"a": [1]})
    box.keepsakes.remember("z", {"topic": "digest"})
    box.close()
    box = outbox(tmp_path)
    assert not box.keepsakes.first_time("command-1", 7)
    assert box.keepsakes.configuration() == (7, {"a": [1]})
    assert box.keepsakes.recall("z") == {"topic": "digest"}
    box.close()


def test_a_command_is_known_again_although_the_clock_was_put_back(tmp_path: Path) -> None:
    """A thousand were noted by a clock that was years ahead: the newest must not be taken for the oldest."""
    box = outbox(tmp_path)
    for number in range(1_001):
        assert box.keepsakes.first_time(f"ahead-{number}", 2_000_000_000_000 + number)
    assert box.keepsakes.first_time("now", 1_795_488_492_000)
    assert not box.keepsakes.first_time("now", 1_795_488_497_000)
    assert box.keepsakes.first_time("ahead-0", 1_795_488_498_000)  # the oldest is forgotten
    box.close()


def test_a_source_that_never_stops_naming_keys_keeps_only_the_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keepsakes, "_MEMORIES_KEPT", 50)
    box = outbox(tmp_path)
    box.keepsakes.remember("other", {"a": "1"})
    for number in range(20):
        box.keepsakes.remember("z", {f"{number}-{key}": "x" for key in range(10)})
    assert len(box.keepsakes.recall("z")) <= 50
    assert set(box.keepsakes.recall("z")) >= {f"19-{key}" for key in range(10)}
    assert box.keepsakes.recall("other") == {"a": "1"}
    box.close()


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 60), st.integers(0, 60), st.sampled_from(["", "clean", "crash"])), max_size=8))
def test_whatever_happens_every_row_is_held_declared_or_still_here(steps: list[tuple[int, int, str]]) -> None:
    """The owed rows and what the hub was told always add up, over ends of every kind."""
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "0"
        folder.mkdir()
        box, value, held = outbox(folder), 0, set[float]()
        for index, (count, acknowledged, end) in enumerate(steps, start=1):
            rows = [NewReading("dev", {"co2_ppm": float(value + n)}, 500) for n in range(count)]
            value += count
            box.append_readings(rows)
            owed = [n for first, last in box.sendable(Stream.TELE) for n in range(first, last + 1)]
            sent = box.read(Stream.TELE, owed[0], owed[min(acknowledged, len(owed)) - 1], 10**6) if acknowledged else []
            if sent:
                box.told(Stream.TELE, sent[-1].number)
                held |= {float(msgspec.json.decode(row.body, type=TeleRow).v["co2_ppm"]) for row in sent}
                box.acknowledge(ack(box, sent[-1].number))
            if end == "crash":
                folder = crash(folder, Path(name) / str(index))
            if end in {"clean", "crash"}:
                box.close()
                box = outbox(folder)
        owed = [n for first, last in box.sendable(Stream.TELE) for n in range(first, last + 1)]
        here = {
            float(msgspec.json.decode(row.body, type=TeleRow).v["co2_ppm"])
            for row in box.read(Stream.TELE, 1, 10**9, 10**6)
            if row.number in set(owed)
        }
        assert held | here == {float(n) for n in range(value)}
        box.close()


@given(st.binary(max_size=400), st.text(max_size=50))
def test_packing_loses_nothing_and_never_makes_a_row_larger(noise: bytes, name: str) -> None:
    row = b'{"d":' + msgspec.json.encode(name) + b',"t":1763800000123,"v":{"co2_ppm":812.0,"temperature_c":27.4}}'
    for body in (row, row + noise, b"{" + noise):
        assert unpack(pack(body)) == body
        assert len(pack(body)) <= len(body)
    assert len(pack(row)) < len(row)


def test_a_second_program_on_the_same_file_does_not_harm_it(tmp_path: Path) -> None:
    box = outbox(tmp_path)
    other = sqlite3.connect(tmp_path / "outbox.db")
    assert other.execute("SELECT count(*) FROM tele").fetchone() == (0,)
    other.close()
    assert box.append_readings(readings(1)) == (1, 1)
    box.close()

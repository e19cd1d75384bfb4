"""Readers of cards, fingers and codes through a source: on pseudo-terminals, over bad lines, and as keyboards."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from edge.sources.line import LineSource
from firmware_bridge.device import Options
from firmware_bridge.devices import DEVICES
from firmware_bridge.links.line import Supply
from firmware_bridge.simulated import SimulatedSensor
from tests.edge.test_line_source import Notebook, until
from tests.sim.devices.fingerprint import SimulatedFingerprint
from tests.sim.devices.pn532 import SimulatedPn532
from tests.sim.devices.readers import RepeatingReader, key_events, rdm_frame, wiegand_line
from tests.sim.serial_link import BadLine, Wire, on_a_terminal
from wire.orders import Order, OrderKind, Result


@asynccontextmanager
async def heard(
    name: str, sensor: SimulatedSensor, *, answer_s: float | None = None, password: str | None = None
) -> AsyncIterator[tuple[LineSource, Notebook]]:
    device = DEVICES[name]
    if answer_s is not None:
        device = msgspec.structs.replace(device, answer_s=answer_s)
    async with on_a_terminal(sensor) as terminal, read(device.name, terminal.port, answer_s, password) as both:
        yield both


@asynccontextmanager
async def read(
    name: str, port: str, answer_s: float | None = None, password: str | None = None
) -> AsyncIterator[tuple[LineSource, Notebook]]:
    device = DEVICES[name]
    if answer_s is not None:
        device = msgspec.structs.replace(device, answer_s=answer_s)
    options = Options(password=password)
    source = LineSource(
        "reader",
        device,
        port,
        "a101-door",
        options=options,
        supply=lambda _: Supply.UNKNOWN,
        monotonic=asyncio.get_running_loop().time,
    )
    notebook = Notebook()
    task = asyncio.create_task(source.run(notebook))
    try:
        yield source, notebook
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def shown(notebook: Notebook) -> list[tuple[str, str]]:
    return [(data["scheme"], data["reference"]) for kind, data in notebook.events if kind == "identity"]


def of(notebook: Notebook, kind: str) -> list[dict[str, Any]]:
    return [data for one, data in notebook.events if one == kind]


@pytest.fixture(autouse=True)
def _quick_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    for dialogue in ("fingerprint_dialogue", "pn532_dialogue"):
        monkeypatch.setattr(f"firmware_bridge.devices.identity.{dialogue}.LOOK_S", 0.02)


async def looked(module: SimulatedFingerprint | SimulatedPn532, times: int) -> None:
    """The reader was asked so many times more."""

    def looks() -> int:
        return module.looks if isinstance(module, SimulatedPn532) else module.asked.count(1)

    before = looks()
    await until(lambda: looks() > before + times)


async def told_step(notebook: Notebook, step: str) -> None:
    await until(lambda: step in [one["step"] for one in of(notebook, "enrol")])


# ── fingerprints ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_finger_is_told_once_however_long_it_lies_there() -> None:
    module = SimulatedFingerprint({7: 42}, password=0x1234)
    async with heard("r307", module, password="0x1234") as (source, notebook):
        await until(lambda: of(notebook, "template_count"))
        module.finger = 42
        await until(lambda: shown(notebook))
        await looked(module, 5)
        module.finger = None
        await looked(module, 4)
        module.finger = 42
        await until(lambda: len(shown(notebook)) == 2)
        assert source.report().up
    assert shown(notebook) == [("fingerprint", "7")] * 2
    assert of(notebook, "identity")[0]["score"] == 100
    assert of(notebook, "template_count") == [{"count": 1, "capacity": 1000}]
    assert not {0x08, 0x0A} & set(module.asked)  # templates and images stay where they are


async def test_a_stranger_is_told_once_and_one_messy_image_is_none() -> None:
    module = SimulatedFingerprint({7: 42})
    async with heard("r307", module) as (_, notebook):
        module.finger, module.messy = 42, 1
        await until(lambda: shown(notebook))
        module.finger = None
        await looked(module, 4)
        module.finger = 9
        await until(lambda: of(notebook, "identity_unknown"))
        await looked(module, 5)
    (stranger,) = of(notebook, "identity_unknown")
    assert stranger["reason_en"] == "this finger is not among the stored ones"


async def test_a_finger_is_enrolled_step_by_step_and_deleted() -> None:
    module = SimulatedFingerprint()
    async with heard("r307", module) as (source, notebook):
        await until(lambda: of(notebook, "template_count"))
        ordered = asyncio.create_task(source.obey(Order("order-001", "a101-door", OrderKind.ENROL, "12")))
        for step, finger in (("place_finger", 5), ("lift_finger", None), ("place_again", 5)):
            await told_step(notebook, step)
            module.finger = finger
        assert (await ordered).result is Result.DONE
        assert module.stored == {12: 5}
        await until(lambda: of(notebook, "template_count")[-1]["count"] == 1)
        assert shown(notebook) == []
        deleted = await source.obey(Order("order-002", "a101-door", OrderKind.DELETE_TEMPLATE, "12"))
        assert (deleted.result, module.stored) == (Result.DONE, {})
        for value in ("1000", "one", ""):
            refused = await source.obey(Order(f"order-{value}", "a101-door", OrderKind.ENROL, value))
            assert refused.result is Result.REFUSED
    assert [one["step"] for one in of(notebook, "enrol")] == ["place_finger", "lift_finger", "place_again", "done"]
    assert of(notebook, "enrol")[0]["text_vi"] == "đặt ngón tay lên mắt đọc"


async def test_two_different_fingers_are_no_template(monkeypatch: pytest.MonkeyPatch) -> None:
    module = SimulatedFingerprint()
    async with heard("r307", module) as (source, notebook):
        ordered = asyncio.create_task(source.obey(Order("order-001", "a101-door", OrderKind.ENROL, "3")))
        for step, finger in (("place_finger", 5), ("lift_finger", None), ("place_again", 6)):
            await told_step(notebook, step)
            module.finger = finger
        outcome = await ordered
        monkeypatch.setattr("firmware_bridge.devices.identity.enrolment.PATIENCE_S", 0.2)
        module.finger = None
        nobody = await source.obey(Order("order-002", "a101-door", OrderKind.ENROL, "3"))
    assert (outcome.result, module.stored) == (Result.REFUSED, {})
    assert outcome.detail is not None
    assert outcome.detail.en == "the two images are not of one finger"
    assert nobody.result is Result.TIMED_OUT


async def test_a_wrong_password_is_told_and_power_that_went_logs_in_again() -> None:
    module, other = SimulatedFingerprint({7: 42}, password=1), SimulatedFingerprint({7: 42})
    async with heard("r307", module) as (_, notebook):
        await until(lambda: of(notebook, "device_refused"))
        assert of(notebook, "device_refused")[0]["reason_en"] == "the module's password is another"
    other.boot = b"\x00\x00\x55"
    async with heard("r307", other, answer_s=0.1) as (_, notebook):
        await until(lambda: of(notebook, "template_count"))
        other.power(0)  # without its plug being pulled
        other.finger = 42
        await until(lambda: shown(notebook))
        other.silent = True
        await asyncio.sleep(0.5)
        other.silent = False
        await until(lambda: len(shown(notebook)) == 2)


@pytest.mark.parametrize("seed", [1, 2])
async def test_a_bad_line_to_a_fingerprint_module_gives_only_true_fingers(seed: int) -> None:
    module = SimulatedFingerprint({7: 42, 300: 43})
    line = BadLine(module, Wire(seed, drop=0.002, flip=0.002, delay_s=0.002), Wire(seed + 9, drop=0.002, delay_s=0.002))
    async with heard("r307", line, answer_s=0.15) as (_, notebook):
        for finger in (42, None, 43, None, 42):
            module.finger = finger
            await looked(module, 6)
    assert set(shown(notebook)) <= {("fingerprint", "7"), ("fingerprint", "300")}
    assert shown(notebook)


# ── cards and codes ──────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_card_on_a_pn532_is_told_once_and_again_when_it_comes_back() -> None:
    chip = SimulatedPn532()
    async with heard("pn532", chip) as (source, notebook):
        await until(lambda: chip.looks > 3)
        chip.card = bytes.fromhex("04A1B2C3D4E5F6")
        await until(lambda: shown(notebook))
        for card in (None, bytes.fromhex("DEADBEEF")):
            await looked(chip, 4)
            chip.card = card
        await until(lambda: len(shown(notebook)) == 2)
        assert source.report().bad == 0
    assert shown(notebook) == [("card", "04A1B2C3D4E5F6"), ("card", "DEADBEEF")]
    assert of(notebook, "identity")[0]["clonable"] is True


async def test_a_pn532_that_lost_its_power_is_woken_again_over_a_bad_line() -> None:
    chip = SimulatedPn532()
    line = BadLine(chip, Wire(3, drop=0.004, flip=0.004, delay_s=0.002))
    async with heard("pn532", line, answer_s=0.1) as (_, notebook):
        chip.card = bytes.fromhex("DEADBEEF")
        await until(lambda: shown(notebook))
        chip.power(0)
        await until(lambda: len(shown(notebook)) == 2)
    assert set(shown(notebook)) == {("card", "DEADBEEF")}


async def test_a_card_that_is_repeated_is_one_event_and_another_one_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("firmware_bridge.devices.identity.held.QUIET_S", 0.4)
    reader = RepeatingReader(rdm_frame(9681941))
    async with heard("rdm6300", reader) as (source, notebook):
        await until(lambda: shown(notebook))
        await asyncio.sleep(0.6)
        assert len(shown(notebook)) == 1
        reader.said = rdm_frame(77)
        await until(lambda: len(shown(notebook)) == 2)
        reader.said = b""
        await asyncio.sleep(0.5)
        reader.said = rdm_frame(77)
        await until(lambda: len(shown(notebook)) == 3)
        assert (source.report().bad, source.report().up) == (0, True)
    assert [reference for _, reference in shown(notebook)] == ["9681941", "77", "77"]


@pytest.mark.parametrize(
    ("name", "said", "scheme", "reference"),
    [
        ("rdm6300", rdm_frame(9681941), "card", "9681941"),
        ("wiegand26", wiegand_line(147, 48149), "card", "147:48149"),
        ("qr", b"HS-2026-00417\r\n", "code", "HS-2026-00417"),
    ],
)
async def test_readers_over_a_line_that_splits_and_delays(name: str, said: bytes, scheme: str, reference: str) -> None:
    line = BadLine(RepeatingReader(said), Wire(5, split=0.4, delay_s=0.002))
    async with heard(name, line) as (source, notebook):
        await until(lambda: shown(notebook))
        assert source.report().bad <= 1  # the line may be opened in the middle of what is said
    assert shown(notebook) == [(scheme, reference)]


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_a_checked_card_is_never_another_one(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("firmware_bridge.devices.identity.held.QUIET_S", 0.0)
    line = BadLine(RepeatingReader(rdm_frame(9681941)), Wire(seed, drop=0.02, flip=0.02, delay_s=0.002))
    async with heard("rdm6300", line) as (source, notebook):
        await until(lambda: source.report().bad >= 4 and len(shown(notebook)) >= 4)
    assert set(shown(notebook)) == {("card", "9681941")}


async def test_a_reader_that_types_is_read_from_its_events(tmp_path: Path) -> None:
    path = tmp_path / "event0"
    os.mkfifo(path)
    hand = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    try:
        async with read("wedge", f"keyboard:{path}") as (source, notebook):
            await until(lambda: source.report().up)
            typed = key_events("0009681941", 1000.0)
            os.write(hand, typed[:100])
            await asyncio.sleep(0.05)
            os.write(hand, typed[100:])
            await until(lambda: shown(notebook))
            os.write(hand, key_events("77", 1010.0))
            await until(lambda: len(shown(notebook)) == 2)
    finally:
        os.close(hand)
    assert shown(notebook) == [("card", "0009681941"), ("card", "77")]


async def test_a_keyboard_that_is_not_there_or_forbidden_is_named(tmp_path: Path) -> None:
    async with read("wedge", f"keyboard:{tmp_path}/event9") as (source, _):
        await until(lambda: "is the reader plugged in" in source.report().problem_en)
        assert "chưa cắm đầu đọc" in source.report().problem_vi


async def test_datagrams_to_nobody_are_told(free_port: int) -> None:
    async with read("zkteco", f"udp:127.0.0.1:{free_port}") as (source, _):
        await until(lambda: "does not take datagrams" in source.report().problem_en)
    async with read("zkteco", "udp:nowhere") as (source, _):
        await until(lambda: "is not udp:HOST:PORT" in source.report().problem_en)


def test_every_identity_device_is_tried_here() -> None:
    tried: Callable[[str], bool] = lambda name: name in {"r307", "pn532", "rdm6300", "wiegand26", "qr"}  # noqa: E731
    rest = {name for name, device in DEVICES.items() if "identity" in device.decode.__module__ and not tried(name)}
    assert rest == {"wedge", "wedge-qr", "zkteco"}  # zkteco: tests/edge/test_attendance_terminal.py


async def test_what_nobody_waits_for_any_more_is_not_done_when_the_module_speaks_again() -> None:
    module = SimulatedFingerprint({5: 77})
    module.silent = True
    async with heard("r307", module, answer_s=0.1) as (source, notebook):
        await until(lambda: source.report().kind)
        await given_up(source, notebook, Order("order-001", "a101-door", OrderKind.DELETE_TEMPLATE, "5"))
        module.silent = False
        await until(lambda: of(notebook, "template_count"))
        await looked(module, 3)
        assert module.stored == {5: 77}
        await given_up(source, notebook, Order("order-002", "a101-door", OrderKind.ENROL, "9"))
        for finger in (88, None, 88):
            module.finger = finger
            await looked(module, 4)
    assert module.stored == {5: 77}
    assert of(notebook, "enrol")[-1]["step"] == "failed"


async def given_up(source: LineSource, notebook: Notebook, order: Order) -> None:
    """Order it and stop waiting, an enrolment once it has begun."""
    waiting = asyncio.create_task(source.obey(order))
    await asyncio.sleep(0.3)
    if order.kind is OrderKind.ENROL:
        await told_step(notebook, "place_finger")
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)

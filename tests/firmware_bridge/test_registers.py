"""From bits to values, and which registers are read together."""

import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.device import Measured, Noted, Unusable
from firmware_bridge.modbus import Read, Words
from firmware_bridge.registers import Form, Register, WordOrder, readings, reads_for, value

HUGE = "energy_kwh"  # a range wide enough for any of these figures


def words_of(*raw: int) -> Words:
    return dict(enumerate(raw))


@pytest.mark.parametrize(
    ("register", "raw", "expected"),
    [
        (Register(0, "co2_ppm"), (1234,), 1234.0),
        (Register(0, "temperature_c", Form.S16, 0.1), (0xFF33,), -20.5),
        (Register(0, "voltage_v", scale=0.1), (2257,), 225.7),
        (Register(0, HUGE, Form.U32, 0.001), (0x0001, 0x86A0), 100.0),
        (Register(0, HUGE, Form.U32, 0.001, word_order=WordOrder.LITTLE), (0x86A0, 0x0001), 100.0),
        (Register(0, "power_w", Form.S32), (0xFFFF, 0xFF9C), -100.0),
        (Register(0, "power_w", Form.S32, word_order=WordOrder.LITTLE), (0xFF9C, 0xFFFF), -100.0),
        (Register(0, "voltage_v", Form.F32), (0x4366, 0x3333), 230.2),
        (Register(0, "voltage_v", Form.F32, word_order=WordOrder.LITTLE), (0x3333, 0x4366), 230.2),
        (Register(0, "temperature_c", Form.U16, 0.1, -40.0), (650,), 25.0),
        (Register(0, "temperature_c", Form.U16, 0.01), (2517,), 25.17),
        (Register(0, "power_w", Form.S16, -1.0), (5,), -5.0),
        (Register(0, "power_w", scale=1.5), (3,), 4.5),
        (Register(0, "contact_open"), (1,), 1.0),
    ],
)
def test_values(register: Register, raw: tuple[int, ...], expected: float) -> None:
    assert value(register, words_of(*raw)) == expected


@pytest.mark.parametrize(
    ("register", "raw", "reason"),
    [
        (Register(0, "voltage_v", Form.F32), (0x7FC0, 0), "register 0 (voltage_v): not a number"),
        (Register(0, "voltage_v", Form.F32), (0x7F80, 0), "register 0 (voltage_v): not a number"),
        (
            Register(0, "voltage_v", Form.F32),
            (0x08D1, 0x006C),
            "register 0 (voltage_v): 1.25788e-33 is no measurement: wrong word order?",
        ),
        (Register(0, "humidity_pct", scale=0.1), (2000,), "register 0 (humidity_pct): 200 is outside 0…100"),
        (
            Register(0, "temperature_c", Form.S16, 0.1),
            (0x7FFF,),
            "register 0 (temperature_c): 3276.7 is outside -40…85",
        ),
        (Register(0, "contact_open"), (2,), "register 0 (contact_open): 2 is outside 0/1"),
    ],
)
def test_what_cannot_be_is_told_and_not_used(register: Register, raw: tuple[int, ...], reason: str) -> None:
    found = value(register, words_of(*raw))
    assert isinstance(found, Unusable)
    assert found.reason.en == reason


def test_a_marker_for_no_sensor_is_no_figure_and_no_error() -> None:
    register = Register(0, "co2_ppm", none=(0xFFFF, 0x7FFF))
    assert isinstance(value(register, words_of(0x7FFF)), Noted)
    assert isinstance(value(register, words_of(0xFFFF)), Noted)
    assert value(register, words_of(400)) == 400.0


def test_one_bad_value_does_not_take_the_others_with_it() -> None:
    table = (Register(0, "temperature_c", Form.S16, 0.1), Register(1, "humidity_pct", scale=0.1, channel="x"))
    assert readings(table, words_of(215, 500)) == (
        Measured({"temperature_c": 21.5}),
        Measured({"humidity_pct": 50.0}, "x"),
    )
    found = readings(table, words_of(215, 5000))
    assert found[0] == Measured({"temperature_c": 21.5})
    assert isinstance(found[1], Unusable)
    assert readings(table, {1: 500}) == (Measured({"humidity_pct": 50.0}, "x"),)


def test_half_of_a_value_is_none() -> None:
    assert readings((Register(0, "voltage_v", Form.F32),), {0: 0x4366}) == ()


@given(st.one_of(st.just(0.0), st.floats(0.0625, 1000, width=32)))
def test_floats_come_back_as_the_same_bits(number: float) -> None:
    high, low = struct.unpack(">HH", struct.pack(">f", number))
    found = value(Register(0, "voltage_v", Form.F32), words_of(high, low))
    assert isinstance(found, float)
    assert struct.pack(">f", found) == struct.pack(">f", number)


@given(st.binary(min_size=4, max_size=4), st.sampled_from(Form), st.sampled_from(WordOrder))
def test_any_bits_give_a_finite_figure_or_a_reason(bits: bytes, form: Form, order: WordOrder) -> None:
    high, low = struct.unpack(">HH", bits)
    found = value(Register(0, "power_w", form, 0.1, word_order=order), words_of(high, low))
    assert isinstance(found, Unusable) or (isinstance(found, float) and math.isfinite(found))


def test_reads_are_as_few_as_gaps_and_limits_allow() -> None:
    near = [Register(0, "co2_ppm"), Register(1, "temperature_c"), Register(9, "humidity_pct")]
    assert reads_for(near) == (Read(0, 10),)
    assert reads_for(near, max_gap=2) == (Read(0, 2), Read(9, 1))
    assert reads_for([*near, Register(3, "voltage_v", function=3)]) == (Read(3, 1, 3), Read(0, 10))
    floats = [Register(2 * i, "power_w", Form.F32, channel=str(i)) for i in range(4)]
    assert reads_for(floats, max_count=5) == (Read(0, 4), Read(4, 4))


@given(
    st.lists(
        st.builds(Register, st.integers(0, 300), st.just("power_w"), st.sampled_from(Form)), min_size=1, max_size=20
    ),
    st.integers(2, 125),
    st.integers(0, 20),
)
def test_every_register_is_read_whole_within_the_limit(registers: list[Register], most: int, gap: int) -> None:
    reads = reads_for(registers, most, gap)
    assert all(1 <= read.count <= most for read in reads)
    for register in registers:
        assert any(read.start <= register.address and register.end <= read.start + read.count for read in reads)

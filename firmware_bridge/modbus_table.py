"""A Modbus device nobody wrote a file for: its registers stand in a TOML table (docs/modbus-tables.md)."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from firmware_bridge.device import Device
from firmware_bridge.modbus import HOLDING, INPUT
from firmware_bridge.modbus_device import THINKING_S, Speech, modbus_device
from firmware_bridge.registers import MAX_COUNT, MAX_GAP, Form, Register, WordOrder, reads_for
from wire.quantities import QUANTITIES, Kind
from wire.settings import SettingsError, parse_settings
from wire.text import Text

Raw = Annotated[int, Meta(ge=0, le=0xFFFF_FFFF)]
FUNCTIONS = {"holding": HOLDING, "input": INPUT}


class TableRegister(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One value; `none` are raw figures that mean "no sensor"."""

    address: Annotated[int, Meta(ge=0, le=0xFFFF)]
    quantity: str
    function: Literal["holding", "input"] = "input"
    type: Form = Form.U16
    word_order: WordOrder = WordOrder.BIG
    scale: float = 1.0
    offset: float = 0.0
    channel: Annotated[str, Meta(pattern=r"^[a-z0-9-]{0,16}$")] = ""
    none: Raw | list[Raw] = []


class ModbusTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The device's name for people and its line as it leaves the factory; a bus has its own speed and parity."""

    name: Annotated[str, Meta(pattern=r"^[a-z0-9-]{1,32}$")]
    title: Annotated[str, Meta(min_length=1, max_length=80)]
    registers: Annotated[list[TableRegister], Meta(min_length=1, max_length=256)]
    address: Annotated[int, Meta(ge=1, le=247)] = 1
    baud: Annotated[int, Meta(ge=300, le=1_000_000)] = 9600
    parity: Literal["N", "E", "O"] = "N"
    stop_bits: Literal[1, 2] = 1
    interval_s: Annotated[float, Meta(gt=0)] = 10.0
    answer_s: Annotated[float, Meta(gt=0, le=10)] = THINKING_S
    turnaround_s: Annotated[float, Meta(ge=0, le=10)] = 0.0
    max_count: Annotated[int, Meta(ge=2, le=MAX_COUNT)] = MAX_COUNT
    max_gap: Annotated[int, Meta(ge=0, le=MAX_COUNT)] = MAX_GAP


def table_device(toml: str, source: str) -> Device:
    """The device a table declares. Raises SettingsError, which names `source` and the key."""
    table = parse_settings(toml, ModbusTable, source)
    _check(table, source)
    registers = tuple(_register(row) for row in table.registers)
    return modbus_device(
        Speech(registers, polls=reads_for(registers, table.max_count, table.max_gap)),
        table.address,
        name=table.name,
        title=Text(table.title, table.title),
        wiring=Text("theo tài liệu của hãng", "as its maker says"),
        baud=table.baud,
        parity=table.parity,
        stop_bits=table.stop_bits,
        interval_s=table.interval_s,
        thinking_s=table.answer_s,
        turnaround_s=table.turnaround_s,
    )


def _register(row: TableRegister) -> Register:
    return Register(
        row.address,
        row.quantity,
        row.type,
        row.scale,
        row.offset,
        row.word_order,
        row.channel,
        (row.none,) if isinstance(row.none, int) else tuple(row.none),
        FUNCTIONS[row.function],
    )


def _check(table: ModbusTable, source: str) -> None:
    """Raises SettingsError for what the structure alone cannot say."""
    taken: dict[tuple[str, str], int] = {}
    for index, row in enumerate(table.registers):
        key = f"registers[{index}]"
        quantity = QUANTITIES.get(row.quantity)
        if quantity is None or quantity.kind is Kind.TEXT:
            known = ", ".join(one.key for one in QUANTITIES.values() if one.kind is not Kind.TEXT)
            wrong = Text(f"không có đại lượng {row.quantity!r}; có: {known}", f"no such quantity; there are: {known}")
            raise SettingsError(source, f"{key}.quantity", wrong)
        first = taken.setdefault((row.quantity, row.channel), index)
        if first != index:
            wrong = Text(f"trùng với registers[{first}]: đặt channel khác", f"as registers[{first}]: give it a channel")
            raise SettingsError(source, f"{key}.quantity", wrong)
        if not row.scale:
            raise SettingsError(source, f"{key}.scale", Text("không được là 0", "must not be 0"))
        if row.address + row.type.width > 0x10000:  # noqa: PLR2004 the last register and one
            raise SettingsError(source, f"{key}.address", Text("vượt thanh ghi cuối", "goes past the last register"))

"""What Peacefair's AC meters (PZEM-004T v3, PZEM-014, PZEM-016) have in common: registers, alarm, reset.

Source: Peacefair PZEM-004T V3.0 and PZEM-014/016 user manuals (registers, addresses, 0x42), which agree with
        github.com/mandulaj/PZEM-004T-v30 and the ESPHome and Tasmota drivers; facts.md section 4.
Frame:  function 04, registers 0 to 9: U/10 V, I/1000 A and P/10 W and E Wh as two registers LOW WORD FIRST, f/10 Hz,
        power factor/100, alarm (FFFF: power above the threshold, 0000: not). Reset: unit 42 CRC, answered by the same.
Units:  voltage_v current_a power_w energy_kwh frequency_hz power_factor; error_code "power_alarm" while it lasts.
Errors: BadFrame(CRC, cut short, noise); Unusable(other address, size, out of range); Answer(refused) with the reason.
"""

from firmware_bridge.device import Command, Meaning, Measured
from firmware_bridge.framing.modbus_rtu import with_crc
from firmware_bridge.modbus import INPUT, Read, Words
from firmware_bridge.modbus_device import Speech
from firmware_bridge.registers import Form, Register, WordOrder, readings
from wire.orders import OrderKind
from wire.text import Text

SHARED = 0xF8
"""The address every one of them answers to; only where it hangs on the line alone."""
RESET = 0x42
_ALARM, _ALARMED = 9, 0xFFFF
_ALL = Read(0, 10)
_LITTLE = WordOrder.LITTLE

REGISTERS = (
    Register(0, "voltage_v", scale=0.1),
    Register(1, "current_a", Form.U32, 0.001, word_order=_LITTLE),
    Register(3, "power_w", Form.U32, 0.1, word_order=_LITTLE),
    Register(5, "energy_kwh", Form.U32, 0.001, word_order=_LITTLE),
    Register(7, "frequency_hz", scale=0.1),
    Register(8, "power_factor", scale=0.01),
)


def interpret(function: int, words: Words) -> tuple[Meaning, ...]:
    if function != INPUT:
        return ()
    found = readings(REGISTERS, words)
    if words.get(_ALARM) != _ALARMED or not found or not isinstance(found[0], Measured):
        return found
    # The figures beside an alarm are as good as ever: the alarm says only that power is above the threshold.
    return (Measured({**found[0].values, "error_code": "power_alarm"}), *found[1:])


def commands(unit: int) -> tuple[Command, ...]:
    return (
        Command(
            OrderKind.RESET_ENERGY,
            with_crc(bytes((unit, RESET))),
            Text("đặt điện năng về 0", "set energy to zero"),
            caution=Text("số đếm cũ mất hẳn", "the old count is lost for good"),
        ),
    )


SPEECH = Speech(
    REGISTERS,
    polls=(_ALL,),
    also_read=(Read(0, 9),),
    interpret=interpret,
    commands=commands,
    shared=frozenset({SHARED}),
    own=frozenset({RESET}),
    end=_ALARM + 1,
)

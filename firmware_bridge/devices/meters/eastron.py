"""What Eastron's SDM meters have in common: input registers of two words, IEEE 754 with the high word first.

Source: Eastron SDM120-Modbus, SDM220-Modbus and SDM630-Modbus V2 protocol manuals (register tables; at most 40
        parameters, 80 registers, a request), agreeing with mbmd, Tasmota and plebann/eastron_SDM_HA_integration.
Frame:  function 04, two registers a value, big-endian words.
Units:  those of the quantities, no scale; import is energy_kwh, export energy_returned_kwh.
Errors: BadFrame(CRC, cut short, noise); Unusable(other address, size, not a number, out of range); Answer(refused).
"""

from firmware_bridge.modbus_device import Speech
from firmware_bridge.registers import Form, Register, reads_for
from wire.text import Text

MAX_COUNT = 80
_GAP = 4
"""Short gaps only, so that two requests stay of different size: an answer then says which of them it answers."""
SINGLE_PHASE = (
    (0x00, "voltage_v", ""),
    (0x06, "current_a", ""),
    (0x0C, "power_w", ""),
    (0x12, "apparent_power_va", ""),
    (0x18, "reactive_power_var", ""),
    (0x1E, "power_factor", ""),
    (0x46, "frequency_hz", ""),
    (0x48, "energy_kwh", ""),
    (0x4A, "energy_returned_kwh", ""),
)
THREE_PHASE = (
    *((0x00 + 2 * phase, "voltage_v", f"l{phase + 1}") for phase in range(3)),
    *((0x06 + 2 * phase, "current_a", f"l{phase + 1}") for phase in range(3)),
    *((0x0C + 2 * phase, "power_w", f"l{phase + 1}") for phase in range(3)),
    *((0x12 + 2 * phase, "apparent_power_va", f"l{phase + 1}") for phase in range(3)),
    *((0x18 + 2 * phase, "reactive_power_var", f"l{phase + 1}") for phase in range(3)),
    *((0x1E + 2 * phase, "power_factor", f"l{phase + 1}") for phase in range(3)),
    (0x30, "current_a", ""),
    (0x34, "power_w", ""),
    (0x38, "apparent_power_va", ""),
    (0x3C, "reactive_power_var", ""),
    (0x3E, "power_factor", ""),
    (0x46, "frequency_hz", ""),
    (0x48, "energy_kwh", ""),
    (0x4A, "energy_returned_kwh", ""),
)


def speech(table: tuple[tuple[int, str, str], ...]) -> Speech:
    registers = tuple(Register(address, quantity, Form.F32, channel=channel) for address, quantity, channel in table)
    return Speech(registers, polls=reads_for(registers, MAX_COUNT, _GAP))


def wiring(baud: int) -> Text:
    return Text(
        f"RS-485: A với A, B với B; xuất xưởng địa chỉ 1, {baud} 8N1 (đổi bằng nút trên công tơ); phía điện lưới do "
        "thợ điện đấu; dây dài cần điện trở 120 Ω ở hai đầu",
        f"RS-485: A to A, B to B; from the factory address 1, {baud} 8N1 (set by the meter's buttons); the mains side "
        "is an electrician's work; a long line needs 120 Ω at both ends",
    )

"""`classhub decode serial` on captures of a shared line: whose answers, whose refusals, a table instead of a name."""

import json
import subprocess
import sys
from pathlib import Path

from firmware_bridge.modbus import Read
from firmware_bridge.simulated.modbus import sealed

TABLE = Path(__file__).resolve().parents[2] / "deploy" / "modbus" / "co2-transmitter.toml"
ASK = Read(1, 2).request
MIXED = ASK(1) + sealed(bytes.fromhex("01040400FA01F4")) + ASK(2) + sealed(bytes.fromhex("02040400C801C2"))


def decode(data: bytes, *arguments: str) -> tuple[int, list[tuple[str, float]], str]:
    done = subprocess.run(
        [sys.executable, "-m", "classhub", "decode", "serial", *arguments], input=data, capture_output=True, check=False
    )
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    return done.returncode, [(row["quantity"], row["value"]) for row in rows], done.stderr.decode()


def test_a_sound_capture_of_one_device() -> None:
    assert decode(MIXED[:17], "xymd02")[:2] == (0, [("temperature_c", 25), ("humidity_pct", 50)])


def test_of_two_devices_the_first_or_the_one_that_was_meant() -> None:
    code, rows, told = decode(MIXED, "xymd02")
    assert (code, rows) == (1, [("temperature_c", 25), ("humidity_pct", 50)])
    assert "from address 2, expected 1" in told
    code, rows, told = decode(MIXED, "xymd02", "--address", "2")
    assert (code, rows) == (1, [("temperature_c", 20), ("humidity_pct", 45)])
    assert "from address 1, expected 2" in told


def test_a_refusal_is_a_problem_with_its_reason() -> None:
    code, rows, told = decode(ASK(1) + sealed(bytes((1, 0x84, 2))), "xymd02")
    assert (code, rows) == (1, [])
    assert "illegal data address (code 2)" in told


def test_a_table_instead_of_a_name() -> None:
    frame = Read(0, 3, 3).request(9) + sealed(bytes.fromhex("090306035200D201F4"))
    assert decode(frame, "modbus", "--table", str(TABLE))[:2] == (
        0,
        [("co2_ppm", 850), ("temperature_c", 21), ("humidity_pct", 50)],
    )


def test_wrong_usage(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.toml"
    wrong.write_text('name = "x"\n')
    assert decode(b"", "modbus")[0] == 2
    assert decode(b"", "modbus", "--table", str(tmp_path / "none.toml"))[0] == 2
    code, _, told = decode(b"", "modbus", "--table", str(wrong))
    assert code == 2
    assert f"{wrong}: title" in told
    assert decode(b"", "xymd02", "--address", "300")[0] == 2

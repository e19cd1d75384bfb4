"""Odd ways of calling `classhub decode`: how people paste bytes, pipe messages, misspell devices, read by program."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classhub.commands.decode_hex import read_hex
from tests.commands.test_decode import decode, row

ANSWER = bytes.fromhex("ff860220 00000000 58")  # MH-Z19, 544 ppm
READING = row("mhz19", "co2_ppm", 544, "ppm")


@pytest.mark.parametrize(
    "text",
    [
        "ff8602200000000058",
        "FF 86 02 20 00 00 00 00 58",
        "ff:86:02:20:00:00:00:00:58",
        "FF-86-02-20-00-00-00-00-58",
        "0xff,0x86,0x2,0x20,0x0,0x0,0x0,0x0,0x58",
        "{0xFF, 0x86, 0x02, 0x20,\n 0x00, 0x00, 0x00, 0x00, 0x58};  // the answer",
        r"\xff\x86\x02\x20\x00\x00\x00\x00\x58",
        "FFh 86h 02h 20h 00h 00h 00h 00h 58h",
        "ff86 0220\r\n0000 0000\r\n58\r\n",
        "00000000: ff86 0220 0000 0000 58                   ... ....X\n",
        "00000000  ff 86 02 20 00 00 00 00  58                       |... ....X|\n00000009\n",
        "00000000: ff86 0220  abc\n00000004: 0000 0000 58  def\n",
        "\ufeffff8602200000000058",
        "# CO2\nff8602200000000058 # 544 ppm",
        "00000000  ff 86 02 20 00 00 00 00  58                       |..# //..X|\n00000009\n",
        "0000   ff 86 02 20 00 00 00 00 58                       ... ....X\n",
        "0000  ff 86 02 20\n0004  00 00 00 00 58\n",
        "[12:00:01.250] RX: FF 86 02 20\n[12:00:01.260] RX: 00 00 00 00 58\n",
        "2026-09-05 07:05:30 FF 86 02 20 00 00 00 00 58\n",
        "2026-09-05T07:05:30.5+07:00, ff8602200000000058",
        "12:00:01.250 -> FF 86 02 20 00 00 00 00 58",
        "<< ff86022000\n<< 00000058",
        r"b'\xff\x86\x02 \x00\x00\x00\x00X'",
        'RX: b"\\xff\\x86\\x02 \\x00\\x00\\x00\\x00X",',
    ],
)
def test_hexadecimal_text_of_all_kinds(text: str) -> None:
    assert read_hex(text.encode()) == ANSWER


@pytest.mark.parametrize(
    "text", ["", " \n", "hello", "ff8", "ff 860", "%1POWR=1\r", "0x", "\xff\x86", "801s!001", "RX:", r"b'\xf'"]
)
def test_what_is_no_hexadecimal_text(text: str) -> None:
    assert read_hex(text.encode("latin-1")) is None


def dumps(data: bytes) -> dict[str, str]:
    """The same bytes as several programs show them."""
    rows = [(at, data[at : at + 16]) for at in range(0, len(data), 16)]
    letters = {at: "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row) for at, row in rows}
    return {
        "xxd": "\n".join(f"{at:08x}: {row.hex(' ', 2):<39}  {letters[at]}" for at, row in rows),
        "hexdump -C": "\n".join(f"{at:08x}  {row.hex(' '):<48}  |{letters[at]}|" for at, row in rows),
        "Wireshark": "\n".join(f"{at:04x}   {row.hex(' '):<48}   {letters[at]}" for at, row in rows),
        "a monitor": "\n".join(f"[12:00:00.{at:03d}] RX: {row.hex(' ')}" for at, row in rows),
        "Python": repr(data),
    }


@given(st.binary(min_size=1, max_size=48))
def test_what_programs_show_is_read_back(data: bytes) -> None:
    assert {name: read_hex(text.encode()) for name, text in dumps(data).items()} == dict.fromkeys(dumps(data), data)


@given(st.text(max_size=60))
def test_any_text_spells_bytes_or_nothing(text: str) -> None:
    assert read_hex(text.encode()) != b""


@pytest.mark.parametrize("filling", [" ", "|", "| "])
def test_a_long_line_that_looks_like_a_dump_is_read_at_once(filling: str) -> None:
    """In time that grew with the square of its length, a quarter of a megabyte took minutes."""
    assert read_hex(b"00000000  " + filling.encode() * 131_072 + b"x") is None


def test_a_dialogue_as_a_serial_monitor_writes_it_down() -> None:
    said = b"TX: FE 04 00 03 00 01 D5 C5\nRX: FE 04 02 01 90 AC D8\n"
    code, rows, told = decode("serial", "s8", given=said)
    assert (code, rows) == (0, [row("s8", "co2_ppm", 400, "ppm")])
    assert "a request of the gateway's own" in told
    assert "read as hexadecimal text" in told


def test_pasted_text_is_tried_where_bytes_mean_nothing() -> None:
    code, rows, told = decode("serial", "mhz19", given=b"FF 86 02 20 00 00 00 00 58\n")
    assert (code, rows) == (0, [READING])
    assert "read as hexadecimal text" in told


@pytest.mark.parametrize(
    ("device", "text", "reason"),
    [
        ("mhz19", "FF 86 02 20 00 00 00 00 59\n", "offset 0: 9 bytes: checksum 0x59, calculated 0x58"),
        ("mhz19", "ff8602200000000059", "offset 0: 9 bytes: checksum 0x59, calculated 0x58"),
        ("mhz19", "12 FF:86:02:20", "offset 1: 4 bytes: frame cut short: ff 86 02 20"),
        ("mhz19", "86 02 20", "offset 0: 3 bytes: no start of a frame: noise: 86 02 20"),
        ("s8", "FE 04 02 01 90 AC D9", "offset 0: "),
    ],
)
def test_what_is_wrong_with_pasted_text_is_told_of_the_bytes_it_spells(device: str, text: str, reason: str) -> None:
    code, rows, told = decode("serial", device, given=text.encode())
    assert (code, rows) == (1, [])
    assert reason in told
    assert "read as hexadecimal text" in told
    assert "46 46" not in told


@pytest.mark.parametrize("device", ["lg", "pjlink", "wiegand26", "rdm6300", "scd30"])
def test_bad_text_of_a_device_that_speaks_in_text_stays_text(device: str) -> None:
    _, _, told = decode("serial", device, given=b"46 46 20 38\r\n")
    assert "read as hexadecimal text" not in told


def test_text_that_means_something_stays_text() -> None:
    """A card's 26 bits and a printed code are hexadecimal letters too."""
    code, rows, told = decode("serial", "wiegand26", given=b"11001001110111100000101010\r\n")
    assert (code, [one["quantity"] for one in rows]) == (0, ["identity"])
    assert "hexadecimal" not in told
    code, rows, _ = decode("serial", "qr", "--hex", given=b"41 42 0d")
    assert (code, [one["value"] for one in rows]) == (0, ["AB"])


def test_promised_hexadecimal_text_that_is_none() -> None:
    code, rows, told = decode("serial", "mhz19", "--hex", given=b"good morning")
    assert (code, rows) == (1, [])
    assert "no hexadecimal text" in told


def test_several_frames_one_cut_in_two_and_noise_between(tmp_path: Path) -> None:
    path = tmp_path / "pasted.txt"
    path.write_text(f"{ANSWER.hex()}\n1234\n{ANSWER[:4].hex()}\n{ANSWER[4:].hex()}\n")
    code, rows, told = decode("serial", "mhz19", "--file", str(path))
    assert (code, rows) == (1, [READING, READING])
    assert "offset 9: 2 bytes" in told


@pytest.mark.parametrize(("word", "near"), [("pms503", "pms5003"), ("samsung-mcd", "samsung-mdc")])
def test_a_misspelt_device(word: str, near: str) -> None:
    code, rows, told = decode("serial", word, given=b"")
    assert (code, rows) == (2, [])
    assert f"no device {word!r}; did you mean {near}" in told


def test_everything_for_a_program() -> None:
    code, rows, told = decode("serial", "mhz19", "--json", given=b"\x12" + ANSWER)
    assert (code, rows) == (1, [READING])
    (problem,) = [json.loads(line) for line in told.splitlines()]
    assert (problem["kind"], problem["offset"]) == ("problem", 0)
    assert problem["en"].startswith("1 bytes: ")
    code, rows, told = decode("mqtt", "--json", "--topic", "zigbee2mqtt/a", given=b'{"co2": 812, "x": 1}')
    assert (code, rows) == (0, [row("a", "co2_ppm", 812, "ppm")])
    said = {"vi": "khóa lạ, không có đại lượng: x", "en": "unknown key, no quantity: x"}
    assert [json.loads(line) for line in told.splitlines()] == [{"kind": "note", "topic": "zigbee2mqtt/a"} | said]


def test_lines_of_a_listening_program() -> None:
    """`mosquitto_sub -v`, and objects with their topic, from standard input."""
    lines = b'zigbee2mqtt/living room/air {"co2": 812}\nshellies/plug/relay/0/power 12.5\n\n'
    lines += b'{"topic": "zigbee2mqtt/b", "payload": {"temperature": 21.5}}\n'
    code, rows, _ = decode("mqtt", given=lines)
    assert (code, rows) == (
        0,
        [
            row("living room/air", "co2_ppm", 812, "ppm"),
            row("plug", "power_w", 12.5, "W"),
            row("b", "temperature_c", 21.5, "°C"),
        ],
    )


def test_a_topic_somebody_knows_and_figures_nobody_does() -> None:
    """`…/status` is ESPHome's; a board of somebody's own says its figures there, one level deep."""
    sent = b'{"uptime_ms": 123456, "sensors": {"scd41": {"co2_ppm": 620, "temperature_c": 25.1}}}'
    code, rows, told = decode("mqtt", "--topic", "school/room1/status", given=sent)
    assert (code, rows) == (0, [])
    assert 'path = "sensors.scd41.co2_ppm"' in told


def test_a_payload_saved_by_an_editor_that_marks_texts(tmp_path: Path) -> None:
    path = tmp_path / "payload.json"
    path.write_bytes(b'\xef\xbb\xbf{"co2": 812}\r\n')
    assert decode("mqtt", "--topic", "zigbee2mqtt/a", "--file", str(path))[:2] == (0, [row("a", "co2_ppm", 812, "ppm")])


def test_a_line_of_nothing_but_levels_is_answered_at_once() -> None:
    """Of a fifth of this length it once took minutes: every level was tried as the topic's first."""
    code, rows, told = decode("mqtt", given=b"a/" * 500_000 + b"b\n")
    assert (code, rows) == (2, [])
    assert "--topic" in told

"""`classhub decode` as a person runs it: a process, its output and its exit code."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

CAPTURES = Path(__file__).parent.parent / "captures"


def decode(*words: str, given: bytes = b"") -> tuple[int, list[dict[str, Any]], str]:
    done = subprocess.run(
        [sys.executable, "-m", "classhub", "decode", *words], input=given, capture_output=True, check=False
    )
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    return done.returncode, rows, done.stderr.decode()


def row(device: str, quantity: str, value: float | str, unit: str, time: str | None = None) -> dict[str, Any]:
    return {"device": device, "quantity": quantity, "value": value, "unit": unit, "time": time}


def test_a_message_from_standard_input() -> None:
    sent = {"temperature": 25.84, "battery": 100, "contact": False, "last_seen": "2022-05-16T20:46:44+08:00", "x": 1}
    code, rows, told = decode("mqtt", "--topic", "zigbee2mqtt/living room/door", given=json.dumps(sent).encode())
    at = "2022-05-16T12:46:44Z"
    assert code == 0
    assert rows == [
        row("living room/door", "temperature_c", 25.84, "°C", at),
        row("living room/door", "battery_pct", 100, "%", at),
        row("living room/door", "contact_open", 1, "", at),
    ]
    assert 'living room/door: event contact {"open":true,"first":true}' in told
    assert "unknown key, no quantity: x" in told


def test_a_message_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "payload.json"
    path.write_text('{"co2": 812, "last_seen": 1652705204123}')
    code, rows, _ = decode("mqtt", "--topic", "z/a", "--file", str(path), "--base-topic", "z")
    assert (code, rows) == (0, [row("a", "co2_ppm", 812, "ppm", "2022-05-16T12:46:44.123Z")])


def test_a_topic_makes_any_file_one_payload(tmp_path: Path) -> None:
    path = tmp_path / "payload.jsonl"
    path.write_text('{"co2": 812}')
    code, rows, _ = decode("mqtt", "--topic", "zigbee2mqtt/a", "--file", str(path))
    assert (code, rows) == (0, [row("a", "co2_ppm", 812, "ppm")])


def test_a_file_of_messages_remembers_what_it_learnt(tmp_path: Path) -> None:
    devices = [{"ieee_address": "0x1", "friendly_name": "a", "definition": {"exposes": [{"property": "t"}]}}]
    devices[0]["definition"] = {"exposes": [{"name": "temperature", "property": "temperature", "unit": "°F"}]}
    lines: list[dict[str, Any]] = [
        {"topic": "zigbee2mqtt/bridge/devices", "payload": devices},
        {"topic": "zigbee2mqtt/a", "payload": '{"temperature": 77}', "retained": True},
        {"topic": "zigbee2mqtt/a/availability", "payload": "online"},
    ]
    path = tmp_path / "messages.jsonl"
    path.write_text("\n".join(json.dumps(line) for line in lines) + "\n\n")
    code, rows, told = decode("mqtt", "--file", str(path))
    assert (code, rows) == (0, [row("a", "temperature_c", 25, "°C")])
    assert "a: available" in told


def test_every_dialect_in_one_file_in_order(tmp_path: Path) -> None:
    plug = {"src": "shellyplus1pm-a", "method": "NotifyStatus", "params": {"ts": 1.61, "switch:0": {"apower": 25.5}}}
    lines: list[dict[str, Any]] = [
        {
            "topic": "tele/hall/SENSOR",
            "payload": {"Time": "2026-09-05T07:05:30", "X": {"Temperature": 68}, "TempUnit": "F"},
        },
        {"topic": "tele/hall/SENSOR", "payload": {"X": {"Temperature": 86}}},  # in the units of the one before
        {"topic": "shellies/shelly1-a/relay/0/energy", "payload": "120000"},
        {"topic": "shellyplus1pm-a/events/rpc", "payload": plug},
        {"topic": "cmnd/hall/POWER", "payload": "ON"},
        {"topic": "edu/v1/s1/g1/tele", "payload": {"co2": 1}},
    ]
    path = tmp_path / "messages.jsonl"
    path.write_text("\n".join(json.dumps(line) for line in lines))
    code, rows, told = decode("mqtt", "--file", str(path))
    assert (code, rows, told) == (
        0,
        [
            row("hall", "temperature_c", 20, "°C", "2026-09-05T00:05:30Z"),
            row("hall", "temperature_c", 30, "°C"),
            row("shelly1-a", "energy_kwh", 2, "kWh"),
            row("shellyplus1pm-a", "power_w", 25.5, "W"),
        ],
        "",
    )


def test_local_times_of_another_zone() -> None:
    sent = b'{"Time":"2026-09-05T07:05:30","BH1750":{"Illuminance":79}}'
    code, rows, _ = decode("mqtt", "--topic", "tele/a/SENSOR", "--offset-min", "60", given=sent)
    assert (code, rows) == (0, [row("a", "illuminance_lx", 79, "lx", "2026-09-05T06:05:30Z")])


def test_a_topic_nobody_reads_comes_with_a_mapping() -> None:
    code, rows, told = decode("mqtt", "--topic", "rooms/hall/air", given=b'{"co2_ppm": 812, "note": "xyz"}')
    assert (code, rows) == (1, [])
    assert "rooms/hall/air: no dialect reads this topic" in told
    mapping = tomllib.loads(told[told.index("[[mapping]]") :])["mapping"]
    assert [(one["topic"], one["quantity"], one["path"]) for one in mapping] == [
        ("rooms/hall/air", "co2_ppm", "co2_ppm")
    ]
    assert "xyz" not in told
    code, rows, told = decode("mqtt", "--topic", "rooms/hall/air", given=b"good morning")
    assert (code, rows) == (1, [])
    assert "no mapping can be proposed" in told


def test_a_card_shown_at_a_reader_is_an_identity() -> None:
    sent = b'{"Time":"2023-02-24T20:05:48","PN532":{"UID":"53BB1F05110001","Data":"secret","Auth":"Ok"}}'
    code, rows, told = decode("mqtt", "--topic", "tele/door/SENSOR", given=sent)
    identity = row("door", "identity", "53BB1F05110001", "") | {"scheme": "card"}
    assert (code, rows, told) == (0, [identity], "")


def test_a_message_without_a_measurement_is_said_to_be_one() -> None:
    """A single value of Homie waits for its description: silence would look like a fault."""
    code, rows, told = decode("mqtt", "--topic", "homie/hall/sensor/temperature", given=b"21.5")
    assert (code, rows) == (0, [])
    assert "homie/hall/sensor/temperature: understood, no measurement in it" in told


def test_a_broken_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "messages.jsonl"
    path.write_text('{"topic":"zigbee2mqtt/a","payload":{"co2":812}}\nnonsense\n')
    code, rows, told = decode("mqtt", "--file", str(path))
    assert (code, rows) == (1, [row("a", "co2_ppm", 812, "ppm")])
    assert "messages.jsonl:2: not {" in told


@pytest.mark.parametrize(
    ("topic", "payload", "reason"),
    [
        ("zigbee2mqtt/a", b"{", "not JSON"),
        ("zigbee2mqtt/a", b'{"temperature":"warm"}', "not a number"),
        ("toaster/bread", b"{}", "no dialect reads this topic (known: zigbee2mqtt, tasmota"),
        ("zigbee2mqtt/a", b'{"humidity":140}', "humidity: humidity_pct 140.0 is outside 0 to 100"),
    ],
)
def test_input_with_problems(topic: str, payload: bytes, reason: str) -> None:
    code, _, told = decode("mqtt", "--topic", topic, given=payload)
    assert code == 1
    assert topic.rsplit("/", maxsplit=1)[-1] in told
    assert reason in told


@pytest.mark.parametrize("words", [(), ("mqtt",), ("serial",), ("serial", "toaster"), ("radio",)])
def test_wrong_usage(words: tuple[str, ...]) -> None:
    code, rows, told = decode(*words)
    assert (code, rows) == (2, [])
    assert told


def test_a_missing_file_is_named() -> None:
    code, _, told = decode("serial", "mhz19", "--file", "/nowhere/capture.bin")
    assert code == 1
    assert "/nowhere/capture.bin: cannot be read" in told


def test_a_serial_capture() -> None:
    code, rows, told = decode("serial", "mhz19", "--file", str(CAPTURES / "mhz19/two_in_one/input.bin"))
    assert (code, rows, told) == (0, [row("mhz19", "co2_ppm", 544, "ppm"), row("mhz19", "co2_ppm", 500, "ppm")], "")


def test_a_serial_capture_with_a_bad_frame() -> None:
    capture = (CAPTURES / "pms5003/truncated_then_whole/input.bin").read_bytes()
    code, rows, told = decode("serial", "PMS7003", given=capture)
    assert code == 1
    assert [one["value"] for one in rows] == [5, 12, 15]
    assert "offset 0: 32 bytes: checksum" in told


@pytest.mark.parametrize("capture", ["mhz19/warming_up", "pms5003/warming_up"])
def test_a_capture_without_a_reading(capture: str) -> None:
    code, rows, told = decode(
        "serial", capture.split("/", maxsplit=1)[0], "--file", str(CAPTURES / capture / "input.bin")
    )
    assert (code, rows) == (1, [])
    assert "offset 0: empty message: sensor warming up" in told
    assert "no reading in it" in told


def test_texts_are_values_too() -> None:
    code, rows, _ = decode("serial", "pms5003", "--file", str(CAPTURES / "pms5003/error_byte/input.bin"))
    assert (code, rows) == (0, [row("pms5003", "error_code", "0x02", "")])


def test_a_long_run_of_noise_is_shown_in_short() -> None:
    code, _, told = decode("serial", "mhz19", given=bytes(1000))
    assert code == 1
    assert "no start of a frame" in told


def test_a_figure_beyond_the_range_is_no_figure_and_told() -> None:
    code, rows, told = decode("serial", "mhz19", given=bytes.fromhex("ff86ffff000000007c"))
    assert (code, rows) == (1, [])
    assert "65535 ppm of CO₂ is beyond the range 10000" in told


def test_real_vectors_through_the_command(shared_data: Path) -> None:
    path = shared_data / "serial_vectors" / "particulate_co2_uart_pypms.json"
    for vector in json.loads(path.read_text())["good_frames"]:
        if vector["sensor"] not in {"MHZ19B", "PMSx003"}:
            continue
        code, rows, told = decode("serial", vector["sensor"], given=bytes.fromhex(vector["hex"]))
        expected = vector["raw"] if vector["sensor"] == "MHZ19B" else vector["raw"][3:6]
        assert (code, [one["value"] for one in rows], told) == (0, expected, "")


def test_an_empty_message_on_a_known_topic_is_nothing_and_told() -> None:
    for topic in ("tele/x/SENSOR", "zigbee2mqtt/x", "shellies/x/relay/0"):
        code, rows, told = decode("mqtt", "--topic", topic)
        assert (code, rows, bool(told)) == (1, [], True), topic

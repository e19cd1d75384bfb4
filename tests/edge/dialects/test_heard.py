"""What is heard and not understood: counted, generalised, bounded, and nothing of a payload's texts is kept."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.dialects.heard import HeardLog
from edge.dialects.key_names import read_name, unit_by_value
from edge.dialects.mapping import MappingDialect
from wire.mapping import Mapping
from wire.messages import MAX_HEARD, Heard


def heard(*messages: tuple[str, Any], times: int = 1) -> dict[tuple[str, str], Heard]:
    log = HeardLog()
    for _ in range(times):
        for topic, body in messages:
            log.note("local", topic, body if isinstance(body, bytes) else json.dumps(body).encode())
    return {(one.topic, one.path): one for one in log.heard()}


def test_figures_are_counted_by_topic_and_path() -> None:
    found = heard(("esp/a/env", {"tempC": 21.5, "in": {"hum": "41,5"}, "note": "Nguyễn Văn An"}), times=3)
    assert {key: (one.count, one.example) for key, one in found.items()} == {
        ("esp/a/env", "tempC"): (3, "21.5"),
        ("esp/a/env", "in.hum"): (3, "41.5"),
    }


def test_topics_that_differ_in_one_level_are_one_filter() -> None:
    found = heard(("esp/a/env", {"tempC": 21.5}), ("esp/b/env", {"tempC": 22.0}), ("esp/c/env", {"tempC": 23.0}))
    assert {key: one.count for key, one in found.items()} == {("esp/+/env", "tempC"): 3}
    assert found["esp/+/env", "tempC"].proposal == Mapping("esp/+/env", "temperature_c", "tempC", "{1}")


def test_ids_in_topics_are_seen_at_once() -> None:
    found = heard(("n/AA:BB:CC:00:11:22/t", 1), ("n/0x00158d0001fa4f2f/t", 1), ("x/1234", 1), ("y/3f2504e0", 1))
    assert set(found) == {("n/+/t", ""), ("x/+", ""), ("y/+", "")}


def test_words_of_what_is_measured_are_not_made_wildcards() -> None:
    found = heard(("a/x/temperature", 21.5), ("a/x/humidity", 55.0))
    assert set(found) == {("a/x/temperature", ""), ("a/x/humidity", "")}
    assert found["a/x/temperature", ""].proposal == Mapping("a/x/temperature", "temperature_c", "", "a-x")


def test_what_is_proposed_reads_what_was_heard() -> None:
    messages = [("esp/a/env", {"temp_f": 70.7, "batt_mv": 3042}), ("esp/b/env", {"temp_f": 71.6, "batt_mv": 2900})]
    rows = [one.proposal for one in heard(*messages).values() if one.proposal is not None]
    (found,) = MappingDialect(rows).decode("esp/a/env", json.dumps(messages[0][1]).encode())
    assert (found.device, found.values) == ("a", {"temperature_c": 21.5, "battery_v": 3.042})


def test_devices_that_share_a_message_are_told_apart() -> None:
    body = {"0x2916": {"Temperature": 25.5}, "ATC-a2fd09": {"Temperature": 26.5}, "ESP32": {"Temperature": 51.0}}
    found = heard(("tele/cau/SENSOR", body))
    proposed = {path: one.proposal.device for (_, path), one in found.items() if one.proposal is not None}
    assert proposed == {
        "0x2916.Temperature": "tele-cau-SENSOR-0x2916",
        "ATC-a2fd09.Temperature": "tele-cau-SENSOR-ATC-a2fd09",
    }


def test_a_message_without_any_figure_is_counted_too() -> None:
    found = heard(("chat/room", {"text": "Nguyễn Văn An vắng"}), ("bin/x", b"\xff\x00\xfe"), times=2)
    assert {key: (one.count, one.example, one.proposal) for key, one in found.items()} == {
        ("chat/room", ""): (2, "", None),
        ("bin/x", ""): (2, "", None),
    }


def test_only_the_paths_that_were_not_understood_are_counted() -> None:
    log = HeardLog()
    log.note("local", "z/a", b'{"temp": 21, "odd": 5}', {"odd"})
    assert [one.path for one in log.heard()] == ["odd"]


def test_no_texts_and_no_long_numbers_are_kept() -> None:
    body = {
        "name": "An",
        "card": 12345678901,
        "phone": "0912345678",
        "Trần Thị Bình": 1,
        "0987654321": 5,
        "k" * 50: 2,
        "door": "open",
    }
    told = msgspec.json.encode(list(heard(("kiosk/in", body)).values())).decode()
    for secret in ("An", "12345678901", "912345678", "kkkk", "Bình"):
        assert secret not in told
    assert '"open"' in told


def test_a_flood_of_topics_does_not_push_out_what_comes_often() -> None:
    log = HeardLog()
    for number in range(5_000):
        log.note("local", f"wave/{number}z/{number}y/{number}x", b"1")
        if number % 20 == 0:
            log.note("local", "esp/a/env", b'{"co2": 600}')
    assert len(log.heard()) <= MAX_HEARD
    assert len(log._entries) <= 4 * MAX_HEARD
    (kept,) = [one for one in log.heard() if one.topic == "esp/a/env"]
    assert (kept.count, kept.proposal) == (250, Mapping("esp/a/env", "co2_ppm", "co2", "esp-a-env"))


@pytest.mark.parametrize(
    ("name", "quantity", "unit"),
    [
        ("tempC", "temperature_c", "c"),
        ("temp_f", "temperature_c", "f"),
        ("TempC_SHT", "temperature_c", "c"),
        ("co2_ppm", "co2_ppm", "ppm"),
        ("hum", "humidity_pct", ""),
        ("lux", "illuminance_lx", ""),
        ("pm2.5", "pm25_ugm3", ""),
        ("pm2_5", "pm25_ugm3", ""),
        ("PM1_0", "pm1_ugm3", ""),
        ("pm10", "pm10_ugm3", ""),
        ("batt_mv", "battery_v", "mv"),
        ("BatV", "battery_v", "v"),
        ("battery_level", "battery_pct", ""),
        ("nhiệt_độ", "temperature_c", ""),
        ("DoAm", "humidity_pct", ""),
        ("power_w", "power_w", "w"),
        ("tvoc_ppb", "tvoc_ppb", "ppb"),
    ],
)
def test_names_say_quantity_and_unit(name: str, quantity: str, unit: str) -> None:
    said = read_name(name)
    assert said is not None
    assert (said.quantity, said.unit) == (quantity, unit)


@pytest.mark.parametrize(
    "name",
    (
        "soil_temp eCO2 temp_max target_temperature light_level tvoc co x _ current energy temp_hum pm100 co2_temp "
        "people_in"
    ).split(),
)
def test_names_that_may_mean_something_else_say_nothing(name: str) -> None:
    assert read_name(name) is None


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("battery", 87.0, "battery_pct"),
        ("battery", 3.6, "battery_v"),
        ("battery", 3042.0, "battery_v"),
        ("battery", 250.0, None),
        ("battery", 3.0, None),
        ("power", 95.5, "power_w"),
        ("power", 1.0, None),
        ("temperature", 25.0, "temperature_c"),
        ("temperature", 72.0, None),
        ("pressure", 1013.0, "pressure_hpa"),
        ("pressure", 101_300.0, "pressure_hpa"),
        ("pressure", 5.0, None),
        ("voltage", 230.0, "voltage_v"),
        ("voltage", 3.3, None),
    ],
)
def test_a_size_tells_the_unit_only_where_one_fits(name: str, value: float, told: str | None) -> None:
    said = read_name(name)
    assert said is not None
    found = unit_by_value(said, value)
    assert (found and found[0]) == told


@given(st.text(max_size=300), st.binary(max_size=300))
def test_nothing_is_raised_whatever_is_heard(topic: str, payload: bytes) -> None:
    log = HeardLog()
    log.note("local", topic, payload)
    log.note("local", topic, payload)
    for one in log.heard():
        assert msgspec.json.decode(msgspec.json.encode(one), type=Heard) == one

"""Mappings: topics, paths, numbers as programs write them, states, times; what is wrong is told."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.dialects.decoded import Decoded
from edge.dialects.mapping import MappingDialect, fault, fits
from wire.mapping import Mapping
from wire.quantities import QUANTITIES

CLIMATE = Mapping("truong/+/khihau", "temperature_c", "trong.nhiet_do", "{1}")


def read(mapping: Mapping, payload: bytes | str, topic: str = "truong/a101/khihau") -> Decoded:
    (found,) = MappingDialect([mapping]).decode(topic, payload.encode() if isinstance(payload, str) else payload)
    return found


def climate(raw: Any) -> Decoded:
    return read(CLIMATE, json.dumps({"trong": {"nhiet_do": raw}}))


@pytest.mark.parametrize(
    ("topic_filter", "topic", "stood"),
    [
        ("a/b", "a/b", ()),
        ("a/+/c", "a/b/c", ("b",)),
        ("a/#", "a/b/c", ("b/c",)),
        ("a/#", "a", ("",)),
        ("+/+", "a/b", ("a", "b")),
        ("a/+", "a", None),
        ("a/+", "a/b/c", None),
        ("#", "$SYS/load", None),
        ("+/load", "$SYS/load", None),
        ("a/b", "a/B", None),
    ],
)
def test_topics_fit_as_mqtt_says(topic_filter: str, topic: str, stood: tuple[str, ...] | None) -> None:
    assert fits(topic_filter.split("/"), topic.split("/")) == stood


@pytest.mark.parametrize(
    ("raw", "value"), [(21.5, 21.5), ("21,5", 21.5), (" 21.50 ", 21.5), ("-3", -3.0), (21, 21.0), ("2,15e1", 21.5)]
)
def test_numbers_are_read_as_they_are_written(raw: Any, value: float) -> None:
    found = climate(raw)
    assert (found.device, found.device_id, found.values) == ("a101", "a101", {"temperature_c": value})
    assert not found.problems


@pytest.mark.parametrize(
    "raw",
    ["null", "nan", "NaN", "inf", "", "21.5 °C", "1,234", True, [21.5], {"value": 21.5}, 1e400, 10**400, 300, "٢١"],
)
def test_what_is_no_number_is_told_and_not_taken(raw: Any) -> None:
    found = climate(raw)
    assert found.values == {}
    assert len(found.problems) == 1
    assert found.problems[0].en.startswith(("trong.nhiet_do: ", "not JSON", "trong.nhiet_do: not JSON"))


@pytest.mark.parametrize(
    "raw", ["Nguyễn Văn An", "An", "0912345678", 12345678901, "1234567890123.5", {"An": 1}, ["An"], "x" * 90]
)
def test_what_is_told_of_a_wrong_value_names_nobody(raw: Any) -> None:
    for problem in (*climate(raw).problems, *read(Mapping("#", "switch_on"), json.dumps(raw)).problems):
        for secret in ("An", "0912345678", "12345678901", "1234567890123", "xxxx"):
            assert secret not in problem.vi + problem.en


def test_a_wrong_value_that_is_no_secret_is_told() -> None:
    for raw in ("nan", "21.5 °C", "1,234", "unavailable"):
        assert repr(raw) in climate(raw).problems[0].en


def test_null_is_no_value_and_no_problem() -> None:
    assert climate(None) == Decoded("a101", "a101")


def test_a_path_that_leads_nowhere_is_told_only_where_nothing_else_was_read() -> None:
    both = [CLIMATE, Mapping("truong/+/khihau", "co2_ppm", "co2", "{1}")]
    (found,) = MappingDialect(both).decode("truong/a101/khihau", b'{"co2": 612}')
    assert (found.values, found.problems) == ({"co2_ppm": 612.0}, ())
    (found,) = MappingDialect(both).decode("truong/a101/khihau", b'{"other": 1}')
    assert [problem.en for problem in found.problems] == ["trong.nhiet_do, co2 is not in the message"]


def test_below_a_hash_there_are_messages_of_other_kinds() -> None:
    (found,) = MappingDialect([Mapping("truong/#", "co2_ppm", "co2")]).decode("truong/a101/cua", b'{"door": "open"}')
    assert (found.values, found.problems) == ({}, ())


def test_flat_where_nested_was_expected_is_told() -> None:
    assert [p.en for p in read(CLIMATE, '{"trong": 21.5}').problems] == [
        "trong.nhiet_do: a value where an object was expected"
    ]


def test_keys_with_dots_and_places_in_lists_are_found() -> None:
    assert read(Mapping("#", "pm25_ugm3", "air.pm2.5"), '{"air": {"pm2.5": 12}}').values == {"pm25_ugm3": 12.0}
    assert read(Mapping("#", "co2_ppm", "rooms.1.co2"), '{"rooms": [{"co2": 1}, {"co2": 700}]}').values == {
        "co2_ppm": 700.0
    }


def test_scale_and_offset_leave_no_dust() -> None:
    fahrenheit = Mapping("#", "temperature_c", scale=5 / 9, offset=-160 / 9)
    assert read(fahrenheit, "72.5").values == {"temperature_c": 22.5}
    assert read(Mapping("#", "battery_v", scale=0.001), "3042").values == {"battery_v": 3.042}


def test_states_have_their_own_words_or_the_usual_ones() -> None:
    door = Mapping("#", "contact_open", on="Mở", off="Đóng")
    assert read(door, "mở").values == {"contact_open": 1.0}
    assert read(door, '"ĐÓNG"').values == {"contact_open": 0.0}
    assert read(door, "unavailable").problems
    assert read(door, "on").problems
    assert read(Mapping("#", "switch_on"), "true").values == {"switch_on": 1.0}
    assert read(Mapping("#", "switch_on"), "0").values == {"switch_on": 0.0}
    assert read(Mapping("#", "switch_on"), "2").problems


def test_a_change_of_a_contact_is_an_event_and_a_retained_one_is_none() -> None:
    dialect = MappingDialect([Mapping("door/+", "contact_open", device="{1}")])
    assert dialect.decode("door/a", b"open", retained=True)[0].events == ()
    (closed,) = dialect.decode("door/a", b"closed")
    assert [(event.kind, event.data) for event in closed.events] == [("contact", {"open": False})]


@pytest.mark.parametrize(
    ("raw", "at_ms"),
    [
        ("2026-11-22T08:00:00+07:00", 1795309200000),
        ("2026-11-22T01:00:00.123456789Z", 1795309200123),
        (1795309200, 1795309200000),
        ("1795309200.5", 1795309200500),
        (1795309200123, 1795309200123),
    ],
)
def test_times_are_read(raw: Any, at_ms: int) -> None:
    row = Mapping("#", "co2_ppm", "co2", time_path="t")
    assert read(row, json.dumps({"co2": 500, "t": raw})).at_ms == at_ms


@pytest.mark.parametrize("raw", ["2026-11-22T08:00:00", "yesterday", 12, "1970-01-01T00:00:05Z", -1, [], "1e300"])
def test_a_time_that_is_none_is_told_and_the_value_stays(raw: Any) -> None:
    found = read(Mapping("#", "co2_ppm", "co2", time_path="t"), json.dumps({"co2": 500, "t": raw}))
    assert (found.values, found.at_ms, len(found.problems)) == ({"co2_ppm": 500.0}, None, 1)


def test_the_gateways_own_mappings_win_over_the_hubs() -> None:
    dialect = MappingDialect([Mapping("a", "co2_ppm", "x")])
    dialect.configure([Mapping("a", "humidity_pct", "x"), Mapping("b", "humidity_pct", "x")])
    assert dialect.decode("a", b'{"x": 50}')[0].values == {"co2_ppm": 50.0}
    assert dialect.decode("b", b'{"x": 50}')[0].values == {"humidity_pct": 50.0}
    assert dialect.claims("a")
    dialect.configure([])
    assert (dialect.decode("b", b'{"x": 50}'), dialect.claims("b")) == ([], False)


def test_two_figures_for_one_quantity_are_told() -> None:
    dialect = MappingDialect([Mapping("a", "co2_ppm", "x"), Mapping("a", "co2_ppm", "y")])
    (found,) = dialect.decode("a", b'{"x": 500, "y": 900}')
    assert found.values == {"co2_ppm": 500.0}
    assert [problem.en for problem in found.problems] == ["y: co2_ppm is 500.0 already"]


@pytest.mark.parametrize(
    "wrong",
    [
        Mapping("a/b+", "co2_ppm"),
        Mapping("a/#/b", "co2_ppm"),
        Mapping("a", "warmth"),
        Mapping("a/+", "co2_ppm", device="{2}"),
    ],
)
def test_a_mapping_that_cannot_work_says_so(wrong: Mapping) -> None:
    assert fault(wrong) is not None
    assert fault(CLIMATE) is None


def test_an_unknown_quantity_of_the_hubs_is_told_with_the_message() -> None:
    assert [problem.en for problem in read(Mapping("#", "warmth"), "5").problems] == ["there is no quantity 'warmth'"]


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["trong", "nhiet_do", "t"]), inner),
    max_leaves=12,
)


@given(st.binary(max_size=200) | JSON.map(lambda body: json.dumps(body).encode()), st.sampled_from(sorted(QUANTITIES)))
def test_nothing_is_raised_and_nothing_impossible_taken(payload: bytes, quantity: str) -> None:
    rows = [Mapping("#", quantity, path, time_path="t") for path in ("", "trong", "trong.nhiet_do", "0.t")]
    for found in MappingDialect(rows).decode("any/thing", payload):
        assert all(QUANTITIES[key].accepts(value) for key, value in found.values.items())

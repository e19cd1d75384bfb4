"""Sparkplug B as Google's protobuf writes it: births, data by alias, deaths, order, quality, history, broken bytes."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.dialects import sparkplug
from edge.dialects.decoded import Decoded
from edge.dialects.protobuf import Malformed, fields
from edge.dialects.router import Router
from edge.dialects.sparkplug import Sparkplug
from tests.edge.dialects.messages import MORE, events
from tests.edge.dialects.sparkplug_writer import AT_MS, MESSAGES, metric, payload
from wire.ids import is_id
from wire.mapping import Mapping
from wire.quantities import QUANTITIES

NODE = "School/{}/gw1"
DEVICE = "School/{}/gw1/lop101"


def say(dialect: Sparkplug, kind: str, raw: bytes) -> list[Decoded]:
    topic = "spBv1.0/" + (NODE if kind.startswith("N") else DEVICE).format(kind)
    assert dialect.claims(topic)
    return dialect.decode(topic, raw)


def birth(*metrics: Any, bd_seq: int = 7) -> bytes:
    rebirth = metric("Node Control/Rebirth", value=False, datatype=11)
    return payload(metric("bdSeq", bd_seq, 8), rebirth, *metrics)


def born(*metrics: Any, host: str = "") -> Sparkplug:
    """A dialect that has seen the births of a node and of a device with these metrics."""
    dialect = Sparkplug(host)
    (node,) = say(dialect, "NBIRTH", birth())
    assert (node.device, node.available, node.problems, node.unknown) == ("School/gw1", True, (), ())
    say(dialect, "DBIRTH", payload(*metrics, seq=1))
    return dialect


def values(*metrics: Any, data: Any) -> dict[str, float | str]:
    return say(born(*metrics), "DDATA", payload(data, seq=2))[0].values


AIR = (
    metric("Air/CO2", 700, 7, "ppm", alias=1),
    metric("Air/Temperature", 21.5, 9, "°C", alias=2),
    metric("Air/Humidity", 44.0, 10, "%", alias=3),
)


def test_a_birth_tells_values_and_data_follow_by_alias() -> None:
    dialect = Sparkplug()
    say(dialect, "NBIRTH", birth())
    (found,) = say(dialect, "DBIRTH", payload(*AIR, seq=1))
    assert (found.device, found.available, found.at_ms) == ("School/gw1/lop101", True, AT_MS)
    assert found.values == {"co2_ppm": 700.0, "temperature_c": 21.5, "humidity_pct": 44.0}
    data = payload(metric(value=812, datatype=0, field="int_value", alias=1), seq=2)
    (later,) = say(dialect, "DDATA", data)
    assert (later.device_id, later.values, later.problems) == (found.device_id, {"co2_ppm": 812.0}, ())


def test_each_time_is_kept() -> None:
    dialect = born(*AIR)
    one = metric(value=23.4, datatype=0, field="float_value", alias=2, at_ms=AT_MS + 1000)
    two = metric(value=23.6, datatype=0, field="float_value", alias=2, at_ms=AT_MS + 2000)
    no_time = metric(value=40.0, datatype=0, field="double_value", alias=3, at_ms=None)
    found = say(dialect, "DDATA", payload(one, two, no_time, seq=2))
    assert [(one.values, one.at_ms) for one in found] == [
        ({"temperature_c": 23.4}, AT_MS + 1000),  # as it was meant, not 23.399999618530273
        ({"temperature_c": 23.6}, AT_MS + 2000),
        ({"humidity_pct": 40.0}, AT_MS),  # the payload's own
    ]
    (unset,) = say(dialect, "DDATA", payload(metric("Air/CO2", 600, 7, at_ms=5000), seq=3))
    assert (unset.values, unset.at_ms) == ({"co2_ppm": 600.0}, None)


@pytest.mark.parametrize(
    ("datatype", "field", "raw", "value"),
    [
        (1, "int_value", 0xFB, -5.0),
        (1, "int_value", 0xFFFFFFFB, -5.0),  # sign-extended, as Tahu for Java writes it
        (2, "int_value", 0xFFFB, -5.0),
        (3, "int_value", 0xFFFFFFFB, -5.0),
        (3, "long_value", 0xFFFFFFFFFFFFFFFB, -5.0),
        (4, "long_value", 0xFFFFFFFFFFFFFFFB, -5.0),
        (5, "int_value", 25, 25.0),
        (6, "int_value", 25, 25.0),
        (8, "long_value", 25, 25.0),
        (9, "float_value", 21.7, 21.7),
        (10, "double_value", 21.7, 21.7),
    ],
)
def test_datatypes(datatype: int, field: str, raw: float, value: float) -> None:
    described = metric("T", 0 if datatype < 9 else 0.0, datatype, "°C")
    assert values(described, data=metric("T", raw, 0, field=field)) == {"temperature_c": value}


@pytest.mark.parametrize(
    ("datatype", "field", "raw"),
    [
        (1, "int_value", 0x1FB),
        (5, "int_value", 300),
        (9, "int_value", 21),
        (3, "float_value", 21.0),
        (3, "bytes_value", b"1"),
    ],
)
def test_a_value_that_does_not_fit_its_datatype(datatype: int, field: str, raw: Any) -> None:
    dialect = born(metric("T", 0 if datatype < 9 else 0.0, datatype, "°C"))
    (found,) = say(dialect, "DDATA", payload(metric("T", raw, 0, field=field), seq=2))
    assert found.values == {}
    assert found.problems[0].en.startswith("T: ")


def test_no_reading_is_no_reading() -> None:
    dialect = born(*AIR)
    nothing = [
        metric("Air/CO2", None, 7, is_null=True),
        metric("Air/Temperature", float("nan"), 9),
        metric("Air/Humidity", 44.0, 10, quality=0),
    ]
    (found,) = say(dialect, "DDATA", payload(*nothing, seq=2))
    assert (found.values, found.unknown, found.problems) == ({}, (), ())


@pytest.mark.parametrize(("quality", "good"), [(192, True), (0, False), (500, False), (0x80000204, False), (201, True)])
def test_quality(quality: int, good: bool) -> None:
    found = values(*AIR, data=metric("Air/CO2", 812, 7, quality=quality))
    assert found == ({"co2_ppm": 812.0} if good else {})


def test_history_keeps_its_time_and_makes_no_news() -> None:
    dialect = born(metric("Door open", value=False, datatype=11))
    old = metric("Door open", value=True, datatype=11, at_ms=AT_MS - 86_400_000, is_historical=True)
    (found,) = say(dialect, "DDATA", payload(old, seq=2))
    assert (found.values, found.at_ms, events([found])) == ({"contact_open": 1.0}, AT_MS - 86_400_000, [])
    timeless = metric("Door open", value=True, datatype=11, at_ms=None, is_historical=True)
    (wrong,) = say(dialect, "DDATA", payload(timeless, seq=3, at_ms=None))
    assert (wrong.values, "historical value without a time" in wrong.problems[0].en) == ({}, True)


def test_units_decide_and_without_one_it_is_listed() -> None:
    dialect = Sparkplug()
    say(dialect, "NBIRTH", birth())
    metrics = [
        metric("T", 71.6, 9, "degF"),
        metric("Main/Power", 1.25, 9, "kW"),
        metric("Line", 229.5, 9, "V"),
        metric("Supply Voltage", 12.1, 9, "V"),
        metric("Temperature setpoint", 25.0, 9, "°C"),
        metric("Pressure", 1013.0, 9),
        metric("Serial", "x", 12),
        metric("Occupancy", value=True, datatype=11),
        metric("Relay/State", value=True, datatype=11),
        metric("Properties/Hardware Model", "Pi", 12),
    ]
    found = say(dialect, "DBIRTH", payload(*metrics, seq=1))
    merged = {key: value for one in found for key, value in one.values.items()}
    assert merged == {"temperature_c": 22.0, "power_w": 1250.0, "voltage_v": 229.5, "occupancy": 1.0, "switch_on": 1.0}
    assert set(found[0].unknown) == {"Supply Voltage", "Temperature setpoint", "Pressure", "Serial"}


def test_what_is_unknown_can_be_heard_and_proposed() -> None:
    router = Router("local", [Sparkplug()])
    router.decode("spBv1.0/School/NBIRTH/gw1", birth())
    router.decode("spBv1.0/School/DBIRTH/gw1/lop101", payload(metric("CO2", 700, 7), *AIR[1:], seq=1))
    (heard,) = router.heard()
    assert (heard.path, heard.example, heard.topic) == ("CO2", "700", "spBv1.0/School/DBIRTH/gw1/lop101")
    assert heard.proposal is not None
    assert heard.proposal.quantity == "co2_ppm"


def test_a_mapping_reads_what_has_no_unit() -> None:
    router = Router("local", [Sparkplug()])
    router.decode("spBv1.0/School/NBIRTH/gw1", birth())
    router.decode("spBv1.0/School/DBIRTH/gw1/lop101", payload(metric("Air/CO2", 700, 7, alias=1), seq=1))
    router.configure([Mapping("spBv1.0/School/+/gw1/+", "co2_ppm", "Air/CO2", "{2}")])
    data = payload(metric(value=812, datatype=0, field="int_value", alias=1), seq=2)
    values = [one.values for one in router.decode("spBv1.0/School/DDATA/gw1/lop101", data)]
    assert {"co2_ppm": 812.0} in values
    before = router.heard()[0].count
    router.decode("spBv1.0/School/DDATA/gw1/lop101", data)
    assert router.heard()[0].count == before  # it is known now


def test_a_birth_from_the_past_proves_nothing() -> None:
    (found,) = Sparkplug().decode("spBv1.0/School/NBIRTH/gw1", birth(), retained=True)
    assert found.available is None


def test_several_of_one_quantity_are_devices_of_their_own() -> None:
    probes = [metric(f"Probe {number}/Temperature", 20.0 + number, 9, "°C") for number in (1, 2)]
    dialect = Sparkplug()
    say(dialect, "NBIRTH", birth())
    found = say(dialect, "DBIRTH", payload(*probes, AIR[2], seq=1))
    assert [(one.device, one.values) for one in found] == [
        ("School/gw1/lop101", {"humidity_pct": 44.0}),
        ("School/gw1/lop101 Probe 1/Temperature", {"temperature_c": 21.0}),
        ("School/gw1/lop101 Probe 2/Temperature", {"temperature_c": 22.0}),
    ]
    assert len({one.device_id for one in found}) == 3


def test_a_gap_of_the_sequence_is_told_and_wraps_at_256() -> None:
    dialect = born(*AIR)
    data = metric("Air/CO2", 812, 7)
    for seq in range(2, 256):
        assert say(dialect, "DDATA", payload(data, seq=seq))[0].problems == ()
    assert say(dialect, "DDATA", payload(data, seq=0))[0].problems == ()
    (found,) = say(dialect, "DDATA", payload(data, seq=3))
    assert (found.values, found.problems[0].en) == ({"co2_ppm": 812.0}, "messages are missing: seq 3, 1 expected")
    assert say(dialect, "NDATA", payload(seq=4))[0].problems == ()  # one count for node and devices


def test_data_without_a_birth_is_no_reading() -> None:
    dialect = Sparkplug()
    (found,) = say(dialect, "DDATA", payload(metric(value=5, datatype=0, field="int_value", alias=9), seq=5))
    assert (found.values, found.unknown) == ({}, ("alias 9",))
    assert "DDATA without the birth" in found.problems[0].en
    known = born(*AIR)
    (found,) = say(known, "DDATA", payload(metric(value=5, datatype=0, field="int_value", alias=9), seq=2))
    assert (found.values, found.unknown, found.problems) == ({}, ("alias 9",), ())


def test_a_host_that_is_configured_asks_for_births_once() -> None:
    dialect = Sparkplug("classhub")
    for seq in (5, 6):
        say(dialect, "DDATA", payload(seq=seq))
    (wish,) = dialect.wishes()
    assert wish.topic == "spBv1.0/School/NCMD/gw1"
    asked = MESSAGES["Payload"].FromString(wish.payload)  # read by the other side's library
    assert asked.timestamp == AT_MS
    (order,) = asked.metrics
    assert (order.name, order.datatype, order.boolean_value) == ("Node Control/Rebirth", 11, True)
    assert dialect.wishes() == []
    say(dialect, "NBIRTH", birth())
    say(dialect, "DDATA", payload(seq=9))
    assert len(dialect.wishes()) == 1
    silent = Sparkplug()
    say(silent, "DDATA", payload(seq=5))
    assert silent.wishes() == []


def test_deaths() -> None:
    dialect = born(*AIR)
    assert say(dialect, "NDEATH", payload(metric("bdSeq", 6, 8), seq=None)) == []  # the will of the session before
    (device,) = say(dialect, "DDEATH", payload(seq=2))
    assert (device.device, device.available) == ("School/gw1/lop101", False)
    (late,) = say(dialect, "DDATA", payload(metric("Air/CO2", 812, 7), seq=3))
    assert late.values == {}
    assert late.problems
    say(dialect, "DBIRTH", payload(*AIR, seq=4))
    found = say(dialect, "NDEATH", payload(metric("bdSeq", 7, 8), seq=None))
    assert {one.device: one.available for one in found} == {"School/gw1": False, "School/gw1/lop101": False}
    (late,) = say(dialect, "DDATA", payload(metric("Air/CO2", 812, 7), seq=5))
    assert late.values == {}
    (again,) = say(dialect, "NBIRTH", birth(bd_seq=8))
    assert again.available is True


def test_compound_metrics_are_refused_plainly() -> None:
    dialect = Sparkplug()
    say(dialect, "NBIRTH", birth())
    table = MESSAGES["Metric"](name="Table", datatype=16, dataset_value=MESSAGES["DataSet"](columns=["a"]))
    (found,) = say(dialect, "DBIRTH", payload(table, AIR[0], seq=1))
    assert found.values == {"co2_ppm": 700.0}
    assert found.problems[0].en == "Table: DataSet metrics are not read"


def test_transient_metrics_are_not_stored() -> None:
    (found,) = say(born(*AIR), "DDATA", payload(metric("Air/CO2", 812, 7, is_transient=True), seq=2))
    assert (found.values, found.unknown) == ({}, ("Air/CO2",))


@pytest.mark.parametrize(
    "topic",
    [
        "spBv1.0/STATE/host",
        "spBv1.0/School/NCMD/gw1",
        "spBv1.0/School/DCMD/gw1/lop101",
        "spBv1.0/School/NBIRTH",
        "spBv1.0/School/NBIRTH/a/b",
        "spBv1.0/School/DDATA/a",
        "spBv1.0//NBIRTH/a",
    ],
)
def test_other_topics_say_nothing(topic: str) -> None:
    assert Sparkplug().decode(topic, birth()) == []


@pytest.mark.parametrize(
    "raw",
    [
        b"\x00",
        b"\x0b",  # a group
        b"\xff" * 12,
        b"\x12\x05\x0a",
        b"\x12\x02\x08\x01",  # a name that is an integer
        b"\x12\x05\x65\x00\x00\x00\x00\x00",
        b"x" * 1_100_000,
        payload(uuid="SPBV1.0_COMPRESSED", body=b"x"),
        b'{"timestamp": 1}',
    ],
)
def test_bytes_that_are_no_payload(raw: bytes) -> None:
    (found,) = say(Sparkplug(), "NDATA", raw)
    assert found.problems[0].en.startswith("not Sparkplug B: ")


def test_unknown_fields_are_passed_over() -> None:
    more = b"\x32\x03abc" + b"\x39" + bytes(8) + b"\x45" + bytes(4) + b"\x48\x05"
    (found,) = say(born(*AIR), "DDATA", payload(metric("Air/CO2", 812, 7), seq=2) + more)
    assert found.values == {"co2_ppm": 812.0}


def test_nodes_are_bounded_and_told() -> None:
    dialect = Sparkplug()
    for number in range(512):
        dialect.decode(f"spBv1.0/g/NBIRTH/n{number}", birth())
    (found,) = dialect.decode("spBv1.0/g/NBIRTH/one-more", birth())
    assert "too many edge nodes" in found.problems[0].en


def test_devices_and_metrics_of_a_broker_are_bounded_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sparkplug, "_MOST_METRICS", 9)
    monkeypatch.setattr(sparkplug, "_MOST_DEVICES", 4)
    dialect = Sparkplug()
    say(dialect, "NBIRTH", birth())  # two metrics
    told = [
        dialect.decode(f"spBv1.0/School/DBIRTH/gw1/d{number}", payload(*AIR, seq=number + 1))[0] for number in range(5)
    ]
    assert [bool(one.values) for one in told] == [True, True, False, False, False]
    assert all("too many edge nodes, devices or metrics" in one.problems[0].en for one in told[2:])
    again = dialect.decode("spBv1.0/School/DBIRTH/gw1/d0", payload(*AIR, seq=6))[0]
    assert again.values  # what is known may be born again


VALUES = st.one_of(st.none(), st.integers(0, 2**32 - 1), st.floats(width=32), st.booleans())


@MORE
@given(
    st.lists(st.tuples(st.text(max_size=8), VALUES, st.integers(0, 40), st.sampled_from(["°C", "ppm", "V", "", "%"]))),
    st.sampled_from(["NBIRTH", "DBIRTH", "NDATA", "DDATA", "NDEATH", "DDEATH"]),
    st.binary(max_size=12),
    st.integers(0, 400),
)
def test_anything_written_and_anything_damaged_is_survived(
    rows: list[tuple[str, Any, int, str]], kind: str, damage: bytes, place: int
) -> None:
    metrics = []
    for name, value, datatype, unit in rows:
        field = {int: "int_value", float: "float_value", bool: "boolean_value"}.get(type(value), "int_value")
        metrics.append(metric(name, value, datatype, unit, field=field))
    raw = payload(*metrics, seq=1)
    dialect = Sparkplug("host")
    say(dialect, "NBIRTH", birth())
    for one in (raw, raw[:place] + damage + raw[place + len(damage) :], damage):
        for topic in ("DBIRTH", kind):
            for found in say(dialect, topic, one):
                assert is_id(found.device_id)
                assert all(QUANTITIES[quantity].accepts(value) for quantity, value in found.values.items())
    dialect.wishes()


@MORE
@given(st.binary(max_size=200))
def test_any_bytes_are_fields_or_malformed(raw: bytes) -> None:
    try:
        found = list(fields(raw))
    except Malformed:
        return
    assert len(found) <= len(raw)

"""ChirpStack v4 and The Things Stack v3: bytes, objects, signal, time, joins, status; what is wrong is told."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.dialects.chirpstack import ChirpStack
from edge.dialects.decoded import Decoded
from edge.dialects.dialect import Expectation
from edge.dialects.ttn import TheThingsStack
from tests.edge.dialects.lorawan_messages import CS_TOPIC, EUI, TIME_MS, TTN_TOPIC, chirpstack, ttn
from wire.orders import Order, OrderKind
from wire.quantities import QUANTITIES

AM103 = bytes.fromhex("01755F036719010468 6B077D4C04".replace(" ", ""))
ROOM = {"battery_pct": 95.0, "temperature_c": 28.1, "humidity_pct": 53.5, "co2_ppm": 1100.0}


def up(payload: bytes, *, retained: bool = False, dialect: ChirpStack | None = None) -> list[Decoded]:
    return (dialect or ChirpStack()).decode(f"{CS_TOPIC}up", payload, retained=retained)


def of_object(**fields: Any) -> Decoded:
    return up(chirpstack("Somebody's sensor", object=fields, rxInfo=[]))[0]


def test_chirpstack_bytes_are_read_by_the_profiles_model() -> None:
    (found,) = up(chirpstack("AM103-915M", AM103))
    assert found.values == {**ROOM, "rssi_dbm": -63.0, "snr_db": 9.8}  # the gateway that heard it best
    assert (found.device, found.device_id, found.at_ms, found.model) == (EUI, EUI, TIME_MS, "Milesight AM103")
    assert (found.unknown, found.problems, found.events) == ((), (), ())


def test_the_things_stack_bytes_are_read_by_brand_and_model() -> None:
    (found,) = TheThingsStack().decode(TTN_TOPIC, ttn("milesight-iot", "am103", AM103))
    assert found.values == {**ROOM, "rssi_dbm": -88.0, "snr_db": 7.25}
    assert (found.device, found.device_id, found.at_ms) == ("p-a101", EUI, TIME_MS)
    (found,) = TheThingsStack().decode(TTN_TOPIC, ttn("elsys", "ers-co2", bytes.fromhex("010119023706044C070E10")))
    assert found.values.items() >= {"temperature_c": 28.1, "co2_ppm": 1100.0, "battery_v": 3.6}.items()
    (found,) = TheThingsStack().decode(TTN_TOPIC, ttn(data=AM103, attributes={"model": "AM103"}))
    assert found.values.items() >= ROOM.items()


def test_chirpstack_v3_is_read_too() -> None:
    event: dict[str, Any] = {
        "applicationID": "3",
        "deviceName": "Phong A101",
        "deviceProfileName": "AM103",
        "devEUI": "JOEkqgC7Ecw=",
        "rxInfo": [{"gatewayID": "AwMDAwMDAwM=", "time": "2026-11-22T01:00:00.123Z", "rssi": -57, "loRaSNR": 8.5}],
        "fCnt": 7,
        "fPort": 85,
        "data": base64.b64encode(AM103).decode(),
        "objectJSON": "",
    }
    (found,) = ChirpStack().decode(f"application/3/device/{EUI}/event/up", json.dumps(event).encode())
    assert (found.device_id, found.at_ms) == (EUI, TIME_MS)
    assert found.values == {**ROOM, "rssi_dbm": -57.0, "snr_db": 8.5}
    other = event | {"deviceProfileName": "Other", "objectJSON": '{"temperature": 21.5, "odd": 1}'}
    (found,) = ChirpStack().decode(f"application/3/device/{EUI}/event/up", json.dumps(other).encode())
    assert (found.values["temperature_c"], found.unknown) == (21.5, ("objectJSON.odd",))
    broken = event | {"deviceProfileName": "Other", "objectJSON": '{"temperature"'}
    (found,) = ChirpStack().decode(f"application/3/device/{EUI}/event/up", json.dumps(broken).encode())
    assert found.problems[0].en.startswith("no object")


def test_bytes_count_before_an_object_where_the_model_is_known() -> None:
    wrong = {"temperature": 99, "co2": 1}
    assert up(chirpstack("AM103", AM103, object=wrong))[0].values.items() >= ROOM.items()
    (found,) = up(chirpstack("Other", AM103, object={"temperature": 21.5}))
    assert found.values["temperature_c"] == 21.5


def test_bytes_of_an_unknown_model_are_told() -> None:
    (found,) = up(chirpstack("LHT65", b"\x01\x02"))
    assert found.unknown == ("data",)
    assert "LHT65" in found.problems[0].en


def test_sub_devices_and_rows_from_memory_are_devices_of_their_own() -> None:
    row = (1_795_300_000).to_bytes(4, "little")
    payload = bytes.fromhex("03D20A000000") + b"\x20\xce" + row + b"\x04" + (9).to_bytes(4, "little")
    main, line, kept = up(chirpstack("VS133", payload))
    assert (main.device_id, set(main.values)) == (EUI, {"rssi_dbm", "snr_db"})
    assert (line.device_id, line.values, line.at_ms) == (f"{EUI}-line-1", {"people_in": 10.0}, TIME_MS)
    assert (kept.device_id, kept.values, kept.at_ms) == (f"{EUI}-line-1", {"people_out": 9.0}, 1_795_300_000_000)


def test_contacts_leaks_and_buttons_are_events_unless_retained() -> None:
    dialect = ChirpStack()
    first = up(chirpstack("WS301", bytes.fromhex("030001"), fCnt=1), dialect=dialect)
    second = up(chirpstack("WS301", bytes.fromhex("030000"), fCnt=2), dialect=dialect)
    assert [(event.kind, event.data) for event in first[0].events] == [("contact", {"open": True, "first": True})]
    assert [(event.kind, event.data) for event in second[0].events] == [("contact", {"open": False})]
    pressed = chirpstack("WS101", bytes.fromhex("FF2E01"))
    assert [event.data for event in up(pressed)[0].events] == [{"action": "short"}]
    assert up(pressed, retained=True)[0].events == ()


def test_a_frame_is_told_once() -> None:
    dialect = ChirpStack()
    assert len(up(chirpstack("AM103", AM103), dialect=dialect)) == 1
    assert up(chirpstack("AM103", AM103, deduplicationId="another gateway's"), dialect=dialect) == []
    assert len(up(chirpstack("AM103", AM103, fCnt=43), dialect=dialect)) == 1
    assert len(up(chirpstack("AM103", AM103, devAddr="joined again"), dialect=dialect)) == 1
    network = TheThingsStack()
    assert len(network.decode(TTN_TOPIC, ttn("milesight-iot", "am103", AM103))) == 1
    assert network.decode(TTN_TOPIC, ttn("milesight-iot", "am103", AM103)) == []


def test_port_0_is_the_networks_own() -> None:
    (found,) = up(chirpstack("AM103", b"\x06\xff\x10", fPort=0))
    assert (set(found.values), found.problems) == ({"rssi_dbm", "snr_db"}, ())


def test_status_join_and_log() -> None:
    dialect = ChirpStack()
    info = {"deviceInfo": {"deviceProfileName": "AM103"}, "time": "2026-11-22T01:00:00Z"}

    def told(kind: str, **event: Any) -> list[Decoded]:
        return dialect.decode(CS_TOPIC + kind, json.dumps(info | event).encode())

    (status,) = told("status", margin=12, batteryLevel=87.4, externalPowerSource=False, batteryLevelUnavailable=False)
    assert (status.values, status.unknown) == ({"battery_pct": 87.4}, ("margin",))
    (status,) = told("status", margin=12, batteryLevel=0, batteryLevelUnavailable=True)
    assert status.values == {}
    (joined,) = told("join", devAddr="00000001")
    assert [event.kind for event in joined.events] == ["joined"]
    (logged,) = told("log", level="ERROR", code="UPLINK_CODEC", description="secret of Nguyễn Văn An")
    assert logged.problems[0].en == "ChirpStack says 'UPLINK_CODEC'"
    assert told("ack") == told("txack") == []
    (new,) = told("relay")
    assert new.unknown == ("",)


@pytest.mark.parametrize(
    ("fields", "values"),
    [
        ({"temperature": 26.4, "humidity": 61}, {"temperature_c": 26.4, "humidity_pct": 61}),
        ({"co2": 845}, {"co2_ppm": 845}),
        ({"TempC_SHT": 26.4, "Hum_SHT": 61.2}, {"temperature_c": 26.4, "humidity_pct": 61.2}),
        ({"BatV": 3.05}, {"battery_v": 3.05}),
        ({"temp_f": 77.0}, {"temperature_c": 25.0}),
        ({"temperature": {"value": 77, "unit": "°F"}}, {"temperature_c": 25.0}),
        ({"battery": 3.6}, {"battery_v": 3.6}),
        ({"battery": 3050}, {"battery_v": 3.05}),
        ({"battery": 88}, {"battery_pct": 88.0}),
        ({"battery_voltage": 3.05}, {"battery_v": 3.05}),
        ({"vdd": 3605}, {"battery_v": 3.605}),
        ({"light": 320, "motion": 4}, {"illuminance_lx": 320.0, "activity": 4.0}),
        ({"motion": True}, {"occupancy": 1.0}),
        ({"pir": "trigger"}, {"occupancy": 1.0}),
        ({"occupancy": "vacant"}, {"occupancy": 0.0}),
        ({"magnet_status": "open"}, {"contact_open": 1.0}),
        ({"leakage_status": "leak"}, {"water_leak": 1.0}),
        ({"air": {"pressure": 1009.5, "pm2_5": 12}}, {"pressure_hpa": 1009.5, "pm25_ugm3": 12}),
        ({"tvoc_ppb": 120}, {"tvoc_ppb": 120.0}),
        ({"people_count": 31}, {"people_count": 31.0}),
        ({"people_total_in": 300, "people_total_out": 298}, {"people_in": 300.0, "people_out": 298.0}),
        ({"temperature_1": 26.4, "relative_humidity_2": 61.5}, {"temperature_c": 26.4, "humidity_pct": 61.5}),
        ({"TempC1": "26.4", "co2_scd30": 845}, {"temperature_c": 26.4, "co2_ppm": 845.0}),
        ({"luminosity_4": 320}, {"illuminance_lx": 320.0}),
        ({"temperature": "26,4"}, {"temperature_c": 26.4}),
        ({"current_ma": 420, "power_w": 95, "energy_wh": 1500}, {"current_a": 0.42, "power_w": 95, "energy_kwh": 1.5}),
        ({"temperature": None, "humidity": 55}, {"humidity_pct": 55.0}),
    ],
)
def test_objects_are_read_by_their_words(fields: dict[str, Any], values: dict[str, float]) -> None:
    found = of_object(**fields)
    assert (found.values, found.unknown, found.problems) == (values, (), ())


@pytest.mark.parametrize(
    "fields",
    [
        {"tvoc": 120},
        {"light_level": 3},
        {"people_in": 2},
        {"soil_temp": 20},
        {"temperature": 77},
        {"contact": True},
        {"setpoint": 21},
        {"name": "Nguyễn Văn An"},
        {"pressure": 3.2},
        {"humidity": 0.54},
        {"power": 1},
        {"NO2": 12},
        {"current": 420},
        {"Bat_status": 1},  # 0 to 3: empty to full (Dragino)
        {"temperature_sensor_status": 0},
        {"co2_state": 1},
        {"relay": "open"},  # off, were it a contact of its own
        {"socket_status": "Closed"},
    ],
)
def test_what_may_mean_several_things_is_unknown(fields: dict[str, Any]) -> None:
    found = of_object(**fields)
    assert (found.values, found.unknown) == ({}, tuple(f"object.{key}" for key in fields))


@pytest.mark.parametrize(
    "above",
    ["max", "settings", "alarm", "temp_threshold", "history", "yesterday", "calibration", "soil", "outdoor"],
)
def test_a_name_above_may_say_that_it_is_not_the_room_now(above: str) -> None:
    found = of_object(**{above: {"temperature": 21.5}, "data": {"humidity": 55}})
    assert (found.values, found.unknown) == ({"humidity_pct": 55.0}, (f"object.{above}.temperature",))


@pytest.mark.parametrize(
    "fields",
    [
        {"co2": "null"},
        {"co2": "NaN"},
        {"co2": -5},
        {"humidity": 155},
        {"co2": True},
        {"occupancy": 5},
        {"co2": 500, "co2_ppm": 900},
    ],
)
def test_what_cannot_be_is_told_with_its_path(fields: dict[str, Any]) -> None:
    found = of_object(**fields)
    assert len(found.problems) == 1
    assert found.problems[0].en.startswith("object.")
    assert found.values in ({}, {"co2_ppm": 500.0})


def test_several_numbered_keys_are_sub_devices() -> None:
    found = up(chirpstack("Cayenne", object={"temperature_1": 20.5, "temperature_2": 30.5}, rxInfo=[]))
    assert {one.device_id: one.values for one in found} == {
        EUI: {},
        f"{EUI}-1": {"temperature_c": 20.5},
        f"{EUI}-2": {"temperature_c": 30.5},
    }


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"{", "not JSON"),
        (b"[1]", "not a JSON object"),
        (b"\xff\xfe", "not JSON"),
        (chirpstack("AM103", data=None) + b"}", "not JSON"),
        (chirpstack("AM103", over={"data": "%%%"}), "not base64"),
        (chirpstack("X", object=[1, 2]), "no object"),
        (chirpstack("AM103", AM103, time="yesterday"), "no usable time"),
        (chirpstack("AM103", AM103[:-1]), "the message is cut short at byte 10"),
        (b"[" * 100_000, "not JSON"),
    ],
)
def test_broken_messages_are_told(payload: bytes, reason: str) -> None:
    (found,) = up(payload)
    assert found.problems[0].en.startswith(reason)


def test_what_is_of_somebody_else_is_not_claimed() -> None:
    server, network = ChirpStack(), TheThingsStack()
    for topic in (
        "application/1/device/xyz/event/up",
        "gateway/1/event/up",
        "v3/app/devices",
        "a",
        "",
        "v3//devices//up",
    ):
        assert not server.claims(topic)
        assert not network.claims(topic)
        assert server.decode(topic, b"{}") == network.decode(topic, b"{}") == []
    assert server.claims(f"{CS_TOPIC}up")
    assert network.claims(TTN_TOPIC)
    assert network.decode("v3/app@ttn/devices/x/down/push", b"{}") == []
    (found,) = network.decode(TTN_TOPIC, b"{}")
    assert [problem.en for problem in found.problems] == ["no uplink_message"]


@pytest.mark.parametrize(
    ("profile", "uplink", "device", "kind", "bytes_sent"),
    [
        ("WS523", "087000", EUI, OrderKind.SWITCH_ON, "080100ff"),
        ("WS523", "087001", EUI, OrderKind.SWITCH_OFF, "080000ff"),
        ("WS515", "087001", EUI, OrderKind.SWITCH_OFF, "0800ffff"),
        ("WS501", "082900", EUI, OrderKind.SWITCH_ON, "0811ff"),
        ("WS502", "082900", f"{EUI}-l2", OrderKind.SWITCH_ON, "0822ff"),
        ("WS503", "ff2907", f"{EUI}-l3", OrderKind.SWITCH_OFF, "ff2940"),
    ],
)
def test_switches_take_orders_in_the_bytes_of_their_family(
    profile: str, uplink: str, device: str, kind: OrderKind, bytes_sent: str
) -> None:
    dialect = ChirpStack()
    assert dialect.accepts() == {}
    up(chirpstack(profile, bytes.fromhex(uplink)), dialect=dialect)
    assert dialect.accepts()[device] == ["switch_on", "switch_off"]
    telegram = dialect.telegram(Order("command-1", device, kind))
    assert telegram is not None
    assert telegram.topic == f"{CS_TOPIC.removesuffix('event/')}command/down"
    told = json.loads(telegram.payload)
    assert (told["devEui"], told["fPort"], base64.b64decode(told["data"]).hex()) == (EUI, 85, bytes_sent)
    assert telegram.expects == Expectation(device, "switch_on", float(kind is OrderKind.SWITCH_ON))


def test_orders_over_the_things_stack_and_what_takes_none() -> None:
    network = TheThingsStack()
    network.decode(TTN_TOPIC, ttn("milesight-iot", "ws523", bytes.fromhex("087001")))
    telegram = network.telegram(Order("command-1", EUI, OrderKind.SWITCH_OFF))
    assert telegram is not None
    assert telegram.topic == "v3/school-air@ttn/devices/p-a101/down/push"
    assert json.loads(telegram.payload) == {
        "downlinks": [{"f_port": 85, "frm_payload": "CAAA/w==", "priority": "NORMAL"}]
    }
    assert network.telegram(Order("command-1", EUI, OrderKind.DISPLAY_OFF)) is None
    assert network.telegram(Order("command-1", "another", OrderKind.SWITCH_OFF)) is None
    lights = ChirpStack()
    up(chirpstack("WS558", bytes.fromhex("08310001")), dialect=lights)
    up(chirpstack("Other", object={"relay": "on"}, fCnt=43), dialect=lights)
    assert lights.accepts() == {}  # nobody has said in which bytes


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["temperature", "co2", "battery", "motion", "door", "rssi", "value"]), inner)
    ),
    max_leaves=10,
)
KEYS = ["deviceInfo", "objectJSON", "time", "fPort", "fCnt", "data", "object", "rxInfo", "devAddr", "deduplicationId"]
UPLINK_KEYS = ["f_port", "f_cnt", "frm_payload", "decoded_payload", "rx_metadata", "received_at", "version_ids"]


@given(st.dictionaries(st.sampled_from(KEYS), JSON), st.dictionaries(st.sampled_from(UPLINK_KEYS), JSON), st.binary())
def test_nothing_is_raised_and_nothing_impossible_read(
    event: dict[str, Any], uplink: dict[str, Any], raw: bytes
) -> None:
    found = up(chirpstack("AM103", AM103, over=event)) + up(raw)
    found += TheThingsStack().decode(TTN_TOPIC, ttn("milesight-iot", "am103", AM103, over=uplink))
    for kind in ("status", "join", "log"):
        found += ChirpStack().decode(CS_TOPIC + kind, json.dumps(event).encode())
    for one in found:
        assert all(QUANTITIES[key].accepts(value) for key, value in one.values.items())


@given(st.integers(0, 400), st.integers(0, 255))
def test_a_changed_byte_of_a_message_is_never_an_exception(place: int, byte: int) -> None:
    message = bytearray(chirpstack("AM308", AM103, object={"temperature": 21.5, "co2": 600}))
    message[place % len(message)] = byte
    for one in up(bytes(message)):
        assert all(QUANTITIES[key].accepts(value) for key, value in one.values.items())

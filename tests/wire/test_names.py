"""Topics, ids and the quantities table: the names other programs rely on."""

import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.wire.strategies import ids
from wire.ids import is_id, slug
from wire.quantities import QUANTITIES, Kind
from wire.release import RELEASE
from wire.topics import Channel, GatewayTopic, HubTopic, client_id, gateway_topic, hub_topic, parse_topic, user_name

PROTOCOL = Path(__file__).resolve().parents[2] / "docs" / "protocol.md"
FIXED_KEYS = (  # design.md, "Fixed points"
    "co2_ppm temperature_c humidity_pct illuminance_lx noise_dba pm1_ugm3 pm25_ugm3 pm10_ugm3 tvoc_ppb pressure_hpa "
    "voltage_v current_a power_w energy_kwh frequency_hz power_factor battery_pct battery_v rssi_dbm link_quality "
    "occupancy people_count contact_open switch_on display_on lamp_hours_h input_source error_code"
).split()
UNITS = {"co2_ppm": "ppm", "temperature_c": "°C", "humidity_pct": "%", "illuminance_lx": "lx", "noise_dba": "dBA"}
UNITS |= {"pm25_ugm3": "µg/m³", "power_w": "W", "energy_kwh": "kWh", "battery_v": "V", "pressure_hpa": "hPa"}


@given(ids, ids, st.sampled_from(Channel))
def test_gateway_topics_come_back(school: str, gateway: str, channel: Channel) -> None:
    if school == "hub":
        with pytest.raises(ValueError, match="not ids"):
            gateway_topic(school, gateway, channel)
        return
    topic = gateway_topic(school, gateway, channel)
    assert parse_topic(topic) == GatewayTopic(school, gateway, channel)
    assert str(parse_topic(topic)) == topic


@given(ids)
def test_hub_topics_come_back(hub: str) -> None:
    assert parse_topic(hub_topic(hub)) == HubTopic(hub)
    assert str(HubTopic(hub)) == hub_topic(hub)


@given(st.text(max_size=60))
def test_other_topics_are_nobodys(topic: str) -> None:
    assert parse_topic(topic) is None


@pytest.mark.parametrize(
    "topic",
    [
        "edu/v1/s/g/other",
        "edu/v2/s/g/tele",
        "edu/v1/S/g/tele",
        "edu/v1/hub/main/tele",
        "edu/v1/s/g/tele/x",
        "edu/v1/+/g/tele",
    ],
)
def test_near_misses_are_nobodys(topic: str) -> None:
    assert parse_topic(topic) is None


def test_a_hub_id_is_checked() -> None:
    with pytest.raises(ValueError, match="not an id"):
        hub_topic("Main Hub")


def test_names_of_a_gateway_at_the_broker() -> None:
    assert user_name("thcs-hoa-binh", "g1") == "thcs-hoa-binh.g1"
    assert client_id("thcs-hoa-binh", "g1") == "thcs-hoa-binh_g1"


@given(st.text(min_size=1, max_size=300))
def test_a_slug_is_an_id(name: str) -> None:
    assert is_id(slug(name))
    assert slug(slug(name)) == slug(name)


@given(st.text(min_size=1, max_size=40), st.text(min_size=1, max_size=40))
def test_two_names_never_share_a_slug_by_being_tidied(one: str, other: str) -> None:
    if one != other and not (is_id(one) and is_id(other)):
        import unicodedata

        same = unicodedata.normalize("NFC", one) == unicodedata.normalize("NFC", other)
        assert same or slug(one) != slug(other)


def test_vietnamese_names_stay_readable() -> None:
    assert slug("a101") == "a101"
    assert re.fullmatch(r"phong-may-chieu-dien-[0-9a-f]{6}", slug("Phòng máy chiếu điện"))
    assert re.fullmatch(r"[0-9a-f]{6}", slug("教室"))


def test_the_fixed_keys_are_all_there() -> None:
    assert set(FIXED_KEYS) <= set(QUANTITIES)


def test_units_are_pinned_outside_any_snapshot() -> None:
    assert {key: QUANTITIES[key].unit for key in UNITS} == UNITS
    assert QUANTITIES["co2_ppm"].code == "59"


def test_keys_agree_with_their_rows() -> None:
    for key, row in QUANTITIES.items():
        assert key == row.key
        assert row.meaning.vi
        assert row.meaning.en
        assert row.kind is Kind.TEXT or row.minimum < row.maximum


@pytest.mark.parametrize(
    ("key", "value", "accepted"),
    [
        ("co2_ppm", 812.0, True),
        ("co2_ppm", -1.0, False),
        ("co2_ppm", 40_001.0, False),
        ("co2_ppm", "812", False),
        ("co2_ppm", float("nan"), False),
        ("occupancy", 0.5, False),
        ("occupancy", 1.0, True),
        ("input_source", "hdmi1", True),
        ("input_source", "x" * 201, False),
        ("input_source", 1.0, False),
    ],
)
def test_what_a_quantity_accepts(key: str, value: float | str, accepted: bool) -> None:
    assert QUANTITIES[key].accepts(value) is accepted


def quantities_table() -> str:
    lines = ["| key | unit | UN/CEFACT | range | kind | tiếng Việt | English |", "|---|---|---|---|---|---|---|"]
    for row in QUANTITIES.values():
        span = "" if row.kind is Kind.TEXT else f"{row.minimum:g} to {row.maximum:g}"
        lines.append(
            f"| `{row.key}` | {row.unit} | {row.code} | {span} | {row.kind} | {row.meaning.vi} | {row.meaning.en} |"
        )
    return "\n".join(lines)


def test_the_protocol_lists_every_quantity() -> None:
    text = PROTOCOL.read_text(encoding="utf-8")
    written = text.split("<!-- quantities:begin -->\n")[1].split("\n<!-- quantities:end -->")[0]
    assert written == quantities_table(), "docs/protocol.md section 7 must be:\n" + quantities_table()


def test_the_release_is_the_projects() -> None:
    project = tomllib.loads((PROTOCOL.parents[1] / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["version"] == RELEASE

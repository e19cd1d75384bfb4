"""One list of spellings: as a key and as a person's words they mean the same quantity."""

import pytest

from edge.dialects.key_names import read_name
from edge.dialects.measures import KINDS
from edge.dialects.name_words import kind_of
from edge.dialects.spellings import SPELLINGS

UNITS = {
    "temperature": "°C",
    "humidity": "%",
    "co2": "ppm",
    "illuminance": "lx",
    "noise": "dBA",
    "pressure": "hPa",
    "formaldehyde": "µg/m³",
    "tvoc": "ppb",
    "ozone": "ppb",
    "battery volt": "V",
    "battery": "%",
    "frequency": "Hz",
    "rssi": "dBm",
    "snr": "dB",
}
KEY_UNITS = {"°C": "c", "%": "pct", "µg/m³": "ugm3", "dBA": "dba"}


@pytest.mark.parametrize("subject", sorted(SPELLINGS))
def test_every_spelling_means_one_thing_both_ways(subject: str) -> None:
    unit = UNITS.get(subject, "")
    for phrase in SPELLINGS[subject]:
        key = read_name(f"{phrase.replace(' ', '_')}_{KEY_UNITS.get(unit, unit.lower())}")
        kind = kind_of(f"Hall {phrase.title()} 2", unit)
        assert key is not None, phrase
        assert kind is not None, phrase
        assert KINDS[kind][0] == key.quantity, phrase


@pytest.mark.parametrize("name", ["Current Temperature", "Nhiệt độ phòng học", "Hall temp"])
def test_other_words_may_stand_beside(name: str) -> None:
    assert kind_of(name, "°C") == "temperature"
    assert kind_of("Cường độ " + name + " target", "°C") is None

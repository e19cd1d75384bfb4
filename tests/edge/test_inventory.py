"""What edge.toml says of devices goes to the hub: their names by the ids they have there, and what it maps itself."""

from pathlib import Path

from edge.config import parse_config
from edge.inventory import device_names, own_figures
from wire.mapping import Figure

HEAD = '[gateway]\nschool = "thcs"\nid = "gw-a1"\nhub = "main"\ndata_dir = "/tmp/x"\n[broker]\nhost = "localhost"\n'
DEVICES = """
[[serial]]
name = "CO2 phòng A101"
device = "mhz19"
port = "/dev/ttyUSB0"
[[network]]
name = "bang"
id = "bang-a101"
device = "samsung_mdc"
host = "10.0.0.5"
[[bus]]
name = "rs485"
port = "/dev/ttyUSB1"
[[bus.devices]]
name = "Công tơ tầng 1"
device = "eastron_sdm120"
address = 1
"""
MAPPINGS = """
[[mapping]]
topic = "vuon/+/khi"
path = "co2"
quantity = "co2_ppm"
device = "{1}"
[[mapping]]
topic = "vuon/nhiet"
quantity = "temperature_c"
device = "vuon"
"""


def test_names_go_by_the_ids_of_the_hub() -> None:
    names = device_names(parse_config(HEAD + DEVICES, "edge.toml", Path()))
    assert names["bang-a101"] == "bang"
    assert set(names.values()) == {"CO2 phòng A101", "bang", "Công tơ tầng 1"}
    assert all(key == "bang-a101" or key.startswith("gw-a1-") for key in names)


def test_nothing_named_and_nothing_mapped_says_nothing() -> None:
    bare = parse_config(HEAD, "edge.toml", Path())
    assert (device_names(bare), own_figures(bare)) == ({}, [])


def test_what_is_mapped_here_is_told_by_topic_and_path() -> None:
    assert own_figures(parse_config(HEAD + MAPPINGS, "edge.toml", Path())) == [
        Figure("vuon/+/khi", "co2"),
        Figure("vuon/nhiet", ""),
    ]

"""`[[mapping]]` in edge.toml: loaded, checked before the start, and in force before the hub's."""

from pathlib import Path

import pytest

from edge.config import parse_config
from edge.sources.local_mqtt import LocalMqtt
from edge.sources.table import build_sources
from wire.mapping import Mapping, RemoteSettings
from wire.settings import SettingsError

BARE = "[gateway]\nschool='s1'\nid='g1'\ndata_dir='d'\n[broker]\nhost='h'\n"
BROKER = "[[mqtt]]\nname='local'\nhost='127.0.0.1'\n"
ROW = "[[mapping]]\ntopic='lop/+/khihau'\nquantity='temperature_c'\npath='nhiet_do'\ndevice='{1}'\nscale=0.1\n"


def test_a_mapping_of_the_file_wins_over_the_hubs(tmp_path: Path) -> None:
    (source,) = build_sources(parse_config(BARE + BROKER + ROW, "edge.toml", tmp_path), "edge.toml")
    assert isinstance(source, LocalMqtt)
    source.configure(RemoteSettings([Mapping("lop/+/khihau", "humidity_pct", "nhiet_do", "{1}")]))
    (found,) = source._router.decode("lop/a101/khihau", b'{"nhiet_do": 265}')
    assert (found.device_id, found.values) == ("a101", {"temperature_c": 26.5})


@pytest.mark.parametrize(
    ("toml", "key"),
    [
        (BROKER + ROW.replace("temperature_c", "warmth"), "mapping[0]"),
        (BROKER + ROW + ROW.replace("{1}", "{2}"), "mapping[1]"),
        (BROKER + ROW.replace("lop/+/khihau", "lop/a+/khihau"), "mapping[0]"),
        (BROKER + ROW + "hmm=1\n", "mapping[0].hmm"),
        (BROKER + ROW.replace("0.1", "'x'"), "mapping[0].scale"),
        (ROW, "mapping[0]"),
    ],
)
def test_a_mapping_that_cannot_work_stops_the_start(tmp_path: Path, toml: str, key: str) -> None:
    with pytest.raises(SettingsError) as wrong:
        build_sources(parse_config(BARE + toml, "edge.toml", tmp_path), "edge.toml")
    assert wrong.value.key == key

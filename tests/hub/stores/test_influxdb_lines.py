"""Line protocol as InfluxDB's reference has it: prefixes, escapes, types, and which room and factors hold when."""

import math

import pytest

from hub.registry.model import Assignment, Calibration
from hub.stores.influx import lines
from hub.stores.influx.lines import Device, PointUnusable
from hub.stores.series import Point
from wire.quantities import QUANTITIES


def test_a_line_has_sorted_tags_and_typed_fields() -> None:
    start = lines.prefix("reading", "s1", "r1", "d1")
    fields: lines.Fields = {"co2_ppm": 812.0, "input_source": 'a "b" \\ c,d=e', "seq": 5 << 40 | 7}
    assert (
        lines.line(start, fields, 1_760_000_000_123)
        == 'reading,device=d1,room=r1,school=s1 co2_ppm=812.0,input_source="a \\"b\\" \\\\ c,d=e",seq=5497558138887i'
        " 1760000000123"
    )
    assert lines.prefix("gateway_health", "s1", gateway="g1") == "gateway_health,gateway=g1,school=s1 "
    assert lines.prefix("room_status", "s1", "r1") == "room_status,room=r1,school=s1 "


@pytest.mark.parametrize("tag", ["", "A", "a b", "a,b", "a=b", "lớp-6a", "a" * 65, "a\n", "a_b", "a\\"])
def test_nothing_but_an_id_becomes_a_tag(tag: str) -> None:
    with pytest.raises(PointUnusable):
        Device("s1", tag)
    with pytest.raises(PointUnusable):
        Device(tag, "d1")
    with pytest.raises(PointUnusable):
        lines.prefix("room_status", "s1", gateway=tag)


def test_every_quantity_is_a_field_and_none_of_ours() -> None:
    for name in QUANTITIES:
        assert lines.checked_field(name) == name
        assert lines.is_quantity(name)
    for name in ("seq", "shift_ms", "seq_co2_ppm", "co2_ppm_measured", "Co2", "co2 ppm", "", "1x", "x" * 65):
        with pytest.raises(PointUnusable):
            lines.checked_field(name)


def test_rooms_and_factors_change_at_their_millisecond() -> None:
    stays = (Assignment("s1", "d1", "r1", 10, 20), Assignment("s1", "d1", "r2", 30, None))
    scales = (Calibration("s1", "d1", "co2_ppm", 2.0, 0.0, 15), Calibration("s1", "d1", "co2_ppm", 1.0, 5.0, 25))
    device = Device("s1", "d1", (stays, scales))
    rooms = {}
    for t_ms in (9, 10, 19, 20, 29, 30, 10**15):
        device.stand_at(t_ms)
        rooms[t_ms] = device.room
        assert device.from_ms <= t_ms < device.to_ms
    assert rooms == {9: "_", 10: "r1", 19: "r1", 20: "_", 29: "_", 30: "r2", 10**15: "r2"}
    assert [device.calibrated("co2_ppm", t, 100.0) for t in (14, 15, 24, 25)] == [100.0, 200.0, 200.0, 105.0]
    assert device.calibrated("noise_dba", 25, 100.0) == 100.0


def test_what_a_calibration_makes_endless_stays_as_measured() -> None:
    device = Device("s1", "d1", ((), (Calibration("s1", "d1", "power_w", 1e300, 0.0, 0),)))
    fields = lines.raw_fields(device, Point("s1", "d1", 5, {"power_w": 1e300}, "aa", 1), 9)
    assert fields == {"power_w": 1e300, "seq": 9}
    assert all(math.isfinite(value) for value in fields.values() if isinstance(value, float))


def test_ranks_order_epochs_before_rows() -> None:
    ranks = [lines.rank_of(*each) for each in ((1, 1), (1, 2**40 - 1), (2, 0), (2, 1))]
    assert ranks == sorted(ranks)
    for row in (-1, 2**40):
        with pytest.raises(PointUnusable):
            lines.rank_of(1, row)


def test_rows_of_text_are_written_with_care() -> None:
    assert lines.all_numbers(("co2_ppm", "occupancy"))
    for names in (("co2_ppm", "error_code"), ("unheard_of",), ()):
        assert not lines.all_numbers(names)

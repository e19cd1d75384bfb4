"""The clock rule of docs/protocol.md section 6, and which values can be true."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.ingest.check import all_good, bad_values
from hub.ingest.skew import STEADY_MS, TOLERATED_MS, Skew
from wire.quantities import QUANTITIES, Kind

NOW = 1_763_800_000_000
DAY = 86_400_000


@given(st.integers(-TOLERATED_MS, TOLERATED_MS))
def test_a_minute_is_tolerated(difference: int) -> None:
    assert Skew().judge(NOW - difference, NOW) == 0


@given(st.integers(TOLERATED_MS + 1, 400 * DAY), st.integers(-STEADY_MS, STEADY_MS), st.booleans())
def test_more_is_corrected_once_two_messages_agree(size: int, jitter: int, ahead: bool) -> None:
    difference = -size if ahead else size
    skew = Skew()
    assert skew.judge(NOW - difference, NOW) is None
    second = difference + jitter
    if abs(second) > TOLERATED_MS:
        assert skew.judge(NOW - second, NOW) == difference


def test_rows_of_an_older_setting_and_of_the_new_one_are_judged_side_by_side() -> None:
    skew = Skew()
    skew.judge(NOW - 14 * DAY, NOW)
    assert skew.judge(NOW - 14 * DAY, NOW) == 14 * DAY
    assert skew.judge(NOW, NOW) == 0
    assert skew.judge(NOW + 1000 - 14 * DAY, NOW + 1000) == 14 * DAY


def test_a_difference_that_wanders_is_never_believed() -> None:
    skew = Skew()
    assert all(skew.judge(NOW - step * 100_000, NOW) is None for step in range(1, 50))


def test_no_clock_no_correction_and_a_boot_forgets() -> None:
    skew = Skew()
    assert skew.judge(None, NOW) == 0
    skew.judge(NOW - DAY, NOW)
    skew.forget()
    assert skew.judge(NOW - DAY, NOW) is None


@pytest.mark.parametrize(
    ("values", "bad"),
    [
        ({"co2_ppm": 400.0, "temperature_c": 27}, set()),
        ({"co2_ppm": 40_001}, {"co2_ppm"}),
        ({"co2_ppm": "high"}, {"co2_ppm"}),
        ({"occupancy": 1, "contact_open": 0}, set()),
        ({"occupancy": 0.5}, {"occupancy"}),
        ({"input_source": "HDMI 1", "co2_ppm": 500}, set()),
        ({"input_source": 3.0}, {"input_source"}),
        ({"unheard_of": 1, "co2_ppm": 500}, {"unheard_of"}),
        ({"temperature_c": -41, "humidity_pct": 101, "noise_dba": 40}, {"temperature_c", "humidity_pct"}),
    ],
)
def test_values(values: dict[str, float | str], bad: set[str]) -> None:
    assert set(bad_values(values)) == bad
    assert all_good(values) is not bool(bad)


@given(st.dictionaries(st.sampled_from([*QUANTITIES, "other"]), st.one_of(st.floats(allow_nan=False), st.text())))
def test_the_fast_check_and_the_careful_one_agree(values: dict[str, float | str]) -> None:
    assert all_good(values) is (not bad_values(values))


def test_the_ends_of_a_range_belong_to_it() -> None:
    for key, row in QUANTITIES.items():
        if row.kind in {Kind.GAUGE, Kind.COUNTER}:
            assert all_good({key: row.minimum})
            assert all_good({key: row.maximum})

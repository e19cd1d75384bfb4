"""Presence and people on a slice of the recorded rooms; the whole is benchmarks/occupancy.py."""

from itertools import islice

import pytest

from benchmarks import occupancy

pytestmark = pytest.mark.skipif(not occupancy.DATA.exists(), reason=f"recorded rooms are not at {occupancy.DATA}")


def test_an_office_held_out_from_tuning() -> None:
    path = occupancy.DETECTION / "datatest.txt"
    score = occupancy.evaluate("slice", islice(occupancy.detection(path), 1_800), occupancy.OFFICE_M3)
    assert score.unknown < 20
    assert score.balanced > 0.93, occupancy.table(score, counted=False)


def test_up_to_three_people_held_out_from_tuning() -> None:
    moments = islice(occupancy.estimation(occupancy.ESTIMATION), 2_000)
    score = occupancy.evaluate("slice", moments, occupancy.SMALL_ROOM_M3)
    text = occupancy.table(score, counted=True)
    assert score.balanced > 0.9, text
    assert score.mean_error < 1.0, text
    assert score.covered > 0.9, text

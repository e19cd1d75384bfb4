"""Presence and people on recorded rooms held out from tuning; the whole with its tables is benchmarks/occupancy.py.

The floors lie a little below what was measured (2026-11-22: 0.976 and 0.969) and at the published 0.97 for rooms
that were trained in, which this engine was not.
"""

from itertools import islice

import pytest

from benchmarks import learnt, occupancy
from benchmarks.recorded import DATA, DETECTION, ESTIMATION, detection, estimation

pytestmark = pytest.mark.skipif(not DATA.exists(), reason=f"recorded rooms are not at {DATA}")


@pytest.mark.parametrize(("part", "floor"), [("datatest", 0.97), ("datatest2", 0.96)])
def test_an_office_held_out_from_tuning(part: str, floor: float) -> None:
    score = occupancy.evaluate(part, detection(DETECTION / f"{part}.txt"), occupancy.OFFICE_M3)
    told = occupancy.table(score, counted=False)
    assert score.unknown < 20
    assert score.accuracy >= floor, told
    assert score.balanced >= floor, told
    assert score.calibration_error < 0.07, told


def test_up_to_three_people_held_out_from_tuning() -> None:
    moments = islice(estimation(ESTIMATION), 2_000)
    score = occupancy.evaluate("slice", moments, occupancy.SMALL_ROOM_M3)
    told = occupancy.table(score, counted=True)
    assert score.balanced > 0.9, told
    assert score.mean_error < 1.0, told
    assert score.covered > 0.9, told


def test_splits_by_days_share_no_day_and_lose_no_row() -> None:
    recorded = list(estimation(ESTIMATION))
    assert len(recorded) == 10_129
    recorded = recorded[::3]
    fit = learnt.by_days(recorded)
    fitted = {m.at_ms // learnt.DAY_MS for m, chosen in zip(recorded, fit, strict=True) if chosen}
    tested = {m.at_ms // learnt.DAY_MS for m, chosen in zip(recorded, fit, strict=True) if not chosen}
    assert not fitted & tested
    right, error = learnt.count_score(recorded, fit)
    assert right > 0.9
    assert error < 0.2

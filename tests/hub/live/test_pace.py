"""The pace of a device against its plainest reckoning."""

from hypothesis import example, given
from hypothesis import strategies as st

from hub.live.device import (
    BURST_MS,
    GAPS,
    PACE_CAP_MS,
    PACE_FLOOR_MS,
    REGULAR_GAPS,
    REGULAR_MS,
    REGULAR_SHARE,
    Pace,
)

AROUND = st.integers(20_000, 40_000).flatmap(
    lambda usual: st.lists(st.integers(usual - usual // 8, usual + usual // 8), min_size=1, max_size=12)
)


@given(st.lists(st.integers(BURST_MS, 4_000_000), min_size=1, max_size=12) | AROUND)
@example([30_000, 30_000, 30_000, 33_000, 27_000, 33_001, 26_999])  # a tenth, and a millisecond more
def test_the_pace_is_the_median_of_the_last_gaps(gaps: list[int]) -> None:
    pace, at_ms = Pace(0), 0
    for gap in gaps:
        at_ms += gap
        pace.note(at_ms)
    pace.judge()
    last = sorted(gaps[-GAPS:])
    median = last[len(last) // 2]
    near = [gap for gap in last if abs(gap - median) <= max(REGULAR_MS, median * REGULAR_SHARE)]
    assert pace.regular is (len(near) >= REGULAR_GAPS)
    assert pace.interval_ms == min(max(median, PACE_FLOOR_MS), PACE_CAP_MS)

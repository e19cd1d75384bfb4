"""Stretches of time in which certainly nothing of a device is stored, so that its backlog need not be compared. Pure.

After an outage a gateway sends what is new first and then its backlog, oldest first. A row later than all before it
leaves a gap behind it; a row that falls into a gap is certainly new and cuts it in two.
"""

Gap = tuple[int, int]  # nothing is stored at any time between these two; at both ends something may be
Gaps = tuple[Gap, ...]  # apart from each other, the oldest knowledge first
NARROW_MS = 7_000  # a gap no wider holds one row at most of a device that measures every 5 s
MOST = 4  # of one device
OLD_MS = 86_400_000  # a gap that ended so long before the newest is given up first: every night leaves one


def with_gap(gaps: Gaps, gap: Gap) -> Gaps:
    """The widest that are not old, as many as are kept. `gap` touches none of the others."""
    if gap[1] - gap[0] <= NARROW_MS:
        return gaps
    found = (*gaps, gap)
    if len(found) <= MOST:
        return found
    old_ms = max(end for _, end in found) - OLD_MS
    least = min(found, key=lambda each: (each[1] > old_ms, each[1] - each[0]))
    return tuple(each for each in found if each is not least)


def cut(gaps: Gaps, t_ms: int) -> Gaps | None:
    """What is left once something may be stored at a time; None where that may be so already."""
    for gap in gaps:
        if gap[0] < t_ms < gap[1]:
            others = tuple(each for each in gaps if each is not gap)
            return with_gap(with_gap(others, (gap[0], t_ms)), (t_ms, gap[1]))
    return None


def joined(gaps: Gaps, gap: Gap) -> Gaps:
    """With one that was learnt otherwise and may overlap what is known."""
    apart = tuple(each for each in gaps if each[1] <= gap[0] or gap[1] <= each[0])
    over = [each for each in gaps if each not in apart]
    return with_gap(apart, (min(gap[0], *(a for a, _ in over)), max(gap[1], *(b for _, b in over))) if over else gap)

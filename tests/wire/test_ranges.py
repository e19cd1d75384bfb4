"""RangeSet against the plainest model there is: a Python set."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from wire.ranges import RangeSet

steps = st.lists(st.tuples(st.booleans(), st.integers(0, 60), st.integers(-2, 12)), max_size=30)


def build(moves: list[tuple[bool, int, int]]) -> tuple[RangeSet, set[int]]:
    ranges, model = RangeSet(), set[int]()
    for adding, first, length in moves:
        last = first + length
        (ranges.add if adding else ranges.remove)(first, last)
        model = model | set(range(first, last + 1)) if adding else model - set(range(first, last + 1))
    return ranges, model


@given(steps, st.integers(-5, 70), st.integers(0, 30))
def test_it_is_a_set_of_numbers(moves: list[tuple[bool, int, int]], first: int, length: int) -> None:
    ranges, model = build(moves)
    assert {number for low, high in ranges for number in range(low, high + 1)} == model
    assert ranges.count() == len(model)
    assert all((number in ranges) == (number in model) for number in range(-2, 80))
    missing = [number for low, high in ranges.missing(first, first + length) for number in range(low, high + 1)]
    assert missing == [number for number in range(first, first + length + 1) if number not in model]


@given(steps)
def test_ranges_stay_sorted_disjoint_and_apart(moves: list[tuple[bool, int, int]]) -> None:
    ranges, _ = build(moves)
    pairs = list(ranges)
    assert len(ranges) == len(pairs)
    assert all(low <= high for low, high in pairs)
    assert all(before[1] + 1 < after[0] for before, after in pairwise(pairs))
    assert RangeSet(reversed(pairs)) == ranges


def test_the_end_of_a_run() -> None:
    ranges = RangeSet([(1, 5), (8, 9)])
    assert [ranges.end_of_run(number) for number in (1, 5, 6, 8)] == [5, 5, None, 9]
    assert repr(ranges) == "RangeSet([(1, 5), (8, 9)])"
    assert ranges != [(1, 5)]

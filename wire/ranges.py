"""Sets of row numbers as closed ranges, for acknowledgements, drops and what a hub has seen."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator


class RangeSet:
    """A set of integers kept as sorted, disjoint, non-touching closed ranges [a, b]. Mutable."""

    __slots__ = ("_ends", "_starts")

    def __init__(self, ranges: Iterable[tuple[int, int]] = ()) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        for first, last in ranges:
            self.add(first, last)

    def add(self, first: int, last: int) -> None:
        """Put in every number from `first` to `last`; an empty range (last < first) changes nothing."""
        if last < first:
            return
        ends = self._ends
        if ends and first == ends[-1] + 1:  # rows come in order nearly always: no search for them
            ends[-1] = last
            return
        low = bisect_left(ends, first - 1)
        high = low
        while high < len(self._starts) and self._starts[high] <= last + 1:
            high += 1
        if low < high:
            first, last = min(first, self._starts[low]), max(last, self._ends[high - 1])
        self._starts[low:high] = [first]
        self._ends[low:high] = [last]

    def remove(self, first: int, last: int) -> None:
        """Take out every number from `first` to `last`."""
        if last < first or not self._starts:
            return
        low = bisect_left(self._ends, first)
        high = low
        kept: list[tuple[int, int]] = []
        while high < len(self._starts) and self._starts[high] <= last:
            if self._starts[high] < first:
                kept.append((self._starts[high], first - 1))
            if self._ends[high] > last:
                kept.append((last + 1, self._ends[high]))
            high += 1
        self._starts[low:high] = [start for start, _ in kept]
        self._ends[low:high] = [end for _, end in kept]

    def missing(self, first: int, last: int) -> list[tuple[int, int]]:
        """The ranges of [first, last] that are not in the set, in order."""
        if not self._ends or first > self._ends[-1]:
            return [(first, last)] if first <= last else []
        gaps: list[tuple[int, int]] = []
        at = first
        index = bisect_left(self._ends, first)
        while at <= last and index < len(self._starts) and self._starts[index] <= last:
            if self._starts[index] > at:
                gaps.append((at, self._starts[index] - 1))
            at = self._ends[index] + 1
            index += 1
        if at <= last:
            gaps.append((at, last))
        return gaps

    def count(self) -> int:
        """How many numbers are in the set."""
        return sum(self._ends) - sum(self._starts) + len(self._starts)

    def end_of_run(self, number: int) -> int | None:
        """The last number of the range that holds `number`, or None."""
        index = bisect_left(self._ends, number)
        held = index < len(self._starts) and self._starts[index] <= number
        return self._ends[index] if held else None

    @property
    def last(self) -> int:
        """The highest number in the set, 0 where it is empty."""
        return self._ends[-1] if self._ends else 0

    def __contains__(self, number: int) -> bool:
        return self.end_of_run(number) is not None

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return iter(zip(self._starts, self._ends, strict=True))

    def __len__(self) -> int:
        """The number of ranges, not of numbers."""
        return len(self._starts)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RangeSet) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]  # mutable

    def __repr__(self) -> str:
        return f"RangeSet({list(self)})"

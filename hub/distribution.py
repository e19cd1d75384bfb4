"""How often something took how much: the buckets of a Prometheus histogram, fed once a batch. Pure."""

from bisect import bisect_left
from collections.abc import Sequence

SECONDS = (0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
ROWS = (1, 10, 50, 100, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000)


class Distribution:
    """One writer; a reader in another thread may see a sum that is one observation ahead of its buckets."""

    __slots__ = ("_bounds", "_counts", "total")

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = tuple(float(bound) for bound in bounds)
        self._counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def observe(self, value: float) -> None:
        self._counts[bisect_left(self._bounds, value)] += 1
        self.total += value

    @property
    def count(self) -> int:
        return sum(self._counts)

    def buckets(self) -> list[tuple[str, float]]:
        """(upper bound as Prometheus writes it, how many were at most that), the last one unbounded."""
        found, so_far = [], 0
        for bound, count in zip((*self._bounds, None), list(self._counts), strict=True):
            so_far += count
            found.append(("+Inf" if bound is None else f"{bound:g}", float(so_far)))
        return found

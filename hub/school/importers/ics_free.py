"""Days nobody has spoken for: the first from some day on, however many long holidays lie over each other. Pure."""


class FreeDays:
    """Days as numbers. Each one taken points past itself, and what is asked on the way points further (disjoint sets):
    many thousand stretches of a year each cost as much as their days, not as their product.
    """

    def __init__(self) -> None:
        self._after: dict[int, int] = {}

    def of(self, day: int) -> int:
        """The first free one, `day` or later."""
        free = day
        while free in self._after:
            free = self._after[free]
        while day != free:
            self._after[day], day = free, self._after[day]
        return free

    def take(self, day: int) -> None:
        self._after[day] = day + 1

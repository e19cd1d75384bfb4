"""When the gateway says anew what its sources offer, without waiting for its next heartbeat. Pure.

A source that connects or is lost, a device announced on the local broker, a figure nobody could read before: each is
on the hub's pages a second later. Where something changes all the time it becomes ever more seldom, for the state is
not small.
"""

DEBOUNCE_S, LONGEST_S = 1.0, 30.0


class Announcements:
    """Compares what is offered now with what was said. Mutable; times are monotonic."""

    def __init__(self) -> None:
        self._said: object = None
        self._noticed_s: float | None = None
        self._last_s = float("-inf")
        self._pause_s = DEBOUNCE_S

    def due(self, offer: object, now_s: float) -> bool:
        """Whether to say it now. The first offer is what the gateway says when it connects anyway."""
        if self._said is None:
            self._said = offer
        if offer == self._said:
            self._noticed_s = None
            return False
        if self._noticed_s is None:
            self._noticed_s = now_s
        if now_s - self._noticed_s < DEBOUNCE_S or now_s - self._last_s < self._pause_s:
            return False
        followed = self._noticed_s - self._last_s < LONGEST_S
        self._pause_s = min(LONGEST_S, 2 * self._pause_s) if followed else DEBOUNCE_S
        self._said, self._noticed_s, self._last_s = offer, None, now_s
        return True

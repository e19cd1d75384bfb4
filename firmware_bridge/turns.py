"""Who may speak next on a line that several devices share: the one that has waited longest, dead ones seldom. Pure."""

from collections.abc import Sequence

FIRST_BACK_OFF_S, LONGEST_BACK_OFF_S = 0.5, 30.0
_NEVER = float("inf")


class Turns:
    """The schedule of one opened line. Mutable. Times are monotonic seconds, members are known by their place.

    A member that does not answer is asked again after a pause that doubles each time: its time-out, during which nobody
    else can speak, is spent once a pause. `silence_s` is what the line needs between two members.
    """

    def __init__(self, members: int, silence_s: float) -> None:
        self._silence_s = silence_s
        self._free_s = 0.0
        self._resume_s = [0.0] * members
        self._failures = [0] * members
        self._last_s = [-_NEVER] * members

    def next(self, due_s: Sequence[float], urgent: Sequence[bool], now_s: float) -> int | None:
        """Whose turn it is now; None where nobody's, or the line needs silence. Whoever has an order comes first."""
        if now_s < self._free_s:
            return None
        ready = [one for one, _ in enumerate(due_s) if urgent[one] or self._ready_s(due_s, one) <= now_s]
        order = {one: (not urgent[one], self._ready_s(due_s, one), self._last_s[one]) for one in ready}
        return min(ready, key=order.__getitem__, default=None)

    def due_s(self, due_s: Sequence[float], urgent: Sequence[bool]) -> float:
        """When somebody's turn comes; infinity where never."""
        if any(urgent):
            return self._free_s
        ready = min((self._ready_s(due_s, one) for one, _ in enumerate(due_s)), default=_NEVER)
        return max(ready, self._free_s)

    def ended(self, member: int, now_s: float, *, answered: bool) -> None:
        """That member has had its answer, or its time-out."""
        self._free_s, self._last_s[member] = now_s + self._silence_s, now_s
        if answered:
            self._failures[member], self._resume_s[member] = 0, 0.0
            return
        pause_s = min(FIRST_BACK_OFF_S * 2 ** min(self._failures[member], 16), LONGEST_BACK_OFF_S)
        self._failures[member] += 1
        self._resume_s[member] = now_s + pause_s

    def passed(self, now_s: float) -> None:
        """Whoever had the turn had nothing to say."""
        self._free_s = now_s + self._silence_s

    def _ready_s(self, due_s: Sequence[float], one: int) -> float:
        return max(due_s[one], self._resume_s[one])

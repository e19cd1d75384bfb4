"""What became of the rows of one stream: settled by the hub, declared dropped, or still owed. Pure.

`done` holds every number that need not be sent any more; `oldest` of the protocol is the first that is not in it.
"""

from collections.abc import Iterable
from enum import Enum

import msgspec

from wire.messages import MAX_RANGES, Ack, Dropped, DropReason
from wire.ranges import RangeSet


class Verdict(Enum):
    """What an acknowledgement of our own hub and epoch means for the outbox."""

    NEWS = "news"  # something more is settled
    NOTHING_NEW = "nothing_new"
    NEW_INSTANCE = "new_instance"  # the hub was started anew, perhaps from a backup: its word replaces the old one's
    OLD_COPY = "old_copy"  # the hub holds rows that this outbox never sent: it is an old copy


class LedgerState(msgspec.Struct, frozen=True):
    """A ledger as it is kept on disk. `told` is the highest number the hub can know of."""

    done: list[tuple[int, int]] = []
    dropped: list[Dropped] = []
    counts: dict[str, int] = {}
    told: int = 0
    instance: str = ""


class Ledger:
    """Mutable; `changed` says that the state on disk is behind."""

    def __init__(self, state: LedgerState = LedgerState()) -> None:  # noqa: B008  # frozen
        self.restore(state)

    def restore(self, state: LedgerState) -> None:
        """Become what `state` says (a transaction that was to hold a change has failed)."""
        self.done = RangeSet(state.done)
        self.counts = dict(state.counts)
        self.told, self.instance = state.told, state.instance
        self._dropped: list[Dropped] = list(state.dropped)
        self.changed = False

    def state(self) -> LedgerState:
        return LedgerState(list(self.done), list(self._dropped), dict(self.counts), self.told, self.instance)

    def oldest(self, next_number: int) -> int:
        """The lowest number neither settled nor dropped; with nothing outstanding `next_number`."""
        end = self.done.end_of_run(1)
        return 1 if end is None else min(end + 1, next_number)

    def outstanding(self, next_number: int) -> int:
        """How many numbers below `next_number` are still owed to the hub."""
        return max(0, next_number - 1 - self.done.count())

    def tell(self, number: int) -> None:
        """The hub is about to learn that `number` exists."""
        if number > self.told:
            self.told, self.changed = number, True

    def drop(self, first: int, last: int, reason: DropReason) -> int:
        """Declare the numbers of [first, last] that are not done yet; how many those are."""
        count = 0
        for low, high in self.done.missing(first, last):
            self._declare(low, high, reason)
            count += high - low + 1
        if count:
            self.done.add(first, last)
            self.counts[reason] = self.counts.get(reason, 0) + count
            self.changed = True
        return count

    def declarations(self) -> list[Dropped]:
        """The dropped ranges the hub has not confirmed, as many as one batch may carry, oldest first."""
        return self._dropped[:MAX_RANGES]

    def judge(self, ack: Ack) -> Verdict:
        """What `ack` means, before anything is changed. `told` has to be up to date."""
        if max(ack.upto, *(last for _, last in ack.also), 0) > self.told:
            return Verdict.OLD_COPY
        if ack.instance != self.instance:
            return Verdict.NEW_INSTANCE
        news = any(self.done.missing(*run) for run in ((1, ack.upto), *ack.also))
        return Verdict.NEWS if news or self._confirms(ack) else Verdict.NOTHING_NEW

    def settle(self, ack: Ack) -> None:
        """Take over what the hub holds (verdict NEWS or NOTHING_NEW)."""
        for first, last in ((1, ack.upto), *ack.also):
            self.done.add(first, last)
        self._forget_confirmed(ack)
        self.changed = True

    def reopen(self, ack: Ack, present: Iterable[tuple[int, int]], next_number: int) -> list[tuple[int, int]]:
        """A new instance (verdict NEW_INSTANCE): what is still here and unknown to it is owed, perhaps again.

        `present` are the numbers above `ack.upto` whose rows are still stored. Returns the ranges now owed.
        """
        held = RangeSet([(1, ack.upto), *ack.also])
        owed = [gap for first, last in present for gap in held.missing(first, last)]
        self.done = RangeSet([(1, next_number - 1)])
        for first, last in owed:
            self.done.remove(first, last)
        self._forget_confirmed(ack)
        self.instance, self.changed = ack.instance, True
        return owed

    def _declare(self, first: int, last: int, reason: DropReason) -> None:
        if self._dropped and self._dropped[-1][2] == reason and self._dropped[-1][1] == first - 1:
            first = self._dropped.pop()[0]
        self._dropped.append((first, last, reason))

    def _confirms(self, ack: Ack) -> bool:
        held = RangeSet([(1, ack.upto), *ack.also])
        return any(not held.missing(first, last) for first, last, _ in self._dropped)

    def _forget_confirmed(self, ack: Ack) -> None:
        if self._dropped:
            held = RangeSet([(1, ack.upto), *ack.also])
            self._dropped = [entry for entry in self._dropped if held.missing(entry[0], entry[1])]

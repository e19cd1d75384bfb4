"""Row numbers that are never used twice: they are taken from blocks that were reserved on disk before. Pure."""

BLOCK = 1_000


class Numbering:
    """The numbers of one stream. `next` is the next free one, `reserved` the highest that may be used without a commit.

    Whoever takes numbers stores `reserved` in the transaction that stores the rows, so no number that could
    have left this machine is ever free again, even where the disk forgets its last writes.
    """

    def __init__(self, next_number: int = 1, reserved: int = 0) -> None:
        self.next, self.reserved = next_number, reserved

    def take(self, count: int) -> int:
        """The first of `count` consecutive numbers; raises `reserved` by whole blocks where they do not suffice."""
        first = self.next
        self.next += count
        if self.next - 1 > self.reserved:
            self.reserved = self.next - 1 + BLOCK
        return first

    @classmethod
    def resumed(cls, *, highest: int, reserved: int, clean: bool) -> tuple["Numbering", tuple[int, int] | None]:
        """After a restart: the numbering, and the range to declare `skipped`.

        `highest` is the last number known to be used. After a clean stop nothing beyond it can have been used;
        otherwise everything up to `reserved` may have been, so the first free number lies behind the block.
        """
        last = highest if clean else max(highest, reserved)
        skipped = (highest + 1, last) if last > highest else None
        return cls(last + 1, last), skipped

"""Orders under way to a sensor node: numbered, ended by its answer or by time. Pure."""

from collections.abc import Iterable

from firmware_bridge.asking import MAX_ORDERS, ended
from firmware_bridge.conversation import Heard
from firmware_bridge.node_messages import Result as NodeResult
from wire.orders import Order, Result
from wire.text import Text

ANSWER_S = 5.0


class PendingOrders:
    """Mutable; one for each line."""

    def __init__(self) -> None:
        self._open: dict[int, tuple[Order, float]] = {}
        self._number: int | None = None

    @property
    def due_s(self) -> float:
        return min((until_s for _, until_s in self._open.values()), default=float("inf"))

    def take(self, order: Order, now_s: float, *, known: bool) -> tuple[int | None, list[Heard]]:
        """The number to send an order under; None, and how it ended, where it is not sent."""
        if not known:
            return None, [ended(order, Result.UNSUPPORTED)]
        if len(self._open) >= MAX_ORDERS:
            return None, [ended(order, Result.REFUSED, Text("quá nhiều lệnh đang chờ", "too many orders are waiting"))]
        # Numbers go on from where time put the first: a node that was told one before a restart must not know it again.
        self._number = (int(now_s * 1_000) if self._number is None else self._number + 1) % 256
        self._open[self._number] = (order, now_s + ANSWER_S)
        return self._number, []

    def ended(self, results: Iterable[NodeResult], now_s: float) -> list[Heard]:
        """What has ended by the node's answers, and by time."""
        ends = []
        for result in results:
            waiting = self._open.pop(result.number, None)
            if waiting is not None:
                reason = Text(result.reason, result.reason) if result.reason else None
                ends.append(ended(waiting[0], Result.DONE if result.done else Result.REFUSED, reason))
        for number, (order, until_s) in list(self._open.items()):
            if now_s >= until_s:
                del self._open[number]
                ends.append(ended(order, Result.TIMED_OUT))
        return ends

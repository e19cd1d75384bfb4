"""The epochs of one stream of one gateway: the newest few are accounted, older ones only recognised. Pure."""

from collections import OrderedDict

from hub.ingest.ledger import EpochLedger
from hub.live.views import StreamAccount

REMEMBERED = 8
RECOGNISED = 256  # forgotten epochs whose names are still known, so that their rows are not taken for a new epoch's


class StreamLedgers:
    """Ledgers by epoch, in order of first appearance; the current one is the one that spoke last."""

    __slots__ = ("_forgotten", "_ledgers", "current", "first_seen_ms", "forgotten_rows")

    def __init__(self) -> None:
        self._ledgers: OrderedDict[str, EpochLedger] = OrderedDict()
        self.first_seen_ms: dict[str, int] = {}
        self._forgotten: OrderedDict[str, None] = OrderedDict()
        self.forgotten_rows = 0
        self.current = ""

    def of(self, epoch: str, now_ms: int) -> EpochLedger | None:
        """The epoch's ledger, made on first sight; None where the epoch is one of the forgotten."""
        ledger = self._ledgers.get(epoch)
        if ledger is None:
            if epoch in self._forgotten:
                return None
            ledger = self.restore(epoch, now_ms, EpochLedger())
        self.current = epoch
        return ledger

    def restore(self, epoch: str, first_seen_ms: int, ledger: EpochLedger) -> EpochLedger:
        """Put in an epoch (from its mark, oldest first, or new); the oldest beyond eight is forgotten."""
        self._ledgers[epoch] = ledger
        self.first_seen_ms[epoch] = first_seen_ms
        self.current = epoch
        if len(self._ledgers) > REMEMBERED:
            oldest, _ = self._ledgers.popitem(last=False)
            del self.first_seen_ms[oldest]
            self._forgotten[oldest] = None
            if len(self._forgotten) > RECOGNISED:
                self._forgotten.popitem(last=False)
        return ledger

    def known(self, epoch: str) -> EpochLedger | None:
        """The ledger where there is one; nothing is made."""
        return self._ledgers.get(epoch)

    def account(self) -> StreamAccount:
        """The sum over the remembered epochs."""
        return sum_accounts([ledger.account() for ledger in list(self._ledgers.values())])


def sum_accounts(accounts: list[StreamAccount]) -> StreamAccount:
    dropped: dict[str, int] = {}
    for account in accounts:
        for reason, number in account.dropped.items():
            dropped[reason] = dropped.get(reason, 0) + number
    return StreamAccount(
        expected=sum(a.expected for a in accounts),
        received=sum(a.received for a in accounts),
        duplicate=sum(a.duplicate for a in accounts),
        late=sum(a.late for a in accounts),
        lost=sum(a.lost for a in accounts),
        overwritten=sum(a.overwritten for a in accounts),
        quarantined=sum(a.quarantined for a in accounts),
        outstanding=sum(a.outstanding for a in accounts),
        dropped=dropped,
    )

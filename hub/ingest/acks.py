"""Acknowledgements: built from the ledgers, at most one a second for each stream, at once in answer to a state.

All of a province's streams become due with each commit. They are paid in turn, a hundred at a time: 2,200 gateways
hear every two or three seconds, far within what their credit lasts, and nobody waits behind 2,200 acknowledgements.
"""

import asyncio
import time
from collections.abc import Callable
from itertools import islice

from hub.ingest.contact import Contact, Line
from hub.ingest.ledger import EpochLedger
from wire.codec import encode
from wire.messages import VERSION, Ack, AckStatus, Stream

COALESCE_S = 1.0
TICK_S = 0.1
PAID_A_TICK = 100
MAX_CREDIT = 1_000_000  # what the message may carry
RETRY_PENDING_S = 30.0
RETRY_DOWN_S = 5.0
RETRY_BUSY_S = 5.0
RETRY_UNSUPPORTED_S = 300.0
_RETRY_S = {
    AckStatus.OK: 0.0,
    AckStatus.PENDING: RETRY_PENDING_S,
    AckStatus.STORE_DOWN: RETRY_DOWN_S,
    AckStatus.BUSY: RETRY_BUSY_S,
    AckStatus.UNSUPPORTED: RETRY_UNSUPPORTED_S,
}

Publish = Callable[[str, bytes], bool]


class Acks:
    """Who is owed an acknowledgement, and the task that pays. Event loop only."""

    def __init__(
        self,
        *,
        hub: str,
        instance: str,
        credit: int,
        publish: Publish,
        store_status: Callable[[Stream], AckStatus],
        accepted: Callable[[str, str], bool],
        now_ms: Callable[[], int],
    ) -> None:
        self._hub, self._instance, self._credit = hub, instance, credit
        self._publish = publish
        self._store_status = store_status
        self._accepted = accepted
        self._now_ms = now_ms
        self._due: dict[Line, Contact] = {}
        self.sent = 0

    @property
    def owed(self) -> int:
        """Streams that wait to be told."""
        return len(self._due)

    def due(self, contact: Contact, line: Line) -> None:
        """The stream has something to be told: within a second, unless it was told within the last one."""
        if not line.due:
            line.due = True
            self._due[line] = contact

    def answer(self, contact: Contact) -> None:
        """Tell both streams at once where they stand."""
        for line in (contact.tele, contact.event):
            self._send(contact, line)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(TICK_S)
            self.pay(PAID_A_TICK)

    def pay(self, most: int | None = None) -> None:
        """Send what is due and not too soon, who has waited longest first."""
        soon = time.monotonic() - COALESCE_S
        ready = ((line, contact) for line, contact in self._due.items() if line.acked_s <= soon)
        for line, contact in list(islice(ready, most)):
            self._send(contact, line)

    def _send(self, contact: Contact, line: Line) -> None:
        line.due = False
        self._due.pop(line, None)
        line.acked_s = time.monotonic()
        for ack in self._acks(contact, line):
            if not self._publish(contact.ack_topic, encode(ack)):
                return  # no broker: the gateway asks again when it is back, as every state is answered
            self.sent += 1
        line.rejected = []
        line.forgotten = None

    def _acks(self, contact: Contact, line: Line) -> list[Ack]:
        now = self._now_ms()
        accepted = self._accepted(contact.school, contact.gateway)
        status = self._status(line, accepted=accepted)
        acks = []
        epoch = contact.epoch
        if epoch:
            ledger = line.ledgers.known(epoch) if accepted else None
            if line.first_ack_ms is None and accepted:
                line.first_ack_ms = now
            acks.append(
                Ack(
                    v=VERSION,
                    hub=self._hub,
                    instance=self._instance,
                    stream=line.stream,
                    epoch=epoch,
                    upto=ledger.upto if ledger else 0,
                    hub_time=now,
                    also=ledger.also() if ledger else [],
                    status=status,
                    retry_s=_RETRY_S[status],
                    credit=self._credit_of(ledger, status),
                    rejected=line.rejected,
                )
            )
        if line.forgotten and accepted and line.forgotten[0] != epoch:
            forgotten, upto = line.forgotten
            acks.append(Ack(VERSION, self._hub, self._instance, line.stream, forgotten, upto, now, credit=self._credit))
        return acks

    def _credit_of(self, ledger: EpochLedger | None, status: AckStatus) -> int:
        """While the store is down, rows held in memory here do not count: live pages need those that follow."""
        held = ledger.in_memory if ledger is not None and status is AckStatus.STORE_DOWN else 0
        return min(self._credit + held, MAX_CREDIT)

    def _status(self, line: Line, *, accepted: bool) -> AckStatus:
        if not accepted:
            return AckStatus.PENDING
        if line.status is AckStatus.UNSUPPORTED:
            return line.status
        stored = self._store_status(line.stream)
        return line.status if stored is AckStatus.OK else stored

"""Takes orders, sends them while they may still be carried out, and notes how each ended. Event loop only.

An order is a row before it is a message. It is sent again until its gateway tells what became of it: there an id is
carried out once. Past its expiry nothing is sent any more, whatever was away meanwhile, this hub included.
"""

import secrets
from collections.abc import Sequence

import msgspec

from hub.commands.book import RESULT_EVENT, CommandBook
from hub.commands.command import (
    BY_RULE,
    DRY_RUN,
    LEAST_EXPIRY_S,
    LONGEST_EXPIRY_S,
    MAX_VALUE,
    RESEND_MS,
    Answer,
    Issued,
    Refused,
    Wanted,
    answer_of,
    concluded,
    ended,
    takes,
)
from hub.commands.way import Way
from hub.live.reading import Happening
from hub.registry.model import Device
from wire.codec import encode
from wire.orders import OrderKind
from wire.text import Text
from wire.topics import Channel, gateway_topic

MOST_OPEN = 100  # orders of one school that nobody has told the end of
REMEMBERED = 2_000  # of all schools, for pages
SHOWN = 50  # of one school
MOST_ANSWERS = (
    1_000  # of orders no longer open, not yet written; beyond it they are found among the events at the next start
)


class CommandDesk:
    """`carry_orders` twice a second; `told` for every batch of events."""

    def __init__(self, book: CommandBook, way: Way) -> None:
        self.book, self._way = book, way
        self._open: dict[str, Issued] = {}
        self._writing: list[str] = []  # schools whose orders are being written now
        self._doubtful: list[Issued] = []  # writing them failed: they may be in the book, and are never sent
        self._tried: dict[str, int] = {}  # open orders: when last handed to the broker
        self._unwritten: dict[str, Issued] = {}  # sent, which the book does not know yet
        self._answers: dict[tuple[str, str, str], Answer] = {}  # by school, gateway and order
        self._recent: dict[str, dict[str, Issued]] = {}
        self._last: dict[tuple[str, str], Issued] = {}  # by school and device
        self._sent = self._dropped = 0

    async def restore(self) -> None:
        """Take up what was open when the hub ended; what it was told meanwhile stands among the events."""
        missed = await self._way.in_thread(lambda: self.book.missed(self._way.now_ms()))
        if missed:
            await self._way.in_thread(lambda: self.book.end([], missed))
        newest = await self._way.in_thread(lambda: self.book.newest(REMEMBERED))
        for order in newest:
            self._show(order)
        for order in await self._way.in_thread(self.book.open):
            # Killed at the right moment, the hub sent it and did not write that down.
            sent_ms = order.created_ms if order.sent_ms is None else order.sent_ms
            self._open[order.id] = msgspec.structs.replace(order, sent_ms=sent_ms)

    # ---- orders ----

    async def issue(self, wanted: Wanted) -> Issued:
        """Write the order and send it. Raises Refused, SQLAlchemyError: then nothing was sent, nor ever will be."""
        known, school = self._known(wanted), wanted.school
        if sum(one.school == school for one in self._open.values()) + self._writing.count(school) >= MOST_OPEN:
            raise Refused(BUSY, status=429)
        order = self._made(known, wanted)
        self._writing.append(school)
        try:
            await self._way.in_thread(lambda: self.book.write(order, _audited(order)))
        except BaseException:
            self._doubtful.append(order)
            raise
        finally:
            self._writing.remove(school)
        self._open[order.id] = order
        self._show(order)
        self._send(order, self._way.now_ms())
        return self._open[order.id]

    async def rehearse(self, wanted: Wanted) -> Issued:
        """A dry run: what a rule would have ordered, written down and not sent. Raises Refused, SQLAlchemyError."""
        order = self._made(self._known(wanted), wanted)
        order = msgspec.structs.replace(order, expires_ms=order.created_ms, ended_ms=order.created_ms, result=DRY_RUN)
        await self._way.in_thread(lambda: self.book.write(order, _audited(order)))
        self._show(order)
        return order

    def accepts(self, school: str, device: str) -> list[str]:
        """Orders the device takes, as its gateway told last; empty where nobody knows it."""
        known = self._way.registry.device(school, device)
        state = self._way.gateways.state_of(school, known.gateway) if known is not None else None
        return [] if state is None else state.accepts.get(device, [])

    def _known(self, wanted: Wanted) -> Device:
        """The device that is to do it. Raises Refused."""
        known = self._way.registry.device(wanted.school, wanted.device)
        if known is None:
            raise Refused(NO_DEVICE.of(wanted.device[:64]), "device", 404)
        _check(wanted)
        if not self._way.registry.accepted(known.school, known.gateway):
            raise Refused(NOT_ACCEPTED.of(known.gateway), "device", 409)
        if not takes(self.accepts(known.school, known.id), wanted.kind, wanted.value):
            raise Refused(NOT_TAKEN.of(wanted.order), "kind", 409)
        if not self._way.gateways.is_online(known.school, known.gateway):
            raise Refused(OFFLINE.of(known.gateway), "device", 409)
        return known

    def _made(self, known: Device, wanted: Wanted) -> Issued:
        now_ms = self._way.now_ms()
        return Issued(
            id=secrets.token_urlsafe(18),
            school=known.school,
            gateway=known.gateway,
            device=known.id,
            kind=wanted.kind,
            value=wanted.value,
            by=wanted.by,
            created_ms=now_ms,
            expires_ms=now_ms + wanted.expires_s * 1_000,
            reason=wanted.reason,
        )

    # ---- sending, and how it ended ----

    def told(self, events: Sequence[Happening]) -> None:
        """What gateways say became of orders; the next turn writes it down."""
        for event in events:
            if event.kind == RESULT_EVENT:
                answer = answer_of(event.school, event.gateway, event.data, event.received_ms)
                if answer is not None:
                    self._take(answer)

    def _take(self, answer: Answer) -> None:
        order = self._open.get(answer.id)
        ours = order is not None and (order.school, order.gateway) == (answer.school, answer.gateway)
        if not ours and len(self._answers) >= MOST_ANSWERS:
            self._dropped += 1
            return
        self._answers.setdefault((answer.school, answer.gateway, answer.id), answer)
        if order is not None and ours:
            self._update(ended(order, answer))
            self._close(answer.id)

    async def carry_orders(self) -> None:
        """One turn: send again what nobody answered, write down what ended. Raises SQLAlchemyError; nothing is lost."""
        now_ms = self._way.now_ms()
        for order in list(self._open.values()):
            self._send(order, now_ms)
        await self._note_sent()
        over = [end for order in self._open.values() if (end := concluded(order, now_ms)) is not None]
        doubtful = [end for order in self._doubtful if (end := concluded(order, now_ms)) is not None]
        answers = dict(self._answers)
        if not (over or doubtful or answers):
            return
        for order in await self._way.in_thread(lambda: self.book.end(over + doubtful, list(answers.values()))):
            self._update(order)
        for order in over:
            self._close(order.id)
        for name in answers:
            del self._answers[name]
        done = {order.id for order in doubtful}
        self._doubtful = [order for order in self._doubtful if order.id not in done]

    async def _note_sent(self) -> None:
        unwritten = dict(self._unwritten)
        if unwritten:
            await self._way.in_thread(lambda: self.book.sent(list(unwritten.values())))
            for name in unwritten:
                del self._unwritten[name]

    def _send(self, order: Issued, now_ms: int) -> None:
        """Hand it to the broker unless it is too late, was just done, or nobody is there who may carry it out."""
        if now_ms > order.expires_ms or now_ms - self._tried.get(order.id, -RESEND_MS) < RESEND_MS:
            return
        if not self._way.reachable(order.school, order.gateway):
            return
        topic = gateway_topic(order.school, order.gateway, Channel.CMD)
        if not self._way.publish(topic, encode(order.message)):
            return
        self._sent += 1
        self._tried[order.id] = now_ms
        if order.sent_ms is None:
            self._open[order.id] = self._unwritten[order.id] = msgspec.structs.replace(order, sent_ms=now_ms)
            self._update(self._open[order.id])

    def _close(self, name: str) -> None:
        self._open.pop(name, None)
        self._tried.pop(name, None)

    # ---- for pages ----

    def recent(self, school: str) -> list[Issued]:
        """Newest first."""
        return list(self._recent.get(school, {}).values())[::-1]

    def last(self, school: str, device: str) -> Issued | None:
        """The newest order for a device that was really given."""
        return self._last.get((school, device))

    def _show(self, order: Issued) -> None:
        mine = self._recent.setdefault(order.school, {})
        mine[order.id] = order
        if len(mine) > SHOWN:
            del mine[next(iter(mine))]
        if order.result != DRY_RUN:
            self._last[order.school, order.device] = order

    def _update(self, order: Issued) -> None:
        mine = self._recent.get(order.school, {})
        if order.id in mine:
            mine[order.id] = order
        last = self.last(order.school, order.device)
        if last is not None and last.id == order.id:
            self._last[order.school, order.device] = order

    def figures(self) -> dict[str, float]:
        """For /metrics."""
        return {
            "commands_open": len(self._open),
            "commands_sent_total": self._sent,
            "command_results_waiting": len(self._answers),
            "command_results_dropped_total": self._dropped,
        }


class _Named(msgspec.Struct, frozen=True):
    """A refusal with the place for a name in it."""

    vi: str
    en: str

    def of(self, name: str) -> Text:
        return Text(self.vi.format(name=name), self.en.format(name=name))


def _check(wanted: Wanted) -> None:
    """What can be seen of the order itself."""
    if wanted.kind not in set(OrderKind):
        raise Refused(NO_ORDER.of(wanted.kind[:40]), "kind")
    if not LEAST_EXPIRY_S <= wanted.expires_s <= LONGEST_EXPIRY_S:
        raise Refused(BOUNDS.of(f"{LEAST_EXPIRY_S}–{LONGEST_EXPIRY_S}"), "expires_s")
    if len(wanted.value) > MAX_VALUE or not (wanted.value.isprintable() and wanted.value.isascii()):
        raise Refused(NO_VALUE, "value")


NO_VALUE = Text("value không dùng được", "value cannot be used")
NO_DEVICE = _Named("không có thiết bị {name}", "there is no device {name}")
NO_ORDER = _Named("không có lệnh {name}", "there is no order {name}")
BOUNDS = _Named("expires_s phải trong {name}", "expires_s must lie in {name}")
BUSY = Text(f"{MOST_OPEN} lệnh đang chờ kết quả: hãy đợi", f"{MOST_OPEN} orders wait for their results: wait")
NOT_ACCEPTED = _Named("cổng {name} chưa được chấp nhận", "gateway {name} is not accepted")
OFFLINE = _Named("cổng {name} đang mất kết nối", "gateway {name} is disconnected")
NOT_TAKEN = _Named("thiết bị không nhận lệnh {name}", "the device does not take the order {name}")


def _audited(order: Issued) -> str:
    """Operators' requests have their line already (hub.web.audited)."""
    if not order.by.startswith(BY_RULE):
        return ""
    how = " (dry run)" if order.result == DRY_RUN else ""
    return f"command {order.school}/{order.device} kind={order.kind} value={order.value}{how}: {order.reason.en}"

"""One order from a person or a rule, what may be ordered, and how an order ends. Pure."""

from collections.abc import Iterable

import msgspec

from wire.messages import VERSION
from wire.messages import Command as Message
from wire.orders import OrderKind, Result
from wire.text import Text

LEAST_EXPIRY_S, USUAL_EXPIRY_S, LONGEST_EXPIRY_S = 5, 30, 300
GRACE_MS = 15_000  # a result is an event: it may be on its way for so long after the order has expired
RESEND_MS = 5_000
MAX_VALUE = 64
MAX_DETAIL = 200
DRY_RUN = "dry_run"
BY_RULE = "policy:"

# Kinds whose value a person types in, where a device does not list the values it takes.
FREE_VALUE = frozenset(
    {
        OrderKind.DISPLAY_INPUT,
        OrderKind.CALIBRATE_TO,
        OrderKind.MEASURING_RANGE,
        OrderKind.ENROL,
        OrderKind.DELETE_TEMPLATE,
    }
)
NEEDS_VALUE = FREE_VALUE - {OrderKind.ENROL}  # a reader may choose the place of a new template itself


class Refused(Exception):
    """An order or a setting that is not even tried; `text` says why and what to do, `field` what is wrong in it."""

    def __init__(self, text: Text, field: str | None = None, status: int = 422) -> None:
        self.text, self.field, self.status = text, field, status
        super().__init__(text.both())


NOTHING = Text("", "")


class Wanted(msgspec.Struct, frozen=True):
    """What somebody asks for: a person (`by` is the operator's name) or a rule, which says why."""

    school: str
    device: str
    kind: str
    value: str
    by: str
    expires_s: int = USUAL_EXPIRY_S
    reason: Text = NOTHING

    @property
    def order(self) -> str:
        """`display_input:hdmi1`."""
        return f"{self.kind}:{self.value}" if self.value else self.kind


class Issued(msgspec.Struct, frozen=True):
    """An order as the book keeps it. `answered_ms`: when its gateway told how it ended; None: it has not."""

    id: str
    school: str
    gateway: str
    device: str
    kind: str
    value: str
    by: str
    created_ms: int
    expires_ms: int
    reason: Text = NOTHING
    sent_ms: int | None = None
    ended_ms: int | None = None
    answered_ms: int | None = None
    result: str | None = None
    detail: Text = NOTHING
    confirmed: bool = True

    @property
    def order(self) -> str:
        """`display_input:hdmi1`."""
        return f"{self.kind}:{self.value}" if self.value else self.kind

    @property
    def message(self) -> Message:
        args = {"device": self.device} | ({"value": self.value} if self.value else {})
        return Message(VERSION, self.id, self.kind, self.expires_ms, args)


class Answer(msgspec.Struct, frozen=True):
    """What a gateway said became of an order."""

    id: str
    school: str
    gateway: str
    result: Result
    at_ms: int
    detail: Text = NOTHING
    confirmed: bool = True


def takes(accepts: Iterable[str], kind: str, value: str) -> bool:
    """Whether a device that `accepts` these takes the order."""
    listed = set(accepts)
    if value:
        return f"{kind}:{value}" in listed or (kind in listed and kind in FREE_VALUE)
    return kind in listed and kind not in NEEDS_VALUE


def answer_of(school: str, gateway: str, data: object, at_ms: int) -> Answer | None:
    """The data of an event `command_result`; None where it is none."""
    if not isinstance(data, dict):
        return None
    name, result = data.get("command"), data.get("result")
    if not isinstance(name, str) or not 0 < len(name) <= MAX_VALUE:
        return None
    if not isinstance(result, str) or result not in set(Result):
        return None
    detail = Text(_said(data.get("detail_vi")), _said(data.get("detail_en")))
    return Answer(name, school, gateway, Result(result), at_ms, detail, data.get("confirmed") is not False)


def _said(words: object) -> str:
    return words[:MAX_DETAIL] if isinstance(words, str) else ""


def ended(order: Issued, answer: Answer) -> Issued:
    """As its gateway told it."""
    return msgspec.structs.replace(
        order,
        ended_ms=order.ended_ms or answer.at_ms,
        answered_ms=answer.at_ms,
        result=answer.result.value,
        detail=answer.detail,
        confirmed=answer.confirmed,
    )


def concluded(order: Issued, now_ms: int) -> Issued | None:
    """How it ended where nobody told; None while its gateway may still. Never sent, it has only expired."""
    if now_ms <= order.expires_ms or (order.sent_ms is not None and now_ms <= order.expires_ms + GRACE_MS):
        return None
    result, detail = (Result.EXPIRED, UNSENT) if order.sent_ms is None else (Result.TIMED_OUT, UNANSWERED)
    return msgspec.structs.replace(order, ended_ms=now_ms, result=result.value, detail=detail)


UNSENT = Text("chưa gửi tới cổng được trước khi hết hạn", "it could not be sent to the gateway before it expired")
UNANSWERED = Text(
    "cổng không báo kết quả; lệnh có thể đã được thực hiện",
    "the gateway told no result; it may have been carried out",
)

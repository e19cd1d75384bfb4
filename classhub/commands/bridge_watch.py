"""What `classhub bridge watch` prints: a line for each thing heard, repeats counted, a word where nothing comes."""

import asyncio
import time
from collections.abc import Callable

import msgspec

from classhub.installer.session import dialogue_of, talk
from firmware_bridge.conversation import Heard
from firmware_bridge.device import Answer, Device, Happened, Identified, Meaning, Measured, Noted, Options, WarmingUp
from firmware_bridge.dialogue import Acknowledging
from firmware_bridge.framing.frame import BadFrame
from firmware_bridge.links.line import Line
from wire.quantities import QUANTITIES
from wire.text import Text

SILENT_S = 5.0
TOLD_AGAIN_S = 10.0  # how often the count of repeats is told
_TICK_S = 0.1
NOBODY = Text(
    "không nghe thấy gì và không ai trả lời: kiểm tra nguồn, TX/RX nối chéo, A/B của RS-485, địa chỉ (--address)",
    "nothing was heard and nobody answered: check power, TX and RX crossed, A and B of RS-485, the address (--address)",
)
_RARE = Text(
    "; thiết bị này chỉ nói khi có việc (quẹt thẻ, bấm phím): hãy thử một lần",
    "; this device speaks only when something happens (a card, a key): try it once",
)
_WAITS = Text(
    "nút gửi lại vì chờ xác nhận; watch không xác nhận để số đo không mất. Thêm --acknowledge để xem tiếp số đo mới: "
    "nút sẽ quên những gì đã hiện ở đây",
    "the node repeats because it waits for an acknowledgement; watch gives none, so that no reading is lost. Add "
    "--acknowledge to see new ones: the node then forgets what was shown here",
)


class Watch:
    """The lines of one watch; times are seconds since it began. Mutable."""

    def __init__(self, device: Device, silent_s: float = SILENT_S) -> None:
        self.good = False
        self._device, self._silent_s = device, silent_s
        self._byte_s, self._told_silent = 0.0, False
        self._pause_s = max(silent_s, 1.5 * device.interval_s)  # of one that spoke: asked or not, it has its pace
        self._again, self._told_s, self._told_why = 0, 0.0, False

    def byte_came(self, at_s: float) -> None:
        self._byte_s, self._told_silent = at_s, False

    def heard(self, one: Heard | BadFrame, at_s: float) -> list[str]:
        self.good = self.good or isinstance(one, Heard)
        if not (isinstance(one, Heard) and isinstance(one.meaning, Noted) and one.meaning.again):
            return [*self.repeats(at_s), _line(at_s, said(one))]
        self._again += 1
        if self._told_why:
            return self.repeats(at_s) if at_s - self._told_s >= TOLD_AGAIN_S else []
        self._told_why, self._told_s = True, at_s
        return [_line(at_s, _WAITS.both())]

    def repeats(self, at_s: float) -> list[str]:
        """The repeats nobody was told of yet, in one line."""
        count, self._again = self._again, 0
        if not count:
            return []
        self._told_s = at_s
        return [_line(at_s, Text(f"{count} bản tin đến lần nữa", f"messages that came again: {count}").both())]

    def quiet(self, at_s: float) -> Text | None:
        """What to look at, once for every silence."""
        silent_s = self._pause_s if self._byte_s else self._silent_s
        if self._told_silent or at_s - self._byte_s < silent_s:
            return None
        self._told_silent = True
        seconds = f"{silent_s:g}"
        rare = _RARE if self._device.change_driven else Text("", "")
        return Text(
            f"{seconds} giây không có byte nào: {NOBODY.vi}{rare.vi}",
            f"{seconds} s without a byte: {NOBODY.en}{rare.en}",
        )


async def watch(
    line: Line,
    device: Device,
    options: Options,
    seconds: float,
    *,
    acknowledge: bool = False,
    raw: bool = False,
    silent_s: float = SILENT_S,
    complain: Callable[[Text], None],
) -> bool:
    """Print what the device says for so long; whether one sound frame came. Raises LinkLost."""
    shown, began = Watch(device, silent_s), time.monotonic()
    dialogue = dialogue_of(device, options)

    def came(data: bytes) -> None:
        shown.byte_came(time.monotonic() - began)
        if raw:
            print(f"            {data.hex(' ')}", flush=True)

    listening = asyncio.create_task(_tell_silence(shown, began, complain))
    try:
        async for one in talk(line, dialogue, seconds, on_bytes=came):
            for words in shown.heard(one, time.monotonic() - began):
                print(words, flush=True)
            receipt = receipt_of(one)
            if acknowledge and receipt is not None and isinstance(dialogue, Acknowledging):
                line.write(dialogue.stored(receipt, time.monotonic()).send)
    finally:
        listening.cancel()
        for words in shown.repeats(time.monotonic() - began):
            print(words, flush=True)
    return shown.good


async def _tell_silence(shown: Watch, began: float, complain: Callable[[Text], None]) -> None:
    while True:
        await asyncio.sleep(_TICK_S)
        text = shown.quiet(time.monotonic() - began)
        if text is not None:
            complain(text)


def receipt_of(one: Heard | BadFrame) -> int | None:
    if isinstance(one, Heard) and isinstance(one.meaning, Measured | Identified | Happened):
        return one.meaning.receipt
    return None


def _line(at_s: float, words: str) -> str:
    return f"{at_s:8.1f} s  {words}"


def figures(values: dict[str, float | str]) -> str:
    return ", ".join(
        f"{key} {value:g} {QUANTITIES[key].unit}".strip() if isinstance(value, float) else f"{key} {value}"
        for key, value in values.items()
    )


def said(one: Heard | BadFrame) -> str:
    if isinstance(one, BadFrame):
        return f"✗ {one.reason.both()}: {one.raw[:16].hex(' ')}"
    return _meaning(one.meaning)


def _meaning(meaning: Meaning) -> str:
    words = Text("câu hỏi của chính cổng", "a request of our own").both()
    match meaning:
        case Measured(values, channel):
            words = (f"{channel}: " if channel else "") + figures(values)
        case Identified(scheme, reference):
            words = f"{scheme.value} {reference}"
        case Happened(kind, data):
            words = f"{kind} {msgspec.json.encode(data).decode()}"
        case Noted(text):
            words = text.both()
        case WarmingUp():
            words = Text("đang làm nóng", "warming up").both()
        case Answer(code, accepted):
            words = Text(f"trả lời 0x{code:02X}", f"answer 0x{code:02X}").both() + (" ✓" if accepted else " ✗")
    return words

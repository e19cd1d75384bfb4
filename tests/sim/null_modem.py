"""Two serial ports joined back to back: what goes into one comes out of the other, spoilt on its way if asked."""

import os
import selectors
import threading
import tty
from collections.abc import Callable
from types import TracebackType
from typing import Self

from tests.patience import PATIENCE_S

Spoil = Callable[[bytes], bytes]


def _clean(data: bytes) -> bytes:
    return data


class NullModem:
    """`left` and `right` are paths to open. `spoil` changes what goes from left to right."""

    def __init__(self, spoil: Spoil = _clean) -> None:
        self._pairs = [os.openpty() for _ in range(2)]
        for master, slave in self._pairs:
            tty.setraw(slave)
            os.set_blocking(master, False)
        self.left, self.right = (os.ttyname(slave) for _, slave in self._pairs)
        self.spoil = spoil
        self._stop_read, self._stop_write = os.pipe()
        self._thread = threading.Thread(target=self._pump, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.write(self._stop_write, b"x")
        self._thread.join(PATIENCE_S)
        for descriptor in (self._stop_read, self._stop_write, *self._pairs[0], *self._pairs[1]):
            os.close(descriptor)

    def _pump(self) -> None:
        (left, _), (right, _) = self._pairs
        with selectors.DefaultSelector() as waiting:
            for descriptor in (left, right, self._stop_read):
                waiting.register(descriptor, selectors.EVENT_READ)
            while True:
                for key, _ in waiting.select():
                    if key.fd == self._stop_read:
                        return
                    data = os.read(key.fd, 4096)
                    if key.fd == left:
                        _give(right, self.spoil(data))
                    else:
                        _give(left, data)


def _give(descriptor: int, data: bytes) -> None:
    """What nobody reads is lost when the line is full."""
    try:
        os.write(descriptor, data)
    except BlockingIOError:
        return

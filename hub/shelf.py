"""Derived figures on their way to the store: packed small while the store is away, counted where they must go."""

import asyncio
import logging
import zlib
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

import msgspec

from hub.notice import Notice
from hub.stores.series import StoreDown
from wire.text import Text

T = TypeVar("T")
_log = logging.getLogger(__name__)
PIECE_ROWS = 2_000  # packed and sent together: some milliseconds, and commits come in between
_FAST = 1  # packing is done on the event loop


class Shelf(Generic[T]):
    """Event loop only. Beyond `limit` rows the oldest go: they are derived, and nobody waits for them.

    Rows of a type are alike: packed, a room's minute takes 13 bytes (262 as an object), a gateway's 63 (930).
    """

    def __init__(
        self, name: str, what: Text, kind: type[T], put: Callable[[Sequence[T]], Awaitable[None]], limit: int
    ) -> None:
        self._name, self._what, self._put, self._limit = name, what, put, limit
        self._encoder, self._decoder = msgspec.msgpack.Encoder(), msgspec.msgpack.Decoder(list[kind])  # type: ignore[valid-type]
        self._packed: deque[tuple[int, bytes]] = deque()  # rows in a piece, the piece; all of them before `_fresh`
        self._packed_rows = 0
        self._fresh: list[T] = []
        self._sending: asyncio.Task[None] | None = None
        self._dropped, self._dropping = 0, False

    def add(self, found: Sequence[T]) -> None:
        self._fresh += found
        if self._packed or self._busy:
            while len(self._fresh) >= PIECE_ROWS:
                self._packed.append(self._piece(self._fresh[:PIECE_ROWS]))
                del self._fresh[:PIECE_ROWS]
        self._trim()

    @property
    def waiting(self) -> int:
        return self._packed_rows + len(self._fresh)

    def figures(self) -> dict[str, float]:
        """For /metrics."""
        label = f"{{kind={self._name}}}"
        return {
            f"derived_waiting_rows{label}": self.waiting,
            f"derived_waiting_bytes{label}": sum(len(piece) for _, piece in self._packed),
            f"derived_dropped_rows_total{label}": self._dropped,
        }

    def problems(self) -> list[Notice]:
        """Said from the first row that went until the store takes rows again."""
        if not self._dropping:
            return []
        text = Text(
            f"Kho số liệu vắng quá lâu: {self._what.vi} cũ nhất đang bị bỏ ({self._dropped} dòng); số đo thì không mất",
            f"The store is away too long: the oldest {self._what.en} are dropped ({self._dropped} rows); "
            "no reading is lost by it",
        )
        return [Notice("derived.dropped", text, subject=self._name)]

    def send(self) -> None:
        """Hand over what waits, oldest first, unless sending is still under way."""
        if self.waiting and not self._busy:
            self._sending = asyncio.get_running_loop().create_task(self._send())

    # ---- inside ----

    @property
    def _busy(self) -> bool:
        return self._sending is not None and not self._sending.done()

    async def _send(self) -> None:
        while self.waiting:
            batch = self._take()
            try:
                await self._put(batch)
            except StoreDown:
                self._put_back(batch)
                return
            except Exception:  # noqa: BLE001  # nobody awaits this task: a fault of ours is told here or nowhere
                _log.exception("%s could not be stored", self._name)
                self._dropped += len(batch)
                return
            self._dropping = False

    def _take(self) -> list[T]:
        if self._packed:
            rows, piece = self._packed.popleft()
            self._packed_rows -= rows
            return self._decoder.decode(zlib.decompress(piece))
        batch, self._fresh = self._fresh, []
        return batch

    def _put_back(self, batch: list[T]) -> None:
        """Before everything else: it is the oldest."""
        if not self._packed and len(batch) + len(self._fresh) < PIECE_ROWS:
            self._fresh = batch + self._fresh
        else:
            pieces = [self._piece(batch[start : start + PIECE_ROWS]) for start in range(0, len(batch), PIECE_ROWS)]
            self._packed.extendleft(reversed(pieces))
        self._trim()

    def _piece(self, rows: list[T]) -> tuple[int, bytes]:
        self._packed_rows += len(rows)
        return len(rows), zlib.compress(self._encoder.encode(rows), _FAST)

    def _trim(self) -> None:
        excess = gone = max(0, self.waiting - self._limit)
        if not excess:
            return
        while self._packed and excess > 0:
            rows, _ = self._packed.popleft()
            self._packed_rows -= rows
            excess -= rows
        gone -= min(0, excess)  # whole pieces go
        del self._fresh[: max(0, excess)]
        self._dropped += gone
        self._dropping = True

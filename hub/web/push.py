"""Live changes to browsers as server-sent events: one encoding per change for all viewers of a board."""

import asyncio
import contextlib
import logging
import secrets
from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass, field

from hub.context import Hub
from hub.live.publish import Changes
from hub.web.board import Board, Item
from hub.web.boards import OF_THEIR_OWN, BoardKind, BoardName, board_items, room_devices, shown_rooms, wall_frame
from hub.web.shape import room_key, shape_room

QUEUE_MESSAGES = 32
MAX_VIEWERS = 2_000
PIECE_BYTES = 32_768
FRAME_PERIOD_S = 1.0
BEAT_EVERY_TURNS = 10
UNUSED_TURNS = 300
STREAM_TURNS = 1_800  # a stream ends now and then, and its reconnection is checked for rights again
log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class Viewer:
    """One open stream. `lost` says that its queue overflowed: it is sent everything instead of the differences."""

    queue: asyncio.Queue[bytes | None] = field(default_factory=lambda: asyncio.Queue(QUEUE_MESSAGES))
    lost: bool = False
    turns: int = 0

    def offer(self, message: bytes | None) -> None:
        """Never blocks."""
        try:
            self.queue.put_nowait(message)
        except asyncio.QueueFull:
            while not self.queue.empty():
                self.queue.get_nowait()
            self.lost = True
            self.queue.put_nowait(message)


@dataclass(slots=True)
class _Shown:
    """A board with those who look at it; `registry_version` tells when rooms came or went."""

    board: Board
    registry_version: int
    viewers: set[Viewer] = field(default_factory=set)
    unused_turns: int = 0
    failing: set[str] = field(default_factory=set)


class TooManyViewers(Exception):
    """The bound on open streams is reached."""


class Fanout:
    """Implements hub.live.publish.Publisher. Shows nothing until `bind` was called."""

    def __init__(self) -> None:
        self._hub: Hub | None = None
        self._shown: dict[BoardName, _Shown] = {}
        self._boot = secrets.token_hex(4)
        self._closed = False

    def bind(self, hub: Hub) -> None:
        self._hub = hub

    @property
    def viewers(self) -> int:
        return sum(len(shown.viewers) for shown in self._shown.values())

    def publish(self, changes: Changes) -> None:
        """Take changes from the live package; never blocks."""
        if self._hub is None:
            return
        for name, shown in self._shown.items():
            with _alone(name, shown, "changes"):
                rooms = [view for view in changes.rooms if name.shows(view)]
                items = {room_key(f"{v.school}.{v.room}"): shape_room(v, name.language) for v in rooms}
                if items:
                    self._send(shown, items, changes.at_ms)

    def board(self, name: BoardName) -> Board:
        """The board, made and filled when it is first asked for."""
        hub = self._bound()
        if name not in self._shown:
            shown = _Shown(Board(self._boot + secrets.token_hex(2)), hub.registry.version)
            now_ms = hub.now_ms()
            shown.board.put(board_items(hub, name, now_ms), now_ms)
            self._shown[name] = shown
        self._shown[name].unused_turns = 0
        return self._shown[name].board

    async def stream(self, name: BoardName, since: str) -> AsyncGenerator[bytes]:
        """Encoded events for one viewer: first what it missed since its mark, then every difference.

        Raises TooManyViewers before the first event.
        """
        if self.viewers >= MAX_VIEWERS:
            raise TooManyViewers
        if self._closed:
            return  # who comes while the hub stops would keep it from stopping
        hub, board = self._bound(), self.board(name)
        shown, viewer = self._shown[name], Viewer()
        missed = board.since(since, hub.now_ms())
        shown.viewers.add(viewer)
        try:
            yield b"retry: 2000\n\n" + (b"" if missed else self._beat())
            if missed:
                for piece in _pieces(_event(board.mark, missed)):
                    yield piece
            missed = None  # a viewer that stays for hours must not hold what it was sent first
            while (message := await viewer.queue.get()) is not None:
                if viewer.lost:
                    viewer.lost = False
                    message = _event(board.mark, board.whole(hub.now_ms()))
                for piece in _pieces(message):
                    yield piece
        finally:
            shown.viewers.discard(viewer)

    async def run(self) -> None:
        """Once a second: what changes by itself (period, notices, devices), heartbeats, boards nobody needs."""
        turn = 0
        while not self._closed:
            await asyncio.sleep(FRAME_PERIOD_S)
            turn += 1
            for name, shown in list(self._shown.items()):
                with _alone(name, shown, "turn"):
                    self._turn(name, shown, beat=turn % BEAT_EVERY_TURNS == 0)

    def close(self) -> None:
        """End every stream, so that the server can stop."""
        self._closed = True
        for shown in self._shown.values():
            for viewer in shown.viewers:
                viewer.offer(None)

    def refresh(self) -> None:
        """Bring every board up to date now: somebody changed the registry and wants to see it."""
        for name, shown in self._shown.items():
            with _alone(name, shown, "turn"):
                self._refresh(name, shown)

    def _turn(self, name: BoardName, shown: _Shown, *, beat: bool) -> None:
        if not shown.viewers:
            shown.unused_turns += 1
            if shown.unused_turns > UNUSED_TURNS:
                del self._shown[name]
                return
        self._refresh(name, shown)
        for viewer in list(shown.viewers):
            viewer.turns += 1
            if viewer.turns > STREAM_TURNS:
                viewer.offer(None)
            elif beat:
                viewer.offer(self._beat())

    def _refresh(self, name: BoardName, shown: _Shown) -> None:
        hub = self._bound()
        now_ms = hub.now_ms()
        if name.kind in OF_THEIR_OWN:
            self._send(shown, board_items(hub, name, now_ms), now_ms, complete_under="")
            return
        self._send(shown, wall_frame(hub, name, now_ms), now_ms)
        if name.kind is BoardKind.ROOM:
            self._send(shown, room_devices(hub, name, now_ms), now_ms, complete_under="device/")
        version = hub.registry.version
        if version != shown.registry_version:
            self._send(shown, shown_rooms(hub, name, now_ms), now_ms, complete_under="room/")
            shown.registry_version = version

    def _send(self, shown: _Shown, items: dict[str, Item], at_ms: int, *, complete_under: str | None = None) -> None:
        difference = shown.board.put(items, at_ms, complete_under=complete_under)
        if difference is None or not shown.viewers:
            return
        message = _event(shown.board.mark, difference)
        for viewer in shown.viewers:
            viewer.offer(message)

    def _beat(self) -> bytes:
        return b'event: beat\ndata: {"at":%d}\n\n' % self._bound().now_ms()

    def _bound(self) -> Hub:
        if self._hub is None:
            raise RuntimeError("Fanout.bind(hub) must be called before pages are served")
        return self._hub


@contextlib.contextmanager
def _alone(name: BoardName, shown: _Shown, what: str) -> Iterator[None]:
    """One board that fails must not silence the others; said once, until it works again."""
    try:
        yield
    except Exception:
        if what not in shown.failing:
            log.exception("board %s of %s", name.kind, name.school)
        shown.failing.add(what)
    else:
        shown.failing.discard(what)


def _pieces(message: bytes) -> Iterator[bytes]:
    """The server copies what it sends for each viewer: small pieces keep those copies small, however many watch."""
    for at in range(0, len(message), PIECE_BYTES):
        yield message[at : at + PIECE_BYTES]


def _event(mark: str, data: bytes) -> bytes:
    return b"id: " + mark.encode() + b"\ndata: " + data + b"\n\n"

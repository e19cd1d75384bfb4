"""One gateway the hub is in contact with: what it said last, and the two streams it sends. Mutable, event loop only."""

from collections import deque
from dataclasses import dataclass, field

from hub.ingest.epochs import StreamLedgers
from hub.ingest.skew import Skew
from wire.codec import BadRow
from wire.messages import AckStatus, Batch, GatewayState, Rejected, Stream

MAX_REJECTED = 32
MAX_WAITING = 4  # what does not fit comes again


@dataclass(slots=True, eq=False)
class Line:
    """One stream of one gateway: its ledgers and what its next acknowledgement has to say."""

    stream: Stream
    ledgers: StreamLedgers = field(default_factory=StreamLedgers)
    rejected: list[Rejected] = field(default_factory=list)
    status: AckStatus = AckStatus.OK  # unsupported or busy; pending and store_down are known elsewhere
    forgotten: tuple[str, int] | None = None  # a forgotten epoch and its highest row seen: acknowledged once more
    due: bool = False
    acked_s: float = 0.0  # monotonic time of the last acknowledgement; 0: none in this run of the hub
    first_ack_ms: int | None = None

    def reject(self, digest: str, reason: str) -> None:
        """Say in the next acknowledgement that a message could not be decoded."""
        if all(rejected.sha256 != digest for rejected in self.rejected) and len(self.rejected) < MAX_REJECTED:
            self.rejected.append(Rejected(digest, reason[:200]))


@dataclass(slots=True)
class Waiting:
    """A batch whose clock is wrong by an amount seen only once so far; `since_ms` is when it came."""

    line: Line
    batch: Batch
    bad: list[BadRow]
    since_ms: int
    size: int


@dataclass(slots=True, eq=False)
class Contact:
    """A gateway by name. What two machines under one name send lands here together, and is told apart by boot."""

    school: str
    gateway: str
    ack_topic: str
    tele: Line = field(default_factory=lambda: Line(Stream.TELE))
    event: Line = field(default_factory=lambda: Line(Stream.EVENT))
    state: GatewayState | None = None
    names: dict[str, str] = field(default_factory=dict)  # what it last called its devices
    online: bool = False
    since_ms: int | None = None
    last_seen_ms: int | None = None
    skew: Skew = field(default_factory=Skew)
    boots: list[str] = field(default_factory=list)
    alternated_ms: int | None = None
    devices: dict[str, str] = field(default_factory=dict)
    waiting: deque[Waiting] = field(default_factory=lambda: deque(maxlen=MAX_WAITING))

    @property
    def epoch(self) -> str:
        """The epoch it works in now, as far as known."""
        if self.state is not None and self.state.epoch:
            return self.state.epoch
        return self.tele.ledgers.current or self.event.ledgers.current

    def line(self, stream: Stream) -> Line:
        return self.tele if stream is Stream.TELE else self.event

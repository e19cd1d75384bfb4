"""Which dialect a message of a local broker belongs to; what none of them understands is counted and shown. Pure.

Order: the dialects as in edge.dialects.table. Of those that claim the topic the first that understands something has
the message (one that only finds fault or unknown keys lets the next try). Mappings read it too, whoever else did: a
person wrote them. What nobody claims, and the keys nobody reads, go to the HeardLog, which proposes mappings for them.
"""

from collections import Counter
from collections.abc import Sequence

from edge.dialects.decoded import Decoded
from edge.dialects.dialect import Commanding, Dialect, Telegram, Wishing
from edge.dialects.heard import HeardLog
from edge.dialects.mapping import MappingDialect, fits
from edge.dialects.table import DIALECTS, Surroundings
from wire.mapping import Mapping
from wire.messages import Heard
from wire.orders import Order

_OWN_TOPICS = ("edu/v1/", "classhub/", "$SYS/")
UNCLAIMED, SILENT = "unclaimed", "silent"


class Router:
    """The dialects of one broker; speaks like one dialect itself.

    `counts` tells messages by the dialect that took them, `unclaimed` where nobody did, and `silent` where a dialect
    knew the message and it measures nothing.
    """

    name = "router"

    def __init__(self, source: str, dialects: Sequence[Dialect], mappings: MappingDialect | None = None) -> None:
        self._source, self._dialects = source, tuple(dialects)
        self._mappings = mappings or MappingDialect()
        self._heard = HeardLog()
        self.counts: Counter[str] = Counter()
        self._wishing = tuple(one for one in self._dialects if isinstance(one, Wishing))

    def ignores(self, topic: str) -> bool:
        """ClassHub's own topics and the broker's, should they share this broker."""
        return topic.startswith(_OWN_TOPICS)

    def claims(self, topic: str) -> bool:
        """Whether anybody here may understand this topic."""
        return self._mappings.claims(topic) or any(one.claims(topic) for one in self._dialects)

    def decode(self, topic: str, payload: bytes, *, retained: bool = False) -> list[Decoded]:
        """What a message says; raises nothing that its dialects do not raise."""
        if self.ignores(topic):
            return []
        claimed, found = self._first(topic, payload, retained=retained)
        payload = next((one.plain for one in found if one.plain), payload)
        mapped = self._mappings.decode(topic, payload, retained=retained) if self._mappings.claims(topic) else []
        if mapped:
            self.counts[self._mappings.name] += 1
        elif not claimed:
            self.counts[UNCLAIMED] += 1
            self._heard.note(self._source, topic, payload)
        unknown = {"" if topic.endswith(f"/{key}") else key for one in found for key in one.unknown}
        if unknown and mapped:
            unknown -= self._mapped_paths(topic.split("/"))
        if unknown:
            self._heard.note(self._source, topic, payload, only=unknown)
        return [*found, *mapped]

    def _mapped_paths(self, levels: list[str]) -> set[str]:
        return {row.path for row in self._mappings.mappings if fits(row.topic.split("/"), levels) is not None}

    def _first(self, topic: str, payload: bytes, *, retained: bool) -> tuple[bool, list[Decoded]]:
        """Whether anybody claims it, and what the first says who understands it; else the best anybody can say."""
        claimed, best = "", list[Decoded]()
        for dialect in self._dialects:
            if not dialect.claims(topic):
                continue
            claimed = claimed or dialect.name
            found = dialect.decode(topic, payload, retained=retained)
            if any(_understood(one) for one in found):
                self.counts[dialect.name] += 1
                return True, found
            if not best or (not _has_unknown(best) and _has_unknown(found)):
                best = found
        if claimed:
            self.counts[claimed if best else SILENT] += 1
        return bool(claimed), best

    def wishes(self) -> list[Telegram]:
        """What the dialects themselves ask of devices after what they heard."""
        return [telegram for dialect in self._wishing for telegram in dialect.wishes()]

    def heard(self) -> list[Heard]:
        return self._heard.heard()

    def news(self) -> int:
        """Changes when something is heard that was not before."""
        return self._heard.news

    def configure(self, mappings: Sequence[Mapping]) -> None:
        """Take the hub's mappings in place of its former ones."""
        self._mappings.configure(mappings)

    def accepts(self) -> dict[str, list[str]]:
        """Orders by device id. A device announced twice takes them from the dialect that comes first."""
        found: dict[str, list[str]] = {}
        for dialect in reversed(self._dialects):
            if isinstance(dialect, Commanding):
                found |= dialect.accepts()
        return found

    def telegram(self, order: Order) -> Telegram | None:
        """The message for an order; None where no dialect here can say it."""
        for dialect in self._dialects:
            if isinstance(dialect, Commanding) and order.kind in dialect.accepts().get(order.device, ()):
                said = dialect.telegram(order)
                if said is not None:
                    return said
        return None


def build_router(
    source: str, names: Sequence[str], place: Surroundings, mappings: MappingDialect | None = None
) -> Router:
    """A router of the named dialects in the table's order, or of all where none is named. Raises KeyError."""
    unknown = [name for name in names if name not in DIALECTS]
    if unknown:
        raise KeyError(unknown[0])
    return Router(source, [make(place) for name, make in DIALECTS.items() if not names or name in names], mappings)


def _understood(one: Decoded) -> bool:
    return bool(one.values or one.events or one.refusal) or one.available is not None


def _has_unknown(found: Sequence[Decoded]) -> bool:
    """Read, but without a quantity: better than what was found faulty."""
    return any(one.unknown for one in found)

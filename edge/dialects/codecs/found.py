"""What a codec found in the bytes of one uplink: values by sub-device, events, rows from a device's own memory."""

import msgspec

from edge.dialects.decoded import DecodedEvent
from edge.dialects.figures import Refused, within
from wire.text import Text

Values = dict[str, float | str]


class Row(msgspec.Struct):
    """A reading the device kept and sends later, with its own time; never live."""

    at_ms: int
    values: dict[str, Values] = {}


class Found(msgspec.Struct):
    """Mutable. `values` by sub-device, "" being the device itself; `unknown` are names without a quantity of ours.

    `way` says by which channel of which family switches told their state: so they can be told theirs.
    """

    values: dict[str, Values] = {}
    events: list[DecodedEvent] = []
    history: list[Row] = []
    unknown: list[str] = []
    problems: list[Text] = []
    way: str = ""

    def put(self, sub: str, quantity: str, value: float, into: dict[str, Values] | None = None) -> None:
        """Take a value that is possible; of two for one quantity the first stays, and the second is told."""
        values = (self.values if into is None else into).setdefault(sub, {})
        try:
            taken = within(quantity, value)
        except Refused as refused:
            self.problems.append(refused.text)
            return
        before = values.setdefault(quantity, taken)
        if before != taken:
            where = f"{quantity} ({sub})" if sub else quantity
            told = f"{where}: {before:g}, {value:g}" if isinstance(before, float) else where
            self.problems.append(Text(f"hai giá trị cho {told}", f"two values for {told}"))

    def alarm(self, name: str, code: int, *, on: bool | None) -> None:
        """`on` None: what the code means is not known for certain, so only the code is told."""
        self.events.append(DecodedEvent("alarm", {"alarm": name, "code": code} | ({} if on is None else {"on": on})))

    def note(self, name: str) -> None:
        if name not in self.unknown:
            self.unknown.append(name)

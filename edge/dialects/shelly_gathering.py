"""What one Shelly message says, gathered by channel: values, and what was not understood or cannot be."""

import msgspec

from edge.dialects.decoded import Decoded
from edge.dialects.figures import Refused, read_flag, read_number, within
from edge.dialects.zigbee2mqtt_watch import Watch
from wire.ids import slug
from wire.quantities import QUANTITIES, Kind
from wire.text import Text

Values = dict[str, float | str]
UNKNOWN_AT_MOST = 60
NO_ERROR = "0"


class Meaning(msgspec.Struct, frozen=True):
    """A quantity and what to divide by: /1000 makes kWh of Wh, /60000 of watt-minutes."""

    quantity: str
    divide: float = 1.0


class Gathering(msgspec.Struct):
    """Mutable."""

    channels: dict[str, Values] = {}
    unknown: list[str] = []
    problems: list[Text] = []
    buttons: list[tuple[str, str]] = []  # input's number, what was done
    at_ms: int | None = None

    def take(self, channel: str, meaning: Meaning, path: str, raw: object) -> None:
        """One value as JSON or text has it; null says nothing."""
        if raw is None:
            return
        try:
            if QUANTITIES[meaning.quantity].kind is Kind.STATE:
                value = read_flag(raw)
            else:
                value = round(read_number(raw) / meaning.divide, 9)
            self.put(channel, meaning.quantity, within(meaning.quantity, value))
        except Refused as refused:
            self.say(path, refused.text)

    def put(self, channel: str, quantity: str, value: float | str) -> None:
        """Raises Refused where the message says something else of the same already."""
        before = self.channels.setdefault(channel, {}).setdefault(quantity, value)
        if before != value:
            raise Refused(Text(f"đã có {quantity} {before}", f"{quantity} is {before} already"))

    def errors(self, channel: str, path: str, raw: object) -> None:
        """A list of words; none is "0"."""
        words = [word for word in raw if isinstance(word, str)] if isinstance(raw, list) else []
        if isinstance(raw, list) and len(words) == len(raw):
            self.put(channel, "error_code", "+".join(sorted(words))[:200] or NO_ERROR)
        elif raw is not None:
            self.say(path, Text("không phải danh sách lỗi", "no list of errors"))

    def note(self, path: str) -> None:
        if len(self.unknown) < UNKNOWN_AT_MOST:
            self.unknown.append(path)

    def say(self, path: str, text: Text) -> None:
        self.problems.append(Text(f"{path}: {text.vi}", f"{path}: {text.en}"))

    def decoded(self, name: str, model: str, watch: Watch, *, retained: bool) -> list[Decoded]:
        """The device, where there is anything to say of it, then its channels."""
        device_id = slug(name)
        found = []
        at_ms = self.at_ms
        if at_ms is not None:
            at_ms = watch.distinct_time(device_id, at_ms, msgspec.json.encode(self.channels))
        for channel in ("", *sorted({*self.channels, *(number for number, _ in self.buttons)} - {""})):
            values = self.channels.get(channel, {})
            own_id = slug(f"{device_id}-{channel}") if channel else device_id
            own_name = f"{name}-{channel}" if channel else name
            pushed = [done for number, done in self.buttons if number == channel and not retained]
            events = watch.events(own_id, values, {}, retained=retained)
            for done in pushed:
                events += watch.events(own_id, {}, {"action": done}, retained=retained)
            one = Decoded(own_name, own_id, values, at_ms, model, events=events)
            if not channel:
                one = msgspec.structs.replace(one, unknown=tuple(self.unknown), problems=tuple(self.problems))
            if one.values or one.events or one.unknown or one.problems:
                found.append(one)
        return found

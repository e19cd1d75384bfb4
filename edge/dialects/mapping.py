"""Messages read by mappings a person wrote or accepted: topic filter, path into the JSON, unit and scale. Pure.

Source: wire.mapping; https://docs.oasis-open.org/mqtt/mqtt/v3.1.1/ section 4.7 (topic filters).
Errors: never raised: a value that cannot be taken is in `Decoded.problems`, with its path.
"""

import re
from collections.abc import Sequence

import msgspec

from edge.dialects.decoded import Decoded
from edge.dialects.figures import Refused, read_flag, read_json, read_number, read_time, scaled, within
from edge.dialects.json_paths import MISSING, follow
from edge.dialects.zigbee2mqtt_watch import Watch
from wire.ids import slug
from wire.mapping import PLACE, Mapping, unfilled
from wire.quantities import MAX_TEXT, QUANTITIES, Kind
from wire.text import Text

_TOPICS_KNOWN = 1_024


def fits(topic_filter: Sequence[str], topic: Sequence[str]) -> tuple[str, ...] | None:
    """What the `+`s and a last `#` stood for; None where the topic does not fit. Both are split at slashes."""
    if topic[0].startswith("$") and topic_filter[0] in {"+", "#"}:
        return None  # MQTT 4.7.2: wildcards do not match the broker's own topics
    stood: list[str] = []
    for index, level in enumerate(topic_filter):
        if level == "#":
            return (*stood, "/".join(topic[index:]))
        if index >= len(topic):
            return None
        if level == "+":
            stood.append(topic[index])
        elif level != topic[index]:
            return None
    return tuple(stood) if len(topic) == len(topic_filter) else None


def fault(mapping: Mapping) -> Text | None:
    """Why a mapping can never work; None where it can."""
    levels = mapping.topic.split("/")
    if any(("+" in level and level != "+") or ("#" in level and level != "#") for level in levels) or (
        "#" in levels[:-1]
    ):
        return Text(f"mẫu chủ đề {mapping.topic!r} sai", f"{mapping.topic!r} is no topic filter")
    if mapping.quantity not in QUANTITIES:
        return Text(f"không có đại lượng {mapping.quantity!r}", f"there is no quantity {mapping.quantity!r}")
    place = unfilled(mapping)
    return None if place is None else Text(f"{place} không ứng với dấu + nào", f"{place} stands for no + of the topic")


class MappingDialect:
    """Every mapping in force. Those of edge.toml (`own`) win over the hub's for the same topic and path."""

    name = "mapping"

    def __init__(self, own: Sequence[Mapping] = ()) -> None:
        self._own, self._watch = tuple(own), Watch()
        self.mappings: tuple[Mapping, ...] = ()
        self._rows: list[tuple[list[str], Mapping]] = []
        self._known: dict[str, list[tuple[Mapping, tuple[str, ...]]]] = {}  # the last topics and what is for them
        self.configure(())

    def configure(self, remote: Sequence[Mapping]) -> None:
        """Take the hub's mappings in place of its former ones."""
        taken = {(row.topic, row.path) for row in self._own}
        self.mappings = (*self._own, *(row for row in remote if (row.topic, row.path) not in taken))
        self._rows = [(row.topic.split("/"), row) for row in self.mappings]
        self._known.clear()

    def topics(self) -> list[str]:
        """The topic filters to subscribe to."""
        return list(dict.fromkeys(row.topic for row in self.mappings if fault(row) is None))

    def claims(self, topic: str) -> bool:
        """Whether a mapping is for this topic."""
        return bool(self._fitting(topic))

    def _fitting(self, topic: str) -> list[tuple[Mapping, tuple[str, ...]]]:
        """The mappings for a topic, with what their wildcards stand for."""
        found = self._known.get(topic)
        if found is None:
            levels = topic.split("/")
            found = [(row, stood) for split, row in self._rows if (stood := fits(split, levels)) is not None]
            if len(self._known) >= _TOPICS_KNOWN:
                del self._known[next(iter(self._known))]
            self._known[topic] = found
        return found

    def decode(self, topic: str, payload: bytes, *, retained: bool = False) -> list[Decoded]:
        """One entry a device; empty where no mapping is for this topic."""
        found = self._fitting(topic)
        if not found:
            return []
        body, broken = _body(payload)
        devices: dict[str, _Account] = {}
        for row, stood in found:
            device = _device(row, stood, topic)
            account = devices.setdefault(device, _Account())
            try:
                account.take(row, body, broken)
            except Refused as refused:
                account.say(row.path, refused.text)
        return [self._assemble(device, account, retained=retained) for device, account in devices.items()]

    def _assemble(self, device: str, account: "_Account", *, retained: bool) -> Decoded:
        device_id = slug(device)
        if account.missing and not account.values and not account.problems:
            paths = ", ".join(account.missing)[:200]
            account.problems.append(Text(f"không có {paths} trong bản tin", f"{paths} is not in the message"))
        events = self._watch.events(device_id, account.values, {}, retained=retained)
        return Decoded(
            device, device_id, account.values, account.at_ms, events=events, problems=tuple(account.problems)
        )


class _Account(msgspec.Struct):
    """What one message says of one device. Mutable."""

    values: dict[str, float | str] = {}
    at_ms: int | None = None
    problems: list[Text] = []
    missing: list[str] = []

    def take(self, row: Mapping, body: object, broken: Text | None) -> None:
        """Raises Refused."""
        wrong = fault(row)
        if wrong is None and broken is not None and row.path:
            wrong = broken
        if wrong is not None:
            raise Refused(wrong)
        raw = follow(body, row.path)
        if raw is MISSING:
            if not row.topic.endswith("#"):  # below a # there are messages of other kinds
                self.missing.append(row.path)
        elif raw is not None:
            value = _value(row, raw)
            before = self.values.setdefault(row.quantity, value)
            if before != value:
                raise Refused(Text(f"đã có {row.quantity} {before}", f"{row.quantity} is {before} already"))
            self._when(row, body)

    def _when(self, row: Mapping, body: object) -> None:
        raw = follow(body, row.time_path) if row.time_path else None
        if raw is not None and raw is not MISSING:
            try:
                self.at_ms = read_time(raw)
            except Refused as refused:
                self.say(row.time_path, refused.text)

    def say(self, path: str, text: Text) -> None:
        where = f"{path}: " if path else ""
        told = Text(where + text.vi, where + text.en)
        if told not in self.problems:
            self.problems.append(told)


def _body(payload: bytes) -> tuple[object, Text | None]:
    """JSON, or the text itself with the reason why it is no JSON."""
    try:
        return read_json(payload), None
    except Refused as refused:
        return payload[:1000].decode("utf-8", "replace"), refused.text


def _device(row: Mapping, stood: tuple[str, ...], topic: str) -> str:
    def put(match: re.Match[str]) -> str:
        number = int(match.group(1))
        return stood[number - 1] if 1 <= number <= len(stood) else match.group()

    return PLACE.sub(put, row.device) or topic


def _value(row: Mapping, raw: object) -> float | str:
    """Raises Refused."""
    if isinstance(raw, dict | list):
        raise Refused(Text("có đối tượng hay danh sách thay vì một giá trị", "an object or a list, not a value"))
    kind = QUANTITIES[row.quantity].kind
    if kind is Kind.TEXT:
        return within(row.quantity, raw if isinstance(raw, str) else msgspec.json.encode(raw).decode()[: MAX_TEXT + 1])
    if kind is Kind.STATE:
        return read_flag(raw, row.on, row.off)
    return within(row.quantity, scaled(read_number(raw), row.scale, row.offset))

"""Sparkplug B as input: edge nodes of industrial gateways that tell once what they measure and then only figures. Pure.

Source: Eclipse Sparkplug 3.0, chapters 4 to 6.
Topics: spBv1.0/{group}/{NBIRTH|NDATA|NDEATH}/{node}, spBv1.0/{group}/{DBIRTH|DDATA|DDEATH}/{node}/{device};
        STATE and commands are of others.
Units:  of the metric's property `engUnit` or the like, with the words of its name; without a unit it is `unknown`.
Errors: never raised. Data without its birth, or after a death, is no reading; gaps of the sequence are told. What is
        BAD or STALE, null, NaN or transient is no reading. A historical value keeps its own time and is never live.
"""

from collections.abc import Iterable, Iterator

import msgspec

from edge.dialects.decoded import Decoded
from edge.dialects.dialect import Telegram
from edge.dialects.figures import Refused, short
from edge.dialects.measures import STATES, convert, is_mains
from edge.dialects.protobuf import Malformed
from edge.dialects.sparkplug_nodes import EdgeNode, Known, SparkplugDevice
from edge.dialects.sparkplug_payload import Metric, Payload, read_payload, rebirth, value_of
from edge.dialects.zigbee2mqtt_watch import Watch
from wire.ids import slug
from wire.text import Text

_NAMESPACE = "spBv1.0"
_OF_NODE, _OF_DEVICE = frozenset({"NBIRTH", "NDATA", "NDEATH"}), frozenset({"DBIRTH", "DDATA", "DDEATH"})
_MOST_NODES, _MOST_DEVICES, _MOST_METRICS = 512, 2_000, 50_000  # of one broker
_FIRST_MS, _LAST_MS = 1_420_070_400_000, 253_402_300_799_999
_MOST_PROBLEMS = 16
_PATIENCE = 50  # messages


class Address(msgspec.Struct, frozen=True):
    group: str
    kind: str
    node: str
    device: str

    @property
    def name(self) -> str:
        return f"{self.group}/{self.node}"


def address_of(topic: str) -> Address | None:
    """None where no edge node speaks: commands, the state of hosts, topics of another shape."""
    levels = topic.split("/")
    if levels[0] != _NAMESPACE or not all(levels):
        return None
    match levels[1:]:
        case [group, kind, node] if kind in _OF_NODE:
            return Address(group, kind, node, "")
        case [group, kind, node, device] if kind in _OF_DEVICE:
            return Address(group, kind, node, device)
    return None


class Sparkplug:
    """Every edge node of one broker. With `host`, nodes whose birth was missed are asked for it.

    We are no primary host: nobody's STATE is published, and nodes that wait for one wait for theirs.
    """

    name = "sparkplug"

    def __init__(self, host: str = "") -> None:
        self._host = host
        self._nodes: dict[str, EdgeNode] = {}
        self._wishes: list[Telegram] = []
        self._watch = Watch()

    def claims(self, topic: str) -> bool:
        return topic.startswith(f"{_NAMESPACE}/")

    def wishes(self) -> list[Telegram]:
        """Requests for births that are due."""
        due, self._wishes = self._wishes, []
        return due

    def decode(self, topic: str, payload: bytes, *, retained: bool = False) -> list[Decoded]:
        """What a birth, data or death says: a device, its channels, one for each time its metrics name."""
        address = address_of(topic)
        if address is None:
            return []
        try:
            message = read_payload(payload)
        except (Malformed, msgspec.ValidationError) as broken:
            problem = Text(f"không phải Sparkplug B: {broken}", f"not Sparkplug B: {broken}")
            name = "/".join(part for part in (address.name, address.device) if part)
            return [Decoded(name, slug(name), problems=(problem,))]
        node = self._nodes.get(address.name)
        if node is None:
            if len(self._nodes) >= _MOST_NODES:
                return [_too_many(address.name)]
            node = self._nodes[address.name] = EdgeNode(address.name)
        if address.device not in node.devices and sum(len(one.devices) for one in self._nodes.values()) > _MOST_DEVICES:
            return [_too_many(f"{address.name}/{address.device}")]
        return self._message(address, node, message, retained=retained)

    def _message(self, address: Address, node: EdgeNode, message: Payload, *, retained: bool) -> list[Decoded]:
        if address.kind == "NDEATH":
            return _node_died(node, message)
        if address.kind == "NBIRTH":
            _node_born(node, message)
        problems = _order(node, message.seq)
        if not node.devices[""].is_born:
            problems = [_no_birth(address.kind)]
        device = node.device(address.device)
        if address.kind == "DDEATH":
            device.is_born = False
            return [Decoded(device.name, device.device_id, available=False, problems=tuple(problems))]
        born = address.kind.endswith("BIRTH")
        if born and not self._has_room(device, message):
            device.is_born = False
            return [_too_many(device.name)]
        if born:
            node.alias(message.metrics)
            device.bear(message.metrics)
        elif not device.is_born and not problems:
            problems = [_no_birth(address.kind)]
        if problems:
            self._ask(address, node, message)
        readable = node.devices[""].is_born and device.is_born
        found = self._values(node, device, message, retained=retained) if readable else [_unread(device, message)]
        base = found[0]
        found[0] = msgspec.structs.replace(
            base,
            available=True if born and not retained else None,  # no birth is ever retained: an old one proves nothing
            problems=(*problems, *base.problems)[:_MOST_PROBLEMS],
        )
        return found

    def _has_room(self, device: SparkplugDevice, message: Payload) -> bool:
        known = sum(len(one.metrics) for node in self._nodes.values() for one in node.devices.values())
        return known - len(device.metrics) + len(message.metrics) <= _MOST_METRICS

    def _ask(self, address: Address, node: EdgeNode, message: Payload) -> None:
        """For a birth, where we may; again after a while, should it not come."""
        if self._host and node.patience == 0:
            payload = rebirth(message.at_ms or 0)
            self._wishes.append(Telegram(f"{_NAMESPACE}/{address.group}/NCMD/{address.node}", payload))
        node.patience = _PATIENCE if node.patience == 0 else node.patience - 1

    # ── values ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _values(self, node: EdgeNode, device: SparkplugDevice, message: Payload, *, retained: bool) -> list[Decoded]:
        """The device's own first, then its channels and other times; what is not understood is with the first."""
        values: dict[tuple[str, str, int | None], dict[str, float | str]] = {}
        unknown: list[str] = []
        problems: list[Text] = []
        historical: set[int | None] = set()
        for metric in message.metrics:
            described = _described(node, device, metric)
            if described is None:
                unknown.append(metric.name or f"alias {metric.alias}")
            elif not described.is_control:
                try:
                    self._take(device, described, metric, message, values, unknown)
                    historical |= {metric.at_ms} if metric.historical else set()
                except Refused as refused:
                    name = described.name[:80]
                    problems.append(Text(f"{name}: {refused.text.vi}", f"{name}: {refused.text.en}"))
        found = [
            Decoded(
                name,
                place,
                of,
                at_ms,
                events=self._watch.events(place, of, {}, retained=retained or at_ms in historical),
            )
            for (name, place, at_ms), of in values.items()
        ]
        found.sort(key=lambda one: one.device_id != device.device_id)
        if not found or found[0].device_id != device.device_id:
            found.insert(0, Decoded(device.name, device.device_id))
        found[0] = msgspec.structs.replace(
            found[0],
            unknown=tuple(unknown),
            problems=tuple(problems),
            plain=_plain(node, device, message.metrics) if unknown else b"",
        )
        return found

    def _take(
        self,
        device: SparkplugDevice,
        described: Known,
        metric: Metric,
        message: Payload,
        values: dict[tuple[str, str, int | None], dict[str, float | str]],
        unknown: list[str],
    ) -> None:
        figure = value_of(metric, described.datatype)
        if metric.transient or not described.kind:
            unknown.append(described.name)
            return
        if figure is None or not metric.is_good:
            return
        at_ms = _time(metric, message)
        if isinstance(figure, bool):
            quantity, value = STATES.get(described.kind, "switch_on"), float(figure)
        else:
            quantity, value = convert(described.kind, described.unit, figure)
        if described.kind == "voltage" and not is_mains(value):
            unknown.append(described.name)
            return
        values.setdefault((*device.place(described), at_ms), {})[quantity] = value


def _described(node: EdgeNode, device: SparkplugDevice, metric: Metric) -> Known | None:
    name = metric.name or ("" if metric.alias is None else node.aliases.get(metric.alias, ""))
    return device.metrics.get(name)


def _time(metric: Metric, message: Payload) -> int | None:
    """When it was measured. A clock that is not set says nothing; of a historical value it must. Raises Refused."""
    at_ms = metric.at_ms if metric.at_ms is not None else message.at_ms
    if at_ms is not None and _FIRST_MS <= at_ms <= _LAST_MS:
        return at_ms
    if metric.historical:
        raise Refused(Text(f"giá trị cũ không có thời điểm: {at_ms}", f"a historical value without a time: {at_ms}"))
    return None


def _plain(node: EdgeNode, device: SparkplugDevice, metrics: Iterable[Metric]) -> bytes:
    """The figures by their names as JSON: mappings and the list of what is heard read that."""
    return msgspec.json.encode(dict(_figures(node, device, metrics)))


def _figures(node: EdgeNode, device: SparkplugDevice, metrics: Iterable[Metric]) -> Iterator[tuple[str, float | bool]]:
    for metric in metrics:
        described = _described(node, device, metric)
        if described is None or described.is_control or not metric.is_good or metric.historical:
            continue
        try:
            figure = value_of(metric, described.datatype)
        except Refused:
            continue
        if figure is not None:
            yield described.name, figure


def _node_born(node: EdgeNode, message: Payload) -> None:
    """A session begins: what was known of the former one, its devices included, holds no longer."""
    node.aliases.clear()
    node.patience, node.seq = 0, None
    for device in node.devices.values():
        device.is_born = False
    births = [metric.raw for metric in message.metrics if metric.name == "bdSeq" and isinstance(metric.raw, int)]
    node.birth = births[0] if births else None
    node.devices[""].is_born = True


def _node_died(node: EdgeNode, message: Payload) -> list[Decoded]:
    """The last will of a session; of a former one (its bdSeq is another) it is no news."""
    deaths = [metric.raw for metric in message.metrics if metric.name == "bdSeq"]
    if node.devices[""].is_born and deaths and node.birth is not None and deaths[0] != node.birth:
        return []
    node.seq = None
    for device in node.devices.values():
        device.is_born = False
    return [Decoded(one.name, one.device_id, available=False) for one in node.devices.values()]


def _order(node: EdgeNode, seq: int | None) -> list[Text]:
    gap = node.gap(seq)
    if gap is None:
        return []
    wanted, given = gap
    return [Text(f"thiếu bản tin: seq {given}, chờ {wanted}", f"messages are missing: seq {given}, {wanted} expected")]


def _no_birth(kind: str) -> Text:
    return Text(f"{kind} mà chưa thấy bản tin khai sinh", f"{kind} without the birth that describes it")


def _unread(device: SparkplugDevice, message: Payload) -> Decoded:
    names = tuple(metric.name or f"alias {metric.alias}" for metric in message.metrics[:_MOST_PROBLEMS])
    return Decoded(device.name, device.device_id, unknown=names)


def _too_many(name: str) -> Decoded:
    shown = short(name)
    problem = Text(
        f"quá nhiều nút, thiết bị hay đại lượng, bỏ qua {shown}",
        f"too many edge nodes, devices or metrics, {shown} is left out",
    )
    return Decoded(name[:80], slug(name), problems=(problem,))

"""What a Mosquitto refused, read line by line from its log: who could not log in, who spoke or listened out of place.

Pure. Lines as Mosquitto 2.0.11 writes them (tests/hub/broker/captures), and 2.0.15 to 2.1, which name the client where
2.0.11 says `<unknown>`:
- `Client X disconnected, not authorised.` after `Sending CONNACK to ADDRESS (0, 5)`: unknown user or wrong password;
- `Client X already connected, closing old connection.`: two machines with one name, or one that came back;
- `Denied PUBLISH from X (…)`: acknowledged like any other, told only here;
- `Received SUBSCRIBE from X`, then `⇥TOPIC (QoS n)` not followed by `X n TOPIC`: a denied subscription.
"""

import re
from collections import OrderedDict, deque
from datetime import datetime
from enum import StrEnum

import msgspec

from wire.ids import is_id
from wire.text import Text

RECENT_MS = 600_000
MOST_NAMES = 1_000
KEPT_TIMES = 32
RECONNECTS = 4  # a gateway whose line was cut comes back before the broker missed it: once is nothing

_NOT_AUTHORISED = re.compile(r"Client (?P<client>.+?)(?: \[.*\])? disconnected[,:] not authori[sz]ed\.")
_TAKEN_OVER = re.compile(r"Client (?P<client>.+) already connected, closing old connection\.")
_DENIED = re.compile(r"Denied PUBLISH from (?P<client>.+?) \(d\d, q\d, r\d, m\d+, '")
_CONNACK = re.compile(r"Sending CONNACK to (?P<who>.+) \(\d, (?P<code>\d+)\)")
_SUBSCRIBE = re.compile(r"Received SUBSCRIBE from (?P<client>.+)")
_WANTED = re.compile(r"\t(?P<topic>.+) \(QoS \d\)")  # the topic of a will, or of an unsubscription, has no QoS
_LOGGED_IN = re.compile(r"New client connected from (?P<address>.+):\d+ as (?P<client>.+) \(p\d.*, u'(?P<user>.*)'\)")
UNKNOWN = "<unknown>"


class Refusal(StrEnum):
    """Kinds of refusals, as they are called in figures."""

    LOGIN = "logins"
    PUBLISH = "publishes"
    SUBSCRIPTION = "subscriptions"
    TAKEN_OVER = "taken_over"


class Refused(msgspec.Struct, frozen=True):
    """One refusal. `gateway` is `{school}.{gateway}`, or empty where the client id is none of a gateway."""

    kind: Refusal
    gateway: str = ""
    address: str = ""


def said_at_ms(line: str, now_ms: int) -> int:
    """When the broker wrote a line: what is read after a restart of the hub may be hours old. Never after now.

    Its time is as `classhub broker config` has it written (2026-11-22T16:23:36+0700), without the zone as before (then
    it is this machine's), or Mosquitto's own seconds since 1970; where it is none of these, the line is taken as new.
    """
    said = line.partition(": ")[0]
    if said.isascii() and said.isdecimal():
        return min(int(said[:12]) * 1_000, now_ms)
    try:
        return min(int(datetime.fromisoformat(said).timestamp() * 1_000), now_ms)
    except (ValueError, OverflowError, OSError):
        return now_ms


def gateway_of(client: str) -> str:
    """`s.g1` of the client id `s_g1`; empty for any other."""
    school, _, gateway = client.partition("_")
    return f"{school}.{gateway}" if is_id(school) and is_id(gateway) else ""


class LogReader:
    """Lines in, refusals out; remembers what belongs to the line before, and from where each gateway last came."""

    def __init__(self) -> None:
        self._address = ""
        self._subscriber = ""
        self._topic: str | None = None
        self._homes: OrderedDict[str, str] = OrderedDict()

    def read(self, line: str) -> list[Refused]:
        """`line` without its end. Nearly all lines are about messages that passed: those cost two comparisons."""
        said = line.partition(": ")[2]
        if self._topic is not None or said.startswith("\t"):
            return self._subscription(said)
        if said.startswith(("Received PUBLISH", "Sending PUB")):
            return []
        return self._told(said)

    def _told(self, said: str) -> list[Refused]:
        if found := _CONNACK.match(said):
            self._address = found["who"] if found["code"] != "0" else ""
        elif found := _NOT_AUTHORISED.match(said):
            address, self._address = self._address, ""
            return [self._login(found["client"], address)]
        elif found := _TAKEN_OVER.match(said):
            return [Refused(Refusal.TAKEN_OVER, gateway_of(found["client"]))]
        elif found := _DENIED.match(said):
            return [Refused(Refusal.PUBLISH, gateway_of(found["client"]))]
        elif found := _SUBSCRIBE.match(said):
            self._subscriber = found["client"]
        elif found := _LOGGED_IN.match(said):
            gateway = gateway_of(found["client"])  # an administrator's id looks like one: its user does not
            self._remember(found["address"], gateway if gateway == found["user"] else "")
        return []

    def _login(self, client: str, address: str) -> Refused:
        """2.0.11 names no client: then it may be the one gateway that came from there before."""
        if client != UNKNOWN:
            return Refused(Refusal.LOGIN, gateway_of(client), "" if address == client else address)
        return Refused(Refusal.LOGIN, self._homes.get(address, ""), address)

    def _remember(self, address: str, gateway: str) -> None:
        """Empty where several gateways come from one address: then nobody is named."""
        if gateway:
            self._homes[address] = gateway if self._homes.get(address, gateway) == gateway else ""
            self._homes.move_to_end(address)
            if len(self._homes) > MOST_NAMES:
                self._homes.popitem(last=False)

    def _subscription(self, said: str) -> list[Refused]:
        """Each topic wanted is followed by the topic granted, if it was."""
        topic, self._topic = self._topic, None
        denied = topic is not None and not (said.startswith(f"{self._subscriber} ") and said.endswith(f" {topic}"))
        found = [Refused(Refusal.SUBSCRIPTION, gateway_of(self._subscriber))] if denied else []
        if wanted := _WANTED.fullmatch(said):
            self._topic = wanted["topic"]
        elif denied:
            found += self._told(said)
        return found


class Refusals:
    """Counts, in all and by gateway, with what happened in the last ten minutes; bounded, whatever is tried."""

    def __init__(self) -> None:
        self.totals = dict.fromkeys(Refusal, 0)
        self._recent: OrderedDict[tuple[str, Refusal], deque[int]] = OrderedDict()
        self._addresses: OrderedDict[str, int] = OrderedDict()

    def add(self, refused: Refused, now_ms: int) -> None:
        self.totals[refused.kind] += 1
        key = (refused.gateway, refused.kind)
        self._recent.setdefault(key, deque(maxlen=KEPT_TIMES)).append(now_ms)
        self._recent.move_to_end(key)
        if len(self._recent) > MOST_NAMES:
            self._recent.popitem(last=False)
        if refused.address and not refused.gateway:
            self._addresses[refused.address] = now_ms
            self._addresses.move_to_end(refused.address)
            if len(self._addresses) > MOST_NAMES:
                self._addresses.popitem(last=False)

    def figures(self) -> dict[str, float]:
        """For /metrics."""
        return {f"broker_refused_{kind}_total": float(count) for kind, count in self.totals.items()}

    def gateways(self, now_ms: int) -> dict[str, Text]:
        """What is worth telling of each gateway named lately; the name is empty for all that name none."""
        found: dict[str, dict[Refusal, int]] = {}
        for (gateway, kind), times in list(self._recent.items()):
            lately = sum(now_ms - at < RECENT_MS for at in times)
            if lately >= (RECONNECTS if kind is Refusal.TAKEN_OVER else 1):
                found.setdefault(gateway, {})[kind] = lately
        return {gateway: _said(counts, self._from(gateway, now_ms)) for gateway, counts in found.items()}

    def _from(self, gateway: str, now_ms: int) -> list[str]:
        """Where those came from that named no gateway, the latest first."""
        if gateway:
            return []
        lately = [address for address, at in self._addresses.items() if now_ms - at < RECENT_MS]
        return lately[: -SHOWN_ADDRESSES - 1 : -1]


SHOWN_ADDRESSES = 3
_WORDS = {
    Refusal.LOGIN: Text("lần đăng nhập sai", "failed logins"),
    Refusal.PUBLISH: Text("bản tin gửi sai chỗ", "messages to topics not its own"),
    Refusal.SUBSCRIPTION: Text("lần đăng ký nghe sai chỗ", "subscriptions to topics not its own"),
    Refusal.TAKEN_OVER: Text("lần một kết nối mới chiếm chỗ", "times a new connection took its place"),
}


def _said(counts: dict[Refusal, int], addresses: list[str]) -> Text:
    def many(count: int) -> str:
        return f"{count}+" if count >= KEPT_TIMES else str(count)

    where = f" ({', '.join(addresses)})" if addresses else ""
    vi = ", ".join(f"{many(count)} {_WORDS[kind].vi}" for kind, count in counts.items())
    en = ", ".join(f"{many(count)} {_WORDS[kind].en}" for kind, count in counts.items())
    return Text(f"{vi} trong 10 phút qua{where}", f"{en} in the last 10 minutes{where}")

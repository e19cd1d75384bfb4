"""What must be remembered from message to message: which states are news, and which second was used already."""

import hashlib

from edge.dialects.decoded import DecodedEvent

_ALARMS = frozenset({"smoke", "water_leak", "tamper"})
_MAX_REMEMBERED = 8192


class Watch:
    """Remembers the last state of every contact and alarm, and the last message of every device. Mutable, bounded."""

    def __init__(self) -> None:
        self._last: dict[tuple[str, str], bool] = {}
        self._times: dict[str, tuple[int, bytes]] = {}  # the time told and the payload's digest

    def events(
        self,
        device_id: str,
        values: dict[str, float | str],
        actions: dict[str, str | bool],
        *,
        retained: bool,
    ) -> tuple[DecodedEvent, ...]:
        """What is news in one message. `first` in the data: the state before is not known.

        A retained message is not news, but an alarm that is on is told whenever it is first seen.
        """
        found = []
        states = {key: bool(value) for key, value in values.items() if key in _ALARMS or key == "contact_open"}
        states |= {key: value for key, value in actions.items() if isinstance(value, bool)}
        for name, now in states.items():
            before = self._exchange(device_id, name, now)
            if name == "contact_open":
                if not retained and before is not now:
                    found.append(DecodedEvent("contact", _data("open", now, before)))
            elif before is not now and (now or (before is not None and not retained)):
                found.append(DecodedEvent("alarm", {"alarm": name, **_data("on", now, before)}))
        action = actions.get("action")
        if isinstance(action, str) and not retained:
            found.append(DecodedEvent("button", {"action": action[:100]}))
        return tuple(found)

    def distinct_time(self, device_id: str, at_ms: int, payload: bytes) -> int:
        """`at_ms` of this message, so that two different ones of one second do not overwrite each other.

        `last_seen` may come in whole seconds; a value is known by device and time. The same message keeps its time.
        """
        said = hashlib.blake2b(payload, digest_size=16).digest()  # payloads may be long, and there are many devices
        before_ms, before = self._times.pop(device_id, (-1, b""))
        same_second = at_ms % 1000 == 0 and at_ms <= before_ms < at_ms + 999
        told_ms = at_ms if not same_second else before_ms if before == said else before_ms + 1
        if len(self._times) >= _MAX_REMEMBERED:
            del self._times[next(iter(self._times))]
        self._times[device_id] = (told_ms, said)
        return told_ms

    def _exchange(self, device_id: str, name: str, now: bool) -> bool | None:  # noqa: FBT001 the state is the value
        before = self._last.pop((device_id, name), None)
        if len(self._last) >= _MAX_REMEMBERED:
            del self._last[next(iter(self._last))]
        self._last[device_id, name] = now
        return before


def _data(key: str, now: bool, before: bool | None) -> dict[str, bool]:  # noqa: FBT001 the state is the value
    return {key: now} if before is not None else {key: now, "first": True}

"""A fingerprint module of the R307 kind at its far end of the line, built from the manual's packets, not the decoder.

Fingers are numbers; a template is the finger both images came from.
"""

from collections.abc import Callable

_HEAD = b"\xef\x01"


def _answer(address: bytes, *payload: int) -> bytes:
    length = len(payload) + 2
    total = 7 + (length >> 8) + (length & 255) + sum(payload)
    return _HEAD + address + bytes((7, length >> 8, length & 255, *payload, total >> 8 & 255, total & 255))


class SimulatedFingerprint:
    """`finger` lies on the sensor (None: nothing); `stored` maps places to fingers."""

    def __init__(self, stored: dict[int, int] | None = None, *, password: int = 0, capacity: int = 1000) -> None:
        self.stored = dict(stored or {})
        self.password, self.capacity = password, capacity
        self.finger: int | None = None
        self.messy = 0  # so many images to come are unusable
        self.silent = False
        self.boot = b""  # what it says when power comes
        self.asked: list[int] = []
        self._open = False
        self._image: int | None = None
        self._buffers: dict[int, int] = {}
        self._model: int | None = None
        self._heard = b""
        self._saying = b""

    def power(self, at_s: float) -> None:
        del at_s
        self._open, self._heard, self._saying = False, b"", self.boot
        self._image, self._model = None, None

    def speak(self, at_s: float) -> bytes:
        del at_s
        said, self._saying = self._saying, b""
        return said

    def receive(self, data: bytes, at_s: float) -> bytes:
        del at_s
        self._heard = (self._heard + data)[-400:]
        said = b""
        while (at := self._heard.find(_HEAD)) >= 0 and len(self._heard) >= at + 9:
            length = self._heard[at + 7] << 8 | self._heard[at + 8]
            end = at + 9 + length
            if len(self._heard) < end:
                break
            frame, self._heard = self._heard[at:end], self._heard[end:]
            good = sum(frame[6:-2]) & 0xFFFF == int.from_bytes(frame[-2:], "big")
            said += self._obey(frame[2:6], frame[9:-2]) if good else _answer(frame[2:6], 1)
        return b"" if self.silent else said

    def _obey(self, address: bytes, payload: bytes) -> bytes:
        instruction, content = payload[0], payload[1:]
        self.asked.append(instruction)
        if instruction == 0x13:
            self._open = int.from_bytes(content, "big") == self.password
            return _answer(address, 0 if self._open else 0x13)
        if not self._open:
            return _answer(address, 0x21)
        tasks: dict[int, Callable[[bytes], tuple[int, ...]]] = {
            0x01: self._take_image,
            0x02: self._features,
            0x04: self._search,
            0x05: self._join,
            0x06: self._store,
            0x0C: self._delete,
            0x0F: self._parameters,
            0x1D: self._count,
        }
        task = tasks.get(instruction)
        return _answer(address, *((1,) if task is None else task(content)))

    def _count(self, _: bytes) -> tuple[int, ...]:
        return (0, len(self.stored) >> 8, len(self.stored) & 255)

    def _take_image(self, _: bytes) -> tuple[int, ...]:
        self._image = self.finger
        return (2,) if self.finger is None else (0,)

    def _features(self, content: bytes) -> tuple[int, ...]:
        if self.messy:
            self.messy -= 1
            return (6,)
        if self._image is None:
            return (0x15,)
        self._buffers[content[0]] = self._image
        return (0,)

    def _search(self, content: bytes) -> tuple[int, ...]:
        first, count = content[1] << 8 | content[2], content[3] << 8 | content[4]
        for place, finger in self.stored.items():
            if finger == self._buffers.get(content[0]) and first <= place < first + count:
                return (0, place >> 8, place & 255, 0, 100)
        return (9, 0, 0, 0, 0)

    def _join(self, _: bytes) -> tuple[int, ...]:
        if self._buffers.get(1) != self._buffers.get(2):
            return (0x0A,)
        self._model = self._buffers[1]
        return (0,)

    def _store(self, content: bytes) -> tuple[int, ...]:
        place = content[1] << 8 | content[2]
        if place >= self.capacity or self._model is None:
            return (0x0B,)
        self.stored[place] = self._model
        return (0,)

    def _delete(self, content: bytes) -> tuple[int, ...]:
        first, count = content[0] << 8 | content[1], content[2] << 8 | content[3]
        if first + count > self.capacity:
            return (0x10,)
        for place in range(first, first + count):
            self.stored.pop(place, None)
        return (0,)

    def _parameters(self, _: bytes) -> tuple[int, ...]:
        return (0, 0, 0, 0, 9, self.capacity >> 8, self.capacity & 255, 0, 3, 255, 255, 255, 255, 0, 2, 0, 6)

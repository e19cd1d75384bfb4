"""A PN532 on its serial line, from the user manual's frames: ACK first, then the answer; asleep until it is woken."""

_ACK = bytes.fromhex("0000ff00ff00")


def _frame(*data: int) -> bytes:
    total = sum(data) & 0xFF
    head = bytes((0, 0, 0xFF, len(data), (0x100 - len(data)) & 0xFF))
    return head + bytes(data) + bytes(((0x100 - total) & 0xFF, 0))


class SimulatedPn532:
    """`card` is the UID that lies there, None: nothing."""

    def __init__(self) -> None:
        self.card: bytes | None = None
        self.awake = self.silent = False
        self.retries: int | None = None
        self.looks = 0
        self._heard = b""

    def power(self, at_s: float) -> None:
        del at_s
        self.awake, self._heard, self.retries = False, b"", None

    def speak(self, at_s: float) -> bytes:
        del at_s
        return b""

    def receive(self, data: bytes, at_s: float) -> bytes:
        del at_s
        self._heard = (self._heard + data)[-600:]
        self.awake = self.awake or b"\x55\x55" in self._heard
        said = b""
        while (at := self._heard.find(b"\x00\x00\xff")) >= 0 and len(self._heard) >= at + 5:
            length = self._heard[at + 3]
            end = at + 5 + length + 2
            if len(self._heard) < end:
                break
            body, self._heard = self._heard[at + 5 : end - 1], self._heard[end:]
            if self.awake and sum(body) & 0xFF == 0:
                said += _ACK + self._obey(body[:-1])
        return b"" if self.silent else said

    def _obey(self, body: bytes) -> bytes:
        match body[1]:
            case 0x14:
                return _frame(0xD5, 0x15)
            case 0x02:
                return _frame(0xD5, 0x03, 0x32, 1, 6, 7)
            case 0x32:
                self.retries = body[5]
                return _frame(0xD5, 0x33)
            case 0x4A:
                self.looks += 1
                if self.card is None:
                    return b"" if self.retries is None else _frame(0xD5, 0x4B, 0)
                return _frame(0xD5, 0x4B, 1, 1, 0, 4, 8, len(self.card), *self.card)
        return _frame(0x7F)

"""Packets of R307/AS608/ZFM fingerprint modules: how they look, what their answers mean, every code in two languages.

Source: R307 user manual v2.0 (Hangzhou Grow) as facts; github.com/adafruit/Adafruit-Fingerprint-Sensor-Library and
        Adafruit_CircuitPython_Fingerprint (layout of answers, which do not check the sum), vishnumaiea's
        R30X-Fingerprint-Sensor-Library and Zephyr's grow_r502a (confirmation codes; those from 0x41 on are R30X's).
Frame:  EF 01, address (4), PID, length (2, payload and sum), payload, sum (2): all big-endian; the sum adds PID, both
        bytes of the length and the payload. PID 01 command, 02 data, 07 answer, 08 last data.
Units:  none; a match is the place of the stored template and a score.
Errors: BadFrame(checksum, length, kind of packet, cut short, noise); Unusable where an answer is too short.
Templates and images never leave the module: no command that uploads one is built here, and data packets are not read.
"""

import msgspec

from firmware_bridge.device import Answer, Decode, Echo, Happened, Identified, Meaning, Noted, Scheme, Unusable
from firmware_bridge.framing.checksum import wrong_sum
from firmware_bridge.framing.shape import MORE, Verdict, Whole, Wrong
from wire.text import Text

START = b"\xef\x01"
ANYBODY = 0xFFFFFFFF
COMMAND, DATA, ANSWER, LAST_DATA = 0x01, 0x02, 0x07, 0x08
IMAGE, FEATURES, SEARCH, MODEL, STORE, DELETE = 0x01, 0x02, 0x04, 0x05, 0x06, 0x0C
PARAMETERS, PASSWORD, FAST_SEARCH, COUNT = 0x0F, 0x13, 0x1B, 0x1D
OK, NO_FINGER, NOT_FOUND, LOGIN_FIRST = 0x00, 0x02, 0x09, 0x21
UNREADABLE = frozenset({0x03, 0x04, 0x05, 0x06, 0x07, 0x15})  # images that were taken and cannot be used
IDENTITY_UNKNOWN = "identity_unknown"
_HEAD, _SUM = 9, 2
_MOST_CONTENT = 256  # "data package length 32, 64, 128 or 256 bytes"
_MATCH_BYTES, _COUNT_BYTES, _PARAMETERS_BYTES = 5, 3, 17

CODES: dict[int, Text] = {
    0x00: Text("đã thực hiện", "done"),
    0x01: Text("mô-đun nhận gói bị lỗi", "the module received a spoilt packet"),
    0x02: Text("không có ngón tay", "no finger on the sensor"),
    0x03: Text("không chụp được vân tay", "the image could not be taken"),
    0x04: Text("ảnh vân tay quá khô hoặc quá nhạt", "the image is too dry or too light"),
    0x05: Text("ảnh vân tay quá ướt hoặc nhòe", "the image is too wet or smudged"),
    0x06: Text("ảnh vân tay quá lộn xộn", "the image is too disorderly"),
    0x07: Text("vân tay có quá ít đặc điểm", "the image has too few features"),
    0x08: Text("hai vân tay không giống nhau", "the fingers do not match"),
    0x09: Text("không tìm thấy vân tay này trong bộ nhớ", "this finger is not among the stored ones"),
    0x0A: Text("hai lần đặt không cùng một ngón tay", "the two images are not of one finger"),
    0x0B: Text("vị trí nằm ngoài bộ nhớ vân tay", "the place is beyond the module's library"),
    0x0C: Text("mẫu vân tay đọc ra bị hỏng", "the stored template cannot be read"),
    0x0D: Text("không gửi được mẫu vân tay", "the template could not be sent"),
    0x0E: Text("mô-đun không nhận thêm gói", "the module takes no further packets"),
    0x0F: Text("không gửi được ảnh", "the image could not be sent"),
    0x10: Text("không xóa được mẫu vân tay", "the template could not be deleted"),
    0x11: Text("không xóa được bộ nhớ vân tay", "the library could not be emptied"),
    0x13: Text("sai mật khẩu mô-đun", "the module's password is another"),
    0x15: Text("chưa có ảnh dùng được", "there is no usable image yet"),
    0x18: Text("lỗi ghi bộ nhớ flash", "the flash memory could not be written"),
    0x19: Text("lỗi không xác định", "an error without definition"),
    0x1A: Text("sai số thanh ghi", "no such register"),
    0x1B: Text("sai giá trị thanh ghi", "the register does not take this value"),
    0x1C: Text("sai trang ghi chú", "no such notepad page"),
    0x1D: Text("lỗi cổng truyền", "the communication port failed"),
    0x20: Text("sai địa chỉ mô-đun", "the module's address is another"),
    0x21: Text("phải xác minh mật khẩu trước", "the password must be verified first"),
    0x41: Text("lần đặt thứ hai: không có ngón tay", "second scan: no finger"),
    0x42: Text("lần đặt thứ hai: không ghi danh được", "second scan: enrolment failed"),
    0x43: Text("lần đặt thứ hai: quá ít đặc điểm", "second scan: too few features"),
    0x44: Text("lần đặt thứ hai: ảnh quá lộn xộn", "second scan: the image is too disorderly"),
    0x45: Text("vân tay này đã có trong bộ nhớ", "this finger is stored already"),
}

_ASKED: dict[int, Text] = {
    IMAGE: Text("chụp vân tay", "take an image"),
    FEATURES: Text("tính đặc điểm", "compute features"),
    0x03: Text("so hai vân tay", "compare two fingers"),
    SEARCH: Text("tìm", "search"),
    MODEL: Text("ghép mẫu", "make a template"),
    STORE: Text("lưu mẫu", "store a template"),
    0x07: Text("nạp mẫu", "load a template"),
    DELETE: Text("xóa mẫu", "delete templates"),
    0x0D: Text("xóa hết mẫu", "empty the library"),
    PARAMETERS: Text("đọc tham số", "read parameters"),
    PASSWORD: Text("xác minh mật khẩu", "verify the password"),
    FAST_SEARCH: Text("tìm nhanh", "fast search"),
    COUNT: Text("đếm mẫu", "count templates"),
}
_SEARCHES = frozenset({SEARCH, FAST_SEARCH, 0x32, 0x34})  # the last two: image and search in one (R30X)


def code_text(code: int) -> Text:
    """What a confirmation code says, in words."""
    return CODES.get(code, Text(f"mã 0x{code:02X} không có trong tài liệu", f"code 0x{code:02X}, not in the manual"))


class Packet(msgspec.Struct, frozen=True):
    """The shape of a packet; see the module's Frame."""

    start: bytes = START
    max_size: int = _HEAD + _MOST_CONTENT + _SUM

    def measure(self, head: bytes) -> Verdict:
        if len(head) < _HEAD:
            return MORE
        kind, length = head[6], int.from_bytes(head[7:9], "big")
        if kind not in {COMMAND, DATA, ANSWER, LAST_DATA}:
            return Wrong(Text(f"loại gói 0x{kind:02X}", f"packet kind 0x{kind:02X}"), _HEAD)
        if not _SUM < length <= _MOST_CONTENT + _SUM:
            allowed = f"3…{_MOST_CONTENT + _SUM}"
            return Wrong(Text(f"độ dài {length}, phải là {allowed}", f"length {length}, expected {allowed}"), _HEAD)
        size = _HEAD + length
        if len(head) < size:
            return MORE
        found = int.from_bytes(head[size - _SUM : size], "big")
        reason = wrong_sum(found, sum(head[6 : size - _SUM]) & 0xFFFF)
        return Whole(size) if reason is None else Wrong(reason, size)


def packet(instruction: int, content: bytes = b"", address: int = ANYBODY) -> bytes:
    """A command to the module."""
    payload = bytes((instruction,)) + content
    body = bytes((COMMAND,)) + (len(payload) + _SUM).to_bytes(2, "big") + payload
    return START + address.to_bytes(4, "big") + body + (sum(body) & 0xFFFF).to_bytes(2, "big")


def kind_and_payload(frame: bytes) -> tuple[int, bytes]:
    """PID and payload of a whole packet."""
    return frame[6], frame[_HEAD:-_SUM]


def decode(frame: bytes) -> Meaning:
    """One packet alone: an answer of five bytes that says "done" can only be a match."""
    return _understand(frame, None)


def decoder() -> Decode:
    """A decode that knows which command an answer belongs to, where a capture holds both directions."""
    asked: int | None = None

    def remembering(frame: bytes) -> Meaning:
        nonlocal asked
        meaning = _understand(frame, asked)
        kind, payload = kind_and_payload(frame)
        asked = payload[0] if kind == COMMAND else None
        return meaning

    return remembering


def _understand(frame: bytes, asked: int | None) -> Meaning:
    kind, payload = kind_and_payload(frame)
    if kind == COMMAND:
        return Echo()
    if kind != ANSWER:
        count = len(payload)
        return Noted(Text(f"{count} byte dữ liệu vân tay, không đọc", f"{count} bytes of fingerprint data, not read"))
    return answered(asked, payload)


def answered(asked: int | None, payload: bytes) -> Meaning:
    """What the answer to a command means; `asked` is its instruction, None where it is not known."""
    code = payload[0]
    searched = asked in _SEARCHES or (asked is None and len(payload) == _MATCH_BYTES)
    if searched and code == OK:
        return _match(payload)
    if code == NOT_FOUND and (asked is None or asked in _SEARCHES):
        return Happened(IDENTITY_UNKNOWN, {"scheme": str(Scheme.FINGERPRINT)})
    if code != OK:
        return Answer(code, accepted=False, reason=code_text(code))
    if asked == COUNT:
        return _counted(payload)
    if asked == PARAMETERS:
        return _parameters(payload)
    name = Text("", "") if asked is None else _ASKED.get(asked, Text(f"lệnh 0x{asked:02X}", f"command 0x{asked:02X}"))
    done = CODES[OK]
    return Answer(OK, accepted=True, reason=Text(f"{name.vi}: {done.vi}", f"{name.en}: {done.en}") if name.en else None)


def _match(payload: bytes) -> Meaning:
    if len(payload) != _MATCH_BYTES:
        return _other_length(payload, _MATCH_BYTES)
    place, score = int.from_bytes(payload[1:3], "big"), int.from_bytes(payload[3:5], "big")
    return Identified(Scheme.FINGERPRINT, str(place), details={"score": score})


def _counted(payload: bytes) -> Meaning:
    if len(payload) < _COUNT_BYTES:
        return _other_length(payload, _COUNT_BYTES)
    count = int.from_bytes(payload[1:3], "big")
    return Noted(Text(f"{count} mẫu vân tay trong mô-đun", f"{count} templates in the module"))


def _parameters(payload: bytes) -> Meaning:
    if len(payload) < _PARAMETERS_BYTES:
        return _other_length(payload, _PARAMETERS_BYTES)
    capacity, level = int.from_bytes(payload[5:7], "big"), int.from_bytes(payload[7:9], "big")
    baud = int.from_bytes(payload[15:17], "big") * 9600
    return Noted(
        Text(
            f"bộ nhớ {capacity} mẫu, mức bảo mật {level}, {baud} baud",
            f"room for {capacity} templates, security level {level}, {baud} baud",
        )
    )


def fits(asked: int, payload: bytes) -> bool:
    """Whether these bytes can be the answer to that command: a late answer to another one has another length."""
    wanted = {SEARCH: _MATCH_BYTES, FAST_SEARCH: _MATCH_BYTES, COUNT: _COUNT_BYTES, PARAMETERS: _PARAMETERS_BYTES}
    refused = payload[0] != OK and len(payload) == 1
    return refused or len(payload) == wanted.get(asked, 1)


def _other_length(payload: bytes, wanted: int) -> Unusable:
    return Unusable(
        Text(f"câu trả lời {len(payload)} byte, cần {wanted}", f"answer of {len(payload)} bytes, expected {wanted}")
    )

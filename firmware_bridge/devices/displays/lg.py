"""LG displays: two letters, set number, two hexadecimal digits.

Source: LG "External Control Device Setup" (RU-42PX10, SM series), as read by OpenAVC's public lg_sicp driver,
        bifferos/lg_control and the AI4AV catalogue (d l: hours, d n: temperature); input codes of these and of Nodel's
        LG recipe.
Frame:  "ka 01 01" CR; answers "a 01 OK01x" or "a 01 NG00x": the second letter, the set, OK or NG, data, the letter x.
        dn, mn and sn are all answered n, dl and kl both l (PlaceOS/drivers, ls5_spec.cr): l and n are read by what was
        asked, and no answer to another command's letter is taken for one of ours.
Units:  display_on, input_source, muted (the wire says 00 for muted), lamp_hours_h (hours on), device_temperature_c.
Errors: BadFrame(no end, control character); NG ends an order as refused. YooUp's database holds the numbers as raw
        bytes (`6B 61 20 00 20 01 0D`) where every manual has digits, and the input command kb of old televisions:
        its commands are device lg-tv here, in digits. 92, 95 and 98 differ from model to model: only 92 is offered.
"""

from firmware_bridge.display import REFUSED, Display, Kind, Question, Said, coded, counted, hexadecimal
from firmware_bridge.framing.delimited import Delimited
from wire.text import Text

_PARTS = 3
_SOURCES = {
    "av1": b"20",
    "component1": b"40",
    "vga1": b"60",
    "dvi1": b"70",
    "hdmi1": b"90",
    "hdmi2": b"91",
    "hdmi3": b"92",
    "dp1": b"C0",
}
_AS_PC = {b"80": "dvi1", b"A0": "hdmi1", b"A1": "hdmi2", b"A2": "hdmi3", b"D0": "dp1"}
_OLD_SOURCES = {
    "av1": b"02",
    "av2": b"03",
    "component1": b"04",
    "component2": b"05",
    "vga1": b"06",
    "vga2": b"07",
    "hdmi1": b"08",
    "hdmi2": b"09",
}
_REASONS = {
    b"01": Text("mã không hợp lệ", "illegal code"),
    b"02": Text("máy không có chức năng này", "this set has no such function"),
    b"03": Text("máy đang bận, thử lại sau", "the set is busy, try later"),
}


def _wrap(word: bytes, address: int) -> bytes:
    return word[:2] + b" %02X " % address + word[2:] + b"\r"


def _hear(frame: bytes, address: int | None) -> Said:
    parts = frame[:-1].split(b" ")
    if len(parts) != _PARTS or len(parts[0]) != 1 or parts[2][:2] not in {b"OK", b"NG"}:
        ours = len(parts) >= _PARTS and len(parts[0]) <= len("ka")
        return Said(Kind.OURS, parts[0].rjust(2, b"x") + b"".join(parts[2:]).upper()) if ours else Said(Kind.ASIDE)
    if address and hexadecimal(parts[1]) != address:
        number = parts[1].decode("ascii", "replace")
        return Said(Kind.ASIDE, reason=Text(f"từ màn hình số {number}", f"from display number {number}"))
    value = parts[2][2:]
    if parts[2][:2] == b"NG":
        return Said(Kind.REFUSED, parts[0], reason=_REASONS.get(value, REFUSED))
    return Said(Kind.DONE, parts[0], value.upper())


def _table(name: str, title: Text, select: bytes, sources: dict[str, bytes], *also: str) -> Display:
    read = {code: source for source, code in sources.items()} | (_AS_PC if select == b"xb" else {})
    return Display(
        name=name,
        title=title,
        wiring=Text(
            "RS-232 (DB9 hoặc giắc 3,5 mm «RS-232C IN»), cáp chéo, 9600; mạng: TCP 9761. Khi tắt máy chỉ trả lời ka. "
            "Số máy (Set ID) phải khớp «address»; 0 là mọi máy và không ai trả lời.",
            "RS-232 (DB9 or the 3.5 mm jack RS-232C IN), crossed cable, 9600; network: TCP port 9761. A set that is "
            "off answers ka only. Its Set ID must be that of `address`; 0 means every set, and none answers.",
        ),
        wrap=_wrap,
        checked=False,
        frame=Delimited(ends=b"x\r\n", max_size=40),
        hear=_hear,
        on=b"ka01",
        off=b"ka00",
        mute=b"ke00",
        unmute=b"ke01",
        inputs={source: select + code for source, code in sources.items()},
        questions=(
            Question(b"kaFF", coded("display_on", {b"00": 0.0, b"01": 1.0}), b"a"),
            Question(select + b"FF", coded("input_source", read), b"b"),
            Question(b"keFF", coded("muted", {b"00": 1.0, b"01": 0.0}), b"e"),
            Question(b"dlFF", counted("lamp_hours_h", hexadecimal), b"l", shared=True),
            Question(b"dnFF", counted("device_temperature_c", hexadecimal), b"n", shared=True),
        ),
        quantities=("display_on", "input_source", "muted", "lamp_hours_h", "device_temperature_c"),
        address=1,
        addresses=range(0x3E9),
        tcp_port=9761,
        also=also,
    )


LG = _table("lg", Text("màn hình LG", "LG display"), b"xb", _SOURCES, "lg-signage", "lg-sicp")
TELEVISION = _table("lg-tv", Text("ti vi LG đời cũ", "older LG television"), b"kb", _OLD_SOURCES)

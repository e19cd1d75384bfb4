r"""Hexadecimal text as people paste it, made into bytes.

Any spacing and case, `42:4d`, `0x42, 0x4D`, `\x42\x4d`, `{0x42, …}`, `b'BM'` as Python prints it; dumps of xxd,
`hexdump -C` and Wireshark; lines of a serial monitor (`[12:00:01.250] RX: 42 4D`); behind # or // what one likes.
"""

import ast
import re

_COMMENT = re.compile(r"(#|//).*")
_DUMP = re.compile(r"\s*[0-9a-fA-F]{4,8}:\s+(?P<bytes>.*?)(?:\s\s.*)?")  # xxd: two spaces before its letters
_DUMP_C = re.compile(r"\s*[0-9a-fA-F]{6,8}\s\s(?P<bytes>[^|]*)\|.*\|\s*")  # hexdump -C: letters between bars
_DUMP_END = re.compile(r"\s*[0-9a-fA-F]{6,8}\s*")
_DUMP_W = re.compile(r"(?P<offset>[0-9a-fA-F]{4})\s\s+(?P<bytes>[0-9a-fA-F]{2}(?:\s[0-9a-fA-F]{2})*)(?:\s\s.*)?\s*")
_DATE = r"\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?\]?"
_TIME = r"\[\d\d:\d\d:\d\d(?:[.,]\d+)?\]|\d\d:\d\d:\d\d[.,]\d+"  # without brackets and fraction: maybe three bytes
_WHO = r"(?:tx|rx|send|sent|recv|received|request|response|answer|reply|in|out)\s*[:>]|[<>]{1,3}|<-+|-+>"
_MONITOR = re.compile(rf"\s*(?:(?:{_DATE}|{_TIME})[\s,;]*)?(?:(?:{_WHO})\s*)?", re.IGNORECASE)
_ESCAPE = r"\\(?:x[0-9a-fA-F]{2}|[tnr'\"\\])"
_PYTHON = re.compile(rf"""\s*(b'(?:[^'\\]|{_ESCAPE})*'|b"(?:[^"\\]|{_ESCAPE})*"),?\s*""")
_BETWEEN = re.compile(r"[\s:;,\-_{}()\[\]\"']+")
_PAIRS = re.compile(rb"(?:[0-9a-fA-F]{2}[\s:,-]+)+[0-9a-fA-F]{2}")
_WORD = re.compile(r"(?:0[xX])?([0-9a-fA-F]+)[hH]?")


def read_hex(content: bytes) -> bytes | None:
    """The bytes it spells; None for what is no such text, or spells none."""
    try:
        lines = [line for line in content.decode("utf-8-sig").splitlines() if line.strip()]
    except UnicodeDecodeError:
        return None
    found = [_line(_COMMENT.sub("", line)) if quoted is None else quoted for line, quoted in _undumped(lines)]
    if any(one is None for one in found):
        return None
    return b"".join(one for one in found if one) or None


def in_pairs(content: bytes) -> bool:
    """Whether it is pairs of digits with something between them and nothing else: hardly ever a device's own words."""
    return _PAIRS.fullmatch(content.strip()) is not None


def _undumped(lines: list[str]) -> list[tuple[str, bytes | None]]:
    """Without the offsets and letters of a dump, where every line is one of a dump; what Python printed, as bytes."""
    for shape in (_DUMP_C, _DUMP):
        matches = [shape.fullmatch(line) for line in lines]
        if matches and matches[-1] is None and len(lines) > 1 and _DUMP_END.fullmatch(lines[-1]):
            matches.pop()
        bodies = [match["bytes"] for match in matches if match]
        if bodies and len(bodies) == len(matches):
            return [(body, None) for body in bodies]
    if (counted := _counted(lines)) is not None:
        return [(body, None) for body in counted]
    return [(_MONITOR.sub("", line, count=1), _printed(line)) for line in lines]


def _counted(lines: list[str]) -> list[str] | None:
    """A dump without colon or bars: believed where its offsets are those of its bytes."""
    offset, bodies = 0, []
    for line in lines:
        match = _DUMP_W.fullmatch(line)
        if match is None or int(match["offset"], 16) != offset:
            return None
        bodies.append(match["bytes"])
        offset += len(match["bytes"].split())
    return bodies or None


def _printed(line: str) -> bytes | None:
    """What Python printed: letters that can be read stand as they are."""
    match = _PYTHON.fullmatch(_MONITOR.sub("", line, count=1))
    if match is None:
        return None
    try:
        said = ast.literal_eval(match[1])
    except (ValueError, SyntaxError):
        return None
    return said if isinstance(said, bytes) else None


def _line(line: str) -> bytes | None:
    spelt = []
    if line.startswith(("b'", 'b"')):
        return None  # Python's way of writing, cut or misspelt
    for word in _BETWEEN.split(line.replace("\\x", " 0x")):
        match = _WORD.fullmatch(word) if word else None
        if word and (match is None or (len(match[1]) > 1 and len(match[1]) % 2)):
            return None
        if match is not None:
            spelt.append(match[1] if len(match[1]) > 1 else f"0{match[1]}")
    return bytes.fromhex("".join(spelt))

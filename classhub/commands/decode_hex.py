r"""Hexadecimal text as people paste it, made into bytes.

Any spacing and case, `42:4d`, `0x42, 0x4D`, `\x42\x4d`, `{0x42, …}`, dumps of xxd and `hexdump -C`, behind # or // what
one likes.
"""

import re

_COMMENT = re.compile(r"(#|//).*")
_DUMP = re.compile(r"\s*[0-9a-fA-F]{4,8}:\s+(?P<bytes>.*?)(?:\s\s.*)?")  # xxd: two spaces before its letters
_DUMP_C = re.compile(r"\s*[0-9a-fA-F]{6,8}\s\s(?P<bytes>.*?)\s*\|.*\|\s*")  # hexdump -C: letters between bars
_DUMP_END = re.compile(r"\s*[0-9a-fA-F]{6,8}\s*")
_BETWEEN = re.compile(r"[\s:;,\-_{}()\[\]\"']+")
_WORD = re.compile(r"(?:0[xX])?([0-9a-fA-F]+)[hH]?")


def read_hex(content: bytes) -> bytes | None:
    """The bytes it spells; None for what is no such text, or spells none."""
    try:
        lines = [_COMMENT.sub("", line) for line in content.decode("utf-8-sig").splitlines()]
    except UnicodeDecodeError:
        return None
    found = [_line(line) for line in _undumped(lines)]
    if any(one is None for one in found):
        return None
    return b"".join(one for one in found if one) or None


def _undumped(lines: list[str]) -> list[str]:
    """Without the offsets and letters of a dump, where every line is one of a dump."""
    written = [line for line in lines if line.strip()]
    for shape in (_DUMP_C, _DUMP):
        matches = [shape.fullmatch(line) for line in written]
        if matches and matches[-1] is None and len(written) > 1 and _DUMP_END.fullmatch(written[-1]):
            matches.pop()
        bodies = [match["bytes"] for match in matches if match]
        if bodies and len(bodies) == len(matches):
            return bodies
    return written


def _line(line: str) -> bytes | None:
    spelt = []
    for word in _BETWEEN.split(line.replace("\\x", " 0x")):
        match = _WORD.fullmatch(word) if word else None
        if word and (match is None or (len(match[1]) > 1 and len(match[1]) % 2)):
            return None
        if match is not None:
            spelt.append(match[1] if len(match[1]) > 1 else f"0{match[1]}")
    return bytes.fromhex("".join(spelt))

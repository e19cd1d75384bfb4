"""Text of school exports in whatever encoding it was saved: UTF-8, UTF-16, Windows-1258; always in NFC at the end.

Source: unicode.org CP1258.TXT (bytes without a character, combining tone marks); TCVN 5712:1993 letters as they look
when shown as Windows-1252.
Errors: none; what cannot be decoded becomes U+FFFD and is told by `Decoded.broken_line`.
"""

import re
import unicodedata
from collections.abc import Iterator
from enum import StrEnum

import msgspec

from hub.school.problems import Findings
from wire.text import Text


class Encoding(StrEnum):
    """How a file was stored."""

    UTF_8 = "utf-8"
    UTF_16_LE = "utf-16-le"
    UTF_16_BE = "utf-16-be"
    WINDOWS_1258 = "cp1258"


_BOMS = ((b"\xef\xbb\xbf", Encoding.UTF_8), (b"\xff\xfe", Encoding.UTF_16_LE), (b"\xfe\xff", Encoding.UTF_16_BE))
_VIETNAMESE = re.compile("[ạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]", re.IGNORECASE)
_TONES = re.compile("[aeiouy][\u0302\u0306\u031b]?[\u0300\u0301\u0303\u0309\u0323]", re.IGNORECASE)
_SURE = 2
_SAMPLE = 4_096
_PIECE = 65_536
_ASCII = re.compile("[\x00-\x7f]")
_MOSTLY_ZERO = 0.3
# TCVN3 letters that no Vietnamese Unicode text has inside a word: "NguyÔn V¨n §øc" is Nguyễn Văn Đức.
_TCVN3 = re.compile("[A-Za-zµ¶·¸¹¨©«¬®][µ¶·¸¹¨©«¬®§][a-z]|[A-Za-z][µ¶·¸¹»¼½¾Ð][ a-z]|§[a-zµ-þ]")


class Decoded(msgspec.Struct, frozen=True):
    """The text of a file. `marked`: a byte order mark was there; `broken_line`: the first line with bytes that are no
    text in this encoding, or that were no UTF-8; `lost`: characters that could not be read.
    """

    text: str
    encoding: Encoding
    marked: bool = False
    broken_line: int | None = None
    lost: int = 0


def decode(content: bytes) -> Decoded:
    """By mark, else by content: zero bytes mean UTF-16, what is no UTF-8 is taken for Windows-1258."""
    for bom, encoding in _BOMS:
        if content.startswith(bom):
            return _decoded(content[len(bom) :], encoding, marked=True)
    wide = _wide(content[:_SAMPLE])
    if wide is not None:
        return _decoded(content, wide, marked=False)
    try:
        return Decoded(_nfc(content.decode("utf-8")), Encoding.UTF_8)
    except UnicodeDecodeError as broken:
        line = content[: broken.start].count(b"\n") + 1
        if _cut_off(content, broken):
            return Decoded(_nfc(content.decode("utf-8", errors="replace")), Encoding.UTF_8, False, line, 1)
        found = _decoded(content, Encoding.WINDOWS_1258, marked=False)
        return Decoded(found.text, found.encoding, False, line, found.lost)


def report(file: str, decoded: Decoded, findings: Findings, *, utf_8_only: bool) -> None:
    """What a person must know of the encoding; `utf_8_only`: the format's standard allows nothing else."""
    wrong = findings.error if utf_8_only else findings.warning
    named = decoded.encoding.upper()
    if decoded.encoding is Encoding.WINDOWS_1258:
        guessed = Text(
            "không phải UTF-8; đọc theo Windows-1258, hãy kiểm tra dấu trong tên",
            "not UTF-8; read as Windows-1258, check the accents in names",
        )
        wrong(file, guessed, decoded.broken_line)
    elif decoded.marked and utf_8_only:
        named = "UTF-8 BOM" if decoded.encoding is Encoding.UTF_8 else named
        findings.warning(file, Text(f"có dấu {named} ở đầu tệp", f"begins with a mark of {named}"), 1)
    elif decoded.encoding is not Encoding.UTF_8 and utf_8_only:
        wide = Text(f"tệp là {named}, tiêu chuẩn cần UTF-8", f"stored as {named}, the standard wants UTF-8")
        findings.error(file, wide, 1)
    if decoded.lost:
        lost = Text(
            f"{decoded.lost} ký tự không đọc được (hiện là “�”); hãy lưu lại tệp dạng UTF-8",
            f"{decoded.lost} characters cannot be read (shown as “�”); save the file as UTF-8 again",
        )
        findings.error(file, lost, decoded.broken_line)
    line = looks_like_tcvn3(decoded.text)
    if line is not None:
        old = Text(
            "có vẻ là phông cũ TCVN3 (.VnTime), không phải Unicode; hãy chuyển mã (ví dụ bằng UniKey) rồi xuất lại",
            "looks like the old font encoding TCVN3 (.VnTime), not Unicode: convert it (UniKey does) and export again",
        )
        findings.warning(file, old, line)


def looks_vietnamese(text: str) -> bool:
    """Of a text read as Windows-1258: whether its tone marks all stand on letters that have them in Vietnamese.

    The same bytes are letters of their own in Western Europe (ì, ò): there they would stand on any letter.
    """
    decomposed = unicodedata.normalize("NFD", text)
    marks = sum(one in "\u0300\u0301\u0303\u0309\u0323" for one in decomposed)
    on_vowels = len(_TONES.findall(decomposed))
    return _VIETNAMESE.search(text) is not None and marks == on_vowels


def looks_like_tcvn3(text: str) -> int | None:
    """The first line of a text that holds letters of TCVN3 and none of Vietnamese Unicode; None where it does not."""
    if text.isascii() or _VIETNAMESE.search(text):
        return None
    found = next(_TCVN3.finditer(text), None)
    if found is None or len(_TCVN3.findall(text)) < _SURE:
        return None
    return text.count("\n", 0, found.start()) + 1


def _decoded(content: bytes, encoding: Encoding, *, marked: bool) -> Decoded:
    text = content.decode(encoding, errors="replace")
    at = text.find("�")
    line = None if at < 0 else text.count("\n", 0, at) + 1
    return Decoded(_nfc(text), encoding, marked, line, text.count("�"))


def _wide(sample: bytes) -> Encoding | None:
    """UTF-16 without a mark: every other byte of its Latin letters is zero."""
    half = max(len(sample) // 2, 1)
    if sample[1::2].count(0) > half * _MOSTLY_ZERO or sample[1:2] == b"\0":
        return Encoding.UTF_16_LE
    if sample[0::2].count(0) > half * _MOSTLY_ZERO or sample[:1] == b"\0":
        return Encoding.UTF_16_BE
    return None


def _cut_off(content: bytes, broken: UnicodeDecodeError) -> bool:
    """Sound UTF-8 with accents that only its last bytes spoil: a file cut short, no other encoding."""
    return broken.start >= len(content) - 4 and not content[: broken.start].isascii()


def _nfc(text: str) -> str:
    """In pieces: of a large file one call would keep every other thread waiting for seconds."""
    if text.isascii():
        return text
    return "".join(unicodedata.normalize("NFC", piece) for piece in _pieces(text))


def _pieces(text: str) -> Iterator[str]:
    """Cut only before ASCII characters, which join with nothing before them."""
    start = 0
    while start < len(text):
        cut = _ASCII.search(text, start + _PIECE)
        end = cut.start() if cut is not None else len(text)
        yield text[start:end]
        start = end

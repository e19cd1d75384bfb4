"""An XML file fed to a SAX handler in pieces, with lines; nothing outside the file is ever fetched, no entity expanded.

Errors: Unreadable, naming file and line, for anything that is no sound XML document; OSError from the file.
"""

import re
from codecs import getincrementaldecoder
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO
from xml.parsers.expat import XML_PARAM_ENTITY_PARSING_NEVER
from xml.sax import SAXException, SAXParseException
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import Locator

from defusedxml.common import DefusedXmlException
from defusedxml.expatreader import DefusedExpatParser

from hub.school.problems import Unreadable, refuse
from wire.text import Text

MAX_BYTES = 200 * 1024 * 1024
MAX_NESTED = 100
MAX_TAG_BYTES = 1 << 20  # the parser begins a tag anew with every piece that does not end it
_CHUNK = 1 << 16
_DECLARED = re.compile(rb"""<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")


class TooMuch(SAXException):
    """Sound XML that no school system writes; `text` says what of it."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.en)
        self.text = text


class LineHandler(ContentHandler):
    """A handler that knows the line it is at and refuses entities nobody declared."""

    def __init__(self, file: str) -> None:
        super().__init__()
        self.file = file
        self._locator: Locator | None = None

    def setDocumentLocator(self, locator: Locator) -> None:  # noqa: N802  the name SAX calls
        self._locator = locator

    def skippedEntity(self, name: str) -> None:  # noqa: N802  the name SAX calls
        raise refuse(self.file, Text(f"bị từ chối: thực thể XML &{name};", f"refused: the entity &{name};"), self.line)

    @property
    def line(self) -> int:
        return (self._locator.getLineNumber() or 0) if self._locator else 0


class ShallowParser(DefusedExpatParser):
    """Elements within elements without end cost memory each: beyond any format's depth they are refused."""

    def reset(self) -> None:
        super().reset()
        self._nested = self._fed_bytes = 0

    def take(self, data: bytes) -> None:
        """As `feed`, for a tag of bounded length."""
        self.feed(data)
        self._fed_bytes += len(data)
        if self._fed_bytes - self._parser.CurrentByteIndex > MAX_TAG_BYTES:  # type: ignore[attr-defined]
            raise TooMuch(Text("bị từ chối: một thẻ dài hơn 1 MB", "refused: a tag longer than 1 MB"))

    def start_element(self, name: str, attrs: Mapping[str, str]) -> None:
        self._nested += 1
        if self._nested > MAX_NESTED:
            vi, en = f"hơn {MAX_NESTED} phần tử lồng nhau", f"over {MAX_NESTED} elements within each other"
            raise TooMuch(Text(f"bị từ chối: {vi}", f"refused: {en}"))
        super().start_element(name, attrs)

    def end_element(self, name: str) -> None:
        self._nested -= 1
        super().end_element(name)


class _Parser(ShallowParser):
    """With a DOCTYPE allowed: the DTD it names is neither fetched nor asked for."""

    def reset(self) -> None:
        super().reset()
        self._parser.SetParamEntityParsing(XML_PARAM_ENTITY_PARSING_NEVER)  # type: ignore[attr-defined]


def parse_xml(path: Path, handler: LineHandler, *, doctype: bool = False) -> None:
    """Raises Unreadable and OSError; `doctype`: systems that write one are read, its DTD stays unread."""
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise refuse(path.name, Text(f"tệp quá lớn: {size} byte", f"file too large: {size} bytes, limit {MAX_BYTES}"))
    with path.open("rb") as stream:
        _parse(stream, path.name, handler, doctype=doctype)


def declared_wrongly(path: Path) -> str:
    """The encoding of one byte a letter that a file declares although it is sound UTF-8; "" where it is not so.

    Read as declared every name in it would be wrong, and nothing would say so. Raises OSError.
    """
    with path.open("rb") as stream:
        return _false_encoding(stream)


def _false_encoding(stream: BinaryIO) -> str:
    """Leaves the stream at its start."""
    declared = _DECLARED.search(stream.read(_CHUNK)[:500])
    stream.seek(0)
    name = declared.group(1).decode("ascii") if declared else "utf-8"
    if not name.lower().startswith(("windows-", "iso-8859-", "cp12", "latin")):
        return ""
    decoder, plain = getincrementaldecoder("utf-8")(), True
    try:
        while chunk := stream.read(_CHUNK):
            plain = plain and chunk.isascii()
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        plain = True
    stream.seek(0)
    return "" if plain else name


def _parse(stream: BinaryIO, file: str, handler: LineHandler, *, doctype: bool) -> None:
    kind = _Parser if doctype else ShallowParser
    parser = kind(forbid_dtd=not doctype, forbid_entities=True, forbid_external=True)
    parser.setContentHandler(handler)
    handler.setDocumentLocator(parser)  # feed() does not, only parse() would
    false = _false_encoding(stream).encode()
    head = stream.read(_CHUNK)
    if false:
        at = head.index(false)
        head = head[:at] + b"utf-8" + head[at + len(false) :]
    if not head.strip():
        raise refuse(file, Text("tệp rỗng", "the file is empty"))
    try:
        parser.take(head)
        while chunk := stream.read(_CHUNK):
            parser.take(chunk)
        parser.close()
    except DefusedXmlException as forbidden:
        raise refuse(file, _forbidden(forbidden)) from forbidden
    except SAXParseException as broken:
        raise _broken(file, broken, head) from broken
    except TooMuch as refused:
        raise refuse(file, refused.text, handler.line) from refused
    except (SAXException, ValueError, LookupError) as broken:
        raise refuse(file, Text(f"XML hỏng: {broken}", f"broken XML: {broken}")) from broken


def _forbidden(forbidden: DefusedXmlException) -> Text:
    kind = type(forbidden).__name__
    return Text(
        f"bị từ chối: tệp khai báo DTD hoặc thực thể XML ({kind}); hãy xuất lại không kèm DOCTYPE",
        f"refused: the file declares a DTD or an XML entity ({kind}); export it again without a DOCTYPE",
    )


def _broken(file: str, broken: SAXParseException, head: bytes) -> Unreadable:
    line, column = broken.getLineNumber(), broken.getColumnNumber()
    reason = broken.getMessage()
    declared = _DECLARED.search(head[:500])
    encoding = declared.group(1).decode("ascii") if declared else "UTF-8"
    vi = f"XML hỏng ở dòng {line}, cột {column}: {reason}"
    en = f"broken XML at line {line}, column {column}: {reason}"
    if "invalid token" in reason or "encoding" in reason:
        vi += f"; có thể tệp không được lưu bằng mã {encoding} như đã khai báo"
        en += f"; perhaps the file is not stored in {encoding} as it declares"
    return refuse(file, Text(vi, en), line)

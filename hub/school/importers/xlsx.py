"""The sheets of an .xlsx workbook as grids, streamed under limits; formulas by their last value, links never followed.

Source: ECMA-376 part 1, 18.2 (workbook), 18.3 (worksheets: c, v, f, is, mergeCell), 18.4 (shared strings), 18.8
(number formats); openpyxl says which formats are dates. Encoding and entities as hub/school/importers/xml_stream.
Errors: Unreadable for the whole workbook; OSError from the file.
"""

import posixpath
import zipfile
from datetime import datetime
from pathlib import Path
from typing import IO, Any, TypeVar
from xml.sax import SAXException
from xml.sax.handler import ContentHandler

from defusedxml.common import DefusedXmlException

from hub.school.importers.grid import Grid
from hub.school.importers.oneroster_archive import BROKEN, check_entry
from hub.school.importers.xlsx_parts import Part, Relationships, Strings, Style, Styles, Workbook
from hub.school.importers.xlsx_sheet import SheetReader
from hub.school.importers.xml_stream import ShallowParser, TooMuch
from hub.school.problems import Unreadable, refuse
from wire.text import Text

MAX_BYTES = 50 * 1024 * 1024
MAX_PART_BYTES = 300 * 1024 * 1024  # XML of a sheet, unpacked and streamed
MAX_ENTRIES = 2_000
MAX_SHEETS = 60
_CHUNK = 1 << 16
_EPOCH_1904 = datetime(1904, 1, 1)  # noqa: DTZ001  a spreadsheet's dates have no zone
_EPOCH_1900 = datetime(1899, 12, 30)  # noqa: DTZ001
P = TypeVar("P", bound=Part[Any])


def is_xlsx(names: tuple[str, ...]) -> bool:
    return "xl/workbook.xml" in names


def read_xlsx(path: Path, head_rows: int | None = None) -> list[Grid]:
    """The sheets in their order; `head_rows`: no more of each than that. Raises Unreadable and OSError."""
    if path.stat().st_size > MAX_BYTES:
        raise _too_large(path.name)
    try:
        with zipfile.ZipFile(path) as book:
            return _Book(book, path.name).grids(head_rows)
    except DefusedXmlException as forbidden:
        text = Text("bị từ chối: khai báo DTD hoặc thực thể XML", "refused: it declares a DTD or an XML entity")
        raise refuse(path.name, text) from forbidden
    except TooMuch as refused:
        raise refuse(path.name, refused.text) from refused
    except (SAXException, KeyError, *BROKEN) as broken:
        raise refuse(path.name, Text(f"tệp .xlsx hỏng: {broken}", f"broken .xlsx: {broken}")) from broken


class _Book:
    def __init__(self, book: zipfile.ZipFile, file: str) -> None:
        self._book, self._file = book, file
        entries = book.infolist()
        if len(entries) > MAX_ENTRIES:
            raise refuse(file, Text(f"{len(entries)} tệp bên trong", f"{len(entries)} files inside"))
        for entry in entries:
            check_entry(entry)
        self._names = set(book.namelist())

    def grids(self, head_rows: int | None) -> list[Grid]:
        workbook = self._read("xl/workbook.xml", Workbook())
        targets = self._read("xl/_rels/workbook.xml.rels", Relationships()).result
        strings: list[str] = self._read("xl/sharedStrings.xml", Strings(self._file), needed=False).result
        styles: list[Style] = self._read("xl/styles.xml", Styles(), needed=False).result
        epoch = _EPOCH_1904 if workbook.old_epoch else _EPOCH_1900
        grids: list[Grid] = []
        for sheet in workbook.result[:MAX_SHEETS]:
            part = posixpath.normpath(posixpath.join("/xl", targets.get(sheet.relation, ""))).lstrip("/")
            if part in self._names and part.startswith("xl/worksheets/"):  # else a chart, or not there at all
                reader = SheetReader(f"{self._file}[{sheet.name}]", strings, styles, epoch, head_rows)
                grids.append(self._read(part, reader).grid(sheet.name, hidden=sheet.hidden))
        if not grids:
            raise refuse(self._file, Text("không có trang tính nào", "there is no worksheet inside"))
        return grids

    def _read(self, part: str, handler: P, *, needed: bool = True) -> P:
        if needed or part in self._names:
            self._feed(part, handler)
        return handler

    def _feed(self, part: str, handler: ContentHandler) -> None:
        parser = ShallowParser(forbid_dtd=True, forbid_entities=True, forbid_external=True)
        parser.setContentHandler(handler)
        with self._book.open(part) as stream:
            _feed(stream, parser, handler, self._file)


def _feed(stream: IO[bytes], parser: ShallowParser, handler: ContentHandler, file: str) -> None:
    total = 0
    while chunk := stream.read(_CHUNK):
        total += len(chunk)
        if total > MAX_PART_BYTES:
            raise _too_large(file)
        parser.take(chunk)
        if isinstance(handler, SheetReader) and handler.done:
            return  # nobody wants more
    parser.close()


def _too_large(file: str) -> Unreadable:
    return refuse(
        file,
        Text(
            f"bảng tính quá lớn (giới hạn {MAX_BYTES >> 20} MB); hãy xuất từng lớp hoặc dạng CSV",
            f"the workbook is too large (limit {MAX_BYTES >> 20} MB): export it in parts",
        ),
    )

"""Rows of CSV text with the lines they begin on; delimiter, quoting and line ends examined.

Source: RFC 4180; semicolons and tabs as spreadsheets of other languages write them.
"""

import csv
import io
from collections.abc import Iterator

from hub.school.problems import NO_NEWLINE, Findings
from wire.text import Text


def note_line_ends(file: str, text: str, findings: Findings) -> None:
    if "\r\n" in text:
        findings.note(file, Text("dòng kết thúc bằng CRLF", "lines end with CRLF"))
    if text and not text.endswith(("\n", "\r")):
        findings.note(file, NO_NEWLINE, text.count("\n") + 1)


def delimiter_of(file: str, text: str, findings: Findings) -> str:
    first = text.splitlines()[0] if text else ""
    for other, vi, en in ((";", "chấm phẩy", "semicolon"), ("\t", "tab", "tab"), ("|", "gạch đứng", "vertical bar")):
        if "," not in first and other in first:
            message = Text(f"cột ngăn bằng {vi} thay vì dấu phẩy", f"columns are separated by a {en}, not a comma")
            findings.error(file, message, 1)
            return other
    if first and all(cell.startswith('"') and cell.endswith('"') for cell in first.split(",")):
        findings.note(file, Text("mọi ô đều nằm trong dấu nháy kép", "every field is quoted"), 1)
    return ","


def rows_of(file: str, text: str, delimiter: str, findings: Findings) -> Iterator[tuple[int, list[str]]]:
    """Each row that is not blank, with the line it begins on; one with broken quoting is reported and comes empty."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as broken:
            message = Text(
                f"CSV hỏng ({broken}); dòng bị bỏ qua",
                f"broken CSV ({broken}); the row is left out",
            )
            findings.error(file, message, line)
            yield line, []
            continue
        if len(row) > 1 or "".join(row).strip():
            yield line, row

"""Tables as CSV that a spreadsheet opens rightly: UTF-8 with a byte order mark, and no cell that acts as a formula."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime

from starlette.responses import Response

BOM = "\ufeff"
# A spreadsheet would run a text that begins so; a leading apostrophe makes it a text (OWASP, CSV injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
Cell = str | float | int | bool | datetime | None


def cell(value: Cell) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds" if value.microsecond else "seconds")
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULA) else value
    return repr(round(value, 6)) if isinstance(value, float) else str(value)


def csv_text(head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(head)
    writer.writerows([cell(value) for value in row] for row in rows)
    return BOM + out.getvalue()


def csv_answer(name: str, head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Response:
    """A download called `name`.csv; `name` is made of ids only."""
    return Response(
        csv_text(head, rows),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="{name}.csv"'},
    )

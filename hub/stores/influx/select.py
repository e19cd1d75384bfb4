"""Runs InfluxQL and gives columns and rows; what a query for a page asks can be given up."""

from collections.abc import Iterator
from typing import Any, Literal

import msgspec

from hub.stores.influx.http import BUCKET_MISSING, InfluxHttp, Refused
from hub.stores.series import StoreDown
from wire.text import Text

Row = list[Any]


class Table(msgspec.Struct, frozen=True):
    """One series of an answer: its tags (where it was grouped), names of columns, rows; `time` comes first."""

    columns: list[str] = []
    values: list[Row] = []
    tags: dict[str, str] = {}

    def column(self, name: str) -> list[Any]:
        """Nothing but None where the answer has no such column."""
        if name not in self.columns:
            return [None] * len(self.values)
        place = self.columns.index(name)
        return [row[place] for row in self.values]


class _Result(msgspec.Struct):
    series: list[Table] = []
    error: str | None = None


class _Answer(msgspec.Struct):
    results: list[_Result] = []
    error: str | None = None


class InfluxSelect:
    """Reads one server for one thread; `give_up` may come from any other."""

    def __init__(self, http: InfluxHttp) -> None:
        self._http = http
        self._asked = 0  # queries begun for pages
        self._given_up = -1

    def begin(self) -> None:
        """A new page's queries: what was given up before no longer counts."""
        self._asked += 1

    def give_up(self) -> None:
        """The page's queries that run now end with StoreDown at the next piece."""
        self._given_up = self._asked

    def tables(self, bucket: str, query: str, epoch: Literal["ms", "ns"] = "ms") -> list[Table]:
        """Every series of the answer; none where nothing was found. Raises StoreDown, also where it is refused:
        a commit that only looked something up has lost nothing, and comes again.
        """
        if self._given_up == self._asked:
            raise StoreDown(Text("truy vấn đã bị dừng", "the query was given up"))
        try:
            said = self._http.call("POST", "/query", {"db": bucket, "epoch": epoch, "q": query})
        except Refused as no:
            raise _complaint(bucket, str(no)) from no
        answer = msgspec.convert(said, _Answer)
        found: list[Table] = []
        for result in answer.results:
            if result.error is not None:
                raise _complaint(bucket, result.error)
            found += result.series
        return found

    def table(self, bucket: str, query: str, epoch: Literal["ms", "ns"] = "ms") -> Table:
        """The only series of an answer that is not grouped."""
        return next(iter(self.tables(bucket, query, epoch)), Table())

    def names(self, bucket: str, query: str) -> Iterator[str]:
        """The last column of a SHOW but for types: keys or values."""
        for table in self.tables(bucket, query):
            wanted = "fieldKey" if "fieldKey" in table.columns else "value"
            yield from table.column(wanted)


def _complaint(bucket: str, error: str) -> StoreDown:
    if error.startswith("database not found"):
        return StoreDown(
            Text(
                f"InfluxDB thiếu vùng chứa {bucket}: tạo lại bằng classhub store setup --config hub.toml",
                f"InfluxDB lacks the bucket {bucket}: make it again with classhub store setup --config hub.toml",
            ),
            BUCKET_MISSING,
        )
    return StoreDown(Text(f"InfluxDB không trả lời được: {error}", f"InfluxDB cannot answer: {error}"))

"""All records of one collection, page after page, though records come, go and change meanwhile. Pure: asks `ask`.

Source: facts.md 2 (limit, offset, X-Total-Count, Link are optional). A server may give less than the limit asked for:
only an empty page, a page without news, the total or the Link header is the end.
Errors: whatever `ask` raises; Unsettled where the collection will not hold still.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from math import inf
from typing import Any

import msgspec

from hub.school.importers.rest.client import Page
from hub.school.importers.rest.limits import Limits
from hub.school.importers.rest.trouble import TooLarge, Trouble
from hub.school.problems import Findings
from wire.text import Text

Ask = Callable[[str, int, int, str], Page]  # collection, offset, limit, newer than
_SMALLEST_PAGE = 10


class Found(msgspec.Struct):
    """One record and its place in the collection as it was read, the first is 1."""

    row: int
    record: Any


class Reading(msgspec.Struct):
    """A collection read from its first page to its last. `rows`: as many as came, repeated ones too."""

    by_id: dict[str, Found] = {}
    nameless: list[Found] = []
    rows: int = 0
    repeated: int = 0
    totals: set[int | None] = set()
    began_at: str = ""
    wrapped: bool = True
    contradictions: list[tuple[int, str]] = []

    @property
    def total(self) -> int | None:
        return next(iter(self.totals)) if len(self.totals) == 1 else None

    @property
    def counts_right(self) -> bool | None:
        """Whether nothing moved while it was read; None where the server never said how many there are."""
        if self.totals == {None}:
            return None
        return self.total == self.rows and not self.repeated

    @property
    def found(self) -> list[Found]:
        return sorted([*self.by_id.values(), *self.nameless], key=lambda one: one.row)

    def add(self, record: Any) -> bool:
        """Takes a record in; False where its id was there already: then the one modified later stays."""
        self.rows += 1
        name = record.get("sourcedId") if isinstance(record, dict) else None
        if not isinstance(name, str) or not name:
            self.nameless.append(Found(self.rows, record))
            return True
        known = self.by_id.get(name)
        if known is None:
            self.by_id[name] = Found(self.rows, record)
            return True
        self.repeated += 1
        if modified(record) == modified(known.record) and record != known.record:
            self.contradictions.append((self.rows, name))
        if modified(record) >= modified(known.record):
            known.record = record
        return False


def modified(record: Any) -> float:
    """When a record last changed; before everything where it does not say."""
    value = record.get("dateLastModified") if isinstance(record, dict) else None
    return instant_s(value) if isinstance(value, str) else -inf


def instant_s(text: str) -> float:
    """ISO 8601 as seconds of the epoch, however many decimals and whichever offset; without an offset it is UTC."""
    try:
        when = datetime.fromisoformat(text)
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return -inf


def read_collection(ask: Ask, collection: str, newer_than: str, limits: Limits, findings: Findings) -> Reading:
    """Read until it holds still: the total fits, or nothing was modified while it was read.

    Raises Trouble.
    """
    before: Reading | None = None
    for _ in range(limits.readings):
        reading = _read_once(ask, collection, newer_than, limits)
        if reading.counts_right:
            break
        same = before is not None and reading.by_id.keys() == before.by_id.keys()
        if reading.counts_right is None:
            if newer_than or not _take_in_changes(ask, collection, reading, limits) or same:
                break
        elif same and before is not None and len(reading.totals) == 1 and reading.totals == before.totals:
            findings.warning(collection, _wrong_total(reading))  # it does not move: its total is wrong
            break
        before = reading
    else:
        raise Trouble(
            Text(
                f"{collection}: dữ liệu đổi trong lúc đọc, {limits.readings} lần liền; sẽ thử lại sau",
                f"{collection}: it changed while it was read, {limits.readings} times running; it is tried again later",
            )
        )
    _tell(reading, collection, findings)
    return reading


def _read_once(ask: Ask, collection: str, newer_than: str, limits: Limits) -> Reading:
    reading = Reading()
    offset, limit = 0, limits.page_records
    for _ in range(limits.pages):
        try:
            page = ask(collection, offset, limit, newer_than)
        except TooLarge:
            if limit <= _SMALLEST_PAGE:
                raise
            limit = max(_SMALLEST_PAGE, limit // 8)
            continue
        except Trouble as trouble:
            if not reading.rows or trouble.everywhere:
                raise
            # Some of it is there: whatever a server says to the rest ("404", "403"), it does offer it.
            raise Trouble(trouble.text, lasting=trouble.lasting) from trouble
        reading.began_at = reading.began_at or page.at
        reading.totals.add(page.total)
        reading.wrapped = reading.wrapped and page.wrapped
        news = sum([reading.add(record) for record in page.records])
        if page.records and not news and len(page.records) >= limit and offset:
            reading, offset, limit = Reading(), 0, limit * 8  # it does not know `offset`: all of it in one page
            continue
        if reading.rows > limits.records:
            raise _too_many(collection, limits)
        after = offset + len(page.records)
        if _ended(page, news, after, offset):
            return reading
        offset = page.next_offset or after
    raise _too_many(collection, limits)


def _ended(page: Page, news: int, after: int, offset: int) -> bool:
    """A page that brings nothing new is the end: some servers do not know `offset` and begin again for ever."""
    if not page.records or not news:
        return True
    if page.total is not None and after < page.total:
        return False
    if page.next_offset is not None:
        return page.next_offset <= offset
    return page.total is not None and after >= page.total


def _take_in_changes(ask: Ask, collection: str, reading: Reading, limits: Limits) -> bool:
    """What was modified since the reading began is taken in. True where anything was: it may have moved others."""
    if not reading.began_at or not reading.rows:
        return False
    try:
        changes = _read_once(ask, collection, reading.began_at, limits)
    except Trouble as refused:
        if refused.everywhere:
            raise
        return False  # a server that cannot filter: what it gave is all there is to know
    began_s = instant_s(reading.began_at)
    if any(modified(one.record) < began_s for one in changes.by_id.values()):
        return False  # it does not look at the filter
    for name, one in changes.by_id.items():
        if name in reading.by_id:
            reading.by_id[name].record = one.record
        else:
            reading.add(one.record)
    return bool(changes.by_id)


def _tell(reading: Reading, collection: str, findings: Findings) -> None:
    if not reading.wrapped:
        text = Text(f"danh sách không nằm trong “{collection}”", f'the list does not stand under "{collection}"')
        findings.warning(collection, text)
    for row, name in reading.contradictions:
        text = Text(
            f"sourcedId {name} xuất hiện hai lần với nội dung khác nhau; lấy bản sau",
            f"sourcedId {name} comes twice with different content; the later one is taken",
        )
        findings.warning(collection, text, row, "sourcedId")


def _wrong_total(reading: Reading) -> Text:
    given = len(reading.by_id) + len(reading.nameless)
    return Text(
        f"máy chủ nói có {reading.total} mục nhưng đưa {given}, hai lần như nhau",
        f"the server says there are {reading.total} records and gives {given}, twice the same",
    )


def _too_many(collection: str, limits: Limits) -> Trouble:
    text = Text(
        f"{collection}: quá nhiều (giới hạn {limits.records} mục, {limits.pages} trang)",
        f"{collection}: too many (the limit is {limits.records} records, {limits.pages} pages)",
    )
    return Trouble(text, lasting=True)

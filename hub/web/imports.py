"""Imports as the web side shows them: files taken in bounded, history and one import in full as structures."""

import asyncio
import re
import tempfile
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request

from hub.context import Hub
from hub.db.engine import reading
from hub.school import intake, journal
from hub.school.difference import Difference, Doubt, DoubtKind
from hub.school.doubts import table_name
from hub.school.importers.column_map import ColumnMap
from hub.school.intake import Attempt, ImportResult
from hub.school.journal import ImportRecord, Kind, Status
from hub.school.kept import UPLOAD, Gone, held_folder
from hub.school.problems import Problem as Finding
from hub.school.saved_maps import read_as_saved
from hub.school.undo import undoable
from hub.web.api.import_model import DoubtOut, ImportDetailOut, ImportOut, ProblemOut
from hub.web.api.model import Words
from hub.web.api.outgoing import rfc3339, words
from hub.web.problem import Problem
from hub.web.texts import text

MAX_UPLOAD_BYTES = 100_000_000
SILENT_S = 60.0  # a phone that lost its network sends nothing more, and never says so
SHOWN_PROBLEMS = 500
MAX_NAME_BYTES = 200  # disks take 255
_UNSAFE = re.compile(r"[^\w.\- ()]+")


class Upload(msgspec.Struct, frozen=True):
    """What a person sends: for which school, called what, from which date on. `ask`: nothing is applied at once."""

    school: str
    name: str
    kind: Kind | None = None
    valid_from: date | None = None
    first_week: str | None = None
    ask: bool = True
    source: str = ""


async def received(request: Request, folder: Path, name: str, silent_s: float = SILENT_S) -> Path:
    """The body as a file in `folder`. Raises OSError of the disk; Problem beyond MAX_UPLOAD_BYTES, where it is empty,
    breaks off or stops coming.
    """
    path, size = folder / safe_name(name), 0
    with path.open("wb") as stream:
        async for chunk in _chunks(request, silent_s):
            size += len(chunk)
            if size > MAX_UPLOAD_BYTES:
                raise Problem(413, text("imports.too_large", mb=MAX_UPLOAD_BYTES // 1_000_000))
            await run_in_threadpool(stream.write, chunk)
    if not size:
        raise Problem(422, text("imports.empty_file"), field="body")
    return path


async def _chunks(request: Request, silent_s: float) -> AsyncIterator[bytes]:
    """Raises Problem."""
    body = aiter(request.stream())
    while True:
        try:
            async with asyncio.timeout(silent_s):
                chunk = await anext(body)
        except StopAsyncIteration:
            return
        except (ClientDisconnect, TimeoutError) as gone:  # a page that was closed is no fault of the hub's
            raise Problem(400, text("imports.broken_off"), field="body") from gone
        yield chunk


def safe_name(name: str) -> str:
    """The file's name without its folders, fit to be one here."""
    plain = _UNSAFE.sub("_", name.replace("\\", "/").rpartition("/")[2]).strip(". ")
    return plain.encode()[-MAX_NAME_BYTES:].decode(errors="ignore") or "upload"


def incoming(data_dir: Path) -> "tempfile.TemporaryDirectory[str]":
    """A folder of its own for one upload, on the data's disk and for the hub alone."""
    place = held_folder(data_dir)
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    return tempfile.TemporaryDirectory(prefix=UPLOAD, dir=place)


def take(hub: Hub, upload: Upload, path: Path, who: str) -> ImportResult:
    """Blocks. Raises OSError."""
    given: dict[str, Any] = {"ask": upload.ask, "by": who, "source": upload.source}
    school = hub.registry.school(upload.school)
    zone = school.timezone if school else ""

    def read(column_map: ColumnMap | None) -> Attempt:
        return hub.schools.read_attempt(upload.school, upload.kind, path, hub.now_ms(), zone, column_map, **given)

    attempt = read_as_saved(hub.engine, read)
    if attempt.kind is Kind.TIMETABLE:
        options = {"first_week": upload.first_week} | attempt.options
        attempt = msgspec.structs.replace(attempt, valid_from=upload.valid_from, options=options)
    return hub.schools.take(attempt)


def history(hub: Hub, school: str | None, limit: int) -> list[ImportOut]:
    """Blocks. The newest first."""
    return [import_out(hub, entry) for entry in hub.schools.imports(school, limit)]


def detail(hub: Hub, number: int, findings: list[Finding] | None = None) -> ImportDetailOut:
    """Blocks. What a held import would change is worked out anew. Raises UnknownImport."""
    with reading(hub.engine).begin() as connection:
        entry = journal.record(connection, number)
        why_not = undoable(connection, entry)
    told, may_decide, problems = Difference(), False, findings or []
    maps: tuple[ColumnMap, ...] = ()
    if entry.status == Status.HELD:
        try:
            told, kept = intake.reweigh(hub.engine, hub.schools.held, entry, hub.now_ms())
            may_decide, problems, maps = True, kept.findings, kept.column_maps
        except Gone:
            pass  # it can only be rejected: the page says so
    doubts = told.doubts or tuple(msgspec.convert(one, Doubt) for one in entry.doubts)
    return ImportDetailOut(
        entry=import_out(hub, entry),
        tables=told.tables,
        table_names={name: words(table_name(name)) for name in {*entry.changes, *(t.table for t in told.tables)}},
        pupils=tuple(words(one) for one in told.pupils),
        doubts=tuple(_doubt_out(one) for one in doubts),
        problems=tuple(_problem_out(one) for one in problems[:SHOWN_PROBLEMS]),
        problems_left_out=max(0, sum(entry.problems.values()) - min(len(problems), SHOWN_PROBLEMS)),
        may_decide=may_decide,
        why_not_undo=None if why_not is None else words(why_not),
        column_maps=maps,
    )


def import_out(hub: Hub, entry: ImportRecord) -> ImportOut:
    school = hub.registry.school(entry.school)
    zone = ZoneInfo(school.timezone if school else "Asia/Ho_Chi_Minh")
    return ImportOut(
        id=entry.id,
        school=entry.school,
        kind=entry.kind,
        format=entry.format,
        file=entry.file,
        digest=entry.digest,
        source=entry.source,
        by=entry.by,
        status=entry.status,
        time=rfc3339(entry.imported_ms, zone),
        applied=rfc3339(entry.applied_ms, zone),
        valid_from=None if entry.valid_from in {None, "0001-01-01"} else entry.valid_from,
        undoes=entry.undoes,
        counts=entry.counts,
        problems=entry.problems,
        changes=entry.changes,
    )


def _doubt_out(doubt: Doubt) -> DoubtOut:
    return DoubtOut(DoubtKind(doubt.kind).value, doubt.table, words(doubt.text), doubt.holds)


def _problem_out(one: Finding) -> ProblemOut:
    return ProblemOut(one.file, one.row, one.column, one.severity.value, Words(one.text.vi, one.text.en))
